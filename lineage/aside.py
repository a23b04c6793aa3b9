"""What is finished is put aside on disk until the snapshot is written: memory is for what is still worked on."""

from collections.abc import Iterable, Iterator
from itertools import chain
from pathlib import Path

import pyarrow as pa

from lineage.parquet import BLOCK


class Aside:
    """One table, put aside some columns at a time; iterated over, it comes in blocks of BLOCK rows, with all columns.

    `folder` is for this table alone, and need not be there yet. What is no longer than one block stays in memory.
    """

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._held: list[pa.Table] = []
        self._files: list[Path] = []
        self.num_rows = 0

    def put(self, columns: pa.Table) -> None:
        """Put some columns beside those that are there, as many rows as they have."""
        self.put_blocks(columns.slice(begin, BLOCK) for begin in range(0, max(columns.num_rows, 1), BLOCK))

    def put_blocks(self, blocks: Iterable[pa.Table]) -> None:
        """Put some columns that come in blocks, at least one; all but the last have BLOCK rows."""
        coming = iter(blocks)
        first, second = next(coming), next(coming, None)
        if second is None:
            self._held.append(first)
            self.num_rows = first.num_rows
            return
        self._folder.mkdir(exist_ok=True)
        path = self._folder / f"{len(self._files)}.arrow"
        with pa.OSFile(str(path), "wb") as sink, pa.ipc.new_file(sink, first.schema) as file:
            self.num_rows = 0
            for block in chain((first, second), coming):
                file.write_table(block, max_chunksize=BLOCK)
                self.num_rows += block.num_rows
        self._files.append(path)

    def __iter__(self) -> Iterator[pa.Table]:
        """The blocks. Each can be had once: what was put into files is taken away at the end."""
        if self._held:
            yield _beside(self._held)
            return
        files = [pa.ipc.open_file(pa.OSFile(str(path))) for path in self._files]
        for block in range(files[0].num_record_batches):
            yield _beside([pa.Table.from_batches([file.get_batch(block)]) for file in files])
        for path in self._files:
            path.unlink()


def _beside(pieces: list[pa.Table]) -> pa.Table:
    names = [name for piece in pieces for name in piece.column_names]
    return pa.Table.from_arrays([column for piece in pieces for column in piece.columns], names)


def in_blocks(batches: Iterable[pa.RecordBatch], schema: pa.Schema) -> Iterator[pa.Table]:
    """The same rows in blocks of BLOCK rows, the last one shorter; one empty block where there are none."""
    waiting: list[pa.RecordBatch] = []
    rows = given = 0
    for batch in batches:
        waiting.append(batch)
        rows += batch.num_rows
        while rows >= BLOCK:
            table = pa.Table.from_batches(waiting)
            yield table.slice(0, BLOCK).combine_chunks()
            waiting, rows, given = table.slice(BLOCK).to_batches(), rows - BLOCK, given + 1
    if rows or not given:
        yield pa.Table.from_batches(waiting, schema).combine_chunks()
