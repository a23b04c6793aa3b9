"""The log: on stderr or in a file of its owner, without secrets, and never the end of a run."""

import json
import logging
import os
import re
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from click.testing import CliRunner

from lineage import logs
from lineage.commands import main
from lineage.errors import UsageError

HOSTILE = "a\x1b]0;title\x07b\u202ec\nd\x9b31me\u2028f"


@pytest.fixture(autouse=True)
def _quiet_again() -> Iterator[None]:
    yield
    logger = logging.getLogger("lineage")
    for handler in list(logger.handlers):
        logger.removeHandler(handler)
        handler.close()
    logger.propagate = True
    logger.setLevel(logging.NOTSET)


def run(*line: str, code: int = 0) -> tuple[str, list[str]]:
    done = CliRunner().invoke(main, list(line))
    assert done.exit_code == code, done.stderr
    return done.stdout, done.stderr.splitlines()


def test_stages_of_a_build_with_counts_and_seconds(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("LINEAGE_HOME", str(tmp_path))
    _, said = run("--log-format", "json", "-v", "build", "sample", "-q")
    lines = [json.loads(line) for line in said]
    assert all(set(line) - {"fields"} == {"time", "level", "logger", "message"} for line in lines)
    assert {line["level"] for line in lines} == {"info"}
    by = {line["message"]: line for line in lines}
    assert by["built"]["fields"]["models"] == 9715 and by["built"]["fields"]["edges"] == 1799
    for stage in ("Finding bases", "Computing ancestry and roll-ups", "Writing the snapshot"):
        assert by[stage]["fields"]["seconds"] >= 0
    assert by["the graph was made for the cache"]["fields"]["bytes"] > 0
    assert re.fullmatch(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z", lines[0]["time"])
    # Asked again, the cache is used; twice as much is said, and stdout is the same without it.
    plain, nothing = run("query", "top_bases", "-p", "limit=2")
    assert nothing == []
    once, first = run("query", "top_bases", "-p", "limit=2", "-v")
    twice, second = run("-v", "query", "top_bases", "-p", "limit=2", "-v")
    assert once == twice == plain
    assert any("the graph in the cache is used" in line for line in first)
    assert any(" debug " in line and "MATCH" in line for line in second)
    assert not any(" debug " in line for line in first)


def test_before_the_command_and_after_it_are_one(tmp_path: Path) -> None:
    for line in (("-v", "queries"), ("queries", "-v"), ("neo4j", "-v", "status"), ("neo4j", "status", "-v")):
        path = tmp_path / "log"
        run("--log-file", str(path), *line)
        assert path.exists()
        path.unlink()
    assert "--log-format" not in run("queries", "--help")[0]
    assert "--log-format" in run("--help")[0]


def test_the_file_is_its_owners_and_grows(tmp_path: Path) -> None:
    path = tmp_path / "run.log"
    log = logging.getLogger("lineage.test")
    for round_ in range(2):
        logs.set_up(0, "json", path)
        log.debug("round %d", round_)
    assert [json.loads(line)["message"] for line in path.read_text().splitlines()] == ["round 0", "round 1"]
    assert path.stat().st_mode & 0o777 == 0o600
    with pytest.raises(UsageError, match="cannot be written"):
        logs.set_up(0, "text", tmp_path / "no" / "log")
    with pytest.raises(UsageError, match="cannot be written"):
        logs.set_up(0, "text", tmp_path)
    os.mkfifo(tmp_path / "pipe")
    with pytest.raises(UsageError, match="cannot be written"):
        logs.set_up(0, "text", tmp_path / "pipe")


@pytest.mark.parametrize("form", ["text", "json"])
def test_no_sign_that_a_terminal_obeys(form: str, capsys: pytest.CaptureFixture[str]) -> None:
    logs.set_up(2, form, None)
    logging.getLogger("lineage.test").info("of %s", HOSTILE, extra={"fields": {HOSTILE: HOSTILE}})
    out, said = capsys.readouterr()
    assert out == "" and said.endswith("\n") and len(said.splitlines()) == 1
    assert not re.search("[\x00-\x09\x0b-\x1f\x7f-\x9f\u202e\u2028]", said)
    if form == "json":
        assert json.loads(said)["fields"] == {HOSTILE: HOSTILE}


@pytest.mark.parametrize("form", ["text", "json"])
def test_no_secret(form: str, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("NEO4J_PASSWORD", "Sesame open")
    logs.set_up(2, form, None)
    log = logging.getLogger("lineage.test")
    for text in (
        "Sesame open",
        "hf_SesameSesameSesame",
        "bolt://neo4j:Sesame@h",
        "https://u:a/Sesame@h/x?password=Sesame",
    ):
        log.info("of %s", text, extra={"fields": {"of": text, "in": {"deep": text}, text: 1}})
    try:
        raise RuntimeError("Sesame open")
    except RuntimeError:
        log.exception("it broke")
    said = capsys.readouterr().err
    assert "Sesame" not in said and "RuntimeError" in said and said.count("***") >= 10


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="needs /dev/full")
def test_a_full_disk_ends_the_log_and_not_the_run(tmp_path: Path) -> None:
    env = os.environ | {"LINEAGE_HOME": str(tmp_path), "PYTHONPATH": str(Path(__file__).parent.parent)}
    line = [sys.executable, "-m", "lineage", "--log-file", "/dev/full", "build", "sample", "-q", "--no-graph"]
    done = subprocess.run(line, env=env, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    assert done.stderr == "Nothing more is written to the log /dev/full: No space left on device.\n"
    # stderr is full, too: the run goes on, and stdout is whole.
    with open("/dev/full", "w") as full:
        line = [sys.executable, "-m", "lineage", "-vv", "info", "--format", "json"]
        done = subprocess.run(line, env=env, stdout=subprocess.PIPE, stderr=full, text=True, check=False)
    assert done.returncode == 0 and json.loads(done.stdout)["rows"][0]["models"] == 9715
