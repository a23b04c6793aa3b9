"""`lineage query` and `lineage queries`: the graph in Cypher, read only."""

import sys
from pathlib import Path
from typing import Any

import click

from lineage import cypher
from lineage.commands.options import instead_of_rows, open_session, prints, snapshot


@click.command()
@click.argument("query", required=False, metavar="NAME|STATEMENT")
@click.option(
    "-p", "--param", multiple=True, metavar="NAME=VALUE", help="A parameter; @FILE takes its value from a file."
)
@click.option("--file", type=click.Path(path_type=Path), metavar="FILE", help="A file with one statement.")
@click.option("--on", envvar="LINEAGE_ON", metavar="URI", help="Ask Neo4j there, not the embedded graph.")
@click.option("--timeout", type=click.FloatRange(min=0.001), metavar="SECONDS", help="[default: 30]")
@click.option("--insecure", is_flag=True, help="Send the password unencrypted to another machine.")
@click.option("--explain", is_flag=True, help="How the engine would go about it, instead of the rows; nothing is run.")
@click.option(
    "--view",
    type=click.Path(path_type=Path),
    metavar="FILE",
    help="Nodes and links of the answer as a page; .dot .graphml .gexf .mmd .json are for other programs.",
)
@click.option("--as", "as_", metavar="FORMAT", help="What --view writes. [default: by its ending]")
@snapshot
@prints(cypher.ROWS, folds=True)
def query(
    query: str | None,
    param: tuple[str, ...],
    file: Path | None,
    on: str | None,
    timeout: float | None,
    insecure: bool,
    explain: bool,
    view: Path | None,
    as_: str | None,
    snapshot: str | None,
    limit: int | None,
    note: Any,
) -> Any:
    """Run a named query, or a Cypher statement of your own; - reads it from stdin.

    `lineage queries` lists the named ones.

    \b
    Examples:
      lineage query top_bases -p limit=5
      lineage query 'MATCH (m:Model) WHERE m.gguf RETURN count(*) AS models'
      lineage query 'MATCH p = (:Model)-[:DERIVED_FROM]->(:Model {id: "google/gemma-2b"}) RETURN p' --view it.html
    """
    from lineage.errors import UsageError

    if as_ is not None and view is None:
        raise UsageError("--as says what --view FILE writes: add that; --format has the formats of rows.")
    session = open_session(snapshot)
    text = _text(query, file)
    from lineage.stores import ask

    asked = {"text": text, "params": dict(_param(p) for p in param), "on": on, "timeout": timeout,
             "insecure": insecure, "say": note}  # fmt: skip
    if view is not None:
        return _viewed(session, view, as_, explain, asked)
    table = session.table("query", explain=explain, limit=cypher.EVERY if limit is None else limit, **asked)
    return session, table, {"query": text, "params": list(param), "on": _shown(on), "timeout": timeout or ask.TIMEOUT}


def _viewed(session: Any, path: Path, form: str | None, explain: bool, asked: dict[str, Any]) -> Any:
    """Write the page of an answer, or a file of its graph, and print its path."""
    from lineage.commands import looking
    from lineage.errors import UsageError

    if explain:
        raise UsageError("--explain runs nothing, so there is nothing to --view: leave one of them away.")
    look = looking.asked(form, path, option="--view")
    nodes = {"nodes": 50} if look.form == "mermaid" else {}
    look.give("answer", page=lambda: session.view_query(**asked), graph=lambda: session.graph_query(**asked, **nodes))
    return NotImplemented


def _shown(uri: str | None) -> str | None:
    if uri is None:
        return None
    from lineage.stores.address import shown

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
        return _not_empty(file.read_text(encoding="utf-8", errors="replace"), str(file))
    return _not_empty(sys.stdin.read(), "stdin") if query == "-" else str(query)


def _not_empty(text: str, where: str) -> str:
    from lineage.errors import UsageError

    if not text.strip():
        raise UsageError(f"There is no statement in {where}: it is empty.")
    return text + "\n"


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
@click.option("--browser", is_flag=True, help="As it is pasted into Neo4j Browser, with its parameters.")
@prints()
def queries(name: str | None, browser: bool, note: Any) -> Any:
    """List the named queries, or show one with its parameters.

    A folder of your own, named by LINEAGE_QUERIES, comes on top of those that are there.

    \b
    Examples:
      lineage queries
      lineage queries top_bases
      lineage queries top_bases --browser
    """
    import json

    import pyarrow as pa

    from lineage.errors import UsageError

    if name is None:
        if browser:
            raise UsageError("--browser is for one query: give its name. `lineage neo4j guide` writes all of them.")
        for sentence in cypher.unreadable():
            note(sentence)
        shown = list(cypher.queries().values())
        rows = [{"name": q.name, "about": q.about, "params": _signature(q), "shows": q.shows} for q in shown]
        return None, pa.Table.from_pylist(rows), {}
    found = cypher.query(name)
    text = found.browser() if browser else found.text
    rows = [{"name": p.name, "type": p.type, "default": json.dumps(p.default), "about": p.about} for p in found.params]
    row = {"name": found.name, "about": found.about, "params": json.dumps(rows), "shows": found.shows, "text": text}
    if not note_only_data():
        click.echo(text.rstrip())
        if browser and found.params:
            note("Run the :param lines first and the statement after them: run as one, Browser shows no rows.")
        raise click.exceptions.Exit(0)
    return None, pa.Table.from_pylist([row]), {"name": name, "browser": browser}


def note_only_data() -> bool:
    """Whether a format was asked for: then a query is shown as a row, else as the file it is."""
    ctx = click.get_current_context()
    return bool(ctx.params.get("format_") or ctx.params.get("path"))


def _signature(query: Any) -> str:
    import json

    return ", ".join(f"{p.name}={json.dumps(p.default)}" for p in query.params)


@click.command()
@click.option("--on", envvar="LINEAGE_ON", metavar="URI", help="What Neo4j there holds, not the embedded graph.")
@click.option("--timeout", type=click.FloatRange(min=0.001), metavar="SECONDS", help="With --on. [default: 300]")
@click.option("--insecure", is_flag=True, help="Send the password unencrypted to another machine.")
@click.option("--as", "as_", metavar="FORMAT", help="mermaid: a diagram of labels, types and their counts, as text.")
@snapshot
@prints()
def schema(
    on: str | None, timeout: float | None, insecure: bool, as_: str | None, snapshot: str | None, note: Any
) -> Any:
    """What the graph holds: labels, types and properties, with counts, examples and what they say.

    \b
    Examples:
      lineage schema --fields name,property,type,about
      lineage schema --as mermaid
    """
    from lineage.errors import UsageError

    if as_ not in (None, "mermaid"):
        raise UsageError(f"There is no diagram {as_!r}. There is: mermaid; --format has the formats of rows.")
    session = open_session(snapshot)
    table = session.table("schema", on=on, timeout=timeout, insecure=insecure)
    if as_ is None:
        return session, table, {"on": _shown(on)}
    from lineage.views.diagram import mermaid

    return instead_of_rows(mermaid(table))


COMMANDS = (query, queries, schema)
