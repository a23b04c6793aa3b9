"""Graphs of extreme shape, as the table of models that somebody could upload, and what must come out of each.

    path = chain(10_000).write(folder)
    chain(10_000).full            # what the build must find, from the closed form

Every one hangs on a real base that many know, so that what is odd lies below what people ask for. Rows in order: each
model after its bases, but for the links that close a circle. Seeded and made in columns.
"""

from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq
from numpy.typing import NDArray

Ints = NDArray[np.int64]

#: What every shape hangs on.
TOP = "meta-llama/Meta-Llama-3.1-8B"

#: Who hosts the models, in turn; the first hosts the model that is worst to ask about.
ACCOUNTS = ("bartowski", "mradermacher", "unsloth", "TheBloke", "lmstudio-community", "ann", "bob", "carl")

RELATIONS = ("finetune", "adapter", "quantized", "merge")

#: A model with more ancestors is deep (`design.md` section 5).
BOUND = 1000


@dataclass(frozen=True)
class Shape:
    """`n` rows, row 0 being `TOP`; `child`, `base` int64[m]: links, those of a child in the order of its card.

    `relation` int64[n]: a place in `RELATIONS`. `downloads` int64[n]. `worst`: the row to ask about that has the most
    above it. `descendants`, `full` int64[n]: what must come out, group by group where there are circles. `deep`: how
    many models have more ancestors than are stored, None where the bound is halved for the number of pairs.
    """

    name: str
    n: int
    child: Ints
    base: Ints
    relation: Ints
    downloads: Ints
    worst: int
    descendants: Ints
    full: Ints
    ids: pa.Array = field(repr=False)
    deep: int | None = 0
    cycles: int = 0

    @property
    def far(self) -> str:
        """The id to ask about that has the most above it."""
        return str(self.ids[self.worst].as_py())

    def write(self, folder: Path) -> Path:
        """The table of models as Parquet, as `lineage build` takes it."""
        order = np.argsort(self.child, kind="stable")
        many = np.bincount(self.child, minlength=self.n)
        bases = pa.ListArray.from_arrays(
            pa.array(np.r_[0, np.cumsum(many)].astype(np.int32)), self.ids.take(pa.array(self.base[order]))
        )
        quantized = self.relation == RELATIONS.index("quantized")
        tags = pa.array([["transformers", "gguf"], ["safetensors"]], pa.list_(pa.string()))
        day = np.datetime64("2024-01-01") + (np.arange(self.n) * 200 // max(self.n, 1)).astype("timedelta64[D]")
        path = folder / f"{self.name}.parquet"
        table = {
            "id": self.ids,
            "downloads": self.downloads,
            "downloadsAllTime": self.downloads * 3,
            "createdAt": pa.array(day),
            "pipeline_tag": pa.array(["text-generation"]).take(pa.array(np.zeros(self.n, np.int64))),
            "tags": tags.take(pa.array(np.where(quantized, 0, 1))),
            "base_model": bases,
            "base_model_relation": pa.array(RELATIONS).take(pa.array(self.relation, mask=many == 0)),
            "license": pa.array(["apache-2.0", "mit", None]).take(pa.array(np.arange(self.n) % 3)),
        }
        pq.write_table(pa.table(table), path, compression="zstd")
        return path


def _shape(
    name: str, n: int, child: Ints, base: Ints, *, relation: Ints | int, worst: int, descendants: Ints,
    full: Callable[[Ints], Ints], deep: int | None = 0, cycles: int = 0,
) -> Shape:  # fmt: skip
    """A shape with names and downloads; `full` makes the sums from the downloads."""
    downloads = np.random.default_rng(7).integers(0, 5_000, n)
    downloads[0] = 100_000
    number = pc.utf8_lpad(pa.array(np.arange(n)).cast(pa.string()), 7, "0")
    host = pa.array(ACCOUNTS).take(pa.array((np.arange(n) - worst) % len(ACCOUNTS)))
    ids = pc.binary_join_element_wise(host, f"/{name}-", number, "")
    ids = pa.concat_arrays([pa.array([TOP]), ids.slice(1)])
    codes = np.full(n, relation, np.int64) if isinstance(relation, int) else relation
    return Shape(name, n, child, base, codes, downloads, worst, descendants, full(downloads), ids, deep, cycles)


def _suffix(values: Ints) -> Ints:
    """The sum from each place to the end."""
    return np.cumsum(values[::-1])[::-1]


def chain(n: int) -> Shape:
    """Each model is a fine-tune of the one before it."""
    rows = np.arange(n)
    return _shape(
        "chain", n, rows[1:], rows[:-1], relation=0, worst=n - 1, descendants=n - 1 - rows, full=_suffix,
        deep=max(0, n - 1 - BOUND),
    )  # fmt: skip


def ring(n: int, tail: int) -> Shape:
    """`n` models in a circle, below the top; and `tail` models made from one of them."""
    circle, size = np.arange(1, n + 1), n + 1 + tail
    child = np.r_[circle[1:], 1, 1, np.arange(n + 1, size)]
    base = np.r_[circle[:-1], n, 0, np.full(tail, 1)]
    descendants = np.r_[n + tail, np.full(n, tail), np.zeros(tail, np.int64)]

    def full(value: Ints) -> Ints:
        return np.r_[value.sum(), np.full(n, value[1:].sum()), value[n + 1 :]]

    return _shape(
        "ring", size, child, base, relation=0, worst=size - 1, descendants=descendants, full=full,
        deep=tail if n >= BOUND else 0, cycles=1,
    )  # fmt: skip


def star(n: int) -> Shape:
    """`n` models made from the top, of every relation in turn."""
    rows = np.arange(1, n + 1)
    relation = np.r_[0, rows % len(RELATIONS)]
    descendants = np.r_[n, np.zeros(n, np.int64)]
    return _shape(
        "star", n + 1, rows, np.zeros(n, np.int64), relation=relation, worst=n, descendants=descendants,
        full=lambda value: np.r_[value.sum(), value[1:]],
    )  # fmt: skip


def tower(n: int, bases: int, relation: str = "merge") -> Shape:
    """Each model is made from the `bases` models before it, or all that there are."""
    rows = np.arange(n)
    many = np.minimum(rows, bases)
    child = np.repeat(rows, many)
    at = np.arange(len(child)) - np.repeat(np.cumsum(many) - many, many)
    return _shape(
        f"tower{bases}", n, child, child - 1 - at, relation=RELATIONS.index(relation), worst=n - 1,
        descendants=n - 1 - rows, full=_suffix, deep=max(0, n - 1 - BOUND),
    )  # fmt: skip


def broom(handle: int, hairs: int) -> Shape:
    """A chain, and many models made from its end: each has the whole chain above it."""
    n = handle + hairs
    rows = np.arange(n)
    base = np.where(rows < handle, rows - 1, handle - 1)
    descendants = np.where(rows < handle, n - 1 - rows, 0)

    def full(value: Ints) -> Ints:
        return np.where(rows < handle, _suffix(value), value)

    relation = np.where(rows < handle, 0, 2)
    return _shape(
        "broom", n, rows[1:], base[1:], relation=relation, worst=n - 1, descendants=descendants, full=full, deep=None
    )


def wide(bases: int, below: int) -> Shape:
    """One merge of `bases` models made from the top, and a chain of `below` models made from it."""
    first, n = bases + 1, bases + 2 + below
    rows = np.arange(n)
    child = np.r_[rows[1:first], np.full(bases, first), rows[first + 1 :]]
    base = np.r_[np.zeros(bases, np.int64), rows[1:first], rows[first:-1]]
    descendants = np.r_[n - 1, np.full(bases, below + 1), n - 1 - rows[first:]]

    def full(value: Ints) -> Ints:
        end = _suffix(value)
        return np.r_[value.sum(), value[1:first] + end[first], end[first:]]

    relation = np.where(rows == first, 3, 0)
    return _shape(
        "wide", n, child, base, relation=relation, worst=n - 1, descendants=descendants, full=full,
        deep=below + 1 if bases >= BOUND else max(0, below - (BOUND - bases - 1)),
    )  # fmt: skip


def knot(below: int) -> Shape:
    """Two models that name each other, and themselves, and `below` models made from one or the other."""
    n = below + 2
    rows = np.arange(2, n)
    child = np.r_[0, 1, 0, 1, rows]
    base = np.r_[1, 0, 0, 1, rows % 2]
    descendants = np.r_[below, below, np.zeros(below, np.int64)]
    relation = np.r_[0, 0, rows % len(RELATIONS)]
    return _shape(
        "knot", n, child, base, relation=relation, worst=n - 1, descendants=descendants,
        full=lambda value: np.r_[value.sum(), value.sum(), value[2:]], cycles=1,
    )  # fmt: skip


#: Each shape at full size, and so small that it takes no time.
SHAPES: dict[str, tuple[Callable[[], Shape], Callable[[], Shape]]] = {
    "chain": (lambda: chain(10_000), lambda: chain(1_300)),
    "cycle": (lambda: ring(10_000, 500), lambda: ring(1_200, 50)),
    "star": (lambda: star(1_000_000), lambda: star(2_000)),
    "tower": (lambda: tower(50_000, 2), lambda: tower(1_300, 2)),
    "wide tower": (lambda: tower(50_000, 64), lambda: tower(1_200, 8)),
    "tower of fine-tunes": (lambda: tower(20_000, 3, "finetune"), lambda: tower(1_100, 3, "finetune")),
    "broom": (lambda: broom(990, 66_000), lambda: broom(90, 300)),
    "wide": (lambda: wide(20_000, 2_000), lambda: wide(1_100, 20)),
    "knot": (lambda: knot(200_000), lambda: knot(500)),
}
