"""No text becomes Cypher: hostile values in every place that takes one, and a canary graph that must not notice.

A tenth of the corpus here, all of it in the soak.
"""

import contextlib
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pyarrow as pa
import pytest

from lineage import cypher
from lineage.errors import LineageError, NotFound, UsageError
from lineage.schema import TABLES
from lineage.session import Session
from lineage.stores import ask, embedded, neo4j
from lineage.stores.load import load
from tests import servers
from tests.hostile_values import values
from tests.servers import Drawn, Server
from tests.test_commands import Shell

LOOK_UP = "MATCH (m:Model {id: $id}) RETURN m.id AS id, m.publisher AS publisher, m.licences AS licences, m.library AS library"
RELATION = "MATCH (m:Model {id: $id})-[d:DERIVED_FROM]->(b:Model) RETURN d.relation AS relation, b.id AS base"


def drawn(texts: list[str]) -> Drawn:
    """A snapshot of one model for each text, which stands in every column of text that a model has, and on an edge."""
    columns = TABLES["models"]
    plain = [c.name for c in columns if pa.types.is_string(c.type) and c.name not in ("id", "basis")]
    lists = [c.name for c in columns if pa.types.is_list(c.type) and pa.types.is_string(c.type.value_type)]
    models: dict[str, dict[str, Any]] = {"acme/base": {}}
    for text in texts:
        models[text] = dict.fromkeys(plain, text) | {name: [text, text] for name in lists}
    return servers.draw(models, [(text, "acme/base", text) for text in texts])


@dataclass
class Canary:
    """The server with a graph beside ours, and all that is to stay as it is."""

    server: Server

    def state(self) -> dict[str, Any]:
        run = self.server.run
        return {
            "nodes": run("MATCH (n:Canary) RETURN n.id AS id, properties(n) AS p, labels(n) AS l ORDER BY id"),
            "links": run("MATCH (a:Canary)-[k:KEEPS]->(b:Canary) RETURN a.id AS a, b.id AS b, properties(k) AS p"),
            "labels": {r["l"] for r in run("CALL db.labels() YIELD label AS l RETURN l")},
            "types": {r["t"] for r in run("CALL db.relationshipTypes() YIELD relationshipType AS t RETURN t")},
            "keys": {r["k"] for r in run("CALL db.propertyKeys() YIELD propertyKey AS k RETURN k")},
            "rules": {r["name"] for r in run("SHOW CONSTRAINTS YIELD name")}
            | {r["name"] for r in run("SHOW INDEXES YIELD name")},
            "users": {r["user"] for r in run("SHOW USERS YIELD user")},
        }

    def whole(self) -> dict[str, Any]:
        """The state, and how much there is in all."""
        count = self.server.run("MATCH (n) RETURN count(n) AS n")[0]["n"]
        return self.state() | {"count": count, "links in all": self.server.run("MATCH ()-[e]->() RETURN count(e) AS n")}


@pytest.fixture
def canary(neo4j_server: Server, monkeypatch: pytest.MonkeyPatch) -> Iterator[Canary]:
    neo4j_server.clear()
    # One innocent load first: it makes the labels, types and keys that a load makes.
    load(drawn(["innocent/model"]), neo4j_server.uri, local_home=neo4j_server.folder)
    neo4j_server.run("CREATE (:Canary {id: 'a', kept: 1})-[:KEEPS {kept: 2}]->(:Canary {id: 'b', kept: 3})")
    monkeypatch.setenv("NEO4J_PASSWORD_FILE", str(neo4j_server.home / "password"))
    yield Canary(neo4j_server)
    neo4j_server.clear()


def corpora(few: int, many: int) -> pytest.MarkDecorator:
    """The corpus in two sizes, the large one for the soak."""
    return pytest.mark.parametrize("texts", [values(few), pytest.param(values(many), marks=pytest.mark.soak)],
                                   ids=[str(few), str(many)])  # fmt: skip


def test_the_corpus_is_what_it_says() -> None:
    texts = values(500)
    assert texts == values(500)
    assert len(set(texts)) == 500
    for piece in ("'", "`", "\\u0027", "\\u0060", "//", "/*", "}) ", "DETACH DELETE", "CALL ", "LOAD CSV", "UNION", ";",
                  "\0", "\u202e", "$id", "\u2019"):  # fmt: skip
        assert sum(piece in text for text in values(50)) + sum(piece in text for text in texts) >= 2, piece
    assert max(map(len, texts)) >= 3000


def test_a_canary_that_is_hurt_is_seen(canary: Canary) -> None:
    """The control: each kind of harm shows."""
    before = canary.state()
    for harm in ("MATCH (n:Canary {id: 'a'}) SET n.kept = 0", "MATCH ()-[k:KEEPS]->() DELETE k",
                 "CREATE (:Harmed)", "CREATE ()-[:HARMS]->()", "MERGE (n:Innocent {harmed_key: 1})"):  # fmt: skip
        canary.server.run(harm)
        assert canary.state() != before
        before = canary.state()


@corpora(50, 500)
def test_hostile_values_are_loaded_as_text_and_found_again(canary: Canary, tmp_path: Path, texts: list[str]) -> None:
    before = canary.state()
    snapshot = drawn(texts)
    load(snapshot, canary.server.uri, local_home=canary.server.folder)
    assert canary.state() == before
    for text in texts:
        here = embedded.run(snapshot, tmp_path, LOOK_UP, {"id": text})  # type: ignore[arg-type]
        there = neo4j.run(canary.server.uri, LOOK_UP, {"id": text})
        expected = {"id": text, "publisher": text, "licences": [text, text], "library": text}
        assert there.to_pylist() == [expected]
        assert here.to_pylist() == [expected]
        assert there.column("id")[0].as_py().encode() == here.column("id")[0].as_py().encode() == text.encode()
        edge = [{"relation": text, "base": "acme/base"}]
        assert neo4j.run(canary.server.uri, RELATION, {"id": text}).to_pylist() == edge
        assert embedded.run(snapshot, tmp_path, RELATION, {"id": text}).to_pylist() == edge  # type: ignore[arg-type]
    again = load(snapshot, canary.server.uri, local_home=canary.server.folder)
    assert sum(value for key, value in again.items() if key != "seconds") == 0
    load(drawn(["innocent/model"]), canary.server.uri, local_home=canary.server.folder, prune=True, force=True)
    assert canary.state() == before, "removing them harms nobody either"


@corpora(50, 500)
def test_hostile_parameters_are_values(canary: Canary, sample: Session, texts: list[str]) -> None:
    before = canary.whole()
    for text in texts:
        for on in (None, canary.server.uri):
            # A named query declares its types, so the text is a text whatever it looks like.
            rows = sample.table("query", text="ancestors", params={"id": text}, on=on)
            assert rows.num_rows == 0
            echoed = sample.table("query", text="RETURN $v AS v", params={"v": f"text {text}"}, on=on)
            assert echoed.column("v").to_pylist() == [f"text {text}"]
    assert canary.whole() == before


@corpora(50, 500)
def test_hostile_names_of_parameters_and_queries_are_refused(canary: Canary, sample: Session, texts: list[str]) -> None:
    before = canary.whole()
    for text in texts:
        for on in (None, canary.server.uri):
            with pytest.raises(UsageError, match="no parameter"):
                sample.table("query", text="RETURN 1 AS x", params={text: "1"}, on=on)
            with pytest.raises(UsageError, match="no parameter"):
                sample.table("query", text="ancestors", params={text: "1"}, on=on)
        if not ask.is_statement(text):
            with pytest.raises(NotFound):
                sample.table("query", text=text, on=canary.server.uri)
    assert canary.whole() == before


@corpora(50, 500)
def test_hostile_statements_change_nothing(canary: Canary, sample: Session, texts: list[str]) -> None:
    """Whole, and set where a careless person would set them: into a statement of his own."""
    before = canary.whole()
    turns = 0
    for text in texts:
        for statement in (f"{text} ", f"MATCH (n {{id: '{text}'}}) RETURN n.id AS id", f"MATCH (n:`{text}`) RETURN n.id AS id",
                          f"MATCH (n) WHERE n.`{text}` = 1 RETURN n.id AS id", f"RETURN 1 AS `{text}`"):  # fmt: skip
            # Every other one on the embedded engine, which opens its file each time; all on both in the soak.
            turn = (canary.server.uri, None)[turns % 2]
            turns += 1
            for on in (canary.server.uri, None) if len(texts) > 50 else (turn,):
                with contextlib.suppress(LineageError):
                    sample.table("query", text=statement, on=on, timeout=5)
    assert canary.whole() == before
    assert sample.table("query", text="MATCH (m:Model) RETURN count(*) AS n").column("n").to_pylist() == [10_013]


@corpora(4, 40)
def test_hostile_parameters_on_the_command_line(
    canary: Canary, sample: Session, tmp_path: Path, texts: list[str]
) -> None:
    before = canary.whole()
    shell = Shell(tmp_path / "home", tmp_path)
    shell.env |= {"LINEAGE_SNAPSHOT": str(sample.snapshot.folder)}
    shell.env |= {"NEO4J_PASSWORD_FILE": str(canary.server.home / "password")}
    for text in texts:
        # By a file: an argument cannot hold every character.
        (tmp_path / "value").write_text(text, encoding="utf-8", newline="")
        line = ["query", "RETURN $v AS v", "-p", "v=@value", "--on", canary.server.uri, "--format", "json"]
        shell(*line)
        if "\0" not in text:
            shell("query", "RETURN 1 AS x", "-p", f"{text}=1", "--on", canary.server.uri, code=2)
    assert canary.whole() == before


@pytest.mark.parametrize(
    "text", ["[" * 100_000, '{"a":' * 50_000, "9" * 5000, "1" * 400, "-" + "9" * 30, "NaN", "Infinity", "\ud800"]
)
def test_values_that_no_engine_has_a_form_for_end_in_a_sentence(canary: Canary, sample: Session, text: str) -> None:
    for on in (None, canary.server.uri):
        # Anything else would be a traceback.
        with contextlib.suppress(LineageError):
            sample.table("query", text="RETURN $v AS v", params={"v": text}, on=on)


def test_an_id_that_is_too_long_for_an_index_ends_in_a_sentence(canary: Canary) -> None:
    before = canary.state()
    with pytest.raises(LineageError, match="could not do it"):
        load(drawn(["a/" + "x" * 40_000]), canary.server.uri, local_home=canary.server.folder)
    assert canary.state() == before


def test_the_corpus_knows_the_named_queries() -> None:
    """The look-up above rests on a parameter that is declared to be text."""
    assert [(p.name, p.type) for p in cypher.query("ancestors").params if p.name == "id"] == [("id", "string")]
