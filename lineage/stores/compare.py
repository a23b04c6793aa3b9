"""What a database holds against what a snapshot has: which rows a load sends, what `--prune` removes, `--dry-run`."""

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

import pyarrow as pa

from lineage.stores import batches
from lineage.stores.ahead import ahead

if TYPE_CHECKING:
    import numpy as np

    from lineage.stores.writer import Writer


def held(writer: "Writer", stage: batches.Stage, tell: Callable[[int], None] = lambda rows: None) -> pa.Table:
    """What earlier loads have left of a stage: its keys, and what tells whether a row has changed.

    `tell` hears how many rows have come.
    """
    names = list(stage.columns)
    if "row_hash" in names:
        names = [*names[: stage.keys], "row_hash"]
    like = stage.prepared(0, 0).schema
    schema = pa.schema([like.field(name) for name in names])
    pieces = [schema.empty_table()]
    come = 0
    for page in ahead(writer.pages(f"held_{stage.name}", batches.BATCH_ROWS)):
        if page:
            pieces.append(pa.table(list(map(list, zip(*page, strict=True))), schema=schema))
        come += len(page)
        tell(come)
    return pa.concat_tables(pieces)


def changed(stage: batches.Stage, there: pa.Table) -> "np.ndarray[Any, Any]":
    """For each row of the stage whether it is missing in the database, or another one there."""
    import numpy as np

    keys = list(stage.columns[: stage.keys])
    same = [f'fresh."{name}" IS NOT DISTINCT FROM there."{name}"' for name in there.column_names]
    fresh = stage.signs(there.column_names).append_column("row number", pa.array(np.arange(stage.table.num_rows)))
    ends = " AND ".join(f'fresh."{name}" = there."{name}"' for name in keys)
    found = _query(
        f'SELECT fresh."row number" AS place FROM fresh JOIN there ON {ends} WHERE {" AND ".join(same)}',
        there=there,
        fresh=fresh,
    )
    wanted = np.ones(stage.table.num_rows, dtype=bool)
    wanted[found.column("place").to_numpy()] = False
    return wanted


def stale(stage: batches.Stage, there: pa.Table) -> pa.Table:
    """The keys that are there and no longer in the snapshot."""
    keys = list(stage.columns[: stage.keys])
    return _query(f"SELECT {_quoted(keys)} FROM there ANTI JOIN fresh USING ({_quoted(keys)}) ORDER BY ALL",
                  there=there, fresh=stage.table.select(keys))  # fmt: skip


def foreseen(stage: batches.Stage, there: pa.Table) -> tuple[int, int]:
    """How many rows of the stage would be created, and how many properties set, were it loaded now."""
    keys, values = list(stage.columns[: stage.keys]), list(stage.columns[stage.keys :])
    judged = [name for name in values if name in there.column_names]
    differs = " OR ".join(f'fresh."{name}" IS DISTINCT FROM there."{name}"' for name in judged) or "false"
    created = f'there."{keys[0]}" IS NULL'
    # A node's keys are properties too; a link is told by its ends.
    counted = [*(keys if len(keys) == 1 else []), *values]
    here = " + ".join(f'(fresh."{name}" IS NOT NULL)::INT' for name in counted) or "0"
    sets = " + ".join(f'(fresh."{name}" IS NOT NULL)::INT' for name in values) or "0"
    ends = " AND ".join(f'fresh."{name}" = there."{name}"' for name in keys)
    row = _query(
        f"SELECT count(*) FILTER (WHERE {created}) AS created, "
        f"coalesce(sum(CASE WHEN {created} THEN {here} WHEN {differs} THEN {sets} ELSE 0 END), 0)::BIGINT "
        f"AS properties "
        f"FROM fresh LEFT JOIN there ON {ends}",
        there=there,
        fresh=stage.rows,
    ).to_pylist()[0]
    return row["created"], row["properties"]


def _quoted(names: list[str]) -> str:
    return ", ".join(f'"{name}"' for name in names)


def _query(sql: str, **tables: Any) -> pa.Table:
    import duckdb

    with duckdb.connect() as database:
        for name, table in tables.items():
            database.register(name, table)
        return database.sql(sql).to_arrow_table()
