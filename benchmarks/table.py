"""What was measured, a record a row, and the two ways in which it is shown: at a terminal and in Markdown.

A row holds one thing with its budget of the design, and beside it the tools that a user would have taken. The ratio
to a tool is of the whole, graphs and start-up on both sides; `alone` leaves the making of graphs out on both.
"""

from collections.abc import Iterable, Sequence
from dataclasses import asdict, dataclass, field
from typing import Any

#: What the columns of both writers are called.
HEAD = ("what", "measured", "budget", "beside it", "takes", "ratio", "alone", "agreement", "")

#: Seconds below which nothing was made.
_NOTHING = 1e-4


@dataclass(frozen=True, slots=True)
class Beside:
    """One tool. `amount`: in the unit of the row, without `building`, which made its graph; None where it did not get
    there, and `state` says why. `at_least`: what it took until it was ended. `agreement`: with what we have;
    `differs`: it should be ours and is not. `wanted`: the ratio that is promised."""

    tool: str
    amount: float | None = None
    building: float = 0.0
    state: str = ""
    at_least: float | None = None
    peak: float | None = None
    agreement: str = ""
    differs: bool = False
    wanted: float | None = None


@dataclass(frozen=True, slots=True)
class Row:
    """One thing. `amount`: seconds or bytes, as `unit` says, without `building`; None where it could not be had, and
    `state` says why; `budget` and `says`: of the design, as a number and in its words; `peak`, `most`: GiB of memory,
    and how much it may be."""

    what: str
    amount: float | None
    unit: str = "s"
    budget: float | None = None
    says: str = ""
    building: float = 0.0
    peak: float | None = None
    most: float | None = None
    state: str = ""
    beside: tuple[Beside, ...] = field(default=())

    def ratio(self, other: Beside, alone: bool = False) -> float | None:
        """How many times as much the other takes; a lower bound where it was ended."""
        theirs = other.amount if other.amount is not None else other.at_least
        if theirs is None or not self.amount:
            return None
        if alone:
            return theirs / self.amount
        return (theirs + other.building) / (self.amount + self.building)

    @property
    def over(self) -> bool:
        """Whether it is above its budget."""
        return bool(
            (self.budget is not None and self.amount is not None and self.amount > self.budget)
            or (self.most is not None and self.peak is not None and self.peak > self.most)
        )

    def short(self, other: Beside) -> bool:
        """Whether the ratio to the other is less than was promised. One that was ended may be beyond it or not."""
        ratio = self.ratio(other)
        return other.amount is not None and other.wanted is not None and ratio is not None and ratio < other.wanted


def failures(rows: Iterable[Row]) -> list[str]:
    """What ends a run with 1, a sentence each: ratios, bytes of pages and answers; never seconds."""
    found = []
    for row in rows:
        if row.unit == "bytes" and row.over:
            found.append(f"{row.what}: {row.amount:,.0f} bytes, of {row.budget:,.0f}")
        for other in row.beside:
            if row.short(other):
                found.append(f"{row.what}: {row.ratio(other):.1f} times as fast as {other.tool}, not {other.wanted:g}")
            if other.differs:
                found.append(f"{row.what}: differs from {other.tool}: {other.agreement}")
    return found


def cells(row: Row) -> list[list[str]]:
    """The lines of a row: one for each tool beside it, and one where there is none; what is of the row comes first."""
    mine = [row.what, row.state, row.says, "", "", "", "", "", ""]
    if row.amount is not None:
        mine[1] = _taken(row.amount, row.building, row.peak, row.unit) + (f"; {row.state}" if row.state else "")
        mine[8] = "over" if row.over else "held" if row.budget is not None else ""
    lines = []
    for place, other in enumerate(row.beside or ()):
        line = list(mine) if place == 0 else [""] * 9
        line[3] = other.tool
        line[4] = other.state if other.amount is None else _taken(other.amount, other.building, other.peak, row.unit)
        ratio = row.ratio(other)
        bound = "" if other.amount is not None else "> "
        line[5] = "" if ratio is None else bound + _times(ratio)
        # Of one that was ended nobody knows what was its graph.
        if ratio is not None and other.amount is not None and max(row.building, other.building) > _NOTHING:
            line[6] = _times(row.ratio(other, alone=True) or 0)
        line[7] = other.agreement
        said = [line[8]] if line[8] else []
        if other.wanted is not None:
            said.append(f"{'MISSED' if row.short(other) else 'wanted'}: {other.wanted:g}")
        if other.differs:
            said.append("DIFFERS")
        line[8] = ", ".join(said)
        lines.append(line)
    return lines or [mine]


def plain(chapters: Sequence[tuple[str, Sequence[Row]]]) -> str:
    """One table for a terminal, columns as wide as they need to be."""
    lines = [list(HEAD)]
    for name, rows in chapters:
        lines.append([name.upper(), *[""] * 8])
        lines += [line for row in rows for line in cells(row)]
    widths = [max(len(line[i]) for line in lines) for i in range(9)]
    return "\n".join("  ".join(f"{c:{w}}" for c, w in zip(line, widths, strict=True)).rstrip() for line in lines)


def markdown(chapters: Sequence[tuple[str, Sequence[Row]]]) -> str:
    """The same as a table in Markdown."""
    lines = [f"| {' | '.join(HEAD)} |", "|---" * 9 + "|"]
    for name, rows in chapters:
        lines.append(f"| **{name}** |{' |' * 8}")
        lines += [f"| {' | '.join(c.replace('|', '/') for c in line)} |" for row in rows for line in cells(row)]
    return "\n".join(lines)


def to_json(row: Row) -> dict[str, Any]:
    return asdict(row)


def from_json(said: dict[str, Any]) -> Row:
    return Row(**{**said, "beside": tuple(Beside(**b) for b in said["beside"])})


def _taken(amount: float, building: float, peak: float | None, unit: str) -> str:
    """`0.43 s (graph 0.30 s), 1.2 GiB`, `812,004 bytes`."""
    if unit == "bytes":
        return f"{amount:,.0f} bytes"
    said = _seconds(amount) + (f" (graph {_seconds(building)})" if building > _NOTHING else "")
    return said + (f", {peak:.2f} GiB" if peak is not None else "")


def _seconds(amount: float) -> str:
    """Three figures that count: `0.8 ms`, `46 ms`, `0.431 s`, `12.3 s`, `612 s`."""
    if amount < 0.0995:
        return f"{amount * 1e3:.{0 if amount >= 0.00995 else 1}f} ms"
    return f"{amount:.{3 if amount < 1 else 2 if amount < 10 else 1 if amount < 100 else 0}f} s"


def _times(ratio: float) -> str:
    return f"{ratio:.{2 if ratio < 10 else 1 if ratio < 100 else 0}f}"
