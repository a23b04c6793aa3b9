"""A graph with the shape of the Hub's: seeded, vectorised, nearly a forest with a few popular roots.

Two fifths of the models are derived; popular bases draw most children; one derived model in twenty-five
is a merge of two to four; a few pairs name each other.
"""

import numpy as np
from numpy.typing import NDArray

Ints = NDArray[np.int64]


def hub_like(models: int, seed: int = 7) -> tuple[Ints, Ints, Ints, Ints]:
    """(child, base, downloads, relation) of a graph of `models` rows; relation is a code from 0 to 3."""
    r = np.random.default_rng(seed)
    child = np.sort(r.choice(np.arange(models // 20, models), models * 2 // 5, replace=False))
    # A base is older than its child; its rank falls off steeply, so the oldest are the most popular.
    base = (child * r.random(len(child)) ** 6).astype(np.int64)
    merges = child[r.random(len(child)) < 0.04]
    extra = np.repeat(merges, r.integers(1, 4, len(merges)))
    child = np.concatenate([child, extra])
    base = np.concatenate([base, (extra * r.random(len(extra)) ** 3).astype(np.int64)])
    loops = r.choice(len(child), max(2, models // 100_000), replace=False)
    child, base = np.concatenate([child, base[loops]]), np.concatenate([base, child[loops]])
    pairs = np.unique(child * models + base)
    child, base = pairs // models, pairs % models
    keep = child != base
    downloads = np.where(r.random(models) < 0.45, 0, np.exp(r.normal(2.2, 2.0, models))).astype(np.int64)
    return child[keep], base[keep], downloads, r.integers(0, 4, models)
