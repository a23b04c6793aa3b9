"""Places for any graph that reads from left to right: which column each node stands in, and what it hangs on.

Numbers in, numbers out. Each node hangs on one of those it goes back to, so that the tidy tree of `layout.py` can place
it; lines to the others are drawn across. A circle is opened where its first node stands.
"""

from collections.abc import Sequence

from lineage.views.pictures.layout import tidy

Pair = tuple[int, int]


def columns(count: int, pairs: Sequence[Pair]) -> list[int]:
    """The column of each node, from 0: right of everything it goes back to, as far as that goes.

    `pairs` are (left, right). In a circle the node with the least number comes first. What has nothing on its left
    stands as near as it can to what is on its right.
    """
    left: list[set[int]] = [set() for _ in range(count)]
    right: list[set[int]] = [set() for _ in range(count)]
    for one, other in pairs:
        if one != other:
            left[other].add(one)
            right[one].add(other)
    column, waits = [0] * count, [len(each) for each in left]
    ready = sorted((node for node in range(count) if not waits[node]), reverse=True)
    done, unseen = [False] * count, 0
    order: list[int] = []
    while len(order) < count:
        while done[unseen]:
            unseen += 1
        node = ready.pop() if ready else unseen  # nobody is ready: a circle, opened here
        if done[node]:
            continue
        done[node] = True
        order.append(node)
        for other in sorted(right[node], reverse=True):
            if not done[other]:
                column[other] = max(column[other], column[node] + 1)
                waits[other] -= 1
                if not waits[other]:
                    ready.append(other)
    for node in reversed(order):
        near = [column[other] for other in right[node] if column[other] > column[node]]
        if near and not any(column[other] < column[node] for other in left[node]):
            column[node] = min(near) - 1
    return column


def rows(column: Sequence[int], hangs: Sequence[int], extent: Sequence[float], gap: float) -> list[float]:
    """The middle of each node across the reading direction, the smallest upper edge being 0.

    `hangs[i]` is the node that i hangs on, in a column left of its own, -1 for none; those that hang on one stand in
    the order of their numbers. `extent` is the room a node takes. No two nodes of a column are nearer than `gap`, and
    the line from a node to what it hangs on has a row of its own in the columns between.
    """
    below: dict[int, list[int]] = {}
    for node, on in enumerate(hangs):
        below.setdefault(on, []).append(node)
    parent, room, places = [-1], [0.0], {}  # one top for all, left of everything
    waiting = [(node, 0, -1) for node in reversed(below.get(-1, []))]
    while waiting:
        node, on, at = waiting.pop()
        for _ in range(at + 1, column[node]):  # what keeps the row free
            parent.append(on)
            room.append(gap)
            on = len(parent) - 1
        places[node] = len(parent)
        parent.append(on)
        room.append(extent[node])
        waiting += [(each, places[node], column[node]) for each in reversed(below.get(node, []))]
    middle = tidy(parent, room, gap, lean=0.0)
    found = [middle[places[node]] for node in range(len(column))]
    highest = min((found[node] - extent[node] / 2 for node in range(len(column))), default=0.0)
    return [round(y - highest, 1) for y in found]
