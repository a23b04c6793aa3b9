"""Reading from a real Neo4j: typed answers, refusals, and every error as a sentence without a secret."""

import datetime
import socket
import subprocess
import sys
from pathlib import Path
from typing import Any

import pyarrow as pa
import pytest

from lineage.errors import LineageError, RefusedError, StoreError, UsageError
from lineage.stores import address, neo4j, readonly, server, values
from tests.servers import Server

CANARY = "Canary-7f3a-password"


def ask(server: Server, text: str, params: dict[str, Any] | None = None, **options: Any) -> pa.Table:
    return neo4j.run(server.uri, text, params, local_home=server.folder, **options)


def refusal(uri: str, kind: type[LineageError], **options: Any) -> str:
    with pytest.raises(kind) as caught:
        neo4j.run(uri, "RETURN 1 AS x", **options)
    assert CANARY not in str(caught.value)
    return str(caught.value)


# --- answers ----------------------------------------------------------------------------------------


def test_columns_have_types(neo4j_server: Server) -> None:
    table = ask(neo4j_server, """
        UNWIND [1, 2] AS i
        RETURN i, 'x' + i AS s, i / 2.0 AS f, i = 1 AS b, null AS nothing, [i, 3] AS list, {a: i} AS map,
               CASE i WHEN 1 THEN 1 ELSE 2.5 END AS number, CASE i WHEN 1 THEN 'a' ELSE 2 END AS mixed,
               CASE i WHEN 1 THEN null ELSE 7 END AS gap,
               datetime('2024-01-01T01:00:00+01:00') AS t, date('2024-02-29') AS d, duration('P1DT2H') AS p
    """)  # fmt: skip
    assert {field.name: str(field.type) for field in table.schema} == {
        "i": "int64", "s": "string", "f": "double", "b": "bool", "nothing": "string", "list": "list<item: int64>",
        "map": "struct<a: int64>", "number": "double", "mixed": "string", "gap": "int64",
        "t": "timestamp[us, tz=UTC]", "d": "date32[day]", "p": "string",
    }  # fmt: skip
    last = table.to_pylist()[1]
    assert last["t"] == datetime.datetime(2024, 1, 1, tzinfo=datetime.UTC)
    assert (last["list"], last["mixed"], last["gap"], last["p"]) == ([2, 3], "2", 7, "P1DT2H")


def test_nodes_links_and_paths_are_maps(neo4j_server: Server) -> None:
    neo4j_server.clear()
    neo4j_server.run("CREATE (:Model {id: 'a/b', n: 1})-[:DERIVED_FROM {relation: 'merge'}]->(:Model {id: 'c/d'})")
    row = ask(neo4j_server, "MATCH p = (m)-[e]->(b) RETURN m, e, p, nodes(p) AS ns").to_pylist()[0]
    assert row["m"] == {"id": "a/b", "n": 1}
    assert row["e"] == {"relation": "merge"}
    assert [node["id"] for node in row["p"]["nodes"]] == ["a/b", "c/d"]
    assert row["p"]["links"] == [{"relation": "merge"}]
    assert [node["id"] for node in row["ns"]] == ["a/b", "c/d"]


def test_no_rows_still_have_columns_and_a_limit_cuts(neo4j_server: Server) -> None:
    empty = ask(neo4j_server, "MATCH (n:NoSuchLabel) RETURN n.id AS id, n AS n")
    assert (empty.num_rows, empty.column_names) == (0, ["id", "n"])
    many = "UNWIND range(1, 20000) AS x RETURN x"
    assert ask(neo4j_server, many, limit=3).column("x").to_pylist() == [1, 2, 3]
    assert ask(neo4j_server, many).num_rows == 20_000


def test_parameters_go_in_as_they_are(neo4j_server: Server) -> None:
    hostile = "'}) DETACH DELETE n // \u2028 `x`"
    when = datetime.datetime(2024, 1, 1, 12)
    table = ask(neo4j_server, "RETURN $s AS s, $l AS l, $t AS t, $m.a AS a;",
                {"s": hostile, "l": ["x", "y"], "t": when, "m": {"a": 1}})  # fmt: skip
    assert table.to_pylist() == [{"s": hostile, "l": ["x", "y"], "t": when.replace(tzinfo=datetime.UTC), "a": 1}]


@pytest.mark.parametrize("value", ["\ud800", 2**63, {1, 2}, ["\udfff"], object()])
def test_a_parameter_that_cannot_travel_is_named(neo4j_server: Server, value: Any) -> None:
    with pytest.raises(UsageError, match="parameter what"):
        ask(neo4j_server, "RETURN $what AS x", {"what": value})


def test_integers_and_fractions_share_a_column() -> None:
    assert values.column([1, None, 2.5]).to_pylist() == [1.0, None, 2.5]
    assert values.column([[1], ["a"]]).to_pylist() == ["[1]", '["a"]']
    assert values.column([True, 1]).to_pylist() == ["true", "1"]


# --- reading only -----------------------------------------------------------------------------------


@pytest.mark.parametrize("text", [
    "CREATE (n:Canary)", "MERGE (n:Canary)", "MATCH (n) SET n.x = 1", "MATCH (n) DETACH DELETE n",
    "LOAD CSV FROM 'file:///etc/passwd' AS row RETURN row", "CALL dbms.killQuery('x')",
    "CALL db.createLabel('Canary')", "CREATE CONSTRAINT c FOR (n:Canary) REQUIRE n.id IS UNIQUE",
])  # fmt: skip
def test_a_write_is_refused(neo4j_server: Server, text: str) -> None:
    before = neo4j_server.dump()
    with pytest.raises(RefusedError):
        ask(neo4j_server, text)
    assert neo4j_server.dump() == before


@pytest.mark.parametrize("text", ["CREATE (n:Canary)", "MATCH (n) SET n.x = 1", "SHOW DATABASES"])
def test_the_server_is_asked_too(neo4j_server: Server, monkeypatch: pytest.MonkeyPatch, text: str) -> None:
    """Should our own rule let something pass, EXPLAIN does not."""
    monkeypatch.setattr("lineage.stores.readonly.check", lambda text: None)
    with pytest.raises(RefusedError, match="only read"):
        ask(neo4j_server, text)


def test_the_session_itself_is_for_reading(neo4j_server: Server, monkeypatch: pytest.MonkeyPatch) -> None:
    """And should EXPLAIN say `r`, the access mode does not."""
    monkeypatch.setattr("lineage.stores.readonly.check", lambda text: None)
    monkeypatch.setattr(neo4j, "_EXPLAIN", "RETURN 1 //")
    with pytest.raises(RefusedError, match="only read"):
        ask(neo4j_server, "CREATE (n:Canary)")


def test_the_local_server_reads_no_files_even_when_asked_directly(neo4j_server: Server) -> None:
    refused = neo4j.neo4j_module().exceptions.ClientError
    with pytest.raises(refused, match="allow_csv_import_from_file_urls"):
        neo4j_server.run("LOAD CSV FROM 'file:///etc/passwd' AS row RETURN row")


def test_every_procedure_that_is_allowed_can_be_asked(neo4j_server: Server) -> None:
    for name in sorted(name for name in readonly.PROCEDURES if name.startswith("db.")):
        # Procedures are told apart by case here, so the list's small letters are looked up first.
        spelled = neo4j_server.run("SHOW PROCEDURES YIELD name WHERE toLower(name) = $name RETURN name", name=name)
        ask(neo4j_server, f"CALL {spelled[0]['name']}()")


# --- errors -----------------------------------------------------------------------------------------


@pytest.mark.parametrize(("text", "said"), [
    ("MATC (n) RETURN n", r"Invalid input 'MATC' \(line 1, column 1\)"),
    ("MATCH (n)\nRETURN m.x", r"`m` not defined \(line 2, column 8\)"),
    ("RETURN $model AS x", "model.*-p name=value"),
    ("RETURN 1 / 0 AS x", "by zero"),
])  # fmt: skip
def test_a_statement_that_fails_says_why(neo4j_server: Server, text: str, said: str) -> None:
    with pytest.raises(UsageError, match=said):
        ask(neo4j_server, text)


def test_a_runaway_ends(neo4j_server: Server) -> None:
    with pytest.raises(StoreError, match=r"ended after 0\.5 s .*--timeout"):
        ask(neo4j_server, "UNWIND range(1, 100000000) AS x UNWIND range(1, 1000) AS y RETURN sum(x * y) AS z",
            timeout=0.5)  # fmt: skip


def test_one_that_collects_without_end_ends_and_the_server_lives(neo4j_server: Server) -> None:
    with pytest.raises(StoreError, match=r"wants more memory than one may have there.*--heap"):
        ask(neo4j_server, "UNWIND range(1, 300000000) AS x RETURN x ORDER BY x DESC")
    assert server.status(neo4j_server.home) == neo4j_server.status
    assert ask(neo4j_server, "RETURN 1 AS x").num_rows == 1


def test_a_wrong_password(neo4j_server: Server, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("NEO4J_PASSWORD", CANARY)
    assert "refuses the password of neo4j from NEO4J_PASSWORD" in refusal(neo4j_server.uri, StoreError)
    monkeypatch.delenv("NEO4J_PASSWORD")
    file = tmp_path / "secret"
    file.write_text(CANARY + "\n")
    monkeypatch.setenv("NEO4J_PASSWORD_FILE", str(file))
    assert f"from the file {file}" in refusal(neo4j_server.uri, StoreError)
    file.write_text(neo4j_server.password + "\n")
    assert neo4j.run(neo4j_server.uri, "RETURN 1 AS x").num_rows == 1
    file.unlink()
    assert "cannot be read" in refusal(neo4j_server.uri, StoreError)


def test_no_password_at_all(neo4j_server: Server) -> None:
    assert "asks for a password. Set NEO4J_PASSWORD" in refusal(neo4j_server.uri, StoreError)


def test_the_local_password_is_for_the_local_server_only(neo4j_server: Server) -> None:
    with socket.create_server(("127.0.0.1", 0)) as other:
        where = address.target(f"bolt://127.0.0.1:{other.getsockname()[1]}", neo4j_server.folder)
    assert where.secret.password is None
    for uri in (neo4j_server.uri, neo4j_server.uri.replace("127.0.0.1", "localhost")):
        for folder in (neo4j_server.folder, neo4j_server.home):
            assert address.target(uri, folder).secret.password == neo4j_server.password


def test_nobody_there() -> None:
    with socket.create_server(("127.0.0.1", 0)) as closed:
        port = closed.getsockname()[1]
    said = refusal(f"bolt://127.0.0.1:{port}", StoreError)
    assert f"No Neo4j server answers at bolt://127.0.0.1:{port}" in said
    assert "lineage neo4j start" in said


def test_no_such_database(neo4j_server: Server, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("NEO4J_DATABASE", "elsewhere")
    assert "no database 'elsewhere'" in refusal(neo4j_server.uri, StoreError, local_home=neo4j_server.folder)


@pytest.mark.parametrize("uri", ["", "localhost", "http://localhost:7474", "bolt://", "bolt://x:y", "bolt://x:99999"])
def test_an_address_that_is_none(uri: str) -> None:
    assert "no address of a Neo4j server" in refusal(uri, UsageError)


def test_a_password_in_the_address_is_refused_and_not_repeated() -> None:
    assert "Leave user and password out" in refusal(f"bolt://neo4j:{CANARY}@127.0.0.1:7687", UsageError)
    assert "no address" in refusal(f"http://neo4j:{CANARY}@127.0.0.1", UsageError)


@pytest.mark.parametrize("scheme", ["bolt", "neo4j"])
def test_a_password_does_not_travel_in_the_clear(monkeypatch: pytest.MonkeyPatch, scheme: str) -> None:
    monkeypatch.setenv("NEO4J_PASSWORD", CANARY)
    said = refusal(f"{scheme}://graph.invalid:7687", RefusedError)
    assert f"{scheme}+s://graph.invalid" in said
    assert "--insecure" in said
    assert "No Neo4j server answers" in refusal(f"{scheme}://graph.invalid:7687", StoreError, insecure=True)
    assert "No Neo4j server answers" in refusal(f"{scheme}+s://graph.invalid:7687", StoreError)


@pytest.mark.parametrize(("host", "local"), [
    ("127.0.0.1", True), ("127.9.8.7", True), ("localhost", True), ("LOCALHOST", True), ("localhost.", True), ("[::1]", True),
    ("[::ffff:127.0.0.1]", True), ("[0:0:0:0:0:0:0:1]", True),
    # Spellings that only a resolver takes for loopback, and what only looks like it.
    ("127.1", False), ("2130706433", False), ("0x7f000001", False), ("0.0.0.0", False), ("[::]", False), ("[2001:db8::1]", False),
    ("localhost.example.org", False), ("127.0.0.1.example.org", False), ("example.org", False), ("10.0.0.1", False),
])  # fmt: skip
def test_what_counts_as_this_machine(monkeypatch: pytest.MonkeyPatch, host: str, local: bool) -> None:
    monkeypatch.setenv("NEO4J_PASSWORD", CANARY)
    for scheme in ("bolt", "neo4j"):
        where = neo4j.target(f"{scheme}://{host}:7687")
        assert where.local is local
        if not local:
            assert "in the clear" in refusal(f"{scheme}://{host}:7687", RefusedError)


@pytest.mark.parametrize("uri", [
    f"bolt://neo4j:{CANARY}@127.0.0.1:7687", f"neo4j:{CANARY}@127.0.0.1", f"bolt:/neo4j:{CANARY}@127.0.0.1",
    f"bolt://neo4j:a/{CANARY}@127.0.0.1", f"bolt://neo4j:{CANARY}@x@127.0.0.1", f"bolt://neo4j:a?{CANARY}@127.0.0.1",
    f"http://127.0.0.1/?password={CANARY}", f"http://127.0.0.1/#{CANARY}", f"bolt://neo4j:{CANARY}@", f"BOLT://n:{CANARY}@h",
    f"bolt://neo4j:{CANARY}@[::1", f"{CANARY}@",
])  # fmt: skip
def test_a_misspelt_address_with_a_password_is_not_repeated(uri: str) -> None:
    refusal(uri, UsageError)


def test_printing_a_target_hides_the_password(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("NEO4J_PASSWORD", CANARY)
    assert CANARY not in repr(address.target("bolt://127.0.0.1:7687"))


def test_the_driver_comes_without_pandas() -> None:
    program = (
        "import sys; from lineage.stores.neo4j import neo4j_module; neo4j_module(); print('pandas' in sys.modules)"
    )
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True,
                          cwd=Path(__file__).parent.parent)  # fmt: skip
    assert done.stdout == "False\n"
