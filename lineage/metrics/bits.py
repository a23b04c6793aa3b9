"""Many sets of accounts at once: a bit for each set, 64 in a word."""

from collections.abc import Iterator
from itertools import pairwise

import numpy as np
from numpy.typing import NDArray

from lineage.metrics.graph import Ints
from lineage.metrics.pairs import each_once

Words = NDArray[np.uint64]

#: Rows that are gathered at once.
_NEXT = 2_000


def bundles(members: Ints, kind: Ints, words: int) -> Iterator[tuple[Ints, Ints]]:
    """Whose bit is which: (members int64[k, 64], kind int64[k]) with at most `words` words at a time.

    A member is −1 where a word is not full. A word has members of one `kind` (int64, a weight of each), so that its
    bits are counted once and then weighed.
    """
    order = np.lexsort((members, kind))
    members, kind = members[order], kind[order]
    kinds, first, count = np.unique(kind, return_index=True, return_counts=True)
    full = -(-count // 64)
    table = np.full(int(full.sum()) * 64, -1, np.int64)
    table[np.repeat((np.cumsum(full) - full) * 64 - first, count) + np.arange(len(members))] = members
    filled, of_word = table.reshape(-1, 64), np.repeat(kinds, full)
    for begin in range(0, len(filled), words):
        yield filled[begin : begin + words], of_word[begin : begin + words]


def joined(front: Words, source: Ints, first: Ints) -> Words:
    """uint64[targets, words]: for each target the words of its sources, of which the first is at `first`, put together.

    Some thousand rows at a time, for what is gathered has to stay in the cache to be put together quickly.
    """
    out = np.empty((len(first), front.shape[1]), np.uint64)
    ends = np.r_[first, len(source)]
    cuts = each_once(np.r_[0, np.searchsorted(first, np.arange(_NEXT, len(source), _NEXT)), len(first)])
    for begin, end in pairwise(cuts.tolist()):
        low, high = ends[begin], ends[end]
        gathered = np.take(front, source[low:high], axis=0)
        np.bitwise_or.reduceat(gathered, first[begin:end] - low, axis=0, out=out[begin:end])
    return out
