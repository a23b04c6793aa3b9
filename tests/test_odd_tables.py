"""Tables as people's own programs write them: numpy's lists, Python's objects, two spellings, lists in columns."""

import json
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from hypothesis import given
from hypothesis import strategies as st

from lineage.catalog import Catalog
from lineage.ids import named
from lineage.pipeline import build
from lineage.reading.rows import _as_json
from lineage.session import Session

BASE = {"id": "meta/Base-7B", "downloads": 10}


def built(path: Path) -> Session:
    catalog = Catalog(path.parent / "home")
    return Session(
        build(str(path), catalog=catalog, taken_at="2024-06-01", name=path.name.replace(".", "-"), force=True).snapshot,
        catalog,
    )


def csv_of(path: Path, rows: list[dict[str, Any]]) -> Path:
    """Cells as `str` writes them, as pandas does for what is no text."""
    import csv

    names = list(dict.fromkeys(name for row in rows for name in row))
    with path.open("w", newline="") as file:
        out = csv.writer(file)
        out.writerow(names)
        out.writerows([["" if row.get(n) is None else str(row[n]) for n in names] for row in rows])
    return path


def jsonl_of(path: Path, rows: list[dict[str, Any]]) -> Path:
    path.write_text("".join(json.dumps(row, default=list) + "\n" for row in rows))
    return path


def models(session: Session, *columns: str) -> dict[str, tuple[Any, ...]]:
    rows = session.snapshot.table("models", ["id", *columns]).to_pylist()
    return {row["id"]: tuple(row[c] for c in columns) for row in rows}


def edges(session: Session) -> set[tuple[str, str, str | None]]:
    rows = session.snapshot.table("edges", ["child", "base", "relation"]).to_pylist()
    return {(row["child"], row["base"], row["relation"]) for row in rows if row["relation"] is not None}


def same(one: Session, other: Session) -> bool:
    """All tables are the same, but for what holds the text of a claim as it was written."""
    return all(
        one.snapshot.table(name).equals(other.snapshot.table(name))
        for name in ("models", "tags", "edges", "ancestry", "publishers")
    )


TAGS = [
    "transformers",
    "gguf",
    "base_model:meta/Base-7B",
    "base_model:quantized:meta/Base-7B",
    "license:mit",
    "it's",
    'a "b"',
]


def test_lists_of_tags_as_numpy_writes_them(tmp_path: Path) -> None:
    many = [f"tag-{i}" for i in range(40)]  # so many that they stand on several lines
    rows = [{**BASE, "tags": ["transformers"]}, {"id": "q/x-GGUF", "downloads": 5, "tags": TAGS + many}]
    as_numpy = [row | {"tags": np.array(row["tags"], dtype=object)} for row in rows]
    assert "' '" in str(as_numpy[1]["tags"]) and "\n" in str(as_numpy[1]["tags"])
    session = built(csv_of(tmp_path / "np.csv", as_numpy))
    assert edges(session) == {("q/x-GGUF", "meta/Base-7B", "quantized")}
    assert models(session, "gguf", "licences")["q/x-GGUF"] == (True, ["mit"])
    held = session.snapshot.table("tags").to_pylist()
    assert {row["tag"] for row in held if row["id"] == "q/x-GGUF"} == {*TAGS, *many}
    assert same(session, built(jsonl_of(tmp_path / "np.jsonl", rows)))


@given(st.lists(st.text(st.characters(exclude_categories=["Cs"]), max_size=8), max_size=6))
def test_what_numpy_and_python_write_is_read(texts: list[str]) -> None:
    wide = " ".join(repr(text) for text in texts)
    assert json.loads(_as_json(f"[{wide}]", texts_alone=True) or "") == texts
    assert json.loads(_as_json(str(texts), texts_alone=True) or "") == texts


def test_objects_as_python_writes_them(tmp_path: Path) -> None:
    rows: list[dict[str, Any]] = [
        BASE,
        {"id": "p/adapter", "config": {"peft": {"base_model_name_or_path": "meta/Base-7B", "it's": None}}},
        {"id": "p/gptq", "config": {"quantization_config": {"quant_method": "gptq", "bits": 4, "sym": True}}},
        {"id": "p/hub", "baseModels": {"relation": "quantized", "models": [{"_id": "a", "id": "meta/Base-7B"}]}},
        {"id": "p/hubs", "baseModels": ["meta/Base-7B"]},
        {"id": "p/size", "safetensors": {"parameters": {"BF16": 7000}, "total": 7000}},
        {"id": "p/gguf", "gguf": {"total": 8000, "architecture": "llama"}},
        {"id": "p/file", "siblings": [{"rfilename": "model.Q4_K_M.gguf"}]},
    ]
    session = built(csv_of(tmp_path / "py.csv", rows))
    assert same(session, built(jsonl_of(tmp_path / "js.jsonl", rows)))
    assert models(session, "parameters")["p/size"] == (7000,)
    assert models(session, "parameters")["p/gguf"] == (8000,)
    assert ("p/hub", "meta/Base-7B", "quantized") in edges(session)


def test_the_first_spelling_that_is_filled(tmp_path: Path) -> None:
    rows: list[dict[str, Any]] = [
        {"modelId": "", "id": "t/a", "createdAt": "", "created_at": "2024-01-01", "pipeline_tag": " ", "pipelineTag": "text"},
        {"modelId": None, "id": "t/b", "createdAt": None, "created_at": "2024-01-01", "pipeline_tag": None, "pipelineTag": "text"},
        {"modelId": "null", "id": "t/c", "createdAt": "None", "created_at": "2024-01-01", "pipeline_tag": "nan", "pipelineTag": "text"},
        {"modelId": "t/d", "id": "t/no", "createdAt": "2024-01-01", "created_at": "2023-01-01", "pipeline_tag": "text", "pipelineTag": ""},
    ]  # fmt: skip
    pq.write_table(pa.Table.from_pylist(rows), tmp_path / "first.parquet")
    found = [built(p) for p in (jsonl_of(tmp_path / "first.jsonl", rows), tmp_path / "first.parquet",
                                csv_of(tmp_path / "first.csv", rows))]  # fmt: skip
    for session in found:
        held = models(session, "created_at", "pipeline_tag")
        assert set(held) == {"t/a", "t/b", "t/c", "t/d"}
        assert {(str(day)[:10], task) for day, task in held.values()} == {("2024-01-01", "text")}


def test_lists_in_columns_are_as_lists_in_a_card(tmp_path: Path) -> None:
    fields: dict[str, Any] = {
        "base_model": ["meta/Base-7B"], "base_model_relation": ["quantized"], "quantized_by": ["bartowski"], "license": ["mit"],
    }  # fmt: skip
    rows = [
        {**dict.fromkeys(fields), **BASE},
        {"id": "q/x", **fields},
        {"id": "q/y", **fields, "quantized_by": [], "license": None},
    ]
    pq.write_table(pa.Table.from_pylist(rows), tmp_path / "fields.parquet")
    for path in (
        jsonl_of(tmp_path / "fields.jsonl", rows),
        tmp_path / "fields.parquet",
        csv_of(tmp_path / "f.csv", rows),
    ):
        session = built(path)
        assert edges(session) == {("q/x", "meta/Base-7B", "quantized"), ("q/y", "meta/Base-7B", "quantized")}
        assert models(session, "produced_by", "licences")["q/x"] == ("bartowski", ["mit"])
        assert models(session, "produced_by")["q/y"] == ("q",)
    nothing = {"id": "q/z", "base_model": "nan", "license": "None", "quantized_by": "nan"}
    session = built(csv_of(tmp_path / "none.csv", [BASE, nothing]))
    assert models(session, "licences", "produced_by")["q/z"] == (None, "q")
    assert session.snapshot.table("claims", ["reason"]).to_pylist() == [{"reason": "null-word"}]


@pytest.mark.parametrize("total", [7241732096.0, "7241732096", "7241732096.0", 7241732096])
@pytest.mark.parametrize("column", ["safetensors", "gguf"])
def test_a_number_of_parameters_is_one_however_it_is_held(tmp_path: Path, total: Any, column: str) -> None:
    rows = [{"id": "p/7", column: {"total": total}}]
    pq.write_table(pa.Table.from_pylist(rows), tmp_path / "st.parquet")
    kind = pa.float64() if isinstance(total, float) else pa.string() if isinstance(total, str) else pa.int64()
    pairs = pa.array([[("total", total)]], pa.map_(pa.string(), kind))
    pq.write_table(pa.table({"id": ["p/7"], column: pairs}), tmp_path / "map.parquet")
    for path in (jsonl_of(tmp_path / "st.jsonl", rows), tmp_path / "st.parquet", tmp_path / "map.parquet"):
        assert models(built(path), "parameters") == {"p/7": (7241732096,)}
    for odd in (7.5, "many", "7.5", True, [7]):
        assert models(
            built(jsonl_of(tmp_path / "odd.jsonl", [{"id": "p/x", column: {"total": odd}}])), "parameters"
        ) == {"p/x": (None,)}


def test_data_sets_that_are_objects_are_named(tmp_path: Path) -> None:
    cards = {
        "a/one": [{"name": "squad"}],
        "a/object": {"name": "squad"},
        "a/none": [{}],
        "a/empty": {},
        "a/text": ["squad"],
    }
    rows = [{"id": name, "cardData": {"datasets": value}} for name, value in cards.items()]
    found = models(built(jsonl_of(tmp_path / "d.jsonl", rows)), "disclosed")
    assert found == {"a/one": ("yes",), "a/object": ("yes",), "a/none": ("no",), "a/empty": ("no",), "a/text": ("yes",)}


HUB = "https://huggingface.co"

TWO = [
    f"{HUB}/a/b/tree/main, {HUB}/c/d", f"{HUB}/a/b?library=transformers, c/d", f"a/b, {HUB}/c/d", f"{HUB}/a/b, c/d",
    f"[a/b]({HUB}/a/b), [c/d]({HUB}/c/d)", "a/b/tree/main, c/d", f"{HUB}/a/b#x, c/d", f"{HUB}/a/b\n{HUB}/c/d", "[a/b, c/d]",
    f"{HUB}/a/b/blob/main/README.md;{HUB}/c/d.git", "a/b + c/d", f"{HUB}/a/b and {HUB}/c/d",
]  # fmt: skip

ONE = {
    f"{HUB}/gpt2/tree/main": "gpt2", f"{HUB}/gpt2/resolve/main/x.bin": "gpt2", "gpt2/blob/main": "gpt2", f"{HUB}/gpt2": "gpt2",
    f"{HUB}/a/b.git": "a/b", f"{HUB}/a/tree": "a/tree", f"{HUB}/a/b/blob/main/dir+sub/file": "a/b",
    f"{HUB}/a/b?x=1&y=c/d": "a/b", f"{HUB}/a/b/blob/main/x,y/z": "a/b", f"{HUB}/a/tree/tree/main": "a/tree",
}  # fmt: skip


@pytest.mark.parametrize("text", TWO)
def test_two_bases_in_one_text(text: str) -> None:
    assert named(text) == [("a/b", None), ("c/d", None)]


@pytest.mark.parametrize("text", ONE)
def test_one_base_in_an_address(text: str) -> None:
    assert named(text) == [(ONE[text], None)]


@pytest.mark.parametrize(
    "text", ["https://example.org/a/b, https://example.org/c/d", "a/b/c/d", f"{HUB}/datasets/a/b, c/d"]
)
def test_what_leads_elsewhere_is_none(text: str) -> None:
    assert named(text)[0][0] is None
