"""What an account hosts: the numbers are those of the commands, all adds up, the page is quiet and can be searched."""

import json
import re
from collections import defaultdict
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc
import pytest
from click.testing import CliRunner
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from lineage.answers.hosting import Hosting
from lineage.commands import main
from lineage.session import Session
from lineage.views.files.graphfiles import text as graph_text
from lineage.views.publisher import LISTED, SCRIPTS, publisher_page
from lineage.views.publisher_drawn import BASES, FORMATS, sankey
from tests.browser import Browser
from tests.families import HOSTILE
from tests.test_browser import TRAP
from tests.test_page import Page

ACCOUNTS = ("TheBloke", "meta-llama", "unsloth", "johnsnowlabs", "openai-community")


def rows_of(session: Session, *arguments: str) -> list[dict[str, Any]]:
    """What a command prints as JSON."""
    done = CliRunner().invoke(
        main, [*arguments, "--snapshot", str(session.snapshot.folder), "--format", "json", "--all"]
    )
    return json.loads(done.stdout)["rows"]


def slow(session: Session, name: str) -> dict[str, Any]:
    """Who hosts what was made from the models of an account, edge by edge."""
    models = {row["id"]: row for row in session.snapshot.table("models").to_pylist()}
    made: dict[str, set[str]] = defaultdict(set)
    again: set[str] = set()
    for edge in session.snapshot.table("edges").to_pylist():
        child, base = models[edge["child"]], models[edge["base"]]
        if edge["basis"] != "declared" or base["publisher"] != name or child["publisher"] == name:
            continue
        made[child["publisher"]].add(child["id"])
        again |= {child["id"]} if edge["relation"] in ("quantized", "copy") else set()
    return {
        account: (
            sum(models[id]["downloads"] or 0 for id in ids),
            len(ids),
            sum(models[id]["downloads"] or 0 for id in ids & again),
        )
        for account, ids in made.items()
    }


@pytest.mark.parametrize("name", ACCOUNTS)
def test_what_it_says_is_what_the_commands_say(sample: Session, name: str):
    found = sample.hosting_of(name)
    told = rows_of(sample, "publisher", name)
    assert found.rows.select(["base", "downloads", "models", "through_it", "family_downloads"]).to_pylist() == [
        {key: row[key] for key in ("base", "downloads", "models", "through_it", "family_downloads")} for row in told
    ]
    total = told[-1]
    assert pc.sum(found.through["downloads"]).as_py() == total["downloads"]
    assert pc.sum(found.repositories["downloads"]).as_py() == total["downloads"]
    assert found.repositories.num_rows == total["models"]
    assert {r["publisher"]: (r["downloads"], r["models"], r["quantized"]) for r in found.others.to_pylist()} == slow(
        sample, name
    )
    counted = {row["rule"]: 0 for row in rows_of(sample, "intermediaries")} | defaultdict(int, _by_rule(sample, name))
    assert {row["rule"]: row["downloads"] for row in found.rules} == dict(counted)
    text = publisher_page(found)
    assert f"<b>{total['downloads']:,}</b>" in text
    for row in told[:20]:
        if row["share"] is not None:
            assert f"{row['through_it']:,} of {row['family_downloads']:,}</small>" in text


def _by_rule(session: Session, name: str) -> dict[str, int]:
    """What each rule counts of an account, model by model, as the command lists them."""
    sums: dict[str, int] = defaultdict(int)
    for row in rows_of(session, "intermediaries", "--members"):
        if row["publisher"] == name:
            sums[row["rule"]] += row["counted"]
    return sums


THROUGH = pa.schema(
    [
        ("base_publisher", pa.string()),
        ("kind", pa.string()),
        ("relation", pa.string()),
        ("format", pa.string()),
        ("downloads", pa.int64()),
    ]
)
LINES = st.lists(
    st.tuples(
        st.sampled_from([*(f"p{n}" for n in range(25)), "(unknown)", "(none)", "house"]),
        st.sampled_from([None, "quantized", "finetune", "merge", "mixed", "odd"]),
        st.sampled_from([None, *(f"f{n}" for n in range(14))]),
        st.integers(0, 10**12),
    ),
    max_size=60,
)
#: Every publisher and format once, so that some have no stop of their own, and what chance adds.
FULL = LINES.map(lambda lines: [(f"p{n}", None, f"f{n % 14}", n) for n in range(25)] + lines)


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.one_of(LINES, FULL))
def test_nothing_is_dropped_from_the_diagram(lines):
    rows = [
        {"base_publisher": who, "kind": {"(none)": "none", "house": "own"}.get(who, "other"), "relation": relation,
         "format": form, "downloads": amount}
        for who, relation, form, amount in lines
    ]  # fmt: skip
    drawn = sankey(hosting(rows))
    assert sum(flow.value for flow in drawn.flows) == drawn.whole == sum(row["downloads"] for row in rows)
    left: dict[str, int] = defaultdict(int)
    for flow in drawn.flows:
        left[flow.path[0]] += flow.value
    names = {stop.key for stop in drawn.columns[0][1]}
    assert set(left) == names
    assert left.get("(none)", 0) == sum(row["downloads"] for row in rows if row["kind"] == "none")
    assert left.get("own", 0) == sum(row["downloads"] for row in rows if row["kind"] == "own")
    assert len(names) <= BASES + 4
    assert len(drawn.columns[2][1]) <= FORMATS + 3
    by = {
        f"other:{who}": sum(r["downloads"] for r in rows if r["base_publisher"] == who)
        for who in {r["base_publisher"] for r in rows}
    }
    assert all(left[key] == by[key] for key in names if key in by)


def hosting(through: list[dict[str, Any]], **more: Any) -> Hosting:
    """An account of which only what flows through it is drawn."""
    empty = pa.table({})
    base: dict[str, Any] = {
        "name": "house", "taken_at": "2024-09-20", "snapshot": "drawn", "source": "drawn.csv", "basis": "declared",
        "window": "30d", "rows": empty, "rules": [], "said": [], "type": None, "countries": [], "group": None,
        "fellows": [], "listed": False, "repositories": empty, "through": pa.Table.from_pylist(through, THROUGH), "others": empty,
        "downloads": 10, "models": 1,
    }  # fmt: skip
    return Hosting(**(base | more))


def many(build_rows: Callable[..., Session], count: int) -> Session:
    rows: list[dict[str, Any]] = [{"id": "maker/base", "downloads": 7, "tags": ["license:mit"]}]
    rows += [
        {"id": f"packer/m{n:04d}-GGUF", "downloads": count - n,
         "tags": ["gguf", "base_model:maker/base", "base_model:quantized:maker/base"]}
        for n in range(count)
    ]  # fmt: skip
    return build_rows(rows)


def test_two_hundred_are_listed_and_the_rest_is_counted(build_rows):
    text = many(build_rows, 250).view_publisher("PACKER")
    rest = sum(range(1, 51))
    assert f"The {LISTED} of most downloads; the other 50 have {rest:,} downloads together." in text
    assert text.count('<td class="made-of">') == LISTED
    assert len(Page(text).data["rows"]) == 250


def test_an_account_that_is_only_named_and_one_without_downloads(build_rows):
    session = build_rows(
        [{"id": "a/x", "downloads": 0, "tags": ["base_model:far/away", "base_model:finetune:far/away"]}]
    )
    assert "far hosts no model that is counted here" in session.view_publisher("far")
    text = session.view_publisher("a")
    assert "a hosts 1 model, without a download in this window." in text
    assert "What flows through it" not in text


def test_the_files_for_other_programs_add_up(sample: Session):
    data = json.loads(graph_text(sample.graph_publisher("TheBloke"), "json"))
    links = next(value for key, value in data.items() if key in ("links", "edges"))
    total = rows_of(sample, "publisher", "TheBloke")[-1]["downloads"]
    assert sum(link["downloads"] for link in links if link["source"] == "TheBloke") == total
    for form in ("dot", "mermaid", "gexf", "graphml"):
        assert "TheBloke" in graph_text(sample.graph_publisher("thebloke", nodes=50), form)


@pytest.mark.parametrize(
    ("arguments", "code", "said"),
    [
        (["TheBlok"], 3, "Did you mean TheBloke?"),
        (["TheBloke/x"], 3, "reads like a model"),
        (["TheBloke", "--window", "all_time"], 2, "The window all_time needs the column"),
        (["TheBloke", "--owner", "me"], 2, "There is no owner"),
        (["TheBloke", "-o", "x.pdf"], 2, "A page is HTML"),
    ],
)
def test_bad_input_is_a_sentence_and_nothing_is_written(sample, tmp_path, monkeypatch, capsys, arguments, code, said):
    monkeypatch.chdir(tmp_path)
    with pytest.raises(SystemExit) as stop:
        main(args=["view", "publisher", *arguments, "--snapshot", str(sample.snapshot.folder)])
    assert stop.value.code == code
    told = capsys.readouterr()
    assert said in told.err
    assert told.out == ""
    assert list(tmp_path.iterdir()) == []


@pytest.fixture
def quiet(browser: Browser, tmp_path: Path) -> Iterator[Callable[..., Any]]:
    """Opens a page; at the end looks that it asked, ran and said nothing."""
    tabs: list[Any] = []

    def opened(text: str, address: str = "", **options: Any) -> Any:
        path = tmp_path / f"page{len(tabs)}.html"
        path.write_text(text, "utf-8")
        tabs.append(browser.open(path.resolve().as_uri() + address if address else path, trap=TRAP, **options))
        return tabs[-1]

    yield opened
    for tab in tabs:
        assert tab.dialogs() == []
        assert tab.complaints() == []
        assert [url for url in tab.tried() if not url.startswith(("file://", "blob:"))] == []
        assert tab.value("window.traps") == []
        assert tab.value("typeof window.pwned") == "undefined"
        tab.close()


@pytest.mark.parametrize("dark", [False, True])
@pytest.mark.parametrize("wide", [1280, 420])
def test_in_a_browser_it_is_quiet_and_fits(quiet, sample, sample_gguf, wide, dark):
    for text in (sample.view_publisher("TheBloke"), sample_gguf.view_publisher("lmstudio-community")):
        tab = quiet(text, width=wide, dark=dark)
        assert tab.value("document.documentElement.scrollWidth") <= wide


def test_the_search_finds_what_is_not_listed_and_can_be_cited(quiet, build_rows):
    text = many(build_rows, 250).view_publisher("packer")
    tab = quiet(text)
    shown = "[...document.querySelectorAll('#repositories tbody tr th')].map(each => each.textContent)"
    assert len(tab.value(shown)) == LISTED
    tab.value("document.getElementById('find').focus()")
    tab.type("M0249")
    assert tab.value(shown) == ["m0249-GGUF"]
    assert tab.value("document.getElementById('found').textContent") == "1 of 250 models, 1 download"
    assert tab.value("location.hash") == "#find=M0249"
    assert (
        tab.value("document.querySelector('#repositories tbody a').href") == "https://huggingface.co/packer/m0249-GGUF"
    )
    again = quiet(text, "#find=m00%20gguf")
    assert len(again.value(shown)) == 100
    again.value("location.hash = ''; new Promise(done => setTimeout(done, 50))")
    assert len(again.value(shown)) == LISTED


def test_hostile_names_are_text(quiet, sample):
    found = sample.hosting_of("unsloth")
    count = len(HOSTILE)
    repositories = found.repositories.slice(0, count)
    for name in ("id", "base", "format"):
        place = repositories.column_names.index(name)
        repositories = repositories.set_column(place, name, pa.array(HOSTILE, pa.string()))
    licences = pa.array([[text] for text in HOSTILE], pa.list_(pa.string()))
    repositories = repositories.set_column(repositories.column_names.index("licences"), "licences", licences)
    through = found.through.slice(0, 8)
    others = found.others.slice(0, count)
    others = others.set_column(0, "publisher", pa.array(HOSTILE[: others.num_rows], pa.string()))
    for name in ("base_publisher", "format"):
        place = through.column_names.index(name)
        through = through.set_column(place, name, pa.array(HOSTILE[: through.num_rows], pa.string()))
    bad = replace(
        found, name=HOSTILE[0], repositories=repositories, through=through, others=others, fellows=list(HOSTILE)
    )
    text = publisher_page(bad)
    assert text.count("<script") == text.count("</script") == 1 + len(SCRIPTS)
    seen = Page(text)
    for _, attributes in seen.elements:
        assert not [name for name in attributes if name.startswith("on") or name in ("style", "src")]
        href = attributes.get("href") or "#models"
        assert href == "#models" or re.fullmatch(r"https://huggingface\.co/[\w./-]+", href)
    body = text.replace(seen.texts["script"][0], "")
    assert not set(body) & set("\u202e\u200b\u0007\x1b\u2028\u2029\u3164\U000e0041")
    tab = quiet(text)
    tab.value("document.getElementById('find').focus()")
    tab.type("evil")
    assert tab.value("document.querySelectorAll('#repositories tbody tr').length") > 5
