"""`lineage query` and `lineage queries`: the graph in Cypher, read only."""

import sys
from pathlib import Path
from typing import Any

import click

from lineage.commands.options import open_session, prints, snapshot


@click.command()
@click.argument("query", required=False, metavar="NAME|STATEMENT")
@click.option(
    "-p", "--param", multiple=True, metavar="NAME=VALUE", help="A parameter; @FILE takes its value from a file."
)
@click.option("--file", type=click.Path(path_type=Path), metavar="FILE", help="A file with one statement.")
@click.option("--on", metavar="URI", help="Ask Neo4j there, not the embedded graph.")
@click.option("--timeout", type=click.FloatRange(min=0.001), metavar="SECONDS", help="[default: 30]")
@click.option("--insecure", is_flag=True, help="Send the password unencrypted to another machine.")
@snapshot
@prints()
def query(
    query: str | None,
    param: tuple[str, ...],
    file: Path | None,
    on: str | None,
    timeout: float | None,
    insecure: bool,
    snapshot: str | None,
    note: Any,
) -> Any:
    """Run a named query, or a Cypher statement of your own; - reads it from stdin.

    `lineage queries` lists the named ones.

    \b
    Examples:
      lineage query top_bases -p limit=5
      lineage query 'MATCH (m:Model) WHERE m.gguf RETURN count(*) AS models'
    """
    session = open_session(snapshot)
    text = _text(query, file)
    from lineage.stores import ask

    rows = ask.ROWS
    table = session.table(
        "query",
        text=text,
        params=dict(_param(p) for p in param),
        on=on,
        timeout=timeout,
        limit=rows + 1,
        insecure=insecure,
        say=note,
    )
    if table.num_rows > rows:
        note(f"cut after {rows:,} rows; add a LIMIT to the statement, or ask for less")
        table = table.slice(0, rows)
    return session, table, {"query": text, "params": list(param), "on": _shown(on), "timeout": timeout or ask.TIMEOUT}


def _shown(uri: str | None) -> str | None:
    if uri is None:
        return None
    from lineage.stores.neo4j import shown

    return shown(uri)


def _text(query: str | None, file: Path | None) -> str:
    """The statement, from where it stands. Raises UsageError where there is none."""
    from lineage.errors import SourceError, UsageError

    if (query is None) == (file is None):
        raise UsageError(
            "Give the name of a query, a statement, - or --file FILE: one of them. `lineage queries` lists the names."
        )
    if file is not None:
        if not file.is_file():
            raise SourceError(f"There is no file {file}.")
        return file.read_text(encoding="utf-8", errors="replace") + "\n"
    return sys.stdin.read() + "\n" if query == "-" else str(query)


def _param(text: str) -> tuple[str, str]:
    from lineage.errors import SourceError, UsageError

    name, equals, value = text.partition("=")
    if not equals or not name:
        raise UsageError(f"-p takes name=value, like -p limit=5; {text!r} has no name or no =.")
    if value.startswith("@") and len(value) > 1:
        path = Path(value[1:])
        if not path.is_file():
            raise SourceError(f"There is no file {path} for the parameter {name}.")
        value = path.read_text(encoding="utf-8", errors="replace").rstrip("\n")
    return name, value


@click.command()
@click.argument("name", required=False)
@prints()
def queries(name: str | None, note: Any) -> Any:
    """List the named queries, or show one with its parameters.

    \b
    Examples:
      lineage queries
      lineage queries top_bases
    """
    import json

    import pyarrow as pa

    from lineage import cypher

    if name is None:
        shown = list(cypher.queries().values())
        rows = [{"name": q.name, "about": q.about, "params": _signature(q)} for q in shown]
        return None, pa.Table.from_pylist(rows), {}
    found = cypher.query(name)
    rows = [{"name": p.name, "type": p.type, "default": json.dumps(p.default), "about": p.about} for p in found.params]
    row = {"name": found.name, "about": found.about, "params": json.dumps(rows), "text": found.text}
    if not note_only_data():
        click.echo(found.text.rstrip())
        raise click.exceptions.Exit(0)
    return None, pa.Table.from_pylist([row]), {"name": name}


def note_only_data() -> bool:
    """Whether a format was asked for: then a query is shown as a row, else as the file it is."""
    ctx = click.get_current_context()
    return bool(ctx.params.get("format_") or ctx.params.get("path"))


def _signature(query: Any) -> str:
    import json

    return ", ".join(f"{p.name}={json.dumps(p.default)}" for p in query.params)


COMMANDS = (query, queries)
