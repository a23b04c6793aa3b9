"""The Cypher files: their heads, their order, and the same rows of each on every engine."""

import ast
import re
from pathlib import Path
from typing import Any

import pyarrow as pa
import pytest
from click.testing import CliRunner

from lineage import cypher
from lineage.catalog import Catalog
from lineage.commands import main
from lineage.errors import NotFound, RefusedError, StoreError, UsageError
from lineage.pipeline import build
from lineage.session import Session
from lineage.stores import embedded, graph, neo4j
from tests.conftest import Build
from tests.servers import Server

NAMES = sorted(cypher.queries())


def test_there_are_enough_of_them() -> None:
    assert len(NAMES) >= 24


@pytest.mark.parametrize("name", NAMES)
def test_a_query_file_says_what_it_is(name: str) -> None:
    query = cypher.query(name)
    assert query.about.endswith(".")
    assert query.about[0].isupper()
    assert all(p.about for p in query.params)
    body = cypher.statement(name)
    assert body.startswith(("MATCH", "UNWIND", "OPTIONAL MATCH"))
    used = set(re.findall(r"\$(\w+)", body))
    assert used == {p.name for p in query.params}
    assert "ORDER BY" in body
    assert ";" not in body


@pytest.mark.parametrize("name", NAMES)
def test_every_query_has_rows_on_the_sample_in_one_order(sample: Session, name: str) -> None:
    first = sample.table("query", text=name)
    assert first.num_rows > 0
    assert first == sample.table("query", text=name)


def as_rows(table: pa.Table) -> list[tuple[Any, ...]]:
    return [tuple(tuple(v) if isinstance(v, list) else v for v in row.values()) for row in table.to_pylist()]


@pytest.mark.parametrize("name", NAMES)
def test_both_engines_give_the_same_rows_and_types(sample: Session, neo4j_sample: Server, name: str) -> None:
    on = neo4j_sample
    here = sample.table("query", text=name)
    there = sample.table("query", text=name, on=on.uri)
    assert here.column_names == there.column_names
    assert as_rows(here) == as_rows(there)
    assert [str(f.type) for f in here.schema] == [str(f.type) for f in there.schema]


def notifications(server: Server, text: str, params: dict[str, Any] | None = None) -> list[str]:
    """What the server remarks on a statement, explained and run: anything deprecated, unknown, or without a join."""
    with (
        neo4j.connected(server.uri, notifications="INFORMATION") as (driver, where),
        driver.session(database=where.database, default_access_mode="READ") as session,
    ):
        said = [session.run(how + text, params or {}).consume() for how in ("EXPLAIN ", "")]
    return [o.gql_status for summary in said for o in summary.gql_status_objects if o.is_notification]


@pytest.mark.parametrize("name", NAMES)
def test_the_server_has_nothing_to_remark_on_a_query(neo4j_sample: Server, name: str) -> None:
    query = cypher.query(name)
    assert notifications(neo4j_sample, query.statement, query.bind({})) == []


def test_the_server_remarks_on_what_is_not_joined_and_what_it_does_not_know(neo4j_sample: Server) -> None:
    assert notifications(neo4j_sample, "MATCH (a:Model), (b:Publisher) RETURN count(*) AS n") == ["03N90", "03N90"]
    assert notifications(neo4j_sample, "MATCH (a:Modell) RETURN a.id AS id") == ["01N50", "01N50"]


def test_paths_are_the_same_on_both_engines(sample: Session, neo4j_sample: Server) -> None:
    shown = [name for name in NAMES if cypher.query(name).shows == "graph"]
    assert len(shown) >= 3
    for name in shown:
        here, there = (sample.table("query", text=name, on=on).to_pylist() for on in (None, neo4j_sample.uri))
        assert here == there
        assert all({"nodes", "links"} == path.keys() for row in here for path in row.values())
        assert not {"row_hash", "_ID"} & {
            key for row in here for path in row.values() for n in path["nodes"] for key in n
        }


STATEMENTS = {
    "MATCH (m:Model) RETURN count(*) AS models": (10_013,),
    "MATCH (m:Model) WHERE NOT m.stub RETURN count(*) AS models, sum(m.downloads) AS downloads": (9715, 1_368_390_199),
    "MATCH ()-[d:DERIVED_FROM]->() RETURN count(d) AS edges": (1799,),
    "MATCH ()-[d:DESCENDS_FROM]->() RETURN count(d) AS pairs": (2210,),
    "MATCH (m:Model) WHERE m.bases > 1 RETURN count(*) AS merges": (102,),
    "MATCH (p:Publisher {id: 'bartowski'})-[:PUBLISHED]->(m:Model) RETURN count(m) AS models, sum(m.downloads) AS n": (
        150,
        1_455_594,
    ),
}


@pytest.mark.parametrize("text", list(STATEMENTS))
def test_known_numbers_on_both_engines(sample: Session, neo4j_sample: Server, text: str) -> None:
    for on in (None, neo4j_sample.uri):
        assert as_rows(sample.table("query", text=text, on=on)) == [STATEMENTS[text]]


WRITES = [
    "CREATE (:Model {id: 'x'})", "MATCH (m:Model) SET m.downloads = 0", "MATCH (m:Model) DETACH DELETE m",
    "MERGE (m:Model {id: 'x'}) RETURN m", "MATCH (m) REMOVE m.id RETURN m", "DROP TABLE Model",
    "LOAD CSV FROM 'file:///etc/passwd' AS line RETURN line", "CALL db.clearQueryCaches() ", "COPY Model FROM 'x.csv' ",
    "MATCH (n) WITH n /* a comment */ DELETE n", "match (n) delete n", "FOREACH (x IN [1] | CREATE (:M))",
]  # fmt: skip


@pytest.mark.parametrize("text", WRITES)
def test_writes_are_refused_on_both_engines(sample: Session, neo4j_sample: Server, text: str) -> None:
    before = [as_rows(sample.table("query", text=t, on=on)) for t in STATEMENTS for on in (None, neo4j_sample.uri)]
    for on in (None, neo4j_sample.uri):
        with pytest.raises(RefusedError):
            sample.table("query", text=text, on=on)
    assert before == [
        as_rows(sample.table("query", text=t, on=on)) for t in STATEMENTS for on in (None, neo4j_sample.uri)
    ]


def test_bad_statements_say_where(sample: Session, neo4j_sample: Server) -> None:
    for on in (None, neo4j_sample.uri):
        with pytest.raises(UsageError):
            sample.table("query", text="MATCH (m:Model) RETRUN m", on=on)
        with pytest.raises(UsageError):
            sample.table("query", text="MATCH (m:Model {id: $id}) RETURN m.id", on=on)


def test_names_and_parameters_that_do_not_fit(sample: Session) -> None:
    with pytest.raises(NotFound, match="top_bases"):
        sample.table("query", text="top_base")
    with pytest.raises(UsageError, match="It takes: limit"):
        sample.table("query", text="top_bases", params={"limits": "3"})
    with pytest.raises(UsageError, match="type int"):
        sample.table("query", text="top_bases", params={"limit": "three"})
    assert sample.table("query", text="top_bases", params={"limit": "3"}).num_rows == 3
    assert (
        sample.table(
            "query", text="MATCH (m:Model {id: $id}) RETURN m.id AS id", params={"id": "google-bert/bert-base-uncased"}
        ).num_rows
        == 1
    )


def test_a_runaway_query_ends_at_its_timeout(sample: Session, neo4j_sample: Server) -> None:
    text = (
        "MATCH (a:Model), (b:Model), (c:Model) RETURN count(*) AS n, sum(a.downloads + b.downloads * c.downloads) AS s"
    )
    for on in (None, neo4j_sample.uri):
        with pytest.raises(StoreError, match="timeout"):
            sample.table("query", text=text, on=on, timeout=0.2)


def test_a_file_is_not_read_behind_a_variable_that_looks_like_a_keyword(sample: Session) -> None:
    for word in ("by", "limit", "skip"):
        text = f"UNWIND [1] AS {word} MATCH (n:Model) WHERE 2 > 0 + {word} LOAD FROM '/etc/hosts' (file_format='csv') RETURN *"
        with pytest.raises(RefusedError):
            sample.table("query", text=text)


def test_an_answer_without_end_is_cut_before_it_is_made(sample: Session) -> None:
    table = sample.table("query", text="MATCH (a:Model), (b:Model) RETURN a.id AS a, b.id AS b // all pairs", limit=7)
    assert table.num_rows == 7
    union = sample.table("query", text="RETURN 1 AS x UNION ALL RETURN 2 AS x", limit=1)
    assert union.num_rows == 1


def test_two_columns_of_one_name_are_refused(sample: Session) -> None:
    with pytest.raises(UsageError, match="called a"):
        sample.table("query", text="RETURN 1 AS a, 2 AS a")


def test_nodes_links_and_paths_come_without_the_engines_own_fields(sample: Session) -> None:
    table = sample.table(
        "query", text="MATCH p = (m:Model)-[d:DERIVED_FROM]->(b:Model) RETURN m, d, p ORDER BY m.id LIMIT 1"
    )
    row = table.to_pylist()[0]
    assert row["m"]["id"]
    assert set(row["d"]) == {"relation", "evidence", "basis", "place"}
    assert row["p"]["nodes"][0]["id"] == row["m"]["id"]


@pytest.fixture
def own(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder of one's own queries."""
    monkeypatch.setenv("LINEAGE_QUERIES", str(tmp_path))
    return tmp_path


def test_queries_of_ones_own_come_on_top(sample: Session, own: Path) -> None:
    (own / "mine.cypher").write_text("// How many.\nMATCH (m:Model) RETURN count(*) AS n ORDER BY n;\n")
    (own / "top_bases.cypher").write_text('// One.\n// params:\n//   word: string = "é"   any\nRETURN $word AS word;\n')
    (own / "notes.txt").write_text("no query")
    assert set(cypher.queries()) == {*NAMES, "mine"}
    assert as_rows(sample.table("query", text="mine")) == [(10_013,)]
    assert as_rows(sample.table("query", text="top_bases")) == [("é",)]
    assert cypher.unreadable() == []


BAD_FILES = {
    "no_comment": (b"RETURN 1 AS x", "begin with a comment"),
    "no_statement": (b"// Nothing.\n", "no statement"),
    "latin": (b"// Gr\xfc\xdfe.\nRETURN 1 AS x", "UTF-8"),
    "with blank": (b"// One.\nRETURN 1 AS x", "no blank"),
    "no_default": (b"// One.\n// params:\n//   id: string =\nRETURN $id AS x", "parameter line"),
    "no_json": (b"// One.\n// params:\n//   id: string = a/b\nRETURN $id AS x", "parameter line"),
    "other_type": (b'// One.\n// params:\n//   n: int = "3"   so many\nRETURN $n AS x', "no int"),
    "truth": (b"// One.\n// params:\n//   n: int = true   so many\nRETURN $n AS x", "no int"),
    "shows": (b"// One.\n// shows: film\nRETURN 1 AS x", "table or graph"),
}


@pytest.mark.parametrize("name", BAD_FILES)
def test_a_file_that_cannot_be_read_is_named_and_the_others_work(sample: Session, own: Path, name: str) -> None:
    text, why = BAD_FILES[name]
    (own / f"{name}.cypher").write_bytes(text)
    assert set(cypher.queries()) == set(NAMES)
    assert sample.table("query", text="top_bases").num_rows == 20
    (said,) = cypher.unreadable()
    assert str(own / f"{name}.cypher") in said
    assert why in said
    with pytest.raises(UsageError) as raised:
        cypher.query(name)
    assert str(raised.value) == said


def test_a_bad_file_with_the_name_of_ours_leaves_ours(sample: Session, own: Path) -> None:
    (own / "top_bases.cypher").write_text("RETURN 1 AS x")
    assert sample.table("query", text="top_bases").num_rows == 20
    assert str(own / "top_bases.cypher") in cypher.unreadable()[0]


def test_a_folder_or_file_that_is_not_there_is_said(own: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (own / "folder.cypher").mkdir()
    assert cypher.unreadable() == [f"{own / 'folder.cypher'} cannot be used: Is a directory."]
    monkeypatch.setenv("LINEAGE_QUERIES", str(own / "nowhere"))
    assert set(cypher.queries()) == set(NAMES)
    assert "There is no folder" in cypher.unreadable()[0]


def test_the_embedded_tables_are_those_of_the_schema() -> None:
    declared = re.findall(
        r"[`(,\n ]([a-z_]+)`? (?:STRING|INT64|INT32|BOOL|DOUBLE|TIMESTAMP)", cypher.statement("embedded/create_model")
    )
    assert declared == list(graph.MODEL_COLUMNS)


def test_a_damaged_or_missing_cache_is_made_again(build_rows: Build) -> None:
    s = build_rows([{"id": "a/b", "tags": ["base_model:c/d"]}])
    path = embedded.cache_path(s.snapshot, s.catalog.root)
    text = "MATCH (m:Model) RETURN count(*) AS n"
    assert as_rows(s.table("query", text=text)) == [(2,)]
    path.write_bytes(b"junk" * 1000)
    assert as_rows(s.table("query", text=text)) == [(2,)]
    path.unlink()
    assert as_rows(s.table("query", text=text)) == [(2,)]
    assert not [p for p in path.parent.iterdir() if p.name.startswith(".building")]


def test_an_empty_graph_can_be_asked(build_rows: Build) -> None:
    s = build_rows([{"id": "a/b"}])
    for name in NAMES:
        assert s.table("query", text=name).num_rows == 0
    assert set(dict(graph.tables(s.snapshot))) == {"model", "publisher", "derived_from", "descends_from", "published"}


def test_what_the_engine_has_copied_is_let_go_of(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Before the last table is copied the memory of Arrow holds less than the models took, which were the first."""
    snapshot = build("sample", catalog=Catalog(tmp_path)).snapshot
    held: dict[str, tuple[int, int]] = {}
    copy = embedded._copy

    def watched(connection: Any, name: str, table: pa.Table) -> None:
        held[name] = (table.nbytes, pa.total_allocated_bytes() - before)
        copy(connection, name, table)

    monkeypatch.setattr(embedded, "_copy", watched)
    before = pa.total_allocated_bytes()
    embedded.ensure(snapshot, tmp_path)
    assert held["model"][1] >= held["model"][0] > 3_000_000
    assert list(held)[-1] == "descends_from" and held["descends_from"][1] < held["model"][0] / 2


MANY = "MATCH (m:Model) RETURN m.id AS id"


def asked(session: Session, *line: str) -> tuple[list[str], str]:
    """The lines that `lineage query` prints below their head, and what it says beside them."""
    where = {"LINEAGE_HOME": str(session.catalog.root), "LINEAGE_SNAPSHOT": "sample"}
    done = CliRunner().invoke(main, ["query", MANY, *line], env=where)
    assert done.exit_code == 0, done.stderr
    return done.stdout.splitlines()[1:], done.stderr


def test_all_rows_are_had_where_all_are_asked_for(sample: Session) -> None:
    every = sorted(sample.snapshot.table("models", ["id"]).column("id").to_pylist())
    assert len(every) > cypher.ROWS
    rows, said = asked(sample)
    assert len(rows) == cypher.ROWS
    assert "cut after 10,000 rows, and there are more: --all" in said
    rows, said = asked(sample, "--all")
    assert (sorted(rows), said) == (every, "")
    assert sorted(asked(sample, "--limit", str(len(every)))[0]) == every
    # Rows are chosen and sorted among all, and then cut.
    rows, said = asked(sample, "--sort", "id:desc", "--limit", "2")
    assert rows == every[::-1][:2]
    assert f"showing 2 of {len(every):,}" in said
    assert asked(sample, "--where", f"id={every[-1]}") == ([every[-1]], "")
    assert asked(sample, "--where", "id>z", "--fields", "id")[0] == [one for one in every if one > "z"]
    rows, said = asked(sample, "--limit", "3")
    assert len(rows) == 3 and "cut after 3 rows" in said
    with pytest.warns(UserWarning, match="more rows than these 10,000"):
        assert len(sample.query(MANY)) == cypher.ROWS
    assert len(sample.query(MANY, limit=cypher.EVERY)) == len(every)


@pytest.mark.parametrize("given", ["99999999999999999999", "[1, -99999999999999999999]", "\udcff", '["\udcff"]'])
def test_what_no_engine_can_take_names_its_parameter(sample: Session, given: str) -> None:
    for text in ("MATCH (m:Model) WHERE m.downloads = $size RETURN m.id", "RETURN $size AS x"):
        with pytest.raises(UsageError, match="parameter size is"):
            sample.query(text, {"size": given})
    if given.isdigit():
        with pytest.raises(UsageError, match="parameter limit is"):
            sample.query("top_bases", {"limit": given})


def test_no_cypher_in_python() -> None:
    for path in Path(cypher.__file__).parent.rglob("*.py"):
        tree = ast.parse(path.read_text(encoding="utf-8"))
        texts = [n.value for n in ast.walk(tree) if isinstance(n, ast.Constant) and isinstance(n.value, str)]
        texts += [
            "".join(str(getattr(v, "value", "")) for v in n.values)
            for n in ast.walk(tree)
            if isinstance(n, ast.JoinedStr)
        ]
        # A sentence may show a statement as an example; a text that begins as one is one.
        found = [
            t
            for t in texts
            if re.match(
                r"\s*(?:(?:MATCH|MERGE|CREATE) *\(|MATCH |OPTIONAL MATCH *\(|UNWIND |CALL \w+[=.(]|COPY \w+ FROM)", t
            )
        ]
        assert not found, (path, found)
