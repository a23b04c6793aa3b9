"""The tags of all models, kept as numbers: a Hub has thirty million of them, and two million different ones."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

if TYPE_CHECKING:
    from duckdb import DuckDBPyConnection
    from numpy.typing import NDArray

#: Rows of a model and a tag that are made at once.
_BLOCK = 1 << 20


@dataclass(frozen=True)
class TagTable:
    """The table `tags`: id, tag (text), A–Z, each pair once. Iterated over, it comes in blocks, the first empty."""

    ids: pa.Array
    """Of all models, A–Z."""
    words: pa.Array
    """All tags, A–Z."""
    pairs: "NDArray[np.int64]"
    """Place of the id, and in the low 32 bits place of the tag, ascending."""

    def __iter__(self) -> Iterator[pa.Table]:
        """The blocks."""
        for begin in range(-_BLOCK, len(self.pairs), _BLOCK):
            some = self.pairs[max(begin, 0) : begin + _BLOCK]
            ids, words = pa.array(some >> 32), pa.array(some & 0xFFFFFFFF)
            yield pa.table({"id": self.ids.take(ids), "tag": self.words.take(words)})


class Tags:
    """What was taken from each part: the rows of the input, how many tags each has, and the tags."""

    def __init__(self) -> None:
        self._rows: list[NDArray[np.int64]] = []
        self._counts: list[NDArray[np.int64]] = []
        self._tags: list[pa.DictionaryArray] = []

    def take(self, con: "DuckDBPyConnection") -> None:
        """Take the column `tags` of `rows`, one part of the input."""
        found = con.sql("SELECT nr, tags FROM rows WHERE len(tags) > 0").to_arrow_table().combine_chunks()
        if not found.num_rows:
            return
        lists = found.column("tags").combine_chunks()
        self._rows.append(found.column("nr").to_numpy())
        self._counts.append(np.diff(lists.offsets.to_numpy()).astype(np.int64))
        self._tags.append(lists.flatten().dictionary_encode())

    def table(self, numbers: pa.Array, ids: pa.Array) -> TagTable:
        """The tags of the models that stayed. What was taken is used up.

        `numbers`: int64, for each model A–Z the row of the input that it came from (null for a stub); `ids`: their
        ids. Tags of other rows are left out.
        """
        models = np.flatnonzero(numbers.is_valid().to_numpy(zero_copy_only=False))
        if not self._tags or not len(models):
            return TagTable(ids, pa.array([], pa.string()), np.empty(0, np.int64))
        input_rows, counts = np.concatenate(self._rows), np.concatenate(self._counts)
        taken = pa.chunked_array(self._tags).unify_dictionaries()
        codes = np.concatenate([c.indices.to_numpy() for c in taken.chunks])
        words = taken.chunk(0).dictionary
        self._rows, self._counts, self._tags = [], [], []
        order = pc.sort_indices(words)
        rank = np.empty(len(words), np.int64)
        rank[order.to_numpy()] = np.arange(len(words))
        asked = numbers.drop_null().to_numpy()
        by_number = np.argsort(asked, kind="stable")
        at = by_number[np.minimum(np.searchsorted(asked, input_rows, sorter=by_number), len(asked) - 1)]
        pair = np.repeat(np.where(asked[at] == input_rows, models[at], -1) << 32, counts)
        pair |= rank[codes]
        del codes
        pair = pair[pair >= 0]
        pair.sort()
        return TagTable(ids, words.take(order), pair[np.r_[True, pair[1:] != pair[:-1]]] if len(pair) else pair)
