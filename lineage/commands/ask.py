"""The questions: info, intermediaries, shares, rollup, tree, explain, check-rules."""

from typing import Any

import click

from lineage.commands.options import frame, ids_from_stdin, measure, members, open_session, owner, prints, snapshot


@click.command()
@click.option("--rejected", is_flag=True, help="The rows, claims and cards that were rejected, each with its reason.")
@click.option("--conflicts", is_flag=True, help="The edges whose sources give different labels.")
@click.option("--changes", is_flag=True, help="The models that are new, gone, renamed or moved since another snapshot.")
@click.option(
    "--against",
    metavar="NAME|FOLDER",
    help="The snapshot that --changes compares with. [default: the newest earlier one that has the Hub's _id]",
)
@snapshot
@prints(20)
def info(rejected: bool, conflicts: bool, changes: bool, against: str | None, snapshot: str | None, note: Any) -> Any:
    """What a snapshot holds: models, stubs, edges by relation, families, what was rejected.

    \b
    Examples:
      lineage info
      lineage info --rejected --all --format csv -o rejected.csv
    """
    from lineage.errors import UsageError

    if rejected + conflicts + changes > 1:
        raise UsageError("--rejected, --conflicts and --changes are lists of their own: ask for one of them.")
    if against and not changes:
        raise UsageError("--against goes with --changes: lineage info --changes --against NAME")
    session = open_session(snapshot)
    name = "rejected" if rejected else "conflicts" if conflicts else "changes" if changes else "info"
    options = {"against": against, "note": note} if changes else {}
    said = {"rejected": rejected, "conflicts": conflicts, "changes": changes, "against": against}
    return session, session.table(name, **options), said


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


@click.command("check-rules")
@snapshot
@prints()
def check_rules(snapshot: str | None, note: Any) -> Any:
    """How good the rules on prose and names are, where models declare the truth.

    Each rule predicts the base of models that declare one, without looking; then the two are compared.
    docs/rules.md has the figures on public data.
    """
    session = open_session(snapshot)
    return session, session.table("check-rules"), {}


@click.command()
@click.option("--rule", multiple=True, metavar="RULE", help="R1 … R6. [default: all six]")
@click.option(
    "--threshold",
    default="0.8",
    show_default=True,
    metavar="X|FROM:TO:STEP",
    help="R2, R3: the part of an account's downloads that must be on re-packaged models.",
)
@click.option(
    "--list",
    "list_",
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
def intermediaries(
    rule: tuple[str, ...],
    threshold: str,
    list_: str,
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
      lineage intermediaries --rule R1 --list ten-accounts-2024 --members
    """
    from lineage.answers.intermediaries import threshold_range

    session = open_session(snapshot)
    thresholds = threshold_range(threshold)
    table = session.table(
        "intermediaries",
        rule=rule,
        frame=frame,
        window=window,
        basis=basis,
        owner=owner,
        threshold=thresholds,
        list=list_,
        members=members,
        note=note,
    )
    said = {
        "rule": rule,
        "threshold": threshold,
        "list": list_,
        "frame": frame,
        "window": window,
        "basis": basis,
        "owner": owner,
        "members": members,
    }
    return session, table, said


@click.command()
@click.option(
    "--by",
    required=True,
    metavar="CUT",
    help="publisher, produced_by, origin, family, relation, format, task, licence, library, country or type.",
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
    table = session.table(
        "shares",
        by=by,
        frame=frame,
        window=window,
        basis=basis,
        limit=limit,
        members=members,
        key=key,
        note=note,
    )
    return session, table, {"by": by, "frame": frame, "window": window, "basis": basis, "members": members, "key": key}


@click.command()
@click.argument("models", nargs=-1, metavar="[MODEL …]")
@click.option("--top", type=click.IntRange(min=1), metavar="N", help="The N largest by full.")
@frame
@snapshot
@prints(20, whole_with=("models", "top"))
def rollup(
    models: tuple[str, ...],
    top: int | None,
    frame: tuple[str, ...],
    window: str,
    basis: str,
    snapshot: str | None,
    note: Any,
) -> Any:
    """Downloads of a model with everything derived from it.

    \b
    own      the model's own
    full     own and every descendant once
    split    every model's downloads divided over its bases, all the way up: roots add up to the total
    primary  all of them to the first base

    MODEL may be - to read ids from stdin.

    \b
    Examples:
      lineage rollup meta-llama/Meta-Llama-3.1-8B
      lineage rollup --top 50 --fields id,own,full,split
    """
    session = open_session(snapshot)
    table = session.table(
        "rollup", models=ids_from_stdin(models), frame=frame, window=window, basis=basis, top=top, note=note
    )
    return session, table, {"models": models, "top": top, "frame": frame, "window": window, "basis": basis}


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

    \b
    Examples:
      lineage tree meta-llama/Meta-Llama-3.1-8B
      lineage tree bartowski/Meta-Llama-3.1-8B-Instruct-GGUF --up
    """
    session = open_session(snapshot)
    everything = bool(click.get_current_context().params.get("all_"))
    table = session.table(
        "tree",
        model=model,
        depth=depth,
        relation=relation,
        up=up or not down,
        down=down or not up,
        width=None if everything else width,
        window=window,
        basis=basis,
        owner=owner,
        note=note,
    )
    return (
        session,
        table,
        {
            "model": model,
            "depth": depth,
            "relation": relation,
            "up": up,
            "down": down,
            "width": width,
            "window": window,
            "basis": basis,
            "owner": owner,
        },
    )


COMMANDS = (info, intermediaries, shares, rollup, tree, explain, check_rules)
