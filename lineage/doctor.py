"""What lies on this machine, looked at from all sides: is everything whole, and is there room."""

import json
import os
import shutil
import sys
from collections.abc import Iterator
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path

import pyarrow as pa

from lineage import __version__
from lineage.errors import LineageError
from lineage.snapshot import Catalog, damaged, open_folder

#: Less free disk than this will not hold a whole-Hub snapshot and the graph beside it.
_ROOM = 5 << 30

#: Parts whose version matters when something does not work.
_PARTS = ("duckdb", "pyarrow", "ladybug", "neo4j", "neo4j-rust-ext", "PyYAML")

SCHEMA = pa.schema([("check", pa.string()), ("state", pa.string()), ("says", pa.string())])

Finding = tuple[str, str, str]


def examine(catalog: Catalog) -> pa.Table:
    """One row a check: check, state (`good`, `note`, `bad`), says (what was found, and what to do).

    Reads every byte of every snapshot. Changes nothing and raises nothing.
    """
    found = [*_program(), *_home(catalog), *_snapshots(catalog), *_left_over(catalog)]
    return pa.Table.from_pylist([dict(zip(SCHEMA.names, row, strict=True)) for row in found], schema=SCHEMA)


def _program() -> Iterator[Finding]:
    yield "program", "good", f"lineage {__version__} on Python {sys.version.split()[0]}"
    for name in _PARTS:
        try:
            yield f"part {name}", "good", version(name)
        except PackageNotFoundError:
            optional = name == "neo4j-rust-ext"
            yield (
                f"part {name}",
                "note" if optional else "bad",
                "not installed" + ("; loads run slower" if optional else ""),
            )


def _home(catalog: Catalog) -> Iterator[Finding]:
    root = catalog.root
    if not root.exists():
        yield "home", "note", f"{root} is not there yet; `lineage build sample` makes it"
        return
    writable = os.access(root, os.W_OK)
    yield (
        "home",
        "good" if writable else "note",
        str(root) + ("" if writable else " cannot be written: set LINEAGE_HOME"),
    )
    free = shutil.disk_usage(root).free
    yield "disk", "good" if free > _ROOM else "note", f"{free / 2**30:,.1f} GiB are free"


def _snapshots(catalog: Catalog) -> Iterator[Finding]:
    try:
        known = catalog.read()
    except LineageError as error:
        yield "catalog", "bad", str(error)
        return
    current = known["current"]
    yield "catalog", "good", f"{len(known['snapshots'])} snapshots, current: {current or 'none'}"
    for name, folder in sorted(known["snapshots"].items()):
        yield f"snapshot {name}", *_whole(catalog.folder / folder, name)


def _whole(folder: Path, name: str) -> tuple[str, str]:
    try:
        snapshot = open_folder(folder, name)
    except LineageError as error:
        return "bad", str(error)
    wrong = damaged(folder)
    if wrong:
        return "bad", f"damaged: {', '.join(wrong)}. Build it again with --force --name {name}"
    named = folder.name.rpartition("-")[2]
    if not snapshot.sha256.startswith(named):
        return "bad", f"its manifest was changed after it was written. Build it again with --force --name {name}"
    tables = len(json.loads((folder / "manifest.json").read_bytes())["tables"])
    return "good", f"{tables} tables as they were written; {snapshot.counts['models']:,} models of {snapshot.taken_at}"


def _left_over(catalog: Catalog) -> Iterator[Finding]:
    if not catalog.folder.is_dir():
        return
    try:
        known = set(catalog.read()["snapshots"].values())
    except LineageError:
        return
    for path in sorted(catalog.folder.iterdir()):
        if path.name.startswith(".building-"):
            yield f"folder {path.name}", "note", "left by a build that was stopped; the next build removes it"
        elif path.is_dir() and path.name not in known:
            yield f"folder {path.name}", "note", "no name leads to it; it may be deleted"
