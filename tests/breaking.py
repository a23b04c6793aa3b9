"""What a program that nothing breaks may say: the right answer, or a sentence with what to do; and homes to break."""

import os
import re
import shutil
from collections.abc import Callable
from pathlib import Path

import pytest

from tests import walk
from tests.faults import source
from tests.warm import Answer, Warm

#: With one of these a sentence says what to do next.
_NEXT = re.compile(
    r"[Bb]uild (it|the snapshot|again)|lineage [a-z]|Delete it|pip install|Mend it|Save it|Run it again|[Mm]ake room|"
    r"[Ss]et [A-Z]+|[Gg]ive |take its|raise the limit|Did you mean|There are: |There is |[Nn]ame a|takes |is not one of|Known |Use |"
    r"Settings are|Write |--\w+"
)

#: Models of the larger snapshot; where lines write their files.
ROWS, OUT = 200, Path("given")


def made(folder: Path, rows: int = ROWS, cards: bool = False) -> Path:
    """A home with the snapshots `shape`, of a table drawn here, and `other`, and everything that is kept beside them."""
    home = folder / "home"
    with Warm(home) as ask:
        for name, seed in (("other", 2), ("shape", 1)):
            table = source(folder / f"{name}.jsonl", rows, seed, cards)
            line = ("build", str(table), "--name", name, "--taken-at", "2024-09-20", "-q")
            assert ask(*line).code == 0
        assert ask("rank", "--metric", "betweenness", "-q").code == 0
        assert tab(ask, "lineage tree maker-1/").code == 0
    held = {path.suffix for path in (home / "cache").iterdir()}
    assert {".lbug", ".seal", ".parquet", ".ids", ".json"} <= held
    return home


def tab(ask: Warm, line: str) -> Answer:
    """What a Tab after a line is told."""
    return ask(_LINEAGE_COMPLETE="bash", _LINEAGE_LINE=line, _LINEAGE_COMPLETE_DEBUG="1")


def sentence(done: Answer) -> bool:
    """Whether a line ended in one sentence on stderr that says what to do, with the code of a failure and no rows."""
    said = [line for line in done.err.splitlines() if line.startswith("Error: ")]
    return (
        not broke(done) and done.code in (1, 2, 3) and len(said) == 1 and bool(_NEXT.search(said[0])) and not done.out
    )


def broke(done: Answer) -> str | None:
    """What no line may ever do: end by a signal, hang, show a traceback, or not know what happened."""
    if done.code not in (0, 1, 2, 3, 4):
        return f"ended with {done.code}"
    for word in ("Traceback", "should not have happened", "terminate called"):
        if word in done.err or word.encode() in done.out:
            return word
    return None


def wrong(done: Answer, right: Answer) -> str | None:
    """What is wrong with the end of a line; None where it is the right answer or a sentence."""
    if (done.code, done.out) == (right.code, right.out):
        return broke(done)
    return broke(done) or (
        None if sentence(done) else f"code {done.code}, other rows or no sentence: {done.err[-300:]}"
    )


#: Of a line: its code, what it printed, and the files that it wrote, by name.
Done = tuple[int, bytes, dict[str, bytes]]


def everything(ask: Warm, folder: Path, some: int = 1, **env: str) -> dict[str, Done]:
    """Every `some`th line of tests/walk.py, asked of a home as `made` makes it, `folder` being where files are written."""
    done: dict[str, Done] = {}
    for command, line, stdin in list(
        walk.lines("maker-0/model-0", f"maker-{(ROWS - 1) % 9}/model-{ROWS - 1}", OUT, "other")
    )[::some]:
        if command == "doctor" or (command == "snapshots" and not line[1:]):
            continue  # what they say is of this machine
        shutil.rmtree(folder / OUT, ignore_errors=True)
        (folder / OUT).mkdir(parents=True)
        (folder / OUT).chmod(0o777)  # a line may be another user's
        answer = ask(*line, stdin=stdin, cwd=folder, **env)
        assert broke(answer) is None, (answer.line, broke(answer), answer.err)
        files = {
            str(path.relative_to(folder)): path.read_bytes() for path in (folder / OUT).rglob("*") if path.is_file()
        }
        done[" ".join(line)] = (answer.code, answer.out, files)
    shutil.rmtree(folder / OUT, ignore_errors=True)
    return done


def differing(found: dict[str, Done], right: dict[str, Done]) -> list[str]:
    """The lines that did not end as they should have."""
    assert found.keys() == right.keys()
    return [f"{line}: {found[line][:2]} and {right[line][:2]}"[:600] for line in right if found[line] != right[line]]


class Whole:
    """A folder as it is now, put back after each harm: only what has changed since is written."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self._bytes = {path: path.read_bytes() for path in folder.rglob("*") if path.is_file()}
        self._seen = {path: self._look(path) for path in self._bytes}

    @staticmethod
    def _look(path: Path) -> tuple[int, int, int] | None:
        try:
            stat = path.stat()
        except FileNotFoundError:
            return None
        return stat.st_mtime_ns, stat.st_size, stat.st_ino

    @property
    def files(self) -> dict[Path, bytes]:
        """Every file that holds something."""
        return {path: data for path, data in sorted(self._bytes.items()) if data}

    def put_back(self) -> None:
        """Everything as it was."""
        for path, data in self._bytes.items():
            if self._look(path) != self._seen[path]:
                path.parent.mkdir(parents=True, exist_ok=True)
                path.write_bytes(data)
                self._seen[path] = self._look(path)
        for path in self.folder.rglob("*"):
            if path.is_file() and path not in self._bytes:
                path.unlink()


def told(record_property: Callable[[str, object], None], tried: int, seconds: float, peak: int) -> None:
    """The line that every long test prints, when nothing has failed."""
    said = f"tried {tried:,}, failed 0, {seconds:.0f} s, peak {peak / 2**20:,.0f} MiB"
    print(said)
    record_property("breaks", said)


def copied(home: Path, to: Path) -> Path:
    """A copy of a home, times included."""
    shutil.copytree(home, to, symlinks=True)
    return to


def ci_only(reason: str) -> None:
    """Skip, or fail where everything could be there."""
    if os.environ.get("CI") == "true":
        pytest.fail(reason)
    pytest.skip(reason)
