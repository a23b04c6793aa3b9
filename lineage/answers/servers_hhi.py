"""How concentrated the serving of an account's models is: one figure for each account.

`lineage servers` says it of one model: who hosts the repositories of its part (`answers/part.py`), and the HHI of their
downloads. Of an account it is the same over the union of the parts of all its models and stubs, each repository once.
"""

import numpy as np
import pyarrow as pa

from lineage.answers.frames import Selection, ratio
from lineage.answers.owners import publisher_codes
from lineage.answers.pairs import each_once, sums
from lineage.answers.part import part_edges
from lineage.metrics.graph import Ints, spread

#: Marks of (account, repository) held at once.
_MARKS = 1 << 26

#: The square of what is below it fits in an int64.
_SQUARED = 3_000_000_000


def servers_hhi(selection: Selection) -> pa.Array:
    """float64[accounts]: from just above 0 to 1, 12 places; null without downloads. Rows of the table `publishers`.

    The sum of the squares of each server's downloads, over the square of their sum: whole numbers, divided once.
    """
    account = publisher_codes(selection.snapshot)
    n = selection.snapshot.table("publishers", ["publisher"]).num_rows
    top, repository = _served(selection, account, n)
    # A cell is an account and one that serves it: itself first, then others, ids without an account as one.
    cells, of = np.unique(top * (n + 1) + account[repository], return_inverse=True)
    downloads = sums(of, selection.value[repository], len(cells))
    whose = np.r_[np.arange(n), cells // (n + 1)]
    downloads = np.r_[sums(account, selection.value, n + 1)[:n], downloads]
    total = sums(whose, downloads, n)
    found = np.where(total > 0, 1.0, np.nan)
    shared = np.zeros(n, bool)
    shared[whose[(downloads > 0) & (downloads < total[whose])]] = True
    some = shared[whose]
    for few in (True, False):
        mine = some & ((total[whose] < _SQUARED) == few)
        rows = each_once(whose[mine])
        # Beyond, whole numbers without bound, one by one.
        exact = np.int64 if few else object
        squares = np.zeros(n, exact)
        np.add.at(squares, whose[mine], downloads[mine].astype(exact) ** 2)
        for row in rows.tolist():
            found[row] = ratio(int(squares[row]), int(total[row]) ** 2)
    return pa.array(found, mask=total == 0)


def _served(selection: Selection, account: Ints, n: int) -> tuple[Ints, Ints]:
    """(account, row of a model) of every repository in a part of the account's that somebody else hosts, each once.

    Level by level below many accounts at a time. What an account hosts itself is where it starts, so it is not gone
    into again, and a mark for each pair ends every cycle.
    """
    edges = part_edges(selection.lineage)
    child, base = (edges.column(name).to_numpy().astype(np.int64) for name in ("child_row", "base_row"))
    order = np.argsort(base, kind="stable")
    child = child[order]
    count = np.bincount(base, minlength=len(account))
    start = np.cumsum(count) - count
    below = each_once(child)
    tops = np.flatnonzero((count > 0) & (account < n))
    tops = tops[np.argsort(account[tops], kind="stable")]
    accounts, first = np.unique(account[tops], return_index=True)
    ends = np.r_[first, len(tops)]
    number = np.zeros(len(account), np.int64)
    number[below] = np.arange(len(below))
    many = max(1, _MARKS // max(len(below), 1))
    marked = np.zeros(min(many, len(accounts)) * len(below), bool)
    found = [np.empty((2, 0), np.int64)]
    for begin in range(0, len(accounts), many):
        block = accounts[begin : begin + many]
        row = tops[ends[begin] : ends[begin + len(block)]]
        place = np.searchsorted(block, account[row])
        keys = [np.empty(0, np.int64)]
        while len(row):
            place = np.repeat(place, count[row])
            row = child[spread(start[row], count[row])]
            key = (place * len(below) + number[row])[account[row] != block[place]]
            key = each_once(key[~marked[key]])
            marked[key] = True
            keys.append(key)
            place, row = np.divmod(key, len(below))
            row = below[row]
        key = np.concatenate(keys)
        marked[key] = False
        place, row = np.divmod(key, max(len(below), 1))
        found.append(np.stack([block[place], below[row]]))
    both = np.concatenate(found, axis=1)
    return both[0], both[1]
