"""A crawl that is killed anywhere, again and again: the next run goes on, and what comes out is the same."""

import os
import random
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from lineage.sources.crawls import Wanted
from tests.crawling import bodies, folder_of, rows, run, state, timeless
from tests.faults import ROOT, wait_for
from tests.hub import Hub

pytestmark = pytest.mark.usefixtures("crawls")

PAGES = 40


@pytest.fixture
def hub(crawls: Path) -> Iterator[Hub]:
    """Forty pages of five."""
    with Hub(rows(5 * PAGES), page=5, quota=None) as hub:
        run(Wanted(endpoint=hub.url, name="whole"))
        yield hub


def start(hub: Hub, name: str) -> "subprocess.Popen[bytes]":
    return subprocess.Popen(
        [sys.executable, "-m", "lineage", "crawl", "--endpoint", hub.url, "--name", name, "-q"],
        cwd=ROOT, env=os.environ, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE,
    )  # fmt: skip


def kill_after(hub: Hub, name: str, pages: int, delay: float) -> bool:
    """Kill a crawl so long after it has so many pages. Whether it still ran."""
    folder = folder_of(name)
    process = start(hub, name)
    ran = wait_for(process, lambda: sum(f.endswith(".zst") for f in os.listdir(folder)) >= pages)
    time.sleep(delay)
    process.kill()
    _, said = process.communicate(timeout=60)
    assert process.returncode in (-9, 0), said
    return ran and process.returncode == -9


def kill_at(hub: Hub, points: int) -> None:
    """Kill at so many points, three in a crawl on average; what each leaves can be read, and the rest is the same."""
    chance = random.Random(points)
    killed = crawls = 0
    while killed < points:
        crawls += 1
        name = f"c{crawls}"
        kept = 0
        for pages in sorted(chance.sample(range(PAGES), min(3, points - killed))):
            killed += kill_after(hub, name, pages, chance.uniform(0, 0.01))
            if (folder_of(name) / "crawl.json").exists():
                found = state(name)
                assert kept <= len(found["pages"]) <= PAGES and found["records"] == 5 * len(found["pages"])
                assert all((folder_of(name) / page["file"]).stat().st_size == page["size"] for page in found["pages"])
                kept = len(found["pages"])
        run(Wanted(endpoint=hub.url, name=name))
        assert timeless(name) == timeless("whole")
        assert bodies(name) == bodies("whole")
        assert {page["seen_at"] for page in state(name)["pages"]} == {state(name)["started"]}
    assert crawls <= points


def test_a_crawl_that_is_killed_goes_on_and_is_the_same(hub: Hub) -> None:
    kill_at(hub, 25)


@pytest.mark.soak
def test_a_crawl_that_is_killed_two_hundred_times(hub: Hub) -> None:
    kill_at(hub, 200)
