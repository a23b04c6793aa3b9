"""One request and its answer: every wait has an end, every body a limit, no redirect is followed.

The HTTP layer is huggingface_hub's session, so proxies, certificates and offline mode are as everywhere
else. It has no time-out of its own, and a time-out of reads alone lets a server that sends a byte a
minute hold us for ever; so the request runs beside us, and we leave it when its time is over.
"""

import logging
import queue
import threading
import time
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import TypeAlias

import httpx2
from huggingface_hub.utils import OfflineModeIsEnabled, get_session

from lineage.errors import UsageError
from lineage.screen import visible


@dataclass(frozen=True, slots=True)
class Patience:
    """What one answer may take."""

    connect: float = 10.0
    """Seconds until there is a connection."""
    read: float = 60.0
    """Seconds in which nothing comes."""
    whole: float = 300.0
    """Seconds from the request to the last byte."""
    size: int = 256 << 20
    """Bytes, unpacked. A page of the Hub has one or two million."""


@dataclass(frozen=True, slots=True)
class Answer:
    """What came: status, headers (names in lower case) and the whole body, unpacked."""

    status: int
    headers: Mapping[str, str]
    body: bytes = field(repr=False)


_Came: TypeAlias = "queue.SimpleQueue[Answer | Exception | None]"


class Unanswered(Exception):  # noqa: N818 - it reads as a sentence where it is raised
    """No whole answer came. `reason` says why; `unreachable`: there was no connection at all; `too_large`: it had more
    bytes than are read."""

    def __init__(self, reason: str, unreachable: bool = False, too_large: bool = False) -> None:
        super().__init__(reason)
        self.reason = reason
        self.unreachable = unreachable
        self.too_large = too_large


log = logging.getLogger(__name__)


def ask(url: str, headers: Mapping[str, str], patience: Patience) -> Answer:
    """GET `url`. Raises Unanswered where no whole answer comes in time."""
    began = time.monotonic()
    came: _Came = queue.SimpleQueue()
    threading.Thread(target=_fetch, args=(url, headers, patience, began, came), daemon=True).start()
    connected = False
    while True:
        # A little more: it looks at the clock itself, but for a name that is looked up and headers that drip.
        most = patience.whole if connected else patience.connect
        most += min(1.0, most / 2)
        try:
            answer = came.get(timeout=max(0.0, began + most - time.monotonic()))
        except queue.Empty:
            # We leave it; one day it ends by itself.
            if connected:
                raise Unanswered(f"no answer within {patience.whole:g} s") from None
            raise _no_connection(patience) from None
        if isinstance(answer, Answer):
            of = {"status": answer.status, "bytes": len(answer.body), "seconds": round(time.monotonic() - began, 3)}
            log.info("GET %s", url, extra={"fields": of})
            log.debug("quota", extra={"fields": {n: v for n, v in answer.headers.items() if n.startswith("ratelimit")}})
            return answer
        if isinstance(answer, Exception):
            log.info("GET %s failed", url, extra={"fields": {"why": getattr(answer, "reason", type(answer).__name__)}})
            raise answer
        connected = True


def _fetch(url: str, headers: Mapping[str, str], patience: Patience, began: float, came: _Came) -> None:
    """Put what comes into `came`: None when there is a connection, then the answer or what went wrong."""
    try:
        came.put(_whole(url, headers, patience, began, came))
    except Unanswered as error:
        came.put(error)
    except httpx2.HTTPError as error:
        came.put(_unanswered(error, patience))
    except OfflineModeIsEnabled:
        came.put(Unanswered("offline mode is on: HF_HUB_OFFLINE", unreachable=True))
    except (httpx2.InvalidURL, UnicodeError):
        came.put(UsageError("The address of the endpoint cannot be asked. Give one like https://huggingface.co."))
    except Exception as error:  # ours, and raised where it can be seen
        came.put(error)


def _whole(url: str, headers: Mapping[str, str], patience: Patience, began: float, came: _Came) -> Answer:
    def trace(event: str, info: object) -> None:
        if event.endswith("send_request_headers.started"):
            came.put(None)

    timeout = httpx2.Timeout(patience.read, connect=patience.connect)
    body = bytearray()
    with get_session().stream(
        "GET", url, headers=headers, follow_redirects=False, timeout=timeout, extensions={"trace": trace}
    ) as response:
        for piece in response.iter_bytes():
            body += piece
            if len(body) > patience.size:
                raise Unanswered(f"the answer is larger than {patience.size >> 20} MiB", too_large=True)
            if time.monotonic() > began + patience.whole:
                raise Unanswered(f"the answer was not whole within {patience.whole:g} s")
        return Answer(response.status_code, {k.lower(): v for k, v in response.headers.items()}, bytes(body))


def _no_connection(patience: Patience) -> Unanswered:
    return Unanswered(f"no connection within {patience.connect:g} s", unreachable=True)


def _unanswered(error: httpx2.HTTPError, patience: Patience) -> Unanswered:
    """The reason in words. Those of the HTTP layer never hold a header, but for one error, whose words are left out."""
    if isinstance(error, httpx2.ConnectTimeout):
        return _no_connection(patience)
    if isinstance(error, httpx2.TimeoutException):
        return Unanswered(f"nothing came for {patience.read:g} s")
    if isinstance(error, httpx2.LocalProtocolError):
        return Unanswered("a header of the request cannot be sent")
    said = plain(str(error)) or type(error).__name__
    if isinstance(error, httpx2.ConnectError | httpx2.ProxyError):
        return Unanswered(f"no connection: {said}", unreachable=True)
    if isinstance(error, httpx2.RemoteProtocolError | httpx2.ReadError):
        return Unanswered(f"the connection broke: {said}")
    return Unanswered(said)


def plain(text: str) -> str:
    """Words of a server or a library as they may stand in a sentence: one line, no controls, 200 characters."""
    line = visible(" ".join(text.split()))
    return line if len(line) <= 200 else line[:199] + "…"
