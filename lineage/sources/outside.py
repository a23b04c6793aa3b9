"""What a crawl has of the world around it: clock, sleep, patience, and who is told how far it is."""

import time
from collections.abc import Callable
from dataclasses import dataclass, field

from lineage.sources.answer import Patience
from lineage.sources.pace import Quota


@dataclass(frozen=True, slots=True)
class Progress:
    """How far a crawl is, after each page."""

    pages: int
    records: int
    expected: int | None
    """Records in all, where that can be guessed."""
    fetched: int
    """Pages of this run."""
    fetched_records: int
    quota: Quota | None
    """What the server last said of it; None where it says nothing."""
    seconds: float
    """Since this run began."""


@dataclass(frozen=True, slots=True)
class CardProgress:
    """How far the cards of a crawl are, after each card."""

    asked: int
    """Cards asked for, in all runs."""
    found: int
    """Those of them that are there."""
    expected: int
    """Cards that will have been asked for at the end."""
    fetched: int
    """Cards asked for in this run."""
    quota: Quota | None
    """What the server last said of it; None where it says nothing."""
    seconds: float
    """Since the first card of this run was asked for."""


@dataclass(frozen=True, slots=True)
class Outside:
    """Clock (seconds since 1970), sleep and patience, and who is told: sentences, and each page and card."""

    clock: Callable[[], float] = time.time
    sleep: Callable[[float], None] = time.sleep
    patience: Patience = field(default_factory=Patience)
    say: Callable[[str], None] = lambda text: None
    tell: Callable[[Progress | CardProgress], None] = lambda progress: None
