"""What a page of a crawl costs: CPU of `lineage crawl` against a Hub on this machine, and `huggingface_hub` beside it.

    python benchmarks/crawl.py [--models N] [--folder DIR]

The server is the one of the tests, in a process of its own, over records as the Hub sends them, sixty pages of a
thousand at most. CPU and not wall seconds, for the Hub sets the pace of a real crawl; those of a crawl of one page are
taken off, which is the start of the program.
"""

import argparse
import json
import os
import resource
import subprocess
import sys
import tempfile
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT))

from benchmarks.chapter import chapter  # noqa: E402
from benchmarks.graphs import write_graph  # noqa: E402
from benchmarks.table import Beside, Row  # noqa: E402
from benchmarks.timing import timed  # noqa: E402

PAGE, PAGES = 1_000, 60

#: Seconds of CPU that a page may take.
BUDGET = 0.06

#: What a user of huggingface_hub writes: all models, the fields that we ask for, into dicts.
PLAIN = """\
import sys
from huggingface_hub import HfApi
url, most, fields = sys.argv[1], int(sys.argv[2]), sys.argv[3].split(",")
print(len([vars(m) for m in HfApi(endpoint=url, token=False).list_models(expand=fields, limit=most)]))
"""


def table(folder: Path, models: int) -> Path:
    """Records of so many models as a file that the server takes."""
    write_graph(folder / "graph", models)
    out = folder / "records.parquet"
    line = [sys.executable, str(ROOT / "benchmarks" / "hub_records.py"), str(folder / "graph"), str(out)]
    subprocess.run(line, check=True, stdout=subprocess.DEVNULL)
    return out


def children() -> float:
    """CPU seconds of the children that have ended."""
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    return used.ru_utime + used.ru_stime


def by_hand(url: str, most: int, fields: list[str]) -> float:
    """CPU seconds of the plain script."""
    began = children()
    line = [sys.executable, "-c", PLAIN, url, str(most), ",".join(fields)]
    done = subprocess.run(line, capture_output=True, text=True, check=True)
    assert int(done.stdout) == most, done.stdout
    return children() - began


def measure(given: argparse.Namespace) -> list[Row]:
    """One row."""
    pages = min(PAGES, given.models // PAGE)
    with tempfile.TemporaryDirectory() as place:
        folder = Path(place)
        os.environ["LINEAGE_HOME"] = str(folder / "home")
        line = [sys.executable, "-m", "tests.hub", "--table", str(table(folder, pages * PAGE)), "--quota", "100000/300"]
        server = subprocess.Popen(line, cwd=ROOT, stdout=subprocess.PIPE, text=True)
        try:
            assert server.stdout is not None
            url = server.stdout.readline().split()[-1]
            first = timed("crawl", "--endpoint", url, "--name", "first", "--limit", str(PAGE))
            whole = timed("crawl", "--endpoint", url, "--name", "whole")
            state = json.loads(next((folder / "home").rglob("whole*/crawl.json")).read_text(encoding="utf-8"))
            fields = state["request"]["expand"]
            most = state["records"]
            plain = (by_hand(url, most, fields) - by_hand(url, PAGE, fields)) / (len(state["pages"]) - 1)
        finally:
            server.terminate()
            server.wait()
    ours = (whole[1] - first[1]) / (len(state["pages"]) - 1)
    beside = Beside("huggingface_hub, list_models", plain)
    return [Row("a page of a crawl, CPU", ours, "s", BUDGET, "60 ms of CPU", peak=whole[2], beside=(beside,))]


if __name__ == "__main__":
    sys.exit(chapter("What a page of a crawl costs.", measure))
