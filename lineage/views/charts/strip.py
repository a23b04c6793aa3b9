"""One bar for a whole and its parts, so that a small part that is drawn large elsewhere keeps its size. Pure."""

from dataclasses import dataclass
from xml.etree.ElementTree import SubElement

from lineage.views import wording
from lineage.views.charts import chart
from lineage.views.pictures.svg import width

THICK, SMALL = 22.0, 12.5


@dataclass(frozen=True, slots=True)
class Piece:
    """A part of the whole. `kind`: one of `chart.KINDS`; `tone`: a colour of `charts.css`. A label is set above the
    piece where it fits."""

    label: str
    value: int
    kind: str = ""
    tone: str = ""


@dataclass(frozen=True, slots=True)
class Strip:
    """Pieces from left to right, which add up to the whole."""

    name: str
    title: str
    about: str
    pieces: tuple[Piece, ...]
    unit: str = "downloads"

    @property
    def whole(self) -> int:
        """The sum of the pieces."""
        return sum(piece.value for piece in self.pieces)


def strip(chart_: Strip, wide: float = 1120.0) -> str:
    """The bar as one `<svg>` element; a piece of nothing is not drawn, a very small one is a hairline."""
    root = chart.frame("strip", chart_.name, chart_.title, chart_.about, wide, THICK + 22)
    whole, x = chart_.whole, 0.0
    for piece in chart_.pieces:
        if not piece.value:
            continue
        long = piece.value / whole * wide
        group = SubElement(root, "g")
        chart.hover(group, chart.told(piece.label, piece.value, whole, chart_.unit))
        inset = 0.5 if piece.kind else 0.0
        chart.box(
            group, x + inset, 20 + inset, max(long - 2 * inset, 0.7), THICK - 2 * inset, chart_.name, piece.kind,
            piece.tone,
        )  # fmt: skip
        text = f"{wording.clean(piece.label)}  {wording.share(piece.value, whole)}"
        if width(text, SMALL) < long:
            line = chart.words(group, x, 13, f"{wording.clean(piece.label)}  ", "name")
            chart.more(line, wording.share(piece.value, whole), "part")
        x += long
    return chart.done(root)
