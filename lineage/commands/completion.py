"""`lineage completion`: the script that makes a shell complete commands, options, ids, accounts, queries, snapshots."""

import os
import sys
from pathlib import Path
from typing import Any

import click

SHELLS = ("bash", "zsh", "fish", "powershell")


@click.command()
@click.argument("shell", type=click.Choice(SHELLS), metavar="bash|zsh|fish|powershell")
def completion(shell: str) -> None:
    """Print the script that makes Tab work in a shell: commands, options, and values from the current snapshot.

    Its first line says where it belongs. What a Tab needs is made in the home's cache when it is first needed.

    \b
    Examples:
      lineage completion bash
      lineage completion fish
    """
    import contextlib

    from lineage import completion as room
    from lineage.config import home
    from lineage.errors import LineageError

    script = Path(room.__file__).parent / "scripts" / f"{shell}.txt"
    click.echo(script.read_text(encoding="utf-8"), nl=False)
    with contextlib.suppress(OSError, LineageError):  # so that the first Tab is not the slow one
        prepare(str(home()))


def prepare(home: str) -> None:
    """Make what a Tab needs of this program. Raises OSError where the folder of caches cannot be written."""
    import json

    from lineage.commands.grammar import grammar
    from lineage.commands.main import main
    from lineage.completion import tab

    caches = os.path.join(home, "cache")
    path = os.path.join(caches, tab.GRAMMAR)
    try:
        tab.read_grammar(path)
    except tab.NotYet:
        os.makedirs(caches, exist_ok=True)
        new = f"{path}.{os.getpid()}.new"
        try:
            with open(new, "w", encoding="utf-8") as file:
                json.dump(tab.packed(grammar(main)), file)  # type: ignore[arg-type]
            os.replace(new, path)
        finally:
            if os.path.exists(new):
                os.unlink(new)


def slowly(home: str) -> None:
    """Answer a Tab for which something is missing: it is made, in the folder of caches or else for this once."""
    import tempfile

    from lineage import pandas_free

    pandas_free.hide()
    caches = os.path.join(home, "cache")
    try:
        _answer(caches, home)
    except OSError:
        with tempfile.TemporaryDirectory(prefix="lineage-") as folder:
            _answer(os.path.join(folder, "cache"), home, folder)


def _answer(caches: str, home: str, folder: str | None = None) -> Any:
    from lineage.catalog import Catalog
    from lineage.completion import made, tab
    from lineage.errors import LineageError

    prepare(folder or home)
    try:
        return tab.answer(caches, home)
    except tab.NotYet as missing:
        try:
            made.make(Catalog(Path(home)).open(str(missing)), Path(caches))
        except LineageError:  # a snapshot that cannot be read has no ids to offer
            sys.stdout.write("words\n")
            return None
    return tab.answer(caches, home)


COMMANDS = (completion,)
