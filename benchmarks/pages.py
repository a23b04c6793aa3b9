"""Pages in a headless browser: bytes and seconds to the second frame; beside them plain pyvis.

    python benchmarks/pages.py [--models N] [--folder DIR] [--cap SECONDS]

The largest family of the sample; one of 2,300 models of which 700 stand on one; the largest of the Hub in DIR, if a
snapshot of it is there, else one of 170,000 that is drawn here; and the report. A page is opened three times and the
best counts. pyvis draws the first two as people use it, all models, its own physics, and is waited for until it stands
still, or for two minutes, or `--cap` if that is less. Bytes are a budget that holds anywhere, seconds are not.
"""

import argparse
import os
import sys
import tempfile
import time
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT))

from benchmarks.chapter import chapter  # noqa: E402
from benchmarks.drawn_hub import NAME  # noqa: E402
from benchmarks.engines import largest  # noqa: E402
from benchmarks.table import Beside, Row  # noqa: E402
from benchmarks.timing import seconds  # noqa: E402
from tests.browser import Browser, Tab, find  # noqa: E402

MEGABYTE = 1_000_000

#: Bytes, and seconds to the second frame.
FAMILY = (MEGABYTE, 2.0)
REPORT = (MEGABYTE // 2, 1.0)

#: Seconds that pyvis is waited for.
WAIT = 120.0

#: What a page needs from elsewhere would be timed as well: pyvis is let off its Bootstrap.
_ELSEWHERE = r'<(?:link|script)[^>]*(?:href|src)="https?://[^>]*>(?:\s*</script>)?'


def draw(folder: Path, models: int, widest: int, seed: int = 8) -> tuple[Any, str]:
    """A session and the id of a family of so many models, `widest` of them on one: one in eleven is built upon."""
    import pyarrow as pa
    import pyarrow.compute as pc
    import pyarrow.parquet as pq

    from lineage.catalog import Catalog
    from lineage.pipeline import build
    from lineage.session import Session

    r = np.random.default_rng(seed)
    place = np.arange(1, models)
    base = (place * r.random(models - 1) ** 3).astype(np.int64) // 11 * 11
    base[r.choice(models - 1 - 12, widest, replace=False) + 11] = 11
    kinds = np.array(["quantized", "finetune", "adapter", "merge"])[r.choice(4, models - 1, p=(0.5, 0.3, 0.15, 0.05))]
    account = (models * r.random(models) ** 3).astype(np.int64) // 7
    text = lambda values: pc.cast(pa.array(values), pa.string())  # noqa: E731
    names = pa.array(
        ["Llama-3.1-8B-Instruct-GGUF", "Meta-Llama-3.1-8B-lora", "Hermes-3-Llama-3.1-8B", "Llama-3.1-8B-AWQ"]
    )
    name = pc.binary_join_element_wise(names.take(pa.array(r.integers(0, 4, models))), text(np.arange(models)), "-")
    ids = pc.binary_join_element_wise(pc.binary_join_element_wise("account", text(account), ""), name, "/")
    to = ids.take(pa.array(base))
    tags = pa.ListArray.from_arrays(
        pa.array(np.arange(0, 2 * models, 2)),
        pa.chunked_array(
            [
                pc.binary_join_element_wise("base_model", to, ":"),
                pc.binary_join_element_wise("base_model", pa.array(kinds), to, ":"),
            ]
        )
        .combine_chunks()
        .take(pa.array(np.arange(2 * models - 2).reshape(2, -1).T.ravel())),
    )
    tags = pa.concat_arrays([pa.array([[]], tags.type), tags])
    amounts = np.where(r.random(models) < 0.4, 0, np.exp(r.normal(3, 2.5, models))).astype(np.int64)
    amounts[0] = amounts.max() + 1
    path = folder / f"drawn-{models}.parquet"
    pq.write_table(pa.table({"id": ids, "downloads": amounts, "tags": tags}), path)
    catalog = Catalog(folder / "home")
    session = Session(build(str(path), catalog=catalog, taken_at="2026-10-03").snapshot, catalog)
    if largest(session.snapshot) != (ids[0].as_py(), models - 1):
        sys.exit("the family that was drawn is not the one that was built")
    return session, ids[0].as_py()


def opened(browser: Browser, path: Path, runs: int = 3) -> float:
    """Seconds from the address to the second frame; the best of some."""
    best = float("inf")
    for _ in range(runs):
        tab = browser.open(path)
        best = min(best, tab.seconds)
        tab.close()
    return best


def page(browser: Browser, folder: Path, what: str, make: Any, budget: tuple[int, float], *others: Any) -> list[Row]:
    """Two rows of a page that `make` gives as text; `others`: those beside its bytes, and beside its seconds."""
    kept: list[str] = []
    python = seconds(lambda: kept.append(make()))
    path = folder / "page.html"
    path.write_text(kept[0], "utf-8")
    size, frame = path.stat().st_size, opened(browser, path)
    beside = others or ((), ())
    return [
        Row(what, size, "bytes", budget[0], f"{budget[0] / MEGABYTE:g} MB", beside=beside[0]),
        Row("until its second frame", frame, "s", budget[1], f"{budget[1]:g} s", beside=beside[1]),
        Row("made, in Python", python),
    ]


def plain(browser: Browser, folder: Path, session: Any, model: str, cap: float) -> tuple[Any, Any]:
    """pyvis as its guide has it: what stands beside our bytes, and beside our seconds."""
    import re

    from pyvis.network import Network

    found = session.family_of(model)
    net = Network(cdn_resources="in_line")
    for id, downloads in zip(*(found.members.column(c).to_pylist() for c in ("id", "downloads")), strict=True):
        net.add_node(id, label=id, title=f"{id}: {downloads}")
    known = set(found.members.column("id").to_pylist())
    for child, base in zip(*(found.links.column(c).to_pylist() for c in ("child", "base")), strict=True):
        if child in known and base in known:
            net.add_edge(child, base)
    path = folder / "plain.html"
    here = os.getcwd()
    os.chdir(folder)  # it leaves a folder `lib` where it stands
    try:
        net.write_html("plain.html")
    finally:
        os.chdir(here)
    path.write_text(re.sub(_ELSEWHERE, "", path.read_text("utf-8")), "utf-8")
    began = time.perf_counter()
    tab: Tab = browser.open(path)
    frame, still = tab.seconds, False
    while not still and time.perf_counter() - began < cap:
        still = tab.value("network.physics.stabilized === true")
        time.sleep(0.05)
    took = time.perf_counter() - began
    tab.close()
    name = "pyvis, until it stands still"
    waited = Beside(name, took) if still else Beside(name, state=f"did not in {cap:g} s", at_least=took)
    return (Beside("pyvis", path.stat().st_size),), (Beside("pyvis, its second frame", frame), waited)


def of_the_hub(folder: Path, home: Path) -> tuple[Any, str, str]:
    """A session with a family of some 170,000, the model, and what it is."""
    from lineage.catalog import Catalog
    from lineage.errors import LineageError
    from lineage.session import Session

    try:
        session = Session(Catalog(home).open(NAME), Catalog(home))
        model, below = largest(session.snapshot)
        return session, model, f"family page, {below + 1:,} models, the largest of the drawn Hub"
    except LineageError:
        session, model = draw(folder, 170_000, 40_000)
        return session, model, "family page, 170,000 models, drawn"


def measure(given: argparse.Namespace) -> list[Row]:
    """All rows."""
    if find() is None:
        return [Row("family page", None, state="no Chromium here; set LINEAGE_CHROMIUM to its path")]
    from lineage.catalog import Catalog
    from lineage.pipeline import build
    from lineage.session import Session

    rows: list[Row] = []
    with tempfile.TemporaryDirectory() as place, Browser() as browser:
        folder = Path(place)
        os.environ["LINEAGE_HOME"] = str(folder / "home")
        catalog = Catalog(folder / "home")
        sample = Session(build("sample", catalog=catalog).snapshot, catalog)
        model, below = largest(sample.snapshot)
        wide, top = draw(folder, 2_300, 700)
        for session, id, what in (
            (sample, model, f"{below + 1:,} models of the sample"),
            (wide, top, "2,300 models, 700 on one"),
        ):
            beside = plain(browser, folder, session, id, min(given.cap, WAIT))
            rows += page(browser, folder, f"family page, {what}", partial(session.view_family, id), FAMILY, *beside)
        session, id, what = of_the_hub(folder, given.folder / "home")
        rows += page(browser, folder, what, partial(session.view_family, id), FAMILY)
        return rows + page(browser, folder, "the report of the sample", sample.report, REPORT)


if __name__ == "__main__":
    sys.exit(chapter("Pages in a headless browser, and pyvis beside them.", measure))
