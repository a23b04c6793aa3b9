"""Ask a question in Cypher: by the name of a query or in its own words, on either engine."""

from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import pyarrow as pa

from lineage import cypher
from lineage.snapshot import Snapshot

#: Seconds after which a statement is ended, and rows after which an answer is cut, unless asked otherwise.
TIMEOUT = 30.0
ROWS = 10_000

Say = Callable[[str], None]


def is_statement(text: str) -> bool:
    """Whether this is Cypher and not a query's name: names hold no blank."""
    return any(c.isspace() for c in text.strip())


def prepare(text: str, given: Mapping[str, str]) -> tuple[str, dict[str, Any]]:
    """The statement and its parameters. Raises NotFound for a query that is not there, UsageError for
    a parameter that does not fit."""
    if is_statement(text):
        return text.strip().rstrip(";"), {name: cypher.guess_value(value) for name, value in given.items()}
    query = cypher.query(text)
    return cypher.statement(text), query.bind(dict(given))


def run(
    snapshot: Snapshot, root: Path, text: str, given: Mapping[str, str], *, on: str | None = None,
    timeout: float | None = None, limit: int | None = None, insecure: bool = False, say: Say = lambda text: None,
) -> pa.Table:  # fmt: skip
    """The rows of a named query or a statement: on the snapshot's embedded graph, or on Neo4j with `on` (a URI)."""
    statement, params = prepare(text, given)
    seconds = TIMEOUT if timeout is None else timeout
    rows = ROWS if limit is None else limit
    if on is None:
        from lineage.stores import embedded

        return embedded.run(snapshot, root, statement, params, timeout=seconds, limit=rows, say=say)
    from lineage.stores import neo4j

    return neo4j.run(on, statement, params, timeout=seconds, limit=rows, insecure=insecure, local_home=root / "neo4j")
