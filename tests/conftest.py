"""Fixtures that many tests share: the two samples, built once, and a way to build a drawn table."""

import json
import os
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from lineage.catalog import Catalog
from lineage.session import Session
from tests.browser import Browser, need_browser
from tests.servers import Server, neo4j_newer, neo4j_server

if TYPE_CHECKING:
    from tests.hub import Hub

__all__ = ["neo4j_newer", "neo4j_server"]

# Before huggingface_hub is imported, which reads them then: no test asks anybody but the Hub that it started.
for _name in [n for n in os.environ if n.startswith(("HF_", "HUGGING")) or n.lower().endswith("_proxy")]:
    del os.environ[_name]
os.environ |= {
    "HF_HUB_DISABLE_TELEMETRY": "1",
    "HF_ENDPOINT": "http://127.0.0.1:1",  # where nobody is
    "NO_PROXY": "127.0.0.1,localhost",
}

Build = Callable[..., Session]


@pytest.fixture(scope="session", autouse=True)
def _own_home(tmp_path_factory: pytest.TempPathFactory) -> None:
    """No test ever touches the snapshots of the person who runs it, nor reads their settings."""
    for name in [n for n in os.environ if n.startswith(("LINEAGE_", "NEO4J_")) and n != "LINEAGE_CHROMIUM"]:
        del os.environ[name]
    os.environ["LINEAGE_HOME"] = str(tmp_path_factory.mktemp("home"))
    os.environ["LINEAGE_CONFIG"] = str(tmp_path_factory.mktemp("settings") / "config.toml")
    Path(os.environ["LINEAGE_CONFIG"]).touch()
    os.environ["HF_HOME"] = str(tmp_path_factory.mktemp("hf"))


def _built(name: str, home: Path) -> Session:
    from lineage.pipeline import build

    catalog = Catalog(home)
    return Session(build(name, catalog=catalog).snapshot, catalog)


@pytest.fixture(scope="session")
def sample(tmp_path_factory: pytest.TempPathFactory) -> Session:
    """The sample, opened."""
    return _built("sample", tmp_path_factory.mktemp("sample"))


@pytest.fixture(scope="session")
def sample_gguf(tmp_path_factory: pytest.TempPathFactory) -> Session:
    """The sample of GGUF repositories, opened."""
    return _built("sample-gguf", tmp_path_factory.mktemp("sample-gguf"))


@pytest.fixture(scope="session")
def kept_home(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A home with two snapshots, `shape` and `other`, and all caches; beside it what they were built from. It stays so."""
    from tests.breaking import made

    return made(tmp_path_factory.mktemp("kept"))


@pytest.fixture(scope="module")
def neo4j_sample(neo4j_server: Server, sample: Session) -> Iterator[Server]:
    """The Neo4j of this test run, with the sample in it and nothing else.

    Its credentials are in the environment as a person's would be.
    """
    from lineage.stores.load import load

    neo4j_server.clear()
    load(sample.snapshot, neo4j_server.uri, local_home=neo4j_server.folder)
    os.environ["NEO4J_PASSWORD_FILE"] = str(neo4j_server.home / "password")
    yield neo4j_server
    del os.environ["NEO4J_PASSWORD_FILE"]


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    """A headless Chromium for the tests of a file. Without one they are skipped; under CI=true they fail."""
    need_browser()
    with Browser() as running:
        yield running


@pytest.fixture
def crawls(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A home without anything in it, and nobody's token."""
    monkeypatch.setenv("LINEAGE_HOME", str(tmp_path / "home"))
    monkeypatch.delenv("HF_TOKEN", raising=False)
    return tmp_path / "home"


@pytest.fixture
def hub(crawls: Path) -> "Iterator[Hub]":
    """Ten pages of five models, at a time that stands still."""
    from tests.crawling import Clock, rows
    from tests.hub import Hub

    with Hub(rows(50), page=5, clock=Clock()) as hub:
        yield hub


def built_of(folder: Path, rows: list[dict[str, Any]], file: str = "drawn", **options: Any) -> Session:
    """A snapshot from rows drawn in a test, in a home in `folder`; options go to the build."""
    from lineage.pipeline import build

    path = folder / f"{file}.jsonl"
    path.write_text("".join(json.dumps(row) + "\n" for row in rows), encoding="utf-8")
    catalog = Catalog(folder / "home")
    built = build(str(path), catalog=catalog, **({"taken_at": "2024-09-20"} | options))
    return Session(built.snapshot, catalog)


@pytest.fixture
def build_rows(tmp_path: Path) -> Build:
    """Build a snapshot from rows drawn in a test; options go to the build."""
    made = 0

    def build(rows: list[dict[str, Any]], **options: Any) -> Session:
        nonlocal made
        made += 1
        return built_of(tmp_path, rows, f"drawn-{made}", **options)

    return build
