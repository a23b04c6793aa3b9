"""Tables cut into what one transaction takes, and rows in the form in which the driver takes them.

Everything here is columns until a batch is due; then its rows are tuples, which pack several times
faster than maps. Texts of times and hashes are made block by block, while the server writes the block before.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property
from itertools import pairwise
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from lineage import cypher

#: A batch ends at whichever is reached first. Below the memory that a transaction may take in a heap of 1 GB.
BATCH_ROWS = 10_000
BATCH_BYTES = 8 << 20

#: Batches that are prepared at a time.
_BLOCK = 10

#: An assignment in a load statement, one a line, as `m.downloads = r[7]` or `m.created_at = datetime(r[5])`.
_ASSIGNED = re.compile(r"\.(\w+) = [^\n]*?\br\[(\d+)\]")


@dataclass(frozen=True)
class Stage:
    """One statement and all its rows, the columns in the order in which it numbers them."""

    name: str
    statement: str
    table: pa.Table
    """As in the snapshot: times are times, and there is no `row_hash` yet."""
    columns: tuple[str, ...]
    """Of the rows that are sent: the keys, then what the statement sets."""
    keys: int
    """How many of the first columns say which node or link a row is."""

    @cached_property
    def cuts(self) -> list[int]:
        """Row numbers at which batches begin, then the number of rows: the same for the same table."""
        return cuts(self.table, BATCH_ROWS, BATCH_BYTES)

    @cached_property
    def rows(self) -> pa.Table:
        """All rows as they are sent."""
        return self.prepared(0, self.table.num_rows)

    def prepared(self, begin: int, end: int) -> pa.Table:
        """These rows as they are sent: with their hash where the statement sets one, in types that Bolt packs fast."""
        return _prepared(self.table.slice(begin, end - begin), self.columns, self.statement)

    def signs(self, names: list[str]) -> pa.Table:
        """These columns of all rows as they are sent, made a block at a time."""
        steps = range(0, self.table.num_rows, _BLOCK * BATCH_ROWS)
        blocks = [self.prepared(at, min(at + steps.step, self.table.num_rows)).select(names) for at in steps]
        return pa.concat_tables([self.prepared(0, 0).select(names), *blocks])

    def batches(self, skip: int = 0, changed: "np.ndarray[Any, Any] | None" = None) -> "Iterator[Batch]":
        """The batches in their order, without the first `skip`; with `changed` (a truth value a row) only such rows."""
        pieces = list(pairwise(self.cuts))
        for first in range(skip, len(pieces), _BLOCK):
            some = pieces[first : first + _BLOCK]
            begin, end = some[0][0], some[-1][1]
            wanted = changed is None or bool(changed[begin:end].any())
            block = self.prepared(begin, end) if wanted else None
            for start, stop in some:
                skip += 1
                rows = None if block is None else block.slice(start - begin, stop - start)
                if rows is not None and changed is not None:
                    rows = rows.filter(pa.array(changed[start:stop]))
                yield Batch(skip, stop, [] if rows is None else batch_rows(rows))


@dataclass(frozen=True, slots=True)
class Batch:
    """What one transaction takes: the how many-th of its stage it is, the row after its last one, and its rows."""

    number: int
    end: int
    rows: list[tuple[Any, ...]]


def stage(name: str, table: pa.Table, keys: list[str]) -> Stage:
    """The stage that loads `table` with the statement `neo4j/load_<name>`.

    The statement alone says which columns it takes and in which order: what stands on its right
    sides, after the keys. A statement that sets `row_hash` gets the hash of the table's own columns.
    """
    statement = cypher.statement(f"neo4j/load_{name}")
    assigned = {int(place): column for column, place in _ASSIGNED.findall(statement)}
    columns = (*keys, *(assigned[place] for place in range(len(keys), len(keys) + len(assigned))))
    return Stage(name, statement, table, columns, len(keys))


def row_hashes(table: pa.Table, salt: str) -> pa.Array:
    """A number for each row that changes when a value of it does: 63 bits of the MD5 of its text.

    The same on every machine and version, for it is made of the values' spelling alone. `salt` is
    the statement, so that a column added to it counts as a change of every row.
    """
    return _hashed(_sendable(table), salt)


def _prepared(table: pa.Table, columns: tuple[str, ...], statement: str) -> pa.Table:
    table = _sendable(table)
    if "row_hash" in columns:
        table = table.append_column("row_hash", _hashed(table, statement))
    return table.select(list(columns))


def _hashed(table: pa.Table, salt: str) -> pa.Array:
    import duckdb

    for place, field in enumerate(table.schema):
        if pa.types.is_list(field.type):
            table = table.set_column(place, field.name, pc.binary_join(table.column(place), "\x1e"))
    columns = ", ".join(f"coalesce('=' || \"{name}\"::VARCHAR, '')" for name in sorted(table.column_names))
    text = f"concat_ws(chr(31), $salt, {columns})"
    with duckdb.connect() as database:
        database.register("rows", table)
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
    """About how many bytes each row takes on the wire: 9 for a number, 29 for a time, 5 and its length for a text."""
    total = np.zeros(table.num_rows, dtype=np.int64)
    for column in table.columns:
        if pa.types.is_list(column.type):
            column = pc.binary_join(column, "     ")
        if pa.types.is_string(column.type):
            total += pc.fill_null(pc.binary_length(column), 0).to_numpy().astype(np.int64) + 5
        else:
            total += 29 if pa.types.is_timestamp(column.type) else 9
    return total


def _sendable(table: pa.Table) -> pa.Table:
    """The table in types that Bolt packs fast: times as ISO text, and no text that is not valid Unicode."""
    for place, field in enumerate(table.schema):
        column = table.column(place)
        if pa.types.is_timestamp(field.type):
            column = iso(column)
        elif pa.types.is_string(field.type) or pa.types.is_list(field.type):
            column = _valid(column)
        table = table.set_column(place, field.name, column)
    return table


def iso(column: pa.ChunkedArray) -> pa.ChunkedArray:
    """Times as text in UTC with all six digits of the second, like 2024-02-29T01:02:03.000000Z."""
    # Without the zone, which is UTC, so that no table of zones is needed; Arrow's cast to text is ten times as
    # fast as its strftime, and spells the same with a blank for the T.
    text = column.cast(pa.timestamp("us")).cast(pa.string())
    return pc.binary_join_element_wise(pc.utf8_replace_slice(text, 10, 11, "T"), "Z", "")


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
