"""The plainest client there is: it shows what a server sends, and does nothing about it."""

import http.client
import json
import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlsplit

from tests.hub.server import Hub


@dataclass(frozen=True)
class Seen:
    """An answer; names of headers in lower case."""

    status: int
    headers: dict[str, str]
    body: bytes

    @property
    def json(self) -> Any:
        """The body, which is JSON."""
        return json.loads(self.body)

    @property
    def next(self) -> str | None:
        """The address of the next page."""
        match = re.fullmatch(r'<([^>]*)>; rel="next"', self.headers.get("link", ""))
        return match[1] if match else None


def ask(
    hub: Hub | str, target: str, method: str = "GET", timeout: float = 20, body: bytes | None = None, **headers: str
) -> Seen:
    """Ask a Hub, or the one at an address, for a path or a whole address, on a connection of its own.

    `_` in the name of a header is `-`.
    """
    split = urlsplit(target)
    host = urlsplit(hub).netloc if isinstance(hub, str) else hub.host
    connection = http.client.HTTPConnection(split.netloc or host, timeout=timeout)
    try:
        path = split.path + (f"?{split.query}" if split.query else "")
        connection.request(method, path, body, {n.replace("_", "-"): v for n, v in headers.items()})
        response = connection.getresponse()
        return Seen(response.status, {n.lower(): v for n, v in response.headers.items()}, response.read())
    finally:
        connection.close()


def pages(hub: Hub, target: str) -> Iterator[Seen]:
    """Every page from `target` on."""
    following: str | None = target
    while following:
        seen = ask(hub, following)
        assert seen.status == 200, seen
        yield seen
        following = seen.next
