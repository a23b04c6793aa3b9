"""Who hosts a model and who owns the account: as codes over the rows of the table `models`."""

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

from lineage.chosen import chosen, many, row_of
from lineage.errors import UsageError
from lineage.metrics.graph import Ints
from lineage.snapshot import Snapshot

#: What `--owner` takes: the owner group of an account, or the account itself.
OWNERS = ("group", "account")


def publisher_codes(snapshot: Snapshot) -> Ints:
    """int64[n]: row of the table `publishers`; one more than its last row for ownerless ids. Not to be changed."""
    codes: Ints = snapshot.once("publisher_codes", _publisher_codes)
    return codes


def _publisher_codes(snapshot: Snapshot) -> Ints:
    row = snapshot.table("models", ["publisher_row"]).column("publisher_row").cast(pa.int64())
    return row.fill_null(many(snapshot, "publishers")).to_numpy()


def check_owner(owner: str) -> None:
    """Raise UsageError for a word that `--owner` does not take."""
    if owner not in OWNERS:
        raise UsageError(f"There is no owner {owner!r}. There are: {', '.join(OWNERS)}.")


def owner_codes(snapshot: Snapshot, owner: str = "group") -> Ints:
    """int64[n]: equal for two models when one owner hosts both; ownerless ids share one.

    With `owner="account"` each account is its own owner. Raises UsageError for any other word.
    """
    return owners_of_accounts(snapshot, owner)[publisher_codes(snapshot)]


def owners_of_accounts(snapshot: Snapshot, owner: str = "group") -> Ints:
    """int64[accounts + 1]: the same for the rows of the table `publishers`; the last is that of ownerless ids."""
    check_owner(owner)
    group = snapshot.table("publishers", ["owner_group"]).column("owner_group").combine_chunks()
    alone = np.arange(len(group) + 1)
    if owner == "account":
        return alone
    named = pc.utf8_lower(group).dictionary_encode().indices.cast(pa.int64())
    # An account without a group is an owner of its own, whatever a group is called; so are the ownerless ids together.
    of_account = np.where(group.is_valid(), named.fill_null(0).to_numpy() + len(group) + 1, alone[:-1])
    return np.append(of_account, len(group))


def accounts_of(snapshot: Snapshot, rows: Ints) -> Ints:
    """int64[k]: `publisher_codes` of some rows of `models`, without reading all others."""
    found = chosen(snapshot, "models", ["publisher_row"], rows).column("publisher_row").cast(pa.int64())
    return found.fill_null(many(snapshot, "publishers")).to_numpy()


def hosts(snapshot: Snapshot, rows: Ints) -> tuple[Ints, list[str | None]]:
    """(place of each row's account, the accounts A–Z) for some rows of `models`; ownerless ids share a last one, None.

    Names are read of these accounts alone: the table of publishers is A–Z, and so are its rows.
    """
    code, place, names = _hosts(snapshot, rows, "publisher")
    return place, [*names.to_pylist(), *[None] * (len(code) - len(names))]


def _hosts(snapshot: Snapshot, rows: Ints, column: str) -> tuple[Ints, Ints, pa.ChunkedArray]:
    """The codes of the rows' accounts ascending, the place of each row's, and a column of those that have a name."""
    code, place = np.unique(accounts_of(snapshot, rows), return_inverse=True)
    named = code[code < many(snapshot, "publishers")]
    return code, place.astype(np.int64), chosen(snapshot, "publishers", [column], named).column(column)


def hosted(snapshot: Snapshot, name: str) -> NDArray[np.bool_]:
    """bool[n]: the models and stubs of the account `name`, as the table `publishers` spells it."""
    return publisher_codes(snapshot) == row_of(snapshot, "publishers", "publisher", name)


def owners_among(snapshot: Snapshot, rows: Ints, owner: str = "group") -> Ints:
    """`owner_codes` for some rows of `models`: equal codes are equal owners. Raises UsageError as that does."""
    check_owner(owner)
    code, place, groups = _hosts(snapshot, rows, "owner_group")
    if owner == "account":
        return place
    # A group and an account of one name are two owners; without a group an account is its own.
    group = [*groups.to_pylist(), *[None] * (len(code) - len(groups))]
    owner_of = [
        ("group", name.lower()) if name is not None else ("account", c)
        for name, c in zip(group, code.tolist(), strict=True)
    ]
    codes = {who: number for number, who in enumerate(dict.fromkeys(owner_of))}
    return np.array([codes[who] for who in owner_of], np.int64)[place]
