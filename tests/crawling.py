"""What the tests of crawls share: small Hubs, a clock of their own, and what lies in a crawl's folder."""

import contextlib
import json
import re
import threading
from collections.abc import Callable, Iterator
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path
from typing import Any

import pyarrow as pa
import pytest

from lineage.config import home
from lineage.errors import Incomplete
from lineage.sources.answer import Patience
from lineage.sources.crawl import Crawled, crawl
from lineage.sources.crawls import Wanted
from lineage.sources.hub import Request
from lineage.sources.outside import Outside
from tests.hub import Hub

TOKEN = "hf_secretsecretsecretsecretsecret"

#: For a server on loopback that stalls on purpose.
QUICK = Patience(connect=2, read=0.2, whole=0.4)


class Clock:
    """Seconds that pass only when somebody sleeps."""

    def __init__(self, now: float = 1_790_000_000.0) -> None:
        self.now = now
        self.slept: list[float] = []

    def __call__(self) -> float:
        return self.now

    def sleep(self, seconds: float) -> None:
        self.slept.append(seconds)
        self.now += seconds


def rows(count: int) -> list[dict[str, Any]]:
    """Models of nine accounts, each made a minute after the one before, all but the first with a base."""
    return [
        {
            "_id": f"{i:024x}",
            "id": f"maker-{i % 9}/model-{i}",
            "downloads": i * 7,
            "createdAt": f"2026-01-{1 + i // 1440:02}T{i // 60 % 24:02}:{i % 60:02}:00.000Z",
            "lastModified": f"2026-02-{1 + i // 1440:02}T{i // 60 % 24:02}:{i % 60:02}:00.000Z",
            "tags": ["gguf"] + ([f"base_model:quantized:maker-{i // 2 % 9}/model-{i // 2}"] if i else []),
        }
        for i in range(count)
    ]


def run(
    wanted: Wanted,
    clock: Clock | None = None,
    say: Callable[[str], None] = lambda text: None,
    tell: Callable[[Any], None] = lambda progress: None,
    patience: Patience = QUICK,
) -> Crawled:
    """A crawl in this process, under LINEAGE_HOME, with a clock of its own."""
    clock = clock or Clock()
    return crawl(wanted, Outside(clock, clock.sleep, patience, say, tell))


def folder_of(name: str) -> Path:
    return home() / "crawls" / name


def state(name: str) -> dict[str, Any]:
    """crawl.json as it lies there."""
    return json.loads(unsealed((folder_of(name) / "crawl.json").read_bytes()))


def unsealed(data: bytes) -> bytes:
    """crawl.json without the sha256 of itself, as somebody leaves it who has changed it."""
    bare, found = re.subn(rb',\n"sha256":"[0-9a-f]{64}"\}\n\Z', b"}\n", data)
    assert found == 1
    return bare


def bodies(name: str) -> list[bytes]:
    """The pages that crawl.json names, unpacked; there are no others, and nothing is left over."""
    folder = folder_of(name)
    files = [page["file"] for page in state(name)["pages"]]
    there = {p.name for p in folder.iterdir()} - {"columns"}
    assert sorted(there) == sorted([".lock", "crawl.json", *files])
    return [pa.input_stream(str(folder / file), compression="zstd").read() for file in files]


def records(name: str) -> list[Any]:
    """All records of a crawl, in their order."""
    return [record for body in bodies(name) for record in json.loads(body)]


def calm(hub: Hub) -> list[bytes]:
    """The pages of a Hub as a plain client gets them."""
    import httpx2

    came, url = [], Request(hub.url).url
    with httpx2.Client() as client:
        while url:
            answer = client.get(url)
            came.append(answer.content)
            url = answer.links.get("next", {}).get("url", "")
    return came


def timeless(name: str) -> dict[str, Any]:
    """crawl.json without what differs between two crawls of the same."""
    found = state(name)
    for key in ("name", "started", "finished"):
        del found[key]
    for page in found["pages"]:
        del page["seen_at"]
    return found


def wanted(hub: Hub, **more: Any) -> Wanted:
    """A crawl `c` of that Hub, unless said otherwise."""
    return Wanted(**({"endpoint": hub.url, "name": "c"} | more))


def stopped(wanted: Wanted, clock: Clock | None = None, patience: Patience = QUICK) -> str:
    """What a crawl says that stops and can be gone on with."""
    with pytest.raises(Incomplete) as stop:
        run(wanted, clock, patience=patience)
    assert stop.value.exit_code == 4
    return str(stop.value)


@contextlib.contextmanager
def serving(body: bytes) -> Iterator[str]:
    """A server that gives one page and nothing else, whatever it is."""

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            self.send_response(200)
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, format: str, *args: Any) -> None:
            pass

    server = HTTPServer(("127.0.0.1", 0), Handler)
    threading.Thread(target=server.serve_forever, args=(0.01,), daemon=True).start()
    yield f"http://127.0.0.1:{server.server_address[1]}"
    server.shutdown()
    server.server_close()
