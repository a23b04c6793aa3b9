"""Seconds: of a call, of a command, and of a run of the program with its CPU and memory."""

import os
import statistics
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parent.parent


def seconds(action: Callable[[], Any]) -> float:
    """Wall seconds of one call."""
    began = time.perf_counter()
    action()
    return time.perf_counter() - began


def median(action: Callable[[], Any], runs: int = 5) -> float:
    """Wall seconds, the median of several runs after one that does not count."""
    action()
    return statistics.median(seconds(action) for _ in range(runs))


def cpu(action: Callable[..., Any], *arguments: Any) -> float:
    """CPU seconds of the second of two calls: on a machine with other work these hold and wall seconds do not."""
    action(*arguments)
    began = time.process_time()
    action(*arguments)
    return time.process_time() - began


def surroundings(**more: str) -> dict[str, str]:
    """What the program is run in: it keeps what Python has compiled, as it does where it is installed."""
    return {name: value for name, value in os.environ.items() if name != "PYTHONDONTWRITEBYTECODE"} | more


def timed(*arguments: str) -> tuple[float, float, float]:
    """Wall seconds, CPU seconds and peak memory in GiB of one run of the program."""
    line = [sys.executable, "-m", "lineage", *arguments]
    began = time.perf_counter()
    nowhere = subprocess.DEVNULL
    process = subprocess.Popen(line, cwd=ROOT, env=surroundings(), stdout=nowhere, stderr=nowhere)
    _, status, used = os.wait4(process.pid, 0)
    if status:
        sys.exit(f"lineage {' '.join(arguments)} ended with {os.waitstatus_to_exitcode(status)}")
    unit = 1 if sys.platform == "darwin" else 1024
    return time.perf_counter() - began, used.ru_utime + used.ru_stime, used.ru_maxrss * unit / 2**30
