"""The shell without a terminal: steps that are run, Ctrl-C's way to an engine, and pipes."""

import json
import re
import threading
from pathlib import Path
from typing import Any

import pytest

from lineage import cypher
from lineage.errors import NotFound, RefusedError, SourceError, StoreError, UsageError
from lineage.session import Session
from lineage.shell import loop, running, terminal
from lineage.stores import ask
from tests.test_commands import ROOT
from tests.test_commands import Shell as Process

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
    shell.asker.open()
    interrupt_soon()
    with pytest.raises(running.Ended) as caught:
        shell.run(f"{LONG};")
    assert not caught.value.left_behind
    assert ask.answer(shell.asker, "RETURN 1 AS x", {}).to_pylist() == [{"x": 1}]
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
    assert "\ncut after 3 rows; add a LIMIT" in said.err
    shell.run("UNWIND [1, 2, 3] AS x RETURN x;")  # as many as may be, and no more
    assert capsys.readouterr().err == ""
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


def test_the_session_in_the_documentation_is_real(sample: Session, capsys: pytest.CaptureFixture[str]) -> None:
    text = (ROOT / "docs" / "cypher.md").read_text(encoding="utf-8")
    lines = [line[4:] for line in text.split("$ lineage shell\n")[1].split("\n\n")[0].splitlines()]
    typed = "\n".join(line.partition("> ")[2] for line in lines if re.match(r"(sample|    \.\.)> ", line))
    documented = [line for line in lines[1:] if not re.match(r"(sample|    \.\.)> |\d rows in|\$id = ", line)]
    shell = loop.Shell(sample, format="table")
    shell.asker.open()
    with pytest.raises(running.Leave):
        shell.run(typed)
    assert capsys.readouterr().out.splitlines() == documented
    shell.close()


def test_a_history_that_cannot_be_kept(tmp_path: Path) -> None:
    said: list[str] = []
    (tmp_path / "shell_history").mkdir()
    kept = terminal._history(tmp_path / "shell_history", said.append)
    kept.append_string("RETURN 1;")
    assert kept.get_strings() == ["RETURN 1;"]
    assert said == [f"What you type is not kept: {tmp_path / 'shell_history'} cannot be written (Is a directory)."]


def test_half_a_character_is_kept_as_a_whole_one(tmp_path: Path) -> None:
    terminal._history(tmp_path / "history", lambda text: None).append_string("RETURN '\ud800';")
    assert "RETURN '?';" in (tmp_path / "history").read_text(encoding="utf-8")


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


def test_the_last_answer_becomes_a_page(shell: loop.Shell, tmp_path: Path, capsys: Any) -> None:
    shell.run(":param id google/gemma-2-9b\nMATCH (m:Model)-[d:DERIVED_FROM]->(b:Model {id: $id}) RETURN m, d, b;")
    found = len(rows(capsys))
    page = tmp_path / "gemma.html"
    shell.run(f":view {page}")
    text = page.read_text(encoding="utf-8")
    assert f"{page}: {found + 1} nodes, {found} links" in capsys.readouterr().err
    assert "google/gemma-2-9b" in text and "(id = google/gemma-2-9b)" in text and "sample" in text
    shell.run("RETURN 1 AS one;")
    with pytest.raises(UsageError, match="no node, link or path to draw"):
        shell.run(f":view {page}")
    assert page.read_text(encoding="utf-8") == text


def test_a_plan_is_shown_and_nothing_is_run(shell: loop.Shell, capsys: Any) -> None:
    shell.run(f":timeout 0.1\n:explain {LONG}")
    said = capsys.readouterr()
    assert sum("SCAN_NODE_TABLE" in line for line in said.out.splitlines()) == 3
    assert "of one part with every row of another" in said.err
    shell.run(":explain top_bases limit=3")
    assert json.loads(capsys.readouterr().out.splitlines()[0])["step"] == 1
    with pytest.raises(UsageError, match="takes a statement"):
        shell.run(":explain")
