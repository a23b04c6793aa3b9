"""Which crawl is meant, and what one since an earlier one fetches."""

import json
import os
from typing import Any

import pytest

from lineage import pipeline
from lineage.catalog import Catalog
from lineage.errors import Incomplete, RefusedError, SourceError, UsageError
from lineage.sources.crawls import Wanted, choose
from tests.crawling import (
    Clock,
    bodies,
    folder_of,
    records,
    rows,
    run,
    serving,
    state,
    stopped,
    timeless,
    wanted,
)
from tests.hub import Hub

pytestmark = pytest.mark.usefixtures("crawls")


# --- names ---------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("more", "name"),
    [
        ({}, "hub-2026-09-21"),
        ({"author": "maker-1"}, "hub-maker-1-2026-09-21"),
        ({"limit": 12}, "hub-2026-09-21-first-12"),
        ({"author": "maker-1", "limit": 12}, "hub-maker-1-2026-09-21-first-12"),
        ({"name": "mine"}, "mine"),
    ],
)
def test_names(more: dict[str, Any], name: str) -> None:
    assert choose(Wanted(**more), Clock()()).name == name


@pytest.mark.parametrize("name", ["../up", "a/b", ".hidden", "", "-x", "a" * 101, "a b"])
def test_names_that_are_no_folder_of_ours(name: str) -> None:
    with pytest.raises(UsageError, match="--name takes letters"):
        choose(Wanted(name=name), 0)


def test_an_unfinished_crawl_of_the_same_request_is_gone_on_with_for_a_week(hub: Hub) -> None:
    day = 86_400
    clock = Clock()
    stopped(Wanted(endpoint=hub.url, max_pages=2), clock)

    def name(later: float, **more: Any) -> str:
        return choose(Wanted(**({"endpoint": hub.url} | more)), Clock().now + later * day).name

    assert name(6.9) == "hub-2026-09-21"
    assert name(7.1) == "hub-2026-09-28"
    assert name(1, author="maker-1") == "hub-maker-1-2026-09-22"
    assert name(1, limit=7) == "hub-2026-09-22-first-7"
    assert name(1, endpoint="http://127.0.0.1:9") == "hub-2026-09-22"
    assert name(1, fresh=True) == "hub-2026-09-22"
    assert name(1, name="hub-2026-09-21") == "hub-2026-09-21"
    run(Wanted(endpoint=hub.url), Clock(Clock().now + day))
    assert state("hub-2026-09-21")["finished"] == "2026-09-22T14:13:20Z"
    assert name(1) == "hub-2026-09-22"


@pytest.mark.parametrize("more", [{"author": "maker-1"}, {"limit": 5}, {"endpoint": "http://127.0.0.1:9"}])
def test_the_name_of_another_request_is_refused(hub: Hub, more: dict[str, Any]) -> None:
    run(wanted(hub))
    with pytest.raises(RefusedError, match=rf"crawl c of another request \({hub.url}\)"):
        run(wanted(hub, **more))


def test_an_author_and_a_limit(hub: Hub) -> None:
    run(wanted(hub, author="maker-3"))
    assert {r["id"].partition("/")[0] for r in records("c")} == {"maker-3"} and len(records("c")) == 6
    run(wanted(hub, limit=12, name="d"))
    assert len(bodies("d")) == 3 and state("d")["limit"] == 12 and state("d")["next"] is None
    assert state("d")["finished"] and state("d")["pages"][-1]["next"] is not None


# --- what changed since --------------------------------------------------------------------------------


def since(table: list[dict[str, Any]], **more: Any) -> None:
    """A second crawl a day later, of another state of the Hub."""
    with Hub(table, page=5) as later:
        run(Wanted(endpoint=later.url, since="c", name="e", **more), Clock(Clock().now + 86_400))
        assert {r.query["sort"][0] for r in later.requests} == {"lastModified"}
        del later.requests[:]


def test_since(hub: Hub) -> None:
    run(wanted(hub))
    pipeline.build(str(folder_of("c")), name="c")
    # Begun at 14:13:20: what changed up to an hour before is asked for again.
    changed = {3: "2026-09-22T01:00:00.000Z", 4: "2026-09-21T14:00:00.000Z", 5: "2026-09-21T13:13:21.000Z"}
    table = [row | {"lastModified": changed.get(i, row["lastModified"])} for i, row in enumerate(rows(50))]
    new = [
        {**row, "id": f"new/{i}", "_id": f"f{i:023x}", "lastModified": f"2026-09-22T02:00:0{i}.000Z"}
        for i, row in enumerate(rows(4))
    ]
    since([*table, *new])
    old, found = state("c"), state("e")
    assert found["pages"][:10] == old["pages"] and len(found["pages"]) == 12
    assert [page["seen_at"] for page in found["pages"][10:]] == ["2026-09-22T14:13:20Z"] * 2
    assert found["since"] == {
        "crawl": "c",
        "taken_at": "2026-09-21T14:13:20Z",
        "until": "2026-09-21T13:13:20Z",
        "pages": 10,
    }
    assert found["request"]["sort"] == "lastModified" and found["records"] == 60 and found["finished"]
    assert [r["id"] for r in records("e")[50:57]] == [
        "new/3",
        "new/2",
        "new/1",
        "new/0",
        "maker-3/model-3",
        "maker-4/model-4",
        "maker-5/model-5",
    ]
    one, two = (folder_of(name) / "000000.json.zst" for name in ("c", "e"))
    assert os.path.samefile(one, two)
    # And from there to the next.
    pipeline.build(str(folder_of("e")), name="e", taken_at="2026-09-22")
    with Hub(table, page=5) as later:
        run(Wanted(endpoint=later.url, since="e"), Clock(Clock().now + 2 * 86_400))
    assert len(state("hub-2026-09-23-since-2026-09-22")["pages"]) == 13


def test_since_is_gone_on_with(hub: Hub, monkeypatch: pytest.MonkeyPatch) -> None:
    def no_link(*names: Any) -> None:
        raise OSError("no links on this disk")

    run(wanted(hub))
    pipeline.build(str(folder_of("c")), name="c")
    table = [row | {"lastModified": f"2026-09-22T{i // 60:02}:{i % 60:02}:00.000Z"} for i, row in enumerate(rows(50))]
    with Hub(table, page=5) as later:
        more = {"endpoint": later.url, "since": "c"}
        run(Wanted(name="whole", **more), Clock(1_790_080_000))
        monkeypatch.setattr(os, "link", no_link)
        stopped(Wanted(name="d", max_pages=3, **more), Clock(1_790_080_000))
        assert not os.path.samefile(folder_of("c") / "000000.json.zst", folder_of("d") / "000000.json.zst")
        (folder_of("d") / "000004.json.zst").unlink()
        (folder_of("d") / "000010.json.zst").unlink()
        run(Wanted(name="d", **more), Clock(1_790_080_000))
    assert len(state("d")["pages"]) == 20
    assert timeless("d") == timeless("whole") and bodies("d") == bodies("whole")


def test_since_needs_a_whole_crawl_that_is_still_there(hub: Hub, sample: Any) -> None:
    with pytest.raises(UsageError, match="leave --author and --limit away"):
        run(wanted(hub, since="c", limit=3))
    pipeline.build("sample")
    with pytest.raises(
        SourceError, match=r"The crawl sample.parquet, from which the snapshot sample was built, is not in"
    ):
        run(wanted(hub, since="sample"))
    run(wanted(hub, limit=7))
    pipeline.build(str(folder_of("c")), name="c", limit=7)
    with pytest.raises(UsageError, match="holds a part of the Hub only"):
        run(wanted(hub, since="c", name="d"))
    run(wanted(hub, name="d"))
    pipeline.build(str(folder_of("d")), name="d")
    with pytest.raises(RefusedError, match="the one to go on from"):
        run(wanted(hub, since="d", name="d"))
    (folder_of("d") / "000003.json.zst").unlink()
    with pytest.raises(SourceError, match="The crawl d is not whole"):
        run(wanted(hub, since="d", name="e"))
    assert Catalog().open("d").name == "d"


def test_a_server_that_does_not_sort_by_change_is_no_source_of_changes(hub: Hub) -> None:
    run(wanted(hub))
    pipeline.build(str(folder_of("c")), name="c")
    body = json.dumps(
        [
            {"id": "a/a", "lastModified": "2020-01-01T00:00:00.000Z"},
            {"id": "a/b", "lastModified": "2026-09-22T00:00:00.000Z"},
        ]
    )
    with serving(body.encode()) as url, pytest.raises(Incomplete, match="not sorted by lastModified, newest first"):
        run(Wanted(endpoint=url, since="c", name="d"))
