"""What a person sees of something long while it goes on: a line that moves, or without a terminal one in 30 seconds."""

import sys
import time
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

import click

if TYPE_CHECKING:
    from lineage.sources.outside import CardProgress, Progress
    from lineage.sources.pace import Quota

#: Seconds between two lines where there is no terminal.
EVERY = 30.0


def line(progress: "Progress | CardProgress") -> str:
    """Pages and models, or cards, how many a minute, what is left of the quota, and how long it may still take."""
    from lineage.sources.outside import CardProgress
    from lineage.sources.pace import long_time

    if isinstance(progress, CardProgress):
        return _of_cards(progress)
    pages, records = progress.pages, progress.records
    whole = "" if progress.expected is None else f" of about {max(progress.expected, records):,}"
    said = [f"{pages:,} page{'s' * (pages != 1)}", f"{records:,}{whole} models"]
    per_second = progress.fetched / progress.seconds if progress.seconds > 0 else 0.0
    if per_second:
        said.append(f"{per_second * 60:,.0f} pages/min")
    quota = progress.quota
    if quota and quota.limit:
        said.append(f"quota {quota.left:,} of {quota.limit:,}")
    if progress.expected is not None and progress.fetched_records and per_second:
        to_come = max(0, progress.expected - records) / (progress.fetched_records / progress.fetched)
        said.append(f"about {long_time(_left(to_come, per_second, quota))} left")
    return " · ".join(said)


def _of_cards(progress: "CardProgress") -> str:
    from lineage.sources.pace import long_time

    said = [f"{progress.asked:,} of {progress.expected:,} cards, {progress.found:,} found"]
    per_second = progress.fetched / progress.seconds if progress.seconds > 0 else 0.0
    quota = progress.quota
    if per_second:
        said.append(f"{per_second * 60:,.0f} cards/min")
    if quota and quota.limit:
        said.append(f"quota {quota.left:,} of {quota.limit:,}")
    if per_second:
        said.append(f"about {long_time(_left(progress.expected - progress.asked, per_second, quota))} left")
    return " · ".join(said)


def _left(requests: float, per_second: float, quota: "Quota | None") -> float:
    """Seconds that so many requests may still take."""
    seconds = requests / per_second
    if quota and quota.limit and quota.window:
        # What is left of it goes quickly; beyond, it is the quota that counts.
        seconds = max(seconds, (requests - quota.left) / quota.limit * quota.window)
    return seconds


class Lines:
    """A plain line every 30 seconds."""

    def __init__(self, say: Callable[[str], None], clock: Callable[[], float] = time.monotonic) -> None:
        self.say = say
        self._clock = clock
        self._said = clock()

    def __enter__(self) -> "Lines":
        return self

    def __exit__(self, *error: object) -> None:
        """Nothing is left to do."""

    def tell(self, progress: "Progress | CardProgress") -> None:
        """Say how far it is, unless that was said just now."""
        if self._clock() - self._said >= EVERY:
            self._said = self._clock()
            self.say(line(progress))


class Moving:
    """One line of a terminal, replaced after every page; sentences go above it."""

    def __init__(self) -> None:
        from rich.console import Console
        from rich.live import Live

        self._console = Console(stderr=True, highlight=False, markup=False, emoji=False)
        self._live = Live("", console=self._console, auto_refresh=False, transient=True)

    def __enter__(self) -> "Moving":
        self._live.__enter__()
        return self

    def __exit__(self, *error: Any) -> None:
        self._live.__exit__(*error)

    def say(self, text: str) -> None:
        """A sentence that stays."""
        from lineage.screen import visible

        self._console.print(visible(text), soft_wrap=True)

    def tell(self, progress: "Progress | CardProgress") -> None:
        """Replace the line."""
        self.show(line(progress))

    def show(self, text: str) -> None:
        """Replace the line by this one."""
        from rich.text import Text

        self._live.update(Text(text, no_wrap=True, overflow="ellipsis"), refresh=True)


def watcher(quiet: bool) -> "Lines | Moving":
    """Who is told of a crawl: nobody when quiet, a terminal's line, or plain lines on stderr."""
    from lineage.screen import visible

    if quiet:
        return Lines(lambda text: None)
    if sys.stderr.isatty():
        return Moving()
    return Lines(lambda text: click.echo(visible(text), err=True))


class Steps:
    """Whom something that counts its steps tells, as `(what, done, total)`: rows a second, and the time left.

    On a terminal one line that moves; else a line when a step begins and every 30 seconds. The rate is that of the
    count since it began to grow, for what was done before costs nothing; a total of 0 is not known.
    """

    def __init__(self, say: Callable[[str], None], moving: bool, clock: Callable[[], float] = time.monotonic) -> None:
        self._say, self._clock = say, clock
        self._live: Moving | None = Moving() if moving else None
        self._what, self._said = "", clock()
        self._first: tuple[float, int] | None = None
        self._last = 0

    def __enter__(self) -> "Steps":
        if self._live:
            self._live.__enter__()
        return self

    def __exit__(self, *error: Any) -> None:
        if self._live:
            self._live.__exit__(*error)

    def __call__(self, what: str, done: int, total: int) -> None:
        """Tell, unless that was told just now."""
        now = self._clock()
        if self._first is None or done < self._last or what.partition(" ")[0] != self._what.partition(" ")[0]:
            self._first = (now, done)
        self._last = done
        text = self._line(what, done, total, now - self._first[0], done - self._first[1])
        if self._live:
            self._live.show(text)
        elif what != self._what or now - self._said >= EVERY:
            self._said = now
            self._say(text)
        self._what = what

    @staticmethod
    def _line(what: str, done: int, total: int, seconds: float, grown: int) -> str:
        from lineage.sources.pace import long_time

        if not total:
            return f"{what}: {done:,}" if done else f"{what} …"
        said = [f"{what}: {done:,} of {total:,}"]
        if seconds >= 1 and grown > 0 and not what.startswith("waiting"):
            rate = grown / seconds
            said.append(f"{rate:,.0f}/s")
            if total > done:
                said.append(f"about {long_time((total - done) / rate)} left")
        return " · ".join(said)


def steps(note: Callable[[str], None], quiet: bool) -> Steps:
    """Such a listener for a command: `note` is where its lines go."""
    return Steps(note, moving=not quiet and sys.stderr.isatty())
