"""A crawl from its first page to its last, in one run or in many.

wanted → which crawl (a new one, or one to go on with) → page by page into its folder → its cards, where wanted
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from lineage.errors import Incomplete, SourceError
from lineage.sources import columns
from lineage.sources.cards import fetch_cards, foretell
from lineage.sources.crawled import page_of
from lineage.sources.crawls import MOST_CARDS, Choice, Wanted, choose, expected_records, iso
from lineage.sources.hub import Hub, Request, about, headers_for, refuse_offline, without
from lineage.sources.kept import FORMAT, Kept, cursor_of, locked, remove
from lineage.sources.outside import Outside, Progress
from lineage.sources.pace import Pace, Quota
from lineage.sources.shelf import is_done
from lineage.sources.since import adopt, is_older, link_pages, lost_pages
from lineage.sources.verdict import Fault, Page

#: More empty pages than this in a row are no list.
_MOST_EMPTY = 20

#: Requests in five minutes, without a token and with one, until the server says how many.
_ANONYMOUS = Quota(500, 300.0, 500, 300.0)
_WITH_TOKEN = Quota(1_000, 300.0, 1_000, 300.0)


@dataclass(frozen=True, slots=True)
class Crawled:
    """A finished crawl, and what this run did for it."""

    kept: Kept
    requests: int = 0
    waited: float = 0.0
    seconds: float = 0.0

    def row(self) -> dict[str, Any]:
        """What `lineage crawl` prints: times ISO in UTC, size in bytes."""
        head = self.kept.head
        cards = head.get("cards") or {"asked": 0, "found": 0}
        return {
            "name": self.kept.name,
            "folder": str(self.kept.folder),
            "started": head["started"],
            "finished": head["finished"],
            "pages": len(self.kept.pages),
            "records": head["records"],
            "size": self.kept.size,
            "cards_asked": cards["asked"],
            "cards_found": cards["found"],
            "requests": self.requests,
            "waited_seconds": round(self.waited, 1),
            "seconds": round(self.seconds, 1),
        }


def crawl(wanted: Wanted, outside: Outside | None = None, choice: Choice | None = None) -> Crawled:
    """Do what is wanted; `choice` is what `choose` said of it, where it was asked before.

    Raises Incomplete where it stopped and can be gone on with, SourceError where the Hub cannot be
    reached or refuses, RefusedError where another run writes to the crawl, UsageError for what does not fit.
    """
    outside = outside or Outside()
    choice = choice or choose(wanted, outside.clock())
    most = wanted.most_cards or MOST_CARDS
    if choice.finished:
        kept = _read(choice)
        if wanted.cards is None or is_done(kept, wanted.cards, most):
            cards = " with its cards" if wanted.cards else ""
            outside.say(f"The crawl {choice.name} is finished and is left as it is{cards}; --fresh crawls it again.")
            return Crawled(kept)
    refuse_offline(choice.endpoint)
    with locked(choice.folder):
        kept = _read(choice) if choice.finished else _begun(wanted, choice, outside)
        hub = _hub(kept, outside)
        began = outside.clock()
        if not kept.finished:
            _run(wanted, choice, kept, hub, outside)
        waited = hub.pace.waited
        if wanted.cards is not None and not is_done(kept, wanted.cards, most):
            fetch_cards(kept, wanted.cards, most, hub, outside)
            waited += hub.pace.waited
        return Crawled(kept, hub.requests, waited, outside.clock() - began)


def _hub(kept: Kept, outside: Outside) -> Hub:
    return Hub(
        _request_of(kept),
        headers_for(kept.head["endpoint"], outside.say),
        Pace(outside.clock, outside.sleep, outside.say),
        outside.patience,
        outside.say,
        list(kept.head["refused"]),
    )


def _read(choice: Choice) -> Kept:
    kept = Kept.read(choice.folder)
    if kept is None:
        raise SourceError(f"The crawl {choice.name} is gone. Run it again.")
    if lost := lost_pages(kept):
        raise SourceError(
            f"The crawl {choice.name} is finished, but {len(lost):,} of its pages are missing or cut, the first is "
            f"{lost[0]}. --fresh crawls it again."
        )
    return kept


def _begun(wanted: Wanted, choice: Choice, outside: Outside) -> Kept:
    """The crawl to go on with, or a new one, of which nothing is in its folder yet."""
    kept = None if wanted.fresh else Kept.read(choice.folder)
    sort = "createdAt" if choice.base is None else "lastModified"
    request = Request(choice.endpoint, wanted.author, sort)
    if kept is not None:
        kept.clear()
        if choice.base is not None:
            link_pages(choice.base, kept)
        lost = 0 if kept.finished else kept.cut_at_damage(_request_of(kept).url, _of_base(kept))
        if lost:
            outside.say(f"{lost:,} pages are fetched again: one of them is missing or not whole.")
        outside.say(
            f"Going on with the crawl {kept.name} of {kept.head['started']}: "
            f"{len(kept.pages):,} pages, {kept.head['records']:,} models so far"
        )
        return kept
    head = {
        "format": FORMAT,
        "name": choice.name,
        "endpoint": choice.endpoint,
        "started": iso(outside.clock()),
        "finished": None,
        "request": {"sort": sort, "limit": request.limit, "expand": list(request.expand), "author": wanted.author},
        "refused": [],
        "next": request.url,
        "records": 0,
        "keys": [],
        "limit": wanted.limit,
        "since": None,
    }
    kept = Kept(choice.folder, head, [])
    if choice.base is not None:
        adopt(choice.base, kept)
    return kept


def _make_room(kept: Kept, choice: Choice) -> None:
    """Before the first page of a new crawl: away with what is in its folder, and the pages of `--since` into it."""
    remove(kept.folder)
    if choice.base is not None:
        link_pages(choice.base, kept)


def _request_of(kept: Kept) -> Request:
    asked = kept.head["request"]
    return Request(kept.head["endpoint"], asked["author"], asked["sort"], asked["limit"], tuple(asked["expand"]))


def _of_base(kept: Kept) -> int:
    """How many of its pages are those of an earlier crawl."""
    return int((kept.head["since"] or {}).get("pages", 0))


def _run(wanted: Wanted, choice: Choice, kept: Kept, hub: Hub, outside: Outside) -> None:
    """Every page that is not there yet."""
    head = kept.head
    new = len(kept.pages) == _of_base(kept)
    began = outside.clock()
    quota = _WITH_TOKEN if hub.has_token else _ANONYMOUS
    expected = expected_records(wanted)
    _announce(kept, expected, quota, hub.has_token, outside.say)
    if wanted.cards is not None:
        foretell(wanted.most_cards or MOST_CARDS, hub, outside.say)
    base = _of_base(kept)
    asked = {page["cursor"] for page in kept.pages[base:]}
    fetched = fetched_records = 0
    while (url := head["next"]) is not None:
        if wanted.max_pages is not None and fetched >= wanted.max_pages:
            raise Incomplete(f"Stopped after {fetched:,} pages, as asked.")
        _refuse_emptiness(kept, base)
        asked.add(cursor_of(url))
        page = hub.fetch(url, lambda page: _check(page, asked, head))
        first, url = hub.request.url, without(url, hub.refused)
        head["refused"], head["request"]["expand"] = hub.refused, list(hub.request.expand)
        done = page.next is None or _enough(head, page)
        if new and not fetched:  # only now is it known that there is something in place of what was there
            _make_room(kept, choice)
        kept.add(page, url, first, iso(outside.clock()) if done else None)
        ended = len(kept.pages) % columns.TOGETHER == 0 or (done and len(kept.pages) > columns.TOGETHER)
        if head["limit"] is None and ended:
            _keep_columns(kept)
        fetched, fetched_records = fetched + 1, fetched_records + page.records
        if fetched == 1:
            _announce_quota(expected, head, page, quota, hub.pace.quota, outside.say)
        seconds = outside.clock() - began
        outside.tell(
            Progress(len(kept.pages), head["records"], expected, fetched, fetched_records, hub.pace.quota, seconds)
        )


def _keep_columns(kept: Kept) -> None:
    """Read the pages since the last full hundred, so that the build need not."""
    begin = (len(kept.pages) - 1) // columns.TOGETHER * columns.TOGETHER
    columns.make(kept.folder, [page_of(kept, entry) for entry in kept.pages[begin:]])


def _announce(kept: Kept, expected: int | None, quota: Quota, token: bool, say: Callable[[str], None]) -> None:
    """How long it will take, and what would be quicker."""
    head = kept.head
    if expected is None or quota.limit is None or quota.window is None:
        what = f"changed since {head['since']['until']}" if head["since"] else f"of {head['request']['author']}"
        say(f"The models {what}: 1,000 of them a request, and nobody knows how many; rarely more than some minutes.")
        return
    left = max(0, expected - head["records"])
    allowed = f"{quota.limit:,} requests in {quota.window:,.0f} s {'with a token' if token else 'without a token'}"
    said = f"About {left:,} models: {about(left, head['request']['limit'], quota.limit, quota.window)} ({allowed})."
    if head["limit"] is None:
        said += " It can be stopped and gone on with at any time. `lineage build sample` is the quick way to try."
    say(said)


def _announce_quota(
    expected: int | None,
    head: dict[str, Any],
    page: Page,
    thought: Quota,
    named: Quota | None,
    say: Callable[[str], None],
) -> None:
    """What the first answer makes of it: its quota, or smaller pages than were asked for."""
    quota = named if named and named.limit and named.window else thought
    smaller = page.next is not None and 0 < page.records < head["request"]["limit"]
    if expected and quota.limit and quota.window and (quota.limit != thought.limit or smaller):
        left = max(0, expected - head["records"])
        allowed = f"{quota.limit:,} requests in {quota.window:,.0f} s and gives {page.records:,} models at once"
        say(f"The server allows {allowed}: {about(left, page.records or 1, quota.limit, quota.window)}.")


def _refuse_emptiness(kept: Kept, base: int) -> None:
    last = kept.pages[base:][-_MOST_EMPTY - 1 :]
    if len(last) > _MOST_EMPTY and not any(page["records"] for page in last):
        raise SourceError(
            f"The server sent {len(last)} empty pages in a row, each with a link to the next. "
            "Check --endpoint and --author; --fresh begins again."
        )


def _check(page: Page, asked: set[str], head: dict[str, Any]) -> None:
    """Raise Fault for a page that leads back, or whose order is not the one asked for."""
    if page.next is not None and cursor_of(page.next) in asked:
        raise Fault("its link leads to a page that is here already", 200)
    if (
        head["since"]
        and page.last_modified
        and page.first_modified
        and is_older(page.first_modified, page.last_modified)
    ):
        raise Fault("its models are not sorted by lastModified, newest first", 200)


def _enough(head: dict[str, Any], page: Page) -> bool:
    if head["limit"] is not None and head["records"] + page.records >= head["limit"]:
        return True
    since = head["since"]
    return bool(since and page.last_modified and is_older(page.last_modified, since["until"]))
