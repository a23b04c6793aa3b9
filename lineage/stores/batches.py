"""Tables cut into what one transaction takes, and rows in the form in which the driver takes them.

Everything here is columns until a batch is due; then its rows are lists, which pack several times
faster than maps.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from lineage import cypher

#: A batch ends at whichever is reached first. Below the memory that a transaction may take in a heap of 1 GB.
BATCH_ROWS = 10_000
BATCH_BYTES = 8 << 20

#: An assignment in a load statement, one a line, as `m.downloads = r[7]` or `m.created_at = datetime(r[5])`.
_ASSIGNED = re.compile(r"\.(\w+) = [^\n]*?\br\[(\d+)\]")


@dataclass(frozen=True, slots=True)
class Stage:
    """One statement and all its rows, the columns in the order in which it numbers them."""

    name: str
    statement: str
    rows: pa.Table
    keys: int
    """How many of the first columns say which node or link a row is."""

    def cuts(self) -> list[int]:
        """Row numbers at which batches begin, then the number of rows: the same for the same table."""
        return cuts(self.rows, BATCH_ROWS, BATCH_BYTES)


def stage(name: str, table: pa.Table, keys: list[str]) -> Stage:
    """The stage that loads `table` with the statement `neo4j/load_<name>`.

    The statement alone says which columns it takes and in which order: what stands on its right
    sides, after the keys. A table whose statement sets `row_hash` gets that column here.
    """
    statement = cypher.statement(f"neo4j/load_{name}")
    if "row_hash" in statement:
        table = table.append_column("row_hash", row_hashes(table, statement))
    assigned = {int(place): column for column, place in _ASSIGNED.findall(statement)}
    columns = keys + [assigned[place] for place in range(len(keys), len(keys) + len(assigned))]
    return Stage(name, statement, _sendable(table.select(columns)), len(keys))


def row_hashes(table: pa.Table, salt: str) -> pa.Array:
    """A number for each row that changes when a value of it does: 63 bits of the MD5 of its text.

    The same on every machine and version, for it is made of the values' spelling alone. `salt` is
    the statement, so that a column added to it counts as a change of every row.
    """
    import duckdb

    columns = ", ".join(f"coalesce('=' || \"{name}\"::VARCHAR, '')" for name in sorted(table.column_names))
    text = f"concat_ws(chr(31), $salt, {columns})"
    with duckdb.connect() as database:
        database.register("rows", _spelled(table))
        sql = f"SELECT (md5_number_lower({text}) >> 1)::BIGINT AS row_hash FROM rows"
        hashed: pa.Table = database.sql(sql, params={"salt": salt}).to_arrow_table()
        return hashed.column("row_hash").combine_chunks()


def cuts(table: pa.Table, rows: int, size: int) -> list[int]:
    """Where to cut so that no piece has more than `rows` rows or, unless it is one row, `size` bytes."""
    ends = np.cumsum(_weights(table))
    places = [0]
    while places[-1] < table.num_rows:
        begin = places[-1]
        before = ends[begin - 1] if begin else 0
        by_size = int(np.searchsorted(ends, before + size, side="right"))
        places.append(max(begin + 1, min(begin + rows, by_size, table.num_rows)))
    return places


def batch_rows(table: pa.Table) -> list[tuple[Any, ...]]:
    """The rows as tuples of plain Python values, as the driver packs them."""
    return list(zip(*(column.to_pylist() for column in table.columns), strict=True))


def slices(table: pa.Table, rows: int) -> Iterator[pa.Table]:
    """The table in pieces of so many rows."""
    for begin in range(0, table.num_rows, rows):
        yield table.slice(begin, rows)


def _weights(table: pa.Table) -> "np.ndarray[Any, Any]":
    """About how many bytes each row takes on the wire: 9 for a number, 5 and its length for a text."""
    total = np.zeros(table.num_rows, dtype=np.int64)
    for column in table.columns:
        if pa.types.is_list(column.type):
            column = pc.binary_join(column, "     ")
        if pa.types.is_string(column.type):
            total += pc.fill_null(pc.binary_length(column), 0).to_numpy().astype(np.int64) + 5
        else:
            total += 9
    return total


def _spelled(table: pa.Table) -> pa.Table:
    """The table with one spelling for every value: lists joined, times as text in UTC, valid Unicode."""
    table = _sendable(table)
    for place, field in enumerate(table.schema):
        if pa.types.is_list(field.type):
            table = table.set_column(place, field.name, pc.binary_join(table.column(place), "\x1e"))
    return table


def _sendable(table: pa.Table) -> pa.Table:
    """The table in types that Bolt packs fast: times as ISO text, and no text that is not valid Unicode."""
    for place, field in enumerate(table.schema):
        column = table.column(place)
        if pa.types.is_timestamp(field.type):
            # Without its zone, which is UTC, so that no table of zones is needed.
            column = pc.strftime(column.cast(pa.timestamp("us")), format="%Y-%m-%dT%H:%M:%SZ")
        elif pa.types.is_string(field.type) or pa.types.is_list(field.type):
            column = _valid(column)
        table = table.set_column(place, field.name, column)
    return table


def _valid(column: pa.ChunkedArray) -> pa.ChunkedArray:
    """The column as it is when all its text is UTF-8, else with what is not (half a surrogate) replaced."""
    try:
        column.validate(full=True)
        return column
    except pa.ArrowInvalid:
        pass

    def mended(raw: bytes | None) -> str | None:
        return None if raw is None else raw.decode("utf-8", "replace")

    if pa.types.is_string(column.type):
        values = column.cast(pa.binary()).to_pylist()
        return pa.chunked_array([pa.array([mended(v) for v in values], pa.string())])
    values = column.cast(pa.list_(pa.binary())).to_pylist()
    lists = [None if v is None else [mended(item) for item in v] for v in values]
    return pa.chunked_array([pa.array(lists, pa.list_(pa.string()))])
