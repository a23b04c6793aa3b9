"""Every hostile text is one: where nobody escapes anything, it does what it was written for, and the trap sees it."""

import re
from collections.abc import Callable
from pathlib import Path

import pytest

from tests import canary, foreign
from tests.browser import TRAP, Browser, missing
from tests.hostile_texts import SINKS, TENTH, TEXTS

#: Written for no sink: they are there to come through whole, or for their length.
HARMLESS = {"odd"}


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


def test_each_does_what_it_was_written_for_in_mermaid(browser: Browser, tmp_path: Path):
    """Another label than was written, a diagram that is refused, a link of the text's own; loose, a script that runs."""
    texts = [one for one in TEXTS if one.sink == "mermaid"]
    diagrams = [f'flowchart LR\na["{one.text}"]' for one in texts]
    shown, deeds = foreign.mermaid(diagrams, tmp_path, browser, "loose")
    assert {one.number for one, labels in zip(texts, shown, strict=True) if labels != [one.text]} == wanted("mermaid")
    assert any(each.startswith("hit") for each in deeds)
    assert any(each.startswith("led to") for each in deeds)


@pytest.mark.parametrize("text", [one.text for one in TEXTS if one.sink == "pyvis"])
def test_each_does_what_it_was_written_for_in_pyvis(text: str, browser: Browser, tmp_path: Path, monkeypatch):
    """pyvis as people use it, with the text as a hover text: pointing at the sign runs it."""
    from pyvis.network import Network

    monkeypatch.chdir(tmp_path)
    net = Network(cdn_resources="in_line")
    net.add_node(0, label="x", title=text, size=200)
    net.toggle_physics(False)
    page = re.sub(r'<(?:link|script)[^>]*(?:href|src)="https?://[^>]*>', "", net.generate_html())
    path = tmp_path / "plain.html"
    path.write_text(page, "utf-8")
    tab = browser.open(path, trap=TRAP)
    x, y = tab.middle("canvas")
    tab.move(x + 9, y + 9)
    tab.value("new Promise(done => setTimeout(done, 900))")  # a hover text waits
    assert any(each.startswith("hit") for each in tab.value("window.traps"))
    tab.close()


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
