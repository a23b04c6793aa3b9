"""Streams that are closed, full or broken, and surroundings that know no UTF-8, no home, no time zone, no folder."""

import itertools
import os
import resource
import shlex
import subprocess
import sys
import threading
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from tests import walk
from tests.breaking import OUT, ROWS, sentence, told
from tests.faults import bytes_of
from tests.warm import ROOT, Answer, Warm

#: What a shell does with a line `$@`.
STREAMS = {
    "stdout closed": '"$@" >&-',
    "stdout full": '"$@" >/dev/full',
    "stdin closed": '"$@" <&-',
    "stderr closed": '"$@" 2>&-',
    "stderr full": '"$@" 2>/dev/full',
    "all closed": '"$@" <&- >&- 2>&-',
    "a reader that goes": '"$@" | head -c 1; exit "${PIPESTATUS[0]}"',
    "a reader that is gone": '"$@" | true; exit "${PIPESTATUS[0]}"',
}

#: What is set, or with None taken away.
PLACES: dict[str, dict[str, str | None]] = {
    "no UTF-8": {"LC_ALL": "C", "PYTHONUTF8": "0", "PYTHONIOENCODING": "ascii", "PYTHONCOERCECLOCALE": "0"},
    "a locale that is not there": {"LC_ALL": "xx_XX.latin1", "LANGUAGE": "tlh"},
    "no home": {"HOME": None, "XDG_CONFIG_HOME": None, "XDG_CACHE_HOME": None, "USER": None, "LOGNAME": None},
    "a home that is none": {"HOME": "/dev/null/x", "XDG_CONFIG_HOME": "relative"},
    "no terminal": {"TERM": None, "COLUMNS": "1", "LINES": "1"},
    "an odd terminal": {"TERM": "nonesuch", "COLUMNS": "-5", "FORCE_COLOR": "1"},
    "an odd time zone": {"TZ": "Pacific/Kiritimati"},
    "no time zone": {"TZ": ":/nonesuch/zone,M3"},
}

#: What the shell does before.
BEFORE = {
    "a folder that is gone": 'mkdir gone && cd gone && rmdir ../gone && "$@"',
    "files for their owner": 'umask 077; "$@"',
    "files for everybody": 'umask 0; "$@"',
    "few open files": 'ulimit -n 24; "$@"',
}


@pytest.fixture(scope="module")
def home(kept_home: Path) -> Path:
    return kept_home


def in_shell(
    home: Path, folder: Path, script: str, line: list[str], env: dict[str, str | None] | None = None
) -> Answer:
    """One line, as a shell starts it in a folder."""
    given = {**os.environ, "LINEAGE_HOME": str(home), "PYTHONPATH": str(ROOT), **(env or {})}
    began = resource.getrusage(resource.RUSAGE_CHILDREN)
    done = subprocess.run(
        ["bash", "-c", script, "sh", sys.executable, "-m", "lineage", *line], cwd=folder, capture_output=True,
        env={name: value for name, value in given.items() if value is not None}, stdin=subprocess.DEVNULL, timeout=300,
    )  # fmt: skip
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    said = done.stderr.decode("utf-8", "replace")
    cpu = used.ru_utime - began.ru_utime + used.ru_stime - began.ru_stime
    return Answer(tuple(line), done.returncode, done.stdout, said, cpu, used.ru_maxrss << 10)


def no_trace(done: Answer, codes: tuple[int, ...]) -> str | None:
    """What is wrong; a code of 120 is Python's own, for a stream that failed at the very end."""
    for word in ("Traceback", "should not have happened", "Exception ignored", "Error in sys.excepthook"):
        if word in done.err:
            return f"{done.line}: {done.err[-400:]}"
    return None if done.code in codes else f"{done.line}: ended with {done.code}: {done.err[-300:]}"


def all_lines() -> list[list[str]]:
    asked = walk.lines("maker-0/model-0", f"maker-{(ROWS - 1) % 9}/model-{ROWS - 1}", OUT, "other")
    return [line for _, line, _ in asked] + [["completion", "fish"], ["config", "show"], ["--help"], ["info", "--nonsense"],
                                             ["query", "-"], ["rollup", "-"], ["tree", "nobody/none"]]  # fmt: skip


def check(home: Path, folder: Path, kind: str, line: list[str], plain: Callable[[list[str]], Answer]) -> str | None:
    """One line under one of the three kinds of harm: what is wrong with how it ended."""
    folder.mkdir(parents=True)
    (folder / OUT).mkdir()
    if kind in STREAMS:
        done = in_shell(home, folder, STREAMS[kind], line)
        right = plain(line)
        if kind == "stdout full" and right.code == 0 and right.out:
            return no_trace(done, (1,)) or (None if sentence(done) and "stdout leads" in done.err else done.err)
        if kind in ("stdout closed", "all closed", "stdin closed", "stderr closed", "stderr full"):
            wrong = no_trace(done, (right.code,))
            same = kind in ("stdout closed", "all closed") or done.out == right.out
            return wrong or (None if same else f"{line}: other rows")
        return no_trace(done, (right.code, 0))
    done = in_shell(home, folder, BEFORE.get(kind, '"$@"'), line, PLACES.get(kind))
    right = plain(line)
    if kind == "few open files" and done.code == 1 and sentence(done):
        return None
    if kind == "a folder that is gone" and str(OUT) in " ".join(line):
        return no_trace(done, (1, 2))
    if wrong := no_trace(done, (right.code,)):
        return wrong
    machine = line[:1] in (["doctor"], ["config"], ["--help"]) or "FORCE_COLOR" in PLACES.get(kind, {})
    if not machine and done.out != right.out:
        return f"{line}: other rows: {done.out[:200]!r} {right.out[:200]!r}"
    files = [path for path in (folder / OUT).rglob("*") if path.is_file()]
    if kind == "files for everybody" and any(path.stat().st_mode & 0o022 for path in files):
        return f"{line}: others may write to {files}"
    return None


def without_caches(home: Path) -> dict[str, str]:
    """What lies in a home but what may be added to at any time."""
    return {name: digest for name, digest in bytes_of(home).items() if not name.startswith("cache/")}


def go(home: Path, folder: Path, chosen: list[tuple[str, list[str]]]) -> None:
    """Each on one of two threads; the lines as they end in peace are asked once each."""
    before, known, one = without_caches(home), dict[str, Answer](), threading.Lock()

    def plain(line: list[str]) -> Answer:
        with one:
            if (asked := shlex.join(line)) not in known:
                place = folder / f"plain-{len(known)}"
                (place / OUT).mkdir(parents=True)
                known[asked] = ask(*line, cwd=place)
            return known[asked]

    with Warm(home) as ask, ThreadPoolExecutor(2) as threads:
        found = list(threads.map(lambda n: (n[1][0], check(home, folder / str(n[0]), *n[1], plain)), enumerate(chosen)))
    wrong = [f"{kind}: {said}" for kind, said in found if said]
    assert not wrong, "\n".join(wrong)
    assert without_caches(home) == before


KINDS = (*STREAMS, *PLACES, *BEFORE)

#: A line for each kind, most of them such as write to the stream in question.
QUICK = ["info", "rollup --top 50", "query -", "rollup -", "rollup", "shell", "completion fish", "--help", "tree maker-0/model-0", "schema",
         "config show", "tree maker-0/model-0 --format table", "info --nonsense", "rank", "cite", "shares --by family",
         "view flows -o given/w.html", "export given/csv --as csv", "info -o given/i.tsv", "query formats"]  # fmt: skip


def test_streams_and_places(home: Path, tmp_path: Path) -> None:
    go(home, tmp_path, [(kind, line.split()) for kind, line in zip(KINDS, QUICK, strict=True)][::2])


@pytest.mark.soak
def test_streams_and_places_of_every_other_kind(home: Path, tmp_path: Path) -> None:
    go(home, tmp_path, [(kind, line.split()) for kind, line in zip(KINDS, QUICK, strict=True)][1::2])


@pytest.mark.soak
def test_every_line_under_some_kind(home: Path, tmp_path: Path, record_property: Callable[[str, object], None]) -> None:
    began, lines = time.monotonic(), all_lines()
    chosen = [(kind, lines[number % len(lines)]) for number, kind in zip(range(3 * len(lines)), itertools.cycle(KINDS))]
    go(home, tmp_path, chosen)
    told(
        record_property,
        len(chosen),
        time.monotonic() - began,
        resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss << 10,
    )


def test_half_of_what_is_printed_is_no_success(home: Path, tmp_path: Path) -> None:
    """Where Python keeps nothing back, as in many a container, a write that took half is an error all the same."""
    script = 'trap "" XFSZ; ulimit -f 1; "$@" >x'
    for unbuffered in ("1", ""):
        done = in_shell(home, tmp_path, script, ["rollup", "--all"], {"PYTHONUNBUFFERED": unbuffered})
        assert done.code == 1 and sentence(done) and "could not all be written" in done.err
        assert (tmp_path / "x").stat().st_size <= 1024


def test_what_is_not_ascii_is_printed_as_it_is(home: Path, tmp_path: Path) -> None:
    bare = PLACES["no UTF-8"]
    text = "RETURN 'tiếng 模型-é' AS said"
    for form in ("tsv", "json", "table"):
        done = in_shell(home, tmp_path, '"$@"', ["query", text, "--format", form], bare)
        assert done.code == 0 and "tiếng 模型-é" in done.out.decode()
    done = in_shell(home, tmp_path, '"$@"', ["tree", "tiếng/模型-x"], bare)
    assert done.code == 3 and "tiếng/模型-x" in done.err
