"""The tags of all models, kept as numbers: a Hub has thirty million of them, and two million different ones."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from lineage.reading.numbers import Ints, places

if TYPE_CHECKING:
    from duckdb import DuckDBPyConnection

#: Rows of a model and a tag that are made at once.
_BLOCK = 1 << 20


@dataclass(frozen=True)
class TagTable:
    """The table `tags`: id, tag (text), A–Z, each pair once. Iterated over, it comes in blocks, the first empty."""

    ids: pa.Array
    """Of all models, A–Z."""
    words: pa.Array
    """All tags, A–Z."""
    pairs: Ints
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
        self._rows: list[Ints] = []
        self._counts: list[Ints] = []
        self._tags: list[pa.DictionaryArray] = []
        self._last = 0

    def take(self, con: "DuckDBPyConnection") -> None:
        """Take the column `tags` of `rows`, one part of the input."""
        found = con.sql("SELECT nr, tags FROM rows WHERE len(tags) > 0").to_arrow_table().combine_chunks()
        self._last = len(self._tags)
        self.add(found, 0)

    def last(self) -> pa.Table:
        """What was taken of the last part: nr (in that part), tags (list of text from a dictionary)."""
        if self._last == len(self._tags):
            return pa.table({"nr": pa.array([], pa.int64()), "tags": pa.array([], pa.list_(pa.string()))})
        offsets = pa.array(np.r_[0, np.cumsum(self._counts[-1])].astype(np.int32))
        own = self._rows[-1] & 0xFFFFFFFF
        return pa.table({"nr": own, "tags": pa.ListArray.from_arrays(offsets, self._tags[-1])})

    def add(self, taken: pa.Table, first: int) -> None:
        """Take what was taken before, as rows from `first` on."""
        if taken.num_rows:
            lists = taken.column("tags").combine_chunks()
            self._rows.append(taken.column("nr").to_numpy() + first)
            self._counts.append(np.diff(lists.offsets.to_numpy()).astype(np.int64))
            flat = lists.flatten()
            self._tags.append(flat if pa.types.is_dictionary(flat.type) else flat.dictionary_encode())

    def table(self, numbers: Ints, ids: pa.Array) -> TagTable:
        """The tags of the models that stayed. What was taken is used up.

        `numbers`: int64, for each model A–Z the row of the input that it came from (-1 for a stub); `ids`: their ids.
        Tags of other rows are left out.
        """
        models = np.flatnonzero(numbers >= 0)
        if not self._tags or not len(models):
            return TagTable(ids, pa.array([], pa.string()), np.empty(0, np.int64))
        at = places(numbers[models], np.concatenate(self._rows))
        of_rows = np.where(at >= 0, models[at], -1) << 32
        counts = np.concatenate(self._counts)
        taken = pa.chunked_array(self._tags).unify_dictionaries()
        self._rows, self._counts, self._tags = [], [], []
        words = taken.chunk(0).dictionary
        order = pc.sort_indices(words)
        words = words.take(order)
        rank = np.empty(len(words), np.int64)
        rank[order.to_numpy()] = np.arange(len(words))
        pair = np.repeat(of_rows, counts)
        begin = 0
        for tags in taken.chunks:
            pair[begin : begin + len(tags)] |= rank[tags.indices.to_numpy()]
            begin += len(tags)
        del taken, tags
        pair.sort()
        pair = pair[np.searchsorted(pair, 0) :]  # less than nothing is what did not stay
        twice = pair[1:] == pair[:-1]
        return TagTable(ids, words, pair[np.r_[True, ~twice]] if twice.any() else pair)
