"""Ids of models and names of accounts that begin with what was typed, by binary search on the sorted ids."""

from bisect import bisect_left
from typing import Any

from lineage.snapshot import Snapshot

#: Sorts after every character that an id can hold.
_LAST = "\U0010ffff"


class Ids:
    """The ids of a snapshot's models, read when they are first asked for."""

    def __init__(self, snapshot: Snapshot) -> None:
        self._snapshot = snapshot

    def models(self, prefix: str, most: int = 50) -> list[str]:
        """Up to `most` ids that begin with `prefix`, A–Z. Without a slash in it, accounts (`name/`) in their place,
        as a shell offers folders before files, and ids that have no account."""
        if "/" not in prefix:
            return self._accounts(prefix, most)
        ids, basis = self._column("id"), self._column("basis")
        found: list[str] = []
        for row in range(_first(ids, prefix), len(ids)):
            name = str(ids[row].as_py())
            if len(found) == most or not name.startswith(prefix):
                break
            if basis[row].as_py() in (None, "declared"):  # a stub of another basis is not in the graph
                found.append(name)
        return found

    def accounts(self, prefix: str, most: int = 50) -> list[str]:
        """Up to `most` accounts of models that begin with `prefix`, by code point."""
        return [name[:-1] for name in self._accounts(prefix, most) if name.endswith("/")]

    def _accounts(self, prefix: str, most: int) -> list[str]:
        ids = self._column("id")
        found: list[str] = []
        row = _first(ids, prefix)
        while row < len(ids) and len(found) < most:
            name = str(ids[row].as_py())
            if not name.startswith(prefix):
                break
            account, slash, _ = name.partition("/")
            found.append(account + slash)
            row = _first(ids, account + slash + _LAST) if slash else row + 1
        return found

    def _column(self, name: str) -> Any:
        return self._snapshot.table("models", [name]).column(name)


def _first(ids: Any, text: str) -> int:
    """The first row whose id is not before `text`: ids are sorted by code point, as Python compares text."""
    return bisect_left(range(len(ids)), text, key=lambda row: str(ids[row].as_py()))
