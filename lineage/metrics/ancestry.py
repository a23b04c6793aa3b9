"""All pairs of a model and what it was made from, with the fewest steps between them.

The whole transitive closure is only about 1.2 pairs a model, so it is stored: roll-ups are then one
group-by, and descendants in Cypher are one hop. Way: walk the groups from the roots; the ancestors
of a node are its bases at 1 and theirs at one more. Every pair is made once per base; only nodes
with several bases need a sort.

Bound: a node with more than `BOUND` ancestors is *deep*. Its pairs are not stored, so a tower of
merges costs time and never memory; what it adds to the nodes above it is `metrics/deep.py`.
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from lineage.metrics.graph import Graph, Ints, ordered, runs, spread

#: Ancestors (models) above which a node is deep. The largest real one known has 213.
BOUND = 1_000

#: Pairs above which everything is done again with half the bound.
MOST_PAIRS = 64_000_000

#: Candidate pairs handled at once.
_CHUNK = 4_000_000


@dataclass(frozen=True, slots=True)
class Ancestry:
    """The closure: `model`, `ancestor`, `distance` int64[pairs], sorted by model, then ancestor.

    Rows as in `Graph`, one pair for each pair of models; none within a cycle. `deep` bool[n]: rows
    whose pairs are not stored. `bound`: the bound that was used. `start`, `count` int64[n] and
    `above` int64: for the first row of each group, where its ancestors (groups) lie in `above`.
    """

    model: Ints
    ancestor: Ints
    distance: Ints
    deep: NDArray[np.bool_]
    bound: int
    start: Ints
    count: Ints
    above: Ints


class _Pool:
    """A growing pair of arrays: ancestors and distances of all nodes done so far."""

    def __init__(self) -> None:
        self.above = np.empty(1024, np.int64)
        self.steps = np.empty(1024, np.int64)
        self.used = 0

    def add(self, above: Ints, steps: Ints) -> int:
        """Append; returns where the new part begins."""
        begin, end = self.used, self.used + len(above)
        if end > len(self.above):
            room = max(end, 2 * len(self.above))
            self.above = np.concatenate([self.above[:begin], np.empty(room - begin, np.int64)])
            self.steps = np.concatenate([self.steps[:begin], np.empty(room - begin, np.int64)])
        self.above[begin:end] = above
        self.steps[begin:end] = steps
        self.used = end
        return begin


def _nearest(node: Ints, above: Ints, steps: Ints, several: NDArray[np.bool_], n: int) -> tuple[Ints, Ints, Ints]:
    """Each (node, ancestor) once with its least distance; the pairs of one node stay together.

    Only nodes with `several` bases (bool[pairs]) can meet an ancestor twice, and only they are sorted.
    """
    if not several.any():
        return node, above, steps
    simple = ~several
    found = _least(node[several], above[several], steps[several], n)
    return tuple(np.concatenate([a[simple], b]) for a, b in zip((node, above, steps), found, strict=True))  # type: ignore[return-value]


def _least(node: Ints, above: Ints, steps: Ints, n: int) -> tuple[Ints, Ints, Ints]:
    """Each (node, ancestor) once with its least distance, sorted by node and ancestor."""
    node, above, steps = ordered(node, above, steps, n)
    first = np.r_[True, (node[1:] != node[:-1]) | (above[1:] != above[:-1])]
    return node[first], above[first], steps[first]


def _closure(graph: Graph, bound: int, most: int) -> Ancestry | None:
    """The closure under one bound, or None when it holds more than `most` pairs."""
    n, size = graph.n, graph.size
    start = np.zeros(n, np.int64)
    count = np.zeros(n, np.int64)
    models_above = np.zeros(n, np.int64)  # members of groups counted, as the bound does
    deep = np.zeros(n, bool)
    pool = _Pool()
    by_level = np.lexsort((graph.up_place, graph.up_child, graph.generation[graph.up_child]))
    child, base, bases = graph.up_child[by_level], graph.up_base[by_level], graph.up_count[by_level]
    total = 0
    for begin, end in runs(graph.generation[child]):
        c, b, k = child[begin:end], base[begin:end], bases[begin:end]
        # More than the bound already above one base, or below a deep one: not expanded at all.
        gone = deep[b] | (models_above[b] + size[b] > bound)
        deep[c[gone]] = True
        keep = ~deep[c]
        c, b, k = c[keep], b[keep], k[keep]
        for part in _parts(c, count[b] + 1):
            pc, pb = c[part], b[part]
            each = count[pb] + 1
            node = np.repeat(pc, each)
            at = spread(np.zeros(len(pb), np.int64), each)
            base_of = np.repeat(pb, each)
            inherited = at > 0
            index = np.where(inherited, np.repeat(start[pb], each) + at - 1, 0)
            above = np.where(inherited, pool.above[index], base_of)
            steps = np.where(inherited, pool.steps[index] + 1, 1)
            node, above, steps = _nearest(node, above, steps, np.repeat(k[part] > 1, each), n)
            np.add.at(models_above, node, size[above])
            over = models_above[node] > bound
            deep[node[over]] = True
            node, above, steps = node[~over], above[~over], steps[~over]
            total += int((size[node] * size[above]).sum())
            if total > most:
                return None
            first = np.flatnonzero(np.r_[True, node[1:] != node[:-1]]) if len(node) else np.empty(0, np.int64)
            offset = pool.add(above, steps)
            start[node[first]] = offset + first
            count[node[first]] = np.diff(np.r_[first, len(node)])
    above, steps = pool.above[: pool.used], pool.steps[: pool.used]
    model, ancestor, distance = _expand(graph, np.flatnonzero(count), start, count, above, steps)
    return Ancestry(model, ancestor, distance, deep[graph.group], bound, start, count, above)


def _parts(child: Ints, cost: Ints) -> list[slice]:
    """Slices of at most `_CHUNK` candidates, never through the bases of one child."""
    if not len(child):
        return []
    ends = np.flatnonzero(np.r_[child[1:] != child[:-1], True]) + 1
    spent = np.cumsum(cost)[ends - 1]
    last = np.searchsorted(spent, np.arange(_CHUNK, int(spent[-1]) + _CHUNK, _CHUNK), side="right")
    stops = sorted({int(ends[min(max(i, 0), len(ends) - 1)]) for i in last} | {len(child)})
    return [slice(a, b) for a, b in zip([0, *stops[:-1]], stops, strict=True)]


def _expand(graph: Graph, nodes: Ints, start: Ints, count: Ints, above: Ints, steps: Ints) -> tuple[Ints, Ints, Ints]:
    """Pairs of groups become pairs of models, sorted by model and ancestor."""
    each = count[nodes]
    model = np.repeat(nodes, each)
    index = spread(start[nodes], each)
    ancestor, distance = above[index], steps[index]
    if (graph.size > 1).any():
        members = np.argsort(graph.group, kind="stable")
        first_member = np.cumsum(graph.size) - graph.size
        wide, tall = graph.size[ancestor], graph.size[model]
        times = wide * tall
        at = spread(np.zeros(len(times), np.int64), times)
        wide = np.repeat(wide, times)
        model = members[np.repeat(first_member[model], times) + at // wide]
        ancestor = members[np.repeat(first_member[ancestor], times) + at % wide]
        distance = np.repeat(distance, times)
    return ordered(model, ancestor, distance, graph.n)


def closure(graph: Graph, bound: int = BOUND, most: int = MOST_PAIRS) -> Ancestry:
    """The closure of `graph`; the bound is halved until no more than `most` pairs are stored."""
    while True:
        found = _closure(graph, bound, most)
        if found is not None:
            return found
        bound //= 2


def any_above(graph: Graph, flag: NDArray[np.bool_]) -> NDArray[np.bool_]:
    """bool[n]: whether `flag` (bool[n]) holds for at least one ancestor of each row.

    One pass down the generations, so exact for deep models too, whose pairs are not stored. Fellow members
    of a cycle are no ancestors of each other.
    """
    order = np.argsort(graph.generation[graph.up_child], kind="stable")
    return _passed_on(graph, flag, graph.up_base[order], graph.up_child[order], graph.up_child[order])


def any_below(graph: Graph, flag: NDArray[np.bool_]) -> NDArray[np.bool_]:
    """The same for at least one descendant: one pass up the generations."""
    order = np.argsort(-graph.generation[graph.up_child], kind="stable")
    return _passed_on(graph, flag, graph.up_child[order], graph.up_base[order], graph.up_child[order])


def _passed_on(graph: Graph, flag: NDArray[np.bool_], giver: Ints, taker: Ints, child: Ints) -> NDArray[np.bool_]:
    """bool[n]: which rows are reached by the flag along edges that come a generation of `child` at a time."""
    said = np.zeros(graph.n, bool)
    said[graph.group[flag]] = True
    reached = np.zeros(graph.n, bool)
    for begin, end in runs(graph.generation[child]):
        g, t = giver[begin:end], taker[begin:end]
        reached[t[said[g] | reached[g]]] = True
    return reached[graph.group]
