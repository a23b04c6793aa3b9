"""Pairs of a group and a key, in columns: each once, their sums, and the keys of every group as a list."""

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

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


def coded(column: pa.ChunkedArray | pa.Array, unknown: str) -> tuple[Ints, list[str]]:
    """(code of each row, the text of each code, A–Z); null has the code of `unknown`, which stands last."""
    texts = sorted(pc.unique(column.drop_null()).to_pylist())
    found = pc.index_in(column, value_set=pa.array(texts, pa.string()))
    return found.cast(pa.int64()).fill_null(len(texts)).to_numpy().astype(np.int64), [*texts, unknown]


def lists(group: Ints, code: Ints, groups: int, keys: list[str]) -> pa.ListArray:
    """list<string>[groups]: the keys of each group, each once, in the order of their codes."""
    of, key = distinct(group, code, max(len(keys), 1))
    ends = np.cumsum(np.bincount(of, minlength=groups))
    offsets = pa.array(np.r_[0, ends].astype(np.int32))
    return pa.ListArray.from_arrays(offsets, pa.array(keys, pa.string()).take(pa.array(key)))
