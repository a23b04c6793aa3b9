"""Who offers a model, and what an account offers: servers, variants, publisher."""

from typing import Any

import click

from lineage.commands.options import measure, members, open_session, owner, prints, snapshot


@click.command()
@click.argument("model")
@click.option(
    "--list",
    "list_",
    envvar="LINEAGE_LIST",
    default="strict",
    show_default=True,
    metavar="LIST",
    help="Who is an intermediary: strict, all, the name of a list, or a file with one account a line.",
)
@measure
@owner
@members
@snapshot
@prints(20, folds=True)
def servers(
    model: str,
    list_: str,
    window: str,
    basis: str,
    owner: str,
    members: bool,
    snapshot: str | None,
    limit: int | None,
    note: Any,
) -> Any:
    """Who serves MODEL: the accounts that host it, or what was quantized or copied from it, and their shares.

    \b
    own           the account of MODEL
    owner         another account of its owner
    intermediary  on the list of re-packagers
    other         anybody else

    The last row has all downloads of MODEL with its re-packagings, the number of servers, and how concentrated they
    are (hhi: 1 is all from one). Labels are believed as declared: a fine-tune that is labelled quantized counts;
    --basis inferred leaves out what hangs on a nearer base.

    \b
    Examples:
      lineage servers meta-llama/Meta-Llama-3.1-8B-Instruct
      lineage servers google/gemma-2-9b-it --members --where key=bartowski
    """
    session = open_session(snapshot)
    said = {"model": model, "window": window, "basis": basis, "owner": owner, "list": list_, "members": members}
    return session, session.table("servers", **said, limit=limit, note=note), said


@click.command()
@click.argument("model")
@measure
@owner
@snapshot
@prints(20)
def variants(model: str, window: str, basis: str, owner: str, snapshot: str | None, note: Any) -> Any:
    """The repositories from which one can have MODEL: itself, and all that was quantized or copied from it.

    Each with who hosts and who made it, format, bits and licence; conflict says that it declares another licence than
    what it was made from.

    \b
    Examples:
      lineage variants meta-llama/Meta-Llama-3.1-8B-Instruct --where format=gguf
      lineage variants google/gemma-2-9b-it --where conflict=true --all
    """
    session = open_session(snapshot)
    said = {"model": model, "window": window, "basis": basis, "owner": owner}
    return session, session.table("variants", **said, note=note), said


@click.command()
@click.argument("name")
@measure
@owner
@snapshot
@prints(20, folds=True)
def publisher(
    name: str, window: str, basis: str, owner: str, snapshot: str | None, limit: int | None, note: Any
) -> Any:
    """What the account NAME hosts and serves: of whom, in which formats, how much of each base goes through it.

    One row for each base of its repositories. family_downloads are those of the base itself and of all that was
    quantized or copied from it, through_it those of NAME's repositories among them.

    \b
    Examples:
      lineage publisher bartowski
      lineage publisher TheBloke --all --where kind=other
    """
    session = open_session(snapshot)
    said = {"name": name, "window": window, "basis": basis, "owner": owner}
    return session, session.table("publisher", **said, limit=limit, note=note), said


COMMANDS = (servers, variants, publisher)
