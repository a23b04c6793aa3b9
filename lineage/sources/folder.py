"""Folders of model cards: `*.md` files, or trees of `README.md`."""

import hashlib
from pathlib import Path
from typing import TYPE_CHECKING

import pyarrow as pa

from lineage.reading.columns import Recognised
from lineage.reading.rows import add_part

if TYPE_CHECKING:
    from duckdb import DuckDBPyConnection

#: Longer cards are cut; `reading/frontmatter.py` says so.
_MOST_BYTES = (2 << 20) + 16

_CHUNK = 2_000

#: What a folder of cards has for columns.
CARDS = Recognised({"path": ("path",), "readme": ("readme",)}, (), "cards")


def add_cards(con: "DuckDBPyConnection", root: Path, files: tuple[Path, ...], limit: int | None = None) -> str:
    """Append the cards to `spelled`, one row a file; returns the sha256 over their paths and bytes.

    A file that cannot be read is a row with the problem `unreadable-file`.
    """
    digest = hashlib.sha256()
    for first in range(0, len(files[:limit]), _CHUNK):
        rows = [_card(root, path, digest) for path in files[:limit][first : first + _CHUNK]]
        names = ("path", "readme", "problem", "problem_text")
        table = pa.table({n: pa.array([r[i] for r in rows], pa.string()) for i, n in enumerate(names)})
        con.register("cards", table)
        add_part(con, CARDS, "cards")
        con.unregister("cards")
    return digest.hexdigest()


def _card(root: Path, path: Path, digest: "hashlib._Hash") -> tuple[str, str | None, str | None, str | None]:
    # A name may hold bytes that are no text; a path is only ever read for the id in it.
    below = str(path.relative_to(root)).encode("utf-8", "replace").decode("utf-8", "replace")
    if path.parent == root and path.name.lower() == "readme.md":
        below = f"{root.resolve().parent.name}/{root.resolve().name}/{path.name}"
    try:
        with path.open("rb") as file:
            data = file.read(_MOST_BYTES)
    except OSError as error:
        return below, None, "unreadable-file", f"{below}: {error.strerror}"
    digest.update(below.encode() + b"\0" + hashlib.sha256(data).digest())
    return below, text_of(data), None, None


def text_of(data: bytes) -> str:
    """The text of a card: UTF-16 where it begins with its mark, else UTF-8; what is neither becomes U+FFFD."""
    utf16 = data[:2] in (b"\xff\xfe", b"\xfe\xff")
    return data.decode("utf-16" if utf16 else "utf-8", "replace")
