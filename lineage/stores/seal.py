"""A seal beside a file of the cache: what its bytes were when it was made, for the engine that reads it checks none.

Without it, one flipped bit is another number in an answer. A file of some MB is held against its sha256 at each
opening. For a large one that would take longer than most questions (a GB a second): it is held against it when it was
written to since, copied or put back, which its size, time and number on the disk tell; `lineage doctor` always does.
"""

import contextlib
import json
import os
import tempfile
from pathlib import Path
from typing import Any

from lineage.parquet import as_json, sha256_of

#: Up to this size a file is read whole at each opening: 30 ms.
_SMALL = 32 << 20


def place(path: Path) -> Path:
    """Where the seal of a file lies."""
    return path.with_name(f"{path.name}.seal")


def put(path: Path, of: Path, digest: str | None = None) -> None:
    """Seal the file that is at `path`, or will be moved there from `of`. `digest`: its sha256, where that is known."""
    told = {"sha256": digest or sha256_of(of), "seen": _seen(of)}
    number, name = tempfile.mkstemp(dir=path.parent, prefix=f".building-{path.stem}-")
    try:
        with os.fdopen(number, "wb") as file:
            file.write(as_json(told))
        os.chmod(name, 0o644)
        os.replace(name, place(path))
    finally:
        Path(name).unlink(missing_ok=True)


def holds(path: Path, whole: bool = False) -> bool:
    """Whether a file is there as it was sealed. `whole`: read it, however large, and write nothing. Raises OSError."""
    try:
        told = json.loads(place(path).read_bytes())
        digest, seen = told["sha256"], told["seen"]
    except (FileNotFoundError, ValueError, KeyError, TypeError, RecursionError):
        return False
    now = _seen(path)
    if now == seen and not whole and now["bytes"] > _SMALL:
        return True
    if sha256_of(path) != digest:
        return False
    if now != seen and not whole:
        with contextlib.suppress(OSError):  # it is right all the same, only slower to be asked
            put(path, path, digest)
    return True


def _seen(path: Path) -> dict[str, Any]:
    stat = path.stat()
    return {"bytes": stat.st_size, "changed": stat.st_mtime_ns, "number": stat.st_ino}
