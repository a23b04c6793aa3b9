"""What `lineage neo4j guide` and `queries --browser` give to Neo4j Browser."""

import io
import json
import re
import zipfile
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from lineage import cypher
from lineage.commands import main
from lineage.session import Session
from lineage.stores import readonly
from lineage.views import guide
from lineage.views.pictures import palette
from tests.servers import Server

NAMES = sorted(cypher.queries())


def run(*line: str) -> Result:
    return CliRunner().invoke(main, list(line))


def files(archive: bytes) -> dict[str, str]:
    with zipfile.ZipFile(io.BytesIO(archive)) as held:
        return {name: held.read(name).decode() for name in held.namelist()}


def rules(grass: str) -> dict[str, dict[str, str]]:
    """GraSS as Browser reads it: `selector { name: value; … }`, quotes dropped, no comments."""
    blocks = re.findall(r"([\w.]+)\s*\{((?:[^{}\"]|\"[^\"]*\")*)\}", grass)
    assert re.sub(r"([\w.]+)\s*\{((?:[^{}\"]|\"[^\"]*\")*)\}", "", grass).strip() == ""
    return {
        selector: {k.strip(): v.strip().strip('"') for k, v in (p.split(":") for p in body.split(";") if p.strip())}
        for selector, body in blocks
    }


def test_all_queries_are_favourites_with_a_title_that_says_which() -> None:
    held = files(guide.favourites(cypher.queries().values()))
    assert list(held) == [f"{name}.cypher" for name in NAMES]
    for name in NAMES:
        text = held[f"{name}.cypher"]
        assert text.splitlines()[0] == f"// {name}: {cypher.query(name).about}"
        assert "$" not in text.split("\nMATCH")[1]
        assert text.endswith(";\n")
        assert text.count(";\n") == 1


@pytest.mark.parametrize("name", NAMES)
def test_a_favourite_answers_what_the_query_does(sample: Session, name: str) -> None:
    text = files(guide.favourites([cypher.query(name)]))[f"{name}.cypher"]
    assert sample.table("query", text=text) == sample.table("query", text=name)


def test_a_default_is_written_in_where_it_is_a_parameter_and_nowhere_else() -> None:
    query = cypher.parse("q", '// A.\n// params:\n//   x: string = "a\\"$y\'\\\\n"   one\n//   y: list = [1, "é"]   two\n'
                              "MATCH (m {a: '$x', b: $x}) WHERE m.`$y` = \"\\\"$y\" AND m.c IN $y RETURN $xy;")  # fmt: skip
    text = query.favourite().splitlines()[-1]
    assert text == ('MATCH (m {a: \'$x\', b: "a\\"$y\'\\\\n"}) WHERE m.`$y` = "\\"$y" AND m.c IN [1, "é"] RETURN $xy;')


def test_the_style_has_the_colours_of_the_palette_and_no_others() -> None:
    style = rules(guide.style())
    assert set(style) == {"node", "node.Model", "node.Publisher", "relationship", "relationship.DERIVED_FROM",
                          "relationship.DESCENDS_FROM", "relationship.PUBLISHED"}  # fmt: skip
    assert style["node.Model"]["caption"] == style["node.Publisher"]["caption"] == "{id}"
    assert style["relationship.DERIVED_FROM"]["caption"] == "{relation}"
    ours = {(look.colour, look.ink) for look in palette.RELATIONS.values()}
    for selector, rule in style.items():
        assert (rule["color"], rule["text-color-internal"]) in ours, selector
        assert rule.get("border-color", rule["color"]) == rule["color"]
    assert style["node.Model"]["color"] == palette.look("finetune").colour
    assert style["node.Publisher"]["color"] == palette.look("adapter").colour
    assert style["relationship.DERIVED_FROM"]["color"] == palette.look("quantized").colour


def test_the_command_writes_two_files_the_same_each_time_and_touches_nothing_else(tmp_path: Path) -> None:
    folder = tmp_path / "a" / "b"
    folder.mkdir(parents=True)
    (folder / "mine.txt").write_text("stays")
    (folder / guide.STYLE).write_text("old")
    done = run("neo4j", "guide", str(folder), "--format", "json")
    assert done.exit_code == 0
    assert [row["file"] for row in json.loads(done.stdout)["rows"]] == [
        str(folder / n) for n in (guide.FAVOURITES, guide.STYLE)
    ]
    assert "Drag them into the window of Neo4j Browser" in done.stderr
    first = {p.name: p.read_bytes() for p in folder.iterdir()}
    assert set(first) == {guide.FAVOURITES, guide.STYLE, "mine.txt"}
    assert first["mine.txt"] == b"stays"
    assert run("neo4j", "guide", str(folder)).exit_code == 0
    assert first == {p.name: p.read_bytes() for p in folder.iterdir()}


def test_a_folder_that_cannot_be_one_is_said(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("x")
    assert run("neo4j", "guide", str(tmp_path / "file")).exit_code == 2
    assert [p.name for p in tmp_path.iterdir()] == ["file"]


def test_ones_own_queries_are_in_the_guide(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    own = tmp_path / "own"
    own.mkdir()
    (own / "mine.cypher").write_text("// How many.\nMATCH (m:Model) RETURN count(*) AS n;\n")
    (own / "bad.cypher").write_text("RETURN 1")
    monkeypatch.setenv("LINEAGE_QUERIES", str(own))
    done = run("neo4j", "guide", str(tmp_path / "out"))
    assert str(own / "bad.cypher") in done.stderr
    assert "mine.cypher" in files((tmp_path / "out" / guide.FAVOURITES).read_bytes())
    listed = run("queries", "--format", "json")
    assert "mine" in {row["name"] for row in json.loads(listed.stdout)["rows"]}
    assert str(own / "bad.cypher") in listed.stderr
    assert run("queries", "bad").exit_code == 2


@pytest.mark.parametrize("name", NAMES)
def test_the_parameter_lines_stand_in_front(neo4j_sample: Server, name: str) -> None:
    """Browser sends what stands right of the arrow to the server, as an expression: so does this."""
    text = run("queries", name, "--browser").stdout
    query = cypher.query(name)
    given = dict(re.findall(r"^:param (\w+) => (.*);$", text, re.MULTILINE))
    assert {p: neo4j_sample.run(f"RETURN {value} AS v")[0]["v"] for p, value in given.items()} == query.bind({})
    statement = text.rsplit("\n\n", 1)[-1] if given else text
    readonly.check(statement)
    assert readonly.tokens(statement) == readonly.tokens(query.statement + ";")


def test_the_list_and_one_query_as_rows() -> None:
    rows = json.loads(run("queries", "--format", "json").stdout)["rows"]
    assert [set(row) for row in rows] == [{"name", "about", "params", "shows"}] * len(NAMES)
    assert {row["name"] for row in rows if row["shows"] == "graph"} == {"way_up", "family_graph", "account_graph"}
    (row,) = json.loads(run("queries", "top_bases", "--browser", "--format", "json").stdout)["rows"]
    assert ":param limit => 20;" in row["text"]
    wrong = run("queries", "--browser")
    assert isinstance(wrong.exception, SystemExit)
    assert wrong.exit_code == 2
    assert "give its name" in wrong.stderr
