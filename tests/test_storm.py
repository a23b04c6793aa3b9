"""Crawls through a storm: a third of all requests go wrong, in every way there is.

Time is the test's own: servers ask for waits of thirty years, and nobody waits. What is slow is only what
must be: sockets that stall or drip.
"""

import json
from collections import Counter
from pathlib import Path

import pytest

from lineage import pipeline
from lineage.errors import Incomplete
from lineage.sources.crawls import Wanted
from tests.crawling import TOKEN, Clock, bodies, calm, folder_of, rows, run, state
from tests.hub import KINDS, Hub, Storm

pytestmark = pytest.mark.usefixtures("crawls")


def weather(hub: Hub, clock: Clock, name: str) -> Counter[str]:
    """Crawl until it is finished, going on after every stop when the time named is over. Returns why it stopped."""
    stops: Counter[str] = Counter()
    while True:
        try:
            run(Wanted(endpoint=hub.url, name=name), clock)
        except Incomplete as stop:
            long = "asks to wait" in str(stop)
            stops["long wait" if long else str(stop)] += 1
            clock.now += 1e9 if long else 60
        else:
            return stops


#: Records that no typed reader takes, as they are written.
ODD = (
    '{"tags":["no id"]}',
    '{"id":"odd/tags","tags":5}',
    '{"id":"odd/counter","downloads":1e30}',
    '{"id":"odd/surrogate","tags":["\\ud800"]}',
    '{"id":"odd/twice","id":"odd/other"}',
    '{"id":"maker-0/model-0","downloads":1,"createdAt":"2026-01-01T00:00:00.000Z"}',
)


def write_table(path: Path, count: int) -> Path:
    """So many models, the odd ones among them, one of them twice and on two pages."""
    lines = [*map(json.dumps, rows(count - len(ODD))), *ODD]
    path.write_text("".join(line + "\n" for line in lines), encoding="utf-8")
    return path


def through_a_storm(folder: Path, requests: int, monkeypatch: pytest.MonkeyPatch, kinds: int) -> None:
    """A table of as many pages as make so many requests in a storm, crawled with and without one."""
    monkeypatch.setenv("HF_TOKEN", TOKEN)
    models, clock = int(requests * 0.7) * 5, Clock()
    table = write_table(folder / "table.jsonl", models)
    with Hub(table, page=5, quota=None) as hub:
        pages = calm(hub)
    with Hub([], clock=Clock()) as other, Hub(
        table, page=5, clock=clock, token=TOKEN, quota=(100, 300), storm=Storm(0.3, seed=7)
    ) as hub:  # fmt: skip
        hub.nowhere = other.url  # where links and redirects lead that must not be followed
        stops = weather(hub, clock, "storm")
        assert len(hub.requests) >= requests
        assert hub.early == []
        assert {r.headers.get("authorization") for r in hub.requests} == {f"Bearer {TOKEN}"}
        assert other.requests == []
        assert len([kind for kind in KINDS if hub.counts[kind]]) >= kinds
        assert stops["long wait"] == hub.counts["429-1000000000"] and len(stops) == 1
    # A page without records, and a link on which they come, is kept as it came.
    empty = hub.counts["empty-page"]
    assert [body for body in bodies("storm") if body != b"[]"] == pages
    assert len(bodies("storm")) == len(pages) + empty
    assert state("storm")["records"] == models


def test_a_storm_over_five_hundred_requests(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    through_a_storm(tmp_path, 500, monkeypatch, kinds=len(KINDS) - 3)


def test_what_is_built_after_a_storm_is_what_is_built_without_one(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    through_a_storm(tmp_path, 60, monkeypatch, kinds=8)
    with Hub(tmp_path / "table.jsonl", page=5) as hub:
        run(Wanted(endpoint=hub.url, name="calm"))
    built = [pipeline.build(str(folder_of(name)), taken_at="2026-09-21") for name in ("calm", "storm")]
    assert built[0].rejected == built[1].rejected and sum(built[0].rejected.values()) == 3
    assert built[0].snapshot.counts["models"] == 210 - 3
    assert built[0].snapshot.manifest["tables"] == built[1].snapshot.manifest["tables"]


@pytest.mark.soak
def test_a_storm_over_ten_thousand_requests(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    through_a_storm(tmp_path, 10_000, monkeypatch, kinds=len(KINDS))
