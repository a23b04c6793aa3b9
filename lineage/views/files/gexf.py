"""A graph → GEXF 1.2, with the colours of our pages and sizes by downloads, as Gephi opens it and networkx reads it."""

import re
from collections.abc import Iterator

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from lineage import __version__
from lineage.views.files import lines
from lineage.views.files.graphfiles import GraphFile, Rows
from lineage.views.files.xmlparts import Head, kind, names
from lineage.views.pictures import palette

#: 1.2 and not 1.3: networkx tells a version by its name space, and reads this one unasked.
_SPACE = "http://www.gexf.net/1.2draft"

#: Diameters in Gephi; areas go with downloads.
_SMALLEST, _LARGEST = 4.0, 60.0

#: How the line of a link is drawn, by the basis that it is known under; `dangling` goes before all of them.
_SHAPES = {"declared": "solid", "stated": "dashed", "inferred": "dotted"}

_DAY = re.compile(r"\d{4}-\d\d-\d\d")


def write(graph: GraphFile) -> Iterator[bytes]:
    """The file. Colour by `relation`, size by `downloads`, lines by `basis`, where there are such columns."""
    head = Head()
    head.open("gexf", {"xmlns": _SPACE, "xmlns:viz": f"{_SPACE}/viz", "version": "1.2"}, line=True)
    day = _DAY.match(str(graph.snapshot.get("taken_at", "")))
    with head.element("meta", {"lastmodifieddate": day[0]} if day else None):
        head.leaf("creator", text=f"lineage {__version__}")
        head.leaf("description", text=" ".join((graph.title + ".", *graph.said)))
    head.open("graph", {"defaultedgetype": "directed", "mode": "static"}, line=True)
    ids = {}
    for what, rows, own in (("node", graph.nodes, ("id",)), ("edge", graph.links, ("source", "target"))):
        with head.element("attributes", {"class": what, "mode": "static"}):
            for number, field in enumerate(field for field in rows.schema if field.name not in own):
                ids[what, field.name] = str(number)
                head.leaf("attribute", {"id": str(number), "title": field.name, "type": kind(field.type)})
    head.open("nodes", line=True)
    yield head.taken()
    named, most = names(graph.nodes), _most(graph.nodes)
    for part in graph.nodes.parts():
        start = ['<node id="', named(part.column("id")), '" label="', lines.xml(lines.shown(part.column("id")))]
        yield lines.lines(*start, '"><attvalues>', *_values(part, "node", ids), "</attvalues>",
                          *_look(part, graph.top, most), "</node>\n")  # fmt: skip
    head.close("nodes")
    head.open("edges", line=True)
    yield head.taken()
    done = 0
    for part in graph.links.parts():
        number = pa.array(np.arange(done, done + part.num_rows)).cast(pa.string())
        done += part.num_rows
        start = ['<edge id="', number, '" source="', named(part.column("source"))]
        start += ['" target="', named(part.column("target")), '"><attvalues>']
        yield lines.lines(*start, *_values(part, "edge", ids), "</attvalues>", *_line(part), "</edge>\n")
    head.close("edges")
    head.close("graph")
    head.close("gexf")
    yield head.taken()


def _values(part: pa.Table, what: str, ids: dict[tuple[str, str], str]) -> list[lines.Column]:
    return [
        lines.around(f'<attvalue for="{ids[what, name]}" value="', lines.xml(part.column(name)), '"/>')
        for name in part.column_names if (what, name) in ids
    ]  # fmt: skip


def _most(nodes: Rows) -> int:
    """The most downloads of a node."""
    if "downloads" not in nodes.schema.names:
        return 0
    blocks = nodes.blocks(["downloads"])
    return max((pc.max(block.column("downloads")).as_py() or 0 for block in blocks), default=0)


def _look(part: pa.Table, top: str, most: int) -> list[lines.Column]:
    """Colour and size of every node."""
    relation = part.column("relation") if "relation" in part.column_names else pa.nulls(part.num_rows, pa.string())
    colour = _colours(pc.if_else(pc.equal(part.column("id"), top), "", pc.coalesce(relation, pa.scalar("unlabelled"))))
    if not most:
        return [colour]
    share = part.column("downloads").fill_null(0).to_numpy() / most
    sizes = np.round(_SMALLEST + (_LARGEST - _SMALLEST) * np.sqrt(np.clip(share, 0, 1)), 2)
    return [colour, lines.around('<viz:size value="', pa.array(sizes).cast(pa.string()), '"/>')]


def _line(part: pa.Table) -> list[lines.Column]:
    """Colour and shape of every line."""
    made = []
    if "relation" in part.column_names:
        made.append(_colours(part.column("relation").fill_null("unlabelled")))
    if "basis" in part.column_names:
        shapes = pa.array(list(_SHAPES.values()))
        shape = shapes.take(pc.index_in(part.column("basis"), value_set=pa.array(list(_SHAPES)))).fill_null("solid")
        if "dangling" in part.column_names:
            shape = pc.if_else(part.column("dangling").fill_null(False), "dotted", shape)
        made.append(lines.around('<viz:shape value="', shape, '"/>'))
    return made


def _colours(relation: lines.Column) -> lines.Column:
    """The element of a colour for each relation; an unknown word looks unlabelled."""
    words = list(palette.RELATIONS)
    looks = []
    for look in palette.RELATIONS.values():
        red, green, blue = (int(look.colour[place : place + 2], 16) for place in (1, 3, 5))
        looks.append(f'<viz:color r="{red}" g="{green}" b="{blue}" a="1.0"/>')
    place = pc.index_in(relation, value_set=pa.array(words)).fill_null(words.index("unlabelled"))
    return pa.array(looks).take(place)
