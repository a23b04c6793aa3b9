"""A proxy between a driver and a server that cuts the connection in the middle of a commit.

The request to commit goes through to the server; its answer, that it is done, does not come back.
"""

import contextlib
import socket
import threading
from collections.abc import Iterator

#: The message COMMIT as Bolt sends it: one chunk of two bytes, and the end of the message.
COMMIT = bytes.fromhex("0002b0120000")


class Cutter:
    """Cuts the connection at one commit in `every`, the first with the number `first`, until `most` are cut."""

    def __init__(self, port: int, first: int, every: int, most: int) -> None:
        self._port = port
        self._first, self._every, self._most = first, every, most
        self.commits = self.cuts = 0
        self._listening = socket.create_server(("127.0.0.1", 0))
        self.uri = f"bolt://127.0.0.1:{self._listening.getsockname()[1]}"
        threading.Thread(target=self._accept, daemon=True).start()

    def _accept(self) -> None:
        with contextlib.suppress(OSError):  # closed
            while True:
                client, _ = self._listening.accept()
                server = socket.create_connection(("127.0.0.1", self._port))
                cut = threading.Event()
                threading.Thread(target=self._requests, args=(client, server, cut), daemon=True).start()
                threading.Thread(target=self._answers, args=(client, server, cut), daemon=True).start()

    def _requests(self, client: socket.socket, server: socket.socket, cut: threading.Event) -> None:
        with contextlib.suppress(OSError):
            while data := client.recv(1 << 16):
                if data.endswith(COMMIT):
                    due = self.commits - self._first
                    self.commits += 1
                    if due >= 0 and due % self._every == 0 and self.cuts < self._most:
                        self.cuts += 1
                        cut.set()
                server.sendall(data)
                if cut.is_set():
                    break
            if not cut.is_set():
                server.shutdown(socket.SHUT_WR)

    def _answers(self, client: socket.socket, server: socket.socket, cut: threading.Event) -> None:
        with contextlib.suppress(OSError):
            while data := server.recv(1 << 16):
                if cut.is_set():  # the server has done it, and only now the line breaks
                    break
                client.sendall(data)
        for end in (client, server):
            with contextlib.suppress(OSError):
                end.shutdown(socket.SHUT_RDWR)
            end.close()

    def close(self) -> None:
        """Take no more connections."""
        self._listening.close()


@contextlib.contextmanager
def cutting(port: int, first: int, every: int, most: int) -> Iterator[Cutter]:
    """A proxy before the server at `port` for the length of a block."""
    proxy = Cutter(port, first, every, most)
    try:
        yield proxy
    finally:
        proxy.close()
