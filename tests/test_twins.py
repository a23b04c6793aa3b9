"""S6: ids that differ in case, normal form, blanks or unseen signs alone are different models, everywhere.

Case twins come through the real rules; the others stand in a snapshot whose maker had none (`hostile_snapshot`). Each has
downloads of its own and a derivative of its own, so that whoever takes one for another gives wrong numbers.
"""

import csv
import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import networkx as nx
import pyarrow.parquet as pq
import pytest
from click.testing import CliRunner, Result

from lineage.commands import main
from lineage.session import Session
from lineage.stores.load import load
from lineage.views.wording import clean, file_name
from tests.conftest import Build
from tests.hostile_snapshot import built_without_rules
from tests.servers import Server

CASE = ("Org/Model", "org/model", "ORG/MODEL", "org/Model", "Org/model")

FORGED = (
    *CASE, "o/é", "o/e\u0301", "o/E\u0301", "o/x", "o/x.", "o/X", "o/x\u202e", "o/x\u200b", "o/x\n", "o/x\t", "o/'x", "o/%78", "o\\x", "o//x",
    "o/\uff38", "C:\\x", "~/x", "$HOME/x", "o/ﬁ", "o/fi", "o/ß", "o/ss", "o/" + "n" * 300, "o/" + "n" * 299, "con/aux", "\\\\server\\share",
    "https://huggingface.co/o/x", "o/x@main", "o/x/tree/main", "'o/x'", "O/É", "é/m", "e\u0301/m", "é /m",
)  # fmt: skip


#: Every so many of them are looked at in `make test`, all in `make soak`.
some = pytest.mark.parametrize(
    "some", [FORGED[2::6], pytest.param(FORGED, marks=pytest.mark.soak)], ids=["some", "all"]
)


def _rows(ids: tuple[str, ...]) -> list[dict[str, Any]]:
    made = []
    for place, id in enumerate(ids):
        made.append({"id": id, "downloads": 1000 + place})
        named = {"tags": [f"base_model:{id}", f"base_model:quantized:{id}", "gguf"], "cardData": {"base_model": [id]}}
        made.append({"id": f"made/of-{place}", "downloads": 100_000 * (place + 1)} | named)
    return made


def wanted(ids: tuple[str, ...]) -> dict[str, tuple[int, int, list[str]]]:
    """Of each id: own downloads, those with its derivative, and who that is."""
    return {id: (1000 + place, 1000 + place + 100_000 * (place + 1), [f"made/of-{place}"]) for place, id in enumerate(ids)}  # fmt: skip


@pytest.fixture(scope="module")
def forged(tmp_path_factory: pytest.TempPathFactory) -> Session:
    folder = tmp_path_factory.mktemp("twins")
    (path := folder / "twins.jsonl").write_text("".join(json.dumps(row) + "\n" for row in _rows(FORGED)), "utf-8")
    return built_without_rules(folder, path, "twins")


def run(session: Session, *line: str, code: int = 0) -> Result:
    home = {"LINEAGE_HOME": str(session.catalog.root), "LINEAGE_SNAPSHOT": str(session.snapshot.folder)}
    done = CliRunner().invoke(main, line, env=home)
    assert done.exit_code == code, (line, done.output[-2000:])
    return done


def rows(session: Session, *line: str) -> list[dict[str, Any]]:
    command, *rest = line
    words = [*command.split(), "--format", "json", *(["--", *rest] if rest else [])]
    return list(json.loads(run(session, *words).stdout)["rows"])


def test_case_twins_come_through_the_rules(build_rows: Build) -> None:
    session = build_rows(_rows(CASE))
    check_lookups(session, CASE, CASE[:2])
    # the exact spelling is the base, and that alone
    edges = session.snapshot.table("edges", ["child", "base"]).to_pylist()
    assert {(e["child"], e["base"]) for e in edges} == {(f"made/of-{n}", id) for n, id in enumerate(CASE)}
    # another spelling is the first of them A–Z
    assert [row["id"] for row in rows(session, "rollup", "oRg/mOdel")] == [min(CASE)]


def test_a_model_of_two_twins_says_of_each_its_own(build_rows: Build) -> None:
    tags = [f"base_model:{way}{id}" for id in CASE[:2] for way in ("", "merge:")]
    session = build_rows([*_rows(CASE), {"id": "both/of", "downloads": 1, "tags": tags}])
    for id in CASE[:2]:
        assert {row["base"] for row in rows(session, "explain", "both/of", id)} == {id}
    assert {row["base"] for row in rows(session, "explain", "both/of")} == {*CASE[:2]}


def check_lookups(session: Session, ids: tuple[str, ...], asked: tuple[str, ...]) -> None:
    """Each id, asked for as it is, is itself, with the numbers of its own."""
    for id in asked:
        own, full, made = wanted(ids)[id]
        (row,) = rows(session, "rollup", id)
        assert (row["id"], row["own"], row["full"], row["children"]) == (id, own, full, 1)
        assert [r["id"] for r in rows(session, "tree", id)] == [id, *made]
        assert {r["id"] for r in rows(session, "variants", id)} == {id, *made} or {r["id"] for r in rows(session, "variants", id)} == {*made}  # fmt: skip
        assert max(r["downloads"] for r in rows(session, "servers", id)) == full
        assert {r["base"] for r in rows(session, "explain", made[0], id)} == {id}


@some
def test_every_twin_is_itself_for_every_question(some: tuple[str, ...], forged: Session) -> None:
    there = set(forged.snapshot.table("models", ["id"]).column(0).to_pylist())
    assert {*FORGED} <= there and len({*FORGED}) == len(FORGED)
    check_lookups(forged, FORGED, some)
    # and accounts, which are compared without case alone
    hosted: dict[str, int] = {}
    for id, (own, _, _) in wanted(FORGED).items():
        account = id.partition("/")[0] if "/" in id else "(unknown)"
        key = next((name for name in hosted if name.casefold() == account.casefold()), account)
        hosted[key] = hosted.get(key, 0) + own
    told = {row["key"]: row["numerator"] for row in rows(forged, "shares --by publisher --all")}
    assert {key.casefold(): of for key, of in told.items() if key != "made"} == {
        key.casefold(): of for key, of in hosted.items()
    }


_ASKED = "MATCH (c:Model)-[:DERIVED_FROM]->(m:Model {id: $id}) RETURN m.id AS id, m.downloads AS own, m.full AS full, c.id AS made"  # fmt: skip


def test_every_twin_is_itself_for_the_embedded_graph(forged: Session) -> None:
    for id, (own, full, made) in wanted(FORGED).items():
        found = forged.table("query", text=_ASKED, params={"id": id}).to_pylist()
        assert found == [{"id": id, "own": own, "full": full, "made": made[0]}]


@pytest.mark.soak
def test_every_twin_is_itself_in_neo4j(forged: Session, neo4j_server: Server) -> None:
    neo4j_server.clear()
    load(forged.snapshot, neo4j_server.uri, local_home=neo4j_server.folder)
    for id, (own, full, made) in wanted(FORGED).items():
        assert neo4j_server.run(_ASKED, id=id) == [{"id": id, "own": own, "full": full, "made": made[0]}]
    assert load(forged.snapshot, neo4j_server.uri, local_home=neo4j_server.folder)["nodes_created"] == 0


# --- views and exports --------------------------------------------------------------------------------


def looked(
    session: Session, ids: tuple[str, ...], folder: Path, monkeypatch: pytest.MonkeyPatch, view: str
) -> Iterator[tuple[str, str]]:
    """Of each twin the page that its view wrote where nobody named a file."""
    monkeypatch.chdir(folder)
    for id in ids:
        path = Path(run(session, "view", view, "--", id).stdout.removesuffix("\n"))
        assert path.parent == Path() and path.name == file_name(view, id, "html")
        yield id, path.read_text("utf-8")
    assert len(list(folder.iterdir())) == len(ids)


@some
@pytest.mark.parametrize("view", ["family", "ancestors"])
def test_every_twin_has_a_page_of_its_own(
    view: str, some: tuple[str, ...], forged: Session, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for id, page in looked(forged, some, tmp_path, monkeypatch, view):
        own, _, made = wanted(FORGED)[id]
        mine, others = f"{own:,}", {f"{of[0]:,}" for other, of in wanted(FORGED).items() if other != id}
        assert mine in page or str(own) in page, (view, id)
        assert not [n for n in others if f">{n}<" in page], (view, id)
        if view == "family":
            assert made[0].partition("/")[2] in page


@some
def test_every_twin_has_a_graph_file_of_its_own(some: tuple[str, ...], forged: Session) -> None:
    for id in some:
        made = wanted(FORGED)[id][2]
        told = json.loads(run(forged, "view", "family", "--as", "json", "--", id).stdout)
        assert {node["id"] for node in told["nodes"]} == {id, *made}
        dot = run(forged, "view", "family", "--as", "dot", "--", id).stdout
        assert dot.count(" -> ") == 1


def test_exports_hold_every_twin(forged: Session, tmp_path: Path) -> None:
    for form in ("csv", "parquet", "graphml", "gexf", "neo4j-admin"):
        safe = ["--no-safe-csv"] if form == "csv" else []
        run(forged, "export", str(tmp_path / form), "--as", form, "-q", *safe)
    with (tmp_path / "csv" / "models.csv").open(encoding="utf-8", newline="") as file:
        assert {row["id"]: int(row["own"]) for row in csv.DictReader(file)}.items() >= {(id, of[0]) for id, of in wanted(FORGED).items()}  # fmt: skip
    table = pq.read_table(tmp_path / "parquet" / "models.parquet", columns=["id", "own"])
    assert {(row["id"], row["own"]) for row in table.to_pylist()} >= {(id, of[0]) for id, of in wanted(FORGED).items()}
    with (tmp_path / "neo4j-admin" / "models.csv").open(encoding="utf-8", newline="") as file:
        assert {*FORGED} <= {row[0] for row in csv.reader(file)}
    for form, read in (("graphml", nx.read_graphml), ("gexf", nx.read_gexf)):
        graph = read(tmp_path / form / f"graph.{form}")
        assert {*map(clean, FORGED)} <= {*map(clean, graph.nodes)} and graph.number_of_nodes() == 2 * len(FORGED)
        assert {degree for _, degree in graph.degree} == {1}
