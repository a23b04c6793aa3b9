"""A whole Hub, from the pages of a crawl to snapshot and embedded graph: how long, how much memory, by stage.

    python benchmarks/minute.py [--models N] [--folder DIR]

Makes the records of N models (3,118,000) as a crawl leaves them, in DIR, where they are found the next time; then
times, each as a process of its own: `lineage build` with its graph from what the crawl has kept beside its pages,
from the pages alone, and once more with nothing changed; and, on the first pages, a plain reader in Python.
Ends with 1 where a ratio is missed. Seconds are of this machine; ratios hold.
"""

import argparse
import hashlib
import json
import os
import shutil
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT))

#: As many as the Hub had on 2026-10-03.
MODELS = 3_118_000

#: Pages that the plain reader reads.
PART = 40

_STARTED = "2026-11-01T00:00:00Z"


def as_crawled(pages: Path, folder: Path) -> None:
    """Lay the pages into a folder as `lineage crawl` would have left them, but for what it keeps beside them."""
    import pyarrow as pa

    folder.mkdir(parents=True)
    entries: list[dict[str, Any]] = []
    keys: set[str] = set()
    for number, file in enumerate(sorted(pages.glob("*.json.zst"))):
        os.link(file, folder / file.name)
        data = file.read_bytes()
        records = json.loads(pa.input_stream(pa.py_buffer(data), compression="zstd").read())
        keys.update(*(r for r in records if isinstance(r, dict)))
        entries.append(
            {"file": file.name, "records": len(records), "sha256": hashlib.sha256(data).hexdigest(), "size": len(data),
             "seen_at": _STARTED, "cursor": f"{number:016x}", "next": None}
        )  # fmt: skip
    head = {"format": 1, "name": folder.name, "endpoint": "https://huggingface.co", "started": _STARTED,
            "finished": _STARTED, "request": {"sort": "createdAt", "limit": 1000, "expand": [], "author": None},
            "refused": [], "next": None, "records": sum(e["records"] for e in entries), "keys": sorted(keys),
            "limit": None, "since": None, "pages": entries}  # fmt: skip
    (folder / "crawl.json").write_text(json.dumps(head), encoding="utf-8")


def prepare(folder: Path, models: int) -> Path:
    """The crawl of a Hub of so many models below `folder`, made where it is not there."""
    crawl = folder / f"crawl-{models}"
    if (crawl / "crawl.json").is_file():
        return crawl
    from benchmarks.graphs import write_graph

    graph, pages = folder / "graph", folder / "pages"
    for left in (graph, pages, crawl):
        shutil.rmtree(left, ignore_errors=True)
    write_graph(graph, models)
    line = [sys.executable, str(ROOT / "benchmarks" / "hub_records.py"), str(graph), str(pages), "--form", "pages"]
    subprocess.run(line, check=True)
    as_crawled(pages, crawl)
    shutil.rmtree(pages)
    return crawl


def timed(*arguments: str) -> tuple[float, float, float]:
    """Wall seconds, CPU seconds and peak memory in GiB of one run of the program."""
    line = [sys.executable, "-m", "lineage", *arguments]
    began = time.perf_counter()
    process = subprocess.Popen(line, cwd=ROOT, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    _, status, used = os.wait4(process.pid, 0)
    if status:
        sys.exit(f"lineage {' '.join(arguments)} ended with {os.waitstatus_to_exitcode(status)}")
    unit = 1 if sys.platform == "darwin" else 1024
    return time.perf_counter() - began, used.ru_utime + used.ru_stime, used.ru_maxrss * unit / 2**30


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
        add_pages(con, [Page(file, 0, ("id",), "") for file in files])
        read_part(con, Tags())


def cpu(action: Any, *arguments: Any) -> float:
    """CPU seconds of a call, after one that does not count."""
    action(*arguments)
    began = time.process_time()
    action(*arguments)
    return time.process_time() - began


def main() -> int:
    parser = argparse.ArgumentParser(description="A whole Hub, from pages to snapshot and graph.")
    parser.add_argument("--models", type=int, default=MODELS)
    parser.add_argument("--folder", type=Path, default=ROOT / ".demo" / "minute")
    given = parser.parse_args()
    crawl = prepare(given.folder, given.models)
    home = given.folder / "home"
    shutil.rmtree(home, ignore_errors=True)
    os.environ["LINEAGE_HOME"] = str(home)
    columns = crawl / "columns"
    rows = []
    shutil.rmtree(columns, ignore_errors=True)
    rows.append(("from the pages alone", *timed("build", str(crawl), "--name", "raw")))
    rows.append(("from what the crawl has kept", *timed("build", str(crawl), "--name", "kept")))
    rows.append(("nothing changed", *timed("build", str(crawl), "--name", "kept")))
    print(f"{'pages → snapshot, metrics, embedded graph':44} {'wall s':>8} {'CPU s':>8} {'peak GiB':>9}")
    for what, wall, spent, peak in rows:
        print(f"{what:44} {wall:8.1f} {spent:8.1f} {peak:9.2f}")
    from lineage.snapshot import Catalog

    first, second = (Catalog(home).open(name).manifest["tables"] for name in ("raw", "kept"))
    if first != second:
        sys.exit("the pages and what was kept of them give other tables")
    files = sorted(crawl.glob("*.json.zst"))[:PART]
    slow, fast = cpu(plain, files), cpu(ours, files)
    print(f"{len(files)} pages, CPU ms each: plain Python {slow / len(files) * 1e3:.1f} (bases alone), "
          f"ours {fast / len(files) * 1e3:.1f} (all columns)")  # fmt: skip
    # What is kept must pay: the build from it is worth more than twice the one from the pages.
    return 1 if rows[0][2] < 1.5 * rows[1][2] else 0


if __name__ == "__main__":
    sys.exit(main())
