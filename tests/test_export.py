"""`lineage export`, and `--as` of views and queries: what is read back is the snapshot; whole or not at all."""

import csv
import json
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import duckdb
import networkx as nx
import pyarrow as pa
import pytest
from click.testing import CliRunner, Result

from lineage.commands import main
from lineage.schema import TABLES
from lineage.session import Session
from lineage.snapshot import Snapshot
from lineage.views.files import graphfiles
from lineage.views.files.whole_graph import whole_graph
from tests.conftest import Build


def run(session: Session, *args: str) -> Result:
    return CliRunner().invoke(main, list(args), env={"LINEAGE_HOME": str(session.catalog.root)})


def failed(session: Session, *args: str, code: int) -> str:
    done = run(session, *args)
    assert done.exit_code == code, done.output
    assert done.stdout == "" and done.stderr.count("\n") == 1
    return done.stderr


@pytest.fixture
def drawn(build_rows: Build) -> Session:
    rows = [
        {"id": "maker/base", "downloads": 10, "tags": ["license:mit", "=1+1", "-x"], "createdAt": "2024-01-02T03:04:05.678Z"},
        {"id": "ann/tuned", "downloads": 5, "tags": ["base_model:maker/base", "base_model:finetune:maker/base"]},
        {"id": "bob/mix", "downloads": 3,
         "tags": ["base_model:merge:maker/base", "base_model:maker/base", "base_model:merge:far/away",
                  "base_model:far/away"]},
        {"id": "bob/alone", "downloads": 1, "tags": ["quote\"d", "two\nlines", "a;b"]},
    ]  # fmt: skip
    return build_rows(rows)


# --- tables -------------------------------------------------------------------------------------------


@pytest.mark.parametrize("name", TABLES)
def test_tables_are_read_back_from_csv(sample: Session, drawn: Session, tmp_path: Path, name: str) -> None:
    for place, session in enumerate((sample, drawn)):
        folder = tmp_path / str(place)
        assert run(session, "export", str(folder), "--as", "csv", "--no-safe-csv", "-q").exit_code == 0
        lists = [field.name for field in TABLES[name] if str(field.type).startswith("list")]
        replaced = ", ".join(f"from_json({column}, '[\"VARCHAR\"]') AS {column}" for column in lists)
        types = {field.name: duckdb_type(str(field.type)) for field in TABLES[name]}
        found = duckdb.connect().execute(
            f"SET TimeZone = 'UTC'; SELECT * {f'REPLACE ({replaced})' if lists else ''} FROM read_csv(?, columns = {types})",
            [str(folder / f"{name}.csv")],
        ).to_arrow_table()  # fmt: skip
        wanted = session.snapshot.table(name)
        assert found.column_names == wanted.column_names
        assert found.to_pylist() == wanted.to_pylist()


def duckdb_type(kind: str) -> str:
    known = {"bool": "BOOLEAN", "int32": "INTEGER", "int64": "BIGINT", "double": "DOUBLE"}
    return known.get(kind, "TIMESTAMPTZ" if kind.startswith("timestamp") else "VARCHAR")


def test_formulas_are_disarmed_unless_asked_otherwise(drawn: Session, tmp_path: Path) -> None:
    for options, wanted in (((), {"'=1+1", "'-x"}), (("--no-safe-csv",), {"=1+1", "-x"})):
        folder = tmp_path / str(len(options))
        run(drawn, "export", str(folder), "--as", "csv", *options)
        with (folder / "tags.csv").open(encoding="utf-8", newline="") as file:
            tags = {row["tag"] for row in csv.DictReader(file)}
        assert wanted <= tags and {'quote"d', "two\nlines", "a;b"} <= tags
        assert json.loads((folder / "manifest.json").read_bytes())["options"] == {"safe_csv": not options}


def test_parquet_is_the_snapshot_itself(sample: Session, tmp_path: Path) -> None:
    folder = tmp_path / "new" / "tables"
    listed = run(sample, "export", str(folder), "--as", "parquet").stdout.split()
    assert {Path(path).name for path in listed} == {path.name for path in folder.iterdir()}
    opened = Session.open(str(folder), home=tmp_path)
    assert opened.header() | {"name": "sample"} == sample.header()
    assert all(opened.snapshot.table(name).equals(sample.snapshot.table(name)) for name in TABLES)


# --- the whole graph ----------------------------------------------------------------------------------


def graph_of(session: Session, folder: Path, form: str, *options: str) -> nx.DiGraph:
    assert run(session, "export", str(folder), "--as", form, "-q", *options).exit_code == 0
    return {"graphml": nx.read_graphml, "gexf": nx.read_gexf}[form](folder / f"graph.{form}")


@pytest.mark.parametrize("form", ["graphml", "gexf"])
def test_the_whole_graph_is_read_back(sample: Session, tmp_path: Path, form: str) -> None:
    models = {row["id"]: row for row in sample.snapshot.table("models").to_pylist()}
    edges = sample.snapshot.table("edges").to_pylist()
    edges = [row for row in edges if row["basis"] == "declared"]
    touched = {end for row in edges for end in (row["child"], row["base"])}
    graph = graph_of(sample, tmp_path / "some", form)
    assert set(graph) == touched
    found = {(child, base, data.get("relation"), data["dangling"]) for child, base, data in graph.edges(data=True)}
    assert found == {(row["child"], row["base"], row["relation"], models[row["base"]]["stub"]) for row in edges}
    names = ("publisher", "stub", "downloads", "full", "split", "descendants", "relation", "generation")
    assert all(data.get(name) == models[id][name] for id, data in graph.nodes(data=True) for name in names)
    owners = dict(zip(*sample.snapshot.table("publishers", ["publisher", "owner"]).to_pydict().values(), strict=True))
    assert all(data.get("owner") == owners.get(data.get("publisher")) for _, data in graph.nodes(data=True))
    everything = graph_of(sample, tmp_path / "all", form, "--all")
    assert set(everything) == {id for id, row in models.items() if row["basis"] in (None, "declared")}
    assert nx.utils.edges_equal(everything.edges, graph.edges, directed=True)


def test_another_basis_has_its_own_links_and_no_sums_of_declared_ones(sample: Session, tmp_path: Path) -> None:
    graph = graph_of(sample, tmp_path / "inferred", "graphml", "--basis", "inferred")
    lineage = sample.select(basis="inferred").lineage
    edges = lineage.edges(["child", "base", "relation"]).to_pylist()
    assert {(a, b, data.get("relation")) for a, b, data in graph.edges(data=True)} == {tuple(e.values()) for e in edges}
    rows = lineage.models(["id", "relation", "descendants"]).to_pylist()
    models = {row["id"]: (row["relation"], row["descendants"]) for row in rows}
    assert all((d.get("relation"), d["descendants"]) == models[id] for id, d in graph.nodes(data=True))
    assert not any("full" in data or "split" in data for _, data in graph.nodes(data=True))


@pytest.mark.parametrize("basis", ["declared", "inferred"])
def test_blocks_do_not_show(sample: Session, monkeypatch: pytest.MonkeyPatch, basis: str) -> None:
    def made() -> str:
        return graphfiles.text(whole_graph(sample.snapshot, basis=basis), "gexf")

    whole, read = made(), Snapshot.blocks

    def smaller(self: Snapshot, name: str, columns: list[str]) -> Iterator[pa.Table]:
        for block in read(self, name, columns):
            yield from (block.slice(begin, 700) for begin in range(0, block.num_rows, 700))

    monkeypatch.setattr(Snapshot, "blocks", smaller)
    monkeypatch.setattr(graphfiles, "ROWS", 99)
    assert made() == whole


# --- whole or not at all ------------------------------------------------------------------------------


def everything(folder: Path) -> dict[str, bytes]:
    return {str(path.relative_to(folder)): path.read_bytes() for path in sorted(folder.rglob("*")) if path.is_file()}


@pytest.mark.parametrize("form", ["csv", "parquet", "graphml", "gexf", "neo4j-admin"])
def test_the_same_bytes_each_time_and_force_replaces_an_export_only(sample: Session, tmp_path: Path, form: str) -> None:
    a, b = tmp_path / "a", tmp_path / "b"
    run(sample, "export", str(a), "--as", form)
    run(sample, "export", str(b), "--as", form)
    first = everything(a)
    assert first == everything(b) and first
    assert "--force" in failed(sample, "export", str(a), "--as", form, code=1)
    assert run(sample, "export", str(a), "--as", "csv", "--force").exit_code == 0
    assert ((a / "models.csv").is_file() and everything(a) != first) or form == "csv"
    (a / "mine.txt").write_text("mine")
    before = everything(a)
    assert "mine.txt" in failed(sample, "export", str(a), "--as", form, "--force", "-q", code=1)
    assert everything(a) == before
    assert {path.name for path in tmp_path.iterdir()} == {"a", "b"}


def test_what_stops_half_way_leaves_nothing(sample: Session, tmp_path: Path) -> None:
    folder = tmp_path / "out"
    limited = (
        "import resource, signal, sys; signal.signal(signal.SIGXFSZ, signal.SIG_IGN);"
        "resource.setrlimit(resource.RLIMIT_FSIZE, (200_000, 200_000));"
        "from lineage.commands import main; main(sys.argv[1:])"
    )
    for form in ("csv", "gexf", "parquet"):
        done = subprocess.run(
            [sys.executable, "-c", limited, "export", str(folder), "--as", form, "-q"],
            capture_output=True, text=True, timeout=120, env={"LINEAGE_HOME": str(sample.catalog.root), "PATH": ""},
            cwd=Path(__file__).parent.parent,
        )  # fmt: skip
        assert done.returncode == 1 and "Traceback" not in done.stderr, done.stderr
        assert "limit" in done.stderr
        assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize(("options", "said"), [
    (["--as", "csv", "--all"], "--all is for graphml and gexf"),
    (["--as", "parquet", "--basis", "inferred"], "--basis is for graphml and gexf"),
    (["--as", "gexf", "--no-safe-csv"], "--no-safe-csv is for --as csv"),
    (["--as", "gexf", "--basis", "declarde"], "Did you mean declared"),
])  # fmt: skip
def test_options_that_do_not_fit(sample: Session, tmp_path: Path, options: list[str], said: str) -> None:
    assert said in failed(sample, "export", str(tmp_path / "x"), *options, "-q", code=2)
    assert list(tmp_path.iterdir()) == []


def test_a_place_that_is_none(sample: Session, tmp_path: Path) -> None:
    (tmp_path / "file").write_text("x")
    assert "no folder" in failed(sample, "export", str(tmp_path / "file"), "--as", "csv", "-q", code=1)
    assert run(sample, "export", str(tmp_path / "file" / "below"), "--as", "csv", "-q").exit_code == 1
    assert everything(tmp_path) == {"file": b"x"}


# --- views and queries --------------------------------------------------------------------------------

MODEL = "google/gemma-2-9b"


@pytest.mark.parametrize(("options", "said"), [
    (["--as", "dto"], "Did you mean dot"),
    (["--as", "dot", "-o", "x.gexf"], "is that of a file of gexf"),
    (["--as", "html", "-o", "x.json"], "is that of a file of json"),
    (["-o", "x.pdf"], "ends in .html"),
    (["--as", "gexf", "--open"], "--open shows pages"),
    (["--as", "dot", "--writer", "pyvis"], "--writer is for pages"),
    (["-o", "x.mmd", "--nodes", "51"], "--nodes 50 or less"),
    (["--as", "mermaid", "--all"], "take --as dot"),
    (["--as", "json", "--nodes", "20"], "leave --nodes away"),
    (["--as", "dot", "--nodes", "20", "--all"], "leave one of them away"),
    (["-o", "none/x.dot"], "does not exist"),
])  # fmt: skip
def test_what_does_not_go_together_is_a_sentence(
    sample: Session, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, options: list[str], said: str
) -> None:
    monkeypatch.chdir(tmp_path)
    assert said in failed(sample, "view", "family", MODEL, *options, code=2)
    assert list(tmp_path.iterdir()) == []


def test_the_ending_or_as_chooses_and_stdout_has_the_same(
    sample: Session, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    endings = {
        "x.dot": "dot",
        "x.gv": "dot",
        "x.graphml": "graphml",
        "x.gexf": "gexf",
        "x.mmd": "mermaid",
        "x.json": "json",
    }
    for name, form in endings.items():
        assert run(sample, "view", "family", MODEL, "-o", name).stdout == f"{name}\n"
        assert run(sample, "view", "family", MODEL, "--as", form).stdout == (tmp_path / name).read_text("utf-8")
    assert {path.name for path in tmp_path.iterdir()} == set(endings)
    run(sample, "view", "family", MODEL, "--as", "gexf", "-o", "odd.txt")
    assert (tmp_path / "odd.txt").read_bytes() == (tmp_path / "x.gexf").read_bytes()
    assert run(sample, "view", "family", MODEL, "--as", "html").stdout == "family-google--gemma-2-9b.html\n"
    typed = "https://huggingface.co/Google/GEMMA-2-9b"  # as the snapshot spells it
    assert run(sample, "view", "family", typed).stdout == "family-google--gemma-2-9b.html\n"


def test_the_graph_of_an_answer_is_read_back(sample: Session, tmp_path: Path) -> None:
    text = f"MATCH p = (:Publisher)-[:PUBLISHED]->(:Model)-[:DERIVED_FROM]->(:Model {{id: '{MODEL}'}}) RETURN p"
    from lineage.stores import ask

    graph = ask.found(sample.snapshot, sample.catalog.root, text, {})[0]
    wanted = {(link.child[1], link.base[1], link.type) for link in graph.links}
    assert {link.type for link in graph.links} == {"PUBLISHED", "DERIVED_FROM"}
    for form, parse in (("graphml", nx.read_graphml), ("gexf", nx.read_gexf)):
        path = tmp_path / f"x.{form}"
        assert run(sample, "query", text, "--view", str(path)).stdout == f"{path}\n"
        found = parse(path)
        assert {(a, b, data["label"]) for a, b, data in found.edges(data=True)} == wanted
        assert set(found) == {node.id for node in graph.nodes}
        assert found.nodes[MODEL]["downloads"] == next(
            node.properties["downloads"] for node in graph.nodes if node.id == MODEL and node.properties
        )
    for name in ("x.dot", "x.mmd", "x.json"):
        assert run(sample, "query", text, "--view", str(tmp_path / name)).exit_code == 0
    data = json.loads((tmp_path / "x.json").read_bytes())
    assert {(link["source"], link["target"], link["label"]) for link in data["links"]} == wanted
    assert data["options"]["statement"] == text and data["snapshot"] == sample.header()
    assert "--view FILE" in failed(sample, "query", text, "--as", "dot", code=2)
    assert "is that of a file of gexf" in failed(sample, "query", text, "--view", "x.gexf", "--as", "dot", code=2)
