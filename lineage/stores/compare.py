"""What a database holds against what a snapshot has: for `--dry-run`, and for what `--prune` removes."""

from typing import TYPE_CHECKING, Any

import pyarrow as pa

from lineage.stores import batches

if TYPE_CHECKING:
    from lineage.stores.writer import Writer


def held(writer: "Writer", stage: batches.Stage) -> pa.Table:
    """What earlier loads have left of a stage: its keys, and what tells whether a row has changed."""
    names = stage.rows.column_names
    if "row_hash" in names:
        names = [*names[: stage.keys], "row_hash"]
    schema = pa.schema([stage.rows.schema.field(name) for name in names])
    pieces = [
        pa.table(list(map(list, zip(*page, strict=True))), schema=schema)
        for page in writer.pages(f"held_{stage.name}", batches.BATCH_ROWS)
        if page
    ]
    return pa.concat_tables(pieces) if pieces else schema.empty_table()


def stale(stage: batches.Stage, there: pa.Table) -> pa.Table:
    """The keys that are there and no longer in the snapshot."""
    keys = stage.rows.column_names[: stage.keys]
    return _query(f"SELECT {_quoted(keys)} FROM there ANTI JOIN fresh USING ({_quoted(keys)}) ORDER BY ALL",
                  there=there, fresh=stage.rows)  # fmt: skip


def foreseen(stage: batches.Stage, there: pa.Table) -> tuple[int, int]:
    """How many rows of the stage would be created, and how many properties set, were it loaded now."""
    keys, values = stage.rows.column_names[: stage.keys], stage.rows.column_names[stage.keys :]
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
