"""A graph with the shape of the Hub's: seeded, vectorised, nearly a forest with a few popular roots.

Two fifths of the models are derived; popular bases draw most children; one derived model in twenty-five
is a merge of two to four; a few pairs name each other.
"""

from pathlib import Path

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


def accounts(models: int, r: np.random.Generator) -> Ints:
    """The number of each model's account: one in four models brings a new one; a few have very many."""
    return (np.arange(models) * r.random(models) ** 2).astype(np.int64) // 3


def write_graph(folder: Path, models: int, seed: int = 7) -> None:
    """models.parquet and edges.parquet as `hub_records.py` takes them, around the graph of `hub_like`."""
    import pyarrow as pa
    import pyarrow.compute as pc
    import pyarrow.parquet as pq

    folder.mkdir(parents=True, exist_ok=True)
    child, base, downloads, relation = hub_like(models, seed)
    r = np.random.default_rng(seed + 1)
    account = accounts(models, r)
    number = pa.array(np.arange(models))
    kinds = pa.array(["finetune", "adapter", "quantized", "merge"])
    of_model = np.full(models, -1, np.int64)
    of_model[child] = relation[child]
    text = lambda values: pc.cast(pa.array(values), pa.string())  # noqa: E731
    names = pa.array(["Llama-3.1-8B", "Qwen2.5-7B-Instruct", "Mistral-7B-v0.3", "gemma-2-9b-it", "bert-base-uncased"])
    author = pc.binary_join_element_wise("account", text(account), "-")
    name = pc.binary_join_element_wise(names.take(pa.array(r.integers(0, 5, models))), text(np.arange(models)), "-")
    tasks = pa.array(["text-generation", "text-classification", "text-to-image", None, "automatic-speech-recognition"])
    libraries = pa.array(["transformers", "peft", "gguf", "diffusers", None])
    created = pa.array(1_650_000_000_000_000 + np.arange(models) * 46_000_000, pa.timestamp("us"))
    table = pa.table(
        {
            "idx": number,
            "id": pc.binary_join_element_wise(author, name, "/"),
            "author": author,
            "relation": kinds.take(pa.array(of_model, mask=of_model < 0)),
            "downloads": downloads,
            "likes": (downloads**0.5).astype(np.int64),
            "created_at": created,
            "task": tasks.take(pa.array(r.integers(0, 5, models))),
            "library": libraries.take(pa.array(r.integers(0, 5, models))),
        }
    )
    pq.write_table(table, folder / "models.parquet", compression="zstd")
    pq.write_table(pa.table({"child": child, "parent": base}), folder / "edges.parquet", compression="zstd")
