"""Statements that the embedded engine would answer wrongly: asked otherwise, they are answered as plain Python does."""

import random
import re
from typing import Any

import pytest

from lineage.errors import UsageError
from lineage.session import Session
from lineage.stores.sound import sound
from tests.conftest import Build

PATH = "MATCH (p:Publisher)-[:PUBLISHED]->(m:Model)-[d:DERIVED_FROM]->(b:Model)<-[:PUBLISHED]-(q:Publisher)"
RETURN = "RETURN p.id AS p, m.id AS m, b.id AS b, q.id AS q"

#: A statement with its twin: which edges (child, base, relation, their accounts) are in the answer.
FORMS: dict[str, Any] = {
    f"{PATH} WHERE d.relation = 'quantized' {RETURN}": lambda c, b, r, p, q: r == "quantized",
    f"{PATH} WHERE d.relation = 'quantized' OR m.id ENDS WITH '3' {RETURN}":
        lambda c, b, r, p, q: r == "quantized" or c.endswith("3"),
    f"{PATH} WHERE p.id <> q.id AND d.relation <> 'merge' AND m.id STARTS WITH 'a' {RETURN}":
        lambda c, b, r, p, q: p != q and r != "merge" and c.startswith("a"),
    "MATCH (m:Model)-[d:DERIVED_FROM]->(b:Model) WHERE d.relation = 'quantized' "
    f"MATCH (p:Publisher)-[:PUBLISHED]->(m) MATCH (b)<-[:PUBLISHED]-(q:Publisher) {RETURN}":
        lambda c, b, r, p, q: r == "quantized",
    "MATCH (p:Publisher {id: 'a'})-[:PUBLISHED]->(m:Model)-[d:DERIVED_FROM]->(b:Model) "
    "WHERE d.relation = 'quantized' AND b.publisher <> 'a' RETURN p.id AS p, m.id AS m, b.id AS b, b.publisher AS q":
        lambda c, b, r, p, q: r == "quantized" and p == "a" and q != "a",
    f"{PATH} {RETURN}": lambda c, b, r, p, q: True,
}  # fmt: skip


def drawn(build_rows: Build, seed: int) -> tuple[Session, set[tuple[str, str, str, str, str]]]:
    """A graph of fourteen models of three accounts, and its edges: child, base, relation, account, account."""
    chance = random.Random(seed)
    ids = [f"{chance.choice('abc')}/m{i}" for i in range(14)]
    rows, edges = [], set()
    for i, id in enumerate(ids):
        tags = []
        for base in chance.sample(ids[:i], min(i, chance.randrange(3))):
            relation = chance.choice(["quantized", "finetune", "merge"])
            tags += [f"base_model:{base}", f"base_model:{relation}:{base}"]
            edges.add((id, base, relation, id[0], base[0]))
        rows.append({"id": id, "downloads": i, "tags": tags})
    return build_rows(rows), edges


def answer(session: Session, text: str) -> set[tuple[Any, ...]]:
    return {tuple(row.values()) for row in session.table("query", text=text).to_pylist()}


@pytest.mark.parametrize("seed", range(3))
def test_answers_are_those_of_plain_python(build_rows: Build, monkeypatch: pytest.MonkeyPatch, seed: int) -> None:
    session, edges = drawn(build_rows, seed)
    true = {text: {(p, c, b, q) for c, b, r, p, q in edges if fits(c, b, r, p, q)} for text, fits in FORMS.items()}
    assert {text: answer(session, text) for text in FORMS} == true
    # When this fails, the engine has been mended, and lineage/stores/sound.py can go.
    monkeypatch.setattr("lineage.stores.embedded.sound", lambda text: text)
    assert any(answer(session, text) != true[text] for text in FORMS)


P2 = "MATCH (p)-[:H]->(m)-[d:D]->(b)"


@pytest.mark.parametrize(("text", "asked"), [
    (f"{P2} WHERE d.r = 'q' AND p.id STARTS WITH 'a' AND (b.x = 1 OR b.y = 2) RETURN p LIMIT 3;",
     f"{P2} WHERE p.id STARTS WITH 'a' AND (b.x = 1 OR b.y = 2) WITH * WHERE d.r = 'q' RETURN p LIMIT 3;"),
    (f"{P2} where not d.r = 'q' return p", f"{P2} WITH * WHERE not d.r = 'q' return p"),
    (f"{P2} WHERE d.r = 'AND x' /* OR */ AND `d`.s = 1\nRETURN p", f"{P2} WITH * WHERE d.r = 'AND x' AND `d`.s = 1\nRETURN p"),
    ("MATCH (a)-[d:D]->(b)-->(c) WHERE d.r = 'x' RETURN a", "MATCH (a)-[d:D]->(b)-->(c) WITH * WHERE d.r = 'x' RETURN a"),
    ("MATCH (m)-[d:D]->(b), (b)-[:D]->(c) WHERE d.r = 'x' RETURN m", "MATCH (m)-[d:D]->(b), (b)-[:D]->(c) WITH * WHERE d.r = 'x' RETURN m"),
])  # fmt: skip
def test_conditions_on_links_are_moved(text: str, asked: str) -> None:
    assert sound(text) == asked
    assert sound(asked) == asked


@pytest.mark.parametrize("text", [
    "MATCH (m)-[d:D]->(b) WHERE d.r = 'q' RETURN m",
    "MATCH (m)-[d:D {r: 'q'}]->(b) RETURN m",
    f"{P2} WHERE p.d = 1 AND m.id ENDS WITH 'd' RETURN d",
    f"{P2} WITH m, d WHERE d.r = 'q' RETURN m",
    f"{P2} WHERE EXISTS {{ MATCH (m)-[x:D]->() WHERE x.r = 'q' }} RETURN m",
    "MATCH (p)-[:H]->(m)-[:D*1..8 {r: 'q'}]->(b) RETURN m",
    "MATCH (m)-[d:D]->(b) WHERE d.r = 'q' WITH m MATCH (m)-[:D]->(c)-[:D]->(e) RETURN m",
    "OPTIONAL MATCH (m)-[d:D]->(b) WHERE d.r = 'q' RETURN m",
    "RETURN 'MATCH (p)-[:H]->(m)-[d:D]->(b) WHERE d.r = 1' AS text", "", "WHERE", "MATCH (", "[-[-[", "WHERE d WHERE",
])  # fmt: skip
def test_what_is_right_stays_as_it_is(text: str) -> None:
    assert sound(text) == text


@pytest.mark.parametrize(("text", "said"), [
    ("MATCH (p)-[:H]->(m)-[d:D {r: 'q'}]->(b) RETURN p", "WHERE d.relation"),
    ("MATCH (m) OPTIONAL MATCH (p)-[:H]->(m)-[d:D]->(b) WHERE d.r = 'q' RETURN p", "Put a WITH before it"),
])  # fmt: skip
def test_what_cannot_be_moved_is_refused(text: str, said: str) -> None:
    with pytest.raises(UsageError, match=re.escape(said)):
        sound(text)
