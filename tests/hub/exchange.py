"""One request and its answer on the wire, for faults that answer otherwise."""

import select
import socket
import struct
import time
from collections.abc import Callable
from typing import TYPE_CHECKING
from urllib.parse import urlencode

from tests.hub.answers import REASONS, Answer, Request
from tests.hub.limits import bucket_of

if TYPE_CHECKING:
    from tests.hub.server import Hub


class Exchange:
    """What a fault can do: give the right answer, or parts of it, or none."""

    def __init__(
        self,
        hub: "Hub",
        request: Request,
        connection: socket.socket,
        make: Callable[[], Answer],
        limits: dict[str, str],
    ) -> None:
        self.request = request
        self.bucket = bucket_of(request.path)
        self.closed = False
        """Whether the connection is not to be used again."""
        self.aborted = False
        """Whether it is to be reset instead of being ended."""
        self._hub = hub
        self._connection = connection
        self._make = make
        self._limits = limits

    @property
    def origin(self) -> str:
        """Scheme, host and port of this server, as the client wrote them."""
        return f"http://{self.request.headers.get('host', self._hub.host)}"

    @property
    def address(self) -> str:
        """The address of the route, without the query."""
        return self.origin + self.request.path

    @property
    def nowhere(self) -> str:
        """An address of this machine at which nobody listens."""
        return self._hub.nowhere

    def now(self) -> float:
        """The time by the server's clock."""
        return self._hub.clock()

    def told_to_wait(self, until: float) -> None:
        """Note what the client is told: requests before that time are early."""
        self._hub.limits.wait(self.request.path, until)

    def earlier_page(self) -> str:
        """The address of a page before this one: one that was asked for with a cursor, else the first."""
        here = self._hub.pages.position(self.request.query)
        for request in self._hub.requests:
            if request.path == self.request.path and "cursor" in request.query:
                at = self._hub.pages.position(request.query)
                if at is not None and here is not None and at < here:
                    return self.origin + request.raw
        return f"{self.address}?{urlencode({n: v for n, v in self.request.query.items() if n != 'cursor'}, doseq=True)}"

    def answer(self) -> Answer:
        """The right answer."""
        return self._make()

    def send(self, answer: Answer) -> None:
        """Send an answer, whole."""
        head = self._head(answer)
        if self.request.method == "HEAD":
            self.write(head)
        elif isinstance(answer.body, bytes):
            self.write(head + answer.body)
        else:
            self.write(head)
            self.write(answer.body)

    def send_head(self, answer: Answer) -> None:
        """Send status and headers of an answer."""
        self.write(self._head(answer))

    def _head(self, answer: Answer) -> bytes:
        headers = {**self._limits, **answer.complete()}
        lines = [f"HTTP/1.1 {answer.status} {REASONS[answer.status]}", *(f"{n}: {v}" for n, v in headers.items())]
        return "\r\n".join([*lines, "", ""]).encode("utf-8", "surrogateescape")

    def write(self, data: bytes | memoryview) -> None:
        """Send bytes as they are."""
        if not self.closed:
            try:
                self._connection.sendall(data)
            except OSError:  # the client has gone
                self.closed = True

    def close(self) -> None:
        """End the connection after this."""
        self.closed = True

    def reset(self) -> None:
        """Break the connection: the client sees a reset and no end."""
        self._connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        self.closed = self.aborted = True

    def gone_within(self, seconds: float) -> bool:
        """Wait, and say at once when the client has gone or the server closes."""
        end = time.monotonic() + seconds
        while not self._hub.closing.is_set() and (left := end - time.monotonic()) > 0:
            try:
                readable, _, _ = select.select([self._connection], [], [], min(left, 0.1))
                if readable and not self._connection.recv(1, socket.MSG_PEEK):
                    return True
            except OSError:
                return True
            if readable:
                time.sleep(min(left, 0.01))
        return self.closed or self._hub.closing.is_set()
