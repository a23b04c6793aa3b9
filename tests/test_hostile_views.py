"""Hostile text in every field of a snapshot, through every writer: it is shown as text, and does nothing.

The table of writers is `tests/hostile_views.py`. Where one run shows the whole snapshot it shows all texts; what is
about one model runs for some of the texts in `make test`, for others in each view, and for all in `make soak`, where
also every element of a page is touched.
"""

import csv
import io
import json
import re
from collections.abc import Iterator
from pathlib import Path

import click
import pytest
from click.testing import CliRunner
from markdown_it import MarkdownIt

from lineage.commands import main
from lineage.ids import is_id, named, normalise
from lineage.screen import visible
from lineage.session import Session
from tests import canary, foreign, hostile_snapshot
from tests.browser import TRAP, Browser, missing
from tests.hostile_snapshot import ROOT, honest, in_account, in_name
from tests.hostile_texts import TENTH, TEXTS, Hostile
from tests.hostile_views import KINDS, OUTSIDE, VIEWS, View
from tests.looking import built_well, read

#: What a reader looks for: one text of each of these would run if what was found were written as it is.
SEARCHED = [one.text for one in TEXTS if one.sink in ("body", "double", "odd")][::9]

WHOLE = [view for view in VIEWS if not view.about]
WHOLE_LATER = [pytest.param(view, marks=pytest.mark.soak if view.heavy else (), id=view.name) for view in WHOLE]
ABOUT = [view for view in VIEWS if view.about]

#: Elements of a page that are touched in `make test`, and in `make soak`.
SOME, ALL = 500, 4000


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("hostile")


@pytest.fixture(scope="module")
def forged(home: Path) -> Session:
    """Hostile everywhere, ids as well."""
    return hostile_snapshot.forged(home)


@pytest.fixture(scope="module")
def ids(forged: Session) -> set[str]:
    return set(forged.snapshot.table("models", ["id"]).column(0).to_pylist())


def run(snapshot: Session, view: View, folder: Path, *, model: str = "", publisher: str = "", code: int = 0) -> str:
    """What a command writes, as a pipe gets it; its page where it writes one."""
    file = folder / ("page.html" if view.kind == "html" else f"page.{view.kind}")
    made = folder / "made"
    words = {"{model}": model, "{publisher}": publisher, "{file}": str(file), "id={model}": f"id={model}"}
    words["{folder}"] = str(made)
    line = [words.get(word, word) for word in view.line]
    named = [words[word] for word in view.line if word in ("{model}", "{publisher}") and words[word].startswith("-")]
    if named:  # as a person has to write an argument that begins like an option
        line = [word for word in line if word not in named] + ["--", *named]
    where = {"LINEAGE_HOME": str(snapshot.catalog.root), "LINEAGE_SNAPSHOT": str(snapshot.snapshot.folder)}
    done = CliRunner().invoke(main, line, env=where)
    assert done.exit_code == code, (line, done.output[-2000:])
    assert not canary.obeyed(done.stderr), line
    if "{folder}" in view.line:
        if view.kind == "tables":
            return json.dumps({path.name: path.read_text("utf-8") for path in sorted(made.glob("*.csv"))})
        return next(made.glob(f"*.{view.kind}")).read_text("utf-8")
    if "{file}" in view.line:
        assert not canary.obeyed(done.stdout)
        return file.read_text("utf-8")
    return done.stdout


#: Files for programs: in those a sign that is not seen is a value like another.
VALUES = ("csv", "tables", "mermaid", "dot", "dotfile", "graphml", "gexf", "values")

#: What is opened in a browser.
SEEN = ("html", "markdown", "document", "dot", "mermaid")

# --- what each kind of output must be -----------------------------------------------------------------


def look(kind: str, text: str, folder: Path, browser: Browser | None, touches: int = SOME) -> None:
    """Fails where a text that a command wrote does something. What Mermaid makes of it: `look_at_mermaid`."""
    if kind == "html":
        look_at_page(text, folder, browser, touches)
        return
    if kind == "tables":
        for table in json.loads(text).values():
            look("csv", table, folder, browser)
        return
    assert not canary.obeyed(text)
    if kind not in VALUES:
        assert not canary.unseen(text)
    if kind == "json":
        assert json.loads(text)["rows"] is not None
    elif kind == "jsonl":
        assert all(isinstance(json.loads(line), dict) for line in text.split("\n")[:-1])
    elif kind in ("csv", "tsv"):
        rows = list(csv.reader(io.StringIO(text))) if kind == "csv" else [x.split("\t") for x in text.split("\n")[:-1]]
        assert len({len(row) for row in rows}) == 1
    elif kind == "markdown":
        look_at_markdown(text, folder, browser)
    elif kind == "document":
        look_at_document(text, folder, browser)
    elif kind == "dot":
        foreign.graphviz(text, folder, browser) if canary.has_dot() else missing("no Graphviz on this machine")
    elif kind in ("graphml", "gexf"):
        assert foreign.xml(text, kind).number_of_nodes() > 0
    elif kind == "values":
        assert json.loads(text)


def look_at_page(text: str, folder: Path, browser: Browser | None, touches: int) -> None:
    assert built_well(text) == []
    path = folder / "page.html"
    path.write_text(text, "utf-8")
    if browser is not None:
        assert read(browser, path, SEARCHED[: 1 if touches == SOME else 3], touches) == []


def look_at_mermaid(texts: list[str], folder: Path, browser: Browser) -> None:
    """Strict, as GitHub has it, and loose, as nobody should: it draws, nothing runs, links lead to the Hub."""
    for level in ("strict", "loose"):
        shown, deeds = foreign.mermaid(texts, folder, browser, level)
        assert not [error for error in shown if isinstance(error, str)]
        assert deeds == [], level


#: The only markup of ours in Markdown: a place to link to.
OUR_ANCHOR = re.compile(r'(<a id="[a-z0-9-]+">|</a>|\s)+')


def look_at_document(text: str, folder: Path, browser: Browser | None) -> None:
    """Markdown with headings, lists and links to the Hub: what the renderer makes of it is quiet, and HTML in it is text."""
    for raw in (False, True):
        renderer = MarkdownIt("commonmark", {"html": raw}).enable("table")
        renderer.validateLink = lambda url: True  # type: ignore[method-assign]
        tokens = renderer.parse(text)
        inner = [each for token in tokens for each in token.children or []]
        markup = [each.content for each in [*tokens, *inner] if each.type in ("html_block", "html_inline", "image")]
        assert not [each for each in markup if not OUR_ANCHOR.fullmatch(each)]
        for link in inner:
            assert link.type != "link_open" or re.match(r"https://|#", str(link.attrs["href"])), link.attrs
    if browser is not None:
        path = folder / "document.html"
        path.write_text("<!doctype html><meta charset=utf-8>" + renderer.render(text), "utf-8")
        tab = browser.open(path, trap=TRAP)
        assert tab.did() == []
        tab.close()


#: What a renderer may make of a table of ours.
TABLE = {"table", "thead", "tbody", "tr", "th", "td"}


def look_at_markdown(text: str, folder: Path, browser: Browser | None) -> None:
    for raw in (False, True):
        renderer = MarkdownIt("commonmark", {"html": raw}).enable("table")
        renderer.validateLink = lambda url: True  # type: ignore[method-assign]
        tokens = renderer.parse(text)
        inner = {each.type for token in tokens for each in token.children or []}
        assert inner <= {"text", "text_special"}, inner
        assert {token.tag for token in tokens} <= TABLE | {""}
        assert not [token for token in tokens if token.type == "html_block"]
        if browser is not None and raw:
            path = folder / "markdown.html"
            path.write_text("<!doctype html><meta charset=utf-8>" + renderer.render(text), "utf-8")
            tab = browser.open(path, trap=TRAP)
            assert tab.did() == []
            tab.close()


# --- the snapshot -------------------------------------------------------------------------------------


def test_every_command_is_in_the_table_of_writers():
    def commands(group: click.Group, above: tuple[str, ...] = ()) -> Iterator[tuple[str, ...]]:
        for name, command in group.commands.items():
            if isinstance(command, click.Group):
                yield from commands(command, (*above, name))
            else:
                yield (*above, name)

    known = {view.command for view in VIEWS} | OUTSIDE.keys()
    assert {view.kind for view in VIEWS} <= set(KINDS)
    assert set(commands(main)) - known == set()


def test_what_the_reader_rejects_is_counted(tmp_path: Path):
    session, done = hostile_snapshot.built(tmp_path)
    there = set(session.snapshot.table("models", ["id"]).column(0).to_pylist())
    good = [id for one in TEXTS for id in (in_name(one), in_account(one)) if is_id(id)]
    assert done.rejected == {"bad-id": 2 * len(TEXTS) - len(good)}
    assert {ROOT, *map(honest, TEXTS), *good} <= there
    # A base that nobody has comes through where it has the form of an id; all others are claims with a reason.
    claims = session.snapshot.table("claims", ["base_as_written", "outcome", "reason"]).to_pylist()
    written = {claim["base_as_written"] for claim in claims}
    assert {one.text.encode("utf-8", "replace").decode() for one in TEXTS} - {
        text.replace("\ufffd", "?") for text in written
    } <= {one.text.encode("utf-8", "replace").decode() for one in TEXTS if one.sink in ("unseen", "terminal", "odd")}
    assert {c["base_as_written"] for c in claims if c["outcome"] == "rejected"} >= {
        one.text for one in TEXTS if one.sink == "body" and not named(one.text)[0][0]
    }
    models = session.snapshot.table("models", ["id", "licences", "pipeline_tag", "library", "produced_by"]).to_pylist()
    by_id = {row["id"]: row for row in models}
    for one in TEXTS:
        if one.sink == "body":
            row = by_id[honest(one)]
            assert row["licences"] == [one.text]
            assert {row["pipeline_tag"], row["library"], row["produced_by"]} == {one.text}
    # Nothing of it is shown as it is by what the build said.
    assert not canary.obeyed(str(done.card_problems))


def test_the_forged_one_holds_everything_everywhere(ids: set[str]):
    lacking = [one for one in TEXTS for id in (in_name(one), in_account(one)) if id not in ids]
    # halves of pairs are no text in UTF-8; `..` is no part of an id under any rules
    assert {one.text for one in lacking} == {
        one.text for one in TEXTS if "\ud800" in one.text or "\udc00" in one.text or ".." in one.text
    }


# --- through every writer -----------------------------------------------------------------------------


@pytest.mark.parametrize("view", WHOLE_LATER)
def test_the_whole_snapshot_is_text(view: View, forged: Session, tmp_path: Path, request: pytest.FixtureRequest):
    browser = request.getfixturevalue("browser") if view.kind in SEEN else None
    look(view.kind, run(forged, view, tmp_path), tmp_path, browser)


@pytest.mark.soak
@pytest.mark.parametrize("view", [view for view in WHOLE if view.kind == "html"], ids=lambda view: view.name)
def test_every_element_of_a_page_is_touched(view: View, forged: Session, tmp_path: Path, browser: Browser):
    look(view.kind, run(forged, view, tmp_path), tmp_path, browser, ALL)


def test_mermaid_draws_every_diagram(forged: Session, ids: set[str], tmp_path: Path, browser: Browser):
    """All in one page, for Mermaid takes seconds to load."""
    texts = [run(forged, view, tmp_path) for view in WHOLE if view.kind == "mermaid"]
    for place, view in enumerate(view for view in ABOUT if view.kind == "mermaid"):
        texts += [run(forged, view, tmp_path, **one) for one in hostile_ones(TENTH[place::12], ids)]
    assert len(texts) > 10
    look_at_mermaid(texts, tmp_path, browser)


def test_nothing_is_lost(forged: Session, ids: set[str], tmp_path: Path):
    views = {view.name: view for view in VIEWS}
    rows = json.loads(run(forged, views["tree, json"], tmp_path))["rows"]
    assert {in_name(one) for one in TEXTS} & ids <= {row["id"] for row in rows}
    comma = list(csv.DictReader(io.StringIO(run(forged, views["tree, csv"], tmp_path))))
    assert len(comma) == len(rows)
    assert sorted(canary_free(row["id"]) for row in rows) == sorted(row["id"] for row in comma)
    tabs = run(forged, views["tree, tsv"], tmp_path).split("\n")[1:-1]
    place = list(rows[0]).index("id")
    assert sorted(visible(row["id"]) for row in rows) == sorted(line.split("\t")[place] for line in tabs)
    ids_only = View("ids", (*views["tree, markdown"].line, "--fields", "id"), "markdown")
    table = MarkdownIt("commonmark").enable("table").parse(run(forged, ids_only, tmp_path))
    shown = ["".join(part.content for part in token.children or []) for token in table if token.type == "inline"]
    blanks = lambda text: " ".join(text.split())  # noqa: E731
    assert {blanks(visible(row["id"])) for row in rows} <= {blanks(text) for text in shown}


def canary_free(text: str) -> str:
    """A cell of CSV: what a terminal would obey is gone, line ends and tabs stay."""
    gone = set(canary.obeyed(text))
    return "".join("\ufffd" if sign in gone else sign for sign in text)


def test_formulas_are_disarmed_where_asked(forged: Session, tmp_path: Path):
    for view in WHOLE:
        if view.kind in ("csv", "tsv"):
            text = run(forged, View(view.name, (*view.line, "--safe-csv"), view.kind), tmp_path)
            rows = csv.reader(io.StringIO(text)) if view.kind == "csv" else [x.split("\t") for x in text.split("\n")]
            for cell in (cell for row in rows for cell in row):
                assert not canary.formula(cell) or cell.lstrip("-").replace(".", "").isdigit(), (view.name, cell[:80])


@pytest.mark.parametrize("colour", ["always", "never"])
def test_a_terminal_obeys_only_our_own_colours(
    colour: str, forged: Session, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setenv("LINEAGE_COLOR", colour)
    for view in WHOLE:
        if view.kind == "table" and not view.heavy:
            text = run_coloured(forged, view)
            ours = re.sub("\x1b\\[[0-9;]*m", "", text)
            assert (text != ours) == (colour == "always" and text != "no rows\n"), view.name
            assert not canary.obeyed(ours), view.name
            assert not canary.unseen(ours), view.name


def run_coloured(snapshot: Session, view: View) -> str:
    line = ["--limit" if word == "--all" else word for word in view.line]
    line = [part for word in line for part in ((word, "60") if word == "--limit" else (word,))]
    where = {"LINEAGE_HOME": str(snapshot.catalog.root), "LINEAGE_SNAPSHOT": str(snapshot.snapshot.folder)}
    done = CliRunner().invoke(main, line, env=where)
    assert done.exit_code == 0, (line, done.output[-500:])
    return done.stdout


def hostile_ones(some: list[Hostile], ids: set[str]) -> Iterator[dict[str, str]]:
    """Hostile models and accounts, as `run` takes them."""
    for one in some:
        for id in (in_name(one), in_account(one)):
            if id in ids and normalise(id)[0] in (None, id):  # else another model is meant
                yield {"model": id, "publisher": id.partition("/")[0]}


def about(
    view: View, some: list[Hostile], snapshot: Session, ids: set[str], folder: Path, browser: Browser | None
) -> None:
    """What a view about a model or an account says of hostile ones."""
    # A value of -p that begins with @ names a file: such an id cannot be given so.
    by_value = "id={model}" in view.line
    ones = [one for one in hostile_ones(some, ids) if not (by_value and one["model"].startswith("@"))]
    texts = [run(snapshot, view, folder, **one) for one in ones]
    assert texts
    for text in texts:
        look(view.kind, text, folder, browser)
    if browser is not None and view.kind == "mermaid":
        look_at_mermaid(texts, folder, browser)


@pytest.mark.parametrize("view", ABOUT, ids=lambda view: view.name)
def test_one_hostile_model_is_text(
    view: View, forged: Session, ids: set[str], tmp_path: Path, request: pytest.FixtureRequest
):
    # A page takes a second, and Mermaid some to load; each view gets other texts.
    seen = view.kind in SEEN and view.kind not in ("markdown", "mermaid")
    every = 9 if seen else 4
    browser = request.getfixturevalue("browser") if seen else None
    about(view, TENTH[ABOUT.index(view) % every :: every], forged, ids, tmp_path, browser)


@pytest.mark.soak
@pytest.mark.parametrize("view", ABOUT, ids=lambda view: view.name)
def test_all_hostile_models_are_text(
    view: View, forged: Session, ids: set[str], tmp_path: Path, request: pytest.FixtureRequest
):
    browser = request.getfixturevalue("browser") if view.kind in SEEN and view.kind != "markdown" else None
    about(view, TEXTS, forged, ids, tmp_path, browser)


def test_a_model_that_is_not_there_is_a_sentence(forged: Session, tmp_path: Path):
    for view in ABOUT:
        if view.kind in ("html", "table") and "query" not in view.line:
            for one in TENTH[::3]:
                missing_one = f"nobody/{one.text}x"
                where = {"LINEAGE_HOME": str(forged.catalog.root), "LINEAGE_SNAPSHOT": str(forged.snapshot.folder)}
                line = [missing_one if word in ("{model}", "{publisher}") else word for word in view.line]
                done = CliRunner().invoke(main, line, env=where)
                assert done.exit_code == 3, (line, done.output)
                assert not canary.obeyed(done.stderr) and not canary.unseen(done.stderr)
                assert done.stdout == ""
