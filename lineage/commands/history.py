"""Several snapshots: trend, diff; and how to point at one: cite."""

from typing import Any

import click

from lineage.commands.options import MANY, instead_of_rows, open_session, prints, snapshot


@click.command(context_settings={"ignore_unknown_options": True})
@click.argument("command", metavar="COMMAND")
@click.argument("rest", nargs=-1, type=click.UNPROCESSED, metavar="[ITS OPTIONS]")
@click.option(
    "--snapshot",
    "snapshots",
    multiple=True,
    metavar="NAME|FOLDER|URL",
    help="One of the snapshots; two or more. [default: all there are]",
)
@click.option(
    "--source",
    "sources",
    multiple=True,
    metavar="PATH",
    help="The table of a day, or a folder of such: built first, unless its snapshot stands.",
)
@click.option("--force", is_flag=True, help="Build a source again where something else stands under its name.")
@click.option(
    "--scheduler",
    metavar="ADDRESS|FILE",
    help="A Dask cluster that does the work, like tcp://host:8786. [default: processes on this machine]",
)
@click.pass_context
def trend(
    ctx: click.Context,
    command: str,
    rest: tuple[str, ...],
    snapshots: tuple[str, ...],
    sources: tuple[str, ...],
    force: bool,
    scheduler: str | None,
) -> None:
    """Ask COMMAND of several snapshots: its rows in long form, with snapshot and taken_at, ordered by date.

    COMMAND is any that asks one snapshot, with all its options: `lineage COMMAND --help` has them. --where, --sort and
    --limit are of the rows of each snapshot.

    A file of --source is of the day that its name says (2025-08-10, 20250810), else of the newest date in it. The
    current snapshot stays the current one.

    \b
    Examples:
      lineage trend intermediaries --rule R1 --snapshot january --snapshot february
      lineage trend shares --by licence --limit 5 --snapshot january --snapshot february
      lineage trend intermediaries --source folder-of-listings
    """
    from lineage.errors import UsageError, near

    known = _questions(ctx)
    if command not in known:
        raise UsageError(
            f"{command!r} cannot be followed over snapshots.{near(command, known)} What can: {', '.join(known)}."
        )
    from lineage.catalog import Catalog
    from lineage.history import History

    ctx.meta[MANY] = History(Catalog(), snapshots, sources, scheduler=scheduler, force=force)
    asked = (ctx.parent.default_map or {}).get(command) if ctx.parent else None  # its settings, not those of trend
    with known[command].make_context(command, list(rest), parent=ctx, default_map=asked) as inner:
        known[command].invoke(inner)


def _questions(ctx: click.Context) -> dict[str, click.Command]:
    """The commands that ask one snapshot a question, by name."""
    from lineage.questions import QUESTIONS

    root = ctx.find_root().command
    assert isinstance(root, click.Group)
    return {
        name: command
        for name, command in root.commands.items()
        if name in QUESTIONS and command not in COMMANDS and any(p.name == "snapshot" for p in command.params)
    }


@click.command()
@click.argument("before", metavar="A")
@click.argument("after", metavar="B")
@prints(20)
def diff(before: str, after: str, note: Any) -> Any:
    """What changed from snapshot A to snapshot B: models that came, went, were renamed or fell.

    A model falls when its all-time counter does. A and B are names, folders or addresses; they are put in the order of
    their dates.

    \b
    Examples:
      lineage diff january february
      lineage diff january february --where change=fell --all
    """
    from lineage.answers.diff import in_order

    one, two = open_session(before), open_session(after)
    first, _ = in_order(one.snapshot, two.snapshot)
    if first is two.snapshot:
        note(f"{after} is the earlier one: the rows go from it to {before}")
    table = two.table("diff", other=one.snapshot, note=note)
    both = (two, one) if first is two.snapshot else (one, two)
    return _Both(*both), table, {"before": before, "after": after}


class _Both:
    """Two sessions, where a command says of which snapshot it is."""

    def __init__(self, *sessions: Any) -> None:
        self._sessions = sessions

    def header(self) -> list[Any]:
        return [session.header() for session in self._sessions]


@click.command()
@click.option("--as", "as_", metavar="KIND", help="Text to paste instead of rows: bibtex, text or cff.")
@snapshot
@prints()
def cite(as_: str | None, snapshot: str | None, note: Any) -> Any:
    """How to cite a snapshot, so that others get the same figures: version, date, source, licence, digests.

    \b
    Examples:
      lineage cite
      lineage cite --as bibtex
      lineage cite --as cff -o CITATION.cff
    """
    session = open_session(snapshot)
    table = session.table("cite")
    if as_ is None:
        return session, table, {}
    from lineage.views.citation import text_of

    return instead_of_rows(text_of(table, as_))


COMMANDS = (trend, diff, cite)
