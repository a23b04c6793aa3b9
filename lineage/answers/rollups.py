"""Downloads of a model, alone and with everything derived from it."""

from collections.abc import Sequence

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

from lineage.answers.frames import Selection
from lineage.answers.largest import largest
from lineage.answers.lookup import model_rows
from lineage.chosen import chosen
from lineage.metrics import rollup
from lineage.metrics.graph import Ints
from lineage.schema import MODEL_RELATIONS, ROLLUP_COLUMNS, TABLES

#: Frame and window of the roll-ups that the build has stored.
STORED = ("all", "30d")


def rollups(
    selection: Selection,
    models: Sequence[str] = (),
    top: int | None = None,
    limit: int | None = None,
    sort: str | None = None,
) -> tuple[pa.Table, int]:
    """One row a model or stub: id, stub, and the roll-up columns of the table `models`; and how many rows there are.

    `models`: the ids asked for, in that order; none: all, the largest `full` first, then A–Z, at
    most `top`. Frames and windows restrict what counts as a download, not what is derived.
    `limit`: without `models` and `top` rows beyond the first so many in the order `sort` (a column, and asc or desc
    after a colon; None: as they are) may be left out, but not counted out.
    Raises NotFound for an id that is not there.
    """
    snapshot, lineage = selection.snapshot, selection.lineage
    stored = lineage.stored and (selection.frame, selection.window) == STORED
    table = None if stored else _whole(selection)

    def column(name: str) -> pa.ChunkedArray:
        return (snapshot.table("models", [name]) if table is None else table).column(name)

    if models:
        rows = np.array(model_rows(snapshot, models, lineage))
        total = len(rows)
    else:
        total = int(np.count_nonzero(lineage.present))
        total = total if top is None else min(total, top)
        order = _order(sort) if top is None and limit is not None else None
        if order is None:
            many = None if sort else limit
            rows = largest(column("full"), total if many is None else min(many, total), lineage.present)
        else:
            rows = _first(column(order[0]), order[1], column("full"), limit or 0, lineage.present)
    if table is not None:
        return table.take(pa.array(rows)), total
    return chosen(snapshot, "models", ["id", "stub", *ROLLUP_COLUMNS], rows), total


def _order(sort: str | None) -> tuple[str, bool] | None:
    """(column, largest first) of an order by a roll-up; None for any other, or none."""
    name, _, way = (sort or "").partition(":")
    return (name, way != "asc") if name in ROLLUP_COLUMNS and way in ("", "asc", "desc") else None


def _first(column: pa.ChunkedArray, down: bool, full: pa.ChunkedArray, limit: int, among: NDArray[np.bool_]) -> Ints:
    """The rows of the `limit` first by `column`, equal ones by `full`, then A–Z; nulls last.

    `among` bool[n]: only these.
    """
    key = column if down else pc.negate(column)
    found = largest(key, limit, among)
    if not len(found):
        return found
    last = key[int(found[-1])]
    level = (pc.equal(key, last).fill_null(False) if last.is_valid else key.is_null()).to_numpy() & among
    above = found[~level[found]]
    values, sums = (each.take(pa.array(above)).fill_null(0).to_numpy() for each in (key, full))
    return np.concatenate([above[np.lexsort((above, -sums, -values))], largest(full, limit - len(above), level)])


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
