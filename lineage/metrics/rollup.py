"""Downloads and counts of a model together with everything derived from it.

`own`      the model's
`full`     own plus each distinct descendant once: overlaps between models
`split`    each model's value divided over its bases, all the way up: additive over roots
`primary`  all of it to the first base: additive, and good only to draw trees
"""

import numpy as np
from numpy.typing import NDArray

from lineage.metrics.ancestry import Ancestry
from lineage.metrics.graph import Graph, Ints, runs


def by_group(graph: Graph, values: Ints) -> Ints:
    """int64[n]: on the first row of each group the sum of its members, 0 elsewhere."""
    total = np.zeros(graph.n, np.int64)
    np.add.at(total, graph.group, values)
    return total


def full(graph: Graph, ancestry: Ancestry, values: Ints) -> Ints:
    """int64[n]: own (of the whole cycle, where there is one) plus each distinct descendant once."""
    total = by_group(graph, values)[graph.group]
    np.add.at(total, ancestry.ancestor, values[ancestry.model])
    if ancestry.deep.any():
        from lineage.metrics.deep import below

        total += below(graph, ancestry, values[:, None])[:, 0]
    return total


def by_relation(graph: Graph, ancestry: Ancestry, values: Ints, relation: Ints, kinds: int) -> Ints:
    """int64[n, kinds]: the sum of `values` over distinct descendants, by the descendant's relation.

    `relation` int64[n]: a code below `kinds`, negative for rows without a base (never descendants,
    except within a cycle, whose members are no descendants of each other).
    """
    # Only rows with descendants get a place: the table would be twenty times as large with all.
    number = np.zeros(graph.n, np.int64)
    has = np.zeros(graph.n, bool)
    has[ancestry.ancestor] = True
    number[has] = np.arange(int(has.sum()))
    total = np.zeros(int(has.sum()) * kinds, np.int64)
    np.add.at(total, number[ancestry.ancestor] * kinds + relation[ancestry.model], values[ancestry.model])
    out = np.zeros((kinds, graph.n), np.int64).T  # a column in one piece, for that is how it is taken
    out[has] = total.reshape(-1, kinds)
    if ancestry.deep.any():
        from lineage.metrics.deep import below

        columns = np.where(relation[:, None] == np.arange(kinds), values[:, None], 0)
        out += below(graph, ancestry, columns)
    return out


def pass_up(graph: Graph, values: Ints, keep: NDArray[np.bool_] | None) -> Ints:
    """Send every group's value to its bases, last generation first.

    The value v over k bases: floor(v / k) to each, the remainder one by one to the first ones.
    With `keep` (bool[edges]) all of it goes along the edges kept, one a child.
    """
    total = by_group(graph, values)
    child, base, place, count = graph.up_child, graph.up_base, graph.up_place, graph.up_count
    if keep is not None:
        child, base, place, count = child[keep], base[keep], place[keep], np.ones(int(keep.sum()), np.int64)
    order = np.argsort(-graph.generation[child], kind="stable")
    child, base, place, count = child[order], base[order], place[order], count[order]
    for begin, end in runs(graph.generation[child]):
        now = slice(begin, end)
        quotient, rest = np.divmod(total[child[now]], count[now])
        np.add.at(total, base[now], quotient + (place[now] < rest))
    return total[graph.group]


def split(graph: Graph, values: Ints) -> Ints:
    """int64[n]: the value of each row with its share of everything below; a cycle's on each member.

    Over `graph.is_root` it adds up to the sum of `values` exactly. Floors do not add: the split of
    a sum is not the sum of splits, so each frame and window is a pass of its own.
    """
    return pass_up(graph, values, None)


def primary(graph: Graph, values: Ints) -> Ints:
    """int64[n]: as `split`, with everything given to the first base."""
    return pass_up(graph, values, graph.up_place == 0)
