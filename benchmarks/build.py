"""A whole Hub, from the pages of a crawl to snapshot, metrics and embedded graph: how long, and how much memory.

    python benchmarks/build.py [--models N] [--folder DIR]

Times, each as a process of its own: `lineage build` from a table, from the pages of the crawl alone, from what the
crawl has kept beside them, and once more with nothing changed; and, on the first pages, a plain reader in Python beside
ours.
"""

import argparse
import json
import os
import shutil
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT))

from benchmarks.chapter import chapter, promised  # noqa: E402
from benchmarks.drawn_hub import NAME, as_table, prepare  # noqa: E402
from benchmarks.table import Beside, Row  # noqa: E402
from benchmarks.timing import cpu, timed  # noqa: E402

#: Pages that the plain reader reads.
PART = 40

#: What is kept must pay: as much less work than from the pages.
KEPT_PAYS = 1.5


def plain(files: list[Path]) -> int:
    """What a script does: every page by `json`, every record as a dict, its bases out of tags and card.

    Returns the number of bases that were found.
    """
    import pyarrow as pa

    bases, rows = [], []
    for file in files:
        for record in json.loads(pa.input_stream(str(file), compression="zstd").read()):
            if not isinstance(record, dict) or not isinstance(record.get("id"), str):
                continue
            tags = record.get("tags") if isinstance(record.get("tags"), list) else []
            card = record.get("cardData") if isinstance(record.get("cardData"), dict) else {}
            named = card.get("base_model")
            bases += [
                (record["id"], t.split(":", 1)[1]) for t in tags if isinstance(t, str) and t.startswith("base_model:")
            ]
            bases += [(record["id"], n) for n in (named if isinstance(named, list) else [named]) if isinstance(n, str)]
            rows.append({k: record.get(k) for k in ("id", "downloads", "createdAt", "library_name", "pipeline_tag")})
    return len(bases)


def ours(files: list[Path]) -> None:
    """The same pages by the program: every claim, format, size, disclosure, licence, tag; on one core."""
    import duckdb

    from lineage.reading import rows
    from lineage.reading.part import read_part
    from lineage.reading.tags import Tags
    from lineage.sources.pages import Page, add_pages

    with duckdb.connect(config={"threads": 1}) as con:
        con.execute("SET TimeZone = 'UTC'")
        rows.begin(con)
        rows.create_spelled(con)
        rows.number_part(con, 0)
        add_pages(con, [Page(file, 0, ("id",), "") for file in files], told=True)
        read_part(con, Tags())


def measure(given: argparse.Namespace) -> list[Row]:
    """All rows."""
    crawl, table = (make(given.folder, given.models) for make in (prepare, as_table))
    home = given.folder / "home"
    # All anew but a server that another chapter has put there.
    for left in (crawl / "columns", *(p for p in home.glob("*") if p.name != "neo4j" and p.is_dir())):
        shutil.rmtree(left, ignore_errors=True)
    (home / "catalog.json").unlink(missing_ok=True)
    os.environ["LINEAGE_HOME"] = str(home)
    bulk = timed("build", str(table), "--name", "bulk")
    raw = timed("build", str(crawl), "--name", "raw")
    shutil.rmtree(home / "cache")  # the same snapshot has the same graph, and it is to be made again
    kept = timed("build", str(crawl), "--name", NAME)
    again = timed("build", str(crawl), "--name", NAME)
    from lineage.catalog import Catalog

    first, second = (Catalog(home).open(name).manifest["tables"] for name in ("raw", NAME))
    if first != second:
        sys.exit("the pages and what was kept of them give other tables")
    files = sorted(crawl.glob("*.json.zst"))[:PART]
    slow, fast = (cpu(read, files) / len(files) for read in (plain, ours))
    budget, most, says = 60.0, 4.0, "60 s, 4 GiB"
    what = f"{given.models:,} models built with their graph"
    pays = Beside("from pages alone", raw[1], agreement="equal tables", wanted=promised(KEPT_PAYS, given.models))
    return [
        Row(f"{what}, from pages and what is kept", kept[0], "s", budget, says, peak=kept[2], most=most),
        Row(f"{what}, from pages alone", raw[0], "s", budget, says, peak=raw[2], most=most),
        Row(f"{what}, from a Parquet file", bulk[0], "s", budget, says, peak=bulk[2], most=most),
        Row(f"{what}, nothing changed", again[0], peak=again[2]),
        Row("from pages and what is kept, CPU seconds", kept[1], beside=(pays,)),
        Row("a page read with all its columns, CPU, one core", fast,
            beside=(Beside("json and dicts, bases alone", slow),)),
    ]  # fmt: skip


if __name__ == "__main__":
    sys.exit(chapter("A whole Hub, from pages to snapshot and graph.", measure))
