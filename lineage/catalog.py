"""The catalog: which snapshots there are under one home, by what names, which is current; and how one is published.

    snapshots/<folder>/   a snapshot each, see `snapshot.py`
    catalog.json          name → folder, which is current, and which a publication was about to delete

Publishing is two renames: the finished folder into place, then the catalog. A reader sees the old state or the new
one. Same input and options: the same bytes.
"""

import contextlib
import hashlib
import json
import os
import re
import shlex
import shutil
import tempfile
from collections.abc import Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pyarrow as pa

from lineage.config import home
from lineage.errors import NotFound, RefusedError, SnapshotError
from lineage.parquet import BLOCK, as_json, broken, keep, naming, sealed, sha256_of, sha256_of_footer, write_parquet
from lineage.schema import FORMAT, TABLES, conform
from lineage.snapshot import JUNK, MANIFEST, Snapshot, damaged, open_folder

#: From so many models on, tables are written beside each other.
_LARGE = 200_000

#: For another process to write the catalog or a snapshot.
_WAIT_SECONDS = 60


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
        except JUNK:
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
        if (Path(name) / MANIFEST).is_file():
            return open_folder(Path(name))
        raise NotFound(f"There is no snapshot {name!r}. There are: {listed}. `lineage build` makes one.")

    def _open(self, name: str, folder: str) -> Snapshot:
        try:
            found = open_folder(self.folder / folder, name)
        except NotFound:
            now = self.read()["snapshots"].get(name, folder)
            if now != folder:  # replaced since the catalog was read
                return self._open(name, now)
            lost = f"{self.folder / folder / MANIFEST} of the snapshot {name} is gone. Build it again, with --force"
            raise SnapshotError(f"{lost}, or: lineage snapshots remove {shlex.quote(name)}") from None
        if not found.sha256.startswith(folder.rpartition("-")[2]):
            changed = f"{found.folder / MANIFEST} was changed after it was written"
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
            with naming(work / MANIFEST):
                (work / MANIFEST).write_bytes(data)
            work.chmod(0o755)
            for path in (*work.iterdir(), work):
                keep(path)
            digest = hashlib.sha256(data).hexdigest()
            slug = re.sub(r"[^A-Za-z0-9._-]+", "-", name).strip(".-")[:60] or "snapshot"
            # The same may be there already. Where it is damaged, it stays until the catalog leads to the new one.
            length = 12
            while os.path.lexists(place := self.folder / f"{slug}-{digest[:length]}"):
                if not damaged(place) and sha256_of(place / MANIFEST) == digest:
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
