"""The mean number of parameters of a downloaded model, weighted by downloads, by the year of creation.

Design §4, "Size": what `safetensors` says, else `gguf`, else the id; a quantization has its base's count.
"""

from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

from lineage.answers.frames import Selection, ratio
from lineage.answers.years import Years, years_of
from lineage.metrics.graph import Ints

#: Where a count was found, as `models.parameters_evidence` says it; `base`: taken over from the base.
EVIDENCE = ("safetensors", "gguf", "name", "base")

#: Sums of products: whole numbers of up to 38 digits.
EXACT = pa.decimal128(38, 0)

SCHEMA = pa.schema(
    [
        ("year", pa.string()),
        ("mean_parameters", pa.float64()),
        ("numerator", EXACT),
        ("denominator", pa.int64()),
        ("downloads", pa.int64()),
        ("coverage", pa.float64()),
        ("models", pa.int64()),
        ("sized_models", pa.int64()),
        *((f"from_{word}", pa.int64()) for word in EVIDENCE),
        ("frame", pa.string()),
        ("window", pa.string()),
        ("basis", pa.string()),
        ("taken_at", pa.string()),
    ]
)


def mean(numerator: int, denominator: int) -> float | None:
    """The nearest float to the quotient; None where there is nothing to divide by."""
    return numerator / denominator if denominator else None


@dataclass(frozen=True)
class Sizes:
    """The models of a selection with their sizes: arrays over `years.row`."""

    selection: Selection
    years: Years

    @cached_property
    def value(self) -> Ints:
        """int64[k]: downloads."""
        return self.selection.value[self.years.row]

    @cached_property
    def parameters(self) -> Ints:
        """int64[k]: parameters, 0 where they are not known (a known count is never 0)."""
        column = self.selection.snapshot.table("models", ["parameters"]).column("parameters")
        return column.take(pa.array(self.years.row)).fill_null(0).to_numpy()

    @cached_property
    def sized(self) -> NDArray[np.bool_]:
        """bool[k]: the number of parameters is known."""
        return self.parameters > 0

    def products(self) -> list[int]:
        """For each year the sum of downloads × parameters, in whole numbers without bound.

        Downloads of equal sizes are added up first, in columns; the few that remain are multiplied one by one.
        """
        years = self.years
        keep = self.sized & (self.value > 0)
        # No size is above 10^15, which is below 2^50: a year and a size are one number.
        both = pa.array((years.code[keep] << 50) + self.parameters[keep]).dictionary_encode()
        downloads = np.zeros(len(both.dictionary), np.int64)
        np.add.at(downloads, both.indices.to_numpy(), self.value[keep])
        found = [0] * len(years.names)
        for key, count in zip(both.dictionary.to_pylist(), downloads.tolist(), strict=True):
            found[key >> 50] += (key & (1 << 50) - 1) * count
        found[-1] = sum(found) if len(found) > 1 else found[-1]
        return found

    def members(self) -> tuple[Ints, Ints, pa.Array]:
        """Of every model of known size, under its year and `all`: (year as a code, row, downloads × parameters)."""
        code, place = self.years.members(self.sized)
        # 19 digits hold any int64, 18 any size; their product has 38.
        downloads, parameters = (pa.array(a[place]).cast(pa.decimal128(19, 0)) for a in (self.value, self.parameters))
        parameters = parameters.cast(pa.decimal128(18, 0))
        return code, self.years.row[place], pc.multiply(downloads, parameters).cast(EXACT)


def sizes(selection: Selection) -> pa.Table:
    """One row a year; without created_at only the row `all`.

    Columns: year (text: a UTC year, `(undated)`, `all`), mean_parameters (float64, parameters; null where no size is
    known), numerator (decimal128(38, 0): sum of downloads × parameters), denominator (int64: downloads of models whose
    size is known), downloads (int64, of the year), coverage = denominator / downloads, models, sized_models (int64),
    from_safetensors, from_gguf, from_name, from_base (int64: downloads by where the size was found; they add up to the
    denominator), frame, window, basis, taken_at.
    """
    found = Sizes(selection, years_of(selection))
    years, value = found.years, found.value
    column = selection.snapshot.table("models", ["parameters_evidence"]).column("parameters_evidence")
    evidence = column.take(pa.array(years.row))
    by_evidence = {
        f"from_{word}": years.sums(np.where(pc.equal(evidence, word).fill_null(False).to_numpy(), value, 0))
        for word in EVIDENCE
    }
    columns = {
        "numerator": found.products(),
        "denominator": years.sums(np.where(found.sized, value, 0)),
        "downloads": years.sums(value),
        "models": years.sums(np.ones(len(value), np.int64)),
        "sized_models": years.sums(found.sized.astype(np.int64)),
        **by_evidence,
    }
    rows = []
    for i, year in enumerate(years.names):
        row: dict[str, Any] = {"year": year, **{name: values[i] for name, values in columns.items()}}
        row["mean_parameters"] = mean(row["numerator"], row["denominator"])
        row["coverage"] = ratio(row["denominator"], row["downloads"])
        rows.append(row | selection.words())
    return pa.Table.from_pylist(rows, schema=SCHEMA)
