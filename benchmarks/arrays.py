"""The arrays that every tool is given: a graph of models, whose they are, and what they are worth."""

from dataclasses import dataclass, fields
from pathlib import Path
from typing import Any

import numpy as np

from benchmarks.graphs import Ints, accounts, hub_like

#: The relations by their codes; models with another, or none, come after them.
RELATIONS = ("finetune", "adapter", "quantized", "merge")

#: Accounts of one house, so that brokers stand between houses as well as within one.
_HOUSE = 3


@dataclass(frozen=True, slots=True)
class Given:
    """`child`, `base` int64[m]: edges of models, none from a model to itself, none twice. `downloads`, `relation`
    (a code up to `len(RELATIONS)`), `account` int64[n]: of each model; `house` int64[accounts]: who owns an account.
    A model without an account has the number of accounts there."""

    child: Ints
    base: Ints
    downloads: Ints
    relation: Ints
    account: Ints
    house: Ints

    @property
    def n(self) -> int:
        """Models."""
        return len(self.downloads)

    def linked(self) -> tuple[Ints, Ints, Ints]:
        """The edges between the models that have one, these numbered anew; and which models they are, ascending."""
        flag = np.zeros(self.n, bool)
        flag[self.child] = flag[self.base] = True
        number = np.cumsum(flag) - 1
        return number[self.child], number[self.base], np.flatnonzero(flag)


def drawn(models: int, seed: int = 7) -> Given:
    """The graph of `hub_like`, with the accounts that `write_graph` would give it."""
    child, base, downloads, relation = hub_like(models, seed)
    account = np.unique(accounts(models, np.random.default_rng(seed + 1)), return_inverse=True)[1]
    return Given(child, base, downloads, relation, account, _houses(account))


def of_folder(folder: Path) -> Given:
    """models.parquet (idx from 0, id, author, downloads, and relation if it likes), edges.parquet (child, parent)."""
    import pyarrow.compute as pc
    import pyarrow.parquet as pq

    models = pq.read_table(folder / "models.parquet").sort_by("idx")
    edges = pq.read_table(folder / "edges.parquet", columns=["child", "parent"])
    n = models.num_rows
    ends = (edges.column(name).to_numpy().astype(np.int64) for name in ("child", "parent"))
    child, base = ends
    pairs = np.unique(child[child != base] * n + base[child != base])
    author = models.column("author").combine_chunks().dictionary_encode()
    account = author.indices.fill_null(len(author.dictionary)).to_numpy().astype(np.int64)
    relation = np.full(n, len(RELATIONS))
    if "relation" in models.column_names:
        for code, name in enumerate(RELATIONS):
            relation[pc.equal(models.column("relation"), name).fill_null(False).to_numpy()] = code
    downloads = models.column("downloads").fill_null(0).to_numpy().astype(np.int64)
    return Given(pairs // n, pairs % n, downloads, relation, account, np.arange(len(author.dictionary)) // _HOUSE)


def _houses(account: Ints) -> Ints:
    return np.arange(int(account.max()) + 1) // _HOUSE


def save(given: Given, path: Path) -> None:
    columns: dict[str, Any] = {f.name: getattr(given, f.name) for f in fields(Given)}
    np.savez(path, **columns)


def load(path: Path) -> Given:
    with np.load(path) as found:
        return Given(*(found[f.name] for f in fields(Given)))
