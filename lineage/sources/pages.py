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

#: All that may be a column of ours, in the spellings of the input. A path says something only where there is no id.
_OURS = {ours: spellings for ours, spellings in SPELLINGS.items() if ours != "path"}
_SPELLED = tuple(dict.fromkeys(s for spellings in _OURS.values() for s in spellings))
_SPEC = ", ".join(f"'{s}': 'VARCHAR'" for s in _SPELLED)

#: Any of them may be there.
_EVERY = Recognised(_OURS, ())


@dataclass(frozen=True, slots=True)
class Page:
    """A file that is one whole JSON list of objects, as far as its two ends tell."""

    file: Path
    size: int
    """Bytes of text."""
    keys: tuple[str, ...]
    """Of its first record, which names a model; none in an empty list."""
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
        if begun.startswith("]"):
            return Page(file, size, (), digest.hexdigest())
        first: Any = json.JSONDecoder().raw_decode(begun)[0]
        if not isinstance(first, dict) or "id" not in recognise(list(first)).columns:
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


def add_pages(con: "DuckDBPyConnection", pages: list[Page], told: bool = False) -> tuple[Recognised | None, list[Page]]:
    """Append the records of some pages to `spelled`; what was recognised, and the pages that could not be read so.

    Nothing was appended of the latter. None where no page was read. What a crawl's pages have is known from its
    crawl.json, and need not be looked for: `told`.
    """
    if not pages:
        return None, []
    if (recognised := _read(con, pages, told)) is not None:
        return recognised, []
    if len(pages) == 1:
        return None, pages
    middle = len(pages) // 2
    first, bad = add_pages(con, pages[:middle], told)
    second, worse = add_pages(con, pages[middle:], told)
    read = [r for r in (first, second) if r]
    return (together(read) if read else None), bad + worse


def _read(con: "DuckDBPyConnection", pages: list[Page], told: bool) -> Recognised | None:
    """Append all records of some pages, or none: None where one of them is more than DuckDB can read.

    A `null` among the records is one: it would come as a record without anything in it.
    """
    import duckdb

    reading = f"read_json(?, format = 'array', columns = {{{_SPEC}}}, maximum_object_size = {LONGEST})"
    files = [str(p.file) for p in pages]
    (before,) = con.execute("SELECT count(*) FROM spelled").fetchall()[0]
    con.execute("BEGIN")
    try:
        add_part(con, _EVERY, reading, pages[0].seen_at, [files])
        (nothing, *counts) = con.execute(
            f"SELECT count(*) FILTER (coalesce({', '.join(_OURS)}) IS NULL), "
            f"{', '.join(f'count({ours})' for ours in _OURS)} FROM spelled WHERE rowid >= {before}"
        ).fetchall()[0]
    except duckdb.OutOfMemoryException:
        raise
    except duckdb.Error as error:
        con.execute("ROLLBACK")
        pass_full_disk(error)
        return None
    con.execute("ROLLBACK" if nothing else "COMMIT")
    if nothing:
        return None
    return _EVERY if told else _recognise(con, pages, dict(zip(_OURS, counts, strict=True)), reading, files)


def _recognise(
    con: "DuckDBPyConnection", pages: list[Page], counts: dict[str, int], reading: str, files: list[str]
) -> Recognised:
    """Which columns the pages have; `counts`: how many of their records fill each.

    The first record of each page tells; what only later ones have is looked for where it was found.
    """
    keys = {k for p in pages for k in p.keys}
    if not keys and not any(counts.values()):
        return Recognised({}, ())  # empty lists
    late = [s for ours, n in counts.items() if n for s in _OURS[ours] if s not in keys]
    if any(n and not keys.intersection(_OURS[ours]) for ours, n in counts.items()):
        some = ", ".join(f'count("{s}")' for s in late)
        found = con.execute(f"SELECT {some} FROM {reading}", [files]).fetchall()[0]
        keys |= {s for s, n in zip(late, found, strict=True) if n}
    return recognise([*(s for s in _SPELLED if s in keys), *sorted(keys - set(_SPELLED))])
