"""A snapshot appears whole or not at all: builds that are killed anywhere, and disks that are full at every write.

A process that is killed cannot clean up outside the home: its working folder stays in TMPDIR, which therefore lies in
the test's own folder here, and is the system's to empty.
"""

import functools
import json
import os
import random
import re
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from lineage import pipeline
from lineage.catalog import Catalog
from lineage.commands import main
from lineage.schema import TABLES
from tests.faults import (
    FullDisk,
    bytes_of,
    drawn,
    finish,
    kill,
    largest_file,
    manifest,
    nothing_left_over,
    on_small_disk,
    publish,
    source,
    start,
    wait_for,
    whole,
)


@dataclass(frozen=True)
class Case:
    """A home with an old snapshot `n`, a source that is to replace it, and what becomes of it undisturbed."""

    home: Path
    command: tuple[str, ...]
    old: str
    new: str
    seconds: float
    publish: Callable[[Path], Any]
    """Only the last step of the same build, into a home."""

    def build(self, catalog: Catalog) -> None:
        """The same build in this process."""
        pipeline.build(self.command[1], name="n", force=True, taken_at="2024-09-20", catalog=catalog)


class Kept(Catalog):
    """A catalog that knows what was published last, to do it again elsewhere."""

    def publish(self, *arguments: Any) -> Any:
        self.arguments = arguments
        return super().publish(*arguments)

    def publish_again(self, home: Path) -> None:
        Catalog(home).publish(*self.arguments)


@pytest.fixture(scope="module")
def cases(tmp_path_factory: pytest.TempPathFactory) -> list[Case]:
    """With cards, for which there are worker processes, and without."""

    def case(cards: bool) -> Case:
        folder = tmp_path_factory.mktemp("case")
        old = publish(folder / "home").sha256
        table = source(folder / "new.jsonl", 200, 5, cards)
        command = ("build", str(table), "--force", "--name", "n", "--taken-at", "2024-09-20", "--no-graph")
        began = time.monotonic()
        assert finish(start(folder / "fresh", folder / "tmp", *command))[0] == 0
        seconds = time.monotonic() - began
        assert nothing_left_over(folder / "fresh")
        assert list((folder / "tmp").iterdir()) == []
        kept = Kept(folder / "kept")
        made = Case(folder / "home", command, old, whole(folder / "fresh"), seconds, kept.publish_again)
        made.build(kept)
        assert whole(kept.root) == made.new
        return made

    with ThreadPoolExecutor(2) as threads:
        return list(threads.map(case, (True, False)))


# --- killed -------------------------------------------------------------------------------------------

Moment = Callable[[Path], bool]


def written(count: int) -> Moment:
    """When the folder that is being written holds so many files."""
    return lambda home: any(
        len(os.listdir(f)) >= count for f in list((home / "snapshots").glob(".building-*")) if f.is_dir()
    )


def folders(count: int) -> Moment:
    """When so many finished folders are there: the new one beside the old, or alone."""
    return lambda home: len([f for f in os.listdir(home / "snapshots") if f.startswith("n-")]) == count


def switched(home: Path) -> bool:
    """When the catalog has been replaced."""
    return json.loads((home / "catalog.json").read_bytes())["going"] != []


WHILE_WRITING: list[Moment] = [*(written(count) for count in range(len(TABLES) + 2)), folders(2), switched]


def killed(case: Case, home: Path, moment: Moment | float, build: bool) -> None:
    """Kill a build at a moment or after so many seconds; look at what it left; `build` once more, or do its last step."""
    temporary = home.with_suffix(".tmp")
    while True:
        shutil.copytree(case.home, home)
        process = start(home, temporary, *case.command)
        if wait_for(process, functools.partial(moment, home) if callable(moment) else moment):
            break
        # It was faster than when it was measured, or than the look at it. Once more, and sooner.
        process.communicate()
        shutil.rmtree(home)
        moment = 0.8 * (case.seconds if callable(moment) else moment)
    kill(process)
    assert whole(home) in (case.old, case.new)
    case.build(Catalog(home)) if build else case.publish(home)
    assert whole(home) == case.new
    assert nothing_left_over(home)


def kill_at(cases: list[Case], folder: Path, points: int, builds: int) -> None:
    """After every so many-th kill the next build reads its source again, too; for what it finds in the home, only the
    last step counts."""
    chance = random.Random(points)
    done = []
    with ThreadPoolExecutor(2) as threads:
        for number in range(points):
            case = cases[number % 6 > 0]
            moment: Moment | float = chance.uniform(0, case.seconds)
            if number % 5 > 2:  # the others, anywhere
                moment = WHILE_WRITING[(number // 5 * 2 + number % 2) % len(WHILE_WRITING)]
            done.append(threads.submit(killed, case, folder / str(number), moment, number % builds == 0))
    for one in done:
        one.result()


def test_a_build_that_is_killed_leaves_the_old_snapshot_or_the_new_one(cases: list[Case], tmp_path: Path) -> None:
    kill_at(cases, tmp_path, 25, builds=5)


@pytest.mark.soak
def test_a_build_that_is_killed_two_hundred_times(cases: list[Case], tmp_path: Path) -> None:
    kill_at(cases, tmp_path, 200, builds=1)


def test_a_publication_that_dies_before_any_of_its_steps(tmp_path: Path) -> None:
    run = [sys.executable, "-m", "tests.faults", "die", str(tmp_path)]
    report = json.loads(subprocess.run(run, capture_output=True, check=True, timeout=300).stdout)
    left = [entry["left"] for entry in report]
    new = report[-1]["again"]
    # First the old one, from the moment that the catalog is renamed the new one.
    moment = left.index(new)
    assert left == ["old"] * moment + [new] * (len(left) - moment)
    assert report[moment - 1]["step"] == "os.rename .catalog-new.json"
    assert [entry["again"] for entry in report] == [new] * len(report)
    assert all(entry["clean"] for entry in report)
    for table in TABLES:
        assert any(entry["step"] and entry["step"].endswith(f"{table}.parquet") for entry in report)
    assert len(report) > 30


# --- two at once --------------------------------------------------------------------------------------


def test_two_builds_of_one_name_at_once(cases: list[Case], tmp_path: Path) -> None:
    shutil.copytree(cases[0].home, tmp_path / "home")
    ends = [finish(p) for p in [start(tmp_path / "home", tmp_path / "tmp", *case.command) for case in cases]]
    for code, said in ends:
        assert code == 0 or re.search(r"\nError: [^\n]*replaced or removed while it was read\. Run it again\.\n$", said)
    assert 0 in [code for code, _ in ends]
    assert whole(tmp_path / "home") in [case.new for case in cases]
    assert nothing_left_over(tmp_path / "home")


# --- a full disk --------------------------------------------------------------------------------------

Run = Callable[[], tuple[int, str]]


@pytest.fixture
def read_already(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> dict[str, Any]:
    """Everything up to the writing is done, so that what comes then can be tried again and again: the tables to write."""
    held: dict[str, Any] = {"tables": drawn(20, 5), "deep": []}

    class Came:
        recognised, files, ignored_files, complete, asked = None, 1, 0, True, None

    def stages(*_: Any) -> tuple[Any, Any, Any]:
        return held["tables"], manifest(20, options={}, deep=held["deep"]), [{}, {}, {}]

    monkeypatch.setattr(pipeline, "_read", lambda *_: (Came, None))
    monkeypatch.setattr(pipeline, "_stages", stages)
    (tmp_path / "x.csv").write_text("id\n")
    return held


@pytest.fixture
def run(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Run:
    """`lineage build` into the home of this test: exit code and stderr."""
    monkeypatch.setenv("LINEAGE_HOME", str(tmp_path / "home"))

    def build() -> tuple[int, str]:
        with pytest.raises(SystemExit) as ended:
            main(["build", str(tmp_path / "x.csv"), "--force", "--name", "n", "--quiet", "--no-graph"])
        assert isinstance(ended.value.code, int)
        return ended.value.code, capsys.readouterr().err

    return build


@pytest.fixture
def again(tmp_path: Path) -> Callable[[], dict[str, str]]:
    """The home as it was before, with an old snapshot in it; returns its files."""
    publish(tmp_path / "before")

    def fresh() -> dict[str, str]:
        shutil.rmtree(tmp_path / "home", ignore_errors=True)
        shutil.copytree(tmp_path / "before", tmp_path / "home")
        return bytes_of(tmp_path / "home")

    return fresh


@pytest.mark.parametrize("lasting", [False, True], ids=["for a moment", "from then on"])
@pytest.mark.usefixtures("read_already")
def test_a_disk_that_is_full_at_any_write(
    lasting: bool, tmp_path: Path, run: Run, again: Callable[[], dict[str, str]]
) -> None:
    home = tmp_path / "home"
    again()
    assert run() == (0, "")
    new = whole(home)
    failed, borne, at, ended = set(), set(), 0, False
    while not ended:
        before = again()
        with pytest.MonkeyPatch.context() as patch:
            disk = FullDisk(patch, at, lasting)
            code, said = run()
        ended = len(disk.steps) <= at
        step = "" if ended else re.sub(r"\.building-\w+", "building", disk.steps[at]).replace(str(home), "")
        if code:
            failed.add(step)
            assert code == 1
            place = str(home) if "TMPDIR" not in said else f"{tempfile.gettempdir()}/lineage-"
            assert re.fullmatch(rf"Error: The disk is full at {place}\S+\. Nothing was changed; make room(, or set TMPDIR to "
                                r"a folder with more,)? and run it again\.\n", said), said  # fmt: skip
            assert bytes_of(home) == before
        else:
            borne.add(step)
            assert (whole(home), said) == (new, "")
        assert nothing_left_over(home)
        assert run() == (0, "")
        assert whole(home) == new
        assert nothing_left_over(home)
        at += 1
    # Folders that are there need no making, and when the catalog is renamed, it is done: what comes then may fail.
    assert {s.partition(" ")[0] for s in borne - {"mkdir ", "mkdir /snapshots"}} == {"", "fsync", "rename"}
    for table in TABLES:
        assert {f"write_parquet /snapshots/building/{table}.parquet", f"half of write_parquet /snapshots/building/{table}.parquet",
                f"fsync /snapshots/building/{table}.parquet"} <= failed  # fmt: skip
    for name in ("write_bytes", "half of write_bytes", "fsync"):
        assert {f"{name} /snapshots/building/manifest.json", f"{name} /.catalog-new.json"} <= failed


def test_a_file_that_the_system_does_not_let_grow(
    tmp_path: Path,
    run: Run,
    again: Callable[[], dict[str, str]],
    read_already: dict[str, Any],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    # Each file larger than all that are written before it, so that each in turn is the first that does not fit.
    read_already |= {"tables": drawn(20, 5, padding=40_000), "deep": ["x" * 400_000]}
    catalog = Catalog(tmp_path / "before")
    publish(tmp_path / "before")
    names = {f"{i:03d}{'y' * 5000}": catalog.read()["snapshots"]["n"] for i in range(100)}
    catalog._replace({"current": "n", "snapshots": catalog.read()["snapshots"] | names})
    again()
    assert run() == (0, "")
    home = tmp_path / "home"
    new = Catalog(home).open("n")
    files = [
        *(new.folder / f"{table}.parquet" for table in TABLES),
        new.folder / "manifest.json",
        home / "catalog.json",
    ]
    sizes = [file.stat().st_size for file in files]
    assert sizes == sorted(set(sizes))
    real = Catalog.publish
    for file, size, smaller in zip(files, sizes, [0, *sizes], strict=False):
        for most in (smaller, (smaller + size) // 2, size - 1):
            before = again()
            with monkeypatch.context() as patch:

                def publish_limited(self: Catalog, *arguments: Any, most: int = most) -> Any:
                    with largest_file(most):
                        return real(self, *arguments)

                patch.setattr(Catalog, "publish", publish_limited)
                code, said = run()
            assert code == 1
            name = ".catalog-new.json" if file.name == "catalog.json" else file.name
            assert re.fullmatch(rf"Error: A file outgrew its limit at /\S+/{re.escape(name)}\. Nothing was changed; "
                                r"raise the limit \(ulimit -f\) and run it again\.\n", said), said  # fmt: skip
            assert bytes_of(home) == before
            assert nothing_left_over(home)
    assert run() == (0, "")
    assert whole(home) == new.sha256
    assert nothing_left_over(home)


def test_a_temporary_folder_that_is_full_while_reading(
    tmp_path: Path, run: Run, again: Callable[[], dict[str, str]], monkeypatch: pytest.MonkeyPatch
) -> None:
    import duckdb

    before = again()

    def fail(*_: Any) -> None:
        raise duckdb.IOException('IO Error: Could not write file "build.duckdb": No space left on device')

    monkeypatch.setattr(pipeline, "_read", fail)
    (tmp_path / "x.csv").write_text("id\n")
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path))
    code, said = run()
    assert code == 1
    assert re.fullmatch(rf"Error: The disk is full at {tmp_path}/lineage-\w+\. Nothing was changed; make room, or set TMPDIR "
                        r"to a folder with more, and run it again\.\n", said), said  # fmt: skip
    assert bytes_of(tmp_path / "home") == before
    assert nothing_left_over(tmp_path / "home")
    assert not list(tmp_path.glob("lineage-*"))


SMALL = r"(The disk is full|A file outgrew its limit) at {}\S+\. Nothing was changed; [^\n]* run it again\."


@pytest.mark.soak
def test_a_small_disk_with_ever_more_room(tmp_path: Path) -> None:
    run = on_small_disk(tmp_path, 8 << 20, sys.executable, "-m", "tests.faults", "sweep", str(tmp_path))
    assert run.returncode == 0, run.stderr
    *failed, done = json.loads(run.stdout)
    assert done["said"] is None
    assert done["left"] == done["again"]
    assert len(failed) > 10
    for entry in failed:
        assert re.fullmatch(SMALL.format(tmp_path), entry["said"])
        assert entry == {"said": entry["said"], "left": "old", "same": True, "clean": True, "again": done["again"]}


@pytest.mark.soak
@pytest.mark.parametrize("cards", [True, False])
def test_a_small_temporary_disk_with_ever_more_room(cases: list[Case], cards: bool, tmp_path: Path) -> None:
    case = cases[not cards]
    home, temporary = tmp_path / "home", tmp_path / "tmp"
    shutil.copytree(case.home, home)
    temporary.mkdir()
    before = bytes_of(home)
    command = (sys.executable, "-m", "lineage", *case.command, "--quiet")
    room, code = 0, 1
    while code:
        room += 16384
        done = on_small_disk(temporary, room, *command, TMPDIR=str(temporary), LINEAGE_HOME=str(home))
        code = done.returncode
        if code:
            assert re.fullmatch(f"Error: {SMALL.format(tmp_path)}\n", done.stderr), done.stderr
            assert bytes_of(home) == before
    assert whole(home) == case.new
    assert nothing_left_over(home)
