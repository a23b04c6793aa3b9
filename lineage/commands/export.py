"""`lineage export`: a snapshot as a folder of files for other programs."""

from pathlib import Path

import click

from lineage.commands.options import open_session, snapshot, typed

FORMS = ("csv", "parquet", "graphml", "gexf", "neo4j-admin")


@click.command()
@click.argument("folder", metavar="DIR", type=click.Path(path_type=Path))
@click.option(
    "--as", "form", default="neo4j-admin", show_default=True, type=click.Choice(FORMS), help="For which program."
)
@click.option(
    "--basis",
    default="declared",
    envvar="LINEAGE_BASIS",
    show_default=True,
    metavar="BASIS",
    help="Of graphml and gexf: which links.",
)
@click.option("--all", "every", is_flag=True, help="In graphml and gexf also the models that no link touches.")
@click.option(
    "--safe-csv/--no-safe-csv",
    default=True,
    show_default=True,
    help="In csv: disarm texts that a spreadsheet would run as a formula (docs/files.md).",
)
@click.option("--force", is_flag=True, help="Replace an earlier export in DIR.")
@click.option("-q", "--quiet", is_flag=True, help="No remarks on stderr.")
@snapshot
def export(
    folder: Path,
    form: str,
    basis: str,
    every: bool,
    safe_csv: bool,
    force: bool,
    quiet: bool,
    snapshot: str | None,
) -> None:
    """Write a snapshot into DIR, whole or not at all, as files for another program.

    csv, parquet: a file for each table. graphml, gexf: one graph, of every model that a link touches. neo4j-admin: a
    .csv and its header for each label and type, and import.sh, which holds the command; they are for that program
    alone, with texts as they are: open them in no spreadsheet. Beside them manifest.json with the sha256 of each file.

    \b
    Examples:
      lineage export tables --as csv
      lineage export graph --as gexf
      lineage export for-neo4j --as neo4j-admin
    """
    from lineage import export as exports
    from lineage.commands.progress import steps
    from lineage.errors import UsageError

    graph = form in ("graphml", "gexf")
    # One that was not typed is a setting for other commands, and has no say here.
    meant = typed("basis") and basis != "declared"
    if not graph and (meant or (typed("every") and every)):
        what = "--basis" if meant else "--all"
        raise UsageError(
            f"{what} is for graphml and gexf: {form} holds everything, whatever is believed. Leave it away."
        )
    if form != "csv" and typed("safe_csv") and not safe_csv:
        raise UsageError(f"--no-safe-csv is for --as csv, and there is nothing to disarm in {form}: leave it away.")
    session = open_session(snapshot)
    said = session.snapshot
    with (
        exports.whole(folder, force) as here,
        steps(lambda text: None if quiet else click.echo(text, err=True), quiet) as tell,
    ):
        if form == "csv":
            names = exports.as_csv(said, here, safe=safe_csv, tell=tell)
        elif form == "parquet":
            names = exports.as_parquet(said, here, tell=tell)
        elif graph:
            from lineage.views.files.whole_graph import whole_graph

            names = exports.as_graph(said, here, form, whole_graph(said, basis=basis, every=every), tell=tell)
        else:
            from lineage.stores import importfiles
            from lineage.stores.load import stages

            names = list(importfiles.export(stages(said), here, session.header(), tell).names)
    for name in names:
        click.echo(str(folder / name))


COMMANDS = (export,)
