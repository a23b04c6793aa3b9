"""`lineage query --explain`: the plan as rows on both engines, nothing run, and what is slow said the same way."""

from pathlib import Path

import pyarrow as pa
import pytest
from click.testing import CliRunner

from lineage import cypher
from lineage.commands import main
from lineage.errors import RefusedError, UsageError
from lineage.session import Session
from lineage.stores import plans
from tests.servers import Server

LABELS = "passes all nodes of every label"
PAIRS = "pairs every row"
IDS = "compares the id of every Model"

#: Statement → the sentences that it earns on either engine.
STATEMENTS = {
    "MATCH (m:Model {id: 'openai-community/gpt2'})<-[:DERIVED_FROM]-(c:Model) RETURN c.id AS id": (),
    "MATCH (m:Model) WHERE m.id = 'openai-community/gpt2' RETURN m.downloads AS downloads": (),
    "MATCH (m:Model) WHERE m.downloads > 1000 RETURN m.id AS id": (),
    "UNWIND ['a/b', 'c/d'] AS i MATCH (m:Model {id: i}) RETURN m.id AS id": (),
    "MATCH (a:Model), (b:Publisher) RETURN a.id AS a, b.id AS b": (PAIRS,),
    "MATCH (a:Model), (b:Model), (c:Model) RETURN sum(a.downloads * b.downloads + c.downloads) AS n": (PAIRS,),
    "MATCH (n) WHERE n.downloads > 5 RETURN n.id AS id": (LABELS,),
    "MATCH (m:Model) WHERE toLower(m.id) = 'openai-community/gpt2' RETURN m.id AS id": (IDS,),
    "MATCH (m:Model), (n) WHERE toLower(m.id) = 'x' RETURN m.id AS m, n.id AS n": (IDS, PAIRS, LABELS),
    "MATCH (m:Model {id: 'x'})-[:DERIVED_FROM*1..4]->(b) RETURN b.id AS id": (),
}


@pytest.mark.parametrize("text", list(STATEMENTS))
def test_slow_things_are_said_on_both_engines(sample: Session, neo4j_sample: Server, text: str) -> None:
    for on in (None, neo4j_sample.uri):
        said: list[str] = []
        table = sample.table("query", text=text, explain=True, on=on, say=said.append)
        ours = [sentence for sentence in said if not sentence.startswith(("Neo4j: ", "Building"))]
        assert len(ours) == len(STATEMENTS[text]), (on, said)
        assert not [sentence for sentence in said if "artesian" in sentence], "said twice, in other words"
        for wanted in STATEMENTS[text]:
            assert sum(wanted in sentence for sentence in ours) == 1, (on, said)
        is_tree(table)


def is_tree(table: pa.Table) -> None:
    """One row makes the answer, and every other gives its rows to one before it."""
    assert [f"{field.name} {field.type}" for field in table.schema] == [
        "step int64", "into int64", "operator string", "details string", "estimated_rows double",
    ]  # fmt: skip
    rows = table.to_pylist()
    assert [row["step"] for row in rows] == list(range(1, len(rows) + 1))
    assert [row["into"] for row in rows].count(None) == 1
    assert rows[0]["into"] is None
    assert all(row["into"] < row["step"] for row in rows[1:])
    assert all(row["operator"] for row in rows)


@pytest.mark.parametrize("name", sorted(cypher.queries()))
def test_every_named_query_has_a_plan_and_none_is_slow(sample: Session, neo4j_sample: Server, name: str) -> None:
    for on in (None, neo4j_sample.uri):
        said: list[str] = []
        table = sample.table("query", text=name, explain=True, on=on, say=said.append)
        is_tree(table)
        assert table.num_rows > 2
        assert not [sentence for sentence in said if "label" in sentence or PAIRS in sentence], (on, said)


def test_the_servers_guesses_and_remarks_come_along(sample: Session, neo4j_sample: Server) -> None:
    said: list[str] = []
    text = "MATCH (m:Model)-[:MADE_OF]->(b) RETURN b.id AS id"
    rows = sample.table("query", text=text, explain=True, on=neo4j_sample.uri, say=said.append).to_pylist()
    assert rows[0]["operator"] == "ProduceResults"
    assert all(row["estimated_rows"] is not None for row in rows)
    assert any(sentence.startswith("Neo4j: ") and "MADE_OF" in sentence for sentence in said)


def test_what_was_explained_already_is_explained_once(sample: Session, neo4j_sample: Server) -> None:
    text = "MATCH (p:Publisher) RETURN p.id AS id"
    for on in (None, neo4j_sample.uri):
        plain = sample.table("query", text=text, explain=True, on=on)
        for word in ("EXPLAIN ", " profile "):
            assert sample.table("query", text=word + text, explain=True, on=on) == plain


def test_a_plan_is_no_way_around_reading_only(sample: Session, neo4j_sample: Server) -> None:
    before = neo4j_sample.dump()
    for on in (None, neo4j_sample.uri):
        for text in (
            "CREATE (:Model {id: 'x'})",
            "EXPLAIN MATCH (m:Model) DETACH DELETE m",
            "CALL dbms.killQuery('x')",
        ):
            with pytest.raises(RefusedError):
                sample.table("query", text=text, explain=True, on=on)
        with pytest.raises(UsageError):
            sample.table("query", text="MATCH (m:Model) RETRUN m", explain=True, on=on)
    assert neo4j_sample.dump() == before


#: The shape of a drawing: what the boxes say beside each other, and that a name may look like a box.
DRAWN = """\
┌──────────────┐
│┌────────────┐│
││Physical Plan││
│└────────────┘│
└──────────────┘
┌──────────────┐
│   TOP[3]     │
│   -------    │
│   Keys: a    │────────────────┐
│ TotalTime: 0 │                │
└──────┬───────┘                │
┌──────┴───────┐ ┌──────┴───────┐
│   LEFT[1]    │ │   RIGHT[2]   │
│   Key: │ x│  │ │   Alias: r   │
└──────┬───────┘ └──────┬───────┘
┌──────┴───────┐ ┌──────┴───────┐
│   NEAR[4]    │ │   DEEP[0]    │
└──────────────┘ └──────────────┘
"""


def test_a_drawn_tree_is_read_back() -> None:
    steps = plans.of_embedded(DRAWN)
    assert [(s.into, s.operator, s.details) for s in steps] == [
        (None, "TOP", "Keys: a"), (0, "LEFT", "Key: │ x"), (1, "NEAR", ""), (0, "RIGHT", "Alias: r"), (3, "DEEP", ""),
    ]  # fmt: skip


@pytest.mark.parametrize(
    "text", ["", "no boxes", "┌─┐\n│x│\n└─┘", DRAWN.replace("TOP[3]", "      ").replace("Keys: a", " ")]
)
def test_a_drawing_that_is_none_is_shown_as_it_is(text: str) -> None:
    steps = plans.of_embedded(text)
    assert [(s.operator, s.details) for s in steps] == [("PLAN", text)]


def test_hostile_text_in_a_statement_stays_in_its_row(sample: Session) -> None:
    for name in ("┌──┐", "└──┘│┌─┐", "a│b", "日本/語" * 9, "x; Alias: y"):
        text = f"MATCH (m:Model {{id: '{name}'}})<-[:DERIVED_FROM]-(c:Model) RETURN c.id AS id"
        table = sample.table("query", text=text, explain=True)
        assert table.num_rows >= 1
        assert "operator" in table.column_names


def test_the_command(sample: Session, tmp_path: Path) -> None:
    def call(*args: str) -> tuple[int, str, str]:
        done = CliRunner().invoke(main.commands["query"], [*args], env={"LINEAGE_HOME": str(sample.catalog.root)})
        return done.exit_code, done.stdout, done.stderr

    code, out, err = call("MATCH (a:Model), (b:Model) RETURN count(*) AS n", "--explain", "--fields", "operator")
    assert code == 0
    assert "CROSS_PRODUCT" in out.splitlines()
    assert PAIRS in err
    assert call("MATCH (a:Model), (b:Model) RETURN count(*) AS n", "--explain", "-q")[2] == ""
    target = tmp_path / "x.html"
    with pytest.raises(UsageError, match="runs nothing") as caught:
        CliRunner().invoke(main.commands["query"], ["top_bases", "--explain", "--view", str(target)],
                           env={"LINEAGE_HOME": str(sample.catalog.root)}, catch_exceptions=False)  # fmt: skip
    assert caught.value.exit_code == 2
    assert not target.exists()
