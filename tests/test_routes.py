"""Lines between columns run in the gaps between names, whatever stands there; the sums of the largest; small words."""

from itertools import combinations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from lineage.views import wording
from lineage.views.charts.holding import together
from lineage.views.pictures.picture import Node
from lineage.views.pictures.routes import ABOVE, BELOW, EDGE, Routes
from lineage.views.reports import cells


def node(x: float, y: float, size: float = 6.0) -> Node:
    return Node("model", f"a/{x}-{y}", "m", "a", "other", "", (), (), x, y, size, 100.0, 1, 0, 1, 0)


#: Columns of rows that stand at least as far apart as the pictures put them.
columns = st.lists(st.lists(st.integers(0, 12), min_size=1, max_size=6, unique=True), min_size=3, max_size=5)


@settings(max_examples=200, deadline=None)
@given(columns)
def test_no_line_crosses_a_name(places: list[list[int]]) -> None:
    nodes = [node(300.0 * x, 30 + 42.0 * place) for x, column in enumerate(places) for place in column]
    high = 30 + 42.0 * 13
    for number, base in enumerate(nodes):
        for child in (each for each in nodes if each.x > base.x):
            way = Routes(nodes, high).levels(base, child, number)
            assert [x for x, _ in way] == sorted({n.x for n in nodes if base.x < n.x < child.x})
            for x, y in way:
                assert EDGE <= y <= high
                assert not any(n.y - ABOVE < y < n.y + BELOW for n in nodes if n.x == x)


def test_the_gap_on_the_shortest_way_is_taken() -> None:
    base, child = node(0, 300), node(600, 100)
    between = [node(300, 58), node(300, 100), node(300, 142), node(300, 300)]
    [(x, y)] = Routes([base, *between, child], 400).levels(base, child, 0)
    assert x == 300 and 100 + BELOW <= y <= 142 - ABOVE


def test_lines_to_different_bases_run_apart_and_to_one_base_together() -> None:
    one, other, child = node(0, 100), node(0, 140), node(600, 100)
    routes = Routes([one, other, child, node(300, 79), node(300, 121)], 300)
    first, second, again = (routes.levels(base, child, number)[0] for base, number in ((one, 0), (other, 1), (one, 0)))
    assert first == again and (first[1] == second[1]) is False


rows = st.lists(st.integers(0, 10**15), max_size=130)


@given(rows)
def test_the_largest_together(amounts: list[int]) -> None:
    total = sum(amounts)
    found = together([{"key": f"a{i}", "numerator": n} for i, n in enumerate(amounts)], "family", len(amounts), total)
    for rank, held in found:
        slow = max((sum(some) for some in combinations(amounts, rank)), default=0) if rank == 1 else None
        assert held == (sum(sorted(amounts)[-rank:]) if slow is None else slow)
    assert not amounts or found[-1] == (len(amounts), total)
    assert [rank for rank, _ in found] == sorted({r for r in (1, 10, 100) if r < len(amounts)} | {len(amounts)} - {0})


def test_what_is_summed_up_is_nobody() -> None:
    rows = [{"key": k, "numerator": n} for k, n in (("(others)", 50), ("(unknown)", 9), ("a", 5), ("b", 3))]
    assert together(rows, "publisher", 12, 70)[0] == (1, 9)
    assert together(rows, "family", 12, 70)[0] == (1, 5)


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (1.0, "1.000"),
        (0.0, "0.000"),
        (0.99995, ">\u00a00.999"),
        (0.0004, "<\u00a00.001"),
        (0.0435, "0.044"),
        (0.9994, "0.999"),
    ],
)
def test_an_index_is_one_only_where_it_is(value: float, text: str) -> None:
    assert cells.index(value) == text


def test_apostrophes_of_prose() -> None:
    assert wording.prose("the Hub's, others' models and a snapshot's.") == (
        "the Hub’s, others’ models and a snapshot’s."
    )
