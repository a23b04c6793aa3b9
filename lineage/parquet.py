"""Files whose bytes can be trusted: how Parquet is written, read and kept, and what a file is known by."""

import contextlib
import hashlib
import json
import os
import threading
from collections import deque
from collections.abc import Callable, Iterable, Iterator
from itertools import chain, islice
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq

#: Rows that are written at once: beside a million, a build of the whole Hub takes half a GB less.
BLOCK = 1 << 18

#: Rows of a row group. Small ones make a question about one model read less: beside four times as many, all columns
#: of one row take a third of the time (24 ms of 80), of all rows as long as before, and a file is 6 % larger.
GROUP = 1 << 16

#: Fewer row groups are read one after the other: to begin a thread takes as long.
_FEW = 4

#: More cores do not read faster: what is read has to be put together by one.
_MOST_READERS = 4


def as_json(value: Any) -> bytes:
    """Readable JSON with sorted keys: the same value, the same bytes."""
    return (json.dumps(value, indent=1, sort_keys=True, ensure_ascii=False) + "\n").encode()


def sealed(content: dict[str, Any]) -> bytes:
    """The same with its own sha256 in it, for a file that no other one vouches for."""
    bare = {name: value for name, value in content.items() if name != "sha256"}
    return as_json({**bare, "sha256": hashlib.sha256(as_json(bare)).hexdigest()})


def broken(content: dict[str, Any]) -> bool:
    """Whether what a file holds is not what was `sealed`; what never was is believed."""
    return "sha256" in content and json.loads(sealed(content))["sha256"] != content["sha256"]


def sha256_of(path: Path) -> str:
    """Hex digest of a file."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def sha256_of_footer(path: Path) -> str:
    """Of the part of a Parquet file that says what lies where, which no page checksum covers."""
    with path.open("rb") as file:
        end = max(0, file.seek(0, os.SEEK_END) - 8)
        file.seek(end)
        file.seek(max(0, end - int.from_bytes(file.read(4), "little")))
        return hashlib.file_digest(file, "sha256").hexdigest()


def write_parquet(table: pa.Table | Iterator[pa.Table], path: Path) -> None:
    """Write one table, or the blocks of one, so that equal ones give equal bytes, with a checksum on every page."""
    blocks = iter([table]) if isinstance(table, pa.Table) else table
    first = next(blocks)
    with pq.ParquetWriter(path, first.schema, compression="zstd", write_page_checksum=True) as file:
        for block in chain([first], blocks):
            if block.num_rows:
                file.write_table(block, row_group_size=GROUP)


def read_groups(
    path: Path, columns: list[str], chosen: list[int] | None = None, then: Callable[[pa.Table, int], Any] | None = None
) -> Iterator[Any]:
    """The row groups of a file in order, `chosen` or all, with these columns; at least one table, if an empty one.

    `then`: what to make of each (and of its number) at once; it comes in its place. Many are read on several cores, a
    few ahead of what is taken. Raises what pyarrow does, for a page too whose checksum is not the one that was written.
    """
    # Not `read_table`: that brings the dataset module, which takes a fifth of a second.
    with pq.ParquetFile(path, page_checksum_verification=True) as file:
        groups = range(file.num_row_groups) if chosen is None else chosen[: file.num_row_groups]
        if not file.num_row_groups:
            empty = file.read(columns=columns).select(columns)
            yield then(empty, 0) if then else empty
            return
        if len(groups) < _FEW:
            yield from (_group(file, group, columns, then, threads=True) for group in groups)
            return
        yield from _read_ahead(path, file.metadata, groups, columns, then)


def _group(file: pq.ParquetFile, group: int, columns: list[str], then: Any, threads: bool) -> Any:
    table = file.read_row_group(group, columns=columns, use_threads=threads).select(columns)
    return then(table, group) if then else table


def _read_ahead(
    path: Path, metadata: pq.FileMetaData, groups: Iterable[int], columns: list[str], then: Any
) -> Iterator[Any]:
    from concurrent.futures import Future, ThreadPoolExecutor

    from lineage.reading.workers import cores

    own = threading.local()  # a reader is of one thread
    opened: list[pq.ParquetFile] = []

    def read(group: int) -> Any:
        if not hasattr(own, "file"):
            own.file = pq.ParquetFile(path, metadata=metadata, page_checksum_verification=True)
            opened.append(own.file)
        return _group(own.file, group, columns, then, threads=False)

    readers = min(_MOST_READERS, cores())
    rest = iter(groups)
    with ThreadPoolExecutor(readers, "lineage-reader") as pool:
        try:
            coming: deque[Future[Any]] = deque(pool.submit(read, group) for group in islice(rest, 2 * readers))
            while coming:
                done = coming.popleft().result()
                coming.extend(pool.submit(read, group) for group in islice(rest, 1))
                yield done
        finally:
            pool.shutdown(wait=True, cancel_futures=True)
            for file in opened:
                file.close()


@contextlib.contextmanager
def naming(path: Path) -> Iterator[None]:
    """Say in an OSError which file it is about, where it does not: pyarrow and fsync leave that open."""
    try:
        yield
    except OSError as error:
        if error.filename is None and error.errno is not None:
            raise OSError(error.errno, os.strerror(error.errno), str(path)) from error
        raise


def keep(path: Path) -> None:
    """Have a file, or the names in a folder, on the disk before anything points to it: a power cut comes unasked."""
    with naming(path):
        opened = os.open(path, os.O_RDONLY)
        try:
            os.fsync(opened)
        finally:
            os.close(opened)
