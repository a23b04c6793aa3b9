"""How much memory a local server gets: what the whole Hub wants, or less on a machine that has less.

A graph of 3 million models loads and answers well with `WANTED`; with `LEAST` the samples do, and a
Hub does slowly. What is chosen is never more than half of what is free, for the program that loads
and whatever else the machine is for need the rest. Inside a container its limit counts, not the
machine.
"""

import re
from dataclasses import dataclass
from pathlib import Path

from lineage.errors import StoreError, UsageError

MIB = 1 << 20

#: Heap and page cache in MiB: for the whole Hub, and below which no server is started.
WANTED = (2048, 1024)
LEAST = (512, 128)

#: Sizes are multiples of so many MiB, so that they read well.
_STEP = 64

_UNITS = {"k": 1 << 10, "m": MIB, "g": 1 << 30}

_CGROUPS = Path("/sys/fs/cgroup")
_OWN_CGROUP = Path("/proc/self/cgroup")


@dataclass(frozen=True, slots=True)
class Memory:
    """What a server gets, each in Java's spelling (`2g`, `768m`)."""

    heap: str
    pagecache: str
    remark: str | None = None
    """A sentence where it is less than the whole Hub wants and nobody asked for that."""

    @property
    def transaction(self) -> str:
        """What one transaction may take of the heap: half of it, so that a runaway ends and the server lives."""
        return _spelled(_bytes(self.heap) // MIB // 2)


def check(option: str, size: str | None) -> None:
    """Raise UsageError where `size` is none in Java's spelling; None, not given, is fine."""
    if size is not None and not re.fullmatch(r"[1-9]\d{0,8}[kmgKMG]", size):
        raise UsageError(f"{size!r} is no size for {option}. Write it as Java does, like 2g or 512m.")


def choose(heap: str | None, pagecache: str | None, total: int, free: int) -> Memory:
    """Heap and page cache on a machine with `total` bytes of memory, `free` of them to be had.

    A size that is given is kept; what is not given is at least that of `LEAST`. Raises StoreError where
    both together are more than there is, and, with no size given, where half of `free` is below `LEAST`.
    """
    room = free // MIB // 2
    if heap is None and pagecache is None and room < sum(LEAST):
        raise StoreError(
            f"A Neo4j server wants {_gigabytes(2 * sum(LEAST) * MIB)} of free memory at least, and "
            f"{_gigabytes(free)} are free. End something else, or say with --heap and --pagecache what it may have."
        )
    heap_room = room - _mebibytes(pagecache) if pagecache else room * 2 // 3
    chosen_heap = heap or _spelled(_between(LEAST[0], heap_room, WANTED[0]))
    chosen_cache = pagecache or _spelled(_between(LEAST[1], room - _mebibytes(chosen_heap), WANTED[1]))
    asked = _bytes(chosen_heap) + _bytes(chosen_cache)
    if asked > total:
        raise StoreError(
            f"A heap of {chosen_heap} and a page cache of {chosen_cache} are more than the "
            f"{_gigabytes(total)} of memory that there are. Ask for less with --heap and --pagecache."
        )
    remark = None
    if heap is None and (_mebibytes(chosen_heap), _mebibytes(chosen_cache)) < WANTED:
        remark = (
            f"The server gets a heap of {chosen_heap} and a page cache of {chosen_cache}, for {_gigabytes(free)} of "
            f"memory are free. The samples need no more; the whole Hub wants {_spelled(WANTED[0])} and "
            f"{_spelled(WANTED[1])}."
        )
    elif asked > free:
        remark = (
            f"A heap of {chosen_heap} and a page cache of {chosen_cache} are more than the {_gigabytes(free)} "
            "that are free; the system may end the server."
        )
    return Memory(chosen_heap, chosen_cache, remark)


def measure() -> tuple[int, int]:
    """Bytes of memory that this process can have, and how many of them are free now.

    The machine's, or where that is less those of the control group (a container's limit).
    """
    import psutil

    machine = psutil.virtual_memory()
    total, free = machine.total, machine.available
    for limit, used in _limits(_OWN_CGROUP, _CGROUPS):
        total, free = min(total, limit), min(free, max(0, limit - used))
    return total, free


def _limits(own: Path, root: Path) -> list[tuple[int, int]]:
    """(limit, used) in bytes of this process's control groups, version 1 and 2; nothing where there are none.

    Used is without files that the system would drop from its cache. In a container the group's own path
    is not to be seen, but its files stand at the root.
    """
    try:
        lines = [line.split(":", 2) for line in own.read_text(encoding="utf-8").splitlines()]
    except OSError:
        return []
    found = []
    for _, controllers, path in (line for line in lines if len(line) == 3):
        if controllers and "memory" not in controllers.split(","):
            continue
        base = root / "memory" if controllers else root
        names = ("memory.limit_in_bytes", "memory.usage_in_bytes") if controllers else ("memory.max", "memory.current")
        for folder in {base / path.lstrip("/"), base}:
            try:
                limit, used = (int((folder / name).read_text(encoding="ascii")) for name in names)
                stat = (folder / "memory.stat").read_text(encoding="ascii")
            except (OSError, ValueError):  # no such file, or `max`: no limit
                continue
            droppable = re.search(r"^(?:total_)?inactive_file (\d+)$", stat, re.MULTILINE)
            found.append((limit, max(0, used - int(droppable[1]) if droppable else used)))
    return found


def _between(least: int, size: int, most: int) -> int:
    return max(least, min(size // _STEP * _STEP, most))


def _bytes(size: str) -> int:
    return int(size[:-1]) * _UNITS[size[-1].lower()]


def _mebibytes(size: str) -> int:
    return _bytes(size) // MIB


def _spelled(mebibytes: int) -> str:
    return f"{mebibytes // 1024}g" if mebibytes % 1024 == 0 and mebibytes else f"{max(mebibytes, 1)}m"


def _gigabytes(size: int) -> str:
    return f"{size / (1 << 30):.1f} GB"
