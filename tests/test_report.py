"""`lineage report` as text: its numbers are those of the commands, in all three formats, and every line in it runs."""

import json
import re
import shlex
from html.parser import HTMLParser
from typing import Any

import pytest
from click.testing import CliRunner, Result
from markdown_it import MarkdownIt

from lineage.commands import main
from lineage.session import Session
from lineage.views import wording
from lineage.views.charts.marks import drawing
from lineage.views.reports import cells
from lineage.views.reports.document import Column, Mark, top_of
from lineage.views.reports.markdown import _text
from tests.conftest import Build
from tests.families import HOSTILE

MARKDOWN = MarkdownIt("commonmark").enable("table")


def lineage(*arguments: str, code: int = 0) -> Result:
    done = CliRunner().invoke(main, arguments)
    assert done.exit_code == code, (arguments, done.output)
    return done


def ask(line: str) -> list[dict[str, Any]]:
    """The rows that a printed line gives."""
    words = shlex.split(line)
    assert words[0] == "lineage"
    at = words.index("--") if "--" in words else len(words)
    return json.loads(lineage(*words[1:at], "--format", "json", *words[at:]).stdout)["rows"]


class Tables(HTMLParser):
    """The tables of a page: by id the lines, each a list of (text, exact value or None)."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.found: dict[str, list[list[tuple[str, str | None]]]] = {}
        self.tags: set[str] = set()
        self.links: list[str] = []
        self.attributes: set[str] = set()
        self._table, self._cell = "", False
        self.feed(text)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        given = dict(attrs)
        self.tags.add(tag)
        self.attributes |= set(given)
        if tag == "a":
            self.links.append(given["href"] or "")
        if tag == "figure":
            self._table = given["id"] or ""
        if tag == "tr":
            self.found.setdefault(self._table, []).append([])
        if tag in ("td", "th"):
            self._cell = True
            self.found[self._table][-1].append(("", None))
        if tag == "data":
            self.found[self._table][-1][-1] = ("", given["value"])

    def handle_endtag(self, tag: str) -> None:
        if tag in ("td", "th"):
            self._cell = False

    def handle_data(self, data: str) -> None:
        if self._cell:
            text, exact = self.found[self._table][-1][-1]
            self.found[self._table][-1][-1] = (text + data.strip("\n"), exact)


def markdown_tables(text: str) -> list[list[list[str]]]:
    """The tables of a text as a reader of Markdown sees them: lines of cells."""
    tables: list[list[list[str]]] = []
    for token, inner in zip(tokens := MARKDOWN.parse(text), tokens[1:], strict=False):
        if token.type == "table_open":
            tables.append([])
        elif token.type == "tr_open":
            tables[-1].append([])
        elif token.type in ("td_open", "th_open"):
            tables[-1][-1].append("".join(c.content for c in inner.children or []))
    return tables


def tables_of(report: dict[str, Any]) -> list[dict[str, Any]]:
    return [part for section in report["sections"] for part in section["parts"] if part["kind"] == "table"]


@pytest.fixture(scope="module")
def texts(sample: Session) -> dict[str, str]:
    return {form: sample.report(form) for form in ("html", "markdown", "json")}


@pytest.fixture(autouse=True)
def _home(sample: Session, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("LINEAGE_HOME", str(sample.catalog.root))


def said(table: dict[str, Any]) -> list[list[str]]:
    """The cells of a table of the JSON as the other formats are to show them."""
    columns = [Column(c["name"], c["title"], c["is"]) for c in table["columns"]]
    return [[cells.shown(column, row[column.name]) for column in columns] for row in table["rows"]]


def test_the_page_and_the_markdown_have_the_numbers_of_the_json(texts: dict[str, str]) -> None:
    tables = tables_of(json.loads(texts["json"]))
    page, marked = Tables(texts["html"]).found, markdown_tables(texts["markdown"])
    assert len(tables) == len(marked) > 20 and [t["number"] for t in tables] == list(range(1, len(tables) + 1))
    for table, lines in zip(tables, marked, strict=True):
        wanted = said(table)
        grouped = len(lines[0]) - len(table["columns"])
        assert [line[grouped:] for line in lines[1:]] == wanted, table["name"]
        shown = [line for line in page[table["name"]][1:] if len(line) >= len(wanted[0])]
        assert [[text for text, _ in line[: len(wanted[0])]] for line in shown] == wanted, table["name"]
        for row, line in zip(table["rows"], shown, strict=True):
            for column, (_, exact) in zip(table["columns"], line, strict=False):
                if column["is"] in ("share", "index") and row[column["name"]] is not None:
                    assert float(exact or "nan") == row[column["name"]]


def test_every_line_gives_the_rows_of_its_table(texts: dict[str, str]) -> None:
    answers: dict[str, list[dict[str, Any]]] = {}
    checked = 0
    for table in tables_of(json.loads(texts["json"])):
        for line in table["commands"]:
            answers.setdefault(line, ask(line))
        rows = [row for line in table["commands"] for row in answers[line]]
        if table["name"] in (
            "table-rules",
            "table-kinds",
            "table-together",
            "table-flows",
            "table-holds",
            "table-care",
        ):
            continue  # turned or added up: held by tests of their own
        fields = [c["name"] for c in table["columns"] if rows and c["name"] in rows[0]]
        mine = [tuple(map(str, (row[f] for f in fields))) for row in table["rows"]]
        theirs = [tuple(map(str, (row[f] for f in fields))) for row in rows]
        if table["name"] in ("table-check-rules", "table-servers"):  # some of the rows
            assert set(mine) <= set(theirs)
        else:
            known = [r for r, row in zip(theirs, rows, strict=True) if row.get("denominator", 1) is not None]
            assert mine == known, table["name"]
        assert len(fields) >= 2
        checked += 1
    assert checked > 15


def test_every_line_of_the_list_runs(texts: dict[str, str]) -> None:
    report = json.loads(texts["json"])
    section = next(s for s in report["sections"] if s["name"] == "again")
    lines = next(part["commands"] for part in section["parts"] if part["kind"] == "commands")
    printed = {line for table in tables_of(report) for line in table["commands"]}
    assert printed <= set(lines) and len(lines) == len(set(lines))
    for line in sorted(set(lines) - printed):
        ask(line)


def test_the_rules_side_by_side_are_the_rows_of_each_command(texts: dict[str, str]) -> None:
    table = next(t for t in tables_of(json.loads(texts["json"])) if t["name"] == "table-rules")
    assert len(table["commands"]) == 12 and len(table["rows"]) == 24
    mine = {(r["of"].split(":")[0], r["rule"], b, r[f"numerator_{b}"], r[f"share_{b}"]) for r in table["rows"]
            for b in ("declared", "stated", "inferred")}  # fmt: skip
    words = {"all": "All models", "with-lineage": "Models that name a base", "gguf": "Models tagged gguf",
             "text-generation": "Models that write text"}  # fmt: skip
    theirs = {(words[r["frame"]], r["rule"], r["basis"], r["numerator"], r["share"])
              for line in table["commands"] for r in ask(line)}  # fmt: skip
    assert mine == theirs


def test_what_is_added_up_is_the_whole(texts: dict[str, str]) -> None:
    tables = {t["name"]: t for t in tables_of(json.loads(texts["json"]))}
    for row, line in zip(tables["table-kinds"]["rows"], tables["table-kinds"]["commands"], strict=True):
        rows = ask(line)
        assert rows[-1]["publisher"] == "(total)" and rows[-1]["hhi"] == row["hhi"]
        assert {k: sum(r["downloads"] for r in rows[:-1] if r["kind"] == k) for k in ("own", "intermediary")} == {
            k: row[k] for k in ("own", "intermediary")
        }
        assert sum(row[kind] for kind in ("own", "owner", "intermediary", "other")) == row["denominator"]
    lines = {row["publisher"]: row for row in tables["table-flows"]["rows"]}
    total = lines.pop("(total)")
    assert sum(row["downloads"] for row in lines.values()) == total["downloads"] == 1_368_390_199
    by_kind: dict[str, int] = dict.fromkeys(("own", "owner", "intermediary", "other"), 0)
    for row in ask(tables["table-flows"]["commands"][0]):
        if row["key"] != "(none)":
            by_kind[row["server_kind"]] += row["downloads"]
    assert {kind: total[kind] for kind in by_kind} == by_kind
    info = ask("lineage info --snapshot sample")[0]
    for name in ("table-holds", "table-care"):
        assert all(row["count"] == info[row["field"]] for row in tables[name]["rows"])
    for name in ("family", "format", "licence", "country", "type", "relation", "publisher", "origin"):
        table = tables["table-families" if name == "family" else f"table-by-{name}"]
        assert sum(row["numerator"] for row in table["rows"]) == 1_368_390_199, name


def test_the_summary_says_numerator_and_denominator(texts: dict[str, str]) -> None:
    summary = json.loads(texts["json"])["summary"]
    assert len(summary) == 5
    assert "24,558,961 of 1,368,390,199 downloads (1.8 %)" in summary[0].replace("\u00a0", " ")
    assert "5,033,879 of 29,208,882 downloads (17.2 %) of models tagged gguf" in summary[0].replace("\u00a0", " ")
    for sentence in summary:
        assert sentence in texts["html"].replace("&#x27;", "'") and _text(sentence) in texts["markdown"]


def test_the_same_snapshot_is_the_same_bytes(sample: Session, texts: dict[str, str]) -> None:
    for form, text in texts.items():
        assert sample.report(form) == text


@pytest.mark.parametrize("name", ["sample", "sample_gguf"])
def test_a_page_is_small(name: str, request: pytest.FixtureRequest) -> None:
    assert len(request.getfixturevalue(name).report().encode()) <= 500_000


# --- what a snapshot does not have -----------------------------------------------------------------------


@pytest.mark.parametrize(
    "rows",
    [
        [{"id": "a/b", "tags": ["base_model:c/d", "base_model:finetune:c/d"]}],
        [{"id": "a/b", "downloads": 0}],
        [{"id": "a/b", "downloads": 7, "tags": ["gguf"], "pipeline_tag": "text-generation"}],
        [{"id": "gpt2", "downloads": 5}, {"id": "x/y", "downloads": 3, "tags": ["base_model:gpt2"]}],
    ],
    ids=["no downloads", "none downloaded", "one model", "ownerless"],
)
def test_a_small_snapshot_still_has_a_report(build_rows: Build, rows: list[dict[str, Any]]) -> None:
    session = build_rows(rows)
    for form in ("html", "markdown", "json"):
        assert len(session.report(form)) > 5_000
    report = json.loads(session.report("json"))
    assert len(report["summary"]) == 5 and len(report["sections"]) == 11
    if "downloads" not in rows[0]:
        assert all("downloads" in sentence for sentence in report["summary"])
        lacking = [p for s in report["sections"] for p in s["parts"] if p["kind"] == "prose" and p["is"] == "lacks"]
        assert any("needs the column downloads" in sentence for p in lacking for sentence in p["sentences"])


# --- names of strangers ----------------------------------------------------------------------------------


@pytest.fixture
def hostile(build_rows: Build) -> Session:
    rows = []
    for place, name in enumerate([*HOSTILE, "evil/`a``b|c`|[x](http://e.org)", "-x/--option", "@octocat/#1 www.e.org"]):
        base = HOSTILE[place % 3]
        rows.append(
            {
                "id": name,
                "downloads": 1000 - place,
                "pipeline_tag": name,
                "library_name": name,
                "tags": [f"license:{name}", f"base_model:{base}", f"base_model:quantized:{base}", name, "gguf"],
                "cardData": {"license": name, "base_model": base, "quantized_by": name},
            }
        )
        rows.append({"id": f"plain/m{place}", "downloads": 9, "cardData": {"license": name, "base_model": name}})
    return build_rows(rows, name="x <b>`|$(id)")


def test_hostile_names_stay_text_on_the_page(hostile: Session) -> None:
    text = hostile.report("html")
    page = Tables(text)
    assert not page.tags & {"script", "img", "iframe", "object"}
    assert not {a for a in page.attributes if a.startswith("on") or a in ("style", "src", "formaction")}
    assert all(re.fullmatch(r"#[a-z0-9-]+|https://huggingface\.co/[A-Za-z0-9._/-]+", link) for link in page.links)
    assert text == wording.clean(text.replace("\n", "")) or "\u202e" not in text
    assert "&lt;img src=x onerror=alert(1)&gt;" in text


def test_hostile_names_stay_text_in_markdown(hostile: Session) -> None:
    text = hostile.report("markdown")
    report = json.loads(hostile.report("json"))
    marked = markdown_tables(text)
    tables = tables_of(report)
    assert len(marked) == len(tables)
    for table, lines in zip(tables, marked, strict=True):
        grouped = len(lines[0]) - len(table["columns"])
        assert [line[grouped:] for line in lines[1:]] == said(table), table["name"]
    for token in MARKDOWN.parse(text):
        for inner in [token, *(token.children or [])]:
            assert inner.type != "image"
            if inner.type in ("html_block", "html_inline"):
                assert re.fullmatch(r'(<a id="[a-z0-9-]+">)?(</a>)?', inner.content.strip()), inner.content
            if inner.type == "link_open":
                assert re.fullmatch(r"#[a-z0-9-]+", str(inner.attrs["href"]))
    assert not set(text) & set("\u202e\u200b\u0007\x1b\ufeff\u2028")


def test_hostile_names_stay_arguments(hostile: Session, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("LINEAGE_HOME", str(hostile.catalog.root))
    lines = {line for table in tables_of(json.loads(hostile.report("json"))) for line in table["commands"]}
    assert any(" -- " in line for line in lines)
    for line in sorted(lines):
        ask(line)


def test_three_hundred_long_names_are_within_bounds(build_rows: Build) -> None:
    rows = [
        {"id": f"{'a' * 60}{n:03}/{'b' * 96}", "downloads": n, "cardData": {"license": "l" * 90 + str(n)}}
        for n in range(300)
    ]
    rows += [
        {"id": f"{'c' * 60}{n:03}/{'d' * 96}", "downloads": 3, "cardData": {"base_model": rows[n]["id"]}}
        for n in range(300)
    ]
    assert len(build_rows(rows).report().encode()) <= 500_000


# --- small parts -----------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (0.017947337695, "1.79 %"),
        (0.00004, "< 0.01 %"),
        (0.99999, "> 99.99 %"),
        (1.0, "100.00 %"),
        (0.0, "0.00 %"),
        (0.000050, "0.01 %"),
    ],
)
def test_a_share_is_rounded_half_up(value: float, text: str) -> None:
    assert cells.percent(value).replace("\u00a0", " ") == text


def test_marks_stand_where_their_numbers_are() -> None:
    mark = Mark("bar", "", ("share",), 0.5)
    assert 'width="58.0"' in drawing(mark, {"share": 0.25, "key": "a"}) and "rest" in drawing(
        mark, {"share": 0.1, "key": "(others)"}
    )
    assert drawing(mark, {"share": None}) == ""
    assert (
        top_of([{"a": 0.21}, {"a": None}], "a") == 0.5 and top_of([], "a") == 1.0 and top_of([{"a": 0.2}], "a") == 0.2
    )
