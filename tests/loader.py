"""A loader in a process of its own, to be killed: `python -m tests.loader URI FOLDER SEED BATCH_ROWS`.

It says `ready` when the load begins, then every step of it, and at the end the row or the sentence.
"""

import os
import random
import subprocess
import sys
from pathlib import Path
from typing import Any

from lineage.errors import LineageError
from lineage.stores import batches
from lineage.stores.load import load
from tests.servers import Drawn, Server, draw

ROOT = Path(__file__).parent.parent


def forest(seed: int, models: int = 120) -> Drawn:
    """A drawn snapshot of so many models, of which most have a base or two among those before them."""
    chance = random.Random(seed)
    ids = [f"account-{chance.randrange(20)}/model-{i}" for i in range(models)]
    columns: dict[str, dict[str, Any]] = {
        id: {"downloads": chance.randrange(10**6), "licences": ["mit", "a;b"][: chance.randrange(3)] or None}
        for id in ids
    }
    edges = {
        (ids[i], base): chance.choice(["finetune", "quantized", "merge", None])
        for i in range(5, models)
        for base in chance.sample(ids[:i], chance.choice([0, 1, 1, 2]))
    }
    return draw(columns, [(child, base, relation) for (child, base), relation in edges.items()], f"forest-{seed}")


def start(server: Server, seed: int, rows: int, uri: str | None = None) -> "subprocess.Popen[str]":
    """Such a process, in the moment in which its load begins."""
    line = [sys.executable, "-m", "tests.loader", uri or server.uri, str(server.folder), str(seed), str(rows)]
    process = subprocess.Popen(
        line,
        cwd=ROOT,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        env=os.environ | {"NEO4J_PASSWORD": server.password},
    )
    assert process.stdout is not None
    assert process.stdout.readline() == "ready\n"
    return process


def main(uri: str, folder: str, seed: str, rows: str) -> int:
    batches.BATCH_ROWS = int(rows)
    snapshot = forest(int(seed))
    print("ready", flush=True)
    try:
        print(load(snapshot, uri, local_home=Path(folder)))
    except LineageError as error:
        print(error)
        return error.exit_code
    return 0


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
