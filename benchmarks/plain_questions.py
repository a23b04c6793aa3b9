"""Questions as a user of pandas asks them: the tables read, filtered, joined, added up.

    python benchmarks/plain_questions.py QUESTION SNAPSHOT_FOLDER [MODEL | LIST] [ROWS]

Prints the answer as JSON. `benchmarks/questions.py` runs it as a process, as it runs ours, and compares.
"""

import json
import sys
from pathlib import Path
from typing import Any

import pandas as pd


def concentration(folder: Path) -> dict[str, Any]:
    """Over publishers: the Herfindahl index, how many they are, and what they hold."""
    models = pd.read_parquet(folder / "models.parquet", columns=["publisher", "stub", "downloads"])
    held = models[~models.stub & (models.publisher != "")].groupby("publisher").downloads.sum()
    share = held / held.sum()
    return {"hhi": float((share**2).sum()), "n": len(held), "total": int(held.sum())}


def intermediaries(folder: Path, accounts: str) -> dict[str, Any]:
    """R1: the share of downloads that accounts on a list host."""
    models = pd.read_parquet(folder / "models.parquet", columns=["publisher", "stub", "downloads"])
    models = models[~models.stub]
    listed = models.publisher.isin(Path(accounts).read_text(encoding="utf-8").split())
    hosted, total = int(models.downloads[listed].sum()), int(models.downloads.sum())
    return {"numerator": hosted, "denominator": total}


def rollup(folder: Path, model: str) -> dict[str, Any]:
    """A model's downloads, and those of all that was made from it."""
    models = pd.read_parquet(folder / "models.parquet", columns=["id", "downloads"]).set_index("id").downloads.fillna(0)
    pairs = pd.read_parquet(folder / "ancestry.parquet", columns=["model"], filters=[("ancestor", "==", model)])
    own = int(models[model])
    return {"own": own, "full": own + int(models[pairs.model].sum())}


def descendants(folder: Path, model: str, most: str) -> list[str]:
    """What was made from a model, so many of the most downloaded."""
    pairs = pd.read_parquet(folder / "ancestry.parquet", columns=["model"], filters=[("ancestor", "==", model)])
    models = pd.read_parquet(folder / "models.parquet", columns=["id", "downloads"])
    found = pairs.merge(models, left_on="model", right_on="id").fillna({"downloads": 0})
    ids: list[str] = found.sort_values(["downloads", "id"], ascending=[False, True]).id.head(int(most)).tolist()
    return ids


QUESTIONS = {f.__name__: f for f in (concentration, intermediaries, rollup, descendants)}

if __name__ == "__main__":
    question, place, *more = sys.argv[1:]
    print(json.dumps(QUESTIONS[question](Path(place), *more)))
