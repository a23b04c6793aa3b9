"""Columns as text, many rows at once, and the slow twin of each."""

import json
from xml.etree import ElementTree

import pyarrow as pa
from hypothesis import given, settings
from hypothesis import strategies as st

from lineage.views import wording
from lineage.views.files import lines, xmlparts
from tests.test_graphfiles import TRAPS

TEXTS = st.lists(st.none() | st.text(max_size=6) | st.sampled_from(TRAPS), min_size=1, max_size=20)


@settings(max_examples=150, deadline=None)
@given(values=TEXTS)
def test_columns_of_text_are_what_the_plain_way_makes(values: list[str | None]) -> None:
    column = pa.array(values, pa.string())
    assert [json.loads(value) for value in lines.json(column).to_pylist()] == values
    read_back = [
        None if value is None else ElementTree.fromstring(f'<x a="{value}">{value}</x>')
        for value in lines.xml(column).to_pylist()
    ]
    wanted = [None if value is None else xmlparts.legal(value) for value in values]
    assert [None if x is None else x.get("a") for x in read_back] == wanted
    assert [None if x is None else x.text or "" for x in read_back] == wanted
    assert lines.shown(column).to_pylist() == [None if value is None else wording.clean(value) for value in values]


@settings(max_examples=50, deadline=None)
@given(
    values=st.lists(st.none() | st.lists(st.text(max_size=3), max_size=3), min_size=1, max_size=9),
    begin=st.integers(0, 3),
)
def test_columns_of_lists_and_their_slices(values: list[list[str] | None], begin: int) -> None:
    column = pa.array(values, pa.list_(pa.string())).slice(begin)
    assert [json.loads(value) for value in lines.json(column).to_pylist()] == values[begin:]


def test_numbers_that_are_none_are_missing() -> None:
    column = pa.array([1.5, float("nan"), float("inf"), None])
    assert lines.text(column).to_pylist() == ["1.5", None, None, None]
    assert lines.json(column).to_pylist() == ["1.5", "null", "null", "null"]
    assert lines.lines("<", lines.around("a", lines.text(column), "b"), ">\n") == b"<a1.5b>\n<>\n<>\n<>\n"
