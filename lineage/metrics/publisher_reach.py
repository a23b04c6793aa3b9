"""From how many accounts one is reached, on the publisher graph: by strong groups, and bit sets in blocks."""

import numpy as np

from lineage.metrics.bits import bundles, joined
from lineage.metrics.graph import Graph, Ints, build, runs, spread
from lineage.metrics.pairs import each_once
from lineage.metrics.publishers import PublisherGraph
from lineage.metrics.rollup import pass_up

#: Words of 64 bits held at once.
_HELD = 1 << 24


def reach(g: PublisherGraph) -> Ints:
    """int64[n]: accounts from which arrows lead to this one, at any distance, itself left out.

    Members of a strong group reach each other, and what reaches one reaches all: so groups are counted as one. A group
    with one base is part of the tree below that base, and whatever the base reaches it reaches. So each tree is added
    up once, to its top or to a group with several bases; and only these, the joins, are told apart above, a bit each.
    """
    graph = build(g.n, g.child, g.base, np.zeros(len(g.child), np.int64))
    below = pass_up(graph, np.ones(g.n, np.int64), graph.up_count == 1)
    return below - 1 + _joins_below(graph, below)[graph.group]


def _joins_below(graph: Graph, weight: Ints) -> Ints:
    """int64[n]: on the first row of each group the `weight` of the groups with several bases below it, each once."""
    total = np.zeros(graph.n, np.int64)
    joins = each_once(graph.up_child[graph.up_count > 1])
    above = _above(graph, joins)
    place = np.full(graph.n, -1, np.int64)
    place[above] = np.arange(len(above))
    # Edges on the way of the bits, the lowest first; sorted by base within a generation, to be put together there.
    mine = np.flatnonzero(place[graph.up_child] >= 0)
    generation = -graph.generation[graph.up_child[mine]]
    order = mine[np.lexsort((graph.up_base[mine], generation))]
    child, base, level = place[graph.up_child[order]], place[graph.up_base[order]], runs(np.sort(generation))
    start = np.searchsorted(graph.up_child, joins)
    count = np.searchsorted(graph.up_child, joins, side="right") - start
    for block, kind in bundles(np.arange(len(joins)), weight[joins], max(1, _HELD // max(len(above), 1))):
        bits = np.zeros((len(above), len(block)), np.uint64)
        word, bit = np.nonzero(block >= 0)
        join = block[word, bit]
        flag = np.left_shift(np.uint64(1), bit.astype(np.uint64))
        several = count[join]
        to = place[graph.up_base[spread(start[join], several)]]
        np.bitwise_or.at(bits.reshape(-1), to * len(block) + np.repeat(word, several), np.repeat(flag, several))
        for begin, end in level:
            first = begin + np.flatnonzero(np.r_[True, base[begin + 1 : end] != base[begin : end - 1]])
            bits[base[first]] |= joined(bits, child[begin:end], first - begin)
        total[above] += (np.bitwise_count(bits) @ kind.astype(np.float64)).astype(np.int64)
    return total


def _above(graph: Graph, rows: Ints) -> Ints:
    """int64[k]: the groups that one of `rows` has above it."""
    start = np.searchsorted(graph.up_child, np.arange(graph.n))
    count = np.bincount(graph.up_child, minlength=graph.n)
    seen = np.zeros(graph.n, bool)
    while len(rows):
        rows = each_once(graph.up_base[spread(start[rows], count[rows])])
        rows = rows[~seen[rows]]
        seen[rows] = True
    return np.flatnonzero(seen)
