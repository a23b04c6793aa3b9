"""The family page at work, in a real browser: search, colour, size, filter, card, keys, address, files to keep.

What the page counts is counted a second time here, slowly, from the rows that the family was made of.
"""

import csv
import io
import json
from collections import Counter
from collections.abc import Iterator
from urllib.parse import parse_qs, quote
from xml.etree import ElementTree

import pytest

from lineage.views.family import family_page
from tests.browser import Browser, Tab
from tests.families import HOSTILE, Family, Row, drawn, family, hostile, large, row, star
from tests.test_browser import TRAP, need_browser

#: Instead of a download: what would be kept, by name.
KEEP = """
window.kept = {};
URL.createObjectURL = (blob) => { window.lastBlob = blob; return "about:blank#kept"; };
HTMLAnchorElement.prototype.click = function () {
  if (this.download) { window.kept[this.download] = window.lastBlob; return; }
  this.dispatchEvent(new MouseEvent("click", { bubbles: true, cancelable: true }));
};
"""


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    need_browser()
    with Browser() as running:
        yield running


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
    """What each sign is called."""
    return tab.value("[...document.querySelectorAll('svg .node')].map(node => node.querySelector('title').textContent)")


def focused(tab: Tab) -> str:
    return tab.value("document.activeElement.querySelector('title, .id')?.textContent ?? document.activeElement.id")


def legend(tab: Tab) -> dict[str, int]:
    lines = tab.value(
        "[...document.querySelectorAll('#key .switch')].map(b => [b.dataset.key, b.querySelector('.count').textContent])"
    )
    return {key: int(count.replace(",", "")) for key, count in lines}


# --- search ---


def test_search_counts_jumps_and_opens_the_path(show):
    one = large()
    tab = show(one)
    found = [id for id in one.members["id"].to_pylist() if "gguf" in id.lower()]
    tab.press("/")
    assert tab.value("document.activeElement.id") == "search"
    tab.type("GguF")
    assert text(tab, "#hits").startswith(f"{len(found):,} hits;")
    assert tab.value("document.querySelectorAll('svg .node.hit').length") > 0
    tab.press("Enter")
    first = rows(tab, ".current")
    assert len(first) == 1
    assert first[0] in found
    assert first[0] in text(tab, "#hits")
    tab.press("Enter")
    second = rows(tab, ".current")
    assert second != first
    assert tab.value("document.querySelectorAll('svg .node.current').length") == 1
    tab.call("Input.dispatchKeyEvent", type="keyDown", key="Enter", windowsVirtualKeyCode=13, modifiers=8)
    assert rows(tab, ".current") == first
    assert tab.value("document.activeElement.id") == "search"
    assert tab.value(
        "(box => box.top >= 0 && box.bottom <= innerHeight)"
        "(document.querySelector('#outline .current').getBoundingClientRect())"
    )
    assert state(tab)["q"] == ["GguF"]
    tab.press("Escape")
    assert tab.value("document.getElementById('search').value") == ""
    assert "q" not in state(tab)
    assert tab.value("document.querySelectorAll('.hit').length") == 0


def test_search_without_a_hit_says_so(show):
    tab = show(drawn())
    search(tab, "nothing like it")
    assert text(tab, "#hits") == "No hit."
    tab.press("Enter")
    assert rows(tab, ".current") == []


def test_what_is_switched_off_is_no_hit_but_counted(show):
    tab = show(drawn(), "#off=quantized")
    search(tab, "base-instruct")
    assert text(tab, "#hits").startswith("1 hit, 2 more switched off")


def test_search_in_a_family_that_is_not_all_listed_says_so(show):
    tab = show(star(15_100))
    assert "15,000 listed of 15,101" in text(tab, "#hits")
    assert "15,000 listed of 15,101 (TSV)" in text(tab, "#save-rows")


# --- legend and filter ---


def slow_counts(one: Family, by: str) -> dict[str, int]:
    """A model at a time."""
    counts: Counter[str] = Counter()
    for member in one.members.to_pylist():
        if member["stub"]:
            continue
        if by == "relation":
            counts["top" if member["id"] == one.model else member["relation"] or "unlabelled"] += 1
        elif by == "host":
            counts[member["kind"]] += 1
        else:
            counts[(member["licences"] or ["(unknown)"])[0]] += 1
    return dict(counts)


@pytest.mark.parametrize("by", ["relation", "host", "licence"])
def test_the_legend_beside_the_picture_adds_up(show, by):
    one = large()
    tab = show(one, f"#colour={by}")
    assert legend(tab) == slow_counts(one, by)
    assert sum(legend(tab).values()) == 2300
    assert tab.value("document.getElementById('colour').value") == by


def test_time_of_creation_in_order(show):
    one = large()
    tab = show(one, "#colour=created")
    months = Counter(
        f"{day.year}-Q{(day.month + 2) // 3}" for day in one.members["created_at"].to_pylist() if day is not None
    )
    assert legend(tab) == dict(months)
    assert list(legend(tab)) == sorted(months)


def test_a_line_of_the_legend_switches_its_models(show):
    one = large()
    tab = show(one)
    before = legend(tab)
    switch(tab, "quantized")
    left = 2300 - before["quantized"]
    assert f"{left:,} of 2,300 models shown." in text(tab, "#key")
    assert legend(tab) == before
    assert tab.value("document.querySelector('#key [data-key=quantized]').getAttribute('aria-pressed')") == "false"
    assert tab.value("document.activeElement === document.body || document.activeElement.dataset.key === 'quantized'")
    assert state(tab)["off"] == ["relation:quantized"]
    # badges of quantizations fade, and leave the outline
    faded = tab.value(
        "[...document.querySelectorAll('svg .node.leaves')].map(node =>"
        "[node.querySelector('.name').textContent, +node.getAttribute('opacity')])"
    )
    for name, opacity in faded:
        assert (opacity < 0.3) == ("quantization" in name), name
    kinds = tab.value(
        "[...document.querySelectorAll('#outline tbody tr:not(.off) td.relation')].map(c => c.textContent)"
    )
    assert "quantization" not in kinds
    assert len(kinds) > 10
    # switched off in a second cut too: both hold
    choose(tab, "colour", "licence")
    switch(tab, "other")
    both = sum(
        1
        for member in one.members.to_pylist()
        if member["relation"] != "quantized" and (member["licences"] or [""])[0] != "other"
    )
    assert f"{both:,} of 2,300 models shown." in text(tab, "#key")
    tab.value("document.querySelector('#key .state button').click()")
    assert "off" not in state(tab)
    assert "shown." not in text(tab, "#key")


def test_a_base_that_is_switched_off_stays_where_models_hang_on_it(show):
    tab = show(drawn(), "#off=finetune")
    assert rows(tab, ".off") == ["maker/base-instruct", "bob/tuned"]
    assert rows(tab)[0] == "maker/base"
    assert "ann/mix" in rows(tab)
    sizes = tab.value(
        "[...document.querySelectorAll('#outline tbody tr')].map(line => +line.getAttribute('aria-setsize'))"
    )
    assert sizes[0] == 1
    switch(tab, "adapter")
    assert "bob/tuned" not in rows(tab)
    lines = tab.value(
        "[...document.querySelectorAll('#outline tbody tr[aria-level=\"2\"]')].map(l => l.ariaPosInSet + '/' + l.ariaSetSize)"
    )
    assert lines == ["1/2", "2/2"]


def test_a_filter_is_exact_for_models_that_are_not_listed(show):
    one = star(15_700, 90)
    tab = show(one, "#off=adapter&off=host:intermediary")
    left = sum(
        1 for each in one.members.to_pylist() if each["relation"] != "adapter" and each["kind"] != "intermediary"
    )
    assert f"{left:,} of 15,701 models shown." in text(tab, "#key")
    # and so is the card of a badge
    tab.value(
        "[...document.querySelectorAll('svg .node.leaves')].find(n => /quantiz/.test(n.textContent))"
        ".dispatchEvent(new MouseEvent('click', {bubbles: true}))"
    )
    inside = [each for each in one.members.to_pylist() if each["relation"] == "quantized"]
    card = text(tab, "#card")
    assert f"{len(inside):,}" in card
    assert f"{sum(1 for each in inside if each['kind'] == 'intermediary'):,} models" in card
    best = sorted(inside, key=lambda each: (-each["downloads"], each["id"]))[:5]
    named = tab.value("[...document.querySelectorAll('#card .plain .jump')].map(each => each.textContent)")
    assert named == [each["id"] for each in best]


# --- colour and size ---


def test_colour_by_licence_and_its_pies(show):
    one = large()
    tab = show(one)
    choose(tab, "colour", "licence")
    assert state(tab)["colour"] == ["licence"]
    top = "document.querySelector('svg .node .sign')"
    assert tab.value(f"{top}.classList.contains('tint-' + 1)") == (
        max(slow_counts(one, "licence").items(), key=lambda item: (item[0] != "(unknown)", item[1]))[0] == "llama3.1"
    )
    letters = tab.value("[...document.querySelectorAll('svg .node.model .letter')].map(each => each.textContent)")
    assert set(letters) <= {"1", "2", "3", "?"}
    pies = tab.value("[...document.querySelectorAll('svg .node')].map(n => n.querySelectorAll('.slice').length)")
    kinds = tab.value("[...document.querySelectorAll('svg .node')].map(n => n.classList[1])")
    assert all(slices == 0 for slices, kind in zip(pies, kinds, strict=True) if kind == "model")
    assert max(pies) == 4
    # the outline is coloured alike
    assert tab.value("document.querySelector('#outline i.key').className").startswith("key tint-")
    choose(tab, "colour", "relation")
    assert "colour" not in state(tab)
    assert tab.value("document.querySelector('#outline i.key').className") == "key relation-top"


def test_what_a_snapshot_does_not_know_cannot_be_chosen(show):
    tab = show(star(5), "#colour=created")
    assert tab.value("document.querySelector('#colour [value=created]').disabled") is True
    assert tab.value("document.getElementById('colour').value") == "relation"


@pytest.mark.parametrize("size", ["downloads", "downstream", "children"])
def test_the_area_of_signs_goes_with_what_is_chosen(show, size):
    one = drawn()
    tab = show(one, f"#size={size}")
    column = {"downloads": "downloads", "downstream": "full", "children": "children"}[size]
    members = {each["id"]: each[column] or 0 for each in one.members.to_pylist()}
    most = max(members.values())
    boxes = tab.value(
        "[...document.querySelectorAll('svg .node.model')].map(n => [n.querySelector('title').textContent,"
        "(s => s.getBoundingClientRect().height / (s.tagName === 'polygon' ? 2.5 : 2))(n.querySelector('.sign'))])"
    )
    for id, radius in boxes:
        assert abs(radius - max(7.5, 26 * (members[id] / most) ** 0.5)) < 0.2, id
    amounts = tab.value("[...document.querySelectorAll('svg .amount')].map(each => each.textContent)")
    said = {"downloads": "9.0\u00a0k", "downstream": "12.6\u00a0k", "children": "3 made from it"}[size]
    assert amounts[1] == said
    choose(tab, "size", "downloads")
    assert "size" not in state(tab)


# --- the card ---


def test_the_card_of_a_merge_names_every_base(show):
    tab = show(drawn(), "#model=" + quote("ann/mix", safe=""))
    card = text(tab, "#card")
    for words in (
        "ann/mix", "Made from 3 models", "maker/base-instruct (merge, declared)", "bob/tuned (merge, declared)",
        "far/away (merge, declared; outside this family)", "mit, other", "70", "0.4\u00a0% of the family’s 17,980",
    ):  # fmt: skip
        assert words in card, words
    tab.value("[...document.querySelectorAll('#card .jump')].find(b => b.textContent === 'bob/tuned').click()")
    assert state(tab)["model"] == ["bob/tuned"]
    assert "maker/base (finetune, inferred from names)" in text(tab, "#card")
    tab.press("Escape")
    assert "model" not in state(tab)
    assert "Point at a sign" in text(tab, "#card")


def test_the_card_of_a_missing_base(show):
    one = family([Row("far/away", [], None, stub=True), row("ann/tuned", "far/away", "finetune", 5)])
    tab = show(one, "#model=ann/tuned")
    assert "far/away (finetune, declared; that model is not in the snapshot)" in text(tab, "#card")
    assert legend(tab) == {"finetune": 1}


def test_pointing_gives_the_short_card_and_does_not_keep_it(show):
    tab = show(drawn())
    x, y = tab.value(
        "(document.getElementById('stage').scrollIntoView({block: 'center'}),"
        "(box => [box.x + box.width / 2, box.y + box.height / 2])"
        "(document.querySelectorAll('svg .node')[1].querySelector('.sign').getBoundingClientRect()))"
    )
    tab.move(x, y)
    assert "maker/base-instruct" in text(tab, "#card")
    assert "Licence" not in text(tab, "#card")
    tab.move(2, 2)
    assert "maker/base-instruct" not in text(tab, "#card")


def test_on_a_wide_page_the_card_does_not_cover_the_picture(show):
    tab = show(large(), "#model=" + quote("meta-llama/Llama-3.1-8B"))
    apart = "document.getElementById('side').getBoundingClientRect().left - document.getElementById('stage').getBoundingClientRect().right"
    assert tab.value(apart) >= 0
    narrow = show(large(), "#model=" + quote("meta-llama/Llama-3.1-8B"), width=420)
    below = (
        "(document.getElementById('outline').scrollIntoView({block: 'end'}),"
        "document.getElementById('card').getBoundingClientRect().top"
        " - document.getElementById('stage').getBoundingClientRect().bottom)"
    )
    assert narrow.value(below) > 0
    assert narrow.value("document.documentElement.scrollWidth") <= 420


# --- keys ---


def test_the_picture_by_keyboard(show):
    tab = show(drawn())
    assert tab.value("document.querySelectorAll('#stage [tabindex=\"0\"], #stage[tabindex]').length") == 1
    tab.value("document.querySelector('svg [tabindex=\"0\"]').focus()")
    assert focused(tab) == "maker/base"
    tab.press("ArrowRight")
    assert focused(tab) == "maker/base-instruct"
    tab.press("ArrowDown")
    assert focused(tab) == "bob/tuned"
    assert "bob/tuned" in text(tab, "#card")
    tab.press("ArrowRight")
    assert focused(tab) == "bob/tuned-lora"
    tab.press("ArrowRight", "ArrowDown")
    assert focused(tab) == "bob/tuned-lora"
    tab.press("ArrowLeft", "ArrowUp", "Enter")
    assert focused(tab) == "maker/base-instruct"
    assert state(tab)["model"] == ["maker/base-instruct"]
    assert tab.value("document.querySelectorAll('svg .node[aria-selected=true]').length") == 1
    assert tab.value("document.querySelector('svg.picture').classList.contains('has-pin')") is True
    tab.press("End")
    assert focused(tab) == signs(tab)[-1]
    tab.press("Home", "Escape")
    assert focused(tab) == "maker/base"
    assert "model" not in state(tab)
    assert tab.value("document.querySelectorAll('#stage [tabindex=\"0\"]').length") == 1


def test_the_picture_is_a_tree_to_screen_readers(show):
    tab = show(drawn())
    nodes = tab.call("Accessibility.getFullAXTree")["nodes"]
    named = [
        (n["role"]["value"], n.get("name", {}).get("value", "")) for n in nodes if "role" in n and not n["ignored"]
    ]
    items = [name for role, name in named if role == "treeitem"]
    assert ("tree", "Family tree of maker/base") in named
    assert len(items) == 8
    assert any(name.startswith("quanto/base-instruct-GGUF, quantization, intermediary") for name in items)
    assert ("searchbox", "Search") in named
    assert ("combobox", "Colour by") in named


def test_a_merge_shows_its_other_bases_when_it_has_the_focus(show):
    tab = show(drawn())
    shown = "[...document.querySelectorAll('svg .further')].filter(p => getComputedStyle(p).display !== 'none').length"
    assert tab.value(shown) == 0
    tab.value("[...document.querySelectorAll('svg .node')].find(n => n.querySelector('.further')).focus()")
    assert tab.value(shown) == 1


# --- the address ---


def test_an_address_shows_the_same_again(show):
    one = large()
    tab = show(one)
    choose(tab, "colour", "licence")
    switch(tab, "apache-2.0")
    choose(tab, "size", "downstream")
    search(tab, "lora")
    tab.press("Enter")
    tab.value("document.querySelector('#outline .current').dispatchEvent(new MouseEvent('click', {bubbles: true}))")
    said = (
        "[location.hash, document.getElementById('key').innerText, document.getElementById('card').innerText, "
        "document.getElementById('search').value, [...document.querySelectorAll('#outline tr[aria-expanded=true] .id')].map(i => i.textContent).join(), "
        "[...document.querySelectorAll('svg .sign')].map(s => s.getAttribute('class') + s.getAttribute('transform')).join()]"
    )
    before = tab.value(said)
    assert set(state(tab)) == {"colour", "off", "size", "q", "model", "open"}
    again = show(one, before[0])
    assert again.value(said) == before
    # typed into an open page, and without any state
    again.value("location.hash = 'colour=host'")
    again.value("new Promise(done => setTimeout(done, 50))")
    assert again.value("document.getElementById('colour').value") == "host"
    assert "shown." not in text(again, "#key")
    assert "Point at a sign" in text(again, "#card")
    # a place on the page is no state
    again.value("location.hash = 'outline'")
    again.value("new Promise(done => setTimeout(done, 50))")
    assert again.value("document.getElementById('colour').value") == "host"


@pytest.mark.parametrize(
    "nonsense",
    [
        "#colour=toString&size=constructor&model=no/such&badge=x&off=__proto__&off=relation:nothing&open=a&open=b",
        "#model=maker%2Fbase&badge=merge", "#model=%00&off=:&off=&q=%E2%80%AE", "#=&==&%", "#open", "#colour=",
        "#model=" + quote(HOSTILE[1], safe="") + "&q=" + quote(HOSTILE[0], safe=""),
    ],
)  # fmt: skip
def test_nonsense_in_the_address_is_ignored(show, nonsense):
    tab = show(drawn(), nonsense)
    assert tab.value("document.getElementById('colour').value") == "relation"
    assert tab.value("document.getElementById('size').value") == "downloads"
    assert "shown." not in text(tab, "#key")
    assert "Point at a sign" in text(tab, "#card")
    assert rows(tab)[0] == "maker/base"


def test_the_outline_can_be_folded(show):
    tab = show(drawn())
    assert len(rows(tab)) == 8
    tab.value("document.getElementById('fold').click()")
    assert rows(tab) == ["maker/base", "maker/base-instruct", "bob/tuned", "carl/thing"]
    assert state(tab)["open"] == ["maker/base"]
    again = show(drawn(), "#open=")
    assert rows(again) == ["maker/base"]


def test_fit_to_width(show):
    tab = show(large())
    wide = "document.querySelector('svg.picture').getBoundingClientRect().width"
    before = tab.value(wide)
    tab.value("document.getElementById('fit').click()")
    assert tab.value("document.getElementById('fit').getAttribute('aria-pressed')") == "true"
    assert tab.value(wide) <= tab.value("document.getElementById('stage').clientWidth")
    tab.value("document.getElementById('fit').click()")
    assert tab.value(wide) == before


# --- files to keep ---


def kept(tab: Tab, name: str) -> str:
    return tab.value(f"window.kept[{json.dumps(name)}].text()")


def test_the_rows_to_keep_are_the_listed_ones(show):
    one = drawn()
    tab = show(one)
    tab.value("document.getElementById('save-rows').click()")
    found = list(csv.DictReader(io.StringIO(kept(tab, "family-base.tsv")), delimiter="\t"))
    members = {each["id"]: each for each in one.members.to_pylist()}
    assert [each["id"] for each in found] == rows(tab)
    for each in found:
        member = members[each["id"]]
        assert each["base"] == (member["parent"] or "")
        assert each["downloads"] == ("" if member["downloads"] is None else str(member["downloads"]))
        assert (int(each["with_derived"]), int(each["children"])) == (member["full"], member["children"])
        assert each["licence"] == ", ".join(member["licences"])
    assert {each["id"]: each["known"] for each in found}["bob/tuned"] == "inferred"


def test_the_rows_of_a_hostile_family_are_cells(show):
    tab = show(hostile())
    tab.value("document.getElementById('save-rows').click()")
    name = tab.value("Object.keys(window.kept)[0]")
    lines = kept(tab, name).split("\n")
    assert len(lines) == len(HOSTILE) + 2
    assert {line.count("\t") for line in lines[:-1]} == {15}
    assert set(name) <= set("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789._-")


@pytest.mark.parametrize("one", [large, hostile])
def test_the_picture_to_keep_stands_alone(show, one):
    tab = show(one(), "#colour=licence")
    before = tab.value("document.querySelector('svg.picture').outerHTML")
    tab.value("document.getElementById('save-picture').click()")
    assert tab.value("document.querySelector('svg.picture').outerHTML") == before
    name = tab.value("Object.keys(window.kept)[0]")
    picture = kept(tab, name)
    root = ElementTree.fromstring(picture)
    assert root.tag == "{http://www.w3.org/2000/svg}svg"
    assert {each.tag.split("}")[1] for each in root.iter()} <= {
        "svg", "title", "g", "path", "circle", "polygon", "rect", "text", "tspan"
    }  # fmt: skip
    words = "".join(root.itertext())
    for said in (
        "Snapshot: ",
        "Made with lineage.",
        "Under which licence",
        "(unknown)" if one is large else "(others)",
    ):
        assert said in words
    assert "var(" not in picture
    alone = show(picture.replace("<svg", "<!doctype html><svg", 1))
    assert alone.value("document.querySelectorAll('svg .sign, svg circle').length") > 5


def test_the_largest_signs_do_not_reach_into_others(show):
    """Whatever signs stand for, none covers another's."""
    tab = show(large())
    for size in ("downloads", "downstream", "children"):
        choose(tab, "size", size)
        boxes = tab.value(
            "[...document.querySelectorAll('svg .node')].map(n => (b => [b.left, b.top, b.right, b.bottom])"
            "([...n.querySelectorAll('.sign:not(.behind)')].at(-1).getBoundingClientRect()))"
        )
        for place, one in enumerate(boxes):
            for other in boxes[place + 1 :]:
                assert one[2] <= other[0] or other[2] <= one[0] or one[3] <= other[1] + 1 or other[3] <= one[1] + 1


# --- print, size ---


def test_print_holds_picture_and_card_and_no_controls(show):
    tab = show(drawn(), "#model=bob/tuned&off=adapter")
    tab.call("Emulation.setEmulatedMedia", media="print")
    assert tab.value("document.getElementById('controls').getClientRects().length") == 0
    assert tab.value("document.querySelector('#card .close').getClientRects().length") == 0
    assert "bob/tuned" in text(tab, "#card")
    assert "7 of 8 models shown." in text(tab, "#key")
    tab.call("Emulation.setEmulatedMedia", media="")
    tab.press("Escape")


def test_without_scripts_no_control_shows(browser, tmp_path):
    path = tmp_path / "page.html"
    path.write_text(family_page(drawn()), "utf-8")
    tab = browser.open(path, scripts=False)
    shown = tab.text()
    assert "How they were made" in shown
    assert "Colour by" not in shown
    assert "Legend and details" not in shown
    tab.close()


@pytest.mark.parametrize("dark", [False, True], ids=["light", "dark"])
@pytest.mark.parametrize("width", [1280, 420])
def test_every_state_can_be_read(show, width, dark):
    from tests.test_browser import CONTRAST

    tab = show(large(), "#colour=created&off=relation:merge&q=lora&size=children", width=width, dark=dark)
    tab.press("Tab")
    assert tab.value("document.documentElement.scrollWidth") <= width
    assert tab.value(CONTRAST) == []
