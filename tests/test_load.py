"""Loading a snapshot into a real Neo4j: what gets there, what does not happen twice, what survives a kill."""

import copy
import datetime
import re
import subprocess
import sys
from pathlib import Path
from typing import Any

import pyarrow as pa
import pytest

from lineage import cypher
from lineage.errors import RefusedError
from lineage.schema import TABLES
from lineage.stores import batches, graph
from lineage.stores.load import load
from tests.servers import EDGES, MODELS, Drawn, Server, draw

COUNTERS = ("nodes_created", "edges_created", "properties_set", "nodes_deleted", "edges_deleted")
NOTHING = dict.fromkeys((*COUNTERS, "batches"), 0)


@pytest.fixture
def empty(neo4j_server: Server) -> Server:
    neo4j_server.clear()
    return neo4j_server


def put(server: Server, snapshot: Drawn, **options: Any) -> dict[str, Any]:
    """Load, and the row without its seconds."""
    row = load(snapshot, server.uri, local_home=server.folder, **options)
    assert row.pop("seconds") >= 0
    return row


def counters(row: dict[str, Any]) -> tuple[int, ...]:
    return tuple(row[name] for name in COUNTERS)


def changed(**models: Any) -> Drawn:
    """The drawn snapshot with some models changed; `_` stands for `/` in a keyword."""
    given = copy.deepcopy(MODELS)
    for name, columns in models.items():
        given[name.replace("__", "/").replace("_", "-")].update(columns)
    return draw(given, EDGES)


def test_the_graph_that_a_load_makes(empty: Server) -> None:
    row = put(empty, draw(MODELS, EDGES))
    assert (row["nodes_created"], row["edges_created"], row["batches"]) == (6 + 4, 4 + 6 + 5, 5)
    derived = empty.run("MATCH (c:Model)-[e:DERIVED_FROM]->(b:Model) RETURN c.id AS c, b.id AS b, properties(e) AS e")
    assert {(d["c"], d["b"], d["e"].get("relation")) for d in derived} == set(EDGES)
    assert {frozenset(d["e"]) for d in derived} == {
        frozenset({"relation", "evidence", "basis", "place"}),
        frozenset({"evidence", "basis", "place"}),  # no label: no property
    }
    distances = empty.run("MATCH (:Model {id: 'quant/base-instruct-GGUF'})-[e:DESCENDS_FROM]->(a) "
                          "RETURN a.id AS id, e.distance AS d")  # fmt: skip
    assert {(d["id"], d["d"]) for d in distances} == {("acme/base-instruct", 1), ("acme/base", 2)}
    hosted = empty.run("MATCH (p:Publisher)-[:PUBLISHED]->(m:Model) RETURN p.id AS p, m.id AS m")
    assert {(h["p"], h["m"]) for h in hosted} == {(m.split("/")[0], m) for m in MODELS if m != "lonely/model"}
    publisher = empty.run("MATCH (p:Publisher {id: 'acme'}) RETURN properties(p) AS p")[0]["p"]
    assert publisher.pop("row_hash") > 0
    assert publisher == {"id": "acme", "owner": "acme", "type": "company", "countries": ["FR", "US"],
                         "models": 2, "downloads": 1, "in_degree": 2, "flow_in": 3, "flow_out": 4,
                         "pagerank": 0.125}  # fmt: skip


def test_values_arrive_as_they_are(empty: Server) -> None:
    when = datetime.datetime(2024, 2, 29, 1, 2, 3, 456789, tzinfo=datetime.UTC)
    given = {"created_at": when, "downloads": 2**62, "licences": ["mit", "a, b"], "gguf": True, "stub": True,
             "pipeline_tag": "'}) DETACH DELETE n //"}  # fmt: skip
    put(empty, draw({"acme/ünïcode-模型": given}, []))
    held = empty.run("MATCH (m:Model) RETURN properties(m) AS p")[0]["p"]
    assert held["id"] == "acme/ünïcode-模型"
    assert held["created_at"].to_native() == when
    assert {name: held[name] for name in given if name != "created_at"} == {
        name: value for name, value in given.items() if name != "created_at"
    }
    assert "hub_id" not in held  # null stays absent
    assert held["count_copy"] == 0


def test_text_that_is_no_unicode_does_not_kill_the_batch(empty: Server) -> None:
    snapshot = draw({"acme/base": {"library": "x"}, "acme/other": {"library": "fine"}}, [])
    models = snapshot.tables["models"]
    raw = pa.array([b"half \xed\xa0\x80 a pair", b"fine"]).cast(pa.binary())
    broken = pa.Array.from_buffers(pa.string(), 2, raw.buffers())
    place = models.column_names.index("library")
    snapshot.tables["models"] = models.set_column(place, "library", broken)
    assert put(empty, snapshot)["nodes_created"] == 2
    held = {m["id"]: m["library"] for m in empty.run("MATCH (m:Model) RETURN m.id AS id, m.library AS library")}
    assert held["acme/other"] == "fine"
    assert held["acme/base"].startswith("half \ufffd")


def test_the_second_load_writes_nothing(empty: Server) -> None:
    put(empty, draw(MODELS, EDGES))
    before = empty.run("MATCH (n) RETURN count(n) AS n, sum(n.batches_done) AS b")
    assert put(empty, draw(MODELS, EDGES)) == NOTHING
    assert put(empty, draw(MODELS, EDGES), prune=True) == NOTHING
    assert empty.run("MATCH (n) RETURN count(n) AS n, sum(n.batches_done) AS b") == before


def test_a_changed_row_is_the_only_one_written(empty: Server) -> None:
    put(empty, draw(MODELS, EDGES))
    before, _ = empty.dump()
    row = put(empty, changed(other__base={"downloads": 51}))
    # The server counts a null that it sets where nothing was, so a row is up to all its columns.
    assert 0 < row.pop("properties_set") <= len(TABLES["models"].names)
    assert row == dict.fromkeys(row, 0) | {"batches": 1}
    after, _ = empty.dump()
    assert [node[1] for node, other in zip(before, after, strict=True) if node != other] == ["other/base"]


def test_a_changed_edge_is_the_only_one_written(empty: Server) -> None:
    put(empty, draw(MODELS, EDGES))
    _, before = empty.dump()
    row = put(empty, draw(MODELS, [(c, b, "adapter" if b == "other/base" else r) for c, b, r in EDGES]))
    assert counters(row) == (0, 0, 4, 0, 0)
    _, after = empty.dump()
    assert [link[:3] for link, other in zip(before, after, strict=True) if link != other] == [
        ["DERIVED_FROM", "mixer/both", "other/base"]
    ]


def test_going_back_to_an_earlier_snapshot_is_a_load(empty: Server) -> None:
    put(empty, draw(MODELS, EDGES))
    first = empty.dump()
    put(empty, changed(acme__base={"downloads": 7}))
    assert put(empty, draw(MODELS, EDGES))["properties_set"] > 0
    assert empty.dump() == first


def test_what_somebody_removed_is_put_back(empty: Server) -> None:
    put(empty, draw(MODELS, EDGES))
    first = empty.dump()
    empty.run("MATCH (m:Model {id: 'mixer/both'}) DETACH DELETE m")
    assert put(empty, draw(MODELS, EDGES))["nodes_created"] == 1
    assert empty.dump() == first


@pytest.mark.parametrize("rows", [1, 7])
def test_the_size_of_batches_changes_nothing(empty: Server, monkeypatch: pytest.MonkeyPatch, rows: int) -> None:
    put(empty, draw(MODELS, EDGES))
    expected = empty.dump()
    empty.clear()
    monkeypatch.setattr(batches, "BATCH_ROWS", rows)
    assert put(empty, draw(MODELS, EDGES))["batches"] > 4
    assert empty.dump() == expected


def test_a_stopped_load_goes_on_where_it_stopped(empty: Server, monkeypatch: pytest.MonkeyPatch) -> None:
    put(empty, draw(MODELS, EDGES))
    expected = empty.dump()
    monkeypatch.setattr(batches, "BATCH_ROWS", 2)
    for stop in (1, 4, 9):
        empty.clear()
        seen = []

        def interrupt(what: str, done: int, total: int, seen: list[str] = seen, stop: int = stop) -> None:
            seen.append(what)
            if len(seen) == stop:
                raise KeyboardInterrupt

        with pytest.raises(KeyboardInterrupt):
            put(empty, draw(MODELS, EDGES), on_progress=interrupt)
        assert empty.run("MATCH (r:LineageRun) RETURN r.status AS s, r.batches_done AS b") == [
            {"s": "loading", "b": stop}
        ]
        total = put(empty, draw(MODELS, EDGES))["batches"] + stop
        assert total == empty.run("MATCH (r:LineageRun) RETURN r.batches AS b")[0]["b"]
        assert empty.dump() == expected


def test_what_is_removed_between_two_halves_is_put_back(empty: Server, monkeypatch: pytest.MonkeyPatch) -> None:
    put(empty, draw(MODELS, EDGES))
    expected = empty.dump()
    empty.clear()
    monkeypatch.setattr(batches, "BATCH_ROWS", 2)

    def interrupt(what: str, done: int, total: int) -> None:
        if what == "loading derived_from":
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        put(empty, draw(MODELS, EDGES), on_progress=interrupt)
    empty.run("MATCH (m:Model {id: 'acme/base'}) DETACH DELETE m")
    put(empty, draw(MODELS, EDGES))
    assert empty.dump() == expected


def test_a_killed_loader_goes_on_where_it_was(empty: Server) -> None:
    put(empty, draw(MODELS, EDGES))
    expected = empty.dump()
    empty.clear()
    program = f"""
import sys, time
sys.path.insert(0, {str(Path(__file__).parent.parent)!r})
from pathlib import Path
from tests.servers import EDGES, MODELS, draw
from lineage.stores import batches
from lineage.stores.load import load
batches.BATCH_ROWS = 1
def tell(what, done, total):
    print(what, done, flush=True)
    if what == "loading derived_from" and done == 2:
        time.sleep(60)
load(draw(MODELS, EDGES), {empty.uri!r}, local_home=Path({str(empty.folder)!r}), on_progress=tell)
"""
    with subprocess.Popen([sys.executable, "-c", program], stdout=subprocess.PIPE, text=True) as loader:
        assert loader.stdout is not None
        for line in loader.stdout:
            if line == "loading derived_from 2\n":
                break
        loader.kill()
    # Other batches than before, so it begins anew; nothing is there twice.
    assert put(empty, draw(MODELS, EDGES))["nodes_created"] == 0
    assert empty.dump() == expected


def smaller() -> Drawn:
    """Without the merge, whose two edges go with it."""
    models = {name: columns for name, columns in MODELS.items() if name != "mixer/both"}
    return draw(models, [edge for edge in EDGES if edge[0] != "mixer/both"])


def test_nothing_is_deleted_unless_asked(empty: Server) -> None:
    put(empty, draw(MODELS, EDGES))
    row = put(empty, smaller())
    assert (row["nodes_deleted"], row["edges_deleted"]) == (0, 0)
    assert empty.run("MATCH (m:Model) RETURN count(m) AS n") == [{"n": 6}]


def test_prune_leaves_what_the_snapshot_has(empty: Server, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(batches, "BATCH_ROWS", 2)  # so that what is there comes in several pages
    put(empty, smaller())
    expected = empty.dump()
    empty.clear()
    put(empty, draw(MODELS, EDGES))
    empty.run("CREATE (:Model {id: 'mine/own'})-[:DERIVED_FROM]->(:Model {id: 'mine/too'})")
    with pytest.raises(RefusedError, match="would remove"):
        put(empty, smaller(), prune=True)
    assert empty.run("MATCH (m:Model) RETURN count(m) AS n") == [{"n": 8}]
    row = put(empty, smaller(), prune=True, force=True)
    # Two nodes (the merge and its account), its two edges, four links to ancestors, one PUBLISHED, and of
    # other/base, which no edge touches any more, the account with its link.
    assert (row["nodes_deleted"], row["edges_deleted"]) == (3, 2 + 3 + 2)
    # What no load has written is nobody's to prune.
    assert empty.run("MATCH (m:Model) WHERE m.id STARTS WITH 'mine/' DETACH DELETE m RETURN count(*) AS n") == [
        {"n": 2}
    ]
    assert empty.dump() == expected


def test_a_dry_run_says_what_a_load_then_does(empty: Server) -> None:
    for snapshot, options in (
        (draw(MODELS, EDGES), {}),
        (changed(acme__base={"downloads": 1}), {}),
        (smaller(), {"prune": True, "force": True}),
        (smaller(), {"prune": True}),
    ):
        before = empty.dump()
        foreseen = put(empty, snapshot, dry_run=True, **options)
        assert empty.dump() == before
        done = put(empty, snapshot, **options)
        assert (foreseen.pop("properties_set") > 0) == (done.pop("properties_set") > 0)
        assert foreseen == done


def test_unchanged_and_large_is_quick_because_no_table_is_read(empty: Server) -> None:
    snapshot = draw(MODELS, EDGES)
    put(empty, snapshot)
    snapshot.tables.clear()
    assert put(empty, snapshot) == NOTHING


# --- without a server -------------------------------------------------------------------------------


@pytest.mark.parametrize("name", ["models", "publishers", "derived_from", "descends_from", "published"])
def test_load_statements_take_every_column_once_and_in_order(name: str) -> None:
    table = dict(graph.tables(draw(MODELS, EDGES)))[{"models": "model", "publishers": "publisher"}.get(name, name)]  # type: ignore[arg-type]
    text = cypher.statement(f"neo4j/load_{name}")
    keys = table.column_names[: len(re.findall(r"\{id: r\[", text))]
    stage = batches.stage(name, table, keys)
    assert set(stage.rows.column_names) - {"row_hash"} == set(table.column_names)
    # Each place is used, and the properties take theirs in the order in which they stand.
    assert {int(place) for place in re.findall(r"r\[(\d+)\]", text)} == set(range(stage.rows.num_columns))
    assigned = re.findall(r"\.(\w+) = .*?r\[(\d+)\]", text)
    assert [column for column, _ in assigned] == stage.rows.column_names[len(keys) :]
    assert [int(place) for _, place in assigned] == list(range(len(keys), stage.rows.num_columns))


def test_every_scalar_column_of_models_is_loaded() -> None:
    text = cypher.statement("neo4j/load_models")
    assert [name for name in graph.MODEL_COLUMNS if name != "id"] == re.findall(r"m\.(\w+) = ", text)[1:]


def test_cuts_keep_rows_and_bytes() -> None:
    table = pa.table({"id": ["a" * n for n in (1, 1, 50, 1, 200, 1)]})
    assert batches.cuts(table, 2, 1000) == [0, 2, 4, 6]
    assert batches.cuts(table, 100, 61) == [0, 2, 4, 5, 6]
    assert batches.cuts(table.slice(0, 0), 2, 10) == [0]


def test_a_hash_changes_with_any_value_and_with_nothing_else() -> None:
    table = draw(MODELS, EDGES).tables["models"]
    first = batches.row_hashes(table, "salt").to_pylist()
    assert first == batches.row_hashes(table.select(table.column_names[::-1]), "salt").to_pylist()
    assert len(set(first)) == len(first)
    assert min(first) >= 0
    for name in ("downloads", "full", "pipeline_tag", "licences", "created_at", "stub"):
        place = table.column_names.index(name)
        value = {"licences": ["x"], "created_at": datetime.datetime.now(datetime.UTC), "stub": True,
                 "pipeline_tag": ""}.get(name, 12345)  # fmt: skip
        values = [value, *table.column(name).to_pylist()[1:]]
        other = table.set_column(place, name, pa.array(values, table.schema.field(name).type))
        hashes = batches.row_hashes(other, "salt").to_pylist()
        assert [a == b for a, b in zip(first, hashes, strict=True)] == [False, *[True] * 5]
    assert set(first).isdisjoint(batches.row_hashes(table, "pepper").to_pylist())


def test_the_hash_is_the_same_on_every_machine() -> None:
    table = dict(graph.tables(draw({"acme/base": {"downloads": 3, "bits": 4.5}}, [])))["model"]  # type: ignore[arg-type]
    assert batches.row_hashes(table, "salt").to_pylist() == [4902196008871842535]
