"""One task by one tool, in a process of its own that is ended when its time is over.

    python -m benchmarks.beside TOOL TASK GIVEN.npz ANSWER.npz

So neither memory nor imports nor threads of one tool are those of another, ours included. A task makes the tool's graph
and runs on it; both are timed, each time anew, up to three times as long as that stays below ten seconds, and the best
counts. What turns the answer into arrays to be compared is not timed, nor are imports.
"""

import importlib
import json
import os
import resource
import subprocess
import sys
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from benchmarks.arrays import Given, load

ROOT = Path(__file__).resolve().parent.parent

#: Seconds within which a task is done again, and how often at most.
_AGAIN, _MOST = 10.0, 3

#: Seconds beside the cap for imports, for reading what is given and for writing the answer.
_START = 10.0

#: The part of the machine's memory that a task may take: a tool that wants all of it shall fail, not the machine.
_PART = 0.85

#: Ends a process in which the tool is not installed.
_MISSING = 69

Answer = dict[str, NDArray[Any]]


@dataclass(frozen=True, slots=True)
class Task:
    """`build` makes what the tool works on, `run` works on it, `answer` takes both and gives arrays."""

    build: Callable[[Given], Any]
    run: Callable[[Any], Any]
    answer: Callable[[Given, Any, Any], Answer]


@dataclass(frozen=True, slots=True)
class Taken:
    """Seconds of both parts, GiB at most and the answer; or, in `state`, why there is none."""

    building: float = 0.0
    running: float = 0.0
    peak: float | None = None
    answer: Answer | None = None
    state: str = ""
    at_least: float | None = None


def once(tool: str, task: str, given: Given) -> tuple[float, float, Answer]:
    """Seconds of building and of running, and the answer, in this process."""
    this: Task = importlib.import_module(f"benchmarks.with_{tool}").TASKS[task]
    building = running = float("inf")
    began = time.perf_counter()
    for _ in range(_MOST):
        built = raw = None  # what was before is gone before it is made again
        start = time.perf_counter()
        built = this.build(given)
        middle = time.perf_counter()
        raw = this.run(built)
        end = time.perf_counter()
        building, running = min(building, middle - start), min(running, end - middle)
        if 2 * end - began - start > _AGAIN:
            break
    return building, running, this.answer(given, built, raw)


def taken(tool: str, task: str, given: Path, cap: float) -> Taken:
    """The same in a process of its own, `cap` seconds at most."""
    answer = given.with_name(f"{tool}-{task}.npz")
    line = [sys.executable, "-m", "benchmarks.beside", tool, task, str(given), str(answer)]
    environment = {**os.environ, "PYTHONPATH": str(ROOT)}
    room = cap + _START
    try:
        done = subprocess.run(
            line, cwd=ROOT, env=environment, capture_output=True, text=True, timeout=room, check=False
        )
    except subprocess.TimeoutExpired:
        return Taken(state=f"did not end in {cap:g} s", at_least=cap)
    if done.returncode == _MISSING:
        return Taken(state="is not installed")
    if done.returncode:
        last = (done.stderr.strip().splitlines() or [f"code {done.returncode}"])[-1]
        return Taken(state="ran out of memory" if "emory" in last else f"failed: {last[:80]}")
    said = json.loads(done.stdout.splitlines()[-1])
    with np.load(answer) as found:
        arrays = dict(found)
    answer.unlink()
    return Taken(said["building"], said["running"], said["peak"], arrays)


def main() -> int:
    tool, task, given, answer = sys.argv[1:]
    room = int(os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") * _PART)
    resource.setrlimit(resource.RLIMIT_DATA, (room, resource.RLIM_INFINITY))
    try:
        importlib.import_module(f"benchmarks.with_{tool}")
    except ModuleNotFoundError as error:
        if error.name == tool:
            return _MISSING
        raise
    building, running, arrays = once(tool, task, load(Path(given)))
    unit = 1 if sys.platform == "darwin" else 1024
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * unit / 2**30
    np.savez(answer, **arrays)
    print(json.dumps({"building": building, "running": running, "peak": peak}))
    return 0


if __name__ == "__main__":
    sys.exit(main())
