"""The faults of the local Hub, each as a plain client sees it; and its quotas."""

import http.client
import json
import re
from collections import Counter
from collections.abc import Iterator
from email.utils import parsedate_to_datetime
from typing import Any
from urllib.parse import urlsplit

import pytest

from tests.hub import KINDS, Hub, Request, Storm
from tests.hub.client import Seen, ask
from tests.hub.storm import Weather

RECORDS = [{"_id": f"{i:024x}", "id": f"a/m{i}", "createdAt": "2024-01-01T00:00:00.000Z"} for i in range(40)]
LIST = "/api/models?limit=10&sort=createdAt"


class Clock:
    """Time that passes when the test says so."""

    def __init__(self) -> None:
        self.now = 1_790_000_000.25

    def __call__(self) -> float:
        return self.now


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def hub(clock: Clock) -> Iterator[Hub]:
    with Hub(RECORDS, clock=clock) as hub:
        yield hub


# --- answers ------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("kind", "told"),
    [
        ("429", None),
        ("429-0", "0"),
        ("429-1", "1"),
        ("429-1000000000", "1000000000"),
        ("429-negative", "-5"),
        ("429-junk", "junk"),
        ("429-past-date", "Mon, 21 Sep 2026 13:13:20 GMT"),
        ("429-future-date", "Mon, 21 Sep 2026 14:13:50 GMT"),
        ("503", None),
        ("503-1", "1"),
    ],
)
def test_a_refusal_says_how_long_to_wait(hub: Hub, kind: str, told: str | None) -> None:
    hub.fail(kind)
    seen = ask(hub, LIST)
    assert (seen.status, seen.headers.get("retry-after")) == (int(kind[:3]), told)
    assert list(seen.json) == ["error"]
    assert seen.headers["ratelimit"].startswith('"api";r=499;')  # there is quota left: only the wait is said
    assert ask(hub, LIST).status == 200
    assert hub.counts == {kind: 1}


@pytest.mark.parametrize(
    ("kind", "seconds"),
    [("429-0", 0), ("429-1", 1), ("429-1000000000", 10**9), ("429-future-date", 29.75), ("429-ratelimit", 55), ("503-1", 1)],
)  # fmt: skip
def test_who_comes_before_the_time_is_noted(hub: Hub, clock: Clock, kind: str, seconds: float) -> None:
    hub.fail(kind)
    ask(hub, LIST)
    told = clock.now
    clock.now = told + seconds - 0.25
    ask(hub, "/a/m1/resolve/main/README.md")  # another bucket
    assert hub.early == []
    if seconds:
        ask(hub, "/api/models/a/m1")
        assert [r.path for r in hub.early] == ["/api/models/a/m1"]
    clock.now = told + seconds
    ask(hub, LIST)
    assert len(hub.early) == bool(seconds)


def test_a_used_up_quota_is_said_in_ratelimit_alone(hub: Hub) -> None:
    hub.fail("429-ratelimit")
    seen = ask(hub, LIST)
    assert (seen.status, seen.headers["ratelimit"]) == (429, '"api";r=0;t=55')
    assert "retry-after" not in seen.headers


@pytest.mark.parametrize("kind", ["502", "504", "html"])
def test_some_answers_are_pages(hub: Hub, kind: str) -> None:
    hub.fail(kind)
    seen = ask(hub, LIST)
    assert (seen.status, seen.headers["content-type"]) == (
        200 if kind == "html" else int(kind),
        "text/html; charset=utf-8",
    )
    assert seen.body.startswith(b"<!DOCTYPE html>")


def test_some_answers_are_no_lists(hub: Hub) -> None:
    for kind in ("500", "dict", "empty-body", "truncated"):
        hub.fail(kind)
    assert (internal := ask(hub, LIST)).status == 500 and list(internal.json) == ["error"]
    assert (named := ask(hub, LIST)).status == 200 and list(named.json) == ["error"]
    assert (empty := ask(hub, LIST)).status == 200 and empty.body == b""
    cut, whole = ask(hub, LIST), ask(hub, LIST)
    assert cut.status == 200 and cut.next == whole.next
    assert cut.body == whole.body[: len(whole.body) // 2] and cut.headers["content-length"] == str(len(cut.body))
    with pytest.raises(json.JSONDecodeError):
        json.loads(cut.body)


# --- connections --------------------------------------------------------------------------------------


def test_connections_are_reset_or_end_early(hub: Hub) -> None:
    hub.fail("reset")
    with pytest.raises(ConnectionResetError) as raised:
        ask(hub, LIST)
    assert not isinstance(raised.value, http.client.RemoteDisconnected)  # that would be an orderly end
    hub.fail("reset-in-body")
    with pytest.raises(ConnectionResetError):
        ask(hub, LIST)
    hub.fail("short-body")
    with pytest.raises(http.client.IncompleteRead) as cut:
        ask(hub, LIST)
    whole = ask(hub, LIST).body
    assert cut.value.partial == whole[: len(whole) // 2]


def test_a_drip_is_the_right_answer_in_the_end_where_one_waits(hub: Hub) -> None:
    whole = ask(hub, LIST).body
    hub.fail("drip", pause=0.0001)
    assert ask(hub, LIST).body == whole
    hub.fail("drip", pause=0.0001, seconds=0.01)
    with pytest.raises(http.client.IncompleteRead) as cut:
        ask(hub, LIST)
    assert cut.value.partial == whole[:100]


def test_a_stalled_socket_sends_headers_and_then_nothing(hub: Hub) -> None:
    hub.fail("stall", seconds=0.05)
    with pytest.raises(http.client.IncompleteRead) as cut:
        ask(hub, LIST)
    assert cut.value.partial == b""
    hub.fail("stall", seconds=10**6)
    with pytest.raises(TimeoutError):
        ask(hub, LIST, timeout=0.1)
    hub.fail("stall", seconds=10**6)  # and it does not hold up the end of the server


# --- links --------------------------------------------------------------------------------------------


def second(hub: Hub) -> str:
    link = urlsplit(ask(hub, LIST).next or "")
    return f"{link.path}?{link.query}"


def test_an_empty_page_loses_nothing(hub: Hub) -> None:
    whole = [ask(hub, LIST), ask(hub, second(hub))]
    for page, target in zip(whole, (LIST, second(hub)), strict=True):
        hub.fail("empty-page", times=2)
        empty = ask(hub, target)
        again = ask(hub, empty.next or "")
        assert empty.json == again.json == []
        assert len({target, empty.next, again.next}) == 3
        assert ask(hub, again.next or "").body == page.body


@pytest.mark.parametrize("kind", [k for k in KINDS if k.startswith("link-")])
def test_a_wrong_link_comes_with_the_right_page(hub: Hub, kind: str) -> None:
    target = second(hub)
    whole = ask(hub, target)
    third = urlsplit(whole.next or "")
    hub.fail(kind)
    seen = ask(hub, target)
    assert seen.body == whole.body and seen.next
    link = urlsplit(seen.next)
    if kind == "link-itself":
        assert seen.next == hub.url + target
    elif kind == "link-earlier":
        assert seen.next == hub.url + LIST
        hub.fail(kind)
        assert ask(hub, whole.next or "").next == hub.url + target
    else:
        differs = {
            "link-host": third._replace(netloc="other.invalid"),
            "link-scheme": third._replace(scheme="https"),
            "link-port": third._replace(netloc=urlsplit(hub.nowhere).netloc),
            "link-path": third._replace(path="/api/spaces"),
        }
        assert link == differs[kind]
    assert ask(hub, target).next == whole.next


def test_a_redirect_leads_to_nobody_or_to_another_server(hub: Hub) -> None:
    hub.fail("redirect")
    seen = ask(hub, LIST)
    assert (seen.status, seen.headers["location"]) == (307, hub.nowhere + LIST)
    with pytest.raises(ConnectionRefusedError):
        ask(hub, seen.headers["location"])
    with Hub(RECORDS) as other:
        hub.fail("redirect", to=other.url)
        ask(other, ask(hub, LIST).headers["location"])
        assert [r.raw for r in other.requests] == [LIST]


# --- which request ------------------------------------------------------------------------------------


def test_faults_come_when_and_where_they_were_asked_for(hub: Hub) -> None:
    hub.fail("500", times=2, after=1)
    hub.fail("504", path="/api/models/*")
    hub.fail("dict", path="*")  # of lists alone, whatever the path
    assert [ask(hub, LIST).status for _ in range(2)] == [200, 500]
    assert ask(hub, "/api/models/a/m1").status == 504
    assert ask(hub, "/api/models/a/m1").status == 200
    assert [ask(hub, LIST).status for _ in range(2)] == [500, 200]
    assert hub.counts == {"dict": 1, "500": 2, "504": 1}
    hub.fail("500", times=float("inf"))
    assert [ask(hub, LIST).status for _ in range(3)] == [500] * 3
    hub.calm()
    assert ask(hub, LIST).status == 200
    assert [r.path for r in hub.requests] == ["/api/models"] * 2 + ["/api/models/a/m1"] * 2 + ["/api/models"] * 6


def test_a_fault_that_there_is_not_or_that_takes_too_long_is_refused() -> None:
    with Hub(RECORDS) as hub:
        with pytest.raises(ValueError, match="There is no fault 'x'"):
            hub.fail("x")
        for kind, details in (
            ("429-1000000000", {}), ("503", {"retry_after": 61}), ("429-ratelimit", {"seconds": 61}),
            ("429-future-date", {"seconds": 61}),
        ):  # fmt: skip
            with pytest.raises(ValueError, match="a clock of the test's"):
                hub.fail(kind, **details)
    with pytest.raises(ValueError, match="a clock of the test's"):
        Hub(RECORDS, storm=Storm(0.5, kinds=("429-1000000000",)))


def outcome(hub: Hub, target: str, timeout: float = 5) -> Seen | str:
    """What comes of one request: an answer, or the name of an error."""
    try:
        return ask(hub, target, timeout=timeout)
    except (OSError, http.client.HTTPException) as error:
        return type(error).__name__


def drawn(storm: Storm, own_clock: bool = True, path: str = "/api/models") -> list[tuple[str, dict[str, Any]] | None]:
    """What 3,000 requests for pages of their own get."""
    weather = Weather(storm, own_clock)
    asked = (Request("GET", path, {}, {}, 0, f"{path}?{i}") for i in range(3000))
    return [(c.name, dict(c.details)) if (c := weather.choose(request)) else None for request in asked]


def test_a_storm_is_the_same_for_the_same_seed_and_has_a_share_of_every_kind() -> None:
    one = drawn(Storm(0.3, seed=7))
    assert drawn(Storm(0.3, seed=7)) == one != drawn(Storm(0.3, seed=8))
    names = Counter(chosen[0] for chosen in one if chosen)
    assert set(names) == set(KINDS)
    assert 800 < names.total() < 1000
    assert ("429-ratelimit", {"seconds": 55}) in one
    without = [c for c in drawn(Storm(0.3, seed=7), own_clock=False) if c]
    assert {n for n, _ in without} == set(KINDS) - {"429-1000000000"}
    assert ("429-ratelimit", {"seconds": 1}) in without  # nobody waits a minute for a storm
    elsewhere = [c for c in drawn(Storm(0.3, path="/api/models/*"), path="/api/models/a/b") if c]
    assert {n for n, _ in elsewhere} == {n for n, kind in KINDS.items() if not kind.lists_only}
    assert {c[0] for c in drawn(Storm(1.0, kinds=("html", "dict"))) if c} == {"html", "dict"}
    assert not any(drawn(Storm(1.0), path="/api/models/a/b"))


def test_a_storm_blows_over_a_real_connection(clock: Clock) -> None:
    quick = tuple(k for k in KINDS if k not in ("stall", "drip"))
    with Hub(RECORDS, storm=Storm(0.5, seed=1, kinds=quick), clock=clock, quota=None) as hub:
        seen = Counter(o if isinstance(o := outcome(hub, f"{LIST}&page={i}"), str) else o.status for i in range(200))
        assert seen["ConnectionResetError"] == hub.counts["reset"] + hub.counts["reset-in-body"] > 0
        assert seen["IncompleteRead"] == hub.counts["short-body"] > 0
        assert seen[429] == sum(n for kind, n in hub.counts.items() if kind.startswith("429")) > 0
        assert len(hub.requests) == 200 == seen.total()


def test_a_storm_lets_a_patient_client_through(clock: Clock) -> None:
    with Hub(RECORDS, storm=Storm(1.0, kinds=("500", "dict")), clock=clock, quota=None) as hub:
        for target in (LIST, LIST + "&again"):
            seen = [ask(hub, target) for _ in range(11)]
            good = [i for i, s in enumerate(seen) if s.status == 200 and isinstance(s.json, list)]
            assert good == [4, 9]
        assert ask(hub, "/api/models/a/m1").status == 200  # a storm over the list alone


def told(seen: Seen, clock: Clock) -> float:
    """The seconds that an answer says to wait."""
    if match := re.search(r";r=0;t=(\d+)", seen.headers.get("ratelimit", "")):
        return float(match[1])
    after = seen.headers.get("retry-after", "")
    if after.endswith("GMT"):
        return max(0.0, parsedate_to_datetime(after).timestamp() - clock.now)
    return float(after) if after.isdigit() else 0.0


def test_who_waits_as_told_and_trusts_nothing_gets_everything(clock: Clock) -> None:
    records = [{"_id": f"{i:024x}", "id": f"a/m{i}", "likes": i % 5} for i in range(200)]
    got, asked = [], set()
    with Hub(records, storm=Storm(0.5, seed=3), quota=(60, 300), clock=clock) as hub:
        following: str | None = f"{hub.url}/api/models?limit=2&sort=likes"
        while following:
            asked.add(following)
            seen = outcome(hub, following, timeout=0.2)
            if isinstance(seen, str):
                continue
            if seen.status != 200:
                clock.now += told(seen, clock)
                continue
            try:
                page = seen.json
            except ValueError:
                continue
            trusted = seen.next is None or (seen.next.startswith(f"{hub.url}/api/models?") and seen.next not in asked)
            if isinstance(page, list) and trusted:
                got += page
                following = seen.next
        assert hub.early == []
        assert len(hub.counts) > len(KINDS) // 2  # which ones depends on how quick the machine is
    assert sorted(r["id"] for r in got) == sorted(r["id"] for r in records)
    assert [r["likes"] for r in got] == sorted((r["likes"] for r in got), reverse=True)


# --- quotas -------------------------------------------------------------------------------------------


def test_quotas_are_counted_in_fixed_windows_one_a_bucket(clock: Clock) -> None:
    clock.now = 1_790_000_100.0  # a window of 300 s begins
    with Hub(RECORDS, quota=(3, 300), readmes={"a/m1": "hello"}, clock=clock) as hub:
        clock.now += 160
        seen = [ask(hub, LIST) for _ in range(4)]
        assert [s.status for s in seen] == [200, 200, 200, 429]
        assert [s.headers["ratelimit"] for s in seen] == [f'"api";r={r};t=140' for r in (2, 1, 0, 0)]
        assert {s.headers["ratelimit-policy"] for s in seen} == {'"fixed window";"api";q=3;w=300'}
        assert seen[3].headers["retry-after"] == "140" and list(seen[3].json) == ["error"]
        file = ask(hub, "/a/m1/resolve/main/README.md")
        assert (file.status, file.headers["ratelimit"]) == (200, '"resolvers";r=17;t=140')
        clock.now += 139.5
        late = ask(hub, LIST)
        assert (late.status, late.headers["ratelimit"]) == (429, '"api";r=0;t=1')
        assert len(hub.early) == 1
        clock.now += 1
        assert ask(hub, LIST).headers["ratelimit"] == '"api";r=2;t=300'
        assert len(hub.early) == 1
        hub.fail("500")
        assert ask(hub, LIST).headers["ratelimit"] == '"api";r=1;t=300'  # a fault is a request as well


def test_a_server_without_quota_speaks_of_none() -> None:
    with Hub(RECORDS, quota=None) as hub:
        assert not {n for n in ask(hub, LIST).headers if n.startswith("ratelimit")}
