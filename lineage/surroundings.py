"""What a run stands on: settings, disks and their kind, limits, caches, and the Neo4j that it would ask.

Each function gives findings `(check, state, says)` for the doctor. Nothing is changed, and no machine is asked but
this one, unless its address was given.
"""

import os
import shlex
import shutil
import tempfile
from collections.abc import Iterable, Iterator
from datetime import date
from pathlib import Path
from typing import Any

from lineage import config, cypher
from lineage.completion import index
from lineage.errors import LineageError
from lineage.snapshot import Snapshot
from lineage.stores import seal

Finding = tuple[str, str, str]

#: Less room for temporary files will not do for a build of the whole Hub.
_TEMPORARY = 5 << 30

#: A question opens some tens of files; a load and a crawl more.
_FEW_FILES = 256

#: File systems on which a lock or a rename may not be what it is elsewhere, or that lose all at the next start.
_ODD = {
    "nfs": "locks and renames there are not those of a local disk", "nfs4": "locks are those of another machine",
    "cifs": "locks and renames there are not those of a local disk", "smb3": "locks are those of another machine",
    "9p": "locks may not hold there, and small files are slow", "fuse.sshfs": "locks do not hold there",
    "fuse.s3fs": "a rename there is a copy, and a reader may see half of it", "vfat": "files end at 4 GiB there",
    "exfat": "it keeps no permissions: passwords are open to all who use this machine",
    "tmpfs": "it is in memory, and empty after the next start",
}  # fmt: skip

#: Days after which a snapshot is worth a word.
_OLD = 90


#: Columns of a source without which figures that people ask for are empty.
_TELLING = ("downloads", "downloads_all_time", "created_at", "pipeline_tag", "library_name", "tags")


def settings(problems: Iterable[str]) -> Iterator[Finding]:
    """The files of settings, and what of them cannot be understood: `problems`, each a sentence."""
    for file in config.files():
        if not file.problem:
            count = sum(len(v) if isinstance(v, dict) else 1 for v in file.values.values())
            said = f"{file.path}: {count} setting{'s' * (count != 1)}; `lineage config show --origin` lists them"
            yield f"{'project' if file.project else 'user'} settings", "good", said
    for problem in problems:
        yield "settings", "bad", problem


def temporary() -> Iterator[Finding]:
    """The folder for temporary files: whether it can be written, how much room it has, what kind of disk it is."""
    try:
        folder = tempfile.gettempdir()
    except OSError:
        yield "temporary", "bad", "no folder for temporary files can be written: set TMPDIR to one that can"
        return
    free = shutil.disk_usage(folder).free
    kind = file_system(Path(folder))
    said = f"{folder}, {free / 2**30:,.1f} GiB are free" + (", in memory" if kind == "tmpfs" else "")
    enough = free > _TEMPORARY and kind != "tmpfs"
    more = "" if enough else "; a build of the whole Hub needs 5 GiB on a disk: set TMPDIR to a folder there"
    yield "temporary", "good" if enough else "note", said + more


def file_system(folder: Path) -> str | None:
    """The kind of the file system that a folder lies on, as the kernel names it; None where it does not say."""
    try:
        text = Path("/proc/self/mounts").read_text(encoding="utf-8", errors="replace")
        real = os.path.realpath(folder)
    except OSError:
        return None
    best, kind = "", None
    for line in text.splitlines():
        parts = line.split(" ")
        place = parts[1].replace("\\040", " ") if len(parts) > 2 else ""
        within = place == "/" or real == place or real.startswith(f"{place}/")
        if place and within and len(place) >= len(best):
            best, kind = place, parts[2]
    return kind


def disk(folder: Path) -> Iterator[Finding]:
    """The kind of disk that the home is on."""
    if kind := file_system(folder):
        odd = _ODD.get(kind)
        more = f": {odd}; set LINEAGE_HOME to a folder on a local disk where something goes wrong" if odd else ""
        yield "file system", "note" if odd else "good", kind + more


def limits() -> Iterator[Finding]:
    """How many files may be open at a time."""
    try:
        import resource
    except ImportError:  # Windows has none
        return
    files, _ = resource.getrlimit(resource.RLIMIT_NOFILE)
    enough = files < 0 or files >= _FEW_FILES
    yield (
        "open files",
        "good" if enough else "note",
        (f"{files:,} at a time" if files >= 0 else "as many as one likes")
        + ("" if enough else f"; a load or a crawl may need more: ulimit -n {4 * _FEW_FILES}"),
    )


def current(snapshot: Snapshot, today: date) -> Iterator[Finding]:
    """Of the current snapshot: how old it is, and what it does not cover."""
    days = (today - date.fromisoformat(snapshot.taken_at[:10])).days
    old = days > _OLD
    more = "; `lineage build` makes one of today" if old else ""
    yield "age", "note" if old else "good", f"{snapshot.name} is of {snapshot.taken_at[:10]}, {days:,} days ago{more}"
    absent = [column for column in _TELLING if column not in snapshot.columns]
    said = []
    if snapshot.part:
        said.append(f"{snapshot.name} holds a part of its source: {snapshot.part}")
    if absent:
        said.append(f"its source had no {', '.join(absent)}: what needs them is empty (docs/input.md)")
    models, edges = snapshot.counts["models"], snapshot.counts["edges"]
    said = said or [f"{models:,} models, {edges:,} links, every column that figures need"]
    yield "coverage", "note" if snapshot.part or absent else "good", "; ".join(said)


def caches(folder: Path, snapshots: Iterable[Snapshot], now: Snapshot | None) -> Iterator[Finding]:
    """What lies in the folder of caches: of which snapshot, for which engine, whether it may be deleted."""
    from importlib.metadata import version

    known = {snapshot.sha256[:32]: snapshot.name for snapshot in snapshots}
    engine, indexed = version("ladybug"), False
    for path in sorted(folder.glob("*")) if folder.is_dir() else ():
        delete = f"; it may be deleted: rm {'-r ' if path.is_dir() else ''}{shlex.quote(str(path))}"
        digits, _, made_for = path.stem.partition("-")
        size = f"{path.stat().st_size / 2**20:,.1f} MiB" if path.is_file() else "a folder"
        if path.name.startswith(".") or path.suffix == ".new":
            yield f"cache {path.name}", "note", f"of a run that goes on, or was stopped{delete}"
        elif path.suffix not in (".lbug", ".ids"):
            continue
        elif digits not in known:
            yield f"cache {path.name}", "note", f"{size} of a snapshot that is gone{delete}"
        elif path.suffix == ".lbug" and made_for != engine:
            said = f"{size} for the engine of version {made_for}, and this one is {engine}"
            yield f"cache {path.name}", "note", said + delete
        elif path.suffix == ".lbug":
            yield f"cache {path.name}", *_graph(path, known[digits], size)
        else:
            yield f"cache {path.name}", *_index(path, known[digits], size)
            indexed = indexed or (now is not None and now.sha256.startswith(digits))
    if now is not None and not indexed:
        yield "completion", "good", f"no index of {now.name} yet; the first Tab makes it, or: lineage completion bash"


def _graph(path: Path, name: str, size: str) -> tuple[str, str]:
    if not seal.holds(path, whole=True):
        return "note", f"damaged; delete it, and the next query makes it again: rm {shlex.quote(str(path))}"
    return "good", f"{size}, the graph of {name}"


def _index(path: Path, name: str, size: str) -> tuple[str, str]:
    try:
        opened = index.Index(str(path))
        try:
            for each in ("models", "accounts", "frames"):
                opened.every(each)
        finally:
            opened.close()
    except index.UNREADABLE:
        return "note", f"damaged; the next Tab makes it again, or: rm {shlex.quote(str(path))}"
    return "good", f"{size}, the ids of {name} for completion"


def servers(home: Path, uri: str | None, insecure: bool = False) -> Iterator[Finding]:
    """The Neo4j at `uri`, else those that were started here and run: what they are, and which extensions they have."""
    from lineage.stores import address as spelling
    from lineage.stores import neo4j, server

    if uri is None:
        found = [each for each in server.statuses(home / "neo4j") if each.state == "running" and each.uri]
        if not found:
            yield "neo4j", "good", "no local server runs, and none is needed; --on URI looks at one elsewhere"
        addresses = [str(each.uri) for each in found]
    else:
        addresses = [uri]
    for address in addresses:
        try:
            with neo4j.connected(address, insecure=insecure, local_home=home / "neo4j") as (driver, where):
                said = [
                    f"{row['name']} {row['version']} ({row['edition']})" for row in _rows(driver, where, "components")
                ]
                has = {row["extension"]: row["procedures"] for row in _rows(driver, where, "extensions")}
                last = dict(next(iter(_rows(driver, where, "loaded")), {}))
        except LineageError as error:
            yield f"neo4j {spelling.shown(address)}", "bad", str(error)
            continue
        extensions = ", ".join(f"{name} with {count} procedures" for name, count in sorted(has.items()))
        said.append(extensions or "neither gds nor apoc, and no query of ours needs them")
        said.append(
            f"the load of {last['snapshot']} is {last['status']}" if last else "nothing was loaded: lineage load"
        )
        yield f"neo4j {where.uri}", "good", "; ".join(said)


def _rows(driver: Any, where: Any, name: str) -> list[dict[str, Any]]:
    with driver.session(database=where.database, default_access_mode="READ") as session:
        return [dict(record) for record in session.run(cypher.statement(f"neo4j/{name}"))]
