"""What an answer to a request for a card is worth, and what people see of the cards of a crawl."""

import hashlib
import json
import threading
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path
from typing import Any, ClassVar

import pytest
from click.testing import CliRunner, Result

from lineage.catalog import Catalog
from lineage.commands import main
from lineage.commands.progress import line
from lineage.errors import SourceError
from lineage.sources.answer import Answer
from lineage.sources.crawls import Wanted
from lineage.sources.outside import CardProgress
from lineage.sources.pace import Quota
from lineage.sources.readme import Answered, Doubtful, moved_to, read_readme, url_of
from lineage.sources.verdict import Fault
from tests.crawling import TOKEN, Clock
from tests.hub import Hub
from tests.shelves import README, cards_of_packed, lines, packed, paths, run, shelf
from tests.test_crawl_commands import typed

URL = "https://h/a/b/resolve/main/README.md"
TEXT = "# Björn\r\n".encode()
BLOB = hashlib.sha1(b"blob %d\0" % len(TEXT) + TEXT).hexdigest()


def read(status: int, body: bytes = TEXT, secret: str | None = None, **headers: str) -> Answered:
    return read_readme(Answer(status, {k.replace("_", "-"): v for k, v in headers.items()}, body), URL, secret)


@pytest.mark.parametrize(
    "etag", ["", f'"{BLOB}"', f'W/"{BLOB}"', BLOB, hashlib.sha256(TEXT).hexdigest(), '"1-something"']
)
@pytest.mark.parametrize("kind", ["", "text/plain; charset=utf-8", "text/markdown", "application/octet-stream"])
def test_a_card(etag: str, kind: str) -> None:
    assert read(200, etag=etag, content_type=kind) == Answered(200, None, "# Björn\r\n")


@pytest.mark.parametrize("etag", [f'"{BLOB[:-1]}x"'.replace("x", "0" if BLOB[-1] != "0" else "1"), f'"{"0" * 64}"'])
def test_a_card_that_is_not_the_one_of_its_etag_is_doubted(etag: str) -> None:
    with pytest.raises(Doubtful, match="h sent a card that is not the one of its ETag") as doubt:
        read(200, etag=etag)
    assert doubt.value.answered == Answered(200, None, "# Björn\r\n")


@pytest.mark.parametrize(
    ("status", "code", "reason"),
    [
        (401, "GatedRepo", "no-access"), (403, "GatedRepo", "no-access"), (403, "", "no-access"), (404, "EntryNotFound", "no-readme"),
        (404, "RevisionNotFound", "no-readme"), (404, "RepoNotFound", "gone"), (401, "RepoNotFound", "gone"), (404, "", "no-readme"),
        (410, "", "gone"), (451, "", "legal"), (400, "", "refused"), (405, "X", "refused"), (416, "", "refused"),
    ],
)  # fmt: skip
@pytest.mark.parametrize("secret", [None, TOKEN])
def test_a_refusal(status: int, code: str, reason: str, secret: str | None) -> None:
    assert read(status, secret=secret, x_error_code=code) == Answered(status, reason, None, bare=not code)


def test_a_bare_401_is_about_the_token_where_one_was_sent() -> None:
    assert read(401) == Answered(401, "no-access", None, bare=True)
    with pytest.raises(
        SourceError, match=r"h answers 401: … is bad. The token is not accepted: check HF_TOKEN"
    ) as refused:
        read(401, json.dumps({"error": f"{TOKEN} is bad"}).encode(), TOKEN)
    assert TOKEN not in str(refused.value)


@pytest.mark.parametrize("status", [204, 206, 408, 425, 429, 500, 502, 503, 504, 599])
def test_what_is_asked_again(status: int) -> None:
    with pytest.raises(Fault) as fault:
        read(status)
    assert not isinstance(fault.value, Doubtful) and fault.value.status == status


@pytest.mark.parametrize("kind", ["text/html", "Text/HTML; charset=utf-8", "application/json", "application/xhtml+xml"])
def test_a_page_in_place_of_a_card_is_asked_again(kind: str) -> None:
    with pytest.raises(Fault, match="where a card belongs") as fault:
        read(200, b"<p>soon</p>", content_type=kind)
    assert not isinstance(fault.value, Doubtful)


@pytest.mark.parametrize(
    ("location", "to"),
    [
        ("/c/d/resolve/main/README.md", "https://h/c/d/resolve/main/README.md"), ("https://h/d/resolve/abc/README.md", "https://h/d/resolve/abc/README.md"),
        ("/api/resolve-cache/models/a/b/0a/README.md?etag=%22x%22", "https://h/api/resolve-cache/models/a/b/0a/README.md?etag=%22x%22"),
        *((bad, None) for bad in (
            "", "/", "//i/a/b/resolve/main/README.md", "http://h/a/b/resolve/main/README.md", "https://h:444/a/b/resolve/main/README.md",
            "https://u@h/a/b/resolve/main/README.md", "https://h.i/a/b/resolve/main/README.md", "https://[::1/a/b/resolve/main/README.md",
            "/a/b/resolve/main/config.json", "/a/b/resolve/main/config.json?/resolve/main/README.md", "/a/b/resolve/main/config.json#/resolve/main/README.md",
            "/a/b/resolve/main/..%2fconfig.json/README.md", "/a/b/blob/main/README.md", "/login", "/a/b/resolve/main/README.md#x", "/a/b/resolve/main/é/README.md",
            "/a/b/resolve/main/model.gguf", "/a/b/resolve/main/README.md\x00", "https://h:x/a/b/resolve/main/README.md", "/a/b/resolve/main/xREADME.md",
        )),
    ],
)  # fmt: skip
def test_where_a_card_may_lie_instead(location: str, to: str | None) -> None:
    answer = Answer(307, {"location": location}, b"")
    assert moved_to(answer, URL) == to
    assert moved_to(Answer(200, {"location": location}, b""), URL) is None
    if to is None:
        with pytest.raises(Doubtful, match="which is not followed") as doubt:
            read_readme(answer, URL)
        assert doubt.value.answered == Answered(307, "elsewhere", bare=True) and "u@" not in doubt.value.reason


def test_the_address_of_a_card() -> None:
    assert url_of("https://h/prefix", "a-B_c.d/e") == f"https://h/prefix/a-B_c.d/e{README}"


# --- the command --------------------------------------------------------------------------------------


def lineage(*arguments: str, code: int = 0) -> Result:
    done = CliRunner().invoke(main, arguments)
    assert done.exit_code == code, (arguments, done.output)
    return done


@pytest.fixture
def packers(crawls: Path) -> Any:
    with Hub(packed(9), readmes=cards_of_packed(9), clock=Clock()) as hub:
        yield hub


def test_the_row_says_how_many_cards(packers: Hub) -> None:
    asked = ("crawl", "--endpoint", packers.url, "--name", "c", "--format", "json")
    (row,) = json.loads(lineage(*asked).stdout)["rows"]
    assert (row["requests"], row["cards_asked"], row["cards_found"]) == (1, 0, 0)
    done = lineage(*asked, "--cards", "missing", "--most-cards", "4")
    (row,) = json.loads(done.stdout)["rows"]
    assert (row["requests"], row["cards_asked"], row["cards_found"]) == (4, 4, 3)
    assert "4 cards are asked for, of the most downloaded of 9 models (--most-cards 4)" in done.stderr


def test_a_stop_says_what_is_kept_and_how_to_go_on(packers: Hub) -> None:
    packers.fail("429-1000000000", path=f"*{README}", after=3)
    asked = ("--endpoint", packers.url, "--cards", "all", "--most-cards", "7")
    done = lineage("crawl", "--name", "c", *asked, "-q", code=4)
    assert done.stderr.endswith(
        f"1 page and 3 cards are kept. To go on: lineage crawl --name c --endpoint {packers.url} --cards all --most-cards 7\n"
    )
    lineage(*typed(done.stderr))
    assert shelf("c")["asked"] == 7 and len(paths(packers)) == 8


def test_build_asks_for_cards_too(packers: Hub) -> None:
    lineage("build", "hub", "--endpoint", packers.url, "--cards", "missing", "--name", "c", "--taken-at", "2026-09-20")
    assert shelf("c")["asked"] == 9 and Catalog().open().counts["models"] == 9


def test_options_that_do_not_fit(packers: Hub) -> None:
    said = lineage("build", "sample", "--cards", "all", code=2).stderr
    assert "--cards is for the source hub, and this one is sample." in said
    said = lineage("crawl", "--endpoint", packers.url, "--most-cards", "3", code=2).stderr
    assert "give --cards missing or --cards all beside it" in said
    assert "none" in lineage("crawl", "--cards", "none", code=2).stderr and packers.requests == []


def test_the_line_of_progress() -> None:
    assert line(CardProgress(1_500, 1_210, 20_000, 500, Quota(2_312, 100, 3_000, 300), 50)) == (
        "1,500 of 20,000 cards, 1,210 found · 600 cards/min · quota 2,312 of 3,000 · about 31 minutes left"
    )
    assert line(CardProgress(1, 0, 9, 1, None, 0)) == "1 of 9 cards, 0 found"


class _Rewriting(BaseHTTPRequestHandler):
    """A server of cards whose ETags are those of other texts, as behind somebody who rewrites what passes."""

    asked: ClassVar[list[str]] = []

    def do_GET(self) -> None:
        self.asked.append(self.path)
        ids = [f"a/m{i}-GGUF" for i in range(5)]
        listing = json.dumps([{"id": id, "downloads": 9 - i} for i, id in enumerate(ids)]).encode()
        body = listing if self.path.startswith("/api/models") else b"# " + self.path.encode()
        self.send_response(200)
        self.send_header("Content-Length", str(len(body)))
        self.send_header("ETag", f'"{"0" * 40}"')
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, format: str, *args: Any) -> None:
        pass


def test_where_etags_are_always_those_of_other_texts_they_are_not_looked_at_any_more(crawls: Path) -> None:
    server = HTTPServer(("127.0.0.1", 0), _Rewriting)
    threading.Thread(target=server.serve_forever, args=(0.01,), daemon=True).start()
    _Rewriting.asked.clear()
    run(Wanted(endpoint=f"http://127.0.0.1:{server.server_address[1]}", name="c", cards="missing"))
    server.shutdown()
    server.server_close()
    asked = [path.split("/")[2] for path in _Rewriting.asked[1:]]
    assert asked == [f"m{i}-GGUF" for i in (0, 0, 0, 1, 1, 1, 2, 2, 2, 3, 4)]
    assert [line["readme"] for line in lines("c")] == [f"# /a/m{i}-GGUF{README}" for i in range(5)]
