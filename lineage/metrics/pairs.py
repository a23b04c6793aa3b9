"""Numbers, and pairs of a group and a key in columns: each once, and sums by group in whole numbers."""

import numpy as np
from numpy.typing import NDArray

from lineage.metrics.graph import Ints

#: Up to so many possible pairs for each that there is, they are marked instead of sorted.
_MARKED = 16


def each_once(values: Ints) -> Ints:
    """Every value once, ascending, in the dtype it came in.

    `numpy.unique` goes by a hash since 2.3: for a million distinct numbers that takes fifty times as long as a sort.
    """
    ascending = np.sort(values)
    return ascending[np.r_[True, ascending[1:] != ascending[:-1]]] if len(ascending) else ascending


def among(values: Ints, wanted: Ints) -> NDArray[np.bool_]:
    """bool[len(values)]: those that are one of the `wanted`; `numpy.isin` goes by `numpy.unique`."""
    ascending = np.sort(wanted)
    if not len(ascending):
        return np.zeros(len(values), bool)
    at = np.searchsorted(ascending, values)
    found: NDArray[np.bool_] = ascending[np.minimum(at, len(ascending) - 1)] == values
    return found


def left_over(values: Ints, others: Ints) -> Ints:
    """The values that are not among `others`, each once, ascending."""
    once = each_once(values)
    return once[~among(once, others)]


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
    return np.divmod(each_once(both), n)


def sums(code: Ints, value: Ints, n: int) -> Ints:
    """int64[n]: the sum of `value` under each code, in whole numbers."""
    total = np.zeros(n, np.int64)
    np.add.at(total, code, value)
    return total
