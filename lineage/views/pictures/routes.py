"""The way of a line across a picture that reads from left to right: between the rows of names, never over them. Pure.

A line turns only where columns leave room for it, left of their signs; through a column it runs level, in the gap
between two rows by which the way is shortest.
"""

from collections.abc import Sequence
from itertools import pairwise

from lineage.views.pictures.picture import Node

#: What a row of two lines of text takes up above and below the middle of its sign; what a line keeps from the edge of a
#: picture.
ABOVE, BELOW, EDGE = 18.0, 20.0, 3.0
#: What a line keeps from names where there is room.
CLEAR = 6.0
#: Between lines to different bases in one gap.
APART = 3.0


class Routes:
    """The ways of a picture's lines. Asked in the same order it gives the same ways: lines that lead to one base
    share a gap, others run beside each other in it."""

    def __init__(self, nodes: Sequence[Node], height: float) -> None:
        self._height = height
        self._columns: dict[float, list[Node]] = {}
        for node in sorted(nodes, key=lambda node: (node.x, node.y)):
            self._columns.setdefault(node.x, []).append(node)
        self._taken: dict[tuple[float, float], list[int]] = {}

    def levels(self, base: Node, child: Node, number: int) -> list[tuple[float, float]]:
        """(x of the column, y) through each column between the two, from left to right. `number`: that of the base,
        which stands left of `child`."""
        found = []
        at = child.y
        for x in sorted((x for x in self._columns if base.x < x < child.x), reverse=True):
            at = self._nearest(x, at, base.y)
            lines = self._taken.setdefault((x, at), [])
            if number not in lines:
                lines.append(number)
            found.append((x, round(at + APART * lines.index(number), 1)))
        return found[::-1]

    def _nearest(self, x: float, at: float, end: float) -> float:
        """The gap of a column by which the way from `at` to `end` is shortest, of several the nearest to `at`."""
        return min(self._gaps(x, at), key=lambda y: (round(abs(y - at) + abs(y - end)), abs(y - at), y))

    def _gaps(self, x: float, wanted: float) -> list[float]:
        """Of every gap of a column the place nearest to `wanted`."""
        edges = [(EDGE, EDGE)]  # the room that each node takes, and the edges of the picture
        for node in self._columns[x]:
            edges.append((node.y - max(ABOVE, node.size + EDGE), node.y + max(BELOW, node.size + EDGE)))
        edges.append((self._height - EDGE, self._height - EDGE))
        found = []
        for (_, low), (high, _) in pairwise(edges):
            if low <= high:
                inside = min(CLEAR, (high - low) / 2)
                found.append(min(max(wanted, low + inside), high - inside))
            elif EDGE < (low + high) / 2 < self._height - EDGE:
                found.append((low + high) / 2)  # rows that stand close: the line between them
        return found or [wanted]
