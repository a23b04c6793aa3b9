"""A snapshot: a folder of Parquet tables and a manifest, immutable once it is there.

    snapshots/<folder>/   models, tags, edges, claims, ancestry, publishers, rejected (.parquet), manifest.json

The folder's name ends in the first digits of the manifest's sha256, and the manifest has that of every table: nothing
can change unnoticed. `catalog.py` makes snapshots and knows their names.
"""

import hashlib
import json
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from typing import Any

import pyarrow as pa

from lineage.errors import NotFound, SnapshotError
from lineage.parquet import read_groups, sha256_of, sha256_of_footer
from lineage.schema import FORMAT, TABLES

#: The file of a snapshot that says what it is, and vouches for the others.
MANIFEST = "manifest.json"

#: What reading JSON raises that is none, or has another shape.
JUNK = (ValueError, KeyError, TypeError, OverflowError, RecursionError)

#: Up to this size a table is held against its sha256 when it is read (10 ms), beyond, its footer and each page.
_SMALL = 8 << 20


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

    def blocks(
        self,
        name: str,
        columns: list[str],
        chosen: list[int] | None = None,
        then: Callable[[pa.Table, int], Any] | None = None,
    ) -> Iterator[Any]:
        """The same, a block at a time, not held; `chosen`: which of them. `then`: see `parquet.read_groups`."""
        path = self.folder / f"{name}.parquet"
        try:
            small = path.stat().st_size <= _SMALL
            found = sha256_of(path) if small else sha256_of_footer(path)
            if found != self.manifest["tables" if small else "footers"][name]:
                raise ValueError("its bytes have changed")
            yield from read_groups(path, columns, chosen, then)
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
    path = folder / MANIFEST
    try:
        data = path.read_bytes()
        manifest = json.loads(data)
        if type(version := manifest["format"]) is not int:
            raise ValueError
        made = Snapshot(name or folder.name, folder, manifest, hashlib.sha256(data).hexdigest())
        if version == FORMAT:
            made.header()  # what is read of it without asking
    except (FileNotFoundError, NotADirectoryError, IsADirectoryError):
        said = f"{folder} is no snapshot: it has no {MANIFEST}. `lineage snapshots` lists what there is."
        raise NotFound(said) from None
    except OSError as error:
        raise SnapshotError(f"{path} cannot be read: {error.strerror}.") from None
    except JUNK:
        raise SnapshotError(f"{path} is damaged. Build the snapshot again.") from None
    if version != FORMAT:
        todo = "Update it: pip install -U model-lineage." if version > FORMAT else "Build it again, with --force."
        raise SnapshotError(f"The snapshot {made.name} has format {version}; this lineage reads {FORMAT}. {todo}")
    return made


def damaged(folder: Path) -> list[str]:
    """The files of a snapshot that are missing, unreadable, or whose bytes have changed, A–Z."""
    try:
        tables = {} | json.loads((folder / MANIFEST).read_bytes())["tables"]
    except (OSError, *JUNK):
        return [MANIFEST]
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
