"""Quotas in fixed windows, one a bucket, and what clients were told to wait."""

import math
import threading
from collections.abc import Callable, Mapping

from tests.hub.answers import Answer, Request, refusal

#: Requests and the seconds of the window in which they are allowed: those of callers without a token.
Quota = tuple[int, float]

#: The Hub gives files six times the requests that it gives its API.
_RESOLVERS = 6


def bucket_of(path: str) -> str:
    """Which quota a path counts against: `api`, `resolvers` for files, or `pages`."""
    if path.startswith("/api/"):
        return "api"
    return "resolvers" if "/resolve/" in path or "/raw/" in path else "pages"


class Limits:
    """Counts requests by bucket and window, and remembers until when each bucket's callers were told to wait."""

    def __init__(self, quota: Quota | Mapping[str, Quota] | None, clock: Callable[[], float]) -> None:
        """`quota`: that of the API (files get six times as many), or one for each bucket, or None for none."""
        if isinstance(quota, tuple):
            quota = {"api": quota, "resolvers": (quota[0] * _RESOLVERS, quota[1])}
        self._quota = dict(quota or {})
        self._clock = clock
        self._lock = threading.Lock()
        self._used: dict[str, tuple[float, int]] = {}
        self._until: dict[str, float] = {}
        self.early: list[Request] = []

    def arrive(self, request: Request) -> None:
        """Note a request that comes before the time that its bucket was told."""
        if request.at < self._until.get(bucket_of(request.path), -math.inf):
            self.early.append(request)

    def wait(self, path: str, until: float) -> None:
        """Callers of the path's bucket are told not to come before `until`, by the clock."""
        with self._lock:
            bucket = bucket_of(path)
            self._until[bucket] = max(until, self._until.get(bucket, until))

    def take(self, request: Request) -> tuple[dict[str, str], Answer | None]:
        """Count a request. Returns the headers for its answer, and the refusal where the quota is used up."""
        bucket = bucket_of(request.path)
        if bucket not in self._quota:
            return {}, None
        most, window = self._quota[bucket]
        with self._lock:
            now = self._clock()
            began = math.floor(now / window) * window
            since, used = self._used.get(bucket, (began, 0))
            used = used + 1 if since == began else 1
            self._used[bucket] = (began, used)
        left = max(0, most - used)
        reset = max(1, math.ceil(began + window - now))
        headers = {
            "RateLimit": f'"{bucket}";r={left};t={reset}',
            "RateLimit-Policy": f'"fixed window";"{bucket}";q={most};w={window:g}',
        }
        if used <= most:
            return headers, None
        self.wait(request.path, now + reset)
        text = (
            f"We had to rate limit your IP. You are allowed {most} requests to {bucket} in {window:g} seconds. "
            "To continue using our service, create a HF account or login to your existing account."
        )
        return headers, refusal(429, text, **{"Retry-After": str(reset)})
