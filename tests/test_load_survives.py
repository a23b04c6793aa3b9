"""Loads that are killed, cut, met by others, and of half a source: the same graph at the end, and nothing lost.

A tenth of the tries here, all of them in `make soak`.
"""

import itertools
import random
import threading
import time
from typing import Any

import pytest

from lineage.errors import RefusedError, StoreError
from lineage.stores import batches, neo4j, runs
from lineage.stores.load import load
from lineage.stores.neo4j import connected
from lineage.stores.writer import Writer
from tests import loader
from tests.conftest import Build
from tests.cutting import cutting
from tests.servers import EDGES, MODELS, Drawn, Server, draw

ROWS = 20


def tries(quick: int, all_: int) -> Any:
    """So many numbers for `make test`, and all for `make soak`."""
    return [i if i < quick else pytest.param(i, marks=pytest.mark.soak) for i in range(all_)]


@pytest.fixture
def empty(neo4j_server: Server) -> Server:
    neo4j_server.clear()
    return neo4j_server


@pytest.fixture(scope="module")
def expected(neo4j_server: Server) -> tuple[Any, float]:
    """What the graph of the forest 7 is after a load that nothing disturbs, and how long that took."""
    neo4j_server.clear()
    process = loader.start(neo4j_server, 7, ROWS)
    began = time.monotonic()
    process.communicate(timeout=120)
    took = time.monotonic() - began
    assert process.returncode == 0
    return neo4j_server.dump(), took


def whole(server: Server) -> tuple[int, str]:
    """Exit code and last words of a load of forest 7 that goes to its end."""
    process = loader.start(server, 7, ROWS)
    said, errors = process.communicate(timeout=120)
    assert not errors
    return process.returncode, said


def states(server: Server) -> list[str]:
    return sorted(r["s"] for r in server.run("MATCH (r:LineageRun) RETURN r.status AS s"))


# --- R2: the loader is killed -------------------------------------------------------------------------


@pytest.mark.parametrize("number", tries(3, 50))
def test_a_loader_killed_at_any_moment(empty: Server, expected: tuple[Any, float], number: int) -> None:
    graph, took = expected
    process = loader.start(empty, 7, ROWS)
    time.sleep(random.Random(number).uniform(0, took))
    process.kill()
    process.communicate()
    assert whole(empty)[0] == 0
    assert empty.dump() == graph
    assert states(empty) == ["complete"]


# --- R3: the server is killed -------------------------------------------------------------------------


@pytest.mark.parametrize("number", tries(1, 20))
def test_a_server_killed_in_the_middle(
    empty: Server, expected: tuple[Any, float], monkeypatch: pytest.MonkeyPatch, number: int
) -> None:
    graph, took = expected
    snapshot = loader.forest(7)
    monkeypatch.setattr(batches, "BATCH_ROWS", ROWS)
    again = threading.Thread(target=empty.start)

    def kill() -> None:
        empty.kill()
        again.start()

    timer = threading.Timer(random.Random(number).uniform(0, took), kill)
    timer.start()
    try:
        row = load(snapshot, empty.uri, local_home=empty.folder)
    finally:
        timer.join()
        again.join()
    assert empty.dump() == graph  # nothing lost, nothing twice
    assert (row["nodes_created"], row["edges_created"]) == (len(graph[0]), len(graph[1]))


# --- R4: twice ----------------------------------------------------------------------------------------


def test_the_second_time_nothing_is_created_set_or_deleted(empty: Server) -> None:
    load(loader.forest(7), empty.uri, local_home=empty.folder)
    row = load(loader.forest(7), empty.uri, local_home=empty.folder)
    row.pop("seconds")
    assert set(row.values()) == {0}


# --- R5: the order of the rows, the size of the batches -----------------------------------------------


@pytest.mark.parametrize(
    ("order", "rows"),
    [
        (order, rows) if i % 12 == 0 else pytest.param(order, rows, marks=pytest.mark.soak)
        for i, (order, rows) in enumerate(itertools.product(range(6), (1, 7, 1000, 10_000)))
    ],
)
def test_order_and_batches_change_nothing(
    empty: Server, build_rows: Build, monkeypatch: pytest.MonkeyPatch, order: int, rows: int
) -> None:
    records = [
        {"id": f"maker-{i % 7}/model-{i}", "downloads": i, "tags": [f"base_model:quantized:maker-{j % 7}/model-{j}",
                                                                    f"base_model:maker-{j % 7}/model-{j}"]}
        for i in range(40) for j in [random.Random(i).randrange(50)]
    ]  # fmt: skip
    load(build_rows(records, name="plain").snapshot, empty.uri, local_home=empty.folder)
    graph = empty.dump()
    assert len(graph[0]) > 40
    empty.clear()
    random.Random(order).shuffle(records)
    monkeypatch.setattr(batches, "BATCH_ROWS", rows)
    load(build_rows(records, name="shuffled").snapshot, empty.uri, local_home=empty.folder)
    assert empty.dump() == graph


# --- R6: the line breaks in a commit ------------------------------------------------------------------


@pytest.mark.parametrize("number", tries(1, 20))
def test_a_line_that_breaks_in_a_commit(
    empty: Server, expected: tuple[Any, float], monkeypatch: pytest.MonkeyPatch, number: int
) -> None:
    """Five cuts a load: 10 here, 100 in all."""
    graph, _ = expected
    monkeypatch.setattr(batches, "BATCH_ROWS", ROWS)
    monkeypatch.setenv("NEO4J_PASSWORD", empty.password)
    with cutting(empty.ports[0], first=number % 4, every=4, most=5) as proxy:
        row = load(loader.forest(7), proxy.uri)
    assert proxy.cuts == 5
    assert empty.dump() == graph
    # A batch that was done again would have been counted as nothing created; one not done, not at all.
    assert (row["nodes_created"], row["edges_created"]) == (len(graph[0]), len(graph[1]))
    assert empty.run("MATCH (r:LineageRun) RETURN r.batches AS b, r.batches_done AS d") == [
        {"b": row["batches"], "d": row["batches"]}
    ]


# --- R7: two at once ----------------------------------------------------------------------------------


@pytest.mark.parametrize("number", tries(1, 20))
def test_of_two_loaders_one_is_refused(empty: Server, expected: tuple[Any, float], number: int) -> None:
    graph, took = expected
    first = loader.start(empty, 7, ROWS)
    second = loader.start(empty, 7, ROWS)
    if number % 2:
        time.sleep(random.Random(number).uniform(0, took))
    ended = [process.communicate(timeout=120)[0] for process in (first, second)]
    codes = {first.returncode: ended[0], second.returncode: ended[1]}
    assert min(codes) == 0
    if 1 in codes:
        assert f"by process {first.pid if second.returncode else second.pid} on this machine" in codes[1]
    assert empty.dump() == graph
    assert states(empty) == ["complete"]


def test_the_second_of_two_in_one_process_is_refused(empty: Server, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(batches, "BATCH_ROWS", 2)
    refused: list[str] = []

    def meanwhile(what: str, done: int, total: int) -> None:
        for other in (draw(MODELS, EDGES), draw(MODELS, [])):
            with pytest.raises(RefusedError) as caught:
                load(other, empty.uri, local_home=empty.folder)
            refused.append(str(caught.value))

    load(draw(MODELS, EDGES), empty.uri, local_home=empty.folder, on_progress=meanwhile)
    assert {said.split(" is being loaded")[0] for said in refused} == {"drawn"}
    assert states(empty) == ["complete"]


def test_a_holder_of_which_nothing_is_heard_gives_way(empty: Server, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(batches, "BATCH_ROWS", 2)
    monkeypatch.setattr(runs, "SILENT_CAP", -1)
    second: list[Any] = []

    def meanwhile(what: str, done: int, total: int) -> None:
        if not second:
            second.append(load(draw(MODELS, EDGES), empty.uri, local_home=empty.folder))

    with pytest.raises(StoreError, match="taken over"):
        load(draw(MODELS, EDGES), empty.uri, local_home=empty.folder, on_progress=meanwhile)
    assert states(empty) == ["complete"]
    monkeypatch.setattr(batches, "BATCH_ROWS", 10_000)
    assert load(draw(MODELS, EDGES), empty.uri, local_home=empty.folder)["batches"] == 0


@pytest.mark.parametrize(
    ("change", "goes_on"),
    [
        ("r.process = 1", False),  # it lives
        ("r.process = 2147483600", True),  # nobody has that number
        ("r.place = 'elsewhere', r.host = 'elsewhere'", False),  # who knows
        ("r.place = 'elsewhere', r.beat = datetime() - duration('PT121S')", True),
        ("r.holder = null", True),  # it has let go
    ],
)
def test_who_may_go_on_with_a_load(empty: Server, monkeypatch: pytest.MonkeyPatch, change: str, goes_on: bool) -> None:
    monkeypatch.setattr(batches, "BATCH_ROWS", 2)
    monkeypatch.setattr(runs.Run, "release", lambda self: None)  # as after a kill

    def stop(what: str, done: int, total: int) -> None:
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        load(draw(MODELS, EDGES), empty.uri, local_home=empty.folder, on_progress=stop)
    empty.run(f"MATCH (r:LineageRun) SET {change}")
    if not goes_on:
        with pytest.raises(RefusedError, match=r"is being loaded into bolt.* on (this machine|elsewhere): 1 of 13"):
            load(draw(MODELS, EDGES), empty.uri, local_home=empty.folder)
        return
    assert load(draw(MODELS, EDGES), empty.uri, local_home=empty.folder)["batches"] == 12
    assert states(empty) == ["complete"]


def test_another_snapshot_gives_up_what_was_cut_short(empty: Server, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(batches, "BATCH_ROWS", 2)

    def stop(what: str, done: int, total: int) -> None:
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        load(draw(MODELS, EDGES), empty.uri, local_home=empty.folder, on_progress=stop)
    load(draw(MODELS, [], "other"), empty.uri, local_home=empty.folder)
    assert states(empty) == ["abandoned", "complete"]


# --- others who write -----------------------------------------------------------------------------------


@pytest.mark.parametrize("number", tries(1, 5))
def test_a_deadlock_is_survived(empty: Server, number: int) -> None:
    """Somebody else locks the last model of a batch, waits for the load to lock the first, and wants that too."""
    load(draw(MODELS, EDGES), empty.uri, local_home=empty.folder)
    others = {id: columns | {"downloads": 7 + number} for id, columns in MODELS.items()}
    first, last = min(MODELS), max(MODELS)
    waits: list[str] = []
    ended: list[Exception | None] = []
    locked = threading.Event()

    def meddle() -> None:
        module = neo4j.neo4j_module()
        with module.GraphDatabase.driver(empty.uri, auth=("neo4j", empty.password)) as driver:
            session = driver.session()
            try:
                with session, session.begin_transaction() as tx:
                    tx.run("MATCH (m:Model {id: $id}) SET m.meddled = true", id=last).consume()
                    locked.set()
                    while not empty.run(
                        "SHOW TRANSACTIONS YIELD status WHERE status STARTS WITH 'Blocked' RETURN status"
                    ):
                        time.sleep(0.05)
                    tx.run("MATCH (m:Model {id: $id}) SET m.meddled = true", id=first).consume()
                    tx.commit()
                ended.append(None)
            except module.exceptions.TransientError as error:
                ended.append(error)

    thread = threading.Thread(target=meddle)
    thread.start()
    locked.wait(30)
    load(draw(others, EDGES), empty.uri, local_home=empty.folder,
         on_progress=lambda what, done, total: waits.append(what))  # fmt: skip
    thread.join()
    # One of the two was the victim, and neither stays in the way of the other.
    assert (ended[0] is not None) != ("waiting for the server" in waits)
    empty.run("MATCH (m:Model) REMOVE m.meddled")
    graph = empty.dump()
    empty.clear()
    load(draw(others, EDGES), empty.uri, local_home=empty.folder)
    assert empty.dump() == graph


def test_a_load_that_begins_while_another_prunes_is_refused_and_the_other_way_round(empty: Server) -> None:
    load(draw(MODELS, EDGES), empty.uri, local_home=empty.folder)
    smaller = draw({id: MODELS[id] for id in MODELS if id != "lonely/model"}, EDGES, "smaller")
    refused: list[str] = []

    def begin_other(what: str, done: int, total: int) -> None:
        with pytest.raises(RefusedError) as caught:
            load(draw(MODELS, []), empty.uri, local_home=empty.folder)
        refused.append(str(caught.value))

    row = load(smaller, empty.uri, local_home=empty.folder, prune=True, on_progress=begin_other)
    assert row["nodes_deleted"] == 1
    assert len(refused) >= 10 and {said.split(" ")[0] for said in refused} == {"smaller"}
    # Between the end of a load and its prune, another may begin: then it is the prune that gives way.
    with connected(empty.uri, local_home=empty.folder) as (driver, where):
        writer = Writer(driver, where, lambda what, done, total: None)
        run = runs.Run(writer, writer.read("last_run"))
        load(draw(MODELS, EDGES), empty.uri, local_home=empty.folder)
        with pytest.raises(RefusedError):
            run.take("pruning")


# --- R10: half a source -------------------------------------------------------------------------------


@pytest.mark.parametrize("force", [False, True])
def test_nothing_is_pruned_for_half_a_source(empty: Server, force: bool) -> None:
    load(draw(MODELS, EDGES), empty.uri, local_home=empty.folder)
    before = empty.dump()
    half = Drawn("half", draw({"acme/base": MODELS["acme/base"]}, []).tables, part="its crawl is not at its end")
    for dry in (True, False):
        row = load(half, empty.uri, local_home=empty.folder, prune=True, force=force, dry_run=dry)
        assert (row["nodes_deleted"], row["edges_deleted"]) == (0, 0)
    assert [node[1] for node in empty.dump()[0]] == [node[1] for node in before[0]]
    assert empty.dump()[1] == before[1]
