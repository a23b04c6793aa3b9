"""`lineage config`: what is set, where it comes from, and which files are looked at."""

import os
from typing import Any

import click

from lineage.commands.options import prints


@click.group()
def config() -> None:
    """Settings: flags > environment LINEAGE_* > project file > user file > default (docs/config.md)."""


@config.command()
@click.option("--origin", is_flag=True, help="Also where each value comes from.")
@prints()
@click.pass_context
def show(ctx: click.Context, origin: bool, note: Any) -> Any:
    """Every setting and its value; of secrets only whether they are set.

    Works with a file that cannot be read too, says what is wrong with it, and then ends with 2.

    \b
    Examples:
      lineage config show
      lineage config show --origin --format json
    """
    import pyarrow as pa

    from lineage.commands import settings

    found = settings.current(ctx)
    rows = _rows(ctx, found)
    names = ("setting", "value", "origin") if origin else ("setting", "value")
    table = pa.table({name: pa.array([row[name] for row in rows], pa.string()) for name in names})
    problems = settings.all_problems(ctx)
    for problem in problems:
        note(problem)
    return None, table, {"origin": origin}, 2 if problems else 0


def _rows(ctx: click.Context, found: Any) -> list[dict[str, str | None]]:
    """The rows: shared settings and places A–Z, then those of single commands, then other programs' variables."""
    from lineage import config as files
    from lineage.commands import settings

    root = ctx.find_root()
    assert isinstance(root.command, click.Group)
    rows = []
    known = settings.shared(root.command)
    for name in sorted({*known, *files.PLACES}):
        options = [option for _, option in known.get(name, [])]
        variable = files.PLACES.get(name) or str(options[0].envvar)
        source = _typed(ctx, [str(option.name) for option in options])
        if source is not None:
            value, origin = source, "flag"
        elif (given := os.environ.get(variable)) and not _handed_on(root, options):
            value, origin = given, f"environment {variable}"
        elif name in found.given:
            value, origin = found.given[name]
        else:
            value, origin = _default(name, options), "default"
        rows.append({"setting": name, "value": _shown(name, value), "origin": origin})
    rows += [
        {"setting": name, "value": _shown(name.rpartition(".")[2], value), "origin": origin}
        for name, (value, origin) in sorted(found.given.items())
        if "." in name
    ]
    of = "environment LINEAGE_CONFIG" if os.environ.get("LINEAGE_CONFIG") else "default"
    rows.append({"setting": "config", "value": str(files.user_path()), "origin": of})
    for name, secret in settings.FOREIGN.items():
        given = os.environ.get(name)
        said = ("set" if given else "not set") if secret else given or None
        rows.append({"setting": name, "value": said, "origin": f"environment {name}" if given else "default"})
    # Here one looks for what is wrong, so a value that is no text is shown, too.
    return [{**row, "value": row["value"] and files.readable(row["value"])} for row in rows]


def _handed_on(root: click.Context, options: list[click.Option]) -> bool:
    """Whether `lineage` itself has put the value of an option before the command into the environment: --color."""
    source = root.get_parameter_source(str(options[0].name)) if options else None
    return source is not None and source.name == "DEFAULT_MAP"


def _typed(ctx: click.Context, names: list[str]) -> Any:
    """The value of the first of these options that was typed, here or before the command; None where none was."""
    at: click.Context | None = ctx
    while at is not None:
        for name in names:
            source = at.get_parameter_source(name)
            if source is not None and source.name == "COMMANDLINE":
                return at.params.get(name) if name in at.params else _noted(at, name)
        at = at.parent
    return None


def _noted(ctx: click.Context, name: str) -> Any:
    from lineage.commands.log import asked

    return asked(ctx).get(name)


def _default(name: str, options: list[click.Option]) -> Any:
    if name == "home":
        from lineage.config import default_home

        return default_home()
    default = next((option.default for option in options if isinstance(option.default, str | int)), None)
    return default or None


def _shown(name: str, value: Any) -> str | None:
    """A value as text, an address without what may be a password."""
    from lineage.logs import without_secrets

    if value is None or isinstance(value, bool):
        return None if value is None else str(value).lower()
    text = " ".join(map(str, value)) if isinstance(value, list | tuple) else str(value)
    if name in ("on", "endpoint"):
        from lineage.stores.address import shown

        text = shown(text)
    return without_secrets(text)


@config.command()
@prints()
def path(note: Any) -> Any:
    """The files that are looked at, the strongest first, and what became of each.

    \b
    Examples:
      lineage config path
    """
    import pyarrow as pa

    from lineage import config as files

    start, user = files.working_folder(), files.user()
    looked = [("project", path, file) for path, file in (files.looked_for(start) if start else ())]
    looked.append(("user", files.user_path(), user))
    rows = [
        {
            "kind": kind,
            "file": str(path),
            "state": ("damaged" if file.problem else "read")
            if file
            else ("no [tool.lineage] in it" if path.is_file() else "not there"),
        }
        for kind, path, file in looked
    ]
    schema = pa.schema([(name, pa.string()) for name in ("kind", "file", "state")])
    return None, pa.Table.from_pylist(rows, schema), {}


COMMANDS = (config,)
