"""`-v`, `--log-format` and `--log-file`: what a run tells of itself, asked for before a command or after it."""

import sys
from pathlib import Path
from typing import Any

import click

#: Where click's context keeps what was asked.
_ASKED = f"{__name__}.asked"
#: And what the log was set up with.
_BEGUN = f"{__name__}.begun"


def _noted(ctx: click.Context, param: click.Parameter, value: Any) -> Any:
    """Set the log up anew where this says more than what came before."""
    said = ctx.meta.setdefault(_ASKED, {"verbose": 0, "log_format": "text", "log_file": None})
    name = str(param.name)
    if value is None or (name == "verbose" and not value) or ctx.resilient_parsing:
        return value
    said[name] = said[name] + value if name == "verbose" else value
    return value


def asked(ctx: click.Context) -> dict[str, Any]:
    """What the options said so far: verbose, log_format, log_file."""
    return dict(ctx.meta.get(_ASKED, {}))


def options(hidden: bool = False) -> list[click.Option]:
    """The three options. `hidden`: as they stand after a command, where its help need not repeat them."""
    # Only before the command are there variables: the same value would count twice.
    said: dict[str, Any] = {"callback": _noted, "expose_value": False, "hidden": hidden}
    return [
        click.Option(
            ["-v", "--verbose"],
            count=True,
            envvar=None if hidden else "LINEAGE_VERBOSE",
            help="Say on stderr what is done; -vv says more.",
            **said,
        ),
        click.Option(
            ["--log-format"],
            type=click.Choice(["text", "json"]),
            envvar=None if hidden else "LINEAGE_LOG_FORMAT",
            metavar="FORMAT",
            help="How that is said: text, or json, an object a line. [default: text]",
            **said,
        ),
        click.Option(
            ["--log-file"],
            type=click.Path(path_type=Path, dir_okay=False),
            envvar=None if hidden else "LINEAGE_LOG_FILE",
            metavar="FILE",
            help="Add it to FILE, all that -vv says.",
            **said,
        ),
    ]


def begin(ctx: click.Context) -> None:
    """Set the log up as the options say. Raises UsageError where its file cannot be opened."""
    said = asked(ctx)
    if ctx.meta.get(_BEGUN) == said:  # a command after `lineage` has nothing to add
        return
    ctx.meta[_BEGUN] = said
    if said.get("verbose") or said.get("log_file") or "lineage.logs" in sys.modules:
        from lineage import logs

        logs.set_up(said.get("verbose", 0), said.get("log_format", "text"), said.get("log_file"))


def tell(found: Any) -> None:
    """Note which files of settings hold for this run."""
    if "lineage.logs" in sys.modules and found is not None:
        import logging

        log = logging.getLogger(__name__)
        for file in found.files:
            log.info("settings of %s", file.path, extra={"fields": {"keys": ",".join(map(str, file.values))}})


def accept(command: click.Command) -> None:
    """Let a command, and those below it, take the options after its name too."""
    command.params.extend(options(hidden=True))
    run = command.invoke

    def invoke(ctx: click.Context) -> Any:
        begin(ctx)
        return run(ctx)

    command.invoke = invoke  # type: ignore[method-assign]
    if isinstance(command, click.Group):
        for below in command.commands.values():
            accept(below)
