"""Neo4j Browser as the local server serves it: a person connects, asks, and reads the answer.

`LINEAGE_PICTURES=FOLDER` keeps what the screen showed.
"""

import os
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import pytest

from lineage.stores.load import load
from tests import servers
from tests.browser import Browser, Tab, need_browser
from tests.servers import Server

#: Read at once, for a test run puts LINEAGE_… aside.
PICTURES = os.environ.get("LINEAGE_PICTURES")

FIELD = "document.querySelector('[data-testid=\"{}\"]')"


@pytest.fixture
def browser() -> Iterator[Browser]:
    """A new one each time, for the page remembers who was connected."""
    need_browser()
    with Browser() as browser:
        yield browser


@pytest.fixture(scope="module")
def drawn(neo4j_server: Server) -> Server:
    """The server with a small graph in it."""
    neo4j_server.clear()
    load(servers.draw(servers.MODELS, servers.EDGES), neo4j_server.uri, local_home=neo4j_server.folder)
    return neo4j_server


def wait_for(tab: Tab, expression: str, seconds: float = 40.0) -> Any:
    """What an expression gives as soon as that is something."""
    deadline = time.monotonic() + seconds
    while not (value := tab.value(expression)):
        assert time.monotonic() < deadline, (expression, tab.text()[-2000:])
        time.sleep(0.1)
    return value


def fill(tab: Tab, field: str, text: str) -> None:
    """Type into a field that is found by the name the page gives it for tests."""
    wait_for(tab, f"(() => {{ const field = {FIELD.format(field)}; field?.focus(); return !!field }})()")
    tab.type(text)


def outside(addresses: list[str]) -> list[str]:
    """Those that are not on this machine; data and blobs are no requests."""
    return [a for a in addresses if urlsplit(a).scheme not in ("data", "blob")
            and urlsplit(a).hostname not in ("127.0.0.1", "localhost")]  # fmt: skip


def connect(browser: Browser, server: Server, password: str) -> Tab:
    assert server.status.browser is not None
    tab = browser.open(server.status.browser)
    fill(tab, "username", "neo4j")
    fill(tab, "password", password)
    tab.value(f"{FIELD.format('connect')}.click()")
    return tab


def keep(tab: Tab, name: str) -> None:
    if PICTURES:
        tab.picture(Path(PICTURES) / f"{name}.png", whole=False)


def test_a_person_connects_asks_and_reads_the_answer(browser: Browser, drawn: Server) -> None:
    tab = connect(browser, drawn, drawn.password)
    wait_for(tab, "document.body.innerText.includes('You are connected as user')")
    wait_for(tab, "(() => { const e = document.querySelector('textarea.inputarea'); e?.focus(); return !!e })()")
    tab.type("MATCH (m:Model) RETURN count(*) AS models")
    tab.value(f"{FIELD.format('editor-Run')}.click()")
    table = wait_for(
        tab,
        "(() => { const t = document.querySelector('[data-testid=\"frame\"] table, table');"
        " return t && [...t.querySelectorAll('th, td')].map(cell => cell.innerText.trim()) })()",
    )
    keep(tab, "neo4j-browser")
    assert [cell for cell in table if cell] == ["models", "1", str(len(servers.MODELS))], (
        "name, number of the row, value"
    )
    assert drawn.password not in tab.value("document.documentElement.outerHTML")
    # It tries a font, a feedback widget and a counter, telemetry off or not; the policy that we serve it with forbids them.
    assert outside(tab.requests()) == []
    tried = {urlsplit(a).hostname for a in outside(tab.tried())}
    assert "fonts.googleapis.com" in tried, "else nothing is proved"
    assert tried <= {"fonts.googleapis.com", "canny.io", "cdn.segment.com"}
    assert tab.dialogs() == []
    tab.close()


def test_a_wrong_password_stays_outside(browser: Browser, drawn: Server) -> None:
    tab = connect(browser, drawn, "wrong-canary-0123")
    wait_for(tab, "/unauthorized|authentication failure/i.test(document.body.innerText)")
    keep(tab, "neo4j-browser-refused")
    assert "wrong-canary-0123" not in tab.text()
    tab.close()
    drawn.forgive()
