"""A model, everything made from it and what it was made from, as rows of the table `models` and edges between them."""

from dataclasses import dataclass
from functools import cached_property

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from lineage.answers.basis import Lineage
from lineage.answers.frames import Selection
from lineage.answers.licences import conflicts
from lineage.answers.lookup import model_row
from lineage.answers.rollups import STORED
from lineage.chosen import chosen
from lineage.metrics import rollup
from lineage.metrics.graph import Graph, Ints, spread
from lineage.metrics.pairs import among, each_once
from lineage.schema import BASES

#: The columns of `edges` that it takes; those that hold ids are made from the rows where they are asked for.
_EDGES = ("child_row", "base_row", "place", "position", "relation", "evidence", "basis")


@dataclass(frozen=True)
class Descent:
    """The model in row `top` and what hangs together with it.

    `rows` int64[k]: the model, everything made from it and its fellow cycle members, A–Z. `parent` int64[k]: for each
    the row under which a tree shows it, -1 for the model itself. `ancestors` int64[a], A–Z, with `steps` int64[a], the
    fewest to each. `edges`: child_row, base_row, place, position, relation, evidence, basis of the edges of all these.
    """

    selection: Selection
    top: int
    rows: Ints
    parent: Ints
    ancestors: Ints
    steps: Ints
    edges: pa.Table

    @classmethod
    def of(cls, selection: Selection, text: str) -> "Descent":
        """That of the model that `text` names. Raises NotFound with near misses."""
        lineage = selection.lineage
        top = model_row(selection.snapshot, text, lineage)
        rows = derived(lineage, top)
        ancestors, steps = lineage.above(top)
        edges = lineage.edges_of(np.r_[rows, ancestors], _EDGES)
        return cls(selection, top, rows, parents(lineage.group, edges, top, rows), ancestors, steps, edges)

    @cached_property
    def mine(self) -> pa.Table:
        """The edges of `rows` alone, without those of the ancestors."""
        return of_children(self.edges, self.rows)

    @cached_property
    def drawn(self) -> np.ndarray:
        """bool[len(mine)]: the edge by which a tree hangs a model under another."""
        child, base = (self.mine.column(name).to_numpy() for name in ("child_row", "base_row"))
        found: np.ndarray = self.parent[np.searchsorted(self.rows, child)] == base
        return found

    @cached_property
    def known(self) -> pa.Array:
        """text[k]: the basis of the edge to the parent, of the model itself of that to its first base; else null."""
        of_drawn = first_known(self.mine.filter(pa.array(self.drawn)), self.rows)
        return pc.coalesce(of_drawn, first_known(self.mine, self.rows))

    def downloads(self, rows: Ints, stub: np.ndarray) -> pa.Array:
        """int64[len(rows)] in the window; null of a stub, and throughout where nothing is counted."""
        return self._counted(self.selection.value[rows], stub)

    def full(self, rows: Ints) -> pa.Array:
        """int64[len(rows)]: with everything derived; null where nothing is counted."""
        selection = self.selection
        lineage = selection.lineage
        if lineage.stored and (selection.frame, selection.window) == STORED and selection.counted:
            values = chosen(selection.snapshot, "models", ["full"], rows).column("full").to_numpy()
        else:
            values = rollup.full(lineage.graph, lineage.closure, selection.value)[rows]
        return self._counted(values, np.zeros(len(rows), bool))

    def _counted(self, values: Ints, unknown: np.ndarray) -> pa.Array:
        return pa.array(values, pa.int64(), mask=unknown | (not self.selection.counted))

    @cached_property
    def above(self) -> pa.Table:
        """The ancestors, nearest first, then A–Z: the columns of `Family.above`, and `row`. A cycle's are near."""
        lineage, edges, top = self.selection.lineage, self.edges, self.top
        distance = dict(zip(self.ancestors.tolist(), self.steps.tolist(), strict=True))
        direct = edges.filter(pc.equal(edges.column("child_row"), top)).column("base_row").to_pylist()
        distance |= dict.fromkeys(direct, 1)
        steps = _steps(edges, distance, top)
        rows = np.array(sorted(distance, key=lambda r: (distance[r], r)), np.int64)
        ascending = np.sort(rows)
        of_first = first_known(of_children(edges, ascending), ascending).take(
            pa.array(np.searchsorted(ascending, rows))
        )
        found = lineage.models_at(["id", "stub", "relation", "base", "bases", "licences", "descendants"], rows)
        stub = found.column("stub").to_numpy()
        found = found.rename_columns(["id", "stub", "own_relation", "base", "bases", "licences", "descendants"])
        return (
            found.append_column("relation", pa.array([steps.get(r) for r in rows.tolist()], pa.string()))
            .append_column("known", of_first)
            .append_column("distance", pa.array([distance[r] for r in rows.tolist()], pa.int64()))
            .append_column("downloads", self.downloads(rows, stub))
            .append_column("full", self.full(rows))
            .append_column("row", pa.array(rows))
        )

    @cached_property
    def upward(self) -> tuple[Ints, Ints]:
        """(of the rows, of `above`) the row that each hangs under: its parent, or else its first base; -1 for none."""
        ancestors = self.above.column("row").to_pylist()
        first = dict.fromkeys([self.top, *ancestors], -1)
        edges = of_children(self.edges, np.array(list(first)))
        edges = edges.sort_by([("child_row", "ascending"), ("place", "descending")])
        first |= dict(zip(edges.column("child_row").to_pylist(), edges.column("base_row").to_pylist(), strict=True))
        over = np.where(self.parent < 0, first[self.top], self.parent)
        return over, np.array([first[row] for row in ancestors], np.int64)

    @cached_property
    def conflict(self) -> tuple[pa.Array, pa.Array]:
        """(of the rows, of `above`) whether licences differ from those of the model upward; null where it is not known.

        See `answers/licences.py`.
        """
        over, over_above = self.upward
        mine, above = np.r_[self.rows, self.above.column("row").to_numpy()], np.r_[over, over_above]
        known = each_once(np.r_[mine, above[above >= 0]])
        licences = chosen(self.selection.snapshot, "models", ["licences"], known).column("licences")
        here = licences.take(pa.array(np.searchsorted(known, mine)))
        there = licences.take(pa.array(np.searchsorted(known, above), mask=above < 0))
        flags = conflicts(here, there)
        return flags[: len(over)], flags[len(over) :]

    @cached_property
    def notes(self) -> list[str]:
        """What a reader must know to read the tree right."""
        lineage, mine, notes = self.selection.lineage, self.mine, []
        merged = np.count_nonzero(np.unique(mine.column("child_row").to_numpy(), return_counts=True)[1] > 1)
        if merged:
            notes.append(
                f"{merged:,} of these models {'has' if merged == 1 else 'have'} several bases; the tree shows each "
                "under the first, and totals count each once."
            )
            unordered = mine.filter(
                pc.and_(mine.column("position").is_null(), pc.equal(mine.column("basis"), "declared"))
            )
            if (np.unique(unordered.column("child_row").to_numpy(), return_counts=True)[1] > 1).any():
                notes.append("Where only tags name the bases there is no order among them: the first is the first A–Z.")
        believed = {basis: pc.sum(pc.equal(mine.column("basis"), basis)).as_py() or 0 for basis in BASES[1:]}
        if any(believed.values()):
            notes.append(
                f"Of the {mine.num_rows:,} links here {believed['stated']:,} are stated in text only and "
                f"{believed['inferred']:,} inferred from names; all others are declared."
            )
        deep = np.count_nonzero(lineage.deep)
        if deep:
            notes.append(
                f"{deep:,} models of this snapshot have more than {lineage.bound:,} ancestors, and not all are listed."
            )
        notes.append(
            "Intermediaries are the accounts on the list strict: practically all that they host is made by others."
        )
        return notes


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
        found = each_once(children[spread(start[level], count[level])])
        level = found[~seen[found]]
        seen[level] = True
    return np.flatnonzero(seen)


def derived(lineage: Lineage, top: int) -> Ints:
    """The same as `below`, from the ancestry that the build stored, where it holds all pairs: no graph is built."""
    if not lineage.stored or lineage.deep.any():
        return below(lineage.graph, top)
    fellows = np.flatnonzero(lineage.group == lineage.group[top])
    return each_once(np.r_[lineage.below(top), fellows])


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


def of_children(edges: pa.Table, rows: Ints) -> pa.Table:
    """The edges from `rows` to their bases."""
    return edges.filter(pa.array(among(edges.column("child_row").to_numpy(), rows)))


def first_known(mine: pa.Table, rows: Ints) -> pa.Array:
    """For each of `rows` the basis of the edge to its first base, null without one."""
    child, place = (mine.column(name).to_numpy() for name in ("child_row", "place"))
    order = np.lexsort((place, child))
    head = order[np.r_[True, child[order][1:] != child[order][:-1]]] if len(order) else order
    at = np.full(len(rows), -1, np.int64)
    at[np.searchsorted(rows, child[head])] = head
    return mine.column("basis").combine_chunks().take(pa.array(at, mask=at < 0))


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
