"""The metrics on the publisher graph against slow obvious twins: networkx and plain Python."""

import random
from collections import defaultdict
from collections.abc import Iterable
from fractions import Fraction

import networkx as nx
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from lineage.metrics import bits, publisher_betweenness, publisher_harmonic, publisher_reach, publishers
from lineage.metrics.publisher_betweenness import betweenness
from lineage.metrics.publisher_harmonic import harmonic
from lineage.metrics.publisher_reach import reach
from lineage.metrics.publishers import PublisherGraph

#: Accounts, and models as (account or None for an id without one, downloads), and edges child → base of models.
Hub = tuple[int, list[tuple[int | None, int]], list[tuple[int, int]]]


def random_hub(seed: int) -> Hub:
    """Few accounts with many models, so that they derive from each other; sparse, cyclic, layered or all to a hub."""
    r = random.Random(seed)
    accounts, many = r.randint(1, 14), r.randint(1, 50)
    if seed % 10 == 9:
        accounts, many = 70, 90
    worth = (0, 0, 1, 7, 10**6, 10**12)
    models = [(None if r.random() < 0.1 else r.randrange(accounts), r.choice(worth)) for _ in range(many)]
    shape = seed % 5
    if shape == 0:
        pairs = {(r.randrange(many), r.randrange(many)) for _ in range(many // 2)}
    elif shape == 1:
        pairs = {(r.randrange(many), r.randrange(many)) for _ in range(2 * many)}
    elif shape == 2:  # accounts in a row, each of which derives from smaller ones only
        pairs = {(r.randrange(many), r.randrange(many)) for _ in range(2 * many)}
        pairs = {(c, b) for c, b in pairs if (models[c][0] or 0) >= (models[b][0] or 0)}
    elif shape == 3:
        pairs = {(c, r.randrange(max(1, many // 10))) for c in range(many) for _ in range(r.randint(0, 3))}
    else:
        pairs = {(c, (c + 1) % many) for c in range(many)} | {(r.randrange(many), r.randrange(many)) for _ in range(3)}
    return accounts, models, sorted((c, b) for c, b in pairs if c != b)


def graph_of(hub: Hub) -> PublisherGraph:
    n, models, edges = hub
    publisher = np.array([n if a is None else a for a, _ in models], np.int64)
    value = np.array([v for _, v in models], np.int64)
    child, base = np.array(edges, np.int64).reshape(-1, 2).T
    return publishers.build(publisher, child, base, value, n)


class Twin:
    """The publisher graph the obvious way: repository by repository."""

    def __init__(self, hub: Hub) -> None:
        n, models, edges = hub
        above: dict[int, set[int | None]] = defaultdict(set)  # repository → accounts of its bases
        self.touched: set[int] = set()
        for child, base in edges:
            above[child].add(models[base][0])
            self.touched |= {a for a in (models[child][0], models[base][0]) if a is not None}
        self.flow_in, self.flow_out = [0] * n, [0] * n
        self.nameless = [0] * n
        self.weight: dict[tuple[int, int], int] = defaultdict(int)
        for repository, owners in above.items():
            host, value = models[repository]
            foreign = owners - {host}
            if foreign and host is not None:
                self.flow_in[host] += value
            for owner in foreign - {None}:
                assert owner is not None
                self.flow_out[owner] += value
                if host is None:
                    self.nameless[owner] += value
                else:
                    self.weight[host, owner] += value
        self.graph = nx.DiGraph()
        self.graph.add_nodes_from(sorted(self.touched))
        self.graph.add_edges_from(sorted(self.weight))
        for (child, base), value in self.weight.items():
            self.graph[child][base]["weight"] = value + 1


SEEDS = range(300)


@pytest.mark.parametrize("seeds", [SEEDS[i : i + 50] for i in range(0, 300, 50)], ids=str)
def test_arrows_flows_and_pagerank_are_the_twins(seeds: range) -> None:
    for seed in seeds:
        hub = random_hub(seed)
        g, twin = graph_of(hub), Twin(hub)
        arrows = list(zip(g.child.tolist(), g.base.tolist(), strict=True))
        assert arrows == sorted(twin.weight)
        assert g.weight.tolist() == [twin.weight[a] for a in arrows]
        assert (g.flow_in.tolist(), g.flow_out.tolist()) == (twin.flow_in, twin.flow_out)
        assert set(np.flatnonzero(g.touched).tolist()) == twin.touched
        degree = publishers.in_degree(g)
        assert {v: int(degree[v]) for v in twin.touched} == dict(twin.graph.in_degree())
        ranks = publishers.pagerank(g)
        expected = nx.pagerank(twin.graph, tol=1e-15, max_iter=10_000) if twin.touched else {}
        assert ranks[~g.touched].sum() == 0
        assert ranks[sorted(expected)].tolist() == pytest.approx([expected[v] for v in sorted(expected)], rel=1e-9)
        assert ranks.sum() == pytest.approx(1.0 if twin.touched else 0.0, abs=1e-12)


@settings(deadline=None)
@given(st.integers(0, 10**6))
def test_what_flows_out_flows_along_the_arrows(seed: int) -> None:
    """To each account as much as its arrows carry and repositories without an account add.

    From each as much as its arrows carry, too, where none of its repositories stands on two others' or on a base
    without an account; in general at most, as a repository is in several arrows and flows once.
    """
    hub = random_hub(seed)
    g, twin = graph_of(hub), Twin(hub)
    coming, going = np.zeros(g.n, np.int64), np.zeros(g.n, np.int64)
    np.add.at(coming, g.base, g.weight)
    np.add.at(going, g.child, g.weight)
    assert (g.flow_out - coming).tolist() == twin.nameless
    _, models, edges = hub
    above = defaultdict(set)
    for child, base in edges:
        if models[child][0] != models[base][0]:
            above[child].add(models[base][0])
    # Exactly: of a repository with k others above it, k − 1 are too many, and one too few where it has no named one.
    extra = [0] * g.n
    for repository, others in above.items():
        host, value = models[repository]
        if host is not None:
            extra[host] += value * (len(others - {None}) - 1)
    assert (going - g.flow_in).tolist() == extra


def test_an_account_without_downloads_has_a_say() -> None:
    # 0 and 1 both derive from 2; 0 also from 3, with three times the downloads.
    g = graph_of((5, [(0, 0), (0, 3), (1, 0), (2, 9), (3, 9), (4, 5)], [(0, 3), (1, 4), (2, 3)]))
    assert list(zip(g.child.tolist(), g.base.tolist(), g.weight.tolist(), strict=True)) == [
        (0, 2, 0),
        (0, 3, 3),
        (1, 2, 0),
    ]
    ranks = publishers.pagerank(g)
    assert ranks[4] == 0 and ranks[0] == ranks[1]
    whole = 4 + 0.85 * 2
    assert ranks.tolist() == pytest.approx(
        [1 / whole, 1 / whole, (1 + 0.85 * 1.2) / whole, (1 + 0.85 * 0.8) / whole, 0]
    )


def test_nothing_at_all() -> None:
    for hub in ((0, [], []), (3, [(0, 1), (None, 2)], []), (1, [(None, 1), (None, 5)], [(0, 1)])):
        g = graph_of(hub)
        assert not g.touched.any() and not len(g.child)
        assert publishers.pagerank(g).tolist() == publishers.in_degree(g).tolist() == [0] * g.n


# --- paths --------------------------------------------------------------------------------------------


def distances(graph: nx.DiGraph, of: int) -> list[int]:
    """Steps to it from everybody else from whom arrows lead there."""
    return [d for d in nx.single_target_shortest_path_length(graph, of).values() if d]


def harmonic_twin(graph: nx.DiGraph, n: int) -> list[float]:
    """In fractions, and these to thirteen digits."""
    sums = [sum((Fraction(1, d) for d in distances(graph, v)), Fraction()) if v in graph else 0 for v in range(n)]
    return [float(f"{float(one):.12e}") for one in sums]


TINY = [
    (bits, "_NEXT", 3),
    (publisher_harmonic, "_WORDS", 1),
    (publisher_harmonic, "_NEAR", 2),
    (publisher_reach, "_HELD", 1),
]


@pytest.mark.parametrize("tiny", [False, True])
def test_reach_and_harmonic_are_the_twins(tiny: bool, monkeypatch: pytest.MonkeyPatch) -> None:
    for module, name, value in TINY if tiny else ():
        monkeypatch.setattr(module, name, value)
    for seed in SEEDS[:: 3 if tiny else 1]:
        hub = random_hub(seed)
        g, graph = graph_of(hub), Twin(hub).graph
        assert reach(g).tolist() == [len(distances(graph, v)) if v in graph else 0 for v in range(g.n)]
        assert harmonic(g).tolist() == harmonic_twin(graph, g.n)


@pytest.mark.parametrize("pairs", [1, 300, publisher_betweenness._PAIRS])
def test_betweenness_is_the_twins(pairs: int, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(publisher_betweenness, "_PAIRS", pairs)
    for seed in SEEDS[:: 1 if pairs == 300 else 6]:
        hub = random_hub(seed)
        g, graph = graph_of(hub), Twin(hub).graph
        found, estimated = betweenness(g)
        expected = nx.betweenness_centrality(graph, normalized=False)
        assert not estimated
        assert found.tolist() == pytest.approx([expected.get(v, 0.0) for v in range(g.n)], rel=1e-12)


@pytest.mark.parametrize("pivots", [1, 5])
def test_estimated_betweenness_is_that_of_its_pivots(pivots: int) -> None:
    marked = 0
    for seed in SEEDS[::5]:
        hub = random_hub(seed)
        g, graph = graph_of(hub), Twin(hub).graph
        largest = max(map(len, nx.strongly_connected_components(graph)), default=0)
        sources = sorted(v for v, many in graph.out_degree() if many)
        assert not betweenness(g, exact_up_to=largest, pivots=pivots)[1]
        found, estimated = betweenness(g, exact_up_to=largest - 1, pivots=pivots)
        assert estimated == (len(sources) > pivots)
        if estimated:
            mine = [sources[i * len(sources) // pivots] for i in range(pivots)]
            expected = nx.betweenness_centrality_subset(graph, mine, sorted(graph))
            scaled = [expected.get(v, 0.0) * len(sources) / pivots for v in range(g.n)]
            assert found.tolist() == pytest.approx(scaled, rel=1e-12)
            marked += 1
    assert marked > 4


def arrows_only(n: int, arrows: Iterable[tuple[int, int]]) -> PublisherGraph:
    """The graph with these arrows: one model an account, and an edge an arrow."""
    return graph_of((n, [(a, 1) for a in range(n)], sorted(arrows)))


@pytest.mark.parametrize("many", [3, 70, 300])
def test_a_ring_and_a_row(many: int) -> None:
    ring = arrows_only(many, [(v, (v + 1) % many) for v in range(many)])
    assert reach(ring).tolist() == [many - 1] * many
    whole = float(sum(Fraction(1, d) for d in range(1, many)))
    assert harmonic(ring).tolist() == pytest.approx([whole] * many, rel=1e-12)
    assert betweenness(ring)[0].tolist() == [(many - 1) * (many - 2) / 2] * many
    row = arrows_only(many, [(v, v + 1) for v in range(many - 1)])
    assert reach(row).tolist() == list(range(many))
    assert harmonic(row)[-1] == pytest.approx(whole, rel=1e-12)
    assert betweenness(row)[0].tolist() == [v * (many - 1 - v) for v in range(many)]


@pytest.mark.parametrize(
    ("many", "scaled_from"), [(40, 1e3), pytest.param(1_100, publisher_betweenness._MANY, marks=pytest.mark.soak)]
)
def test_paths_double_at_every_fork_and_do_not_overflow(
    many: int, scaled_from: float, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A row of diamonds, half of the paths through each side; of 1,100 there are more paths than a float can say."""
    monkeypatch.setattr(publisher_betweenness, "_MANY", scaled_from)
    arrows = [(3 * i, 3 * i + side) for i in range(many) for side in (1, 2)]
    arrows += [(3 * i + side, 3 * i + 3) for i in range(many) for side in (1, 2)]
    found, estimated = betweenness(arrows_only(3 * many + 1, arrows))
    assert not estimated
    joints = np.arange(many + 1)
    # Before a joint lie three accounts a diamond, and behind it as many.
    assert found[3 * joints].tolist() == [9 * int(j) * (many - int(j)) for j in joints]
    # To its other side no path leads from a side, so half of the pairs of all that lie before and behind.
    sides = [(3 * i + 1) * (3 * (many - i - 1) + 1) / 2 for i in range(many)]
    assert found[1::3].tolist() == pytest.approx(sides, rel=1e-12)
    assert found[2::3].tolist() == pytest.approx(sides, rel=1e-12)
