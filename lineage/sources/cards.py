"""The cards of a finished crawl: READMEs of models that name no base, one by one, at the pace of the server.

One GET of `<model>/resolve/main/README.md` each, which no download is counted by. What an answer is worth is said
in `readme.py`, whose cards they are in `candidates.py`, and how they are kept in `shelf.py`.
"""

from collections.abc import Callable
from dataclasses import dataclass, replace

from lineage.errors import SourceError
from lineage.sources.candidates import candidates
from lineage.sources.crawls import iso
from lineage.sources.hub import MOST_FAILURES, Exhausted, Hub, at_quota
from lineage.sources.kept import Kept
from lineage.sources.outside import CardProgress, Outside
from lineage.sources.pace import Pace, Quota
from lineage.sources.readme import MOST_BYTES, Answered, Doubtful, moved_to, read_readme, url_of
from lineage.sources.shelf import Shelf
from lineage.sources.verdict import Fault

#: Seconds from a request to the last byte of a card.
_WHOLE = 60.0

#: Cards are files, which have a quota of their own: without a token and with one, until the server says how many.
_ANONYMOUS = Quota(3_000, 300.0, 3_000, 300.0)
_WITH_TOKEN = Quota(5_000, 300.0, 5_000, 300.0)

#: After so many times the same answer of which there was doubt, it is the answer.
_SURE = 3

#: A card that is sent on more often than this lies nowhere.
_MOST_MOVES = 3

#: Tries of another card, to see whether it is the server or a card that fails.
_TRIES_OF_ANOTHER = 3

#: So many refusals in a row that are not the Hub's own say that nobody is let through.
_MOST_BARE = 50


def fetch_cards(kept: Kept, which: str, most: int, hub: Hub, outside: Outside) -> None:
    """Ask for the cards of a finished crawl, or for those that are not here yet; they are kept in its folder.

    `which` cards: see `candidates`. `most`: cards in all, those of earlier runs included. `hub` counts the requests.
    Raises Incomplete where it stops and can be gone on with, SourceError where asking again is no use; whatever is
    raised, what came is kept.
    """
    hub.pace = Pace(outside.clock, outside.sleep, outside.say)
    whole, size = min(outside.patience.whole, _WHOLE), MOST_BYTES
    hub.patience = replace(outside.patience, whole=whole, size=size)
    shelf = Shelf(kept, which, most)
    if shelf.lost:
        outside.say(f"{shelf.lost:,} cards are asked for again: one batch of them is missing or damaged.")
    outside.say("Looking for models without a declared base")
    ids, there_are = candidates(kept, which, most - shelf.asked, shelf.files)
    _announce(ids, there_are, shelf, hub, most, outside.say)
    try:
        _Run(hub, shelf, ids, outside).run()
    except BaseException:
        shelf.write()
        raise
    shelf.write(iso(outside.clock()))


@dataclass(slots=True)
class _Run:
    """The cards of one run."""

    hub: Hub
    shelf: Shelf
    ids: list[str]
    outside: Outside
    bare: int = 0
    """Refusals in a row that anybody may have said."""
    other_etags: int = 0
    """Cards that were settled to be what the server has, whatever their ETag says."""

    def run(self) -> None:
        began, expected = self.outside.clock(), self.shelf.asked + len(self.ids)
        for place, model in enumerate(self.ids):
            answered = self._answered(place)
            self.shelf.add(model, answered)
            self._refuse_a_wall(answered)
            fetched, quota = place + 1, self.hub.pace.quota
            if fetched == 1:
                _announce_quota(len(self.ids), self.hub, quota, self.outside.say)
            seconds = self.outside.clock() - began
            progress = CardProgress(self.shelf.asked, self.shelf.found, expected, fetched, quota, seconds)
            self.outside.tell(progress)

    def _answered(self, place: int) -> Answered:
        """What came for a card. Where the server fails at this one and not at another, that is kept."""
        model = self.ids[place]
        try:
            return self.fetch(model)
        except Exhausted as end:
            others = self.ids[place + 1 : place + 2] or self.ids[max(0, place - 1) : place]
            if end.fault.status == 429 or not others:
                raise
            try:
                self.fetch(others[0], _TRIES_OF_ANOTHER)
            except Exhausted:
                raise end from None
            self.outside.say(f"The card of {model} is left out, for others come: {end.fault.reason}")
            return Answered(end.fault.status, "failed")

    def fetch(self, model: str, most: int = MOST_FAILURES) -> Answered:
        """What the server has for the card of a model.

        Raises Exhausted after `most` failures in a row, Incomplete where the wait would be too long, SourceError
        where the token is not accepted.
        """
        doubts: list[Answered] = []

        def attempt() -> Answered:
            try:
                return _asked(self.hub, url_of(self.hub.request.endpoint, model))
            except Doubtful as doubt:
                doubts.append(doubt.answered)
                text = doubt.answered.text is not None
                if doubts.count(doubt.answered) >= (1 if text and self.other_etags >= _SURE else _SURE):
                    self.other_etags += text
                    return doubt.answered
                raise
            except Fault as fault:
                if fault.too_large:
                    return Answered(200, "too-large")
                raise

        return self.hub.patiently(attempt, f"the card of {model}", most)

    def _refuse_a_wall(self, answered: Answered) -> None:
        self.bare = self.bare + 1 if answered.bare else 0
        if self.bare >= _MOST_BARE:
            self.shelf.drop(self.bare)
            raise SourceError(
                f"The server answers {answered.status} to {self.bare} cards in a row, and not in the way of the Hub: "
                "it has none, or lets nobody through. Check --endpoint and the network."
            )


def _asked(hub: Hub, url: str) -> Answered:
    for _ in range(_MOST_MOVES):
        answer = hub.ask(url)
        to = moved_to(answer, url)
        if to is None:
            return read_readme(answer, url, hub.secret)
        # The next is a request of its own.
        hub.pace.good(answer.headers)
        hub.pace.before_request()
        url = to
    raise Doubtful("the server sends on from one address to the next", Answered(answer.status, "elsewhere"))


def foretell(most: int, hub: Hub, say: Callable[[str], None]) -> None:
    """Before the pages are there: how many cards may follow them, and how long those take."""
    say(f"Then up to {most:,} cards (--most-cards): {_how_long(most, hub)}.")


def _announce(ids: list[str], there_are: int, shelf: Shelf, hub: Hub, most: int, say: Callable[[str], None]) -> None:
    """How many, how long it will take, and what bounds it."""
    here = f"{shelf.asked:,} cards are here; " if shelf.asked else ""
    if not ids:
        why = f"--most-cards {most} allows no more" if there_are else "there is no model whose card could say more"
        say(f"{here}{why}.")
        return
    more = f"{len(ids):,} {'more' if here else 'cards'} are asked for"
    capped = f", of the most downloaded of {there_are:,} models (--most-cards {most})" if len(ids) < there_are else ""
    say(f"{here}{more}{capped}: {_how_long(len(ids), hub)}. It can be stopped and gone on with at any time.")


def _how_long(cards: int, hub: Hub) -> str:
    quota = _WITH_TOKEN if hub.has_token else _ANONYMOUS
    assert quota.limit and quota.window
    allowed = f"{quota.limit:,} requests in {quota.window:,.0f} s"
    return f"{at_quota(cards, quota.limit, quota.window)} ({allowed} {'with' if hub.has_token else 'without'} a token)"


def _announce_quota(cards: int, hub: Hub, named: Quota | None, say: Callable[[str], None]) -> None:
    thought = _WITH_TOKEN if hub.has_token else _ANONYMOUS
    if named and named.limit and named.window and named.limit != thought.limit:
        said = at_quota(cards, named.limit, named.window)
        say(f"The server allows {named.limit:,} requests in {named.window:,.0f} s: {said}.")
