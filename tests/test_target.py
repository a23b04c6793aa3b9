"""`-o`: a file whole or not at all, a link stays a link, and what is no file is written to and never replaced."""

import os
import pty
import stat
import subprocess
import sys
import threading
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from lineage.commands import main
from lineage.errors import UsageError
from lineage.session import Session
from lineage.target import check_target, write_text

ROOT = Path(__file__).resolve().parent.parent
LINE = ("rollup", "--limit", "2", "--format", "csv", "-q")


@pytest.fixture
def home(sample: Session, monkeypatch: pytest.MonkeyPatch) -> str:
    root = str(sample.catalog.root)
    monkeypatch.setenv("LINEAGE_HOME", root)
    monkeypatch.setenv("LINEAGE_SNAPSHOT", "sample")
    return root


def run(*line: str) -> Result:
    return CliRunner().invoke(main, list(line))


def rows(home: str) -> str:
    return run(*LINE).stdout


def real(*line: str, **how: object) -> "subprocess.CompletedProcess[str]":
    """The program in a process of its own, for it is its streams that are named."""
    given = {"capture_output": True, "text": True, "cwd": ROOT, "timeout": 60} | how
    return subprocess.run([sys.executable, "-m", "lineage", *line], **given)  # type: ignore[call-overload, no-any-return]


def test_a_link_stays_a_link(home: str, tmp_path: Path) -> None:
    (tmp_path / "there").mkdir()
    for name in ("there/old.csv", "there/new.csv"):  # one that is there, and one that is not yet
        link = tmp_path / f"{Path(name).stem}-link.csv"
        link.symlink_to(name)
        if "old" in name:
            (tmp_path / name).write_text("old")
        assert run(*LINE, "-o", str(link)).exit_code == 0
        assert link.is_symlink()
        assert (tmp_path / name).read_text() == rows(home)
    assert sorted(path.name for path in (tmp_path / "there").iterdir()) == ["new.csv", "old.csv"]


def test_a_pipe_with_a_name_gets_the_rows(home: str, tmp_path: Path) -> None:
    for line, expected in ((LINE, rows(home)), ((*LINE[:3], "-q", "--format", "parquet"), "PAR1")):
        place = tmp_path / f"pipe-{len(expected)}"
        os.mkfifo(place)
        got: list[bytes] = []
        reader = threading.Thread(target=lambda place=place, got=got: got.append(place.read_bytes()))
        reader.start()
        done = run(*line, "-o", str(place))
        assert done.exit_code == 0, done.output
        reader.join(20)
        assert stat.S_ISFIFO(place.stat().st_mode)
        assert got[0].startswith(expected.encode())


def test_a_device_stays_a_device(home: str) -> None:
    above, below = pty.openpty()
    place = os.ttyname(below)
    try:
        assert run(*LINE, "-o", place).exit_code == 0
        assert stat.S_ISCHR(os.stat(place).st_mode)
        assert os.read(above, 1 << 16).decode().replace("\r\n", "\n") == rows(home)
    finally:
        os.close(above)
        os.close(below)


@pytest.mark.parametrize("name", ["/dev/stdout", "/dev/fd/1", "/proc/self/fd/1"])
def test_an_open_stream_is_written_to(home: str, tmp_path: Path, name: str) -> None:
    link = tmp_path / "out.csv"  # so that a fault would not cost this machine its /dev/stdout
    link.symlink_to(name)
    done = real(*LINE, "-o", str(link))
    assert (done.returncode, done.stdout) == (0, rows(home)), done.stderr
    log = tmp_path / "log"
    log.write_text("before\n")
    with log.open("a") as file:
        done = real(*LINE, "-o", str(link), stdout=file, stderr=subprocess.PIPE, capture_output=False)
    assert done.returncode == 0, done.stderr
    assert log.read_text() == f"before\n{rows(home)}"
    assert link.is_symlink()


def test_a_process_reads_what_is_written(home: str) -> None:
    reading, writing = os.pipe()
    done = real(*LINE, "-o", f"/dev/fd/{writing}", pass_fds=[writing])
    os.close(writing)
    with os.fdopen(reading) as file:
        assert (done.returncode, file.read()) == (0, rows(home)), done.stderr


def test_every_command_that_writes_goes_there(home: str, tmp_path: Path) -> None:
    for line in (("view", "family", "google-bert/bert-base-uncased", "-o"), ("report", "-o"),
                 ("query", "MATCH p = (:Model)-[:DERIVED_FROM]->(:Model) RETURN p LIMIT 3", "--view")):  # fmt: skip
        target, link = tmp_path / "target.html", tmp_path / "link.html"
        link.unlink(missing_ok=True)
        target.write_text("old")
        link.symlink_to(target)
        done = run(*line, str(link))
        assert done.exit_code == 0, (line, done.output)
        assert link.is_symlink(), line
        assert target.read_text() != "old", line


def test_where_nothing_can_be_written_is_a_sentence(tmp_path: Path) -> None:
    (tmp_path / "round.csv").symlink_to("round.csv")
    (tmp_path / "away.csv").symlink_to("nowhere/file.csv")
    for name, said in (
        ("round.csv", "circle"),
        ("away.csv", "nowhere"),
        ("none/x.csv", "does not exist"),
        (".", "folder"),
    ):
        with pytest.raises(UsageError, match=said):
            check_target(tmp_path / name)
        with pytest.raises(UsageError, match=said):
            write_text(tmp_path / name, "x")
    assert sorted(path.name for path in tmp_path.iterdir()) == ["away.csv", "round.csv"]
