"""The shell without a terminal: steps of a text, completion, ids, Ctrl-C's way to an engine, and pipes."""

import json
import re
import threading
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lineage import cypher
from lineage.errors import NotFound, RefusedError, SourceError, StoreError, UsageError
from lineage.session import Session
from lineage.shell import completion, ids, loop, running, schema, statements
from lineage.shell.completion import Words, complete
from lineage.stores import ask
from tests.servers import draw
from tests.test_commands import Shell as Process

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
    ("MATCH (p:Publisher) RETURN p.", {"id", "owner", "type", "countries", "models", "downloads"}),
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
    assert {p.strip("`") for p in HELD["Model"][2]} == set(
        sample.table("query", text="MATCH (m:Model) RETURN m LIMIT 1").to_pylist()[0]["m"]
    )


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


# --- ending a query ---------------------------------------------------------------------------------


def test_what_runs_gives_its_answer_or_its_error() -> None:
    assert running.interruptible(lambda: 7, lambda: None) == 7
    with pytest.raises(ValueError, match="no"):
        running.interruptible(lambda: int("no"), lambda: None)


def interrupt_soon() -> None:
    import signal

    threading.Timer(0.2, signal.raise_signal, [signal.SIGINT]).start()


def test_ctrl_c_asks_until_it_has_ended() -> None:
    heard, gone = [], threading.Event()

    def end() -> None:  # deaf at first, as an engine is that only reads the statement
        heard.append(1)
        if len(heard) == 3:
            gone.set()

    interrupt_soon()
    with pytest.raises(running.Ended) as caught:
        running.interruptible(lambda: gone.wait(20), end)
    assert (len(heard), caught.value.left_behind) == (3, False)


def test_what_does_not_end_is_left_behind() -> None:
    gone = threading.Event()
    interrupt_soon()
    with pytest.raises(running.Ended) as caught:
        running.interruptible(lambda: gone.wait(20), lambda: None, patience=0.3)
    assert caught.value.left_behind
    gone.set()


LONG = "MATCH (a:Model), (b:Model), (c:Model) WHERE a.likes + b.likes + c.likes < -5 RETURN count(*) AS n"


def test_the_embedded_graph_is_free_again_after_an_end(sample: Session) -> None:
    shell = loop.Shell(sample)
    shell.graph.open()
    interrupt_soon()
    with pytest.raises(running.Ended) as caught:
        shell.run(f"{LONG};")
    assert not caught.value.left_behind
    assert ask.answer(shell.graph, "RETURN 1 AS x", {}).to_pylist() == [{"x": 1}]
    shell.close()


# --- steps that are run -----------------------------------------------------------------------------


@pytest.fixture
def shell(sample: Session) -> Any:
    made = loop.Shell(sample, format="jsonl")
    yield made
    made.close()


def rows(capsys: pytest.CaptureFixture[str]) -> list[dict[str, Any]]:
    return [json.loads(line) for line in capsys.readouterr().out.splitlines()]


def test_the_graph_stays_open(shell: loop.Shell, monkeypatch: pytest.MonkeyPatch, capsys: Any) -> None:
    shell.run("RETURN 1 AS x;")
    monkeypatch.setattr("lineage.stores.embedded._reading", lambda path: pytest.fail("opened again"))
    shell.run("RETURN 2 AS x; top_bases limit=1")
    assert [next(iter(r.values())) for r in rows(capsys)] == [1, 2, "black-forest-labs/FLUX.1-dev"]


def test_parameters_are_set_and_taken(shell: loop.Shell, capsys: Any) -> None:
    shell.run(
        ':param id "google-bert/bert-base-uncased"\n:param n => 2\n:param some: ["a", null]\n:param word two words'
    )
    shell.run("RETURN $id AS id, $n AS n, $word AS w;")
    assert rows(capsys) == [{"id": "google-bert/bert-base-uncased", "n": 2, "w": "two words"}]
    shell.run(":params")
    assert rows(capsys) == [
        {"name": "id", "value": '"google-bert/bert-base-uncased"'}, {"name": "n", "value": "2"},
        {"name": "some", "value": '["a", null]'}, {"name": "word", "value": '"two words"'},
    ]  # fmt: skip
    shell.run(":param limit 2\ntop_bases")
    assert len(rows(capsys)) == 2
    shell.run("top_bases limit=3")  # what stands beside the name comes first
    assert len(rows(capsys)) == 3
    shell.run(":params clear")
    with pytest.raises(UsageError, match=r"parameter \$id. Set it with :param id VALUE"):
        shell.run("RETURN $id AS id;")


def test_a_parameter_that_does_not_fit(shell: loop.Shell) -> None:
    shell.run(":param limit many")
    with pytest.raises(UsageError, match="type int"):
        shell.run("top_bases")
    with pytest.raises(UsageError, match="It takes: limit"):
        shell.run("top_bases limits=3")


@pytest.mark.parametrize(("line", "said"), [
    (":nosuch", "no command :nosuch"), (":fromat tsv", "Did you mean format"), (":format xml", "no format 'xml'"),
    (":timeout soon", "takes a number"), (":timeout nan", "takes a number"), (":timeout 0", "takes a number"),
    (":limit 0", "takes a number"), (":limit 1.5", "takes a number"), (":param x", "a name and a value"),
    (":param", "a name and a value"), (":param 1 2", "a name and a value"), (":params x", "params lists"),
    (":source", "name of a file"), (":view", "name of a file"), (":view x.html", "no answer to view yet"), (":", "no command :"),
])  # fmt: skip
def test_a_command_that_does_not_fit(shell: loop.Shell, tmp_path: Path, line: str, said: str) -> None:
    with pytest.raises(UsageError, match=re.escape(said)):
        shell.run(line)
    assert list(tmp_path.iterdir()) == []


def test_bounds_are_set(shell: loop.Shell, capsys: Any) -> None:
    shell.run(":limit 3\n:timeout 0.25\nMATCH (m:Model) RETURN m.id AS id ORDER BY id;")
    said = capsys.readouterr()
    assert len(said.out.splitlines()) == 3
    assert "cut after 3 rows" in said.err
    with pytest.raises(StoreError, match=r"ended after 0\.25 s"):
        shell.run(f"{LONG};")
    shell.run(":format csv\nRETURN 1 AS a, 'x;y' AS b;")
    assert capsys.readouterr().out == "a,b\n1,x;y\n"


def test_it_only_reads(shell: loop.Shell) -> None:
    for text in ("CREATE (:Model {id: 'x'});", "MATCH (m:Model) SET m.likes = 1;", "create", "EXPORT DATABASE 'x';"):
        with pytest.raises(RefusedError):
            shell.run(text)


def test_help_queries_and_schema(shell: loop.Shell, sample: Session, capsys: Any) -> None:
    shell.run(":help")
    assert {"command": ":exit", "about": "leave, as :quit and Ctrl-D do"} in rows(capsys)
    shell.run(":help top_bases")
    assert capsys.readouterr().err == cypher.query("top_bases").text.rstrip() + "\n"
    shell.run(":queries")
    assert [r["name"] for r in rows(capsys)] == sorted(cypher.queries())
    shell.run(":schema")
    counts = {r["name"]: r["count"] for r in rows(capsys)}
    assert (counts["Model"], counts["DERIVED_FROM"], counts["DESCENDS_FROM"]) == (10_013, 1799, 2210)
    with pytest.raises(NotFound, match="top_bases"):
        shell.run(":help top_base")


def test_a_file_is_run_up_to_what_fails(shell: loop.Shell, tmp_path: Path, capsys: Any) -> None:
    path = tmp_path / "some queries.cypher"
    path.write_text(
        "\ufeff// notes; of mine\n:param n 4\nRETURN $n AS x;\nRETURN\n  5 AS x;\nRETRUN 6;\nRETURN 7 AS x;\n"
    )
    with pytest.raises(UsageError, match=r"some queries\.cypher, statement 4: The embedded engine"):
        shell.run(f":source '{path}'")
    assert rows(capsys) == [{"x": 4}, {"x": 5}]
    shell.run("RETURN $n AS x;")
    assert rows(capsys) == [{"x": 4}]
    with pytest.raises(SourceError, match="no file"):
        shell.run(f":source {tmp_path / 'nosuch'}")


def test_a_file_that_runs_itself(shell: loop.Shell, tmp_path: Path) -> None:
    (tmp_path / "a").write_text(f":source {tmp_path / 'b'}\n")
    (tmp_path / "b").write_text(f":source {tmp_path / 'a'}\n")
    with pytest.raises(UsageError, match="would never end"):
        shell.run(f":source {tmp_path / 'a'}")
    assert shell.sources == []


# --- from a pipe ------------------------------------------------------------------------------------


@pytest.fixture
def lineage(sample: Session, tmp_path: Path) -> Process:
    return Process(sample.catalog.root, tmp_path)


def test_a_pipe_gives_tsv_and_stops_at_what_fails(lineage: Process) -> None:
    text = "\ufefftop_bases limit=1\nMATCH (m:Model)\nRETURN count(*) AS n;\nRETURN 'é' AS e;\nnosuch;\nRETURN 9 AS never;\n"
    done = lineage("shell", stdin=text, code=3)
    assert done.stdout == (
        "id\tstub\tchildren\tdownloads_of_children\nblack-forest-labs/FLUX.1-dev\tfalse\t94\t1348427\nn\n10013\ne\né\n"
    )
    assert done.stderr.startswith("Error: There is no query 'nosuch'.")
    assert not (lineage.cwd / "shell_history").exists()


def test_exit_codes_of_a_pipe(lineage: Process) -> None:
    assert lineage("shell", stdin="RETURN 1 AS x;\n:exit\nRETURN 2 AS x;").stdout == "x\n1\n"
    assert lineage("shell", stdin="").stdout == ""
    lineage("shell", stdin="MATCH (m) DELETE m;", code=1)
    lineage("shell", stdin="MATCH (m:Model RETURN m;", code=2)


def test_a_server_that_is_away(lineage: Process) -> None:
    done = lineage("shell", "--on", "bolt://127.0.0.1:1", stdin="RETURN 1;", code=1)
    assert done.stderr.startswith("Error: No Neo4j server answers at bolt://127.0.0.1:1.")
    assert done.stdout == ""


def test_completion_knows_the_keywords_of_the_language() -> None:
    assert set(completion.OPENING) <= set(completion.KEYWORDS) | {"EXPLAIN"}
    assert {w.split()[0] for w in completion.OPENING} <= statements.OPENING
