"""The driver of the browser itself: what it does to a page is what a person would do, and what it sees is all there is."""

import time
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

import pytest

from tests.browser import TRAP, Browser, Tab

PAGE = """<!doctype html><html lang="en"><meta name="viewport" content="width=device-width"><title>t</title><style>
@media print {{ body {{ color: rgb(1, 1, 1) }} }} @media (forced-colors: active) {{ h1 {{ font-size: 77px }} }}
@media (prefers-reduced-motion: reduce) {{ h1 {{ letter-spacing: 5px }} }}
@media (prefers-color-scheme: dark) {{ h1 {{ word-spacing: 5px }} }} #far {{ margin-top: 3000px }}
</style><h1>Head</h1><input aria-label="Search"><button id="b">One</button><button id="far" aria-expanded="false">Two</button>
<div hidden id="gone">x</div><script>{script}</script>"""


@pytest.fixture
def show(browser: Browser, tmp_path: Path) -> Iterator[object]:
    tabs: list[Tab] = []

    def opened(script: str) -> Tab:
        path = tmp_path / f"{len(tabs)}.html"
        path.write_text(PAGE.format(script=script), "utf-8")
        tabs.append(browser.open(path, trap=TRAP))
        return tabs[-1]

    yield opened
    for tab in tabs:
        tab.close()


def test_mouse_and_keys_are_those_of_a_person(show):
    tab = show(
        "window.seen = []; for (const what of ['click', 'dblclick', 'mouseover', 'keydown', 'wheel', 'mousemove'])"
        "addEventListener(what, e => seen.push([what, e.target.id, e.key || '', e.ctrlKey, e.shiftKey, e.buttons]))"
    )
    tab.hover("#b")
    tab.click("button", 1)
    tab.click("button", -1, times=2)
    seen = tab.value("seen")
    assert ["mouseover", "b", "", False, False, 0] in seen
    assert sum(one[:2] == ["click", "far"] for one in seen) == 3
    assert sum(one[:2] == ["dblclick", "far"] for one in seen) == 1
    tab.focus("input")
    tab.press("a", "+", "Space", "Shift+Tab", "Control+f", "Control++", "Escape")
    keys = [one[2:5] for one in tab.value("seen") if one[0] == "keydown"]
    assert keys == [["a", False, False], ["+", False, False], [" ", False, False], ["Tab", False, True],
                    ["f", True, False], ["+", True, False], ["Escape", False, False]]  # fmt: skip
    assert tab.value("document.querySelector('input').value") == "a+ "
    tab.type("pasted")
    tab.drag((10, 10), (60, 60))
    assert any(one[0] == "mousemove" and one[5] == 1 for one in tab.value("seen"))
    tab.wheel(50, 50, 100)
    assert tab.value("new Promise(done => setTimeout(() => done(seen.some(one => one[0] === 'wheel')), 50))")


def test_what_is_not_there_is_a_sentence(show):
    tab = show("")
    for act, said in ((lambda: tab.click("#none"), "matches"), (lambda: tab.hover("button", 7), "place 7"),
                      (lambda: tab.click("#gone"), "not shown"), (lambda: tab.focus("#none"), "matches"),
                      (lambda: tab.prefer(nothing=True), "no preference")):  # fmt: skip
        with pytest.raises(AssertionError, match=said):
            act()


def test_what_the_system_prefers(show):
    tab = show("")
    style = "(s => [s.fontSize, s.letterSpacing, s.wordSpacing, getComputedStyle(document.body).color])(getComputedStyle(document.querySelector('h1')))"
    plain = tab.value(style)
    tab.prefer(still=True)
    assert tab.value(style)[1] == "5px"
    tab.prefer(dark=True, forced=True)
    assert tab.value(style)[:3] == ["77px", plain[1], "5px"]
    tab.prefer("print")
    assert tab.value(style)[3] == "rgb(1, 1, 1)"
    tab.prefer()
    assert tab.value(style) == plain
    tab.resize(420)
    assert tab.value("innerWidth") == 420


def test_what_is_read_out(show):
    tab = show("")
    tree = tab.tree()
    assert ("heading", "Head", {"level": 1}) in tree
    (two,) = [states for role, name, states in tree if (role, name) == ("button", "Two")]
    assert two["expanded"] is False
    assert "Search" in tab.text()
    assert not [1 for _, name, _ in tree if name == "x"]


def test_downloads_come_whole(show, tmp_path):
    tab = show(
        "document.querySelector('#b').onclick = () => { for (const name of ['a.tsv', 'b.svg']) { const link ="
        "document.createElement('a'); link.href = URL.createObjectURL(new Blob(['x'.repeat(300000)]));"
        "link.download = name; link.click(); } }"
    )
    folder = tmp_path / "kept"
    folder.mkdir()
    with tab.downloads(folder) as kept:
        tab.click("#b")
    assert [(one.name, one.stat().st_size) for one in kept] == [("a.tsv", 300_000), ("b.svg", 300_000)]
    with tab.downloads(folder, seconds=0.2) as none:
        pass
    assert none == []


#: What a page does → what is said of it.
DEEDS = {
    "hit(3)": "hit 3",
    "alert(1)": "alert 1",
    "eval('1')": "eval 1",
    "new Function('hit(1)')": "Function hit(1)",
    "setTimeout('hit(4)', 0)": "setTimeout hit(4)",
    "document.write('x')": "write x",
    "new WebSocket('ws://127.0.0.1:1/')": "WebSocket ws://127.0.0.1:1/",
    "navigator.sendBeacon('http://127.0.0.1:1/', '')": "sendBeacon http://127.0.0.1:1/",
    "new Image().src = 'http://127.0.0.1:1/x.png'": "asked http://127.0.0.1:1/x.png",
    "fetch('http://127.0.0.1:1/')": "fetch http://127.0.0.1:1/",
    "open('http://127.0.0.1:1/')": "open http://127.0.0.1:1/",
    "console.error('no')": "complained",
    "throw 1": "complained",
    "setTimeout(() => location = 'data:text/plain,x', 0)": "complained",
    "const f = document.createElement('iframe'); f.srcdoc = '<script>hit(9)<' + '/script>'; document.body.append(f)": "hit 9",
}


@pytest.mark.parametrize("deed", DEEDS)
def test_nothing_is_done_unseen(show, deed):
    tab = show(deed)
    tab.value("new Promise(done => setTimeout(done, 60))")
    assert any(line.startswith(DEEDS[deed]) for line in tab.did()), tab.did()


def test_an_honest_page_has_done_nothing(show):
    tab = show(
        "setTimeout(() => { location.hash = 'x'; history.replaceState(null, '', '#y'); }, 0); requestAnimationFrame(() => 0)"
    )
    tab.value("new Promise(done => setTimeout(done, 60))")
    assert tab.did() == []


def test_leaving_is_seen(show, tmp_path):
    (tmp_path / "elsewhere.html").write_text("<!doctype html><title>elsewhere</title>", "utf-8")
    tab = show("setTimeout(() => location.href = 'elsewhere.html', 200)")
    for _ in range(100):
        time.sleep(0.02)
        with suppress(RuntimeError):  # asked just while it went
            if tab.value("document.title") == "elsewhere":
                break
    assert f"went to {(tmp_path / 'elsewhere.html').as_uri()}" in tab.did()
