"""The part of a model: the model, and what was made of it by quantizing and copying alone.

These are the repositories from which one can have the model itself, in one file format or another. A fine-tune is
another model and ends the part: what is quantized of it belongs to its own part. `copy` exists under the basis
`inferred` only.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from lineage.answers.basis import Lineage
from lineage.metrics import ancestry, rollup
from lineage.metrics.graph import Ints, build, spread
from lineage.metrics.pairs import each_once

#: The relations that leave a model what it is.
PART_RELATIONS = ("quantized", "copy")


@dataclass(frozen=True)
class Part:
    """The part of the model in row `top` of the table `models`.

    `rows` int64[k]: its models, A–Z, the model itself included; members of a cycle are where an edge reaches them.
    `depth` int64[k]: fewest steps from the model. `edges`: child_row, base_row, relation, place, older_than_base of the
    edges within it; `first` int64[k]: for each model its first one of these, -1 for the model itself.
    """

    top: int
    rows: Ints
    depth: Ints
    edges: pa.Table
    first: Ints


def part_edges(lineage: Lineage) -> pa.Table:
    """All edges by `quantized` and `copy`: child_row, base_row, relation, place, older_than_base."""
    found: pa.Table = lineage.once("part edges", _part_edges)
    return found


def _part_edges(lineage: Lineage) -> pa.Table:
    edges = lineage.edges(["child_row", "base_row", "relation", "place", "older_than_base"])
    return edges.filter(pc.is_in(edges.column("relation"), value_set=pa.array(PART_RELATIONS)))


def reached(n: int, child: Ints, base: Ints, starts: Ints) -> tuple[Ints, Ints]:
    """(row, fewest steps) of everything that hangs below one of `starts`, itself included, A–Z.

    Outward level by level; every edge is looked at once.
    """
    order = np.argsort(base, kind="stable")
    children = child[order]
    count = np.bincount(base, minlength=n)
    start = np.cumsum(count) - count
    depth = np.full(n, -1, np.int64)
    level, steps = each_once(starts), 0
    while len(level):
        depth[level] = steps
        found = children[spread(start[level], count[level])]
        level, steps = each_once(found[depth[found] < 0]), steps + 1
    rows = np.flatnonzero(depth >= 0)
    return rows, depth[rows]


def part(lineage: Lineage, top: int, edges: pa.Table) -> Part:
    """The part of the model in row `top`; see `Part`. `edges`: those of `part_edges`."""
    child, base, place = (edges.column(c).to_numpy().astype(np.int64) for c in ("child_row", "base_row", "place"))
    rows, depth = reached(len(lineage.present), child, base, np.array([top], np.int64))
    inside = np.zeros(len(lineage.present), bool)
    inside[rows] = True
    mine = np.flatnonzero(inside[child] & inside[base])
    mine = mine[np.lexsort((base[mine], place[mine], child[mine]))]
    head = np.r_[True, child[mine][1:] != child[mine][:-1]] if len(mine) else np.zeros(0, bool)
    first = np.full(len(rows), -1, np.int64)
    first[np.searchsorted(rows, child[mine][head])] = np.flatnonzero(head)
    first[np.searchsorted(rows, top)] = -1
    return Part(top, rows, depth, edges.take(pa.array(mine)), first)


def totals(lineage: Lineage, tops: Ints, values: Sequence[Ints]) -> list[Ints]:
    """For each of `values` (int64[n]) its sums over the parts of `tops`: int64[len(tops)], each model once a part."""
    edges = part_edges(lineage)
    child, base = (edges.column(c).to_numpy().astype(np.int64) for c in ("child_row", "base_row"))
    rows, _ = reached(len(lineage.present), child, base, tops)
    inside = np.zeros(len(lineage.present), bool)
    inside[rows] = True
    # What hangs below one of them is below it by these edges alone, so a graph of these rows has all that is asked.
    keep = inside[base]
    ends = (np.searchsorted(rows, child[keep]), np.searchsorted(rows, base[keep]))
    graph = build(len(rows), *ends, np.zeros(int(keep.sum()), np.int64))
    closure = ancestry.closure(graph)
    at = np.searchsorted(rows, tops)
    return [rollup.full(graph, closure, value[rows])[at] for value in values]


def original(edges: pa.Table, row: int) -> int | None:
    """The row of the model that `row` re-packages, up the first edges by `quantized` or `copy`; None where it does not.

    `edges`: those of `part_edges`. In a cycle the last model before it closes.
    """
    child, base, place = (edges.column(c).to_numpy() for c in ("child_row", "base_row", "place"))
    seen = [row]
    while True:
        mine = np.flatnonzero(child == seen[-1])
        above = int(base[mine[np.argmin(place[mine])]]) if len(mine) else row
        if above in seen:
            return seen[-1] if len(seen) > 1 else None
        seen.append(above)
