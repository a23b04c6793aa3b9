"""The metrics on a graph of the Hub's size, beside networkx, rustworkx, igraph and pandas.

    python benchmarks/algorithms.py [--models N] [--graph DIR] [--cap SECONDS]

Every tool works in a process of its own, ours too, and is ended after `--cap` seconds; all are given the same arrays
and make their own graph of them, which is timed apart. What takes no more than some seconds is done three times by
all, and the best counts. Answers are compared number by number.
"""

import argparse
import sys
import tempfile
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT))

from benchmarks import arrays  # noqa: E402
from benchmarks.agreement import agreement  # noqa: E402
from benchmarks.beside import Answer, Taken, taken  # noqa: E402
from benchmarks.chapter import chapter, promised  # noqa: E402
from benchmarks.table import Beside, Row  # noqa: E402

#: Models of the small graph, on which all of them end.
FEW = 5_000


@dataclass(frozen=True, slots=True)
class Other:
    """A tool's task. `alike`: the relative difference that is no disagreement, None where its answer is known to be
    another; `wanted`: the ratio that is promised; `about`: what it does else than we do."""

    tool: str
    task: str
    alike: float | None = 0.0
    about: str = ""
    wanted: float | None = None


@dataclass(frozen=True, slots=True)
class Measure:
    """A task of ours with its budget in seconds, and the others."""

    what: str
    task: str
    budget: float | None
    others: tuple[Other, ...]
    few: bool = False


#: Sums of floats in another order.
_FLOATS = 1e-9

#: It ends where a step changes all ranks together by 1e-13: a single one may be off by so much.
_STEPS = 1e-7

BETWEENNESS = tuple(Other(tool, "betweenness", _FLOATS) for tool in ("networkx", "rustworkx", "igraph"))

MEASURES = (
    Measure("ancestry and all roll-ups", "rollups", 1.5, (
        Other("networkx", "rollups", wanted=50.0),
        Other("rustworkx", "rollups", about="full alone"),
        Other("igraph", "rollups", about="full alone"),
    )),
    Measure("PageRank", "pagerank", 0.5, (
        Other("networkx", "pagerank", None, "as it comes"),
        Other("networkx", "pagerank_exact", _STEPS, "tol 1e-13 / N"),
        Other("rustworkx", "pagerank", None, "as it comes"),
        Other("rustworkx", "pagerank_exact", _STEPS, "tol 1e-13 / N"),
        Other("igraph", "pagerank", _STEPS),
    )),
    Measure("weak components", "components", 0.3, tuple(
        Other(tool, "components") for tool in ("networkx", "rustworkx", "igraph")
    )),
    Measure("publisher graph with its flows", "publisher_graph", 1.0, (
        Other("pandas", "publisher_graph"),
        Other("networkx", "publisher_graph"),
    )),
    Measure("PageRank of publishers", "publisher_pagerank", None, (
        Other("networkx", "publisher_pagerank", _STEPS, "tol 1e-13 / N"),
        Other("rustworkx", "publisher_pagerank", _STEPS, "tol 1e-13 / N"),
        Other("igraph", "publisher_pagerank", _STEPS),
    )),
    Measure("betweenness on models", "betweenness", 3.0, BETWEENNESS),
    Measure("betweenness on models", "betweenness", None, BETWEENNESS, few=True),
    Measure("harmonic centrality", "harmonic", None, (
        Other("networkx", "harmonic", _FLOATS),
        Other("igraph", "harmonic", _FLOATS),
    )),
    Measure("brokerage of publishers", "brokerage", None, (Other("networkx", "brokerage", about="loops in Python"),)),
)  # fmt: skip


def beside(other: Other, ours: Answer | None, theirs: Taken, models: int) -> Beside:
    """What the other has done, compared with ours."""
    wanted = promised(other.wanted, models)
    name = f"{other.tool}, {other.about}" if other.about else other.tool
    if theirs.answer is None:
        return Beside(name, state=theirs.state, at_least=theirs.at_least, wanted=wanted)
    said, gap = agreement(ours, theirs.answer) if ours is not None else ("", 0.0)
    differs = other.alike is not None and gap > other.alike
    return Beside(name, theirs.running, theirs.building, peak=theirs.peak, agreement=said, differs=differs,
                  wanted=wanted)  # fmt: skip


def row(measure: Measure, given: Path, models: int, cap: float) -> Row:
    """Ours, then the others one after the other."""
    ours = taken("lineage", measure.task, given, cap)
    others = tuple(beside(o, ours.answer, taken(o.tool, o.task, given, cap), models) for o in measure.others)
    says = f"{measure.budget:g} s" if measure.budget else ""
    amount = None if ours.answer is None else ours.running
    return Row(f"{measure.what}, {models:,} models", amount, "s", measure.budget, says, ours.building, ours.peak,
               state=ours.state, beside=others)  # fmt: skip


def measure(given: argparse.Namespace) -> list[Row]:
    """All rows."""
    whole = arrays.of_folder(given.graph) if given.graph else arrays.drawn(given.models)
    few = arrays.drawn(min(FEW, given.models))
    with tempfile.TemporaryDirectory() as place:
        paths = Path(place, "whole.npz"), Path(place, "few.npz")
        sizes = whole.n, few.n
        for each, path in zip((whole, few), paths, strict=True):
            arrays.save(each, path)
        del whole, few
        return [row(m, paths[m.few], sizes[m.few], given.cap) for m in MEASURES]


if __name__ == "__main__":
    sys.exit(chapter("The metrics beside networkx, rustworkx, igraph and pandas.", measure))
