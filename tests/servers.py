"""A real Neo4j for tests, one for the whole session, and small snapshots drawn by hand to load into it.

`conftest.py` imports the fixture `neo4j_server`. Its first use starts a server in a folder of its
own (about 10 s; the very first time ever the jars are fetched, about a minute); its end stops it.
"""

import hashlib
import os
import signal
import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pyarrow as pa
import pytest

from lineage.errors import LineageError
from lineage.schema import TABLES, conform
from lineage.stores import neo4j, process, server


@dataclass
class Server:
    """The running server of a test session."""

    home: Path
    status: server.Status
    _driver: Any = None

    @property
    def uri(self) -> str:
        assert self.status.uri is not None
        return self.status.uri

    @property
    def folder(self) -> Path:
        """What `local_home` is to be: where local servers lie."""
        return self.home.parent

    @property
    def password(self) -> str:
        return (self.home / "password").read_text()

    @property
    def ports(self) -> tuple[int, int]:
        assert self.status.browser is not None
        return int(self.uri.rsplit(":", 1)[1]), int(self.status.browser.rsplit(":", 1)[1].split("/")[0])

    def start(self) -> None:
        """Start it again at the same ports."""
        port, http_port = self.ports
        self.status = server.start(self.home, version=self.status.version, port=port, http_port=http_port, heap="768m")

    def kill(self) -> None:
        """End the process as a power cut would."""
        assert self.status.pid is not None
        self.close()
        os.kill(self.status.pid, signal.SIGKILL)

    def run(self, text: str, **params: Any) -> list[dict[str, Any]]:
        """Rows of any statement, writes too: for arranging and looking, past everything that is tested."""
        if self._driver is None:
            self._driver = neo4j.neo4j_module().GraphDatabase.driver(self.uri, auth=("neo4j", self.password))
        with self._driver.session(database="neo4j", notifications_min_severity="OFF") as session:
            return [dict(record) for record in session.run(text, params)]

    def forgive(self) -> None:
        """Wait until it lets the right password in again: after three wrong ones it lets in nobody for five seconds."""
        self.close()
        deadline = time.monotonic() + 60
        while True:
            try:
                self.run("RETURN 1")
                return
            except neo4j.neo4j_module().exceptions.Neo4jError as error:
                self.close()
                if "RateLimit" not in str(error.code) or time.monotonic() > deadline:
                    raise
                time.sleep(0.2)

    def close(self) -> None:
        """Let go of the connections that `run` has made."""
        if self._driver is not None:
            self._driver.close()
            self._driver = None

    def clear(self) -> None:
        """Remove every node and link."""
        self.run("MATCH (n) DETACH DELETE n")

    def dump(self) -> tuple[list[Any], list[Any]]:
        """All of the graph but the notes on runs, in a form that can be compared."""
        nodes = self.run(
            "MATCH (n) WHERE NOT n:LineageRun RETURN labels(n)[0] AS label, n.id AS id, properties(n) AS p"
        )
        links = self.run("MATCH (a)-[e]->(b) RETURN type(e) AS type, a.id AS a, b.id AS b, properties(e) AS p")
        return (
            sorted([n["label"], n["id"], sorted(map(str, n["p"].items()))] for n in nodes),
            sorted([e["type"], e["a"], e["b"], sorted(map(str, e["p"].items()))] for e in links),
        )


@pytest.fixture(scope="session")
def neo4j_server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    """One Neo4j for all tests that ask. Without jars or Java they are skipped; under CI=true they fail."""
    # The compiler that is quick to start rather than fast in the end: seconds less on each start.
    process.JAVA_FLAGS += ("-XX:TieredStopAtLevel=1",)
    home = tmp_path_factory.mktemp("local") / "neo4j" / server.VERSION
    try:
        running = Server(home, server.start(home, port=0, http_port=0, heap="768m"))
    except LineageError as error:
        server.stop(home)
        if os.environ.get("CI") == "true":
            pytest.fail(f"No Neo4j to test with: {error}", pytrace=False)
        pytest.skip(f"No Neo4j to test with: {error}")
    try:
        yield running
    finally:
        running.close()
        server.stop(home)


#: The second line of Neo4j that is tested, in the soak: other program, other settings, other Java allowed.
NEWER = "2026.05.0"


@pytest.fixture(scope="session")
def neo4j_newer(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    """A Neo4j of the newer line, for tests of the soak; otherwise as `neo4j_server`."""
    home = tmp_path_factory.mktemp("newer") / "neo4j" / NEWER
    running = Server(home, server.start(home, version=NEWER, port=0, http_port=0, heap="768m"))
    try:
        yield running
    finally:
        running.close()
        server.stop(home, NEWER)


@dataclass
class Drawn:
    """A snapshot of a few models, as far as a load looks at one."""

    name: str
    tables: dict[str, pa.Table]
    taken_at: str = "2026-01-01"
    part: str | None = None
    sha256: str = field(init=False)

    def __post_init__(self) -> None:
        text = "".join(f"{name}{table.to_pylist()}" for name, table in sorted(self.tables.items()))
        self.sha256 = hashlib.sha256(text.encode("utf-8", "replace")).hexdigest()

    def table(self, name: str, columns: list[str] | None = None) -> pa.Table:
        table = self.tables[name]
        return table if columns is None else table.select(columns)

    def blocks(self, name: str, columns: list[str]) -> Iterator[pa.Table]:
        yield self.tables[name].select(columns)


def draw(models: dict[str, dict[str, Any]], edges: list[tuple[str, str, str | None]], name: str = "drawn") -> Drawn:
    """A snapshot with these models (columns given in part) and edges (child, base, relation).

    What follows from them is filled in: ancestry, publishers, and 0 or null in the other columns.
    """
    in_order = sorted(edges, key=lambda edge: edge[:2])
    return Drawn(
        name,
        {
            "models": _table("models", [{"id": id, "publisher": id.split("/")[0], "stub": False, **models[id]}
                                        for id in sorted(models)]),
            "edges": _table("edges", [{"child": child, "base": base, "relation": relation, "evidence": "tag",
                                       "basis": "declared", "place": place}
                                      for place, (child, base, relation) in enumerate(in_order)]),
            "ancestry": _table("ancestry", _ancestry(edges)),
            "publishers": _table("publishers", _publishers(models, edges)),
        },
    )  # fmt: skip


def _ancestry(edges: list[tuple[str, str, str | None]]) -> list[dict[str, Any]]:
    """The closure by breadth-first search, slow and plain."""
    rows = []
    for start in sorted({child for child, _, _ in edges}):
        seen, level, distance = {start}, [start], 0
        while level:
            level = sorted({base for child, base, _ in edges if child in level} - seen)
            distance += 1
            seen.update(level)
            rows += [{"model": start, "ancestor": base, "distance": distance} for base in level]
    return sorted(rows, key=lambda row: (row["model"], row["ancestor"]))


def _publishers(models: dict[str, Any], edges: list[tuple[str, str, str | None]]) -> list[dict[str, Any]]:
    touched = {id.split("/")[0] for child, base, _ in edges for id in (child, base)}
    names = sorted({id.split("/")[0] for id in models})
    return [
        {"publisher": name, "owner": name, "type": "company", "countries": ["FR", "US"], "downloads": 1,
         "models": sum(id.split("/")[0] == name for id in models), "touched": name in touched,
         "in_degree": 2, "flow_in": 3, "flow_out": 4, "pagerank": 0.125}
        for name in names
    ]  # fmt: skip


def _table(name: str, rows: list[dict[str, Any]]) -> pa.Table:
    """Rows as the table `name`; a number that is not given is 0, anything else null."""
    columns = {}
    for column in TABLES[name]:
        empty = 0 if pa.types.is_integer(column.type) else None
        columns[column.name] = pa.array([row.get(column.name, empty) for row in rows], column.type)
    return conform(pa.table(columns), name)


#: Three makers, a quantizer, a merge of two and a model that nobody has touched.
MODELS: dict[str, dict[str, Any]] = {
    "acme/base": {"downloads": 1000, "licences": ["mit"], "full": 1600},
    "acme/base-instruct": {"downloads": 300, "relation": "finetune", "base": "acme/base"},
    "other/base": {"downloads": 50},
    "quant/base-instruct-GGUF": {"downloads": 250, "relation": "quantized", "base": "acme/base-instruct"},
    "mixer/both": {"downloads": 50, "relation": "merge"},
    "lonely/model": {"downloads": 5},
}
EDGES: list[tuple[str, str, str | None]] = [
    ("acme/base-instruct", "acme/base", "finetune"),
    ("quant/base-instruct-GGUF", "acme/base-instruct", "quantized"),
    ("mixer/both", "acme/base-instruct", "merge"),
    ("mixer/both", "other/base", None),
]
