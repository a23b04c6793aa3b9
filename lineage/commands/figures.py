"""Shares of downloads: intermediaries, shares."""

from typing import Any

import click

from lineage.commands.options import accounts_list, frame, members, open_session, owner, prints, snapshot, typed


@click.command()
@click.option("--rule", multiple=True, metavar="RULE", help="R1 … R6. [default: all six]")
@click.option(
    "--threshold",
    default="0.8",
    show_default=True,
    metavar="X|FROM:TO:STEP",
    help="R2, R3: the part of an account's downloads that must be on re-packaged models.",
)
@accounts_list("R1")
@click.option("--accounts", is_flag=True, help="One row for each account that a rule counts.")
@frame
@owner
@members
@snapshot
@prints(20, limited_with="accounts")
def intermediaries(
    rule: tuple[str, ...],
    threshold: str,
    list_: str,
    accounts: bool,
    frame: tuple[str, ...],
    window: str,
    basis: str,
    owner: str,
    members: bool,
    snapshot: str | None,
    note: Any,
) -> Any:
    """What share of downloads goes through intermediaries, by six rules that stand side by side.

    \b
    R1  accounts on a list of re-packagers            all they host
    R2  accounts that mostly quantize or copy others'  all they host
    R3  … or adapt and merge them                      all they host
    R4  repositories that quantize or copy another's   those
    R5  … or adapt and merge                           those
    R6  every derivative of somebody else's model      those

    \b
    Examples:
      lineage intermediaries --frame gguf
      lineage intermediaries --frame gguf --accounts
      lineage intermediaries --rule R1 --list ten-accounts-2024 --members
    """
    session = open_session(snapshot)
    for option, rules in (("threshold", {"R2", "R3"}), ("list_", {"R1"})):
        if rule and rules.isdisjoint(rule) and typed(option):
            note(f"--{option.rstrip('_')} has no say in {', '.join(rule)}")
    said = {
        "rule": rule,
        "threshold": threshold,
        "list": list_,
        "frame": frame,
        "window": window,
        "basis": basis,
        "owner": owner,
        "members": members,
        "accounts": accounts,
    }
    table = session.table("intermediaries", note=note, **said)
    return session, table, said


@click.command()
@click.option(
    "--by",
    required=True,
    metavar="CUT",
    help="publisher, produced_by, origin, family, relation, format, task, licence, library, country, type or year.",
)
@click.option("--key", multiple=True, metavar="KEY", help="Only this key, the rest as (others). Several: these.")
@frame
@members
@snapshot
@prints(20, folds=True)
def shares(
    by: str,
    key: tuple[str, ...],
    frame: tuple[str, ...],
    window: str,
    basis: str,
    members: bool,
    snapshot: str | None,
    limit: int | None,
    note: Any,
) -> Any:
    """Shares of downloads by a cut, largest first; the rest as (others), unknown as (unknown).

    publisher is who hosts a model; origin is whose models it goes back to, divided over all its bases.

    \b
    Examples:
      lineage shares --by origin --frame text-generation
      lineage shares --by licence --all --format csv -o licences.csv
    """
    session = open_session(snapshot)
    said = {"by": by, "frame": frame, "window": window, "basis": basis, "members": members, "key": key}
    return session, session.table("shares", limit=limit, note=note, **said), said


@click.command()
@click.option(
    "--by", default="relation", show_default=True, metavar="KEY", help="What a flow ends in: relation or format."
)
@accounts_list()
@frame
@owner
@snapshot
@prints(20)
def flows(
    by: str,
    list_: str,
    frame: tuple[str, ...],
    window: str,
    basis: str,
    owner: str,
    snapshot: str | None,
    note: Any,
) -> Any:
    """Whose models downloads stand on, who serves them, and as what; all rows add up to the downloads of the frame.

    \b
    Examples:
      lineage flows --where 'key!=(none)'
      lineage flows --by format --frame gguf
    """
    session = open_session(snapshot)
    asked = {"by": by, "frame": frame, "window": window, "basis": basis, "owner": owner, "list": list_}
    return session, session.table("flows", note=note, **asked), asked


COMMANDS = (intermediaries, shares, flows)
