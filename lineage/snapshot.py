"""A snapshot: a folder of Parquet tables and a manifest, immutable once it is there.

    snapshots/<folder>/   models, tags, edges, claims, ancestry, publishers, rejected (.parquet), manifest.json
    catalog.json          name → folder, and which is current

Publishing is two renames: the finished folder into place, then the catalog. A reader sees the old
state or the new one. Same input and options: the same bytes.
"""

import hashlib
import json
import os
import re
import shutil
import tempfile
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq

from lineage.errors import NotFound, RefusedError, SnapshotError
from lineage.schema import FORMAT, TABLES, conform

_MANIFEST = "manifest.json"


def home() -> Path:
    """Where everything lies: `LINEAGE_HOME`, else the platform's data folder."""
    if given := os.environ.get("LINEAGE_HOME"):
        return Path(given).expanduser()
    from platformdirs import user_data_path

    return user_data_path("lineage", appauthor=False)


def sha256_of(path: Path) -> str:
    """Hex digest of a file."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def as_json(value: Any) -> bytes:
    """Readable JSON with sorted keys: the same value, the same bytes."""
    return (json.dumps(value, indent=1, sort_keys=True, ensure_ascii=False) + "\n").encode()


def write_parquet(table: pa.Table, path: Path) -> None:
    """Write one table so that equal tables give equal bytes, with a checksum on every page."""
    pq.write_table(table, path, compression="zstd", write_page_checksum=True, row_group_size=1 << 20)


@dataclass(frozen=True)
class Snapshot:
    """One snapshot, opened. Tables are read when first asked for."""

    name: str
    folder: Path
    manifest: dict[str, Any]
    sha256: str
    """Of the manifest, which holds the sha256 of every table."""
    _tables: dict[str, pa.Table] = field(default_factory=dict, repr=False, compare=False)

    @property
    def taken_at(self) -> str:
        """The date the snapshot stands for, ISO."""
        return str(self.manifest["taken_at"])

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
        held = self._tables.get(name)
        missing = [c for c in wanted if held is None or c not in held.column_names]
        if missing:
            path = self.folder / f"{name}.parquet"
            try:
                # Not `read_table`: that brings the dataset module, which takes a fifth of a second.
                with pq.ParquetFile(path, page_checksum_verification=True) as file:
                    read = file.read(columns=missing)
            except FileNotFoundError:
                raise SnapshotError(f"The snapshot {self.name} has lost its table {name}. Build it again.") from None
            except (OSError, pa.ArrowException) as error:
                first = str(error).splitlines()[0]
                raise SnapshotError(
                    f"The table {name} of the snapshot {self.name} is damaged ({first}). Build it again."
                ) from None
            for column in missing:
                part = read.column(column)
                held = pa.table({column: part}) if held is None else held.append_column(column, part)
            assert held is not None
            self._tables[name] = held
        assert held is not None
        return held.select(wanted)

    def header(self) -> dict[str, Any]:
        """What `--format json` says about the snapshot."""
        return {
            "name": self.name,
            "taken_at": self.taken_at,
            "source": self.manifest["source"]["name"],
            "sha256": self.sha256,
            "models": self.counts["models"],
            "edges": self.counts["edges"],
        }


def open_folder(folder: Path, name: str | None = None) -> Snapshot:
    """Open the snapshot in a folder. Raises NotFound or SnapshotError with what is wrong."""
    path = folder / _MANIFEST
    if not path.is_file():
        raise NotFound(f"{folder} is no snapshot: it has no {_MANIFEST}. `lineage snapshots` lists what there is.")
    data = path.read_bytes()
    try:
        manifest = json.loads(data)
        version = int(manifest["format"])
    except (ValueError, KeyError, TypeError):
        raise SnapshotError(f"{path} is damaged. Build the snapshot again.") from None
    if version > FORMAT:
        raise SnapshotError(
            f"The snapshot {name or folder.name} has format {version}; this lineage reads up to "
            f"{FORMAT}. Update it: pip install -U model-lineage."
        )
    if version < FORMAT:
        raise SnapshotError(
            f"The snapshot {name or folder.name} has format {version}, of an older lineage; this one reads {FORMAT}. "
            "Build it again from its source, with --force."
        )
    return Snapshot(name or folder.name, folder, manifest, hashlib.sha256(data).hexdigest())


def damaged(folder: Path) -> list[str]:
    """The files of a snapshot that are missing or whose bytes have changed, A–Z."""
    try:
        tables = json.loads((folder / _MANIFEST).read_bytes())["tables"]
    except (OSError, ValueError, KeyError, TypeError):
        return [_MANIFEST]
    found = []
    for table, digest in sorted(tables.items()):
        path = folder / f"{table}.parquet"
        if not path.is_file() or sha256_of(path) != digest:
            found.append(path.name)
    return found


class Catalog:
    """The snapshots under one home: names, folders, and which is current."""

    def __init__(self, root: Path | None = None) -> None:
        self.root = root or home()
        self.path = self.root / "catalog.json"
        self.folder = self.root / "snapshots"

    def read(self) -> dict[str, Any]:
        """`{"current": name or None, "snapshots": {name: folder}}`."""
        try:
            read = json.loads(self.path.read_bytes())
            return {"current": read["current"], "snapshots": dict(read["snapshots"])}
        except FileNotFoundError:
            return {"current": None, "snapshots": {}}
        except (ValueError, KeyError, TypeError):
            raise SnapshotError(f"{self.path} is damaged. Delete it and build again; the snapshots stay.") from None

    def _replace(self, content: dict[str, Any]) -> None:
        with tempfile.NamedTemporaryFile("wb", dir=self.root, prefix=".catalog-", delete=False) as file:
            file.write(as_json({"schema": 1, **content}))
            file.flush()
            os.fsync(file.fileno())
        os.replace(file.name, self.path)

    def _lock(self) -> Any:
        from filelock import FileLock

        self.folder.mkdir(parents=True, exist_ok=True)
        return FileLock(self.root / ".catalog.lock", timeout=60)

    def open(self, name: str | None = None) -> Snapshot:
        """The snapshot of that name or folder; None: the current one."""
        known = self.read()
        if name is None:
            name = known["current"]
            if name is None and known["snapshots"]:
                raise NotFound(
                    f"No snapshot is the current one. `lineage snapshots use NAME` makes one current; there "
                    f"are: {', '.join(sorted(known['snapshots']))}."
                )
            if name is None:
                raise NotFound(
                    "There is no snapshot yet. `lineage build sample` makes one in a second, without a network."
                )
        if name in known["snapshots"]:
            return open_folder(self.folder / known["snapshots"][name], name)
        if (Path(name) / _MANIFEST).is_file():
            return open_folder(Path(name))
        listed = ", ".join(sorted(known["snapshots"])) or "none yet"
        raise NotFound(f"There is no snapshot {name!r}. There are: {listed}. `lineage build` makes one.")

    def table(self) -> pa.Table:
        """One row a snapshot, by name: name, taken_at, source (text), models, edges, size in bytes (int64),
        current (bool), problem (text; null where it can be opened)."""
        known = self.read()
        rows = []
        for name, folder in sorted(known["snapshots"].items()):
            row: dict[str, Any] = {"name": name, "current": name == known["current"]}
            try:
                found = open_folder(self.folder / folder, name)
                size = sum(p.stat().st_size for p in found.folder.iterdir())
                row |= {k: found.header()[k] for k in ("taken_at", "source", "models", "edges")} | {"size": size}
            except (NotFound, SnapshotError) as error:
                row["problem"] = str(error)
            rows.append(row)
        schema = pa.schema(
            [
                ("name", pa.string()),
                ("taken_at", pa.string()),
                ("source", pa.string()),
                ("models", pa.int64()),
                ("edges", pa.int64()),
                ("size", pa.int64()),
                ("current", pa.bool_()),
                ("problem", pa.string()),
            ]
        )
        return pa.Table.from_pylist(rows, schema=schema)

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
            folder = known["snapshots"].pop(name)
            current = None if known["current"] == name else known["current"]
            self._replace({"current": current, "snapshots": known["snapshots"]})
            if folder not in known["snapshots"].values():
                shutil.rmtree(self.folder / folder, ignore_errors=True)

    def publish(self, name: str, tables: Mapping[str, pa.Table], manifest: Mapping[str, Any], force: bool) -> Snapshot:
        """Write the tables and make them the current snapshot `name`, whole or not at all.

        `manifest` needs taken_at, source, counts, columns, options, versions; format and the
        sha256 of every table are added. Raises RefusedError where the name is taken and not `force`.
        """
        with self._lock():
            if not force:
                self.refuse_existing(name)
            for stale in self.folder.glob(".building-*"):  # left by a build that was killed: the lock is ours
                shutil.rmtree(stale, ignore_errors=True)
            work = Path(tempfile.mkdtemp(dir=self.folder, prefix=".building-"))
            try:
                digests = {}
                for table in TABLES:
                    write_parquet(conform(tables[table], table), work / f"{table}.parquet")
                    digests[table] = sha256_of(work / f"{table}.parquet")
                data = as_json({**manifest, "format": FORMAT, "tables": digests})
                (work / _MANIFEST).write_bytes(data)
                digest = hashlib.sha256(data).hexdigest()
                slug = re.sub(r"[^A-Za-z0-9._-]+", "-", name).strip(".-")[:60] or "snapshot"
                folder = f"{slug}-{digest[:12]}"
                for path in work.iterdir():
                    with path.open("rb") as file:
                        os.fsync(file.fileno())
                work.chmod(0o755)
                # The same bytes may be there already; what is there and damaged makes way.
                if damaged(self.folder / folder):
                    shutil.rmtree(self.folder / folder, ignore_errors=True)
                    os.replace(work, self.folder / folder)
            finally:
                shutil.rmtree(work, ignore_errors=True)
            known = self.read()
            before = known["snapshots"].get(name)
            known["snapshots"][name] = folder
            self._replace({"current": name, "snapshots": known["snapshots"]})
            if before and before not in known["snapshots"].values():
                shutil.rmtree(self.folder / before, ignore_errors=True)
        return open_folder(self.folder / folder, name)
