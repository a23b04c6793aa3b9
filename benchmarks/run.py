"""`make bench`: all budgets of the design and the tools beside us, in one table.

    python benchmarks/run.py [--only CHAPTER …] [--resume] [--models N] [--folder DIR] [--cap SECONDS]

Each chapter is a process of its own, so that memory and imports are apart. What it measured is kept in DIR: a run of
hours that was stopped goes on with `--resume`, on the same machine and with the same options. The table is written to
`benchmarks/RESULTS.md` as well, where it is of a whole Hub; it says which chapters it lacks, and which were measured on
an earlier commit. Ends with 1 where a ratio
is missed, a page has too many bytes, an answer differs or a chapter fails. Seconds above a budget are marked and decide
nothing: they are of the machine, ratios within one run are not.
"""

import argparse
import json
import subprocess
import sys
import tempfile
from collections.abc import Mapping, Sequence
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT))

from benchmarks.chapter import PROMISED_FROM, options  # noqa: E402
from benchmarks.machine import facts  # noqa: E402
from benchmarks.table import Row, failures, from_json, markdown, plain, to_json  # noqa: E402

#: In this order: the first leaves the snapshot that the others ask.
CHAPTERS = ("build", "algorithms", "questions", "crawl", "pages", "server", "checks")

RESULTS = ROOT / "benchmarks" / "RESULTS.md"

#: What a reader of the table has to know.
NOTES = """\
Made by `make bench`. One run, one machine; a drawn Hub with the shape of the real one (`benchmarks/graphs.py`).

- *measured* and *takes*: the best or the median of some runs where one takes less than some seconds, the same for all.
  In brackets the making of the tool's graph, where that is apart.
- *ratio*: how many times as long the tool takes, its graph and ours included; *alone*: without both. Below 1 the tool
  is faster. `>`: it was ended before it was done.
- *agreement*: `equal`, or the largest relative difference of any number of the answer.
- *held* and *over*: the budget of the design. Seconds are of the machine, so only a ratio that is wanted, the bytes of
  a page and an answer that differs let `make bench` end with 1.
- Graphs without the models that have no edge were given to the other tools where those do not count (betweenness,
  harmonic centrality). PageRank *as it comes* stops after a few steps on a graph of this size; its agreement shows it.
"""

Chapters = Sequence[tuple[str, Sequence[Row]]]


def run(chapter: str, arguments: Sequence[str]) -> list[Row] | None:
    """The rows of a chapter; None where it failed, and its own words are on stderr."""
    with tempfile.TemporaryDirectory() as place:
        out = Path(place, "rows.json")
        line = [sys.executable, str(ROOT / "benchmarks" / f"{chapter}.py"), "--json", str(out), *arguments]
        code = subprocess.run(line, cwd=ROOT, stdout=sys.stderr, check=False).returncode
        return None if code else [from_json(row) for row in json.loads(out.read_text(encoding="utf-8"))]


class Kept:
    """What chapters have measured, in a folder, each with its commit and day."""

    def __init__(self, folder: Path, options: Sequence[str]) -> None:
        known = dict(facts())
        self.folder, self.of = folder / "rows", [known["processor"], *options]
        self.now = f"{known['commit']}, {known['date']}"

    def rows(self, chapter: str) -> tuple[str, list[Row]] | None:
        """Commit and day, and the rows; None where it was not measured, or on another machine or with other options."""
        try:
            said = json.loads((self.folder / f"{chapter}.json").read_text(encoding="utf-8"))
        except (OSError, ValueError):
            return None
        return (said["at"], [from_json(row) for row in said["rows"]]) if said["of"] == self.of else None

    def keep(self, chapter: str, rows: Sequence[Row]) -> None:
        """Keep them until they are measured again."""
        self.folder.mkdir(parents=True, exist_ok=True)
        said = json.dumps({"of": self.of, "at": self.now, "rows": [to_json(row) for row in rows]})
        (self.folder / f"{chapter}.json").write_text(said, encoding="utf-8")


def written(chapters: Chapters, missed: Sequence[str], models: int, cap: float, at: Mapping[str, str]) -> str:
    """The page of results. `at`: by chapter the commit and the day, where that is another than the page's."""
    lacking = [name for name in CHAPTERS if name not in dict(chapters)]
    lacks = f"Not measured in this run: {', '.join(lacking)}.\n\n" if lacking else ""
    machine = "\n".join(f"| {name} | {value} |" for name, value in facts())
    verdict = "\n".join(f"- {sentence}" for sentence in missed) or "All ratios are held, and all answers agree."
    older = "".join(f"- The chapter {name} was measured at {said}.\n" for name, said in at.items())
    capped = f"- Another tool was ended after {cap:g} s.\n"
    return (
        f"# Results\n\n{NOTES}{capped}{older}\n{lacks}## {models:,} models\n\n{markdown(chapters)}\n\n"
        f"## Missed\n\n{verdict}\n\n"
        f"## Measured on\n\n| what | |\n|---|---|\n{machine}\n"
    )


def main() -> int:
    parser = options("All budgets and ratios in one table.")
    parser.add_argument("--only", nargs="+", choices=CHAPTERS, metavar="CHAPTER", help=", ".join(CHAPTERS))
    parser.add_argument("--resume", action="store_true", help="go on with a run that was stopped")
    given = parser.parse_args()
    kept = Kept(given.folder, passed_on(given))
    done: list[tuple[str, list[Row]]] = []
    failed, at = [], dict[str, str]()
    for chapter in given.only or CHAPTERS:
        print(f"{chapter} …", file=sys.stderr, flush=True)
        before = kept.rows(chapter) if given.resume else None
        rows = before[1] if before else run(chapter, passed_on(given))
        if before and before[0] != kept.now:
            at[chapter] = before[0]
        elif rows is not None:
            kept.keep(chapter, rows)
        if rows is None:
            failed.append(f"the chapter {chapter} failed")
        else:
            done.append((chapter, rows))
    missed = failures(row for _, rows in done for row in rows)
    print(plain(done))
    for sentence in failed + missed:
        print(f"MISSED: {sentence}")
    if given.models >= PROMISED_FROM and not failed:
        RESULTS.write_text(written(done, missed, given.models, given.cap, at), encoding="utf-8")
    return 1 if failed or missed else 0


def passed_on(given: argparse.Namespace) -> list[str]:
    """The options of a chapter."""
    said = {"--models": given.models, "--folder": given.folder, "--cap": given.cap, "--graph": given.graph,
            "--heap": given.heap}  # fmt: skip
    return [word for name, value in said.items() if value is not None for word in (name, str(value))]


if __name__ == "__main__":
    sys.exit(main())
