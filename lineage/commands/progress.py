"""What a person sees of a crawl while it goes on: a line that moves, or on no terminal one line in 30 seconds."""

import sys
import time
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

import click

if TYPE_CHECKING:
    from lineage.sources.crawl import Progress

#: Seconds between two lines where there is no terminal.
EVERY = 30.0


def line(progress: "Progress") -> str:
    """Pages, models, pages a minute, what is left of the quota, and how long it may still take."""
    from lineage.sources.pace import long_time

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
        seconds = to_come / per_second
        if quota and quota.limit and quota.window:
            # What is left of it goes quickly; beyond, it is the quota that counts.
            seconds = max(seconds, (to_come - quota.left) / quota.limit * quota.window)
        said.append(f"about {long_time(seconds)} left")
    return " · ".join(said)


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

    def tell(self, progress: "Progress") -> None:
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

    def tell(self, progress: "Progress") -> None:
        """Replace the line."""
        from rich.text import Text

        self._live.update(Text(line(progress), no_wrap=True, overflow="ellipsis"), refresh=True)


def watcher(quiet: bool) -> "Lines | Moving":
    """Who is told of a crawl: nobody when quiet, a terminal's line, or plain lines on stderr."""
    from lineage.screen import visible

    if quiet:
        return Lines(lambda text: None)
    if sys.stderr.isatty():
        return Moving()
    return Lines(lambda text: click.echo(visible(text), err=True))
