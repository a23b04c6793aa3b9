"""Commands in a process of their own that notes every path it writes to: `python -m tests.watched LINES.json NOTES.json`.

Python tells a hook before it opens, makes, moves or removes anything. What libraries do past Python is seen by `listing`,
taken of all folders around before and after.
"""

import hashlib
import json
import os
import sys
from pathlib import Path
from typing import Any

#: Events, and of the paths that change the places in their arguments, each with that of the folder it is relative to.
_CHANGES: dict[str, tuple[tuple[int, int], ...]] = {
    "os.mkdir": ((0, 2),), "os.remove": ((0, 1),), "os.rmdir": ((0, 1),), "os.rename": ((0, 2), (1, 3)), "os.link": ((1, 3),),
    "os.symlink": ((1, 2),), "os.chmod": ((0, 2),), "os.chown": ((0, 3),), "os.utime": ((0, 3),), "os.truncate": ((0, -1),),
    "shutil.rmtree": ((0, -1),), "shutil.copyfile": ((1, -1),), "shutil.move": ((0, -1), (1, -1)), "sqlite3.connect": ((0, -1),),
}  # fmt: skip

_WRITES = os.O_WRONLY | os.O_RDWR | os.O_CREAT | os.O_TRUNC | os.O_APPEND


def listing(folder: Path) -> dict[str, str]:
    """Everything below a folder: of a file its sha256, of a link where it leads, of a folder nothing."""
    found = {}
    for path in sorted(folder.rglob("*")):
        name = os.fsencode(path.relative_to(folder)).decode("utf-8", "backslashreplace")
        if path.is_symlink():
            found[name] = f"-> {os.readlink(path)!r}"
        elif path.is_file():
            found[name] = hashlib.sha256(path.read_bytes()).hexdigest()
        else:
            found[name] = ""
    return found


def _watch(noted: list[str]) -> None:
    def hook(event: str, given: tuple[Any, ...]) -> None:
        if event == "open":
            path, _, flags = given
            if not isinstance(path, int) and flags & _WRITES:
                noted.append(_absolute(path))
        for path, folder in _CHANGES.get(event, ()):
            at = given[folder] if 0 <= folder < len(given) else None
            if not isinstance(given[path], int):
                noted.append(_absolute(given[path], at if isinstance(at, int) and at >= 0 else None))

    sys.addaudithook(hook)


def _absolute(path: Any, folder: int | None = None) -> str:
    # Where a name leads is what counts, so links and dots are followed, and folders that are open.
    below = os.readlink(f"/proc/self/fd/{folder}") if folder is not None else ""
    return os.path.realpath(os.path.join(below, os.fsdecode(path or "")))


def main(lines: Path, notes: Path) -> None:
    """Run each line, and note what it wrote to, how it ended and what it said."""
    from click.testing import CliRunner

    from lineage.commands import main as command

    written: list[str] = []
    _watch(written)
    told = []
    for line in json.loads(lines.read_text("utf-8")):
        written.clear()
        done = CliRunner().invoke(command, line)
        said = done.output.encode("utf-8", "backslashreplace").decode()
        told.append({"line": line, "code": done.exit_code, "said": said, "written": sorted(set(written))})
    notes.write_text(json.dumps(told), "utf-8")


if __name__ == "__main__":
    main(Path(sys.argv[1]), Path(sys.argv[2]))
