"""What is kept of a part of a crawl, beside its pages: so that a build need not read those again.

    crawls/<name>/columns/<first page>-<last page>-<key>/   model, claim, text_claim, contender, refused, unread,
                                                            filled, tags (.parquet), sha256.json

The key stands for the bytes of the pages and for the version of the code that read them. What has another key is
never used, and is taken away by the next that is written in its place. The pages stay the truth.
"""

import hashlib
import json
import os
import shutil
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING

import pyarrow.parquet as pq

from lineage.parquet import sha256_of
from lineage.reading import part as reading
from lineage.reading import rows
from lineage.reading.rows import create_spelled
from lineage.reading.tags import Tags
from lineage.reading.workers import cores
from lineage.sources.pages import Page, add_pages, batches

if TYPE_CHECKING:
    from duckdb import DuckDBPyConnection

#: Pages of one part. Of a crawl with fewer nothing is kept: it is read in a moment.
TOGETHER = 100

FOLDER = "columns"

_DIGESTS = "sha256.json"

_TABLES = ("model", "claim", "text_claim", "contender", "refused", "unread", "filled")


def place(folder: Path, pages: Sequence[Page]) -> Path:
    """Where the columns of these pages of the crawl in `folder` are, or would be."""
    seen = [f"{p.file.name} {p.sha256} {p.seen_at}" for p in pages]
    key = hashlib.sha256("\n".join([reading.version(), _version(), *seen]).encode()).hexdigest()[:16]
    first, last = (p.file.name.partition(".")[0] for p in (pages[0], pages[-1]))
    return folder / FOLDER / f"{first}-{last}-{key}"


@cache
def _version() -> str:
    """What brings the pages to the reading, and what is kept of it, has a version too."""
    here = Path(__file__)
    return hashlib.sha256(here.read_bytes() + here.with_name("pages.py").read_bytes()).hexdigest()


def keep(con: "DuckDBPyConnection", tags: Tags, at: Path) -> bool:
    """Write what was taken of the part that was numbered last; False where that cannot be written.

    What was kept of the same first page before, or begun by a run that was killed, is taken away.
    """
    new = at.with_name(f".{at.name}.{os.getpid()}.new")
    first = at.name.partition("-")[0]
    try:
        for stale in at.parent.glob(f".{first}-*.new"):
            shutil.rmtree(stale, ignore_errors=True)
        new.mkdir(parents=True)
        for name in _TABLES:
            found = con.sql(
                f"SELECT * REPLACE (nr - getvariable('first_nr') AS nr) FROM {name} "
                "WHERE nr >= getvariable('first_nr') AND nr < getvariable('first_nr') + (1::BIGINT << 32)"
            ).to_arrow_table()
            pq.write_table(found, new / f"{name}.parquet", compression="lz4", write_page_checksum=True)
        pq.write_table(tags.last(), new / "tags.parquet", compression="lz4", write_page_checksum=True)
        digests = {path.name: sha256_of(path) for path in sorted(new.iterdir())}
        (new / _DIGESTS).write_text(json.dumps(digests), encoding="utf-8")
        for other in at.parent.glob(f"{first}-*"):
            if other != at or not whole(at):  # another build may have made the same meanwhile
                shutil.rmtree(other, ignore_errors=True)
        os.rename(new, at)
    except OSError:
        shutil.rmtree(new, ignore_errors=True)
        return whole(at)
    return True


def whole(at: Path) -> bool:
    """Whether what was kept is there, byte for byte."""
    try:
        digests = json.loads((at / _DIGESTS).read_bytes())
        return set(digests) == {f"{name}.parquet" for name in (*_TABLES, "tags")} and all(
            sha256_of(at / name) == digest for name, digest in digests.items()
        )
    except (OSError, ValueError, TypeError, AttributeError):
        return False


def load(con: "DuckDBPyConnection", tags: Tags, kept: Mapping[int, Path]) -> None:
    """Take what was kept of some parts, which are whole: number of the part → where it is."""
    if not kept:
        return
    # Rows are known by their numbers: no order need be kept, which lets both cores read.
    con.execute("SET preserve_insertion_order = false")
    with ThreadPoolExecutor(1) as beside:
        words = beside.submit(_load_tags, tags, kept)
        _load_tables(con, kept)
        words.result()
    con.execute("SET preserve_insertion_order = true")


def _load_tables(con: "DuckDBPyConnection", kept: Mapping[int, Path]) -> None:
    for name in _TABLES:
        reads = [
            f"SELECT * REPLACE (nr + {part << 32} AS nr) FROM read_parquet('{_escaped(at / f'{name}.parquet')}')"
            for part, at in kept.items()
        ]
        con.execute(f"CREATE TABLE IF NOT EXISTS {name} AS {reads[0]} LIMIT 0")
        con.execute(f"INSERT INTO {name} {' UNION ALL '.join(reads)}")


def _load_tags(tags: Tags, kept: Mapping[int, Path]) -> None:
    for part, at in kept.items():
        with pq.ParquetFile(at / "tags.parquet") as file:
            tags.add(file.read(), part << 32)


def _escaped(path: Path) -> str:
    return str(path).replace("'", "''")


def make_all(folder: Path, parts: Sequence[Sequence[Page]], say: Callable[[str], None]) -> list[Path | None]:
    """Make what is missing of the columns of a crawl, each part on a core of its own.

    Returns where they are of each part; None of one that the build has to read itself.
    """
    found = [at if whole(at) else None for at in (place(folder, some) for some in parts)]
    missing = [number for number, at in enumerate(found) if at is None]
    if not missing:
        return found
    # A part takes some 300 MiB while it is read.
    with ThreadPoolExecutor(min(cores(), 4)) as threads:
        made = threads.map(lambda number: make(folder, parts[number]), missing)
        for done, (number, at) in enumerate(zip(missing, made, strict=True), 1):
            found[number] = at
            if done % 5 == 0:
                say(f"{done * TOGETHER:,} of {sum(len(parts[number]) for number in missing):,} pages read")
    return found


def make(folder: Path, pages: Sequence[Page]) -> Path | None:
    """Read some pages of the crawl in `folder` and keep their columns, if they are not there yet; returns where.

    None where they need more care or memory than is taken here, or cannot be written: then the build reads the pages.
    """
    import duckdb

    at = place(folder, pages)
    if whole(at):
        return at
    try:
        with duckdb.connect(config={"threads": 1, "memory_limit": "1GiB", "temp_directory": ""}) as con:
            con.execute("SET TimeZone = 'UTC'")
            rows.begin(con)
            create_spelled(con)
            rows.number_part(con, 0)
            for batch in batches(list(pages)):  # each seen at a time of its own
                recognised, bad = add_pages(con, batch, told=True)
                if recognised is None or bad:
                    return None
            tags = Tags()
            reading.read_part(con, tags)
            return at if keep(con, tags, at) else None
    except duckdb.Error:
        return None
