"""A snapshot: a folder of Parquet tables and a manifest, immutable once it is there.

    snapshots/<folder>/   models, tags, edges, claims, ancestry, publishers, rejected (.parquet), manifest.json
    catalog.json          name → folder, which is current, and which a publication was about to delete

Publishing is two renames: the finished folder into place, then the catalog. A reader sees the old
state or the new one. Same input and options: the same bytes. The folder's name ends in the first digits
of the manifest's sha256, and the manifest has that of every table: nothing can change unnoticed.
"""

import contextlib
import hashlib
import json
import os
import re
import shlex
import shutil
import tempfile
from collections.abc import Callable, Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq

from lineage.config import home
from lineage.errors import NotFound, RefusedError, SnapshotError
from lineage.parquet import BLOCK, as_json, broken, keep, naming, sealed, sha256_of, sha256_of_footer, write_parquet
from lineage.schema import FORMAT, TABLES, conform

_MANIFEST = "manifest.json"

#: What reading JSON raises that is none, or has another shape.
_JUNK = (ValueError, KeyError, TypeError, OverflowError, RecursionError)

#: Up to this size a table is held against its sha256 when it is read (10 ms), beyond, its footer and each page.
_SMALL = 8 << 20

#: From so many models on, tables are written beside each other.
_LARGE = 200_000

#: For another process to write the catalog or a snapshot.
_WAIT_SECONDS = 60


@dataclass(frozen=True)
class Snapshot:
    """One snapshot, opened. Tables are read when first asked for."""

    name: str
    folder: Path
    manifest: dict[str, Any]
    sha256: str
    """Of the manifest, which holds the sha256 of every table."""
    _tables: dict[str, pa.Table] = field(default_factory=dict, repr=False, compare=False)
    _made: dict[str, Any] = field(default_factory=dict, repr=False, compare=False)

    @property
    def taken_at(self) -> str:
        """The date the snapshot stands for, ISO."""
        return str(self.manifest["taken_at"])

    @property
    def part(self) -> str | None:
        """Why it holds a part of its source only, in words; None for a whole one."""
        asked, limit = self.manifest.get("asked"), self.manifest["options"].get("limit")
        if self.manifest.get("complete") is False:
            return "its crawl has not come to its end"
        if asked:
            return f"its crawl asked for a part of the Hub ({asked})"
        return None if limit is None else f"it was built with --limit {limit}"

    @property
    def counts(self) -> dict[str, int]:
        """What the build counted."""
        return dict(self.manifest["counts"])

    @cached_property
    def columns(self) -> frozenset[str]:
        """Which columns of `schema.INPUT_COLUMNS` the input had."""
        return frozenset(self.manifest["columns"])

    def table(self, name: str, columns: list[str] | None = None) -> pa.Table:
        """The table `name`, or some of its columns; see `schema.TABLES`.

        Raises SnapshotError where the file is missing or its bytes have changed.
        """
        wanted = columns or TABLES[name].names
        held = self.held(name)
        missing = [c for c in wanted if c not in held.column_names]
        if missing:
            read = pa.concat_tables(self.blocks(name, missing))
            held = pa.Table.from_arrays([*held.columns, *read.columns], [*held.column_names, *missing])
            self._tables[name] = held
        return held.select(wanted)

    def held(self, name: str) -> pa.Table:
        """The columns of a table that have been read already."""
        return self._tables.get(name, pa.table({}))

    def once(self, name: str, make: Callable[["Snapshot"], Any]) -> Any:
        """What `make` makes of this snapshot, made when first asked for and held under `name`."""
        if name not in self._made:
            self._made[name] = make(self)
        return self._made[name]

    def blocks(self, name: str, columns: list[str], chosen: list[int] | None = None) -> Iterator[pa.Table]:
        """The same, a block at a time, not held; `chosen`: which of them."""
        path = self.folder / f"{name}.parquet"
        try:
            small = path.stat().st_size <= _SMALL
            found = sha256_of(path) if small else sha256_of_footer(path)
            if found != self.manifest["tables" if small else "footers"][name]:
                raise ValueError("its bytes have changed")
            # Not `read_table`: that brings the dataset module, which takes a fifth of a second.
            with pq.ParquetFile(path, page_checksum_verification=True) as file:
                for group in range(file.num_row_groups) if chosen is None else chosen[: file.num_row_groups]:
                    yield file.read_row_group(group, columns=columns).select(columns)
                if not file.num_row_groups:
                    yield file.read(columns=columns).select(columns)
        except FileNotFoundError:
            lost = f"The snapshot {self.name} has lost its table {name}. Build it again."
            gone = f"The snapshot {self.name} was replaced or removed while it was read. Run it again."
            raise SnapshotError(lost if self.folder.exists() else gone) from None
        except PermissionError as error:
            raise SnapshotError(f"{path} cannot be read: {error.strerror}.") from None
        except MemoryError:
            raise SnapshotError(f"There is not enough memory for the table {name} of {self.name}.") from None
        except (OSError, ValueError, KeyError, TypeError, pa.ArrowException) as error:
            said = (str(error).splitlines() or [type(error).__name__])[0]
            told = f"The table {name} of the snapshot {self.name} is damaged ({said})"
            raise SnapshotError(f"{told}. Build it again, with --force.") from None

    def header(self) -> dict[str, Any]:
        """What `--format json` says about the snapshot."""
        of = {"name": self.name, "taken_at": self.taken_at, "source": self.manifest["source"]["name"]}
        return of | {"sha256": self.sha256, **{name: self.counts[name] for name in ("models", "edges")}}


def open_folder(folder: Path, name: str | None = None) -> Snapshot:
    """Open the snapshot in a folder. Raises NotFound or SnapshotError with what is wrong."""
    path = folder / _MANIFEST
    try:
        data = path.read_bytes()
        manifest = json.loads(data)
        if type(version := manifest["format"]) is not int:
            raise ValueError
        made = Snapshot(name or folder.name, folder, manifest, hashlib.sha256(data).hexdigest())
        if version == FORMAT:
            made.header()  # what is read of it without asking
    except (FileNotFoundError, NotADirectoryError, IsADirectoryError):
        said = f"{folder} is no snapshot: it has no {_MANIFEST}. `lineage snapshots` lists what there is."
        raise NotFound(said) from None
    except OSError as error:
        raise SnapshotError(f"{path} cannot be read: {error.strerror}.") from None
    except _JUNK:
        raise SnapshotError(f"{path} is damaged. Build the snapshot again.") from None
    if version != FORMAT:
        todo = "Update it: pip install -U model-lineage." if version > FORMAT else "Build it again, with --force."
        raise SnapshotError(f"The snapshot {made.name} has format {version}; this lineage reads {FORMAT}. {todo}")
    return made


def damaged(folder: Path) -> list[str]:
    """The files of a snapshot that are missing, unreadable, or whose bytes have changed, A–Z."""
    try:
        tables = {} | json.loads((folder / _MANIFEST).read_bytes())["tables"]
    except (OSError, *_JUNK):
        return [_MANIFEST]
    found = []
    for table in sorted({*TABLES, *tables}):
        path = folder / f"{table}.parquet"
        try:
            whole = path.is_file() and sha256_of(path) == tables.get(table)
        except OSError:
            whole = False
        if not whole:
            found.append(path.name)
    return found


def _write_all(tables: Mapping[str, Any], paths: Mapping[str, Path]) -> None:
    """Write each table to its file, a block at a time; large ones beside each other."""

    def write(name: str) -> None:
        given = tables[name]
        if isinstance(given, pa.Table):
            given = [given.slice(begin, BLOCK) for begin in range(0, max(given.num_rows, 1), BLOCK)]
        with naming(paths[name]):
            write_parquet((conform(block, name) for block in given), paths[name])

    if tables["models"].num_rows < _LARGE:
        for name in TABLES:
            write(name)
        return
    with ThreadPoolExecutor(2) as threads:
        for _ in threads.map(write, TABLES):
            pass


class Catalog:
    """The snapshots under one home: names, folders, and which is current."""

    def __init__(self, root: Path | None = None) -> None:
        self.root = root or home()
        self.path = self.root / "catalog.json"
        self.folder = self.root / "snapshots"

    def read(self) -> dict[str, Any]:
        """`{"current": name or None, "snapshots": {name: folder}, "going": [folder]}`; or SnapshotError."""
        try:
            written = json.loads(self.path.read_bytes())
            known = {"going": []} | written
            folders = [*({} | known["snapshots"]).values(), *known["going"]]
            # A folder is one name, never a path: what it names may be deleted one day.
            if not isinstance(known["current"], str | None) or not all(Path(f).name == f != ".." for f in folders):
                raise ValueError
            whole = not broken(written)
        except FileNotFoundError:
            return {"current": None, "snapshots": {}, "going": []}
        except OSError as error:
            raise SnapshotError(f"{self.path} cannot be read: {error.strerror}.") from None
        except _JUNK:
            raise SnapshotError(f"{self.path} is damaged. Delete it and build again; the snapshots stay.") from None
        if not whole:  # a name that is one bit away may be that of another snapshot
            said = f"{self.path} was changed after it was written. Delete it and build again; the snapshots stay"
            raise SnapshotError(f"{said}. Or if you changed it, take its sha256 out.")
        return known

    def _replace(self, content: dict[str, Any]) -> None:
        # Always the same name: the lock is ours, and what a killed run leaves is overwritten.
        new = self.root / ".catalog-new.json"
        try:
            with naming(new):
                new.write_bytes(sealed({"schema": 1, **content}))
            keep(new)
            keep(self.folder)
            os.replace(new, self.path)
        finally:
            with contextlib.suppress(OSError):
                new.unlink(missing_ok=True)
        with contextlib.suppress(OSError):  # it is done: readers see the new one
            keep(self.root)

    @contextlib.contextmanager
    def _lock(self) -> Iterator[None]:
        from filelock import FileLock, Timeout

        self.folder.mkdir(parents=True, exist_ok=True)
        try:
            with FileLock(self.root / ".catalog.lock", timeout=_WAIT_SECONDS):
                yield
        except Timeout:
            said = f"Another lineage has been writing to {self.root} for {_WAIT_SECONDS} seconds"
            raise RefusedError(f"{said}. Run it again when that one has ended.") from None

    def open(self, name: str | None = None) -> Snapshot:
        """The snapshot of that name or folder; None: the current one."""
        known = self.read()
        listed = ", ".join(sorted(known["snapshots"])) or "none yet"
        name = known["current"] if name is None else name
        if name is None:
            none = "There is no snapshot yet. `lineage build sample` makes one in a second, without a network."
            some = "No snapshot is the current one. `lineage snapshots use NAME` makes one current; there are:"
            raise NotFound(f"{some} {listed}." if known["snapshots"] else none)
        if name in known["snapshots"]:
            return self._open(name, known["snapshots"][name])
        if (Path(name) / _MANIFEST).is_file():
            return open_folder(Path(name))
        raise NotFound(f"There is no snapshot {name!r}. There are: {listed}. `lineage build` makes one.")

    def _open(self, name: str, folder: str) -> Snapshot:
        try:
            found = open_folder(self.folder / folder, name)
        except NotFound:
            now = self.read()["snapshots"].get(name, folder)
            if now != folder:  # replaced since the catalog was read
                return self._open(name, now)
            lost = f"{self.folder / folder / _MANIFEST} of the snapshot {name} is gone. Build it again, with --force"
            raise SnapshotError(f"{lost}, or: lineage snapshots remove {shlex.quote(name)}") from None
        if not found.sha256.startswith(folder.rpartition("-")[2]):
            changed = f"{found.folder / _MANIFEST} was changed after it was written"
            raise SnapshotError(f"{changed}. Build the snapshot {name} again, with --force.")
        return found

    def table(self) -> pa.Table:
        """One row a snapshot, by name: name, taken_at, source (text), models, edges, size in bytes (int64),
        current (bool), problem (text; null where it can be opened)."""
        known = self.read()
        text, count = pa.string(), pa.int64()
        kinds = {"name": text, "taken_at": text, "source": text, "models": count, "edges": count, "size": count}
        rows = []
        for name, folder in sorted(known["snapshots"].items()):
            row: dict[str, Any] = {"name": name, "current": name == known["current"]}
            try:
                found = self._open(name, folder)
                row |= found.header() | {"size": sum(p.stat().st_size for p in found.folder.iterdir())}
            except (NotFound, SnapshotError) as error:
                row["problem"] = str(error)
            rows.append(row)
        return pa.Table.from_pylist(rows, schema=pa.schema(kinds | {"current": pa.bool_(), "problem": text}))

    def refuse_existing(self, name: str) -> None:
        """Raise RefusedError where the name is taken."""
        if name in self.read()["snapshots"]:
            raise RefusedError(f"There is a snapshot {name!r} already. Give another --name, or --force to replace it.")

    def use(self, name: str) -> None:
        """Make a snapshot the current one."""
        self.open(name)
        with self._lock():
            known = self.read()
            if name not in known["snapshots"]:
                raise NotFound(f"There is no snapshot named {name!r}.")
            self._replace({**known, "current": name})

    def remove(self, name: str) -> None:
        """Take a snapshot out of the catalog, then delete its folder."""
        with self._lock():
            known = self.read()
            if name not in known["snapshots"]:
                listed = ", ".join(sorted(known["snapshots"])) or "none"
                raise NotFound(f"There is no snapshot {name!r}. There are: {listed}.")
            current = None if known["current"] == name else known["current"]
            folder = known["snapshots"].pop(name)
            self._replace({**known, "current": current, "going": [*known["going"], folder]})
            self._discard_unnamed(folder)

    def publish(
        self, name: str, tables: Mapping[str, Any], manifest: Mapping[str, Any], force: bool, current: bool = True
    ) -> Snapshot:
        """Write the tables and make them the snapshot `name`, whole or not at all.

        `current`: whether it is then the current one; without, that stays what it is.
        `tables`: each an Arrow table, or blocks of one; `models`, if in blocks, with `num_rows`.
        `manifest` needs taken_at, source, counts, columns, options, versions; format and the
        sha256 of every table are added. Raises RefusedError where the name is taken and not `force`.
        """
        with self._lock():
            if not force:
                self.refuse_existing(name)
            known = self.read()
            # What killed runs have left: the lock is ours.
            for stale in (*self.folder.glob(".building-*"), *self.folder.glob(".removed-*")):
                shutil.rmtree(stale, ignore_errors=True)
            self._discard_unnamed(*known["going"])
            folder, placed = self._place(name, tables, manifest)
            going = [known["snapshots"][name]] if name in known["snapshots"] else []
            try:
                snapshots = known["snapshots"] | {name: folder}
                now = name if current else known["current"]
                self._replace({"current": now, "snapshots": snapshots, "going": going})
            finally:
                # Ended either way: of the old folder and the new one, that goes which no name leads to.
                self._discard_unnamed(*going, *([folder] if placed else []))
            return self._open(name, folder)

    def _place(self, name: str, tables: Mapping[str, Any], manifest: Mapping[str, Any]) -> tuple[str, bool]:
        """Write a snapshot and move it to its place. Returns its folder, and False where the same was there."""
        work = Path(tempfile.mkdtemp(dir=self.folder, prefix=".building-"))
        try:
            digests, footers = {}, {}
            paths = {table: work / f"{table}.parquet" for table in TABLES}
            _write_all(tables, paths)
            for table, path in paths.items():
                digests[table], footers[table] = sha256_of(path), sha256_of_footer(path)
            data = as_json({**manifest, "format": FORMAT, "tables": digests, "footers": footers})
            with naming(work / _MANIFEST):
                (work / _MANIFEST).write_bytes(data)
            work.chmod(0o755)
            for path in (*work.iterdir(), work):
                keep(path)
            digest = hashlib.sha256(data).hexdigest()
            slug = re.sub(r"[^A-Za-z0-9._-]+", "-", name).strip(".-")[:60] or "snapshot"
            # The same may be there already. Where it is damaged, it stays until the catalog leads to the new one.
            length = 12
            while os.path.lexists(place := self.folder / f"{slug}-{digest[:length]}"):
                if not damaged(place) and sha256_of(place / _MANIFEST) == digest:
                    return place.name, False
                length += 4
            os.replace(work, place)
            return place.name, True
        finally:
            shutil.rmtree(work, ignore_errors=True)

    def _discard_unnamed(self, *folders: str) -> None:
        """Delete those of the folders that no name in the catalog leads to, each gone at once for its readers."""
        named = self.read()["snapshots"].values()
        for folder in folders:
            if folder not in named:
                gone = self.folder / folder
                with contextlib.suppress(OSError):
                    gone = gone.rename(self.folder / f".removed-{folder}")
                shutil.rmtree(gone, ignore_errors=True)
