"""What the numbers were measured on: the machine, the day, the commit, and the version of every tool."""

import os
import platform
import subprocess
import sys
from datetime import UTC, datetime
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent

#: What we stand on and what stands beside us.
PACKAGES = ("numpy", "scipy", "pyarrow", "duckdb", "ladybug", "neo4j", "neo4j-rust-ext", "networkx", "rustworkx",
            "igraph", "pandas", "pyvis")  # fmt: skip


def processor() -> str:
    """The name of the CPU as its maker has it."""
    try:
        lines = Path("/proc/cpuinfo").read_text(encoding="utf-8").splitlines()
        return next(line.split(":", 1)[1].strip() for line in lines if line.startswith("model name"))
    except (OSError, StopIteration):
        return platform.processor() or platform.machine()


def installed(name: str) -> str:
    """The version of a package."""
    try:
        return version(name)
    except PackageNotFoundError:
        return "not installed"


def commit() -> str:
    """The commit that was measured, and whether files differ from it."""
    try:
        asked = [["git", "rev-parse", "--short=12", "HEAD"], ["git", "status", "--porcelain", "--untracked-files=no"]]
        head, changed = (
            subprocess.run(line, cwd=ROOT, capture_output=True, text=True, check=True).stdout for line in asked
        )
    except (OSError, subprocess.CalledProcessError):
        return "unknown"
    return head.strip() + (", with changes" if changed.strip() else "")


def facts() -> list[tuple[str, str]]:
    """Name and value of each."""
    memory = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") / 2**30
    return [
        ("date", f"{datetime.now(UTC):%Y-%m-%d}"),
        ("commit", commit()),
        ("processor", f"{processor()}, {os.cpu_count()} cores"),
        ("memory", f"{memory:.1f} GiB"),
        ("system", f"{platform.system()} {platform.release()}"),
        ("Python", sys.version.split()[0]),
        *((name, installed(name)) for name in PACKAGES),
    ]
