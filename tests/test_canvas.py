"""`lineage view family --all`: every model is in the page, at its own place; too many are refused with a sentence."""

import re
from pathlib import Path

import numpy as np
import pytest
from click.testing import CliRunner
from hypothesis import given, settings
from hypothesis import strategies as st

from lineage.commands.main import main
from lineage.errors import UsageError
from lineage.session import Session
from lineage.views.families import canvas
from lineage.views.families.canvas import MOST, MOST_PYVIS, check, family_canvas, family_canvas_pyvis
from tests.families import Family, cyclic, drawn, families, family, hostile, large, row, shuffled, star
from tests.test_page import Page, listed
from tests.test_pyvis import data as written_by_pyvis

# --- the page as text -------------------------------------------------------------------------------------


@settings(max_examples=25, deadline=None)
@given(families(), st.integers(0, 9))
def test_the_same_family_is_the_same_bytes_and_all_of_it(one: Family, seed: int) -> None:
    text = family_canvas(one)
    assert text == family_canvas(shuffled(one, seed))
    data = Page(text).data
    rows = listed(text)
    members = {each["id"]: each for each in one.members.to_pylist()}
    assert sorted(each["id"] for each in rows) == sorted(members)
    assert len(data["x"]) == len(data["y"]) == len(data["r"]) == len(rows)
    assert {(each["id"], each["downloads"], each["full"]) for each in rows} == {
        (id, each["downloads"], each["full"]) for id, each in members.items()
    }
    ids = [each["id"] for each in rows]
    further = {
        (ids[int(child)], ids[base])
        for child, said in data["further"].items()
        for base in said[1::3]
        if isinstance(base, int)
    }
    hung = {(each["id"], each["parent"]) for each in rows}
    links = {(each["child"], each["base"]) for each in one.links.to_pylist() if each["inside"]}
    assert further == links - hung


@pytest.mark.parametrize("one", [drawn(), large(700), star(300, 90), cyclic(), hostile()])
def test_no_two_discs_of_either_size_overlap(one: Family) -> None:
    data = Page(family_canvas(one)).data
    x, y = np.array(data["x"]), np.array(data["y"])
    apart = np.hypot(x[:, None] - x, y[:, None] - y)
    np.fill_diagonal(apart, np.inf)
    wide = np.full(len(x), data["least"])
    for place, radius in data["wide"].items():
        wide[int(place)] = radius
    for radius in (np.array(data["r"]), wide):
        # a diamond reaches further than the circle of its area
        reach = np.where([data["kinds"][int(kind)] == "intermediary" for kind in data["kind"]], 1.25, 1.0) * radius
        assert (apart - reach[:, None] - reach).min() > -1
        assert (apart - radius[:, None] - radius).min() > 0


def test_the_page_says_what_it_is() -> None:
    text = family_canvas(drawn())
    head, _, body = text.partition("<main>")
    for fact in ("2024-09-20", "hf_models.csv.gz", "8 models, 9 links", "all 8, nothing dropped", "19.5\u00a0%"):
        assert fact in head
    assert "Drawn: all 8 models; nothing folded, nothing dropped." in body
    assert "Dashed: the base is inferred" in body
    assert "Dotted:" not in body
    assert "From maker/base: " in body  # the picture in words
    assert "The picture and the outline need scripts, which are off." in body
    stub = family_canvas(family([row("far/away", None, None, None), row("ann/tuned", "far/away", "finetune", 5)]))
    assert "Hollow:" not in stub


def test_it_loads_nothing_and_runs_only_its_own() -> None:
    for one in (drawn(), hostile()):
        text = family_canvas(one)
        seen = Page(text)
        policy = seen.all("meta")[1]["content"] or ""
        assert policy.startswith("default-src 'none'; script-src 'sha256-")
        assert "unsafe" not in policy
        assert len(seen.all("script")) == 1 + len(canvas.SCRIPTS)
        for tag, attributes in seen.elements:
            assert not {"src", "style"} & attributes.keys()
            assert not [name for name in attributes if name.startswith("on")]
            href = attributes.get("href") or "#outline"
            assert href == "#outline" or re.fullmatch(r"https://huggingface\.co/[\w./-]+", href), tag
        assert not set(text) & set("\u202e\u200b\u0007\x1b\u2028\u2029\ufeff\u00ad\u3164")


def test_ten_thousand_weigh_less_than_a_megabyte() -> None:
    text = family_canvas(large(10_000, seed=3))
    assert len(text.encode()) <= 1_000_000
    assert len(listed(text)) == 10_000


# --- how many -----------------------------------------------------------------------------------------------


def test_more_than_it_draws_are_refused_with_what_to_do() -> None:
    check(star(MOST - 1), MOST)
    with pytest.raises(UsageError, match=r"has 20,001 models; --all draws at most 20,000\. Leave out --all .*graphml"):
        family_canvas(star(MOST))
    check(star(MOST_PYVIS - 1), MOST_PYVIS)
    with pytest.raises(
        UsageError, match=r"2,001 models; --all draws at most 2,000 with --writer pyvis\. Leave out --writer"
    ):
        family_canvas_pyvis(star(MOST_PYVIS))


def run(*line: str) -> tuple[int, str, str]:
    done = CliRunner().invoke(main, ["view", "family", "mistralai/Mistral-7B-v0.1", "--all", *line])
    return done.exit_code, done.stdout, done.stderr


def test_the_command(sample: Session, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("LINEAGE_HOME", str(sample.catalog.root))
    page = tmp_path / "all.html"
    assert run("-o", str(page)) == (0, f"{page}\n", "")
    assert page.read_text("utf-8") == sample.view_family("mistralai/Mistral-7B-v0.1", all=True)
    members = sample.family_of("mistralai/Mistral-7B-v0.1").members
    assert {each["id"] for each in listed(page.read_text("utf-8"))} == set(members["id"].to_pylist())
    second = tmp_path / "pyvis.html"
    assert run("-o", str(second), "--writer", "pyvis")[0] == 0
    assert len(written_by_pyvis(second.read_text("utf-8"), "nodes")) == members.num_rows


def test_bad_input_ends_with_a_sentence_and_nothing_is_written(
    sample: Session, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("LINEAGE_HOME", str(sample.catalog.root))
    monkeypatch.chdir(tmp_path)
    code, out, said = run("--nodes", "60")
    assert (code, out) == (2, "")
    assert "--all draws every model and --nodes about so many: leave one of them away." in said
    monkeypatch.setattr(canvas, "MOST", 70)
    code, out, said = run()
    assert (code, out) == (2, "")
    assert "--all draws at most 70. Leave out --all for the folded page" in said
    assert list(tmp_path.iterdir()) == []


def test_pyvis_draws_all_where_they_stand() -> None:
    one = large(400, 120)
    text = family_canvas_pyvis(one)
    nodes = written_by_pyvis(text, "nodes")
    data = Page(family_canvas(one)).data
    assert sorted((node["x"], node["y"]) for node in nodes) == sorted(zip(data["x"], data["y"], strict=True))
    assert 5 < sum(node["label"] != " " for node in nodes) <= 40
    assert "Drawn: all 400 models" in text
