"""Snapshots, their health, and the local Neo4j server."""

from pathlib import Path
from typing import Any

import click

from lineage.commands.options import counted, prints


@click.group(invoke_without_command=True)
@prints(20)
def snapshots(note: Any) -> Any:
    """List the snapshots; `use NAME` makes one current, `remove NAME` deletes one."""
    if click.get_current_context().invoked_subcommand:
        return NotImplemented
    from lineage.catalog import Catalog

    table = Catalog().table()
    if not table.num_rows:
        note("There is no snapshot yet. `lineage build sample` makes one.")
    return None, table, {}


@snapshots.command()
@click.argument("name")
def use(name: str) -> None:
    """Make a snapshot the current one."""
    from lineage.catalog import Catalog

    Catalog().use(name)
    click.echo(f"{name} is the current snapshot now.")


@snapshots.command()
@click.argument("name")
def remove(name: str) -> None:
    """Delete a snapshot."""
    from lineage.catalog import Catalog

    Catalog().remove(name)
    click.echo(f"{name} is removed.")


@click.command()
@click.option("--on", envvar="LINEAGE_ON", metavar="URI", help="Look at the Neo4j there too. [default: a local one]")
@click.option("--insecure", is_flag=True, help="Send the password unencrypted to another machine.")
@prints()
@click.pass_context
def doctor(ctx: click.Context, on: str | None, insecure: bool, note: Any) -> Any:
    """Check what lies on this machine: every file of every snapshot against its sha256, settings, caches, room, Neo4j.

    Ends with 1 when something is damaged. Without --on no other machine is asked.

    \b
    Examples:
      lineage doctor
      lineage doctor --where state!=good
    """
    from lineage import config
    from lineage import doctor as answer
    from lineage.catalog import Catalog
    from lineage.commands import settings
    from lineage.errors import UsageError

    problems = settings.all_problems(ctx)
    try:
        catalog = Catalog()
    except UsageError as error:  # of the settings or the home that they name: the rows say it
        catalog = Catalog(config.default_home())
        problems += [] if str(error) in problems else [str(error)]
    table = answer.examine(catalog, problems, on, insecure)
    bad = table.column("state").to_pylist().count("bad")
    if bad:
        note(f"{bad} of {table.num_rows} checks found damage; each row says what to do.")
    return None, table, {}, int(bad > 0)


@click.group()
def neo4j() -> None:
    """A real Neo4j server on this machine, without Docker or Java."""


_VERSION = "5.26.29"


def _rows(statuses: list[Any]) -> Any:
    import dataclasses

    import pyarrow as pa

    # With its types, for a column of which nothing is known yet is text all the same.
    whole = ("pid",)
    schema = pa.schema(
        [(field.name, pa.int64() if field.name in whole else pa.string()) for field in dataclasses.fields(statuses[0])]
    )
    return pa.Table.from_pylist([dataclasses.asdict(status) for status in statuses], schema)


def _folder() -> Any:
    from lineage.config import home

    return home() / "neo4j"


def _meant(version: str | None) -> list[Any]:
    """The servers that a command without --version means: all that were ever started, else the one that would be."""
    from lineage.stores import server

    if version is not None:
        server.check_version(version)
    found = server.statuses(_folder()) if version is None else []
    return found or [server.status(_folder() / (version or _VERSION), version or _VERSION)]


@neo4j.command()
@click.option("--port", default=7687, show_default=True, type=click.IntRange(0, 65535), metavar="N", help="Bolt port.")
@click.option(
    "--http-port",
    default=7474,
    show_default=True,
    type=click.IntRange(0, 65535),
    metavar="N",
    help="Port of Neo4j Browser.",
)
@click.option("--heap", metavar="SIZE", help="Memory for its work, like 2g. [default: 2g, less where less is free]")
@click.option(
    "--pagecache", metavar="SIZE", help="Memory for its files, like 1g. [default: 1g, less where less is free]"
)
@click.option("--version", default=_VERSION, show_default=True, metavar="VERSION", help="Which Neo4j.")
@prints()
def start(port: int, http_port: int, heap: str | None, pagecache: str | None, version: str, note: Any) -> Any:
    """Start it; the first time its program files are fetched from Maven Central."""
    from lineage.stores import server

    status = server.start(
        _folder() / version,
        version=version,
        port=port,
        http_port=http_port,
        heap=heap,
        pagecache=pagecache,
        on_progress=counted(note),
        say=note,
    )
    return None, _rows([status]), {}


_any_version = click.option("--version", metavar="VERSION", help="Only this one. [default: every one there is]")


@neo4j.command()
@_any_version
@prints()
def stop(version: str | None, note: Any) -> Any:
    """Stop it, whichever version runs; its data stays."""
    from pathlib import Path

    from lineage.stores import server

    meant = _meant(version)
    running = [status for status in meant if status.state == "running"] or meant
    return None, _rows([server.stop(Path(status.home), status.version) for status in running]), {}


@neo4j.command()
@_any_version
@prints()
def status(version: str | None, note: Any) -> Any:
    """Where it is, and whether it runs: a row for each version that was ever started."""
    return None, _rows(_meant(version)), {}


@neo4j.command()
@click.argument("folder", default=".", type=click.Path(file_okay=False, path_type=Path), metavar="[FOLDER]")
@prints()
def guide(folder: Path, note: Any) -> Any:
    """Write the named queries as favourites, and a style, for Neo4j Browser.

    \b
    Examples:
      lineage neo4j guide
      lineage neo4j guide for-browser
    """
    import pyarrow as pa

    from lineage import cypher
    from lineage.views import guide as answer

    for sentence in cypher.unreadable():
        note(sentence)
    named = cypher.queries()
    paths = answer.write(folder, named.values())
    note("Drag them into the window of Neo4j Browser, one after the other; the queries are then under Favorites.")
    holds = (f"{len(named)} named queries", "colours and captions")
    return None, pa.table({"file": [str(p) for p in paths], "holds": holds}), {"folder": str(folder)}


COMMANDS = (snapshots, doctor, neo4j)
