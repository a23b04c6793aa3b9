"""The place of every model in the graph: one row a model or stub, one metric at a time.

What the build has stored for `declared` is read, the rest is computed. Frames and windows have no say: who derives from
whom hangs on no download.
"""

from typing import Any

import numpy as np
import pyarrow as pa

from lineage import reference
from lineage.answers.basis import Lineage, relation_codes
from lineage.errors import UsageError, near
from lineage.metrics import betweenness, centrality
from lineage.metrics.graph import Ints
from lineage.schema import MODEL_RELATIONS, RELATIONS

#: All that `ranks` knows, the default first, and the column of `models` that each is stored in.
METRICS = {
    "pagerank": "pagerank",
    "betweenness": None,
    "in_degree": "children",
    "reach": "descendants",
    "harmonic": "harmonic",
}

#: How a child's rank is divided among its bases, see `ranks`.
WEIGHTS = ("equal", "relation", "discounted")

#: What an edge can be called, as in_degree counts them: `in_degree_finetune` …
EDGE_RELATIONS = (*RELATIONS, "unlabelled")


def check(metric: str, weights: str) -> None:
    """Raise UsageError for a metric or weights that there are not."""
    if metric not in METRICS:
        listed = ", ".join(METRICS)
        raise UsageError(f"There is no metric {metric!r} of models.{near(metric, METRICS)} There are: {listed}.")
    if weights not in WEIGHTS:
        listed = ", ".join(WEIGHTS)
        raise UsageError(f"There are no weights {weights!r}.{near(weights, WEIGHTS)} There are: {listed}.")


def ranks(lineage: Lineage, metric: str, weights: str = "equal") -> pa.Table:
    """One row for each row of the table `models`, in its order: the metric, null where it is not known.

    pagerank, betweenness, harmonic: float64; in_degree, reach: int32. in_degree is followed by the same for each
    relation of the edge, `in_degree_finetune` … `in_degree_unlabelled`, int32. Of rows that are no node under the basis
    (`Lineage.present`) pagerank is null and the others 0. `weights`, of pagerank: `equal`, 1 / k to each of k bases;
    `relation`, in proportion to the weight of the edge's relation; `discounted`, weight / k to each, the rest to all
    nodes.
    Raises UsageError as `check`.
    """
    check(metric, weights)
    column = METRICS[metric]
    if column and weights == "equal":
        found = lineage.models([column]).column(column)
        return pa.table({metric: found} | (_by_relation(lineage) if metric == "in_degree" else {}))
    graph = lineage.graph
    if metric == "betweenness":
        exact = betweenness.betweenness(graph)
        values = {metric: pa.array(exact.value, mask=exact.unknown)}
        return pa.table(values).replace_schema_metadata({"left_out": str(exact.left_out)})
    weight = np.array([reference.relation_weights()[r] for r in EDGE_RELATIONS])[_edge_relations(lineage)]
    share = centrality.proportional(graph, weight) if weights == "relation" else centrality.discounted(graph, weight)
    rank = centrality.pagerank(graph, share, lineage.present)
    return pa.table({metric: pa.array(rank, mask=~lineage.present)})


def left_out(table: pa.Table) -> int:
    """Of a table of betweenness: how many models' paths were not followed, for they were too many."""
    said = (table.schema.metadata or {}).get(b"left_out", b"0")
    return int(said)


def _by_relation(lineage: Lineage) -> dict[str, Any]:
    """in_degree by the relation of the edge, without the graph, which takes longer."""
    edges = lineage.edges(["base_row", "relation"])
    base = edges.column("base_row").to_numpy().astype(np.int64)
    counts = centrality.in_degree_by_relation(len(lineage.present), base, _codes(edges), len(EDGE_RELATIONS))
    return {f"in_degree_{name}": pa.array(counts[:, i], pa.int32()) for i, name in enumerate(EDGE_RELATIONS)}


def _codes(edges: pa.Table) -> Ints:
    """int64[edges]: place of the relation of each edge in `EDGE_RELATIONS`."""
    label = relation_codes(edges.column("relation").fill_null("unlabelled"))
    place = np.array([EDGE_RELATIONS.index(r) if r in EDGE_RELATIONS else -1 for r in MODEL_RELATIONS])
    return place[label]


def _edge_relations(lineage: Lineage) -> Ints:
    """The same in the order of the edges of the graph, which may be another than that of the table."""
    edges = lineage.edges(["child_row", "base_row", "relation"])
    n = lineage.graph.n
    key = edges.column("child_row").to_numpy() * np.int64(n) + edges.column("base_row").to_numpy()
    order = np.argsort(key, kind="stable")
    place = order[np.searchsorted(key, lineage.graph.child * n + lineage.graph.base, sorter=order)]
    return _codes(edges)[place]
