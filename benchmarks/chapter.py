"""How a chapter of the benchmarks is begun: by hand it prints its table, from `run.py` it leaves its rows as JSON."""

import argparse
import json
import sys
from collections.abc import Callable
from pathlib import Path

from benchmarks.table import Row, failures, plain, to_json

ROOT = Path(__file__).resolve().parent.parent

#: As many as the Hub had on 2026-10-03.
MODELS = 3_118_000

#: Seconds that a tool is waited for.
CAP = 600.0

#: Ratios are promised of a Hub; with fewer models the starts of things weigh too much.
PROMISED_FROM = 300_000


def promised(ratio: float | None, models: int) -> float | None:
    """The ratio that is wanted where there are so many models."""
    return ratio if models >= PROMISED_FROM else None


def options(about: str) -> argparse.ArgumentParser:
    """What every chapter takes."""
    parser = argparse.ArgumentParser(description=about)
    parser.add_argument("--models", type=int, default=MODELS, help="models of the Hub that is drawn [3,118,000]")
    parser.add_argument(
        "--folder", type=Path, default=ROOT / ".demo" / "bench", help="where that Hub lies, or is laid [.demo/bench]"
    )
    parser.add_argument("--cap", type=float, default=CAP, help="seconds that another tool is waited for [600]")
    parser.add_argument(
        "--graph", type=Path, help="algorithms: on models.parquet and edges.parquet of this folder instead"
    )
    parser.add_argument("--heap", help="server: the heap of Neo4j")
    return parser


def chapter(about: str, measure: Callable[[argparse.Namespace], list[Row]]) -> int:
    """Measure, and print the table or write the rows; 1 where a promise is missed."""
    parser = options(about)
    parser.add_argument("--json", type=Path, help=argparse.SUPPRESS)
    given = parser.parse_args()
    rows = measure(given)
    if given.json:
        given.json.write_text(json.dumps([to_json(row) for row in rows]), encoding="utf-8")
        return 0
    print(plain([(Path(sys.argv[0]).stem, rows)]))
    for sentence in (missed := failures(rows)):
        print(f"MISSED: {sentence}")
    return 1 if missed else 0
