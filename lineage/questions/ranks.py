"""Whose place in the graph is how central: models, or accounts."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import pyarrow as pa

from lineage.catalog import Catalog
from lineage.errors import UsageError, near
from lineage.questions import Note, select, several, silent
from lineage.snapshot import Snapshot

#: What is ranked.
ON = ("models", "publishers")

#: Of the ways in which ranks are computed. Raise it where one gives other numbers: the cache is then made anew.
METHOD = 2

#: Metrics of publishers in which downloads count, and so frame and window have a say.
_COUNTS = ("pagerank", "flow_in", "flow_out", "servers_hhi")

#: Of these, those that mean nothing without downloads; PageRank then takes all arrows alike.
_NEEDS = ("flow_in", "flow_out", "servers_hhi")

#: Metrics of publishers that the build stores (all models, 30 days, the basis declared), and those that take long.
_STORED = ("pagerank", "in_degree", "flow_in", "flow_out")
_LONG = ("betweenness", "brokerage", "reach", "harmonic", "servers_hhi")


@dataclass(frozen=True, slots=True)
class _Asked:
    """What a person asked for, checked by `_check`."""

    metric: str
    weights: str
    owner: str
    frame: tuple[str, ...]
    window: str
    basis: str
    limit: int | None


def rank(
    snapshot: Snapshot,
    catalog: Catalog,
    *,
    on: str = "models",
    metric: str = "pagerank",
    weights: str = "equal",
    owner: str = "group",
    frame: str | Sequence[str] | None = None,
    window: str = "30d",
    basis: str = "declared",
    limit: int | None = None,
    note: Note = silent,
) -> pa.Table:
    """Models or publishers by one metric, largest first, then A–Z, null last; at most `limit`."""
    if on not in ON:
        raise UsageError(f"Ranks are of models or of publishers; {on!r} is neither.{near(on, ON)}")
    asked = _Asked(metric, weights, owner, several(frame), window, basis, limit)
    _check(on, asked)
    table, total = (_models if on == "models" else _publishers)(snapshot, catalog, asked, note)
    if table.num_rows < total:
        from lineage.printing import LeftOut

        note(LeftOut.of(table.num_rows, total))
    return table


def without_say(on: str, metric: str) -> dict[str, Any]:
    """Of the options those that change nothing about this metric, each with the value that stands for none."""
    idle: dict[str, Any] = {}
    if (on, metric) != ("models", "pagerank"):
        idle["weights"] = "equal"
    if (on, metric) != ("publishers", "brokerage"):
        idle["owner"] = "group"
    if on != "publishers" or metric not in _COUNTS:
        idle |= {"frame": (), "window": "30d"}
    return idle


def _check(on: str, asked: _Asked) -> None:
    """Raise UsageError for options that have no say in what is asked, with what to do instead."""
    if on == "models":
        from lineage.answers import model_ranks

        if asked.metric not in model_ranks.METRICS and asked.metric in (*_STORED, *_LONG):
            raise UsageError(f"{asked.metric} is a metric of accounts: add --on publishers.")
        model_ranks.check(asked.metric, asked.weights)
    idle = without_say(on, asked.metric)
    if asked.weights != idle.get("weights", asked.weights):
        raise UsageError(
            "--weights is for the PageRank of models: leave it away, or ask --on models --metric pagerank."
        )
    if asked.owner != idle.get("owner", asked.owner):
        raise UsageError("--owner is for brokerage: leave it away, or ask --on publishers --metric brokerage.")
    if "window" in idle and (set(asked.frame) - {"all"} or asked.window != idle["window"]):
        raise UsageError(
            f"No download counts in {asked.metric} of {on}, so --frame and --window have no say: leave them away, or "
            f"ask --on publishers --metric {', '.join(_COUNTS)}."
        )


def _models(snapshot: Snapshot, catalog: Catalog, asked: _Asked, note: Note) -> tuple[pa.Table, int]:
    """The rows asked for, and how many there are: every model, and every stub of the basis."""
    import numpy as np

    from lineage.answers import model_ranks
    from lineage.answers.basis import lineage_under
    from lineage.answers.largest import largest
    from lineage.chosen import chosen
    from lineage.reference import versions
    from lineage.stores.computed import kept

    metric, lineage = asked.metric, lineage_under(snapshot, asked.basis)
    stored = lineage.stored and asked.weights == "equal" and metric != "betweenness"
    if stored:
        values = model_ranks.ranks(lineage, metric)
    else:
        weights = None if asked.weights == "equal" else versions()["relation_weights.csv"]
        options = {"on": "models", "basis": asked.basis, "weights": asked.weights, "of": weights}
        values = kept(
            snapshot, catalog.root, f"rank-{metric}", options, METHOD,
            lambda: model_ranks.ranks(lineage, metric, asked.weights),
        )  # fmt: skip
    for remark in _remarks(values, asked):
        note(remark)
    total = int(np.count_nonzero(lineage.present))
    rows = largest(values.column(metric), asked.limit, lineage.present)
    names = ["id", "stub"]
    whole = asked.limit is None
    table = snapshot.table("models", names).take(pa.array(rows)) if whole else chosen(snapshot, "models", names, rows)
    for name in values.column_names:
        table = table.append_column(name, values.column(name).take(pa.array(rows)))
    return table, total


def _remarks(values: pa.Table, asked: _Asked) -> list[str]:
    from lineage.answers.model_ranks import left_out

    said = []
    if asked.metric in ("pagerank", "betweenness"):
        said.append("quantized models are nearly always leaves; intermediaries show with --on publishers")
    if asked.weights == "relation":
        said.append(
            "only models with several bases tell these weights from equal; --weights discounted weighs every edge"
        )
    unknown = values.column(asked.metric).null_count
    if asked.metric == "betweenness" and left_out(values):
        said.append(
            f"{left_out(values):,} models have too many ancestors for all their paths to be followed; the {unknown:,} "
            "models that these may lead through have no value"
        )
    if asked.metric == "harmonic" and unknown:
        said.append(f"{unknown:,} models have no value: below them are models with too many ancestors to be stored")
    return said


def _publishers(snapshot: Snapshot, catalog: Catalog, asked: _Asked, note: Note) -> tuple[pa.Table, int]:
    """The rows asked for, and how many there are: every account that an edge touches."""
    import numpy as np

    from lineage.answers.largest import largest
    from lineage.chosen import chosen

    metric = asked.metric
    plain = not set(asked.frame) - {"all"} and (asked.window, asked.basis) == ("30d", "declared")
    if plain and metric in _STORED and (metric not in _NEEDS or "downloads" in snapshot.columns):
        held = snapshot.table("publishers", ["touched", metric])
        touched = held.column("touched").to_numpy()
        rows = largest(held.column(metric), asked.limit, touched)
        table = chosen(snapshot, "publishers", ["publisher"], rows)
        return table.append_column(metric, held.column(metric).take(pa.array(rows))), int(np.count_nonzero(touched))
    found = _computed(snapshot, catalog, asked, note)
    if metric == "servers_hhi" and (unknown := found.column(metric).null_count):
        note(f"{unknown:,} accounts have no value: nobody serves their models with any downloads")
    if "estimated" in found.column_names and found.num_rows and found.column("estimated")[0].as_py():
        note("estimated from a part of the accounts as sources; see docs/definitions.md")
    return found.take(pa.array(largest(found.column(metric), asked.limit))), found.num_rows


def _computed(snapshot: Snapshot, catalog: Catalog, asked: _Asked, note: Note) -> pa.Table:
    """All ranks of accounts, computed, or kept from before where that takes long."""
    from lineage.answers.publisher_ranks import ranks
    from lineage.stores.computed import kept

    selection = select(
        snapshot, asked.frame, asked.window, asked.basis, uncounted=asked.metric not in _NEEDS, note=note
    )
    if asked.metric not in _LONG:
        return ranks(selection, asked.metric, asked.owner)
    options = {"on": "publishers", "owner": asked.owner, **selection.words()}
    return kept(
        snapshot, catalog.root, f"rank-{asked.metric}", options, METHOD,
        lambda: ranks(selection, asked.metric, asked.owner),
    )  # fmt: skip
