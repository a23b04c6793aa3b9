"""The server: routes, connections, and what a test can ask of it afterwards."""

import contextlib
import socket
import sys
import threading
import time
from collections.abc import Callable, Collection, Mapping
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qs, unquote

from tests.hub import answers
from tests.hub.answers import Answer, Request
from tests.hub.datasets import Datasets, Folders
from tests.hub.exchange import Exchange
from tests.hub.limits import Limits, Quota
from tests.hub.models import Models
from tests.hub.pages import Pages, expand_refusal
from tests.hub.storm import Rule, Storm, Weather
from tests.hub.table import Source, Table, open_table

_REFUSED_TOKEN = "Invalid credentials in Authorization header"


class Hub:
    """A Hub on 127.0.0.1 over a table of models. Use it with `with`, or `start` and `close`."""

    def __init__(
        self,
        table: Source | Table,
        *,
        page: int = 1000,
        delay: float = 0.0,
        token: str | None = None,
        quota: Quota | Mapping[str, Quota] | None = (500, 300),
        storm: Storm | None = None,
        refuses: Collection[str] = (),
        refusal: Callable[[list[str]], str] = expand_refusal,
        renamed: Mapping[str, str] | None = None,
        readmes: Mapping[str, str] | None = None,
        datasets: Mapping[str, Folders] | None = None,
        licences: Mapping[str, str] | None = None,
        clock: Callable[[], float] | None = None,
        port: int = 0,
    ) -> None:
        """Make it ready; it answers from `start` on.

        `page`: the most records of a page. `delay`: seconds before each answer. `token`: the only one that is
        taken (None: any). `quota`: requests and seconds of the API's window, or one for each bucket, or None.
        `storm`: faults of all kinds. `refuses`: names that `expand` does not take on the list route, which says so
        in the sentence that `refusal` makes of those it takes. `renamed`: old id → new. `readmes`: id → text, beside
        the column `readme`. `datasets`: id → folder, or revision → folder; `licences`: id → licence. `clock`: seconds,
        for quotas and waits; without it the time of day. Raises ValueError for a table that cannot be served, OSError
        for a port that is taken.
        """
        self.clock = clock or time.time
        self.limits = Limits(quota, self.clock)
        self.requests: list[Request] = []
        self.errors: list[BaseException] = []
        self.closing = threading.Event()
        self.token, self.delay = token, delay
        self._weather = Weather(storm, clock is not None)
        self._page = (page, refuses, refusal)
        self._readmes, self._renamed = dict(readmes or {}), dict(renamed or {})
        self.replace(table)
        self._datasets = Datasets(datasets or {}, licences or {}, page)
        self._server = _Server(("127.0.0.1", port), self)
        self._thread = threading.Thread(target=self._server.serve_forever, args=(0.01,), daemon=True)
        # A port that is taken and at which nobody listens: a connection is refused there, by nobody else.
        self._nobody = socket.socket()
        self._nobody.bind(("127.0.0.1", 0))
        self.nowhere = f"http://127.0.0.1:{self._nobody.getsockname()[1]}"
        self.host = f"127.0.0.1:{self._server.server_address[1]}"
        self.url = f"http://{self.host}"

    def start(self) -> "Hub":
        """Answer from now on."""
        self._thread.start()
        return self

    def close(self) -> None:
        """Stop, and end all connections."""
        self.closing.set()
        if self._thread.is_alive():
            self._server.shutdown()
            self._thread.join()
        self._server.server_close()
        self._server.end_connections()
        self._nobody.close()

    def __enter__(self) -> "Hub":
        return self.start()

    def __exit__(self, kind: Any, error: Any, trace: Any) -> None:
        self.close()
        if error is None and self.errors:
            raise RuntimeError("The server itself went wrong.") from self.errors[0]

    @property
    def early(self) -> list[Request]:
        """Requests that came before the time that their bucket was told."""
        return self.limits.early

    @property
    def counts(self) -> Mapping[str, int]:
        """How often each kind of fault came."""
        return self._weather.counts

    def replace(self, table: Source | Table, renamed: Mapping[str, str] | None = None) -> None:
        """Serve another table from now on, at the same address: the Hub of a later day. `renamed` adds to what was."""
        rows: Table = table if hasattr(table, "render") else open_table(table)  # type: ignore[assignment]
        self._renamed |= renamed or {}
        self.pages = Pages(rows, *self._page)
        self._models = Models(rows, {**rows.readmes(), **self._readmes}, self._renamed)

    def fail(self, kind: str, times: float = 1, path: str = "/api/models", after: int = 0, **details: Any) -> Rule:
        """The next `times` requests for `path` (`*` stands for anything) get this fault, but for the first `after`.

        `kind` is one of `KINDS`, `details` are the arguments of its function. What was asked for first goes first.
        Raises ValueError for an unknown kind, and for a long wait where the clock is that of the day.
        """
        return self._weather.add(Rule(kind, times, path, after, details))

    def calm(self) -> None:
        """Forget the faults that were asked for and did not come yet."""
        self._weather.clear()

    def handle(self, request: Request, connection: socket.socket) -> Exchange:
        """Answer a request on its connection."""
        self.requests.append(request)
        self.limits.arrive(request)
        headers, refused = self.limits.take(request)
        exchange = Exchange(self, request, connection, lambda: self.answer(request), headers)
        if self.delay:
            exchange.gone_within(self.delay)
        if refused:
            exchange.send(refused)
        elif fault := self._weather.choose(request):
            fault.kind.act(exchange, **fault.details)
        else:
            exchange.send(self.answer(request))
        return exchange

    def answer(self, request: Request) -> Answer:
        """The right answer to a request."""
        bearer = request.headers.get("authorization", "")
        known = bearer.startswith("Bearer ")
        if bearer and self.token is not None and bearer != f"Bearer {self.token}":
            return answers.refusal(401, _REFUSED_TOKEN)
        path = unquote(request.path)
        origin = f"http://{request.headers.get('host', self.host)}"
        if path.startswith(("/api/datasets/", "/datasets/")):
            return self._datasets.answer(request, path, origin, known)
        if request.method not in ("GET", "HEAD"):
            return answers.refusal(405, "Method Not Allowed", Allow="GET, HEAD")
        if path.rstrip("/") == "/api/models":
            return self.pages.answer(request.query, origin + "/api/models")
        return self._models.answer(request, path, known)


class _Server(ThreadingHTTPServer):
    daemon_threads = True
    block_on_close = False
    request_queue_size = 128

    def __init__(self, address: tuple[str, int], hub: Hub) -> None:
        super().__init__(address, _Handler)
        self.hub = hub
        self.aborted: set[Any] = set()
        self._open: set[Any] = set()
        self._lock = threading.Lock()

    def process_request(self, request: Any, client_address: Any) -> None:
        with self._lock:
            self._open.add(request)
        super().process_request(request, client_address)

    def shutdown_request(self, request: Any) -> None:
        with self._lock:
            self._open.discard(request)
        if request in self.aborted:  # an orderly end would be no reset
            self.aborted.discard(request)
            request.close()
        else:
            super().shutdown_request(request)

    def end_connections(self) -> None:
        """End what clients keep open: they must not wait for a server that is gone."""
        with self._lock:
            for connection in self._open:
                with contextlib.suppress(OSError):
                    connection.shutdown(socket.SHUT_RDWR)

    def handle_error(self, request: Any, client_address: Any) -> None:
        error = sys.exc_info()[1]
        if error is not None and not isinstance(error, ConnectionError | TimeoutError):
            self.hub.errors.append(error)


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True
    server: _Server

    def _any(self) -> None:
        path, _, query = self.path.partition("?")
        size = self.headers.get("Content-Length", "0")
        body = self.rfile.read(int(size)) if size.isdigit() else b""
        headers = {name.lower(): value for name, value in self.headers.items()}
        asked = parse_qs(query, keep_blank_values=True)
        request = Request(self.command, path, asked, headers, self.server.hub.clock(), self.path, body)
        exchange = self.server.hub.handle(request, self.connection)
        if exchange.closed or headers.get("connection", "").lower() == "close":
            self.close_connection = True
        if exchange.aborted:
            self.server.aborted.add(self.request)

    do_GET = do_HEAD = do_POST = do_PUT = do_DELETE = _any  # noqa: N815 - the names that http.server looks for

    def log_message(self, format: str, *args: Any) -> None:
        """Say nothing: a crawl is thousands of requests."""
