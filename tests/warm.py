"""A process that has imported what commands need and does each line in a child of its own: a twentieth of a second each.

It runs nothing itself, so that it has no threads when it forks. A line is asked through the same door as in a shell.
`python -m tests.warm` reads one request a line of JSON from stdin and answers with one.
"""

import base64
import json
import os
import resource
import signal
import subprocess
import sys
import tempfile
from dataclasses import dataclass
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parent.parent

#: Seconds of CPU after which a line hangs, and of a clock.
CAP, WAIT = 30, 120


@dataclass(frozen=True)
class Answer:
    """One line that was done."""

    line: tuple[str, ...]
    code: int
    out: bytes
    err: str
    cpu: float
    peak: int


class Warm:
    """The process, seen from a test. `tried`, `cpu` and `peak` (bytes) are of all lines together."""

    def __init__(self, home: Path, before: tuple[str, ...] = (), **env: str) -> None:
        """`before`: the command that starts it, if it is to be another user or see other mounts."""
        self.before = before
        self.tried, self.cpu, self.peak = 0, 0.0, 0
        here = {name: value for name, value in os.environ.items() if not name.startswith("LINEAGE_HOME")}
        self._process = subprocess.Popen(
            [*before, sys.executable, "-m", "tests.warm"], cwd=ROOT, env=here | {"LINEAGE_HOME": str(home)} | env,
            stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True,
        )  # fmt: skip

    def __enter__(self) -> "Warm":
        return self

    def __exit__(self, *_: object) -> None:
        self._process.communicate()

    def __call__(
        self, *line: str, stdin: str = "", largest: int | None = None, cwd: Path | None = None, **env: str
    ) -> Answer:
        """Do one line. `largest`: no file may grow beyond so many bytes."""
        assert self._process.stdin is not None and self._process.stdout is not None
        asked = {"line": line, "stdin": stdin, "largest": largest, "cwd": cwd and str(cwd), "env": env}
        self._process.stdin.write(json.dumps(asked) + "\n")
        self._process.stdin.flush()
        got = json.loads(self._process.stdout.readline())
        done = Answer(line, got["code"], base64.b64decode(got["out"]), got["err"], got["cpu"], got["peak"])
        self.tried, self.cpu, self.peak = self.tried + 1, self.cpu + done.cpu, max(self.peak, done.peak)
        return done


def _do(asked: dict[str, Any]) -> None:
    """In the child: never returns."""
    code: Any = 99
    try:
        resource.setrlimit(resource.RLIMIT_CPU, (CAP, CAP + 5))
        signal.alarm(WAIT)
        if asked["largest"] is not None:
            resource.setrlimit(resource.RLIMIT_FSIZE, (asked["largest"], resource.getrlimit(resource.RLIMIT_FSIZE)[1]))
        os.environ |= asked["env"]
        os.chdir(asked["cwd"] or ROOT)
        sys.argv[1:] = asked["line"]
        from lineage.door import main

        main(prog_name="lineage")
    except SystemExit as end:
        code = end.code or 0
    finally:
        for stream in (sys.stdout, sys.stderr):
            stream.flush()
        os._exit(code if isinstance(code, int) else 98)


def _answer(asked: dict[str, Any]) -> dict[str, Any]:
    with tempfile.TemporaryFile() as given, tempfile.TemporaryFile() as out, tempfile.TemporaryFile() as err:
        given.write(asked["stdin"].encode())
        given.seek(0)
        child = os.fork()
        if not child:
            for number, file in enumerate((given, out, err)):
                os.dup2(file.fileno(), number)
            _do(asked)
        _, status, used = os.wait4(child, 0)
        out.seek(0)
        err.seek(0)
        unit = 1 if sys.platform == "darwin" else 1024
        return {"code": os.waitstatus_to_exitcode(status), "out": base64.b64encode(out.read()).decode(),
                "err": err.read().decode("utf-8", "replace"), "cpu": used.ru_utime + used.ru_stime,
                "peak": used.ru_maxrss * unit}  # fmt: skip


if __name__ == "__main__":
    from lineage import pandas_free

    pandas_free.hide()
    import duckdb  # noqa: F401
    import filelock  # noqa: F401
    import ladybug  # noqa: F401
    import numpy  # noqa: F401
    import pyarrow.compute
    import pyarrow.parquet  # noqa: F401

    import lineage.commands
    import lineage.printing
    import lineage.questions
    import lineage.screen
    import lineage.stores.ask
    import lineage.stores.embedded  # noqa: F401

    requests, replies = os.fdopen(os.dup(0)), os.fdopen(os.dup(1), "w")
    for request in requests:
        print(json.dumps(_answer(json.loads(request))), file=replies, flush=True)
