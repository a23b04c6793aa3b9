"""Graphs of extreme shape, as tables that a build reads: seeded, in columns, of any size.

Each has the model that everything hangs on, one at its far end, and what is known of it beforehand.
"""

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq
from numpy.typing import NDArray

Ints = NDArray[np.int64]

RELATIONS = ("finetune", "adapter", "quantized", "merge")


@dataclass(frozen=True)
class Shape:
    """A table, and in it: `top`, with the most derived; `far`, with the most ancestors; `account`, that of `top`.

    `descendants`: of `top`, those that are known without counting. `deep`: how many models have more ancestors than are
    stored, None where that is not the point.
    """

    table: pa.Table
    top: str
    far: str
    descendants: int
    deep: int | None = 0
    cycles: int = 0

    @property
    def account(self) -> str:
        return self.top.partition("/")[0]

    def write(self, folder: Path) -> Path:
        """The table as a file that `lineage build` takes."""
        path = folder / "shape.parquet"
        pq.write_table(self.table, path, compression="zstd")
        return path


def _text(numbers: Ints) -> pa.Array:
    return pc.cast(pa.array(numbers), pa.string())


def _ids(accounts: Ints, numbers: Ints) -> pa.Array:
    return pc.binary_join_element_wise(
        pc.binary_join_element_wise("house", _text(accounts), ""),
        pc.binary_join_element_wise("m", _text(numbers), ""),
        "/",
    )


def _table(ids: pa.Array, child: Ints, base: Ints, relation: Ints, downloads: Ints) -> pa.Table:
    """Models with tags as the Hub writes them: for each base one with the relation and one without."""
    order = np.argsort(child, kind="stable")
    child, base, relation = child[order], base[order], relation[order]
    to = ids.take(pa.array(base))
    words = pa.array(RELATIONS).take(pa.array(relation))
    typed = pc.binary_join_element_wise("base_model", words, to, ":")
    plain = pc.binary_join_element_wise("base_model", to, ":")
    both = pa.concat_arrays([plain, typed]).take(pa.array(np.arange(2 * len(child)).reshape(2, -1).T.ravel()))
    ends = 2 * np.cumsum(np.bincount(child, minlength=len(ids)))
    tags = pa.ListArray.from_arrays(pa.array(np.r_[0, ends].astype(np.int32)), both)
    return pa.table(
        {"id": ids, "downloads": downloads, "tags": tags, "library_name": pa.array(["transformers"] * len(ids))}
    )


def _downloads(n: int) -> Ints:
    return np.random.default_rng(5).integers(0, 1000, n)


def chain(n: int) -> Shape:
    """Each model a fine-tune of the one before."""
    rows = np.arange(n)
    ids = _ids(rows % 97, rows)
    table = _table(ids, rows[1:], rows[:-1], np.zeros(n - 1, np.int64), _downloads(n))
    return Shape(table, ids[0].as_py(), ids[n - 1].as_py(), n - 1, max(0, n - 1001))


def cycle(n: int) -> Shape:
    """Each model a fine-tune of the next, the last one of the first."""
    rows = np.arange(n)
    ids = _ids(rows % 97, rows)
    table = _table(ids, rows, (rows + 1) % n, np.zeros(n, np.int64), _downloads(n))
    return Shape(table, ids[0].as_py(), ids[n - 1].as_py(), 0, 0, 1)


def star(n: int) -> Shape:
    """A base with n models made directly from it, by a tenth as many accounts."""
    rows = np.arange(n + 1)
    ids = _ids(np.where(rows == 0, 0, rows // 10), rows)
    relation = np.random.default_rng(6).choice(4, n, p=(0.2, 0.2, 0.55, 0.05))
    table = _table(ids, rows[1:], np.zeros(n, np.int64), relation, _downloads(n + 1))
    return Shape(table, ids[0].as_py(), ids[n].as_py(), n)


def tower(n: int, wide: int = 2) -> Shape:
    """n merges, each of the `wide` before it, on a popular base that has fine-tunes of its own."""
    rows = np.arange(n + 101)
    ids = _ids(rows % 31, rows)
    # 0 is the base, 1 … 100 its fine-tunes, from 101 on the tower, that stands on the base.
    first = rows[1:101], np.zeros(100, np.int64), np.zeros(100, np.int64)
    merges = rows[101:]
    below = np.stack([np.where(merges - k > 100, merges - k, 0) for k in range(1, wide + 1)], axis=1)
    pairs = np.unique(np.repeat(merges, wide) * len(rows) + below.ravel())
    child, base = np.divmod(pairs, len(rows))
    table = _table(
        ids,
        np.r_[first[0], child],
        np.r_[first[1], base],
        np.r_[first[2], np.full(len(child), 3)],
        _downloads(len(rows)),
    )
    return Shape(table, ids[0].as_py(), ids[len(rows) - 1].as_py(), n + 100, max(0, n - 1000))


def crowd(n: int, long: int) -> Shape:
    """n leaves on the end of a chain of `long`: below the bound of ancestors, and n x long pairs."""
    rows = np.arange(long + n)
    ids = _ids(rows % 53, rows)
    base = np.r_[rows[: long - 1], np.full(n, long - 1)]
    relation = np.r_[np.zeros(long - 1, np.int64), np.full(n, 2)]
    table = _table(ids, rows[1:], base, relation, _downloads(len(rows)))
    return Shape(table, ids[0].as_py(), ids[len(rows) - 1].as_py(), long + n - 1, None)


def loops(n: int) -> Shape:
    """Two models that name each other, both with n below them, and models that name themselves."""
    rows = np.arange(n + 2)
    ids = _ids(rows % 71, rows)
    below = rows[2:]
    child = np.r_[0, 1, below, below[::7]]
    base = np.r_[1, 0, below % 2, below[::7]]
    relation = np.r_[0, 0, below % 4, np.zeros(len(below[::7]), np.int64)]
    table = _table(ids, child, base, relation, _downloads(n + 2))
    return Shape(table, ids[0].as_py(), ids[n + 1].as_py(), n, 0, 1)


#: Each shape at full size, and so small that it takes no time.
SHAPES: dict[str, tuple[Callable[[], Shape], Callable[[], Shape]]] = {
    "chain": (lambda: chain(10_000), lambda: chain(1_300)),
    "cycle": (lambda: cycle(10_000), lambda: cycle(300)),
    "star": (lambda: star(1_000_000), lambda: star(2_000)),
    "tower": (lambda: tower(50_000), lambda: tower(1_300)),
    "wide tower": (lambda: tower(50_000, 64), lambda: tower(1_200, 8)),
    "crowd": (lambda: crowd(66_000, 990), lambda: crowd(300, 90)),
    "loops": (lambda: loops(200_000), lambda: loops(500)),
}
