"""`lineage report`: everything about a snapshot in one file to read, to send, to cite."""

import os
import sys
from pathlib import Path
from typing import Any

import click

from lineage.commands.options import accounts_list, frame, open_session, owner


@click.command()
@click.option(
    "--format",
    "form",
    metavar="FORMAT",
    help="html, markdown or json. [default: by the ending of -o, else html]",
)
@click.option(
    "-o",
    "--output",
    "path",
    type=click.Path(path_type=Path),
    metavar="FILE",
    help="Where to write, - for stdout. [default: report-SNAPSHOT.html here]",
)
@click.option("--open", "open_", is_flag=True, help="Open it in the browser.")
@frame
@owner
@accounts_list("R1")
@click.option(
    "--snapshot",
    "snapshots",
    multiple=True,
    metavar="NAME|FOLDER",
    help="The snapshot to report on. Several: also how it changed, and all else about the latest. [default: the "
    "current "
    "one; env: LINEAGE_SNAPSHOT]",
)
@click.option("-q", "--quiet", is_flag=True, help="No progress on stderr.")
def report(
    form: str | None,
    path: Path | None,
    open_: bool,
    frame: tuple[str, ...],
    window: str,
    basis: str,
    owner: str,
    list_: str,
    snapshots: tuple[str, ...],
    quiet: bool,
) -> None:
    """A report on a snapshot in one file: figures, intermediaries, flows, families, data quality, how to cite.

    It shows the rows of the other commands, and prints under each table the line that gives them. --frame
    (several: their intersection) and --basis are for the parts that do not show several side by side.

    \b
    Examples:
      lineage report
      lineage report -o report.md
      lineage report --frame gguf --open
    """
    from lineage.errors import UsageError
    from lineage.target import check_target, write_text
    from lineage.views.reports.writers import ENDINGS, FORMATS, check_format

    named = path is not None and str(path) != "-"
    if path is not None and named:
        check_target(path)
    kind = form or (ENDINGS.get(path.suffix.lower()) if named and path else "html")
    if kind is None:
        raise UsageError(
            f"The ending of {path.name if path else ''} names no format of a report. Known are {' '.join(ENDINGS)}; "
            "or add --format."
        )
    check_format(kind)
    if open_ and (kind != "html" or not (named or path is None)):
        raise UsageError("--open shows the page in the browser: it needs html, and a file.")
    session, over = _opened(snapshots)
    options: dict[str, Any] = {"frame": frame, "window": window, "basis": basis, "owner": owner, "list": list_}
    text = session.report(kind, over=over, say=(lambda said: None) if quiet else _say, **options)
    if path is not None and not named:
        sys.stdout.write(text)
        return
    from lineage.views.wording import file_name

    target = path or Path(file_name("report", session.snapshot.name, FORMATS[kind].lstrip(".")))
    write_text(target, text)
    click.echo(str(target))
    if open_:
        click.launch(str(target))


def _opened(names: tuple[str, ...]) -> tuple[Any, tuple[str, ...]]:
    """The session of the snapshot that the report is about, and the names of all, if there are several."""
    if len(names) < 2:
        return open_session(names[0] if names else os.environ.get("LINEAGE_SNAPSHOT") or None), ()
    from lineage.catalog import Catalog
    from lineage.reporting.trends import opened
    from lineage.session import Session

    catalog = Catalog()
    return Session(opened(catalog, names), catalog), names


def _say(text: str) -> None:
    click.echo(f"{text} …", err=True)


COMMANDS = (report,)
