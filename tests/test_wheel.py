"""The wheel holds everything that the program reads, and nothing that is somebody else's."""

import subprocess
import sys
import zipfile
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> zipfile.ZipFile:
    out = tmp_path_factory.mktemp("dist")
    subprocess.run(
        [sys.executable, "-m", "build", "--wheel", "--outdir", str(out), str(ROOT)], check=True, capture_output=True
    )
    return zipfile.ZipFile(next(out.glob("*.whl")))


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
