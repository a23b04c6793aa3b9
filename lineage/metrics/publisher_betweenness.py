"""Between whom an account lies on the publisher graph: betweenness, exact or from pivots."""

from dataclasses import dataclass, field
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from lineage.metrics.digits import rounded
from lineage.metrics.graph import Ints, build, spread
from lineage.metrics.publishers import PublisherGraph

Floats = NDArray[np.float64]

#: Pairs (source, account) held at once, and arrows followed for them.
_PAIRS, _LINKS = 1 << 22, 1 << 24

#: Counts of paths are scaled down before they pass this, for they double at every fork.
_MANY = 1e150


def betweenness(g: PublisherGraph, exact_up_to: int = 5_000, pivots: int = 2_000) -> tuple[Floats, bool]:
    """(float64[n], whether estimated): Σ over pairs (s, t) of the part of the shortest paths s → t that pass through.

    Freeman 1977, by the accumulation of Brandes 2001: unweighted, not normalised, ordered pairs, end points excluded.
    Exact while the largest strong group has at most `exact_up_to` accounts. Else from so many `pivots` as sources,
    evenly spaced over the accounts A–Z from which an arrow leads, scaled by sources / pivots (Brandes & Pich 2007,
    Centrality Estimation in Large Networks), unless there are no more sources than that.

    A source that nobody derives from and that has one arrow has the paths of the account that it leads to, and all of
    them pass through that: so it is counted there and not searched from. To 13 digits (`metrics/digits.py`).
    """
    sources = np.flatnonzero(np.bincount(g.child, minlength=g.n))
    chosen = sources
    if len(sources) > pivots and _largest_group(g) > exact_up_to:
        chosen = sources[np.arange(pivots) * len(sources) // pivots]
    came, went = np.bincount(g.base, minlength=g.n), np.bincount(g.child, minlength=g.n)
    followed = np.zeros(g.n, np.int64)
    searched = np.zeros(g.n, np.int64)
    lone = chosen[(came[chosen] == 0) & (went[chosen] == 1)]
    np.add.at(followed, g.base[np.searchsorted(g.child, lone)], 1)
    searched[chosen] = 1
    searched[lone] = 0
    begin = np.flatnonzero(((searched > 0) | (followed > 0)) & (went > 0))
    search = _Search(g)
    for at in range(0, len(begin), search.width):
        roots = begin[at : at + search.width]
        search.add(roots, searched[roots], followed[roots])
    total = np.zeros(g.n)
    total[search.takers] = search.total
    return rounded(total * (len(sources) / max(len(chosen), 1))), len(chosen) < len(sources)


def _largest_group(g: PublisherGraph) -> int:
    return int(build(g.n, g.child, g.base, np.zeros(len(g.child), np.int64)).size.max(initial=0))


@dataclass
class _Search:
    """Breadth-first searches from some accounts side by side, over pairs of the search and a place.

    A place is that of an account among those that arrows come to; a pair is search × places + place.
    """

    g: PublisherGraph
    total: Floats = field(init=False)
    _level: NDArray[np.int32] = field(init=False)
    _paths: Floats = field(init=False)
    _after: Floats = field(init=False)
    _met: NDArray[np.int32] = field(init=False)

    def __post_init__(self) -> None:
        self.total = np.zeros(len(self.takers))
        pairs = self.width * len(self.takers)
        self._level, self._met = np.zeros(pairs, np.int32), np.zeros(pairs, np.int32)
        self._paths, self._after = np.zeros(pairs), np.zeros(pairs)

    @cached_property
    def takers(self) -> Ints:
        """Accounts that arrows come to."""
        return np.flatnonzero(np.bincount(self.g.base, minlength=self.g.n))

    @cached_property
    def place(self) -> Ints:
        """int64[n]: among `takers`, −1 elsewhere."""
        found = np.full(self.g.n, -1, np.int64)
        found[self.takers] = np.arange(len(self.takers))
        return found

    @cached_property
    def width(self) -> int:
        """How many searches go on side by side."""
        return max(1, min(_PAIRS // max(len(self.takers), 1), _LINKS // max(len(self.g.child), 1)))

    @cached_property
    def _leaving(self) -> tuple[Ints, Ints, Ints]:
        """Where the arrows of an account lie, how many they are (int64[n]), and the places that they lead to."""
        count = np.bincount(self.g.child, minlength=self.g.n)
        return np.cumsum(count) - count, count, self.place[self.g.base]

    def add(self, roots: Ints, searched: Ints, followed: Ints) -> None:
        """Add to `total` what lies between the roots and all that they reach.

        `searched` int64[roots]: 1 where the root counts as a source; `followed` int64[roots]: sources that lead to it
        alone.
        """
        start, count, to = self._leaving
        places = len(self.takers)
        own = np.arange(len(roots)) * places + self.place[roots]
        own = own[self.place[roots] >= 0]
        self._level[own] = -1
        pairs = np.repeat(np.arange(len(roots)), count[roots]) * places + to[spread(start[roots], count[roots])]
        self._level[pairs], self._paths[pairs] = 1, 1.0
        reached, links = [pairs], []
        while len(pairs):
            search, place = np.divmod(pairs, places)
            account = self.takers[place]
            many = count[account]
            source = np.repeat(pairs, many)
            target = np.repeat(search * places, many) + to[spread(start[account], many)]
            fresh = self._level[target] == 0
            source, target = source[fresh], target[fresh]
            np.add.at(self._paths, target, self._paths[source])
            links.append((source.astype(np.int32), target.astype(np.int32), self._paths[source] / self._paths[target]))
            # Each once: where the last to be written is oneself.
            order = np.arange(len(target), dtype=np.int32)
            self._met[target] = order
            pairs = target[self._met[target] == order]
            self._level[pairs] = 1
            if self._paths[pairs].max(initial=0.0) > _MANY:
                self._scale(pairs, places, len(roots))
            reached.append(pairs)
        for source_, target_, part in reversed(links):
            np.add.at(self._after, source_, part * (1 + self._after[target_]))
        every = np.concatenate(reached)
        search, place = np.divmod(every, places)
        np.add.at(self.total, place, self._after[every] * (searched + followed)[search])
        through = followed > 0
        held = np.bincount(search, minlength=len(roots))
        self.total[self.place[roots[through]]] += (followed * held)[through]
        self._level[own] = 0
        self._level[every], self._paths[every], self._after[every] = 0, 0.0, 0.0

    def _scale(self, pairs: Ints, places: int, searches: int) -> None:
        """Divide the counts of a level by the largest of its search: only their proportions are used from here on."""
        search = pairs // places
        most = np.zeros(searches)
        np.maximum.at(most, search, self._paths[pairs])
        self._paths[pairs] = np.maximum(self._paths[pairs] / most[search], np.finfo(np.float64).tiny)
