"""Whose models downloads stand on, who serves them, and as what: base publisher → server → relation or format.

A model's downloads are divided over its k direct bases, stubs counted, as design §4 divides everything: floor(v / k) to
each and the remainder one by one to the first bases in order. A model without a base stands on its own account. So the
rows add up to the downloads of the frame.
"""

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

from lineage import reference
from lineage.answers.cuts import NONE, UNKNOWN
from lineage.answers.frames import Selection, ratios
from lineage.answers.owners import owner_codes, publisher_codes
from lineage.answers.pairs import distinct, sums
from lineage.errors import UsageError, near
from lineage.metrics.graph import Ints
from lineage.snapshot import Snapshot

#: What the last column of a flow can be: how the model was made, or the file format of its repository.
BY = ("relation", "format")

#: What a server is to the base's publisher: the same account, another of its owner, on the list of intermediaries,
#: none of these. The first that applies.
KINDS = ("own", "owner", "intermediary", "other")

SCHEMA = pa.schema(
    [
        ("base_publisher", pa.string()),
        ("server", pa.string()),
        ("server_kind", pa.string()),
        ("key", pa.string()),
        ("by", pa.string()),
        ("downloads", pa.int64()),
        ("denominator", pa.int64()),
        ("share", pa.float64()),
        ("models", pa.int64()),
        ("frame", pa.string()),
        ("window", pa.string()),
        ("basis", pa.string()),
        ("list", pa.string()),
        ("owner", pa.string()),
        ("taken_at", pa.string()),
    ]
)


def check_by(by: str) -> None:
    """Raise UsageError for a word that is not in `BY`."""
    if by not in BY:
        raise UsageError(f"Flows end in {' or '.join(BY)}; {by!r} is neither.{near(by, BY)}")


def flows(selection: Selection, by: str = "relation", owner: str = "group", accounts_list: str = "strict") -> pa.Table:
    """One row for each (base_publisher, server, server_kind, key) with a model of the frame, largest first, ties A–Z.

    base_publisher: the account of a model's direct base; of a model without a base its own, with the key `(none)`.
    server: the account that hosts the model; both as the table `publishers` spells them, accounts being compared
    without case, and `(unknown)` for ids without an account. server_kind: one of `KINDS`, by `owner` (group or account)
    and `accounts_list` (as `--list`). key: the label of the edge, `(unknown)` without one, or with by="format" the
    format of the model's repository. downloads int64, in the window; denominator int64: those of the frame, to which
    all rows add up; share = downloads / denominator, 12 places. models int64: distinct ones in the row, so a model of
    several bases can be in several rows. Then frame, window, basis, list, owner, taken_at.

    Raises UsageError for an unknown `by`, owner or list.
    """
    check_by(by)
    owners = owner_codes(selection.snapshot, owner)
    listed = _listed(selection.snapshot, accounts_list)
    account, names = _accounts(selection.snapshot)
    model, base, counted, key, keys = _parts(selection, by)
    some, none = len(names), pc.index(keys, NONE).as_py()
    # One number for a cell, so that their order is A–Z.
    cell, of = _coded((account[base] * some + account[model]) * len(keys) + key)
    downloads = sums(of, counted, len(cell))
    models = np.bincount(distinct(of, model, len(account))[0], minlength=len(cell))
    alone = np.flatnonzero(selection.inside & ~selection.graph_has_edge)
    makers = np.bincount(account[alone], minlength=some)
    own = np.flatnonzero(makers)
    cell = np.concatenate([cell, (own * some + own) * len(keys) + none])
    downloads = np.concatenate([downloads, sums(account[alone], selection.value[alone], some)[own]])
    models = np.concatenate([models, makers[own]])
    order = np.argsort(cell, kind="stable")
    order = np.concatenate([_descending(downloads, order[downloads[order] > 0]), order[downloads[order] == 0]])
    cell, downloads, models = cell[order], downloads[order], models[order]
    pair, of_key = np.divmod(cell, len(keys))
    above, server = np.divmod(pair, some)
    owner_of = np.full(some, -1, np.int64)  # an account is of one owner
    owner_of[account] = owners
    kind = np.select([above == server, owner_of[above] == owner_of[server], listed[server]], [0, 1, 2], 3)
    said = {**selection.words(), "by": by, "list": accounts_list, "owner": owner}
    total = selection.denominator
    found: dict[str, pa.Array] = {
        "base_publisher": names.take(pa.array(above)),
        "server": names.take(pa.array(server)),
        "server_kind": pa.array(KINDS, pa.string()).take(pa.array(kind)),
        "key": keys.take(pa.array(of_key)),
        "downloads": pa.array(downloads),
        "denominator": pa.array(np.full(len(cell), total)),
        "share": ratios(downloads, total),
        "models": pa.array(models),
    }
    found |= {name: pa.repeat(pa.scalar(text, pa.string()), len(cell)) for name, text in said.items()}
    return pa.table(found, SCHEMA)


def _accounts(snapshot: Snapshot) -> tuple[Ints, pa.StringArray]:
    """int64[n]: each row's account, and the accounts A–Z by code point: first `(unknown)`, of ids without one."""
    names = snapshot.table("publishers", ["publisher"]).column("publisher").combine_chunks()
    code = publisher_codes(snapshot)
    return np.where(code == len(names), 0, code + 1), pa.concat_arrays([pa.array([UNKNOWN], pa.string()), names])


def _parts(selection: Selection, by: str) -> tuple[Ints, Ints, Ints, Ints, pa.StringArray]:
    """(model, base, downloads, code of key) int64[k], a model of the frame once for each base, and the keys A–Z."""
    table = selection.lineage.edges(["child_row", "base_row", "relation", "place"])
    table = table.filter(pa.array(selection.inside[table.column("child_row").to_numpy()]))
    child, base, place = (table.column(c).to_numpy().astype(np.int64) for c in ("child_row", "base_row", "place"))
    quotient, rest = np.divmod(selection.value[child], np.bincount(child, minlength=len(selection.inside))[child])
    if by == "relation":
        label = table.column("relation").fill_null(UNKNOWN)
    else:
        formats = selection.snapshot.table("models", ["format"]).column("format")
        label = formats.take(pa.array(child)).fill_null(UNKNOWN)
    keys = pa.array(sorted({NONE, *pc.unique(label).to_pylist()}), pa.string())
    code = pc.index_in(label, value_set=keys).cast(pa.int64()).to_numpy()
    return child, base, quotient + (place < rest), code, keys


def _descending(values: Ints, order: Ints) -> Ints:
    """The rows of `order`, largest value first, ties as they were."""
    return order[np.argsort(-values[order], kind="stable")]


def _coded(group: Ints) -> tuple[Ints, Ints]:
    """The distinct numbers, ascending, and the place of each row's number among them."""
    order = np.argsort(group, kind="stable")
    ranked = group[order]
    first = np.r_[True, ranked[1:] != ranked[:-1]] if len(ranked) else np.zeros(0, bool)
    place = np.empty(len(group), np.int64)
    place[order] = np.cumsum(first) - 1
    return ranked[first], place


def _listed(snapshot: Snapshot, accounts_list: str) -> NDArray[np.bool_]:
    """bool[accounts + 1]: on the list; ids without an account, the first, never."""
    wanted = pa.array([a.casefold() for a in reference.intermediaries(accounts_list)], pa.string())
    names = snapshot.table("publishers", ["publisher"]).column("publisher")
    return np.append(False, pc.is_in(pc.utf8_lower(names), value_set=wanted).to_numpy())
