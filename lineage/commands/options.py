"""Options that many commands share, and what happens to their rows: said once, here.

A command asks its session for a table and returns it; `prints` does the rest: formats, limits,
fields, the JSON envelope, exit codes.
"""

import functools
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import click

# Only what `--help` shows may be imported here: no pyarrow, no pandas, no DuckDB.
FORMATS = ("table", "json", "jsonl", "csv", "tsv", "markdown", "parquet")

Command = Callable[..., Any]

#: Under this key of click's context stands the history that a command asks in place of a session (`lineage trend`).
MANY = "lineage.many"


def _chain(*decorators: Callable[[Command], Command]) -> Callable[[Command], Command]:
    def apply(function: Command) -> Command:
        for decorator in reversed(decorators):
            function = decorator(function)
        return function

    return apply


snapshot = click.option(
    "--snapshot",
    envvar="LINEAGE_SNAPSHOT",
    metavar="NAME|FOLDER|URL",
    help="The snapshot to ask. [default: the current one; env: LINEAGE_SNAPSHOT]",
)

#: What counts as downloads, and how much is believed.
measure = _chain(
    click.option(
        "--window",
        default="30d",
        envvar="LINEAGE_WINDOW",
        show_default=True,
        metavar="WINDOW",
        help="30d, all_time or under_1y.",
    ),
    click.option(
        "--basis",
        default="declared",
        envvar="LINEAGE_BASIS",
        show_default=True,
        metavar="BASIS",
        help="How much is believed: declared, stated (also prose and metadata) or inferred (also names).",
    ),
)

#: Which models a figure is about.
frame = _chain(
    click.option(
        "--frame",
        envvar="LINEAGE_FRAME",
        multiple=True,
        metavar="FRAME",
        help="all, with-lineage, gguf, text-generation, task:NAME, format:NAME, library:NAME. Several: their "
        "intersection. [default: all]",
    ),
    measure,
)

owner = click.option(
    "--owner",
    default="group",
    envvar="LINEAGE_OWNER",
    show_default=True,
    metavar="OWNER",
    help="Who counts as one owner: group (accounts of one house) or account.",
)

members = click.option("--members", is_flag=True, help="List the models that make up each numerator instead.")


def accounts_list(of: str = "Who is an intermediary") -> Callable[[Command], Command]:
    """`--list`: which accounts are intermediaries; `of` says what it is for."""
    return click.option(
        "--list",
        "list_",
        envvar="LINEAGE_LIST",
        default="strict",
        show_default=True,
        metavar="LIST",
        help=f"{of}: strict, all, the name of a list, or a file with one account a line.",
    )


def output(
    limit: int | None = None, one_row: bool = False, only_with: str | None = None
) -> Callable[[Command], Command]:
    """The options of every command that prints rows; `limit` is how many it shows unless asked.

    `one_row`: there is nothing to limit. `only_with`: so many with this option, else all.
    """
    default = f"{limit:,} with --{only_with}, else all" if only_with else f"{limit:,}" if limit else "all"
    said = f"Rows at most. [default: {default}]"
    return _chain(
        click.option(
            "--format",
            "format_",
            envvar="LINEAGE_FORMAT",
            type=click.Choice(FORMATS),
            metavar="FORMAT",
            help=" | ".join(FORMATS) + ". [default: table on a terminal, tsv in a pipe, else by the ending "
            "of -o; env: LINEAGE_FORMAT]",
        ),
        click.option("-o", "--output", "path", type=click.Path(path_type=Path), metavar="FILE", help="Write to FILE."),
        click.option("--fields", metavar="A,B,…", help="Only these fields, in this order."),
        click.option("--sort", metavar="FIELD[:asc|:desc]", help="Sort by a field."),
        click.option(
            "--where",
            multiple=True,
            metavar="CONDITION",
            help="Only rows like downloads>=1000, relation=quantized, id~llama. Several: all of them.",
        ),
        *(() if one_row else _rows_at_most(said)),
        click.option("--ids", is_flag=True, help="Only the ids, one a line."),
        click.option("-q", "--quiet", is_flag=True, help="No remarks on stderr."),
        click.option(
            "--safe-csv",
            is_flag=True,
            help="In CSV and TSV: disarm texts that a spreadsheet would run as a formula (docs/files.md).",
        ),
    )


def _rows_at_most(said: str) -> tuple[Callable[[Command], Command], ...]:
    return (
        click.option("--limit", type=click.IntRange(min=0), metavar="N", help=said),
        click.option("--all", "all_", is_flag=True, help="All rows."),
    )


def prints(
    limit: int | None = None,
    folds: bool = False,
    sorts: bool = False,
    whole_with: tuple[str, ...] = (),
    one_row: bool = False,
    limited_with: str | None = None,
) -> Callable[[Command], Command]:
    """Make a command of a function that returns `(session or None, table, options)`, and an exit code if not 0.

    `folds`: the function is given the limit (as `limit`), and says itself what it leaves out, or returns one more row
    that stands for it; but where rows are chosen or sorted, and in lists of members, it must see all of them first.
    `sorts`: it is given the order too (as `sort`), and may leave out what that would not show.
    `limited_with`: only with this option is there a limit unless asked.
    `whole_with`: options that name what is wanted; with one of them there is no limit unless asked.
    `one_row`: the rows are one, --limit is the command's own, and it is told whether to be `quiet`.
    """

    def decorate(function: Command) -> Command:
        @functools.wraps(function)
        def run(
            format_: str | None,
            path: Path | None,
            fields: str | None,
            sort: str | None,
            where: tuple[str, ...],
            ids: bool,
            quiet: bool,
            safe_csv: bool,
            all_: bool = False,
            **options: Any,
        ) -> None:
            rows = None if one_row else options.pop("limit")
            asked = rows is not None
            whole = any(options[o] for o in whole_with) or (limited_with is not None and not options[limited_with])
            rows = None if all_ or (not asked and whole) else rows if asked else limit
            if folds:
                each = MANY in click.get_current_context().meta  # then it is for each snapshot to sort
                unseen = where or options.get("members") or (sort and (each or not sorts))
                options["limit"] = None if unseen else rows
                rows = None if options["limit"] is not None else rows
                options |= {"sort": sort if options["limit"] is not None else None} if sorts else {}
            if one_row:
                options["quiet"] = quiet
            note = (lambda text: None) if quiet else _note
            many = click.get_current_context().meta.get(MANY)
            if many is not None:  # each snapshot chooses, sorts and cuts its own rows
                from lineage.printing import Output

                many.note, many.compare = note, not quiet
                many.output = Output(sort=sort, where=where, limit=rows)
                where, sort, rows = (), None, None
            answer = function(note=note, **options)
            if answer is NotImplemented:  # a subcommand prints instead
                return
            session, table, said, *code = answer
            from lineage.printing import Output, emit

            envelope = {
                "command": _called(click.get_current_context()),
                "snapshot": session.header() if session else None,
                "options": {k: list(v) if isinstance(v, tuple) else v for k, v in said.items()},
            }
            names = tuple(f.strip() for f in fields.split(",") if f.strip()) if fields else ()
            emit(
                table,
                Output(format_, path, names, sort, where, rows, ids, quiet, safe_csv, envelope),
            )
            if any(code):
                click.get_current_context().exit(code[0])

        return output(limit, one_row, limited_with)(run)

    return decorate


def instead_of_rows(text: str) -> Any:
    """What a command returns whose `--as` gives text: it goes where the rows would have gone.

    Raises UsageError where a format of rows was asked for as well.
    """
    from lineage.errors import UsageError
    from lineage.target import write_text

    ctx = click.get_current_context()
    if ctx.params["format_"] and typed("format_"):
        raise UsageError("--as gives text of its own, and --format rows: leave one of them away.")
    path = ctx.params["path"]
    if path is None or str(path) == "-":
        click.echo(text, nl=False)
    else:
        write_text(Path(path), text)
    return NotImplemented


def typed(name: str) -> bool:
    """Whether a parameter of the command that runs was given on its line; else it comes from the environment, a file
    of settings or its default, and may be meant for other commands."""
    source = click.get_current_context().get_parameter_source(name)
    return source is not None and source.name == "COMMANDLINE"


def _called(ctx: click.Context) -> str:
    """The names of the command and of those above it, without `lineage` itself and without arguments."""
    return f"{_called(ctx.parent)} {ctx.info_name}".strip() if ctx.parent else ""


def _note(text: str) -> None:
    # A remark may name a model or an account, and those come from strangers.
    from lineage.screen import visible

    click.echo("\n".join(map(visible, text.split("\n"))), err=True)


def open_session(name: str | None) -> Any:
    """The session of a snapshot, or under `trend` what stands for many of them; it brings pyarrow and numpy."""
    if (many := click.get_current_context().meta.get(MANY)) is not None:
        return many
    from lineage.session import Session

    return Session.open(name)


def progress(quiet: bool) -> Callable[[str], None]:
    """A line on stderr for each step of something long."""
    return (lambda text: None) if quiet else (lambda text: _note(f"{text} …"))


def counted(note: Callable[[str], None]) -> Callable[[str, int, int], None]:
    """For something that counts its steps: a remark when it begins one, and at every quarter of it."""
    said: dict[str, int] = {}

    def tell(what: str, done: int, total: int) -> None:
        quarter = 4 * done // total if total else 0
        if said.get(what) != quarter:
            said[what] = quarter
            note(f"{what}: {done:,} of {total:,}" if total else f"{what} …")

    return tell


def ids_from_stdin(given: tuple[str, ...]) -> tuple[str, ...]:
    """The ids given, `-` replaced by those on stdin, one a line."""
    if "-" not in given:
        return given
    lines = [line.strip() for line in sys.stdin if line.strip()]
    if not lines:
        from lineage.errors import UsageError

        raise UsageError("There are no ids on stdin; - reads them from there, one a line.")
    return tuple(i for g in given for i in (lines if g == "-" else [g]))
