"""Small drawings beside the numbers of a row: a bar, a range with a published value, dots. SVG without text.

All of a table, or of a group in it, stand on one scale; the
numbers are in the row, so a reader who does not see them misses nothing.
"""

from collections.abc import Mapping
from typing import Any
from xml.etree import ElementTree as ET

from lineage.views.reports.document import Mark

#: Width and height in the units of the drawing.
WIDE, HIGH = 120, 14


def drawing(mark: Mark, row: Mapping[str, Any]) -> str:
    """The `<svg>` of a row; empty where the row has nothing to draw."""
    draw = {"bar": _bar, "range": _range, "dots": _dots}[mark.kind]
    found = draw(mark, row)
    if not found:
        return ""
    svg = ET.Element("svg", {"class": f"mark {mark.kind}", "viewBox": f"0 0 {WIDE} {HIGH}", "aria-hidden": "true"})
    ET.SubElement(svg, "path", {"class": "scale", "d": f"M2 {HIGH / 2:g}H{WIDE - 2}"})
    svg.extend(found)
    return ET.tostring(svg, encoding="unicode")


def _x(mark: Mark, row: Mapping[str, Any], value: float) -> str:
    """A place on the scale, rounded, so that the same numbers are the same bytes."""
    top = row[mark.scale] if mark.scale else mark.top
    return f"{2 + (WIDE - 4) * min(max(value / top, 0), 1):.1f}"


def _bar(mark: Mark, row: Mapping[str, Any]) -> list[ET.Element]:
    value = row.get(mark.of[0])
    if value is None:
        return []
    name = str(row.get("key", row.get("publisher", "")))
    if name == "(total)":
        return []
    kind = "rest" if name.startswith("(") else "value"
    wide = f"{float(_x(mark, row, value)) - 2:.1f}"
    return [ET.Element("rect", {"class": kind, "x": "2", "y": "3", "width": wide, "height": str(HIGH - 6)})]


def _range(mark: Mark, row: Mapping[str, Any]) -> list[ET.Element]:
    low, value, high = (row.get(name) for name in mark.of)
    found = []
    if low is not None and high is not None:
        left, right = float(_x(mark, row, low)), float(_x(mark, row, high))
        found.append(
            ET.Element(
                "rect", {"class": "span", "x": f"{left:.1f}", "y": "5", "width": f"{right - left:.1f}", "height": "4"}
            )
        )
    published = row.get(mark.beside) if mark.beside else None
    if published is not None:
        x = float(_x(mark, row, published))
        found.append(ET.Element("path", {"class": "study", "d": f"M{x - 4:.1f} 1h8l-4 5.5z"}))
    if value is not None:
        found.append(
            ET.Element("circle", {"class": "value", "cx": _x(mark, row, value), "cy": f"{HIGH / 2:g}", "r": "3.5"})
        )
    return found


def _dots(mark: Mark, row: Mapping[str, Any]) -> list[ET.Element]:
    """First a disc, second a diamond, third a ring: they may lie on each other."""
    found = []
    for place, name in enumerate(mark.of):
        value = row.get(name)
        if value is None:
            continue
        x = float(_x(mark, row, value))
        if place == 0:
            found.append(ET.Element("circle", {"class": "first", "cx": f"{x:.1f}", "cy": "7", "r": "3.5"}))
        elif place == 1:
            found.append(ET.Element("path", {"class": "second", "d": f"M{x:.1f} 2l5 5-5 5-5-5z"}))
        else:
            found.append(ET.Element("circle", {"class": "third", "cx": f"{x:.1f}", "cy": "7", "r": "5.5"}))
    return found
