"""Requests and answers, with the headers that the Hub sends."""

import base64
import hashlib
import itertools
import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

#: What a browser may see of the headers, as recorded.
EXPOSED = "X-Repo-Commit,X-Request-Id,X-Error-Code,X-Error-Message,ETag,Link,Accept-Ranges,Content-Range"

REASONS = {
    200: "OK", 206: "Partial Content", 304: "Not Modified", 307: "Temporary Redirect", 400: "Bad Request",
    401: "Unauthorized", 403: "Forbidden", 404: "Not Found", 405: "Method Not Allowed", 416: "Range Not Satisfiable",
    429: "Too Many Requests", 500: "Internal Server Error", 502: "Bad Gateway", 503: "Service Unavailable",
    504: "Gateway Time-out",
}  # fmt: skip

_number = itertools.count(1)


@dataclass(frozen=True, slots=True)
class Request:
    """One request, as it came."""

    method: str
    path: str
    """Without the query, as sent: percent-encoded."""
    query: Mapping[str, list[str]]
    headers: Mapping[str, str]
    """Names in lower case."""
    at: float
    """The time by the server's clock, in seconds."""
    raw: str = ""
    """Path and query as sent."""
    body: bytes = b""


@dataclass(slots=True)
class Answer:
    """What is sent back. `body` is left out for HEAD, its length is not."""

    status: int = 200
    body: bytes | memoryview = b""
    headers: dict[str, str] = field(default_factory=dict)

    def complete(self) -> dict[str, str]:
        """The headers with those that every answer has."""
        return {
            "Access-Control-Allow-Origin": "https://huggingface.co",
            "Access-Control-Expose-Headers": EXPOSED,
            "Connection": "keep-alive",
            "Vary": "Origin",
            "X-Request-Id": f"Root=1-{next(_number):08x}-{'0' * 24}",
            "Content-Length": str(len(self.body)),
            **self.headers,
        }


def weak_etag(body: bytes) -> str:
    """The ETag of an answer in JSON: its length in hexadecimal and the beginning of its sha1."""
    digest = base64.b64encode(hashlib.sha1(body).digest()).decode()[:27]
    return f'W/"{len(body):x}-{digest}"'


def in_json(value: Any, status: int = 200, **headers: str) -> Answer:
    """An answer in JSON: `value`, or the bytes of it."""
    body = value if isinstance(value, bytes) else json.dumps(value, separators=(",", ":")).encode()
    kind = {"Content-Type": "application/json; charset=utf-8", "ETag": weak_etag(body)}
    return Answer(status, body, kind | headers)


def refusal(status: int, text: str, code: str | None = None, **headers: str) -> Answer:
    """An error as the Hub says it: in JSON, in `X-Error-Message`, and with `code` in `X-Error-Code`."""
    more = {"X-Error-Message": text.splitlines()[0]} | ({"X-Error-Code": code} if code else {})
    return in_json({"error": text}, status, **(more | headers))


def redirect(to: str) -> Answer:
    """A 307 to another path or address."""
    body = f"Temporary Redirect. Redirecting to {to}".encode()
    return Answer(307, body, {"Location": to, "Content-Type": "text/plain; charset=utf-8"})


def unknown_repository(known: bool) -> Answer:
    """What is answered for a repository that is not there, private or gated: `known` tells who has a token.

    Whoever has none is told the same 401 for all three, so that nobody learns what exists.
    """
    if known:
        return refusal(404, "Repository not found", "RepoNotFound")
    return refusal(401, "Invalid username or password.")
