"""Build the wheel so that all who build the same commit get the same bytes: `python scripts/make_wheel.py [FOLDER]`.

What a build leaves open is settled here: times are that of the last commit, permissions 0644, the files those that git
knows, in a folder of its own; `pyproject.toml` pins what builds. Prints the sha256 and the file.
"""

import hashlib
import os
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent

#: The time of a wheel whose sources have no history, 2020-01-01: a zip knows none before 1980.
_NO_HISTORY = "1577836800"

#: What lies in a checkout and is no source.
_NO_SOURCE = (".git", ".venv", ".demo", "dist", "build", "*.egg-info", "__pycache__", ".*_cache", ".hypothesis")


def _git(*line: str) -> str | None:
    try:
        done = subprocess.run(["git", "-C", str(ROOT), *line], capture_output=True, text=True, check=False)
    except FileNotFoundError:
        return None
    return done.stdout if done.returncode == 0 else None


def sources(folder: Path) -> None:
    """Copy what the wheel is made of into an empty folder, all with the same permissions."""
    listed = _git("ls-files", "-z", "--cached", "--others", "--exclude-standard")
    if listed is None or not (ROOT / ".git").exists():
        shutil.copytree(ROOT, folder, dirs_exist_ok=True, ignore=shutil.ignore_patterns(*_NO_SOURCE))
    for name in sorted((listed or "").split("\0")):
        if name and (ROOT / name).is_file():
            (folder / name).parent.mkdir(parents=True, exist_ok=True)
            shutil.copyfile(ROOT / name, folder / name)
    for path in folder.rglob("*"):
        path.chmod(0o755 if path.is_dir() else 0o644)


def make(out: Path) -> Path:
    """Build the wheel into `out`, and return it."""
    epoch = os.environ.get("SOURCE_DATE_EPOCH") or (_git("log", "-1", "--format=%ct") or _NO_HISTORY).strip()
    out.mkdir(parents=True, exist_ok=True)
    before = os.umask(0o022)
    try:
        with tempfile.TemporaryDirectory(prefix="lineage-wheel-") as work:
            source, made = Path(work) / "source", Path(work) / "made"
            source.mkdir()
            sources(source)
            env = os.environ | {"SOURCE_DATE_EPOCH": epoch, "PYTHONHASHSEED": "0", "LC_ALL": "C.UTF-8"}
            line = [sys.executable, "-m", "build", "--wheel", "--outdir", str(made), str(source)]
            subprocess.run(line, env=env, check=True, stdout=subprocess.DEVNULL)
            (wheel,) = made.glob("*.whl")
            return Path(shutil.copyfile(wheel, out / wheel.name))
    finally:
        os.umask(before)


if __name__ == "__main__":
    wheel = make(Path(sys.argv[1] if len(sys.argv) > 1 else ROOT / "dist"))
    print(f"{hashlib.sha256(wheel.read_bytes()).hexdigest()}  {wheel}")
