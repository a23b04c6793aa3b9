"""The tasks of `benchmarks/algorithms.py` by igraph: graphs from arrays of pairs, its own algorithms in C."""

from typing import Any

import igraph
import numpy as np

from benchmarks.arrays import Given
from benchmarks.beside import Answer, Task


def _of(child: Any, base: Any, nodes: int) -> igraph.Graph:
    return igraph.Graph(n=nodes, edges=np.column_stack([child, base]), directed=True)


def graph(given: Given) -> igraph.Graph:
    """child → base; models without an edge as well."""
    return _of(given.child, given.base, given.n)


def linked(given: Given) -> tuple[igraph.Graph, Any]:
    """The same without the models that have no edge, and which models these are."""
    child, base, touched = given.linked()
    return _of(child, base, len(touched)), touched


def _full(given: Given) -> Answer:
    """What is below every base, as lists; there is nothing for sums, so numpy adds."""
    g = graph(given)
    full = given.downloads.copy()
    bases = np.unique(given.base)
    below = g.neighborhood(bases.tolist(), order=given.n, mode="in", mindist=1)
    counts = np.fromiter(map(len, below), np.int64)
    models = np.fromiter((m for each in below for m in each), np.int64, counts.sum())
    np.add.at(full, np.repeat(bases, counts), given.downloads[models])
    return {"full": full}


def arrows(given: Given) -> tuple[igraph.Graph, Any]:
    """The publisher graph of ours, taken over; a download more on each arrow, as its PageRank has it."""
    from benchmarks.with_lineage import accounts

    ours = accounts(given)
    touched = np.flatnonzero(ours.touched)
    g = _of(np.searchsorted(touched, ours.child), np.searchsorted(touched, ours.base), len(touched))
    g.es["weight"] = (ours.weight + 1).tolist()
    return g, touched


def _by_row(name: str, of: str = "models") -> Any:
    """A list of values as an array over all models or accounts, 0 elsewhere."""

    def answer(given: Given, built: Any, raw: list[float]) -> Answer:
        out = np.zeros(given.n if of == "models" else len(given.house))
        out[built[1] if isinstance(built, tuple) else slice(None)] = raw
        return {name: np.nan_to_num(out)}  # nan is what it says of a node that nobody leads to

    return answer


TASKS = {
    "rollups": Task(lambda given: given, _full, lambda given, built, raw: raw),
    "pagerank": Task(graph, lambda g: g.pagerank(), _by_row("pagerank")),
    "components": Task(
        graph,
        lambda g: len(g.connected_components(mode="weak")),
        lambda given, g, raw: {"components": np.array(raw)},
    ),
    "betweenness": Task(linked, lambda both: both[0].betweenness(directed=True), _by_row("betweenness")),
    "harmonic": Task(
        linked,
        lambda both: np.array(both[0].harmonic_centrality(mode="in", normalized=False)),
        _by_row("harmonic"),
    ),
    "publisher_pagerank": Task(
        arrows, lambda both: both[0].pagerank(weights="weight"), _by_row("pagerank", "accounts")
    ),
}
