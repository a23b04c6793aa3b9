"""Whether a model says what it was trained on: examples, and a slow twin over both samples and over any rows."""

import json
import re
from collections import Counter
from typing import Any

import duckdb
import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from lineage import reference
from lineage.reading.disclosure import read_disclosure

Row = dict[str, Any]
COLUMNS = {
    "id": pa.string(),
    "downloads": pa.int64(),
    "created_at": pa.timestamp("us", tz="UTC"),
    "library_name": pa.string(),
    "pipeline_tag": pa.string(),
    "tags": pa.list_(pa.string()),
    "card": pa.string(),
    "base_models": pa.string(),
    "config": pa.string(),
    "siblings": pa.string(),
    "safetensors": pa.string(),
    "gguf": pa.string(),
}


def table_of(rows: list[Row]) -> duckdb.DuckDBPyConnection:
    """A connection with the table `rows`; what a row lacks is null."""
    con = duckdb.connect()
    con.register("drawn", pa.table({name: pa.array([r.get(name) for r in rows], t) for name, t in COLUMNS.items()}))
    con.execute("CREATE TABLE rows AS FROM drawn")
    con.unregister("drawn")
    return con


def sample_rows(name: str) -> list[Row]:
    """The rows of a shipped sample."""
    path = reference.DATA / "samples" / f"{name}.parquet"
    with duckdb.connect() as con:
        return con.sql(f"SELECT * EXCLUDE (downloads) FROM '{path}'").to_arrow_table().to_pylist()


def loaded(text: str | None) -> Any:
    try:
        return json.loads(text or "null")
    except (ValueError, RecursionError):
        return None


def disclosed(rows: list[Row]) -> dict[str, str]:
    with table_of(rows) as con:
        read_disclosure(con, reference.languages())
        return dict(con.execute("FROM disclosure").fetchall())


def says_something(text: Any) -> bool:
    return isinstance(text, str) and re.search(r"[^ \t\n\r\f\v]", text) is not None


def twin(row: Row) -> str:
    tags = [t for t in row.get("tags") or [] if t is not None]
    card = loaded(row.get("card"))
    data = card.get("datasets") if isinstance(card, dict) else None
    if any(t.startswith("dataset:") and says_something(t.removeprefix("dataset:")) for t in tags):
        return "yes"
    if any(
        says_something(one) or (isinstance(one, dict) and one) for one in (data if isinstance(data, list) else [data])
    ):
        return "yes"
    metadata = any(t.startswith(("license:", "base_model:")) or t in reference.languages() for t in tags)
    return "no" if metadata or row.get("card") is not None or says_something(row.get("pipeline_tag")) else "unknown"


def card(**fields: Any) -> str:
    return json.dumps(fields)


@pytest.mark.parametrize(
    ("row", "expected"),
    [
        ({"tags": ["dataset:acme/ore"]}, "yes"),
        ({"tags": ["license:mit", "dataset:acme/ore"]}, "yes"),
        ({"tags": ["dataset:", "dataset: "]}, "unknown"),
        ({"tags": ["datasets:acme/ore", "Dataset:acme/ore"]}, "unknown"),
        ({"card": card(datasets="acme/ore")}, "yes"),
        ({"card": card(datasets=["", None, 7, "acme/ore"])}, "yes"),
        ({"card": card(datasets=["", " \n"])}, "no"),
        ({"card": card(datasets=[["acme/ore"]])}, "no"),
        ({"card": card(datasets={"name": "acme/ore"})}, "yes"),
        ({"card": card(datasets=[{}, {"name": "acme/ore"}])}, "yes"),
        ({"card": card(datasets=[{}, ""])}, "no"),
        ({"card": '{"datasets": { }}'}, "no"),
        ({"card": card(datasets=" ")}, "no"),
        ({"card": card(datasets=None)}, "no"),
        ({"card": card(model={"datasets": ["acme/ore"]})}, "no"),
        ({"card": "{}"}, "no"),
        ({"tags": ["license:mit"]}, "no"),
        ({"tags": ["en"]}, "no"),
        ({"tags": ["EN", "xx", "english", "e"]}, "unknown"),
        ({"tags": ["base_model:a/b"]}, "no"),
        ({"tags": ["base_model:quantized:a/b"]}, "no"),
        ({"pipeline_tag": "text-generation"}, "no"),
        ({"pipeline_tag": " "}, "unknown"),
        ({"tags": ["gguf", "region:us", "arxiv:1910.09700"]}, "unknown"),
        ({"tags": [None]}, "unknown"),
        ({"tags": []}, "unknown"),
        ({}, "unknown"),
    ],
)
def test_what_is_disclosed(row: Row, expected: str) -> None:
    row = {"id": "a/m", **row}
    assert disclosed([row]) == {"a/m": expected}
    assert twin(row) == expected


@pytest.mark.parametrize(
    ("sample", "expected"),
    [
        ("sample", {"yes": 2607, "no": 6805, "unknown": 303}),
        ("sample-gguf", {"yes": 491, "no": 2763, "unknown": 551}),
    ],
)
def test_both_samples_as_the_twin_reads_them(sample: str, expected: dict[str, int]) -> None:
    rows = sample_rows(sample)
    found = disclosed(rows)
    assert found == {r["id"]: twin(r) for r in rows}
    assert Counter(found.values()) == expected


leaves = (
    st.none() | st.booleans() | st.integers() | st.sampled_from(["", " ", "\t\n", "acme/ore", "\x00", "\u00a0", "é"])
)
anything = st.recursive(
    leaves, lambda c: st.lists(c, max_size=3) | st.dictionaries(st.sampled_from(["datasets", "license"]), c, max_size=2), max_leaves=8
)  # fmt: skip
tags = st.sampled_from(["en", "zh", "EN", "xx", "dataset:", "dataset:a/b", "dataset: ", "license:mit", "license:", "base_model:x", "gguf", "", ",", "é", "日本"])  # fmt: skip
drawn = st.fixed_dictionaries(
    {},
    optional={
        "tags": st.none() | st.lists(st.none() | tags, max_size=3),
        "card": st.none() | st.sampled_from(["", "{", "null", '{"datasets": "a" ', "[" * 3000]) | anything.map(json.dumps),
        "pipeline_tag": st.none() | st.sampled_from(["", " ", "text-generation"]),
    },
)  # fmt: skip


@settings(max_examples=20, deadline=None)
@given(st.lists(drawn, max_size=60))
def test_whatever_a_row_holds(rows: list[Row]) -> None:
    rows = [{"id": f"a/m{i}", **r} for i, r in enumerate(rows)]
    assert disclosed(rows) == {r["id"]: twin(r) for r in rows}


def test_no_languages_and_no_rows() -> None:
    assert disclosed([]) == {}
    with table_of([{"id": "a/m", "tags": ["en"]}]) as con:
        read_disclosure(con, [])
        assert con.execute("SELECT disclosed FROM disclosure").fetchall() == [("unknown",)]


def test_the_languages_are_those_of_iso_639_1() -> None:
    codes = reference.languages()
    assert len(codes) == 183 and list(codes) == sorted(set(codes))
    assert all(re.fullmatch("[a-z]{2}", code) for code in codes)
    assert {"en", "zh", "jv", "he"} <= set(codes) and not {"jw", "iw", "sh", "bh"} & set(codes)
