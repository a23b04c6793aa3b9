"""Two commands at once on one home: each the right answer, one cache, nothing half made.

Two builds of one name, and readers of a name that others replace, are in test_killed.py and test_doctor.py, builds beside
each other under many names in test_history.py.
"""

import random
import resource
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.breaking import copied, told
from tests.faults import bytes_of, finish, source, start, whole
from tests.warm import Warm

#: Lines that make the same cache when there is none, and how many files of it there are then.
MAKING = {
    "the graph": ("query top_bases", "query top_bases", "*.lbug", 1),
    "the graph, by two questions": ("query formats", "query longest_chains", "*.lbug", 1),
    "a centrality": ("rank --metric betweenness", "rank --metric betweenness", "*-rank-*.parquet", 1),
    "two centralities": (
        "rank --metric betweenness",
        "rank --metric betweenness --basis inferred",
        "*-rank-*.parquet",
        2,
    ),
    "the words of completion": ("completion bash", "completion bash", "completion.json", 1),
}


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A snapshot without anything beside it."""
    folder = tmp_path_factory.mktemp("once")
    with Warm(folder / "home") as ask:
        table = source(folder / "n.jsonl", 300, 3, cards=False)
        assert ask("build", str(table), "--name", "n", "--taken-at", "2024-09-20", "-q", "--no-graph").code == 0
        source(folder / "more.jsonl", 400, 4, cards=False)
    assert not (folder / "home" / "cache").exists()
    return folder / "home"


class Alone(dict[str, str]):
    """What each line prints when it is alone, asked when it is first wanted."""

    def __init__(self, root: Path) -> None:
        self._root = root

    def __missing__(self, line: str) -> str:
        with Warm(self._root) as ask:
            self[line] = ask(*line.split()).out.decode()
        return self[line]


@pytest.fixture(scope="module")
def right(home: Path, tmp_path_factory: pytest.TempPathFactory) -> dict[str, str]:
    return Alone(copied(home, tmp_path_factory.mktemp("alone") / "home"))


def at_once(home: Path, folder: Path, lines: tuple[str, ...], pause: float) -> list[tuple[int, str, str]]:
    """Code, stdout and stderr of lines that begin one after another, `pause` seconds apart."""
    running = []
    for line in lines:
        running.append(start(home, folder / "tmp", *line.split()))
        time.sleep(pause)
    said = [process.communicate(timeout=300) for process in running]
    return [(process.returncode, *texts) for process, texts in zip(running, said, strict=True)]


def cold(home: Path, folder: Path, right: dict[str, str], kind: str, pause: float, count: int = 2) -> int:
    """Lines that all find no cache: how many were asked."""
    *lines, files, made = MAKING[kind]
    root = copied(home, folder / "home")
    lines = [lines[number % 2] for number in range(count)]
    for line, (code, out, err) in zip(lines, at_once(root, folder, tuple(lines), pause), strict=True):
        assert (code, out) == (0, right[line]), err
        assert "made again" not in err
    cache = root / "cache"
    assert len(list(cache.glob(files))) == made
    assert not [path.name for path in cache.iterdir() if path.name.startswith(".") or path.suffix == ".new"]
    # What they left is whole, and is used.
    before = {name: digest for name, digest in bytes_of(root).items() if not name.endswith(".lock")}
    ((code, out, err),) = at_once(root, folder, (f"{lines[0]}",), 0)
    assert (code, out) == (0, right[lines[0]]) and "Building" not in err
    assert {name: digest for name, digest in bytes_of(root).items() if not name.endswith(".lock")} == before
    return count + 1


def building(home: Path, folder: Path, right: dict[str, str], pause: float) -> int:
    """A build of the same name while others ask: each of the old snapshot, or of the new one, or told to ask again."""
    root = copied(home, folder / "home")
    build = f"build {home.parent / 'more.jsonl'} --name n --force --taken-at 2024-09-20 -q"
    ends = at_once(root, folder, (build, "query top_bases", "query top_bases", "rank --metric betweenness"), pause)
    assert ends[0][0] == 0, ends[0]
    new = whole(root)
    with Warm(root) as ask:
        later = {line: ask(*line.split()).out.decode() for line in ("query top_bases", "rank --metric betweenness")}
    for line, (code, out, err) in zip(("query top_bases",) * 2 + ("rank --metric betweenness",), ends[1:], strict=True):
        if code:
            assert code == 1 and "was replaced or removed while it was read. Run it again." in err
        else:
            assert out in (right[line], later[line])
    assert new != whole(home)
    assert not list((root / "cache").glob(".building*"))
    return len(ends)


def test_two_that_find_no_cache(home: Path, right: dict[str, str], tmp_path: Path) -> None:
    cold(home, tmp_path, right, "the graph", 0)


@pytest.mark.soak
def test_a_build_while_others_ask(home: Path, right: dict[str, str], tmp_path: Path) -> None:
    building(home, tmp_path, right, 0.1)


@pytest.mark.soak
def test_many_at_once(
    home: Path, right: dict[str, str], tmp_path: Path, record_property: Callable[[str, object], None]
) -> None:
    began, chance, tried = time.monotonic(), random.Random(8), 0
    for number in range(3):
        for place, kind in enumerate(MAKING):
            folder = tmp_path / f"{number}-{place}"
            folder.mkdir()
            tried += cold(home, folder, right, kind, chance.uniform(0, 0.4), 2 + number)
        folder = tmp_path / f"build-{number}"
        folder.mkdir()
        tried += building(home, folder, right, chance.uniform(0, 0.5))
    peak = resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss << 10
    told(record_property, tried, time.monotonic() - began, peak)


@pytest.mark.soak
def test_a_build_that_fails_leaves_the_others_alone(home: Path, right: dict[str, str], tmp_path: Path) -> None:
    """Two at once, of which one has no source."""
    root = copied(home, tmp_path / "home")
    process = start(root, tmp_path / "tmp", "build", str(tmp_path / "none.csv"), "--name", "n", "--force")
    ((code, out, _),) = at_once(root, tmp_path, ("query formats",), 0)
    assert (code, out) == (0, right["query formats"])
    failed, said = finish(process)
    assert failed in (1, 3) and said.startswith("Error: ")
    assert whole(root) == whole(home)
