"""A graph → DOT, for Graphviz: the signs of our pages, the base on the left, the arrow from what is derived to it."""

from collections.abc import Iterator

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from lineage.views import wording
from lineage.views.files import lines
from lineage.views.files.graphfiles import GraphFile
from lineage.views.files.lines import Column
from lineage.views.files.xmlparts import legal
from lineage.views.pictures import palette

#: What may end or bend a text: Graphviz reads escapes and entities, also in quotes.
_ESCAPES = (("&", "&amp;"), ("\\", "\\\\"), ('"', '\\"'), ("<", "&lt;"), (">", "&gt;"))

#: By sign and by how a link is known: attributes, and the words for them.
_SHAPES = {
    "model": 'shape=box, style="filled,rounded"',
    "listed": 'shape=box, style="filled,diagonals"',
    "badge": "shape=box3d, style=filled",
    "stub": 'shape=box, style="dashed,filled"',
    "outside": 'shape=box, style="filled,rounded"',
    "publisher": "shape=box, style=filled, peripheries=2",
    "node": 'shape=box, style="filled"',
}
_STROKES = {
    "declared": "",
    "stated": ", style=dashed",
    "inferred": ", style=dotted",
    "dangling": ", style=dashed, arrowhead=odot",
}

_SIGNS = {
    "listed": "box with cut corners", "badge": "deep box", "stub": "dashed box", "outside": "white box",
    "publisher": "doubled box", "node": "grey box",
}  # fmt: skip
_LINES = {"stated": "dashed", "inferred": "dotted", "dangling": "dashed with a ring"}

#: Graphviz refuses a text in quotes of more bytes.
_MOST = 16_383

#: So many signs of a label's line and of a tool tip: written with escapes they stay below that, whatever they are.
_LABEL, _TIP = 500, 2_000

_HEAD = """\
digraph lineage {
  rankdir=RL; nodesep=0.12; ranksep=0.7; splines=true; charset="UTF-8"; fontname="Helvetica,Arial,sans-serif";
  node [fontname="Helvetica,Arial,sans-serif", fontsize=11, margin="0.12,0.05", height=0.3, color="#1f2933"];
  edge [fontname="Helvetica,Arial,sans-serif", fontsize=9, arrowsize=0.6];
"""


def write(graph: GraphFile) -> Iterator[bytes]:
    """The file: comments and a heading that say what is drawn, a line each sign, a line each link."""
    sketch = graph.sketch()
    said = [*sketch.head, *sketch.key(_SIGNS, _LINES)]
    comment = "".join(f"// {legal(wording.clean(line))}\n" for line in said)
    heading = _heading(said)
    yield f'{comment}{_HEAD}  label="{heading}"; labelloc=t; labeljust=l; fontsize=12;\n'.encode()
    looks = palette.RELATIONS
    fill = ['fillcolor="' + look.colour + '", fontcolor="' + look.ink + '"' for look in looks.values()]
    for begin in range(0, sketch.nodes.num_rows, lines.ROWS):
        part = sketch.nodes.slice(begin, lines.ROWS)
        shape = part.column("shape")
        colour = pa.array(fill).take(pc.index_in(part.column("relation"), value_set=pa.array(list(looks))))
        pale = pc.is_in(shape, value_set=pa.array(["stub", "outside"]))
        colour = pc.if_else(pale, 'fillcolor="#ffffff", fontcolor="#1f2933"', colour)
        small = part.column("small")
        tip = _column(pc.replace_substring(part.column("tip"), "\\", "∖"), _TIP)
        below = pc.if_else(pc.equal(small, ""), "", lines.around("\\n", _column(small, _LABEL), ""))
        href = part.column("href")
        href = pc.if_else(pc.less(pc.binary_length(href), _TIP), href, pa.scalar(None, pa.string()))
        # A tool tip is read for escapes more often than a label, by some versions twice: there a backslash is a ∖.
        yield lines.lines(
            "  ", _names(begin, part.num_rows), ' [label="', _column(part.column("label"), _LABEL), below, '", ',
            _taken(shape, _SHAPES), ", ", colour, ', tooltip="', tip, '"',
            lines.around(', URL="', _column(href, _TIP), '"'), "];\n",
        )  # fmt: skip
    for begin in range(0, sketch.links.num_rows, lines.ROWS):
        part = sketch.links.slice(begin, lines.ROWS)
        relation = pc.index_in(part.column("relation"), value_set=pa.array(list(looks)))
        colours = pa.array([look.colour for look in looks.values()])
        colour = colours.take(relation.fill_null(list(looks).index("unlabelled")))
        further = pc.if_else(part.column("first"), "", ', label="further base", constraint=false, arrowhead=empty')
        other = pc.equal(part.column("type"), "DERIVED_FROM")
        kind = pc.if_else(other, "", lines.around(', label="', _column(part.column("type"), _LABEL), '"'))
        yield lines.lines(
            "  n", part.column("child").cast(pa.string()), " -> n", part.column("base").cast(pa.string()),
            ' [color="', colour, '"', _taken(part.column("known"), _STROKES), further, kind, "];\n",
        )  # fmt: skip
    yield b"}\n"


def escaped(text: str) -> str:
    """`text` for between quotes: shown as it is, whatever it holds; but for what the SVG of it could not hold."""
    text = legal(wording.clean(text))
    for sign, instead in _ESCAPES:
        text = text.replace(sign, instead)
    return text


def _heading(said: list[str]) -> str:
    """What stands above the drawing, a line each, the long ones cut where Graphviz would refuse the whole."""
    longest = max(map(len, said), default=0)
    while True:
        text = "".join(escaped(line if len(line) <= longest else line[: longest - 1] + "…") + "\\l" for line in said)
        if len(text.encode()) <= _MOST or longest < 2:
            return text
        longest = longest * 9 // 10


def _column(column: Column, longest: int) -> Column:
    column = lines.cut(column, longest)
    column = pc.replace_substring_regex(lines.shown(column), lines.ILLEGAL, "\ufffd")
    for sign, instead in _ESCAPES:
        column = pc.replace_substring(column, sign, instead)
    return column


def _names(begin: int, count: int) -> pa.Array:
    return lines.around("n", pa.array(np.arange(begin, begin + count)).cast(pa.string()), "")


def _taken(column: Column, words: dict[str, str]) -> Column:
    return pa.array(list(words.values())).take(pc.index_in(column, value_set=pa.array(list(words))))
