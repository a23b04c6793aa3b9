"""Line charts: how much the largest hold together, and what changed from snapshot to snapshot. Pure.

Lines are told apart by colour, dashes and the sign at their points, and each is named at its end.
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from xml.etree.ElementTree import Element, SubElement

from lineage.views import wording
from lineage.views.charts import chart
from lineage.views.pictures.svg import fit, width

#: Size of text, and how much wider bold is set.
SMALL, BOLD = 12.0, 1.12
TOP, BOTTOM, LEFT = 30.0, 46.0, 50.0
#: Dashes of the first, second … line.
DASHES = ("", "7 4", "2 3", "10 3 2 3", "14 4", "4 2")


@dataclass(frozen=True, slots=True)
class Point:
    """A place on a line, in the units of the axes, and what is told of it; a point that is `marked` has a sign."""

    x: float
    y: float
    told: str = ""
    marked: bool = True


@dataclass(frozen=True, slots=True)
class Line:
    """Points from left to right. A gap in a series is two lines with one label."""

    label: str
    points: tuple[Point, ...]


@dataclass(frozen=True, slots=True)
class Axis:
    """What an axis measures, from where to where, and the places that are named. `log`: by powers of ten."""

    label: str
    low: float
    high: float
    ticks: tuple[tuple[float, str], ...]
    log: bool = False

    def at(self, value: float) -> float:
        """The place of a value, 0 to 1."""
        low, high, here = (math.log10(v) if self.log else v for v in (self.low, self.high, value))
        return (here - low) / (high - low) if high > low else 0.5


@dataclass(frozen=True, slots=True)
class Curves:
    """A chart of one or more lines."""

    name: str
    title: str
    about: str
    lines: tuple[Line, ...]
    x: Axis
    y: Axis


def parts_axis(label: str, high: float = 1.0) -> Axis:
    """A share from 0 to at least `high` (at most 1), named in per cent at round places."""
    steps = ((0.01, 0.002), (0.02, 0.005), (0.05, 0.01), (0.1, 0.02), (0.25, 0.05), (0.3, 0.1), (0.5, 0.1), (1.0, 0.25))
    top, step = next((each for each in steps if high <= each[0]), steps[-1])
    digits = 1 if step < 0.01 else 0
    ticks = tuple((step * i, f"{100 * step * i:.{digits}f}\u00a0%") for i in range(round(top / step) + 1))
    return Axis(label, 0.0, top, ticks)


def amounts_axis(label: str, high: float) -> Axis:
    """An amount from 0 to at least `high`, named at four or five round places."""
    step = 10.0 ** math.floor(math.log10(max(high, 1)))
    step = next(step * part for part in (0.2, 0.25, 0.5, 1, 2, 2.5) if high / (step * part) <= 5)
    step = max(step, 1.0)
    count = max(math.ceil(high / step), 1)
    return Axis(label, 0.0, step * count, tuple((step * i, wording.short(round(step * i))) for i in range(count + 1)))


def ranks_axis(label: str, last: int) -> Axis:
    """Ranks from 1 to `last` by powers of ten."""
    powers = [10**i for i in range(len(str(max(last, 1))))]
    return Axis(label, 1.0, float(max(last, 2)), tuple((float(p), _power(p)) for p in powers), log=True)


def _power(number: int) -> str:
    """1,000 and 10,000 in full; beyond, 100 k and 1 M."""
    return wording.exact(number) if number < 10**5 else wording.short(number).replace(".0", "")


def days_axis(label: str, days: Sequence[str]) -> Axis:
    """ISO dates, as day numbers (`day`); the first, the last and what has room between them are named."""
    numbers = sorted({day(each): each[:10] for each in days}.items())
    span = (numbers[-1][0] - numbers[0][0]) or 1
    ticks: list[tuple[float, str]] = []
    for number, text in numbers:
        if not ticks or number - ticks[-1][0] >= span / 4:
            ticks.append((number, text))
    if ticks[-1][0] != numbers[-1][0]:
        if len(ticks) > 1 and numbers[-1][0] - ticks[-1][0] < span / 4:
            ticks.pop()
        ticks.append(numbers[-1])
    return Axis(label, numbers[0][0], numbers[-1][0], tuple(ticks))


def day(text: str) -> float:
    """The number of the day of an ISO date or moment. Raises ValueError for other text."""
    return float(date.fromisoformat(text[:10]).toordinal())


def curves(chart_: Curves, wide: float = 460.0, high: float = 320.0) -> str:
    """The chart as one `<svg>` element."""
    root = chart.frame("curves", chart_.name, chart_.title, chart_.about, wide, high)
    names = [line.label for line in chart_.lines]
    room = min(max((width(wording.clean(name), SMALL * BOLD) for name in names), default=0.0) + 28, wide * 0.36)
    right, bottom = wide - room, high - BOTTOM
    for value, text in chart_.y.ticks:
        y = bottom - chart_.y.at(value) * (bottom - TOP)
        edge = {"x1": chart.place(LEFT), "x2": chart.place(right), "y1": chart.place(y), "y2": chart.place(y)}
        SubElement(root, "line", {"class": "base" if value == chart_.y.low else "grid", **edge})
        chart.words(root, LEFT - 8, y + 4, text, "tick", "end")
    for place, (value, text) in enumerate(chart_.x.ticks):
        x = LEFT + chart_.x.at(value) * (right - LEFT)
        edge = {"x1": chart.place(x), "x2": chart.place(x), "y1": chart.place(bottom), "y2": chart.place(bottom + 5)}
        SubElement(root, "line", {"class": "base", **edge})
        last = place == len(chart_.x.ticks) - 1 and len(chart_.x.ticks) > 1
        chart.words(root, x, bottom + 18, text, "tick", "end" if last and not chart_.x.log else "middle")
    chart.words(root, right, bottom + 38, chart_.x.label, "axis", "end")
    chart.words(root, 0, 12, chart_.y.label, "axis")
    ends: list[tuple[float, str, int]] = []
    tones = {name: number for number, name in enumerate(dict.fromkeys(names))}
    for line in chart_.lines:
        at = [
            (LEFT + chart_.x.at(point.x) * (right - LEFT), bottom - chart_.y.at(point.y) * (bottom - TOP))
            for point in line.points
        ]
        if at:
            _line(root, line, at, tones[line.label])
            ends = [end for end in ends if end[1] != line.label] + [(at[-1][1], line.label, tones[line.label])]
    for y, label, tone in _apart(ends, TOP + 8, bottom):
        mine = SubElement(root, "g", {"class": f"line line-{tone % 6}"})
        SubElement(mine, "path", {"class": "mark", "d": _sign(right + 16, y, tone)})
        chart.words(root, right + 26, y + 4, fit(wording.clean(label), room - 28, SMALL * BOLD), "end")
    return chart.done(root)


def _line(root: Element, line: Line, at: list[tuple[float, float]], tone: int) -> None:
    group = SubElement(root, "g", {"class": f"line line-{tone % 6}"})
    path = "M" + "L".join(f"{chart.place(x)} {chart.place(y)}" for x, y in at)
    drawn = SubElement(group, "path", {"class": "stroke", "d": path})
    if dashes := DASHES[tone % len(DASHES)]:
        drawn.set("stroke-dasharray", dashes)
    for point, (x, y) in zip(line.points, at, strict=True):
        if point.marked:
            sign = SubElement(group, "path", {"class": "mark", "d": _sign(x, y, tone)})
            chart.hover(sign, point.told or line.label)


def _sign(x: float, y: float, tone: int) -> str:
    """A circle, a square, a diamond or a triangle around a place."""
    a, b = chart.place(x), chart.place(y)
    return (
        f"M{a} {b}m-4 0a4 4 0 1 0 8 0a4 4 0 1 0 -8 0z",
        f"M{a} {b}m-3.6 -3.6h7.2v7.2h-7.2z",
        f"M{a} {b}m0 -5l5 5l-5 5l-5 -5z",
        f"M{a} {b}m0 -4.800l4.700 8.400h-9.400z",
    )[tone % 4]


def _apart(ends: list[tuple[float, str, int]], top: float, bottom: float) -> list[tuple[float, str, int]]:
    """Labels at their heights, moved down, then up, until they do not touch."""
    found: list[tuple[float, str, int]] = []
    for y, label, tone in sorted(ends):
        found.append((max(y, found[-1][0] + 15 if found else top), label, tone))
    below = bottom
    for place in range(len(found) - 1, -1, -1):
        y, label, tone = found[place]
        found[place] = (min(y, below), label, tone)
        below = found[place][0] - 15
    return found
