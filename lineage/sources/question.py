"""A question to the Hub by huggingface_hub's own functions: every wait has an end, every failure is one sentence.

Their look-ups have no time-out, or one for each read, and obey a server that tells them to wait for a day. So each
runs beside us, and we leave it when its time is over.
"""

import contextlib
import logging
import queue
import threading
import time
from collections.abc import Callable, Iterator, Mapping
from typing import TypeVar

import httpx2
from huggingface_hub.errors import HfHubHTTPError

from lineage.errors import LineageError, SourceError
from lineage.sources.answer import plain
from lineage.sources.hub import no_network
from lineage.sources.pace import CAP, asked_for, backoff, long_time

#: Seconds for one try of the very first question, and of any other; how often each is tried.
_FIRST, _LATER = 12.0, 60.0
_TRIES = 5

#: Longer waits are said.
_WORTH_SAYING = 5.0

#: What the Hub refuses or does not have: asking again is no use.
_FINAL = (401, 403, 404)

_T = TypeVar("_T")


class Late(Exception):  # noqa: N818 - it reads as a sentence where it is raised
    """No answer came in time."""


def question(
    call: Callable[[], _T],
    endpoint: str,
    *,
    first: bool = False,
    say: Callable[[str], None] = lambda text: None,
    sleep: Callable[[float], None] = time.sleep,
) -> _T:
    """What `call` returns; a failure that may pass is tried again, four times.

    `first`: whether the server was never met before, so that it may not be there at all. What the Hub refuses or does
    not have is raised as huggingface_hub raises it (`HfHubHTTPError` with status 401, 403 or 404,
    `FileNotFoundError`), everything else as SourceError.
    """
    tries = 0
    while True:
        tries += 1
        try:
            with _silent():
                return within(_FIRST if first else _LATER, call)
        except (LineageError, FileNotFoundError):
            raise
        except Exception as error:
            headers: Mapping[str, str] = error.response.headers if isinstance(error, HfHubHTTPError) else {}
            if isinstance(error, HfHubHTTPError) and error.response.status_code in _FINAL:
                raise
            wait = max(backoff(tries), asked_for(headers, time.time()) or 0)
            hopeless = isinstance(error, Late) or (is_unreachable(error) and tries > 1)
            if hopeless or tries == _TRIES or wait > CAP:
                raise _sentence(error, endpoint, wait) from None
        if wait > _WORTH_SAYING:
            say(f"Waiting {long_time(wait)}, as the server asks")
        sleep(wait)


def within(seconds: float, call: Callable[[], _T]) -> _T:
    """What `call` returns or raises; Late where that takes longer. It is left alone then, and goes on beside us."""
    came: queue.SimpleQueue[tuple[list[_T], BaseException | None]] = queue.SimpleQueue()

    def run() -> None:
        try:
            came.put(([call()], None))
        except BaseException as error:  # raised where it can be seen
            came.put(([], error))

    threading.Thread(target=run, daemon=True).start()
    try:
        value, error = came.get(timeout=seconds)
    except queue.Empty:
        raise Late(f"no answer within {seconds:g} s") from None
    if error is not None:
        raise error
    return value[0]


def is_unreachable(error: Exception) -> bool:
    """Whether there was no connection at all."""
    return isinstance(error, httpx2.ConnectError | httpx2.ConnectTimeout | httpx2.ProxyError)


def reason_of(error: Exception) -> str:
    """Why, in words that may stand in a sentence."""
    if isinstance(error, httpx2.LocalProtocolError):  # its words hold the header, and with it the token
        return "a header of the request cannot be sent"
    return plain(str(error)) or type(error).__name__


def _sentence(error: Exception, endpoint: str, wait: float) -> SourceError:
    if isinstance(error, Late) or is_unreachable(error):
        return no_network(endpoint, reason_of(error))
    if wait > CAP:
        return SourceError(f"The server asks to wait {long_time(wait)} before the next request. Run it again then.")
    if isinstance(error, HfHubHTTPError):
        return SourceError(f"The server answers with status {error.response.status_code}. Run it again later.")
    return SourceError(f"The server gives no answer that can be read ({reason_of(error)}). Run it again later.")


@contextlib.contextmanager
def _silent() -> Iterator[None]:
    """huggingface_hub writes a line for each try of its own; what matters of them is said by us."""
    logger = logging.getLogger("huggingface_hub")
    level = logger.level
    logger.setLevel(logging.ERROR)
    try:
        yield
    finally:
        logger.setLevel(level)
