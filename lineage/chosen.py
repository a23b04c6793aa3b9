"""Chosen rows of a snapshot's table, without reading all of it: what a question about one model takes."""

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq
from numpy.typing import NDArray

from lineage.parquet import sha256_of_footer
from lineage.schema import TABLES
from lineage.snapshot import Snapshot


def chosen(snapshot: Snapshot, name: str, columns: list[str], rows: NDArray[np.int64]) -> pa.Table:
    """`columns` of the rows of the table `name` that `rows` numbers, in their order.

    Only blocks that hold one of them are read, and nothing more is held. Raises SnapshotError as `Snapshot.table` does.
    """
    held = snapshot.held(name)
    read = [each for each in columns if each not in held.column_names]
    if not read:
        return held.select(columns).take(pa.array(rows))
    order = np.argsort(rows, kind="stable")
    ascending = rows[order]
    bounds = np.cumsum([0, *_sizes(snapshot, name)])
    cuts = np.searchsorted(ascending, bounds)
    wanted = [group for group in range(len(bounds) - 1) if cuts[group] < cuts[group + 1]] or [0]

    def taken(block: pa.Table, group: int) -> pa.Table:
        begin, size = int(bounds[group]), int(bounds[group + 1] - bounds[group])
        whole = {each: block.column(each) if each in read else held.column(each).slice(begin, size) for each in columns}
        return pa.table(whole).take(pa.array(ascending[cuts[group] : cuts[group + 1]] - begin))

    table = pa.concat_tables(snapshot.blocks(name, read, wanted, then=taken)).combine_chunks()
    return table if (ascending == rows).all() else table.take(pa.array(np.argsort(order)))


def id_of(snapshot: Snapshot, row: int) -> str:
    """The id of a model by its row."""
    return str(chosen(snapshot, "models", ["id"], np.array([row])).column("id")[0].as_py())


def many(snapshot: Snapshot, name: str) -> int:
    """How many rows the table `name` has."""
    held = snapshot.held(name)
    return held.num_rows if held.column_names else sum(_sizes(snapshot, name))


def row_of(snapshot: Snapshot, name: str, column: str, text: str) -> int:
    """The first row of the table `name` that has exactly `text` in `column`; -1 where none has.

    Only blocks are read whose least and greatest text, as their file has them, leave room for it. Raises SnapshotError
    as `Snapshot.table` does.
    """
    held = snapshot.held(name)
    if column in held.column_names:
        return int(pc.index(held.column(column), text).as_py())
    meta, before = _meta(snapshot, name), 0
    if meta is None:
        return -1  # who then reads the whole is told what is wrong
    for group in range(meta.num_row_groups):
        block = meta.row_group(group)
        if _may_have(block, column, text):
            (read,) = snapshot.blocks(name, [column], [group])
            place = pc.index(read.column(column), text).as_py()
            if place >= 0:
                return before + int(place)
        before += block.num_rows
    return -1


def where(snapshot: Snapshot, name: str, column: str, text: str | int, columns: list[str] | None = None) -> pa.Table:
    """The rows of the table `name` that have exactly `text` in `column`, in its order: `columns` of them, or all.

    Blocks are read as for `row_of`. Raises SnapshotError as `Snapshot.table` does.
    """
    names = columns or list(TABLES[name].names)
    meta, begin, found = _meta(snapshot, name), 0, []
    if column in snapshot.held(name).column_names or meta is None:
        # Held already; or the file cannot be read, and who then reads the whole is told what is wrong.
        whole = snapshot.table(name, [column]).column(column)
        return chosen(snapshot, name, names, np.flatnonzero(pc.equal(whole, text).fill_null(False).to_numpy()))
    for group in range(meta.num_row_groups):
        block = meta.row_group(group)
        if _may_have(block, column, text):
            (read,) = snapshot.blocks(name, [column], [group])
            found.append(np.flatnonzero(pc.equal(read.column(column), text).fill_null(False).to_numpy()) + begin)
        begin += block.num_rows
    return chosen(snapshot, name, names, np.concatenate([*found, np.zeros(0, np.int64)]))


def alike(snapshot: Snapshot, name: str, column: str, text: str) -> NDArray[np.bool_]:
    """bool[rows]: those of the table `name` that have `text` within `column`, in small letters or capitals.

    The column is held afterwards: what is chosen of it next is not read again.
    """
    from concurrent.futures import ThreadPoolExecutor

    from lineage.reading.workers import cores

    def found(block: pa.Array) -> NDArray[np.bool_]:
        matches = pc.match_substring(block, text, ignore_case=True).fill_null(False)
        return np.asarray(matches.to_numpy(zero_copy_only=False))

    with ThreadPoolExecutor(cores()) as threads:
        blocks = list(threads.map(found, snapshot.table(name, [column]).column(column).chunks))
    return np.concatenate(blocks)


def _may_have(block: pq.RowGroupMetaData, column: str, text: str | int) -> bool:
    """Whether what a block says of a column leaves room for the text; both go by code point."""
    for place in range(block.num_columns):
        chunk = block.column(place)
        if chunk.path_in_schema == column:
            said = chunk.statistics
            return said is None or not said.has_min_max or said.min <= text <= said.max
    return True


def _meta(snapshot: Snapshot, name: str) -> pq.FileMetaData | None:
    """What a table's file says of itself, None where it cannot be read: to read a block is to learn what is wrong."""
    found: pq.FileMetaData | None = snapshot.once(f"what is said of {name}", lambda held: _read_meta(held, name))
    return found


def _read_meta(snapshot: Snapshot, name: str) -> pq.FileMetaData | None:
    path = snapshot.folder / f"{name}.parquet"
    try:
        return pq.read_metadata(path) if sha256_of_footer(path) == snapshot.manifest["footers"][name] else None
    except (OSError, ValueError, KeyError, pa.ArrowException):
        return None


def _sizes(snapshot: Snapshot, name: str) -> list[int]:
    """How many rows each block of a table has."""
    meta = _meta(snapshot, name)
    return [meta.row_group(group).num_rows for group in range(meta.num_row_groups)] or [0] if meta is not None else [0]
