"""The place of every account in the publisher graph: one row an account, one metric at a time."""

from collections.abc import Callable
from typing import Any

import numpy as np
import pyarrow as pa

from lineage.answers.frames import Selection
from lineage.answers.owners import owners_of_accounts, publisher_codes
from lineage.answers.servers_hhi import servers_hhi
from lineage.errors import UsageError, near
from lineage.metrics import brokerage, publisher_betweenness, publisher_harmonic, publisher_reach, publishers
from lineage.metrics.publishers import PublisherGraph

#: Metrics that are one array over the graph.
_PLAIN: dict[str, Callable[[PublisherGraph], Any]] = {
    "pagerank": publishers.pagerank,
    "in_degree": publishers.in_degree,
    "reach": publisher_reach.reach,
    "harmonic": publisher_harmonic.harmonic,
    "flow_in": lambda g: g.flow_in,
    "flow_out": lambda g: g.flow_out,
}

#: All that `ranks` knows, the default first.
METRICS = (
    "pagerank",
    "betweenness",
    "in_degree",
    "reach",
    "harmonic",
    "flow_in",
    "flow_out",
    "brokerage",
    "servers_hhi",
)


def graph_of(selection: Selection) -> PublisherGraph:
    """The publisher graph of the selection's basis, by account whatever the owner, with downloads in its frame and
    window: these restrict what counts as a download, never who derives from whom. Made once."""
    graph: PublisherGraph = selection.once("publisher graph", _graph)
    return graph


def _graph(selection: Selection) -> PublisherGraph:
    edges = selection.lineage.edges(["child_row", "base_row"])
    child, base = (edges.column(name).to_numpy().astype(np.int64) for name in ("child_row", "base_row"))
    n = selection.snapshot.table("publishers", ["publisher"]).num_rows
    return publishers.build(publisher_codes(selection.snapshot), child, base, selection.value, n)


def ranks(selection: Selection, metric: str, owner: str = "group") -> pa.Table:
    """One row for each account that an edge touches, those of stubs too, A–Z: `publisher` and the metric.

    pagerank, betweenness, harmonic, servers_hhi (null without downloads): float64; in_degree, reach, flow_in,
    flow_out, brokerage: int64. brokerage is the sum of the five columns after it: coordinator, itinerant, gatekeeper,
    representative, liaison (int64), by `owner` (group or account). betweenness is followed by `estimated` (bool).

    Raises UsageError for a metric or an owner that there is not.
    """
    if metric not in METRICS:
        listed = ", ".join(METRICS)
        raise UsageError(f"There is no metric {metric!r} of publishers.{near(metric, METRICS)} There are: {listed}.")
    owners = owners_of_accounts(selection.snapshot, owner)[:-1]
    g = graph_of(selection)
    columns: dict[str, Any]
    match metric:
        case "brokerage":
            roles = brokerage.roles(g, owners)
            columns = {metric: roles.sum(axis=1), **dict(zip(brokerage.ROLES, roles.T, strict=True))}
        case "betweenness":
            found, estimated = publisher_betweenness.betweenness(g)
            columns = {metric: found, "estimated": np.full(g.n, estimated)}
        case "servers_hhi":
            columns = {metric: servers_hhi(selection)}
        case _:
            columns = {metric: _PLAIN[metric](g)}
    names = selection.snapshot.table("publishers", ["publisher"]).column("publisher").combine_chunks()
    made = {name: values if isinstance(values, pa.Array) else pa.array(values) for name, values in columns.items()}
    return pa.table({"publisher": names, **made}).filter(pa.array(g.touched))
