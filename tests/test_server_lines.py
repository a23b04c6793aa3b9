"""The newer line of Neo4j beside the long-term one, and servers that end where nobody expects it.

All of it starts servers of its own, so all of it is left to the soak.
"""

import json
import os
import signal
import subprocess
import sys
import time
import urllib.request
from collections.abc import Iterator
from pathlib import Path

import psutil
import pytest

from lineage import cypher
from lineage.errors import StoreError
from lineage.session import Session
from lineage.stores import neo4j, process, server
from lineage.stores.load import load
from tests.servers import NEWER, Server
from tests.test_commands import Shell

pytestmark = pytest.mark.soak

ROOT = Path(__file__).parent.parent


@pytest.fixture
def home(tmp_path: Path) -> Iterator[Path]:
    """A folder for a server, which is ended afterwards whatever happened."""
    yield tmp_path / "neo4j" / server.VERSION
    for status in server.statuses(tmp_path / "neo4j"):
        server.stop(Path(status.home), status.version)


def asked(home: Path) -> object:
    """What the server in `home` answers to its own password."""
    status = server.status(home)
    assert status.uri is not None
    table = neo4j.run(status.uri, "MATCH (n) RETURN count(n) AS nodes", local_home=home)
    return table.column("nodes")[0].as_py()


def settings(running: Server) -> dict[str, str]:
    return {row["name"]: row["value"] for row in running.run("SHOW SETTINGS YIELD name, value")}


# --- the newer line ---------------------------------------------------------------------------------


def test_it_is_that_version_and_its_browser_is_served(neo4j_newer: Server) -> None:
    assert neo4j_newer.status.version == NEWER
    rows = neo4j_newer.run("CALL dbms.components() YIELD name, versions, edition RETURN name, versions, edition")
    assert {"name": "Neo4j Kernel", "versions": [NEWER], "edition": "community"} in rows
    assert neo4j_newer.status.browser is not None
    with urllib.request.urlopen(neo4j_newer.status.browser, timeout=20) as answer:
        assert b"<html" in answer.read().lower()


@pytest.mark.parametrize("line", ["neo4j_server", "neo4j_newer"])
def test_every_setting_that_is_written_is_one_and_holds(line: str, request: pytest.FixtureRequest) -> None:
    """On the newer line an unknown name is no error, so a misspelt one would go unseen."""
    running: Server = request.getfixturevalue(line)
    there = settings(running)
    for text in (running.home / "conf" / "neo4j.conf").read_text().splitlines():
        if not text.startswith("#"):
            name, _, value = text.partition("=")
            assert name in there
            if value in ("true", "false"):
                assert there[name] == value


@pytest.mark.parametrize("line", ["neo4j_server", "neo4j_newer"])
def test_it_listens_and_speaks_to_this_machine_alone(line: str, request: pytest.FixtureRequest) -> None:
    running: Server = request.getfixturevalue(line)
    sockets = psutil.Process(running.status.pid).net_connections(kind="inet")
    ends = [end for each in sockets for end in (each.laddr, each.raddr) if end]
    assert ends
    assert {end.ip.removeprefix("::ffff:") for end in ends} == {"127.0.0.1"}
    assert {each.laddr.port for each in sockets if each.status == psutil.CONN_LISTEN} == set(running.ports)


def test_every_named_query_gives_the_rows_of_the_embedded_graph(
    neo4j_newer: Server, sample: Session, monkeypatch: pytest.MonkeyPatch
) -> None:
    neo4j_newer.clear()
    first = load(sample.snapshot, neo4j_newer.uri, local_home=neo4j_newer.folder)
    assert first["nodes_created"] > 10_000
    again = load(sample.snapshot, neo4j_newer.uri, local_home=neo4j_newer.folder)
    assert sum(v for k, v in again.items() if k != "seconds") == 0
    monkeypatch.setenv("NEO4J_PASSWORD_FILE", str(neo4j_newer.home / "password"))
    for name in cypher.queries():
        here = sample.table("query", text=name)
        there = sample.table("query", text=name, on=neo4j_newer.uri)
        assert here.to_pylist() == there.to_pylist(), name


def test_a_runaway_ends_there_too(neo4j_newer: Server) -> None:
    with pytest.raises(StoreError, match="wants more memory than one may have there"):
        neo4j.run(neo4j_newer.uri, "UNWIND range(1, 300000000) AS x RETURN collect(x) AS xs",
                  local_home=neo4j_newer.folder)  # fmt: skip
    assert server.status(neo4j_newer.home) == neo4j_newer.status


def test_two_lines_side_by_side_are_listed_and_both_stopped(tmp_path: Path) -> None:
    shell = Shell(tmp_path / "home", tmp_path)
    for version in (server.VERSION, NEWER):
        shell("neo4j", "start", "--version", version, "--port", "0", "--http-port", "0", "--heap", "512m",
              "--pagecache", "64m")  # fmt: skip

    def rows(*line: str) -> list[dict[str, object]]:
        return list(json.loads(shell("neo4j", *line, "--format", "json").stdout)["rows"])

    try:
        seen = rows("status")
        assert [(r["version"], r["state"], r["heap"], r["pagecache"]) for r in seen] == [
            (server.VERSION, "running", "512m", "64m"), (NEWER, "running", "512m", "64m"),
        ]  # fmt: skip
        assert len({r["uri"] for r in seen}) == 2
        assert [r["version"] for r in rows("stop", "--version", NEWER)] == [NEWER]
        assert [r["state"] for r in rows("status")] == ["running", "stopped"]
    finally:
        stopped = rows("stop")
    assert [(r["version"], r["state"]) for r in stopped] == [(server.VERSION, "stopped")], "the one that ran"


def test_data_of_a_newer_line_is_refused_with_a_sentence_and_kept(home: Path) -> None:
    server.start(home, version=NEWER, port=0, http_port=0, heap="512m")
    server.stop(home, NEWER)
    with pytest.raises(StoreError, match=f"are of Neo4j {NEWER}, which {server.VERSION} cannot read"):
        server.start(home, port=0, http_port=0, heap="512m")
    (home / "version").unlink()  # then Neo4j itself says it
    with pytest.raises(StoreError, match=r"Neo4j ended while it started: .*newer version of neo4j"):
        server.start(home, port=0, http_port=0, heap="512m")
    assert server.start(home, version=NEWER, port=0, http_port=0, heap="512m").state == "running"
    assert asked(home) == 0


# --- servers that end --------------------------------------------------------------------------------


def program(home: Path) -> "subprocess.Popen[bytes]":
    """A first `start`, in a process group of its own as from a terminal."""
    text = ("import sys; from pathlib import Path; from lineage.stores import server; "
            "server.start(Path(sys.argv[1]), port=0, http_port=0, heap='512m')")  # fmt: skip
    return subprocess.Popen([sys.executable, "-c", text, str(home)], cwd=ROOT, start_new_session=True,
                            stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)  # fmt: skip


@pytest.mark.parametrize("seconds", [0.7, 1.5, 3.0, 5.0, 8.0])
def test_a_first_start_killed_anywhere_is_made_good_by_the_next(home: Path, seconds: float) -> None:
    starting = program(home)
    time.sleep(seconds)
    family = [psutil.Process(starting.pid), *psutil.Process(starting.pid).children(recursive=True)]
    if pid := process.noted(home).get("pid"):
        family.append(psutil.Process(pid))
    for each in family:
        if each.is_running():
            each.kill()
    starting.wait()
    psutil.wait_procs(family, 30)
    assert server.status(home).state == "stopped"
    assert server.start(home, port=0, http_port=0, heap="512m").state == "running"
    assert asked(home) == 0


def test_an_interrupted_start_leaves_no_server_behind(home: Path) -> None:
    starting = program(home)
    deadline = time.monotonic() + 60
    while not (home / "server.json").exists() and time.monotonic() < deadline:
        time.sleep(0.05)
    os.killpg(starting.pid, signal.SIGINT)  # what a terminal sends for Ctrl-C
    assert starting.wait(30) != 0
    pid = process.noted(home)["pid"]
    while psutil.pid_exists(pid) and time.monotonic() < deadline:
        time.sleep(0.1)
    assert server.status(home).state == "stopped"
    assert server.start(home, port=0, http_port=0, heap="512m").state == "running"
    assert asked(home) == 0


def test_one_that_runs_out_of_memory_ends_and_starts_again_whole(home: Path) -> None:
    """What Neo4j's own limit does not see (a list within a row) is Java's: then the server ends rather than limps."""
    status = server.start(home, port=0, http_port=0, heap="512m")
    assert status.uri is not None
    running = Server(home, status)
    running.run("UNWIND range(1, 1000) AS i CREATE (:Model {id: 'a/' + i})")
    with pytest.raises(StoreError, match="lineage neo4j start"):
        neo4j.run(status.uri, "RETURN size([x IN range(1, 300000000) | x + 1]) AS s", local_home=home)
    running.close()
    deadline = time.monotonic() + 30
    while server.status(home).state == "running" and time.monotonic() < deadline:
        time.sleep(0.1)
    assert server.status(home).state == "stopped"
    server.start(home, port=0, http_port=0, heap="512m")
    assert asked(home) == 1000
