"""What the card knows of bases and signs, read back from the page, is what the family says: drawn, random and real ones."""

import json
import re
from collections import defaultdict
from dataclasses import replace
from typing import Any

import pyarrow as pa
import pytest
from hypothesis import given, settings

from lineage.session import Session
from lineage.views.families import draw, outline, particulars
from lineage.views.families.family import family_page, family_picture
from lineage.views.families.particulars import KNOWN
from lineage.views.pictures import palette
from tests.families import cyclic, drawn, families, family, large
from tests.families import row as model
from tests.test_page import listed


def page_data(text: str) -> dict[str, Any]:
    return json.loads(re.search(r'<script type="application/json" id="data">(.*?)</script>', text, re.DOTALL)[1])


def bases_read(text: str) -> dict[str, set[tuple[str, str, str]]]:
    """By model all its bases, the relation and how it is known, as `card.js` reads them."""
    data, rows = page_data(text), listed(text)
    stubs = {rows[int(row)]["id"] for row in data["stub"]}
    found = {}
    for place, row in enumerate(rows):
        first, *others = data["further"].get(str(place), [int(data["relation"][place])])
        mine = set()
        if row["parent"] and first >= 0:
            known = data["known"].get(str(place)) or ("dangling" if row["parent"] in stubs else "declared")
            mine.add((row["parent"], data["relations"][first][0], known))
        for base, relation, known in zip(others[::3], others[1::3], others[2::3], strict=True):
            name = rows[base]["id"] if isinstance(base, int) else base
            mine.add((name, data["relations"][relation][0], data["sure"][known]))
        found[row["id"]] = mine
    return found


def bases_slow(one: Any) -> dict[str, set[tuple[str, str, str]]]:
    """The same from the links, one at a time."""
    found = defaultdict(set)
    for link in one.links.to_pylist():
        known = link["basis"] if link["basis"] != "declared" else "dangling" if link["dangling"] else "declared"
        relation = link["relation"] if link["relation"] in palette.RELATIONS else "unlabelled"
        found[link["child"]].add((link["base"], relation, known))
    return {id: found[id] for id in one.members["id"].to_pylist()}


@settings(max_examples=60, deadline=None)
@given(families())
def test_every_base_can_be_read_back(one):
    assert bases_read(family_page(one)) == bases_slow(one)


@pytest.mark.parametrize("one", [drawn(), cyclic(), large(500)], ids=["drawn", "cyclic", "large"])
def test_every_base_of_drawn_families(one):
    assert bases_read(family_page(one)) == bases_slow(one)


@pytest.mark.parametrize("basis", ["declared", "inferred"])
def test_real_families(sample: Session, basis: str) -> None:
    """The twelve largest of the sample: bases, children, and signs that add up."""
    models = sample.models.sort_values(["descendants", "id"], ascending=[False, True])
    stubs = set(models.id[models.stub])
    for id in models.id.tolist()[:12]:
        one = sample.family_of(id, basis=basis)
        assert {link["base"] for link in one.links.to_pylist() if link["dangling"]} <= stubs
        text = family_page(one)
        assert bases_read(text) == bases_slow(one)
        data, rows = page_data(text), listed(text)
        members = {each["id"]: each for each in one.members.to_pylist()}
        for place, row in enumerate(rows):
            children = data["children"].get(str(place), data["derived"].get(str(place), 0))
            assert children == (members[row["id"]]["children"] or 0)
        assert sum(sign[4] for sign in data["drawn"]) == len(members)
        assert sum(sign[5] for sign in data["drawn"]) == data["total"][1]
        assert sum(sign[7] for sign in data["drawn"]) == sum(each["children"] or 0 for each in members.values())
        for cut in data["cuts"]:
            assert [sum(key[5] for key in cut["keys"]), sum(key[6] for key in cut["keys"])] == data["total"]
        assert data["sure"] == list(KNOWN)


def test_a_badge_whose_largest_stand_at_the_end_of_a_long_chain_says_that_it_names_others(monkeypatch):
    """They can be listed only with all that they hang on: of a chain of 50,000 that would be five megabytes."""
    names = [f"maker/step-{place:03}" for place in range(400)]
    one = family([model(name, names[at - 1] if at else None, downloads=at) for at, name in enumerate(names)])
    assert "short" not in page_data(family_page(one))
    monkeypatch.setattr(particulars, "ROOM", 100)
    monkeypatch.setattr(outline, "LISTED", 120)
    text = family_page(one)
    data = page_data(text)
    assert data["short"] and all(data["drawn"][place][0] != "model" for place in data["short"])
    assert len(listed(text)) <= 220 < data["rows_all"]
    assert "Of most downloads among those listed" in text


def test_of_a_merge_of_very_many_the_rest_is_counted(monkeypatch):
    names = [f"maker/base-{place:03}" for place in range(30)]
    rows = [model("maker/top"), *(model(name, "maker/top") for name in names)]
    one = family([*rows, model("maker/merged", names[0], "merge")], model="maker/top")
    more = {"child": "maker/merged", "relation": "merge", "evidence": "tag", "basis": "declared"}
    links = [
        *one.links.to_pylist(),
        *({**one.links.to_pylist()[0], **more, "base": name, "first": False} for name in names[1:]),
    ]
    one = replace(one, links=pa.Table.from_pylist(links, one.links.schema))
    assert "unsaid" not in page_data(family_page(one))
    monkeypatch.setattr(particulars, "TOLD", 10)
    data = page_data(family_page(one))
    (row,) = data["unsaid"]
    assert len(data["further"][row]) == 1 + 3 * 10 and data["unsaid"][row] == 29 - 10


def test_when_it_is_pointed_at_forty_further_bases_are_named_and_the_rest_counted():
    assert draw.TOLD == 40
    names = [f"maker/base-{place:03}" for place in range(60)]
    one = family(
        [model("maker/top"), *(model(name, "maker/top") for name in names), model("maker/x", names[0], "merge")]
    )
    link = one.links.to_pylist()[-1]
    links = [
        *one.links.to_pylist(),
        *({**link, "child": "maker/x", "base": name, "first": False} for name in names[1:]),
    ]
    picture = family_picture(replace(one, links=pa.Table.from_pylist(links, one.links.schema)), nodes=500)
    (node,) = (node for node in picture.nodes if node.id == "maker/x")
    said = next(fact.value for fact in node.facts if fact.name == "Further bases")
    assert said.endswith(" and 19 more") and said.count("maker/base-") == 40
