"""When the next request may go: every form of every header, and laws."""

from email.utils import formatdate
from typing import Any

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from lineage.errors import Incomplete
from lineage.sources.pace import CAP, Pace, Quota, asked_for, backoff, long_time, quota_of, retry_after
from tests.crawling import Clock

NOW = 1_790_000_000.0


def date(seconds: float) -> str:
    return formatdate(NOW + seconds, usegmt=True)


@pytest.mark.parametrize(
    ("text", "seconds"),
    [
        ("1", 1), (" 120 ", 120), ("1.5", 1.5), ("0", None), ("0.0", None), ("-5", None), ("junk", None), ("", None),
        ("1000000000", 1e9), ("9" * 5000, 1e12), ("1e3", None), ("٣", None), ("1, 2", None), ("+1", None), ("0x10", None),
        (date(30), 30), (date(-30), None), (date(0), None), ("Sun, 06 Nov 1994 08:49:37 GMT", None),
        ("Sunday, 06-Nov-94 08:49:37 GMT", None), ("Fri, 31 Dec 9999 23:59:59 GMT", 253_402_300_799 - NOW),
        ("Fri, 99 Dec 2999 99:99:99 GMT", None), ("Tue, 22 Sep 2026 99999999999", None),
    ],
)  # fmt: skip
def test_retry_after(text: str, seconds: float | None) -> None:
    assert retry_after({"Retry-After": text}, NOW) == seconds
    assert retry_after({"retry-after": text}, NOW) == seconds


def test_retry_after_that_is_not_there() -> None:
    assert retry_after({}, NOW) is None


@pytest.mark.parametrize(
    ("headers", "quota"),
    [
        (
            {"RateLimit": '"api";r=495;t=140', "RateLimit-Policy": '"fixed window";"api";q=500;w=300'},
            Quota(495, 140, 500, 300),
        ),
        ({"ratelimit": '"api"; r=0; t=55'}, Quota(0, 55, None, None)),
        ({"RateLimit": '"api";r=0;t=' + "9" * 5000}, None),
        ({"RateLimit": '"api";r=0;t=' + "9" * 400}, Quota(0, 1e12, None, None)),
        ({"RateLimit": '"api";r=1;t=1', "RateLimit-Policy": "q=0;w=0"}, Quota(1, 1, None, None)),
        ({"RateLimit": '"api";r=-1;t=5'}, None),
        ({"RateLimit": "junk"}, None),
        ({"RateLimit-Policy": '"fixed window";"api";q=500;w=300'}, None),
        ({}, None),
    ],
)
def test_quota(headers: dict[str, str], quota: Quota | None) -> None:
    assert quota_of(headers) == quota


@pytest.mark.parametrize(
    ("headers", "seconds"),
    [
        ({"RateLimit": '"api";r=0;t=55'}, 56),
        ({"RateLimit": '"api";r=1;t=55'}, None),
        ({"RateLimit": '"api";r=1;t=55', "Retry-After": "7"}, 7),
        ({"RateLimit": '"api";r=0;t=55', "Retry-After": "7"}, 56),
        ({"RateLimit": '"api";r=0;t=5', "Retry-After": "7"}, 7),
        ({"RateLimit": '"api";r=0;t=0', "Retry-After": "-5"}, 1),
    ],
)
def test_what_an_answer_asks_for(headers: dict[str, str], seconds: float | None) -> None:
    assert asked_for(headers, NOW) == seconds


def test_patience_doubles() -> None:
    assert [backoff(n) for n in range(1, 10)] == [1, 2, 4, 8, 16, 32, 60, 60, 60]


def test_a_good_answer_with_quota_left_is_followed_at_once() -> None:
    clock = Clock()
    pace = Pace(clock, clock.sleep)
    pace.before_request()
    pace.good({"RateLimit": '"api";r=1;t=200'})
    pace.before_request()
    assert clock.slept == [] and pace.waited == 0 and pace.quota == Quota(1, 200, None, None)


def test_the_last_request_of_a_window_is_followed_by_a_wait_that_is_said() -> None:
    clock, said = Clock(), []
    pace = Pace(clock, clock.sleep, said.append)
    pace.good({"RateLimit": '"api";r=0;t=200'})
    pace.before_request()
    pace.before_request()
    assert clock.slept == [201] and pace.waited == 201
    assert len(said) == 1 and said[0].startswith("Waiting 3 minutes, until ") and said[0].endswith("is used up")


def test_time_that_has_passed_counts() -> None:
    clock = Clock()
    pace = Pace(clock, clock.sleep)
    pace.bad({"Retry-After": "30"}, 1, "full")
    clock.now += 12
    pace.before_request()
    assert clock.slept == [18]


def test_a_clock_that_is_set_back_makes_no_wait_longer() -> None:
    clock = Clock()
    pace = Pace(clock, clock.sleep)
    pace.bad({"Retry-After": "30"}, 1, "full")
    clock.now -= 86_400
    pace.before_request()
    assert clock.slept == [30]


def test_short_waits_are_not_said_and_long_ones_are() -> None:
    clock, said = Clock(), []
    pace = Pace(clock, clock.sleep, said.append)
    for failures in range(1, 6):
        pace.bad({}, failures, "it broke")
        pace.before_request()
    assert clock.slept == [1, 2, 4, 8, 16]
    assert [text.partition(",")[0] for text in said] == ["Waiting 8 s", "Waiting 16 s"]
    assert all(text.endswith(": it broke") for text in said)


def test_a_wait_named_is_never_shorter_than_patience() -> None:
    """A server that says `Retry-After: 1` to each of ten tries would otherwise have ten seconds to get up."""
    clock = Clock()
    pace = Pace(clock, clock.sleep)
    pace.bad({"Retry-After": "1"}, 5, "full")
    pace.before_request()
    assert clock.slept == [16]


@pytest.mark.parametrize(
    "headers", [{"Retry-After": "901"}, {"RateLimit": '"api";r=0;t=900'}, {"Retry-After": "1000000000"}]
)
def test_more_than_fifteen_minutes_are_not_waited(headers: dict[str, str]) -> None:
    clock = Clock()
    pace = Pace(clock, clock.sleep)
    pace.bad(headers, 1, "full")
    with pytest.raises(Incomplete, match=r"asks to wait .* \(full\); more than 15 minutes are not waited") as stop:
        pace.before_request()
    assert stop.value.exit_code == 4 and clock.slept == []


def test_exactly_fifteen_minutes_are_waited() -> None:
    clock = Clock()
    pace = Pace(clock, clock.sleep)
    pace.bad({"Retry-After": "900"}, 1, "full")
    pace.before_request()
    assert clock.slept == [CAP]


@pytest.mark.parametrize(
    ("seconds", "words"),
    [(0, "0 s"), (56, "56 s"), (119, "119 s"), (201, "3 minutes"), (900, "15 minutes"), (7_200, "2 hours"), (1e9, "11,574 days")],
)  # fmt: skip
def test_times_in_words(seconds: float, words: str) -> None:
    assert long_time(seconds) == words


PRINTABLE = "".join(map(chr, range(32, 127)))
ANYTHING = st.one_of(
    st.integers(-(10**30), 10**30).map(str),
    st.text(PRINTABLE, max_size=30),
    st.floats(allow_nan=True).map(str),
    st.integers(-(10**6), 10**11).map(lambda t: formatdate(t, usegmt=True)),
)
RATES = st.one_of(
    st.tuples(st.integers(-3, 600), st.integers(-3, 10**15)).map(lambda rt: f'"api";r={rt[0]};t={rt[1]}'),
    st.text(PRINTABLE, max_size=30),
)
HEADERS = st.fixed_dictionaries({}, optional={"Retry-After": ANYTHING, "RateLimit": RATES, "RateLimit-Policy": st.text(PRINTABLE, max_size=40)})  # fmt: skip


@given(st.lists(st.tuples(HEADERS, st.booleans(), st.floats(0, 2_000)), max_size=12))
@example([({"Retry-After": "NaN"}, False, 0.0)])
def test_no_wait_is_negative_or_above_the_cap_or_ends_before_the_time_named(
    answers: list[tuple[dict[str, Any], bool, float]],
) -> None:
    clock = Clock(NOW)
    pace = Pace(clock, clock.sleep)
    failures = 0
    for headers, good, later in answers:
        failures = 0 if good else failures + 1
        named = quota.reset if (quota := quota_of(headers)) and quota.left == 0 else 0.0
        if not good:
            named = max(named, retry_after(headers, clock()) or 0.0)
        not_before = clock() + named
        pace.good(headers) if good else pace.bad(headers, failures, "why")
        clock.now += later
        slept = len(clock.slept)
        try:
            pace.before_request()
        except Incomplete:
            assert named + 1 > CAP
            return
        assert clock() >= not_before - 1e-3
        assert all(0 < wait <= CAP for wait in clock.slept[slept:])
