"""The tasks of `benchmarks/algorithms.py` by networkx, as its guide has them; loops in Python where it has none."""

from typing import Any

import networkx as nx
import numpy as np

from benchmarks.arrays import RELATIONS, Given
from benchmarks.beside import Answer, Task
from lineage.metrics.brokerage import ROLES


def graph(given: Given) -> nx.DiGraph:
    """child → base; models without an edge as well."""
    g = nx.DiGraph()
    g.add_nodes_from(range(given.n))
    g.add_edges_from(zip(given.child.tolist(), given.base.tolist(), strict=True))
    return g


def linked(given: Given) -> nx.DiGraph:
    """The same without the models that have no edge, which is three fifths of them."""
    g = nx.DiGraph()
    g.add_edges_from(zip(given.child.tolist(), given.base.tolist(), strict=True))
    return g


def _rollups(given: Given) -> Answer:
    """Every base is walked down from once; cycles are contracted where values are divided."""
    own, kind = given.downloads.tolist(), given.relation.tolist()
    g = nx.DiGraph()
    g.add_nodes_from(range(given.n))
    g.add_edges_from(zip(given.base.tolist(), given.child.tolist(), strict=True))
    condensed = nx.condensation(g)
    of = condensed.graph["mapping"]
    members = [sorted(condensed.nodes[c]["members"]) for c in range(len(condensed))]
    full, pairs, by_relation = list(own), 0, {}
    for node in g:
        if not g.succ[node]:
            continue
        sums = by_relation[node] = [0] * (len(RELATIONS) + 1)
        below = nx.single_source_shortest_path_length(g, node)
        pairs += len(below) - 1
        for model in below:
            if model != node:
                full[node] += own[model]
                sums[kind[model]] += own[model]
        for fellow in members[of[node]]:
            if fellow != node:  # within a cycle nobody descends from the others
                pairs -= 1
                sums[kind[fellow]] -= own[fellow]
    split = [sum(own[m] for m in each) for each in members]
    primary = list(split)
    for group in reversed(list(nx.topological_sort(condensed))):
        # By the first of the bases themselves, be it the first of its own cycle or not.
        above_all = sorted({b for m in members[group] for b in g.pred[m] if of[b] != group})
        bases = list(dict.fromkeys(of[b] for b in above_all))
        for place, above in enumerate(bases):
            split[above] += split[group] // len(bases) + (place < split[group] % len(bases))
        if bases:
            primary[bases[0]] += primary[group]
    by_model = np.zeros((given.n, len(RELATIONS) + 1), np.int64)
    by_model[list(by_relation)] = list(by_relation.values())
    mapped = np.array([of[v] for v in range(given.n)])
    return {
        "pairs": np.array(pairs),
        "full": np.array(full),
        "split": np.array(split)[mapped],
        "primary": np.array(primary)[mapped],
        "by_relation": by_model,
    }


def _publisher_graph(given: Given) -> nx.DiGraph:
    """Edge by edge, each repository once for an account that it has a base of."""
    account, downloads, nobody = given.account.tolist(), given.downloads.tolist(), len(given.house)
    g = nx.DiGraph()
    g.add_nodes_from(range(nobody + 1), flow_in=0, flow_out=0)
    flowed, seen = set(), set()
    for model, above in zip(given.child.tolist(), given.base.tolist(), strict=True):
        host, owner = account[model], account[above]
        if host == owner or (model, owner) in seen:
            continue
        seen.add((model, owner))
        g.nodes[owner]["flow_out"] += downloads[model]
        if model not in flowed:
            flowed.add(model)
            g.nodes[host]["flow_in"] += downloads[model]
        if nobody in (host, owner):
            continue
        if g.has_edge(host, owner):
            g[host][owner]["weight"] += downloads[model]
        else:
            g.add_edge(host, owner, weight=downloads[model])
    return g


def _publisher_answer(given: Given, built: Any, g: nx.DiGraph) -> Answer:
    arrows = np.array(sorted(g.edges(data="weight")), np.int64).reshape(-1, 3)
    flows = np.array([(d["flow_in"], d["flow_out"]) for _, d in sorted(g.nodes(data=True))])[: len(given.house)]
    return {"child": arrows[:, 0], "base": arrows[:, 1], "weight": arrows[:, 2],
            "flow_in": flows[:, 0], "flow_out": flows[:, 1]}  # fmt: skip


def arrows(given: Given) -> tuple[nx.DiGraph, list[int]]:
    """The publisher graph of ours, taken over; a download more on each arrow, as its PageRank has it."""
    from benchmarks.with_lineage import accounts

    ours = accounts(given)
    g = nx.DiGraph()
    g.add_nodes_from(np.flatnonzero(ours.touched).tolist())
    g.add_weighted_edges_from(zip(ours.child.tolist(), ours.base.tolist(), (ours.weight + 1).tolist(), strict=True))
    return g, given.house.tolist()


def _roles(both: tuple[nx.DiGraph, list[int]]) -> dict[int, list[int]]:
    """Gould and Fernandez: every a → b → c without a → c, the role of b by the houses of the three."""
    g, house = both
    found = {}
    for b in g:
        counts = found[b] = [0] * len(ROLES)
        mine = house[b]
        for a in g.pred[b]:
            straight, first = g.succ[a], house[a]
            for c in g.succ[b]:
                if c == a or c in straight:
                    continue
                last = house[c]
                if first == mine:
                    counts[0 if last == mine else 3] += 1
                elif last == mine:
                    counts[2] += 1
                else:
                    counts[1 if first == last else 4] += 1
    return found


def _by_row(name: str, rows: int | None = None) -> Any:
    """A mapping from node to value as an array, 0 elsewhere."""

    def answer(given: Given, built: Any, raw: dict[int, float]) -> Answer:
        out = np.zeros(given.n if rows is None else len(given.house))
        out[list(raw)] = list(raw.values())
        return {name: out}

    return answer


def _roles_answer(given: Given, built: Any, raw: dict[int, list[int]]) -> Answer:
    out = np.zeros((len(given.house), len(ROLES)), np.int64)
    if raw:
        out[list(raw)] = list(raw.values())
    return {"roles": out}


def _exact(g: nx.DiGraph, weight: str | None = None) -> Any:
    """It stops when a step changes less than nodes × tol; with the default that is after a step or two."""
    return nx.pagerank(g, tol=1e-13 / max(len(g), 1), max_iter=2000, weight=weight)


TASKS = {
    "rollups": Task(lambda given: given, _rollups, lambda given, built, raw: raw),
    "pagerank": Task(graph, nx.pagerank, _by_row("pagerank")),
    "pagerank_exact": Task(graph, _exact, _by_row("pagerank")),
    "components": Task(
        graph, nx.number_weakly_connected_components, lambda given, g, raw: {"components": np.array(raw)}
    ),
    "betweenness": Task(linked, lambda g: nx.betweenness_centrality(g, normalized=False), _by_row("betweenness")),
    "harmonic": Task(linked, nx.harmonic_centrality, _by_row("harmonic")),
    "publisher_graph": Task(lambda given: given, _publisher_graph, _publisher_answer),
    "publisher_pagerank": Task(arrows, lambda both: _exact(both[0], "weight"), _by_row("pagerank", 1)),
    "brokerage": Task(arrows, _roles, _roles_answer),
}
