"""Who hosts a model and who owns the account: as codes over the rows of the table `models`."""

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

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
    return row.fill_null(snapshot.table("publishers", ["publisher"]).num_rows).to_numpy()


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


def hosts(snapshot: Snapshot, rows: Ints) -> tuple[Ints, list[str | None]]:
    """(place of each row's account, the accounts A–Z) for some rows of `models`; ownerless ids share a last one, None.

    Names are read of these accounts alone: the table of publishers is A–Z, and so are its rows.
    """
    accounts = snapshot.table("publishers", ["publisher"]).column("publisher")
    code, place = np.unique(publisher_codes(snapshot)[rows], return_inverse=True)
    names: list[str | None] = accounts.take(pa.array(code[code < len(accounts)])).to_pylist()
    return place.astype(np.int64), [*names, *[None] * (len(code) - len(names))]


def hosted(snapshot: Snapshot, name: str) -> NDArray[np.bool_]:
    """bool[n]: the models and stubs of the account `name`, as the table `publishers` spells it."""
    row = pc.index(snapshot.table("publishers", ["publisher"]).column("publisher"), name).as_py()
    return publisher_codes(snapshot) == row


def owners_among(snapshot: Snapshot, rows: Ints, owner: str = "group") -> Ints:
    """`owner_codes` for some rows of `models`: equal codes are equal owners. Raises UsageError as that does."""
    check_owner(owner)
    place, names = hosts(snapshot, rows)
    if owner == "account":
        return place
    table = snapshot.table("publishers", ["publisher", "owner_group"])
    known = pa.array([n for n in names if n is not None], pa.string())
    table = table.filter(pc.is_in(table.column("publisher"), value_set=known))
    table = table.filter(table.column("owner_group").is_valid())
    group = dict(zip(table.column("publisher").to_pylist(), table.column("owner_group").to_pylist(), strict=True))
    # A group and an account of one name are two owners.
    owner_of = [("group", group[n].lower()) if n in group else ("account", n) for n in names]
    codes = {who: code for code, who in enumerate(dict.fromkeys(owner_of))}
    return np.array([codes[who] for who in owner_of], np.int64)[place]
