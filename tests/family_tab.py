"""The family page in a browser, for tests: opened at an address, read, worked with. Not a test itself."""

import json
from urllib.parse import parse_qs

import pytest

from lineage.views.families.family import family_page
from tests.browser import Tab
from tests.families import Family
from tests.test_browser import TRAP

#: Instead of a download: what would be kept, by name.
KEEP = """
window.kept = {};
URL.createObjectURL = (blob) => { window.lastBlob = blob; return "about:blank#kept"; };
HTMLAnchorElement.prototype.click = function () {
  if (this.download) { window.kept[this.download] = window.lastBlob; return; }
  this.dispatchEvent(new MouseEvent("click", { bubbles: true, cancelable: true }));
};
"""


@pytest.fixture
def show(browser, tmp_path):
    """Opens a page at an address, and at the end looks whether it stayed quiet."""
    tabs: list[Tab] = []

    def opened(one: Family | str, state: str = "", **options) -> Tab:
        path = tmp_path / f"page{len(tabs)}.html"
        path.write_text(one if isinstance(one, str) else family_page(one), "utf-8")
        tabs.append(browser.open(path.resolve().as_uri() + state, trap=TRAP + KEEP, **options))
        return tabs[-1]

    yield opened
    for tab in tabs:
        assert [url for url in tab.tried() if url.split("#")[0] != tab.address.split("#")[0]] == []
        assert tab.dialogs() == []
        assert tab.complaints() == []
        assert tab.value("window.traps") == []
        assert tab.value("typeof window.pwned") == "undefined"
        tab.close()


def text(tab: Tab, selector: str) -> str:
    return tab.value(f"document.querySelector({json.dumps(selector)}).innerText")


def rows(tab: Tab, which: str = "") -> list[str]:
    return tab.value(f"[...document.querySelectorAll('#outline tbody tr{which} .id')].map(cell => cell.textContent)")


def state(tab: Tab) -> dict[str, list[str]]:
    return parse_qs(tab.value("location.hash.slice(1)"), keep_blank_values=True)


def choose(tab: Tab, menu: str, value: str) -> None:
    tab.value(
        f"(menu => {{ menu.value = {json.dumps(value)}; menu.dispatchEvent(new Event('change')); }})"
        f"(document.getElementById('{menu}'))"
    )


def switch(tab: Tab, key: str) -> None:
    tab.value(f"document.querySelector('#key [data-key={json.dumps(key)}]').click()")


def search(tab: Tab, words: str) -> None:
    tab.value("document.getElementById('search').focus()")
    tab.type(words)


def signs(tab: Tab) -> list[str]:
    """What each sign is called: its title says that first, and goes on after a comma."""
    return tab.value(
        "[...document.querySelectorAll('svg .node')].map("
        "node => node.querySelector('title').textContent.split(', ')[0])"
    )


def focused(tab: Tab) -> str:
    """What has the focus: a sign or a row by the name it begins with, else an id."""
    found = tab.value("document.activeElement.querySelector('title, .id')?.textContent ?? document.activeElement.id")
    return str(found).split(", ")[0]


def legend(tab: Tab) -> dict[str, int]:
    lines = tab.value(
        "[...document.querySelectorAll('#key .switch')].map(b => [b.dataset.key, b.querySelector('.count').textContent])"
    )
    return {key: int(count.replace(",", "")) for key, count in lines}


def kept(tab: Tab, name: str) -> str:
    return tab.value(f"window.kept[{json.dumps(name)}].text()")
