"""The Hub's list of models, page by page: what is asked, with what patience, and what ends it.

The address of each page but the first is the link in the page before: a filter on the sort key, no
session of the server's, so it can be asked tomorrow, or by another process.
"""

import contextlib
import ipaddress
import os
import re
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field, replace
from typing import Any, TypeVar
from urllib.parse import parse_qsl, urlencode, urlsplit

from lineage import __version__, config
from lineage.errors import Incomplete, SourceError, UsageError
from lineage.sources.answer import Answer, Patience, Unanswered, ask, plain
from lineage.sources.pace import Pace, long_time
from lineage.sources.verdict import ExpandRefused, Fault, Page, read_page

HUB = "https://huggingface.co"

#: The fields of a record that are asked for, beside the two that always come (`_id`, `id`).
EXPAND = (
    "author", "baseModels", "cardData", "config", "createdAt", "disabled", "downloads", "downloadsAllTime", "gated",
    "gguf", "lastModified", "library_name", "likes", "pipeline_tag", "private", "safetensors", "sha", "tags",
)  # fmt: skip

#: Records of a page: what the Hub gives at most.
PAGE = 1_000

#: A page that times out at the server is asked for in smaller pages, down to this.
_SMALLEST_PAGE = 100

#: After so many failures of one page in a row the crawl stops, to be gone on with.
MOST_FAILURES = 10

#: For the very first request: so many tries, within so many seconds, where there is no connection.
_FIRST_TRIES = 3
_FIRST_SECONDS = 20.0

INSTEAD = "`lineage build sample` and `lineage build FILE` work without a network."


_T = TypeVar("_T")


class Exhausted(Incomplete):
    """So many tries failed that it stopped; `fault` is the last one."""

    def __init__(self, sentence: str, fault: Fault) -> None:
        super().__init__(sentence)
        self.fault = fault


@dataclass(frozen=True, slots=True)
class Request:
    """What is asked of the list of models."""

    endpoint: str
    author: str | None = None
    sort: str = "createdAt"
    limit: int = PAGE
    """Records of a page."""
    expand: tuple[str, ...] = EXPAND

    @property
    def url(self) -> str:
        """The address of the first page."""
        pairs = [("limit", str(self.limit)), ("sort", self.sort), *(("expand", name) for name in self.expand)]
        if self.author is not None:
            pairs.append(("author", self.author))
        return f"{self.endpoint}/api/models?{urlencode(pairs)}"


def endpoint_of(given: str | None) -> str:
    """The endpoint to ask: the one given, else HF_ENDPOINT, else the user's setting, else the Hub.

    Raises UsageError where it is none.
    """
    text = (given or os.environ.get("HF_ENDPOINT") or config.user_value("endpoint") or HUB).strip().rstrip("/")
    try:
        parts = urlsplit(text)
        known = parts.scheme in ("http", "https") and bool(parts.hostname) and parts.port != 0
    except ValueError:
        raise UsageError("The endpoint is no address. Give one like https://huggingface.co.") from None
    if "@" in parts.netloc:
        raise UsageError(
            "The endpoint holds a user name or password, which would be written down with it. "
            "Leave it out; a token belongs into HF_TOKEN."
        )
    if not known or parts.query or parts.fragment or not re.fullmatch(r"[!-~]+", text):
        raise UsageError(f"{plain(text)!r} is no endpoint. Give an address like https://huggingface.co.")
    return text


def _is_loopback(host: str) -> bool:
    with contextlib.suppress(ValueError):
        return ipaddress.ip_address(host).is_loopback
    return host == "localhost" or host.endswith(".localhost")


def headers_for(endpoint: str, say: Callable[[str], None]) -> dict[str, str]:
    """The headers of every request, with the token that huggingface_hub finds.

    Never over plain http to another machine; `say` is told. Raises SourceError where the token cannot be read.
    """
    from huggingface_hub.utils import build_hf_headers

    named: dict[str, Any] = {"library_name": "lineage", "library_version": __version__}
    try:
        headers = build_hf_headers(**named)
    except Exception as error:  # a file, a service, a device: whoever keeps the token
        raise SourceError(
            f"The token of huggingface_hub cannot be read ({type(error).__name__}). Set HF_TOKEN, "
            "or HF_HUB_DISABLE_IMPLICIT_TOKEN=1 to go without."
        ) from None
    if "authorization" not in headers:
        return headers
    parts = urlsplit(endpoint)
    if parts.scheme == "http" and not _is_loopback(parts.hostname or ""):
        say("The endpoint is plain http, where anybody could read the token: it is not sent.")
        return build_hf_headers(token=False, **named)
    if not re.fullmatch(r"Bearer [!-~]+", headers["authorization"]):
        raise SourceError("The token holds characters that no token has: check HF_TOKEN, or unset it.")
    return headers


@dataclass(slots=True)
class Hub:
    """Asks for pages, and tries again until there is one."""

    request: Request
    headers: dict[str, str] = field(repr=False)
    pace: Pace = field(default_factory=Pace)
    patience: Patience = field(default_factory=Patience)
    say: Callable[[str], None] = lambda text: None
    refused: list[str] = field(default_factory=list)
    """Fields that the server does not give, A–Z."""
    requests: int = 0
    _met: bool = False
    """Whether the server has answered at all."""
    _began: float = field(default=0.0, repr=False)
    """When what is asked for was asked for first."""
    _headers: Mapping[str, str] = field(default_factory=dict, repr=False)
    """Of the last answer; empty where none came."""

    @property
    def has_token(self) -> bool:
        """Whether a token is sent."""
        return "authorization" in self.headers

    def fetch(self, url: str, check: Callable[[Page], None] = lambda page: None) -> Page:
        """The page at `url`; `check` raises Fault for one that is none after all.

        Raises Exhausted where it fails ten times, Incomplete where it takes too long, SourceError where asking
        again is no use.
        """
        timeouts, size = 0, self.request.limit

        def attempt() -> Page | None:
            smaller = size < self.request.limit
            asked = _with(url, limit=size if smaller else None, without=self.refused)
            try:
                page = read_page(self.ask(asked), asked, self.request.expand, self.secret)
            except ExpandRefused as error:
                self._leave_out(error.names)
                return None
            if page.next is not None and smaller:
                page = replace(page, next=_with(page.next, limit=self.request.limit))
            check(page)
            return page

        def failed(fault: Fault) -> None:
            nonlocal timeouts, size
            timeouts = timeouts + 1 if fault.status == 504 else 0
            if timeouts >= 3 and timeouts % 2 and size > _SMALLEST_PAGE:
                size = max(_SMALLEST_PAGE, size // 2)
                self.say(f"The server takes too long for this page: it is asked for {size} models at a time")

        while True:
            page = self.patiently(attempt, "one page", failed=failed)
            if page is not None:
                return page

    def patiently(
        self,
        attempt: Callable[[], _T],
        what: str,
        most: int = MOST_FAILURES,
        failed: Callable[[Fault], None] = lambda fault: None,
    ) -> _T:
        """What `attempt` returns, which asks by `ask`: tried again after each Fault, at the pace of the server.

        `what` it asks for is said where `most` tries in a row failed, which raises Exhausted. `failed` is told of
        each failure but the last. Raises Incomplete where the server asks for a wait that is too long.
        """
        failures, self._began = 0, self.pace.clock()
        while True:
            self.pace.before_request()
            self._headers = {}
            try:
                found = attempt()
            except Fault as fault:
                failures += 1
                if failures >= most:
                    raise Exhausted(f"{most} tries of {what} failed; the last one: {fault.reason}.", fault) from None
                failed(fault)
                self.pace.bad(self._headers, failures, fault.reason)
            else:
                self.pace.good(self._headers)
                return found

    @property
    def secret(self) -> str | None:
        """The token, which no sentence may hold."""
        return self.headers.get("authorization", "").removeprefix("Bearer ") or None

    def ask(self, url: str) -> Answer:
        """The answer, or Fault. Where the server was never met, it is looked for only a short while."""
        self.requests += 1
        patience = self.patience
        if not self._met:
            left = _FIRST_SECONDS - (self.pace.clock() - self._began)
            patience = replace(patience, connect=min(patience.connect, max(1.0, left)))
        try:
            answer = ask(url, self.headers, patience)
        except Unanswered as error:
            if error.unreachable and not self._met:
                late = self.pace.clock() - self._began >= _FIRST_SECONDS
                if self.requests >= _FIRST_TRIES or late:
                    raise no_network(self.request.endpoint, error.reason) from None
            raise Fault(error.reason, too_large=error.too_large) from None
        self._met = True
        self._headers = answer.headers
        return answer

    def _leave_out(self, names: tuple[str, ...]) -> None:
        self.refused = sorted({*self.refused, *names})
        self.request = replace(self.request, expand=tuple(n for n in self.request.expand if n not in names))
        self.say(f"The server does not give {', '.join(names)}: left out")


def no_network(endpoint: str, why: str) -> SourceError:
    """What is said where the Hub cannot be reached, and what can be done instead."""
    return SourceError(f"{urlsplit(endpoint).netloc} cannot be reached ({plain(why)}). {INSTEAD}")


def refuse_offline(endpoint: str) -> None:
    """Raise SourceError where huggingface_hub has been told to stay offline."""
    from huggingface_hub import is_offline_mode

    if is_offline_mode():
        raise no_network(endpoint, "offline mode is on: HF_HUB_OFFLINE")


def _with(url: str, *, limit: int | None = None, without: Iterable[str] = ()) -> str:
    """`url` with pages of another size, and without some fields; the same text where nothing changes."""
    parts = urlsplit(url)
    pairs = parse_qsl(parts.query, keep_blank_values=True)
    wanted = [(k, v) for k, v in pairs if not (k in ("expand", "expand[]") and v in without)]
    if limit is not None:
        wanted = [("limit", str(limit)), *((k, v) for k, v in wanted if k != "limit")]
    return url if wanted == pairs else parts._replace(query=urlencode(wanted)).geturl()


def without(url: str, fields: Iterable[str]) -> str:
    """`url`, not asking for those fields."""
    return _with(url, without=fields)


def about(records: int, per_page: int, quota: int, window: float) -> str:
    """How long so many records take at a quota of `quota` requests in `window` seconds, in words."""
    pages = -(-records // per_page)
    return f"{pages:,} page{'s' * (pages != 1)}, {at_quota(pages, quota, window)}"


def at_quota(requests: int, quota: int, window: float) -> str:
    """How long so many requests take at least at a quota of `quota` in `window` seconds, in words."""
    # The first quota is there at once.
    seconds = max(0, requests - quota) / quota * window
    return f"at least {long_time(seconds)}" if seconds >= 60 else "some minutes at most"
