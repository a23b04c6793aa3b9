"""The named queries on the second line of Neo4j that is supported: the same rows and types, and no remarks."""

import os
from collections.abc import Iterator

import pytest

from lineage import cypher
from lineage.session import Session
from lineage.stores import server
from lineage.stores.load import load
from tests.servers import Server
from tests.test_queries import NAMES, as_rows, notifications

VERSION = "2026.05.0"


@pytest.fixture(scope="module")
def second_line(sample: Session, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    """A server of that line with the sample in it; its credentials are in the environment."""
    home = tmp_path_factory.mktemp("local") / "neo4j" / VERSION
    running = Server(home, server.start(home, version=VERSION, port=0, http_port=0, heap="768m"))
    before = os.environ.get("NEO4J_PASSWORD_FILE")
    os.environ["NEO4J_PASSWORD_FILE"] = str(home / "password")
    try:
        load(sample.snapshot, running.uri, local_home=running.folder)
        yield running
    finally:
        del os.environ["NEO4J_PASSWORD_FILE"]
        if before is not None:
            os.environ["NEO4J_PASSWORD_FILE"] = before
        running.close()
        server.stop(home)


@pytest.mark.soak
@pytest.mark.parametrize("name", NAMES)
def test_the_second_line_gives_the_same_rows_and_types(sample: Session, second_line: Server, name: str) -> None:
    here = sample.table("query", text=name)
    there = sample.table("query", text=name, on=second_line.uri)
    assert here.column_names == there.column_names
    assert as_rows(here) == as_rows(there)
    assert [str(f.type) for f in here.schema] == [str(f.type) for f in there.schema]
    query = cypher.query(name)
    assert notifications(second_line, query.statement, query.bind({})) == []
