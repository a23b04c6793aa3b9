"""What a server may do to a crawl, and who never sees the token."""

import json
import socket
import threading
from dataclasses import replace
from pathlib import Path
from typing import Any

import pyarrow as pa
import pytest

from lineage.errors import Incomplete, LineageError, SourceError, UsageError
from lineage.sources.crawls import Wanted, choose
from lineage.sources.hub import EXPAND
from lineage.sources.outside import Progress
from lineage.sources.verdict import Fault
from tests.crawling import (
    QUICK,
    TOKEN,
    Clock,
    bodies,
    calm,
    folder_of,
    records,
    rows,
    run,
    state,
    stopped,
    wanted,
)
from tests.hub import Hub

pytestmark = pytest.mark.usefixtures("crawls")


# --- faults --------------------------------------------------------------------------------------------


@pytest.mark.parametrize("kind", ["link-host", "link-port", "link-path", "link-scheme", "link-itself", "link-earlier", "redirect"])  # fmt: skip
def test_an_address_elsewhere_is_never_asked(hub: Hub, kind: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HF_TOKEN", TOKEN)
    pages = calm(hub)
    del hub.requests[:]
    with Hub(rows(5)) as other:
        details = {"to": other.url} if kind in ("link-host", "redirect") else {}
        hub.fail(kind, times=9, after=4, **details)
        run(wanted(hub))
        asked = {r.headers["authorization"] for r in hub.requests}
        del hub.requests[:]  # only what this crawl has asked for is earlier
        hub.fail(kind, times=10, **details)
        said = stopped(wanted(hub, name="d"))
        assert kind != "redirect" or f"redirects to {other.url} (307), which is not followed" in said
        assert said.startswith("10 tries of one page failed; the last one: ") and TOKEN not in said
        assert other.requests == []
    assert bodies("c") == pages and state("c")["finished"]
    assert asked | {r.headers["authorization"] for r in hub.requests} == {f"Bearer {TOKEN}"}


@pytest.mark.parametrize("kind", ["500", "502", "503", "reset", "reset-in-body", "short-body", "truncated", "html", "dict", "empty-body", "drip", "stall"])  # fmt: skip
def test_what_may_be_gone_the_next_time_is_asked_again(hub: Hub, kind: str) -> None:
    pages, clock = calm(hub), Clock()
    hub.fail(kind, times=3, after=5, **({"pause": 0.1} if kind == "drip" else {}))
    assert run(wanted(hub), clock).requests == 13
    assert clock.slept == [1, 2, 4]
    assert {r.query["limit"][0] for r in hub.requests} == {"1000"}
    assert bodies("c") == pages and state("c")["finished"]


def test_an_answer_that_is_too_large_is_left(hub: Hub) -> None:
    from lineage.sources.answer import Patience, Unanswered, ask

    with pytest.raises(Unanswered, match="larger than 0 MiB"):
        ask(f"{hub.url}/api/models?limit=5", {}, Patience(size=100))


def test_a_body_that_drips_is_left_in_the_middle(hub: Hub) -> None:
    from lineage.sources.answer import Unanswered, ask

    hub.fail("drip", pause=0.05)
    with pytest.raises(Unanswered, match=r"the answer was not whole within 0.4 s"):
        ask(f"{hub.url}/api/models", {}, QUICK)


def test_headers_that_drip_end_too() -> None:
    """Reads alone never time out there: a byte comes in time, again and again."""
    import time

    from lineage.sources.answer import Patience, Unanswered, ask

    listener = socket.create_server(("127.0.0.1", 0))
    over = threading.Event()

    def drip() -> None:
        connection, _ = listener.accept()
        with connection:
            connection.sendall(b"HTTP/1.1 200 OK\r\nX-Slow: ")
            while not over.wait(0.05):
                connection.sendall(b"x")

    thread = threading.Thread(target=drip, daemon=True)
    thread.start()
    began = time.monotonic()
    with pytest.raises(Unanswered, match=r"no answer within 0.3 s"):
        ask(f"http://127.0.0.1:{listener.getsockname()[1]}/", {}, Patience(read=0.2, whole=0.3))
    assert time.monotonic() - began < 30
    over.set()
    thread.join()
    listener.close()


def test_a_quota_is_kept_before_it_is_used_up(crawls: Path) -> None:
    clock = Clock(1_790_000_100)
    with Hub(rows(50), page=5, quota=(4, 300), clock=clock) as hub:
        crawled = run(wanted(hub), clock)
        assert hub.early == [] and len(hub.requests) == 10
    assert crawled.waited == sum(clock.slept) and len(clock.slept) == 2


def test_a_long_wait_stops_and_the_page_before_it_is_kept() -> None:
    clock = Clock()
    with Hub(rows(50), page=5, clock=clock) as hub:
        hub.fail("429-1000000000", after=3)
        assert stopped(wanted(hub), clock) == (
            f"The server asks to wait 11,574 days ({hub.url.removeprefix('http://')} asks for fewer requests (429)); "
            "more than 15 minutes are not waited."
        )
        assert len(state("c")["pages"]) == 3 and clock.slept == []
        clock.now += 1e9
        run(wanted(hub), clock)
        assert hub.early == []
    assert len(records("c")) == 50


@pytest.mark.parametrize(
    ("status", "words"),
    [
        (401, "Invalid credentials in Authorization header. The token is not accepted: check HF_TOKEN, or unset it"),
        (404, "There is no list of models at this address: check --endpoint"),
    ],
)
def test_a_refusal_is_said_at_once_with_the_words_of_the_server(
    hub: Hub, status: int, words: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("HF_TOKEN", TOKEN)
    hub.token = "hf_another"
    endpoint = hub.url + ("/elsewhere" if status == 404 else "")
    if status == 404:
        hub.token = TOKEN
    with pytest.raises(SourceError) as refused:
        run(wanted(hub, endpoint=endpoint))
    assert f"answers {status}: " in str(refused.value) and words in str(refused.value)
    assert TOKEN not in str(refused.value) and len(hub.requests) == 1


def test_the_words_of_a_server_are_short_and_plain_and_hold_no_token() -> None:
    from lineage.sources.answer import Answer
    from lineage.sources.verdict import read_page

    body = json.dumps({"error": f"no\x1b[31m {TOKEN} \u202e" + "x" * 500}).encode()
    with pytest.raises(SourceError) as refused:
        read_page(Answer(403, {}, body), "https://h/api/models", EXPAND, TOKEN)
    said = str(refused.value)
    assert TOKEN not in said and "\x1b" not in said and "\u202e" not in said and len(said) < 400


@pytest.mark.parametrize(
    ("link", "following"),
    [
        ('<https://h/api/models?cursor=a>; rel="next"', "https://h/api/models?cursor=a"),
        ("<https://H:443/api/models?cursor=a>;rel=next", "https://H:443/api/models?cursor=a"),
        ('<https://h/x>; rel="prev", <?cursor=a,b>; title="x"; rel="last next"', "https://h/api/models?cursor=a,b"),
        ('<https://h/x>; rel="nextdoor"', None), ('<https://h/x>', None), ("", None), ("junk", None), ('<https://h/x; rel="next"', None),
        *((f'<{bad}>; rel="next"', Fault) for bad in (
            "http://h/api/models", "https://h:444/api/models", "https://h/api/models/", "https://h/api/", "//i/api/models", "https://[::1/api/models",
            "https://h@i/api/models", "https://a@h/api/models", "https://h:x/api/models", "https://h/api/models#a", "https://h/api/models?a b",
            "https://h/api/models?é", "https://h/api/models?" + "a" * 20_000, "javascript:alert(1)", "file:///api/models", "https://h.i/api/models",
        )),
    ],
)  # fmt: skip
def test_links(link: str, following: Any) -> None:
    from lineage.sources.answer import Answer
    from lineage.sources.verdict import read_page

    answer, url = Answer(200, {"link": link}, b"[]"), "https://h/api/models?limit=5"
    if following is Fault:
        with pytest.raises(Fault, match="its link to the next page"):
            read_page(answer, url, EXPAND)
    else:
        assert read_page(answer, url, EXPAND).next == following


@pytest.mark.parametrize("to", ["http://[::1", "", "//", "\x1b[31m", "https://a:pw@h:99999/"])
def test_a_redirect_to_anywhere_is_a_fault(to: str) -> None:
    from lineage.sources.answer import Answer
    from lineage.sources.verdict import read_page

    with pytest.raises(Fault, match="which is not followed") as refused:
        read_page(Answer(301, {"location": to}, b""), "https://h/api/models", EXPAND)
    assert "pw" not in refused.value.reason and "\x1b" not in refused.value.reason


def test_a_link_that_holds_the_token_is_not_written_down() -> None:
    from lineage.sources.answer import Answer
    from lineage.sources.verdict import read_page

    with pytest.raises(Fault, match="holds the token") as refused:
        read_page(
            Answer(200, {"link": f'<https://h/api/models?a={TOKEN}>; rel="next"'}, b"[]"),
            "https://h/api/models",
            EXPAND,
            TOKEN,
        )
    assert TOKEN not in refused.value.reason


# --- token and endpoint --------------------------------------------------------------------------------


def test_the_token_is_nowhere_but_in_the_header(hub: Hub, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HF_TOKEN", TOKEN)
    hub.token = TOKEN
    said: list[str] = []
    run(wanted(hub), say=said.append)
    assert {r.headers["authorization"] for r in hub.requests} == {f"Bearer {TOKEN}"}
    assert all(TOKEN.encode() not in path.read_bytes() for path in folder_of("c").iterdir())
    assert TOKEN not in "".join(said) and "1,000 requests in 300 s with a token" in said[0]


def test_no_token_over_plain_http_to_another_machine(monkeypatch: pytest.MonkeyPatch) -> None:
    from lineage.sources.hub import headers_for

    monkeypatch.setenv("HF_TOKEN", TOKEN)
    for endpoint, sent in (
        ("http://hub.invalid", False), ("http://127.0.0.1.invalid:80", False), ("http://127.0.0.2:80", True), ("http://[::1]:80", True),
        ("http://localhost", True), ("https://hub.invalid", True), ("http://10.0.0.1", False),
    ):  # fmt: skip
        said: list[str] = []
        assert ("authorization" in headers_for(endpoint, said.append)) is sent, endpoint
        assert said == [] if sent else "not sent" in said[0] and TOKEN not in said[0]


@pytest.mark.parametrize("token", ["hf_é", "hf_a\nb", "hf_a b"])
def test_a_token_that_no_header_can_carry_is_not_repeated(token: str, monkeypatch: pytest.MonkeyPatch) -> None:
    from lineage.sources.hub import headers_for

    monkeypatch.setattr("huggingface_hub.utils.build_hf_headers", lambda **_: {"authorization": f"Bearer {token}"})
    with pytest.raises(SourceError, match="characters that no token has") as refused:
        headers_for("https://hub.invalid", lambda text: None)
    assert token not in str(refused.value)


@pytest.mark.parametrize(
    "endpoint",
    ["https://me:pw@hub.invalid", "https://me@hub.invalid", "ftp://hub.invalid", "hub.invalid", "https://", "https://h/?a=b", "https://h/#a", "http://[::1", "http://h:x", "https://a b", "http://h:99999"],
)  # fmt: skip
def test_what_is_no_endpoint(endpoint: str) -> None:
    with pytest.raises(UsageError, match="endpoint") as refused:
        choose(Wanted(endpoint=endpoint), 0)
    assert "pw" not in str(refused.value)


def test_the_endpoint_comes_from_the_option_or_the_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("HF_ENDPOINT")
    assert choose(Wanted(), 0).endpoint == "https://huggingface.co"
    monkeypatch.setenv("HF_ENDPOINT", "http://127.0.0.1:9/")
    assert choose(Wanted(), 0).endpoint == "http://127.0.0.1:9"
    assert choose(Wanted(endpoint="http://127.0.0.1:8/hub/"), 0).endpoint == "http://127.0.0.1:8/hub"


def test_no_network_is_one_sentence_soon() -> None:
    clock = Clock()
    with pytest.raises(SourceError) as lost:
        run(Wanted(endpoint="http://127.0.0.1:1", name="c"), clock)
    assert str(lost.value) == (
        "127.0.0.1:1 cannot be reached (no connection: [Errno 111] Connection refused). "
        "`lineage build sample` and `lineage build FILE` work without a network."
    )
    assert clock.slept == [1, 2]


def test_a_name_that_is_not_found_and_one_that_is_looked_up_for_ever(monkeypatch: pytest.MonkeyPatch) -> None:
    """A look-up has no time-out of its own, wherever it is made."""
    over = threading.Event()

    def not_found(*arguments: Any, **options: Any) -> Any:
        raise socket.gaierror(-2, "Name or service not known")

    def hang(*arguments: Any, **options: Any) -> Any:
        over.wait(60)
        raise socket.gaierror(-3, "Temporary failure in name resolution")

    wanted = Wanted(endpoint="http://hub.invalid", name="c")
    monkeypatch.setattr(socket, "getaddrinfo", not_found)
    with pytest.raises(
        SourceError, match=r"hub.invalid cannot be reached \(no connection: .*Name or service not known\)"
    ):
        run(wanted)
    monkeypatch.setattr(socket, "getaddrinfo", hang)
    with pytest.raises(SourceError, match=r"hub.invalid cannot be reached \(no connection within 0.1 s\)"):
        run(wanted, patience=replace(QUICK, connect=0.1))
    over.set()


def test_a_network_that_goes_in_the_middle_is_waited_for(hub: Hub) -> None:
    stopped(wanted(hub, max_pages=2))
    clock = Clock()

    def tell(progress: Progress) -> None:
        if progress.fetched == 3:
            hub.close()

    said = ""
    with pytest.raises(LineageError) as lost:
        run(wanted(hub), clock, tell=tell)
    said = str(lost.value)
    assert isinstance(lost.value, Incomplete) and said.startswith(
        "10 tries of one page failed; the last one: no connection"
    )
    assert clock.slept == [1, 2, 4, 8, 16, 32, 60, 60, 60] and len(state("c")["pages"]) == 5


def test_a_server_that_takes_no_connection_is_left_within_the_time(monkeypatch: pytest.MonkeyPatch) -> None:
    """A full queue of connections: the handshake is never ended."""
    from lineage.sources.answer import Patience, Unanswered, ask

    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        listener.listen(0)
        queued = [socket.socket() for _ in range(4)]
        for one in queued:
            one.setblocking(False)
            one.connect_ex(listener.getsockname())
        with pytest.raises(Unanswered, match=r"no connection within 0.2 s") as lost:
            ask(f"http://127.0.0.1:{listener.getsockname()[1]}/", {}, Patience(connect=0.2))
        assert lost.value.unreachable
        for one in queued:
            one.close()


def test_pages_are_packed_the_same_way_each_time(hub: Hub) -> None:
    run(wanted(hub))
    packed = (folder_of("c") / "000000.json.zst").read_bytes()
    assert pa.Codec("zstd", compression_level=3).compress(bodies("c")[0], asbytes=True) == packed
