"""Pairs of a group and a key, in columns: each once, their sums, and the keys of every group as a list."""

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from lineage.metrics.graph import Ints
from lineage.metrics.pairs import distinct, each_once, left_over, sums

__all__ = ["coded", "distinct", "each_once", "left_over", "lists", "sums"]


def coded(column: pa.ChunkedArray | pa.Array, unknown: str) -> tuple[Ints, list[str]]:
    """(code of each row, the text of each code, A–Z); null has the code of `unknown`, which stands last."""
    texts = sorted(pc.unique(column.drop_null()).to_pylist())
    found = pc.index_in(column, value_set=pa.array(texts, pa.string()))
    return found.cast(pa.int64()).fill_null(len(texts)).to_numpy().astype(np.int64), [*texts, unknown]


def lists(group: Ints, code: Ints, groups: int, keys: list[str]) -> pa.ListArray:
    """list<string>[groups]: the keys of each group, each once, in the order of their codes."""
    of, key = distinct(group, code, max(len(keys), 1))
    ends = np.cumsum(np.bincount(of, minlength=groups))
    offsets = pa.array(np.r_[0, ends].astype(np.int32))
    return pa.ListArray.from_arrays(offsets, pa.array(keys, pa.string()).take(pa.array(key)))
