"""Ask a question in Cypher: by the name of a query or in its own words, on either engine."""

from collections.abc import Callable, Mapping
from itertools import pairwise
from pathlib import Path
from typing import Any

import pyarrow as pa

from lineage import cypher
from lineage.errors import UsageError
from lineage.snapshot import Snapshot
from lineage.stores import readonly

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
        _check_parameters(text, given)
        return text.strip().rstrip(";"), {name: cypher.guess_value(value) for name, value in given.items()}
    query = cypher.query(text)
    return query.statement, query.bind(dict(given))


def _check_parameters(text: str, given: Mapping[str, str]) -> None:
    """Raise UsageError where the parameters given are not those of the statement.

    Asked here because the embedded engine takes a parameter that nobody gave for null.
    """
    pieces = readonly.tokens(text)
    wanted = [after.value for sign, after in pairwise(pieces) if sign.value == "$" and after.kind == "word"]
    for name in wanted:
        if name not in given:
            raise UsageError(f"The statement has the parameter ${name}. Give it with -p {name}=VALUE.")
    for name in given:
        if name not in wanted:
            raise UsageError(
                f"The statement has no parameter ${name}. It has: {', '.join(sorted(set(wanted))) or 'none'}."
            )


def run(
    snapshot: Snapshot,
    root: Path,
    text: str,
    given: Mapping[str, str],
    *,
    on: str | None = None,
    timeout: float | None = None,
    limit: int | None = None,
    insecure: bool = False,
    say: Say = lambda text: None,
) -> pa.Table:
    """The rows of a named query or a statement: on the snapshot's embedded graph, or on Neo4j with `on` (a URI)."""
    statement, params = prepare(text, given)
    seconds = TIMEOUT if timeout is None else timeout
    rows = ROWS if limit is None else limit
    if on is None:
        from lineage.stores import embedded

        return _named(embedded.run(snapshot, root, statement, params, timeout=seconds, limit=rows, say=say))
    from lineage.stores import neo4j

    table = neo4j.run(on, statement, params, timeout=seconds, limit=rows, insecure=insecure, local_home=root / "neo4j")
    return _named(table)


def _named(table: pa.Table) -> pa.Table:
    """The table, if each column has a name of its own. Raises UsageError where two have one."""
    for name in table.column_names:
        if table.column_names.count(name) > 1:
            raise UsageError(f"Two columns of the answer are called {name}. Give one another name with AS.")
    return table
