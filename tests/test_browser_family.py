"""The family page at work, in a real browser: search, legend and filter, colour, size.

What the page counts is counted a second time here, slowly, from the rows that the family was made of.
"""

import json
import re
from collections import Counter

import pytest

from lineage.views import wording
from lineage.views.families.family import family_page
from tests.families import Family, drawn, large, star
from tests.family_tab import choose, legend, rows, search, show, state, switch, text

__all__ = ["show"]


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
    assert "Save table (TSV), 15,000 of 15,101 models" in text(tab, "#save-rows")


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
        "[...document.querySelectorAll('svg .node.model')].map(n => [n.querySelector('title').textContent.split(', ')[0],"
        "(s => s.getBoundingClientRect().height / (s.tagName === 'polygon' ? 2.5 : 2))(n.querySelector('.sign'))])"
    )
    for id, radius in boxes:
        assert abs(radius - max(7.5, 26 * (members[id] / most) ** 0.5)) < 0.2, id
    amounts = tab.value("[...document.querySelectorAll('svg .amount')].map(each => each.textContent)")
    said = {"downloads": "9.0\u00a0k", "downstream": "12.6\u00a0k", "children": "3 made from it"}[size]
    assert amounts[1] == said
    choose(tab, "size", "downloads")
    assert "size" not in state(tab)


def test_shares_and_short_numbers_read_as_elsewhere(show):
    """The page writes numbers as Python does."""
    one = large()
    page = family_page(one)
    tab = show(page)
    written = re.findall(r'<tspan class="amount">([^<]*)</tspan>', page)
    assert tab.value("[...document.querySelectorAll('svg .amount')].map(each => each.textContent)") == written
    pairs = [
        (0, 0),
        (0, 9),
        (1, 3),
        (1, 2000),
        (1, 1999),
        (1999, 2000),
        (3999, 4000),
        (5, 5),
        (10**12 + 1, 3 * 10**12),
        (1, 10**12),
    ]
    found = tab.value(f"{json.dumps(pairs)}.map(pair => lineage.family.share(...pair))")
    assert found == [wording.share(*pair) for pair in pairs]


def test_a_model_alone_has_nothing_to_look_around_in(show):
    tab = show(star(0), "#model=maker%2Fbase&colour=licence")
    assert tab.value("document.querySelectorAll('#controls, #side, svg.picture').length") == 0
    assert rows(tab) == ["maker/base"]
    tab.value("document.querySelector('#outline tbody tr').focus()")
    tab.press("Enter", "/", "Escape")
