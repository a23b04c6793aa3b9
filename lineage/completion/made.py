"""The index of a snapshot's ids for completion: made when it is first needed, kept in the folder of caches."""

import logging
import time
from collections.abc import Iterator
from pathlib import Path

import pyarrow as pa
import pyarrow.compute as pc

from lineage.completion import index
from lineage.snapshot import Snapshot

log = logging.getLogger(__name__)

#: Texts in a block.
_BLOCK = 1024

#: What an id that is offered consists of: no sign that ends a line, is not seen, or that a terminal obeys.
_SEEN = r"^(?: |[^\pC\pZ\x{034f}\x{115f}\x{1160}\x{17b4}\x{17b5}\x{2800}\x{3164}\x{ffa0}])+$"


def path_of(snapshot: Snapshot, caches: Path) -> Path:
    """Where the index of a snapshot is kept."""
    return caches / f"{snapshot.sha256[:32]}.ids"


def make(snapshot: Snapshot, caches: Path) -> Path:
    """Write the index: `models` (ids, those of stubs that are declared bases too), `accounts` (`name/`, and ids without
    an account), `frames` (`task:…`, `library:…`, `format:…`). Raises OSError where it cannot be written."""
    began = time.monotonic()
    table = snapshot.table("models", ["id", "basis", "pipeline_tag", "library", "format"])
    basis = table.column("basis")
    declared = pc.or_(pc.is_null(basis), pc.equal(basis, "declared").fill_null(False))
    seen = pc.and_(declared, pc.match_substring_regex(table.column("id"), _SEEN))
    ids = table.column("id").filter(seen).combine_chunks()
    accounts = pc.unique(pc.replace_substring_regex(ids, "/.*", "/"))
    accounts = accounts.take(pc.sort_indices(accounts))
    frames = sorted(
        f"{kind}:{name}"
        for kind, column in (("task", "pipeline_tag"), ("library", "library"), ("format", "format"))
        for name in pc.unique(table.column(column)).drop_null().to_pylist()
        if name.isprintable() and " " not in name
    )
    path = path_of(snapshot, caches)
    caches.mkdir(parents=True, exist_ok=True)
    head = {"sha256": snapshot.sha256, "models": len(ids)}
    lists = {"models": _blocks(ids), "accounts": _blocks(accounts), "frames": _blocks(pa.array(frames, pa.string()))}
    index.write(str(path), head, lists)
    of = {"file": str(path), "models": len(ids), "bytes": path.stat().st_size}
    log.info(
        "the index for completion was made", extra={"fields": of | {"seconds": round(time.monotonic() - began, 3)}}
    )
    return path


def _blocks(texts: pa.Array) -> Iterator[str]:
    """The texts in blocks, one a line."""
    if not len(texts):
        return
    cuts = pa.array([*range(0, len(texts), _BLOCK), len(texts)], pa.int64())
    joined = pc.binary_join(pa.LargeListArray.from_arrays(cuts, texts), "\n")
    for block in joined:
        yield str(block.as_py())
