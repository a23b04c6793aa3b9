"""The wheel holds everything that the program reads, and nothing that is somebody else's."""

import hashlib
import os
import subprocess
import sys
import time
import zipfile
from pathlib import Path

import pytest

from scripts.make_wheel import make

ROOT = Path(__file__).resolve().parent.parent


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> zipfile.ZipFile:
    out = tmp_path_factory.mktemp("dist")
    return zipfile.ZipFile(make(out))


def test_every_file_of_the_package_is_in_the_wheel(wheel: zipfile.ZipFile) -> None:
    inside = {n for n in wheel.namelist() if not n.startswith("model_lineage-")}
    here = {
        str(p.relative_to(ROOT)) for p in (ROOT / "lineage").rglob("*") if p.is_file() and "__pycache__" not in p.parts
    }
    queries = {f"lineage/queries/{p.relative_to(ROOT / 'queries')}" for p in (ROOT / "queries").rglob("*.cypher")}
    assert inside == here | queries | {"lineage/docs/tables.md"}


def test_it_runs_unpacked_from_elsewhere(wheel: zipfile.ZipFile, tmp_path: Path) -> None:
    wheel.extractall(tmp_path / "site")
    environment = {"PYTHONPATH": str(tmp_path / "site"), "LINEAGE_HOME": str(tmp_path / "home"), "PATH": ""}
    for line in (
        ["build", "sample", "-q"],
        ["queries"],
        ["schema"],
        ["query", "top_bases"],
        ["intermediaries", "--rule", "R1"],
    ):
        done = subprocess.run([sys.executable, "-m", "lineage", *line], cwd=tmp_path, env=environment, capture_output=True,
                              text=True, check=False)  # fmt: skip
        assert done.returncode == 0, done.stderr
        assert str(ROOT) not in done.stdout
    assert "8244786" not in done.stdout
    assert len(done.stdout.splitlines()) == 2


@pytest.mark.soak
def test_the_same_commit_gives_the_same_bytes(tmp_path: Path) -> None:
    """Two clones, in folders of other names, at other times, under other umasks and locales."""
    digests = set()
    for name, umask, zone in (("one", 0o022, "UTC"), ("another place", 0o077, "Asia/Tokyo")):
        folder = tmp_path / name
        before = os.umask(umask)
        try:
            subprocess.run(["git", "clone", "-q", str(ROOT), str(folder)], check=True)
            for path in folder.rglob("*"):
                if ".git" not in path.parts and path.is_file():
                    os.utime(path, (1_600_000_000 + umask, 1_600_000_000 + umask))
            env = os.environ | {"TZ": zone, "LC_ALL": "C" if umask == 0o022 else "C.UTF-8"}
            env.pop("SOURCE_DATE_EPOCH", None)
            line = [sys.executable, "scripts/make_wheel.py", str(folder / "dist")]
            done = subprocess.run(line, cwd=folder, env=env, check=True, capture_output=True, text=True)
        finally:
            os.umask(before)
        (made,) = (folder / "dist").glob("*.whl")
        digests.add(hashlib.sha256(made.read_bytes()).hexdigest())
        assert done.stdout.split()[0] in digests
        time.sleep(2.1)  # a zip counts time in steps of two seconds
    assert len(digests) == 1
