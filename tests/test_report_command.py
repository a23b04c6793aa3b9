"""The command `lineage report`: several snapshots, endings and formats, what is wrong, what is chosen."""

import json
from pathlib import Path

import pytest

from lineage.session import Session
from tests.conftest import Build
from tests.test_report import _home, ask, lineage, tables_of, texts

__all__ = ["_home", "texts"]


# --- several snapshots -----------------------------------------------------------------------------------


@pytest.fixture
def days(build_rows: Build) -> Session:
    for place, day in enumerate(("2024-03-01", "2024-01-01", "2024-02-01")):
        rows = [{"id": "meta-llama/a", "downloads": 100 + place}, {"id": "TheBloke/b", "downloads": 10 * (place + 1), "tags": ["x"],
                 "cardData": {"base_model": "meta-llama/a", "base_model_relation": "quantized", "license": "mit"}}]  # fmt: skip
        session = build_rows(rows, name=f"day-{place}", taken_at=day)
    return session


def test_several_snapshots_are_a_series(days: Session, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("LINEAGE_HOME", str(days.catalog.root))
    monkeypatch.chdir(tmp_path)
    names = [word for n in range(3) for word in ("--snapshot", f"day-{n}")]
    assert lineage("report", *names).stdout == "report-day-0.html\n"
    lineage("report", *names, "-q", "-o", "r.json")
    report = json.loads(Path("r.json").read_text(encoding="utf-8"))
    assert [s["name"] for s in report["snapshot"]] == ["day-1", "day-2", "day-0"]
    tables = {t["name"]: t for t in tables_of(report)}
    rules = tables["table-time-rules"]
    rows = ask(rules["commands"][0])
    assert {(r["snapshot"], r["rule"], r["numerator"], r["denominator"]) for r in rules["rows"]} == {
        (r["snapshot"], r["rule"], r["numerator"], r["denominator"]) for r in rows
    }
    assert [r["taken_at"] for r in rules["rows"] if r["rule"] == "R1"] == ["2024-01-01", "2024-02-01", "2024-03-01"]
    assert [r["numerator"] for r in rules["rows"] if r["rule"] == "R1"] == [20, 30, 10]
    charts = [p for s in report["sections"] for p in s["parts"] if p["kind"] == "chart" and p["is"] == "lines"]
    assert charts and all(len({r["taken_at"] for r in chart["rows"]}) == 3 for chart in charts)
    assert Path("report-day-0.html").read_text(encoding="utf-8").count('<svg class="chart curves"') == len(charts) + 1
    assert "same snapshot" in lineage("report", *names[:2], *names[:2], code=2).stderr


# --- the command -----------------------------------------------------------------------------------------


def test_the_ending_says_the_format(tmp_path: Path, texts: dict[str, str]) -> None:
    for ending, form in ((".html", "html"), (".md", "markdown"), (".json", "json")):
        path = tmp_path / f"r{ending}"
        assert lineage("report", "-q", "-o", str(path), "--snapshot", "sample").stdout == f"{path}\n"
        assert path.read_text(encoding="utf-8") == texts[form]
    done = lineage("report", "-o", "-", "--format", "markdown", "--snapshot", "sample")
    assert done.stdout == texts["markdown"] and "figures …" in done.stderr


@pytest.mark.parametrize(
    ("arguments", "sentence", "code"),
    [
        (["--frame", "gguff"], "Did you mean gguf", 2),
        (["--window", "all_time"], "needs the column downloads_all_time", 2),
        (["--window", "ever"], "There is no window", 2),
        (["--basis", "declare"], "Did you mean declared", 2),
        (["--owner", "people"], "people", 2),
        (["--list", "nope.csv"], "nope.csv", 2),
        (["--format", "htm"], "Did you mean html", 2),
        (["-o", "r.pdf"], "names no format", 2),
        (["-o", "nowhere/r.html"], "does not exist", 2),
        (["--open", "-o", "r.json"], "--open", 2),
        (["--snapshot", "nope"], "nope", 3),
    ],
)
def test_what_is_wrong_gets_a_sentence(
    arguments: list[str], sentence: str, code: int, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    done = lineage("report", *(["--snapshot", "sample"] if code == 2 else []), *arguments, code=code)
    assert sentence in done.stderr and not list(tmp_path.iterdir())


def test_a_chosen_frame_is_that_of_every_part(sample: Session) -> None:
    report = json.loads(sample.report("json", frame="gguf"))
    tables = {t["name"]: t for t in tables_of(report)}
    assert sum(r["numerator"] for r in tables["table-by-format"]["rows"]) == 29_208_882
    assert tables["table-rules"]["rows"][0]["of"].startswith("Models tagged gguf: 29,208,882")
    assert "--frame gguf" in tables["table-families"]["commands"][0] and report["options"]["frame"] == ["gguf"]
