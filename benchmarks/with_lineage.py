"""The tasks of `benchmarks/algorithms.py` by ours: arrays in, arrays out."""

from typing import Any

import numpy as np

from benchmarks.arrays import RELATIONS, Given
from benchmarks.beside import Answer, Task
from lineage.metrics import ancestry, brokerage, centrality, publishers, rollup
from lineage.metrics import graph as graphs
from lineage.metrics.betweenness import betweenness


def graph(given: Given) -> graphs.Graph:
    return graphs.build(given.n, given.child, given.base, np.full(len(given.child), graphs.NO_POSITION))


def accounts(given: Given) -> publishers.PublisherGraph:
    """The publisher graph, which is what the tasks on it are given, whatever the tool."""
    return publishers.build(given.account, given.child, given.base, given.downloads, len(given.house))


def outside_cycles(g: graphs.Graph) -> Any:
    """bool[n]: models that are neither in a cycle nor above one: there all tools mean the same by a descendant."""
    return ~ancestry.any_below(g, g.size[g.group] > 1) & (g.size[g.group] == 1)


def _rollups(given: Given) -> Answer:
    g = graph(given)
    closure = ancestry.closure(g)
    return {
        "pairs": np.array(len(closure.model)),
        "full": rollup.full(g, closure, given.downloads),
        "split": rollup.split(g, given.downloads),
        "primary": rollup.primary(g, given.downloads),
        "by_relation": rollup.by_relation(g, closure, given.downloads, given.relation, len(RELATIONS) + 1),
    }


def _publisher_answer(given: Given, built: Any, g: publishers.PublisherGraph) -> Answer:
    return {
        "child": g.child,
        "base": g.base,
        "weight": g.weight,
        "flow_in": g.flow_in,
        "flow_out": g.flow_out,
    }


TASKS = {
    # Here the graph is part of what is promised.
    "rollups": Task(lambda given: given, _rollups, lambda given, built, raw: raw),
    "pagerank": Task(
        graph, lambda g: centrality.pagerank(g, centrality.equal(g)), lambda given, g, raw: {"pagerank": raw}
    ),
    "components": Task(graph, lambda g: g.components(), lambda given, g, raw: {"components": np.array(raw)}),
    "betweenness": Task(graph, betweenness, lambda given, g, raw: {"betweenness": raw.value}),
    "harmonic": Task(
        graph,
        lambda g: centrality.harmonic(g, ancestry.closure(g))[0],
        lambda given, g, raw: {"harmonic": raw, "comparable": outside_cycles(g)},
    ),
    "publisher_graph": Task(lambda given: given, accounts, _publisher_answer),
    "publisher_pagerank": Task(accounts, publishers.pagerank, lambda given, g, raw: {"pagerank": raw}),
    "brokerage": Task(
        lambda given: (accounts(given), given.house),
        lambda both: brokerage.roles(*both),
        lambda given, both, raw: {"roles": raw},
    ),
}
