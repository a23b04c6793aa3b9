"""Questions to the Hub through huggingface_hub: every wait has an end, and every failure is one sentence.

Its look-ups have no time-out, or one for each read; and they obey a server that tells them to wait for a day. So
each runs beside us, and we leave it when its time is over.
"""

import contextlib
import ipaddress
import logging
import os
import queue
import threading
import time
from collections.abc import Callable, Iterator, Mapping
from typing import TypeVar
from urllib.parse import urlsplit

from lineage.errors import LineageError, SourceError, UsageError
from lineage.screen import visible

HUB = "https://huggingface.co"

INSTEAD = "`lineage build sample` and `lineage build FILE` work without a network."

#: Seconds for one try of the very first question, and of any other; how often each is tried.
_FIRST, _LATER = 12.0, 60.0
_TRIES = 3

#: The longest single wait that a server is granted, in seconds.
LONGEST_WAIT = 15 * 60.0

_T = TypeVar("_T")


class Late(Exception):  # noqa: N818 - it reads as a sentence where it is raised
    """No answer came in time."""


def endpoint() -> str:
    """The address of the Hub: HF_ENDPOINT, else huggingface.co. Raises UsageError where that is none."""
    text = (os.environ.get("HF_ENDPOINT") or HUB).strip().rstrip("/")
    try:
        parts = urlsplit(text)
        known = parts.scheme in ("http", "https") and bool(parts.hostname) and parts.port != 0
    except ValueError:
        known = False
    if not known or "@" in text:
        raise UsageError("HF_ENDPOINT is no address of a Hub. Write one like https://huggingface.co, or unset it.")
    return text


def token_for(address: str, say: Callable[[str], None]) -> bool | None:
    """The token to use: None for the one that huggingface_hub finds, False for none.

    None is ever sent over plain http to another machine; `say` is told.
    """
    from huggingface_hub import get_token

    parts = urlsplit(address)
    if parts.scheme == "https" or _is_loopback(parts.hostname or "") or not get_token():
        return None
    say("The endpoint is plain http, where anybody could read the token: it is not sent")
    return False


def _is_loopback(host: str) -> bool:
    with contextlib.suppress(ValueError):
        return ipaddress.ip_address(host).is_loopback
    return host == "localhost" or host.endswith(".localhost")


def refuse_offline() -> None:
    """Raise SourceError where huggingface_hub has been told to stay offline."""
    from huggingface_hub import is_offline_mode

    if is_offline_mode():
        raise SourceError(f"HF_HUB_OFFLINE is set, so the Hub is not asked. Unset it; or: {INSTEAD}")


def ask(
    call: Callable[[], _T],
    host: str,
    *,
    first: bool = False,
    say: Callable[[str], None] = lambda text: None,
    sleep: Callable[[float], None] = time.sleep,
) -> _T:
    """What `call` returns; a failure that may pass is tried again, a few times.

    `first`: whether `host` was never met before, so that it may not be there at all. What the Hub refuses or does not
    have is raised as huggingface_hub raises it (`HfHubHTTPError` with status 401, 403 or 404, `FileNotFoundError`),
    everything else as SourceError.
    """
    from huggingface_hub.errors import HfHubHTTPError

    for tries in range(1, _TRIES + 1):
        try:
            with _silent():
                return within(_FIRST if first else _LATER, call)
        except (LineageError, FileNotFoundError):
            raise
        except Exception as error:
            wait = 2.0 ** (tries - 1)
            if isinstance(error, HfHubHTTPError):
                if error.response.status_code in (401, 403, 404):
                    raise
                wait = max(wait, asked_wait(error.response.headers))
            hopeless = isinstance(error, Late) or (_unreachable(error) and tries > 1) or wait > LONGEST_WAIT
            if hopeless or tries == _TRIES:
                raise sentence(error, host, wait) from None
            if wait > 5:
                say(f"{host} asks to wait {wait:,.0f} s")
            sleep(wait)
    raise AssertionError("the last try returns or raises")


def within(seconds: float, call: Callable[[], _T]) -> _T:
    """What `call` returns or raises; Late where that takes longer. It is left alone then, and goes on beside us."""
    came: queue.SimpleQueue[tuple[_T | None, BaseException | None]] = queue.SimpleQueue()

    def run() -> None:
        try:
            came.put((call(), None))
        except BaseException as error:  # ours, and raised where it can be seen
            came.put((None, error))

    threading.Thread(target=run, daemon=True).start()
    try:
        value, error = came.get(timeout=seconds)
    except queue.Empty:
        raise Late(f"no answer within {seconds:g} s") from None
    if error is not None:
        raise error
    return value  # type: ignore[return-value]


def asked_wait(headers: Mapping[str, str]) -> float:
    """The seconds that an answer asks to wait, by `RateLimit` or `Retry-After`; 0 where it does not."""
    from huggingface_hub.utils import parse_ratelimit_headers

    waits = [0.0]
    with contextlib.suppress(ValueError):
        quota = parse_ratelimit_headers(headers)
        if quota is not None and quota.remaining == 0:
            waits.append(float(quota.reset_in_seconds) + 1)
    text = headers.get("retry-after", "").strip()
    if text.isascii() and text.isdigit():
        waits.append(float(text[:12]))
    return max(waits)


def sentence(error: Exception, host: str, wait: float = 0) -> SourceError:
    """What is said of a failure to ask `host`; `wait`: the seconds that it asks to wait."""
    from huggingface_hub.errors import HfHubHTTPError

    if isinstance(error, Late) or _unreachable(error):
        return SourceError(f"{host} cannot be reached ({reason_of(error)}). {INSTEAD}")
    if wait > LONGEST_WAIT:
        return SourceError(f"{host} asks to wait {wait:,.0f} s before the next request. Run it again after that.")
    if isinstance(error, HfHubHTTPError):
        return SourceError(f"{host} answers with status {error.response.status_code}. Run it again later.")
    return SourceError(f"{host} gives no answer that can be read ({reason_of(error)}). Run it again later.")


def reason_of(error: Exception) -> str:
    """Why, in words that may stand in a sentence: one line, no controls, 200 characters."""
    import httpx2

    if isinstance(error, httpx2.LocalProtocolError):  # its words hold the header, and with it the token
        return "a header of the request cannot be sent: check HF_TOKEN"
    line = visible(" ".join(str(error).split())) or type(error).__name__
    return line if len(line) <= 200 else line[:199] + "…"


def _unreachable(error: Exception) -> bool:
    import httpx2

    return isinstance(error, httpx2.ConnectError | httpx2.ConnectTimeout | httpx2.ProxyError)


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
