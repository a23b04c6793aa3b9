"""A large file on its way from the Hub: cut, refused, slow, wrong, killed; it comes whole, or goes on another time."""

import hashlib
import os
import random
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import httpx2
import pytest
from huggingface_hub import constants

from lineage.errors import Incomplete, RefusedError, SourceError
from lineage.sources import bulk, question
from lineage.sources.kept import locked
from lineage.sources.transfer import Remote, Transfer, _Broken
from tests.crawling import Clock
from tests.faults import ROOT, wait_for
from tests.hub import KINDS, Hub
from tests.hub.answers import refusal
from tests.hub.files import part

SET = "some-one/large"
SOURCE = f"hf://datasets/{SET}/large.csv"
FILE = "*/resolve/*"
BYTES = random.Random(0).randbytes(300_000)

#: Faults that come over any path, as quick as they can be.
FAULTS: dict[str, dict[str, Any]] = {
    name: {"seconds": 0.1} if name in ("drip", "stall") else {}
    for name, kind in KINDS.items()
    if not kind.lists_only and kind.wait(kind.details) <= 60
}


@pytest.fixture
def served(tmp_path: Path) -> Path:
    (tmp_path / "set").mkdir()
    (tmp_path / "set" / "large.csv").write_bytes(BYTES)
    return tmp_path / "set" / "large.csv"


@pytest.fixture
def hub(served: Path, crawls: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Hub]:
    """A Hub with one data set of one file, by a clock of its own."""
    with Hub([], datasets={SET: served.parent}, quota=None, clock=Clock()) as hub:
        monkeypatch.setenv("HF_ENDPOINT", hub.url)
        yield hub


def find(home: Path, slept: list[float] | None = None) -> bulk.Bulk:
    return bulk.find(SOURCE, home, sleep=(slept if slept is not None else []).append)


def fetch(home: Path, slept: list[float] | None = None, said: list[str] | None = None) -> Path:
    """The file, fetched by somebody who never sleeps."""
    slept, said = slept if slept is not None else [], said if said is not None else []
    table = find(home, slept)
    table.fetch(said.append, slept.append)
    assert [p.name for p in sorted(table.origin.path.parent.iterdir())] == [".lock", "large.csv"]
    return table.origin.path


def ranges(hub: Hub) -> list[str | None]:
    return [r.headers.get("range") for r in hub.requests if "/resolve/" in r.path]


@pytest.mark.parametrize("kind", FAULTS)
def test_whatever_happens_once_the_file_comes_whole(hub: Hub, crawls: Path, kind: str) -> None:
    hub.fail(kind, path=FILE, **FAULTS[kind])
    slept: list[float] = []
    assert fetch(crawls, slept).read_bytes() == BYTES
    if kind == "429-ratelimit":
        assert slept == [56.0]
    elif kind in ("503-1", "429-1", "429", "500"):
        assert slept == [1.0]
    if kind in ("short-body", "reset-in-body", "truncated"):
        # It goes on where it was; only what was on the way when a connection is reset may be lost.
        assert ranges(hub)[1] == "bytes=150000-" or kind == "reset-in-body"


def test_a_storm(hub: Hub, crawls: Path) -> None:
    """Every kind after the other, on files and on what is asked about them."""
    for kind in ("short-body", "500", "reset", "truncated", "503"):
        hub.fail(kind, path=FILE)
    for kind in ("502", "html", "429-1"):
        hub.fail(kind, path="/api/datasets/*", after=1)
    assert fetch(crawls).read_bytes() == BYTES


def test_it_is_given_up_after_six_failures_and_goes_on_another_time(hub: Hub, crawls: Path) -> None:
    hub.fail("short-body", path=FILE)
    hub.fail("503", times=99, path=FILE)
    slept: list[float] = []
    with pytest.raises(Incomplete, match=r"status 503. Run it again later: what has come is kept") as stopped:
        fetch(crawls, slept)
    assert stopped.value.exit_code == 4 and slept == [1, 2, 4, 8, 16] and len(ranges(hub)) == 6
    assert (crawls / "bulk").is_dir() and not list((crawls / "bulk").rglob("large.csv"))
    hub.calm()
    assert fetch(crawls).read_bytes() == BYTES and ranges(hub)[-1] == "bytes=150000-"


@pytest.mark.parametrize(
    ("kind", "said"),
    [
        ("503", "large.csv could not be fetched: status 503. Run it again later."),
        ("429-1000000000", "the server asks to wait 11,574 days. Run it again later."),
    ],
)
def test_nothing_came_at_all(hub: Hub, crawls: Path, kind: str, said: str) -> None:
    hub.fail(kind, times=99, path=FILE)
    slept: list[float] = []
    with pytest.raises(SourceError) as stopped:
        fetch(crawls, slept)
    assert said in str(stopped.value) and stopped.value.exit_code == 1 and max(slept, default=0) <= 900


def test_a_server_that_knows_no_ranges(hub: Hub, crawls: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("tests.hub.datasets.part", lambda body, headers, asked: part(body, headers, None))
    hub.fail("short-body", path=FILE)
    assert fetch(crawls).read_bytes() == BYTES and ranges(hub) == [None, "bytes=150000-"]


@pytest.mark.parametrize("answer", ["bytes=5-", "bytes=900000-"])
def test_a_server_that_goes_on_elsewhere(hub: Hub, crawls: Path, monkeypatch: pytest.MonkeyPatch, answer: str) -> None:
    """206 of another range, and 416."""
    turns = iter([None, answer, None])
    monkeypatch.setattr("tests.hub.datasets.part", lambda body, headers, asked: part(body, headers, next(turns)))
    hub.fail("short-body", path=FILE)
    assert fetch(crawls).read_bytes() == BYTES and ranges(hub) == [None, "bytes=150000-", None]


def test_wrong_bytes_never_get_its_name(hub: Hub, served: Path, crawls: Path) -> None:
    table = find(crawls)
    stat = served.stat()
    served.write_bytes(BYTES[:-1] + bytes([BYTES[-1] ^ 1]))
    os.utime(served, ns=(stat.st_atime_ns, stat.st_mtime_ns))  # for the Hub, it is the same file
    with pytest.raises(SourceError, match=r"its bytes are not those that the Hub names. Run it again later"):
        table.fetch(sleep=lambda seconds: None)
    assert len(ranges(hub)) == 2 and not table.origin.path.exists()
    served.write_bytes(BYTES)
    os.utime(served, ns=(stat.st_atime_ns, stat.st_mtime_ns))
    table.fetch()
    # What was changed on the disk is fetched again; what is as it was, is not.
    table.origin.path.write_bytes(b"x" * len(BYTES))
    table.fetch()
    table.fetch()
    assert table.origin.path.read_bytes() == BYTES and len(ranges(hub)) == 4


def test_what_is_gone_or_closed_meanwhile(
    hub: Hub, served: Path, crawls: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    table = find(crawls)
    served.write_bytes(b"another")
    with pytest.raises(SourceError, match=r"large.csv is gone: the data set was changed since it was looked at"):
        table.fetch()
    monkeypatch.setattr(
        "tests.hub.datasets._Revision.file", lambda self, path, asked: refusal(403, "Accept it", "GatedRepo")
    )
    with pytest.raises(SourceError, match=r"its conditions must be accepted on its page first. Then set HF_TOKEN"):
        fetch(crawls)


def test_two_at_once(hub: Hub, crawls: Path) -> None:
    table = find(crawls)
    with (
        locked(table.origin.path.parent),
        pytest.raises(RefusedError, match=r"Another lineage is fetching large.csv. Run it again when"),
    ):
        table.fetch()


def test_killed_it_goes_on_and_asks_nobody_else(hub: Hub, crawls: Path) -> None:
    rule = hub.fail("drip", path=FILE, pause=0.0001, seconds=30)
    env = {k: v for k, v in os.environ.items() if k != "HF_HUB_DISABLE_TELEMETRY"}
    process = subprocess.Popen(
        [sys.executable, "-m", "lineage", "build", SOURCE], cwd=ROOT, env=env, stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
    )  # fmt: skip
    parts = lambda: list((crawls / "bulk").rglob(".large.csv.part"))  # noqa: E731
    assert wait_for(process, lambda: any(p.stat().st_size for p in parts()))
    process.kill()
    process.communicate(timeout=60)
    assert rule.done == 1
    have = parts()[0].stat().st_size
    assert 0 < have < len(BYTES)
    assert fetch(crawls).read_bytes() == BYTES and ranges(hub) == [None, f"bytes={have}-"]
    assert all(r.path.startswith(("/api/datasets/", "/datasets/")) for r in hub.requests)


# --- pace ---------------------------------------------------------------------------------------------


def _written(tmp_path: Path, size: int, piece: int, seconds: float) -> list[str]:
    """What is said of a file that comes in such pieces, one each so many seconds."""
    clock, said = Clock(), []
    data = bytes(piece)
    remote = Remote("a/b.csv", size, hashlib.sha256(bytes(size)).hexdigest(), "")

    def pieces() -> Iterator[bytes]:
        for _ in range(0, size, piece):
            clock.sleep(seconds)
            yield data

    transfer = Transfer("host", {}, said.append, clock, clock.sleep, _said=(clock(), 0))
    with (tmp_path / "b").open("wb") as file:
        transfer._write(pieces(), file, remote, 0)
    return said


def test_progress_is_said_every_ten_hundredths_or_thirty_seconds(tmp_path: Path) -> None:
    assert _written(tmp_path, 2_000_000, 20_000, 1) == [f"b.csv: {n} % of 2.0 MB, 0.0 MB/s" for n in range(10, 100, 10)]
    slow = _written(tmp_path, 20_000_000, 100_000, 10)
    assert [int(line.split()[1]) for line in slow][:10] == [1, 3, 4, 6, 7, 9, 10, 11, 13, 14]
    assert _written(tmp_path, 2_000_000, 20_000, 0.001) == []


def test_what_drips_is_no_transfer(tmp_path: Path) -> None:
    with pytest.raises(_Broken, match="only 60,000 bytes came in a minute"):
        _written(tmp_path, 2_000_000, 1_000, 1)
    with pytest.raises(_Broken, match="more came than the 10 bytes that it has"):
        _written(tmp_path, 10, 7, 1)


# --- what is asked before -----------------------------------------------------------------------------


def test_nobody_is_there(crawls: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    slept: list[float] = []
    with pytest.raises(SourceError, match=r"127.0.0.1:1 cannot be reached .*`lineage build FILE` work without") as said:
        find(crawls, slept)
    assert said.value.exit_code == 1 and slept == [1.0]
    monkeypatch.setattr(constants, "HF_HUB_OFFLINE", True)
    with pytest.raises(SourceError, match="offline mode is on: HF_HUB_OFFLINE"):
        find(crawls)
    # Two tries of the first question, and the wait between them, are all that anybody waits.
    assert 2 * question._FIRST + sum(slept) <= 30


def test_nobody_answers(hub: Hub, crawls: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(question, "_FIRST", 0.2)
    hub.fail("stall", path="/api/datasets/*", seconds=3)
    with pytest.raises(SourceError, match=r"cannot be reached .no answer within 0.2 s.*without a network"):
        find(crawls)
    monkeypatch.setattr(question, "_LATER", 0.2)
    hub.fail("stall", path="/api/datasets/*/paths-info/*", seconds=3)
    with pytest.raises(SourceError, match=r"cannot be reached .no answer within 0.2 s"):
        find(crawls)


@pytest.mark.parametrize(
    ("kind", "said"),
    [
        ("500", "The server answers with status 500. Run it again later."),
        ("html", "The server gives no answer that can be read"),
        ("dict", "The server gives no answer that can be read"),
        ("429-1000000000", "The server asks to wait 11,574 days before the next request. Run it again then."),
    ],
)
def test_questions_that_fail_for_good(hub: Hub, crawls: Path, kind: str, said: str) -> None:
    if kind == "dict":  # a fault of lists alone: the same, by hand
        hub.answer = lambda request: SimpleNamespace(  # type: ignore[method-assign,assignment]
            status=200, body=b'{"error": "x"}', headers={}, complete=lambda: {"Content-Length": "14"}
        )
    else:
        hub.fail(kind, times=99, path="/api/datasets/*")
    slept: list[float] = []
    with pytest.raises(SourceError) as stopped:
        find(crawls, slept)
    assert said in str(stopped.value)
    assert slept == ([] if kind.startswith("429") else [1.0, 2.0, 4.0, 8.0])


def test_the_words_of_a_header_are_not_said() -> None:
    error = httpx2.LocalProtocolError("Illegal header value b'Bearer hf_secret'")
    assert question.reason_of(error) == "a header of the request cannot be sent"


def test_interrupted_it_says_how_to_go_on(hub: Hub, crawls: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def write(self: Transfer, pieces: Iterator[bytes], file: Any, remote: Remote, done: int) -> None:
        file.write(next(pieces))
        raise KeyboardInterrupt

    said: list[str] = []
    with monkeypatch.context() as patch:
        patch.setattr(Transfer, "_write", write)
        with pytest.raises(KeyboardInterrupt):
            fetch(crawls, said=said)
    assert said[-1] == "What has come of large.csv is kept: the same command goes on with it"
    assert fetch(crawls).read_bytes() == BYTES and str(ranges(hub)[1]).startswith("bytes=")
