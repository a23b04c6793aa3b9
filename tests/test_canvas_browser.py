"""The page with every model in a real browser: moved, searched, switched, kept; what it shows is what it says."""

import base64
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from lineage.views.families.canvas import MOST, family_canvas
from tests.browser import Browser, Tab
from tests.families import HOSTILE, Family, chain, cyclic, drawn, hostile, large, star
from tests.test_browser import TRAP
from tests.test_page import listed

Show = Callable[..., Tab]


@pytest.fixture
def show(browser: Browser, tmp_path: Path) -> Iterator[Show]:
    """Opens a page, `#…` included, and at the end looks whether it stayed quiet."""
    tabs: list[Tab] = []

    def opened(text: str, state: str = "", **options: Any) -> Tab:
        path = tmp_path / f"page{len(tabs)}.html"
        path.write_text(text, "utf-8")
        tabs.append(browser.open(path.as_uri() + state, trap=TRAP, **options))
        return tabs[-1]

    yield opened
    for tab in tabs:
        tab.address = tab.address.split("#")[0]  # an address behind the # asks for nothing
        assert tab.tried() == []
        assert tab.dialogs() == []
        assert tab.complaints() == []
        assert tab.value("window.traps") == []
        assert tab.value("typeof window.pwned") == "undefined"
        tab.close()


FRAME = "new Promise(done => requestAnimationFrame(() => requestAnimationFrame(done)))"


def told(tab: Tab) -> dict[str, Any]:
    """What the canvas says of itself once it is drawn."""
    tab.value(FRAME)
    return {name: float(value) for name, value in tab.value("({...document.getElementById('map').dataset})").items()}


def place(tab: Tab, number: int) -> tuple[float, float]:
    """Where in the window the middle of a row's disc is."""
    tab.value("document.querySelector('.map').scrollIntoView()")
    now = told(tab)
    left, top, x, y = tab.value(
        "(box => [box.left, box.top])(document.getElementById('map').getBoundingClientRect())"
        f".concat(lineage.data.x[{number}], lineage.data.y[{number}])"
    )
    return left + x * now["scale"] + now["x"], top + y * now["scale"] + now["y"]


def colour(tab: Tab, number: int, aside: float = 0.5) -> tuple[int, ...]:
    """The colour of a row's disc, read back from the canvas: left of its middle, where no letter is."""
    now = told(tab)
    return tuple(
        tab.value(
            "(ink => { ink.drawImage(document.getElementById('map'), "
            f"-Math.round(lineage.data.x[{number}] * {now['scale']} + {now['x']} - lineage.data.r[{number}] * {now['scale']} * {aside}),"
            f"-Math.round(lineage.data.y[{number}] * {now['scale']} + {now['y']}));"
            "return [...ink.getImageData(0, 0, 1, 1).data].slice(0, 3); })"
            "(document.createElement('canvas').getContext('2d'))"
        )
    )


def number_of(tab: Tab, id: str) -> int:
    found = tab.value(f"Array.from(lineage.data.x, (_, row) => lineage.family.id(row)).indexOf({id!r})")
    assert found >= 0
    return int(found)


def mouse(tab: Tab, kind: str, x: float, y: float, **more: Any) -> None:
    tab.call("Input.dispatchMouseEvent", type=kind, x=x, y=y, **more)


def click(tab: Tab, x: float, y: float) -> None:
    mouse(tab, "mousePressed", x, y, button="left", clickCount=1)
    mouse(tab, "mouseReleased", x, y, button="left", clickCount=1)


def said(tab: Tab) -> str:
    return str(tab.value("document.getElementById('said').textContent"))


def state(tab: Tab) -> str:
    return str(tab.value("decodeURIComponent(location.hash)"))


BLUE, ORANGE, GREEN, PAPER = (0, 114, 178), (230, 159, 0), (0, 158, 115), (255, 255, 255)


@pytest.mark.parametrize("one", [drawn(), large(), star(900, 40), cyclic(), chain(1_500), star(0)])
def test_all_are_drawn(show: Show, one: Family) -> None:
    now = told(show(family_canvas(one)))
    assert now["models"] == now["seen"] == now["lit"] == one.members.num_rows
    assert 0 < now["labels"] < 60


def test_discs_have_the_colours_of_their_relation_and_their_host(show: Show) -> None:
    tab = show(family_canvas(drawn()))
    relation = {
        "bob/tuned": BLUE,
        "bob/tuned-lora": ORANGE,
        "quanto/base-instruct-GGUF": GREEN,
        "maker/base": (31, 41, 51),
    }
    assert {id: colour(tab, number_of(tab, id)) for id in relation} == relation
    tab.value(
        "(list => { list.value = 'host'; list.dispatchEvent(new Event('change')); })(document.getElementById('colour'))"
    )
    host = {
        "bob/tuned": (138, 146, 155),
        "quanto/base-instruct-GGUF": (168, 67, 0),
        "maker/base-instruct": (26, 32, 39),
    }
    assert {id: colour(tab, number_of(tab, id)) for id in host} == host
    assert state(tab) == "#colour=host"
    dark = show(family_canvas(drawn()), dark=True)
    assert colour(dark, number_of(dark, "bob/tuned")) == (43, 143, 203)


def test_the_legend_of_the_colours_stands_beside_them(show: Show) -> None:
    tab = show(family_canvas(large(600, 200)), "#colour=licence&off=licence:mit")
    hidden = "[...document.querySelectorAll('.sheet .legend')].map(each => [each.classList[1], each.hidden])"
    assert tab.value(hidden) == [["relation", False], ["host", False], ["licence", False], ["created", True]]
    tab.value("document.querySelector('tr[data-key=\"licence:llama3.1\"] button').click()")
    licences = large(600, 200).members["licences"].to_pylist()
    assert told(tab)["models"] == sum(each != ["llama3.1"] for each in licences)
    assert state(tab) == "#colour=licence&off=licence:llama3.1"


def test_a_line_of_the_outline_is_kept_in_the_picture(show: Show) -> None:
    tab = show(family_canvas(drawn()))
    tab.value(
        "[...document.querySelectorAll('#outline tr')].find(each => each.textContent.includes('bob/tuned-lora')).click()"
    )
    assert said(tab).startswith("bob/tuned-lora. ")
    assert told(tab)["lit"] == 3
    mouse(tab, "mouseMoved", 1, 1)
    click(tab, *place(tab, number_of(tab, "ann/mix")))
    assert tab.value("document.querySelector('#outline tr[aria-selected=true] .id').textContent") == "ann/mix"


def test_size_moves_nothing(show: Show) -> None:
    tab = show(family_canvas(large(600, 200)))
    before = told(tab)
    leaf = next(
        each for each in range(600) if tab.value(f"lineage.family.size[{each}] === 1 && lineage.data.r[{each}] > 20")
    )
    assert colour(tab, leaf, 0.7) != PAPER
    tab.value(
        "(list => { list.value = 'downstream'; list.dispatchEvent(new Event('change')); })(document.getElementById('size'))"
    )
    after = told(tab)
    assert {name: after[name] for name in ("x", "y", "scale", "models")} == {
        name: before[name] for name in ("x", "y", "scale", "models")
    }
    assert colour(tab, leaf, 0.95) != colour(tab, leaf, 0.0)  # it has shrunk away from there


def test_a_line_of_a_legend_switches_its_models(show: Show) -> None:
    one = large(600, 200)
    tab = show(family_canvas(one))
    kinds = one.members["relation"].to_pylist()
    button = "document.querySelector('tr[data-key=\"relation:adapter\"] button')"
    assert tab.value(f"{button}.getAttribute('aria-pressed')") == "true"
    tab.value(f"{button}.click()")
    assert told(tab)["models"] == 600 - kinds.count("adapter")
    assert tab.value(f"{button}.getAttribute('aria-pressed')") == "false"
    tab.value("document.querySelector('tr[data-key=\"host:intermediary\"] button').click()")
    hosts = one.members["kind"].to_pylist()
    left = sum(a != "adapter" and b != "intermediary" for a, b in zip(kinds, hosts, strict=True))
    assert told(tab)["models"] == left
    assert state(tab) == "#off=relation:adapter&off=host:intermediary"
    again = show(family_canvas(one), "#off=adapter&off=host:intermediary&off=nonsense&off=size:2")
    assert told(again)["models"] == left
    again.value(f"{button}.click(); document.querySelector('tr[data-key=\"host:intermediary\"] button').click()")
    assert told(again)["models"] == 600
    assert state(again) == ""


def test_pan_and_zoom_by_mouse(show: Show) -> None:
    tab = show(family_canvas(large(600, 200)))
    x, y = place(tab, 0)
    before = told(tab)
    mouse(tab, "mousePressed", x, y, button="left", clickCount=1)
    for step in range(1, 6):
        mouse(tab, "mouseMoved", x + 20 * step, y + 10 * step, button="left", buttons=1)
    mouse(tab, "mouseReleased", x + 100, y + 50, button="left", clickCount=1)
    moved = told(tab)
    # up to a few points of the way it may still be a click
    assert moved["x"] - before["x"] == pytest.approx(100, abs=25)
    assert moved["y"] - before["y"] == pytest.approx(50, abs=15)
    assert said(tab) == ""  # what is dragged is not chosen
    x, y = place(tab, 0)
    tab.value("document.activeElement.blur()")
    scrolled = tab.value("scrollY")
    mouse(tab, "mouseWheel", x, y, deltaX=0, deltaY=-300, modifiers=2)  # Ctrl
    near = told(tab)
    assert near["scale"] == pytest.approx(moved["scale"] * 1.65, rel=0.01)
    assert place(tab, 0) == pytest.approx((x, y), abs=1.5)  # what is under the pointer stays there
    assert tab.value("scrollY") == scrolled
    tab.value("document.getElementById('fit').click()")
    whole = told(tab)
    assert (whole["scale"], whole["x"], whole["y"]) == (before["scale"], before["x"], before["y"])
    tab.value("document.getElementById('closer').click()")
    assert told(tab)["scale"] > before["scale"]
    assert told(tab)["seen"] < 600


def test_two_fingers_zoom_and_one_moves(show: Show) -> None:
    tab = show(family_canvas(large(600, 200)), width=420)
    tab.call("Emulation.setTouchEmulationEnabled", enabled=True, maxTouchPoints=2)
    x, y = map(round, place(tab, 0))
    before = told(tab)

    def touch(kind: str, *points: tuple[int, int]) -> None:
        spots = [{"x": px, "y": py, "id": number} for number, (px, py) in enumerate(points)]
        tab.call("Input.dispatchTouchEvent", type=kind, touchPoints=spots)

    touch("touchStart", (x - 20, y))
    touch("touchStart", (x - 20, y), (x + 20, y))
    for wide in (25, 30, 35, 40):
        touch("touchMove", (x - wide, y), (x + wide, y))
    touch("touchEnd")
    near = told(tab)
    assert near["scale"] == pytest.approx(before["scale"] * 2, rel=0.02)
    assert place(tab, 0) == pytest.approx((x, y), abs=3)
    touch("touchStart", (x, y))
    for step in (10, 20, 30):
        touch("touchMove", (x + step, y + step))
    touch("touchEnd")
    assert told(tab)["x"] - near["x"] == pytest.approx(30, abs=12)
    assert state(tab) == ""  # fingers that moved chose nothing
    tap = place(tab, 0)
    touch("touchStart", (round(tap[0]), round(tap[1])))
    touch("touchEnd")
    assert state(tab) == f"#model={large(600, 200).model}"


def test_pointing_says_what_it_is_and_a_click_keeps_it(show: Show) -> None:
    tab = show(family_canvas(drawn()))
    number = number_of(tab, "ann/mix")
    mouse(tab, "mouseMoved", *place(tab, number))
    card = "document.getElementById('card')"
    assert tab.value(f"{card}.hidden") is False
    text = tab.value(f"{card}.textContent")
    assert "ann/mix" in text
    assert "merge of maker/base-instruct (declared)" in text
    assert "Further basesbob/tuned" in text
    assert tab.value(f"{card}.querySelectorAll('a').length") == 0  # nothing to reach for that moves away
    click(tab, *place(tab, number))
    assert state(tab) == "#model=ann/mix"
    assert said(tab).startswith("ann/mix. Made: merge of maker/base-instruct (declared).")
    assert tab.value(f"{card}.querySelector('a').href + ' ' + {card}.querySelector('a').rel") == (
        "https://huggingface.co/ann/mix noopener noreferrer"
    )
    assert told(tab)["lit"] == 3  # the way to the top
    faint = colour(tab, number_of(tab, "quanto/base-instruct-GGUF"))
    assert GREEN != faint != PAPER
    click(tab, *place(tab, number))
    assert (state(tab), told(tab)["lit"]) == ("", 8)


def test_by_keyboard(show: Show) -> None:
    tab = show(family_canvas(drawn()))
    stops = "[document.querySelectorAll('#map[tabindex=\"0\"]').length, document.getElementById('map').getAttribute('aria-label')]"
    assert tab.value(stops) == [1, "Family of maker/base: 8 models"]
    tab.value("document.getElementById('map').focus()")
    before = told(tab)
    tab.press("ArrowRight")
    assert told(tab)["x"] == before["x"] - 60
    tab.press("+", "+", "-")
    assert told(tab)["scale"] == pytest.approx(before["scale"] * 1.4, rel=0.01)
    tab.press("0")
    assert told(tab)["x"] == before["x"]
    tab.press("Enter")
    first = state(tab)
    assert first.startswith("#model=")
    assert said(tab).startswith(first.removeprefix("#model=") + ". ")
    for _ in range(4):
        tab.press("ArrowUp")
    assert state(tab) == "#model=maker/base"
    assert told(tab)["lit"] == 8
    tab.press("ArrowDown")
    assert state(tab) == "#model=maker/base-instruct"
    assert told(tab)["lit"] == 5  # the way up, and what hangs on it
    tab.press("ArrowRight")
    assert state(tab) == "#model=bob/tuned"
    tab.press("ArrowRight", "ArrowRight")
    assert state(tab) == "#model=carl/thing"
    tab.press("ArrowLeft", "ArrowLeft")
    assert state(tab) == "#model=maker/base-instruct"
    tab.press("ArrowDown", "ArrowDown")
    assert state(tab) == "#model=quanto/base-instruct-GGUF"
    tab.press("Escape")
    assert state(tab) == ""
    assert said(tab) == "Nothing is kept."


def test_search_jumps_and_the_address_leads_back(show: Show) -> None:
    one = large()
    tab = show(family_canvas(one))
    whole = told(tab)
    tab.value("document.getElementById('find').focus()")
    tab.type("UNSLOTH/")
    names = [each for each in one.members["id"].to_pylist() if "unsloth/" in each.lower()]
    assert told(tab)["lit"] == len(names)
    assert tab.value("document.getElementById('found').textContent").startswith(f"{len(names)} of 2,300")
    tab.press("Enter")
    amounts = dict(zip(*(one.members[name].to_pylist() for name in ("id", "downloads")), strict=True))
    first = max(names, key=lambda id: amounts[id] or 0)
    assert f"model={first}" in state(tab)
    assert "q=UNSLOTH/" in state(tab)
    near = told(tab)
    assert near["scale"] > whole["scale"]
    tab.press("Enter")
    assert f"model={first}" not in state(tab)
    again = show(family_canvas(one), tab.value("location.hash"))
    assert state(again) == state(tab)
    assert said(again) == said(tab)
    assert again.value("document.getElementById('find').value") == "UNSLOTH/"
    nobody = show(family_canvas(one), "#model=no%2Fsuch&q=%3Cimg%20src%3Dx%3E&colour=plaid")
    assert told(nobody)["lit"] == 0
    assert nobody.value("document.getElementById('found').textContent") == "no name has this in it"


def test_an_address_that_changes_is_followed(show: Show) -> None:
    tab = show(family_canvas(drawn()), "#model=ann%2Fmix")
    assert said(tab).startswith("ann/mix. ")
    tab.value("location.hash = 'model=bob%2Ftuned&size=downstream'; " + FRAME)
    assert said(tab).startswith("bob/tuned. ")
    assert tab.value("document.getElementById('size').value") == "downstream"


def test_files_to_keep(show: Show) -> None:
    tab = show(family_canvas(drawn()))
    caught = (
        "new Promise(done => { const make = URL.createObjectURL; URL.createObjectURL = blob => {"
        "const reader = new FileReader(); reader.onload = () => done(reader.result); reader.readAsDataURL(blob);"
        "return make(blob); }; document.getElementById('NAME').click(); })"
    )
    table = base64.b64decode(tab.value(caught.replace("NAME", "tsv")).split(",")[1]).decode()
    head, *lines = [line.split("\t") for line in table.splitlines()]
    assert head[:3] == ["id", "base", "relation"]
    found = {(line[0], line[1], line[5]) for line in lines}
    rows = listed(family_canvas(drawn()))
    assert found == {
        (each["id"], each["parent"] or "", "" if each["downloads"] is None else str(each["downloads"])) for each in rows
    }
    kind, _, picture = tab.value(caught.replace("NAME", "png")).partition(",")
    assert kind == "data:image/png;base64"
    assert base64.b64decode(picture)[:8] == b"\x89PNG\r\n\x1a\n"


@pytest.mark.parametrize("dark", [False, True])
def test_hostile_names_are_text(show: Show, dark: bool) -> None:
    tab = show(family_canvas(hostile()), dark=dark, width=420 if dark else 1280)
    tab.value("document.getElementById('map').focus()")
    tab.press("Enter", "ArrowUp", "ArrowUp", "ArrowUp")
    seen = set()
    for number in range(len(HOSTILE)):
        tab.value(f"map.keep({number})")
        seen.add(tab.value("document.getElementById('card').querySelector('b').textContent"))
        told(tab)
    assert len(seen) == len(HOSTILE)
    assert not set("".join(seen)) & set("\u202e\u200b\u0007\x1b\u2028\u2029\ufeff\u00ad\u3164")
    assert tab.value("document.querySelectorAll('#card img, #card svg, #card script').length") == 0
    tab.value("document.getElementById('find').focus()")
    tab.type("<img src=x onerror=alert(1)>")
    tab.press("Enter")
    assert "onerror" in said(tab)


@pytest.mark.soak
def test_twenty_thousand_open(show: Show) -> None:
    assert told(show(family_canvas(large(MOST, seed=3))))["models"] == MOST
