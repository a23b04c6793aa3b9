"""The family page as text: the same bytes, the whole family, nothing that runs or loads."""

import base64
import hashlib
import json
import re
from html.parser import HTMLParser
from importlib import resources
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from lineage.views import wording
from lineage.views.families import outline
from lineage.views.families.family import BYTES, SCRIPTS, STYLES, family_page
from lineage.views.families.tree import plant
from lineage.views.page import embed, part
from lineage.views.pictures import palette
from lineage.views.template import fill
from tests.families import (
    HOSTILE,
    Row,
    chain,
    cyclic,
    drawn,
    families,
    family,
    hostile,
    large,
    row,
    shuffled,
    star,
)

#: Every file of markup, style and script there is.
FILES = sorted(each.name for each in resources.files("lineage.views").joinpath("parts").iterdir())


class Page(HTMLParser):
    """What a browser makes of a page: elements with attributes, and the text of each kind."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.elements: list[tuple[str, dict[str, str | None]]] = []
        self.texts: dict[str, list[str]] = {}
        self._open: list[str] = []
        self.feed(text)
        self.close()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.elements.append((tag, dict(attrs)))
        self._open.append(tag)

    def handle_endtag(self, tag: str) -> None:
        while self._open and self._open.pop() != tag:
            pass

    def handle_data(self, data: str) -> None:
        self.texts.setdefault(self._open[-1] if self._open else "", []).append(data)

    def all(self, tag: str) -> list[dict[str, str | None]]:
        return [attributes for name, attributes in self.elements if name == tag]

    @property
    def data(self) -> dict[str, Any]:
        return json.loads(self.texts["script"][0])


def listed(text: str) -> list[dict[str, Any]]:
    """The rows that the outline lists, read back the way `outline.js` does."""
    data = Page(text).data
    rows, path, before = [], [], ""
    for place, deep in enumerate(data["depth"]):
        units = before.encode("utf-16-le")[: 2 * data["same"][place]]
        before = units.decode("utf-16-le") + data["name"][place]
        account = data["accounts"][data["account"][place]]
        id = f"{account}/{before}" if account else before
        del path[deep:]
        own = data["own"][place]
        rows.append(
            {
                "id": id,
                "parent": path[-1] if path else None,
                "relation": data["relations"][int(data["relation"][place])][0],
                "kind": data["kinds"][int(data["kind"][place])],
                "downloads": own,
                "full": data["full"].get(str(place), own),
                "descendants": data["derived"].get(str(place), 0),
                "bases": data["bases"].get(str(place)),
                "rest": data["rest"].get(str(place)),
            }
        )
        path.append(id)
    return rows


@settings(max_examples=40, deadline=None)
@given(families(), st.integers(0, 9))
def test_the_same_family_is_the_same_bytes(one, seed):
    text = family_page(one)
    assert text == family_page(one)
    assert text == family_page(shuffled(one, seed))


@settings(max_examples=40, deadline=None)
@given(families())
def test_numbers_read_back_are_the_family(one):
    rows = {each["id"]: each for each in listed(family_page(one))}
    members = {each["id"]: each for each in one.members.to_pylist()}
    assert rows.keys() == members.keys()
    tree = plant(one)
    for place, id in enumerate(tree.columns["id"]):
        mine, theirs = rows[id], members[id]
        for name in ("downloads", "full", "descendants", "kind"):
            assert mine[name] == theirs[name], (name, id)
        assert mine["parent"] == (tree.columns["id"][tree.parent[place]] if place else None)
        assert mine["bases"] == (theirs["bases"] if theirs["bases"] > 1 else None)


def test_facts_come_first():
    text = family_page(drawn())
    seen = Page(text)
    assert "maker/base" in "".join(seen.texts["title"])
    head = text[: text.index("<svg")]
    for fact in ("2024-09-20", "hf_models.csv.gz", "8 models, 9 links, 1 of them to bases outside", "last 30 days"):
        assert fact in head
    assert "all 8, nothing dropped" in head
    assert "7 models stand on maker/base" in head
    for number in ("5,000", "17,980", "Maker Inc.", "27.8\u00a0%", "19.5\u00a0%"):
        assert number in head
    assert "3 bases" in text
    assert "base inferred" not in text.split("<script>")[0]  # said by a sign in the picture, by a word in the outline
    assert "Dashed:" in text
    assert "Dotted:" not in text


def test_the_top_line_says_what_is_drawn():
    text = family_page(large())
    brief = re.search(r"(\d+) of 2,300 by name, the rest in (\d+) badges, nothing dropped", text.split("<main>")[0])
    long = re.search(r"Drawn by name: (\d+) of 2,300 models .* folded into (\d+) badges; nothing dropped", text)
    assert brief is not None
    assert long is not None
    assert brief.groups() == long.groups()
    assert text.count('<g class="node model"') == int(brief[1])
    assert text.count('<g class="node ') == int(brief[1]) + int(brief[2])


def test_a_base_that_is_not_in_the_snapshot_looks_different():
    text = family_page(family([Row("far/away", [], None, stub=True), row("ann/tuned", "far/away", "finetune", 5)]))
    assert 'class="sign relation-top stub"' in text
    assert 'stroke-dasharray="1.5 4"' in text
    assert "Dotted: the base is named but is not in the snapshot." in text
    head, _, rest = text.partition("<main>")
    assert "not in the snapshot" in head
    assert "1 model stands on far/away. Of the family’s 5 downloads" in head
    assert "1 model, 1 link" in head  # a base that is not in the snapshot is drawn, but no model is counted for it
    assert "all 1 model, and the base that is not in the snapshot; nothing dropped" in rest.lower()
    assert rest.count("<td>1</td><td>5</td>") == 4


@pytest.mark.parametrize("one", [drawn(), large(), star(40, 9), cyclic()], ids=["drawn", "large", "star", "cyclic"])
def test_legends_add_up(one):
    tables = family_page(one).split("<script>")[0].split('<table class="legend')[1:]
    # licence and time of creation have a table where something is known of them
    known = [any(one.members["licences"].to_pylist()), one.members["created_at"].null_count < one.members.num_rows]
    assert len(tables) == 2 + sum(known)
    for table in tables:
        cells = [
            [int(text.replace(",", "")) for text in re.findall(r"<td>([\d,]+)</td>", line)]
            for line in table.split("</table>")[0].split("<tr>")[2:]
        ]
        *lines, total = [line for line in cells if line]
        assert [sum(column) for column in zip(*lines, strict=True)] == total
        assert total == [one.members.num_rows, sum(one.members["downloads"].drop_null().to_pylist())]


def test_fifteen_thousand_are_all_listed_in_one_megabyte():
    one = large(15_000, seed=3)
    text = family_page(one)
    assert len(text.encode()) <= BYTES
    assert len(listed(text)) == 15_000
    assert "All 15,000 models of the family." in text


def test_of_larger_families_the_rest_is_counted():
    one = star(16_000, 100_000)
    text = family_page(one)
    rows = listed(text)
    assert len(rows) == outline.LISTED
    counted = [each["rest"] for each in rows if each["rest"]]
    assert sum(models for models, _ in counted) + len(rows) == 16_001
    known = sum(each["downloads"] or 0 for each in rows)
    assert sum(amount for _, amount in counted) + known == sum(one.members["downloads"].to_pylist())
    assert max(one.members["downloads"].to_pylist()) == max(each["downloads"] for each in rows)
    assert "the other 1,001 are counted under their bases" in text


def test_long_names_list_fewer_and_never_weigh_more():
    one = family([row("maker/base", None, None, 9)] + [row(f"a/{i:05d}" + "é" * 700, "maker/base") for i in range(900)])
    text = family_page(one)
    assert len(text.encode()) <= BYTES
    rows = listed(text)
    assert 100 < len(rows) < 900
    assert len(rows) + sum(each["rest"][0] for each in rows if each["rest"]) == 901


def test_every_rows_sign_has_its_place_in_a_shortened_outline():
    text = family_page(large(15_400))
    rows = listed(text)
    assert len(rows) == outline.LISTED
    for number, title in re.findall(r'<g class="node model" data-row="(\d+)"><title>([^\n<]*)', text):
        assert rows[int(number)]["id"] == title


def test_ten_thousand_steps():
    rows = listed(family_page(chain(10_000)))
    assert rows[-1]["parent"] == rows[-2]["id"]


def test_a_model_alone():
    text = family_page(star(0))
    assert "No model in this snapshot is derived from maker/base." in text
    assert "<h2>The picture</h2>" not in text


def test_the_page_loads_nothing_and_runs_only_its_own():
    for one in (drawn(), hostile()):
        text = family_page(one)
        seen = Page(text)
        policy = seen.all("meta")[1]["content"] or ""
        assert policy.startswith("default-src 'none'; ")
        assert "unsafe" not in policy
        scripts = seen.all("script")
        assert scripts[0] == {"type": "application/json", "id": "data"}
        assert scripts[1:] == [{}] * len(SCRIPTS)
        for rule, names in (("script-src", SCRIPTS), ("style-src", STYLES)):
            bodies = [part(name) for name in names]
            digests = [base64.b64encode(hashlib.sha256(body.encode()).digest()).decode() for body in bodies]
            allowed = " ".join(f"'sha256-{digest}'" for digest in digests)
            assert f"{rule} {allowed};" in policy
            assert all(body in text for body in bodies)
        for tag, attributes in seen.elements:
            assert "src" not in attributes
            assert "style" not in attributes
            assert not [name for name in attributes if name.startswith("on")]
            if "href" in attributes:
                href = attributes["href"] or ""
                assert href == "#outline" or re.fullmatch(r"https://huggingface\.co/[\w./-]+", href)
                assert href == "#outline" or attributes["rel"] == "noopener noreferrer", tag
        assert {tag for tag, _ in seen.elements} & {"iframe", "img", "link", "object", "embed", "base", "form"} == set()


def test_the_style_asks_for_nothing():
    assert len(FILES) > 5
    for name in FILES:
        if name.endswith(".css"):
            assert "url(" not in part(name)
            assert "@import" not in part(name)


def test_the_script_sets_text_only():
    for word in (
        "innerHTML",
        "outerHTML",
        "insertAdjacent",
        "document.write",
        "eval(",
        "Function(",
        "fetch(",
        "import(",
    ):
        assert [name for name in FILES if name.endswith(".js") and word in part(name)] == []


def test_hostile_names_are_text():
    text = family_page(hostile())
    seen = Page(text)
    assert text.count("<script") == text.count("</script") == 1 + len(SCRIPTS)
    assert set(HOSTILE) <= {each["id"] for each in listed(text)}  # the raw ids stay in the data
    written = text.replace(seen.texts["script"][0], "")
    for script in SCRIPTS:
        written = written.replace(part(script), "")
    assert "\ufffd" in written
    assert not set(written) & set("\u202e\u200b\u0007\x1b\u2028\u2029\ufeff\u00ad\u3164\U000e0041")
    assert "{{7*7}}" in written  # template marks in a name are a name
    assert text.isascii() or json.dumps(seen.data).isascii()


@given(st.dictionaries(st.text(), st.text() | st.lists(st.text() | st.none())))
@settings(max_examples=60)
def test_embedded_data_is_the_data_and_cannot_leave(data):
    text = embed(data)
    assert json.loads(text) == data
    assert not set(text) & set("<>&\u2028\u2029")
    assert text.isascii()


def test_templates():
    assert fill("a {{x}} {{{x}}}", {"x": "<b>"}) == "a &lt;b&gt; <b>"
    assert fill("{{#rows}}[{{x}}{{y}}]{{/rows}}", {"y": 1, "rows": [{"x": "{{y}}"}, {"x": "&"}]}) == "[{{y}}1][&amp;1]"
    assert fill("{{#yes}}1{{/yes}}{{#no}}2{{/no}}", {"yes": True, "no": []}) == "1"
    with pytest.raises(KeyError):
        fill("{{missing}}", {})


@pytest.mark.parametrize(
    ("number", "text"),
    [(None, "–"), (0, "0"), (999, "999"), (1_050, "1.1 k"), (99_950, "100 k"), (999_499, "999 k"), (999_500, "1.0 M"),
     (2_162_879, "2.2 M"), (10**9, "1.0 B"), (5 * 10**15, "5,000 T")],
)  # fmt: skip
def test_short_numbers(number, text):
    assert wording.short(number) == text.replace(" ", "\u00a0")


def test_shares():
    assert [
        wording.share(*pair)
        for pair in ((1, 3), (0, 9), (1, 10**6), (5, 5), (1, 0), (1, 2000), (1999, 2000), (2000, 2001))
    ] == [
        each.replace(" ", "\u00a0")
        for each in ("33.3 %", "0.0 %", "< 0.1 %", "100.0 %", "–", "0.1 %", "> 99.9 %", "> 99.9 %")
    ]


def test_only_names_that_the_hub_allows_become_links():
    assert wording.address("meta-llama/Llama-3.1-8B") == "https://huggingface.co/meta-llama/Llama-3.1-8B"
    assert wording.address("gpt2") == "https://huggingface.co/gpt2"
    for text in (*HOSTILE, "a/b/c", "../x", "a/../b", "a b/c", "é/x", "", "/x", "a/"):
        assert wording.address(text) is None


def test_every_relation_has_a_letter_and_a_colour_of_its_own():
    looks = [look for key, look in palette.RELATIONS.items() if key]
    assert len({look.letter for look in looks}) == len({look.colour for look in looks}) == len(looks) == 7
    style = (part("page.css") + part("picture.css")).lower()
    for key, look in palette.RELATIONS.items():
        assert look.colour in style
        assert f".relation-{key or 'top'} " in style
