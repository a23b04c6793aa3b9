"""A treemap of two levels, squarified: publishers, and inside them what they are made of. Pure.

Areas go with values. The way of Bruls, Huizing and van Wijk ("Squarified Treemaps", 2000): rows are laid along the
shorter side and end where one more tile would make the worst of the row longer. A name stands only where it fits, and
a publisher's own room is taken off before anything is laid into it.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from xml.etree.ElementTree import Element, SubElement

from lineage.views import wording
from lineage.views.charts import chart
from lineage.views.pictures.svg import fit, width

#: Height of a publisher's heading; sizes of text; space inside a tile.
HEAD, NAME, SMALL, PAD = 19.0, 12.5, 11.0, 5.0
#: How much wider bold text is set.
BOLD = 1.12

Rect = tuple[float, float, float, float]


@dataclass(frozen=True, slots=True)
class Leaf:
    """A tile inside another. `kind`: one of `chart.KINDS`."""

    label: str
    value: int
    kind: str = ""


@dataclass(frozen=True, slots=True)
class Tile:
    """A tile with what is inside it, which adds up to `value`; or with nothing inside. `tone`: a colour of
    `charts.css`; `hint`: further words for the hover title."""

    label: str
    value: int
    leaves: tuple[Leaf, ...] = ()
    kind: str = ""
    tone: str = ""
    hint: str = ""


@dataclass(frozen=True, slots=True)
class Treemap:
    """A map. Tiles are laid in the order given, largest first looks best; `whole` is the denominator of the shares."""

    name: str
    title: str
    about: str
    tiles: tuple[Tile, ...]
    whole: int
    unit: str = "downloads"


def treemap(chart_: Treemap, wide: float = 1120.0, high: float = 600.0) -> str:
    """The map as one `<svg>` element. Tiles without downloads have no area and are not drawn: the table has them.

    Raises ValueError where the leaves of a tile do not add up to it.
    """
    root = chart.frame("treemap", chart_.name, chart_.title, chart_.about, wide, high)
    tiles = [tile for tile in chart_.tiles if tile.value]
    for tile, rect in zip(tiles, squarify([tile.value for tile in tiles], (0.0, 0.0, wide, high)), strict=True):
        if tile.leaves and sum(leaf.value for leaf in tile.leaves) != tile.value:
            raise ValueError(f"What is inside {tile.label!r} does not add up to it.")
        _tile(root, chart_, tile, rect)
    return chart.done(root)


def squarify(values: Sequence[int], rect: Rect) -> list[Rect]:
    """(x, y, width, height) for each value, none of them 0, in their order; together they are `rect`."""
    total = sum(values)
    x, y, wide, high = rect
    scale = wide * high / total if total else 0.0
    found: list[Rect] = []
    start = 0
    while start < len(values):
        side = min(wide, high)
        end, area, best = start, 0.0, float("inf")
        while end < len(values):
            more = area + values[end] * scale
            # The longest of a row is its largest or its smallest tile.
            row = [values[i] * scale for i in (start, end)]
            worst = (
                max(max(side * side * v / (more * more), more * more / (side * side * v)) for v in row)
                if more and side
                else 0.0
            )
            if end > start and worst > best:
                break
            end, area, best = end + 1, more, worst
        thick = area / side if side else 0.0
        along = y if wide >= high else x
        for value in values[start:end]:
            length = value * scale / thick if thick else 0.0
            found.append((x, along, thick, length) if wide >= high else (along, y, length, thick))
            along += length
        if wide >= high:
            x, wide = x + thick, max(wide - thick, 0.0)
        else:
            y, high = y + thick, max(high - thick, 0.0)
        start = end
    return found


def _tile(root: Element, chart_: Treemap, tile: Tile, rect: Rect) -> None:
    x, y, wide, high = rect
    group = SubElement(root, "g", {"class": "tile"})
    said = chart.told(tile.label, tile.value, chart_.whole, chart_.unit)
    chart.hover(group, f"{said}. {tile.hint}" if tile.hint else said)
    chart.box(group, x, y, wide, high, chart_.name, tile.kind, tile.tone)
    named = _name(group, tile.label, wording.share(tile.value, chart_.whole), rect, "name")
    leaves = [leaf for leaf in tile.leaves if leaf.value]
    if len(leaves) > 1 or (leaves and leaves[0].label != tile.label and not leaves[0].kind):
        head = HEAD if named else 2.0
        inner = (x + 3, y + head, max(wide - 6, 0.0), max(high - head - 3, 0.0))
        if min(inner[2:]) < 4:
            return
        for leaf, place in zip(leaves, squarify([leaf.value for leaf in leaves], inner), strict=True):
            _leaf(group, chart_, tile, leaf, place)


def _leaf(group: Element, chart_: Treemap, tile: Tile, leaf: Leaf, rect: Rect) -> None:
    x, y, wide, high = rect
    inside = SubElement(group, "g", {"class": "leaf"})
    chart.hover(inside, chart.told(f"{tile.label}: {leaf.label}", leaf.value, chart_.whole, chart_.unit))
    chart.box(inside, x, y, wide, high, chart_.name, leaf.kind, tile.tone)
    _name(inside, leaf.label, wording.share(leaf.value, chart_.whole), rect, "small")


def _name(group: Element, label: str, share: str, rect: Rect, look: str) -> bool:
    """The name, and its share where there is room for it; whether there was room for the name at all."""
    x, y, wide, high = rect
    size = NAME if look == "name" else SMALL
    text = wording.clean(label)
    if high < size + 2 * PAD - 3 or not text:
        return False
    set_ = size * BOLD if look == "name" else size
    short = fit(text, wide - 2 * PAD, set_)
    if short != text and len(short) < 7:
        return False
    line = chart.words(group, x + PAD, y + PAD + size - 2, short, look)
    if width(f"{short}  {share}", set_) <= wide - 2 * PAD:
        line.text = f"{line.text}  "
        chart.more(line, share, "quiet")
    return True
