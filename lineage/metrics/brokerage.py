"""Between whom an account stands: the five roles of a broker.

Gould & Fernandez 1989, Structures of Mediation: A Formal Approach to Brokerage in Transaction Networks, Sociological
Methodology 19, with the owner of an account as its group.
"""

from itertools import pairwise
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from lineage.metrics.graph import Ints, spread
from lineage.metrics.pairs import among, each_once, sums

if TYPE_CHECKING:
    from lineage.metrics.publishers import PublisherGraph

#: The columns of `roles`.
ROLES = ("coordinator", "itinerant", "gatekeeper", "representative", "liaison")

#: Two-paths looked at at once.
_CHUNK = 4_000_000


def roles(g: "PublisherGraph", group: Ints) -> Ints:
    """int64[n, 5]: how often each account is a broker in each of the roles `ROLES`; exact.

    b is a broker for each ordered pair (a, c), all three different, with a → b and b → c and no a → c: a makes models
    from b's and b from c's, and a never straight from c's. By the groups of the three (`group` int64[n], the owners):

    coordinator     all of one
    itinerant       a and c of one, b of another
    gatekeeper      b and c of one, a of another: others take up b's, b those of its own house
    representative  a and b of one, c of another: b takes up others', its own house takes up b's
    liaison         three different ones

    Arrows stand as everywhere, from what is derived to what it is derived from. Models travel against them, c to b to
    a: who reads the roles as the way of models, as Gould and Fernandez read theirs, swaps the words gatekeeper (who
    lets things into the own group) and representative (who takes them out). A role's name goes by the arrows here.

    Counted from the arrows that come and go at b, by group; less the pairs of one and the same account, and less the
    closed triples, which are looked up from the shorter list: what a derives from, or what derives from c.
    """
    same = group[g.child] == group[g.base]
    came, went = (np.bincount(ends, minlength=g.n) for ends in (g.base, g.child))
    came_own, went_own = (np.bincount(ends[same], minlength=g.n) for ends in (g.base, g.child))
    came_far, went_far = came - came_own, went - went_own
    mixed = _of_one_other(g, group, same)
    total = np.stack(
        [came_own * went_own, mixed, came_far * went_own, came_own * went_far, came_far * went_far - mixed], axis=1
    )
    # a and c the same account: an arrow each way.
    arrow = g.child * g.n + g.base
    mutual = among(g.base * g.n + g.child, arrow)
    total[:, 0] -= np.bincount(g.base[mutual & same], minlength=g.n)
    total[:, 1] -= np.bincount(g.base[mutual & ~same], minlength=g.n)
    return total - _closed(g, group, arrow)


def _of_one_other(g: "PublisherGraph", group: Ints, same: NDArray[np.bool_]) -> Ints:
    """int64[n]: pairs (a, c) of one group that is not b's, of arrows a → b → c."""
    far = ~same
    places = int(group.max(initial=0)) + 1
    came = g.base[far] * places + group[g.child[far]]
    went = g.child[far] * places + group[g.base[far]]
    cell, many = np.unique(came, return_counts=True)
    other, more = np.unique(went, return_counts=True)
    _, at, there = np.intersect1d(cell, other, assume_unique=True, return_indices=True)
    return sums(cell[at] // places, many[at] * more[there], g.n)


def _closed(g: "PublisherGraph", group: Ints, arrow: Ints) -> Ints:
    """int64[n, 5]: the role of b in every triple a → b → c with a → c, too. `arrow` int64[e]: child * n + base."""
    count_out, count_in = np.bincount(g.child, minlength=g.n), np.bincount(g.base, minlength=g.n)
    start_out, start_in = np.cumsum(count_out) - count_out, np.cumsum(count_in) - count_in
    # Arrows are sorted by child; the same by base, for who comes in.
    comes = g.child[np.argsort(g.base, kind="stable")]
    found = np.zeros(g.n * len(ROLES), np.int64)
    # b is one more that a goes to, and one more that comes to c.
    spans = (count_out[g.child] > 1) & (count_in[g.base] > 1)
    outward = count_out[g.child] <= count_in[g.base]
    for forward in (True, False):
        mine = np.flatnonzero(spans & (outward == forward))
        a, c = g.child[mine], g.base[mine]
        start, count, between = (start_out[a], count_out[a], g.base) if forward else (start_in[c], count_in[c], comes)
        for part in _chunks(count):
            b = between[spread(start[part], count[part])]
            a_of, c_of = np.repeat(a[part], count[part]), np.repeat(c[part], count[part])
            wanted = b * g.n + c_of if forward else a_of * g.n + b
            place = np.minimum(np.searchsorted(arrow, wanted), len(arrow) - 1)
            real = arrow[place] == wanted
            found += np.bincount(
                b[real] * len(ROLES) + _role(group, a_of[real], b[real], c_of[real]), minlength=len(found)
            )
    return found.reshape(g.n, len(ROLES))


def _role(group: Ints, a: Ints, b: Ints, c: Ints) -> Ints:
    """int64[k]: the place in `ROLES` of the role of b between a and c."""
    a, b, c = group[a], group[b], group[c]
    return np.select([(a == b) & (b == c), a == c, b == c, a == b], [0, 1, 2, 3], 4).astype(np.int64)


def _chunks(cost: Ints) -> list[slice]:
    """Slices of about `_CHUNK` in cost, at least one entry each."""
    if not len(cost):
        return []
    spent = np.cumsum(cost)
    cuts = each_once(np.searchsorted(spent, np.arange(_CHUNK, int(spent[-1]) + 1, _CHUNK), side="right"))
    ends = [0, *cuts[(cuts > 0) & (cuts < len(cost))].tolist(), len(cost)]
    return [slice(a, b) for a, b in pairwise(ends)]
