"""Betweenness: on how many shortest paths from a derivative to what it goes back to a model lies.

B(v) = Σ σ(s, t | v) / σ(s, t) over the ordered pairs s ≠ v ≠ t, σ(s, t) the number of shortest paths from s to t and
σ(s, t | v) of those through v; not divided, unweighted, on the graph before contraction (Freeman, A Set of Measures
of Centrality Based on Betweenness, 1977; Newman 2018, 7.1.7). Every path leads from child to base, so the cost is that
of the pairs (model, ancestor), not of models times edges.

To 13 digits (`metrics/digits.py`): parts of one are added in the order in which paths are found.

Way: that of Brandes (A Faster Algorithm for Betweenness Centrality, 2001), all sources of a block at once. The
dependency of v for one source, δ(v) = Σ σ(v) / σ(w) · (1 + δ(w)) over the w that follow v, adds up to B. And a model
with one base b that is in no cycle needs no search of its own: all its paths go through b and on as those of b do,
so its dependencies are those of b, and that of b itself is the number of b's ancestors. Nearly all models are such, so
whole numbers do most of the work and only merges and cycles are searched from.

Bound: sources with more than `BOUND` ancestors come last, and when `MOST_PAIRS` pairs have been spent, the sources that
are left touch everything above them: there the value is not known, and never wrong.
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from lineage.metrics.ancestry import BOUND, MOST_PAIRS, any_below
from lineage.metrics.digits import rounded
from lineage.metrics.graph import Graph, Ints, runs, spread
from lineage.metrics.pairs import each_once

Floats = NDArray[np.float64]

#: Pairs that a block of sources may come to; with more than one source it is then done again in two.
_BLOCK_PAIRS = 1 << 22

#: Links between pairs that count as one pair, where there are more.
_LINKS = 4

#: A table with a place for every pair may be so many times as large as what is put into it.
_SPARE = 4

#: A large odd number, which scatters the keys of a table (Knuth, The Art of Computer Programming 3, 6.4).
_SCATTER = np.int64(0x9E3779B97F4A7C15 - (1 << 64))


@dataclass(frozen=True, slots=True)
class Betweenness:
    """`value` float64[n]; `unknown` bool[n]: where it is not known, and `value` means nothing; `left_out`: the models
    whose paths were not followed, for they were too many; 0 where all is exact."""

    value: Floats
    unknown: NDArray[np.bool_]
    left_out: int


class _TooManyError(Exception):
    """A block of sources has come to more pairs than it may."""


def betweenness(graph: Graph, bound: int = BOUND, most: int = MOST_PAIRS, block: int = _BLOCK_PAIRS) -> Betweenness:
    """Exact betweenness of every row; `bound`, `most`, `block` are those above, in models and pairs."""
    n = graph.n
    bases = np.bincount(graph.child, minlength=n)
    # A row that follows its only base: which one, and how many models are so followed through each row.
    lone = (bases == 1) & (graph.size[graph.group] == 1)
    follows = np.full(n, -1, np.int64)
    mine = lone[graph.child]
    follows[graph.child[mine]] = graph.base[mine]
    rows = np.flatnonzero(lone)
    rows = rows[np.argsort(graph.generation[rows], kind="stable")]
    levels = runs(graph.generation[rows])
    carried = np.ones(n, np.int64)
    for begin, end in reversed(levels):
        np.add.at(carried, follows[rows[begin:end]], carried[rows[begin:end]])
    search = _Search(graph, bases, carried)
    undone = search.run(np.flatnonzero((bases > 0) & ~lone), bound, most, block)
    # Ancestors, then, from the bases down; and who follows a source that was left out, is left out.
    above, left = search.above, np.zeros(n, bool)
    left[undone] = True
    for begin, end in levels:
        here = rows[begin:end]
        above[here] = above[follows[here]] + 1
        left[here] = left[follows[here]]
    whole = np.zeros(n, np.int64)
    np.add.at(whole, follows[rows], carried[rows] * above[follows[rows]])
    fellows = np.bincount(graph.group[left], minlength=n)[graph.group] - left
    unknown = any_below(graph, left) | (fellows > 0)
    return Betweenness(rounded(whole + search.value), unknown, int(left.sum()))


class _Search:
    """Brandes' search from many sources at once: `value` float64[n] adds up what they give, each as often as `carried`
    says; `above` int64[n]: ancestors of the sources done, in models, fellow members of a cycle included."""

    def __init__(self, graph: Graph, bases: Ints, carried: Ints) -> None:
        self.graph = graph
        self.bases = bases
        self.first = np.cumsum(bases) - bases
        self.carried = carried
        self.value = np.zeros(graph.n)
        self.above = np.zeros(graph.n, np.int64)
        self.spent = 0

    def run(self, sources: Ints, bound: int, most: int, block: int) -> Ints:
        """Search from each of the sources; returns those that were left out."""
        graph = self.graph
        size = graph.size[graph.group[sources]]
        hopeless = size * (size - 1) > most  # such a cycle cannot be done whole, and a part of it helps nobody
        left = [sources[hopeless]]
        sources = sources[~hopeless]
        # The longest path is no longer than there are ancestors, so these have more than the bound for sure.
        large = np.maximum(graph.generation[sources], size[~hopeless] - 1) > bound
        later = [sources[large]]
        for asked, limit, others in ((sources[~large], bound, later), (None, graph.n, left)):
            some = np.concatenate(later) if asked is None else asked
            some = some[np.lexsort((some, graph.generation[some]))]
            given_up, not_begun = self._all(some, limit, most, block)
            others.append(given_up)
            left.append(not_begun)
        return np.concatenate(left)

    def _all(self, sources: Ints, bound: int, most: int, block: int) -> tuple[Ints, Ints]:
        """Block by block, until `most` pairs are spent. Returns the sources with more than `bound` ancestors, which
        were given up, and those that were not begun."""
        given_up = [np.empty(0, np.int64)]
        at, many = 0, max(len(sources), 1)
        while at < len(sources) and self.spent < most:
            here = sources[at : at + many]
            try:
                gone, met = self._block(here, bound, block if len(here) > 1 else None)
            except _TooManyError:
                many = (len(here) + 1) // 2
                continue
            given_up.append(gone)
            at += len(here)
            many *= 2 if met < block // 4 else 1
        return np.concatenate(given_up), sources[at:]

    def _block(self, sources: Ints, bound: int, room: int | None) -> tuple[Ints, int]:
        """Search from these at once. Returns those given up, and the pairs met.

        Raises _TooManyError where these come to more than `room`, or the links between them to more than four times
        that.
        """
        place, width = self._numbered(sources)
        pairs = _Pairs(sources, place, width, width if room is None else room)
        links = 0
        levels: list[tuple[Ints, Ints]] = []
        kept = np.ones(len(sources), bool)
        reached = np.zeros(len(sources), np.int64)
        frontier = np.arange(len(sources))
        while len(frontier):
            node, source = pairs.node[frontier], pairs.source[frontier]
            each = self.bases[node]
            # Before they are laid out: of four million pairs in a tower of merges these are hundreds of millions.
            if room is not None and links + int(each.sum()) > _LINKS * room:
                raise _TooManyError
            base = self.graph.base[spread(self.first[node], each)]
            tail = np.repeat(frontier, each)
            head, frontier = pairs.find(np.repeat(source, each), base, len(levels) + 1)
            onward = pairs.steps[head] == len(levels) + 1  # else a shorter way led there
            tail, head = tail[onward], head[onward]
            with np.errstate(over="ignore"):
                np.add.at(pairs.paths, head, pairs.paths[tail])
            levels.append((tail, head))
            links += len(head)
            found = pairs.source[frontier]
            reached += np.bincount(found, minlength=len(sources))
            over = reached > bound
            if (over & kept).any():
                kept &= ~over
                frontier = frontier[kept[found]]
        # More paths than a float can count: so is the source.
        used = pairs.used
        kept[pairs.source[:used][~np.isfinite(pairs.paths[:used])]] = False
        self._add(pairs, levels, kept, sources)
        self.above[sources[kept]] = reached[kept]
        self.spent += max(pairs.used, links // 2)  # what a link costs, beside a pair
        return sources[~kept], pairs.used

    def _numbered(self, sources: Ints) -> tuple[Ints, int]:
        """int64[n]: the sources and all their ancestors numbered from 0, and how many these are."""
        met = np.zeros(self.graph.n, bool)
        met[sources] = True
        while len(sources):
            base = self.graph.base[spread(self.first[sources], self.bases[sources])]
            sources = each_once(base[~met[base]])
            met[sources] = True
        return np.cumsum(met) - 1, int(met.sum())

    def _add(self, pairs: "_Pairs", levels: list[tuple[Ints, Ints]], kept: NDArray[np.bool_], sources: Ints) -> None:
        """From the farthest back to the sources: the dependencies, and what they add to the values."""
        depends = np.zeros(pairs.used)
        paths, whole = pairs.paths, kept.all()
        for tail, head in reversed(levels):
            if not whole:
                mine = kept[pairs.source[tail]]
                tail, head = tail[mine], head[mine]
            np.add.at(depends, tail, paths[tail] / paths[head] * (1.0 + depends[head]))
        at = slice(len(sources), pairs.used)  # no source lies between itself and another
        source = pairs.source[at]
        given = np.where(kept[source], depends[at] * self.carried[sources[source]], 0.0)
        np.add.at(self.value, pairs.node[at], given)


class _Pairs:
    """The pairs (source, node) met so far, numbered as they were met, the sources with themselves first.

    `source`, `node`, `steps` int64, `paths` float64: which source of the block, which row, how far, by how many
    shortest paths. Found by a table with a place for each pair that can be met (`place` int64[n]: the nodes that can
    be, numbered from 0, and `width` of them), or, where that would be far too large, by an open table of their keys.
    So meeting a pair costs the same however many there are.
    """

    def __init__(self, sources: Ints, place: Ints, width: int, room: int) -> None:
        self._place, self._width = place, width
        self._most = min(room, len(sources) * width) + len(sources)
        self._direct = len(sources) * width <= _SPARE * self._most
        size = len(sources) * width if self._direct else 1 << (2 * self._most - 1).bit_length()
        self._shift = np.uint64(65 - size.bit_length())
        self._table = np.full(size, -1, np.int64)
        self._key = np.empty(self._most, np.int64)
        self.source = np.empty(self._most, np.int64)
        self.node = np.empty(self._most, np.int64)
        self.steps = np.empty(self._most, np.int64)
        self.paths = np.zeros(self._most)
        self.used = 0
        self.find(np.arange(len(sources)), sources, 0)
        self.paths[: self.used] = 1.0

    def find(self, source: Ints, node: Ints, steps: int) -> tuple[Ints, Ints]:
        """The numbers of pairs, and those that are new, which are `steps` away. Raises _TooManyError."""
        key = source * self._width + self._place[node]
        begin = self.used
        if self._direct:
            number = self._table[key]
            new = np.flatnonzero(number < 0)
            if len(new):
                self._enter(key, key, source, node, steps, new)
                number[new] = self._table[key[new]]
            return number, np.arange(begin, self.used)
        number = np.empty(len(key), np.int64)
        at = ((key * _SCATTER).view(np.uint64) >> self._shift).astype(np.int64)
        asked = np.arange(len(key))
        while len(asked):
            free = asked[self._table[at[asked]] < 0]
            if len(free):
                self._enter(at, key, source, node, steps, free)
            held = self._table[at[asked]]
            same = self._key[held] == key[asked]
            number[asked[same]] = held[same]
            asked = asked[~same]
            at[asked] = (at[asked] + 1) & (len(self._table) - 1)
        return number, np.arange(begin, self.used)

    def _enter(self, at: Ints, key: Ints, source: Ints, node: Ints, steps: int, free: Ints) -> None:
        """Enter the pairs `free` at their places, which are free: of several that want one, the last."""
        self._table[at[free]] = free
        won = free[self._table[at[free]] == free]
        fresh = np.arange(self.used, self.used + len(won))
        if fresh[-1] >= self._most:
            raise _TooManyError
        self._table[at[won]] = fresh
        self._key[fresh] = key[won]
        self.source[fresh] = source[won]
        self.node[fresh] = node[won]
        self.steps[fresh] = steps
        self.used += len(won)
