"""A model with everything made from it, as a tree that shows each model once."""

from dataclasses import dataclass, field

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from lineage import reference
from lineage.answers.basis import Lineage
from lineage.answers.frames import Selection
from lineage.answers.lookup import model_row
from lineage.answers.owners import owner_codes
from lineage.metrics import rollup
from lineage.metrics.graph import Graph, Ints, spread
from lineage.schema import BASES
from lineage.snapshot import Snapshot


@dataclass(frozen=True)
class Family:
    """The family of `model`, under `basis`: the model and its descendants.

    `ancestors`: what it was made from, nearest first, each with the relation of the step that leads to it
    (None where it is not labelled). `members`: sorted by id; id, publisher, owner, kind
    (own, intermediary, other), stub, relation, parent (the first base inside the family; null for the
    model itself), base (the first, wherever it is), known (the basis of the edge to that parent, for the model itself
    to its first base),
    bases, downloads, full, descendants, children, licences, pipeline_tag, library,
    created_at, cycle. `links`: child, base, relation, evidence, basis, first (the drawn one), inside,
    dangling (the base is not in the snapshot).
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
    known (the basis of the edge to its own first base), base (the first), bases, licences, downloads, full,
    descendants."""
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


def parents(graph: Graph, edges: pa.Table, top: int, rows: Ints) -> dict[int, int]:
    """For every row of the family but `top` the row under which a tree shows it: its first base inside.

    A base of the same cycle would hang two models on each other: then the tree has the cycle's other
    members under the one that the outside, or `top`, reaches.
    """
    inside = np.zeros(graph.n, bool)
    inside[rows] = True
    child, base, place = (edges.column(c).to_numpy() for c in ("child_row", "base_row", "place"))
    keep = inside[child] & inside[base] & (child != top)
    child, base, place = child[keep], base[keep], place[keep]
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


#: The columns of `models` that a family shows.
_SHOWN = (
    "id",
    "publisher",
    "stub",
    "relation",
    "base",
    "bases",
    "downloads",
    "descendants",
    "children",
    "licences",
    "pipeline_tag",
    "library",
    "created_at",
    "cycle",
)

#: The columns of `edges` that it takes to make one.
_EDGES = ("child", "base", "relation", "evidence", "basis", "position", "place", "child_row", "base_row")


def family(selection: Selection, text: str, owner: str = "group") -> Family:
    """The family of the model that `text` names. Raises NotFound with near misses."""
    snapshot, lineage = selection.snapshot, selection.lineage
    top = model_row(snapshot, text, lineage)
    graph = selection.graph
    edges = lineage.edges(_EDGES)
    rows = below(graph, top)
    drawn_under = parents(graph, edges, top, rows)
    ids = snapshot.table("models", ["id"]).column("id")
    names = ids.take(pa.array(rows))
    members = lineage.models(_SHOWN).take(pa.array(rows))
    parent_rows = [drawn_under.get(r) for r in rows.tolist()]
    owners = owner_codes(snapshot, owner)
    kind, owner_name = _kinds(snapshot, rows, owners, owners[top])
    full = _full(selection, rows)
    stub = members.column("stub").to_numpy()
    mine = _of(edges, rows)
    first = pa.array(_drawn(mine, drawn_under), pa.bool_())
    drawn = mine.filter(first)
    known = _first_known(mine) | _first_known(drawn)
    links = mine.select(["child", "base", "relation", "evidence", "basis"]).append_column("first", first)
    stubs = snapshot.table("models", ["stub"]).column("stub")
    dangling = stubs.take(mine.column("base_row"))
    members = (
        members.set_column(_SHOWN.index("downloads"), "downloads", _values(selection, selection.value[rows], stub))
        .append_column("owner", owner_name)
        .append_column("kind", kind)
        .append_column("parent", ids.take(pa.array(parent_rows, pa.int64())))
        .append_column("known", pa.array([known.get(r) for r in rows.tolist()], pa.string()))
        .append_column("full", _values(selection, full, np.zeros(len(rows), bool)))
    )
    labels = members.column("relation")
    unlabelled = pc.equal(labels, "unlabelled").fill_null(False)
    members = members.set_column(
        members.column_names.index("relation"), "relation", pc.if_else(unlabelled, pa.scalar(None, pa.string()), labels)
    )
    links = links.append_column("inside", pc.is_in(links.column("base"), value_set=names))
    links = links.append_column("dangling", dangling)
    above = _above(selection, edges, top)
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
        notes=_notes(lineage, mine),
    )


def _of(edges: pa.Table, rows: Ints) -> pa.Table:
    """The edges from `rows` to their bases."""
    return edges.filter(pa.array(np.isin(edges.column("child_row").to_numpy(), rows)))


def _first_known(mine: pa.Table) -> dict[int, str]:
    """By child row: the basis of the edge to its first base."""
    first = mine.sort_by([("child_row", "descending"), ("place", "descending")])
    return dict(zip(first.column("child_row").to_pylist(), first.column("basis").to_pylist(), strict=True))


def _drawn(mine: pa.Table, drawn_under: dict[int, int]) -> list[bool]:
    """For each edge whether a tree draws it."""
    ends = zip(mine.column("child_row").to_pylist(), mine.column("base_row").to_pylist(), strict=True)
    return [drawn_under.get(child) == base for child, base in ends]


def _values(selection: Selection, values: Ints, unknown: np.ndarray) -> pa.Array:
    """Downloads as a column: null where they are unknown, and throughout where nothing is counted."""
    return pa.array(values, pa.int64(), mask=unknown | (not selection.counted))


def _full(selection: Selection, rows: Ints) -> Ints:
    lineage = selection.lineage
    if lineage.stored and (selection.frame, selection.window) == ("all", "30d") and selection.counted:
        return selection.snapshot.table("models", ["full"]).column("full").take(pa.array(rows)).to_numpy()
    return rollup.full(lineage.graph, lineage.closure, selection.value)[rows]


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


def _above(selection: Selection, edges: pa.Table, top: int) -> pa.Table:
    """Nearest first, then A–Z, each with the relation of the step to it. A fellow cycle member is direct."""
    snapshot, lineage = selection.snapshot, selection.lineage
    model, ancestor, steps_to = lineage.pairs
    mine = slice(*np.searchsorted(model, [top, top + 1]))
    distance = dict(zip(ancestor[mine].tolist(), steps_to[mine].tolist(), strict=True))
    direct = edges.filter(pc.equal(edges.column("child_row"), top))
    relation = dict(zip(direct.column("base_row").to_pylist(), direct.column("relation").to_pylist(), strict=True))
    distance |= dict.fromkeys(relation, 1)
    steps = _steps(edges, distance, top)
    rows = np.array(sorted(distance, key=lambda r: (distance[r], r)), np.int64)
    known = _first_known(_of(edges, rows))
    stub = snapshot.table("models", ["stub"]).column("stub").take(pa.array(rows)).to_numpy()
    found = lineage.models(["id", "stub", "relation", "base", "bases", "licences", "descendants"]).take(pa.array(rows))
    found = found.rename_columns(["id", "stub", "own_relation", "base", "bases", "licences", "descendants"])
    return (
        found.append_column("relation", pa.array([steps.get(r) for r in rows.tolist()], pa.string()))
        .append_column("known", pa.array([known.get(r) for r in rows.tolist()], pa.string()))
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


def _notes(lineage: Lineage, mine: pa.Table) -> list[str]:
    """What a reader must know to read the tree right; `mine`: the edges of its models."""
    notes = []
    several = pc.value_counts(mine.column("child_row"))
    merged = sum(1 for v in several if v["counts"].as_py() > 1)
    if merged:
        notes.append(
            f"{merged:,} of these models {'has' if merged == 1 else 'have'} several bases; the tree shows each "
            "under the first, and totals count each once."
        )
        unordered = mine.filter(pc.and_(mine.column("position").is_null(), pc.equal(mine.column("basis"), "declared")))
        counts = pc.value_counts(unordered.column("child_row"))
        if any(v["counts"].as_py() > 1 for v in counts):
            notes.append("Where only tags name the bases there is no order among them: the first is the first A–Z.")
    believed = {basis: pc.sum(pc.equal(mine.column("basis"), basis)).as_py() or 0 for basis in BASES[1:]}
    if any(believed.values()):
        notes.append(
            f"Of the {mine.num_rows:,} links here {believed['stated']:,} are stated in text only and "
            f"{believed['inferred']:,} inferred from names; all others are declared."
        )
    notes.append(
        "Intermediaries are the accounts on the list strict: practically all that they host is made by others."
    )
    deep = np.count_nonzero(lineage.deep)
    if deep:
        notes.append(
            f"{deep:,} models of this snapshot have more than {lineage.bound:,} ancestors; theirs are not all listed."
        )
    return notes
