"""The place of a model in the graph: one function a metric, as the textbooks have them.

`in_degree`  models made from it directly
`reach`      models made from it, directly or not
`harmonic`   the same, each counted as one over its distance
`pagerank`   what a reader meets who goes from derivative to base and now and then begins anew

Betweenness takes a page of its own: `metrics/betweenness.py`. Edges go from the derived model to its base, so
all of these are larger the more is made from a model. Sources: M. Newman, Networks (2nd ed. 2018), chapter 7, and
what each function names.
"""

import math

import numpy as np
from numpy.typing import NDArray

from lineage.metrics import rollup
from lineage.metrics.ancestry import Ancestry, any_below
from lineage.metrics.digits import rounded
from lineage.metrics.graph import Graph, Ints, runs
from lineage.metrics.pagerank import DAMPING, Floats, solved


def in_degree(graph: Graph) -> Ints:
    """int64[n]: distinct models made directly from each row, fellow members of a cycle included."""
    pairs = np.sort(graph.child * graph.n + graph.base)
    again = np.r_[False, pairs[1:] == pairs[:-1]][: len(pairs)]
    return np.bincount(pairs[~again] % graph.n, minlength=graph.n) if graph.n else np.zeros(0, np.int64)


def in_degree_by_relation(n: int, base: Ints, relation: Ints, kinds: int) -> Ints:
    """int64[n, kinds]: the same by the relation of the edge; over the kinds it adds up to `in_degree`.

    `base`, `relation` int64[m]: of each edge, none twice, where it ends and a code below `kinds`.
    """
    return np.bincount(base * kinds + relation, minlength=n * kinds).reshape(n, kinds)


def reach(graph: Graph, ancestry: Ancestry) -> Ints:
    """int64[n]: distinct descendants of each row, deep ones included; fellow members of a cycle are none."""
    return rollup.full(graph, ancestry, np.ones(graph.n, np.int64)) - graph.size[graph.group]


def harmonic(graph: Graph, ancestry: Ancestry) -> tuple[Floats, NDArray[np.bool_]]:
    """float64[n]: H(v) = Σ 1 / d(w, v) over the descendants w of v, not divided; d as `ancestry` has it.

    And bool[n]: where it is not known, for a deep model is below, whose distances are not stored. Boldi & Vigna,
    Axioms for Centrality (2014). Descendants are counted by distance in whole numbers and the quotients added in
    rising distance, so the bits do not depend on the order of pairs. To 13 digits (`metrics/digits.py`).
    """
    total = np.zeros(graph.n)
    distance = ancestry.distance
    # Numbers of 16 bits are sorted digit by digit, ten times as fast.
    small = distance.astype(np.uint16) if int(distance.max(initial=0)) < 2**16 else distance
    order = np.argsort(small, kind="stable")
    ancestor, distance = ancestry.ancestor[order], distance[order]
    for begin, end in runs(distance):
        here = ancestor[begin:end]
        if len(here) > graph.n // 32:  # so many that counting on all rows is quicker than sorting
            total += np.bincount(here, minlength=graph.n) / distance[begin]
        else:
            row, count = np.unique(here, return_counts=True)
            total[row] += count / distance[begin]
    return rounded(total), any_below(graph, ancestry.deep)


def equal(graph: Graph) -> Floats:
    """float64[m]: the share of each edge where a child gives the same to each of its k bases, 1 / k."""
    return 1.0 / np.bincount(graph.child, minlength=graph.n)[graph.child]


def proportional(graph: Graph, weight: Floats) -> Floats:
    """float64[m]: weight / Σ weight over the child's bases, `weight` (above 0) float64[m].

    A child with one base gives all to it, whatever the weight: only merges can tell this from `equal`.
    """
    return weight / np.bincount(graph.child, weights=weight, minlength=graph.n)[graph.child]


def discounted(graph: Graph, weight: Floats) -> Floats:
    """float64[m]: weight / k, `weight` float64[m] from 0 to 1: the rest of what a child has goes to all rows alike."""
    return weight * equal(graph)


def pagerank(graph: Graph, share: Floats, present: NDArray[np.bool_] | None = None, damping: float = DAMPING) -> Floats:
    """float64[n]: PageRank from child to base, on the graph before contraction; its sum is 1.

    x(v) = (1 − d) / n + d · (Σ share(w → v) · x(w) over the children w of v, plus the rest over n), where the rest is
    what rows without a base have, and what `share` leaves. `share` float64[m]: the part of its child's rank that each
    edge passes on, at most 1 over a child's edges. `present` bool[n]: the rows that are nodes (None: all); others have
    no edge, and NaN. Brin & Page, The Anatomy of a Large-Scale Hypertextual Web Search Engine (1998).

    The rest goes to all alike, so x is the solution of y = 1 + d · P'y (`metrics/pagerank.py`), divided by its sum, to
    13 digits (`metrics/digits.py`).
    """
    y = solved(np.ones(graph.n), graph.child, graph.base, damping * share)
    there = np.ones(graph.n, bool) if present is None else present
    # The sum of the ones is exact, and `fsum` is for the others, in whatever order a processor adds.
    above = there & (y != 1.0)
    total = int((there & ~above).sum()) + math.fsum(y[above].tolist())
    if not total:
        return np.full(graph.n, np.nan)
    found = np.where(there, rounded(np.ones(1) / total), np.nan)
    found[above] = rounded(y[above] / total)
    return found
