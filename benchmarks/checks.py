"""How long those wait who change the program: `make check` and `make test`.

python benchmarks/checks.py
"""

import argparse
import os
import signal
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT))

from benchmarks.chapter import chapter  # noqa: E402
from benchmarks.table import Row  # noqa: E402
from benchmarks.timing import seconds  # noqa: E402

#: Seconds, and as the design has them. `make test` begins with `make check`.
TARGETS = {"check": (60.0, "60 s"), "test": (720.0, "12 min")}


def row(target: str) -> Row:
    """One target. What fails has no time, and says so."""
    budget, says = TARGETS[target]
    if not (ROOT / ".venv").is_dir():
        return Row(f"make {target}", None, "s", budget, says, state="no .venv here: `make setup`")
    ended: list[int] = []
    # Tests have a home of their own, and no setting of whoever measures.
    env = {k: v for k, v in os.environ.items() if not k.startswith(("LINEAGE_", "MAKE", "MFLAGS"))}
    line = ["make", "--silent", target]
    quiet = subprocess.DEVNULL
    took = seconds(
        lambda: ended.append(
            subprocess.run(line, cwd=ROOT, env=env, stdout=quiet, stderr=quiet, check=False).returncode
        )
    )
    return Row(
        f"make {target}", took if ended == [0] else None, "s", budget, says, state="" if ended == [0] else "failed"
    )


def measure(given: argparse.Namespace) -> list[Row]:
    """Both rows."""
    # Started in the background a shell lets us ignore Ctrl-C, and children inherit that; tests press it.
    signal.signal(signal.SIGINT, signal.SIG_DFL)
    return [row(target) for target in TARGETS]


if __name__ == "__main__":
    sys.exit(chapter("How long `make check` and `make test` take.", measure))
