"""What a model goes back to: every ancestor and every link, drawn or folded, and what the page says of them."""

import base64
import hashlib
import json
import re
from collections.abc import Callable
from itertools import pairwise
from pathlib import Path
from typing import Any

import networkx as nx
import pytest
from click.testing import CliRunner
from hypothesis import given, settings
from hypothesis import strategies as st

from lineage.answers.ancestors import above, ancestors
from lineage.commands import main
from lineage.session import Session
from lineage.views import origins, pedigree
from lineage.views.ancestors import SCRIPTS, STYLES, ancestors_page, ancestors_picture
from lineage.views.files.graphfiles import text as graph_text
from lineage.views.page import part
from tests.browser import Browser
from tests.pedigrees import HOSTILE, made, tower
from tests.test_browser import TRAP
from tests.test_page import Page

#: Pairs (child, base) of small graphs, circles and loops of two among them.
ONE = st.tuples(st.integers(0, 13), st.integers(0, 13)).filter(lambda each: each[0] != each[1])
#: Of all shapes; dense ones; and towers, in which each has bases among the next few, so that nearly all are reached.
PAIRS = st.one_of(
    st.lists(ONE, max_size=40),
    st.lists(ONE, min_size=25, max_size=60),
    st.lists(st.lists(st.integers(1, 5), min_size=1, max_size=4), min_size=13, max_size=13).map(
        lambda steps: [(at, min(at + step, 13)) for at, each in enumerate(steps) for step in each]
    ),
)


def twin(pairs: list[tuple[int, int]], top: int = 0) -> dict[int, int]:
    """Every ancestor and its distance, by networkx."""
    graph = nx.DiGraph([(top, top), *pairs])
    return dict(nx.single_source_shortest_path_length(graph, top))


@settings(max_examples=80, deadline=None)
@given(PAIRS)
def test_ancestors_are_those_of_networkx(pairs):
    import numpy as np

    ends = np.array(sorted(set(pairs)), np.int64).reshape(-1, 2)
    rows, distance = above(ends[:, 0], ends[:, 1], 0)
    assert dict(zip(rows.tolist(), distance.tolist(), strict=True)) == twin(pairs)
    assert distance.tolist() == sorted(distance.tolist())


@settings(max_examples=80, deadline=None)
@given(PAIRS, st.integers(5, 12))
def test_drawn_and_folded_are_all_ancestors(pairs, nodes):
    found = made(pairs)
    folded = pedigree.fold(found, nodes)
    members = [at for each in folded.drawn for at in each]
    assert sorted(members) == list(range(found.members.num_rows))
    assert {found.members["id"][at].as_py() for at in members} == {f"acc{n % 4}/m{n:02d}" for n in twin(pairs)}
    assert folded.drawn[0] == [0]
    assert len(folded.drawn) <= nodes + max(folded.band) + 1
    # every link is drawn, or joins two models of one badge
    picture = ancestors_picture(found, nodes=nodes)
    drawn = {(link.child, link.base) for link in picture.links}
    ends = set(zip(found.links["child"].to_pylist(), found.links["base"].to_pylist(), strict=True))
    assert {(folded.place[c], folded.place[b]) for c, b in ends} - {(p, p) for p in range(len(folded.drawn))} == drawn


@settings(max_examples=80, deadline=None)
@given(PAIRS)
def test_a_base_stands_left_of_what_was_made_from_it_and_nothing_overlaps(pairs):
    found = made(pairs)
    picture = ancestors_picture(found, nodes=12)
    graph = nx.DiGraph(pairs)
    circles = {node for group in nx.strongly_connected_components(graph) if len(group) > 1 for node in group}
    for link in picture.links:
        child, base = picture.nodes[link.child], picture.nodes[link.base]
        if not circles:
            assert base.x < child.x
    places = {(node.x, node.y) for node in picture.nodes}
    assert len(places) == len(picture.nodes)
    columns: dict[float, list[float]] = {}
    for node in picture.nodes:
        columns.setdefault(node.x, []).append(node.y)
        assert node.x - node.size >= 0
        assert node.x + node.size <= picture.width
        assert 0 <= node.y <= picture.height
    for ys in columns.values():
        ys.sort()
        assert all(b - a >= 20 for a, b in pairwise(ys))


@settings(max_examples=60, deadline=None)
@given(PAIRS)
def test_roots_and_the_table_name_each_once(pairs):
    found = made(pairs)
    rows, links = found.members.to_pylist(), found.links.to_pylist()
    order, under = origins.reading_order(rows, links)
    assert sorted(order) == list(range(len(rows)))
    place = {at: number for number, at in enumerate(order)}
    for at in order[1:]:
        assert place[links[under[at]]["child"]] < place[at]
        assert links[under[at]]["base"] == at
    # a root is a sink of the condensed graph
    graph = nx.DiGraph([(0, 0), *pairs]).subgraph(twin(pairs))
    condensed = nx.condensation(nx.DiGraph([edge for edge in graph.edges if edge[0] != edge[1]] or [(0, 0)]))
    assert len(origins.roots(rows, links)) == sum(not condensed.out_degree(node) for node in condensed)


@settings(max_examples=30, deadline=None)
@given(PAIRS)
def test_the_same_is_the_same_bytes(pairs):
    text = ancestors_page(made(pairs))
    assert text == ancestors_page(made(list(reversed(pairs))))


def test_a_tower_stays_readable_and_drops_nothing():
    found = tower(9, 40)
    many = found.members.num_rows - 1
    text = ancestors_page(found)
    assert many > 213
    assert len(text.encode()) < 1_000_000
    named = re.search(r"Drawn by name: (\d+) of (\d+) ancestors.* the other (\d+) stand in (\d+) badges", text)
    assert named is not None
    assert int(named[2]) == many
    assert int(named[1]) + int(named[3]) == many
    picture = ancestors_picture(found)
    assert sum(node.models for node in picture.nodes) == many + 1
    assert sum(node.kind == "model" for node in picture.nodes) == int(named[1]) + 1 <= 60
    listed = sum(map(int, re.findall(r"<summary>\d+ steps? away: (\d+) models?", text)))
    assert listed == text.count('<th scope="row" class="depth-') == many


def test_a_chain_of_five_thousand_is_short_to_look_at():
    found = made([(n, n + 1) for n in range(5_000)])
    text = ancestors_page(found)
    picture = ancestors_picture(found)
    assert sum(node.models for node in picture.nodes) == 5_001
    assert len(picture.nodes) == pedigree.NEAR + pedigree.FAR + 2
    assert picture.width < 5_000
    assert "4,500 more models are not listed here" in text
    assert "and so on up to" in text
    # Every link is given away where there is room, else the nearest and their number.
    assert len(Page(text).data["rows"]) == 5_000 or "The TSV file has the" in text
    assert len(text.encode()) < 1_000_000


@pytest.mark.parametrize("room", [0, 5_000, 10_000_000])
def test_the_links_that_are_given_away_are_the_nearest_and_the_page_says_how_many(monkeypatch, room):
    monkeypatch.setattr("lineage.views.ancestors.KEPT", room)
    text = ancestors_page(made([(n, n + 1) for n in range(800)]))
    rows = Page(text).data["rows"]
    assert [row[5] for row in rows] == list(range(1, len(rows) + 1))
    assert len(json.dumps(rows, separators=(",", ":"))) <= room + 2
    said = re.search(r"The TSV file has the ([\d,]+) nearest of 800 links", text)
    assert (len(rows) == 800, said and said[1]) == ((True, None) if room > 5_000 else (False, f"{len(rows):,}"))
    assert ("The TSV file has every link" in text) == (room > 5_000)


def test_the_page_says_what_the_rows_say():
    found = made([(0, 1), (1, 2), (1, 3)], licences={0: ["mit"], 1: ["mit"], 2: ["llama3"]}, stubs={3})
    text = ancestors_page(found)
    assert (
        "acc0/m00 is a quantization by acc0 of acc1/m01, itself a merge of 2 models: "
        "at most 2 steps, 4 accounts, 2 roots." in text
    )
    assert "acc1/m01</bdi> declares <b><bdi>mit" in text
    assert text.count('class="chip differs"') == text.count("</bdi></b>, its base") == 1
    assert "1 lead" in text
    assert "not in the snapshot" in text
    assert "Dotted, with a hollow sign" in text
    rows = Page(text).data["rows"]
    assert {tuple(row[:5]) for row in rows} == {
        ("acc0/m00", "acc1/m01", "quantized", "tag", "declared"),
        ("acc1/m01", "acc2/m02", "merge", "tag", "declared"),
        ("acc1/m01", "acc3/m03", "merge", "tag", "dangling"),
    }


def test_links_that_are_not_declared_look_different():
    text = ancestors_page(made([(0, 1), (1, 2)], basis={(0, 1): "inferred", (1, 2): "stated"}))
    assert 'stroke-dasharray="7 4"' in text
    assert 'stroke-dasharray="16 4"' in text
    assert "Dashed: the base is inferred" in text
    assert "Long dashes: the base is stated" in text
    assert "link inferred" in text


@pytest.mark.parametrize("basis", ["declared", "stated", "inferred"])
def test_a_root_has_a_page_under_every_basis(sample: Session, basis: str) -> None:
    assert "bert-base-uncased" in sample.view_ancestors("google-bert/bert-base-uncased", basis=basis)


def test_a_model_without_a_base_says_so(build_rows):
    session = build_rows([{"id": "a/x", "tags": ["base_model:./out"]}, {"id": "a/x-GGUF", "tags": ["gguf"]}])
    text = session.view_ancestors("a/x")
    assert "Nothing in this snapshot says what a/x was made from" in text
    assert "<h2>The picture</h2>" not in text
    assert "Claims that made no link" in text
    assert "“<bdi>./out</bdi>”" in text
    assert "lineage explain" in text


def test_numbers_are_those_of_the_command_tree(sample: Session):
    model = "ChenWeiLi/MedLlama-3-8B_DARE"
    done = CliRunner().invoke(
        main, ["tree", model, "--up", "--snapshot", str(sample.snapshot.folder), "--format", "json"]
    )
    told = [row for row in json.loads(done.stdout)["rows"] if row["direction"] == "above"]
    found = sample.ancestors_of(model)
    mine = found.members.slice(1).to_pylist()
    assert {(r["id"], -r["depth"], r["downloads"], tuple(r["licences"] or ())) for r in told} == {
        (r["id"], r["distance"], r["downloads"], tuple(r["licences"] or ())) for r in mine
    }
    text = sample.view_ancestors(model)
    for row in told:
        assert f">{row['id'].split('/')[1]}</" in text
        if row["downloads"]:
            assert f">{row['downloads']:,}<" in text
    data = json.loads(graph_text(sample.graph_ancestors(model), "json"))
    assert {
        (link["child"], link["base"]) if "child" in link else (link["source"], link["target"]) for link in _links(data)
    } == {(row[0], row[1]) for row in Page(text).data["rows"]}


def _links(data: dict[str, Any]) -> list[dict[str, Any]]:
    return next(value for key, value in data.items() if key in ("links", "edges"))


def test_every_ancestor_of_the_snapshot(sample: Session, sample_gguf: Session):
    """The stored ancestry, model by model, is the set that is drawn."""
    for session in (sample, sample_gguf):
        model = session.snapshot.table("ancestry").to_pylist()
        above_: dict[str, set[str]] = {}
        for row in model:
            above_.setdefault(row["model"], set()).add(row["ancestor"])
        largest = sorted(above_, key=lambda id: (-len(above_[id]), id))[:25]
        selection = session.select(None, uncounted=True)
        for id in largest:
            assert set(ancestors(selection, id).members["id"].to_pylist()) == above_[id] | {id}


@pytest.mark.parametrize(
    ("arguments", "code", "said"),
    [
        (["mistralai/Mistral-7B-v0.11"], 3, "Did you mean"),
        (["gpt99", "--basis", "guessed"], 2, "There is no basis"),
        (["openai-community/gpt2", "--writer", "paint"], 2, "There is no writer"),
        (["openai-community/gpt2", "--as", "svg"], 2, "There is no --as svg"),
        (["openai-community/gpt2", "--owner", "me"], 2, "There is no owner"),
        (["openai-community/gpt2", "-o", "x.pdf"], 2, "A page is HTML"),
    ],
)
def test_bad_input_is_a_sentence_and_nothing_is_written(sample, tmp_path, monkeypatch, capsys, arguments, code, said):
    monkeypatch.chdir(tmp_path)
    assert _run(["view", "ancestors", *arguments, "--snapshot", str(sample.snapshot.folder)]) == code
    told = capsys.readouterr()
    assert said in told.err
    assert told.out == ""
    assert list(tmp_path.iterdir()) == []


def _run(arguments: list[str]) -> int:
    with pytest.raises(SystemExit) as stop:
        main(args=arguments)
    return int(stop.value.code or 0)


@pytest.fixture
def quiet(browser: Browser, tmp_path: Path) -> Callable[..., Any]:
    """Opens a page and looks that it asked, ran and said nothing."""

    def opened(text: str, **options: Any) -> Any:
        path = tmp_path / "page.html"
        path.write_text(text, "utf-8")
        tab = browser.open(path, trap=TRAP, **options)
        assert tab.tried() == []
        assert tab.dialogs() == []
        assert tab.complaints() == []
        assert tab.value("window.traps") == []
        assert tab.value("typeof window.pwned") == "undefined"
        return tab

    return opened


@pytest.mark.parametrize("dark", [False, True])
@pytest.mark.parametrize("wide", [1280, 420])
def test_in_a_browser_it_is_quiet_and_fits(quiet, wide, dark):
    for found in (tower(5, 30), made([(0, 1)]), made([])):
        tab = quiet(ancestors_page(found), width=wide, dark=dark)
        assert tab.value("document.documentElement.scrollWidth") <= wide
        tab.close()


def test_hostile_names_are_text(quiet):
    names = dict(enumerate(HOSTILE))
    found = made(
        [(0, n) for n in range(1, len(HOSTILE))] + [(1, 2)], names=names, licences={n: [t] for n, t in names.items()}
    )
    text = ancestors_page(found)
    assert text.count("<script") == text.count("</script") == 1 + len(SCRIPTS)
    seen = Page(text)
    policy = seen.all("meta")[1]["content"] or ""
    for name in (*SCRIPTS, *STYLES):
        assert base64.b64encode(hashlib.sha256(part(name).encode()).digest()).decode() in policy
    for _, attributes in seen.elements:
        assert not [name for name in attributes if name.startswith("on") or name in ("style", "src")]
        href = attributes.get("href") or "#way"
        assert href == "#way" or re.fullmatch(r"https://huggingface\.co/[\w./-]+", href)
    body = text.replace(seen.texts["script"][0], "")
    assert not set(body) & set("\u202e\u200b\u0007\x1b\u2028\u2029\u3164\U000e0041")
    assert set(HOSTILE) <= {cell for row in seen.data["rows"] for cell in row[:2]}
    quiet(text).close()


def test_a_wide_picture_begins_with_the_model(quiet):
    tab = quiet(ancestors_page(tower(8, 20)), width=420)
    assert tab.value("(s => s.scrollLeft + s.clientWidth >= s.scrollWidth - 1)(document.querySelector('.scroll'))")
    assert tab.value("document.querySelector('.keep').hidden") is False
    tab.close()
