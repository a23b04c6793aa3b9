"""The charts of a report as SVG: which writer draws a kind, from the neutral rows."""

from collections.abc import Mapping
from typing import Any

from lineage.views import wording
from lineage.views.charts.curves import (
    Axis,
    Curves,
    Line,
    Point,
    amounts_axis,
    curves,
    day,
    days_axis,
    parts_axis,
    ranks_axis,
)
from lineage.views.charts.sankey import Flow, Sankey, Stop, sankey
from lineage.views.reports.cells import shown
from lineage.views.reports.document import Chart, Column


def drawing(chart: Chart) -> str:
    """The chart as one `<svg>` element."""
    return {"lines": _lines, "ranks": _ranks, "flows": _flows}[chart.kind](chart)


def _lines(chart: Chart) -> str:
    x, by, y = chart.fields
    known = [row for row in chart.rows if row[y] is not None]
    column = Column(y, "", chart.values)
    high = max((row[y] for row in known), default=0)
    named: dict[str, list[Mapping[str, Any]]] = {}
    for row in known:
        named.setdefault(row[by], []).append(row)
    lines = tuple(
        Line(name, tuple(Point(day(r[x]), r[y], f"{name}, {r[x][:10]}: {shown(column, r[y])}") for r in rows))
        for name, rows in named.items()
    )
    label = {"share": "Share of downloads", "parameters": "Parameters"}.get(chart.values, "Index, 0 to 1")
    axis: Axis = amounts_axis(label, high) if chart.values == "parameters" else parts_axis(label, high)
    if chart.values == "index":
        axis = Axis(label, axis.low, axis.high, tuple((value, f"{value:.2f}") for value, _ in axis.ticks))
    days = days_axis("Day of the snapshot", [row[x] for row in chart.rows])
    return curves(Curves(chart.name, chart.title, chart.about, lines, days, axis), 900, 340)


def _ranks(chart: Chart) -> str:
    by, rank, amount, whole = chart.fields
    named: dict[str, list[Point]] = {}
    for row in chart.rows:
        told = f"The {row[rank]:,} largest {row[by].lower()}: {row[amount]:,} of {row[whole]:,} downloads "
        told += f"({wording.share(row[amount], row[whole])})"
        named.setdefault(row[by], []).append(Point(row[rank], row[amount] / (row[whole] or 1), told))
    lines = tuple(Line(name, tuple(points)) for name, points in named.items())
    last = max((row[rank] for row in chart.rows), default=1)
    ranks = ranks_axis("So many of the largest", last)
    return curves(
        Curves(chart.name, chart.title, chart.about, lines, ranks, parts_axis("Part of the downloads")), 900, 340
    )


def _flows(chart: Chart) -> str:
    *path, amount, tone = chart.fields
    columns = []
    for head, name in zip(chart.heads, path, strict=True):
        stops: dict[str, Stop] = {}
        for row in sorted(chart.rows, key=lambda row: _rest(row[name])):
            key = row[name]
            stops.setdefault(key, Stop(key, key, "others" if _rest(key) else "", row[tone] if name == path[1] else ""))
        columns.append((head, tuple(_ordered(list(stops.values()), chart, name, amount))))
    flows = tuple(Flow(tuple(row[name] for name in path), row[amount], row[tone]) for row in chart.rows)
    return sankey(Sankey(chart.name, chart.title, chart.about, tuple(columns), flows, chart.whole, "downloads"))


def _ordered(stops: list[Stop], chart: Chart, name: str, amount: str) -> list[Stop]:
    """The largest first, what is summed up last; in the middle column the kinds stay together."""
    sums = {stop.key: sum(row[amount] for row in chart.rows if row[name] == stop.key) for stop in stops}
    kinds = list(dict.fromkeys(("own", "owner", "intermediary", "other")))
    return sorted(stops, key=lambda s: (kinds.index(s.tone) if s.tone else 0, _rest(s.key), -sums[s.key], s.key))


def _rest(key: str) -> bool:
    """Whether a stop stands for several: `7 other publishers`."""
    count, _, words = key.partition(" other")
    return bool(words) and count.replace(",", "").isdigit()


def told(chart: Chart) -> str:
    """What stands under it."""
    return wording.clean(chart.about)
