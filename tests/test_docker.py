"""The files in docker/, read and held against the program and a real server; there is no engine here."""

import os
import re
import stat
import subprocess
from pathlib import Path
from typing import Any

import pytest
import yaml

from lineage.stores import server
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


def test_every_variable_is_a_setting_of_the_real_server(compose: dict[str, Any], neo4j_server: Server) -> None:
    known = {row["name"] for row in neo4j_server.run("SHOW SETTINGS YIELD name")}
    names = set(compose["services"]["neo4j"]["environment"]) - {"NEO4J_AUTH_FILE"}
    assert {setting(name) for name in names} <= known
    assert "dbms.security.allow_csv_import_from_file_urls" in {setting(name) for name in names}


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


def test_volumes_are_declared(compose: dict[str, Any]) -> None:
    used = {v.split(":")[0] for service in compose["services"].values() for v in service["volumes"]}
    assert used == set(compose["volumes"])


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
