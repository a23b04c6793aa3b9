"""When the next request may go: what answers name, what patience adds, and what is too long to wait.

Nothing here asks the network. Clock (seconds since 1970) and sleep are given, so that a test of
hours takes no time.
"""

import re
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from email.utils import parsedate_to_datetime

from lineage.errors import Incomplete

#: The longest single wait, in seconds. Who asks for more is obeyed by stopping.
CAP = 15 * 60.0

#: The longest wait that nobody asked for.
_LONGEST_BACKOFF = 60.0

#: Longer waits are said.
_WORTH_SAYING = 5.0

#: Names of more seconds than this all mean: not today.
_FOREVER = 1e12


@dataclass(frozen=True, slots=True)
class Quota:
    """What `RateLimit` and `RateLimit-Policy` say: requests left, until when, of how many, in how long."""

    left: int
    reset: float
    """Seconds until there are new ones."""
    limit: int | None
    window: float | None
    """Seconds."""


def quota_of(headers: Mapping[str, str]) -> Quota | None:
    """The quota that an answer tells of, or None. Never raises."""
    from huggingface_hub.utils import parse_ratelimit_headers

    try:
        said = parse_ratelimit_headers(headers)
    except ValueError:  # a number of thousands of digits
        return None
    if said is None:
        return None
    window = None if said.window_seconds is None else float(min(said.window_seconds, int(_FOREVER)))
    reset = float(min(said.reset_in_seconds, int(_FOREVER)))
    return Quota(said.remaining, reset, said.limit or None, window or None)


def retry_after(headers: Mapping[str, str], now: float) -> float | None:
    """The seconds that `Retry-After` names (a number, or an HTTP date against `now`), where they make sense."""
    text = next((v for k, v in headers.items() if k.lower() == "retry-after"), "").strip()
    if re.fullmatch(r"[0-9]+(\.[0-9]+)?", text):
        return min(float(text), _FOREVER) or None
    try:
        named = parsedate_to_datetime(text).timestamp() - now
    except (ValueError, TypeError, OverflowError, IndexError, OSError):
        return None
    return named if named > 0 else None


def backoff(failures: int) -> float:
    """The seconds to wait after so many failures in a row, where the answer names none: 1, 2, 4 … 60."""
    return min(_LONGEST_BACKOFF, 2.0 ** min(failures - 1, 10))


def asked_for(headers: Mapping[str, str], now: float) -> float | None:
    """The seconds that an answer asks to wait, or None. Where two headers ask, the longer time counts.

    One second is added to what `RateLimit` names: it is rounded.
    """
    quota = quota_of(headers)
    used_up = quota.reset + 1 if quota and quota.left == 0 else None
    return max((w for w in (used_up, retry_after(headers, now)) if w is not None), default=None)


@dataclass(slots=True)
class Pace:
    """Holds the next request back until it may go."""

    clock: Callable[[], float] = time.time
    sleep: Callable[[float], None] = time.sleep
    say: Callable[[str], None] = lambda text: None
    waited: float = 0.0
    """Seconds, all waits together."""
    quota: Quota | None = None
    """What the last answer that had one said."""
    _since: float = field(default=0.0, repr=False)
    _wait: float = field(default=0.0, repr=False)
    _why: str = field(default="", repr=False)

    def good(self, headers: Mapping[str, str]) -> None:
        """After an answer that could be used: wait only where its quota is used up."""
        quota = quota_of(headers)
        self.quota = quota or self.quota
        used_up = quota is not None and quota.left == 0
        self._set(quota.reset + 1 if quota and used_up else 0.0, "its quota of requests is used up")

    def bad(self, headers: Mapping[str, str], failures: int, why: str) -> None:
        """After the failure number `failures` of one page in a row; `headers` are empty where none came."""
        self.quota = quota_of(headers) or self.quota
        named = asked_for(headers, self.clock())
        self._set(max(named or 0.0, backoff(failures)), why)

    def _set(self, wait: float, why: str) -> None:
        self._since, self._wait, self._why = self.clock(), wait, why

    def due(self) -> float:
        """Seconds until the next request may go; never negative."""
        # A clock that was set back must not make the wait any longer than it was.
        return max(0.0, min(self._wait, self._since + self._wait - self.clock()))

    def before_request(self) -> None:
        """Wait until the next request may go. Raises Incomplete where it would be more than 15 minutes."""
        if self._wait > CAP:
            raise Incomplete(
                f"The server asks to wait {long_time(self._wait)} ({self._why}); more than "
                f"{long_time(CAP)} are not waited."
            )
        wait = self.due()
        if wait > _WORTH_SAYING:
            until = time.strftime("%H:%M:%S", time.localtime(self.clock() + wait))
            self.say(f"Waiting {long_time(wait)}, until {until}: {self._why}")
        if wait > 0:
            self.sleep(wait)
            self.waited += wait
        self._wait = 0.0


def long_time(seconds: float) -> str:
    """Seconds as people say them: `56 s`, `15 minutes`, `3 hours`, `11,574 days`."""
    for size, name in ((86_400, "days"), (3_600, "hours"), (60, "minutes")):
        if seconds >= 2 * size:
            return f"{round(seconds / size):,} {name}"
    return f"{seconds:,.0f} s"
