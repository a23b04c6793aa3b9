"""Who hosts a model and who owns the account: as codes over the rows of the table `models`."""

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from lineage.errors import UsageError
from lineage.metrics.graph import Ints
from lineage.snapshot import Snapshot

#: What `--owner` takes: the owner group of an account, or the account itself.
OWNERS = ("group", "account")


def publisher_codes(snapshot: Snapshot) -> Ints:
    """int64[n]: row of the table `publishers`; one more than its last row for ownerless ids."""
    publishers = snapshot.table("publishers", ["publisher"]).column("publisher")
    found = pc.index_in(snapshot.table("models", ["publisher"]).column("publisher"), value_set=publishers)
    return found.cast(pa.int64()).fill_null(len(publishers)).to_numpy()


def check_owner(owner: str) -> None:
    """Raise UsageError for a word that `--owner` does not take."""
    if owner not in OWNERS:
        raise UsageError(f"There is no owner {owner!r}. There are: {', '.join(OWNERS)}.")


def owner_codes(snapshot: Snapshot, owner: str = "group", codes: Ints | None = None) -> Ints:
    """int64[n]: equal for two models when one owner hosts both; ownerless ids share one.

    `codes`: `publisher_codes`, where they are known already. With `owner="account"` each account is its own
    owner. Raises UsageError for any other word.
    """
    check_owner(owner)
    codes = publisher_codes(snapshot) if codes is None else codes
    if owner == "account":
        return codes
    # Groups are numbered after all accounts: a group and an account of one name are two owners.
    group = pc.utf8_lower(snapshot.table("publishers", ["owner_group"]).column("owner_group")).combine_chunks()
    owners = np.arange(len(group) + 1, dtype=np.int64)
    number = group.dictionary_encode().indices.cast(pa.int64()).fill_null(-1).to_numpy()
    grouped = np.flatnonzero(number >= 0)
    owners[grouped] = len(owners) + number[grouped]
    return owners[codes]
