"""`lineage query --view`: the graph in an answer, the same from both engines, all of it on the page, none of it run."""

import re
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner

from lineage.answers.found import Graph, Link, Node
from lineage.commands import main
from lineage.errors import UsageError
from lineage.session import Session
from lineage.stores import ask
from lineage.views import answer
from lineage.views.answer import answer_page
from lineage.views.pictures import palette
from tests.browser import TRAP, Browser
from tests.conftest import Build
from tests.families import HOSTILE
from tests.servers import Server

SOURCE = {"snapshot": "drawn", "taken_at": "2024-09-20", "statement": "MATCH (m) RETURN m", "engine": "embedded"}


def found(session: Session, text: str, on: str | None = None, limit: int | None = None) -> Graph:
    return ask.found(session.snapshot, session.catalog.root, text, {}, on=on, limit=limit)[0]


# --- the same from both engines, and as a plain walk over rows gives it -------------------------------

GPT2 = "'openai-community/gpt2'"
#: Statement → one that gives the same links as plain rows: type, child, base.
WALKS = {
    f"MATCH p = (:Model)-[:DERIVED_FROM]->(:Model {{id: {GPT2}}}) RETURN p":
        f"MATCH (a:Model)-[:DERIVED_FROM]->(b:Model {{id: {GPT2}}}) RETURN 'DERIVED_FROM' AS t, a.id AS a, b.id AS b",
    "MATCH (:Model {id: 'google/gemma-2-9b'})<-[d:DESCENDS_FROM]-(m:Model) RETURN d, m":
        "MATCH (b:Model {id: 'google/gemma-2-9b'})<-[:DESCENDS_FROM]-(a:Model) "
        "RETURN 'DESCENDS_FROM' AS t, a.id AS a, b.id AS b",
    "MATCH (p:Publisher {id: 'bartowski'})-[q:PUBLISHED]->(m:Model) RETURN [p] AS list, q, {inside: m} AS map":
        "MATCH (a:Publisher {id: 'bartowski'})-[:PUBLISHED]->(b:Model) RETURN 'PUBLISHED' AS t, a.id AS a, b.id AS b",
    # Against the arrows, and only the links: their ends come along by id.
    "MATCH (b:Model {id: 'mistralai/Mistral-7B-v0.1'})<-[d:DERIVED_FROM]-(:Model) RETURN d":
        "MATCH (b:Model {id: 'mistralai/Mistral-7B-v0.1'})<-[:DERIVED_FROM]-(a:Model) "
        "RETURN 'DERIVED_FROM' AS t, a.id AS a, b.id AS b",
    "MATCH (p:Publisher {id: 'google'})-[q:PUBLISHED]->(:Model) RETURN q":
        "MATCH (a:Publisher {id: 'google'})-[:PUBLISHED]->(b:Model) RETURN 'PUBLISHED' AS t, a.id AS a, b.id AS b",
}  # fmt: skip


@pytest.mark.parametrize("text", list(WALKS))
def test_the_graph_is_the_same_from_both_engines_and_from_a_walk(
    sample: Session, neo4j_sample: Server, text: str
) -> None:
    here, there = found(sample, text), found(sample, text, neo4j_sample.uri)
    assert here == there
    rows = sample.table("query", text=WALKS[text]).to_pylist()
    assert rows
    assert {(link.type, link.child[1], link.base[1]) for link in here.links} == {tuple(row.values()) for row in rows}
    ends = {end for link in here.links for end in (link.child, link.base)}
    assert ends <= {node.key for node in here.nodes}


PATHS = [
    "MATCH p = (:Model {id: 'mradermacher/Gemma-2-Ataraxy-9B-i1-GGUF'})-[:DERIVED_FROM*1..8]->(:Model) RETURN p",
    "MATCH p = (:Model {id: 'google/gemma-2-9b'})<-[:DERIVED_FROM*1..4]-(:Model) RETURN p",
    "MATCH p = (:Publisher {id: 'google'})-[:PUBLISHED]->(:Model)<-[:DERIVED_FROM]-(:Model)<-[:PUBLISHED]-(:Publisher) RETURN p",
]


@pytest.mark.parametrize("text", PATHS)
def test_paths_of_any_length_and_direction(sample: Session, neo4j_sample: Server, text: str) -> None:
    here, there = found(sample, text), found(sample, text, neo4j_sample.uri)
    assert here.links
    assert here == there
    edges = set(zip(*sample.snapshot.table("edges", ["child", "base"]).to_pydict().values(), strict=True))
    assert all((link.child[1], link.base[1]) in edges for link in here.links if link.type == "DERIVED_FROM")


def test_a_link_alone_brings_its_ends_by_id(sample: Session, neo4j_sample: Server) -> None:
    text = "MATCH (m:Model)-[d:DERIVED_FROM]->(:Model) WHERE d.relation = 'merge' RETURN d, m.downloads AS n"
    for on in (None, neo4j_sample.uri):
        graph = found(sample, text, on)
        assert len(graph.links) == 248
        assert all(node.properties is None for node in graph.nodes)
        assert {node.label for node in graph.nodes} == {"Model"}
        page = answer_page(graph, SOURCE)
        assert "only its id is in the answer" in page


def test_plain_rows_stay_as_they_were(sample: Session) -> None:
    row = sample.table("query", text="MATCH (m:Model)-[d:DERIVED_FROM]->() RETURN d LIMIT 1").to_pylist()[0]
    assert set(row["d"]) == {"relation", "evidence", "basis", "place"}


# --- what is drawn -----------------------------------------------------------------------------------


def drawn(page: str) -> tuple[set[str], int]:
    """Titles of the signs in the picture, and how many lines."""
    picture = page[page.index('<svg class="picture') : page.index("</svg>", page.index('<svg class="picture'))]
    titles = re.findall(r'<g class="node[^>]*><title>([^<\n]*)', picture)
    assert len(titles) == len(set(titles))
    return set(titles), picture.count('class="link ')


@pytest.mark.parametrize("text", [*WALKS, *PATHS])
def test_every_node_and_link_is_drawn_once_and_listed(sample: Session, text: str) -> None:
    graph = found(sample, text)
    page = answer_page(graph, SOURCE)
    names, lines = drawn(page)
    assert names == {node.id for node in graph.nodes}
    assert lines == len(graph.links)
    assert page.count("<tr><td>") + page.count("<tr><td><bdi>") >= len(graph.nodes) + len(graph.links)
    assert f"All of it is drawn: {len(graph.nodes)} node" in page


def test_labels_and_types_look_different_without_colour(sample: Session) -> None:
    page = sample.view_query("MATCH p = (:Publisher)-[:PUBLISHED]->(m:Model {id: 'google/gemma-2-9b-it'})-[:DERIVED_FROM]->"
                             "(b:Model)<-[d:DESCENDS_FROM]-(m) RETURN p, d")  # fmt: skip
    assert "<rect" in page and "<circle" in page
    assert len({line.dashes for line in palette.TYPES.values()}) == len(palette.TYPES)
    for type in ("PUBLISHED", "DESCENDS_FROM"):
        assert f'stroke-dasharray="{palette.TYPES[type].dashes}"' in page
        assert f"{type}: 1 link," in page
    assert "1 link, from a model on the right to its base on the left" in page


def test_too_many_are_counted_and_never_dropped_silently(sample: Session) -> None:
    graph = found(sample, "MATCH (m:Model) WHERE m.downloads > 1000 RETURN m LIMIT 700")
    assert len(graph.nodes) == 700
    page = answer_page(graph, SOURCE)
    names, _ = drawn(page)
    by_hand = sorted(graph.nodes, key=lambda node: (-node.properties["downloads"], node.id))[: answer.NODES]  # type: ignore[index]
    assert names == {node.id for node in by_hand}
    assert "500 nodes and 0 links of 700 nodes and 0 links" in page
    assert "LIMIT" in page
    assert "Nodes</dt> <dd><bdi>700<" in page
    links = tuple(
        Link("DERIVED_FROM", ("Model", f"a/{n}"), ("Model", f"a/{m}"), {}) for n in range(70) for m in range(n)
    )
    dense = Graph(tuple(Node("Model", f"a/{n}", {"downloads": n}) for n in range(70)), links, 1)
    assert len(links) > answer.LINKS
    page = answer_page(dense, SOURCE)
    assert drawn(page)[1] == answer.LINKS
    assert f"70 nodes and 2,000 links of 70 nodes and {len(links):,} links" in page


def test_the_first_line_says_what_it_stands_on(sample: Session, neo4j_sample: Server) -> None:
    text = "MATCH (m:Model {id: $id})\nRETURN m"
    for on, engine in ((None, "embedded"), (neo4j_sample.uri, f"Neo4j at {neo4j_sample.uri}")):
        page = sample.view_query(text, {"id": "openai-community/gpt2"}, on=on)
        line = page[page.index('<dl class="dateline">') : page.index("</dl>")]
        said = dict(re.findall(r"<dt>(.*?)</dt> <dd><bdi>(.*?)</bdi>", line))
        assert said == {
            "Snapshot": "sample, 2024-09-20", "Engine": engine, "Rows": "1", "Nodes": "1", "Links": "0",
            "Statement": "MATCH (m:Model {id: $id}) RETURN m (id = openai-community/gpt2)",
        }  # fmt: skip


def test_the_same_answer_is_the_same_bytes(sample: Session, neo4j_sample: Server) -> None:
    one = "MATCH p = (:Model)-[:DERIVED_FROM]->(:Model {id: 'openai-community/gpt2'}) RETURN p ORDER BY p"
    text = next(iter(WALKS))
    graph = found(sample, text)
    assert answer_page(graph, SOURCE) == answer_page(found(sample, text, neo4j_sample.uri), SOURCE)
    turned = found(sample, text.replace("RETURN p", "WITH p, nodes(p) AS n RETURN n, p"))
    assert answer_page(graph, SOURCE) == answer_page(turned, SOURCE), one


def test_a_circle_is_drawn_and_said(build_rows: Build) -> None:
    session = build_rows([
        {"id": "a/one", "downloads": 5, "tags": ["base_model:a/two", "base_model:finetune:a/two"]},
        {"id": "a/two", "downloads": 3, "tags": ["base_model:a/one", "base_model:merge:a/one"]},
    ])  # fmt: skip
    page = session.view_query("MATCH p = (:Model)-[:DERIVED_FROM]->(:Model) RETURN p")
    assert drawn(page) == ({"a/one", "a/two"}, 2)
    assert "1 line runs against the others" in page
    assert 'class="arrow' in page


# --- hostile text, and bad input ------------------------------------------------------------------------


def quiet(browser: Browser, page: str, path: Path, **options: Any) -> str:
    path.write_text(page, "utf-8")
    tab = browser.open(path, trap=TRAP, **options)
    try:
        assert tab.tried() == [] and tab.dialogs() == [] and tab.complaints() == []
        assert tab.value("window.traps") == []
        assert tab.value("typeof window.pwned") == "undefined"
        assert tab.value("document.scripts.length") == 0
        assert tab.value("document.documentElement.scrollWidth <= innerWidth")
        return str(tab.value("document.body.textContent"))
    finally:
        tab.close()


def test_hostile_names_are_text(browser: Browser, tmp_path: Path) -> None:
    names = [*HOSTILE, "</title><script>pwned=1</script>", "\"'><img src=x onerror=alert(1)>", "{{id}}{{{svg}}}", "]]>"]
    nodes = [
        Node("Model", name, {"id": name, "downloads": 3, "relation": name, "licences": [name], name: name})
        for name in names
    ]
    nodes += [Node("Publisher", name, {"id": name, "owner": name}) for name in names] + [
        Node(name, name, None) for name in names
    ]
    links = [Link(name, ("Publisher", name), ("Model", name), {"relation": name}) for name in names]
    links += [
        Link("DERIVED_FROM", ("Model", name), (name, name), {"relation": name, "distance": name}) for name in names
    ]
    source = {key: "</dd><script>pwned=1</script>" + value for key, value in SOURCE.items()}
    page = answer_page(Graph(tuple(sorted(nodes, key=lambda n: n.key)), tuple(links), 9), source)
    for width, dark in ((1280, False), (420, True)):
        text = quiet(browser, page, tmp_path / f"{width}.html", width=width, dark=dark)
        assert "{{id}}{{{svg}}}" in text
        assert "<img src=x onerror=alert(1)>" in text


def test_hostile_ids_from_a_real_server_are_text(
    browser: Browser, neo4j_server: Server, sample: Session, tmp_path: Path
) -> None:
    neo4j_server.run("CREATE (:Model {id: $id})<-[:DERIVED_FROM {relation: $id}]-(:`<b>x` {name: $id})",
                     id="<script>pwned=1</script>")  # fmt: skip
    try:
        page = sample.view_query("MATCH (m:Model)-[e]-(x:`<b>x`) RETURN m, e, x", on=neo4j_server.uri)
        alone = sample.view_query("MATCH (:Model)-[e]-(:`<b>x`) RETURN e", on=neo4j_server.uri)
    finally:
        neo4j_server.run("MATCH (x:`<b>x`)--(m) DETACH DELETE x, m")
    for number, text in enumerate((page, alone)):
        assert "<script>pwned=1</script>" in quiet(browser, text, tmp_path / f"{number}.html")


def call(sample: Session, *args: str) -> Any:
    return CliRunner().invoke(main, ["query", *args], env={"LINEAGE_HOME": str(sample.catalog.root)})


@pytest.mark.parametrize(("text", "name", "said", "code"), [
    ("MATCH (m:Model) RETURN count(*) AS n", "x.html", "no node, link or path", 2),
    ("MATCH (m:Model {id: 'no/such'}) RETURN m", "x.html", "has no rows", 2),
    ("MATCH (m:Model) RETURN m LIMIT 1", "x.pdf", "ends in .html", 2),
    ("MATCH (m:Model) DETACH DELETE m", "x.html", "only read", 1),
    ("MATCH (m:Model) RETURN m LIMIT 1", "none/x.html", "does not exist", 2),
])  # fmt: skip
def test_what_cannot_be_drawn_is_a_sentence_and_writes_nothing(
    sample: Session, tmp_path: Path, text: str, name: str, said: str, code: int, capsys: pytest.CaptureFixture[str]
) -> None:
    with pytest.raises(SystemExit) as ended:
        main.main(["query", text, "--snapshot", str(sample.snapshot.folder), "--view", str(tmp_path / name)])
    assert ended.value.code == code
    assert said in capsys.readouterr().err
    assert list(tmp_path.iterdir()) == []


def test_the_example_in_the_sentence_works(sample: Session, tmp_path: Path) -> None:
    with pytest.raises(UsageError) as caught:
        sample.view_query("RETURN 1 AS x")
    statement = re.search(r"'(MATCH .*)'", str(caught.value))
    assert statement
    target = tmp_path / "x.html"
    done = call(sample, statement[1], "--view", str(target))
    assert (done.exit_code, done.stdout) == (0, f"{target}\n")
    assert drawn(target.read_text("utf-8"))[1] == 4


def test_a_page_of_a_cut_answer_says_so(sample: Session) -> None:
    text = "MATCH (m:Model) RETURN m ORDER BY m.id"
    assert "the answer was cut" in sample.view_query(text, limit=10)
    assert "the answer was cut" not in sample.view_query(text + " LIMIT 10", limit=10)
