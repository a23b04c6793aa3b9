"""Questions about single models: rollup, tree, explain."""

from typing import Any

import click

from lineage.commands.options import (
    accounts_list,
    frame,
    ids_from_stdin,
    measure,
    members,
    open_session,
    owner,
    prints,
    snapshot,
)


@click.command()
@click.argument("models", nargs=-1, metavar="[MODEL …]")
@click.option("--top", type=click.IntRange(min=1), metavar="N", help="The N largest by full.")
@click.option("--over", metavar="publisher", help="Of accounts, with everything derived from any of their models.")
@click.option("--split-by", metavar="CUT", help="What full is made of, by intermediary, publisher, relation or format.")
@accounts_list("--split-by intermediary")
@owner
@members
@frame
@snapshot
@prints(20, folds=True, sorts=True, whole_with=("models", "top"))
def rollup(
    models: tuple[str, ...],
    top: int | None,
    over: str | None,
    split_by: str | None,
    list_: str,
    owner: str,
    members: bool,
    frame: tuple[str, ...],
    window: str,
    basis: str,
    snapshot: str | None,
    limit: int | None,
    sort: str | None,
    note: Any,
) -> Any:
    """Downloads of a model with everything derived from it.

    \b
    own      the model's own
    full     own and every descendant once
    split    every model's downloads divided over its bases, all the way up: roots add up to the total
    primary  all of them to the first base

    MODEL may be - to read ids from stdin. With --over publisher it is an account.

    \b
    Examples:
      lineage rollup meta-llama/Meta-Llama-3.1-8B
      lineage rollup --top 50 --fields id,own,full,split
      lineage rollup meta-llama/Meta-Llama-3.1-8B --split-by intermediary
      lineage rollup --over publisher --fields publisher,models,own,full
    """
    session = open_session(snapshot)
    said = {
        "models": models,
        "top": top,
        "over": over,
        "split_by": split_by,
        "frame": frame,
        "window": window,
        "basis": basis,
        "owner": owner,
        "list": list_,
        "members": members,
    }
    table = session.table("rollup", **said | {"models": ids_from_stdin(models)}, limit=limit, sort=sort, note=note)
    return session, table, said


@click.command()
@click.argument("model")
@click.option("--depth", type=click.IntRange(min=0), metavar="N", help="Steps below MODEL.")
@click.option("--relation", multiple=True, metavar="RELATION", help="Only finetune, adapter, quantized or merge.")
@click.option("--up", is_flag=True, help="Only what MODEL was made from.")
@click.option("--down", is_flag=True, help="Only what was made from MODEL.")
@click.option(
    "--width",
    default=10,
    show_default=True,
    type=click.IntRange(min=1),
    metavar="N",
    help="Models shown under one before the rest is folded; --all folds nothing.",
)
@measure
@owner
@snapshot
@prints()
def tree(
    model: str,
    depth: int | None,
    relation: tuple[str, ...],
    up: bool,
    down: bool,
    width: int,
    window: str,
    basis: str,
    owner: str,
    snapshot: str | None,
    note: Any,
) -> Any:
    """What MODEL was made from, above it, and what was made from it, below, with relation and licence.

    conflict says that a model declares another licence than the one it hangs under.

    \b
    Examples:
      lineage tree meta-llama/Meta-Llama-3.1-8B
      lineage tree bartowski/Meta-Llama-3.1-8B-Instruct-GGUF --up
    """
    session = open_session(snapshot)
    everything = bool(click.get_current_context().params.get("all_"))
    said = {
        "model": model,
        "depth": depth,
        "relation": relation,
        "up": up,
        "down": down,
        "width": width,
        "window": window,
        "basis": basis,
        "owner": owner,
    }
    # Neither --up nor --down is both, and so are the two together.
    drawn = {"up": up or not down, "down": down or not up, "width": None if everything else width}
    return session, session.table("tree", note=note, **said | drawn), said


@click.command()
@click.argument("model")
@click.argument("base", required=False)
@snapshot
@prints()
def explain(model: str, base: str | None, snapshot: str | None, note: Any) -> Any:
    """Why MODEL has the bases that it has: every claim, its evidence, what was made of it and why.

    With BASE only the claims about that one.

    \b
    Examples:
      lineage explain bartowski/Meta-Llama-3.1-8B-Instruct-GGUF
      lineage explain NousResearch/Hermes-3-Llama-3.1-8B-GGUF --fields base,outcome,why
    """
    session = open_session(snapshot)
    return session, session.table("explain", model=model, base=base, note=note), {"model": model, "base": base}


COMMANDS = (rollup, tree, explain)
