"""A full disk under everything that writes: the old file stays, the sentence names the place, no half of one is left.

Builds are in test_killed.py, a log that cannot grow in test_logs.py, a full stdout in test_streams.py.
"""

import shutil
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from tests.breaking import sentence, told
from tests.faults import bytes_of, on_small_disk
from tests.warm import Warm

#: What is written, by its name in the working folder.
WRITING = {
    "f.html": "view family maker-0/model-0 -o f.html", "f.dot": "view family maker-0/model-0 -o f.dot",
    "o.gexf": "view overview -o o.gexf", "r.json": "report -o r.json", "x.tsv": "rollup --all -o x.tsv",
    "x.parquet": "rollup --all --format parquet -o x.parquet", "q.html": "query family_graph -p id=maker-0/model-0 --view q.html",
    "csv": "export csv --as csv --force", "parquet": "export parquet --as parquet --force", "gexf": "export gexf --as gexf --force",
    "neo4j-admin": "export neo4j-admin --as neo4j-admin --force", "guide": "neo4j guide guide",
    "r.html": "report -o r.html", "a.graphml": "view ancestors maker-0/model-0 -o a.graphml", "w.html": "view flows -o w.html",
    "graphml": "export graphml --as graphml --force", "x.json": "rank --all -o x.json",
}  # fmt: skip

QUICK = ("f.html", "x.parquet", "parquet", "neo4j-admin", "guide")

#: Less than this keeps the sentence itself from being read here.
_LEAST = 900


@pytest.fixture(scope="module")
def ask(kept_home: Path) -> Iterator[Warm]:
    with Warm(kept_home) as asking:
        yield asking


def sizes(path: Path) -> list[int]:
    """Of one file or of all files of a folder, the smallest first."""
    return sorted(p.stat().st_size for p in ([path] if path.is_file() else path.iterdir()))


def outgrow(ask: Warm, folder: Path, name: str, parts: int) -> int:
    """Write once with room; then over that, from another snapshot, while files may grow only so far. How many were tried."""
    line = WRITING[name].split()
    assert (
        ask(*line, "--snapshot", "other", cwd=folder).code == 0 if name != "guide" else ask(*line, cwd=folder).code == 0
    )
    before, largest = bytes_of(folder), sizes(folder / name)[-1]
    limits = {max(_LEAST, largest * part // parts) for part in range(parts)} | {max(_LEAST, largest - 1)}
    of = [] if name == "guide" else ["--snapshot", "other"]
    for limit in sorted(limits):
        done = ask(*line, *of, cwd=folder, largest=limit)
        assert bytes_of(folder) == before, (name, limit)
        if done.code:
            assert sentence(done) and done.code == 1, done
            assert "outgrew its limit at " in done.err and name.split(".")[0] in done.err, done
        else:
            assert largest <= limit
    assert limits and largest > min(limits)
    assert ask(*line, *of, cwd=folder).code == 0
    assert bytes_of(folder) == before
    return len(limits)


@pytest.mark.parametrize("name", QUICK)
def test_what_outgrows_its_limit_leaves_the_old_one(ask: Warm, tmp_path: Path, name: str) -> None:
    outgrow(ask, tmp_path, name, 1)


def test_caches_that_do_not_fit(kept_home: Path, ask: Warm, tmp_path: Path) -> None:
    """The answer is there without them; of the graph, which has to be somewhere, it is said."""
    root = tmp_path / "home"
    shutil.copytree(kept_home, root, ignore=shutil.ignore_patterns("cache"))
    at = {"LINEAGE_HOME": str(root), "TMPDIR": str(tmp_path)}
    for line in ("rank --metric betweenness --format tsv", "completion bash"):
        done, right = ask(*line.split(), largest=1500, **at), ask(*line.split())
        assert (done.code, done.out) == (0, right.out)
    for largest in (1500, 500_000):
        done = ask("query", "formats", largest=largest, **at)
        assert done.code == 1 and sentence(done) and str(tmp_path) in done.err, done
        assert "could not all be written to" in done.err
        left = {path.name for path in (root / "cache").iterdir() if path.suffix not in (".lock",)}
        assert not [name for name in left if name.startswith(".") or ".lbug" in name or ".new" in name]
    assert [path.name for path in tmp_path.iterdir()] == ["home"]
    assert ask("query", "formats", **at).out == ask("query", "formats").out


@pytest.mark.soak
def test_everything_that_writes(ask: Warm, tmp_path: Path, record_property: Callable[[str, object], None]) -> None:
    began, tried = time.monotonic(), 0
    for name in WRITING:
        (tmp_path / name).mkdir()
        tried += outgrow(ask, tmp_path / name, name, 9)
    told(record_property, tried, time.monotonic() - began, ask.peak)


@pytest.mark.soak
def test_a_small_disk_under_home_and_output(
    kept_home: Path, ask: Warm, tmp_path: Path, record_property: Callable[[str, object], None]
) -> None:
    """A file system of a few MB with the home on it: with room elsewhere the answer is right, without it is a sentence."""
    began, tried = time.monotonic(), 0
    disk, elsewhere = tmp_path / "disk", tmp_path / "tmp"
    disk.mkdir()
    elsewhere.mkdir()
    right = ask("query", "formats").out.decode()
    ends = set()
    for size in range(256 << 10, 9 << 20, 1 << 20):
        for tmp in (disk, elsewhere):
            script = f'cp -r "{kept_home}/snapshots" "{kept_home}/catalog.json" "{disk}" && exec "$@"'
            done = on_small_disk(disk, size, "sh", "-c", script, "sh", sys.executable, "-m", "lineage", "query", "formats",
                                 LINEAGE_HOME=str(disk), TMPDIR=str(tmp))  # fmt: skip
            tried += 1
            shutil.rmtree(disk)  # where none could be mounted
            disk.mkdir()
            assert list(elsewhere.iterdir()) == []
            assert "Traceback" not in done.stderr and "should not have" not in done.stderr
            assert (done.returncode == 0 and done.stdout == right) or done.returncode == 1, (size, done)
            assert done.returncode == 0 or "\nError: " in f"\n{done.stderr}" or "cp: " in done.stderr, (size, done)
            ends.add(done.returncode)
    assert ends == {0, 1}
    told(record_property, tried, time.monotonic() - began, ask.peak)
