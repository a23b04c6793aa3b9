"""What the tests of reading share: a source read without being built, as values that can be compared."""

import hashlib
import json
import tempfile
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import duckdb
import numpy as np
import pyarrow as pa
import pytest

from lineage import pipeline
from lineage.errors import LineageError
from lineage.reading import rows
from lineage.sources import pages
from lineage.sources.kept import Kept
from lineage.sources.source import Source

#: When the crawls that are written here began.
BEGAN = "2026-09-21T14:13:20Z"


def taken(path: Path, limit: int | None = None) -> dict[str, Any]:
    """All that is taken of a source, in an order of its own: `models`, `claims`, `tags`, `rejected`, `renamed`,
    `counts`, and `has`, our columns that it has."""
    with tempfile.TemporaryDirectory() as work, duckdb.connect() as con:
        con.execute("SET TimeZone = 'UTC'")
        came, tags = pipeline._read(con, Source(con, path, Path(work), limit), lambda text: None)
        nr = con.sql("SELECT id, nr FROM model ORDER BY id").to_arrow_table()
        ids = nr.column("id").combine_chunks()
        found = list(tags.table(nr.column("nr").to_numpy().astype(np.int64), ids))
        return {
            "models": con.sql("SELECT * EXCLUDE (nr) FROM model ORDER BY id").fetchall(),
            "claims": con.sql(
                "SELECT id, c.* EXCLUDE (nr) FROM claim AS c JOIN model USING (nr) ORDER BY ALL"
            ).fetchall(),
            "orphans": con.sql("SELECT * FROM claim WHERE nr NOT IN (SELECT nr FROM model)").fetchall(),
            "tags": pa.concat_tables(found).to_pylist() if found else [],
            "rejected": con.sql("SELECT * FROM rejected ORDER BY ALL").fetchall(),
            "renamed": con.sql("SELECT old, new FROM renamed ORDER BY ALL").fetchall(),
            "counts": rows.count_rows(con),
            "has": came.recognised.has,
        }


def told(path: Path, limit: int | None = None) -> dict[str, Any] | str:
    """`taken`, or the sentence with which the source is refused."""
    try:
        return taken(path, limit)
    except LineageError as error:
        return str(error)


def slowly(monkeypatch: pytest.MonkeyPatch, path: Path, limit: int | None = None) -> dict[str, Any] | str:
    """`told` by the careful reader: each file by itself, record by record."""
    with monkeypatch.context() as patch:
        patch.setattr(pages, "look_at_all", lambda files: [None] * len(files))
        return told(path, limit)


def crawled(
    folder: Path,
    pages_of: Sequence[Sequence[dict[str, Any] | str]],
    seen_at: Sequence[str] | None = None,
    finished: bool = True,
) -> Path:
    """A folder as a crawl leaves it; records are dicts or their text. `seen_at`: of each page, else of this crawl."""
    folder.mkdir(parents=True)
    entries, keys = [], set()
    for number, records in enumerate(pages_of):
        body = "[" + ",".join(r if isinstance(r, str) else json.dumps(r) for r in records) + "]"
        keys |= {key for record in records if isinstance(record, dict) for key in record}
        packed = pa.Codec("zstd").compress(body.encode(), asbytes=True)
        file = f"{number:06}.json.zst"
        (folder / file).write_bytes(packed)
        digest = hashlib.sha256(packed).hexdigest()
        seen = seen_at[number] if seen_at else BEGAN
        entry = {"file": file, "records": len(records), "sha256": digest, "size": len(packed), "seen_at": seen}
        entries.append(
            entry | {"cursor": f"{number:016x}", "next": None if number == len(pages_of) - 1 else "cursor=x"}
        )
    head = {
        "format": 1, "name": folder.name, "endpoint": "http://127.0.0.1:1", "started": BEGAN,
        "finished": BEGAN if finished else None, "request": {}, "refused": [], "next": None if finished else "x",
        "records": sum(map(len, pages_of)), "keys": sorted(keys), "limit": None, "since": None,
    }  # fmt: skip
    Kept(folder, head, entries).write()
    return folder
