"""Horizontal bars: keys of a cut with what they hold of a whole. Pure: records in, `<svg>` out.

Name and numbers stand above each bar, so that the chart reads as well on a telephone; its track is the whole, so that
half a track is half of it.
"""

from dataclasses import dataclass
from xml.etree.ElementTree import Element, SubElement

from lineage.views import wording
from lineage.views.charts import chart
from lineage.views.pictures.svg import fit, width

#: Height of a row, of a bar, and sizes of text.
ROW, THICK, NAME, SMALL = 36.0, 8.0, 13.0, 12.0


@dataclass(frozen=True, slots=True)
class Bar:
    """A key and its part of the whole. `kind`: one of `chart.KINDS`; `tone`: a colour of `charts.css` (a relation, a
    kind of host), empty for the plain one; `hint`: further words for the hover title."""

    label: str
    value: int
    kind: str = ""
    tone: str = ""
    hint: str = ""


@dataclass(frozen=True, slots=True)
class Bars:
    """Bars of one chart, in the order in which they are drawn. `whole` is the denominator of every share."""

    name: str
    title: str
    about: str
    rows: tuple[Bar, ...]
    whole: int
    unit: str = "downloads"


def kind_of(key: str) -> str:
    """What a key of a cut is drawn as: `(others)`, `(unknown)` and `(none)` differ from names."""
    return {"(others)": "others", "(unknown)": "unknown", "(none)": "none"}.get(key, "")


def bars(chart_: Bars, wide: float = 380.0) -> str:
    """The chart as one `<svg>` element, `wide` pixels wide; the track behind each bar is the whole."""
    root = chart.frame("bars", chart_.name, chart_.title, chart_.about, wide, max(ROW * len(chart_.rows), 1))
    for number, row in enumerate(chart_.rows):
        _bar(root, chart_, row, number * ROW, wide)
    return chart.done(root)


def _bar(root: Element, all_: Bars, row: Bar, y: float, wide: float) -> None:
    group = SubElement(root, "g", {"class": "row"})
    said = chart.told(row.label, row.value, all_.whole, all_.unit)
    chart.hover(group, f"{said}. {row.hint}" if row.hint else said)
    amount, part = wording.short(row.value), wording.share(row.value, all_.whole)
    right = f"{amount}  {part}"
    chart.words(group, 0, y + 15, fit(wording.clean(row.label), wide - width(right, SMALL) - 16, NAME), "name")
    line = chart.words(group, wide, y + 15, f"{amount}  ", "quiet", "end")
    chart.more(line, part, "part")
    SubElement(
        group, "rect", {"class": "track", "x": "0", "y": chart.place(y + 21), "width": chart.place(wide), "height": "8"}
    )
    if row.value:
        length = max(row.value / all_.whole * wide, 1.5)
        inset = 0.5 if row.kind in ("unknown", "none", "others") else 0.0  # their outline stays inside
        chart.box(
            group, inset, y + 21 + inset, max(length - 2 * inset, 1), THICK - 2 * inset, all_.name, row.kind, row.tone
        )
