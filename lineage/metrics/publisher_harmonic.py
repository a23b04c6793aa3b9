"""How near an account is to all that derive from it, on the publisher graph: no cycle is contracted."""

from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from math import lcm

import numpy as np
from numpy.typing import NDArray

from lineage.metrics.bits import bundles, joined
from lineage.metrics.digits import rounded
from lineage.metrics.graph import Ints, spread
from lineage.metrics.publishers import PublisherGraph

#: Words of 64 searches that go on side by side, and how many such bundles at a time.
_WORDS, _THREADS = 32, 2

#: Up to so many steps, parts of one are counted in whole `_UNIT`ths of it, and no float is added.
_NEAR = 28
_UNIT = lcm(*range(1, _NEAR + 1))


def harmonic(g: PublisherGraph) -> NDArray[np.float64]:
    """float64[n]: Σ 1/d over all accounts with a path of d arrows, at the least, to this one; not divided.

    Boldi & Vigna 2014, Axioms for Centrality. Exact: 64 searches along the arrows go side by side in the bits of a
    word; the bits that are new in the word of an account after d steps are the accounts at distance d. An account that
    nobody derives from and that derives from one other only needs no search: it is one step farther than that.
    Parts of one are added in whole numbers up to 28 steps, so the bits of the sum do not depend on the order; to 13
    digits (`metrics/digits.py`).
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
        waiting = bundles(number[givers], followers[givers], _WORDS)
        for whole, rest in threads.map(lambda bundle: _search(arrows, *bundle), waiting):
            exact += whole
            far += rest
    found = np.zeros(g.n)
    found[takers] = exact / _UNIT + far
    return rounded(found)


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
        new = joined(front, arrows.source[used], first)
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
