"""Every hostile text is one: where nobody escapes anything, it does what it was written for, and the trap sees it."""

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from tests import canary
from tests.browser import Browser, missing, need_browser
from tests.hostile_texts import SINKS, TENTH, TEXTS

#: Written for no sink: they are there to come through whole, or for their length.
HARMLESS = {"odd"}


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    need_browser()
    with Browser() as running:
        yield running


def wanted(*sinks: str) -> set[int]:
    found = {one.number for one in TEXTS if one.sink in sinks}
    assert found
    return found


def test_there_are_two_hundred():
    assert len({one.text for one in TEXTS}) == len(TEXTS) >= 200
    assert len({one.sink for one in TENTH}) > 10


def test_each_does_what_it_was_written_for_in_a_page(browser: Browser, tmp_path: Path):
    assert canary.in_browser(browser, TEXTS, tmp_path) == wanted(*canary.PLAIN)


def test_each_does_what_it_was_written_for_in_markdown(browser: Browser, tmp_path: Path):
    assert canary.in_markdown(browser, TEXTS, tmp_path) == wanted("markdown")


def test_each_does_what_it_was_written_for_in_dot():
    if not canary.has_dot():
        missing("no Graphviz on this machine (apt-get install graphviz)")
    assert canary.in_dot(TEXTS) == wanted("dot", "dothtml")


@pytest.mark.parametrize(
    ("plain", "sinks"),
    [(canary.in_templates, ("jinja", "mustache")), (canary.in_xml, ("xml",)), (canary.in_terminal, ("rich", "terminal")),
     (canary.in_cells, ("formula", "unseen"))],
)  # fmt: skip
def test_each_does_what_it_was_written_for(plain: Callable[..., set[int]], sinks: tuple[str, ...]):
    assert plain(TEXTS) == wanted(*sinks)


def test_every_sink_has_its_canary():
    seen = {
        *canary.PLAIN,
        "markdown",
        "dot",
        "dothtml",
        "jinja",
        "mustache",
        "xml",
        "rich",
        "terminal",
        "formula",
        "unseen",
    }
    assert seen | {"pyvis", "mermaid"} | HARMLESS == SINKS.keys()
