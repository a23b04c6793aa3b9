"""The graph as arrays: strong groups contracted, models in topological order.

Rows are row numbers of the table `models`, which is sorted A–Z, so the smaller row is the first id.
A cycle (A names B, B names A) is one group and shows as one node, called by its first row.
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Ints = NDArray[np.int64]

#: Position of a base that has none: after all that have one.
NO_POSITION = 2**31 - 1


@dataclass(frozen=True, slots=True)
class Graph:
    """All models and stubs with their edges, once as given and once contracted.

    `n` rows; `child`, `base`, int64[m]: the edges as given, without self-loops.
    `group` int64[n]: the first row of the cycle a row is in, itself where it is in none.
    `size` int64[n]: members of the group that a first row stands for, 0 on other members.
    `up_child`, `up_base`, `up_place`, `up_count` int64[k]: edges between groups, each once, sorted by
    child and then by order of base; place from 0; count = bases of that child.
    `generation` int64[n]: edges on the longest path from a root; the group's on each member.
    """

    n: int
    child: Ints
    base: Ints
    group: Ints
    size: Ints
    up_child: Ints
    up_base: Ints
    up_place: Ints
    up_count: Ints
    generation: Ints

    @property
    def firsts(self) -> NDArray[np.bool_]:
        """bool[n]: the rows that stand for a group (all rows outside cycles)."""
        return self.size > 0

    @property
    def has_base(self) -> NDArray[np.bool_]:
        """bool[n]: the row's group has a base outside itself."""
        flag = np.zeros(self.n, bool)
        flag[self.up_child] = True
        return flag[self.group]

    @property
    def is_root(self) -> NDArray[np.bool_]:
        """bool[n]: the first row of each group without a base outside itself."""
        return self.firsts & ~self.has_base

    def components(self) -> int:
        """Number of weakly connected components, rows without edges included."""
        from scipy.sparse import coo_matrix
        from scipy.sparse.csgraph import connected_components

        ones = np.ones(len(self.child), np.int8)
        matrix = coo_matrix((ones, (self.child, self.base)), shape=(self.n, self.n))
        return int(connected_components(matrix, directed=False, return_labels=False))


def _groups(n: int, child: Ints, base: Ints) -> Ints:
    """int64[n]: the first row of each row's strong component.

    Only rows that are both child and base can be in a cycle, so the rest is left out beforehand.
    """
    group = np.arange(n, dtype=np.int64)
    is_child = np.zeros(n, bool)
    is_base = np.zeros(n, bool)
    is_child[child] = True
    is_base[base] = True
    inner = np.flatnonzero(is_child & is_base)
    if not len(inner):
        return group
    from scipy.sparse import coo_matrix
    from scipy.sparse.csgraph import connected_components

    number = np.full(n, -1, np.int64)
    number[inner] = np.arange(len(inner))
    both = (number[child] >= 0) & (number[base] >= 0)
    ends = (number[child[both]], number[base[both]])
    matrix = coo_matrix((np.ones(len(ends[0]), np.int8), ends), shape=(len(inner), len(inner)))
    _, label = connected_components(matrix, directed=True, connection="strong")
    first = np.full(label.max() + 1, n, np.int64)
    np.minimum.at(first, label, inner)
    group[inner] = first[label]
    return group


def _generations(n: int, up_child: Ints, up_base: Ints) -> tuple[Ints, bool]:
    """int64[n]: longest path from a root, by peeling level by level; and whether everything was peeled.

    What is in a cycle, or below one, is never peeled.
    """
    generation = np.zeros(n, np.int64)
    waiting = np.bincount(up_child, minlength=n)
    by_base = _by(up_base, n)
    children = up_child[by_base]
    count = np.bincount(up_base, minlength=n)
    start = np.cumsum(count) - count
    level = np.flatnonzero((waiting == 0) & (count > 0))
    depth = 0
    while len(level):
        depth += 1
        below = children[spread(start[level], count[level])]
        np.subtract.at(waiting, below, 1)
        done = below[waiting[below] == 0]
        # A child is met once for each base of this level: keep it once.
        done.sort()
        done = done[np.r_[True, done[1:] != done[:-1]]] if len(done) else done
        generation[done] = depth
        level = done[count[done] > 0]
    return generation, not waiting.any()


def spread(start: Ints, count: Ints) -> Ints:
    """The row numbers start[0] … start[0]+count[0]-1, start[1] …: many slices as one index."""
    total = int(count.sum())
    ends = np.cumsum(count)
    return np.arange(total, dtype=np.int64) + np.repeat(start - (ends - count), count)


def ordered(a: Ints, b: Ints, c: Ints, n: int) -> tuple[Ints, Ints, Ints]:
    """The triples sorted by a, then b, then c; a and b are rows below `n`, c is not negative.

    Three columns in one number sort ten times as fast as three columns do.
    """
    width = int(c.max(initial=0)) + 1
    if n * n * width < 2**62:
        packed = np.sort((a * n + b) * width + c)
        rest, c = np.divmod(packed, width)
        a, b = np.divmod(rest, n)
        return a, b, c
    order = np.lexsort((c, b, a))
    return a[order], b[order], c[order]


def _in_order(child: Ints, base: Ints, position: Ints) -> bool:
    """Whether the edges are sorted by child, position and base, as the table `edges` is."""
    here, there = slice(None, -1), slice(1, None)
    same = (child[there] == child[here]) & (
        (position[there] > position[here]) | ((position[there] == position[here]) & (base[there] >= base[here]))
    )
    return bool(((child[there] > child[here]) | same).all())


def _between_groups(group: Ints, size: Ints, child: Ints, base: Ints, position: Ints) -> tuple[Ints, Ints]:
    """Child and base of the edges between groups, each once, sorted by child and then by order of base.

    The edges come in order, and only those of cycles lose it: so only theirs are sorted anew.
    """
    up_child, up_base = group[child], group[base]
    outside = up_child != up_base
    up_child, up_base, key, own = up_child[outside], up_base[outside], position[outside], base[outside]
    order = _by(up_child, len(group))
    mixed = np.flatnonzero(size[up_child[order]] > 1)
    inner = order[mixed]
    order[mixed] = inner[np.lexsort((own[inner], key[inner], up_child[inner]))]
    up_child, up_base = up_child[order], up_base[order]
    # Several edges to one group, or from one, count as the first of them.
    again = np.flatnonzero((size[up_child] > 1) | (size[up_base] > 1))
    again = again[np.argsort(up_child[again] * len(group) + up_base[again], kind="stable")]
    pair = up_child[again] * len(group) + up_base[again]
    keep = np.ones(len(up_child), bool)
    keep[again[1:][pair[1:] == pair[:-1]]] = False
    return up_child[keep], up_base[keep]


def _by(rows: Ints, n: int) -> Ints:
    """The numbers of the edges in order of `rows` (all below `n`), and among equals in their own order."""
    many = max(len(rows), 1)
    if n * many < 2**62:
        return np.sort(rows * many + np.arange(len(rows))) % many
    return np.argsort(rows, kind="stable")


def runs(values: Ints) -> list[tuple[int, int]]:
    """(begin, end) of each stretch of equal neighbours."""
    if not len(values):
        return []
    cuts = np.flatnonzero(values[1:] != values[:-1]) + 1
    return list(zip([0, *cuts.tolist()], [*cuts.tolist(), len(values)], strict=True))


def build(n: int, child: Ints, base: Ints, position: Ints) -> Graph:
    """The graph of `n` rows with edges child[i] → base[i] whose base stands at position[i].

    `position` orders the bases of one child (`NO_POSITION` where nothing does); ties go to the
    first row. For a cycle the least position over its edges counts. Self-loops are left out.
    """
    real = child != base
    child, base, position = (np.asarray(a[real], np.int64) for a in (child, base, position))
    if not _in_order(child, base, position):
        order = np.lexsort((base, position, child))
        child, base, position = child[order], base[order], position[order]
    generation, peeled = _generations(n, child, base)
    group = np.arange(n, dtype=np.int64) if peeled else _groups(n, child, base)
    size = np.bincount(group, minlength=n)
    up_child, up_base = (child, base) if peeled else _between_groups(group, size, child, base, position)
    bases = np.bincount(up_child, minlength=n)
    start = np.cumsum(bases) - bases
    place = np.arange(len(up_child)) - start[up_child]
    if not peeled:
        generation = _generations(n, up_child, up_base)[0][group]
    return Graph(n, child, base, group, size, up_child, up_base, place, bases[up_child], generation)
