"""Places: nothing overlaps, nothing recurses, the same tree stands in the same place."""

import random
from itertools import pairwise

from hypothesis import given, settings
from hypothesis import strategies as st

from lineage.views.families.draw import draw
from lineage.views.families.fold import fold
from lineage.views.families.tree import plant
from lineage.views.pictures.layout import tidy
from tests.families import chain, families, large


@st.composite
def trees(draw: st.DrawFn) -> tuple[list[int], list[float]]:
    """A parent for every node, in preorder, and the room that each takes."""
    rng = random.Random(draw(st.integers(0, 2**32)))
    parent, path = [-1], [0]
    for node in range(1, draw(st.integers(1, 120))):
        del path[rng.randrange(1, len(path) + 1) :]
        parent.append(path[-1])
        path.append(node)
    return parent, [rng.choice((10.0, 31.0, 58.5)) for _ in parent]


def depths(parent: list[int]) -> list[int]:
    deep = [0] * len(parent)
    for node in range(1, len(parent)):
        deep[node] = deep[parent[node]] + 1
    return deep


@settings(max_examples=150, deadline=None)
@given(trees(), st.sampled_from([0.0, 0.5, 1.0]))
def test_nothing_overlaps(tree, lean):
    parent, extent = tree
    places = tidy(parent, extent, 2.0, lean)
    assert abs(min(place - room / 2 for place, room in zip(places, extent, strict=True))) <= 0.051
    levels: dict[int, list[int]] = {}
    for node, deep in enumerate(depths(parent)):
        levels.setdefault(deep, []).append(node)
    for nodes in levels.values():  # in preorder, so from top to bottom: lines do not cross either
        for one, other in pairwise(nodes):
            assert places[other] - extent[other] / 2 >= places[one] + extent[one] / 2 + 1.7


@settings(max_examples=50, deadline=None)
@given(trees())
def test_a_base_stands_where_lean_says(tree):
    parent, extent = tree
    level, middle = tidy(parent, extent, 2.0, 0.0), tidy(parent, extent, 2.0)
    children: dict[int, list[int]] = {}
    for node in range(1, len(parent)):
        children.setdefault(parent[node], []).append(node)
    for base, made in children.items():
        assert abs(level[base] - level[made[0]]) <= 0.11
        assert abs(middle[base] - (middle[made[0]] + middle[made[-1]]) / 2) <= 0.16


def test_small_branches_move_together():
    # a leaf stands right above its sister although the sister's own children reach higher
    assert tidy([-1, 0, 0, 2, 2, 2], [10.0] * 6, 0.0) == [10.0, 5.0, 15.0, 5.0, 15.0, 25.0]


def test_long_chains_and_wide_stars():
    assert tidy([-1, *range(9_999)], [10.0] * 10_000, 2.0) == [5.0] * 10_000
    assert tidy([-1] + [0] * 9_999, [10.0] * 10_000, 0.0, 0.0)[-1] == 99_985.0
    comb = [-1]
    for node in range(1, 20_001):  # a chain in which every model also has a leaf
        comb.append(node - 1 if node % 2 else max(0, node - 2))
    assert len(tidy(comb, [10.0] * len(comb), 2.0)) == 20_001


def test_one_node():
    assert tidy([-1], [31.0], 2.0) == [15.5]


@settings(max_examples=60, deadline=None)
@given(families(), st.sampled_from([8, 60]))
def test_labels_of_a_picture_do_not_collide(family, nodes):
    check_picture(draw(family, fold(plant(family), nodes), ()))


def test_labels_of_large_pictures_do_not_collide():
    for family in (large(), chain(300)):
        check_picture(draw(family, fold(plant(family)), ()))


def check_picture(picture) -> None:
    boxes = []
    for place, node in enumerate(picture.nodes):
        assert node.room > 40
        half = max(node.size, 14.5)
        boxes.append((node.x - node.size, node.y - half, node.x + node.size + 7 + node.room, node.y + half, place))
        assert node.x - node.size >= 0
        assert node.x + node.size + 7 + node.room <= picture.width + 4
        assert node.y - half >= 0
        assert node.y + half <= picture.height + 4
    for one in boxes:
        for other in boxes:
            apart = one[2] <= other[0] or other[2] <= one[0] or one[3] <= other[1] or other[3] <= one[1]
            assert one[4] == other[4] or apart, (picture.nodes[one[4]], picture.nodes[other[4]])
