"""One table in every format, and cells that strangers wrote."""

import csv
import io
import json
import re
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from hypothesis import given
from hypothesis import strategies as st

from lineage.errors import UsageError
from lineage.printing import Output, arrange, emit, render
from lineage.screen import LONGEST, aligned
from lineage.target import write_text

TABLE = pa.table(
    {
        "id": ["a/b", "c/d", "e/f"],
        "downloads": pa.array([1234567, None, 3], pa.int64()),
        "share": pa.array([0.5, None, 0.001234567891], pa.float64()),
        "licences": pa.array([["mit", "bsd"], None, []], pa.list_(pa.string())),
        "stub": [True, False, None],
    }
)


def test_json_has_null_integers_and_an_envelope() -> None:
    got = json.loads(render(TABLE, "json", Output(envelope={"command": "x", "snapshot": None, "options": {}})))
    assert got["schema"] == 1
    assert got["rows"][0] == {"id": "a/b", "downloads": 1234567, "share": 0.5, "licences": ["mit", "bsd"], "stub": True}
    assert got["rows"][1]["downloads"] is None
    assert [json.loads(line) for line in render(TABLE, "jsonl", Output()).splitlines()] == got["rows"]


def test_tsv_has_a_header_and_whole_values() -> None:
    assert render(TABLE, "tsv", Output()).splitlines()[:3] == [
        "id\tdownloads\tshare\tlicences\tstub", "a/b\t1234567\t0.5\tmit;bsd\ttrue", "c/d\t\t\t\tfalse",
    ]  # fmt: skip


def test_tables_and_markdown_are_for_people() -> None:
    shown = render(TABLE, "table", Output())
    assert "1,234,567" in shown
    assert "50.000 %" in shown
    assert "| a/b | 1,234,567 | 50.000 % | mit;bsd | true |" in render(TABLE, "markdown", Output())


def test_a_long_name_is_never_cut_in_a_pipe() -> None:
    name = "x" * 300
    assert name in render(pa.table({"id": [name], "b": ["y" * 200]}), "table", Output())


HOSTILE = [
    "[red]x[/red]",
    "[link=http://x]y[/link]",
    "\x1b[31mred",
    "a\tb\nc",
    "\u202egnp.exe",
    "=1+1",
    "+1",
    "-1",
    "@x",
    "|`*_<b>",
]


@pytest.mark.parametrize("kind", ["table", "tsv", "markdown"])
def test_hostile_cells_stay_one_harmless_line(kind: str) -> None:
    text = render(pa.table({"id": HOSTILE, "n": list(range(len(HOSTILE)))}), kind, Output(safe_csv=True))
    assert not any(c in text for c in "\x1b\u202e\r")
    assert len(text.splitlines()) == len(HOSTILE) + {"tsv": 1, "markdown": 2, "table": 2}[kind]
    if kind == "table":
        assert "[red]x[/red]" in text


def test_hostile_cells_stay_one_harmless_cell_of_csv() -> None:
    text = render(pa.table({"id": HOSTILE, "n": list(range(len(HOSTILE)))}), "csv", Output(safe_csv=True))
    assert "\x1b" not in text
    cells = [row[0] for row in csv.reader(io.StringIO(text))][1:]
    assert len(cells) == len(HOSTILE)
    assert [c[0] for c in cells if c.lstrip("'")[:1] in "=+-@"] == ["'"] * 4


@given(st.lists(st.text(), min_size=1))
def test_csv_and_json_give_back_what_went_in(values: list[str]) -> None:
    clean = [v.encode("utf-8", "replace").decode() for v in values]
    table = pa.table({"id": clean, "n": list(range(len(clean)))})
    read = list(csv.reader(io.StringIO(render(table, "csv", Output()), newline="")))[1:]
    # A file keeps the ends of lines and tabs; what else controls a terminal it does not.
    assert [r[0] for r in read] == [re.sub("[\x00-\x08\x0b-\x1f\x7f-\x9f]", "\ufffd", v) for v in clean]
    assert [r["id"] for r in json.loads(render(table, "json", Output()))["rows"]] == clean


def test_fields_sort_where_and_limit() -> None:
    got, total = arrange(TABLE, Output(sort="downloads", limit=2, fields=("id", "downloads")))
    assert (got.to_pylist()[0], total) == ({"id": "a/b", "downloads": 1234567}, 3)
    assert arrange(TABLE, Output(sort="id:desc"))[0].column("id").to_pylist() == ["e/f", "c/d", "a/b"]
    assert arrange(TABLE, Output(sort="downloads:asc"))[0].column("id").to_pylist() == ["e/f", "a/b", "c/d"]
    assert arrange(TABLE, Output(where=("downloads>=4",)))[0].column("id").to_pylist() == ["a/b"]
    assert arrange(TABLE, Output(where=("id~C/", "stub=false")))[0].column("id").to_pylist() == ["c/d"]


@pytest.mark.parametrize(
    "output",
    [Output(fields=("nope",)), Output(sort="nope"), Output(sort="id:up"), Output(sort="licences"), Output(where=("nope=1",)),
     Output(where=("downloads",)), Output(where=("downloads>many",))],
)  # fmt: skip
def test_fields_that_are_not_there_are_named(output: Output) -> None:
    with pytest.raises(UsageError):
        arrange(TABLE, output)


def test_the_ending_decides_and_files_are_written_whole(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    for name, kind in (("a.json", "json"), ("a.csv", "csv"), ("a.md", "markdown"), ("a.tsv", "tsv")):
        emit(TABLE, Output(path=tmp_path / name))
        assert (tmp_path / name).read_text(encoding="utf-8") == render(TABLE, kind, Output())
    emit(TABLE, Output(path=tmp_path / "a.parquet"))
    assert pq.read_table(tmp_path / "a.parquet") == TABLE
    with pytest.raises(UsageError, match="does not exist"):
        emit(TABLE, Output(path=tmp_path / "no" / "a.csv"))
    with pytest.raises(UsageError, match="needs a file"):
        emit(TABLE, Output(format="parquet"))
    with pytest.raises(UsageError, match="is a folder"):
        emit(TABLE, Output(path=tmp_path))
    emit(TABLE, Output(limit=1, ids=True))
    out = capsys.readouterr()
    assert (out.out, out.err) == ("a/b\n", "showing 1 of 3; --all shows all, --limit N some\n")
    assert sorted(p.name for p in tmp_path.iterdir()) == ["a.csv", "a.json", "a.md", "a.parquet", "a.tsv"]


def test_long_texts_are_cut_in_a_table_alone_and_it_is_said(capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    long, whole = "a/" + "b" * 600, "c" * LONGEST
    table = pa.table({"id": [long, "x/y"], "words": [whole, None], "n": [10**18, 1]})
    emit(table, Output("table"))
    out = capsys.readouterr()
    assert long not in out.out and long[: LONGEST - 1] + "…" in out.out
    assert whole in out.out and "1,000,000,000,000,000,000" in out.out
    assert out.err == "long texts cut in id; --format tsv has them whole\n"
    emit(table, Output("table", path=tmp_path / "x.txt", quiet=True))
    assert "…" in (tmp_path / "x.txt").read_text("utf-8")
    assert capsys.readouterr().err == ""
    for kind in ("tsv", "csv", "json", "jsonl", "markdown"):
        emit(table, Output(kind))
        out = capsys.readouterr()
        assert long in out.out.replace("\\", "") and out.err == ""


def test_a_narrow_terminal_gets_whole_numbers_or_none() -> None:
    table = pa.table(
        {"id": ["some/model"], "a": [1234567890], "b": [1234567890], "words": ["x " * 60], "c": [1234567890]}
    )
    for width in (20, 40, 60, 80, 120, 300):
        text, left_out, _ = aligned(table, table.to_pylist(), width)
        assert "some/model" in text
        shown = [n for n in ("a", "b", "c") if n not in left_out]
        assert text.count("1,234,567,890") == len(shown)
        assert max(len(line) for line in text.splitlines()) <= width
    assert left_out == []


@pytest.mark.skipif(not Path("/proc").is_dir(), reason="only where there is a /proc, in which nobody can write")
def test_a_folder_in_which_nobody_can_write_is_a_sentence() -> None:
    with pytest.raises(UsageError, match=r"x\.html cannot be written in /proc: name a folder where you may write\."):
        write_text(Path("/proc/x.html"), "text")
