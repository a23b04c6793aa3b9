"""The family page at work, in a real browser: card, keys, address, files to keep, print."""

import csv
import io
from urllib.parse import quote
from xml.etree import ElementTree

import pytest

from lineage.views.families.family import family_page
from tests.families import HOSTILE, Row, drawn, family, hostile, large, row
from tests.family_tab import choose, focused, kept, legend, rows, search, show, signs, state, switch, text

__all__ = ["show"]


# --- the card ---


def test_the_card_of_a_merge_names_every_base(show):
    tab = show(drawn(), "#model=" + quote("ann/mix", safe=""))
    card = text(tab, "#card")
    for words in (
        "ann/mix", "Made from 3 models", "maker/base-instruct (merge, declared)", "bob/tuned (merge, declared)",
        "far/away (merge, declared; outside this family)", "mit, other", "70", "0.4\u00a0% of the family’s 17,980 downloads",
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
        "Made with lineage ",
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
