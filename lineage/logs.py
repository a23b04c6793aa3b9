"""What a run tells on stderr or in a file of its own while it goes on: Python's logging, set up once.

Modules say `log = logging.getLogger(__name__)` and `log.info("sentence", extra={"fields": {…}})`; without `-v` and
`--log-file` nothing of it is made. stdout never holds a line of it. A line is made visible: names come from strangers.
"""

import contextlib
import json
import logging
import os
import re
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any, TextIO

from lineage.errors import UsageError
from lineage.screen import visible

#: What looks like a password or token, whoever put it into a line: of the Hub, in an address, in the environment.
_TOKEN = re.compile(r"hf_[A-Za-z0-9]{8,}")
_IN_ADDRESS = re.compile(r"(?<=://)\S*(?=@)|(?<=[?&])(?:password|token|user)=[^&\s]*")
_IN_ENVIRONMENT = ("NEO4J_PASSWORD", "HF_TOKEN", "HUGGING_FACE_HUB_TOKEN")


def set_up(verbose: int, form: str, path: Path | None) -> None:
    """From here on say on stderr what is worth it (`verbose` 1: INFO, 2: DEBUG), and in the file `path` DEBUG as well.

    `form`: `text` or `json`. Called again, it begins anew. Raises UsageError where the file cannot be opened.
    """
    logger = logging.getLogger("lineage")
    for old in list(logger.handlers):
        logger.removeHandler(old)
        old.close()
    logger.propagate = False
    lines = Lines(form)
    if verbose:
        spoken = logging.StreamHandler(_Stderr())  # type: ignore[type-var]
        spoken.setLevel(logging.INFO if verbose == 1 else logging.DEBUG)
        spoken.setFormatter(lines)
        logger.addHandler(spoken)
    if path is not None:
        kept = _Kept(path)
        kept.setFormatter(lines)
        logger.addHandler(kept)
    if not logger.handlers:
        logger.addHandler(logging.NullHandler())
    logger.setLevel(logging.DEBUG if path or verbose > 1 else logging.INFO if verbose else logging.WARNING)


class Stages:
    """Says each stage of something long when it begins, and in the log when it is over, with its seconds."""

    def __init__(self, log: logging.Logger, say: Callable[[str], None]) -> None:
        self._log, self._say = log, say
        self._what, self._began = "", 0.0

    def __call__(self, text: str) -> None:
        """The stage before is over, and this one begins."""
        self.end()
        self._what, self._began = text, time.monotonic()
        self._say(text)

    def end(self) -> None:
        """The last stage is over."""
        if self._what:
            seconds = round(time.monotonic() - self._began, 3)
            self._log.info("%s", self._what, extra={"fields": {"seconds": seconds}})
        self._what = ""


class Lines(logging.Formatter):
    """One line a record: `12:00:01.123 info lineage.pipeline: sentence (name=value …)`, or an object of JSON with
    `time` (UTC), `level`, `logger`, `message`, and the record's fields under `fields`."""

    def __init__(self, form: str) -> None:
        super().__init__()
        self._form = form

    def format(self, record: logging.LogRecord) -> str:
        """The line, without a secret in it and without signs that a terminal obeys."""
        fields: dict[str, Any] = getattr(record, "fields", {})
        message = record.getMessage()
        if record.exc_info and record.exc_info[0]:
            message += f" ({record.exc_info[0].__name__})"  # never its text: that may hold anything
        stamp = time.strftime("%Y-%m-%dT%H:%M:%S", time.gmtime(record.created)) + f".{int(record.msecs):03}Z"
        level = record.levelname.lower()
        if self._form == "json":
            line = {"time": stamp, "level": level, "logger": record.name, "message": message}
            return json.dumps(_clean(line | ({"fields": fields} if fields else {})))
        said = "".join(f" {name}={value}" for name, value in fields.items())
        return visible(without_secrets(f"{stamp} {level} {record.name}: {message}{said}"))


def _clean(value: Any) -> Any:
    if isinstance(value, dict):
        return {without_secrets(str(name)): _clean(each) for name, each in value.items()}
    return value if isinstance(value, bool | int | float | None) else without_secrets(str(value))


def without_secrets(text: str) -> str:
    """`text` with what is or looks like a secret replaced by `***`."""
    for name in _IN_ENVIRONMENT:
        if (secret := os.environ.get(name, "").strip()) and len(secret) > 3:
            text = text.replace(secret, "***")
    return _TOKEN.sub("hf_***", _IN_ADDRESS.sub("***", text))


class _Stderr:
    """stderr as it is now: a test or a page of progress may have put another in its place."""

    def write(self, text: str) -> None:
        with contextlib.suppress(OSError, ValueError):  # a reader that has gone ends no run
            sys.stderr.write(text)

    def flush(self) -> None:
        with contextlib.suppress(OSError, ValueError):
            sys.stderr.flush()


class _Kept(logging.Handler):
    """A file that lines are added to, for its owner's eyes only. Once it cannot be written, that is said, once."""

    def __init__(self, path: Path) -> None:
        super().__init__()
        self._path = path
        try:
            # Not through a link of a stranger, and never a pipe that nobody reads.
            flags = os.O_WRONLY | os.O_APPEND | os.O_CREAT | getattr(os, "O_NONBLOCK", 0) | getattr(os, "O_CLOEXEC", 0)
            self._file: TextIO | None = os.fdopen(os.open(path, flags, 0o600), "a", encoding="utf-8", errors="replace")
        except OSError as error:
            raise UsageError(f"--log-file {path} cannot be written: {error.strerror}. Name another file.") from None

    def emit(self, record: logging.LogRecord) -> None:
        """Add the line of a record."""
        if self._file is None:
            return
        try:
            self._file.write(self.format(record) + "\n")
            self._file.flush()
        except Exception as error:
            file, self._file = self._file, None
            with contextlib.suppress(OSError):
                file.close()
            why = getattr(error, "strerror", None) or type(error).__name__
            _Stderr().write(f"Nothing more is written to the log {self._path}: {why}.\n")

    def close(self) -> None:
        """Close the file."""
        if self._file is not None:
            with contextlib.suppress(OSError):
                self._file.close()
            self._file = None
        super().close()
