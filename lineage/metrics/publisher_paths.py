"""Who is reached on the publisher graph, and how near: breadth-first against the arrows, and no cycle contracted."""

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from itertools import pairwise
from math import lcm

import numpy as np
from numpy.typing import NDArray

from lineage.metrics import ancestry, rollup
from lineage.metrics.graph import Ints, spread
from lineage.metrics.graph import build as grouped
from lineage.metrics.publishers import PublisherGraph

Words = NDArray[np.uint64]

#: Words of 64 searches that go on side by side, and how many such bundles at a time.
_WORDS, _THREADS = 32, 2

#: Arrows that are followed at once.
_NEXT = 2_000

#: Up to so many steps, parts of one are counted in whole `_UNIT`ths of it, and no float is added.
_NEAR = 28
_UNIT = lcm(*range(1, _NEAR + 1))


def reach(g: PublisherGraph) -> Ints:
    """int64[n]: accounts from which arrows lead to this one, at any distance, itself left out.

    With strong groups contracted it is what hangs below a model: members of the own group and everything below it,
    each once, by pairs and, where an account is below very many, by bit sets in blocks (`metrics/deep.py`).
    """
    graph = grouped(g.n, g.child, g.base, np.zeros(len(g.child), np.int64))
    return rollup.full(graph, ancestry.closure(graph), np.ones(g.n, np.int64)) - 1


def harmonic(g: PublisherGraph) -> NDArray[np.float64]:
    """float64[n]: Σ 1/d over all accounts with a path of d arrows, at the least, to this one; not divided.

    Boldi & Vigna 2014, Axioms for Centrality. Exact: 64 searches along the arrows go side by side in the bits of a
    word; the bits that are new in the word of an account after d steps are the accounts at distance d. An account that
    nobody derives from and that derives from one other only needs no search: it is one step farther than that.
    Parts of one are added in whole numbers up to 28 steps, so the bits of the sum do not depend on the order.
    """
    came, went = np.bincount(g.base, minlength=g.n), np.bincount(g.child, minlength=g.n)
    folded = (came == 0) & (went == 1)
    takers, givers = np.flatnonzero(came), np.flatnonzero((went > 0) & ~folded)
    # Searches go through accounts that arrows come to; the others, numbered after them, only begin some.
    first = givers[came[givers] == 0]
    number = np.zeros(g.n, np.int64)
    number[takers] = np.arange(len(takers))
    number[first] = np.arange(len(takers), len(takers) + len(first))
    one_arrow = folded[g.child]
    followers = np.bincount(g.base[one_arrow], minlength=g.n)
    order = np.argsort(g.base[~one_arrow], kind="stable")
    source, target = (number[ends[~one_arrow]][order] for ends in (g.child, g.base))
    arrows = _arrows(source, target, len(takers), len(takers) + len(first))
    exact = followers[takers] * _UNIT
    far = np.zeros(len(takers))
    with ThreadPoolExecutor(_THREADS) as threads:
        bundles = _bundles(number[givers], followers[givers])
        for whole, rest in threads.map(lambda bundle: _search(arrows, *bundle), bundles):
            exact += whole
            far += rest
    found = np.zeros(g.n)
    found[takers] = exact / _UNIT + far
    return found


@dataclass(frozen=True, slots=True)
class _Arrows:
    """Arrows source → target int64[e], sorted by target, a number below `takers`; sources are below `many`.

    `start`, `count` int64[many]: where a source's arrows lie in `leaving` int64[e], the places of arrows by source.
    """

    source: Ints
    target: Ints
    takers: int
    many: int
    start: Ints
    count: Ints
    leaving: Ints

    def of(self, sources: Ints) -> Ints:
        """The places of the arrows that leave the sources, ascending."""
        if 8 * len(sources) > self.many:
            active = np.zeros(self.many, bool)
            active[sources] = True
            return np.flatnonzero(np.take(active, self.source))
        return np.sort(self.leaving[spread(self.start[sources], self.count[sources])])


def _arrows(source: Ints, target: Ints, takers: int, many: int) -> _Arrows:
    count = np.bincount(source, minlength=many)
    return _Arrows(source, target, takers, many, np.cumsum(count) - count, count, np.argsort(source, kind="stable"))


def _bundles(sources: Ints, followers: Ints) -> Iterator[tuple[Ints, Ints]]:
    """(sources int64[words, 64], followers of each in a word int64[words]): −1 where a word is not full.

    A word has sources with equally many followers, so that its bits can be counted once.
    """
    order = np.lexsort((sources, followers))
    sources, followers = sources[order], followers[order]
    kinds, first, count = np.unique(followers, return_index=True, return_counts=True)
    words = -(-count // 64)
    at = np.repeat((np.cumsum(words) - words) * 64 - first, count) + np.arange(len(sources))
    table = np.full(int(words.sum()) * 64, -1, np.int64)
    table[at] = sources
    filled, kind = table.reshape(-1, 64), np.repeat(kinds, words)
    for begin in range(0, len(filled), _WORDS):
        yield filled[begin : begin + _WORDS], kind[begin : begin + _WORDS]


def _search(arrows: _Arrows, sources: Ints, followers: Ints) -> tuple[Ints, NDArray[np.float64]]:
    """What the sources and their followers add to each taker: in whole `_UNIT`ths, and what is farther as floats."""
    word, bit = np.nonzero(sources >= 0)
    begin = sources[word, bit]
    front = np.zeros((arrows.many, len(sources)), np.uint64)
    front[begin, word] = np.left_shift(np.uint64(1), bit.astype(np.uint64))
    seen = front[: arrows.takers].copy()
    weights = np.stack([np.ones(len(sources)), followers.astype(np.float64)], axis=1)
    whole, rest = np.zeros(arrows.takers, np.int64), np.zeros(arrows.takers)
    active, steps = begin, 0
    while len(used := arrows.of(active)):
        steps += 1
        target = arrows.target[used]
        first = np.flatnonzero(np.r_[True, target[1:] != target[:-1]])
        new = _joined(front, arrows.source[used], first)
        target = target[first]
        before = np.take(seen, target, axis=0)
        new &= ~before
        some = new.any(axis=1)
        if not some.all():
            new, target, before = new[some], target[some], before[some]
        seen[target] = np.bitwise_or(before, new, out=before)
        front[active] = 0
        front[target] = new
        active = target
        # Followers come one step later, but to where they begin they came before.
        counts = np.bitwise_count(new).astype(np.float64) @ weights
        for count, away in zip(counts.T, (steps, steps + 1), strict=True):
            if away <= _NEAR:
                whole[target] += count.astype(np.int64) * (_UNIT // away)
            else:
                rest[target] += count / away
    return whole, rest


def _joined(front: Words, source: Ints, first: Ints) -> Words:
    """uint64[targets, words]: the words of each target's sources, which begin at `first`, put together.

    Some thousand arrows at a time, for what is gathered has to stay in the cache to be put together quickly.
    """
    out = np.empty((len(first), front.shape[1]), np.uint64)
    ends = np.r_[first, len(source)]
    cuts = np.unique(np.r_[0, np.searchsorted(first, np.arange(_NEXT, len(source), _NEXT)), len(first)])
    for begin, end in pairwise(cuts.tolist()):
        low, high = ends[begin], ends[end]
        gathered = np.take(front, source[low:high], axis=0)
        np.bitwise_or.reduceat(gathered, first[begin:end] - low, axis=0, out=out[begin:end])
    return out
