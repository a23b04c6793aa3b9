"""S5: no text of a stranger runs in a spreadsheet, whichever way rows leave as CSV or TSV, and every text can be had back.

A plain reader of sheets looks at every file in `make test`; in `make soak` LibreOffice opens them.
"""

import csv
import io
import json
import re
from collections.abc import Iterator
from pathlib import Path

import click
import pyarrow as pa
import pytest
from click.testing import CliRunner
from hypothesis import example, given, settings
from hypothesis import strategies as st

from lineage.commands import main
from lineage.export import _disarmed
from lineage.pipeline import build
from lineage.printing import Output, render
from lineage.schema import TABLES
from lineage.session import Session
from lineage.spreadsheet import disarmed, disarmed_within, restored
from tests import hostile_cells, sheets
from tests.browser import Browser, Tab
from tests.family_tab import KEEP
from tests.hostile_cells import ANY, CELLS, ID, LANDS, ROOT
from tests.hostile_views import ROWS

#: Ways in which rows leave; {model} and {publisher} begin like a formula.
LINES: dict[str, tuple[str, ...]] = ROWS | {
    "sizes": ("sizes",),
    "cite": ("cite",),
    "by country": ("concentration", "--over", "country"),
    "changes": ("info", "--changes", "--against", "later"),
    "trend": ("trend", "shares", "--by", "licence", "--snapshot", "cells", "--snapshot", "later"),
    "diff": ("diff", "cells", "later", "--all"),
    "snapshots": ("snapshots",),
    "doctor": ("doctor",),
    "queries": ("queries",),
    "a query": ("queries", "top_bases"),
    "own heads": ("query", "MATCH (m:Model) RETURN m.id AS `=1+1`, m.licences AS `x;=1+1`, [-5, 5] AS n, [m.library] AS `-`"),
    "numbers": ("query", "RETURN '-5' AS text, -5 AS n, -0.5 AS x"),
    "ids": ("tree", ROOT, "--all", "--ids"),
}  # fmt: skip

#: Commands with rows that are not here, with the reason.
OUTSIDE = {
    ("crawl",): "asks the Hub and shows counts",
    ("load",): "shows counts",
    ("neo4j", "start"): "shows a server",
    ("neo4j", "stop"): "shows a server",
    ("neo4j", "status"): "shows a server",
    ("neo4j", "guide"): "shows two files",
    ("config", "show"): "shows settings",
    ("config", "path"): "shows files of settings",
}

PAGES: dict[str, tuple[str, ...]] = {
    "family": ("view", "family", ROOT),
    "canvas": ("view", "family", ROOT, "--all"),
    "ancestors": ("view", "ancestors", "h1/m1"),
    "publisher": ("view", "publisher", "h1"),
    "flows": ("view", "flows"),
    "overview": ("view", "overview"),
    "report": ("report",),
}


@pytest.fixture(scope="module")
def snapshot(tmp_path_factory: pytest.TempPathFactory) -> Session:
    """Hostile cells; beside it a later snapshot in which other models have them."""
    folder = tmp_path_factory.mktemp("cells")
    session = hostile_cells.built(folder)
    later = folder / "later.jsonl"
    rows = [row | {"id": f"new-{row['id']}"} if place % 2 else row for place, row in enumerate(hostile_cells.rows())]
    later.write_text("".join(json.dumps(row) + "\n" for row in rows), "utf-8")
    build(str(later), catalog=session.catalog, name="later", taken_at="2024-10-20")
    session.catalog.use("cells")
    return session


def run(session: Session, *line: str) -> str:
    """What a command says on stderr."""
    done = CliRunner().invoke(main, line, env={"LINEAGE_HOME": str(session.catalog.root)})
    assert done.exit_code == 0, (line, done.output[-2000:])
    return done.stderr


def written(session: Session, folder: Path, kind: str, *options: str) -> Iterator[Path]:
    """The file of each way, in one format."""
    for name, line in LINES.items():
        path = folder / f"{kind}-{name.replace(' ', '-')}.{kind}"
        words = ["-A1/-B2" if word == "{model}" else "-A1" if word == "{publisher}" else word for word in line]
        rest = [word for word in words if word.startswith("-A1")]
        words = [word for word in words if word not in rest]
        run(session, *words, "-o", str(path), *options, *(["--", *rest] if rest else []))
        yield path


# --- the rule -----------------------------------------------------------------------------------------

_TEXTS = st.text(st.sampled_from([*"=+-@＝＋－＠'\" ,;\t\n\rab\ufeff\u200b\x00\u2028"]), max_size=12) | st.text()


@settings(deadline=None)
@given(st.lists(_TEXTS, min_size=1, max_size=60))
@example([*CELLS])
def test_what_is_disarmed_is_no_formula_and_can_be_had_back(texts: list[str]) -> None:
    texts = [text.encode("utf-8", "replace").decode() for text in texts]
    for text in texts:
        safe = disarmed(text)
        assert restored(safe) == text
        assert not any(sheets.formulas(safe).values()), text
        # as it is, without quotes around it, or with them
        quoted = '"' + safe.replace('"', '""') + '"'
        assert not any(sheets.formulas(quoted).values()), text
    assert _disarmed(pa.array(texts)).to_pylist() == [disarmed(text) for text in texts]
    assert disarmed_within({"a": [texts, -5, None]}) == {"a": [[disarmed(text) for text in texts], -5, None]}


@pytest.mark.parametrize("text", ["a", "", "a-b", "a = b", "mit;apache-2.0", "text-generation", "a, \"b\"", "it's", "1-2", "a/b-c", "2024-01-02T03:04:05Z"])  # fmt: skip
def test_ordinary_texts_stay_as_they_are(text: str) -> None:
    assert disarmed(text) == restored(text) == text


def test_numbers_stay_numbers() -> None:
    table = pa.table({"n": [-5], "x": [-0.5], "text": ["-5"], "list": [[-5, 5]], "map": [{"a": -1, "b": "-1"}]})
    for kind, between in (("csv", ","), ("tsv", "\t")):
        text = render(table, kind, Output(safe_csv=True))
        _, row = csv.reader(io.StringIO(text), delimiter=between, quoting=csv.QUOTE_MINIMAL)
        assert row == ["-5", "-0.5", "'-5", "[-5, 5]", '{"a": -1, "b": "\'-1"}'] or kind == "tsv"
        assert text.split("\n")[1].startswith(between.join(["-5", "-0.5", "'-5", ""]))


# --- where the cells are ------------------------------------------------------------------------------


def test_every_column_of_text_holds_what_it_can(snapshot: Session) -> None:
    kinds = {name: {f.name for f in schema if pa.types.is_string(f.type) or pa.types.is_list(f.type)} for name, schema in TABLES.items()}  # fmt: skip
    assert kinds == {name: set(columns) for name, columns in LANDS.items()}
    wanted = {text.strip() for text in CELLS}
    for name, columns in LANDS.items():
        table = snapshot.snapshot.table(name, [*columns])
        for column, holds in columns.items():
            values = {text for value in table.column(column).to_pylist() for text in (value if isinstance(value, list) else [value]) if text}  # fmt: skip
            armed = {text for text in values if sheets.formula(text)}
            if holds == ANY:
                assert len({text.strip() for text in values} & wanted) > 200, (name, column)
            elif holds == ID:
                assert armed and all(text.startswith("-") for text in armed), (name, column)
            else:
                assert not armed, (name, column)


def test_every_command_that_prints_rows_is_here() -> None:
    def commands(group: click.Group, above: tuple[str, ...] = ()) -> Iterator[tuple[str, ...]]:
        for name, command in group.commands.items():
            if isinstance(command, click.Group) and name != "trend":
                yield from commands(command, (*above, name))
            if any(option.name == "safe_csv" for option in command.params):
                yield (*above, name)

    # export: its tables below; trend is asked with another command's name
    known = {line[:1] for line in LINES.values()} | OUTSIDE.keys() | {("export",)}
    assert {one for one in commands(main) if one not in known} == set()


# --- every way out, by a plain reader ------------------------------------------------------------------


def test_no_file_of_rows_holds_a_formula(snapshot: Session, tmp_path: Path) -> None:
    for kind in ("csv", "tsv"):
        for path in written(snapshot, tmp_path, kind, "--safe-csv", "-q"):
            found = sheets.formulas(path.read_text("utf-8"))
            assert not any(found.values()), (path.name, found)


def test_without_disarming_there_are_formulas_and_it_is_said(snapshot: Session, tmp_path: Path) -> None:
    line, path = ("shares", "--by", "licence", "--all"), tmp_path / "x.csv"
    said = run(snapshot, *line, "-o", str(path))
    assert all(sheets.formulas(path.read_text("utf-8")).values())
    assert said == "texts in key: some look like formulas, which a spreadsheet would run; --safe-csv disarms them\n"
    assert run(snapshot, *line, "--format", "csv") == said
    assert run(snapshot, *line, "-o", str(tmp_path / "x.tsv")) == said
    for quiet in (("--format", "csv", "-q"), ("--format", "csv", "--safe-csv"), ("--format", "tsv"), ("--format", "json")):  # fmt: skip
        assert "formulas" not in run(snapshot, *line, *quiet)


def exported(session: Session, folder: Path, *options: str) -> list[Path]:
    run(session, "export", str(folder), "--as", "csv", "-q", *options)
    return sorted(folder.glob("*.csv"))


def test_exported_tables_hold_no_formula_and_are_had_back(snapshot: Session, tmp_path: Path) -> None:
    for path in exported(snapshot, tmp_path / "safe"):
        found = sheets.formulas(path.read_text("utf-8"))
        assert not any(found.values()), (path.name, {key: some[:3] for key, some in found.items()})
        schema, rows = TABLES[path.stem], snapshot.snapshot.table(path.stem).to_pylist()
        with path.open(encoding="utf-8", newline="") as file:
            for row, cells in zip(rows, csv.DictReader(file), strict=True):
                for column in LANDS[path.stem]:
                    if pa.types.is_list(schema.field(column).type):
                        assert [restored(text) for text in json.loads(cells[column] or "[]")] == (row[column] or [])
                    else:
                        kept = re.sub("[\x00-\x08\x0b-\x1f\x7f-\x9f]", "\ufffd", row[column] or "")
                        assert restored(cells[column]) == kept
    assert any(sheets.formulas(exported(snapshot, tmp_path / "armed", "--no-safe-csv")[-1].read_text("utf-8")).values())


def test_files_for_the_import_of_neo4j_have_texts_as_they_are(snapshot: Session, tmp_path: Path) -> None:
    run(snapshot, "export", str(tmp_path / "for"), "--as", "neo4j-admin", "-q")
    with (tmp_path / "for" / "models.csv").open(encoding="utf-8", newline="") as file:
        told = {cell for row in csv.reader(file) for cell in row}
    tasks = snapshot.snapshot.table("models", ["pipeline_tag"]).column(0).drop_null().to_pylist()
    assert {text for text in tasks if "\r" not in text and "\x00" not in text} <= told | {"x\r\n=1+1"}
    assert any(sheets.formula(text) for text in told)


# --- what pages save ----------------------------------------------------------------------------------


def saved(session: Session, browser: Browser, name: str, folder: Path) -> dict[str, str]:
    """The TSV files that a page gives, by name."""
    path = folder / f"{name}.html"
    run(session, *PAGES[name], "-o", str(path))
    tab: Tab = browser.open(path, trap=KEEP)
    tab.value("document.querySelectorAll('details').forEach(each => { each.open = true; })")
    tab.value("[...document.querySelectorAll('button')].filter(b => b.textContent.startsWith('Save table')).forEach(b => b.click())")  # fmt: skip
    names = tab.value("Object.keys(window.kept)")
    found = {each: tab.value(f"window.kept[{json.dumps(each)}].text()") for each in names if each.endswith(".tsv")}
    tab.close()
    return found


def test_what_a_page_saves_holds_no_formula(snapshot: Session, browser: Browser, tmp_path: Path) -> None:
    (text,) = saved(snapshot, browser, "family", tmp_path).values()
    assert not any(sheets.formulas(text).values())
    rows = list(csv.DictReader(io.StringIO(text), delimiter="\t", quoting=csv.QUOTE_NONE))
    assert {"'-A1/x", "h1/m1"} <= {row["id"] for row in rows}
    # the rule in the page is the rule
    tab = browser.open(tmp_path / "family.html", trap=KEEP)
    texts = [text for text in CELLS if not re.search(r"[\t\r\n\v\f\x85\u2028\u2029]|^-?\d[\d.]*$", text)]
    tab.value(f"lineage.tsv('x.tsv', [], {json.dumps([[text] for text in texts])})")
    tab.value("lineage.tsv('n.tsv', [], [[-5, '-5', '-0.5', '-5a']])")
    assert tab.value("window.kept['x.tsv'].text()") == "\n" + "".join(disarmed(text) + "\n" for text in texts)
    assert tab.value("window.kept['n.tsv'].text()") == "\n-5\t-5\t-0.5\t'-5a\n"
    tab.close()


# --- LibreOffice --------------------------------------------------------------------------------------


@pytest.mark.soak
def test_libreoffice_runs_nothing_of_ours(snapshot: Session, browser: Browser, tmp_path: Path) -> None:
    safe, armed = tmp_path / "safe", tmp_path / "armed"
    for folder in (safe, armed):
        folder.mkdir()
    files = [path for kind in ("csv", "tsv") for path in written(snapshot, safe, kind, "--safe-csv", "-q")]
    files += exported(snapshot, safe / "tables")
    for name in PAGES:
        for place, text in enumerate(saved(snapshot, browser, name, tmp_path).values()):
            (path := safe / f"page-{name}-{place}.tsv").write_text(text, "utf-8")
            files.append(path)
    plain = [path for kind in ("csv", "tsv") for path in written(snapshot, armed, kind, "-q")]
    plain += exported(snapshot, armed / "tables", "--no-safe-csv")
    assert len(files) > 80 and any(path.name.startswith("page-") for path in files)
    seconds, peak, cells, canaries = 0.0, 0, 0, 0
    for separators in sheets.PARTED:
        found = sheets.opened(files, separators, tmp_path)
        assert {name: some for name, some in found.formulas.items() if some} == {}, repr(separators)
        assert all(found.cells.values())
        cells += sum(map(len, found.cells.values()))
        # The same rows with texts as they are run, and no reader is so plain that it would miss one.
        canary = sheets.opened(plain, separators, tmp_path)
        assert sum(map(len, canary.formulas.values())) > 50, repr(separators)
        for path in plain:
            many = len(sheets.formulas(path.read_text("utf-8"))[separators])
            assert len(canary.formulas[path.name]) <= many, (path.name, repr(separators))
        canaries += sum(map(len, canary.formulas.values()))
        seconds, peak = seconds + found.seconds + canary.seconds, max(peak, found.peak, canary.peak)
    print(f"S5: {len(files)} files in {len(sheets.PARTED)} readings, {cells:,} cells, 0 formulas")
    print(f"texts as they are: {canaries:,} formulas; {seconds:.0f} s of CPU, {peak} MB at most")


@pytest.mark.soak
def test_libreoffice_reads_numbers_as_numbers(snapshot: Session, tmp_path: Path) -> None:
    path = tmp_path / "numbers.csv"
    run(snapshot, *LINES["numbers"], "--safe-csv", "-o", str(path))
    found = sheets.opened([path], ",", tmp_path)
    assert found.cells == {path.name: ["text", "n", "x", "'-5", "-5", "-0.5"]}
