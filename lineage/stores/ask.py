"""Ask a question in Cypher: by the name of a query or in its own words, on either engine."""

from collections.abc import Callable, Mapping
from itertools import pairwise
from pathlib import Path
from typing import Any

import pyarrow as pa

from lineage import cypher
from lineage.answers.found import Graph
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
    explain: bool = False,
    say: Say = lambda text: None,
) -> pa.Table:
    """The rows of a named query or a statement: on the snapshot's embedded graph, or on Neo4j with `on` (a URI).

    `explain`: the rows of its plan instead (`plans.table`), and `say` is told what of it is slow; nothing is run.
    """
    statement, params = prepare(text, given)
    if explain:
        from lineage.stores import plans

        return plans.explain(snapshot, root, statement, params, on=on, insecure=insecure, say=say)
    seconds = TIMEOUT if timeout is None else timeout
    rows = ROWS if limit is None else limit
    if on is None:
        from lineage.stores import embedded

        return _named(embedded.run(snapshot, root, statement, params, timeout=seconds, limit=rows, say=say))
    from lineage.stores import neo4j

    table = neo4j.run(on, statement, params, timeout=seconds, limit=rows, insecure=insecure, local_home=root / "neo4j")
    return _named(table)


def found(
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
) -> tuple[Graph, dict[str, str]]:
    """The nodes and links in the rows of `run`, and what they are from: snapshot, taken_at, statement, engine.

    Of Neo4j the snapshot is the one that was loaded there last, as its own note says.
    """
    statement, params = prepare(text, given)
    seconds = TIMEOUT if timeout is None else timeout
    rows = ROWS if limit is None else limit
    if on is None:
        from lineage.stores import embedded

        graph = embedded.found(snapshot, root, statement, params, timeout=seconds, limit=rows, say=say)
        head = snapshot.header()
        source = {"snapshot": str(head["name"]), "taken_at": str(head["taken_at"]), "engine": "embedded"}
    else:
        from lineage.stores import neo4j

        local = root / "neo4j"
        graph, last = neo4j.found(
            on, statement, params, timeout=seconds, limit=rows, insecure=insecure, local_home=local
        )
        source = {
            "snapshot": str(last.get("snapshot") or "unknown"),
            "taken_at": str(last.get("taken_at") or ""),
            "engine": f"Neo4j at {neo4j.target(on, local).uri}",
        }
    named = text if not is_statement(text) else " ".join(statement.split())
    said = ", ".join(f"{name} = {value}" for name, value in given.items())
    return graph, {**source, "statement": f"{named} ({said})" if said else named}


def _named(table: pa.Table) -> pa.Table:
    """The table, if each column has a name of its own. Raises UsageError where two have one."""
    for name in table.column_names:
        if table.column_names.count(name) > 1:
            raise UsageError(f"Two columns of the answer are called {name}. Give one another name with AS.")
    return table
