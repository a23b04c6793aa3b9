"""Functions for worker processes: each does its work on most items, and on some what no function should."""

import ctypes
import json
import os
import resource
import sys
import time
from pathlib import Path
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


def _peak() -> float:
    """The most memory in MB that this process held."""
    # Linux lets a child begin with the peak of its parent in `ru_maxrss`; this one is its own.
    status = Path("/proc/self/status")
    if status.exists():
        return int(status.read_text().split("VmHWM:")[1].split()[0]) / 1024
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / (1 << 20)


def read(data: str | bytes) -> tuple[str, float, float]:
    """Read a card as JSON: what became of it, the seconds it took, and the most memory in MB this process ever held."""
    from lineage.reading.frontmatter import read_card

    started = time.perf_counter()
    card = read_card(data)
    json.dumps([card.fields, card.body], ensure_ascii=False).encode()
    outcome = card.problem or ("nothing" if card.fields is None else "read")
    return outcome, time.perf_counter() - started, _peak()
