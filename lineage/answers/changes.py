"""What changed since an earlier snapshot: models that are new, gone, renamed, or with another account."""

from collections.abc import Iterator, Sequence
from datetime import UTC, datetime

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

from lineage.catalog import Catalog
from lineage.errors import NotFound, SnapshotError
from lineage.snapshot import Snapshot

CHANGES = pa.schema(
    [
        ("change", pa.string()),
        ("id", pa.string()),
        ("before", pa.string()),
        ("hub_id", pa.string()),
        ("publisher", pa.string()),
        ("downloads", pa.int64()),
        ("downloads_before", pa.int64()),
    ]
)

Ints = NDArray[np.int64]

#: The Hub's `_id`, which outlives a change of name; anything else in its place is no key.
_KEY = "^[0-9a-f]{24}$"


def earlier(catalog: Catalog, now: Snapshot) -> Snapshot:
    """The newest snapshot of the catalog that was taken before `now` and knows the Hub's `_id` of its models.

    Raises NotFound where there is none.
    """
    found = []
    for name in sorted(catalog.read()["snapshots"]):
        try:
            other = catalog.open(name)
        except (NotFound, SnapshotError):
            continue  # `lineage snapshots` says what is wrong with it
        if "hub_id" in other.columns and time_of(other.taken_at) < time_of(now.taken_at):
            found.append(other)
    if not found:
        raise NotFound(
            f"There is no snapshot from before {now.taken_at} that has the Hub's _id of its models, to compare "
            f"{now.name} with. --against takes any other: lineage info --changes --against NAME"
        )
    return max(found, key=lambda other: (time_of(other.taken_at), other.name))


def changes(now: Snapshot, before: Snapshot) -> pa.Table:
    """The models that differ between two snapshots, stubs left out.

    A model is the same where it has the same `_id`; where one of the two snapshots has none for it, by its id.
    Columns: change (`new`, `gone`, `renamed`, or `moved`: renamed to another account), id (of now; null for gone),
    before (the id before; null for new), hub_id, publisher (of now, else before), downloads (of now, else before),
    downloads_before (null for new). Sorted by downloads, most first, then by id or before A–Z.
    """
    ours, theirs = models(now), models(before)
    at = matched(ours, theirs)
    kept = np.flatnonzero(at >= 0)
    other = pc.not_equal(ours.column("id").take(kept), theirs.column("id").take(at[kept])).to_numpy()
    kept = kept[other]
    one, two = ours.take(kept), theirs.take(at[kept])
    accounts = [pc.utf8_lower(table.column("publisher").fill_null("")) for table in (one, two)]
    how = pc.if_else(pc.equal(*accounts), "renamed", "moved")
    table = pa.concat_tables(
        [
            _rows(how, one, two),
            _rows("new", ours.take(np.flatnonzero(at < 0)), None),
            _rows("gone", None, theirs.take(without(theirs.num_rows, at))),
        ]
    )
    table = table.append_column("name", pc.coalesce(table.column("id"), table.column("before")))
    order = [("downloads", "descending"), ("name", "ascending"), ("change", "ascending")]
    return table.take(pc.sort_indices(table, order)).select(CHANGES.names)


def matched(ours: pa.Table, theirs: pa.Table) -> Ints:
    """For every row of `ours` the row of `theirs` that is the same model, -1 where there is none; int64.

    Both as `models` gives them. The same `_id` is the same model; an id alone tells where one of the two has no `_id`.
    """
    at = _places(ours.column("key"), theirs.column("key"))
    # By its id alone, where an `_id` does not tell that it is another one.
    left, lost = np.flatnonzero(at < 0), without(theirs.num_rows, at)
    found = _places(ours.column("id").take(left), theirs.column("id").take(lost))
    left, found = left[found >= 0], lost[found[found >= 0]]
    keyless = ours.column("key").is_null().to_numpy()[left] | theirs.column("key").is_null().to_numpy()[found]
    at[left[keyless]] = found[keyless]
    return at


def remarks(now: Snapshot, before: Snapshot) -> Iterator[str]:
    """What has to be known to read the rows: what was compared, how, and what cannot be seen."""
    yield f"{now.name} of {now.taken_at}, compared with {before.name} of {before.taken_at}"
    yield from blind_spots(now, before, "gone", "new")


def blind_spots(now: Snapshot, before: Snapshot, gone: str, new: str) -> Iterator[str]:
    """What a comparison cannot see, as sentences; `gone` and `new` are its words for models that only one has."""
    blind = [s.name for s in (now, before) if "hub_id" not in s.columns]
    if blind:
        yield (
            f"{' and '.join(blind)} without the Hub's _id: models are compared by their ids alone, "
            f"and a renamed one is {gone} and {new}"
        )
    seen = pc.min_max(now.table("models", ["seen_at"]).column("seen_at")).as_py()
    if seen["min"] != seen["max"]:
        yield (
            f"{now.name} goes on from an older crawl, so it cannot know which models are gone since "
            f"{seen['min']:%Y-%m-%d}: a full crawl can"
        )
    for snapshot, word in ((now, gone), (before, new)):
        if snapshot.part is not None:
            yield f"{snapshot.name} holds a part of its source only: what it lacks is called {word} here"


def time_of(text: str) -> datetime:
    """A snapshot's `taken_at` as a time, a date as its first second (UTC)."""
    time = datetime.fromisoformat(text)
    return time.replace(tzinfo=UTC) if time.tzinfo is None else time


def models(snapshot: Snapshot, more: Sequence[str] = ()) -> pa.Table:
    """The models without stubs: id, publisher, hub_id, downloads, `more`, and `key`: the `_id` where it is one."""
    table = snapshot.table("models", ["id", "publisher", "hub_id", "downloads", *more, "stub"])
    table = table.filter(pc.invert(table.column("stub"))).drop_columns("stub").combine_chunks()
    known = pc.match_substring_regex(table.column("hub_id"), _KEY)
    return table.append_column("key", pc.if_else(known, table.column("hub_id"), None))


def without(count: int, places: Ints) -> Ints:
    """The numbers below `count` that are not among `places`."""
    left = np.ones(count, bool)
    left[places[places >= 0]] = False
    return np.flatnonzero(left)


def _places(wanted: pa.ChunkedArray, held: pa.ChunkedArray) -> Ints:
    """Where each of the texts stands in `held`, -1 where it does not, and for null."""
    found = pc.index_in(wanted, value_set=held.combine_chunks(), skip_nulls=True)
    return found.cast(pa.int64()).fill_null(-1).to_numpy().copy()


def _rows(change: str | pa.ChunkedArray, now: pa.Table | None, before: pa.Table | None) -> pa.Table:
    """Rows of one kind; `now` and `before` side by side, one of them may lack."""
    count = (now if now is not None else before).num_rows  # type: ignore[union-attr]

    def column(table: pa.Table | None, name: str) -> pa.Array:
        return pa.nulls(count, CHANGES.field(name).type) if table is None else table.column(name).combine_chunks()

    either = {n: pc.coalesce(column(now, n), column(before, n)) for n in ("hub_id", "downloads")}
    either["publisher"] = column(before if now is None else now, "publisher")  # none is one: an ownerless id
    kind = pa.array([change] * count, pa.string()) if isinstance(change, str) else change.combine_chunks()
    found = {"change": kind, "id": column(now, "id"), "before": column(before, "id"), **either}
    return pa.table(found | {"downloads_before": column(before, "downloads")}, schema=CHANGES)
