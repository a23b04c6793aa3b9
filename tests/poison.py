"""Functions for worker processes: each does its work on most items, and on some what no function should."""

import ctypes
import os
import resource
import sys
import time
from typing import Any


def act(item: Any) -> Any:
    """Double a number; a word is done as it says."""
    if isinstance(item, int):
        return 2 * item
    return ACTS[item]()


def _segfault() -> None:
    ctypes.string_at(0)


def _exit() -> None:
    os._exit(0)


def _hang() -> None:
    # Holds the lock of the interpreter, as a parser in C would.
    ctypes.PyDLL(None).sleep(60)


def _sleep_a_little() -> str:
    time.sleep(0.4)
    return "slept"


def _raise() -> None:
    raise ValueError("no")


def _recurse() -> None:
    _recurse()


def _print() -> str:
    print("x" * 100_000, flush=True)
    os.write(1, b"\x00" * 64)
    return sys.stdin.read() + "printed"


def _eat() -> int:
    eaten = []
    while len(eaten) < 200:
        eaten.append(bytearray(b"x" * (16 << 20)))
    return len(eaten)


ACTS = {
    "segfault": _segfault,
    "exit": _exit,
    "hang": _hang,
    "sleep": _sleep_a_little,
    "raise": _raise,
    "leave": lambda: sys.exit(3),
    "recurse": _recurse,
    "print": _print,
    "eat": _eat,
    "unpicklable": lambda: lambda: 1,
    "big": lambda: "y" * (8 << 20),
    "surrogate": lambda: "\ud800",
    "pid": os.getpid,
}


def measure(text: str) -> tuple[str | None, float, float]:
    """Read a card: its problem, the seconds it took, and the most memory in MB that this process ever held."""
    from lineage.reading.frontmatter import read_card

    started = time.perf_counter()
    problem = read_card(text).problem
    return problem, time.perf_counter() - started, resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
