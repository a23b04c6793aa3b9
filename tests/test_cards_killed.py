"""The cards of a crawl that is killed anywhere: the next run goes on, and what comes out is the same."""

import os
import random
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from lineage.sources import shelf as shelves
from tests.crawling import folder_of, run, state, wanted
from tests.faults import ROOT, wait_for
from tests.hub import Hub
from tests.shelves import cards_of_packed, lines, packed, paths, shelf

pytestmark = pytest.mark.usefixtures("crawls")

CARDS, BATCH = 120, 4

#: The command, with small batches.
PROGRAM = f"from lineage.sources import shelf; shelf.BATCH = {BATCH}; from lineage.commands import main; main()"


@pytest.fixture
def hub(crawls: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Hub]:
    """A crawl `whole` with its cards, in thirty batches of four."""
    monkeypatch.setattr(shelves, "BATCH", BATCH)
    with Hub(packed(CARDS), page=40, quota=None, readmes=cards_of_packed(CARDS)) as hub:
        run(wanted(hub, name="whole", cards="missing"))
        yield hub


def kill_after(hub: Hub, name: str, batches: int, delay: float) -> bool:
    """Kill it so long after so many batches are there. Whether it still ran."""
    folder = folder_of(name) / "cards"
    process = subprocess.Popen(
        [sys.executable, "-c", PROGRAM, "crawl", "--endpoint", hub.url, "--name", name, "--cards", "missing", "-q"],
        cwd=ROOT, env=os.environ, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE,
    )  # fmt: skip
    there = lambda: folder.is_dir() and sum(f.endswith(".zst") for f in os.listdir(folder)) >= batches  # noqa: E731
    ran = wait_for(process, there)
    time.sleep(delay)
    process.kill()
    _, said = process.communicate(timeout=60)
    assert process.returncode in (-9, 0), said
    return ran and process.returncode == -9


def kill_at(hub: Hub, points: int) -> None:
    """Kill at so many points, five in a crawl; what each leaves can be read, and the rest is the same."""
    chance = random.Random(points)
    killed = crawls = 0
    while killed < points:
        crawls += 1
        name, kept = f"c{crawls}", 0
        for batches in sorted(chance.sample(range(CARDS // BATCH), min(5, points - killed))):
            before = len(hub.requests)
            killed += kill_after(hub, name, batches, chance.uniform(0, 0.01))
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


def test_a_crawl_that_is_killed_goes_on_with_its_cards(hub: Hub) -> None:
    kill_at(hub, 10)


@pytest.mark.soak
def test_a_crawl_that_is_killed_at_fifty_cards(hub: Hub) -> None:
    kill_at(hub, 50)
