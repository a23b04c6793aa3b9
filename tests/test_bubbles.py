"""Places for a family in which all is drawn: no two discs overlap, whatever the tree; the same tree, the same places."""

import math
import random

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from lineage.views.families import bubbles as module
from lineage.views.families.bubbles import FEW, ROUNDED, bubbles, discs

Tree = tuple[list[int], list[int], list[float]]


@st.composite
def trees(draw: st.DrawFn, most: int = 160) -> Tree:
    """Bases, groups and rooms: bushy, deep or starlike; of one size or of very different ones."""
    rng = random.Random(draw(st.integers(0, 2**32)))
    count, width = draw(st.integers(1, most)), draw(st.sampled_from([1, 2, 8, 10**6]))
    lean = draw(st.sampled_from([1.0, 2.0, 6.0]))  # the larger, the more hang on the first models
    parent = [-1] + [max(row - width, int(row * rng.random() ** lean)) for row in range(1, count)]
    rooms = draw(st.sampled_from([(7.5,), (7.5, 7.5, 9.0, 30.5), (1.0, 400.0), tuple(map(float, range(1, 60)))]))
    return parent, [rng.randrange(4) for _ in parent], [rng.choice(rooms) for _ in parent]


def nearest(x: np.ndarray, y: np.ndarray, room: list[float]) -> float:
    """How far apart the two discs are that come closest; negative where two overlap. All pairs, the obvious way."""
    found = math.inf
    for one in range(len(room)):
        for two in range(one):
            apart = math.hypot(int(x[one]) - int(x[two]), int(y[one]) - int(y[two]))
            found = min(found, apart - room[one] - room[two])
    return found


@settings(max_examples=120, deadline=None)
@given(trees(), st.sampled_from([1, 3, 1200]))
def test_no_two_discs_overlap(tree: Tree, chained: int) -> None:
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(module, "CHAINED", chained)
        x, y = bubbles(*tree)
    assert len(x) == len(y) == len(tree[0])
    assert nearest(x, y, tree[2]) > -ROUNDED


@settings(max_examples=120, deadline=None)
@given(st.lists(st.floats(1, 60) | st.integers(1, 1000), min_size=1, max_size=60))
def test_circles_that_are_packed_touch_and_do_not_overlap(radii: list[float]) -> None:
    circles = module._front([radii[0], *sorted(radii[1:], reverse=True)])
    assert circles[0][:2] == (0.0, 0.0)
    for one, (x, y, radius) in enumerate(circles):
        gaps = [math.hypot(x - ox, y - oy) - radius - other for ox, oy, other in circles[:one] + circles[one + 1 :]]
        assert min(gaps, default=0.0) == pytest.approx(0.0, abs=1e-4)
    if len(circles) > 1:
        mx, my, around = module._around(circles)
        reach = [math.hypot(x - mx, y - my) + radius for x, y, radius in circles]
        assert max(reach) == pytest.approx(around)
        # no circle around all can be smaller than half the way from the far side of one to the far side of another
        half = max(
            math.hypot(x - ox, y - oy) + radius + other for x, y, radius in circles for ox, oy, other in circles
        ) / 2  # fmt: skip
        assert half - 1e-6 <= around <= half * 1.25


@settings(max_examples=60, deadline=None)
@given(trees())
def test_no_stranger_stands_in_the_rings_of_a_base(tree: Tree) -> None:
    parent = tree[0]
    x, y = bubbles(*tree)
    below: list[list[int]] = [[] for _ in parent]
    for row in range(1, len(parent)):
        below[parent[row]].append(row)
    for base, made in enumerate(below):
        ring = [row for row in made if not below[row]]
        if len(made) <= FEW:  # these are no ring
            continue
        reach = max((math.hypot(x[row] - x[base], y[row] - y[base]) for row in ring), default=0.0)
        for other in set(range(len(parent))) - {base, *ring}:
            assert math.hypot(x[other] - x[base], y[other] - y[base]) >= reach - ROUNDED, (base, other)


@settings(max_examples=30, deadline=None)
@given(trees())
def test_the_same_tree_stands_in_the_same_places_from_nought_on(tree: Tree) -> None:
    once, again = bubbles(*tree), bubbles(*tree)
    for axis, other in zip(once, again, strict=True):
        assert axis.dtype == np.int64
        assert axis.tolist() == other.tolist()
        assert abs((axis - np.array(tree[2])).min()) <= 1


def test_small_ones_of_a_group_stand_in_one_sector_clockwise_from_above() -> None:
    groups = [0] + [row % 3 for row in range(400)]
    x, y = bubbles([-1] + [0] * 400, groups, [20.0] + [5.0] * 400)
    angle = (np.arctan2(y[1:] - y[0], x[1:] - x[0]) + math.pi / 2) % (2 * math.pi)
    inner = (angle > 0.05) & (angle < 2 * math.pi - 0.05)  # the line from the middle up is where first and last meet
    order = np.argsort(angle[inner], kind="stable")
    steps = np.diff(np.array(groups[1:])[inner][order])
    assert (steps != 0).sum() < 30  # a ragged edge, where the rings meet it; at random it were some 270
    middles = [float(angle[inner][np.array(groups[1:])[inner] == group].mean()) for group in range(3)]
    assert middles == pytest.approx([math.pi / 3, math.pi, 5 * math.pi / 3], abs=0.15)


def test_large_derivatives_stand_next_to_their_base() -> None:
    rooms = [10.0, *(float(3 + row % 20) for row in range(200))]
    x, y = bubbles([-1] + [0] * 200, [0] * 201, rooms)
    away = np.hypot(x[1:] - x[0], y[1:] - y[0])
    large = np.array(rooms[1:]) > 15
    assert away[large].max() < away[~large].min() + 2  # the last of these and the first of those share a ring


def test_a_swarm_looks_to_the_base_above_it() -> None:
    parent = [-1, 0, *[1] * 30, 1, *[32] * 12]  # 0 ← 1 with 30 leaves and a branch with 12 of its own
    x, y = bubbles(parent, [0] * len(parent), [5.0] * len(parent))
    assert math.hypot(x[0] - x[1], y[0] - y[1]) < math.hypot(x[0] - x[32], y[0] - y[32])
    assert x[0] == x.min()  # the first base stands on the left


@pytest.mark.parametrize(
    ("parent", "room", "apart"),
    [([-1, 0], [5.0, 3.0], 8), ([-1, 0, 1], [5.0, 3.0, 2.0], 8), ([-1, 0], [1.0, 90.0], 91)],
)
def test_two_touch(parent: list[int], room: list[float], apart: int) -> None:
    x, y = bubbles(parent, [0] * len(parent), room)
    assert math.hypot(x[0] - x[1], y[0] - y[1]) == pytest.approx(apart, abs=1)


def test_one_stands_alone() -> None:
    assert [axis.tolist() for axis in bubbles([-1], [0], [6.0])] == [[6], [6]]


@pytest.mark.parametrize("shape", ["star", "chain", "pairs"])
def test_extreme_shapes(shape: str) -> None:
    """All on one base; each on the one before; 5,000 branches on one base, more than the front chain takes."""
    count = 10_001
    parent = {
        "star": [-1] + [0] * (count - 1),
        "chain": list(range(-1, count - 1)),
        "pairs": [-1] + [0 if row % 2 else row - 1 for row in range(1, count)],
    }[shape]
    x, y = bubbles(parent, [0] * count, [6.0] * count)
    places = set(zip((x // 8).tolist(), (y // 8).tolist(), strict=True))
    assert len(places) == count  # in a square of 8 units fits but one middle
    assert math.hypot(float(np.ptp(x)), float(np.ptp(y))) < (125_000 if shape == "chain" else 4_200)


def test_areas_go_with_amounts() -> None:
    assert discs([100, 25, 1, 0, None, 64], 6, 60).tolist() == [60, 30, 6, 6, 6, 48]
    assert discs([None, 0], 6, 60).tolist() == [6, 6]
    assert discs([], 6, 60).tolist() == []
    assert discs([10**15, 10**15 // 4], 6, 60).tolist() == [60, 30]
