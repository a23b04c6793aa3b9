"""Questions about shares of downloads: whose, through whom, by which cut."""

from collections.abc import Sequence

import pyarrow as pa

from lineage.catalog import Catalog
from lineage.errors import UsageError
from lineage.questions import Note, select, several, silent
from lineage.snapshot import Snapshot


def intermediaries(
    snapshot: Snapshot,
    catalog: Catalog,
    *,
    rule: str | Sequence[str] | None = None,
    frame: str | Sequence[str] | None = None,
    window: str = "30d",
    basis: str = "declared",
    owner: str = "group",
    threshold: float | str | Sequence[float | str] = "0.8",
    list: str = "strict",
    members: bool = False,
    accounts: bool = False,
    note: Note = silent,
) -> pa.Table:
    """R1–R6, or the models that each counts; with `accounts` the accounts that they count, or all models of these.

    `threshold`: one, several, or FROM:TO:STEP.
    """
    from lineage.answers import intermediaries as answer

    repackaging = answer.Repackaging(select(snapshot, frame, window, basis, note=note), owner, list)
    # A number of Python is meant as it is written, not as its binary fraction.
    asked = [threshold] if isinstance(threshold, float | int | str) else threshold
    thresholds = tuple(each for one in asked for each in answer.threshold_range(str(one)))
    if accounts:
        from lineage.answers.accounts import Accounts

        if len(thresholds) != 1:
            raise UsageError("--accounts lists the accounts of one number: give one --threshold, not a range.")
        found = Accounts(repackaging, several(rule), thresholds[0])
        return found.members() if members else found.table()
    if not members:
        return answer.intermediaries(repackaging, several(rule), thresholds)
    if len(thresholds) != 1:
        raise UsageError("--members lists the models of one number: give one --threshold, not a range.")
    return answer.members(repackaging, several(rule), thresholds[0])


def shares(
    snapshot: Snapshot,
    catalog: Catalog,
    *,
    by: str,
    frame: str | Sequence[str] | None = None,
    window: str = "30d",
    basis: str = "declared",
    limit: int | None = None,
    members: bool = False,
    key: str | Sequence[str] = (),
    note: Note = silent,
) -> pa.Table:
    """Share rows by a cut, or the models under its keys."""
    from lineage.answers import shares as answer

    selection = select(snapshot, frame, window, basis, note=note)
    keys = several(key)
    return answer.members(selection, by, keys) if members else answer.shares(selection, by, limit, keys)


def flows(
    snapshot: Snapshot,
    catalog: Catalog,
    *,
    by: str = "relation",
    frame: str | Sequence[str] | None = None,
    window: str = "30d",
    basis: str = "declared",
    owner: str = "group",
    list: str = "strict",
    note: Note = silent,
) -> pa.Table:
    """Downloads by whose models they stand on, who serves them, and the relation or the format."""
    from lineage.answers import flows as answer
    from lineage.answers.owners import check_owner

    answer.check_by(by)
    check_owner(owner)
    return answer.flows(select(snapshot, frame, window, basis, note=note), by, owner, list)
