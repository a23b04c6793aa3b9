"""`lineage shell`: exploring the graph in Cypher."""

import sys

import click

from lineage.commands.options import open_session, snapshot


@click.command()
@click.option("--on", envvar="LINEAGE_ON", metavar="URI", help="Ask Neo4j there, not the embedded graph.")
@click.option("--timeout", type=click.FloatRange(min=0.001), metavar="SECONDS", help="Of a statement. [default: 30]")
@click.option("--limit", type=click.IntRange(min=1), metavar="N", help="Rows of an answer. [default: 10000]")
@click.option(
    "--format",
    "format_",
    type=click.Choice(("table", "tsv", "csv", "json", "jsonl", "markdown")),
    metavar="FORMAT",
    help="table, tsv, csv, json, jsonl or markdown. [default: table on a terminal, tsv in a pipe]",
)
@click.option("--insecure", is_flag=True, help="Send the password unencrypted to another machine.")
@snapshot
def shell(
    on: str | None,
    timeout: float | None,
    limit: int | None,
    format_: str | None,
    insecure: bool,
    snapshot: str | None,
) -> None:
    """Explore the graph in Cypher, statement by statement, read only.

    Completes labels, types, properties, named queries and ids with Tab; `:help` has the rest. From a pipe it runs
    what comes, prints TSV and stops at the first statement that fails.

    \b
    Examples:
      lineage shell
      lineage shell --on bolt://127.0.0.1:7687
    """
    from contextlib import closing

    from lineage.shell import loop

    interactive = sys.stdin.isatty()
    session = open_session(snapshot)
    running = loop.Shell(
        session,
        on=on,
        insecure=insecure,
        timeout=timeout,
        limit=limit,
        format=format_,
        interactive=interactive,
    )
    with closing(running):
        if not interactive:
            sys.stdin.reconfigure(encoding="utf-8", errors="replace")  # type: ignore[union-attr]
            running.asker.open()
            loop.from_pipe(running, sys.stdin)
            return
        from lineage.shell import terminal

        running.remark(terminal.banner(running))
        loop.at_terminal(running, terminal.reader(running))


COMMANDS = (shell,)
