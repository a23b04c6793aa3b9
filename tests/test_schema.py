"""`lineage schema`: held against the graphs themselves, both of them, and the diagram against the page."""

import datetime
import re
from pathlib import Path
from typing import Any

import pyarrow as pa
import pytest
from click.testing import CliRunner

from lineage import about
from lineage.commands import main
from lineage.errors import SnapshotError, UsageError
from lineage.schema import TABLES
from lineage.session import Session
from lineage.stores import graph
from lineage.stores.described import LOOKED
from lineage.stores.layout import KINDS
from lineage.views.diagram import mermaid
from tests.conftest import Build
from tests.servers import Server

PAGE = Path(__file__).parent.parent / "docs" / "cypher.md"


def counted(session: Session) -> dict[tuple[str, str | None], int]:
    """What the embedded graph itself says, asked in Cypher."""
    found: dict[tuple[str, str | None], int] = {}
    for kind in KINDS:
        pattern = f"(x:{kind.name})" if kind.kind == "node" else f"()-[x:{kind.name}]->()"
        columns = "".join(f", count(x.`{name}`) AS `{name}`" for name in kind.columns)
        row = session.table("query", text=f"MATCH {pattern} RETURN count(x) AS `all`{columns}").to_pylist()[0]
        found |= {(kind.name, None if name == "all" else name): number for name, number in row.items()}
    return found


def rows_of(table: pa.Table) -> dict[tuple[str, str | None], dict[str, Any]]:
    return {(row["name"], row["property"]): row for row in table.to_pylist()}


def test_counts_are_those_of_the_embedded_graph(sample: Session) -> None:
    found = rows_of(sample.table("schema"))
    assert {key: row["count"] for key, row in found.items()} == counted(sample)
    assert found["Model", None]["count"] == 10_013
    assert found["PUBLISHED", None]["type"] == "Publisher → Model"
    assert found["Model", "licences"]["type"] == "LIST<STRING>"


def test_bases_that_only_a_name_suggests_are_not_in_the_graph(build_rows: Build) -> None:
    session = build_rows([
        {"id": "maker/one", "downloads": 5, "tags": []},
        {"id": "quant/one-GGUF", "downloads": 3, "tags": ["gguf"]},
        {"id": "tuner/two", "downloads": 2, "tags": ["base_model:gone/base", "base_model:finetune:gone/base"]},
        {"id": "text/three", "downloads": 1, "tags": [], "readme": "Quantized version of [only/said](https://huggingface.co/only/said)."},
    ])  # fmt: skip
    basis = session.snapshot.table("models", ["basis"]).column("basis").to_pylist()
    assert set(basis) - {None, "declared"}, "the drawn snapshot has no stub of a lesser basis"
    assert {key: row["count"] for key, row in rows_of(session.table("schema")).items()} == counted(session)


def test_both_engines_say_the_same(sample: Session, neo4j_sample: Server) -> None:
    here, there = sample.table("schema"), sample.table("schema", on=neo4j_sample.uri)
    assert here.schema == there.schema
    assert here.to_pylist() == there.to_pylist()
    properties = {(row["name"], row["property"]) for row in there.to_pylist()}
    assert not [name for name in properties if name[0] == "LineageRun" or name[1] == "row_hash"]


def test_what_others_put_there_is_said_too(sample: Session, neo4j_sample: Server) -> None:
    neo4j_sample.run("CREATE (:Theirs {x: 1})-[:ODD {`a b`: 'y'}]->(:Theirs {x: 'one', id: 'z'})")
    neo4j_sample.run("MATCH (m:Model {id: 'openai-community/gpt2'}) SET m.mine = [1, 2]")
    try:
        found = rows_of(sample.table("schema", on=neo4j_sample.uri))
    finally:
        neo4j_sample.run("MATCH (n:Theirs) DETACH DELETE n")
        neo4j_sample.run("MATCH (m:Model) REMOVE m.mine")
    assert found["Theirs", None] == {
        "kind": "node", "name": "Theirs", "property": None, "type": None, "count": 2, "example": ["z"], "about": None,
    }  # fmt: skip
    assert (found["Theirs", "x"]["type"], found["Theirs", "x"]["count"]) == ("INTEGER | STRING", 2)
    assert (found["ODD", None]["type"], found["ODD", "a b"]["example"]) == ("Theirs → Theirs", ["y"])
    assert (found["Model", "mine"]["count"], found["Model", "mine"]["example"]) == (1, ["[1, 2]"])
    assert found["Model", "mine"]["about"] is None
    text = mermaid(pa.Table.from_pylist(list(found.values())))
    assert "_a_b" not in text and '"ODD (1): a b"' in text
    parsed(text)


def as_text(value: Any) -> str:
    if isinstance(value, list):
        return "[" + ", ".join(as_text(item) for item in value) + "]"
    if isinstance(value, datetime.datetime):
        return value.strftime("%Y-%m-%dT%H:%M:%SZ")
    return {True: "true", False: "false"}[value] if isinstance(value, bool) else str(value)


def test_examples_are_the_first_two_that_differ(sample: Session) -> None:
    tables = dict(graph.tables(sample.snapshot))
    found = rows_of(sample.table("schema"))
    for label, name in (("Model", "model"), ("Publisher", "publisher")):
        rows = sorted(tables[name].to_pylist(), key=lambda row: row["id"])
        for column in tables[name].column_names:
            values = [row[column] for row in rows[:LOOKED] if row[column] is not None]
            values = values or [row[column] for row in rows if row[column] is not None][:LOOKED]
            said = list(dict.fromkeys(as_text(value) for value in values))[:2]
            cut = [text if len(text) <= 60 else text[:59] + "…" for text in said]
            assert (found[label, column]["example"] or []) == cut, column


def test_examples_are_found_behind_thousands_without_a_value(build_rows: Build) -> None:
    rows: list[dict[str, Any]] = [
        {"id": f"a/{n:04}", "downloads": n, "tags": [], "likes": None, "pipeline_tag": None} for n in range(LOOKED + 50)
    ]
    rows += [{"id": f"z/{n}", "downloads": 1, "tags": [], "likes": n, "pipeline_tag": "t" * 99} for n in (3, 3, 8)][1:]
    found = rows_of(build_rows(rows).table("schema"))
    assert found["Model", "likes"]["example"] == ["3", "8"]
    assert found["Model", "pipeline_tag"]["example"] == ["t" * 59 + "…"]
    assert found["Model", "hub_id"]["example"] is None


def test_every_sentence_stands_in_one_place(sample: Session) -> None:
    for row in sample.table("schema").to_pylist():
        assert row["about"], row
    for table in ("models", "edges", "publishers", "ancestry"):
        assert set(about.columns(table)) == set(TABLES[table].names)
    assert about.columns("publishers")["publisher"] == "the account"


def test_every_column_stands_on_the_page(sample: Session) -> None:
    text = (PAGE.parent / "answers.md").read_text(encoding="utf-8")
    for name, options in (("schema", {}), ("query", {"text": "top_bases", "explain": True})):
        section = text.split("\n## `schema`\n" if name == "schema" else "\n## `query --explain`\n")[1].split("\n## ")[0]
        for column in sample.table(name, **options).column_names:
            assert re.search(rf"^\| [\w, ]*\b{column}\b", section, re.MULTILINE), (name, column)


def parsed(text: str) -> tuple[dict[str, list[tuple[str, str]]], list[tuple[str, str, str]]]:
    """Boxes and lines of an `erDiagram`; anything that is not exactly in its grammar fails."""
    first, *lines = text.splitlines()
    assert first == "erDiagram"
    word = r'(?:[A-Za-z_]\w*|"[^"%\\\n]*")'
    boxes: dict[str, list[tuple[str, str]]] = {}
    drawn, inside = [], None
    for line in lines:
        if inside is None and (found := re.fullmatch(rf'    ({word})(?:\["[^"%\\\n]*"\])? {{', line, re.ASCII)):
            inside = boxes.setdefault(found[1], [])
        elif inside is not None and line == "    }":
            inside = None
        elif inside is not None:
            found = re.fullmatch(r"        ([a-z_]\w*(?:\[\])*) ([A-Za-z_]\w*)", line, re.ASCII)
            assert found, line
            inside.append((found[1], found[2]))
        else:
            found = re.fullmatch(rf'    ({word}) }}o--o{{ ({word}) : "([^"%\\\n]*)"', line, re.ASCII)
            assert found, line
            drawn.append((found[1], found[2], found[3]))
    assert inside is None
    return boxes, drawn


def test_the_diagram_holds_every_label_type_and_property(sample: Session) -> None:
    boxes, lines = parsed(mermaid(sample.table("schema")))
    assert set(boxes) == {"Model", "Publisher"}
    assert [name for _, name in boxes["Model"]] == list(graph.MODEL_COLUMNS)
    assert ("string[]", "licences") in boxes["Model"] and ("datetime", "created_at") in boxes["Model"]
    both = "DERIVED_FROM (1,799): relation, evidence, basis, place / DESCENDS_FROM (2,210): distance"
    assert lines == [("Model", "Model", both), ("Publisher", "Model", "PUBLISHED (4,722)")]


def test_no_name_can_leave_its_place_in_the_diagram() -> None:
    names = ['a"] {\n', "x%%y", "é", "", "a b", "#59;", "\\"]
    rows = [
        {"kind": "node", "name": n, "property": p, "type": "WEIRD | T", "count": 1}
        for n in names
        for p in (None, *names)
    ]
    rows += [{"kind": "link", "name": n, "property": None, "type": f"{n} → {n}", "count": 1} for n in names]
    boxes, lines = parsed(mermaid(pa.Table.from_pylist(rows)))
    assert sum(map(len, boxes.values())) == len(names) ** 2
    assert lines


def test_the_page_shows_the_diagram_of_the_command(sample: Session) -> None:
    shown = re.search(r"```mermaid\n(.*?)```", PAGE.read_text(encoding="utf-8"), re.DOTALL)
    assert shown
    assert shown[1] == mermaid(sample.table("schema"), counts=False)


def call(sample: Session, *args: str) -> Any:
    return CliRunner().invoke(main, [*args], env={"LINEAGE_HOME": str(sample.catalog.root)})


def test_the_command(sample: Session, tmp_path: Path) -> None:
    target = tmp_path / "schema.mmd"
    assert call(sample, "schema", "--as", "mermaid", "-o", str(target)).exit_code == 0
    assert target.read_text("utf-8") == mermaid(sample.table("schema"))
    shown = call(sample, "schema", "--where", "property=distance", "--format", "json")
    assert shown.exit_code == 0
    assert '"DESCENDS_FROM"' in shown.stdout
    frame = sample.schema()
    assert len(frame) == sample.table("schema").num_rows


@pytest.mark.parametrize(("args", "said"), [
    (["--as", "dot"], "There is: mermaid"), (["--as", "mermaid", "--format", "json"], "leave one of them away"),
    (["--on", "http://x"], "no address"),
])  # fmt: skip
def test_bad_input_is_a_sentence_and_writes_nothing(
    sample: Session, tmp_path: Path, args: list[str], said: str
) -> None:
    target = tmp_path / "x.json"
    with pytest.raises(UsageError, match=said) as caught:
        CliRunner().invoke(main.commands["schema"], [*args, "-o", str(target)], catch_exceptions=False,
                           env={"LINEAGE_HOME": str(sample.catalog.root)})  # fmt: skip
    assert caught.value.exit_code == 2
    assert not target.exists()


def test_a_damaged_table_is_a_sentence(build_rows: Build) -> None:
    session = build_rows([{"id": "a/b", "downloads": 1, "tags": ["base_model:a/c"]}])
    path = session.snapshot.folder / "edges.parquet"
    path.chmod(0o644)
    path.write_bytes(path.read_bytes()[:-20])
    with pytest.raises(SnapshotError, match="edges"):
        session.table("schema")
