"""The crawls that there are, and which of them is meant: by name, or by what is asked.

An unfinished crawl of the same request is gone on with for a week; then a new one is begun, for its first
pages would be too old beside its last.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from lineage.config import home
from lineage.errors import RefusedError, SourceError, UsageError
from lineage.sources.hub import endpoint_of
from lineage.sources.kept import STATE, Kept
from lineage.sources.since import Base, find_base

#: The Hub on 2026-10-03, as far as one crawl counted it.
_MODELS_OF_THE_HUB = 3_117_871

#: Which cards may be asked for, the narrower choice first; `candidates.py` says what each takes.
CARDS = ("missing", "all")

#: Cards that are asked for unless another number is given.
MOST_CARDS = 20_000

#: An unfinished crawl older than this is gone on with by name only. Seconds.
_STALE = 7 * 86_400

_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,99}")

#: What some systems take for a device wherever it lies, whatever its ending.
_DEVICE = re.compile(r"(?i)(con|prn|aux|nul|com[0-9]|lpt[0-9])(\..*)?")


@dataclass(frozen=True, slots=True)
class Wanted:
    """What a person asks of a crawl."""

    endpoint: str | None = None
    author: str | None = None
    limit: int | None = None
    """Models at least; whole pages are kept."""
    max_pages: int | None = None
    """Pages of this run at most."""
    since: str | None = None
    """A snapshot."""
    name: str | None = None
    fresh: bool = False
    """Begin again, whatever is there."""
    cards: str | None = None
    """Which cards are asked for too: `missing`, `all`, or none."""
    most_cards: int | None = None
    """Cards of the crawl at most."""

    def check(self) -> None:
        """Raise UsageError for what does not go together."""
        if self.since is not None and (self.author is not None or self.limit is not None):
            raise UsageError("--since goes on with a crawl of the whole Hub; leave --author and --limit away.")
        if self.cards not in (None, *CARDS):
            raise UsageError(f"--cards takes {' or '.join(CARDS)}.")
        if self.most_cards is not None and self.cards is None:
            raise UsageError("--most-cards says how many; give --cards missing or --cards all beside it.")
        if self.name is not None and not _NAME.fullmatch(self.name):
            raise UsageError(
                "--name takes letters, digits, dots, hyphens and underscores, and begins with one of the first two."
            )
        if self.name is not None and (_DEVICE.fullmatch(self.name) or self.name.endswith(".")):
            raise UsageError(f"A folder cannot be called {self.name} on every system: give another --name.")
        if self.author is not None and not re.fullmatch(r"[\w.-]+", self.author):
            raise UsageError("--author takes the name of one account, like google-bert.")


@dataclass(frozen=True, slots=True)
class Choice:
    """The crawl that is meant."""

    name: str
    folder: Path
    endpoint: str
    finished: bool = False
    """It is there, and whole."""
    base: Base | None = None
    """With --since: the crawl to begin with."""


def choose(wanted: Wanted, now: float) -> Choice:
    """Which crawl is meant at the time `now` (seconds since 1970): one that is there, or a new name.

    Raises UsageError for what does not fit, RefusedError where the name is that of another request,
    and what `find_base` does.
    """
    wanted.check()
    endpoint = endpoint_of(wanted.endpoint)
    base = find_base(wanted.since, home()) if wanted.since is not None else None
    name = wanted.name
    if name is None and not wanted.fresh:
        unfinished = _unfinished(now, wanted.cards is not None)
        name = next((n for n, head in unfinished if _same(head, wanted, endpoint, base)), None)
    name = name or _default_name(wanted, now, base)
    folder = home() / "crawls" / name
    if base is not None and base.kept.name == name:
        raise RefusedError(f"The crawl {name} is the one to go on from. Give another --name.")
    kept = None if wanted.fresh else Kept.read(folder)
    if kept is None:
        return Choice(name, folder, endpoint, base=base)
    if not _same(kept.head, wanted, endpoint, base):
        raise RefusedError(
            f"There is a crawl {name} of another request ({_said(kept.head)}). Give another --name, "
            "or --fresh to replace it."
        )
    return Choice(name, folder, endpoint, kept.finished, base)


def _default_name(wanted: Wanted, now: float, base: Base | None) -> str:
    parts = ["hub"]
    if wanted.author is not None:
        parts.append(re.sub(r"[^A-Za-z0-9._-]", "-", wanted.author))
    parts.append(iso(now)[:10])
    if base is not None:
        parts += ["since", str(base.kept.head["started"])[:10]]
    if wanted.limit is not None:
        parts += ["first", str(wanted.limit)]
    return "-".join(parts)


def _same(head: dict[str, Any], wanted: Wanted, endpoint: str, base: Base | None) -> bool:
    """Whether a crawl asks for the same."""
    one = (head["endpoint"], head["request"]["author"], head["limit"], (head["since"] or {}).get("crawl"))
    return one == (endpoint, wanted.author, wanted.limit, base.kept.name if base else None)


def _said(head: dict[str, Any]) -> str:
    """What a crawl asks for, in words."""
    said = [str(head["endpoint"])]
    if head["request"]["author"] is not None:
        said.append(f"author {head['request']['author']}")
    if head["limit"] is not None:
        said.append(f"the first {head['limit']:,}")
    if head["since"]:
        said.append(f"since {head['since']['crawl']}")
    return ", ".join(said)


def heads() -> Iterator[tuple[str, dict[str, Any]]]:
    """Name and head of every crawl that can be read, the one that began last first."""
    found = []
    for path in (home() / "crawls").glob(f"*/{STATE}"):
        try:
            kept = Kept.read(path.parent)
        except (SourceError, OSError):
            continue
        if kept is not None:
            found.append((str(kept.head["started"]), kept.name, kept.head))
    for _, name, head in sorted(found, key=lambda f: f[:2], reverse=True):
        yield name, head


def _unfinished(now: float, cards: bool) -> Iterator[tuple[str, dict[str, Any]]]:
    """Those whose pages are not all there; where `cards` are wanted, also those that were begun to get theirs."""
    oldest = iso(now - _STALE)
    for name, head in heads():
        begun = cards and head.get("cards") and head["cards"]["finished"] is None
        if (head["finished"] is None or begun) and str(head["started"]) >= oldest:
            yield name, head


def expected_records(wanted: Wanted) -> int | None:
    """How many models there will be about, or None where nothing tells."""
    if wanted.since is not None or wanted.author is not None:
        return wanted.limit
    whole = (
        head["records"]
        for _, head in heads()
        if head["finished"] and head["limit"] is None and not head["since"] and head["request"]["author"] is None
    )
    known = next(whole, _MODELS_OF_THE_HUB)
    return known if wanted.limit is None else min(known, wanted.limit)


def iso(seconds: float) -> str:
    """A time as crawl.json has it: `2026-10-03T12:00:00Z`."""
    return datetime.fromtimestamp(seconds, UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
