"""Nothing is dropped and nothing is another number: the family page, read back, is what the commands say.

Fifty families of the sample and twenty random ones, with merges and cycles: what is drawn by name, and what its badges
hold, is the family; legends add up to it; the figures are those of `lineage rollup --format json`.
"""

import json
import re
from collections import Counter
from html.parser import HTMLParser
from typing import Any

import pytest
from click.testing import CliRunner
from hypothesis import given, settings
from hypothesis import strategies as st

from lineage.commands.main import main
from lineage.session import Session
from lineage.views import wording
from lineage.views.families.family import family_page
from tests.families import families
from tests.test_page import listed
from tests.test_particulars import page_data

RELATIONS = {"Finetunes": "finetune", "Adapters": "adapter", "Quantizations": "quantized", "Merges": "merge"}


class Seen(HTMLParser):
    """The page's main figures, and the rows of each table of a legend by its caption."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.figures: list[str] = []
        self.tables: dict[str, list[list[str]]] = {}
        self._within: list[str] = []
        self._figures = False
        self._rows: list[list[str]] = []
        self.feed(text)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self._within.append(tag)
        self._figures = self._figures or ("class", "figures") in attrs
        if tag == "tr":
            self._rows.append([])
        if tag in ("td", "th") and self._rows:
            self._rows[-1].append("")

    def handle_endtag(self, tag: str) -> None:
        while self._within and self._within.pop() != tag:
            pass
        self._figures = self._figures and tag != "section"

    def handle_data(self, data: str) -> None:
        inside = self._within[-1] if self._within else ""
        if self._figures and inside == "b":
            self.figures.append(data)
        if inside == "caption":
            self.tables[data] = self._rows = []
        elif {"td", "th"} & set(self._within) and inside not in ("small", "i") and self._rows and self._rows[-1]:
            self._rows[-1][-1] += data.strip()


def number(text: str) -> int:
    return int(text.replace(",", ""))


def check(text: str, members: list[dict[str, Any]]) -> Seen:
    """The laws of a page of the family with these members."""
    data, seen = page_data(text), Seen(text)
    models = [member for member in members if not member["stub"]]
    downloads = sum(member["downloads"] or 0 for member in models)
    # Every sign: kind, row, relation, parent, models, downloads, …
    assert sum(sign[4] for sign in data["drawn"]) == len(members) == data["rows_all"]
    assert sum(sign[5] for sign in data["drawn"]) == downloads
    assert data["total"] == [len(models), downloads]
    assert len(re.findall(r'<g class="node ', text)) == (len(data["drawn"]) if len(members) > 1 else 0)
    rest = [sum(each[place] for each in data["rest"].values()) for place in (0, 1)]
    rows = listed(text)
    assert len(rows) + rest[0] == len(members)
    assert sum(own or 0 for own in data["own"]) + rest[1] == downloads
    if not rest[0]:
        assert {row["id"] for row in rows} == {member["id"] for member in members}
    for caption in ("How they were made", "Who hosts them"):
        lines = [[number(cell) for cell in row[1:3]] for row in seen.tables[caption][1:]]
        assert [sum(column) for column in zip(*lines[:-1], strict=True)] == lines[-1] == [len(models), downloads]
    return seen


@pytest.fixture(scope="module")
def largest(sample: Session) -> list[dict[str, Any]]:
    """What the command says of the fifty roots with the most derived from them."""
    done = CliRunner().invoke(
        main,
        ["rollup", "--sort", "descendants", "--limit", "50", "--snapshot", str(sample.snapshot.folder),
         "--format", "json"],
    )  # fmt: skip
    assert done.exit_code == 0, done.output
    rows: list[dict[str, Any]] = json.loads(done.stdout)["rows"]
    assert len(rows) == 50
    assert rows[-1]["descendants"] >= 3
    return rows


@pytest.mark.parametrize("nodes", [12, 60])
def test_fifty_families_are_whole_and_say_what_the_command_says(
    sample: Session, largest: list[dict[str, Any]], nodes: int
) -> None:
    drawn = Counter[bool]()
    for said in largest:
        family = sample.family_of(said["id"])
        text = family_page(family, nodes=nodes)
        seen = check(text, family.members.to_pylist())
        drawn[any(sign[0] != "model" for sign in page_data(text)["drawn"])] += 1
        told = [None if said["stub"] else said["own"], said["full"], said["descendants"]]
        assert [wording.exact(each) for each in told] == seen.figures[:3], said["id"]
        for row in seen.tables["How they were made"][1:]:
            if row[0] in RELATIONS:
                relation = RELATIONS[row[0]]
                expected = [said[f"count_{relation}"], said[f"downloads_{relation}"]]
                assert [number(cell) for cell in row[1:3]] == expected, (said["id"], row)
    assert drawn[True] >= (20 if nodes == 12 else 1), "else nothing was folded"


@settings(max_examples=20, deadline=None)
@given(families(), st.sampled_from([5, 12, 60]))
def test_random_families_are_whole(one: Any, nodes: int) -> None:
    check(family_page(one, nodes=nodes), one.members.to_pylist())
