"""Whatever can go wrong between a Hub and its client, on demand.

A kind is a function that answers an exchange in its own way. Those with a wait in them (`Retry-After`,
`RateLimit`) are held to it: a request that comes before the time is found in `hub.early`.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from email.utils import formatdate
from typing import Any

from tests.hub.answers import Answer, in_json, redirect, refusal
from tests.hub.exchange import Exchange
from tests.hub.pages import link_to, skipped

#: Waits beyond this many seconds are for tests with a clock of their own.
LONGEST_WAIT = 60

_HTML = "<!DOCTYPE html>\n<html><head><title>{0}</title></head><body><h1>{0}</h1></body></html>\n"

Act = Callable[..., None]


def too_many(x: Exchange, retry_after: str | int | None = None) -> None:
    """429 while the quota is not used up, with this `Retry-After`, or without one."""
    answer = refusal(429, "Too Many Requests: you have been rate limited.")
    if retry_after is not None:
        answer.headers["Retry-After"] = str(retry_after)
        if str(retry_after).isdigit():
            x.told_to_wait(x.now() + int(retry_after))
    x.send(answer)


def too_many_until(x: Exchange, seconds: float = 30) -> None:
    """429 with `Retry-After` as a date, `seconds` from now by the clock; negative: in the past."""
    until = int(x.now() + seconds)
    x.told_to_wait(until)
    x.send(refusal(429, "Too Many Requests", **{"Retry-After": formatdate(until, usegmt=True)}))


def used_up(x: Exchange, seconds: int = 55) -> None:
    """429 with a `RateLimit` that has nothing left for so many seconds."""
    x.told_to_wait(x.now() + seconds)
    x.send(refusal(429, "Too Many Requests", RateLimit=f'"{x.bucket}";r=0;t={seconds}'))


def internal(x: Exchange) -> None:
    """500, in JSON."""
    x.send(refusal(500, "Internal Error - We're working hard to fix this as soon as possible!"))


def bad_gateway(x: Exchange) -> None:
    """502 with a page in HTML, as a proxy says it."""
    x.send(_page(502, "502 Bad Gateway"))


def unavailable(x: Exchange, retry_after: int | None = None) -> None:
    """503, with or without `Retry-After`."""
    answer = refusal(503, "Service Unavailable")
    if retry_after is not None:
        answer.headers["Retry-After"] = str(retry_after)
        x.told_to_wait(x.now() + retry_after)
    x.send(answer)


def gateway_timeout(x: Exchange) -> None:
    """504 with a page in HTML."""
    x.send(_page(504, "504 Gateway Time-out"))


def reset(x: Exchange) -> None:
    """The connection is reset before anything was answered."""
    x.reset()


def reset_in_body(x: Exchange) -> None:
    """The connection is reset in the middle of the body."""
    answer = x.answer()
    x.send_head(answer)
    x.write(answer.body[: len(answer.body) // 2])
    x.reset()


def short_body(x: Exchange) -> None:
    """The body ends, and the connection with it, before its `Content-Length`."""
    answer = x.answer()
    x.send_head(answer)
    x.write(answer.body[: len(answer.body) // 2])
    x.close()


def truncated(x: Exchange) -> None:
    """JSON that stops in the middle, with the `Content-Length` of what there is."""
    answer = x.answer()
    x.send(Answer(answer.status, answer.body[: max(1, len(answer.body) // 2)], answer.headers))


def html(x: Exchange) -> None:
    """A page in HTML with status 200."""
    x.send(_page(200, "We'll be back soon"))


def object_for_list(x: Exchange) -> None:
    """An object with an error in it, with status 200."""
    x.send(in_json({"error": "Something went wrong, please retry"}))


def empty_body(x: Exchange) -> None:
    """Status 200 and nothing else."""
    x.send(in_json(b""))


def drip(x: Exchange, pause: float = 0.05, seconds: float = 30) -> None:
    """The right answer, a byte each `pause` seconds; after `seconds` the connection is closed."""
    answer = x.answer()
    x.send_head(answer)
    for at in range(min(len(answer.body), max(1, round(seconds / pause)))):
        x.write(answer.body[at : at + 1])
        if x.gone_within(pause):
            break
    else:
        if len(answer.body) <= round(seconds / pause):
            return
    x.close()


def stall(x: Exchange, seconds: float = 30) -> None:
    """The headers, then nothing, until the client goes or `seconds` are over; then the connection is closed."""
    x.send_head(x.answer())
    x.gone_within(seconds)
    x.close()


def empty_page(x: Exchange) -> None:
    """No records, and a link on which they come. Nothing is lost to whom follows it."""
    answer = in_json([])
    answer.headers["Link"] = link_to(x.request.query, x.address, skipped(x.request.query))
    x.send(answer)


def link_to_host(x: Exchange, to: str = "http://other.invalid") -> None:
    """The right page; its next link leads to another host."""
    x.send(_linked(x, x.origin, to))


def link_to_scheme(x: Exchange) -> None:
    """The right page; its next link has another scheme."""
    x.send(_linked(x, "http://", "https://"))


def link_to_port(x: Exchange) -> None:
    """The right page; its next link leads to another port of this host, where nobody listens."""
    x.send(_linked(x, x.origin, x.nowhere))


def link_to_path(x: Exchange) -> None:
    """The right page; its next link leads to another path."""
    x.send(_linked(x, "/api/models", "/api/spaces"))


def link_to_itself(x: Exchange) -> None:
    """The right page; its next link leads to this page."""
    answer = x.answer()
    answer.headers["Link"] = f'<{x.origin}{x.request.raw}>; rel="next"'
    x.send(answer)


def link_to_earlier(x: Exchange) -> None:
    """The right page; its next link leads to a page before it."""
    answer = x.answer()
    answer.headers["Link"] = f'<{x.earlier_page()}>; rel="next"'
    x.send(answer)


def redirected(x: Exchange, to: str | None = None) -> None:
    """307 to the same path at another address: that of another server, or a port where nobody listens."""
    x.send(redirect((to or x.nowhere) + x.request.raw))


def _page(status: int, title: str) -> Answer:
    return Answer(status, _HTML.format(title).encode(), {"Content-Type": "text/html; charset=utf-8"})


def _linked(x: Exchange, old: str, new: str) -> Answer:
    answer = x.answer()
    link = answer.headers.get("Link") or link_to(x.request.query, x.address, skipped(x.request.query))
    answer.headers["Link"] = link.replace(old, new, 1)
    return answer


@dataclass(frozen=True, slots=True)
class Kind:
    """A kind of fault: what it does, with which details, and whether it is one of lists alone."""

    act: Act
    details: Mapping[str, Any] = field(default_factory=dict)
    lists_only: bool = False
    briefly: Mapping[str, Any] = field(default_factory=dict)
    """What a storm sets otherwise, so that it passes."""

    def wait(self, details: Mapping[str, Any]) -> float:
        """The seconds that the client is told to wait."""
        if self.act in (too_many_until, used_up):
            return float(details.get("seconds", 30 if self.act is too_many_until else 55))
        told = str(details.get("retry_after"))
        return float(told) if told.isdigit() else 0.0


#: Every kind by its name; `hub.fail` takes others of its details.
KINDS: dict[str, Kind] = {
    "429": Kind(too_many),
    "429-0": Kind(too_many, {"retry_after": "0"}),
    "429-1": Kind(too_many, {"retry_after": "1"}),
    "429-1000000000": Kind(too_many, {"retry_after": "1000000000"}),
    "429-negative": Kind(too_many, {"retry_after": "-5"}),
    "429-junk": Kind(too_many, {"retry_after": "junk"}),
    "429-past-date": Kind(too_many_until, {"seconds": -3600}),
    "429-future-date": Kind(too_many_until, {"seconds": 30}, briefly={"seconds": 2}),
    "429-ratelimit": Kind(used_up, {"seconds": 55}, briefly={"seconds": 1}),
    "500": Kind(internal),
    "502": Kind(bad_gateway),
    "503": Kind(unavailable),
    "503-1": Kind(unavailable, {"retry_after": 1}),
    "504": Kind(gateway_timeout),
    "reset": Kind(reset),
    "reset-in-body": Kind(reset_in_body),
    "short-body": Kind(short_body),
    "truncated": Kind(truncated),
    "html": Kind(html),
    "dict": Kind(object_for_list, lists_only=True),
    "empty-body": Kind(empty_body),
    "drip": Kind(drip, briefly={"pause": 0.01, "seconds": 0.5}),
    "stall": Kind(stall, briefly={"seconds": 2}),
    "empty-page": Kind(empty_page, lists_only=True),
    "link-host": Kind(link_to_host, lists_only=True),
    "link-scheme": Kind(link_to_scheme, lists_only=True),
    "link-port": Kind(link_to_port, lists_only=True),
    "link-path": Kind(link_to_path, lists_only=True),
    "link-itself": Kind(link_to_itself, lists_only=True),
    "link-earlier": Kind(link_to_earlier, lists_only=True),
    "redirect": Kind(redirected),
}
