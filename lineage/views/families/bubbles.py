"""Places for a family in which every model is drawn: numbers in, numbers out.

A bubble tree. What has no derivatives stands in rings around its base, the largest next to it and the small ones in
sectors by group, so that a base with 700 quantizations is one round swarm. A derivative with derivatives of its own
makes such a swarm too; these are pushed together around their base's with the front chain of Wang, Wang, Dai and Wang
(Visualization of large hierarchical data by circle packing, CHI 2006), and the circle around all of it is what the
next base packs. Each swarm is turned so that its base looks to the base above it.

No two discs overlap: on a ring every disc keeps to a wedge of its own, rings and swarms keep to circles of their own.
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass, field

import numpy as np
import numpy.typing as npt

Ints = npt.NDArray[np.int64]

#: So many swarms are packed around one base by the front chain, which takes time with their square; the smaller rest
#: stands in rings as single models do.
CHAINED = 1_200

#: So few derivatives, with none of their own, stand on one side of their base: a ring would be empty.
FEW = 3

#: Places and radii are rounded to whole units, which may bring two discs nearer by less than this.
ROUNDED = 1.5

_TURN = 2 * math.pi
_TOP = -math.pi / 2  # rings start above the base and go on clockwise


def discs(amounts: Sequence[int | None], least: int, most: int) -> Ints:
    """Radii whose squares go with the amounts, the largest amount having radius `most`; none is below `least`.

    Unknown amounts count as 0. Whole units, rounded down.
    """
    known = np.array([amount or 0 for amount in amounts], np.float64)
    largest = known.max(initial=0.0) or 1.0
    return np.maximum(least, np.floor(most * np.sqrt(known / largest))).astype(np.int64)


@dataclass(slots=True)
class _Swarm:
    """A base with all that hangs on it; places are seen from the base."""

    radius: float  # of the circle around all of it
    x: float = 0.0  # the middle of that circle
    y: float = 0.0
    ring: list[tuple[int, float, float]] = field(default_factory=list)  # in rings, never turned: the legend's order
    chain: list[tuple[int, float, float]] = field(default_factory=list)  # the middles of the circles packed around


def bubbles(parent: Sequence[int], group: Sequence[int], room: Sequence[float]) -> tuple[Ints, Ints]:
    """Places x and y of all models, in whole units, with the least edges at about 0.

    `parent[i] < i` names the base of model i, -1 for the one top. `group` is a number by which small derivatives of one
    base stand together, the least first, clockwise from above. `room` is the radius, greater than 0, that each needs:
    any two places are at least the sum of their rooms minus `ROUNDED` apart.
    """
    below: list[list[int]] = [[] for _ in parent]
    for row in range(1, len(parent)):
        below[parent[row]].append(row)
    swarms: dict[int, _Swarm] = {}
    for row in range(len(parent) - 1, -1, -1):
        if below[row] or not row:
            swarms[row] = _swarm(row, below[row], swarms, group, room)
    x, y = _spread(parent, swarms, len(parent))
    wide = np.asarray(room, np.float64)
    return tuple(np.rint(axis - (axis - wide).min()).astype(np.int64) for axis in (x, y))  # type: ignore[return-value]


def _swarm(
    row: int, below: Sequence[int], swarms: dict[int, _Swarm], group: Sequence[int], room: Sequence[float]
) -> _Swarm:
    """One base: its rings, what is packed around them, and the circle around all."""
    branches = sorted((each for each in below if each in swarms), key=lambda each: (-swarms[each].radius, each))
    chained = [(swarms[each].radius, each) for each in branches[:CHAINED]]
    singles = [(swarms[each].radius, each) for each in branches[CHAINED:]]
    singles += [(room[each], each) for each in below if each not in swarms]
    singles.sort(key=lambda one: (-one[0], group[one[1]], one[1]))
    if not chained and len(singles) <= FEW:
        singles, chained = [], singles
    ring, inner = _rings(singles, group, room[row])
    if not chained:
        return _Swarm(inner, ring=ring)
    circles = _front([inner, *(radius for radius, _ in chained)])
    x, y, radius = _around(circles)
    chain = [(each, cx, cy) for (_, each), (cx, cy, _) in zip(chained, circles[1:], strict=True)]
    return _Swarm(radius, x, y, ring, chain)


def _rings(
    singles: Sequence[tuple[float, int]], group: Sequence[int], inner: float
) -> tuple[list[tuple[int, float, float]], float]:
    """Discs (radius, row), the largest first, in rings around a disc of radius `inner`; and the radius of it all.

    A disc of radius r on a ring of radius R is seen from the middle under the angle 2·asin(r / R); discs whose angles
    do not overlap do not touch.
    """
    placed: list[tuple[int, float, float]] = []
    small: list[tuple[float, float, float]] = []  # angle and place of all discs in rings of one size, the smallest
    waiting: list[int] = []
    least = singles[-1][0] if singles else 0.0
    start = 0
    while start < len(singles):
        middle = inner + singles[start][0]
        end, taken = start, 0.0
        while end < len(singles) and taken + (angle := 2 * math.asin(singles[end][0] / middle)) <= _TURN:
            taken += angle
            end += 1
        same = singles[start][0] == least
        members = sorted((singles[place] for place in range(start, end)), key=lambda one: (group[one[1]], one[1]))
        spare = (_TURN - taken) / len(members)
        at = _TOP
        for radius, row in members:
            half = math.asin(radius / middle) + spare / 2
            at += half
            x, y = middle * math.cos(at), middle * math.sin(at)
            if same:
                small.append((round(at, 9), x, y))
                waiting.append(row)
            else:
                placed.append((row, x, y))
            at += half
        inner = middle + singles[start][0]
        start = end
    # places of discs of one size can be exchanged: those of a group make a sector through all their rings
    small.sort()
    waiting.sort(key=lambda row: (group[row], row))
    placed += [(row, x, y) for row, (_, x, y) in zip(waiting, small, strict=True)]
    return placed, inner


def _front(radii: Sequence[float]) -> list[tuple[float, float, float]]:
    """Circles of the given radii, the first around the origin and the others as near to it as the front allows.

    The front is the closed chain of circles on the outside. The next circle goes beside the pair of neighbours that is
    nearest to the origin; where it would lie on another circle of the front, the chain is shortened to that one.
    """
    placed = [(0.0, 0.0, radii[0])]
    if len(radii) > 1:
        placed.append((radii[0] + radii[1], 0.0, radii[1]))
    if len(radii) > 2:
        placed.append(_beside(placed[1], placed[0], radii[2]))
    after, before = [1, 2, 0], [2, 0, 1]
    one, two = 0, 1  # neighbours: `two` comes after `one`
    # start at the pair that is nearest, as after every further circle
    if len(radii) > 3:
        one = min(range(3), key=lambda place: _distance(placed[place], placed[after[place]]))
        two = after[one]
    for new in range(3, len(radii)):
        while True:
            circle = _beside(placed[one], placed[two], radii[new])
            hit, forward = _hit(circle, placed, after, before, one, two)
            if hit < 0:
                break
            if forward:
                two = hit
            else:
                one = hit
            after[one], before[two] = two, one
        placed.append(circle)
        after.append(two)
        before.append(one)
        after[one] = before[two] = new
        best, nearest, each = new, _distance(circle, placed[two]), two
        while each != new:
            distance = _distance(placed[each], placed[after[each]])
            if distance < nearest:
                best, nearest = each, distance
            each = after[each]
        one, two = best, after[best]
    return placed


def _hit(
    circle: tuple[float, float, float],
    placed: Sequence[tuple[float, float, float]],
    after: Sequence[int],
    before: Sequence[int],
    one: int,
    two: int,
) -> tuple[int, bool]:
    """The circle of the front that `circle` would lie on, the first along the front in either direction from the gap
    between `one` and `two`, and whether it is met going forward; -1 where there is none."""
    x, y, radius = circle
    forth, back = after[two], before[one]
    ahead, behind = placed[two][2], placed[one][2]
    while True:
        forward = ahead <= behind
        each = forth if forward else back
        ox, oy, other = placed[each]
        reach = radius + other - 1e-6
        if (ox - x) ** 2 + (oy - y) ** 2 < reach * reach:
            return each, forward
        if forward:
            ahead += other
            forth = after[forth]
        else:
            behind += other
            back = before[back]
        if forth == after[back]:
            return -1, False


def _beside(
    one: tuple[float, float, float], two: tuple[float, float, float], radius: float
) -> tuple[float, float, float]:
    """A circle of `radius` that touches both of two circles, on the outside of the way from `one` to `two`."""
    dx, dy = two[0] - one[0], two[1] - one[1]
    square = dx * dx + dy * dy
    first, second = (one[2] + radius) ** 2, (two[2] + radius) ** 2
    # from the nearer of the two, for the least loss of digits
    if first > second:
        along = (square + second - first) / (2 * square)
        across = math.sqrt(max(0.0, second / square - along * along))
        return two[0] - along * dx + across * dy, two[1] - along * dy - across * dx, radius
    along = (square + first - second) / (2 * square)
    across = math.sqrt(max(0.0, first / square - along * along))
    return one[0] + along * dx + across * dy, one[1] + along * dy - across * dx, radius


def _distance(one: tuple[float, float, float], two: tuple[float, float, float]) -> float:
    """How far from the origin the point is where two neighbours meet; squared."""
    both = one[2] + two[2]
    x, y = (one[0] * two[2] + two[0] * one[2]) / both, (one[1] * two[2] + two[1] * one[2]) / both
    return x * x + y * y


def _around(circles: Sequence[tuple[float, float, float]]) -> tuple[float, float, float]:
    """A circle around circles: exact for two, for more within about 2 % of the smallest.

    The middle walks to the circle that reaches furthest, by ever smaller steps (Bădoiu and Clarkson, Smaller core-sets
    for balls, SODA 2003); the radius is then what is needed, so that nothing ever sticks out.
    """
    if len(circles) == 2:
        (ax, ay, ar), (bx, by, br) = circles
        apart = math.hypot(bx - ax, by - ay)
        part = (apart + br - ar) / (2 * apart)
        return ax + (bx - ax) * part, ay + (by - ay) * part, (apart + ar + br) / 2
    xs, ys, rs = np.array(circles).T
    x, y = float((xs - rs).min() + (xs + rs).max()) / 2, float((ys - rs).min() + (ys + rs).max()) / 2
    for step in range(2, 50):
        reach = np.hypot(xs - x, ys - y) + rs
        far = int(reach.argmax())
        apart = math.hypot(xs[far] - x, ys[far] - y) or 1.0
        # towards the far edge of that circle
        x += (xs[far] - x) * reach[far] / apart / step
        y += (ys[far] - y) * reach[far] / apart / step
    return x, y, float((np.hypot(xs - x, ys - y) + rs).max())


def _spread(
    parent: Sequence[int], swarms: dict[int, _Swarm], count: int
) -> tuple[npt.NDArray[np.float64], npt.NDArray[np.float64]]:
    """Places of all models from what each base knows of its own: from the top down, turning as it goes."""
    x, y = np.zeros(count), np.zeros(count)
    middles: dict[int, tuple[float, float]] = {}
    for row in sorted(swarms):
        swarm = swarms[row]
        away = math.hypot(swarm.x, swarm.y)
        turn = 0.0
        if row == 0:
            turn = -math.atan2(swarm.y, swarm.x) if away else 0.0  # the base on the left, as in the folded picture
        else:
            cx, cy = middles[row]
            above = math.atan2(y[parent[row]] - cy, x[parent[row]] - cx)
            x[row], y[row] = cx + away * math.cos(above), cy + away * math.sin(above)
            turn = above - math.atan2(-swarm.y, -swarm.x) if away else 0.0
        cos, sin = math.cos(turn), math.sin(turn)
        turned = [(each, cos * dx - sin * dy, sin * dx + cos * dy) for each, dx, dy in swarm.chain]
        for each, dx, dy in turned + swarm.ring:
            if each in swarms:
                middles[each] = (x[row] + dx, y[row] + dy)
            else:
                x[each], y[each] = x[row] + dx, y[row] + dy
    return x, y
