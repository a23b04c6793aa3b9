"""Snapshots on other machines, brought here from any address that fsspec reads (`s3://…`, `hf://…`, `file:///…`)."""

import json
from collections.abc import Iterable
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from lineage.errors import LineageError, NotFound, SourceError
from lineage.parquet import sha256_of
from lineage.schema import TABLES
from lineage.snapshot import Snapshot, open_folder

_MANIFEST = "manifest.json"

#: What has to be installed beside us for addresses of these kinds.
_NEEDS = {
    "https": "aiohttp requests", "http": "aiohttp requests", "s3": "s3fs", "gs": "gcsfs", "az": "adlfs",
    "abfs": "adlfs",
}  # fmt: skip


def is_remote(snapshot: str) -> bool:
    """Whether what names a snapshot is an address, well written or not."""
    return "://" in snapshot


def name_of(address: str) -> str:
    """What a snapshot at an address is called: the last part of its path."""
    return address.rstrip("/").rpartition("/")[2] or address


def shown(address: str) -> str:
    """The address as it may be printed: without user, password and query, which may be secrets."""
    parts = urlsplit(address)
    return f"{parts.scheme}://{parts.netloc.rpartition('@')[2]}{parts.path}"


def fetch(address: str, folder: Path, tables: Iterable[str] = tuple(TABLES)) -> Snapshot:
    """Fetch a snapshot's manifest and those of its tables into `folder`, which is there and empty, and open it.

    Every table is held against the sha256 that the manifest has of it. Raises NotFound where there is no snapshot,
    SourceError where it cannot be read or a table is not what was written, SnapshotError for one of another version.
    """
    system, path = _system(address)
    _get(system, address, f"{path}/{_MANIFEST}", folder / _MANIFEST)
    try:
        found = open_folder(folder, name_of(address))
        digests = {} | json.loads((folder / _MANIFEST).read_bytes())["tables"]
    except NotFound:
        raise NotFound(f"{shown(address)} is no snapshot: it has no {_MANIFEST}.") from None
    for table in tables:
        here = folder / f"{table}.parquet"
        _get(system, address, f"{path}/{here.name}", here)
        if sha256_of(here) != digests.get(table):
            raise SourceError(
                f"{here.name} of {shown(address)} is not what its manifest says. Copy the snapshot there once more."
            )
    return found


def _system(address: str) -> tuple[Any, str]:
    """The file system of an address, and the path in it. Raises SourceError where nothing here reads such addresses."""
    import fsspec

    try:
        system, path = fsspec.core.url_to_fs(address, use_listings_cache=False)
    except (ImportError, ValueError) as error:
        kind = address.partition("://")[0].lower()
        needs = f"Install what fsspec needs for them: pip install {_NEEDS[kind]}." if kind in _NEEDS else (
            f"It reads those that begin with {', '.join(f'{each}://' for each in ('file', 'hf', *_NEEDS))}."
        )  # fmt: skip
        raise SourceError(f"Addresses that begin with {kind}:// cannot be read here ({error}). {needs}") from None
    return system, path.rstrip("/")


def _get(system: Any, address: str, path: str, here: Path) -> None:
    name = path.rpartition("/")[2]
    try:
        system.get_file(path, str(here))
    except FileNotFoundError:
        if name == _MANIFEST:
            raise NotFound(f"{shown(address)} is no snapshot: it has no {_MANIFEST}.") from None
        raise SourceError(f"The snapshot at {shown(address)} has lost {name}. Copy it there once more.") from None
    except LineageError:
        raise
    except Exception as error:  # every file system has errors of its own
        said = type(error).__name__
        raise SourceError(
            f"{name} of {shown(address)} cannot be fetched ({said}). Check the address, and that you may read it."
        ) from error
