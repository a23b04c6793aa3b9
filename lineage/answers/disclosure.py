"""Whether downloaded models say what they were trained on, by the year in which they were created.

Design §4, "Disclosure": `yes` where a data set is named by a tag or in the card, `no` where metadata were seen
and name none, `unknown` where none were seen. Nothing is inherited: what the ancestors say stands beside it.
"""

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

from lineage.answers.frames import SHARE_FIELDS, Selection, member_rows, ratio
from lineage.answers.years import Years, years_of
from lineage.errors import UsageError
from lineage.metrics.ancestry import any_above
from lineage.schema import DISCLOSED
from lineage.snapshot import Snapshot

#: Where a data set can be named. A task alone shows that metadata were seen, and could never say yes.
READ_FROM = ("tags", "card", "readme")

SCHEMA = pa.schema(
    [
        ("year", pa.string()),
        *((state, pa.int64()) for state in DISCLOSED),
        ("by_ancestor", pa.int64()),
        *SHARE_FIELDS,
        ("share_low", pa.float64()),
        ("share_high", pa.float64()),
        ("coverage", pa.float64()),
    ]
)


def lacks(snapshot: Snapshot) -> list[str]:
    """The columns that disclosure is read from, where the source of the snapshot has none of them; else nothing."""
    return [] if any(c in snapshot.columns for c in READ_FROM) else list(READ_FROM)


def says(selection: Selection, state: str) -> NDArray[np.bool_]:
    """bool[n]: what each model says of its data is `state`, one of `schema.DISCLOSED`."""
    column = selection.snapshot.table("models", ["disclosed"]).column("disclosed")
    return pc.equal(column, state).fill_null(False).to_numpy()


def check(selection: Selection) -> None:
    """Raise UsageError where nothing in the snapshot could name a data set."""
    missing = lacks(selection.snapshot)
    if missing:
        raise UsageError(
            f"Disclosure is read from the columns {', '.join(missing[:-1])} or {missing[-1]}, and the source of "
            f"{selection.snapshot.name} has none of them; build from a source that has one."
        )


def _ancestor_says(selection: Selection, flag: NDArray[np.bool_]) -> NDArray[np.bool_]:
    """bool[n]: whether `flag` (bool[n]) holds for an ancestor of each model under the basis."""
    lineage = selection.lineage
    if not lineage.stored or lineage.deep.any():
        return any_above(selection.graph, flag)
    # The build has stored all pairs: no graph need be made.
    found = np.zeros(len(flag), bool)
    model, ancestor, _ = lineage.pairs
    found[model[flag[ancestor]]] = True
    return found


def disclosure(selection: Selection, years: Years | None = None) -> pa.Table:
    """One row a year, in downloads; without created_at only the row `all`.

    `years`: those of the selection, where they are known already.

    Columns: year (text: a UTC year, `(undated)`, `all`), yes, no, unknown (int64, they add up to the denominator),
    by_ancestor (int64: of models that do not say yes themselves and have an ancestor under the basis that does),
    the columns of a share row (numerator = yes, denominator = downloads of the year), share_low = yes / denominator,
    share_high = (yes + unknown) / denominator, coverage = (yes + no) / denominator. Raises UsageError where nothing
    in the snapshot could name a data set.
    """
    check(selection)
    years = years or years_of(selection)
    value = selection.value[years.row]
    states = {state: says(selection, state) for state in DISCLOSED}
    by_state = {state: years.sums(np.where(flags[years.row], value, 0)) for state, flags in states.items()}
    inherits = _ancestor_says(selection, states["yes"]) & ~states["yes"]
    by_ancestor = years.sums(np.where(inherits[years.row], value, 0))
    models, publishers = years.hosts(selection, states["yes"][years.row])
    rows = []
    for i, (year, downloads) in enumerate(zip(years.names, years.sums(value), strict=True)):
        yes, no, unknown = (by_state[state][i] for state in DISCLOSED)
        rows.append(
            {
                "year": year,
                **{state: by_state[state][i] for state in DISCLOSED},
                "by_ancestor": by_ancestor[i],
                **selection.words(),
                "numerator": yes,
                "denominator": downloads,
                "share": ratio(yes, downloads),
                "models": models[i],
                "publishers": publishers[i],
                "share_low": ratio(yes, downloads),
                "share_high": ratio(yes + unknown, downloads),
                "coverage": ratio(yes + no, downloads),
            }
        )
    return pa.Table.from_pylist(rows, schema=SCHEMA)


def members(selection: Selection) -> pa.Table:
    """The models of each numerator: key (the year), id, publisher, downloads, counted, base, relation, why.

    By year, then largest first, ties A–Z. Raises UsageError as `disclosure`.
    """
    check(selection)
    years = years_of(selection)
    code, place = years.members(says(selection, "yes")[years.row])
    return year_members(selection, years, code, years.row[place])


def year_members(selection: Selection, years: Years, code: NDArray[np.int64], row: NDArray[np.int64]) -> pa.Table:
    """Rows of `members` for `row` (int64[k]) under the years `code` (int64[k]), in order."""
    order = np.lexsort((row, -selection.value[row], code))
    code, row = code[order], row[order]
    key = pa.array(years.names, pa.string()).take(pa.array(code, pa.int64()))
    why = pa.array(["it names the data that it was trained on"] * len(row), pa.string())
    return member_rows(selection, {"key": key}, row, pa.array(selection.value[row], pa.int64()), why)
