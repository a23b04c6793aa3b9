"""A whole Hub into Neo4j: over Bolt, again, offline; questions on both engines; beside it what people write by hand.

    python benchmarks/server.py [--models N] [--folder DIR] [--heap 2g]

Takes the snapshot that `benchmarks/minute.py` has left in DIR, or makes it. The plain ways are run on 20,000 models
and 20,000 edges of the same snapshot, in the same server: a MERGE a row, each in a transaction of its own, and edges
whose ends are matched without a label. Ends with 1 where a ratio is missed. Seconds are of this machine.
"""

import argparse
import os
import shutil
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT))

from benchmarks.minute import MODELS, prepare, timed  # noqa: E402

ROWS = 20_000

PER_ROW = "MERGE (m:Plain {id: $id}) SET m.publisher = $publisher, m.downloads = $downloads"
ALL_ROWS = "UNWIND $rows AS r MERGE (m:Plain {id: r[0]}) SET m.publisher = r[1], m.downloads = r[2]"
NO_LABEL = "UNWIND $rows AS r MATCH (a {id: r[0]}) MATCH (b {id: r[1]}) MERGE (a)-[:PLAIN]->(b)"
LABEL = "UNWIND $rows AS r MATCH (a:Plain {id: r[0]}) MATCH (b:Plain {id: r[1]}) MERGE (a)-[:LABELLED]->(b)"


def seconds(action: Callable[[], Any]) -> float:
    """Wall seconds of one call."""
    began = time.perf_counter()
    action()
    return time.perf_counter() - began


def snapshot(folder: Path, models: int) -> Any:
    """The snapshot of the whole Hub below `folder`, built where it is not there."""
    from lineage.errors import LineageError
    from lineage.snapshot import Catalog

    try:
        return Catalog(folder / "home").open("kept")
    except LineageError:
        timed("build", str(prepare(folder, models)), "--name", "kept")
        return Catalog(folder / "home").open("kept")


def plain_ways(uri: str, local: Path, found: Any) -> list[tuple[str, float, str, float, float]]:
    """(what, ours, beside it, theirs, wanted ratio) on 20,000 rows; the labels that they use are removed again."""
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
        (f"{len(nodes):,} models, batches", fast_nodes, "a MERGE a row", slow_nodes, 5.0),
        (f"{len(few):,} edges, both ends by label", fast_edges, "MATCH without a label", slow_edges, 5.0),
    ]


def questions(found: Any, root: Path, uri: str) -> list[tuple[str, str, float]]:
    """(what, engine, seconds) of the second time that a question is asked in one process."""
    import pyarrow.compute as pc

    from lineage.stores import ask

    models = found.table("models", ["id", "descendants"])
    largest = models.filter(pc.equal(models.column("descendants"), pc.max(models.column("descendants"))))
    id = largest.column("id")[0].as_py()
    count = "MATCH (b:Model {id: $id})<-[:DESCENDS_FROM]-(m:Model) RETURN count(m) AS models, sum(m.downloads) AS n"
    look = "MATCH (m:Model {id: $id}) RETURN m.id AS id, m.downloads AS downloads"
    rows = []
    for engine, on in (("embedded", None), ("Neo4j", uri)):
        for what, text in ((f"all {largest.column('descendants')[0]:} descendants of {id}", count), ("a model", look)):

            def asked(text: str = text, on: str | None = on) -> None:
                ask.run(found, root, text, {"id": id}, on=on, limit=10_000)

            asked()
            rows.append((what, engine, seconds(asked)))
    return rows


def main() -> int:
    parser = argparse.ArgumentParser(description="A whole Hub into Neo4j, and questions on both engines.")
    parser.add_argument("--models", type=int, default=MODELS)
    parser.add_argument("--folder", type=Path, default=ROOT / ".demo" / "minute")
    parser.add_argument("--heap")
    given = parser.parse_args()
    home = given.folder / "home"
    os.environ["LINEAGE_HOME"] = str(home)
    from lineage.stores import server

    found = snapshot(given.folder, given.models)
    local = home / "neo4j"
    place = local / server.VERSION
    rows: list[tuple[str, float, float, float, float]] = []

    def emptied() -> server.Status:
        server.stop(place)
        shutil.rmtree(place / "data", ignore_errors=True)
        return server.start(place, port=0, http_port=0, heap=given.heap)

    try:
        uri = str(emptied().uri)
        ratios = plain_ways(uri, local, found)
        uri = str(emptied().uri)
        load = ("load", uri, "--snapshot", "kept")
        rows.append(("over Bolt, into an empty server", *timed(*load), 480.0))
        rows.append(("nothing changed", *timed(*load), 2.0))
        asked = questions(found, home, uri)
        uri = str(emptied().uri)
        rows.append(("offline, into an empty server", *timed("load", uri, "--snapshot", "kept", "--offline"), 90.0))
        rows.append(("nothing changed, after it", *timed("load", uri, "--snapshot", "kept"), 2.0))
    finally:
        server.stop(place)
    print(f"{found.counts['models']:,} models, {found.counts['edges']:,} edges, into Neo4j {server.VERSION}")
    print(f"{'what':44} {'wall s':>8} {'CPU s':>8} {'peak GiB':>9} {'budget s':>9}")
    for what, wall, spent, peak, budget in rows:
        print(f"{what:44} {wall:8.1f} {spent:8.1f} {peak:9.2f} {budget:9.0f}")
    for what, engine, took in asked:
        print(f"{what[:60]:60} {engine:10} {took * 1e3:9.1f} ms")
    missed = 0
    print(f"{'what':44} {'s':>8}   {'beside it':26} {'s':>8} {'ratio':>8}  wanted")
    for what, mine, other, theirs, wanted in ratios:
        missed += theirs / mine < wanted
        print(f"{what:44} {mine:8.3f}   {other:26} {theirs:8.3f} {theirs / mine:8.1f}  {wanted:g}")
    return 1 if missed else 0


if __name__ == "__main__":
    sys.exit(main())
