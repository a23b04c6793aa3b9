"""The place of models and accounts in the graph: rank."""

from typing import Any

import click

from lineage.commands.options import frame, open_session, owner, prints, snapshot, typed


@click.command()
@click.option("--on", default="models", show_default=True, metavar="WHAT", help="models or publishers.")
@click.option(
    "--metric",
    default="pagerank",
    show_default=True,
    metavar="METRIC",
    help="pagerank, betweenness, in_degree, reach, harmonic; of publishers also flow_in, flow_out, brokerage, "
    "servers_hhi.",
)
@click.option(
    "--weights",
    default="equal",
    show_default=True,
    metavar="WEIGHTS",
    help="PageRank of models: equal, relation or discounted.",
)
@owner
@frame
@snapshot
@prints(20, folds=True)
def rank(
    on: str,
    metric: str,
    weights: str,
    owner: str,
    frame: tuple[str, ...],
    window: str,
    basis: str,
    snapshot: str | None,
    limit: int | None,
    note: Any,
) -> Any:
    """How central models or publishers are, the most central first.

    \b
    pagerank     what a reader meets who goes from derivative to base
    betweenness  shortest paths from derivatives to their origins that lead through it
    in_degree    made from it directly, of models also by relation
    reach        made from it, directly or not
    harmonic     the same, each as one over its distance
    flow_in      publishers: downloads of what it makes from others' models
    flow_out     publishers: downloads of what others make from its models
    brokerage    publishers: pairs that it stands between, in five roles
    servers_hhi  publishers: how concentrated the serving of its models is

    Stubs are models that others name and the snapshot does not hold. --frame and --window have a say where downloads
    count: in pagerank, flow_in, flow_out and servers_hhi of publishers. --weights relation divides a rank among several
    bases by relation, discounted passes only a part of it on, also to a single base. --owner has a say in brokerage.

    \b
    Examples:
      lineage rank
      lineage rank --metric betweenness --limit 10
      lineage rank --weights discounted --basis inferred
      lineage rank --on publishers --metric flow_in --frame gguf
    """
    from lineage.questions.ranks import without_say

    session = open_session(snapshot)
    said: dict[str, Any] = {
        "on": on,
        "metric": metric,
        "weights": weights,
        "owner": owner,
        "frame": frame,
        "window": window,
        "basis": basis,
    }
    # What a setting gives for other questions is no mistake of who asks this one.
    idle = without_say(on, metric)
    ignored = [n for n in idle if said[n] not in (idle[n], ("all",)) and not typed(n)]
    if ignored:
        has = "have" if len(ignored) > 1 else "has"
        note(f"{' and '.join(ignored)} of your settings {has} no say in {metric} of {on}")
        said |= {name: idle[name] for name in ignored}
    return session, session.table("rank", **said, limit=limit, note=note), said


COMMANDS = (rank,)
