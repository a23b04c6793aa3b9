"""A model with everything made from it, as a tree that shows each model once."""

from dataclasses import dataclass, field

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from lineage import reference
from lineage.answers.basis import Lineage
from lineage.answers.frames import Selection
from lineage.answers.lookup import model_row
from lineage.answers.owners import accounts_of, owners_among
from lineage.chosen import chosen, many
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


def derived(lineage: Lineage, top: int) -> Ints:
    """The same as `below`, from the ancestry that the build stored, where it holds all pairs: no graph is built."""
    if not lineage.stored or lineage.deep.any():
        return below(lineage.graph, top)
    fellows = np.flatnonzero(lineage.group == lineage.group[top])
    return np.union1d(lineage.below(top), fellows)


def parents(group: Ints, edges: pa.Table, top: int, rows: Ints) -> Ints:
    """int64[k]: for each of `rows` the row under which a tree shows it, its first base inside; -1 for `top`.

    `group` int64[n]: as in `Graph`; `edges`: child_row, base_row, place. A base of the same cycle would hang two
    models on each other: then the tree has the cycle's other members under the one that the outside, or `top`, reaches.
    """
    inside = np.zeros(len(group), bool)
    inside[rows] = True
    child, base, place = (edges.column(c).to_numpy() for c in ("child_row", "base_row", "place"))
    keep = np.flatnonzero(inside[child] & inside[base] & (child != top))
    keep = keep[np.lexsort((place[keep], child[keep], group[child[keep]] == group[base[keep]]))]
    child, base = child[keep].astype(np.int64), base[keep].astype(np.int64)
    fellow = group[child] == group[base]
    found = np.full(len(rows), -1, np.int64)
    outer, first = np.unique(child[~fellow], return_index=True)
    found[np.searchsorted(rows, outer)] = base[~fellow][first]
    # Within cycles outward from what is placed already, in a fixed order, until all are.
    waiting = list(zip(child[fellow].tolist(), base[fellow].tolist(), strict=True))
    if waiting:
        at = {row: int(np.searchsorted(rows, row)) for pair in waiting for row in pair}
        placed = {row for row, place in at.items() if found[place] >= 0} | {top}
        while waiting:
            rest = []
            for c, b in waiting:
                if c not in placed and b in placed:
                    found[at[c]] = b
                    placed.add(c)
                elif c not in placed:
                    rest.append((c, b))
            waiting = rest if len(rest) < len(waiting) else []
    return found


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

#: The columns of `edges` that it takes to make one; those that hold ids are made from the rows, which is faster.
_EDGES = ("child_row", "base_row", "place", "position", "relation", "evidence", "basis")


def family(selection: Selection, text: str, owner: str = "group") -> Family:
    """The family of the model that `text` names. Raises NotFound with near misses."""
    snapshot, lineage = selection.snapshot, selection.lineage
    top = model_row(snapshot, text, lineage)
    rows = derived(lineage, top)
    ancestors, steps = lineage.above(top)
    edges = lineage.edges_of(np.r_[rows, ancestors], _EDGES)
    under = parents(lineage.group, edges, top, rows)
    members = lineage.models_at(_SHOWN, rows)
    names = members.column("id")
    mine = _of(edges, rows)
    drawn = under[np.searchsorted(rows, mine.column("child_row").to_numpy())] == mine.column("base_row").to_numpy()
    links = _named(snapshot, mine, rows, names).append_column("first", pa.array(drawn))
    links = links.append_column("inside", pc.is_in(links.column("base"), value_set=names))
    stubs = snapshot.table("models", ["stub"]).column("stub").take(mine.column("base_row"))
    links = links.append_column("dangling", stubs)
    known = _first_known(mine, rows)
    of_drawn = _first_known(mine.filter(pa.array(drawn)), rows)
    kind, owner_name = _kinds(snapshot, rows, top, members.column("publisher"), owner)
    stub = members.column("stub").to_numpy()
    at = pa.array(np.searchsorted(rows, under), mask=under < 0)
    unlabelled = pc.equal(members.column("relation"), "unlabelled").fill_null(False)
    for name, column in (
        ("downloads", _values(selection, selection.value[rows], stub)),
        ("relation", pc.if_else(unlabelled, pa.scalar(None, pa.string()), members.column("relation"))),
    ):
        members = members.set_column(_SHOWN.index(name), name, column)
    members = (
        members.append_column("owner", owner_name)
        .append_column("kind", kind)
        .append_column("parent", names.take(at))
        .append_column("known", pc.coalesce(of_drawn, known))
        .append_column("full", _values(selection, _full(selection, rows), np.zeros(len(rows), bool)))
    )
    above = _above(selection, edges, top, dict(zip(ancestors.tolist(), steps.tolist(), strict=True)))
    return Family(
        model=names[int(np.searchsorted(rows, top))].as_py(),
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


def _named(snapshot: Snapshot, mine: pa.Table, rows: Ints, names: pa.ChunkedArray) -> pa.Table:
    """child, base, relation, evidence, basis of the edges `mine` of `rows`, which are called `names`."""
    child, base = (mine.column(name).to_numpy().astype(np.int64) for name in ("child_row", "base_row"))
    outside = np.setdiff1d(base, rows)
    known = np.r_[rows, outside]
    ids = pa.chunked_array([*names.chunks, *chosen(snapshot, "models", ["id"], outside).column("id").chunks])
    ids = ids.combine_chunks().take(pa.array(np.argsort(known)))
    known = np.sort(known)
    found = {
        name: ids.take(pa.array(np.searchsorted(known, ends))) for name, ends in (("child", child), ("base", base))
    }
    return pa.table(found | {name: mine.column(name) for name in ("relation", "evidence", "basis")})


def _first_known(mine: pa.Table, rows: Ints) -> pa.Array:
    """For each of `rows` the basis of the edge to its first base, null without one."""
    child, place = (mine.column(name).to_numpy() for name in ("child_row", "place"))
    order = np.lexsort((place, child))
    head = order[np.r_[True, child[order][1:] != child[order][:-1]]] if len(order) else order
    at = np.full(len(rows), -1, np.int64)
    at[np.searchsorted(rows, child[head])] = head
    return mine.column("basis").combine_chunks().take(pa.array(at, mask=at < 0))


def _values(selection: Selection, values: Ints, unknown: np.ndarray) -> pa.Array:
    """Downloads as a column: null where they are unknown, and throughout where nothing is counted."""
    return pa.array(values, pa.int64(), mask=unknown | (not selection.counted))


def _full(selection: Selection, rows: Ints) -> Ints:
    lineage = selection.lineage
    if lineage.stored and (selection.frame, selection.window) == ("all", "30d") and selection.counted:
        return chosen(selection.snapshot, "models", ["full"], rows).column("full").to_numpy()
    return rollup.full(lineage.graph, lineage.closure, selection.value)[rows]


def _kinds(
    snapshot: Snapshot, rows: Ints, top: int, hosts: pa.ChunkedArray, owner: str
) -> tuple[pa.Array, pa.ChunkedArray]:
    """For each row: own, intermediary or other; and the name of the owner. `hosts`: its account."""
    owners = owners_among(snapshot, rows, owner)
    own = owners == owners[np.searchsorted(rows, top)]
    listed = pa.array(sorted(a.casefold() for a in reference.intermediaries("strict")), pa.string())
    on_list = pc.is_in(pc.utf8_lower(hosts), value_set=listed)
    other = pc.if_else(on_list, pa.scalar("intermediary"), pa.scalar("other"))
    place, none = accounts_of(snapshot, rows), many(snapshot, "publishers")
    named = np.unique(place[place < none])
    names = chosen(snapshot, "publishers", ["owner"], named).column("owner")
    found = pc.if_else(pa.array(own), pa.scalar("own"), other)
    return found, names.take(pa.array(np.searchsorted(named, place), mask=place == none))


def _above(selection: Selection, edges: pa.Table, top: int, distance: dict[int, int]) -> pa.Table:
    """Nearest first, then A–Z, each with the relation of the step to it. A fellow cycle member is direct.

    `distance`: of the ancestors by row, as `Lineage.above` has it.
    """
    lineage = selection.lineage
    direct = edges.filter(pc.equal(edges.column("child_row"), top))
    relation = dict(zip(direct.column("base_row").to_pylist(), direct.column("relation").to_pylist(), strict=True))
    distance |= dict.fromkeys(relation, 1)
    steps = _steps(edges, distance, top)
    rows = np.array(sorted(distance, key=lambda r: (distance[r], r)), np.int64)
    ascending = np.sort(rows)
    of_first = _first_known(_of(edges, ascending), ascending).take(pa.array(np.searchsorted(ascending, rows)))
    found = lineage.models_at(["id", "stub", "relation", "base", "bases", "licences", "descendants"], rows)
    stub = found.column("stub").to_numpy()
    found = found.rename_columns(["id", "stub", "own_relation", "base", "bases", "licences", "descendants"])
    return (
        found.append_column("relation", pa.array([steps.get(r) for r in rows.tolist()], pa.string()))
        .append_column("known", of_first)
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
    merged = np.count_nonzero(np.unique(mine.column("child_row").to_numpy(), return_counts=True)[1] > 1)
    if merged:
        notes.append(
            f"{merged:,} of these models {'has' if merged == 1 else 'have'} several bases; the tree shows each "
            "under the first, and totals count each once."
        )
        unordered = mine.filter(pc.and_(mine.column("position").is_null(), pc.equal(mine.column("basis"), "declared")))
        if (np.unique(unordered.column("child_row").to_numpy(), return_counts=True)[1] > 1).any():
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
