"""The tasks of `benchmarks/algorithms.py` by rustworkx: graphs from lists of pairs, its own algorithms in Rust."""

from collections.abc import Callable
from typing import Any

import numpy as np
import rustworkx as rx

from benchmarks.arrays import Given
from benchmarks.beside import Answer, Task


def _of(child: Any, base: Any, nodes: int) -> rx.PyDiGraph:
    g = rx.PyDiGraph(multigraph=False)
    g.add_nodes_from([None] * nodes)
    g.extend_from_edge_list(list(zip(child.tolist(), base.tolist(), strict=True)))
    return g


def graph(given: Given) -> rx.PyDiGraph:
    """child → base; models without an edge as well."""
    return _of(given.child, given.base, given.n)


def linked(given: Given) -> tuple[rx.PyDiGraph, Any]:
    """The same without the models that have no edge, and which models these are."""
    child, base, touched = given.linked()
    return _of(child, base, len(touched)), touched


def _full(given: Given) -> Answer:
    """What is below every base, as sets; there is nothing for sums, so numpy adds."""
    g = graph(given)
    full = given.downloads.copy()
    for base in np.unique(given.base).tolist():
        below = np.fromiter(rx.ancestors(g, base), np.int64)
        full[base] += given.downloads[below].sum()
    return {"full": full}


def arrows(given: Given) -> tuple[rx.PyDiGraph, Any]:
    """The publisher graph of ours, taken over; a download more on each arrow, as its PageRank has it."""
    from benchmarks.with_lineage import accounts

    ours = accounts(given)
    touched = np.flatnonzero(ours.touched)
    child, base = (np.searchsorted(touched, ends).tolist() for ends in (ours.child, ours.base))
    g = rx.PyDiGraph(multigraph=False)
    g.add_nodes_from([None] * len(touched))
    g.extend_from_weighted_edge_list(list(zip(child, base, (ours.weight + 1.0).tolist(), strict=True)))
    return g, touched


def _exact(g: rx.PyDiGraph, weight_fn: Callable[[Any], float] | None = None) -> Any:
    """It stops when a step changes less than nodes × tol; with the default that is after a step or two."""
    return rx.pagerank(g, tol=1e-13 / max(len(g), 1), max_iter=2000, weight_fn=weight_fn)


def _by_row(name: str, of: str = "models") -> Any:
    """A mapping from node to value as an array over all models or accounts, 0 elsewhere."""

    def answer(given: Given, built: Any, raw: Any) -> Answer:
        out = np.zeros(given.n if of == "models" else len(given.house))
        rows = built[1] if isinstance(built, tuple) else np.arange(given.n)
        out[rows[np.fromiter(raw.keys(), np.int64)]] = np.fromiter(raw.values(), float)
        return {name: out}

    return answer


TASKS = {
    "rollups": Task(lambda given: given, _full, lambda given, built, raw: raw),
    "pagerank": Task(graph, rx.pagerank, _by_row("pagerank")),
    "pagerank_exact": Task(graph, _exact, _by_row("pagerank")),
    "components": Task(
        graph, rx.number_weakly_connected_components, lambda given, g, raw: {"components": np.array(raw)}
    ),
    "betweenness": Task(
        linked, lambda both: rx.betweenness_centrality(both[0], normalized=False), _by_row("betweenness")
    ),
    "publisher_pagerank": Task(arrows, lambda both: _exact(both[0], float), _by_row("pagerank", "accounts")),
}
