"""The publisher graph as a user of pandas makes it: joins, duplicates dropped, sums by group."""

from typing import Any

import numpy as np
import pandas as pd

from benchmarks.arrays import Given
from benchmarks.beside import Answer, Task


def frames(given: Given) -> tuple[pd.DataFrame, pd.DataFrame, int]:
    models = pd.DataFrame({"account": given.account, "downloads": given.downloads})
    return models, pd.DataFrame({"child": given.child, "base": given.base}), len(given.house)


def _publisher_graph(tables: tuple[pd.DataFrame, pd.DataFrame, int]) -> tuple[pd.Series, pd.Series, pd.Series]:
    """Weights of arrows by host and owner; what flows in, by host; what flows out, by owner."""
    models, edges, nobody = tables
    edges = edges.join(models.rename(columns={"account": "host"}), on="child").join(
        models[["account"]].rename(columns={"account": "owner"}), on="base"
    )
    edges = edges[edges.host != edges.owner].drop_duplicates(["child", "owner"])
    flow_in = edges.drop_duplicates("child").groupby("host").downloads.sum()
    flow_out = edges.groupby("owner").downloads.sum()
    named = edges[(edges.host != nobody) & (edges.owner != nobody)]
    return named.groupby(["host", "owner"]).downloads.sum(), flow_in, flow_out


def _answer(given: Given, built: Any, raw: tuple[pd.Series, pd.Series, pd.Series]) -> Answer:
    weight, flow_in, flow_out = raw
    rows = np.arange(len(given.house))
    return {
        "child": weight.index.get_level_values("host").to_numpy(),
        "base": weight.index.get_level_values("owner").to_numpy(),
        "weight": weight.to_numpy(),
        "flow_in": flow_in.reindex(rows, fill_value=0).to_numpy(),
        "flow_out": flow_out.reindex(rows, fill_value=0).to_numpy(),
    }


TASKS = {"publisher_graph": Task(frames, _publisher_graph, _answer)}
