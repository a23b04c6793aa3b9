"""A snapshot into the files of a local server, and into files for anybody's neo4j-admin: the graph of a load over Bolt."""

import json
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pyarrow as pa
import pytest

from lineage.errors import RefusedError, StoreError, UsageError
from lineage.stores import importfiles, offline, process, server
from lineage.stores.load import load, stages
from tests import loader
from tests.servers import EDGES, MODELS, Drawn, Server, draw

#: What a file of columns and rows has to carry through.
HOSTILE = ["", " ", ",", '"', '""', "'", "\\", '\\"', ";", "\t", "a\nb", "a\r\nb", "ünïcode-模型 🤗", "\u2028", "null", "#", "$x",
           "=1+1", "`", "{}"]  # fmt: skip


def hostile() -> Drawn:
    """A forest, and models whose texts and lists hold what a file might stumble over."""
    models: dict[str, dict[str, Any]] = {
        f"odd/model-{i}": {"pipeline_tag": text, "library": text * 2, "licences": [text, "mit"], "bits": i / 3}
        for i, text in enumerate(HOSTILE)
    }
    models |= {f'we"ird/{text}': {"downloads": 2**62} for text in ("a,b", "a\nb", "é", 'q"q')}
    return draw(models | MODELS, [*EDGES, ('we"ird/a\nb', "acme/base", "quant\"ized"), ("odd/model-1", 'we"ird/q"q', "a,b")])  # fmt: skip


@pytest.fixture(scope="module")
def own(tmp_path_factory: pytest.TempPathFactory, neo4j_server: Server) -> Iterator[tuple[Path, int]]:
    """A folder for local servers, in which there is none yet, and a free port."""
    folder = tmp_path_factory.mktemp("offline") / "neo4j"
    yield folder, process.free_port(0, "--port")
    server.stop(folder / server.VERSION)


def test_offline_makes_the_graph_that_bolt_makes(neo4j_server: Server, own: tuple[Path, int]) -> None:
    folder, port = own
    home, uri = folder / server.VERSION, f"bolt://127.0.0.1:{port}"
    _kill_an_import(uri, folder, home)
    neo4j_server.clear()
    expected = load(hostile(), neo4j_server.uri, local_home=neo4j_server.folder)
    graph = neo4j_server.dump()
    row = offline.load_offline(hostile(), uri, folder)
    other = Server(home, server.status(home))
    assert other.dump() == graph
    assert (row["nodes_created"], row["edges_created"]) == (expected["nodes_created"], expected["edges_created"])
    for again in (load(hostile(), uri, local_home=folder, prune=True), offline.load_offline(hostile(), uri, folder)):
        again.pop("seconds")
        assert set(again.values()) == {0}
    with pytest.raises(RefusedError, match=r"holds \d+ nodes already"):
        offline.load_offline(draw(MODELS, EDGES), uri, folder)
    with pytest.raises(UsageError, match=f"answers at bolt://127.0.0.1:{port}"):
        offline.load_offline(draw(MODELS, EDGES), "bolt://127.0.0.1:1", folder)
    assert other.dump() == graph
    constraints = other.run("SHOW CONSTRAINTS YIELD name RETURN name ORDER BY name")
    assert [c["name"] for c in constraints] == ["lineage_model_id", "lineage_publisher_id", "lineage_run_id"]
    other.close()


def _kill_an_import(uri: str, folder: Path, home: Path) -> None:
    """A load that dies while Neo4j's import is at work."""
    program = (
        "import sys; from pathlib import Path; from lineage.stores.offline import load_offline; "
        "from tests.loader import forest; load_offline(forest(7), sys.argv[1], Path(sys.argv[2]))"
    )
    dying = subprocess.Popen([sys.executable, "-c", program, uri, str(folder)], cwd=loader.ROOT)
    while not (home / "importing").exists() or not (home / "importing").read_text():
        assert dying.poll() is None
        time.sleep(0.01)
    time.sleep(0.5)
    dying.kill()
    dying.wait()
    assert not server.has_database(home)


def test_a_server_elsewhere_or_of_somebody_else(neo4j_server: Server, tmp_path: Path) -> None:
    with pytest.raises(UsageError, match=r"export DIR --as neo4j-admin"):
        offline.load_offline(draw(MODELS, EDGES), "bolt+s://graph.invalid", tmp_path)
    with pytest.raises(UsageError, match="not started by `lineage neo4j start`"):
        offline.load_offline(draw(MODELS, EDGES), neo4j_server.uri, tmp_path)


def test_the_exported_files_are_the_same_each_time_and_say_what_they_are(tmp_path: Path) -> None:
    for name in ("a", "b"):
        (tmp_path / name).mkdir()
        files = importfiles.export(stages(hostile()), tmp_path / name, {"name": "x"}, lambda what, done, total: None)
    a, b = ({p.name: p.read_bytes() for p in (tmp_path / name).iterdir()} for name in ("a", "b"))
    assert a == b
    assert set(a) == set(files.names)
    told = json.loads(a["manifest.json"])
    assert set(told["files"]) == set(a) - {"manifest.json"}
    assert told["nodes"] + told["edges"] == sum(stage.table.num_rows for stage in stages(hostile()))
    assert "--nodes=Model=models.header.csv,models.csv" in a["import.sh"].decode()
    assert a["published.header.csv"] == b":START_ID(Publisher),:END_ID(Model)\n"
    assert b"created_at:datetime" in a["models.header.csv"]


def test_a_sign_between_the_values_of_lists_that_is_in_none() -> None:
    def signs(*used: str) -> str:
        return importfiles._between(stages(draw({"a/b": {"licences": [f"x{sign}y" for sign in used]}}, [])))

    assert signs() == "\x1e"
    assert signs("\x1e", "\x1f") == "\x1d"
    with pytest.raises(StoreError, match="Load over Bolt"):
        signs(*importfiles._BETWEEN)


def test_a_csv_tells_nothing_from_empty_text() -> None:
    table = pa.table({"a": ["", None, 'q"q'], "l": [["x", "y"], None, [""]], "n": [1, None, 3]})
    assert importfiles._csv(table, ";") == b'"","x;y",1\n,,\n"q""q","",3\n'
