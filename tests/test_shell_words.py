"""What was typed in the shell, without running it: steps of a text, completion, ids."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lineage.session import Session
from lineage.shell import completion, ids, schema, statements
from lineage.shell.completion import Words, complete
from lineage.stores.graph import PUBLISHER_COLUMNS
from tests.servers import draw

# --- steps of a text --------------------------------------------------------------------------------


@pytest.mark.parametrize(("text", "steps", "rest"), [
    ("RETURN 1;", ["RETURN 1"], ""),
    ("RETURN 1; RETURN 2", ["RETURN 1"], "RETURN 2"),
    ("RETURN ';' AS x", [], "RETURN ';' AS x"),
    ('RETURN ";" AS x;', ['RETURN ";" AS x'], ""),
    ("RETURN 'it\\'s; so';", ["RETURN 'it\\'s; so'"], ""),
    ("RETURN 1 AS `a;b`;", ["RETURN 1 AS `a;b`"], ""),
    ("RETURN 1 // no; end\n;", ["RETURN 1 // no; end"], ""),
    ("RETURN /* ; */ 1;", ["RETURN /* ; */ 1"], ""),
    ("MATCH (n)\nRETURN n;\n// done", ["MATCH (n)\nRETURN n"], ""),
    ("top_bases", ["top_bases"], ""),
    ("top_bases limit=5; RETURN 1;", ["top_bases limit=5", "RETURN 1"], ""),
    ("ancestors id='a; b' // why\nRETURN 1", ["ancestors id='a; b'"], "RETURN 1"),
    ("ancestors id='a", [], "ancestors id='a"),
    ("MATCH", [], "MATCH"),
    ("create", [], "create"),
    (":param x 1\n:help\nRETURN $x;", [":param x 1", ":help", "RETURN $x"], ""),
    (";;", [], ""),
    ("// a note", [], ""),
    ("/* a note", [], "/* a note"),
])  # fmt: skip
def test_a_text_falls_into_steps(text: str, steps: list[str], rest: str) -> None:
    found, left = statements.split(text)
    assert ([s.text for s in found], left) == (steps, rest)


def test_steps_know_what_they_are() -> None:
    found = statements.all_of(":limit 3;\nbases\nMATCH (n) RETURN n; RETURN 1")
    assert [tuple(s) for s in found] == [
        ("colon", ":limit 3"), ("named", "bases"), ("cypher", "MATCH (n) RETURN n"), ("cypher", "RETURN 1"),
    ]  # fmt: skip


@pytest.mark.parametrize(("text", "ends"), [
    ("", True), ("RETURN 1;", True), ("RETURN 1", False), ("top_bases", True), ("MATCH", False), (":help", True),
    ("RETURN 1;  // note", True), ("RETURN 'a;", False), ("MATCH (n)\nRETURN n\n", True), ("MATCH (n)\n", False),
    ("MATCH (n)\nRETURN count(n\n", False), ("MATCH (n)\nRETURN 'n\n", False), ("RETURN 1 /* ;\n\n", False),
    ("RETURN 1; RETURN 2", False), ("exit", True), ("nosuch;", True),
])  # fmt: skip
def test_enter_runs_what_has_ended(text: str, ends: bool) -> None:
    assert statements.finished(text) is ends


#: Pieces in which a semicolon ends nothing.
_PIECES = st.sampled_from(
    ["RETURN 1", "';'", '"a;\\";"', "`;`", "/* ; ' */", "// ; '\n", "\n", " ", "(", "x", ")", "'it\\'s;'"]
)


@given(st.lists(_PIECES, max_size=12).map(lambda p: "RETURN " + " ".join(p)))
def test_quotes_and_comments_end_nothing(text: str) -> None:
    assert statements.split(text) == ([], text)
    steps, rest = statements.split(text + ";")
    assert ([s.text for s in steps], rest) == ([text.strip()], "")


@given(st.text(alphabet="aM;:'\"`/*\\ \n=[]()1", max_size=40))
def test_any_text_is_taken_apart_without_loss_of_order(text: str) -> None:
    steps, rest = statements.split(text)
    at = 0
    for step in steps:  # each stands in the text, after the one before
        found = text.index(step.text, at)
        at = found + len(step.text)
    assert text.endswith(rest)
    assert [s.text for s in statements.all_of(text)][: len(steps)] == [s.text for s in steps]
    assert text.endswith(statements.current(text))
    statements.finished(text)


def test_values_of_a_named_query() -> None:
    text = "servers id=\"a b\" list=[1, 2] limit=5 name='it\\'s' empty="
    assert statements.named(text) == (
        "servers",
        {"id": "a b", "list": "[1, 2]", "limit": "5", "name": "it's", "empty": ""},
    )


# --- completion -------------------------------------------------------------------------------------


HELD = schema.held()
WORDS = Words(
    labels={n: p for n, (kind, _, p) in HELD.items() if kind == "label"},
    types={n: p for n, (kind, _, p) in HELD.items() if kind == "type"},
    queries={"top_bases": ["limit"], "ancestors": ["id"], "served_by": ["publisher", "limit"]},
    commands={":help": ("top_bases",), ":format": ("table", "tsv"), ":param": ()},
    params=("who", "what"),
    models=lambda prefix: [f"{prefix}-model"],
    accounts=lambda prefix: [f"{prefix}-account"],
)


@pytest.mark.parametrize(("text", "offered"), [
    ("", {"MATCH", "top_bases"}),
    ("ma", {"MATCH"}),
    ("to", {"top_bases"}),
    ("RETURN 1; anc", {"ancestors"}),
    ("MATCH (m:", {"Model", "Publisher"}),
    ("MATCH (m:mod", {"Model"}),
    ("MATCH (a:Model)-[:", {"DERIVED_FROM", "DESCENDS_FROM", "PUBLISHED"}),
    ("MATCH (a:Model)<-[p:PUB", {"PUBLISHED"}),
    ("MATCH ()-[:DERIVED_FROM|DES", {"DESCENDS_FROM"}),
    ("MATCH (m:Model) WHERE m.likes", {"likes"}),
    ("MATCH (m:Model) WHERE m.ful", {"`full`"}),
    ("MATCH (p:Publisher) RETURN p.", {"id", *PUBLISHER_COLUMNS}),
    ("MATCH (a)-[d:DESCENDS_FROM]->(b) RETURN d.", {"distance"}),
    ("MATCH (p:Publisher {ow", {"owner"}),
    ("MATCH (p:Publisher {id: 'x', ty", {"type"}),
    ("MATCH ()-[d:DERIVED_FROM {re", {"relation"}),
    ("MATCH (m:Model {id: 'goo", {"goo-model"}),
    ('MATCH (m:Model {id: "goo', {"goo-model"}),
    ("MATCH (m:Model) WHERE m.id = 'goo", {"goo-model"}),
    ("MATCH (p:Publisher {id: 'goo", {"goo-account"}),
    ("MATCH (p:Publisher) WHERE p.id = 'goo", {"goo-account"}),
    ("MATCH (m:Model {publisher: 'goo", {"goo-account"}),
    ("RETURN 'goo", set()),
    ("MATCH (m:Model {library: 'goo", set()),
    ("MATCH (m:Model) // m.", set()),
    ("MATCH (m:Model) /* m.", set()),
    ("RETURN `m.", set()),
    ("RETURN $", {"who", "what"}),
    ("RETURN $wha", {"what"}),
    ("MATCH (base:Model) RETURN ba", {"base"}),
    ("MATCH (m:Model) WHERE EXISTS { MAT", {"MATCH"}),
    ("ancestors ", {"id="}),
    ("ancestors id=a/b", {"a/b-model"}),
    ('ancestors id="a/b', {"a/b-model"}),
    ("served_by publisher=q", {"q-account"}),
    ("served_by limit=3 p", {"publisher="}),
    ("served_by limit=3 ", {"publisher="}),
    (":f", {":format"}),
    (":format t", {"table", "tsv"}),
    (":param id goo", {"goo-model"}),
    (':param id "goo', {"goo-model"}),
    (":param other goo", set()),
])  # fmt: skip
def test_what_is_offered(text: str, offered: set[str]) -> None:
    length, found = complete(text, WORDS)
    assert set(found) >= offered if text == "" else set(found) == offered
    assert not length or text.endswith(text[-length:])


def test_of_a_variable_without_label_all_properties_are_offered() -> None:
    _, found = complete("MATCH (x) RETURN x.d", WORDS)
    assert {"downloads", "descendants", "distance"} <= set(found)
    assert "owner" not in found


@given(st.text(alphabet="(m:Model){id'\".-[>]$ \n/*`top_bases=;", max_size=60))
def test_completion_never_fails_and_replaces_what_it_repeats(text: str) -> None:
    length, found = complete(text, WORDS)
    typed = text[len(text) - length :].casefold()
    assert all(f.strip("`").casefold().startswith(typed) for f in found)


def test_the_names_offered_are_those_of_the_graph(sample: Session) -> None:
    for name, (kind, _, properties) in HELD.items():
        pattern = f"(x:{name})" if kind == "label" else f"()-[x:{name}]->()"
        columns = ", ".join(f"x.{p} AS {p}" for p in properties) or "1 AS one"
        table = sample.table("query", text=f"MATCH {pattern} RETURN {columns} LIMIT 1")
        assert table.num_rows == 1
    node = sample.table("query", text="MATCH (m:Model) RETURN m LIMIT 1").to_pylist()[0]["m"]
    assert set(node) <= {p.strip("`") for p in HELD["Model"][2]}


def test_completion_knows_the_keywords_of_the_language() -> None:
    assert set(completion.OPENING) <= set(completion.KEYWORDS) | {"EXPLAIN"}
    assert {w.split()[0] for w in completion.OPENING} <= statements.OPENING


# --- ids --------------------------------------------------------------------------------------------


def slow_models(names: list[str], prefix: str) -> list[str]:
    """What may be offered, name by name."""
    if "/" in prefix:
        return sorted(n for n in names if n.startswith(prefix))
    heads = [n.split("/")[0] + "/" if "/" in n else n for n in names if n.startswith(prefix)]
    return sorted(set(heads))


@pytest.mark.parametrize(
    "prefix", ["", "g", "google", "google-bert/", "google-bert/bert-base-u", "zz", "TheB", "a/", "\U0010ffff"]
)
def test_ids_that_begin_so(sample: Session, prefix: str) -> None:
    names = [
        row["id"]
        for row in sample.snapshot.table("models", ["id", "basis"]).to_pylist()
        if row["basis"] in (None, "declared")
    ]
    found = ids.Ids(sample.snapshot)
    wanted = slow_models(names, prefix)
    assert set(found.models(prefix, most=100_000)) == set(wanted)
    assert len(found.models(prefix, most=3)) == min(3, len(wanted))
    assert set(found.accounts(prefix, most=100_000)) == {w[:-1] for w in wanted if w.endswith("/")} or "/" in prefix


def test_ids_with_dashes_and_beyond_ascii_and_of_another_basis() -> None:
    names = ["a/x", "a/z", "a-b/x", "a.b/y", "a0/x", "ab/é", "é/x", "A/x", "gpt2"]
    stubs = {"a/not-held": {"stub": True, "basis": "inferred"}, "a/y": {"stub": True, "basis": "declared"}}
    found = ids.Ids(draw({n: {} for n in names} | stubs, []))  # type: ignore[arg-type]
    assert set(found.models("a")) == {"a/", "a-b/", "a.b/", "a0/", "ab/"}
    assert found.models("a/") == ["a/x", "a/y", "a/z"]
    assert found.models("é") == ["é/"]
    assert found.models("g") == ["gpt2"]
    assert found.accounts("g") == []
