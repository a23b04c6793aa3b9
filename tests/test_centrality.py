"""Centrality of models against networkx and plain Python: on drawn graphs of every shape and on both samples."""

from collections import Counter
from functools import cache

import networkx as nx
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from lineage.metrics import ancestry, centrality
from lineage.metrics.betweenness import Betweenness, betweenness
from lineage.metrics.graph import Graph, build
from lineage.session import Session
from tests.test_metrics import Edges, graph_of, nx_of, random_edges

SEEDS = range(300)

WORDS = ("finetune", "adapter", "quantized")
WEIGHTS = np.array([1.0, 0.8, 0.3])


def slow_pagerank(g: nx.DiGraph, weight: str | None = None) -> list[float]:
    found = nx.pagerank(g, alpha=0.85, tol=1e-15, max_iter=2000, weight=weight)
    return [found[v] for v in g.nodes]


def slow_discounted(g: nx.DiGraph) -> list[float]:
    """The equations of the definition, all of them solved at once: an edge passes weight / k on, the rest goes to all."""
    n = len(g)
    matrix = np.zeros((n, n))
    for v in g:
        for _, base, weight in g.out_edges(v, data="weight"):
            matrix[base, v] = weight / g.out_degree(v)
    matrix += (1 - matrix.sum(axis=0)) / n
    return np.linalg.solve(np.eye(n) - 0.85 * matrix, np.full(n, 0.15 / n)).tolist()


def slow_harmonic(g: nx.DiGraph) -> list[float]:
    """Steps between strong groups, the members of each counted; fellow members are no descendants."""
    condensed = nx.condensation(g)
    members = condensed.nodes(data="members")
    of = condensed.graph["mapping"]
    up = condensed.reverse()
    found = {}
    for w in condensed:
        steps = nx.single_source_shortest_path_length(up, w)
        found[w] = sum(len(members[d]) / k for d, k in steps.items() if k)
    return [found[of[v]] for v in g.nodes]


def slow_betweenness(g: nx.DiGraph) -> list[float]:
    found = nx.betweenness_centrality(g, normalized=False)
    return [found[v] for v in g.nodes]


@cache
def drawn_betweenness(seed: int) -> list[float]:
    return slow_betweenness(nx_of(*random_edges(seed)))


def relations_of(graph: Graph) -> np.ndarray:
    return (graph.child * 7 + graph.base * 3) % len(WORDS)


@pytest.mark.parametrize("seed", SEEDS)
def test_pagerank_equals_networkx(seed: int) -> None:
    n, edges = random_edges(seed)
    g, graph = nx_of(n, edges), graph_of(n, edges)
    weight = WEIGHTS[relations_of(graph)]
    for (child, base), value in zip(zip(graph.child.tolist(), graph.base.tolist(), strict=True), weight, strict=True):
        g.edges[child, base]["weight"] = float(value)
    got = centrality.pagerank(graph, centrality.equal(graph))
    assert got == pytest.approx(slow_pagerank(g), rel=1e-11)
    got = centrality.pagerank(graph, centrality.proportional(graph, weight))
    assert got == pytest.approx(slow_pagerank(g, "weight"), rel=1e-11)
    got = centrality.pagerank(graph, centrality.discounted(graph, weight))
    assert got == pytest.approx(slow_discounted(g), rel=1e-11)


@pytest.mark.parametrize("seed", SEEDS)
@pytest.mark.parametrize("bound", [ancestry.BOUND, 3])
def test_harmonic_and_reach_equal_networkx(seed: int, bound: int) -> None:
    n, edges = random_edges(seed)
    g, graph = nx_of(n, edges), graph_of(n, edges)
    closure = ancestry.closure(graph, bound)
    reach = [len(nx.ancestors(g, v) - nx.descendants(g, v)) for v in range(n)]
    assert centrality.reach(graph, closure).tolist() == reach
    got, unknown = centrality.harmonic(graph, closure)
    deep = set(np.flatnonzero(closure.deep).tolist())
    assert unknown.tolist() == [bool((nx.ancestors(g, v) - nx.descendants(g, v)) & deep) for v in range(n)]
    expected = np.array(slow_harmonic(g))
    assert got[~unknown] == pytest.approx(expected[~unknown], rel=1e-12)


@pytest.mark.parametrize("seed", SEEDS)
def test_in_degree_by_relation_adds_up(seed: int) -> None:
    n, edges = random_edges(seed)
    g, graph = nx_of(n, edges), graph_of(n, edges)
    relation = relations_of(graph)
    got = centrality.in_degree_by_relation(n, graph.base, relation, len(WORDS))
    counts = Counter(zip(graph.base.tolist(), relation.tolist(), strict=True))
    assert got.tolist() == [[counts[v, k] for k in range(len(WORDS))] for v in range(n)]
    assert got.sum(axis=1).tolist() == centrality.in_degree(graph).tolist() == [g.in_degree(v) for v in range(n)]


@pytest.mark.parametrize("seed", SEEDS)
def test_betweenness_equals_networkx(seed: int) -> None:
    graph = graph_of(*random_edges(seed))
    for block in (1 << 22, 9, 1):
        got = betweenness(graph, block=block)
        assert not got.left_out and not got.unknown.any()
        assert got.value == pytest.approx(drawn_betweenness(seed), rel=1e-12, abs=1e-12)


@pytest.mark.parametrize("most", [1, 100])
def test_a_bounded_betweenness_is_right_or_not_known(most: int) -> None:
    known = unknown = 0
    for seed in SEEDS[:150]:
        n, edges = random_edges(seed)
        g = nx_of(n, edges)
        got = betweenness(graph_of(n, edges), bound=3, most=most, block=40)
        expected = np.array(drawn_betweenness(seed))
        assert got.value[~got.unknown] == pytest.approx(expected[~got.unknown], rel=1e-12, abs=1e-12)
        assert bool(got.left_out) >= got.unknown.any()
        # Nothing is below a leaf, so no path can lead through it.
        assert not any(got.unknown[v] for v in g if not g.in_degree(v))
        known += int((~got.unknown).sum())
        unknown += int(got.unknown.sum())
    assert known and unknown


def test_more_shortest_paths_than_a_float_counts_are_no_value() -> None:
    """1,100 layers of two models, each made from both of the layer above: 2^1,099 ways from bottom to top."""
    layers = 1100
    edges = [(2 * i + a, 2 * i - 2 + b, 0) for i in range(1, layers) for a in (0, 1) for b in (0, 1)]
    got = betweenness(graph_of(2 * layers, edges))
    assert got.left_out == 2 * (layers - 1025) and np.isfinite(got.value).all()
    assert got.unknown[: 2 * (layers - 1)].all() and not got.unknown[-2:].any()


def test_a_chain_is_exact_and_a_cycle_ends() -> None:
    n = 10_000
    rows = np.arange(n)
    none = np.zeros(n, np.int64)
    chain = build(n, rows[1:], rows[:-1], none[1:])
    assert betweenness(chain).value.tolist() == (rows * (n - 1 - rows)).tolist()
    cycle = betweenness(build(n, rows, np.roll(rows, 1), none))
    assert cycle.left_out == n and cycle.unknown.all()
    small = betweenness(build(60, rows[:60], np.roll(rows[:60], 1), none[:60]))
    assert small.value.tolist() == [58 * 59 / 2] * 60  # each pair of others, and it lies between half of them
    rank = centrality.pagerank(chain, centrality.equal(chain))
    # From the end of the chain up: (1 - d^k) / (1 - d), divided by the sum of all.
    alone = (1 - 0.85 ** (n - rows)) / 0.15
    assert rank == pytest.approx(alone / alone.sum(), rel=1e-11)


def tower(n: int) -> Graph:
    """Merges, each of the two before it."""
    child = np.concatenate([np.arange(1, n), np.arange(2, n)])
    base = np.concatenate([np.arange(n - 1), np.arange(n - 2)])
    return build(n, child, base, np.zeros(len(child), np.int64))


def test_a_tower_of_merges_within_its_bound() -> None:
    g = nx.DiGraph((v, b) for v in range(120) for b in (v - 1, v - 2) if b >= 0)
    exact = betweenness(tower(120), bound=10, block=500)
    found = nx.betweenness_centrality(g, normalized=False)
    expected = [found[v] for v in range(120)]
    assert exact.value == pytest.approx(expected, rel=1e-12) and not exact.left_out
    capped = betweenness(tower(120), bound=10, block=500, most=3000)
    assert 0 < capped.left_out < 120 and capped.unknown[:-1].all() and not capped.unknown[-1]


@pytest.mark.soak
def test_a_tower_of_fifty_thousand_merges_ends() -> None:
    got: Betweenness = betweenness(tower(50_000))
    assert got.left_out > 30_000 and got.unknown.sum() == 49_999


def whole(session: Session) -> tuple[Graph, nx.DiGraph]:
    graph = session.select().graph
    return graph, nx_of(graph.n, [(int(c), int(b), 0) for c, b in zip(graph.child, graph.base, strict=True)])


@pytest.mark.parametrize("name", ["sample", "sample_gguf"])
def test_the_samples_whole(name: str, request: pytest.FixtureRequest) -> None:
    session: Session = request.getfixturevalue(name)
    graph, g = whole(session)
    g.remove_nodes_from(absent := np.flatnonzero(~session.select().lineage.present).tolist())
    models = session.models
    there = np.setdiff1d(np.arange(graph.n), absent)
    assert models.pagerank[absent].isna().all() and models.pagerank.sum() == pytest.approx(1, abs=1e-13)
    assert models.pagerank[there].tolist() == pytest.approx(slow_pagerank(g), rel=1e-9)
    assert models.harmonic[there].tolist() == pytest.approx(slow_harmonic(g), rel=1e-12)
    got = betweenness(graph)
    # Paths stay within a component, and networkx looks at all pairs of what it is given.
    for part in nx.weakly_connected_components(g):
        rows = sorted(part)
        expected = slow_betweenness(g.subgraph(rows)) if len(rows) > 2 else [0.0] * len(rows)
        order = list(g.subgraph(rows).nodes) if len(rows) > 2 else rows
        assert got.value[order] == pytest.approx(expected, rel=1e-12, abs=1e-12)


# --- laws -------------------------------------------------------------------------------------------


@st.composite
def graphs(draw: st.DrawFn) -> tuple[int, Edges]:
    n = draw(st.integers(1, 12))
    pairs = draw(st.sets(st.tuples(st.integers(0, n - 1), st.integers(0, n - 1)), max_size=25))
    return n, [(c, b, 0) for c, b in sorted(pairs)]


@settings(max_examples=100, deadline=None)
@given(graphs(), st.data())
def test_laws_of_pagerank(drawn: tuple[int, Edges], data: st.DataObject) -> None:
    n, edges = drawn
    graph = graph_of(n, edges)
    absent = data.draw(st.sets(st.sampled_from(range(n))))
    touched = {v for c, b, _ in edges for v in (c, b)}
    present = np.array([v in touched or v not in absent for v in range(n)])
    rank = centrality.pagerank(graph, centrality.equal(graph), present)
    assert np.isnan(rank[~present]).all()
    if present.any():
        assert rank[present].sum() == pytest.approx(1, abs=1e-12) and (rank[present] > 0).all()
        # Whom nobody derives from is the least, and all such are equal.
        leaves = present & (centrality.in_degree(graph) == 0)
        assert len(set(rank[leaves].tolist())) <= 1
        assert not leaves.any() or rank[leaves].min() == np.nanmin(rank)
    # With one base each, the weight of a relation changes nothing.
    if len(graph.child) == len(set(graph.child.tolist())):
        weight = WEIGHTS[relations_of(graph)]
        same = centrality.pagerank(graph, centrality.proportional(graph, weight), present)
        assert same == pytest.approx(rank, rel=1e-12, nan_ok=True)


@settings(max_examples=100, deadline=None)
@given(graphs())
def test_laws_of_what_is_below(drawn: tuple[int, Edges]) -> None:
    n, edges = drawn
    graph = graph_of(n, edges)
    closure = ancestry.closure(graph)
    harmonic, _ = centrality.harmonic(graph, closure)
    reach = centrality.reach(graph, closure)
    assert (harmonic <= reach + 1e-9).all() and ((harmonic > 0) == (reach > 0)).all()
    # One more derivative of a row never lowers what is at or above it, and is nothing to all others.
    for v in range(n):
        more = graph_of(n + 1, [*edges, (n, v, 0)])
        longer = ancestry.closure(more)
        assert (centrality.reach(more, longer)[:n] >= reach).all()
        assert (centrality.harmonic(more, longer)[0][:n] >= harmonic).all()
        assert (betweenness(more).value[:n] >= betweenness(graph).value - 1e-12).all()
