"""A whole Hub into Neo4j: over Bolt, again, offline; questions there; beside it what people write by hand.

    python benchmarks/server.py [--models N] [--folder DIR] [--heap 2g]

Takes the snapshot in DIR/home that `benchmarks/build.py` has left, or builds it. The plain ways are run on 20,000
models and 20,000 edges of it, in the same server: a MERGE a row, each in a transaction of its own, and edges whose ends
are matched without a label.
"""

import argparse
import shutil
import sys
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT))

from benchmarks import engines  # noqa: E402
from benchmarks.chapter import chapter  # noqa: E402
from benchmarks.drawn_hub import NAME, snapshot  # noqa: E402
from benchmarks.table import Beside, Row  # noqa: E402
from benchmarks.timing import seconds, timed  # noqa: E402

ROWS = 20_000

#: As many times as fast as the plain way, at least.
WANTED = 5.0

PER_ROW = "MERGE (m:Plain {id: $id}) SET m.publisher = $publisher, m.downloads = $downloads"
ALL_ROWS = "UNWIND $rows AS r MERGE (m:Plain {id: r[0]}) SET m.publisher = r[1], m.downloads = r[2]"
NO_LABEL = "UNWIND $rows AS r MATCH (a {id: r[0]}) MATCH (b {id: r[1]}) MERGE (a)-[:PLAIN]->(b)"
LABEL = "UNWIND $rows AS r MATCH (a:Plain {id: r[0]}) MATCH (b:Plain {id: r[1]}) MERGE (a)-[:LABELLED]->(b)"


def plain_ways(uri: str, local: Path, found: Any) -> list[Row]:
    """Our way beside the plain one on 20,000 rows; the labels that they use are removed again."""
    from lineage.stores.neo4j import connected

    edges = found.table("edges", ["child", "base"]).slice(0, ROWS)
    pairs = list(zip(*(column.to_pylist() for column in edges.columns), strict=True))
    ids = sorted({id for pair in pairs for id in pair})[:ROWS]
    known = set(ids)
    pairs = [pair for pair in pairs if set(pair) <= known]
    with connected(uri, local_home=local) as (driver, _), driver.session() as session:

        def run(text: str, **params: Any) -> None:
            session.run(text, params).consume()

        def one_by_one() -> None:
            for i, id in enumerate(ids):
                run(PER_ROW, id=id, publisher=id.split("/")[0], downloads=i)

        def at_once(text: str, rows: list[Any]) -> None:
            for begin in range(0, len(rows), 10_000):
                run(text, rows=rows[begin : begin + 10_000])

        run("CREATE CONSTRAINT plain IF NOT EXISTS FOR (m:Plain) REQUIRE m.id IS UNIQUE")
        nodes = [(id, id.split("/")[0], i) for i, id in enumerate(ids)]
        slow_nodes = seconds(one_by_one)
        run("MATCH (m:Plain) DETACH DELETE m")
        fast_nodes = seconds(lambda: at_once(ALL_ROWS, nodes))
        few = pairs[:ROWS]
        slow_edges = seconds(lambda: at_once(NO_LABEL, few))
        fast_edges = seconds(lambda: at_once(LABEL, few))
        run("MATCH (m:Plain) DETACH DELETE m")
        run("DROP CONSTRAINT plain")
    return [
        Row(f"{len(nodes):,} models in batches", fast_nodes,
            beside=(Beside("a MERGE a row", slow_nodes, wanted=WANTED),)),
        Row(f"{len(few):,} edges, both ends by label", fast_edges,
            beside=(Beside("MATCH without a label", slow_edges, wanted=WANTED),)),
    ]  # fmt: skip


def measure(given: argparse.Namespace) -> list[Row]:
    """All rows."""
    found, home = snapshot(given.folder, given.models), given.folder / "home"
    from lineage.stores import server

    id, many = engines.largest(found)
    local = home / "neo4j"
    place = local / server.VERSION

    def emptied() -> str:
        server.stop(place)
        shutil.rmtree(place / "data", ignore_errors=True)
        return str(server.start(place, port=0, http_port=0, heap=given.heap).uri)

    def load(what: str, says: str, budget: float, uri: str, *more: str) -> Row:
        took, _, peak = timed("load", uri, "--snapshot", NAME, *more)
        return Row(what, took, "s", budget, says, peak=peak)

    try:
        ratios = plain_ways(emptied(), local, found)
        uri = emptied()
        rows = [
            load(f"{given.models:,} models into Neo4j {server.VERSION}, over Bolt", "8 min", 480.0, uri),
            load("the same, nothing changed", "2 s", 2.0, uri),
        ]
        below, same = engines.descendants(found, home, id, many, uri)
        one, _ = engines.look_up(found, home, id, uri)
        equal = same.equals(engines.descendants(found, home, id, many)[1])
        rows += [
            Row(f"all {many:,} descendants of the largest, Neo4j", below, state="" if equal else "not as embedded"),
            Row("a model by its id, Neo4j", one),
        ]
        uri = emptied()
        rows += [
            load("the same offline, into an empty local server", "90 s", 90.0, uri, "--offline"),
            load("nothing changed after it", "2 s", 2.0, uri),
        ]
    finally:
        server.stop(place)
    return rows + ratios


if __name__ == "__main__":
    sys.exit(chapter("A whole Hub into Neo4j, and questions there.", measure))
