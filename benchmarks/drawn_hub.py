"""A drawn Hub in a folder: its pages as a crawl leaves them, and the snapshot that is built from them."""

import hashlib
import json
import os
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

from benchmarks.timing import timed

ROOT = Path(__file__).resolve().parent.parent

#: What its snapshot is called.
NAME = "kept"

_STARTED = "2026-11-01T00:00:00Z"


def as_crawled(pages: Path, folder: Path) -> None:
    """Lay the pages into a folder as `lineage crawl` would have left them, but for what it keeps beside them."""
    import pyarrow as pa

    folder.mkdir(parents=True)
    entries: list[dict[str, Any]] = []
    keys: set[str] = set()
    for number, file in enumerate(sorted(pages.glob("*.json.zst"))):
        os.link(file, folder / file.name)
        data = file.read_bytes()
        records = json.loads(pa.input_stream(pa.py_buffer(data), compression="zstd").read())
        keys.update(*(r for r in records if isinstance(r, dict)))
        entries.append(
            {"file": file.name, "records": len(records), "sha256": hashlib.sha256(data).hexdigest(), "size": len(data),
             "seen_at": _STARTED, "cursor": f"{number:016x}", "next": None}
        )  # fmt: skip
    head = {"format": 1, "name": folder.name, "endpoint": "https://huggingface.co", "started": _STARTED,
            "finished": _STARTED, "request": {"sort": "createdAt", "limit": 1000, "expand": [], "author": None},
            "refused": [], "next": None, "records": sum(e["records"] for e in entries), "keys": sorted(keys),
            "limit": None, "since": None, "pages": entries}  # fmt: skip
    (folder / "crawl.json").write_text(json.dumps(head), encoding="utf-8")


def prepare(folder: Path, models: int) -> Path:
    """The crawl of a Hub of so many models below `folder`, made where it is not there."""
    crawl = folder / f"crawl-{models}"
    if (crawl / "crawl.json").is_file():
        return crawl
    from benchmarks.graphs import write_graph

    graph, pages = folder / "graph", folder / "pages"
    for left in (graph, pages, crawl):
        shutil.rmtree(left, ignore_errors=True)
    write_graph(graph, models)
    line = [sys.executable, str(ROOT / "benchmarks" / "hub_records.py"), str(graph), str(pages), "--form", "pages"]
    subprocess.run(line, check=True)
    as_crawled(pages, crawl)
    shutil.rmtree(pages)
    return crawl


def as_table(folder: Path, models: int) -> Path:
    """The same Hub as one Parquet file with the columns of the public daily tables, made where it is not there."""
    from benchmarks.graphs import write_graph

    table, graph = folder / f"table-{models}.parquet", folder / "graph"
    if not table.is_file():
        write_graph(graph, models)
        made = folder / "making.parquet"
        line = [sys.executable, str(ROOT / "benchmarks" / "hub_records.py"), str(graph), str(made)]
        subprocess.run(line, check=True)
        made.rename(table)
    return table


def snapshot(folder: Path, models: int) -> Any:
    """The snapshot of that Hub in `folder`/home, built where it is not there or of another size; it is current then."""
    from lineage.catalog import Catalog
    from lineage.errors import LineageError

    crawl, home = prepare(folder, models), folder / "home"
    os.environ["LINEAGE_HOME"] = str(home)
    try:
        found = Catalog(home).open(NAME)
        if crawl.name in str(found.manifest["source"]):
            return found
    except LineageError:
        pass
    timed("build", str(crawl), "--name", NAME)
    return Catalog(home).open(NAME)
