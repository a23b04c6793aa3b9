"""What deep models add to everything above them, exactly, without storing their pairs.

A model with one base goes back to that base and to what lies above it: so its value is passed on to the base, last
generation first, as long as there is one. That is all for chains and for what hangs on their ends. What is left are
deep models with several bases, as in towers of merges: one bit for each of them, and a model's bits are those of its
children, or'ed, and its children's own. Done in blocks of bits, so memory is bounded whatever was uploaded.
"""

import numpy as np
from numpy.typing import NDArray

from lineage.metrics.ancestry import Ancestry
from lineage.metrics.graph import Graph, Ints, runs, spread
from lineage.metrics.pairs import left_over

#: Bytes of bits that are held at once, and of those that are gathered for one step.
_HELD, _GATHERED = 1 << 28, 1 << 24

#: Bytes of a row that are looked up at once.
_LOOKED_UP = 64

#: The eight bits of each byte: int64[256, 8].
_BITS = np.unpackbits(np.arange(256, dtype=np.uint8)[:, None], axis=1, bitorder="little").astype(np.int64)


def below(graph: Graph, ancestry: Ancestry, values: Ints) -> Ints:
    """int64[n, k]: for each row the sum of `values` (int64[n, k]) over its deep descendants.

    A cycle's members count each; fellow members are no descendants.
    """
    first = ancestry.deep & graph.firsts
    weight = np.zeros((graph.n, values.shape[1]), np.int64)
    np.add.at(weight, graph.group, values)
    weight[~first] = 0
    total = np.zeros_like(weight)
    by_level = np.argsort(graph.generation[graph.up_child], kind="stable")
    child, base = graph.up_child[by_level], graph.up_base[by_level]
    alone = first[child] & (graph.up_count[by_level] == 1)
    _pass_on(graph, child[alone], base[alone], weight, total)
    handed = np.flatnonzero(~first & weight.any(axis=1))
    count = ancestry.count[handed]
    above = ancestry.above[spread(ancestry.start[handed], count)]
    np.add.at(total, above, np.repeat(weight[handed], count, axis=0))
    weight[handed] = 0
    # A column that nobody has is not looked up: most relations are absent from a tower.
    used = np.flatnonzero(weight.any(axis=0))
    if len(used):
        needed = _needed(graph, child, base, np.asarray(weight.any(axis=1)))
        keep = needed[child]
        total[:, used] += _by_bits(graph, child[keep], base[keep], weight[:, used])
    return total[graph.group]


def _pass_on(graph: Graph, child: Ints, base: Ints, weight: Ints, total: Ints) -> None:
    """Move the weight of each child to its only base, last generation first, and count it there; both are changed."""
    for begin, end in reversed(runs(graph.generation[child])):
        c, b = child[begin:end], base[begin:end]
        moved = weight[c]
        weight[c] = 0
        np.add.at(weight, b, moved)
        np.add.at(total, b, moved)


def _needed(graph: Graph, child: Ints, base: Ints, weighs: NDArray[np.bool_]) -> NDArray[np.bool_]:
    """bool[n]: rows that weigh something and all above them. The edges come by generation of the child."""
    needed = weighs.copy()
    for begin, end in reversed(runs(graph.generation[child])):
        needed[base[begin:end][needed[child[begin:end]]]] = True
    return needed


def _by_bits(graph: Graph, child: Ints, base: Ints, weight: Ints) -> Ints:
    """int64[n, k]: for each row the sum of `weight` over its descendants; `child` → `base` are all edges of the rows
    that weigh something and of those above them."""
    order = np.lexsort((base, -graph.generation[base]))
    child, base = child[order], base[order]
    begin = np.flatnonzero(np.concatenate([[True], base[1:] != base[:-1]]))
    end = np.concatenate([begin[1:], [len(base)]])
    inner = base[begin]
    ends = left_over(child, inner)
    # Where the bits of a row lie: last generation first, before all of it what has no children.
    rows = np.concatenate([ends, inner])
    row = np.full(graph.n, -1, np.int64)
    row[rows] = np.arange(len(rows))
    under = row[child]
    levels = runs(graph.generation[inner])
    weighing = np.flatnonzero(weight[rows].any(axis=1))
    total = np.zeros((len(rows), weight.shape[1]), np.int64)
    block = max(_HELD // len(rows), 8) * 8
    for start in range(0, len(weighing), block):
        here = weighing[start : start + block]
        words = np.zeros((len(rows), -(-len(here) // 64)), np.dtype("<u8"))
        bit = np.arange(len(here))
        words[here, bit >> 6] = np.left_shift(np.uint64(1), (bit & 63).astype(np.uint64))
        for first, last in levels:
            _step(words, len(ends) + first, begin[first:last], end[first:last], under)
        total += _sums(words.view(np.uint8), weight[rows[here]])
    # Each row's bits hold itself as well.
    total[weighing] -= weight[rows[weighing]]
    found = np.zeros_like(weight)
    found[rows] = total
    return found


def _step(words: NDArray[np.uint64], first: int, begin: Ints, end: Ints, under: Ints) -> None:
    """The bits of the rows first, first + 1, … become their own with those of all their children, which are the rows
    under[begin] … under[end - 1] of each."""
    most = max(_GATHERED // (8 * words.shape[1]), 1)
    at = 0
    while at < len(begin):
        stop = int(np.searchsorted(end, begin[at] + most, side="right"))
        if stop <= at:  # so many children that even one row takes several parts
            for part in range(int(begin[at]), int(end[at]), most):
                found = words[under[part : min(part + most, int(end[at]))]]
                words[first + at] |= np.bitwise_or.reduce(found, axis=0)
            at += 1
            continue
        found, mine = words[under[begin[at] : end[stop - 1]]], words[first + at : first + stop]
        if len(mine) == 1:  # as in every level of a tower; it is faster than the other
            mine[0] |= np.bitwise_or.reduce(found, axis=0)
        else:
            mine |= np.bitwise_or.reduceat(found, begin[at:stop] - begin[at], axis=0)
        at = stop


def _sums(held: NDArray[np.uint8], values: Ints) -> Ints:
    """int64[rows, k]: for each row of bits the sum of `values` (int64[bits, k]) over those that it has.

    A byte at a time: the 256 sums that eight values can make are looked up.
    """
    total = np.zeros((len(held), values.shape[1]), np.int64)
    padded = np.zeros((8 * held.shape[1], values.shape[1]), np.int64)
    padded[: len(values)] = values
    for begin in range(0, held.shape[1], _LOOKED_UP):
        some = np.ascontiguousarray(held[:, begin : begin + _LOOKED_UP].T)
        for k in range(values.shape[1]):
            eight = padded[8 * begin : 8 * (begin + len(some)), k].reshape(-1, 8)
            for byte, sums in zip(some, eight @ _BITS.T, strict=True):
                total[:, k] += sums[byte]
    return total
