"""Chosen rows of a snapshot's table, without reading all of it: what a question about one model takes."""

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
from numpy.typing import NDArray

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
    blocks = snapshot.blocks(name, read, wanted)
    found = []
    for group, block in zip(wanted, blocks, strict=True):
        begin, size = int(bounds[group]), int(bounds[group + 1] - bounds[group])
        whole = {each: block.column(each) if each in read else held.column(each).slice(begin, size) for each in columns}
        found.append(pa.table(whole).take(pa.array(ascending[cuts[group] : cuts[group + 1]] - begin)))
    table = pa.concat_tables(found).combine_chunks()
    return table if (ascending == rows).all() else table.take(pa.array(np.argsort(order)))


def _sizes(snapshot: Snapshot, name: str) -> list[int]:
    """How many rows each block of a table has."""
    found: list[int] = snapshot.once(f"sizes of {name}", lambda held: _read_sizes(held, name))
    return found


def _read_sizes(snapshot: Snapshot, name: str) -> list[int]:
    try:
        meta = pq.read_metadata(snapshot.folder / f"{name}.parquet")
    except (OSError, ValueError, pa.ArrowException):
        return [0]  # to read a block is to learn what is wrong
    return [meta.row_group(group).num_rows for group in range(meta.num_row_groups)] or [0]
