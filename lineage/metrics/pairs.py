"""Pairs of a group and a key, in columns: each once, and sums by group in whole numbers."""

import numpy as np

from lineage.metrics.graph import Ints

#: Up to so many possible pairs for each that there is, they are marked instead of sorted.
_MARKED = 16


def distinct(a: Ints, b: Ints, n: int) -> tuple[Ints, Ints]:
    """Each pair once, sorted; neither is below 0, and `b` is below `n`.

    One number for both sorts many times as fast as two columns, and where few numbers are possible a mark for
    each is faster still.
    """
    both = np.asarray(a, np.int64) * n + b
    possible = int(both.max(initial=-1)) + 1
    if possible <= _MARKED * len(both):
        marks = np.zeros(possible, bool)
        marks[both] = True
        return np.divmod(np.flatnonzero(marks), n)
    both.sort()
    first = np.r_[True, both[1:] != both[:-1]] if len(both) else np.zeros(0, bool)
    return np.divmod(both[first], n)


def sums(code: Ints, value: Ints, n: int) -> Ints:
    """int64[n]: the sum of `value` under each code, in whole numbers."""
    total = np.zeros(n, np.int64)
    np.add.at(total, code, value)
    return total
