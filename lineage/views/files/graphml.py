"""A graph → GraphML, as networkx, igraph, Gephi and yEd read it: typed keys, a missing value is no element at all."""

from collections.abc import Iterator

from lineage.views.files import lines
from lineage.views.files.graphfiles import GraphFile
from lineage.views.files.xmlparts import Head, kind, names

_SPACE = "http://graphml.graphdrawing.org/xmlns"
_SCHEMA = f"{_SPACE} {_SPACE}/1.0/graphml.xsd"


def write(graph: GraphFile) -> Iterator[bytes]:
    """The file. Nodes are called by their ids and have a `label` to show; the graph says what it stands on."""
    facts = [("node", field) for field in graph.nodes.schema if field.name != "id"]
    facts += [("edge", field) for field in graph.links.schema if field.name not in ("source", "target")]
    keys = {(what, field.name): f"{what[0]}{number}" for number, (what, field) in enumerate(facts)}
    head = Head()
    head.open(
        "graphml",
        {"xmlns": _SPACE, "xmlns:xsi": "http://www.w3.org/2001/XMLSchema-instance", "xsi:schemaLocation": _SCHEMA},
        line=True,
    )
    told = _told(graph)
    for number, name in enumerate(told):
        head.leaf("key", {"id": f"g{number}", "for": "graph", "attr.name": name, "attr.type": "string"})
    head.leaf("key", {"id": "label", "for": "node", "attr.name": "label", "attr.type": "string"})
    for (what, field), id in zip(facts, keys.values(), strict=True):
        head.leaf("key", {"id": id, "for": what, "attr.name": field.name, "attr.type": kind(field.type)})
    head.open("graph", {"id": "lineage", "edgedefault": "directed"}, line=True)
    for number, value in enumerate(told.values()):
        head.leaf("data", {"key": f"g{number}"}, value)
    yield head.taken()
    named = names(graph.nodes)
    for part in graph.nodes.parts():
        said = [
            lines.around(f'<data key="{keys["node", name]}">', lines.xml(part.column(name)), "</data>")
            for name in part.column_names if name != "id"
        ]  # fmt: skip
        label = lines.around('<data key="label">', lines.xml(lines.shown(part.column("id"))), "</data>")
        yield lines.lines('<node id="', named(part.column("id")), '">', label, *said, "</node>\n")
    for part in graph.links.parts():
        said = [
            lines.around(f'<data key="{keys["edge", name]}">', lines.xml(part.column(name)), "</data>")
            for name in part.column_names if name not in ("source", "target")
        ]  # fmt: skip
        ends = ['<edge source="', named(part.column("source")), '" target="', named(part.column("target")), '">']
        yield lines.lines(*ends, *said, "</edge>\n")
    head.close("graph")
    head.close("graphml")
    yield head.taken()


def _told(graph: GraphFile) -> dict[str, str]:
    """What the graph says of itself: view, title, snapshot, options, sentences."""
    found = {"view": graph.view, "title": graph.title}
    found |= {("snapshot" if name == "name" else name): str(value) for name, value in graph.snapshot.items()}
    found |= {f"option_{name}": str(value) for name, value in graph.options.items() if value is not None}
    return found | {"about": " ".join(graph.said)}
