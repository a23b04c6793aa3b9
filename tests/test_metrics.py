"""The metrics against slow obvious twins: networkx and plain Python."""

import random

import networkx as nx
import numpy as np
import pytest

from lineage.metrics import ancestry, centrality, rollup
from lineage.metrics.graph import NO_POSITION, Graph, build

Edges = list[tuple[int, int, int]]


def random_edges(seed: int) -> tuple[int, Edges]:
    """A graph with one of five shapes: sparse, cyclic, layered with diamonds, wide merges, a tower."""
    r = random.Random(seed)
    n = r.randint(1, 40)
    shape = seed % 5
    pairs: set[tuple[int, int]] = set()
    if shape == 0:
        pairs = {(r.randrange(n), r.randrange(n)) for _ in range(n // 2)}
    elif shape == 1:
        pairs = {(r.randrange(n), r.randrange(n)) for _ in range(2 * n)}
    elif shape == 2:
        pairs = {(c, b) for c in range(1, n) for b in r.sample(range(c), min(c, r.randint(0, 3)))}
    elif shape == 3:
        n = 100
        pairs = {(c, b) for c in range(70, 100) for b in r.sample(range(70), 64 if c % 5 == 0 else 2)}
        pairs |= {(99, 71), (71, 99)} if r.random() < 0.5 else {(99, 98)}
    else:
        pairs = {(c, b) for c in range(1, n) for b in range(max(0, c - 4), c)}
    pairs |= {(v, v) for v in range(n) if r.random() < 0.05}
    return n, [(c, b, r.choice([0, 1, 2, NO_POSITION])) for c, b in sorted(pairs)]


def graph_of(n: int, edges: Edges) -> Graph:
    columns = np.array(edges, np.int64).reshape(-1, 3).T
    return build(n, columns[0], columns[1], columns[2])


def nx_of(n: int, edges: Edges) -> nx.DiGraph:
    g = nx.DiGraph()
    g.add_nodes_from(range(n))
    g.add_edges_from((c, b) for c, b, _ in edges if c != b)
    return g


SEEDS = range(200)


@pytest.mark.parametrize("seed", SEEDS)
@pytest.mark.parametrize("bound", [ancestry.BOUND, 3])
def test_full_and_ancestry_equal_networkx(seed: int, bound: int) -> None:
    n, edges = random_edges(seed)
    g, graph = nx_of(n, edges), graph_of(n, edges)
    found = ancestry.closure(graph, bound)
    values = np.array([random.Random(seed + i).randint(0, 10**12) for i in range(n)], np.int64)
    # Child → base, so what networkx calls ancestors is what was derived.
    expected = [int(values[v]) + sum(int(values[d]) for d in nx.ancestors(g, v)) for v in range(n)]
    assert rollup.full(graph, found, values).tolist() == expected
    group = {v: frozenset(c) for c in nx.strongly_connected_components(g) for v in c}
    condensed = nx.condensation(g)
    of = condensed.graph["mapping"]
    pairs = set()
    for v in range(n):
        for w, d in nx.single_source_shortest_path_length(condensed, of[v]).items():
            pairs |= {(v, a, d) for a in condensed.nodes[w]["members"] if a not in group[v]}
    above = {v: {(v, a, d) for (m, a, d) in pairs if m == v} for v in range(n)}
    deep = {v for v in range(n) if len(above[v]) > bound}
    assert set(np.flatnonzero(found.deep).tolist()) == deep
    stored = list(zip(found.model.tolist(), found.ancestor.tolist(), found.distance.tolist(), strict=True))
    assert set(stored) == {p for p in pairs if p[0] not in deep}
    assert stored == sorted(stored) and len(stored) == len(set(stored))


@pytest.mark.parametrize("seed", SEEDS)
@pytest.mark.parametrize("bound", [ancestry.BOUND, 3])
def test_by_relation_counts_each_descendant_once(seed: int, bound: int) -> None:
    n, edges = random_edges(seed)
    g, graph = nx_of(n, edges), graph_of(n, edges)
    found = ancestry.closure(graph, bound)
    relation = np.array([random.Random(i * 7 + seed).randrange(4) for i in range(n)])
    got = rollup.by_relation(graph, found, np.ones(n, np.int64), relation, 4)
    for v in range(n):
        below = nx.ancestors(g, v) - nx.descendants(g, v)  # fellow members of a cycle are no descendants
        assert got[v].tolist() == [sum(1 for d in below if relation[d] == k) for k in range(4)]


def slow_split(n: int, edges: Edges, values: list[int], first_only: bool) -> list[int]:
    """Design §4 in plain Python, without any array."""
    g = nx_of(n, edges)
    group = {v: min(c) for c in nx.strongly_connected_components(g) for v in c}
    total = dict.fromkeys(set(group.values()), 0)
    for v in range(n):
        total[group[v]] += values[v]
    keys: dict[int, dict[int, tuple[int, int]]] = {}
    for c, b, p in edges:
        if group[c] != group[b]:
            to = keys.setdefault(group[c], {})
            to[group[b]] = min(to.get(group[b], (2**40, 0)), (p, b))
    order = nx.DiGraph()
    order.add_nodes_from(total)
    order.add_edges_from((c, b) for c, to in keys.items() for b in to)
    for v in nx.topological_sort(order):
        bases = sorted(keys.get(v, {}), key=lambda b: keys[v][b])
        if not bases:
            continue
        if first_only:
            bases = bases[:1]
        share, rest = divmod(total[v], len(bases))
        for i, b in enumerate(bases):
            total[b] += share + (i < rest)
    return [total[group[v]] for v in range(n)]


@pytest.mark.parametrize("seed", SEEDS)
def test_split_and_primary_equal_the_definition(seed: int) -> None:
    n, edges = random_edges(seed)
    graph = graph_of(n, edges)
    values = [random.Random(seed * 31 + i).randint(0, 1000) for i in range(n)]
    array = np.array(values, np.int64)
    split, primary = rollup.split(graph, array), rollup.primary(graph, array)
    assert split.tolist() == slow_split(n, edges, values, False)
    assert primary.tolist() == slow_split(n, edges, values, True)
    assert int(split[graph.is_root].sum()) == sum(values) == int(primary[graph.is_root].sum())


@pytest.mark.parametrize("seed", SEEDS)
def test_generations_components_children(seed: int) -> None:
    n, edges = random_edges(seed)
    g, graph = nx_of(n, edges), graph_of(n, edges)
    condensed = nx.condensation(g).reverse()
    longest: dict[int, int] = {}
    for w in nx.topological_sort(condensed):
        longest[w] = max((longest[p] + 1 for p in condensed.predecessors(w)), default=0)
    of = nx.condensation(g).graph["mapping"]
    assert graph.generation.tolist() == [longest[of[v]] for v in range(n)]
    assert graph.components() == nx.number_weakly_connected_components(g)
    assert centrality.in_degree(graph).tolist() == [g.in_degree(v) for v in range(n)]


def test_the_bound_is_halved_until_the_pairs_fit() -> None:
    n, edges = 60, [(c, c - 1, 0) for c in range(1, 60)]
    found = ancestry.closure(graph_of(n, edges), bound=1000, most=300)
    assert found.bound < 60 and len(found.model) <= 300
    values = np.ones(n, np.int64)
    assert rollup.full(graph_of(n, edges), found, values).tolist() == [60 - v for v in range(n)]


def test_a_large_cycle_and_what_hangs_on_it() -> None:
    n = 2002
    edges = [(i, (i + 1) % 2000, 0) for i in range(2000)] + [(2000, 5, 0), (2001, 2000, 0)]
    graph = graph_of(n, edges)
    found = ancestry.closure(graph)
    assert found.deep[2000] and found.deep[2001] and not found.deep[:2000].any()
    full = rollup.full(graph, found, np.ones(n, np.int64))
    assert set(full[:2000].tolist()) == {2002} and full[2000] == 2 and full[2001] == 1


def test_no_edges_at_all() -> None:
    graph = graph_of(3, [])
    found = ancestry.closure(graph)
    assert len(found.model) == 0 and graph.components() == 3
    assert rollup.split(graph, np.array([1, 2, 3])).tolist() == [1, 2, 3]
    assert centrality.in_degree(graph).tolist() == [0, 0, 0]
