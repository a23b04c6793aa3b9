"""Ask a question in Cypher: by the name of a query or in its own words, on either engine."""

import contextlib
from collections.abc import Callable, Mapping
from dataclasses import replace
from itertools import pairwise
from pathlib import Path
from typing import Any, Protocol

import pyarrow as pa

from lineage import cypher
from lineage.answers.found import Graph
from lineage.cypher import ROWS
from lineage.errors import UsageError
from lineage.snapshot import Snapshot
from lineage.stores import readonly

#: Seconds after which a statement is ended unless asked otherwise.
TIMEOUT = 30.0

Say = Callable[[str], None]


class Asker(Protocol):
    """Asks a graph, embedded or on a server, which is opened by the first statement or by `open`, then held open.

    `run` takes seconds and rows and gives a table, `found` the nodes and links in it; `end` ends from another thread
    what they are at.
    """

    def open(self) -> None: ...  # noqa: D102 - said above
    def run(self, text: str, params: Mapping[str, Any], *, timeout: float, limit: int | None = None) -> pa.Table: ...  # noqa: D102
    def found(self, text: str, params: Mapping[str, Any], *, timeout: float, limit: int | None = None) -> Graph: ...  # noqa: D102
    def end(self) -> None: ...  # noqa: D102
    def close(self) -> None: ...  # noqa: D102


def is_statement(text: str) -> bool:
    """Whether this is Cypher and not a query's name: names hold no blank."""
    return any(c.isspace() for c in text.strip())


def prepare(text: str, given: Mapping[str, str]) -> tuple[str, dict[str, Any]]:
    """The statement and its parameters. Raises NotFound for a query that is not there, UsageError for
    a parameter that does not fit."""
    if is_statement(text):
        _check_parameters(text, given)
        return text.strip().rstrip(";"), {name: cypher.guess_value(value, name) for name, value in given.items()}
    query = cypher.query(text)
    return query.statement, query.bind(dict(given))


def parameters(text: str) -> list[str]:
    """The names of the parameters that a statement has, in order."""
    pieces = readonly.tokens(text)
    return [after.value for sign, after in pairwise(pieces) if sign.value == "$" and after.kind == "word"]


def _check_parameters(text: str, given: Mapping[str, str]) -> None:
    """Raise UsageError where the parameters given are not those of the statement.

    Asked here because the embedded engine takes a parameter that nobody gave for null.
    """
    wanted = parameters(text)
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
    with contextlib.closing(asker(snapshot, root, on=on, insecure=insecure, say=say)) as opened:
        return answer(opened, statement, params, timeout=timeout, limit=limit)


def asker(
    snapshot: Snapshot,
    root: Path,
    *,
    on: str | None = None,
    insecure: bool = False,
    say: Say = lambda text: None,
) -> Asker:
    """Who asks the snapshot's embedded graph, or with `on` (a URI) the one on Neo4j. Nothing is opened yet."""
    if on is None:
        from lineage.stores import embedded

        return embedded.Asker(snapshot, root, say)
    from lineage.stores import neo4j

    return neo4j.Asker(on, insecure=insecure, local_home=root / "neo4j")


def answer(
    asker: Asker,
    statement: str,
    params: Mapping[str, Any],
    *,
    timeout: float | None = None,
    limit: int | None = None,
) -> pa.Table:
    """The rows of a statement, after `TIMEOUT` and `ROWS` unless others are given. Raises UsageError where two
    columns have one name, and what the asker's `run` raises."""
    table = asker.run(
        statement, params, timeout=TIMEOUT if timeout is None else timeout, limit=ROWS if limit is None else limit
    )
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
    """The nodes and links in the rows of `run`, and what they are from: snapshot, taken_at, statement, engine."""
    statement, params = prepare(text, given)
    with contextlib.closing(asker(snapshot, root, on=on, insecure=insecure, say=say)) as opened:
        graph = pictured(opened, statement, params, timeout=timeout, limit=limit)
        return graph, {**origin(opened, snapshot), "statement": said(text, given)}


def pictured(
    asker: Asker,
    statement: str,
    params: Mapping[str, Any],
    *,
    timeout: float | None = None,
    limit: int | None = None,
) -> Graph:
    """The nodes and links in the rows of `answer`, and whether there are more rows than the limit."""
    rows = ROWS if limit is None else limit
    # The row beyond the limit tells that there are more; what it holds is in the picture as well.
    graph = asker.found(statement, params, timeout=TIMEOUT if timeout is None else timeout, limit=rows + 1)
    return replace(graph, cut=graph.rows > rows)


def origin(asker: Asker, snapshot: Snapshot) -> dict[str, str]:
    """What an asker's answers are from: snapshot, taken_at, engine; of Neo4j that which was loaded there last, as its
    own note says."""
    from lineage.stores import embedded, neo4j

    if isinstance(asker, embedded.Asker):
        head = snapshot.header()
        return {"snapshot": str(head["name"]), "taken_at": str(head["taken_at"]), "engine": "embedded"}
    assert isinstance(asker, neo4j.Asker)
    last = asker.loaded()
    return {
        "snapshot": str(last.get("snapshot") or "unknown"),
        "taken_at": str(last.get("taken_at") or ""),
        "engine": f"Neo4j at {asker.uri}",
    }


def said(text: str, given: Mapping[str, Any]) -> str:
    """A question in one line, with its parameters, for a person."""
    named = " ".join(text.strip().rstrip(";").split())
    values = ", ".join(f"{name} = {value}" for name, value in given.items())
    return f"{named} ({values})" if values else named


def _named(table: pa.Table) -> pa.Table:
    """The table, if each column has a name of its own. Raises UsageError where two have one."""
    for name in table.column_names:
        if table.column_names.count(name) > 1:
            raise UsageError(f"Two columns of the answer are called {name}. Give one another name with AS.")
    return table
