"""A model with everything made from it, as a tree that shows each model once."""

from dataclasses import dataclass, field

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from lineage import reference
from lineage.answers.frames import Selection
from lineage.answers.lookup import model_row
from lineage.answers.owners import owner_codes
from lineage.metrics import rollup
from lineage.metrics.graph import Graph, Ints, spread
from lineage.snapshot import Snapshot


@dataclass(frozen=True)
class Family:
    """The family of `model`: the model and its descendants.

    `ancestors`: what it was made from, nearest first, each with the relation of the step that leads to it
    (None where it is not labelled). `members`: sorted by id; id, publisher, owner, kind
    (own, intermediary, other), stub, relation, parent (the first base inside the family; null for the
    model itself), bases, downloads, full, descendants, children, licences, pipeline_tag, library,
    created_at, cycle. `links`: child, base, relation, evidence, first (the drawn one), inside.
    """

    model: str
    ancestors: list[tuple[str, str | None]]
    taken_at: str
    snapshot: str
    source: str
    basis: str
    window: str
    members: pa.Table
    links: pa.Table
    above: pa.Table
    """The ancestors as rows, nearest first: id, relation (of the step that leads to it), distance, stub, own_relation,
    bases, licences, downloads, full, descendants."""
    notes: list[str] = field(default_factory=list)


def below(graph: Graph, top: int) -> Ints:
    """Rows of everything derived from row `top` and of its fellow cycle members, itself included, A–Z."""
    order = np.argsort(graph.base, kind="stable")
    children = graph.child[order]
    count = np.bincount(graph.base, minlength=graph.n)
    start = np.cumsum(count) - count
    seen = np.zeros(graph.n, bool)
    level = np.array([top], np.int64)
    seen[top] = True
    while len(level):
        found = np.unique(children[spread(start[level], count[level])])
        level = found[~seen[found]]
        seen[level] = True
    return np.flatnonzero(seen)


def parents(graph: Graph, place: Ints, top: int, rows: Ints) -> dict[int, int]:
    """For every row of the family but `top` the row under which a tree shows it: its first base inside.

    A base of the same cycle would hang two models on each other: then the tree has the cycle's other
    members under the one that the outside, or `top`, reaches.
    """
    inside = np.zeros(graph.n, bool)
    inside[rows] = True
    keep = inside[graph.child] & inside[graph.base] & (graph.child != top)
    child, base, place = graph.child[keep], graph.base[keep], place[keep]
    order = np.lexsort((place, child, graph.group[child] == graph.group[base]))
    chosen: dict[int, int] = {}
    waiting: list[tuple[int, int]] = []
    for c, b in zip(child[order].tolist(), base[order].tolist(), strict=True):
        if graph.group[c] == graph.group[b]:
            waiting.append((c, b))
        else:
            chosen.setdefault(c, b)
    placed = set(chosen) | {top}
    # Within cycles outward from what is placed already, in a fixed order, until all are.
    while waiting:
        rest = []
        grown = False
        for c, b in waiting:
            if c in placed:
                continue
            if b in placed:
                chosen[c] = b
                placed.add(c)
                grown = True
            else:
                rest.append((c, b))
        waiting = rest if grown else []
    return chosen


def family(selection: Selection, text: str, owner: str = "group") -> Family:
    """The family of the model that `text` names. Raises NotFound with near misses."""
    snapshot = selection.snapshot
    top = model_row(snapshot, text)
    graph = selection.graph
    edges = snapshot.table("edges")
    place = edges.column("place").to_numpy().astype(np.int64)
    rows = below(graph, top)
    drawn_under = parents(graph, place, top, rows)
    ids = snapshot.table("models", ["id"]).column("id")
    names = ids.take(pa.array(rows))
    wanted = [
        "id",
        "publisher",
        "stub",
        "relation",
        "bases",
        "downloads",
        "descendants",
        "children",
        "licences",
        "pipeline_tag",
        "library",
        "created_at",
        "cycle",
    ]
    members = snapshot.table("models", wanted).take(pa.array(rows))
    parent_rows = [drawn_under.get(r) for r in rows.tolist()]
    owners = owner_codes(snapshot, owner)
    kind, owner_name = _kinds(snapshot, rows, owners, owners[top])
    full = _full(selection, rows)
    stub = members.column("stub").to_numpy()
    members = (
        members.set_column(wanted.index("downloads"), "downloads", _values(selection, selection.value[rows], stub))
        .append_column("owner", owner_name)
        .append_column("kind", kind)
        .append_column("parent", ids.take(pa.array(parent_rows, pa.int64())))
        .append_column("full", _values(selection, full, np.zeros(len(rows), bool)))
    )
    labels = members.column("relation")
    unlabelled = pc.equal(labels, "unlabelled").fill_null(False)
    members = members.set_column(
        members.column_names.index("relation"), "relation", pc.if_else(unlabelled, pa.scalar(None, pa.string()), labels)
    )
    inside = pc.is_in(edges.column("child"), value_set=names)
    links = edges.select(["child", "base", "relation", "evidence"]).filter(inside)
    within = pc.is_in(links.column("base"), value_set=names)
    drawn = dict(zip(names.to_pylist(), members.column("parent").to_pylist(), strict=True))
    first = [
        drawn[c] == b for c, b in zip(links.column("child").to_pylist(), links.column("base").to_pylist(), strict=True)
    ]
    links = links.append_column("first", pa.array(first, pa.bool_())).append_column("inside", within)
    above = _above(selection, top)
    return Family(
        model=ids[top].as_py(),
        ancestors=list(zip(above.column("id").to_pylist(), above.column("relation").to_pylist(), strict=True)),
        taken_at=snapshot.taken_at,
        snapshot=snapshot.name,
        source=str(snapshot.manifest["source"]["name"]),
        basis=selection.basis,
        window=selection.window,
        members=members,
        links=links,
        above=above,
        notes=_notes(snapshot, edges, rows),
    )


def _values(selection: Selection, values: Ints, unknown: np.ndarray) -> pa.Array:
    """Downloads as a column: null where they are unknown, and throughout where nothing is counted."""
    return pa.array(values, pa.int64(), mask=unknown | (not selection.counted))


def _full(selection: Selection, rows: Ints) -> Ints:
    if (selection.frame, selection.window) == ("all", "30d") and selection.counted:
        return selection.snapshot.table("models", ["full"]).column("full").take(pa.array(rows)).to_numpy()
    from lineage.answers.rollups import closure_of

    return rollup.full(selection.graph, closure_of(selection), selection.value)[rows]


def _kinds(snapshot: Snapshot, rows: Ints, owners: Ints, own: int) -> tuple[pa.Array, pa.Array]:
    """For each row: own, intermediary or other; and the name of the owner."""
    publishers = snapshot.table("publishers", ["publisher", "owner"])
    hosts = snapshot.table("models", ["publisher"]).column("publisher").take(pa.array(rows))
    listed = {a.casefold() for a in reference.intermediaries("strict")}
    kinds = [
        "own" if code == own else "intermediary" if (host or "").casefold() in listed else "other"
        for code, host in zip(owners[rows].tolist(), hosts.to_pylist(), strict=True)
    ]
    place = pc.index_in(hosts, value_set=publishers.column("publisher"))
    return pa.array(kinds, pa.string()), publishers.column("owner").take(place)


def _above(selection: Selection, top: int) -> pa.Table:
    """Nearest first, then A–Z, each with the relation of the step to it. A fellow cycle member is direct."""
    snapshot = selection.snapshot
    pairs = snapshot.table("ancestry", ["model_row", "ancestor_row", "distance"])
    mine = pairs.filter(pc.equal(pairs.column("model_row"), top))
    distance = dict(zip(mine.column("ancestor_row").to_pylist(), mine.column("distance").to_pylist(), strict=True))
    edges = snapshot.table("edges", ["child_row", "base_row", "relation"])
    direct = edges.filter(pc.equal(edges.column("child_row"), top))
    relation = dict(zip(direct.column("base_row").to_pylist(), direct.column("relation").to_pylist(), strict=True))
    distance |= dict.fromkeys(relation, 1)
    steps = _steps(edges, distance, top)
    rows = np.array(sorted(distance, key=lambda r: (distance[r], r)), np.int64)
    stub = snapshot.table("models", ["stub"]).column("stub").take(pa.array(rows)).to_numpy()
    found = snapshot.table("models", ["id", "stub", "relation", "bases", "licences", "descendants"])
    found = found.rename_columns(["id", "stub", "own_relation", "bases", "licences", "descendants"]).take(
        pa.array(rows)
    )
    return (
        found.append_column("relation", pa.array([steps.get(r) for r in rows.tolist()], pa.string()))
        .append_column("distance", pa.array([distance[r] for r in rows.tolist()], pa.int64()))
        .append_column("downloads", _values(selection, selection.value[rows], stub))
        .append_column("full", _values(selection, _full(selection, rows), np.zeros(len(rows), bool)))
    )


def _steps(edges: pa.Table, distance: dict[int, int], top: int) -> dict[int, str | None]:
    """For each ancestor the relation of the step that leads to it from below, on a shortest way."""
    away = {**distance, top: 0}
    inside = pa.array(list(away), pa.int32())
    mine = edges.filter(
        pc.and_(
            pc.is_in(edges.column("child_row"), value_set=inside), pc.is_in(edges.column("base_row"), value_set=inside)
        )
    )
    found: dict[int, str | None] = {}
    for edge in mine.to_pylist():
        base, child = edge["base_row"], edge["child_row"]
        if base != top and away[child] + 1 == away[base]:
            found.setdefault(base, edge["relation"])
    return found


def _notes(snapshot: Snapshot, edges: pa.Table, rows: Ints) -> list[str]:
    """What a reader must know to read the tree right."""
    notes = []
    child = edges.column("child_row").to_numpy()
    mine = edges.filter(pa.array(np.isin(child, rows)))
    several = pc.value_counts(mine.column("child_row"))
    merged = sum(1 for v in several if v["counts"].as_py() > 1)
    if merged:
        notes.append(
            f"{merged:,} of these models {'has' if merged == 1 else 'have'} several bases; the tree shows each "
            "under the first, and totals count each once."
        )
        unordered = mine.filter(mine.column("position").is_null())
        counts = pc.value_counts(unordered.column("child_row"))
        if any(v["counts"].as_py() > 1 for v in counts):
            notes.append("Where only tags name the bases there is no order among them: the first is the first A–Z.")
    notes.append(
        "Intermediaries are the accounts on the list strict: practically all that they host is made by others."
    )
    if snapshot.manifest["deep"]:
        notes.append(
            f"{len(snapshot.manifest['deep']):,} models of this snapshot have more than "
            f"{snapshot.counts['ancestry_bound']:,} ancestors; theirs are not all listed."
        )
    return notes
