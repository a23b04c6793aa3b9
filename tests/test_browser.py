"""The pages in a real browser: they open, obey the keyboard, ask for nothing, and run nothing of what they show.

Skipped where there is no Chromium; under CI=true that is a failure.
"""

import sys
from pathlib import Path

import pytest

from lineage.views.families.family import family_page, family_pyvis
from tests.browser import TRAP, Tab, need_browser
from tests.families import HOSTILE, Family, chain, drawn, hostile, large, star


@pytest.fixture
def show(browser, tmp_path):
    """Opens a page, and at the end looks whether it stayed quiet."""
    tabs: list[Tab] = []

    def opened(text: str, **options) -> Tab:
        path = tmp_path / f"page{len(tabs)}.html"
        path.write_text(text, "utf-8")
        tabs.append(browser.open(path, trap=TRAP, **options))
        # not asserted: machines differ; `pytest -s` shows it
        sys.stdout.write(f"\nsecond frame after {tabs[-1].seconds:.2f} s, {len(text.encode()):,} bytes\n")
        return tabs[-1]

    yield opened
    for tab in tabs:
        assert tab.tried() == []
        assert tab.dialogs() == []
        assert tab.complaints() == []
        assert tab.value("window.traps") == []
        assert tab.value("typeof window.pwned") == "undefined"
        tab.close()


def test_the_trap_catches(browser, tmp_path):
    """The checks at the end of every test would see it if a page did something."""
    path = tmp_path / "bad.html"
    path.write_text("<!doctype html><img src='x' onerror='pwned = 1; alert(5)'><script>console.error('no')</script>")
    tab = browser.open(path, trap=TRAP)
    assert tab.requests() == [(tmp_path / "x").as_uri()]
    assert tab.value("window.traps") == ["alert 5"]
    assert tab.value("window.pwned") == 1
    assert any("no" in each for each in tab.complaints())
    tab.close()


def focused(tab: Tab) -> str:
    """The id in the row that has the focus, or the row's text."""
    return tab.value(
        "(line => line.closest('tr') ? (line.querySelector('.id') || line).textContent : line.tagName)"
        "(document.activeElement)"
    )


def rows(tab: Tab) -> list[str]:
    return tab.value("[...document.querySelectorAll('#outline tbody .id')].map(cell => cell.textContent)")


def test_the_outline_by_keyboard(show):
    tab = show(family_page(drawn()))
    assert rows(tab)[0] == "maker/base"
    assert len(rows(tab)) == 8
    # one tab stop for the whole grid, links in it included
    assert tab.value("document.querySelectorAll('#outline [tabindex=\"0\"]').length") == 1
    stops = "[...document.querySelectorAll('#outline a')].filter(link => link.tabIndex >= 0).length"
    assert tab.value(stops) == 0
    tab.value("document.querySelector('#outline tr[tabindex=\"0\"]').focus()")
    tab.press("ArrowDown")
    assert focused(tab) == "maker/base-instruct"
    assert tab.value("document.activeElement.getAttribute('aria-expanded')") == "true"
    tab.press("ArrowLeft")
    assert len(rows(tab)) == 5
    assert tab.value("document.activeElement.getAttribute('aria-expanded')") == "false"
    tab.press("ArrowDown")
    assert focused(tab) == "bob/tuned"
    tab.press("ArrowUp", "ArrowRight", "ArrowRight")
    assert focused(tab) == "quanto/base-instruct-GGUF"
    assert len(rows(tab)) == 8
    tab.press("ArrowLeft")
    assert focused(tab) == "maker/base-instruct"
    tab.press("End")
    assert focused(tab) == "carl/thing"
    tab.press("ArrowDown")
    assert focused(tab) == "carl/thing"
    tab.press("Home")
    assert focused(tab) == "maker/base"
    tab.press("ArrowLeft")
    assert rows(tab) == ["maker/base"]
    tab.press("ArrowRight")
    assert len(rows(tab)) == 4  # what was open below a closed branch is closed
    assert tab.value("document.querySelectorAll('#outline [tabindex=\"0\"]').length") == 1


def test_o_opens_the_page_on_the_hub_and_enter_keeps_the_details(show):
    tab = show(family_page(drawn()))
    tab.value(
        "window.opened = []; document.querySelector('#outline').addEventListener('click', event => {"
        "const link = event.target.closest('a');"
        "if (link) { event.preventDefault(); opened.push(link.href + ' ' + link.rel); } })"
    )
    tab.value("document.querySelector('#outline tr[tabindex=\"0\"]').focus()")
    tab.press("o", "End", "o")
    assert tab.value("opened") == [
        "https://huggingface.co/maker/base noopener noreferrer",
        "https://huggingface.co/carl/thing noopener noreferrer",
    ]
    tab.press("Enter")
    selected = "[...document.querySelectorAll('#outline [aria-selected=true] .id')].map(cell => cell.textContent)"
    assert tab.value(selected) == ["carl/thing"]
    assert "carl/thing" in tab.value("document.getElementById('card').textContent")
    assert len(tab.value("opened")) == 2
    tab.press("Enter")
    assert tab.value(selected) == []


def test_the_outline_is_a_tree_grid(show):
    tab = show(family_page(drawn()))
    assert tab.value("document.querySelector('#outline').getAttribute('role')") == "treegrid"
    lines = tab.value(
        "[...document.querySelectorAll('#outline tbody tr')].map(line => [line.querySelector('.id').textContent,"
        "+line.getAttribute('aria-level'), +line.getAttribute('aria-posinset'), +line.getAttribute('aria-setsize')])"
    )
    assert lines == [
        ["maker/base", 1, 1, 1],
        ["maker/base-instruct", 2, 1, 3],
        ["quanto/base-instruct-GGUF", 3, 1, 3],
        ["quanto/base-instruct-AWQ", 3, 2, 3],
        ["ann/mix", 3, 3, 3],
        ["bob/tuned", 2, 2, 3],
        ["bob/tuned-lora", 3, 1, 1],
        ["carl/thing", 2, 3, 3],
    ]
    roles = "[...new Set([...document.querySelectorAll('#outline tr > *')].map(cell => cell.getAttribute('role')))]"
    assert sorted(tab.value(roles)) == ["columnheader", "gridcell"]
    tree = tab.call("Accessibility.getFullAXTree")["nodes"]
    names = {(node["role"]["value"], node.get("name", {}).get("value")) for node in tree if "role" in node}
    assert ("treegrid", "The outline") in names
    assert ("tree", "Family tree of maker/base") in names


def test_wide_branches_come_in_portions(show):
    tab = show(family_page(star(700, 50)))
    assert len(rows(tab)) == 51
    tab.value("document.querySelector('#outline tr[tabindex=\"0\"]').focus()")
    tab.press("End")
    assert focused(tab) == "Show 50 more of 650"
    tab.press("Enter")
    assert len(rows(tab)) == 101
    tab.press("ArrowUp")
    assert len(set(rows(tab))) == 101
    tab.press("End", "ArrowLeft")
    assert focused(tab) == "maker/base"


def test_a_sign_in_the_picture_leads_to_its_row(show):
    tab = show(family_page(large()))
    sign = "[...document.querySelectorAll('svg .node.model')].at(-1)"
    name = tab.value(f"{sign}.querySelector('title').textContent.split(', ')[0]")
    tab.value(f"{sign}.dispatchEvent(new MouseEvent('click', {{bubbles: true}}))")
    tab.value("[...document.querySelectorAll('#card button')].find(each => /outline/.test(each.textContent)).click()")
    assert focused(tab) == name
    assert tab.value(
        "(box => box.top >= 0 && box.bottom <= innerHeight)(document.activeElement.getBoundingClientRect())"
    )


def test_a_deep_row_can_be_reached(show):
    tab = show(family_page(chain(3_000)))
    tab.value("document.querySelector('#outline tr[tabindex=\"0\"]').focus()")
    tab.press(*["ArrowRight"] * 20)
    assert focused(tab) == "maker/step-00010"


@pytest.mark.parametrize("writer", [family_page, family_pyvis])
def test_hostile_names_run_nothing(show, writer):
    tab = show(writer(hostile()))
    if writer is family_page:
        shown = tab.value("[...document.querySelectorAll('#outline tbody .id')].map(cell => cell.textContent)")
        assert HOSTILE[0] in shown
        assert len(shown) == len(HOSTILE)
    # every hover text, every row, every link: still nothing
    tab.value("for (const node of document.querySelectorAll('*')) node.dispatchEvent(new MouseEvent('mouseover'))")
    frame = tab.value("(box => [box.x, box.y])(document.querySelector('svg.picture, canvas').getBoundingClientRect())")
    for step in range(0, 400, 25):
        tab.move(frame[0] + 50 + step, frame[1] + 40 + step)
    assert tab.value("document.querySelectorAll('script').length") == tab.value("document.scripts.length")
    assert tab.value("document.querySelectorAll('img, iframe, object, embed').length") == 0
    assert not [link for link in tab.value("[...document.links].map(link => link.href)") if "javascript" in link]


@pytest.mark.parametrize("writer", [family_page, family_pyvis])
def test_a_script_that_is_injected_later_stays_dead(browser, tmp_path, writer):
    path = tmp_path / "page.html"
    path.write_text(writer(drawn()), "utf-8")
    tab = browser.open(path)
    tab.value(
        "(() => { const one = document.createElement('script'); one.textContent = 'window.pwned = 1';"
        "document.body.append(one); document.body.insertAdjacentHTML('beforeend',"
        '\'<img src="x" onerror="window.pwned = 2"><a id="bait" onclick="window.pwned = 3">x</a>\');'
        "document.getElementById('bait').click(); })()"
    )
    assert tab.value("new Promise(done => setTimeout(() => done(typeof window.pwned), 100))") == "undefined"
    assert tab.complaints() != []  # the browser says that it refused
    assert tab.requests() == []
    tab.close()


@pytest.mark.parametrize("dark", [False, True], ids=["light", "dark"])
@pytest.mark.parametrize("width", [1280, 420])
def test_the_page_fits_and_can_be_read(show, width, dark):
    tab = show(family_page(large()), width=width, dark=dark)
    assert tab.value("document.documentElement.scrollWidth") <= width
    paper = tab.value("getComputedStyle(document.body).backgroundColor")
    assert paper == ("rgb(17, 22, 27)" if dark else "rgb(255, 255, 255)")
    assert tab.value(CONTRAST) == []


#: Texts whose colour is nearer to the paper than WCAG AA allows (4.5 : 1); chips and keys included.
CONTRAST = """(() => {
  const part = (value) => { value /= 255; return value <= 0.03928 ? value / 12.92 : ((value + 0.055) / 1.055) ** 2.4; };
  const light = (rgb) => { const [r, g, b] = rgb.match(/[\\d.]+/g).map(Number);
    return 0.2126 * part(r) + 0.7152 * part(g) + 0.0722 * part(b); };
  const paper = (node) => { for (; node; node = node.parentElement) {
    const colour = getComputedStyle(node).backgroundColor;
    if (!/, 0\\)$/.test(colour)) return colour; } return "rgb(255, 255, 255)"; };
  const found = [];
  for (const node of document.querySelectorAll("body *")) {
    if (![...node.childNodes].some((child) => child.nodeType === 3 && child.data.trim())) continue;
    if (node.closest("script, title, .unseen, .skip, .letter, i.key, noscript")) continue;
    if (!node.getClientRects().length) continue;
    const style = getComputedStyle(node);
    const ink = node.closest("svg") ? style.fill : style.color;
    const [one, other] = [light(ink), light(paper(node))].sort((a, b) => b - a);
    const ratio = (one + 0.05) / (other + 0.05);
    if (ratio < 4.5) found.push(node.tagName + "." + node.getAttribute("class") + " " + ratio.toFixed(2));
  }
  return [...new Set(found)];
})()"""


def test_motion_is_reduced_where_asked(show):
    tab = show(family_page(drawn()))
    tab.call("Emulation.setEmulatedMedia", features=[{"name": "prefers-reduced-motion", "value": "reduce"}])
    moving = (
        "[...document.querySelectorAll('*')].filter(node =>"
        "getComputedStyle(node, '::before').transitionDuration !== '0s').length"
    )
    assert tab.value(moving) == 0


def test_print_has_a_white_page_and_the_whole_picture(show):
    tab = show(family_page(large()), dark=True)
    tab.call("Emulation.setEmulatedMedia", media="print")
    assert tab.value("getComputedStyle(document.body).backgroundColor") == "rgb(255, 255, 255)"
    tab.call("Emulation.setDeviceMetricsOverride", width=700, height=1000, deviceScaleFactor=1, mobile=False)
    assert tab.value("document.querySelector('svg.picture').getBoundingClientRect().right") <= 700


def test_without_scripts_the_facts_and_the_picture_stand(browser, tmp_path):
    path = tmp_path / "page.html"
    path.write_text(family_page(drawn()), "utf-8")
    tab = browser.open(path, scripts=False)
    shown = tab.text()
    for words in ("17,980", "Drawn: all 8 models", "The outline needs scripts"):
        assert words in shown
    tab.close()


def test_fifteen_thousand_models_open(show):
    tab = show(family_page(large(15_000, seed=3)))
    assert tab.value("JSON.parse(document.getElementById('data').textContent).depth.length") == 15_000
    assert tab.value("document.querySelectorAll('#outline tr').length") < 200


def test_pyvis_draws_at_once(show):
    family: Family = large()
    tab = show(family_pyvis(family))
    assert tab.value("network.body.nodeIndices.length") == tab.value("nodes.length") > 40
    assert tab.value("network.physics.physicsEnabled") is False
    before = tab.value("JSON.stringify(network.getPositions())")
    assert (
        tab.value("new Promise(done => setTimeout(() => done(JSON.stringify(network.getPositions())), 200))") == before
    )
    assert 0.6 <= tab.value("network.getScale()") <= 1


def test_no_browser_is_a_reason_or_in_ci_a_failure(monkeypatch):
    monkeypatch.setenv("PATH", str(Path("/nowhere")))
    monkeypatch.delenv("LINEAGE_CHROMIUM", raising=False)
    monkeypatch.delenv("CI", raising=False)
    with pytest.raises(pytest.skip.Exception, match="no Chromium"):
        need_browser()
    monkeypatch.setenv("CI", "true")
    with pytest.raises(pytest.fail.Exception, match="no Chromium"):
        need_browser()
