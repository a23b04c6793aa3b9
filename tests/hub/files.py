"""Files of repositories: what identifies them, and the parts of them that are asked for."""

import hashlib
import mmap
import re
from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

from tests.hub.answers import Answer, refusal

#: Larger files, and tables of any size, are kept apart from git, which holds a pointer to them.
_LARGE = 10_000_000
_TABLES = (".parquet", ".zst", ".gz", ".arrow")


def commit_of(text: str) -> str:
    """40 hexadecimal digits that stand for a commit."""
    return hashlib.sha1(text.encode("utf-8", "replace")).hexdigest()


def blob_id(content: bytes) -> str:
    """What git calls a file with this content."""
    return hashlib.sha1(b"blob %d\0" % len(content) + content).hexdigest()


@dataclass(frozen=True, slots=True)
class Identity:
    """What the Hub says of a file."""

    size: int
    oid: str
    """git's: of the file, or of the pointer to it."""
    sha256: str | None
    """Of a file that is kept apart from git."""
    pointer_size: int = 0

    @property
    def etag(self) -> str:
        """The strong ETag of the file."""
        return f'"{self.sha256 or self.oid}"'


def identify(path: Path) -> Identity:
    """What the Hub says of the file at `path`; read once for each state of the file."""
    stat = path.stat()
    return _identity(path, stat.st_size, stat.st_mtime_ns)


@lru_cache(1024)
def _identity(path: Path, size: int, changed: int) -> Identity:
    if size < _LARGE and path.suffix not in _TABLES:
        return Identity(size, blob_id(path.read_bytes()), None)
    with path.open("rb") as file:
        digest = hashlib.file_digest(file, "sha256").hexdigest()
    pointer = f"version https://git-lfs.github.com/spec/v1\noid sha256:{digest}\nsize {size}\n".encode()
    return Identity(size, blob_id(pointer), digest, len(pointer))


def content(path: Path) -> bytes | memoryview:
    """The bytes of a file, which are read when they are sent."""
    if not path.stat().st_size:
        return b""
    with path.open("rb") as file:
        return memoryview(mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ))


def part(body: bytes | memoryview, headers: Mapping[str, str], asked: str | None) -> Answer:
    """A file, or the range of it that is asked for (`bytes=0-99`, `bytes=100-`, `bytes=-8`)."""
    headers = {**headers, "Accept-Ranges": "bytes"}
    match = re.fullmatch(r"bytes=(\d*)-(\d*)", asked or "")
    if not match or not (match[1] or match[2]):
        return Answer(200, body, headers)
    size = len(body)
    start = int(match[1]) if match[1] else max(0, size - int(match[2]))
    end = min(int(match[2]), size - 1) if match[1] and match[2] else size - 1
    if start > end:
        return refusal(416, "Range Not Satisfiable", **{"Content-Range": f"bytes */{size}"})
    return Answer(206, body[start : end + 1], {**headers, "Content-Range": f"bytes {start}-{end}/{size}"})
