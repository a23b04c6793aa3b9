"""What an answer to a request for a card is worth: a text, a refusal that is kept, or a fault to try again."""

import hashlib
import re
from dataclasses import dataclass, field
from urllib.parse import quote, urljoin, urlsplit

from lineage.sources.answer import Answer, plain
from lineage.sources.folder import text_of
from lineage.sources.verdict import TRY_AGAIN, Fault, reason_of, refused

#: Bytes of a card that are read; longer ones are not kept.
MOST_BYTES = 2 << 20

#: Statuses that are an answer, and why there is no card. Any other from 400 on is `refused`.
_REASONS = {401: "no-access", 403: "no-access", 404: "no-readme", 410: "gone", 451: "legal"}

#: What a card is never sent as, and a page that says "later" often is.
_NO_CARD = frozenset({"text/html", "application/xhtml+xml", "application/json"})

_BLOB = re.compile(r'(?:W/)?"?([0-9a-f]{40}|[0-9a-f]{64})"?')


@dataclass(frozen=True, slots=True)
class Answered:
    """What came for one card: its text, or the reason why there is none."""

    status: int
    """Of the answer; 0 where none came."""
    reason: str | None = None
    text: str | None = field(default=None, repr=False)
    bare: bool = False
    """It is a refusal without the code that the Hub gives with its own: anybody on the way may have said it."""


class Doubtful(Fault):
    """An answer that may be gone the next time, and else counts as `answered`."""

    def __init__(self, reason: str, answered: Answered) -> None:
        super().__init__(reason, answered.status)
        self.answered = answered


def url_of(endpoint: str, model: str) -> str:
    """The address of the card of a model, whose id has the form of one: no other file is ever asked for."""
    return f"{endpoint}/{quote(model)}/resolve/main/README.md"


def moved_to(answer: Answer, url: str) -> str | None:
    """Where a card lies that was asked for at `url`: the address, where it is a card's at the same place.

    So the Hub sends on whoever asks for a model that has another name, and to its own store of files.
    """
    if not 300 <= answer.status < 400:
        return None
    try:
        to = urljoin(url, answer.headers.get("location", "").strip())
        one, other = urlsplit(url), urlsplit(to)
        same = (one.scheme, one.hostname, one.port) == (other.scheme, other.hostname, other.port)
    except ValueError:
        return None
    # The path as it is written: neither a step upwards nor a sign in disguise.
    card = re.fullmatch(r"(?:/[\w.-]+)*?/resolve(?:-cache)?(?:/[\w.-]+)+/README\.md", other.path, re.ASCII)
    steps = {".", ".."} & set(other.path.split("/"))
    plainly = re.fullmatch(r"[!-~]+", to) and not other.fragment and "@" not in other.netloc
    return to if to != url and same and card and not steps and plainly else None


def read_readme(answer: Answer, url: str, secret: str | None = None) -> Answered:
    """The card in an answer to `url`, or the refusal. `secret` is the token, where one was sent.

    Raises Fault where it may be asked again, Doubtful where it then counts if it stays the same, SourceError where
    the token is not accepted.
    """
    status = answer.status
    if status == 200:
        return _card(answer, url)
    if 300 <= status < 400:
        raise Doubtful(reason_of(answer, url), Answered(status, "elsewhere", bare=True))
    if status in TRY_AGAIN or status >= 500 or status < 400:
        raise Fault(reason_of(answer, url), status)
    code = answer.headers.get("x-error-code", "")
    if status == 401 and secret and not code:
        # A model that may not be read is refused with a code, or with 403 or 404: this is about the token.
        raise refused(answer, url, secret)
    reason = "gone" if code == "RepoNotFound" else _REASONS.get(status, "refused")
    return Answered(status, reason, bare=not code)


def _card(answer: Answer, url: str) -> Answered:
    where, body = urlsplit(url).netloc, answer.body
    kind = answer.headers.get("content-type", "").partition(";")[0].strip().lower()
    if kind in _NO_CARD:
        raise Fault(f"{where} sent {plain(kind)}, where a card belongs", 200)
    text = text_of(body)
    # Whatever else a README may be: a picture, an archive.
    binary = b"\0" in body and body[:2] not in (b"\xff\xfe", b"\xfe\xff")
    card = Answered(200, "not-text") if binary else Answered(200, None, text)
    if not _is_whole(body, answer.headers.get("etag", "")):
        raise Doubtful(f"{where} sent a card that is not the one of its ETag", card)
    return card


def _is_whole(body: bytes, etag: str) -> bool:
    """Whether a file is the one of its ETag: on the Hub that is git's sha1 of it, or the sha256 of a large one."""
    match = _BLOB.fullmatch(etag.strip())
    if match is None:
        return True
    if len(match[1]) == 64:
        return hashlib.sha256(body).hexdigest() == match[1]
    return hashlib.sha1(b"blob %d\0" % len(body) + body, usedforsecurity=False).hexdigest() == match[1]
