"""Ranks to thirteen digits: what is equal in fractions is equal in floats, and stands A–Z."""

import random
from fractions import Fraction

import networkx as nx
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from lineage.metrics.betweenness import betweenness
from lineage.metrics.digits import DIGITS, rounded
from lineage.metrics.publisher_betweenness import betweenness as of_publishers
from tests.test_metrics import graph_of
from tests.test_publisher_metrics import arrows_only
from tests.twin import Row, edge, opened

USUAL = st.floats(1e-11, 1e15)


def plain(value: float) -> float:
    return float(f"{value:.{DIGITS - 1}e}")


@given(st.lists(st.fractions(Fraction(1, 10**9), 10**12), max_size=20))
def test_it_is_what_printing_gives(values: list[Fraction]) -> None:
    given_ = [float(v) for v in values]
    got = rounded(np.array(given_, float)).tolist()
    for value, one in zip(given_, got, strict=True):
        # A product rounds once more, so what lies just at the half may go to the other side.
        unit = abs(plain(value) - plain(value * (1 + 3e-13)))
        assert one in (plain(value), plain(plain(value) + unit), plain(plain(value) - unit))
        assert abs(one - value) <= value * 5.0001e-13


@given(st.lists(st.floats(0, allow_infinity=False), min_size=1, max_size=20))
def test_order_stays_and_twice_is_once(values: list[float]) -> None:
    values.sort()
    got = rounded(np.array(values))
    assert (np.diff(got) >= 0).all()
    assert rounded(got).tolist() == got.tolist()
    assert got.tolist() == pytest.approx(values, rel=1e-12, abs=0)


def test_the_last_bit_does_not_count() -> None:
    pairs = [(15.499999999999998, 15.5), (4.833333333333333, 4.833333333333334), (0.9999999999999999, 1.0),
             (7.999999999999999, 8.0), (99.99999999999999, 100.0)]  # fmt: skip
    for one, other in pairs:
        assert rounded(np.array([one])).tolist() == rounded(np.array([other])).tolist()
    odd = [0.0, np.nan, np.inf, 1e-300, 1e300]
    assert rounded(np.array(odd)).tolist() == pytest.approx(odd, rel=0, abs=0, nan_ok=True)
    assert rounded(np.array([])).tolist() == []


def exact(n: int, arrows: list[tuple[int, int]]) -> list[Fraction]:
    """Betweenness in fractions, by all shortest paths one by one."""
    g = nx.DiGraph()
    g.add_nodes_from(range(n))
    g.add_edges_from(arrows)
    found = [Fraction()] * n
    for s in g:
        for t in nx.descendants(g, s):
            paths = list(nx.all_shortest_paths(g, s, t))
            for path in paths:
                for v in path[1:-1]:
                    found[v] += Fraction(1, len(paths))
    return found


@pytest.mark.parametrize("seeds", [range(300), range(300, 600)], ids=str)
def test_equal_betweenness_is_equal(seeds: range) -> None:
    ties = 0
    for seed in seeds:
        draw = random.Random(seed)
        arrows = sorted({(v, w) for v in range(9) for w in range(v) if draw.random() < 0.5})
        names = list(range(9))
        draw.shuffle(names)  # else the order of adding is always that of the numbers
        arrows = [(names[v], names[w]) for v, w in arrows]
        expected = exact(9, arrows)
        for got in (
            betweenness(graph_of(9, [(v, w, 0) for v, w in arrows])).value,
            of_publishers(arrows_only(9, arrows))[0],
        ):
            assert got.tolist() == pytest.approx([float(v) for v in expected], rel=1e-12)
            for v in range(9):
                for w in range(v):
                    assert (got[v] == got[w]) == (expected[v] == expected[w])
                    ties += expected[v] == expected[w] and expected[v].denominator > 2
    assert ties > 5


def test_equal_pageranks_stand_from_a_to_z() -> None:
    """Two bases, each with four merges that divide their rank among 1, 2, 2 and 4: in another order of names."""
    models: dict[str, Row] = {name: {"downloads": 1} for name in ("a/p", "b/q", "z/1", "z/2", "z/3")}
    edges = []
    for base, order in (("a/p", (4, 2, 1, 2)), ("b/q", (1, 2, 2, 4))):
        for number, many in enumerate(order):
            child = f"m{number}/{base[0]}"
            models[child] = {"downloads": 1}
            edges += [edge(child, one, "merge", position=i)
                      for i, one in enumerate([base, "z/1", "z/2", "z/3"][:many])]  # fmt: skip
    rows = opened(models, edges).table("rank").to_pylist()
    two = [row for row in rows if row["id"] in ("a/p", "b/q")]
    assert [row["id"] for row in two] == ["a/p", "b/q"]
    assert two[0]["pagerank"] == two[1]["pagerank"]
