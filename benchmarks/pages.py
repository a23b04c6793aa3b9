"""Pages in a headless browser: seconds of Python, bytes, seconds to the second frame; beside them plain pyvis.

    python benchmarks/pages.py [--home DIR] [--cap SECONDS]

The largest family of the sample; one of 2,300 models of which 700 stand on one; one of 170,000, from the current
snapshot in DIR where that is given, else drawn here; and the report. A page is opened three times and the best counts.
pyvis draws the first two as people use it, all models, its own physics, and is waited for until it stands still, or
for `--cap`. Ends with 1 where a page is above its budget. Seconds are of this machine; bytes and ratios hold.
"""

import argparse
import os
import sys
import tempfile
import time
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT))

from tests.browser import Browser, Tab, find  # noqa: E402

MEGABYTE = 1_000_000

#: Bytes, and seconds to the second frame.
FAMILY = (MEGABYTE, 2.0)
REPORT = (MEGABYTE // 2, 1.0)

#: What a page needs from elsewhere would be timed as well: pyvis is let off its Bootstrap.
_ELSEWHERE = r'<(?:link|script)[^>]*(?:href|src)="https?://[^>]*>(?:\s*</script>)?'


@dataclass(frozen=True, slots=True)
class Measured:
    """One page. `budget`: bytes and seconds to the second frame."""

    what: str
    python: float
    size: int
    frame: float
    budget: tuple[int, float]

    @property
    def missed(self) -> bool:
        """Whether it is above its budget."""
        return self.size > self.budget[0] or self.frame > self.budget[1]


def draw(folder: Path, models: int, widest: int, seed: int = 8) -> tuple[Any, str]:
    """A session and the id of a family of so many models, `widest` of them on one: one in eleven is built upon."""
    import pyarrow as pa
    import pyarrow.compute as pc
    import pyarrow.parquet as pq

    from lineage.pipeline import build
    from lineage.session import Session
    from lineage.snapshot import Catalog

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
    if largest(session) != (ids[0].as_py(), models - 1):
        sys.exit("the family that was drawn is not the one that was built")
    return session, ids[0].as_py()


def largest(session: Any) -> tuple[str, int]:
    """The id of the root with most descendants, and how many."""
    import pyarrow.compute as pc

    models = session.snapshot.table("models", ["id", "descendants"])
    row = pc.index(models.column("descendants"), pc.max(models.column("descendants"))).as_py()
    return models.column("id")[row].as_py(), models.column("descendants")[row].as_py()


def opened(browser: Browser, path: Path, runs: int = 3) -> float:
    """Seconds from the address to the second frame; the best of some."""
    best = float("inf")
    for _ in range(runs):
        tab = browser.open(path)
        best = min(best, tab.seconds)
        tab.close()
    return best


def family(browser: Browser, folder: Path, session: Any, model: str, what: str) -> Measured:
    """The family page of a model."""
    began = time.perf_counter()
    text = session.view_family(model)
    spent = time.perf_counter() - began
    path = folder / "family.html"
    path.write_text(text, "utf-8")
    return Measured(what, spent, path.stat().st_size, opened(browser, path), FAMILY)


def report(browser: Browser, folder: Path, session: Any) -> Measured | None:
    """The report, where there is one."""
    if not hasattr(session, "report"):
        return None
    began = time.perf_counter()
    text = session.report()
    spent = time.perf_counter() - began
    path = folder / "report.html"
    path.write_text(text, "utf-8")
    return Measured("the report of the sample", spent, path.stat().st_size, opened(browser, path), REPORT)


def plain(
    browser: Browser, folder: Path, session: Any, model: str, cap: float
) -> tuple[float, int, float, float, bool]:
    """pyvis as its guide has it: seconds of Python, bytes, seconds to a frame, to standing still, if it does."""
    import re

    from pyvis.network import Network

    found = session.family_of(model)
    began = time.perf_counter()
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
    spent = time.perf_counter() - began
    path.write_text(re.sub(_ELSEWHERE, "", path.read_text("utf-8")), "utf-8")
    began = time.perf_counter()
    tab: Tab = browser.open(path)
    frame, still = tab.seconds, False
    while not still and time.perf_counter() - began < cap:
        still = tab.value("network.physics.stabilized === true")
        time.sleep(0.05)
    took = time.perf_counter() - began
    tab.close()
    return spent, path.stat().st_size, frame, took, still


def of_the_hub(folder: Path, home: Path | None) -> tuple[Any, str, str]:
    """A session with a family of some 170,000, the model, and where it is from."""
    from lineage.session import Session

    if home is not None:
        session = Session.open(home=home)
        model, below = largest(session)
        return session, model, f"{below + 1:,} models, {session.snapshot.name}"
    session, model = draw(folder, 170_000, 40_000)
    return session, model, "170,000 models, drawn"


def main() -> int:
    parser = argparse.ArgumentParser(description="Pages in a headless browser, and pyvis beside them.")
    parser.add_argument("--home", type=Path, help="a LINEAGE_HOME whose current snapshot has a family of that size")
    parser.add_argument("--cap", type=float, default=120.0, help="seconds that pyvis is waited for")
    given = parser.parse_args()
    if find() is None:
        sys.exit("there is no Chromium to measure with; install it, or set LINEAGE_CHROMIUM to its path")
    from lineage.pipeline import build
    from lineage.session import Session
    from lineage.snapshot import Catalog

    rows: list[Measured] = []
    beside: list[tuple[str, float, float, float, bool, int]] = []
    with tempfile.TemporaryDirectory() as place, Browser() as browser:
        folder = Path(place)
        os.environ["LINEAGE_HOME"] = str(folder / "home")
        catalog = Catalog(folder / "home")
        sample = Session(build("sample", catalog=catalog).snapshot, catalog)
        model, below = largest(sample)
        wide, top = draw(folder, 2_300, 700)
        for session, id, what in (
            (sample, model, f"{below + 1:,} models, the sample"),
            (wide, top, "2,300 models, 700 on one"),
        ):
            rows.append(family(browser, folder, session, id, what))
            _, size, frame, took, still = plain(browser, folder, session, id, given.cap)
            beside.append((what, rows[-1].frame, frame, took, still, size))
        rows.append(family(browser, folder, *of_the_hub(folder, given.home)))
        if (made := report(browser, folder, sample)) is not None:
            rows.append(made)
    print(f"{'page':44} {'Python s':>9} {'bytes':>10} {'frame s':>8}  budget")
    for row in rows:
        verdict = f"{row.budget[0]:,} bytes, {row.budget[1]:g} s{'  MISSED' if row.missed else ''}"
        print(f"{row.what:44} {row.python:9.2f} {row.size:10,} {row.frame:8.2f}  {verdict}")
    print(f"{'beside it, pyvis as it comes':44} {'frame s':>9} {'bytes':>10} {'still s':>8} {'ratio':>8}")
    for what, ours, frame, took, still, size in beside:
        waited, ratio = (f"{'' if still else '> '}{each}" for each in (f"{took:.1f}", f"{took / ours:.0f}"))
        print(f"{what:44} {frame:9.2f} {size:10,} {waited:>8} {ratio:>8}")
    return 1 if any(row.missed for row in rows) else 0


if __name__ == "__main__":
    sys.exit(main())
