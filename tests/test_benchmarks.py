"""The benchmarks: the table of results, what lets a run fail, and that the tools beside us agree on a small graph."""

import sys
from pathlib import Path

import numpy as np
import pytest

from benchmarks import algorithms, arrays, beside, run
from benchmarks.agreement import agreement
from benchmarks.beside import once, taken
from benchmarks.chapter import PROMISED_FROM, promised
from benchmarks.table import Beside, Row, failures, from_json, markdown, plain, to_json

HELD = Row("metric", 0.5, budget=1.0, says="1 s", building=0.5, peak=1.25,
           beside=(Beside("slow", 50.0, 10.0, agreement="equal", wanted=50.0),
                   Beside("endless", state="did not end in 600 s", at_least=600.0, wanted=5000.0),
                   Beside("absent", state="is not installed", wanted=2.0)))  # fmt: skip


def test_a_row_at_the_terminal_and_in_markdown() -> None:
    text = plain([("algorithms", [HELD])])
    head, chapter, first, second, third = (line.split() for line in text.splitlines())
    assert head[:3] == ["what", "measured", "budget"] and chapter == ["ALGORITHMS"]
    assert (
        " ".join(first)
        == "metric 0.500 s (graph 0.500 s), 1.25 GiB 1 s slow 50.0 s (graph 10.0 s) 60.0 100 equal held, wanted: 50"
    )
    assert " ".join(second) == "endless did not end in 600 s > 600 wanted: 5000"
    assert " ".join(third) == "absent is not installed wanted: 2"
    lines = markdown([("algorithms", [HELD])]).splitlines()
    assert {line.count("|") for line in lines} == {10} and "| **algorithms** |" in lines[2]
    assert "| 60.0 | 100 | equal | held, wanted: 50 |" in lines[3]


def test_what_lets_a_run_fail() -> None:
    # A tool that was ended, or that is not there, has missed nothing; nor have seconds.
    late = Row("late", 9.0, budget=1.0, says="1 s")
    assert failures([HELD, late]) == []
    assert "over" in plain([("c", [late])])
    short = Row("short", 2.0, beside=(Beside("quick", 40.0, wanted=50.0),))
    large = Row("page", 1_200_000, "bytes", 1_000_000, "1 MB")
    other = Row("other", 1.0, beside=(Beside("tool", 1.0, agreement="3 of 9 differ in full", differs=True),))
    assert failures([short, large, other]) == [
        "short: 20.0 times as fast as quick, not 50",
        "page: 1,200,000 bytes, of 1,000,000",
        "other: differs from tool: 3 of 9 differ in full",
    ]
    assert "MISSED: 50" in plain([("c", [short])]) and "DIFFERS" in plain([("c", [other])])
    assert (promised(50.0, PROMISED_FROM), promised(50.0, PROMISED_FROM - 1)) == (50.0, None)


def test_rows_come_back_from_json() -> None:
    assert from_json(to_json(HELD)) == HELD


@pytest.mark.parametrize(("ratio", "code"), [(60.0, 0), (40.0, 1)])
def test_how_a_run_ends(ratio: float, code: int, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    row = Row("what", 1.0, beside=(Beside("tool", ratio, wanted=50.0),))
    monkeypatch.setattr(run, "run", lambda chapter, arguments: [row])
    monkeypatch.setattr(run, "RESULTS", tmp_path / "RESULTS.md")
    monkeypatch.setattr(sys, "argv", ["run.py", "--models", "3000", "--folder", str(tmp_path)])
    assert run.main() == code and not run.RESULTS.exists()  # of a whole Hub alone
    monkeypatch.setattr(sys, "argv", ["run.py", "--folder", str(tmp_path)])
    assert run.main() == code
    text = run.RESULTS.read_text(encoding="utf-8")
    assert (
        "## 3,118,000 models" in text and "Not measured" not in text and "| numpy | 2" in text and "| commit | " in text
    )
    assert ("All ratios are held" in text) == (code == 0)
    monkeypatch.setattr(run, "run", lambda chapter, arguments: None)
    run.RESULTS.unlink()
    assert run.main() == 1 and not run.RESULTS.exists()


def test_a_run_that_was_stopped_goes_on(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    asked: list[str] = []

    def measured(chapter: str, arguments: list[str]) -> list[Row]:
        asked.append(chapter)
        return [Row(chapter, 1.0)]

    monkeypatch.setattr(run, "run", measured)
    monkeypatch.setattr(run, "RESULTS", tmp_path / "RESULTS.md")

    def goes(*more: str) -> list[str]:
        asked.clear()
        monkeypatch.setattr(sys, "argv", ["run.py", "--folder", str(tmp_path), *more])
        assert run.main() == 0
        return list(asked)

    assert goes("--only", "algorithms", "crawl") == ["algorithms", "crawl"]
    assert "Not measured in this run: build, questions, pages, server, checks." in run.RESULTS.read_text("utf-8")
    assert goes("--resume", "--cap", "7") == list(run.CHAPTERS)  # other options are another run
    assert goes("--only", "algorithms") == ["algorithms"]
    assert goes("--resume") == [name for name in run.CHAPTERS if name != "algorithms"]
    assert goes("--resume") == []
    assert "Not measured" not in run.RESULTS.read_text("utf-8")
    known = dict(run.facts())
    monkeypatch.setattr(run, "facts", lambda: list({**known, "commit": "later"}.items()))
    assert goes("--resume") == [] and "chapter crawl was measured at" in run.RESULTS.read_text("utf-8")
    monkeypatch.setattr(run, "facts", lambda: list({**known, "processor": "another"}.items()))
    assert goes("--resume") == list(run.CHAPTERS)


def test_agreement() -> None:
    ours = {"n": np.array([1, 2]), "x": np.array([1.0, 0.0])}
    assert agreement(ours, dict(ours)) == ("equal", 0.0)
    assert agreement(ours, {"n": np.array([1, 3])}) == ("1 of 2 differ in n", np.inf)
    assert agreement(ours, {"x": np.array([1.0 + 1e-12, 0.0])})[0] == "to 1.0e-12"
    assert agreement(ours, {"x": np.array([np.nan, 0.0])})[1] == np.inf
    assert agreement(ours, {"x": np.array([1.0])})[1] == np.inf
    marked = ours | {"comparable": np.array([True, False])}
    assert agreement(marked, {"n": np.array([1, 3])}) == ("equal; outside cycles, 1 rows", 0.0)


@pytest.mark.parametrize("tool", ["networkx", "rustworkx", "igraph", "pandas"])
def test_the_others_agree_on_a_small_graph(tool: str) -> None:
    # Betweenness by networkx looks at every pair of models.
    given, few = arrays.drawn(3_000), arrays.drawn(600)
    compared = 0
    for measure in algorithms.MEASURES:
        for other in measure.others:
            if other.tool != tool:
                continue
            here = few if measure.task == "betweenness" else given
            (*_, ours), (*_, theirs) = once("lineage", measure.task, here), once(tool, other.task, here)
            assert ours.keys() & theirs.keys()
            said, gap = agreement(ours, theirs)
            assert other.alike is None or gap <= other.alike, (measure.what, said)
            compared += 1
    assert compared


@pytest.mark.parametrize("seed", range(20))
def test_roll_ups_by_networkx_where_cycles_abound(seed: int) -> None:
    r = np.random.default_rng(seed)
    n, accounts = 60, 9
    pairs = np.unique(r.integers(0, n * n, 70))
    child, base = (ends[pairs // n != pairs % n] for ends in (pairs // n, pairs % n))
    account = r.integers(0, accounts, n)
    given = arrays.Given(child, base, r.integers(0, 50, n), r.integers(0, 5, n), account, np.arange(accounts) // 3)
    assert agreement(once("lineage", "rollups", given)[2], once("networkx", "rollups", given)[2]) == ("equal", 0.0)


def test_a_tool_is_ended_and_one_that_is_not_there_says_so(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = tmp_path / "given.npz"
    given = arrays.drawn(300)
    arrays.save(given, path)
    assert all((getattr(arrays.load(path), f) == getattr(given, f)).all() for f in ("child", "base", "account"))
    found = taken("networkx", "components", path, 60)
    assert found.answer is not None and found.peak and found.state == ""
    monkeypatch.setattr(beside, "_START", 0.0)
    ended = taken("networkx", "components", path, 0.01)
    assert (ended.answer, ended.state, ended.at_least) == (None, "did not end in 0.01 s", 0.01)
    row = algorithms.beside(algorithms.Other("networkx", "components", wanted=2.0), None, ended, 10**6)
    assert (row.state, row.wanted) == (ended.state, 2.0)


def test_a_graph_in_a_folder_is_the_one_that_was_drawn(tmp_path: Path) -> None:
    from benchmarks.graphs import write_graph

    write_graph(tmp_path, 2_000)
    drawn, read = arrays.drawn(2_000), arrays.of_folder(tmp_path)
    for name in ("child", "base", "downloads"):
        assert (getattr(drawn, name) == getattr(read, name)).all(), name
    # Accounts are numbered in another order, and are the same models'.
    pairs = np.unique(np.column_stack([drawn.account, read.account]), axis=0)
    assert len(pairs) == len(drawn.house) == len(read.house)
