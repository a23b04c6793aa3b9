"""What an answer to a request for a page is worth: a page, a fault to try again, or a refusal.

Records are counted and never judged: what is odd in them is for those who read the pages.
"""

import json
import re
from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import urljoin, urlsplit

from lineage.errors import SourceError
from lineage.sources.answer import Answer, plain

#: Statuses that may be gone the next time.
TRY_AGAIN = frozenset({408, 425, 429})

#: A longer link is none that a server of pages sends.
_LONGEST_LINK = 16_384

#: Characters of a refusal that are looked at.
_MOST_WORDS = 100_000

_WORDS = {
    401: "The token is not accepted: check HF_TOKEN, or unset it; the list of models needs none.",
    403: "The token may not read this: check HF_TOKEN, or unset it; the list of models needs none.",
    404: "There is no list of models at this address: check --endpoint and HF_ENDPOINT.",
}


class Fault(Exception):  # noqa: N818 - it reads as a sentence where it is raised
    """An answer that is not what was asked for, and may be it when it is asked for again.

    `status` is 0 where no answer came, or none that was read to its end: `too_large`.
    """

    def __init__(self, reason: str, status: int = 0, too_large: bool = False) -> None:
        super().__init__(reason)
        self.reason = reason
        self.status = status
        self.too_large = too_large


class ExpandRefused(Exception):  # noqa: N818 - it reads as a sentence where it is raised
    """The server names the fields that it accepts, and some that were asked for are not among them."""

    def __init__(self, names: tuple[str, ...]) -> None:
        super().__init__(", ".join(names))
        self.names = names


@dataclass(frozen=True, slots=True)
class Page:
    """A page as it came, and what is known of it."""

    body: bytes = field(repr=False)
    records: int
    keys: frozenset[str]
    """The top-level keys of its records."""
    next: str | None
    """The address of the page that follows."""
    first_modified: str | None
    """`lastModified` of its first record that has a text there."""
    last_modified: str | None
    """And of its last."""


def read_page(answer: Answer, url: str, expand: Iterable[str], secret: str | None = None) -> Page:
    """The page in an answer to `url`, which asked for the fields in `expand`.

    Raises Fault where the same may be asked again, ExpandRefused where less must be asked, SourceError
    where asking is no use; its sentence never holds `secret`.
    """
    status = answer.status
    if status == 200:
        page = _page(answer, url)
        if secret and page.next and secret in page.next:
            raise Fault("its link to the next page holds the token, which is not written down", status)
        return page
    if status in TRY_AGAIN or status >= 500 or status < 400:
        raise Fault(reason_of(answer, url), status)
    said = _said(answer, secret)
    if status == 400:
        expand = tuple(expand)
        whole = answer.body[:_MOST_WORDS].decode("utf-8", "replace")
        if names := _refused(said, expand) or _refused(whole, expand):
            raise ExpandRefused(names)
    raise refused(answer, url, secret)


def refused(answer: Answer, url: str, secret: str | None = None) -> SourceError:
    """The words of a server that refuses, and what can be done; they never hold `secret`."""
    todo = _WORDS.get(answer.status, "Check --endpoint and --author.")
    said = plain(_said(answer, secret)) or "nothing more"
    return SourceError(f"{urlsplit(url).netloc} answers {answer.status}: {said}. {todo}")


def _place(url: str, link: str) -> str:
    """Scheme, host and port to which a link at `url` leads, in words."""
    try:
        parts = urlsplit(urljoin(url, link))
        port = f":{parts.port}" if parts.port else ""
    except ValueError:
        return "no address"
    return plain(f"{parts.scheme}://{parts.hostname}{port}")


def reason_of(answer: Answer, url: str) -> str:
    """Why an answer is none, in words."""
    where = urlsplit(url).netloc
    if answer.status == 429:
        return f"{where} asks for fewer requests (429)"
    if 300 <= answer.status < 400:
        to = _place(url, answer.headers.get("location", ""))
        return f"{where} redirects to {to} ({answer.status}), which is not followed"
    return f"{where} answers {answer.status}"


def _said(answer: Answer, secret: str | None) -> str:
    """The server's own words, whole: its JSON error, or a header, or text that is no page."""
    words: Any = None
    try:
        found = json.loads(answer.body)
        words = found.get("error") or found.get("message") if isinstance(found, dict) else None
        if words is not None and not isinstance(words, str):
            words = json.dumps(words, ensure_ascii=False)
    except (ValueError, RecursionError):
        pass
    if words is None:
        text = answer.body[:20_000].decode("utf-8", "replace")
        words = answer.headers.get("x-error-message") or ("" if "<" in text else text)
    words = str(words)
    return words.replace(secret, "…") if secret else words


def _refused(said: str, expand: Iterable[str]) -> tuple[str, ...]:
    """Which of the names in `expand` are not in the longest list of names in `said`."""
    expand = tuple(expand)
    accepted = max(_lists(said[:_MOST_WORDS]), key=len, default=[])
    refused = tuple(n for n in expand if n not in accepted)
    # Where not even one is accepted, it is no list of fields.
    return refused if len(refused) < len(expand) else ()


def _lists(said: str) -> list[list[str]]:
    """The runs of words that are parted by commas, bars, slashes, `or` and `and`, quoted or not."""
    lists: list[list[str]] = []
    end, joined = 0, False
    for word in re.finditer(r"[\w.-]+", said):
        between = set(said[end : word.start()])
        end = word.end()
        if word[0] in ("or", "and"):
            joined = bool(lists)
            continue
        if lists and (joined or (between <= set(" \t\r\n,|/\\'\"`") and between & set(",|/"))):
            lists[-1].append(word[0].rstrip("."))
        else:
            lists.append([word[0].rstrip(".")])
        joined = False
    return lists


def _page(answer: Answer, url: str) -> Page:
    where = urlsplit(url).netloc
    try:
        # Numbers stay text: nobody reads them here, and one of 5,000 digits is no number to Python.
        found = json.loads(answer.body, parse_int=str, parse_float=str)
    except (ValueError, RecursionError):
        kind = answer.headers.get("content-type", "").partition(";")[0]
        what = "nothing" if not answer.body else f"{kind or 'something'} that is no JSON, or not whole"
        raise Fault(f"{where} sent {plain(what)}, where a list of models belongs", 200) from None
    if not isinstance(found, list):
        raise Fault(f"{where} sent no list of models but one JSON {type(found).__name__}", 200)
    keys: set[str] = set()
    for record in found:
        if isinstance(record, dict):
            keys.update(record)
    times = [r["lastModified"] for r in _ends(found)]
    link = _next(answer.headers.get("link", ""), url)
    return Page(
        answer.body, len(found), frozenset(keys), link, times[0] if times else None, times[-1] if times else None
    )


def _ends(found: list[Any]) -> list[dict[str, str]]:
    """The first and the last record with a text for `lastModified`."""

    def first(records: Iterable[Any]) -> list[dict[str, str]]:
        dated = (r for r in records if isinstance(r, dict) and isinstance(r.get("lastModified"), str))
        return [record for record, _ in zip(dated, range(1), strict=False)]

    return first(found) + first(reversed(found))


def _next(link: str, url: str) -> str | None:
    """The address with `rel="next"`, where it keeps scheme, host, port and path. Raises Fault where it does not."""
    for target, parameters in re.findall(r"<([^<>]*)>([^<]*)", link):
        if not re.search(r"""(?:^|[;\s])rel\s*=\s*(?:"[^"]*\bnext\b[^"]*"|next\b)""", parameters, re.IGNORECASE):
            continue
        try:
            address = urljoin(url, target.strip())
        except ValueError:
            address = ""
        if len(address) > _LONGEST_LINK or not re.fullmatch(r"[!-~]+", address):
            raise Fault("its link to the next page is no address", 200)
        if not same_place(address, url):
            raise Fault("its link to the next page leads to another place, which is not followed", 200)
        return address
    return None


def same_place(address: str, other: str) -> bool:
    """Whether two addresses have scheme, host, port and path in common, and neither names a user."""
    ports = {"http": 80, "https": 443}
    try:
        one, two = urlsplit(address), urlsplit(other)
        places = [(u.scheme, u.hostname, u.port or ports.get(u.scheme), u.path) for u in (one, two)]
    except ValueError:
        return False
    return places[0] == places[1] and "@" not in one.netloc + two.netloc and not one.fragment
