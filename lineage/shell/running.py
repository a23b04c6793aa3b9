"""Run something long so that Ctrl-C ends it and not the shell."""

import signal
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import TypeVar

T = TypeVar("T")

#: Seconds between two looks whether Ctrl-C was pressed, and two requests to end.
_AGAIN = 0.1

#: Seconds after which what does not end is left behind.
PATIENCE = 30.0


class Leave(Exception):  # noqa: N818 - it is no error
    """Somebody wants to go."""


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

    with _ctrl_c() as pressed:
        threading.Thread(target=work, name="query", daemon=True).start()
        while not done.wait(_AGAIN) and not pressed:
            pass
        if pressed:
            # Once is not enough: a statement that the engine has only begun to read, or that is on its way to the
            # server, does not hear it.
            deadline = time.monotonic() + patience
            while not done.is_set() and time.monotonic() < deadline:
                end()
                done.wait(_AGAIN)
            raise Ended(left_behind=not done.is_set())
    if errors:
        raise errors[0]
    return answers[0]


@contextmanager
def _ctrl_c() -> Iterator[list[int]]:
    """Not empty once Ctrl-C was pressed inside, however often: an exception could come in the midst of ending."""
    pressed: list[int] = []
    if threading.current_thread() is not threading.main_thread():  # only that one may ask for signals
        yield pressed
        return
    before = signal.signal(signal.SIGINT, lambda number, frame: pressed.append(number))
    try:
        yield pressed
    finally:
        signal.signal(signal.SIGINT, before)
