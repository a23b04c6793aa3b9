"""What of the flows a page draws by name, and everything else summed up: no row is left out.

Rows of the question `flows` in, a few hundred whole numbers out; the page, its tables and the files for other programs
are made of these. Pure, in columns: a Hub has a million rows.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from lineage.answers.cuts import NONE
from lineage.answers.flows import KINDS
from lineage.answers.pairs import each_once, sums
from lineage.metrics.graph import Ints

#: How many are drawn by name unless asked: base publishers, intermediaries, relations or formats.
PUBLISHERS, INTERMEDIARIES, KEYS = 12, 11, 8


@dataclass(frozen=True, slots=True)
class Names:
    """What is drawn by name, largest first, ties A–Z; `all` is how many there are, the rest is drawn as others."""

    shown: tuple[str, ...]
    all: int

    @property
    def rest(self) -> int:
        """How many are not drawn by name."""
        return self.all - len(self.shown)


@dataclass(frozen=True, slots=True)
class Part:
    """Downloads of one publisher, server and key. Each is a place among the names shown, for the rest their number.

    `server` counts so within its kind: places among intermediaries for `intermediary`, else 0.
    """

    publisher: int
    kind: str
    server: int
    key: int
    downloads: int


@dataclass(frozen=True, slots=True)
class Drawn:
    """The numbers of a page. `alone`: downloads of models without a base; `parts` add up to the others, and both to
    `whole`. `served`: for each intermediary shown how many publishers it serves, and those of most downloads."""

    whole: int
    alone: int
    publishers: Names
    intermediaries: Names
    keys: Names
    parts: tuple[Part, ...]
    served: tuple[tuple[int, tuple[tuple[str, int], ...]], ...]

    @property
    def made(self) -> int:
        """Downloads of models that name a base."""
        return self.whole - self.alone

    def total(self, **chosen: object) -> int:
        """The downloads of all parts whose fields are as `chosen`."""
        return sum(p.downloads for p in self.parts if all(getattr(p, name) == v for name, v in chosen.items()))


def drawn(
    rows: pa.Table, publishers: int = PUBLISHERS, intermediaries: int = INTERMEDIARIES, keys: int = KEYS
) -> Drawn:
    """The rows of the question `flows`, with at most so many base publishers, intermediaries and keys by name."""
    whole = rows.column("denominator")[0].as_py() if rows.num_rows else 0
    alone = pc.equal(rows.column("key"), NONE)
    made = rows.filter(pc.invert(alone)).combine_chunks()
    listed = made.filter(pc.equal(made.column("server_kind"), "intermediary"))
    named = (
        _ranked(made, "base_publisher", publishers),
        _ranked(listed, "server", intermediaries),
        _ranked(made, "key", keys),
    )
    sizes = [len(names.shown) + 1 for names in named]
    publisher, server, key = (
        _places(made.column(column), names.shown)
        for column, names in zip(("base_publisher", "server", "key"), named, strict=True)
    )
    kind = pc.index_in(made.column("server_kind"), value_set=pa.array(KINDS)).cast(pa.int64()).to_numpy()
    server = np.where(kind == KINDS.index("intermediary"), server, 0)
    code = ((publisher * len(KINDS) + kind) * sizes[1] + server) * sizes[2] + key
    total = sums(code, made.column("downloads").to_numpy(), sizes[0] * len(KINDS) * sizes[1] * sizes[2])
    parts = []
    for at in each_once(code).tolist():
        rest, k = divmod(at, sizes[2])
        rest, s = divmod(rest, sizes[1])
        p, kd = divmod(rest, len(KINDS))
        parts.append(Part(p, KINDS[kd], s, k, int(total[at])))
    return Drawn(
        whole,
        int(pc.sum(rows.filter(alone).column("downloads")).as_py() or 0),
        *named,
        tuple(parts),
        tuple(_of_whom(listed, name) for name in named[1].shown),
    )


def _ranked(table: pa.Table, column: str, most: int) -> Names:
    found = table.select([column, "downloads"]).group_by(column).aggregate([("downloads", "sum")])
    found = found.sort_by([("downloads_sum", "descending"), (column, "ascending")])
    return Names(tuple(found.column(column).slice(0, most).to_pylist()), found.num_rows)


def _places(column: pa.ChunkedArray, names: Sequence[str]) -> Ints:
    found = pc.index_in(column, value_set=pa.array(names, pa.string())).cast(pa.int64())
    return found.fill_null(len(names)).to_numpy().astype(np.int64)


def _of_whom(listed: pa.Table, server: str) -> tuple[int, tuple[tuple[str, int], ...]]:
    mine = listed.filter(pc.equal(listed.column("server"), server))
    found = mine.select(["base_publisher", "downloads"]).group_by("base_publisher").aggregate([("downloads", "sum")])
    found = found.sort_by([("downloads_sum", "descending"), ("base_publisher", "ascending")])
    most = found.slice(0, 3)
    pairs = zip(most.column("base_publisher").to_pylist(), most.column("downloads_sum").to_pylist(), strict=True)
    return found.num_rows, tuple(pairs)
