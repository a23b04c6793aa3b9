"""Downloads of a model, alone and with everything derived from it."""

from collections.abc import Sequence

import numpy as np
import pyarrow as pa

from lineage.answers.frames import Selection, relation_codes
from lineage.answers.lookup import model_rows
from lineage.metrics import ancestry, rollup
from lineage.schema import MODEL_RELATIONS, ROLLUP_COLUMNS


def rollups(selection: Selection, models: Sequence[str] = (), top: int | None = None) -> pa.Table:
    """One row a model: id, stub, and the roll-up columns of the table `models`.

    `models`: the ids asked for, in that order; none: all, the largest `full` first, then A–Z, at
    most `top`. Frames and windows restrict what counts as a download, not what is derived.
    Raises NotFound for an id that is not there.
    """
    table = _whole(selection)
    if models:
        return table.take(pa.array(model_rows(selection.snapshot, models)))
    full = table.column("full").to_numpy()
    order = np.argsort(-full, kind="stable")  # rows are A–Z, so ties are
    return table.take(pa.array(order if top is None else order[:top]))


def _whole(selection: Selection) -> pa.Table:
    """The roll-ups of every model: as stored, or computed where the frame or window is another."""
    snapshot = selection.snapshot
    stored = snapshot.table("models", ["id", "stub", *ROLLUP_COLUMNS])
    if (selection.frame, selection.window) == ("all", "30d"):
        return stored
    graph = selection.graph
    closure = closure_of(selection)
    relation = relation_codes(snapshot.table("models", ["relation"]).column("relation"))
    downloads = rollup.by_relation(graph, closure, selection.value, relation, len(MODEL_RELATIONS))
    columns = {
        "own": selection.value,
        "full": rollup.full(graph, closure, selection.value),
        "split": rollup.split(graph, selection.value),
        "primary": rollup.primary(graph, selection.value),
    } | {f"downloads_{name}": downloads[:, code] for code, name in enumerate(MODEL_RELATIONS)}
    for name, values in columns.items():
        stored = stored.set_column(stored.column_names.index(name), name, pa.array(values))
    return stored


def closure_of(selection: Selection) -> ancestry.Ancestry:
    """The ancestry as arrays, computed as the build did; a table with deep models stores not all of it."""
    bound = selection.snapshot.counts["ancestry_bound"]
    return ancestry.closure(selection.graph, bound)
