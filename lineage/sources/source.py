"""Whatever a source is, its rows come into `spelled` part by part, and it is known by its bytes.

A part is as much as fits easily into memory. Any part can be had once more: rows that turn out to share an id are
looked at again at the end.
"""

import hashlib
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import TYPE_CHECKING

import pyarrow as pa

from lineage.errors import SourceError, UnknownLayout
from lineage.parquet import sha256_of
from lineage.reading.columns import Recognised, together
from lineage.reading.rows import create_spelled, read_edges
from lineage.sources import columns, pages, parts, tables
from lineage.sources.crawled import Crawl
from lineage.sources.folder import CARDS, add_cards
from lineage.sources.shelf import cards_of

if TYPE_CHECKING:
    from duckdb import DuckDBPyConnection

#: Rows of a part, more or less: a part ends when it has as many, and no file adds more at once.
PART = 200_000

_NO_TEXT = pa.array([], pa.string())

#: Files that are looked at before they are read.
_AHEAD = 500


@dataclass(frozen=True, slots=True)
class Came:
    """What came in from a source."""

    recognised: Recognised
    sha256: str
    """Of the file; of a folder: over the paths and bytes of all its parts."""
    files: int
    ignored_files: int
    """Files of a folder that are no tables, or tables of something else."""
    counts: dict[str, int] = field(default_factory=dict)
    """`edge_rows`, for an edge list."""
    input_sha256: str | None = None
    """Over all files that lie there, those that are left out too; None for a folder of cards."""
    empty: frozenset[str] = frozenset()
    """Our columns that no row fills."""
    complete: bool = True
    """False for a crawl that has not come to its end."""
    asked: str | None = None
    """What a crawl was told to ask for, in words, where that is less than the whole Hub."""

    @property
    def has(self) -> frozenset[str]:
        """Our columns that there are: one that no row fills says nothing, and is not there."""
        return self.recognised.has - self.empty


@dataclass(frozen=True, slots=True)
class Part:
    """A part of the input, which `spelled` holds unless what is taken of it is kept already."""

    number: int
    kept: Path | None = None
    """Where what is taken of it is."""


@dataclass(frozen=True, slots=True)
class _Slice:
    """What is read at once: some pages, or some rows of one file."""

    paged: tuple[pages.Page, ...] = ()
    file: Path | None = None
    first: int = 0
    last: int = 0


class Source:
    """The rows of the file or folder at `path`, as they come into the tables `spelled` of `con`.

    `work` is an existing folder for unpacked copies; `limit`: the first rows only.
    """

    def __init__(
        self,
        con: "DuckDBPyConnection",
        path: Path,
        work: Path,
        limit: int | None = None,
        say: Callable[[str], None] = lambda text: None,
    ) -> None:
        self._con, self._path, self._work, self._limit, self._say = con, path, work, limit, say
        self._crawl = Crawl.at(path)
        if self._crawl and self._limit is None:
            self._limit = self._crawl.limit
        self._found = self._crawl.parts if self._crawl else parts.find(path)
        self._before = {file: _fingerprint(file) for file in self._found.tables}
        self._recognised: dict[Path, Recognised] = {}
        self._digests: dict[Path, str] = {}
        self._foreign: list[UnknownLayout] = []
        self._parts: list[list[_Slice]] = []
        self._counts: dict[str, int] = {}
        self._open: tuple[Path, Recognised, int] | None = None
        self._read = 0
        self._turned = False
        # The folder's paths together say which model a card is of, and an edge list is turned as a whole.
        self._at_once = False

    def parts(self) -> Iterator[Part]:
        """Fill `spelled` with one part after the other; yields the number of each, from 0.

        It is not filled with a part of a crawl of which all that is taken is kept.

        Raises SourceError where there is nothing to read, a part cannot be read, or a file changed meanwhile.
        """
        create_spelled(self._con)
        if self._found.cards:
            self._digest = add_cards(self._con, self._found.root, self._found.cards, self._limit)
            self._parts.append([])
            yield Part(0)
            return
        if self._crawl and self._limit is None:
            yield from self._of_crawl(self._crawl)
            return
        slices: list[_Slice] = []
        for piece in self._slices():
            slices.append(piece)
            self._fill(piece)
            if self._rows() >= PART and not self._at_once:
                self._read += self._rows()
                self._parts.append(slices)
                yield Part(len(self._parts) - 1)
                create_spelled(self._con)
                slices = []
        if not self._recognised:
            raise self._foreign[0]
        _refuse_mixture(self._path, self._recognised)
        self._close()
        if self._whole().layout == "edge list":
            self._counts["edge_rows"], self._turned = read_edges(self._con)
        if slices or not self._parts:
            self._parts.append(slices)
            yield Part(len(self._parts) - 1)

    def _of_crawl(self, crawl: Crawl) -> Iterator[Part]:
        """The pages of a crawl, a hundred at a time, so that what is taken of them can be kept beside them."""
        some_each = [
            crawl.pages[begin : begin + columns.TOGETHER] for begin in range(0, len(crawl.pages), columns.TOGETHER)
        ]
        large = len(crawl.pages) >= columns.TOGETHER
        kept = columns.make_all(crawl.folder, some_each, self._say) if large else [None] * len(some_each)
        for some, at in zip(some_each, kept, strict=True):
            self._parts.append([_Slice(paged=tuple(batch)) for batch in pages.batches(some)])
            for page in some:
                self._recognised[page.file] = crawl.recognised
                self._digests[page.file] = page.sha256
            number = len(self._parts) - 1
            if at is not None:
                yield Part(number, at)
            else:
                self.again(number)
                yield Part(number)

    def cards(self) -> pa.Table:
        """Cards that were fetched after the pages of a crawl: id, readme (text)."""
        return cards_of(self._path) if self._crawl else pa.table({"id": _NO_TEXT, "readme": _NO_TEXT})

    def fingerprint(self) -> str | None:
        """What all of it is known by, before it is read: names and bytes of its files. None for a folder of cards."""
        if self._found.cards:
            return None
        if self._crawl:
            self._digests |= {page.file: page.sha256 for page in self._crawl.pages}
        return self._sha256(self._found.tables)

    def again(self, part: int) -> None:
        """Fill `spelled` with a part that was there before, row by row the same."""
        create_spelled(self._con)
        if self._found.cards:
            add_cards(self._con, self._found.root, self._found.cards, self._limit)
        for piece in self._parts[part]:
            self._fill(piece)

    def came(self) -> Came:
        """What came in, when all parts have been there. Raises SourceError where a file has changed meanwhile."""
        self._close()
        if self._found.cards:
            count = len(self._found.cards[: self._limit])
            return Came(CARDS, self._digest, count, self._found.ignored)
        used = tuple(file for file in self._found.tables if file in self._recognised)
        whole = self._whole()
        if self._turned:
            both = {"child": whole.columns["base"], "base": whole.columns["child"]}
            whole = replace(whole, columns=whole.columns | both)
        digest = self._sha256(used)
        for file in used:
            if _fingerprint(file) != self._before[file]:
                raise SourceError(f"{file.name} changed while it was read. Run it again when nothing writes to it.")
        ignored, complete = self._found.ignored + len(self._foreign), not self._crawl or self._crawl.complete
        asked = self._crawl.asked if self._crawl else None
        own = self.fingerprint()
        return Came(whole, digest, len(used), ignored, self._counts, own, complete=complete, asked=asked)

    def _slices(self) -> Iterator[_Slice]:
        """All that is to be read, in order; what cannot be read as pages is read file by file."""
        files = list(self._found.tables)
        ahead = _AHEAD if self._limit is None else 1
        for begin in range(0, len(files), ahead):
            if self._full():
                return
            if begin:
                self._say(f"{begin:,} of {len(files):,} files read")
            some = files[begin : begin + ahead]
            if self._crawl:
                for page in self._crawl.pages[begin : begin + ahead]:
                    self._recognised[page.file], self._digests[page.file] = self._crawl.recognised, page.sha256
                    yield _Slice(paged=(page,))
                continue
            whole = [p for p in pages.look_at_all(some) if p]
            if len(files) == 1 and whole and not whole[0].keys:
                whole = []  # an empty list has no model in it, and that is said
            for batch in pages.batches(whole):
                yield _Slice(paged=tuple(batch))
            for file in some:
                if file not in self._recognised:
                    yield from self._as_table(file)

    def _as_table(self, file: Path) -> Iterator[_Slice]:
        if self._full():
            return
        try:
            recognised, rows = self._opened(file)
        except UnknownLayout as error:
            if len(self._found.tables) == 1:
                raise
            self._foreign.append(error)
            self._say(f"{file.name} is left out: {error}")
            return
        self._recognised[file] = recognised
        self._at_once |= "path" in recognised.columns or recognised.layout == "edge list"
        for first in range(0, rows, PART):
            if self._full():
                return
            yield _Slice(file=file, first=first, last=min(rows, first + PART))

    def _fill(self, piece: _Slice) -> None:
        """Append to `spelled`, or to `edge_row`; beyond the limit nothing stays."""
        if piece.file:
            tables.add_rows(self._con, self._opened(piece.file)[0], piece.file, piece.first, piece.last)
        elif self._crawl:
            self._crawl.fill(self._con, piece.paged, self._work)
        else:
            self._close()
            recognised, bad = pages.add_pages(self._con, list(piece.paged))
            for page in piece.paged:
                if recognised and page not in bad:
                    self._recognised[page.file] = recognised
                    self._digests[page.file] = page.sha256
        if self._limit is not None:
            for table in ("spelled", "edge_row"):
                self._con.execute(f"DELETE FROM {table} WHERE rowid >= {self._limit - self._read}")

    def _opened(self, file: Path) -> tuple[Recognised, int]:
        """The file's table, as `raw`: opened if it is not."""
        if self._open is None or self._open[0] != file:
            self._open = (file, *tables.open_table(self._con, file, self._work))
        return self._open[1:]

    def _close(self) -> None:
        if self._open is not None:
            tables.close_table(self._con, self._work)
            self._open = None

    def _rows(self) -> int:
        """Rows that wait in `spelled` and `edge_row`."""
        counted = "SELECT (SELECT count(*) FROM spelled) + (SELECT count(*) FROM edge_row)"
        return int(self._con.execute(counted).fetchall()[0][0])

    def _full(self) -> bool:
        return self._limit is not None and self._read + self._rows() >= self._limit

    def _whole(self) -> Recognised:
        return together(self._recognised[file] for file in self._found.tables if file in self._recognised)

    def _sha256(self, files: tuple[Path, ...]) -> str:
        """sha256 of one file; of several: over their paths below the source and the sha256 of each."""
        for file in files:
            if file not in self._digests:
                self._digests[file] = sha256_of(file)
        if len(files) == 1 and not self._crawl:
            return self._digests[files[0]]
        if self._crawl and not self._crawl.complete:
            return hashlib.sha256(b"so far" + self._joined(files)).hexdigest()
        return hashlib.sha256(self._joined(files)).hexdigest()

    def _joined(self, files: tuple[Path, ...]) -> bytes:
        lines = [f"{file.relative_to(self._found.root).as_posix()} {self._digests[file]}\n" for file in files]
        lines += [f"{name} {digest}\n" for name, digest in (self._crawl.card_files if self._crawl else ())]
        return "".join(lines).encode("utf-8", "replace")


def _refuse_mixture(path: Path, recognised: dict[Path, Recognised]) -> None:
    lists = [file.name for file, r in recognised.items() if r.layout == "edge list"]
    others = [file.name for file, r in recognised.items() if r.layout != "edge list" and r.columns]
    if lists and others:
        raise SourceError(
            f"{path.name} holds lists of edges ({lists[0]}) beside tables of models ({others[0]}). "
            "Build them one by one."
        )


def _fingerprint(file: Path) -> tuple[int, int, int]:
    try:
        stat = file.stat()
    except OSError as error:
        raise SourceError(f"{file.name} cannot be read: {error.strerror}.") from None
    return stat.st_size, stat.st_mtime_ns, stat.st_ino
