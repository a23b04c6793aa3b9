"""Questions about a snapshot as a whole: info, check-rules."""

from typing import Any

import click

from lineage.commands.options import open_session, prints, snapshot


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


COMMANDS = (info, check_rules)
