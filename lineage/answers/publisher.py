"""What an account hosts and serves: of whom, in which formats, and how much of each base goes through it."""

from typing import Any

import numpy as np
import pyarrow as pa

from lineage.answers.cuts import NONE, UNKNOWN
from lineage.answers.frames import Selection, ratio
from lineage.answers.owners import hosted, hosts, owners_among
from lineage.answers.pairs import coded, distinct, left_over, lists, sums
from lineage.answers.part import totals
from lineage.answers.serving import OTHERS, TOTAL
from lineage.chosen import chosen
from lineage.metrics.graph import Ints

SCHEMA = pa.schema(
    [
        ("base", pa.string()),
        ("downloads", pa.int64()),
        ("models", pa.int64()),
        ("share", pa.float64()),
        ("through_it", pa.int64()),
        ("family_downloads", pa.int64()),
        ("base_publisher", pa.string()),
        ("kind", pa.string()),
        ("relations", pa.list_(pa.string())),
        ("formats", pa.list_(pa.string())),
        ("bases_served", pa.int64()),
        ("publishers_served", pa.int64()),
        ("window", pa.string()),
        ("basis", pa.string()),
        ("taken_at", pa.string()),
    ]
)


def divided(selection: Selection, rows: Ints) -> tuple[Ints, Ints, Ints, Ints]:
    """(edge, model, base, counted) int64[k]: each edge of `rows` (A–Z), and its part of the model's downloads.

    A model's value is divided over its bases in whole numbers, the rest to the first ones, in the order that `split`
    has. `edge`: its row in the edges of the basis.
    """
    edges = selection.lineage.edges(["child_row", "base_row", "place"])
    asked = np.zeros(len(selection.inside), bool)
    asked[rows] = True
    edge = np.flatnonzero(asked[edges.column("child_row").to_numpy()])
    edges = edges.take(pa.array(edge))
    child, base, place = (edges.column(c).to_numpy().astype(np.int64) for c in ("child_row", "base_row", "place"))
    order = np.lexsort((base, place, child))
    edge, child, base = edge[order], child[order], base[order]
    rank = np.arange(len(child)) - np.searchsorted(child, child)
    several = np.searchsorted(child, child, side="right") - np.searchsorted(child, child)
    quotient, rest = np.divmod(selection.value[child], np.maximum(several, 1))
    return edge, child, base, quotient + (rank < rest)


def publisher(selection: Selection, account: str, owner: str = "group", limit: int | None = None) -> pa.Table:
    """One row for each direct base of the account's repositories, largest downloads first, ties A–Z; see `SCHEMA`.

    `account`: as the table `publishers` spells it. `base` is `(none)` for repositories without a known base. `kind`:
    own (a base of the same owner), other, none. `downloads`: of its repositories with this base; with several divided
    over them in whole numbers, so that rows add up to the row `(total)`, where `models` and the lists have each once.
    `family_downloads`: of the part of the base, from whoever hosts it; `through_it`: of that, on the account's
    repositories; `share`: the second of the first. `limit` folds the rest into `(others)`.
    """
    snapshot = selection.snapshot
    its = hosted(snapshot, account)
    repositories = np.flatnonzero(its & selection.inside)
    edge, child, base, counted = divided(selection, repositories)
    alone = left_over(repositories, child)
    bases, of = np.unique(base, return_inverse=True)
    ids = chosen(snapshot, "models", ["id", "publisher"], bases)
    names, whose = ids.column("id").to_pylist(), ids.column("publisher").to_pylist()
    mine = np.where(its, selection.value, 0)
    family, through = totals(selection.lineage, bases, (selection.value, mine)) if len(bases) else (bases, bases)
    owners = owners_among(snapshot, np.r_[bases, np.flatnonzero(its)[:1]].astype(np.int64), owner)
    own = owners[:-1] == owners[-1]

    # One entry for each repository and base, those without a base at the end; groups are bases, then (none).
    group = np.r_[of, np.full(len(alone), len(bases))].astype(np.int64)
    model, part = np.r_[child, alone], np.r_[counted, selection.value[alone]]
    downloads = sums(group, part, len(bases) + 1)
    there = np.flatnonzero(np.bincount(group, minlength=len(bases) + 1))
    texts = [*names, NONE]
    order = sorted(there.tolist(), key=lambda g: (-int(downloads[g]), texts[g]))
    shown = order if limit is None else order[:limit]
    place = np.full(len(bases) + 1, len(shown), np.int64)
    place[shown] = np.arange(len(shown))
    everything = len(shown) + 1
    line = place[group]
    both = np.r_[line, np.full_like(line, everything)]
    form, formats = coded(chosen(snapshot, "models", ["format"], model).column("format"), UNKNOWN)
    label, relations = coded(selection.lineage.edges(["relation"]).column("relation").take(pa.array(edge)), UNKNOWN)
    linked, all_linked = line[: len(child)], np.full(len(child), everything)
    several = {
        "formats": lists(both, np.r_[form, form], everything + 1, formats).to_pylist(),
        "relations": lists(np.r_[linked, all_linked], np.r_[label, label], everything + 1, relations).to_pylist(),
    }
    models = np.bincount(distinct(both, np.r_[model, model], len(selection.inside))[0], minlength=everything + 1)
    said = {k: v for k, v in selection.words().items() if k != "frame"}

    def row(name: str, at: int, count: int, **more: Any) -> dict[str, Any]:
        found = {c: several[c][at] for c in several}
        return {"base": name, "models": int(models[at]), "downloads": count, **found, **said, **more}

    rows = []
    for at, g in enumerate(shown):
        if g == len(bases):
            rows.append(row(NONE, at, int(downloads[g]), kind="none"))
            continue
        figures = {"family_downloads": int(family[g]), "through_it": int(through[g])}
        share = ratio(figures["through_it"], figures["family_downloads"])
        kind = "own" if own[g] else "other"
        rows.append(row(names[g], at, int(downloads[g]), base_publisher=whose[g], kind=kind, share=share, **figures))
    if len(shown) < len(order):
        rows.append(row(OTHERS, len(shown), int(downloads[order[len(shown) :]].sum())))
    served = {"bases_served": int((~own).sum()), "publishers_served": len(hosts(snapshot, bases[~own])[1])}
    rows.append(row(TOTAL, everything, int(downloads.sum()), **served))
    return pa.Table.from_pylist(rows, schema=SCHEMA)
