"""What the tests of a crawl's cards share: models without a base, and what lies in the folder of the cards."""

import json
from functools import partial
from pathlib import Path
from typing import Any

import pyarrow as pa

from lineage.parquet import sha256_of
from lineage.sources.answer import Patience
from tests import crawling
from tests.crawling import folder_of, state
from tests.hub import Hub

README = "/resolve/main/README.md"

#: Where every request is counted, none may be given up for a machine that is busy.
CALM = Patience(connect=30, read=60, whole=60)
run = partial(crawling.run, patience=CALM)
stopped = partial(crawling.stopped, patience=CALM)


def packed(count: int) -> list[dict[str, Any]]:
    """Models whose name says that they were packed, the one with the greatest number the most downloaded."""
    return [
        {"_id": f"{i:024x}", "id": f"packer-{i % 3}/thing-{i}-GGUF", "downloads": i, "tags": ["gguf"],
         "createdAt": f"2026-01-01T{i // 60:02}:{i % 60:02}:00.000Z"}
        for i in range(count)
    ]  # fmt: skip


def cards_of_packed(count: int) -> dict[str, str]:
    """A card for each of them but every fifth."""
    return {
        f"packer-{i % 3}/thing-{i}-GGUF": f"---\nlicense: mit\n---\n# Thing {i}: é\n" for i in range(count) if i % 5
    }


def paths(hub: Hub) -> list[str]:
    """The models whose cards were asked for, in order; every other request was for a page, and none was no GET."""
    asked = [r for r in hub.requests if r.path != "/api/models"]
    assert {r.method for r in hub.requests} == {"GET"}
    assert all(r.raw == r.path and r.raw.endswith(README) for r in asked)
    return [r.raw[1 : -len(README)] for r in asked]


def shelf(name: str) -> dict[str, Any]:
    """What crawl.json says of the cards. The folder holds what it says and nothing else."""
    cards = state(name)["cards"]
    for file in cards["files"]:
        path = folder_of(name) / "cards" / file["file"]
        assert (sha256_of(path), path.stat().st_size) == (file["sha256"], file["size"])
    names = [file["file"] for file in cards["files"]]
    assert names == [f"{n:06}.jsonl.zst" for n in range(len(names))]
    folder = folder_of(name) / "cards"
    assert sorted(p.name for p in folder.iterdir()) == names if folder.exists() else not names
    assert cards["asked"] == sum(file["lines"] for file in cards["files"])
    return cards


def lines(name: str) -> list[dict[str, Any]]:
    """The cards that are kept, in the order asked."""
    folder = folder_of(name) / "cards"
    return [json.loads(text) for file in shelf(name)["files"] for text in texts(folder / file["file"])]


def texts(batch: Path) -> list[bytes]:
    """The lines of a batch."""
    return pa.input_stream(str(batch), compression="zstd").read().splitlines(keepends=True)
