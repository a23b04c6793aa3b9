"""What lies on this machine, looked at from all sides: is everything whole, and is there room."""

import contextlib
import functools
import os
import shlex
import shutil
import sys
from collections.abc import Callable, Iterable, Iterator
from datetime import date
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path

import pyarrow as pa

from lineage import __version__, surroundings
from lineage.catalog import Catalog
from lineage.errors import LineageError
from lineage.schema import FORMAT, TABLES
from lineage.snapshot import Snapshot, damaged, open_folder

#: Less free disk than this will not hold a whole-Hub snapshot and the graph beside it.
_ROOM = 5 << 30

#: Parts whose version matters when something does not work.
_PARTS = ("duckdb", "pyarrow", "ladybug", "neo4j", "neo4j-rust-ext", "PyYAML")

SCHEMA = pa.schema([("check", pa.string()), ("state", pa.string()), ("says", pa.string())])

Finding = tuple[str, str, str]


def examine(
    catalog: Catalog,
    problems: Iterable[str] = (),
    uri: str | None = None,
    insecure: bool = False,
    today: date | None = None,
) -> pa.Table:
    """One row a check: check, state (`good`, `note`, `bad`), says (what was found, and what to do).

    Reads every byte of every snapshot. Changes nothing and raises nothing. `problems`: what is wrong with the files of
    settings, in sentences. `uri`: a Neo4j to look at; without it only those that were started here and run.
    """
    opened, current, known = _openable(catalog)
    found = [
        *_program(),
        *_guarded("settings", surroundings.settings(problems)),
        *_guarded("home", _home(catalog)),
        *_guarded("temporary", surroundings.temporary()),
        *_guarded("open files", surroundings.limits()),
        *_guarded("snapshots", _snapshots(catalog)),
        *(_guarded("age", surroundings.current(current, today or date.today())) if current else ()),
        # While the catalog cannot be read, nobody knows whose a cache is.
        *(_guarded("caches", surroundings.caches(catalog.root / "cache", opened, current)) if known else ()),
        *_guarded("left-overs", _left_over(catalog)),
        *_guarded("neo4j", surroundings.servers(catalog.root, uri, insecure)),
    ]
    return pa.Table.from_pylist([dict(zip(SCHEMA.names, row, strict=True)) for row in found], schema=SCHEMA)


def _openable(catalog: Catalog) -> tuple[list[Snapshot], Snapshot | None, bool]:
    """The snapshots that can be opened, the current one if it is among them, and whether the catalog can be read."""
    opened: list[Snapshot] = []
    current, readable = None, False
    with contextlib.suppress(LineageError, OSError):
        known = catalog.read()
        readable = True
        for name in sorted(known["snapshots"]):
            with contextlib.suppress(LineageError, OSError):
                opened.append(catalog.open(name))
                current = opened[-1] if name == known["current"] else current
    return opened, current, readable


def _guarded(check: str, findings: Iterator[Finding]) -> Iterator[Finding]:
    """What a disk refuses is a finding too."""
    try:
        yield from findings
    except OSError as error:
        yield check, "bad", f"{error.filename or check} cannot be read: {error.strerror or error}"


def _program() -> Iterator[Finding]:
    yield "program", "good", f"lineage {__version__} on Python {sys.version.split()[0]}; snapshots of format {FORMAT}"
    for name in _PARTS:
        try:
            yield f"part {name}", "good", version(name)
        except PackageNotFoundError:
            optional = name == "neo4j-rust-ext"
            yield (
                f"part {name}",
                "note" if optional else "bad",
                "not installed" + ("; with it loads are faster: pip install 'model-lineage[fast]'" if optional else ""),
            )


def _home(catalog: Catalog) -> Iterator[Finding]:
    root = catalog.root
    if not root.exists():
        yield "home", "note", f"{root} is not there yet; `lineage build sample` makes it"
        return
    writable = root.is_dir() and os.access(root, os.W_OK | os.X_OK)
    yield (
        "home",
        "good" if writable else "note",
        str(root) + ("" if writable else " cannot be written: set LINEAGE_HOME"),
    )
    free = shutil.disk_usage(root).free
    more = "" if free > _ROOM else "; the whole Hub and its graph take 5: make room, or set LINEAGE_HOME elsewhere"
    yield "disk", "note" if more else "good", f"{free / 2**30:,.1f} GiB are free{more}"
    yield from surroundings.disk(root)


def _snapshots(catalog: Catalog) -> Iterator[Finding]:
    try:
        known = catalog.read()
    except LineageError as error:
        yield "catalog", "bad", str(error)
        # Without names, each folder for itself: they can be opened by their paths.
        for folder in sorted(catalog.folder.glob("[!.]*")):
            yield f"folder {folder.name}", *_whole(folder, functools.partial(open_folder, folder))
        return
    current, snapshots = known["current"], known["snapshots"]
    said = f"{len(snapshots)} snapshot{'s' * (len(snapshots) != 1)}, current: {current or 'none'}"
    if current is None or current in snapshots:
        yield "catalog", "good", said
    else:
        yield "catalog", "bad", f"{said}, which is not among them. `lineage snapshots use NAME` makes another current"
    for name, folder in sorted(snapshots.items()):
        yield f"snapshot {name}", *_whole(catalog.folder / folder, functools.partial(catalog.open, name))


def _whole(folder: Path, opened: Callable[[], Snapshot]) -> tuple[str, str]:
    try:
        snapshot = opened()
    except LineageError as error:
        return "bad", str(error)
    wrong = damaged(folder)
    if wrong and not folder.exists():
        return "note", "replaced or removed while it was looked at"
    if wrong:
        return "bad", f"damaged: {', '.join(wrong)}. Build it again with --force --name {shlex.quote(snapshot.name)}"
    counts = snapshot.counts
    return "good", f"{len(TABLES)} tables as they were written; {counts['models']:,} models of {snapshot.taken_at}"


def _left_over(catalog: Catalog) -> Iterator[Finding]:
    places = ((catalog.root, ".catalog-new.json"), (catalog.folder, ".building-*"), (catalog.folder, ".removed-*"))
    for path in sorted(path for folder, pattern in places for path in folder.glob(pattern)):
        yield f"left-over {path.name}", "note", "of a run that goes on, or was stopped; then the next build removes it"
    try:
        known = catalog.read()["snapshots"].values()
    except LineageError:
        return
    for path in sorted(catalog.folder.glob("[!.]*")):
        if path.name not in known:
            yield (
                f"folder {path.name}",
                "note",
                f"no name leads to it; --snapshot {shlex.quote(str(path))} opens it, or it may be deleted",
            )
