"""The models of a frame by the year in which they were created, and sums over each year and over all."""

from dataclasses import dataclass

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

from lineage.answers.frames import Selection
from lineage.answers.owners import publisher_codes
from lineage.metrics.graph import Ints

#: The key for all models, and for those without a date.
ALL, UNDATED = "all", "(undated)"


@dataclass(frozen=True, slots=True)
class Years:
    """Years in order, then `(undated)` where a model is, then `all`; without created_at only `all`.

    `names`: as printed. `row` int64[k]: the models of the frame. `code` int64[k]: the place in `names`
    of the year of each.
    """

    names: list[str]
    row: Ints
    code: Ints

    def sums(self, values: Ints) -> list[int]:
        """For each name the sum of `values` (int64[k], over `row`)."""
        found = np.zeros(len(self.names), np.int64)
        np.add.at(found, self.code, values)
        found[-1] = values.sum()
        return found.tolist()

    def hosts(self, selection: Selection, flags: NDArray[np.bool_]) -> tuple[list[int], list[int]]:
        """For each name the models, and their publishers, for which `flags` (bool[k], over `row`) holds."""
        row, code = self.row[flags], self.code[flags]
        account = publisher_codes(selection.snapshot)[row]
        ownerless = selection.snapshot.table("publishers", ["publisher"]).num_rows
        seen = np.zeros((len(self.names), ownerless + 1), bool)
        seen[code, account] = True
        seen[-1, account] = True
        seen[:, ownerless] = False  # ids without an account have no publisher
        return self.sums(flags.astype(np.int64)), np.count_nonzero(seen, axis=1).tolist()

    def members(self, flags: NDArray[np.bool_]) -> tuple[Ints, Ints]:
        """(place in `names`, place in `row`) int64[m] of models with `flags` (bool[k]), under year and `all`."""
        mine = np.flatnonzero(flags)
        if len(self.names) == 1:
            return self.code[mine], mine
        last = np.full(len(mine), len(self.names) - 1, np.int64)
        return np.concatenate([self.code[mine], last]), np.concatenate([mine, mine])


def years_of(selection: Selection) -> Years:
    """The models of the selection by the UTC year of `created_at`."""
    found: Years = selection.once("years", _years_of)
    return found


def _years_of(selection: Selection) -> Years:
    row = np.flatnonzero(selection.inside)
    if "created_at" not in selection.snapshot.columns:
        return Years([ALL], row, np.zeros(len(row), np.int64))
    created = selection.snapshot.table("models", ["created_at"]).column("created_at").take(pa.array(row))
    # By its dictionary, for there are millions of models and a handful of years.
    found = pc.year(created).combine_chunks().dictionary_encode()
    years: list[int | None] = sorted(found.dictionary.to_pylist())
    if found.null_count:
        years.append(None)
    place = pc.index_in(found.dictionary, value_set=pa.array(years, pa.int64()))
    code = place.take(found.indices).cast(pa.int64()).fill_null(len(years) - 1).to_numpy()
    return Years([*(UNDATED if y is None else str(y) for y in years), ALL], row, code)
