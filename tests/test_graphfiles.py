"""Graph files: what other programs read back is the family, whatever its names hold."""

import io
import json
import os
import re
import shutil
import subprocess
from collections import Counter
from pathlib import Path
from typing import Any
from xml.etree import ElementTree

import networkx as nx
import pyarrow as pa
import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from lineage.errors import UsageError
from lineage.session import Session
from lineage.views import wording
from lineage.views.families.family import family_picture
from lineage.views.files import graphfiles, xmlparts
from lineage.views.files.family_graph import family_graph
from tests import families
from tests.drawings import alike, dot_parts, mermaid_parts, tipped

HEAD = {"name": "drawn", "taken_at": "2024-09-20", "source": "x.csv", "sha256": "0" * 64, "models": 3, "edges": 2}
MODELS = [
    "meta-llama/Meta-Llama-3.1-8B", "stabilityai/stable-diffusion-xl-base-1.0", "google/gemma-2-9b",
    "mistralai/Mistral-7B-v0.1", "openai-community/gpt2", "google-bert/bert-base-uncased",
]  # fmt: skip

#: Text that ends, opens or means something in one of the formats.
TRAPS = [
    'a"b\\', "a\nb\rc\td", "]]>", "-->", "<!--", "&amp;", "&#60;b&#62;", "%%{init: {'theme':'x'}}%%", "end", "graph",
    "click n0 call alert()", "n0-->n1", "a\x00b", "a\x01b", "\ufffe\uffff", "\u202egpj", "\u200b", "\\N \\G \\L \\n",
    "{record|x}", "$$x^2$$", "fa:fa-car", "`**b**`", "1. one", "- two", "# three", "style x:#1;", "ﬂ°°60¶ß", "#lt;b#gt;",
    "</script><script>alert(1)</script>", "<img src=x onerror=alert(1)>", "subgraph", "__proto__", ":::hot", "a|b", "x;y",
    "digraph { a -> b }", "\U0001f600", "é", "-", "'", "\x7f\x9f", "\u2028",
]  # fmt: skip


def given_file(family: Any, form: str, **options: Any) -> str:
    return graphfiles.text(family_graph(family, HEAD, {"model": family.model}, **options), form)


def hostile() -> families.Family:
    rows = [families.Row("top/" + TRAPS[0], [], 9)]
    for place, trap in enumerate(TRAPS):
        base = (rows[place // 3].id, trap if place % 2 else "merge", "card")
        rows.append(families.Row(f"{trap}/{place}", [base], place, [trap], trap, trap, publisher=trap, owner=trap))
    # Two that XML cannot tell apart, and the name that they would both get.
    rows += [families.row(f"same/x{sign}", rows[0].id, None, 1) for sign in "\x00\x01\ufffd"]
    return families.family(rows, intermediaries=[TRAPS[3]])


# --- read back ----------------------------------------------------------------------------------------


def plain(value: Any) -> Any:
    """A value as the formats hold it."""
    if isinstance(value, list):
        return ";".join(value)
    return value.isoformat().replace("+00:00", "Z") if hasattr(value, "isoformat") else value


def facts(table: pa.Table, names: list[str]) -> set[tuple[Any, ...]]:
    """The rows as tuples of (name, value), what is null or empty left out."""
    return {
        tuple((name, value) for name in names if (value := plain(row[name])) not in (None, ""))
        for row in table.select(names).to_pylist()
    }


def held(attributes: dict[str, Any], names: list[str]) -> tuple[Any, ...]:
    return tuple((name, value) for name in names if (value := plain(attributes.get(name))) not in (None, ""))


def read(form: str, text: str) -> tuple[dict[str, dict[str, Any]], list[dict[str, Any]]]:
    """Nodes by id, and links with source and target."""
    if form == "json":
        data = json.loads(text)
        assert data["schema"] == 1
        nodes = {node["id"]: node for node in data["nodes"]}
        assert len(nodes) == len(data["nodes"])
        return nodes, data["links"]
    ElementTree.fromstring(text.encode())
    graph = {"graphml": nx.parse_graphml, "gexf": lambda t: nx.read_gexf(io.BytesIO(t.encode()))}[form](text)
    assert graph.is_directed()
    links = [{"source": child, "target": base, **data} for child, base, data in graph.edges(data=True)]
    return {id: {"id": id, **data} for id, data in graph.nodes(data=True)}, links


NODE = ["id", "publisher", "owner", "kind", "stub", "relation", "parent", "bases", "downloads", "full", "descendants",
        "children", "licences", "pipeline_tag", "library", "created_at", "cycle"]  # fmt: skip
LINK = ["relation", "evidence", "basis", "first", "inside"]


def same(family: Any, form: str) -> None:
    nodes, links = read(form, given_file(family, form))
    inner = [node for node in nodes.values() if not node["outside"]]
    assert len(inner) == family.members.num_rows
    assert {held(node, NODE) for node in inner} == facts(family.members, NODE)
    wanted = family.links.rename_columns(
        [{"child": "source", "base": "target"}.get(name, name) for name in family.links.column_names]
    )
    ends = ["source", "target", *LINK]
    assert len(links) == wanted.num_rows
    assert {held(link, ends) for link in links} == facts(wanted, ends)
    outside = {row["base"] for row in family.links.to_pylist() if not row["inside"]}
    assert {id for id, node in nodes.items() if node["outside"]} == outside
    assert all(link["source"] in nodes and link["target"] in nodes for link in links)


@pytest.mark.parametrize("form", graphfiles.DATA)
@settings(max_examples=20, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(family=families.families(40))
@example(family=families.drawn())
@example(family=families.cyclic())
def test_what_is_read_back_is_the_family(family: families.Family, form: str) -> None:
    same(family, form)


@pytest.mark.parametrize("form", graphfiles.DATA)
def test_families_of_the_sample_are_read_back(sample: Session, form: str) -> None:
    for model in MODELS:
        same(sample.family_of(model), form)
    same(sample.family_of(MODELS[2], basis="inferred"), form)


def test_a_link_is_dangling_where_its_base_is_not_in_the_snapshot(sample: Session) -> None:
    stubs = {row["id"] for row in sample.snapshot.table("models", ["id", "stub"]).to_pylist() if row["stub"]}
    found = Counter()
    for model in MODELS:
        links = read("json", graphfiles.text(sample.graph_family(model), "json"))[1]
        assert all(link["dangling"] == (link["target"] in stubs) for link in links)
        found.update(link["dangling"] for link in links)
    assert found[True] and found[False]


@settings(max_examples=25, deadline=None)
@given(family=families.families(40))
def test_steps_are_those_of_a_shortest_way(family: families.Family) -> None:
    nodes, links = read("json", given_file(family, "json"))
    graph = nx.DiGraph([(link["target"], link["source"]) for link in links])
    graph.add_nodes_from(nodes)
    twin = nx.single_source_shortest_path_length(graph, family.model)
    assert {id: node["steps"] for id, node in nodes.items()} == {id: twin.get(id) for id in nodes}


@pytest.mark.parametrize("form", graphfiles.WRITERS)
def test_the_order_of_rows_does_not_show(form: str) -> None:
    family = families.large(120, 30)
    options = {"nodes": 40}
    first = given_file(family, form, **options)
    assert all(given_file(families.shuffled(family, seed), form, **options) == first for seed in (1, 2))
    assert given_file(families.shuffled(family, 3), "dot", every=True) == given_file(family, "dot", every=True)


def test_what_is_unknown_is_absent_and_types_are_told() -> None:
    family = families.drawn()
    space = "{http://graphml.graphdrawing.org/xmlns}"
    tree = ElementTree.fromstring(given_file(family, "graphml"))
    kinds = {(key.get("for"), key.get("attr.name")): key.get("attr.type") for key in tree.iter(f"{space}key")}
    assert kinds["node", "downloads"] == "long" and kinds["node", "stub"] == "boolean"
    assert kinds["edge", "first"] == "boolean" and kinds["graph", "snapshot"] == "string"
    names = {key.get("id"): key.get("attr.name") for key in tree.iter(f"{space}key")}
    node = next(node for node in tree.iter(f"{space}node") if node.get("id") == "carl/thing")
    told = {names[data.get("key")] for data in node}
    assert "downloads" not in told and "relation" not in told and "full" in told
    assert "None" not in given_file(family, "graphml") + given_file(family, "gexf")
    assert json.loads(given_file(family, "json"))["snapshot"] == HEAD


def test_colours_and_sizes_are_those_of_the_palette() -> None:
    nodes = nx.read_gexf(io.BytesIO(given_file(families.drawn(), "gexf").encode())).nodes
    assert nodes["quanto/base-instruct-GGUF"]["viz"]["color"] == {"r": 0, "g": 158, "b": 115, "a": 1.0}
    assert nodes["maker/base"]["viz"]["color"] == {"r": 31, "g": 41, "b": 51, "a": 1.0}
    assert nodes["maker/base-instruct"]["viz"]["size"] == 60.0
    assert nodes["carl/thing"]["viz"]["size"] == 4.0


# --- hostile text -------------------------------------------------------------------------------------


def test_hostile_names_come_back_as_they_are_or_as_xml_can_hold_them() -> None:
    for family in (hostile(), families.hostile()):
        ids = family.members["id"].to_pylist()
        nodes, _ = read("json", given_file(family, "json"))
        assert {id for id, node in nodes.items() if not node["outside"]} == set(ids)
        for form in ("graphml", "gexf"):
            nodes, links = read(form, given_file(family, form))
            found = {id for id, node in nodes.items() if not node["outside"]}
            assert len(found) == len(ids)
            assert {id for id in ids if xmlparts.legal(id) == id} <= found
            assert len(links) == family.links.num_rows
            assert all(link["source"] in nodes and link["target"] in nodes for link in links)


def test_dot_holds_every_name_and_nothing_else_means_something() -> None:
    for family in (hostile(), families.hostile(), families.drawn()):
        nodes, links = dot_parts(given_file(family, "dot", every=True))
        wanted = [tipped(id) for id in family.members["id"].to_pylist()]
        outside = sorted({row["base"] for row in family.links.to_pylist() if not row["inside"]})
        assert [tip for _, tip in nodes.values()] == [*wanted, *map(tipped, outside)]
        assert len(links) == family.links.num_rows
        folded, _ = dot_parts(given_file(family, "dot", nodes=500))
        assert len(folded) == len(family_picture(family, 500).nodes)


def need_dot() -> str:
    """The path of Graphviz's `dot`; skips with the reason where there is none, and under CI=true fails."""
    found = shutil.which("dot")
    if found is None:
        reason = "no Graphviz on this machine (apt-get install graphviz)"
        (pytest.fail if os.environ.get("CI") == "true" else pytest.skip)(reason)
    assert found is not None
    return found


def test_graphviz_draws_what_was_written() -> None:
    dot = need_dot()
    for family, options in (
        (hostile(), {"every": True}),
        (hostile(), {}),
        (families.hostile(), {}),
        (families.large(), {}),
    ):
        text = given_file(family, "dot", **options)
        done = subprocess.run([dot, "-Tsvg"], input=text.encode(), capture_output=True, timeout=60, check=True)
        assert done.stderr == b""
        tree = ElementTree.fromstring(done.stdout)
        space = "{http://www.w3.org/2000/svg}"
        count = Counter(group.get("class") for group in tree.iter(f"{space}g"))
        nodes, links = dot_parts(text)
        assert (count["node"], count["edge"]) == (len(nodes), len(links))
        assert not list(tree.iter(f"{space}script"))
        tips = {group.get("{http://www.w3.org/1999/xlink}title") for group in tree.iter(f"{space}a")}
        shown = {" ".join(tip.split()) for tip in tips if tip}
        assert {" ".join(tip.split()) for _, tip in nodes.values()} <= shown


def mermaid_of(family: Any) -> tuple[str, Any]:
    return given_file(family, "mermaid", nodes=50), family_picture(family, 50)


def test_mermaid_holds_what_the_page_draws_and_nothing_else_means_something() -> None:
    for family in (hostile(), families.hostile(), families.drawn(), families.large()):
        text, picture = mermaid_of(family)
        labels, links = mermaid_parts(text)
        assert len(labels) == len(picture.nodes) and len(links) == len(picture.links)
        for label, node in zip(labels, picture.nodes, strict=True):
            assert alike(node.label) in label.split("\n")[0]
        assert links == [(link.child, link.base) for link in picture.links]
        assert "%%{" not in text and "click" not in [line.split()[0] for line in text.splitlines() if line.strip()]


@pytest.mark.soak
def test_mermaid_itself_draws_what_was_written(tmp_path: Path) -> None:
    from tests.browser import Browser
    from tests.test_browser import TRAP, need_browser

    need_browser()
    script = os.environ.get("LINEAGE_MERMAID")
    if script is None:
        npm = shutil.which("npm")
        if npm is None:
            pytest.skip("no npm on this machine to fetch Mermaid with (or set LINEAGE_MERMAID to a mermaid.min.js)")
        subprocess.run([npm, "pack", "mermaid@11.12.0", "--silent"], cwd=tmp_path, check=True, timeout=300)
        shutil.unpack_archive(next(tmp_path.glob("*.tgz")), tmp_path)
        script = str(tmp_path / "package" / "dist" / "mermaid.min.js")
    (tmp_path / "mermaid.js").write_bytes(Path(script).read_bytes())
    with Browser() as browser:
        for level in ("strict", "loose"):
            for number, family in enumerate((hostile(), families.hostile(), families.drawn(), families.large())):
                text, picture = mermaid_of(family)
                page = tmp_path / f"{level}{number}.html"
                block = json.dumps(text).replace("<", "\\u003c")
                run = (
                    f"mermaid.initialize({{startOnLoad: false, securityLevel: '{level}'}});"
                    "window.drawn = mermaid.render('g', JSON.parse(document.getElementById('text').textContent))"
                    ".then(made => { document.getElementById('place').innerHTML = made.svg; return 'drawn'; }, String);"
                )
                page.write_text(
                    "<!doctype html><meta charset=utf-8><p id=place></p><script src=mermaid.js></script>"
                    f"<script type=application/json id=text>{block}</script><script>{run}</script>",
                    encoding="utf-8",
                )
                tab = browser.open(page, trap=TRAP)
                assert tab.value("window.drawn") == "drawn"
                labels = tab.value("[...document.querySelectorAll('.node .nodeLabel')].map(each => each.innerText)")
                squeezed = [re.sub(r"\s+", "", label) for label in labels]
                assert squeezed == [re.sub(r"\s+", "", label) for label in mermaid_parts(text)[0]]
                assert tab.value("document.querySelectorAll('#place img, #place script, #place a').length") == 0
                assert len(labels) == len(picture.nodes)
                assert tab.value("window.traps") == [] and tab.dialogs() == []
                assert [address for address in tab.tried() if not address.endswith("mermaid.js")] == []


# --- what is drawn, and what is folded ----------------------------------------------------------------


def counted(labels: list[str]) -> int:
    """Models that the signs of a drawing stand for: one each, and what badges say."""
    total = 0
    for label in labels:
        name, _, small = label.partition("\n")
        several = re.fullmatch(
            r"(?:[A-Z]\xa0\xa0)?([\d,]+) (?:finetun|adapter|quantiz|merge|cop|mixed|unlabelled)\w*", name
        )
        branches = re.fullmatch(r"[\d,]+ smaller branch(?:es)?", name)
        if branches:
            total += int(re.search(r"([\d,]+) models?\b", small)[1].replace(",", ""))  # type: ignore[index]
        else:
            total += int(several[1].replace(",", "")) if several else 1
    return total


@settings(max_examples=20, deadline=None)
@given(family=families.families(90), nodes=st.integers(5, 50))
def test_drawn_and_folded_are_the_family(family: families.Family, nodes: int) -> None:
    dot, _ = dot_parts(given_file(family, "dot", nodes=nodes))
    assert counted([label for label, _ in dot.values()]) == family.members.num_rows
    labels, _ = mermaid_parts(given_file(family, "mermaid", nodes=nodes))
    assert counted(labels) == family.members.num_rows


def test_drawn_and_folded_are_the_family_on_the_sample(sample: Session) -> None:
    for model in MODELS:
        graph, members = sample.graph_family(model, nodes=30), sample.family_of(model).members.num_rows
        assert counted(mermaid_parts(graphfiles.text(graph, "mermaid"))[0]) == members
        assert counted([label for label, _ in dot_parts(graphfiles.text(graph, "dot"))[0].values()]) == members
        said = graphfiles.text(graph, "dot").split("digraph")[0]
        assert "sample, 2024-09-20" in said and "sample.parquet" in said and "nothing dropped" in said
        assert "Basis declared" in said and "last 30 days" in said


def test_mermaid_refuses_what_nobody_can_read() -> None:
    with pytest.raises(UsageError, match="take --as dot"):
        given_file(families.star(100), "mermaid", nodes=60, every=True)


def test_how_a_link_is_known_shows() -> None:
    dot, chart = given_file(families.drawn(), "dot"), given_file(families.drawn(), "mermaid")
    assert dot.count("style=dotted") == 1 and "dotted: inferred from names" in dot
    assert chart.count('|"inferred"|') == 1 and "stroke-dasharray:2 4" in chart
    assert 'label="further base"' in dot and '|"further base"|' in chart


# --- what others refuse, or obey -----------------------------------------------------------------------------


def test_graphviz_takes_texts_of_any_length() -> None:
    """It refuses a text in quotes of more than 16,384 bytes; escapes and signs of several bytes are counted too."""
    texts = ["&" * 20_000, '"' * 20_000, "é" * 20_000, "\U0001f600" * 20_000, "a" * 20_000]
    rows = [families.Row(f"top/{texts[0]}", [], 9)]
    rows += [families.Row(f"{text}/{text}", [(rows[0].id, "merge", "card")], 1, [text], text, text) for text in texts]
    made = given_file(families.family(rows), "dot")
    quoted = re.findall(r'"((?:[^"\\]|\\.)*)"', made)
    assert max(len(text.encode()) for text in quoted) <= 16_383
    assert made.count("…") > len(texts)
    assert made.count(" -> n") == len(texts)
    if shutil.which("dot"):
        done = subprocess.run(["dot", "-Tsvg"], input=made.encode(), capture_output=True, check=False)
        assert (done.returncode, done.stderr) == (0, b"")


@pytest.mark.parametrize("form", graphfiles.DATA)
def test_a_terminal_obeys_nothing_of_a_file_and_the_value_is_the_same(form: str) -> None:
    text = "a\x7fb\x85c\x9b31md\u202ee\u200bf\u2028g"
    family = families.family(
        [families.Row("top/x", [], 9, library=text), families.row(f"maker/{text}", "top/x", None, 1)]
    )
    made = graphfiles.text(family_graph(family, HEAD | {"source": text}, {"model": text}), form)
    assert wording.clean(made.replace("\n", "")).replace("\ufffd", "") == made.replace("\n", "").replace("\ufffd", "")
    if form == "json":
        read = json.loads(made)
        assert [node["library"] for node in read["nodes"]] == [None, text]
        assert f"maker/{text}" in {node["id"] for node in read["nodes"]}
    else:
        reader = {"graphml": nx.read_graphml, "gexf": nx.read_gexf}[form]
        graph = reader(io.BytesIO(made.encode()))
        assert f"maker/{text}" in graph
        assert graph.nodes["top/x"]["library"] == text
