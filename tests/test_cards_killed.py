"""The cards of a crawl that is killed anywhere: the next run goes on, and what comes out is the same."""

import os
import random
import select
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from lineage.sources import shelf as shelves
from tests.crawling import folder_of, state, wanted
from tests.faults import ROOT
from tests.hub import Hub
from tests.shelves import cards_of_packed, lines, packed, paths, run, shelf

pytestmark = pytest.mark.usefixtures("crawls")

CARDS, BATCH = 120, 4

#: Runs the command, with small batches, for each line of arguments, in a process of its own: a fork of this one, for
#: what takes longest is to import everything. Says its number, and at the end how it ended (negative: by which signal).
PROGRAM = f"""
import os, shlex, sys
import duckdb, httpx2, huggingface_hub.utils, pyarrow.compute, lineage.printing, lineage.sources.crawl
from lineage.commands import main
from lineage.sources import shelf
shelf.BATCH = {BATCH}
for line in sys.stdin:
    child = os.fork()
    if not child:
        os.dup2(2, 1)
        main(shlex.split(line))
    print(child, flush=True)
    print(os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]), flush=True)
"""


@pytest.fixture
def program(hub: Hub) -> "Iterator[subprocess.Popen[str]]":
    process = subprocess.Popen(
        [sys.executable, "-c", PROGRAM], cwd=ROOT, env=os.environ | {"OPENBLAS_NUM_THREADS": "1"}, text=True,
        stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL,
    )  # fmt: skip
    with process:
        yield process


@pytest.fixture
def hub(crawls: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Hub]:
    """A crawl `whole` with its cards, in thirty batches of four."""
    monkeypatch.setattr(shelves, "BATCH", BATCH)
    with Hub(packed(CARDS), page=40, quota=None, readmes=cards_of_packed(CARDS)) as hub:
        run(wanted(hub, name="whole", cards="missing"))
        yield hub


def kill_after(program: "subprocess.Popen[str]", hub: Hub, name: str, batches: int, delay: float) -> bool:
    """Kill it so long after so many batches are there. Whether it still ran."""
    assert program.stdin is not None and program.stdout is not None
    program.stdin.write(f"crawl --endpoint {hub.url} --name {name} --cards missing -q\n")
    program.stdin.flush()
    child = int(program.stdout.readline())
    folder = folder_of(name) / "cards"
    while not (folder.is_dir() and sum(f.endswith(".zst") for f in os.listdir(folder)) >= batches):
        if select.select([program.stdout], [], [], 0.001)[0]:
            break
    time.sleep(delay)
    if not select.select([program.stdout], [], [], 0)[0]:  # else it is over, and its number another's
        os.kill(child, signal.SIGKILL)
    code = int(program.stdout.readline())
    assert code in (-9, 0)
    return code == -9


def kill_at(program: "subprocess.Popen[str]", hub: Hub, points: int) -> None:
    """Kill at so many points, five in a crawl; what each leaves can be read, and the rest is the same."""
    chance = random.Random(points)
    killed = crawls = 0
    while killed < points:
        crawls += 1
        name, kept = f"c{crawls}", 0
        for batches in sorted(chance.sample(range(CARDS // BATCH), min(5, points - killed))):
            before = len(hub.requests)
            killed += kill_after(program, hub, name, batches, chance.uniform(0, 0.01))
            if state(name).get("cards"):
                asked = state(name)["cards"]["asked"]
                assert kept <= asked <= CARDS and asked % BATCH == 0
                # Of a run that is killed less than a batch is asked for once more, and the card that was under way.
                assert len([r for r in hub.requests[before:] if "README" in r.path]) <= asked - kept + BATCH + 1
                kept = asked
        run(wanted(hub, name=name, cards="missing"))
        assert shelf(name)["files"] == shelf("whole")["files"] and lines(name) == lines("whole")
        assert set(paths(hub)) == {row["id"] for row in packed(CARDS)}
    assert crawls <= points


def test_a_crawl_that_is_killed_goes_on_with_its_cards(program: "subprocess.Popen[str]", hub: Hub) -> None:
    kill_at(program, hub, 10)


@pytest.mark.soak
def test_a_crawl_that_is_killed_at_fifty_cards(program: "subprocess.Popen[str]", hub: Hub) -> None:
    kill_at(program, hub, 50)
