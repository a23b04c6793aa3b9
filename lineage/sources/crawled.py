"""A crawl as a source: its pages, each of which is known by its sha256 and its number of records."""

import json
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from lineage.errors import SourceError
from lineage.parquet import sha256_of
from lineage.reading.columns import Recognised, recognise
from lineage.sources import tables
from lineage.sources.kept import STATE, Kept
from lineage.sources.pages import Page, add_pages
from lineage.sources.parts import Parts

if TYPE_CHECKING:
    from duckdb import DuckDBPyConnection


@dataclass(frozen=True, slots=True)
class Crawl:
    """The pages in the folder of a crawl, in their order; looked at, and found whole."""

    folder: Path
    pages: list[Page]
    recognised: Recognised
    limit: int | None
    """The first records only, as the crawl was told."""
    complete: bool
    """Whether the crawl has come to its end."""
    card_files: tuple[tuple[str, str], ...] = ()
    """The files of cards that were fetched after the pages, each with its sha256."""
    asked: str | None = None
    """What it was told to ask for, in words, where that is less than the whole Hub."""

    @classmethod
    def at(cls, folder: Path) -> "Crawl | None":
        """The crawl in a folder; None where there is none. Raises SourceError where a page is not what it was."""
        kept = Kept.read(folder) if folder.is_dir() and not _of_others(folder / STATE) else None
        if kept is None:
            return None
        files = [folder / page["file"] for page in kept.pages]
        with ThreadPoolExecutor(4) as threads:
            digests = list(threads.map(_digest, files))
        changed = [f.name for f, d, page in zip(files, digests, kept.pages, strict=True) if d != page["sha256"]]
        if changed:
            raise SourceError(
                f"{len(changed):,} pages of the crawl {folder.name} are missing or not what they were, the first is "
                f"{changed[0]}. Crawl it again: lineage crawl --name {folder.name} --fresh"
            )
        if not any(page["records"] for page in kept.pages):
            raise SourceError(f"The crawl {folder.name} has no model in it yet. Go on with it: lineage crawl")
        made = [page_of(kept, entry) for entry in kept.pages]
        cards = tuple((f"cards/{f['file']}", str(f["sha256"])) for f in (kept.head.get("cards") or {}).get("files", ()))
        keys = [*kept.head["keys"], *(["readme"] if cards else [])]
        author, limit = kept.head["request"].get("author"), kept.head["limit"]
        asked = [*([f"author {author}"] if author else []), *([f"the first {limit:,}"] if limit is not None else [])]
        return cls(folder, made, recognise(keys), limit, kept.finished, cards, ", ".join(asked) or None)

    @property
    def parts(self) -> Parts:
        """The pages as the files of a source."""
        return Parts(self.folder, tuple(page.file for page in self.pages), (), 0)

    def fill(self, con: "DuckDBPyConnection", some: Sequence[Page], work: Path) -> None:
        """Append the records of some pages to `spelled`; those that DuckDB cannot read, one by one.

        Raises SourceError where a page has not as many records as it had when it was fetched.
        """
        begun = _rows(con)
        bad = add_pages(con, list(some), told=True)[1]
        for page in bad:
            if page.records:
                # What a page has no record of, others have: one of numbers alone is a page all the same.
                recognised, rows = tables.open_table(con, page.file, work, page.keys)
                tables.add_rows(con, recognised, page.file, 0, rows, page.seen_at)
                tables.close_table(con, work)
        found, expected = _rows(con) - begun, sum(page.records or 0 for page in some)
        if found != expected:
            raise SourceError(
                f"The pages {some[0].file.name} to {some[-1].file.name} of the crawl {self.folder.name} hold "
                f"{found:,} records, and held {expected:,} when they came. Crawl it again, with --fresh."
            )


def page_of(kept: Kept, entry: dict[str, Any]) -> Page:
    """A page as crawl.json has it. What the crawl saw itself was seen when it began, which its snapshot stands for."""
    seen_at = None if entry["seen_at"] == kept.head["started"] else entry["seen_at"]
    keys = tuple(kept.head["keys"])
    return Page(kept.folder / entry["file"], 0, keys, entry["sha256"], seen_at, entry["records"])


def _rows(con: "DuckDBPyConnection") -> int:
    return int(con.execute("SELECT count(*) FROM spelled").fetchall()[0][0])


def _of_others(state: Path) -> bool:
    """Whether a crawl.json beside tables is that of another program: an object with nothing of ours in it."""
    try:
        said = json.loads(state.read_bytes())
    except (OSError, ValueError, RecursionError):
        return False  # none, or a damaged one: `Kept` says so
    return isinstance(said, dict) and not said.keys() & {"format", "request", "pages"}


def _digest(file: Path) -> str | None:
    return sha256_of(file) if file.is_file() else None
