"""A crawl of a real server: what is asked, what is kept, and how it is gone on with."""

import json
import re
from collections.abc import Callable
from pathlib import Path

import pytest

from lineage import pipeline
from lineage.errors import RefusedError, SourceError
from lineage.session import Session
from lineage.snapshot import sha256_of
from lineage.sources.crawls import Wanted
from lineage.sources.hub import EXPAND
from lineage.sources.kept import Kept, cursor_of
from lineage.sources.outside import Progress
from lineage.sources.sample import SAMPLES
from tests.crawling import (
    Clock,
    bodies,
    calm,
    folder_of,
    records,
    rows,
    run,
    serving,
    state,
    stopped,
    timeless,
    unsealed,
    wanted,
)
from tests.hub import Hub

pytestmark = pytest.mark.usefixtures("crawls")


# --- what is asked, and what is kept -------------------------------------------------------------------


def test_what_is_asked(hub: Hub) -> None:
    run(wanted(hub))
    first = hub.requests[0]
    assert (first.method, first.path) == ("GET", "/api/models")
    assert first.query == {"limit": ["1000"], "sort": ["createdAt"], "expand": list(EXPAND)}
    assert {"baseModels", "cardData", "config", "safetensors", "gguf", "sha", "downloadsAllTime"} <= set(EXPAND)
    assert first.headers["user-agent"].startswith("lineage/")
    assert "authorization" not in first.headers
    assert {r.path for r in hub.requests} == {"/api/models"} and len(hub.requests) == 10


def test_pages_are_kept_as_they_came(hub: Hub) -> None:
    crawled = run(wanted(hub))
    assert bodies("c") == calm(hub)
    assert [r["id"] for r in records("c")] == [row["id"] for row in reversed(rows(50))]
    assert crawled.row() | {"size": 0, "seconds": 0} == {
        "name": "c", "folder": str(folder_of("c")), "started": "2026-09-21T14:13:20Z", "finished": "2026-09-21T14:13:20Z",
        "pages": 10, "records": 50, "size": 0, "cards_asked": 0, "cards_found": 0, "requests": 10, "waited_seconds": 0, "seconds": 0,
    }  # fmt: skip


def test_what_crawl_json_says(hub: Hub) -> None:
    run(wanted(hub))
    found = state("c")
    pages = found.pop("pages")
    assert found == {
        "format": 1, "name": "c", "endpoint": hub.url, "started": "2026-09-21T14:13:20Z", "finished": "2026-09-21T14:13:20Z",
        "request": {"sort": "createdAt", "limit": 1000, "expand": list(EXPAND), "author": None}, "refused": [], "next": None,
        "records": 50, "keys": ["_id", "createdAt", "downloads", "id", "lastModified", "tags"], "limit": None, "since": None,
    }  # fmt: skip
    urls = [hub.url + r.raw for r in hub.requests]
    following = [url.removeprefix(urls[0] + "&") for url in urls[1:]]
    assert all(text.startswith("cursor=") for text in following)
    for number, page in enumerate(pages):
        path = folder_of("c") / f"{number:06}.json.zst"
        assert page == {
            "file": path.name, "records": 5, "sha256": sha256_of(path), "size": path.stat().st_size,
            "seen_at": "2026-09-21T14:13:20Z", "cursor": cursor_of(urls[number]), "next": [*following, None][number],
        }  # fmt: skip


def test_records_are_kept_however_odd_they_are(tmp_path: Path) -> None:
    odd = [
        '{"id":"a/b","tags":5,"downloads":1e30}', '{"tags":["x"]}', "7", "null", '"text"', "[]", '{"id":"a/d","id":"a/e"}',
        '{"id":"a/s","author":"\\ud800"}', '{"id":"a/n","downloads":' + "9" * 5000 + "}", '{"id":"a/l","likes":NaN}',
    ]  # fmt: skip
    body = ("[" + ",".join(odd) + "]").encode()
    with serving(body) as url:
        run(Wanted(endpoint=url, name="c"))
    assert bodies("c") == [body]
    assert state("c")["records"] == 10 and state("c")["keys"] == ["author", "downloads", "id", "likes", "tags"]


def test_fields_that_the_server_refuses_are_left_out_with_a_word(tmp_path: Path) -> None:
    said: list[str] = []
    with Hub(rows(50), page=5, refuses={"baseModels", "gguf"}) as hub:
        run(wanted(hub), say=said.append)
        assert hub.requests[1].query["expand"] == [n for n in EXPAND if n not in ("baseModels", "gguf")]
        assert len(hub.requests) == 11
        assert state("c")["pages"][0]["cursor"] == cursor_of(hub.url + hub.requests[1].raw)
    assert state("c")["refused"] == ["baseModels", "gguf"] and state("c")["records"] == 50
    assert "baseModels" not in state("c")["request"]["expand"]
    assert "The server does not give baseModels, gguf: left out" in said


OTHERS = [n for n in EXPAND if n not in ("gguf", "sha")]


@pytest.mark.parametrize(
    "said",
    [
        f'"expand" must be one of [{", ".join(OTHERS)}]',
        f'"expand[9]" must be one of [model-index, {", ".join(OTHERS)}]. Not: gguf, sha',
        "✖ Invalid option: expected one of " + "|".join(f'"{n}"' for n in OTHERS) + "\n  → at expand[9]",
        f"'gguf' and 'sha' are unknown. Use {', '.join(OTHERS[:-1])}, or {OTHERS[-1]}.",
        f"Known: {', '.join(f'`{n}`' for n in OTHERS[:-1])} and `{OTHERS[-1]}`",
        {"message": "bad", "allowed": OTHERS},
        [OTHERS],
    ],
)
def test_the_sentence_that_refuses_fields_may_be_another_one(said: object) -> None:
    from lineage.sources.answer import Answer
    from lineage.sources.verdict import ExpandRefused, read_page

    for body in (json.dumps({"error": said}), json.dumps({"error": "Bad", "details": said}), str(said)):
        with pytest.raises(ExpandRefused) as refused:
            read_page(Answer(400, {}, body.encode()), "https://h/api/models", EXPAND)
        assert refused.value.names == ("gguf", "sha")


def test_fields_that_are_refused_from_some_page_on(hub: Hub) -> None:
    stopped(wanted(hub, max_pages=3))
    with Hub(
        rows(50), page=5, refuses={"gguf"}, port=int(hub.url.rpartition(":")[2]) if hub.close() is None else 0
    ) as later:
        run(wanted(later))
        assert ["gguf" in r.query["expand"] for r in later.requests] == [True] + [False] * 7
    assert state("c")["refused"] == ["gguf"] and state("c")["records"] == 50


def test_another_400_is_not_taken_for_a_refusal_of_fields(hub: Hub) -> None:
    stopped(wanted(hub, max_pages=1))
    path = folder_of("c") / "crawl.json"
    path.write_bytes(unsealed(path.read_bytes()).replace(b"cursor=", b"cursor=x"))
    with pytest.raises(SourceError, match="answers 400: Invalid cursor"):
        run(wanted(hub))


def test_a_page_that_times_out_at_the_server_is_asked_in_parts(hub: Hub) -> None:
    said: list[str] = []
    hub.fail("504", times=5, after=2)
    run(wanted(hub), say=said.append)
    assert [r.query["limit"] for r in hub.requests] == [["1000"]] * 5 + [["500"]] * 2 + [["250"]] + [["1000"]] * 7
    assert records("c") and state("c")["records"] == 50
    assert [s for s in said if "500 models at a time" in s or "250 models at a time" in s] == [
        "The server takes too long for this page: it is asked for 500 models at a time",
        "The server takes too long for this page: it is asked for 250 models at a time",
    ]


def test_a_hub_of_nothing() -> None:
    with Hub([{"id": "a/b", "author": "a"}]) as hub:
        run(wanted(hub, author="nobody"))
    assert bodies("c") == [b"[]"] and state("c")["finished"]


def test_empty_pages_with_a_link_are_followed_and_twenty_one_of_them_are_not(hub: Hub) -> None:
    hub.fail("empty-page", times=20, after=1)
    run(wanted(hub, name="d"))
    assert len(bodies("d")) == 30 and len(records("d")) == 50
    hub.fail("empty-page", times=21)
    with pytest.raises(SourceError, match="21 empty pages in a row"):
        run(wanted(hub))
    with pytest.raises(SourceError, match="21 empty pages in a row"):
        run(wanted(hub))
    assert state("c")["next"] is not None


def test_memory_does_not_grow_with_pages(tmp_path: Path) -> None:
    """100 pages of 0.4 MB: whoever holds them holds 28 MB between the 30th and the last but one."""
    table = [row | {"cardData": {"text": f"{i:04}" * 1000}} for i, row in enumerate(rows(100))]
    lines = tmp_path / "table.jsonl"
    held: dict[int, float] = {}

    def tell(progress: Progress) -> None:
        status = Path("/proc/self/status").read_text(encoding="ascii")
        held[progress.pages] = int(status.partition("VmRSS:")[2].split()[0]) / 1024

    lines.write_text(
        "".join(json.dumps(row | {"cardData": {"text": str(i % 10) * 400_000}}) + "\n" for i, row in enumerate(table))
    )
    with Hub(lines, page=1) as hub:
        run(wanted(hub), tell=tell)
    # With the hundredth page what is kept of them is made, and that brings the engine.
    assert len(held) == 100 and held[99] - held[30] < 12


def test_the_samples_come_through_a_crawl_unchanged(sample: Session, sample_gguf: Session) -> None:
    for direct in (sample, sample_gguf):
        with Hub(SAMPLES[direct.snapshot.name].path) as hub:
            run(wanted(hub, name=direct.snapshot.name))
        crawled = pipeline.build(str(folder_of(direct.snapshot.name)), taken_at=direct.snapshot.taken_at).snapshot
        assert crawled.manifest["tables"] == direct.snapshot.manifest["tables"]


# --- built ---------------------------------------------------------------------------------------------


def test_a_crawl_is_built_as_of_the_day_on_which_it_began(hub: Hub, tmp_path: Path) -> None:
    hub.fail("empty-page", times=2, after=3)
    run(wanted(hub))
    table = tmp_path / "table.jsonl"
    table.write_text("".join(json.dumps(row) + "\n" for row in rows(50)))
    crawled = pipeline.build(str(folder_of("c"))).snapshot
    direct = pipeline.build(str(table), taken_at="2026-09-21T14:13:20Z").snapshot
    assert crawled.taken_at == direct.taken_at and not crawled.manifest["taken_at_inferred"]
    assert crawled.manifest["source"]["name"] == "c"
    assert crawled.manifest["tables"] == direct.manifest["tables"]


# --- stopped, and gone on with -------------------------------------------------------------------------


def test_a_crawl_goes_on_where_it_was(hub: Hub) -> None:
    run(wanted(hub, name="whole"))
    asked = [r.raw for r in hub.requests]
    del hub.requests[:]
    said: list[str] = []
    assert stopped(wanted(hub, max_pages=3)) == "Stopped after 3 pages, as asked."
    assert state("c")["finished"] is None
    clock = Clock(1_790_000_500)
    assert stopped(wanted(hub, max_pages=4), clock) == "Stopped after 4 pages, as asked."
    crawled = run(wanted(hub), clock, say=said.append)
    assert [r.raw for r in hub.requests] == asked and crawled.requests == 3
    assert said[0] == "Going on with the crawl c of 2026-09-21T14:13:20Z: 7 pages, 35 models so far"
    assert timeless("c") == timeless("whole") and bodies("c") == bodies("whole")
    assert state("c")["started"] == "2026-09-21T14:13:20Z" and state("c")["finished"] == "2026-09-21T14:21:40Z"


def test_as_many_pages_as_there_are_is_all_of_them(hub: Hub) -> None:
    assert run(wanted(hub, max_pages=10)).kept.finished


def test_what_a_killed_run_left_over_goes(hub: Hub) -> None:
    run(wanted(hub, name="whole"))
    stopped(wanted(hub, max_pages=3))
    for name in (".000003.json.zst.new", ".crawl.json.new", "000003.json.zst", "000099.json.zst"):
        (folder_of("c") / name).write_bytes(b"half")
    run(wanted(hub))
    assert timeless("c") == timeless("whole") and bodies("c") == bodies("whole")


@pytest.mark.parametrize("page", [0, 2, 4])
@pytest.mark.parametrize("cut", [True, False])
def test_a_page_that_is_missing_or_cut_is_fetched_again_with_all_after_it(hub: Hub, page: int, cut: bool) -> None:
    run(wanted(hub, name="whole"))
    stopped(wanted(hub, max_pages=5))
    path = folder_of("c") / f"{page:06}.json.zst"
    path.write_bytes(path.read_bytes()[:-1]) if cut else path.unlink()
    said: list[str] = []
    run(wanted(hub), say=said.append)
    assert f"{5 - page} pages are fetched again: one of them is missing or not whole." in said
    assert timeless("c") == timeless("whole") and bodies("c") == bodies("whole")


def test_a_finished_crawl_that_has_lost_pages_says_so(hub: Hub) -> None:
    run(wanted(hub))
    for page in (3, 7):
        (folder_of("c") / f"{page:06}.json.zst").unlink()
    with pytest.raises(
        SourceError, match=r"finished, but 2 of its pages are missing or cut, the first is 000003.json.zst"
    ):
        run(wanted(hub))


def test_a_damaged_crawl_json_is_said(hub: Hub) -> None:
    stopped(wanted(hub, max_pages=2))
    (folder_of("c") / "crawl.json").write_bytes(b'{"format":1,')
    with pytest.raises(SourceError, match=r"crawl\.json is damaged. Crawl again with --fresh"):
        run(wanted(hub))
    run(wanted(hub, fresh=True))
    assert len(records("c")) == 50


def attempt(read: Callable[[], Kept | None]) -> tuple[Kept | None, str]:
    try:
        return read(), ""
    except SourceError as error:
        return None, str(error)


def test_a_bit_that_flips_in_crawl_json_is_found(hub: Hub) -> None:
    stopped(wanted(hub, max_pages=2))
    path = folder_of("c") / "crawl.json"
    data, good = path.read_bytes(), Kept.read(folder_of("c"))
    assert good is not None
    found = 0
    for bit in range(len(data) * 8):
        flipped = bytearray(data)
        flipped[bit // 8] ^= 1 << bit % 8
        path.write_bytes(bytes(flipped))
        kept, said = attempt(lambda: Kept.read(folder_of("c")))
        found += kept is None
        if kept is None:
            assert re.search(r"crawl\.json (is damaged|was changed after)|newer lineage", said), bit
        else:
            assert kept.pages == good.pages and kept.head | good.head == kept.head, bit
    assert found > len(data) * 8 - 200  # the rest is in the name of the seal, and what is sealed is as it was
    path.write_bytes(unsealed(data))  # and what a person has changed is believed
    assert Kept.read(folder_of("c")) is not None


def test_two_at_once_are_refused(hub: Hub) -> None:
    from filelock import FileLock

    folder_of("c").mkdir(parents=True)
    with FileLock(folder_of("c") / ".lock"), pytest.raises(RefusedError, match="Another lineage is crawling c"):
        run(wanted(hub))
    assert hub.requests == []


def test_a_finished_crawl_is_left_as_it_is_unless_fresh(hub: Hub) -> None:
    run(wanted(hub))
    before, asked, said = state("c"), len(hub.requests), []
    run(wanted(hub), Clock(1_790_001_000), say=said.append)
    assert state("c") == before and len(hub.requests) == asked
    assert said == ["The crawl c is finished and is left as it is; --fresh crawls it again."]
    with pytest.raises(SourceError, match="cannot be reached"):
        run(wanted(hub, fresh=True, endpoint="http://127.0.0.1:1"))
    assert state("c") == before and len(bodies("c")) == 10
    run(wanted(hub, fresh=True), Clock(1_790_001_000))
    assert state("c")["started"] == "2026-09-21T14:30:00Z" and len(records("c")) == 50
