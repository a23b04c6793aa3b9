"""Downloads of an account's models with everything derived from any of them, each model once.

A model that goes back to three models of one account is counted once for it; accounts overlap as `full` of models does.
Fellow members of a cycle are derived from each other here, so that `full` is `own` and the derived downloads, exactly.
"""

from collections.abc import Sequence

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from lineage.answers.cuts import UNKNOWN
from lineage.answers.frames import Selection
from lineage.answers.lookup import account as account_of
from lineage.answers.owners import publisher_codes
from lineage.answers.pairs import distinct, sums
from lineage.metrics import ancestry, rollup
from lineage.metrics.graph import Ints, build
from lineage.schema import MODEL_RELATIONS

#: One more than the relations: models without a base, which stand for none.
_KINDS = len(MODEL_RELATIONS) + 1


def publisher_rollups(selection: Selection, names: Sequence[str] = (), top: int | None = None) -> pa.Table:
    """One row an account with a model or stub: those named, in that order, else all, largest `full` first, then A–Z.

    Columns: publisher; models (its repositories in the frame), own (their downloads), full (with those of everything
    derived from its models and stubs, each once), descendants (distinct models derived from them and hosted by others),
    downloads_<relation> and count_<relation> of these, by their relation; all int64. Frames and windows restrict what
    counts as a download, and `models`, not what is derived. Ownerless ids are one row `(unknown)`, the last.
    Raises NotFound for an account that is not there.
    """
    snapshot, lineage = selection.snapshot, selection.lineage
    account = publisher_codes(snapshot)
    accounts = snapshot.table("publishers", ["publisher"]).column("publisher")
    n = len(accounts) + 1
    derived = _walked if lineage.deep.any() else _paired
    counts, downloads = derived(selection, account, n)
    own = sums(account, selection.value, n)
    full = own + downloads.sum(axis=0)
    columns = {
        "models": sums(account, selection.inside.astype(np.int64), n),
        "own": own,
        "full": full,
        "descendants": counts.sum(axis=0),
    }
    for code, relation in enumerate(MODEL_RELATIONS):
        columns |= {f"downloads_{relation}": downloads[code], f"count_{relation}": counts[code]}
    if names:
        wanted = pa.array(dict.fromkeys(account_of(snapshot, name) for name in names), pa.string())
        rows = pc.index_in(wanted, value_set=accounts).to_numpy()
    else:
        there = np.flatnonzero(np.bincount(account[lineage.present], minlength=n))
        rows = there[np.lexsort((there, -full[there], there == n - 1))][:top]
    texts = pa.concat_arrays([*accounts.chunks, pa.array([UNKNOWN])])
    return pa.table(
        {"publisher": texts.take(pa.array(rows))} | {name: pa.array(v[rows]) for name, v in columns.items()}
    )


def _paired(selection: Selection, account: Ints, n: int) -> tuple[Ints, Ints]:
    """(count, downloads) int64[relations, n] of what is derived from each account's models: from pairs, one sort."""
    lineage = selection.lineage
    model, above, _ = lineage.pairs
    size = np.bincount(lineage.group, minlength=len(account))
    if (size > 1).any():
        fellows = _fellows(lineage.group, size)
        model, above = np.r_[model, fellows[0]], np.r_[above, fellows[1]]
    whose, host = account[above], account[model]
    of, model = distinct(whose[whose != host], model[whose != host], len(account))
    at = lineage.relation[model] * n + of
    cells = len(MODEL_RELATIONS) * n
    ones = np.bincount(at, minlength=cells).reshape(-1, n)
    return ones, sums(at, selection.value[model], cells).reshape(-1, n)


def _fellows(group: Ints, size: Ints) -> tuple[Ints, Ints]:
    """(model, other member of its cycle), all pairs."""
    rows = np.flatnonzero(size[group] > 1)
    order = rows[np.argsort(group[rows], kind="stable")]
    many = size[group[order]]
    first = np.searchsorted(group[order], group[order])
    ends = np.cumsum(many)
    at = np.arange(int(many.sum())) - np.repeat(ends - many, many)
    model, other = np.repeat(order, many), order[np.repeat(first, many) + at]
    return model[model != other], other[model != other]


def _walked(selection: Selection, account: Ints, n: int) -> tuple[Ints, Ints]:
    """The same where deep models exist, whose pairs are not stored.

    Each account is one more row of the graph, a base of all that it hosts: then what is derived from it is what lies
    below that row, and `metrics/deep.py` counts it exactly.
    """
    lineage, graph = selection.lineage, selection.graph
    hosted = np.flatnonzero(lineage.present)
    child = np.r_[graph.child, hosted]
    base = np.r_[graph.base, graph.n + account[hosted]]
    wide = build(graph.n + n, child, base, np.zeros(len(child), np.int64))
    closure = ancestry.closure(wide, lineage.bound)
    relation = np.full(graph.n + n, _KINDS - 1, np.int64)
    relation[: graph.n] = np.where(lineage.relation < 0, _KINDS - 1, lineage.relation)
    found = []
    for values in (np.ones(graph.n, np.int64), selection.value):
        below = rollup.by_relation(wide, closure, np.r_[values, np.zeros(n, np.int64)], relation, _KINDS)[graph.n :]
        # What an account hosts lies below it too, and is not derived for that.
        its = sums(relation[hosted] * n + account[hosted], values[hosted], _KINDS * n).reshape(-1, n)
        found.append((below.T - its)[:-1])
    return found[0], found[1]
