"""`full` of a model, split over the models that make it up: by who hosts them, their relation or their format."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from lineage import reference
from lineage.answers.cuts import NONE, UNKNOWN
from lineage.answers.descent import below
from lineage.answers.frames import Selection
from lineage.answers.owners import hosts, owners_among
from lineage.answers.pairs import coded, sums
from lineage.answers.serving import OTHERS
from lineage.errors import UsageError, near
from lineage.metrics.graph import Ints

#: What `full` can be split by.
CUTS = ("intermediary", "publisher", "relation", "format")

#: The key for the owner of the model itself.
OWN = "own"

_LAST = (OTHERS, UNKNOWN)


@dataclass(frozen=True)
class Split:
    """The model in row `top` with everything derived from it, each once: `row` int64[k], `code` int64[k] of `keys`."""

    top: int
    row: Ints
    code: Ints
    keys: list[str]


def check_cut(by: str) -> None:
    """Raise UsageError for a cut that `full` cannot be split by."""
    if by not in CUTS:
        raise UsageError(f"full cannot be split by {by!r}.{near(by, CUTS)} It can by: {', '.join(CUTS)}.")


def split(selection: Selection, top: int, by: str, owner: str = "group", accounts_list: str = "strict") -> Split:
    """Everything that makes up `full` of the model in row `top`, fellow members of a cycle too, under the keys of `by`.

    intermediary: `own` (hosted by the model's owner), each account on `accounts_list`, `(others)`. publisher: the
    account. relation: as in `shares`, `(none)` without a base. format. `(unknown)` where it is not known.
    Raises UsageError for another cut.
    """
    check_cut(by)
    row, snapshot = below(selection.graph, top), selection.snapshot
    if by == "format":
        code, keys = coded(snapshot.table("models", ["format"]).column("format").take(pa.array(row)), UNKNOWN)
        return Split(top, row, code, keys)
    if by == "relation":
        relation = selection.lineage.models(["relation"]).column("relation").take(pa.array(row)).fill_null(NONE)
        known = pc.if_else(pc.equal(relation, "unlabelled"), pa.scalar(None, pa.string()), relation)
        return Split(top, row, *coded(known, UNKNOWN))
    place, names = hosts(snapshot, row)
    if by == "publisher":
        return Split(top, row, place, [UNKNOWN if name is None else name for name in names])
    listed = {a.casefold() for a in reference.intermediaries(accounts_list)}
    keys = [OWN, *(n for n in names if n is not None and n.casefold() in listed), OTHERS]
    code_of = {name: code for code, name in enumerate(keys) if code}
    code = np.array([code_of.get(n or "", len(keys) - 1) for n in names], np.int64)[place]
    owners = owners_among(snapshot, np.r_[row, top], owner)
    return Split(top, row, np.where(owners[:-1] == owners[-1], 0, code), keys)


def _order(selection: Selection, found: Split) -> tuple[list[int], Ints, Ints]:
    """Codes that some model of the frame has, largest first, then A–Z, the rest last; downloads; models."""
    inside = selection.inside[found.row]
    downloads = sums(found.code, selection.value[found.row], len(found.keys))
    models = np.bincount(found.code[inside], minlength=len(found.keys))
    there = np.flatnonzero(models).tolist()
    there.sort(key=lambda c: (found.keys[c] in _LAST, -int(downloads[c]), found.keys[c]))
    return there, downloads, models


def table(selection: Selection, splits: Sequence[Split], by: str) -> pa.Table:
    """For each model its keys, adding up to `full`: id, by, key, downloads and models (int64, those in the frame)."""
    ids = selection.snapshot.table("models", ["id"]).column("id")
    rows = []
    for found in splits:
        name = ids[found.top].as_py()
        order, downloads, models = _order(selection, found)
        for c in order:
            figures = {"downloads": int(downloads[c]), "models": int(models[c])}
            rows.append({"id": name, "by": by, "key": found.keys[c], **figures})
    words = [(column, pa.string()) for column in ("id", "by", "key")]
    return pa.Table.from_pylist(rows, pa.schema([*words, ("downloads", pa.int64()), ("models", pa.int64())]))


def members(selection: Selection, splits: Sequence[Split], by: str) -> pa.Table:
    """The models under each key: of (the model asked), key, id, publisher, downloads, counted, base, relation, why.

    Downloads and counted are int64; counted adds up to the row of the key.
    """
    models = selection.lineage.models(["id", "publisher", "base", "relation"])
    parts = []
    for found in splits:
        rank = np.zeros(len(found.keys), np.int64)
        shown = _order(selection, found)[0]
        rank[shown] = np.arange(len(shown))
        inside = selection.inside[found.row]
        row, code = found.row[inside], found.code[inside]
        value = selection.value[row]
        order = np.lexsort((row, -value, rank[code]))
        row, code, value = row[order], code[order], value[order]
        chosen, name = models.take(pa.array(row)), models.column("id")[found.top].as_py()
        why = np.where(row == found.top, "it is the model itself", f"it is derived from {name}")
        parts.append(
            pa.table(
                {
                    "of": pa.array([name] * len(row), pa.string()),
                    "key": pa.array(found.keys, pa.string()).take(pa.array(code)),
                    "id": chosen.column("id"),
                    "publisher": chosen.column("publisher"),
                    "downloads": value,
                    "counted": value,
                    "base": chosen.column("base"),
                    "relation": chosen.column("relation"),
                    "why": pa.array(why.tolist(), pa.string()),
                }
            )
        )
    return pa.concat_tables(parts)
