"""The cards of a crawl: what is asked for, what is kept, and how it is gone on with."""

import json
from pathlib import Path
from typing import Any

import pyarrow as pa
import pytest

from lineage import pipeline
from lineage.errors import Incomplete, SourceError, UsageError
from lineage.parquet import sha256_of
from lineage.sources import shelf as shelves
from lineage.sources.crawls import MOST_CARDS, Wanted
from lineage.sources.outside import CardProgress
from lineage.sources.readme import MOST_BYTES
from lineage.sources.shelf import batches_of, cards_of
from tests.crawling import QUICK, TOKEN, Clock, calm, folder_of, state, wanted
from tests.hub import Hub, Storm
from tests.shelves import README, cards_of_packed, lines, packed, paths, run, shelf, stopped, texts

pytestmark = pytest.mark.usefixtures("crawls")

COUNT = 23


@pytest.fixture
def hub(crawls: Path) -> Any:
    """Five pages of five models without a base, at a time that stands still."""
    with Hub(packed(COUNT), page=5, readmes=cards_of_packed(COUNT), clock=Clock()) as hub:
        yield hub


@pytest.fixture
def sevens(monkeypatch: pytest.MonkeyPatch) -> None:
    """Batches of seven."""
    monkeypatch.setattr(shelves, "BATCH", 7)


def by_downloads(count: int = COUNT) -> list[str]:
    return [row["id"] for row in reversed(packed(count))]


def missing(hub: Hub, **more: Any) -> Wanted:
    return wanted(hub, cards="missing", **more)


# --- what is asked, and what is kept ------------------------------------------------------------------


def test_every_path_that_is_asked_for(hub: Hub) -> None:
    crawled = run(missing(hub))
    assert [r.raw.partition("?")[0] for r in hub.requests] == ["/api/models"] * 5 + [
        f"/{id}/resolve/main/README.md" for id in by_downloads()
    ]
    assert {r.method for r in hub.requests} == {"GET"}
    for request in hub.requests:
        assert "x-hf-download-counter" not in request.headers and "range" not in request.headers
        assert request.headers["user-agent"].startswith("lineage/")
    row = crawled.row()
    assert (row["requests"], row["cards_asked"], row["cards_found"]) == (28, 23, 18)


def test_what_is_kept(hub: Hub, sevens: None) -> None:
    run(missing(hub))
    cards = cards_of_packed(COUNT)
    assert lines("c") == [
        {"id": id, "status": 200 if id in cards else 404, "reason": None if id in cards else "no-readme", "readme": cards.get(id)}
        for id in by_downloads()
    ]  # fmt: skip
    said = shelf("c")
    assert [file["lines"] for file in said.pop("files")] == [7, 7, 7, 2]
    assert said == {
        "which": "missing", "most": MOST_CARDS, "asked": 23, "found": 18, "finished": "2026-09-21T14:13:20Z"
    }  # fmt: skip
    assert cards_of(folder_of("c")).to_pylist() == [{"id": id, "readme": cards[id]} for id in sorted(cards)]
    assert [batch.num_rows for batch in batches_of(folder_of("c"))] == [6, 5, 6, 1]


def test_without_cards_there_is_an_empty_table(hub: Hub, tmp_path: Path) -> None:
    run(wanted(hub))
    for folder in (folder_of("c"), tmp_path / "nowhere"):
        table = cards_of(folder)
        assert table.schema == pa.schema([("id", pa.string()), ("readme", pa.large_string())]) and table.num_rows == 0
    assert paths(hub) == [] and "cards" not in state("c") and not (folder_of("c") / "cards").exists()


def test_cards_change_no_page_and_are_no_rows_of_their_own(hub: Hub) -> None:
    run(missing(hub))
    run(wanted(hub, name="d"))
    assert state("c")["pages"] == state("d")["pages"]
    built = pipeline.build(str(folder_of("c")), taken_at="2026-09-21")
    assert built.snapshot.counts["models"] == built.snapshot.counts["rows_in"] == COUNT


def test_a_finished_crawl_may_get_its_cards_later_and_more_of_them(hub: Hub, sevens: None) -> None:
    hub.replace([*packed(COUNT), {"id": "maker/first", "downloads": 1000}, {"id": "maker/second", "downloads": 6}])
    run(wanted(hub))
    said: list[str] = []
    run(missing(hub, most_cards=3), say=said.append)
    assert paths(hub) == by_downloads()[:3] and shelf("c")["asked"] == 3
    assert said[-1] == (
        "3 cards are asked for, of the most downloaded of 23 models (--most-cards 3): some minutes at most "
        "(3,000 requests in 300 s without a token). It can be stopped and gone on with at any time."
    )
    run(missing(hub, most_cards=5), say=said.append)
    assert said[-1].startswith("3 cards are here; 2 more are asked for, of the most downloaded of 20 models")
    run(missing(hub))
    assert paths(hub) == by_downloads() and len({file["file"] for file in shelf("c")["files"]}) == 4
    run(wanted(hub, cards="all", most_cards=23), say=said.append)
    assert said[-1] == "23 cards are here; --most-cards 23 allows no more."
    run(wanted(hub, cards="all"))
    assert paths(hub) == [*by_downloads(), "maker/first", "maker/second"]
    asked, files = len(hub.requests), shelf("c")["files"]
    for again in ("all", "missing"):
        run(wanted(hub, cards=again), say=said.append)
        assert said[-1] == "The crawl c is finished and is left as it is with its cards; --fresh crawls it again."
    assert len(hub.requests) == asked and shelf("c")["files"] == files
    assert [file["lines"] for file in files] == [7, 7, 7, 4]


def test_a_fresh_crawl_has_no_cards_of_the_one_before(hub: Hub) -> None:
    run(missing(hub))
    run(wanted(hub, fresh=True))
    assert "cards" not in state("c") and not (folder_of("c") / "cards").exists()


def test_how_long_it_takes_is_said_before_the_pages_too(hub: Hub) -> None:
    said: list[str] = []
    run(missing(hub), say=said.append)
    assert (
        said[1]
        == "Then up to 20,000 cards (--most-cards): at least 28 minutes (3,000 requests in 300 s without a token)."
    )
    with Hub(packed(2), quota={"resolvers": (50, 300)}, clock=Clock()) as other:
        run(missing(other, name="d"), say=said.append)
    assert said[-1] == "The server allows 50 requests in 300 s: some minutes at most."


def test_how_far_it_is(hub: Hub) -> None:
    told: list[Any] = []
    run(missing(hub, most_cards=4), tell=told.append)
    assert [t for t in told if isinstance(t, CardProgress)] == [
        CardProgress(n, found, 4, n, told[4 + n].quota, 0.0) for n, found in ((1, 1), (2, 2), (3, 2), (4, 3))
    ]
    assert told[-1].quota.limit == 3_000 and told[-1].quota.left == 2_996


def test_most_cards_goes_with_cards(hub: Hub) -> None:
    with pytest.raises(UsageError, match="--most-cards says how many; give --cards missing"):
        run(wanted(hub, most_cards=3))
    assert hub.requests == []


# --- refusals -----------------------------------------------------------------------------------------


def test_refusals_are_kept_with_their_reason_and_never_asked_again(crawls: Path) -> None:
    names = ["plain", "none", "gated", "picture", "large", "just", "utf16", "latin", "empty"]
    table = [
        {"id": f"a/{n}-GGUF", "downloads": 9 - i, "gated": "auto" if n == "gated" else False}
        for i, n in enumerate(names)
    ]
    just = "x" * MOST_BYTES
    readmes = {
        "plain": "# Plain", "picture": "\udc89PNG\0\0", "large": just + "x", "just": just,
        "utf16": "# ü".encode("utf-16").decode("utf-8", "surrogateescape"), "latin": "caf\udce9", "empty": "",
    }  # fmt: skip
    # The list does not say what is gated, so the card of such a model is asked for.
    with Hub(table, refuses={"gated"}, readmes={f"a/{n}-GGUF": text for n, text in readmes.items()}) as hub:
        for _ in range(2):
            run(missing(hub))
        assert paths(hub) == [row["id"] for row in table]
    kept = {line["id"][2:-5]: (line["status"], line["reason"], line["readme"]) for line in lines("c")}
    assert kept.pop("just") == (200, None, just)
    assert kept == {
        "plain": (200, None, "# Plain"), "none": (404, "no-readme", None), "gated": (401, "no-access", None),
        "picture": (200, "not-text", None), "large": (200, "too-large", None), "utf16": (200, None, "# ü"),
        "latin": (200, None, "caf\ufffd"), "empty": (200, None, ""),
    }  # fmt: skip
    assert shelf("c")["found"] == 5


def test_a_model_with_another_name_is_followed_at_the_same_place_only(
    hub: Hub, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("HF_TOKEN", TOKEN)
    old, new = by_downloads()[0], "renamed/thing-GGUF"
    with Hub([]) as other, Hub(
        [*packed(COUNT), {"id": new, "tags": ["base_model:a/b"]}], renamed={old: new}, readmes={new: "# New"}, clock=Clock()
    ) as hub:  # fmt: skip
        hub.fail("redirect", times=3, path=f"*{README}", after=2, to=other.url)
        run(missing(hub))
        assert other.requests == []
        elsewhere = by_downloads()[1]
        assert paths(hub) == [old, new, elsewhere, elsewhere, elsewhere, *by_downloads()[2:]]
        assert {r.headers.get("authorization") for r in hub.requests} == {f"Bearer {TOKEN}"}
    first, second, *_ = lines("c")
    assert first == {"id": old, "status": 200, "reason": None, "readme": "# New"}
    assert second == {"id": elsewhere, "status": 307, "reason": "elsewhere", "readme": None}


def test_a_token_that_is_not_accepted_is_said_and_no_refusal(hub: Hub, monkeypatch: pytest.MonkeyPatch) -> None:
    run(wanted(hub))
    monkeypatch.setenv("HF_TOKEN", TOKEN)
    hub.token = "hf_another"
    with pytest.raises(SourceError, match=r"answers 401: Invalid credentials .* The token is not accepted") as refused:
        run(missing(hub))
    assert TOKEN not in str(refused.value) and lines("c") == [] and len(paths(hub)) == 1
    assert TOKEN not in (folder_of("c") / "crawl.json").read_text()


def test_a_server_that_lets_nobody_through_is_said_and_no_refusal_of_fifty(crawls: Path) -> None:
    with Hub(packed(70), readmes=cards_of_packed(70), clock=Clock()) as hub:
        run(missing(hub, most_cards=10))
        hub.replace([])  # from here on nobody without a token is told anything
        with pytest.raises(
            SourceError, match="The server answers 401 to 50 cards in a row, and not in the way of the Hub"
        ):
            run(missing(hub))
        assert paths(hub) == by_downloads(70)[:60] and shelf("c")["asked"] == 10
        hub.replace(packed(70))
        run(missing(hub))
        assert paths(hub) == by_downloads(70)[:60] + by_downloads(70)[10:] and len(lines("c")) == 70


# --- faults -------------------------------------------------------------------------------------------


def test_what_may_be_gone_the_next_time_is_asked_again(hub: Hub) -> None:
    kinds = ["429", "500", "503", "reset", "reset-in-body", "short-body", "truncated", "html", "empty-body"]
    clock, cards = Clock(), by_downloads()
    for kind, id in zip(kinds, cards, strict=False):
        hub.fail(kind, times=2, path=f"/{id}{README}")
    run(missing(hub), clock)
    assert paths(hub) == [id for n, id in enumerate(cards) for _ in range(3 if n < len(kinds) else 1)]
    assert clock.slept == [1, 2] * len(kinds)
    assert [line["readme"] for line in lines("c")] == [cards_of_packed(COUNT).get(id) for id in cards]


def test_a_card_has_a_time_in_which_it_must_be_whole(hub: Hub) -> None:
    first, second = by_downloads()[:2]
    hub.fail("drip", path=f"/{first}{README}", pause=0.1)
    hub.fail("stall", path=f"/{second}{README}")
    run(missing(hub, most_cards=2), patience=QUICK)
    assert paths(hub).count(first) >= 2 <= paths(hub).count(second)
    assert [line["readme"] for line in lines("c")] == [cards_of_packed(COUNT)[id] for id in (first, second)]


def test_when_the_patience_is_out_it_stops_and_goes_on(hub: Hub, sevens: None) -> None:
    run(missing(hub, name="whole"))
    hub.fail("503", times=13, path=f"*{README}", after=10)
    said = stopped(missing(hub))
    failing, another = by_downloads()[10:12]
    assert said == f"10 tries of the card of {failing} failed; the last one: {hub.host} answers 503."
    assert paths(hub)[-13:] == [failing] * 10 + [another] * 3
    assert [file["lines"] for file in shelf("c")["files"]] == [7, 3] and shelf("c")["finished"] is None
    del hub.requests[:]
    run(missing(hub))
    assert paths(hub) == by_downloads()[10:]
    assert shelf("c") == shelf("whole")


def test_a_card_at_which_the_server_always_fails_does_not_hold_up_the_others(hub: Hub) -> None:
    failing = [by_downloads()[3], by_downloads()[-1]]
    for id in failing:
        hub.fail("500", times=99, path=f"/{id}{README}")
    said: list[str] = []
    run(missing(hub), say=said.append)
    assert {line["id"]: line["status"] for line in lines("c") if line["reason"] == "failed"} == dict.fromkeys(
        failing, 500
    )
    assert said[-1] == f"The card of {failing[1]} is left out, for others come: {hub.host} answers 500"
    assert len(lines("c")) == COUNT and shelf("c")["finished"]


def test_a_wait_that_is_too_long_stops_it(hub: Hub) -> None:
    hub.fail("429-1000000000", path=f"*{README}", after=4)
    clock = Clock()
    assert "asks to wait 11,574 days" in stopped(missing(hub), clock)
    assert shelf("c")["asked"] == 4 and clock.slept == []
    run(Wanted(endpoint=hub.url, cards="missing", name="c"), Clock(clock.now + 1e9))
    assert paths(hub).count(by_downloads()[4]) == 2 and len(lines("c")) == COUNT


def test_the_quota_of_files_is_kept_and_it_is_not_that_of_pages(crawls: Path) -> None:
    clock = Clock(1_790_000_100)
    quota = {"api": (5, 300), "resolvers": (8, 300)}
    with Hub(packed(COUNT), page=5, readmes=cards_of_packed(COUNT), quota=quota, clock=clock) as hub:
        run(missing(hub), clock)
        assert hub.early == [] and len(hub.requests) == 5 + COUNT
    # After the last page the API's is used up, which is nothing to the cards.
    assert len(clock.slept) == 2 and sum(clock.slept) < 700


def test_a_storm_over_cards(crawls: Path, monkeypatch: pytest.MonkeyPatch, sevens: None) -> None:
    monkeypatch.setenv("HF_TOKEN", TOKEN)
    count, clock = 45, Clock()
    with Hub(packed(count), page=20, readmes=cards_of_packed(count), quota=None) as hub:
        run(missing(hub, name="calm"))
    storm = Storm(0.3, seed=2, path=f"*{README}")
    with Hub([], clock=Clock()) as other, Hub(
        packed(count), page=20, readmes=cards_of_packed(count), quota={"resolvers": (40, 300)}, clock=clock, token=TOKEN, storm=storm
    ) as hub:  # fmt: skip
        hub.nowhere = other.url
        stops = 0
        while True:
            try:
                run(missing(hub), clock, patience=QUICK)
                break
            except Incomplete:  # asked to wait for thirty years
                stops, clock.now = stops + 1, clock.now + 1e9
        assert hub.early == [] and other.requests == [] and stops >= hub.counts["429-1000000000"] > 0
        assert {r.headers.get("authorization") for r in hub.requests} == {f"Bearer {TOKEN}"}
        assert len(hub.counts) >= 12 and set(paths(hub)) == set(by_downloads(count))
    assert shelf("c")["files"] == shelf("calm")["files"]


# --- going on -----------------------------------------------------------------------------------------


def test_an_interrupted_run_keeps_what_came(hub: Hub, sevens: None) -> None:
    run(missing(hub, name="whole"))

    def interrupt(progress: Any) -> None:
        if isinstance(progress, CardProgress) and progress.asked == 12:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        run(missing(hub), tell=interrupt)
    assert [file["lines"] for file in shelf("c")["files"]] == [7, 5]
    asked = len(paths(hub))
    # Without a name it is found by what is asked for, for a week.
    run(Wanted(endpoint=hub.url, cards="missing"), Clock(Clock().now + 6 * 86_400))
    assert paths(hub)[asked:] == by_downloads()[12:]
    assert shelf("c")["files"] == shelf("whole")["files"]


def test_a_batch_that_is_damaged_is_asked_for_again_with_all_after_it(hub: Hub, sevens: None) -> None:
    run(missing(hub))
    before = shelf("c")
    path = folder_of("c") / "cards" / "000001.jsonl.zst"
    data = path.read_bytes()
    for damaged in (data[:-1], data[:-1] + bytes([data[-1] ^ 1]), None):
        path.unlink() if damaged is None else path.write_bytes(damaged)
        with pytest.raises(
            SourceError, match=r"000001.jsonl.zst is missing or damaged. `lineage crawl` with its --name"
        ):
            cards_of(folder_of("c"))
        said: list[str] = []
        del hub.requests[:]
        run(missing(hub), say=said.append)
        assert said[0] == "16 cards are asked for again: one batch of them is missing or damaged."
        assert paths(hub) == by_downloads()[7:] and shelf("c") == before


def test_a_state_that_is_damaged_is_said(hub: Hub) -> None:
    run(missing(hub))
    whole = state("c")
    outside = {"file": "../x", "lines": 1, "sha256": "0", "size": 1}
    for cards in (5, {"files": 7}, {"asked": 1, "found": 0, "files": []}, {"asked": 0, "found": 1, "files": []},
                  {"asked": 1, "found": 0, "files": [outside]}):  # fmt: skip
        (folder_of("c") / "crawl.json").write_text(json.dumps(whole | {"cards": cards}))
        with pytest.raises(SourceError, match=r"crawl.json is damaged. Crawl again with --fresh"):
            cards_of(folder_of("c"))


def test_a_batch_is_full_by_its_bytes_too(hub: Hub, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(shelves, "BATCH_BYTES", 400)
    run(missing(hub))
    assert [line["id"] for line in lines("c")] == by_downloads()
    batches = [texts(folder_of("c") / "cards" / file["file"]) for file in shelf("c")["files"]]
    assert all(sum(map(len, batch[:-1])) < 400 <= sum(map(len, batch)) for batch in batches[:-1]) and len(batches) > 4


def test_what_lies_there_unfinished_is_taken_away(hub: Hub, sevens: None) -> None:
    run(missing(hub, most_cards=8))
    folder = folder_of("c") / "cards"
    (folder / ".000001.jsonl.zst.new").write_bytes(b"half")
    (folder / "000002.jsonl.zst").write_bytes(b"of a run that was killed")
    before = sha256_of(folder / "000000.jsonl.zst")
    run(missing(hub))
    assert len(lines("c")) == COUNT and shelf("c")["files"][0]["sha256"] == before


def test_a_crawl_that_stops_before_its_last_page_asks_for_no_card(hub: Hub) -> None:
    assert "Stopped after 2 pages" in stopped(missing(hub, max_pages=2))
    assert paths(hub) == []
    pages = calm(hub)
    del hub.requests[:]
    run(missing(hub))
    assert len(hub.requests) == len(pages) - 2 + COUNT
