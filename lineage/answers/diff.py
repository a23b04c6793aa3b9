"""Two snapshots side by side, the earlier first: which models came and went, were renamed, or count less than before.

An all-time counter only ever grows while a model stays what it is. Where one falls, the Hub has counted anew, or the
repository was made again under its name: a figure that adds up all-time counters of both days is then too small.
"""

import re
from collections.abc import Iterator

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from lineage.answers.changes import blind_spots, matched, models, time_of, without
from lineage.snapshot import Snapshot

DIFF = pa.schema(
    [
        ("change", pa.string()),
        ("id", pa.string()),
        ("was", pa.string()),
        ("downloads_before", pa.int64()),
        ("downloads_after", pa.int64()),
        ("downloads_all_time_before", pa.int64()),
        ("downloads_all_time_after", pa.int64()),
        ("base", pa.string()),
        ("publisher", pa.string()),
    ]
)

CHANGES = ("came", "went", "renamed", "fell")

_COUNTERS = ("downloads", "downloads_all_time")


def in_order(one: Snapshot, two: Snapshot) -> tuple[Snapshot, Snapshot]:
    """The earlier one and the later one; of the same time, as they are given."""
    return (two, one) if time_of(two.taken_at) < time_of(one.taken_at) else (one, two)


def diff(before: Snapshot, after: Snapshot) -> pa.Table:
    """One row for each change of a model between two snapshots, stubs left out; the schema is `DIFF`.

    change: `came` (only in `after`), `went` (only in `before`), `renamed` (the same `_id` under another id, of another
    account or not) and `fell` (the all-time counter of `after` is smaller; a renamed one may have fallen too, and has
    two rows then). id: in `after`, of what went in `before`; was: the id before, of what was renamed. base and
    publisher as in `after`, else `before`. A counter that a snapshot does not have is null. Sorted by downloads, those
    after or else before, most first, then by id A–Z, then by change. Raises SnapshotError where a table is damaged.
    """
    more = ("downloads_all_time", "base")
    ours, theirs = models(after, more), models(before, more)
    at = matched(ours, theirs)
    kept = np.flatnonzero(at >= 0)
    # Only the two columns that are compared: nearly all rows are alike, and the others are never needed.
    pairs = [(ours.column(n).take(kept), theirs.column(n).take(at[kept])) for n in ("id", "downloads_all_time")]
    renamed = kept[pc.not_equal(*pairs[0]).to_numpy()]
    fell = kept[pc.less(*pairs[1]).fill_null(False).to_numpy()]
    table = pa.concat_tables(
        [
            _rows("came", ours.take(np.flatnonzero(at < 0)), None),
            _rows("went", None, theirs.take(without(theirs.num_rows, at))),
            _rows("renamed", ours.take(renamed), theirs.take(at[renamed])),
            _rows("fell", ours.take(fell), theirs.take(at[fell])),
        ]
    )
    size = pc.coalesce(table.column("downloads_after"), table.column("downloads_before"))
    order = [("size", "descending"), ("id", "ascending"), ("change", "ascending")]
    return table.take(pc.sort_indices(table.append_column("size", size), order))


def counts(table: pa.Table) -> dict[str, int]:
    """How many rows of each change there are, in the order of `CHANGES`, none left out."""
    found = {row["values"]: row["counts"] for row in pc.value_counts(table.column("change")).to_pylist()}
    return {change: found.get(change, 0) for change in CHANGES}


def remarks(before: Snapshot, after: Snapshot, table: pa.Table) -> Iterator[str]:
    """What has to be known to read the rows of `diff`, and what they add up to."""
    yield f"from {before.name} of {before.taken_at} to {after.name} of {after.taken_at}"
    number = counts(table)
    parts = []
    for change, column in (("came", "downloads_after"), ("went", "downloads_before")):
        rows = table.filter(pc.equal(table.column("change"), change))
        total = pc.sum(rows.column(column)).as_py()
        parts.append(f"{number[change]:,} {change}" + ("" if total is None else f" with {total:,} downloads"))
    yield ", ".join((*parts, f"{number['renamed']:,} renamed, {number['fell']:,} fell"))
    blind = [s.name for s in (before, after) if "downloads_all_time" not in s.columns]
    if blind:
        yield f"{' and '.join(blind)} without all-time counters: whether one fell cannot be seen"
    uncounted = [s.name for s in (before, after) if "downloads" not in s.columns]
    if uncounted:
        yield f"{' and '.join(uncounted)} without 30-day downloads: they are empty"
    yield from unlike(before, after)
    yield from blind_spots(after, before, "`went`", "`came`")


def unlike(before: Snapshot, after: Snapshot) -> Iterator[str]:
    """What has to be known where two snapshots do not list the same things."""
    names = [s.manifest["source"]["name"] for s in (before, after)]
    if _kind(names[0]) != _kind(names[1]):
        yield (
            f"the sources are of different kinds ({names[0]}, {names[1]}): what one of them does not list "
            "has not come or gone, and no number of theirs can be compared"
        )


def _kind(source: str) -> str:
    """The name of a source without what tells one day of it from another: digits, and the revision."""
    return re.sub(r"\d+", "#", source.partition("@")[0]).casefold()


def _rows(change: str, after: pa.Table | None, before: pa.Table | None) -> pa.Table:
    """Rows of one change; `after` and `before` side by side, one of them may lack."""
    some = after if after is not None else before
    assert some is not None
    nothing = pa.nulls(some.num_rows, pa.int64())
    found = {
        f"{counter}_{when}": nothing if table is None else table.column(counter)
        for counter in _COUNTERS
        for when, table in (("before", before), ("after", after))
    }
    was = before.column("id") if change == "renamed" and before is not None else pa.nulls(some.num_rows, pa.string())
    kind = pa.array([change] * some.num_rows, pa.string())
    rows = {"change": kind, "id": some.column("id"), "was": was, **found}
    rows |= {name: some.column(name) for name in ("base", "publisher")}
    return pa.table({name: rows[name] for name in DIFF.names}, schema=DIFF)
