"""The commands that speak to Neo4j, as processes, against the real server of this test run."""

import json
import re
import shlex
from pathlib import Path

import pytest

from lineage.session import Session
from tests.servers import Server
from tests.test_commands import ROOT, Shell


@pytest.fixture
def shell(neo4j_server: Server, sample: Session, tmp_path: Path) -> Shell:
    """A home in which `lineage neo4j start` has started the server, and a snapshot by its folder."""
    shell = Shell(neo4j_server.folder.parent, tmp_path)
    shell.env["LINEAGE_SNAPSHOT"] = str(sample.snapshot.folder)
    return shell


def row(shell: Shell, *line: str) -> dict[str, object]:
    rows = json.loads(shell(*line, "--format", "json").stdout)["rows"]
    assert len(rows) == 1
    return rows[0]


def test_start_and_status_are_one_row_and_start_twice_is_harmless(shell: Shell, neo4j_server: Server) -> None:
    status = row(shell, "neo4j", "status")
    assert list(status) == [
        "state", "uri", "browser", "user", "password_file", "version", "pid", "home", "heap", "pagecache",
    ]  # fmt: skip
    assert (status["state"], status["uri"], status["pid"]) == ("running", neo4j_server.uri, neo4j_server.status.pid)
    assert row(shell, "neo4j", "start") == status
    secret = Path(str(status["password_file"]))
    assert secret.stat().st_mode & 0o777 == 0o600
    assert secret.read_text() == neo4j_server.password


def test_status_has_a_row_for_each_version_and_stop_finds_none_that_runs(shell: Shell, tmp_path: Path) -> None:
    home = tmp_path / "home"
    for version in ("5.26.29", "2026.05.0"):
        (home / "neo4j" / version / "conf").mkdir(parents=True)
    for command in ("status", "stop"):
        done = shell("neo4j", command, "--format", "json", LINEAGE_HOME=str(home))
        rows = json.loads(done.stdout)["rows"]
        assert [(r["version"], r["state"], r["pid"]) for r in rows] == [
            ("5.26.29", "stopped", None), ("2026.05.0", "stopped", None),
        ]  # fmt: skip
        one = json.loads(
            shell("neo4j", command, "--version", "2026.05.0", "--format", "json", LINEAGE_HOME=str(home)).stdout
        )
        assert [r["version"] for r in one["rows"]] == ["2026.05.0"]
    nothing = json.loads(shell("neo4j", "status", "--format", "json", LINEAGE_HOME=str(tmp_path / "other")).stdout)
    assert [(r["version"], r["state"]) for r in nothing["rows"]] == [("5.26.29", "stopped")]
    assert not (tmp_path / "other").exists()


def test_the_commands_of_the_readme_lead_to_an_answer(shell: Shell, neo4j_server: Server) -> None:
    """As they stand there; only the port is that of the server which runs here already."""
    text = (ROOT / "README.md").read_text(encoding="utf-8")
    section = text[text.index("## Neo4j\n") : text.index("## What the words mean")]
    lines = [shlex.split(line, comments=True) for line in section.splitlines() if line.startswith("    ")]
    assert [line[0] for line in lines] == ["lineage"] * 3
    neo4j_server.clear()
    for line in lines:
        shell(*[neo4j_server.uri if word == "bolt://127.0.0.1:7687" else word for word in line[1:]])
    (named,) = re.findall(r"`lineage (neo4j status [^`]+)`", section)
    password_file = shell(*shlex.split(named)).stdout.splitlines()[1]
    assert Path(password_file).read_text() == neo4j_server.password
    (asked,) = re.findall(r"`(MATCH [^`]+)`", section)
    assert neo4j_server.run(asked) == [{"models": 10_013}]
    (also,) = re.findall(r"`lineage (query [^`]+)`", section)
    assert shell(*shlex.split(also.replace("bolt://127.0.0.1:7687", neo4j_server.uri))).stdout.startswith("publisher")
    assert "<http://127.0.0.1:7474/browser/>" in section


def test_loading_twice_changes_nothing_the_second_time(shell: Shell, neo4j_server: Server) -> None:
    neo4j_server.clear()
    first = row(shell, "load", neo4j_server.uri)
    assert list(first) == [
        "nodes_created",
        "edges_created",
        "properties_set",
        "nodes_deleted",
        "edges_deleted",
        "batches",
        "seconds",
    ]
    before = neo4j_server.dump()
    assert len([n for n in before[0] if n[0] == "Model"]) == 10_013
    assert sum(e[0] == "DERIVED_FROM" for e in before[1]) == 1799
    assert sum(e[0] == "DESCENDS_FROM" for e in before[1]) == 2210
    second = row(shell, "load", neo4j_server.uri)
    assert {k: v for k, v in second.items() if k != "seconds"} == dict.fromkeys(list(second)[:-1], 0)
    assert neo4j_server.dump() == before
    everything = neo4j_server.run("MATCH (n) RETURN count(n) AS n")[0]["n"]
    assert everything == len(before[0]) + 1, "one node says which run it was"


def test_a_query_by_name_and_in_words(shell: Shell, neo4j_server: Server) -> None:
    shell("load", neo4j_server.uri)
    here = shell("query", "servers")
    there = shell("query", "servers", "--on", neo4j_server.uri)
    assert here.stdout == there.stdout
    refused = shell("query", "MATCH (m:Model) DETACH DELETE m", "--on", neo4j_server.uri, code=1)
    assert "only read" in refused.stderr


def test_a_wrong_password_is_said_and_never_shown(shell: Shell, neo4j_server: Server) -> None:
    for line in (["load", neo4j_server.uri], ["query", "servers", "--on", neo4j_server.uri]):
        done = shell(*line, code=1, NEO4J_PASSWORD="canary-7f3a")
        assert "refuses the password" in done.stderr
        assert "canary" not in done.stdout + done.stderr
    neo4j_server.forgive()


def test_an_address_with_a_password_is_refused_without_repeating_it(shell: Shell) -> None:
    done = shell("load", "bolt://neo4j:canary-7f3a@127.0.0.1:7687", code=2)
    assert "canary" not in done.stdout + done.stderr
    done = shell("query", "servers", "--on", "bolt://neo4j:canary-7f3a@127.0.0.1:7687", "--debug-nothing", code=2)
    assert "canary" not in done.stdout + done.stderr


def test_nothing_is_pruned_for_a_part_of_a_source_and_the_exit_code_says_so(shell: Shell, neo4j_server: Server) -> None:
    shell("load", neo4j_server.uri)
    before = neo4j_server.dump()
    shell("build", "sample", "--limit", "60", "--name", "part", "--no-graph")
    done = shell("load", neo4j_server.uri, "--snapshot", "part", "--prune", "--force", code=4)
    assert "nothing was pruned: part holds a part of its source only, for it was built with --limit 60" in done.stderr
    assert [n[:2] for n in neo4j_server.dump()[0]] == [n[:2] for n in before[0]]


def test_an_export_has_its_command_and_its_sums(shell: Shell, tmp_path: Path) -> None:
    folder = tmp_path / "files"
    listed = shell("export", str(folder), "--as", "neo4j-admin").stdout.split()
    assert sorted(listed) == sorted(str(p) for p in folder.iterdir())
    told = json.loads((folder / "manifest.json").read_text())
    assert (told["nodes"], told["edges"]) == (10_779, 8_731)
    assert len((folder / "derived_from.csv").read_text().splitlines()) == 1799
    assert "is not empty" in shell("export", str(folder), code=1).stderr


def test_what_offline_cannot_be_is_said(shell: Shell) -> None:
    assert "--offline is for an empty" in shell("load", "bolt://127.0.0.1:1", "--offline", "--prune", code=2).stderr
    assert "export DIR --as neo4j-admin" in shell("load", "bolt+s://graph.invalid", "--offline", code=2).stderr
