"""What pages weigh where every name is as long as a forger likes: never more than they may, and they say what was cut."""

import json
import re
from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st

from lineage.answers.ancestors import Ancestors
from lineage.answers.family import Family
from lineage.session import Session
from lineage.views import budget
from lineage.views.ancestors import ancestors_page
from lineage.views.budget import BYTES, LENGTHS, REPORT_BYTES, shortened
from lineage.views.families.canvas import family_canvas
from lineage.views.families.family import family_page
from lineage.views.publisher import publisher_page
from tests import hostile_snapshot
from tests.families import Row, drawn, family, star
from tests.pedigrees import tower
from tests.test_page import Page

CUT = "are shown by their beginning and their end"


def long_family(count: int, signs: int) -> Family:
    """A family in which every text of every model is long, differs in the middle, and is spelled with two bytes."""
    rows = [Row("maker/base", [], 9)]
    for place in range(count):
        text = "é" * (signs // 2) + f"{place:05d}" + "é" * (signs // 2)
        base = rows[(place - 1) // 3].id if place else "maker/base"
        rows.append(Row(f"{text[: signs // 4]}/{text}", [(base, "finetune", "tag")], place, [text], text, text))
    return family(rows)


def long_tower() -> Ancestors:
    found = tower(12, 30)
    ids = [f"acc{n}/" + "é" * 4_000 + f"{n}x" for n in range(found.members.num_rows)]
    table = found.members.set_column(0, "id", pa.array(ids))
    return replace(found, model=ids[0], members=table, rejected=[("z" * 9_000, "too long")])


@pytest.mark.parametrize("nodes", [60, 500])
def test_a_family_page(nodes: int):
    text = family_page(long_family(520, 1_200), nodes=nodes)
    assert len(text.encode()) <= BYTES
    assert CUT in text or "are counted under their bases" in text  # fewer are listed first
    assert CUT in text or nodes == 60


def test_every_model_on_a_canvas():
    text = family_canvas(long_family(1_500, 900))
    assert len(text.encode()) <= BYTES
    assert CUT in text
    assert "Drawn: all 1,501 models" in text


def test_ancestors():
    text = ancestors_page(long_tower())
    assert len(text.encode()) <= BYTES
    assert CUT in text


@pytest.fixture(scope="module")
def forged(tmp_path_factory: pytest.TempPathFactory) -> Session:
    """A snapshot of which every name is long: 30 models of one account, made from 30 of others; the rules are off."""
    folder = tmp_path_factory.mktemp("long")
    rows: list[dict[str, Any]] = []
    for n in range(30):
        text = "é" * 1_200 + f"{n:03d}" + "n" * 1_200
        card = {"license": [text], "base_model": [f"b{text}/{text}"], "quantized_by": text}
        rows.append({"id": f"b{text}/{text}", "downloads": 900 + n, "pipeline_tag": text, "library_name": text})
        rows.append({"id": f"{'h' * 2_000}/{text}", "downloads": n, "tags": ["gguf", text], "cardData": card})
    path = folder / "long.jsonl"
    path.write_text("".join(json.dumps(row) + "\n" for row in rows), "utf-8")
    return hostile_snapshot.built_without_rules(folder, path)


def test_a_publisher(forged: Session):
    text = publisher_page(forged.hosting_of("h" * 2_000))
    assert len(text.encode()) <= BYTES
    assert CUT in text


def test_a_report(forged: Session):
    text = forged.report()
    assert len(text.encode()) <= REPORT_BYTES
    assert CUT in text
    assert json.loads(forged.report("json"))["sections"]


@pytest.mark.parametrize("make", [lambda f: forged_page(f, "view_flows"), lambda f: forged_page(f, "view_overview")])
def test_flows_and_overview(make: Callable[[Session], str], forged: Session):
    assert len(make(forged).encode()) <= BYTES


def forged_page(session: Session, name: str) -> str:
    return str(getattr(session, name)())


def test_what_is_short_is_left_alone():
    for one in (drawn(), star(50)):
        assert shortened(one, 96) is one
        assert CUT not in family_page(one)


TEXTS = st.lists(st.text(st.sampled_from("ab/é"), max_size=60), unique=True)


@given(TEXTS, st.sampled_from(LENGTHS[-3:]))
def test_what_differs_stays_apart_and_what_is_one_stays_one(texts: list[str], longest: int):
    table = pa.table(
        {"id": pa.array(texts, pa.string()), "many": pa.array([[t] for t in texts], pa.list_(pa.string()))}
    )
    record = {"table": table, "again": tuple(texts), "number": 3, "nothing": None}
    made = shortened(record, longest)
    ids = made["table"]["id"].to_pylist()
    assert made["table"].schema == table.schema
    assert len(set(ids)) == len(texts)
    assert tuple(ids) == made["again"] == tuple(text for (text,) in made["table"]["many"].to_pylist())
    for text, short in zip(texts, ids, strict=True):
        assert short == text if len(text) <= longest else "…" in short and len(short) <= longest + 6
    assert (made["number"], made["nothing"]) == (3, None)


def test_a_page_that_is_light_is_made_once():
    made: list[str] = []
    assert budget.within(lambda found, said: made.append(found) or found, "x" * 999) == "x" * 999
    assert len(made) == 1
    heavy = budget.within(lambda found, said: made.append(found) or found + said, "x" * 2_000, most=400)
    assert re.fullmatch(r"x{120}…x+N.*more than 200 signs.*", heavy)
    assert Page(heavy).elements == []
