"""The folder of a crawl: pages as they came, and `crawl.json`, which says how far it has come.

    crawls/<name>/000000.json.zst …   a page each, by zstd
    crawls/<name>/cards/              the cards that were asked for, if any
    crawls/<name>/crawl.json          what was asked, the address of the next page, every page with its sha256

A page is there before crawl.json names it; both appear by being renamed. So whatever ends the program,
the next run goes on at the next page, and what comes out is the same. docs/crawl.md has every field.
"""

import contextlib
import hashlib
import json
import os
import re
import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pyarrow as pa

from lineage.errors import RefusedError, SourceError

if TYPE_CHECKING:  # builds read what is kept, and need no network for it
    from lineage.sources.verdict import Page

STATE = "crawl.json"

#: The folder of its cards, where there are any; `shelf.py` fills it.
CARDS = "cards"

#: Of crawl.json.
FORMAT = 1

#: More keys than this are not noted: the Hub has some thirty.
_MOST_KEYS = 1_000

_PAGE = re.compile(r"\d{6,}\.json\.zst")
_BATCH = re.compile(r"\d{6,}\.jsonl\.zst")
_LEVEL = 3

#: What comes before the sha256 of all that comes before: one bit that flips in crawl.json is another crawl.
_SEAL = b',\n"sha256":'


def cursor_of(url: str) -> str:
    """What a page is known by in crawl.json: the first 16 hex digits of the sha256 of its address."""
    return hashlib.sha256(url.encode()).hexdigest()[:16]


@contextlib.contextmanager
def locked(folder: Path) -> Iterator[None]:
    """Be the only one who writes to the folder, which is made. Raises RefusedError where somebody else does."""
    from filelock import FileLock, Timeout

    folder.mkdir(parents=True, exist_ok=True)
    try:
        with FileLock(folder / ".lock", timeout=0):
            yield
    except Timeout:
        raise RefusedError(
            f"Another lineage is crawling {folder.name} at this moment. Wait for it, or give another --name."
        ) from None


class Kept:
    """A crawl as it lies in its folder. `head` is crawl.json without its pages, `pages` those."""

    def __init__(self, folder: Path, head: dict[str, Any], pages: list[dict[str, Any]]) -> None:
        self.folder = folder
        self.head = head
        self.pages = pages
        # Their lines, said once: crawl.json is written again for every page.
        self._lines = bytearray(_lines(pages))

    @classmethod
    def read(cls, folder: Path) -> "Kept | None":
        """The crawl in a folder, or None where there is none. Raises SourceError where crawl.json is damaged."""
        try:
            data = (folder / STATE).read_bytes()
            head = json.loads(data)
            # What is not sealed, another program or a person has made, and it is believed.
            if (seal := head.pop("sha256", None)) is not None and seal != hashlib.sha256(
                data[: data.rindex(_SEAL)]
            ).hexdigest():
                said = f"{folder / STATE} was changed after it was written. Crawl again with --fresh, or under another"
                raise SourceError(f"{said} --name. Or if you changed it, take its sha256 out.")
            if head["format"] > FORMAT:
                raise SourceError(f"The crawl {folder.name} was made by a newer lineage: pip install -U model-lineage.")
            pages = head.pop("pages")
            known = isinstance(head["request"], dict) and isinstance(head["records"], int) and "next" in head
            if not known or not all(_PAGE.fullmatch(p["file"]) and p["size"] >= 0 and p["cursor"] for p in pages):
                raise ValueError
            if not all(p["records"] >= 0 and p["sha256"] and p["seen_at"] and "next" in p for p in pages):
                raise ValueError
            cards = head.get("cards") or {"asked": 0, "found": 0, "files": []}
            if not all(_BATCH.fullmatch(b["file"]) and b["size"] >= 0 and b["sha256"] for b in cards["files"]):
                raise ValueError
            if cards["asked"] != sum(b["lines"] for b in cards["files"]) or not 0 <= cards["found"] <= cards["asked"]:
                raise ValueError
        except FileNotFoundError:
            return None
        except (ValueError, KeyError, TypeError, RecursionError):
            raise SourceError(
                f"{folder / STATE} is damaged. Crawl again with --fresh, or under another --name."
            ) from None
        return cls(folder, head, pages)

    @property
    def name(self) -> str:
        """The name of the crawl."""
        return self.folder.name

    @property
    def finished(self) -> bool:
        """Whether the last page is there."""
        return self.head["finished"] is not None

    @property
    def size(self) -> int:
        """Bytes of all pages."""
        return sum(page["size"] for page in self.pages)

    def clear(self) -> None:
        """Take away what no run has finished: temporary files, and pages that crawl.json does not name."""
        named = {page["file"] for page in self.pages}
        for path in self.folder.iterdir():
            if path.name.endswith(".new") or (_PAGE.fullmatch(path.name) and path.name not in named):
                path.unlink()

    def extend(self, pages: list[dict[str, Any]]) -> None:
        """Have the pages of another crawl, whose files are here already, before any of its own."""
        self.pages.extend(pages)
        self._lines += _lines(pages)

    def cut_at_damage(self, first: str, base: int) -> int:
        """Forget the first page that is missing or cut, and all after it; they are to be fetched again.

        `first` is the address of the first page after the `base` pages of an earlier crawl, which are there.
        Returns how many pages are forgotten.
        """
        good = 0
        for page in self.pages:
            path = self.folder / page["file"]
            if not path.is_file() or path.stat().st_size != page["size"]:
                break
            good += 1
        lost = len(self.pages) - good
        if lost:
            del self.pages[good:]
            self._lines = bytearray(_lines(self.pages))
            self.head["next"] = _longer(self.pages[-1]["next"], first) if good > base else first
            self.head["records"] = sum(page["records"] for page in self.pages)
            self.write()
        return lost

    def add(self, page: "Page", url: str, first: str, done_at: str | None) -> None:
        """Keep the page that came from `url`; `first` is the address of the first page.

        `done_at`: it is the last one, and this is the time.
        """
        file = f"{len(self.pages):06}.json.zst"
        packed = pa.Codec("zstd", compression_level=_LEVEL).compress(page.body, asbytes=True)
        replace(self.folder / file, packed)
        entry = {
            "file": file,
            "records": page.records,
            "sha256": hashlib.sha256(packed).hexdigest(),
            "size": len(packed),
            "seen_at": self.head["started"],
            "cursor": cursor_of(url),
            "next": page.next and _shorter(page.next, first),
        }
        self.pages.append(entry)
        self._lines += _lines([entry])
        head = self.head
        if (new := page.keys.difference(head["keys"])) and len(head["keys"]) < _MOST_KEYS:
            head["keys"] = sorted([*head["keys"], *sorted(new)[: _MOST_KEYS - len(head["keys"])]])
        head |= {"records": head["records"] + page.records, "finished": done_at}
        head["next"] = None if done_at else page.next
        self.write()

    def write(self) -> None:
        """Replace crawl.json by what is known now."""
        # Every line but the first of `_lines` begins with the comma after the one before.
        parts = (_json(self.head)[:-1] + b',\n"pages":[', memoryview(self._lines)[1:], b"\n]")
        digest = hashlib.sha256()
        for part in parts:
            digest.update(part)
        replace(self.folder / STATE, *parts, _SEAL + json.dumps(digest.hexdigest()).encode() + b"}\n")
        # The names of the page and of crawl.json, both.
        sync(self.folder)


def sync(folder: Path) -> None:
    """Have the names of the files in a folder on the disk."""
    opened = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(opened)
    finally:
        os.close(opened)


def remove(folder: Path) -> None:
    """Take away a crawl: first what leads to its pages, then those, and what was made of them beside them."""
    (folder / STATE).unlink(missing_ok=True)
    shutil.rmtree(folder / "columns", ignore_errors=True)
    for path in folder.iterdir():
        if path.is_file() and (_PAGE.fullmatch(path.name) or path.suffix in (".parquet", ".new")):
            path.unlink()
    if (folder / CARDS).is_dir():
        for path in (folder / CARDS).iterdir():
            if _BATCH.fullmatch(path.name) or path.suffix == ".new":
                path.unlink()
        with contextlib.suppress(OSError):  # whatever else is in it is not ours
            (folder / CARDS).rmdir()


def replace(path: Path, *data: bytes | memoryview) -> None:
    """Write a file whole or not at all, and have it on the disk before it goes by its name."""
    new = path.with_name(f".{path.name}.new")
    try:
        with new.open("wb") as file:
            for part in data:
                file.write(part)
            file.flush()
            os.fsync(file.fileno())
        os.replace(new, path)
    except BaseException as error:
        with contextlib.suppress(OSError):
            new.unlink()
        if isinstance(error, OSError) and error.filename is None:  # of writing, Python does not say where
            raise OSError(error.errno, os.strerror(error.errno or 0), str(path)) from None
        raise


def _shorter(url: str, first: str) -> str:
    """What an address has more than that of the first page; the whole address where it is another."""
    return url.removeprefix(f"{first}&")


def _longer(text: str, first: str) -> str:
    return text if text.startswith(("http://", "https://")) else f"{first}&{text}"


def _lines(pages: list[dict[str, Any]]) -> bytes:
    return b"".join(b",\n" + _json(page) for page in pages)


def _json(value: Any) -> bytes:
    return json.dumps(value, separators=(",", ":")).encode()
