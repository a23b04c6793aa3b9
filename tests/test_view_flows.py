"""The pages of flows and of a snapshot: their numbers are the rows, they run and load nothing, they fit a telephone."""

import json
import re
from collections import defaultdict
from dataclasses import replace
from pathlib import Path
from typing import Any

import pyarrow as pa
import pytest
from click.testing import CliRunner

from lineage.commands.main import main
from lineage.session import Session
from lineage.views.flows import flows_page
from lineage.views.overview import overview_page
from tests.browser import Browser, find
from tests.families import HOSTILE
from tests.test_browser import TRAP
from tests.test_page import Page

NUMBER = re.compile(r"[\d,]+")


def table(text: str, name: str) -> list[list[str]]:
    """The rows of a table of the page, as text."""
    part = text.split(f'data-keep="{name}"')[1].split("</table>")[0]
    rows = re.findall(r"<tr>(.*?)</tr>", part, re.DOTALL)
    return [[re.sub("<.*?>", "", c) for c in re.findall(r"<t[hd].*?</t[hd]>", row, re.DOTALL)] for row in rows]


def number(text: str) -> int:
    return int(text.replace(",", ""))


@pytest.mark.parametrize("options", [{}, {"frame": "gguf", "by": "format"}, {"basis": "inferred", "publishers": 3}])
def test_the_numbers_of_the_page_are_the_rows(sample: Session, options: dict[str, Any]) -> None:
    text = sample.view_flows(**options)
    asked = {k: v for k, v in options.items() if k != "publishers"}
    rows = sample.table("flows", **asked).to_pylist()
    by: dict[str, int] = defaultdict(int)
    through: dict[str, int] = defaultdict(int)
    for r in rows:
        if r["key"] != "(none)":
            by[r["base_publisher"]] += r["downloads"]
            if r["server_kind"] == "intermediary":
                through[r["server"]] += r["downloads"]
    shown = table(text, "flows-publishers")[1:]
    named = sorted(by.items(), key=lambda each: (-each[1], each[0]))[: options.get("publishers", 12)]
    assert [(r[0], number(r[1])) for r in shown[: len(named)]] == named
    *lines, all_ = shown
    assert sum(number(r[1]) for r in lines) == number(all_[1]) == sum(by.values())
    hands = table(text, "flows-intermediaries")[1:]
    assert sum(number(r[1]) for r in hands[:-1]) == number(hands[-1][1]) == sum(through.values())
    assert [(r[0], number(r[1])) for r in hands[:11]] == sorted(through.items(), key=lambda e: (-e[1], e[0]))[:11]
    assert sum(number(r[-1]) for r in table(text, "flows-matrix")[1:]) == sum(through.values())
    assert sum(number(r[1]) for r in table(text, "flows-keys")[1:]) == sum(by.values())
    whole = rows[0]["denominator"]
    assert f"{whole:,}" in text and f"{whole - sum(by.values()):,}" in text
    # The diagram: what leaves the first column is all of it.
    bands = re.findall(r"<title>([^<]*) → [^<]*?: ([\d,]+) of [\d,]+ downloads", text)
    assert sum(number(value) for _, value in bands) == 2 * sum(by.values())


@pytest.mark.parametrize("options", [{}, {"frame": "text-generation", "publishers": 5}])
def test_the_overview_is_the_rows_of_the_commands(sample: Session, options: dict[str, Any]) -> None:
    text = sample.view_overview(**options)
    frame, most = options.get("frame"), options.get("publishers", 24)
    rows = sample.table("shares", by="origin", frame=frame, limit=most).to_pylist()
    shown = table(text, "overview-publishers")[1:]
    assert [number(r[1]) for r in shown[:-1]] == [r["numerator"] for r in rows]
    assert number(shown[-1][1]) == rows[0]["denominator"] == sum(r["numerator"] for r in rows)
    for by in ("country", "type", "relation", "format", "licence"):
        cut = sample.table("shares", by=by, frame=frame, limit=8).to_pylist()
        assert [(r[0], number(r[1])) for r in table(text, f"overview-{by}")[1:]] == [
            (r["key"], r["numerator"]) for r in cut
        ]
    for over in ("publisher", "family"):
        row = sample.table("concentration", over=over, frame=frame).to_pylist()[0]
        assert f"All {row['n']:,}" in text and f"Gini of the population {row['gini_population']:.3f}" in text
        top = re.search(
            r"The 10 largest</th><td class=\"number\">([\d,]+)",
            text.split("Publishers, as hosts" if over == "publisher" else ">Families<")[1],
        )
        assert top is not None and number(top[1]) / row["total"] == pytest.approx(row["top10"], abs=1e-11)


def test_the_same_rows_are_the_same_bytes(sample: Session) -> None:
    assert sample.view_flows() == sample.view_flows()
    assert sample.view_overview() == sample.view_overview()
    assert max(len(sample.view_flows().encode()), len(sample.view_overview().encode())) < 500_000


def test_nothing_flows_where_nobody_names_a_base(build_rows: Any) -> None:
    session = build_rows([{"id": "a/x", "downloads": 5, "tags": []}, {"id": "b/y", "downloads": 0, "tags": []}])
    text = session.view_flows()
    assert "No model of this frame names a base" in text and "nothing dropped" in text
    text = session.view_overview()
    assert "All 2" in text
    empty = build_rows([{"id": "a/x", "downloads": 0, "tags": []}])
    assert "–" in empty.view_overview() and "–" in empty.view_flows()


def hostile(sample: Session, view: str) -> str:
    """A page on which every name from outside wants to be markup."""
    names = [HOSTILE[place % len(HOSTILE)] for place in range(400)]
    if view == "flows":
        rows = sample.table("flows", frame="with-lineage").slice(0, 400)
        for column in ("base_publisher", "server", "key"):
            old = rows.column(column).to_pylist()
            new = [
                n if column != "key" or place % 3 else o for place, (o, n) in enumerate(zip(old, names, strict=True))
            ]
            rows = rows.set_column(rows.schema.get_field_index(column), column, pa.array(new, pa.string()))
        asked = {"frame": HOSTILE[0], "window": "30d", "basis": HOSTILE[1], "owner": HOSTILE[2], "by": "relation"}
        header = {"name": HOSTILE[3], "taken_at": HOSTILE[4], "source": HOSTILE[5]}
        return flows_page(rows, header, asked, (HOSTILE[6], 1, HOSTILE[7], "0"), {"publishers": 60})
    found = sample.overview_of(publishers=60)

    def renamed(rows: Any) -> list[dict[str, Any]]:
        return [dict(r, key=r["key"] if r["key"][0] == "(" else n) for r, n in zip(rows, names, strict=False)]

    header = {"name": HOSTILE[3], "taken_at": HOSTILE[4], "source": HOSTILE[5]}
    cuts = {by: renamed(rows) for by, rows in found.cuts.items()}
    words = {"frame": HOSTILE[0], "window": HOSTILE[1], "basis": HOSTILE[2], "taken_at": HOSTILE[3]}
    return overview_page(replace(found, header=header, words=words, cuts=cuts, origin=renamed(found.origin),
                                 family=[], missing={"year": HOSTILE[0]}))  # fmt: skip


@pytest.mark.parametrize("view", ["flows", "overview"])
def test_hostile_names_are_text(sample: Session, view: str) -> None:
    text = hostile(sample, view)
    seen = Page(text)
    assert "evil" in "".join(seen.texts["bdi"])
    assert not seen.all("img") + seen.all("iframe") + seen.all("object")
    assert len(seen.all("script")) == 2
    assert not re.search("[\u202e\u200b\u0007\x1b\u2028\ufeff]", text)
    for tag, attributes in seen.elements:
        assert not any(a.startswith("on") or a == "style" for a in attributes), tag
        if attributes.get("href"):
            assert re.match(r"https://huggingface\.co/[\w.-]+$|#", str(attributes["href"]))


@pytest.mark.skipif(find() is None, reason="no Chromium here")
@pytest.mark.parametrize("view", ["flows", "overview"])
def test_pages_in_the_browser(sample: Session, tmp_path: Path, view: str) -> None:
    pages = {"sample": getattr(sample, f"view_{view}")(), "hostile": hostile(sample, view)}
    with Browser() as browser:
        for name, text in pages.items():
            path = tmp_path / f"{name}.html"
            path.write_text(text, encoding="utf-8")
            for wide, dark in ((1280, False), (420, True)):
                tab = browser.open(path, width=wide, dark=dark, trap=TRAP)
                assert tab.value("document.documentElement.scrollWidth") <= wide, (name, wide)
                assert tab.complaints() == [] and tab.requests() == [] and tab.dialogs() == [] and tab.tried() == []
                assert tab.value("window.traps") == []
                assert tab.value("document.querySelectorAll('.keep button').length") >= 5
                # Every line of text of a chart lies within its chart.
                outside = tab.value(
                    "Array.from(document.querySelectorAll('svg.chart text')).filter(t => { const a = t.getBBox();"
                    "const b = t.closest('svg').viewBox.baseVal; return a.x < -2 || a.x + a.width > b.width + 2; })"
                    ".map(t => t.textContent)"
                )
                assert outside == []
            if name == "sample":
                tab.value("window.kept = []; URL.createObjectURL = b => { window.kept.push(b); return 'blob:x'; }; 0")
                tab.value("HTMLAnchorElement.prototype.click = () => {}; 0")
                tab.value("document.querySelectorAll('.keep button').forEach(b => b.click()); 0")
                first = tab.value("window.kept.find(b => b.type.startsWith('text/tab')).text()")
                assert (
                    first.startswith("Base publisher\t" if view == "flows" else "Publisher\t") and "\u00a0" not in first
                )


def run(session: Session, *args: str, **more: Any) -> Any:
    # The command line reads the home from the environment; the session knows where it lies.
    return CliRunner().invoke(main, list(args), env={"LINEAGE_HOME": str(session.catalog.root)}, **more)


def test_files_for_other_programs_hold_every_row(sample: Session) -> None:
    data = json.loads(run(sample, "view", "flows", "--as", "json").output)
    rows = sample.table("flows").to_pylist()
    assert {
        (e["source"], e["target"], e["server_kind"], e["relation"], e["downloads"], e["models"]) for e in data["links"]
    } == {(r["server"], r["base_publisher"], r["server_kind"], r["key"], r["downloads"], r["models"]) for r in rows}
    assert (data["schema"], data["view"]) == (1, "flows") and data["options"]["frame"] == "all"
    whole = rows[0]["denominator"]
    assert sum(n["downloads"] for n in data["nodes"]) == sum(n["made_from"] for n in data["nodes"]) == whole
    tree = json.loads(run(sample, "view", "overview", "--as", "json").output)
    assert sum(e["downloads"] for e in tree["links"] if e["target"] == "snapshot") == whole
    assert len({n["id"] for n in tree["nodes"]}) == len(tree["nodes"]) == len(tree["links"]) + 1
    for view in ("flows", "overview"):
        for form in ("dot", "mermaid", "graphml", "gexf"):
            made = run(sample, "view", view, "--as", form)
            assert made.exit_code == 0 and len(made.output) > 500


@pytest.mark.parametrize(
    ("args", "says"),
    [
        (["--by", "licence"], "Flows end in relation or format"),
        (["--frame", "nope"], "There is no frame"),
        (["--list", "nope"], "There is no list"),
        (["--window", "all_time"], "needs the column"),
        (["-o", "x.png"], "A page is HTML"),
    ],
)
def test_bad_input_is_a_sentence_and_writes_nothing(
    sample: Session, args: list[str], says: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    made = run(sample, "view", "flows", *args)
    assert made.exit_code == 2 and says in made.stderr
    assert list(tmp_path.iterdir()) == []
