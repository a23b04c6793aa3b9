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


def owner_codes(snapshot: Snapshot, owner: str = "group") -> Ints:
    """int64[n]: equal for two models when one owner hosts both; ownerless ids share one.

    With `owner="account"` each account is its own owner. Raises UsageError for any other word.
    """
    check_owner(owner)
    codes = publisher_codes(snapshot)
    if owner == "account":
        return codes
    table = snapshot.table("publishers", ["publisher", "owner_group"])
    # A group and an account of one name are two owners: the prefix keeps them apart.
    group, account = table.column("owner_group"), table.column("publisher")
    named = pc.if_else(
        group.is_valid(),
        pc.binary_join_element_wise("group", pc.utf8_lower(group), ":"),
        pc.binary_join_element_wise("account", account, ":"),
    )
    of_row = named.combine_chunks().dictionary_encode().indices.cast(pa.int64()).to_numpy()
    return np.append(of_row, of_row.max(initial=-1) + 1)[codes]
