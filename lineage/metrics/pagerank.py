"""What PageRank is on any graph: a share of what each has goes to those it points at, and all begin with something.

    x(v) = start(v) + Σ over w → v of passed(w → v) · x(w)

What dead ends give to all alike, and where a reader begins anew, scale every value alike (Del Corso, Gullì & Romani,
Fast PageRank Computation via a Sparse Linear System, 2005): so this is solved, and whoever asks divides by the sum.
"""

import numpy as np
from numpy.typing import NDArray

from lineage.metrics.graph import Ints

Floats = NDArray[np.float64]

#: The chance that a reader follows an edge rather than beginning anew (Brin & Page 1998).
DAMPING = 0.85


def solved(start: Floats, giver: Ints, taker: Ints, passed: Floats) -> Floats:
    """float64[n]: x as above, `start` float64[n]. `giver`, `taker` int64[m], `passed` float64[m]: the edges, and the
    part of what the giver has that goes along each: over the edges of a giver at most d, a number below 1.

    Solved by repetition from below until no float changes: x only rises, in floats too, for sums and products in a
    fixed order are monotone; and what is k steps away counts d^k, so neither cycles nor towers need care. Who takes
    nothing stays as it began, and who gives nothing is looked at once: only those between are repeated.
    """
    from scipy.sparse import coo_matrix

    n = len(start)
    gives, takes = np.zeros(n, bool), np.zeros(n, bool)
    gives[giver], takes[taker] = True, True
    inner = np.flatnonzero(gives & takes)
    fixed = ~takes[giver]
    first = start + np.bincount(taker[fixed], weights=passed[fixed] * start[giver[fixed]], minlength=n)
    number = np.full(n, -1, np.int64)
    number[inner] = np.arange(len(inner))
    within = ~fixed & (number[taker] >= 0)
    ends = (number[taker[within]], number[giver[within]])
    matrix = coo_matrix((passed[within], ends), shape=(len(inner), len(inner))).tocsr()
    now = own = first[inner]
    while ((new := own + matrix @ now) > now).any():
        now = new
    first[inner] = now
    last = ~fixed & (number[taker] < 0)
    return first + np.bincount(taker[last], weights=passed[last] * first[giver[last]], minlength=n)
