"""Which request gets which fault: those that were asked for, and storms."""

import random
import threading
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field
from fnmatch import fnmatchcase
from typing import Any

from tests.hub.answers import Request
from tests.hub.faults import KINDS, LONGEST_WAIT, Kind

#: One address gets so many faults in a row and no more, so that a patient client comes to an end.
_MOST_IN_A_ROW = 4


@dataclass(frozen=True, slots=True)
class Storm:
    """A share of the requests gets a fault of any kind, by a seed: the same requests in the same order get the same."""

    share: float
    seed: int = 0
    kinds: tuple[str, ...] | None = None
    """Only these; None for all that the server can play."""
    path: str = "/api/models"
    """The paths that it comes over; `*` stands for anything."""


@dataclass(slots=True)
class Rule:
    """One fault that was asked for."""

    name: str
    times: float
    path: str
    after: int
    details: Mapping[str, Any]
    seen: int = 0
    done: int = 0


@dataclass(frozen=True, slots=True)
class Chosen:
    """The fault of a request."""

    name: str
    kind: Kind
    details: Mapping[str, Any] = field(default_factory=dict)


class Weather:
    """Decides for each request; `counts` has how often each kind came."""

    def __init__(self, storm: Storm | None, own_clock: bool) -> None:
        """`own_clock`: the server's clock is the test's, so that long waits cost nothing."""
        self.counts: Counter[str] = Counter()
        self._own_clock = own_clock
        self._storm = storm
        self._random = random.Random(storm.seed if storm else 0)
        self._kinds = self._drawn(storm) if storm else []
        self._rules: list[Rule] = []
        self._row: Counter[str] = Counter()
        self._lock = threading.Lock()

    def _drawn(self, storm: Storm) -> list[str]:
        for name in storm.kinds or ():
            self._check(name, {**KINDS[name].details, **KINDS[name].briefly})
        return [n for n in storm.kinds or KINDS if self._own_clock or KINDS[n].wait(self._details(n)) <= LONGEST_WAIT]

    def _details(self, name: str) -> dict[str, Any]:
        """What a kind does in a storm: as it is where the clock is the test's, else briefly. Sockets are never slow."""
        kind = KINDS[name]
        brief = kind.briefly if not self._own_clock or name in ("drip", "stall") else {}
        return {**kind.details, **brief}

    def _check(self, name: str, details: Mapping[str, Any]) -> None:
        if name not in KINDS:
            raise ValueError(f"There is no fault {name!r}. There are {', '.join(KINDS)}.")
        wait = KINDS[name].wait(details)
        if wait > LONGEST_WAIT and not self._own_clock:
            raise ValueError(f"A wait of {wait:g} s is for servers with a clock of the test's: Hub(..., clock=...).")

    def add(self, rule: Rule) -> Rule:
        """Take a fault that is asked for. Raises ValueError for one that cannot be played."""
        self._check(rule.name, {**(KINDS[rule.name].details if rule.name in KINDS else {}), **rule.details})
        with self._lock:
            self._rules.append(rule)
        return rule

    def clear(self) -> None:
        """Forget the faults that were asked for."""
        with self._lock:
            self._rules.clear()

    def choose(self, request: Request) -> Chosen | None:
        """The fault that a request gets; None for none."""
        with self._lock:
            chosen = self._asked_for(request) or self._blown_in(request)
            if chosen:
                self.counts[chosen.name] += 1
            return chosen

    def _asked_for(self, request: Request) -> Chosen | None:
        for rule in self._rules:
            if not fnmatchcase(request.path, rule.path) or rule.done >= rule.times:
                continue
            if KINDS[rule.name].lists_only and request.path != "/api/models":
                continue
            rule.seen += 1
            if rule.seen > rule.after:
                rule.done += 1
                kind = KINDS[rule.name]
                return Chosen(rule.name, kind, {**kind.details, **rule.details})
        return None

    def _blown_in(self, request: Request) -> Chosen | None:
        storm = self._storm
        if not storm or not fnmatchcase(request.path, storm.path):
            return None
        fits = [n for n in self._kinds if request.path == "/api/models" or not KINDS[n].lists_only]
        hit, name = self._random.random() < storm.share, self._random.choice(fits)
        if not hit or self._row[request.raw] >= _MOST_IN_A_ROW:
            self._row.pop(request.raw, None)
            return None
        self._row[request.raw] += 1
        return Chosen(name, KINDS[name], self._details(name))
