"""Run something long so that Ctrl-C ends it and not the shell."""

import threading
import time
from collections.abc import Callable
from typing import TypeVar

T = TypeVar("T")

#: Seconds between two requests to end, and those after which what does not end is left behind.
_AGAIN = 0.1
PATIENCE = 30.0


class Ended(Exception):  # noqa: N818 - it is no error: somebody wanted it
    """Ctrl-C came, and what ran has ended, or does not (`left_behind`)."""

    def __init__(self, left_behind: bool) -> None:
        super().__init__()
        self.left_behind = left_behind


def interruptible(call: Callable[[], T], end: Callable[[], None], patience: float = PATIENCE) -> T:
    """What `call` returns or raises. On Ctrl-C `end` is called until it has ended, then Ended is raised.

    `call` runs in a thread of its own, for Python sees Ctrl-C only between its own steps and an engine's step is
    the whole query. One that does not end within `patience` seconds is left behind.
    """
    answers: list[T] = []
    errors: list[BaseException] = []
    done = threading.Event()

    def work() -> None:
        try:
            answers.append(call())
        except BaseException as error:  # raised below, where somebody waits for it
            errors.append(error)
        finally:
            done.set()

    try:
        threading.Thread(target=work, name="query", daemon=True).start()
        while not done.wait(0.5):  # not for ever: on Windows Ctrl-C waits until the wait ends
            pass
    except KeyboardInterrupt:
        _end(done, end, time.monotonic() + patience)
        raise Ended(left_behind=not done.is_set()) from None
    if errors:
        raise errors[0]
    return answers[0]


def _end(done: threading.Event, end: Callable[[], None], deadline: float) -> None:
    # Once is not enough: a statement that the engine has only begun to read, or that is on its way to the server,
    # does not hear it. Pressing again changes nothing, for it is being done.
    while time.monotonic() < deadline:
        try:
            if done.is_set():
                return
            end()
            done.wait(_AGAIN)
        except KeyboardInterrupt:
            continue
