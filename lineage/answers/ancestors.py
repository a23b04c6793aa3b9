"""What a model was made from, up to the roots: every ancestor, every link, and how each link is known."""

from collections import Counter
from dataclasses import dataclass, field

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from lineage import reference
from lineage.answers.explain import REASONS
from lineage.answers.frames import Selection
from lineage.answers.licences import conflicts
from lineage.answers.lookup import model_row
from lineage.answers.owners import hosts, owners_among
from lineage.metrics.graph import Ints, spread
from lineage.metrics.pairs import each_once
from lineage.schema import BASES
from lineage.snapshot import Snapshot


@dataclass(frozen=True)
class Ancestors:
    """`model` and everything that it goes back to, under `basis`.

    `members`: the model first, then its ancestors, nearest first, then A–Z: id, publisher, stub, relation (how it was
    made; null where its edges are not labelled), bases, licences, downloads (null where unknown),
    pipeline_tag, format, created_at, cycle, distance (fewest links from the model; 0 for the model), kind (of
    its account, seen from the model's: own, owner, intermediary, other), listed (bool: its account is on the list
    strict). `links`: every edge from one of these, by distance of the child, child, place: child and base (int64: rows
    of `members`), relation (null: unlabelled), evidence, basis, known (declared, stated, inferred; dangling where the
    base is not in the snapshot), first (bool: the child's first base), older_than_base, conflict (bool: the licences
    of both ends differ, `answers/licences.py`; null where one is not known). `rejected`: of the claims of the model
    that made no link under any basis, (base as written, why). `rejected_above`: how many such claims its
    ancestors have.
    `elsewhere`: where the model has no base under this basis, those that it has under a wider one, (base, basis).
    """

    model: str
    taken_at: str
    snapshot: str
    source: str
    basis: str
    window: str
    members: pa.Table
    links: pa.Table
    rejected: list[tuple[str, str]] = field(default_factory=list)
    rejected_above: int = 0
    elsewhere: list[tuple[str, str]] = field(default_factory=list)


#: The columns of `models` that are shown.
_SHOWN = (
    "id",
    "publisher",
    "stub",
    "relation",
    "bases",
    "licences",
    "pipeline_tag",
    "format",
    "created_at",
    "cycle",
)
_EDGES = ("child_row", "base_row", "relation", "evidence", "basis", "place", "older_than_base")


def above(child: Ints, base: Ints, top: int) -> tuple[Ints, Ints]:
    """(row, fewest links from `top`) of `top` and everything that it goes back to, by distance, then row.

    `child` is sorted. Level by level upwards: each edge is looked at once, and a circle ends where it began.
    """
    rows, distance = [np.array([top], np.int64)], [np.zeros(1, np.int64)]
    seen = {top}
    while len(level := rows[-1]):
        start, end = np.searchsorted(child, level), np.searchsorted(child, level, "right")
        found = each_once(base[spread(start, end - start)]).tolist()
        new = [row for row in found if row not in seen]
        seen.update(new)
        rows.append(np.array(new, np.int64))
        distance.append(np.full(len(new), len(rows) - 1, np.int64))
    return np.concatenate(rows), np.concatenate(distance)


def ancestors(selection: Selection, text: str, owner: str = "group") -> Ancestors:
    """What the model that `text` names goes back to. Raises NotFound with near misses, UsageError for an `owner`."""
    snapshot, lineage = selection.snapshot, selection.lineage
    top = model_row(snapshot, text, lineage)
    edges = lineage.edges(_EDGES)
    child, base = (edges.column(name).to_numpy().astype(np.int64) for name in ("child_row", "base_row"))
    rows, distance = above(child, base, top)
    members = lineage.models_at([*_SHOWN], rows)
    labels = members.column("relation")
    labels = pc.if_else(pc.equal(labels, "unlabelled").fill_null(False), pa.scalar(None, pa.string()), labels)
    members = members.set_column(_SHOWN.index("relation"), "relation", labels)
    unknown = members.column("stub").to_numpy() | (not selection.counted)
    kinds, listed = _kinds(snapshot, rows, owner)
    members = (
        members.append_column("distance", pa.array(distance, pa.int64()))
        .append_column("downloads", pa.array(selection.value[rows], pa.int64(), mask=unknown))
        .append_column("kind", pa.array(kinds, pa.string()))
        .append_column("listed", pa.array(listed, pa.bool_()))
    )
    model = members.column("id")[0].as_py()
    rejected, rejected_above = _rejected(snapshot, model, members.column("id"))
    return Ancestors(
        model=model,
        taken_at=snapshot.taken_at,
        snapshot=snapshot.name,
        source=str(snapshot.manifest["source"]["name"]),
        basis=selection.basis,
        window=selection.window,
        members=members,
        links=_links(edges, child, rows, members),
        rejected=rejected,
        rejected_above=rejected_above,
        elsewhere=_elsewhere(snapshot, top, selection.basis) if len(rows) == 1 else [],
    )


def _links(edges: pa.Table, child: Ints, rows: Ints, members: pa.Table) -> pa.Table:
    """The edges of `rows` to their bases, with both ends as places in `rows`."""
    start, end = np.searchsorted(child, rows), np.searchsorted(child, rows, "right")
    mine = edges.take(pa.array(spread(start, end - start)))
    order = np.argsort(rows)
    ends = {}
    for name in ("child", "base"):
        ends[name] = order[np.searchsorted(rows[order], mine.column(f"{name}_row").to_numpy())].astype(np.int64)
    place = mine.column("place").cast(pa.int64()).fill_null(0).to_numpy()
    sort = np.lexsort((ends["base"], place, ends["child"]))
    mine, ends = mine.take(pa.array(sort)), {name: each[sort] for name, each in ends.items()}
    licences = members.column("licences")
    over = licences.take(pa.array(ends["base"]))
    dangling = members.column("stub").take(pa.array(ends["base"]))
    believed = pc.is_in(mine.column("basis"), value_set=pa.array(BASES[1:]))
    known = pc.if_else(pc.or_(believed, pc.invert(dangling)), mine.column("basis"), "dangling")
    first = np.r_[True, ends["child"][1:] != ends["child"][:-1]] if len(sort) else np.zeros(0, bool)
    return pa.table(
        {
            "child": pa.array(ends["child"], pa.int64()),
            "base": pa.array(ends["base"], pa.int64()),
            "relation": mine.column("relation"),
            "evidence": mine.column("evidence"),
            "basis": mine.column("basis"),
            "known": known,
            "first": pa.array(first, pa.bool_()),
            "older_than_base": mine.column("older_than_base"),
            "conflict": conflicts(licences.take(pa.array(ends["child"])), over),
        }
    )


def _kinds(snapshot: Snapshot, rows: Ints, owner: str) -> tuple[list[str], list[bool]]:
    """For each row own, owner, intermediary or other, seen from the first; and whether its account is on a list."""
    place, names = hosts(snapshot, rows)
    owners = owners_among(snapshot, rows, owner)
    listed = {account.casefold() for account in reference.intermediaries("strict")}
    on = [(name or "").casefold() in listed for name in names]
    kinds = [
        "own" if at == place[0] else "owner" if who == owners[0] else "intermediary" if on[at] else "other"
        for at, who in zip(place.tolist(), owners.tolist(), strict=True)
    ]
    return kinds, [on[at] for at in place.tolist()]


def _rejected(snapshot: Snapshot, model: str, ids: pa.ChunkedArray) -> tuple[list[tuple[str, str]], int]:
    """The claims of the model that made no link, each once, and how many those above it have."""
    claims = snapshot.table("claims", ["child", "outcome"])
    out = pc.is_in(claims.column("outcome"), value_set=pa.array(["rejected", "dropped"]))
    found = pc.indices_nonzero(pc.and_(out, pc.is_in(claims.column("child"), value_set=pc.unique(ids))))
    if not len(found):  # the texts of all claims are long; they are read only where one is wanted
        return [], 0
    mine = snapshot.table("claims", ["child", "base_as_written", "reason"]).take(found).to_pylist()
    own = [(claim["base_as_written"], claim["reason"]) for claim in mine if claim["child"] == model]
    said = [(text, REASONS.get(reason, reason or "")) for text, reason in sorted(Counter(own))]
    return said, len(mine) - len(own)


def _elsewhere(snapshot: Snapshot, top: int, basis: str) -> list[tuple[str, str]]:
    """Bases that the model in row `top` has under a wider basis than this one, with the first that has them."""
    wider = [name for name in BASES[BASES.index(basis) + 1 :] if name in snapshot.manifest["basis"]]
    edges = snapshot.table("edges", ["child_row", "base", "basis"])
    asked = pc.and_(
        pc.equal(edges.column("child_row"), top),
        pc.is_in(edges.column("basis"), value_set=pa.array(wider, pa.string())),
    )
    found = edges.filter(asked).to_pylist()
    return sorted((edge["base"], edge["basis"]) for edge in found)
