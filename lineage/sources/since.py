"""A crawl that begins where an earlier one ended: its pages, then what has changed since, newest first.

What changed is asked for by `lastModified`. The counters of models that did not change are those of the
earlier crawl, as `seen_at` of each page says; a full crawl brings them all up to date.
"""

import os
import shutil
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from lineage.catalog import Catalog
from lineage.errors import SourceError, UsageError
from lineage.sources.kept import Kept

#: A clock of the Hub's may be a little behind ours, and a crawl saw its first pages when it began.
_OVERLAP = timedelta(hours=1)

_FULL = "A full crawl is the way: lineage crawl"


@dataclass(frozen=True, slots=True)
class Base:
    """The crawl to begin with."""

    kept: Kept
    taken_at: str
    """Of the snapshot that was built from it."""

    @property
    def until(self) -> str:
        """Changes older than this are in it already; ISO, UTC."""
        return (_time(self.kept.head["started"]) - _OVERLAP).strftime("%Y-%m-%dT%H:%M:%SZ")

    def since(self) -> dict[str, Any]:
        """What crawl.json says of it."""
        pages = len(self.kept.pages)
        return {"crawl": self.kept.name, "taken_at": self.taken_at, "until": self.until, "pages": pages}


def find_base(snapshot: str, home: Path) -> Base:
    """The crawl that a snapshot (a name or folder) was built from.

    Raises NotFound where there is no such snapshot, SourceError where its crawl is not there any more or
    is not whole, UsageError where it was one of a part of the Hub.
    """
    made = Catalog(home).open(snapshot)
    name = str(made.manifest["source"]["name"])
    kept = Kept.read(home / "crawls" / name) if "/" not in name and name not in ("", ".", "..") else None
    if kept is None:
        raise SourceError(
            f"The crawl {name}, from which the snapshot {made.name} was built, is not in {home / 'crawls'}. {_FULL}"
        )
    if not kept.finished or lost_pages(kept):
        raise SourceError(f"The crawl {name} is not whole, so nothing can be added to it. {_FULL}")
    if kept.head["limit"] is not None or kept.head["request"]["author"] is not None:
        raise UsageError(f"The crawl {name} holds a part of the Hub only; --since goes on from whole ones. {_FULL}")
    return Base(kept, made.taken_at)


def lost_pages(kept: Kept) -> list[str]:
    """The files of pages that are missing or cut."""
    return [p["file"] for p in kept.pages if not _whole(kept.folder / p["file"], p["size"])]


def _whole(path: Path, size: int) -> bool:
    try:
        return path.stat().st_size == size
    except OSError:
        return False


def adopt(base: Base, kept: Kept) -> None:
    """Have `kept`, in which nothing is yet, begin with what `base` has; the files are linked by `link_pages`."""
    head = base.kept.head
    kept.head |= {"records": head["records"], "keys": list(head["keys"]), "since": base.since()}
    kept.extend(base.kept.pages)


def link_pages(base: Base, kept: Kept) -> None:
    """Have the files of `base` in the folder of `kept`: linked, or copied where that cannot be done."""
    for page in base.kept.pages:
        source, target = base.kept.folder / page["file"], kept.folder / page["file"]
        if _whole(target, page["size"]):
            continue
        target.unlink(missing_ok=True)
        try:
            os.link(source, target)
        except OSError:
            shutil.copyfile(source, target)


def is_older(one: str, other: str) -> bool:
    """Whether the first of two ISO times is the earlier one; False where one of them is no time."""
    try:
        return _time(one) < _time(other)
    except ValueError:
        return False


def _time(text: str) -> datetime:
    time = datetime.fromisoformat(text)
    return time.replace(tzinfo=UTC) if time.tzinfo is None else time
