"""Many JSON lists at once, as the pages of the Hub's API are: read by DuckDB in parallel, a batch of files at a time.

DuckDB takes a compressed file that was cut short for a shorter one, and a list that was cut for its beginning; so
each file is looked at first, by a reader that notices. What DuckDB cannot read (half a surrogate pair, bytes that are
no UTF-8, a record that is no object) goes record by record through `tables.py`.
"""

import hashlib
import json
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from lineage.errors import UnknownLayout
from lineage.reading.columns import SPELLINGS, Recognised, recognise, together
from lineage.reading.rows import add_part
from lineage.sources.tables import pass_full_disk
from lineage.sources.text import refuse_bomb, suffix_of

if TYPE_CHECKING:
    from duckdb import DuckDBPyConnection

#: Files, and bytes of text, that are read at once.
MOST_FILES = 250
MOST_BYTES = 256 << 20

#: The longest record: the cards of some models hold their whole evaluation.
LONGEST = 32 << 20

#: As much of a file as its first record is looked for in.
_HEAD = 1 << 20
_CHUNK = 1 << 20

#: All that may be a column of ours, in the spellings of the input.
_SPELLED = tuple(dict.fromkeys(s for spellings in SPELLINGS.values() for s in spellings))
_SPEC = ", ".join(f"'{s}': 'VARCHAR'" for s in _SPELLED)

#: Any of them may be there.
_EVERY = Recognised(SPELLINGS, ())


@dataclass(frozen=True, slots=True)
class Page:
    """A file that is one whole JSON list of objects, as far as its two ends tell."""

    file: Path
    size: int
    """Bytes of text."""
    keys: tuple[str, ...]
    """Of its first record; none in an empty list."""
    sha256: str
    """Of the file."""
    seen_at: str | None = None
    """When it was fetched, where that is known."""
    records: int | None = None
    """How many it has, where that is known."""


def look(file: Path) -> Page | None:
    """The page in a file; None where it is something else, or not whole: `tables.py` says what is wrong with it."""
    if suffix_of(file)[0] != ".json":
        return None
    import pyarrow as pa

    packed = file.stat().st_size
    digest, size, head, tail = hashlib.sha256(), 0, b"", b""
    compression = {".gz": "gzip", ".zst": "zstd", "": None}[suffix_of(file)[1]]
    try:
        with file.open("rb") as raw:
            data = raw.read()
        digest.update(data)
        with pa.input_stream(pa.py_buffer(data), compression=compression) as text:
            while chunk := text.read(_CHUNK):
                size += len(chunk)
                refuse_bomb(file.name, packed, size)
                if len(head) < _HEAD:
                    head += chunk
                tail = (tail + chunk)[-64:]
    except (OSError, EOFError):
        return None
    if not head.lstrip().startswith(b"[") or not tail.rstrip().endswith(b"]"):
        return None
    try:
        begun = head.decode("utf-8", "ignore").lstrip()[1:].lstrip()
        first: Any = {} if begun.startswith("]") else json.JSONDecoder().raw_decode(begun)[0]
        if not isinstance(first, dict) or (first and recognise(list(first)).layout != "models"):
            return None
    except (ValueError, RecursionError, UnknownLayout):
        return None
    return Page(file, size, tuple(first), digest.hexdigest())


def look_at_all(files: list[Path]) -> list[Page | None]:
    """`look` at each, several at a time."""
    with ThreadPoolExecutor(4) as threads:
        return list(threads.map(look, files))


def batches(pages: list[Page]) -> list[list[Page]]:
    """Runs of pages that are read at once, in their order: not too much, and all seen at one time."""
    made: list[list[Page]] = []
    size = 0
    for page in pages:
        full = made and (len(made[-1]) >= MOST_FILES or size + page.size > MOST_BYTES)
        if not made or full or made[-1][0].seen_at != page.seen_at:
            made.append([])
            size = 0
        made[-1].append(page)
        size += page.size
    return made


def add_pages(con: "DuckDBPyConnection", pages: list[Page]) -> tuple[Recognised | None, list[Page]]:
    """Append the records of some pages to `spelled`; what was recognised, and the pages that could not be read so.

    Nothing was appended of the latter. None where no page was read.
    """
    import duckdb

    if not pages:
        return None, []
    reading = f"read_json(?, format = 'array', columns = {{{_SPEC}}}, maximum_object_size = {LONGEST})"
    files = [str(p.file) for p in pages]
    before = _rows(con)
    try:
        add_part(con, _EVERY, reading, pages[0].seen_at, [files])
    except duckdb.OutOfMemoryException:
        raise
    except duckdb.Error as error:
        pass_full_disk(error)
        if len(pages) == 1:
            return None, pages
        middle = len(pages) // 2
        first, bad = add_pages(con, pages[:middle])
        second, worse = add_pages(con, pages[middle:])
        read = [r for r in (first, second) if r]
        return (together(read) if read else None), bad + worse
    try:
        return _recognise(con, pages, before, reading, files), []
    except UnknownLayout:
        con.execute(f"DELETE FROM spelled WHERE rowid >= {before}")
        return None, pages


def _rows(con: "DuckDBPyConnection") -> int:
    return int(con.execute("SELECT count(*) FROM spelled").fetchall()[0][0])


def _recognise(con: "DuckDBPyConnection", pages: list[Page], before: int, reading: str, files: list[str]) -> Recognised:
    """Which columns the pages have that were appended to `spelled` as rows from `before` on.

    The first record of each page tells; what only later ones have is looked for where it was found.
    """
    keys = {k for p in pages for k in p.keys}
    ours = list(SPELLINGS)
    counts = con.execute(
        "SELECT " + ", ".join(f"count({o})" for o in ours) + f" FROM spelled WHERE rowid >= {before}"
    ).fetchall()[0]
    late = [s for o, n in zip(ours, counts, strict=True) if n for s in SPELLINGS[o] if s not in keys]
    if any(n and not keys.intersection(SPELLINGS[o]) for o, n in zip(ours, counts, strict=True)):
        some = ", ".join(f'count("{s}")' for s in late)
        found = con.execute(f"SELECT {some} FROM {reading}", [files]).fetchall()[0]
        keys |= {s for s, n in zip(late, found, strict=True) if n}
    return recognise([*(s for s in _SPELLED if s in keys), *sorted(keys - set(_SPELLED))])
