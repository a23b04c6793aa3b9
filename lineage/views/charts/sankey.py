"""A Sankey diagram: downloads from column to column, as bands whose widths add up. Pure: records in, `<svg>` out.

Every stop is as high as what goes through it; its name stands beside it in a margin that is measured first, so no name
is cut by the edge. What is very small is drawn as a hairline, so bands can touch, but never vanish.
"""

from collections import defaultdict
from collections.abc import Mapping
from dataclasses import dataclass
from xml.etree.ElementTree import Element, SubElement

from lineage.views import wording
from lineage.views.charts import chart
from lineage.views.pictures.svg import fit, width

#: Width of a stop; least height of its slot, which one line of text needs; space between slots; head above them.
STOP, SLOT, GAP, HEAD = 12.0, 17.0, 5.0, 30.0
NAME, MOST_NAME = 12.5, 190.0
#: Height of the plate behind a name that stands on bands.
PLATE = 19.0


@dataclass(frozen=True, slots=True)
class Stop:
    """Something that downloads go through. `kind`: one of `chart.KINDS`; `tone`: a colour of `charts.css`."""

    key: str
    label: str
    kind: str = ""
    tone: str = ""
    hint: str = ""


@dataclass(frozen=True, slots=True)
class Flow:
    """What goes through one stop of each column, by key; `tone` colours its bands."""

    path: tuple[str, ...]
    value: int
    tone: str = ""


@dataclass(frozen=True, slots=True)
class Sankey:
    """A diagram. `columns`: heading and stops of each, in the order in which they are drawn; every path of a flow has
    a stop in each. `whole` is the denominator of the shares."""

    name: str
    title: str
    about: str
    columns: tuple[tuple[str, tuple[Stop, ...]], ...]
    flows: tuple[Flow, ...]
    whole: int
    unit: str = "downloads"


@dataclass(slots=True)
class _Placed:
    """A stop and where it lies; `left` and `right` are where the next band begins on each side."""

    stop: Stop
    value: int
    x: float = 0.0
    y: float = 0.0
    high: float = 0.0
    left: float = 0.0
    right: float = 0.0


def sankey(chart_: Sankey, wide: float = 1120.0, high: float = 420.0) -> str:
    """The diagram as one `<svg>` element; `high`: of all flows together, without the spaces between stops.

    Raises KeyError for a flow through a stop that is in no column.
    """
    placed, height = _place(chart_, wide, high)
    root = chart.frame("sankey", chart_.name, chart_.title, chart_.about, wide, height)
    last = len(placed) - 1
    for number, ((heading, _), column) in enumerate(zip(chart_.columns, placed, strict=True)):
        x = next(iter(column.values())).x if column else 0.0
        middle = {0: x + STOP, last: x}.get(number, x + STOP / 2)
        chart.words(root, middle, 14, heading, "heading", {0: "end", last: ""}.get(number, "middle"))
    bands = SubElement(root, "g", {"class": "bands"})
    scale = high / max(sum(flow.value for flow in chart_.flows), 1)
    for number in range(last):
        _bands(bands, chart_, placed[number], placed[number + 1], number, scale)
    for number, column in enumerate(placed):
        for one in column.values():
            _stop(root, chart_, one, number == 0, number in (0, last))
    return chart.done(root)


def _place(chart_: Sankey, wide: float, high: float) -> tuple[list[dict[str, _Placed]], float]:
    """Every stop that something goes through, column by column, and the height of the diagram."""
    through: list[dict[str, int]] = [defaultdict(int) for _ in chart_.columns]
    for flow in chart_.flows:
        for sums, key in zip(through, flow.path, strict=True):
            sums[key] += flow.value
    columns: list[dict[str, _Placed]] = []
    for (_, stops), amounts in zip(chart_.columns, through, strict=True):
        known = {stop.key for stop in stops}
        if missing := sorted(set(amounts) - known):
            raise KeyError(f"A flow goes through {missing[0]!r}, which is in no column.")
        columns.append({s.key: _Placed(s, amounts[s.key]) for s in stops if s.key in amounts})
    scale = high / max(sum(flow.value for flow in chart_.flows), 1)
    slots = [[max(one.value * scale, SLOT) for one in column.values()] for column in columns]
    tallest = max((sum(found) + GAP * (len(found) - 1) for found in slots), default=0.0)
    margins = [
        max((width(_label(one, chart_), NAME) for one in column.values()), default=0.0) + 14
        for column in (columns[0], columns[-1])
    ]
    span = wide - margins[0] - margins[1] - STOP
    for number, (column, found) in enumerate(zip(columns, slots, strict=True)):
        x = margins[0] + span * number / max(len(columns) - 1, 1)
        room = (tallest - sum(found)) / max(len(found) - 1, 1)
        gap = min(max(room, GAP), 46.0)
        y = HEAD + (tallest - sum(found) - gap * (len(found) - 1)) / 2
        for one, slot in zip(column.values(), found, strict=True):
            one.high = max(one.value * scale, 1.0)
            one.x, one.y = x, y + (slot - one.high) / 2
            one.left = one.right = one.y
            y += slot + gap
    return columns, HEAD + tallest + 6


def _label(one: _Placed, chart_: Sankey) -> str:
    return f"{fit(wording.clean(one.stop.label), MOST_NAME, NAME)}  {_numbers(one, chart_)}"


def _numbers(one: _Placed, chart_: Sankey) -> str:
    return f"{wording.short(one.value)} · {wording.share(one.value, chart_.whole)}"


def _bands(
    parent: Element,
    chart_: Sankey,
    before: Mapping[str, _Placed],
    after: Mapping[str, _Placed],
    number: int,
    scale: float,
) -> None:
    """The bands between two columns, those of one pair and tone as one."""
    amounts: dict[tuple[str, str, str], int] = defaultdict(int)
    for flow in chart_.flows:
        amounts[flow.path[number], flow.path[number + 1], flow.tone] += flow.value
    ranks = [{key: place for place, key in enumerate(column)} for column in (before, after)]
    order = sorted(amounts, key=lambda each: (ranks[0][each[0]], ranks[1][each[1]], each[2]))
    starts: dict[tuple[str, str, str], float] = {}
    for each in order:
        starts[each] = before[each[0]].right
        before[each[0]].right += amounts[each] * scale
    for each in sorted(amounts, key=lambda each: (ranks[1][each[1]], ranks[0][each[0]], each[2])):
        left, right, value = before[each[0]], after[each[1]], amounts[each]
        end = right.left
        right.left += value * scale
        if not value:
            continue
        thick = max(value * scale, 0.7)
        x0, x1 = left.x + STOP, right.x
        mid = chart.place((x0 + x1) / 2)
        a, b, c, d = (chart.place(v) for v in (starts[each], end, end + thick, starts[each] + thick))
        x0_, x1_ = chart.place(x0), chart.place(x1)
        path = f"M{x0_} {a}C{mid} {a} {mid} {b} {x1_} {b}V{c}C{mid} {c} {mid} {d} {x0_} {d}Z"
        look = " ".join(filter(None, ("band", each[2] and f"tone-{each[2]}")))
        band = SubElement(parent, "path", {"class": look, "d": path})
        chart.hover(band, chart.told(f"{left.stop.label} → {right.stop.label}", value, chart_.whole, chart_.unit))


def _stop(root: Element, chart_: Sankey, one: _Placed, first: bool, outer: bool) -> None:
    group = SubElement(root, "g", {"class": "stop"})
    said = chart.told(one.stop.label, one.value, chart_.whole, chart_.unit)
    chart.hover(group, f"{said}. {one.stop.hint}" if one.stop.hint else said)
    chart.box(group, one.x, one.y, STOP, one.high, chart_.name, one.stop.kind, one.stop.tone)
    label = fit(wording.clean(one.stop.label), MOST_NAME, NAME)
    x = one.x - 8 if first else one.x + STOP + 8
    y = one.y + one.high / 2
    said = _numbers(one, chart_) if outer else wording.share(one.value, chart_.whole)
    if not outer:  # bands run behind it: a plate keeps it readable
        wide = width(f"{label}  {said}", NAME) + 12
        sides = {"x": chart.place(one.x + STOP + 3), "y": chart.place(y - PLATE / 2), "width": chart.place(wide)}
        SubElement(group, "rect", {"class": "plate", **sides, "height": chart.place(PLATE), "rx": "3"})
    line = chart.words(group, x, y + 4.5, f"{label}  ", "name", "end" if first else "")
    chart.more(line, said, "quiet")
