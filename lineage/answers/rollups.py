"""Downloads of a model, alone and with everything derived from it."""

from collections.abc import Sequence

import numpy as np
import pyarrow as pa

from lineage.answers.frames import Selection
from lineage.answers.lookup import model_rows
from lineage.chosen import chosen
from lineage.metrics import rollup
from lineage.metrics.graph import Ints
from lineage.schema import MODEL_RELATIONS, ROLLUP_COLUMNS, TABLES

#: Frame and window of the roll-ups that the build has stored.
STORED = ("all", "30d")


def rollups(selection: Selection, models: Sequence[str] = (), top: int | None = None) -> pa.Table:
    """One row a model or stub: id, stub, and the roll-up columns of the table `models`.

    `models`: the ids asked for, in that order; none: all, the largest `full` first, then A–Z, at
    most `top`. Frames and windows restrict what counts as a download, not what is derived.
    Raises NotFound for an id that is not there.
    """
    snapshot, lineage = selection.snapshot, selection.lineage
    stored = lineage.stored and (selection.frame, selection.window) == STORED
    table = None if stored else _whole(selection)
    if models:
        rows = np.array(model_rows(snapshot, models, lineage))
    else:
        full = (snapshot.table("models", ["full"]) if table is None else table).column("full").to_numpy()
        there = np.flatnonzero(lineage.present)
        rows = there[np.argsort(-full[there], kind="stable")][:top]  # rows are A–Z, so ties are
    if table is not None:
        return table.take(pa.array(rows))
    return chosen(snapshot, "models", ["id", "stub", *ROLLUP_COLUMNS], rows)


def _whole(selection: Selection) -> pa.Table:
    """The roll-ups of every row of `models`, computed for the frame, window or basis that is asked for."""
    snapshot, lineage = selection.snapshot, selection.lineage
    if lineage.stored:
        table = snapshot.table("models", ["id", "stub", *ROLLUP_COLUMNS])
    else:
        counts = by_relation(selection, np.ones(lineage.graph.n, np.int64))
        table = lineage.models(["id", "stub", "children", "descendants"])
        for code, name in enumerate(MODEL_RELATIONS):
            kind = TABLES["models"].field(f"count_{name}").type
            table = table.append_column(f"count_{name}", pa.array(counts[:, code], kind))
    graph = lineage.graph
    downloads = by_relation(selection, selection.value)
    columns = {
        "own": selection.value,
        "full": rollup.full(graph, lineage.closure, selection.value),
        "split": rollup.split(graph, selection.value),
        "primary": rollup.primary(graph, selection.value),
    } | {f"downloads_{name}": downloads[:, code] for code, name in enumerate(MODEL_RELATIONS)}
    found = {name: pa.array(columns[name]) if name in columns else table.column(name) for name in ROLLUP_COLUMNS}
    return pa.table({"id": table.column("id"), "stub": table.column("stub")} | found)


def by_relation(selection: Selection, values: Ints) -> Ints:
    """int64[n, relations]: the sum of `values` over a model's descendants, by their relation."""
    lineage = selection.lineage
    return rollup.by_relation(lineage.graph, lineage.closure, values, lineage.relation, len(MODEL_RELATIONS))
