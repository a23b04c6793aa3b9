"""Answers that take long to compute, kept beside the embedded graph: a cache, which may be deleted at any time.

A file is named by the snapshot's content, what was asked, the version of its method, and the first digits of its own
sha256. So one that is damaged, cut off or of something else is not taken for the answer, which is then computed anew;
and where nothing can be written, nothing is kept, and nobody is told.
"""

import contextlib
import hashlib
import os
import tempfile
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq

from lineage.parquet import as_json, sha256_of, write_parquet
from lineage.snapshot import Snapshot

#: For another process to write the same answer; then this one goes without.
_WAIT_SECONDS = 10

_DIGITS = 16

#: Under this key a file says which answer it is, for a name is easily changed.
_OF = b"lineage.answer"


def kept(
    snapshot: Snapshot, root: Path, name: str, options: Mapping[str, Any], version: int, make: Callable[[], pa.Table]
) -> pa.Table:
    """What `make` makes of the snapshot, from the cache under `root` where it has been made before.

    `name`: one word, of what is asked. `options`: all that the answer depends on beside the snapshot, as JSON has it.
    `version`: of the method; with another one the answer is made anew. The schema's metadata are kept too.
    """
    asked = hashlib.sha256(as_json(dict(options))).hexdigest()[:_DIGITS]
    stem = f"{snapshot.sha256[:32]}-{name}-{asked}"
    folder = root / "cache"
    found = _read(folder, f"{stem}-{version}")
    if found is None:
        found = make()
        # A full disk and a closed home are no reason not to answer.
        with contextlib.suppress(OSError):
            _write(found, folder, stem, version)
    return found


def _read(folder: Path, begins: str) -> pa.Table | None:
    """The answer whose file's name begins so and ends in the digits of its content; None where there is none."""
    try:
        for path in sorted(folder.glob(f"{begins}-*.parquet")):
            if sha256_of(path)[:_DIGITS] == path.stem.rpartition("-")[2]:
                # Not `read_table`: that brings the dataset module, which takes a fifth of a second.
                with pq.ParquetFile(path, page_checksum_verification=True) as file:
                    table = file.read()
                if (table.schema.metadata or {}).get(_OF) == begins.encode():
                    return table
    except (OSError, pa.ArrowException):
        pass
    return None


def _write(table: pa.Table, folder: Path, stem: str, version: int) -> None:
    """Write it whole or not at all, in place of those of other versions."""
    from filelock import FileLock, Timeout

    folder.mkdir(parents=True, exist_ok=True)
    try:
        with FileLock(folder / f"{stem}.lock", timeout=_WAIT_SECONDS):
            for stale in folder.glob(f".building-{stem}-*"):  # of a run that was killed: the lock is ours
                stale.unlink(missing_ok=True)
            number, name = tempfile.mkstemp(dir=folder, prefix=f".building-{stem}-")
            os.close(number)
            try:
                said = (table.schema.metadata or {}) | {_OF: f"{stem}-{version}".encode()}
                write_parquet(table.replace_schema_metadata(said).combine_chunks(), Path(name))
                os.chmod(name, 0o644)
                placed = folder / f"{stem}-{version}-{sha256_of(Path(name))[:_DIGITS]}.parquet"
                os.replace(name, placed)
            finally:
                Path(name).unlink(missing_ok=True)
            for other in folder.glob(f"{stem}-*.parquet"):
                if other != placed:
                    other.unlink(missing_ok=True)
    except Timeout:
        pass
