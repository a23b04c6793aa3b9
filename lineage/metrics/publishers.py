"""The publisher graph: which account makes models from whose, and the downloads that go that way.

An arrow P → Q says that a repository of P has a direct base of Q; like edges of models it goes from what is derived to
what it is derived from. Models of a cycle are rare, accounts that derive from each other are not: this graph has large
strong groups, and nothing here contracts them. Ids without an account are no node, yet they are others: a repository of
an account that stands on such a base is in its `flow_in`, and such a repository is in the `flow_out` of its bases.
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from lineage.metrics.digits import rounded
from lineage.metrics.graph import Ints
from lineage.metrics.pagerank import DAMPING, solved
from lineage.metrics.pairs import distinct, sums


@dataclass(frozen=True, slots=True)
class PublisherGraph:
    """Accounts as rows of the table `publishers`, and the arrows between them.

    `n` rows; `child`, `base` int64[e]: the arrows, child → base, each once, never from an account to itself, sorted.
    `weight` int64[e]: downloads of the child's repositories with a direct base of the other, each repository once.
    `flow_in` int64[n]: downloads of the account's repositories with any direct base of another account, each once.
    `flow_out` int64[n]: downloads of others' repositories with a direct base of the account, each once. It is the sum
    of the weights of the arrows that come in, and the downloads of such repositories without an account.
    `touched` bool[n]: an edge begins or ends at one of the account's models or stubs; these are the nodes.
    """

    n: int
    child: Ints
    base: Ints
    weight: Ints
    flow_in: Ints
    flow_out: Ints
    touched: NDArray[np.bool_]


def build(publisher: Ints, child: Ints, base: Ints, value: Ints, n: int) -> PublisherGraph:
    """The graph of `n` accounts over the edges child[i] → base[i] of models.

    `publisher` int64[models]: each model's account, `n` for ids without one. `child`, `base` int64[m]: rows of models.
    `value` int64[models]: downloads, not negative.
    """
    from scipy.sparse import coo_matrix

    touched = np.zeros(n + 1, bool)
    touched[publisher[child]] = True
    touched[publisher[base]] = True
    foreign = publisher[child] != publisher[base]
    child, owner = child[foreign], publisher[base[foreign]]
    made = np.zeros(len(publisher), bool)
    made[child] = True
    flow_in = sums(publisher[made], value[made], n + 1)
    # Each repository once for each account that it has a base of; nearly all have one base, and are not sorted.
    several = np.bincount(child, minlength=len(publisher))[child] > 1
    again = distinct(child[several], owner[several], n + 1)
    repository, owner = np.r_[child[~several], again[0]], np.r_[owner[~several], again[1]]
    flow_out = sums(owner, value[repository], n + 1)
    host = publisher[repository]
    named = (host < n) & (owner < n)
    arrows = coo_matrix((value[repository[named]], (host[named], owner[named])), shape=(n, n)).tocsr()
    arrows.sum_duplicates()
    source = np.repeat(np.arange(n), np.diff(arrows.indptr))
    target = arrows.indices.astype(np.int64)
    return PublisherGraph(n, source, target, arrows.data, flow_in[:n], flow_out[:n], touched[:n])


def in_degree(g: PublisherGraph) -> Ints:
    """int64[n]: the number of other accounts that make models from the account's (Freeman 1978, degree, of arrows)."""
    return np.bincount(g.base, minlength=g.n)


def pagerank(g: PublisherGraph, damping: float = DAMPING) -> NDArray[np.float64]:
    """float64[n]: PageRank along the arrows (Brin & Page 1998), weighted by downloads; sum 1, 0 where untouched.

    r(Q) = (1 − d) / N + d · (Σ over P → Q of r(P) · w(P, Q) / Σ w(P, ·)  +  Σ over P without arrows of r(P) / N), with
    N = touched accounts and w = weight + 1, for an account without downloads has a say too. What accounts without
    arrows give to all alike, and the start (1 − d) / N, scale all values alike: so x = 1 + d · Wᵀx is solved
    (`metrics/pagerank.py`) and divided by its sum, to 13 digits (`metrics/digits.py`).
    """
    worth = g.weight.astype(np.float64) + 1
    share = worth / np.bincount(g.child, weights=worth, minlength=g.n)[g.child]
    x = solved(g.touched.astype(np.float64), g.child, g.base, damping * share)
    return rounded(x / max(x.sum(), 1.0))
