"""Questions from the command line about a whole Hub, start-up included, and pandas beside some of them.

    python benchmarks/questions.py [--models N] [--folder DIR]

Takes the snapshot in DIR/home that `benchmarks/build.py` has left, or builds it. A command is run four times as a
process and the median of the last three counts, for pandas (`benchmarks/plain_questions.py`) as for us.
"""

import argparse
import json
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT))

from benchmarks import engines  # noqa: E402
from benchmarks.chapter import chapter  # noqa: E402
from benchmarks.drawn_hub import snapshot  # noqa: E402
from benchmarks.table import Beside, Row  # noqa: E402
from benchmarks.timing import seconds, surroundings  # noqa: E402

HELP, ONE, WHOLE = 0.2, 0.8, 1.5

#: Rows that a query prints at most.
MOST = 10_000

#: Of the whole Hub.
COMMANDS = (
    "info", "shares --by task", "shares --by publisher", "flows", "figures", "disclosure", "sizes", "rank",
    "rank --on publishers", "rollup", "rollup --sort split", "rollup --over publisher", "intermediaries",
    "intermediaries --accounts", "check-rules", "schema",
)  # fmt: skip


def run(line: list[str], **more: str) -> tuple[float, str]:
    """Seconds of a process and what it printed."""
    env = surroundings(PYTHONPATH=str(ROOT), **more)
    taken, said = [], ""
    for _ in range(4):
        began = time.perf_counter()
        done = subprocess.run([sys.executable, *line], cwd=ROOT, env=env, capture_output=True, text=True, check=False)
        taken.append(time.perf_counter() - began)
        said = done.stdout
        if done.returncode:
            sys.exit(f"{' '.join(line)} ended with {done.returncode}: {done.stderr.strip()[-500:]}")
    return statistics.median(taken[1:]), said


def command(line: str, budget: float, *more: str, about: str = "") -> Row:
    """A command of ours; `more` of its line is too long to be shown, `about` says what it is."""
    took, _ = run(["-m", "lineage", *line.split(), *more])
    return Row(f"lineage {line}{about}", took, "s", budget, f"{budget:g} s")


def compared(what: str, budget: float, ours: list[str], theirs: list[str], fields: tuple[str, ...]) -> Row:
    """A command of ours and the same by pandas, whose answers must agree in `fields`; without any, in the ids."""
    took, said = run(["-m", "lineage", *ours, "--format", "jsonl"])
    plain, told = run(["benchmarks/plain_questions.py", *theirs])
    rows, answer = [json.loads(line) for line in said.splitlines()], json.loads(told)
    if fields:
        pairs = [(rows[0][f], answer[f]) for f in fields]
    else:
        pairs = [([r["id"] for r in rows], answer)]
    # Ours are printed to twelve places.
    same = all(a == (round(b, 12) if isinstance(b, float) else b) for a, b in pairs)
    agreed = "equal, as printed" if same else f"differs: {str(pairs)[:60]}"
    beside = Beside("pandas", plain, agreement=agreed, differs=not same)
    return Row(what, took, "s", budget, f"{budget:g} s", beside=(beside,))


def asked(found: Any, home: Path, id: str, many: int) -> list[Row]:
    """The embedded engine, open, and pandas with its tables in memory."""
    import pandas as pd

    below, rows = engines.descendants(found, home, id, many)
    one, single = engines.look_up(found, home, id)
    models = pd.read_parquet(found.folder / "models.parquet", columns=["id", "relation", "publisher", "downloads"])
    pairs = pd.read_parquet(found.folder / "ancestry.parquet", columns=["model", "ancestor", "distance"])
    kept: dict[str, Any] = {}

    def merged() -> None:
        mine = pairs[pairs.ancestor == id].merge(models, left_on="model", right_on="id").fillna({"downloads": 0})
        kept["rows"] = mine.sort_values(["downloads", "id"], ascending=[False, True])

    took = seconds(merged)
    same = kept["rows"].id.tolist() == rows.column("id").to_pylist()
    indexed = models.set_index("id")
    indexed.loc[id]  # the first one makes the hash table
    found_at = seconds(lambda: kept.update(one=int(indexed.loc[id].downloads)))
    equal = [kept["one"]] == single.column("downloads").to_pylist()
    what = f"all {many:,} descendants of the largest, embedded engine open"
    said = {True: "equal", False: "differs"}
    return [
        Row(what, below, "s", engines.DESCENDANTS, "0.5 s",
            beside=(Beside("pandas, tables in memory", took, agreement=said[same], differs=not same),)),
        Row("a model by its id, embedded engine open", one, "s", engines.LOOK_UP, "5 ms",
            beside=(Beside("pandas, indexed in memory", found_at, agreement=said[equal], differs=not equal),)),
    ]  # fmt: skip


def child_of(found: Any, id: str) -> str:
    """The most downloaded of the models made from one."""
    import pyarrow.compute as pc

    table = found.table("models", ["id", "base", "downloads"])
    made = table.filter(pc.equal(table.column("base"), id)).sort_by([("downloads", "descending"), ("id", "ascending")])
    return str(made.column("id")[0].as_py())


def usual(found: Any) -> str:
    """A model as most are that anything was made from: of those with five to nine descendants the middle one A–Z."""
    import pyarrow.compute as pc

    table = found.table("models", ["id", "stub", "descendants"])
    some = pc.and_(pc.greater_equal(table["descendants"], 5), pc.less(table["descendants"], 10))
    ids = table.filter(pc.and_(some, pc.invert(table["stub"]))).column("id")
    return str(ids[len(ids) // 2].as_py())


def measure(given: argparse.Namespace) -> list[Row]:
    """All rows."""
    found, home = snapshot(given.folder, given.models), given.folder / "home"
    id, many = engines.largest(found)
    child = child_of(found, id)
    folder = str(found.folder)
    account = id.split("/")[0]
    tab = {"_LINEAGE_COMPLETE": "bash", "_LINEAGE_LINE": f"lineage tree {id[:-1]}"}
    with tempfile.TemporaryDirectory() as place:
        accounts = Path(place, "accounts.txt")
        accounts.write_text("".join(f"account-{n}\n" for n in range(50)), encoding="utf-8")
        rows = [command("--help", HELP)]
        lines, one = ("tree", "variants", "servers", "rollup", "explain"), usual(found)
        rows += [command(line, ONE, one, about=" MODEL") for line in lines]
        rows += [command(line, ONE, id, about=" LARGEST") for line in lines[:-1]]
        rows += [
            command("explain", ONE, child, about=" MODEL, made from the largest"),
            command("publisher", ONE, one.split("/")[0], about=" ACCOUNT"),
            command("publisher", ONE, account, about=" ACCOUNT of the largest"),
            command("view family", ONE, one, "-o", f"{place}/family.html", about=" MODEL"),
            command("view ancestors", ONE, child, "-o", f"{place}/ancestors.html", about=" MODEL"),
        ]
        rows.append(Row("Tab after all of an id but its end", run(["-m", "lineage"], **tab)[0]))
        rows += [command(line, WHOLE) for line in COMMANDS]
        rows += [
            compared("lineage concentration --over publisher", WHOLE, ["concentration", "--over", "publisher"],
                     ["concentration", folder], ("hhi", "n", "total")),
            compared("lineage intermediaries --rule R1 --list FILE", WHOLE,
                     ["intermediaries", "--rule", "R1", "--list", str(accounts)],
                     ["intermediaries", folder, str(accounts)], ("numerator", "denominator")),
            compared("lineage rollup, of the largest", ONE, ["rollup", id], ["rollup", folder, id], ("own", "full")),
            compared(f"lineage query descendants, of the largest, {MOST:,} rows", WHOLE,
                     ["query", "descendants", "-p", f"id={id}", "-p", f"limit={MOST}", "--all"],
                     ["descendants", folder, id, str(MOST)], ()),
        ]  # fmt: skip
    return rows + asked(found, home, id, many)


if __name__ == "__main__":
    sys.exit(chapter("Questions about a whole Hub, from the command line.", measure))
