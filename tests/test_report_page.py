"""The report in a browser: nothing runs, nothing is asked, nothing sticks out, in both schemes and at every width."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from lineage.session import Session
from tests.browser import Browser, find
from tests.conftest import Build
from tests.families import HOSTILE

pytestmark = pytest.mark.skipif(find() is None, reason="there is no Chromium; LINEAGE_CHROMIUM names one")


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    with Browser() as browser:
        yield browser


@pytest.fixture(scope="module")
def page(sample: Session, tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("report") / "report.html"
    path.write_text(sample.report(), encoding="utf-8")
    return path


@pytest.mark.parametrize("dark", [False, True])
@pytest.mark.parametrize("width", [1280, 420])
def test_it_is_quiet_and_fits(browser: Browser, page: Path, width: int, dark: bool) -> None:
    tab = browser.open(page, width=width, dark=dark)
    assert (tab.complaints(), tab.tried(), tab.dialogs()) == ([], [], [])
    assert tab.value("document.documentElement.scrollWidth") == width
    sticking = "[...document.querySelectorAll('main *')].filter(e => !e.closest('.scroll') && e.getBoundingClientRect().right > innerWidth + 1).length"
    assert tab.value(sticking) == 0
    paper = tab.value("getComputedStyle(document.body).backgroundColor")
    assert (paper == "rgb(255, 255, 255)") != dark
    tab.close()


def test_every_entry_of_the_contents_leads_somewhere(browser: Browser, page: Path) -> None:
    tab = browser.open(page)
    lost = "[...document.querySelectorAll('a[href^=\"#\"]')].filter(a => !document.getElementById(a.getAttribute('href').slice(1))).length"
    assert tab.value("document.querySelectorAll('nav a').length") >= 11 and tab.value(lost) == 0
    assert tab.value(
        "new Set([...document.querySelectorAll('[id]')].map(e => e.id)).size === document.querySelectorAll('[id]').length"
    )
    tab.close()


def test_the_keyboard_reaches_every_table_and_opens_the_lines(browser: Browser, page: Path) -> None:
    tab = browser.open(page, width=420)
    tab.press("Tab")
    assert tab.value("document.activeElement.className") == "skip"
    reached = set()
    for _ in range(80):
        tab.press("Tab")
        reached.add(tab.value("document.activeElement.closest('figure')?.id || ''"))
        if tab.value("document.activeElement.tagName === 'SUMMARY'"):
            tab.press("Enter")
            assert tab.value("document.activeElement.parentElement.open")
    assert {"table-china-share", "table-rules", "table-accounts", "figure-flows", "table-flow-rows"} <= reached
    tab.close()


def test_hostile_names_do_nothing(browser: Browser, build_rows: Build, tmp_path: Path) -> None:
    rows = [
        {"id": f"x{n}/m", "downloads": 90 - n, "pipeline_tag": name, "library_name": name,
         "tags": [f"license:{name}", f"base_model:quantized:{HOSTILE[0]}", f"base_model:{HOSTILE[0]}"],
         "cardData": {"license": name, "base_model": name}}
        for n, name in enumerate(HOSTILE)
    ] + [{"id": name, "downloads": 5} for name in HOSTILE]  # fmt: skip
    path = tmp_path / "hostile.html"
    path.write_text(build_rows(rows).report(), encoding="utf-8")
    tab = browser.open(path, trap="window.pwned = 0;")
    assert (tab.complaints(), tab.tried(), tab.dialogs()) == ([], [], [])
    tab.value(
        "document.body.append(Object.assign(document.createElement('script'), {textContent: 'window.pwned = 1'}))"
    )
    assert tab.value("window.pwned") == 0 and tab.complaints()  # a script that comes later stays dead
    tab.close()
