"""Listings of several days drawn in a test, Dask clusters, and somebody who kills workers."""

import json
import os
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import psutil
import pytest

from lineage.catalog import Catalog
from lineage.pipeline import build

Row = dict[str, Any]

DAYS = ("2025-08-10", "2025-08-12", "2025-08-20")


def rows_of(number: int) -> list[Row]:
    """A day's models: each day one is gone, one is new, one is renamed, and an all-time counter falls."""
    rows: list[Row] = [{"_id": f"{1:024x}", "id": "maker/base", "downloads": 100 + number, "downloadsAllTime": 1000}]
    for i in range(2, 8):
        if i == 2 + number:
            continue  # gone on this day
        rows.append(
            {
                "_id": f"{i:024x}",
                "id": f"bartowski/m{i}" if i != 7 else f"bartowski/m7-{number}",
                "downloads": 10 * i + number,
                "downloadsAllTime": 500 - number if i == 6 else 500 + number,
                "tags": ["base_model:maker/base", "base_model:quantized:maker/base", "gguf"],
            }
        )
    rows.append({"_id": f"{50 + number:024x}", "id": f"new/n{number}", "downloads": number, "downloadsAllTime": 1})
    return rows


def written(folder: Path, count: int = 3) -> list[Path]:
    """The listings as files with a date in their names, and one beside them without."""
    folder.mkdir(parents=True, exist_ok=True)
    paths = []
    for number, day in enumerate((*DAYS, *(f"2025-09-{n:02}" for n in range(1, 20)))[:count]):
        paths.append(folder / f"listing.{day}.jsonl")
        paths[-1].write_text("".join(json.dumps(row) + "\n" for row in rows_of(number)), encoding="utf-8")
    (folder / "largest.jsonl").write_text('{"id": "x/y", "downloads": 1}\n', encoding="utf-8")
    return paths


def catalog_of(folder: Path) -> Catalog:
    """A home with the three days in it, as `one`, `two` and `three`; the last is the current one."""
    catalog = Catalog(folder / "home")
    for name, day, path in zip(("one", "two", "three"), DAYS, written(folder / "listings"), strict=True):
        build(str(path), name=name, taken_at=day, catalog=catalog)
    return catalog


def needs_dask() -> None:
    """Skips where Dask is not installed; under CI=true that is a failure."""
    if find_spec("distributed") is None:
        (pytest.fail if os.environ.get("CI") == "true" else pytest.skip)("distributed is not installed")


@contextmanager
def dask(workers: int = 2) -> Iterator[Any]:
    """A Dask cluster of worker processes."""
    needs_dask()
    from distributed import LocalCluster

    with LocalCluster(
        n_workers=workers, threads_per_worker=1, processes=True, dashboard_address=":0", silence_logs=50
    ) as cluster:
        yield cluster


class Killer(threading.Thread):
    """Kills -9 worker processes at work: a moment after something new lies in the folder of their temporary files."""

    def __init__(self, temporary: Path, most: int, which: str = "lineage.reading.workers") -> None:
        super().__init__(daemon=True)
        self.temporary, self.most, self.which = temporary, most, which
        self.killed: list[int] = []
        self.ended = threading.Event()

    def run(self) -> None:
        seen: set[Path] = set()
        while not self.ended.is_set() and len(self.killed) < self.most:
            if new := {*self.temporary.glob("lineage-*")} - seen:
                seen |= new
                time.sleep(0.3)  # those beside it are at work by then too, and none is killed while it starts
                for process in psutil.Process().children(recursive=True):
                    try:
                        mine = self.which in " ".join(process.cmdline())
                        if mine and process.pid not in self.killed and len(self.killed) < self.most:
                            process.kill()
                            self.killed.append(process.pid)
                    except psutil.NoSuchProcess:
                        continue
            time.sleep(0.01)

    def __enter__(self) -> "Killer":
        self.start()
        return self

    def __exit__(self, *_: object) -> None:
        self.ended.set()
        self.join()
