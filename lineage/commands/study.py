"""Figures of the study, and what they are made of: figures, disclosure, sizes, concentration."""

from typing import Any

import click

from lineage.commands.options import frame, members, open_session, owner, prints, snapshot


@click.command()
@click.option("--figure", multiple=True, metavar="FIGURE", help="Only this figure. Several: these. [default: all]")
@click.option(
    "--list",
    "list_",
    envvar="LINEAGE_LIST",
    default="strict",
    show_default=True,
    metavar="LIST",
    help="R1: strict, all, the name of a list, or a file with one account a line.",
)
@frame
@owner
@members
@snapshot
@prints()
def figures(
    figure: tuple[str, ...],
    list_: str,
    frame: tuple[str, ...],
    window: str,
    basis: str,
    owner: str,
    members: bool,
    snapshot: str | None,
    note: Any,
) -> Any:
    """The figures of the study of the open-model economy, each with its definition, numerator and denominator.

    They are china_share, us_share, deepseek_qwen_share, intermediary_share, disclosed_share and mean_parameters,
    beside the value that the study printed, and why one snapshot cannot equal it. What needs a column that the
    snapshot lacks is empty and names it.

    \b
    Examples:
      lineage figures --fields figure,rule,year,by,value,published,missing
      lineage figures --figure china_share --figure us_share --format json
    """
    session = open_session(snapshot)
    said = {"frame": frame, "window": window, "basis": basis, "owner": owner, "list": list_, "members": members}
    return session, session.table("figures", figure=figure, note=note, **said), {"figure": figure, **said}


@click.command()
@frame
@members
@snapshot
@prints()
def disclosure(frame: tuple[str, ...], window: str, basis: str, members: bool, snapshot: str | None, note: Any) -> Any:
    """Whether downloaded models name the data they were trained on, by the year in which they were created.

    \b
    yes      a data set is named in tags or card
    no       there are metadata, and they name none
    unknown  no metadata were seen

    \b
    Examples:
      lineage disclosure
      lineage disclosure --frame text-generation --members --limit 20
    """
    session = open_session(snapshot)
    said = {"frame": frame, "window": window, "basis": basis, "members": members}
    return session, session.table("disclosure", note=note, **said), said


@click.command()
@frame
@snapshot
@prints()
def sizes(frame: tuple[str, ...], window: str, basis: str, snapshot: str | None, note: Any) -> Any:
    """Mean number of parameters of a downloaded model, by the year in which it was created.

    Weighted by downloads, over the models whose size is known; coverage says what part of the downloads that is.

    \b
    Examples:
      lineage sizes
      lineage sizes --frame text-generation --format json
    """
    session = open_session(snapshot)
    said = {"frame": frame, "window": window, "basis": basis}
    return session, session.table("sizes", note=note, **said), said


@click.command()
@click.option("--over", required=True, metavar="OVER", help="publisher, family or country.")
@frame
@snapshot
@prints()
def concentration(over: str, frame: tuple[str, ...], window: str, basis: str, snapshot: str | None, note: Any) -> Any:
    """How few hold the downloads: Herfindahl index, Gini coefficient, shares of the largest and the ten largest.

    \b
    Examples:
      lineage concentration --over publisher
      lineage concentration --over family --frame text-generation
    """
    session = open_session(snapshot)
    said = {"over": over, "frame": frame, "window": window, "basis": basis}
    return session, session.table("concentration", note=note, **said), said


COMMANDS = (figures, disclosure, sizes, concentration)
