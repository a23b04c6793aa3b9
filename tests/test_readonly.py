"""What counts as a read. No engine is asked here; `test_neo4j.py` asks one the same."""

import contextlib

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lineage.cypher import FOLDER, queries
from lineage.errors import RefusedError
from lineage.stores.readonly import PROCEDURES, REFUSED, check, tokens

READS = [
    "MATCH (n) RETURN n.set, n.create, n.`delete`",
    "MATCH (set:Create {delete: 1}) RETURN set AS merge ORDER BY set",
    "MATCH (n:Set|Delete&!Drop) RETURN {set: 1, load: 2, call: 3} AS map",
    "MATCH (a)-[set:MERGE|SET*1..3]-(b) WHERE set.x IN delete AND NOT create RETURN a, set, load",
    "RETURN 'CREATE (n)' AS a, \"it's SET\" AS b // DELETE everything",
    "/* CREATE (n) */ RETURN 1 AS x;",
    "RETURN 'an \\' SET' AS x",
    "MATCH (`create (n)`) RETURN `create (n)`, `a``SET` AS x",
    "UNWIND $set AS load RETURN load",
    "MATCH (start)-->(x) WHERE start.id = x.id AND start <> x RETURN start",
    "CALL db.labels() YIELD label RETURN label",
    "CALL `db`.`labels`()",
    "CALL show_tables() RETURN *",
    "MATCH (m) CALL (m) { MATCH (m)--(x) RETURN count(x) AS c } RETURN c",
    "MATCH (m) WHERE EXISTS { MATCH (m)-->() } AND COUNT { (m)--() } > 2 RETURN m",
    "EXPLAIN MATCH (n) RETURN n",
    "PROFILE MATCH (n) RETURN n",
    "MATCH (n) RETURN n.x AS `set`\n;\n// done\n",
]

WRITES = {
    "CREATE (n)": "CREATE",
    "match (n) set n.x = 1": "SET",
    "MATCH (n) DETACH DELETE n": "DETACH DELETE",
    "MATCH (n) REMOVE n.x": "REMOVE",
    "MERGE (n {id: 1})": "MERGE",
    "MATCH (n{a:1})SET n.x=1": "SET",
    "MATCH (n) WHERE n.in CREATE (x)": "CREATE",
    "MATCH (n:With) CREATE (x)": "CREATE",
    "WITH * SET n.x = 1": "SET",
    "WITH 1 AS with CREATE (n)": "CREATE",
    "WITH 1 AS not LOAD FROM 'x' RETURN *": "LOAD FROM",
    "MATCH ((a)-->(b))+ DELETE a": "DELETE",
    "MATCH (n) CALL { WITH n CREATE (x) } RETURN n": "CREATE",
    "UNWIND [1] AS x FOREACH (y IN [x] | SET y.z = 1)": "FOREACH",
    "/**/CREATE (n)": "CREATE",
    "// one\nCREATE (n)": "CREATE",
    "EXPLAIN CREATE (n)": "CREATE",
    "CYPHER 5 runtime=slotted CREATE (n)": "CREATE",
    "MATCH (n) RETURN n UNION MATCH (n) DELETE n": "DELETE",
    "CR\\u0045ATE (n)": "CREATE",
    "RETURN 'a\\u0027 CREATE (n) //'": "CREATE",
    "LOAD CSV FROM 'file:///etc/passwd' AS r RETURN r": "LOAD CSV",
    "WITH 1 AS x LOAD CSV WITH HEADERS FROM 'http://127.0.0.1/' AS r RETURN r": "LOAD CSV",
    "LOAD FROM '/etc/passwd' RETURN *": "LOAD FROM",
    "COPY (MATCH (n) RETURN n) TO '/tmp/x.csv'": "COPY",
    "EXPORT DATABASE '/tmp/x'": "EXPORT",
    "ATTACH '/tmp/x' AS y": "ATTACH",
    "INSTALL httpfs": "INSTALL",
    "DROP TABLE Model": "DROP",
    "ALTER CURRENT USER SET PASSWORD FROM 'a' TO 'b'": "ALTER",
    "CALL apoc.load.json('x')": "CALL apoc.load.json",
    "CALL dbms.listConfig()": "CALL dbms.listConfig",
    "OPTIONAL CALL db.createLabel('x')": "CALL db.createLabel",
    "CALL `apoc`.`cypher`.run('CREATE (n)', {})": "CALL apoc.cypher.run",
    "CALL gds.graph.drop('x')": "CALL gds.graph.drop",
    "RETURN 1 AS x; RETURN 2 AS x": "One statement",
    "": "empty",
    " // nothing\n;": "empty",
}


@pytest.mark.parametrize("text", READS)
def test_a_read_passes(text: str) -> None:
    check(text)


@pytest.mark.parametrize(("text", "named"), WRITES.items())
def test_a_write_is_refused_by_its_name(text: str, named: str) -> None:
    with pytest.raises(RefusedError, match=named):
        check(text)


@pytest.mark.parametrize("word", sorted(REFUSED))
def test_every_refused_word_is_still_a_name_elsewhere(word: str) -> None:
    names = (
        f"MATCH (n) RETURN n.{word}",
        f"RETURN {{{word}: 1}} AS x",
        f"MATCH (n:{word}) RETURN n",
        f"RETURN ${word} AS {word}",
        f"RETURN '{word} x'",
        f"MATCH ({word.lower()}) RETURN 1",
    )
    for text in names:
        check(text)
    for text in (f"{word} x", f"MATCH (n) {word.lower()} x", f"RETURN 1 AS x {word} x"):
        with pytest.raises(RefusedError):
            check(text)


def test_every_named_query_passes() -> None:
    for query in queries().values():
        check(query.text)


def test_every_statement_that_writes_is_refused() -> None:
    for folder in ("neo4j", "embedded"):
        for path in sorted((FOLDER / folder).glob("*.cypher")):
            if path.stem.startswith(("load_", "delete_", "constraint_", "begin_", "create_", "copy_")):
                with pytest.raises(RefusedError):
                    check(path.read_text(encoding="utf-8"))


def test_procedures_are_listed_in_lower_case() -> None:
    assert {name.lower() for name in PROCEDURES} == PROCEDURES


@given(st.text())
def test_no_text_is_too_strange(text: str) -> None:
    assert sum(len(token.value) for token in tokens(text)) <= len(text)
    with contextlib.suppress(RefusedError):
        check(text)


@given(st.text(alphabet="'\"`\\/*\n acretCRETn(){}:.;u0047", max_size=40))
def test_a_create_after_anything_closed_is_seen(text: str) -> None:
    """Whatever stands before it in quotes that close, a clause that follows is refused."""
    quoted = "'" + text.replace("\\", "\\\\").replace("'", "\\'") + "'"
    if "\\u" in quoted:
        return
    with pytest.raises(RefusedError):
        check(f"WITH {quoted} AS x CREATE (n)")
