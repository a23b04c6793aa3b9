"""A graph → JSON: `nodes` and `links` with `source` and `target`, as d3 and networkx take them."""

import json
from collections.abc import Iterator

from lineage.views.files import lines
from lineage.views.files.graphfiles import GraphFile, Rows


def write(graph: GraphFile) -> Iterator[bytes]:
    """One object, a node or link a line: schema, view, title, snapshot, options, about, nodes, links. A missing
    value is null."""
    head = {
        "schema": 1,
        "view": graph.view,
        "title": graph.title,
        "snapshot": dict(graph.snapshot),
        "options": dict(graph.options),
        "about": list(graph.said),
    }
    begun = json.dumps(head, ensure_ascii=True, allow_nan=False)
    yield begun[:-1].encode() + b',\n"nodes": ['
    yield from _objects(graph.nodes)
    yield b'\n],\n"links": ['
    yield from _objects(graph.links)
    yield b"\n]}\n"


def _objects(rows: Rows) -> Iterator[bytes]:
    first = True
    for part in rows.parts():
        pieces: list[str | lines.Column] = [",\n{"]
        for place, name in enumerate(part.column_names):
            pieces += [f"{', ' if place else ''}{json.dumps(name)}: ", lines.json(part.column(name))]
        made = lines.lines(*pieces, "}")
        yield made[1:] if first and made else made
        first = first and not made
