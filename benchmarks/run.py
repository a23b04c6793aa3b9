"""`make bench`: how long things take, as ratios to the plain way, both measured in this run.

A machine's speed drifts and a second means little elsewhere; a ratio within one run holds. Ends with 1
where a ratio is missed.
"""

import os
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

import networkx as nx
import numpy as np

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT))

from benchmarks.graphs import hub_like  # noqa: E402
from lineage.metrics import ancestry, rollup  # noqa: E402
from lineage.metrics.graph import NO_POSITION, build  # noqa: E402

MODELS = 300_000


def seconds(action: Callable[[], object], runs: int = 5) -> float:
    """Median of several runs, after one that does not count."""
    action()
    taken = []
    for _ in range(runs):
        began = time.perf_counter()
        action()
        taken.append(time.perf_counter() - began)
    return statistics.median(taken)


def command(*arguments: str) -> Callable[[], object]:
    """A run of the program as a process, output thrown away."""
    line = [sys.executable, "-m", "lineage", *arguments]
    return lambda: subprocess.run(line, cwd=ROOT, check=True, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)


def rollups() -> tuple[float, float]:
    """(ours, networkx): the ancestry with its distances, and `full`, `split` and by relation, of every model.

    Both give all of it, and the two must agree.
    """
    child, base, downloads, relation = hub_like(MODELS)
    ours = {}

    def with_arrays() -> None:
        graph = build(MODELS, child, base, np.full(len(child), NO_POSITION))
        closure = ancestry.closure(graph)
        ours["pairs"] = len(closure.model)
        ours["full"] = rollup.full(graph, closure, downloads)
        ours["split"] = int(rollup.split(graph, downloads)[graph.is_root].sum())
        ours["relation"] = rollup.by_relation(graph, closure, downloads, relation, 4)

    fast = seconds(with_arrays, 3)
    began = time.perf_counter()
    own, kind = downloads.tolist(), relation.tolist()
    graph = nx.DiGraph()
    graph.add_nodes_from(range(MODELS))
    graph.add_edges_from(zip(base.tolist(), child.tolist(), strict=True))
    full, by_relation, pairs = list(own), [[0] * 4 for _ in own], 0
    for node in graph:
        below = nx.single_source_shortest_path_length(graph, node)
        pairs += len(below) - 1
        for model in below:
            if model != node:
                full[node] += own[model]
                by_relation[node][kind[model]] += own[model]
    condensed = nx.condensation(graph)
    value = {g: sum(own[m] for m in condensed.nodes[g]["members"]) for g in condensed}
    for group in reversed(list(nx.topological_sort(condensed))):
        bases = sorted(condensed.predecessors(group), key=lambda g: min(condensed.nodes[g]["members"]))
        for place, above in enumerate(bases):
            value[above] += value[group] // len(bases) + (place < value[group] % len(bases))
    split = sum(v for g, v in value.items() if not condensed.in_degree(g))
    slow = time.perf_counter() - began
    cyclic = {m for g in condensed for m in condensed.nodes[g]["members"] if len(condensed.nodes[g]["members"]) > 1}
    same = [v for v in range(MODELS) if v not in cyclic]
    if ours["full"].tolist() != full or ours["split"] != split:
        sys.exit("the roll-ups differ from networkx")
    if any(ours["relation"][v].tolist() != by_relation[v] for v in same):
        sys.exit("the roll-ups by relation differ from networkx")
    inside = sum(len(condensed.nodes[g]["members"]) * (len(condensed.nodes[g]["members"]) - 1) for g in condensed)
    if ours["pairs"] != pairs - inside:
        sys.exit("the ancestry differs from networkx")
    return fast, slow


def main() -> int:
    rows: list[tuple[str, float, str, float, float | None]] = []
    with tempfile.TemporaryDirectory() as home:
        os.environ["LINEAGE_HOME"] = home
        nothing = seconds(lambda: subprocess.run([sys.executable, "-c", "pass"], check=True))
        command("build", "sample")()
        rows.append(("lineage --help", seconds(command("--help")), "python -c pass", nothing, None))
        pandas = seconds(lambda: subprocess.run([sys.executable, "-c", "import pandas, networkx"], check=True))
        model = "meta-llama/Meta-Llama-3.1-8B"
        for line in (["info"], ["intermediaries"], ["tree", model], ["rollup", model], ["query", "top_bases"],
                     ["view", "family", model, "-o", f"{home}/f.html"]):  # fmt: skip
            rows.append(
                (f"lineage {' '.join(line[:2])}", seconds(command(*line)), "import pandas, networkx", pandas, None)
            )
        rows.append(
            (
                "lineage build sample",
                seconds(command("build", "sample", "--force")),
                "import pandas, networkx",
                pandas,
                None,
            )
        )
    fast, slow = rollups()
    rows.append((f"ancestry and roll-ups, {MODELS:,} models", fast, "the same by networkx", slow, 50.0))
    missed = 0
    print(f"{'what':44} {'s':>8}   {'beside it':26} {'s':>8} {'ratio':>8}  wanted")
    for what, mine, other, theirs, wanted in rows:
        ratio = theirs / mine
        failed = wanted is not None and ratio < wanted
        missed += failed
        verdict = f"{wanted or '-'}{'  MISSED' if failed else ''}"
        print(f"{what:44} {mine:8.3f}   {other:26} {theirs:8.3f} {ratio:8.2f}  {verdict}")
    return 1 if missed else 0


if __name__ == "__main__":
    sys.exit(main())
