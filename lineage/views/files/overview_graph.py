"""The overview → what other programs get of it: a tree of the snapshot, its publishers and their largest families."""

from collections.abc import Mapping
from typing import Any

import pyarrow as pa

from lineage.views import wording
from lineage.views.files.graphfiles import GraphFile, rows
from lineage.views.files.sketch import LINKS, NODES, Sketch
from lineage.views.overview import Overview, lede, tiles

#: Publishers that a drawing names: with the rest and the families few enough for Mermaid.
_DRAWN = 12


def overview_graph(found: Overview, options: Mapping[str, Any]) -> GraphFile:
    """What the map of the page shows, as a `GraphFile`: it adds up to the denominator on each level.

    Nodes: the snapshot, publishers (by origin), families, each with `kind`, `label`, `downloads`, and the rest of both
    as kind `others`. Links from a family to its publisher and from a publisher to the snapshot, with `downloads`.
    """
    top = "snapshot"
    nodes = [{"id": top, "label": str(found.header["name"]), "kind": "snapshot", "downloads": found.whole}]
    links = []
    for tile in tiles(found):
        name = f"publisher:{tile.label}" if not tile.kind else f"{tile.kind}:{tile.label}"
        nodes.append({"id": name, "label": tile.label, "kind": tile.kind or "publisher", "downloads": tile.value})
        links.append({"source": name, "target": top, "downloads": tile.value})
        for leaf in tile.leaves:
            inner = f"{'others' if leaf.kind else 'family'}:{tile.label}/{leaf.label}"
            while any(node["id"] == inner for node in nodes):  # ids that differ only in the case of the account
                inner += "′"
            nodes.append({"id": inner, "label": leaf.label, "kind": leaf.kind or "family", "downloads": leaf.value})
            links.append({"source": inner, "target": name, "downloads": leaf.value})
    text, number = pa.string(), pa.int64()
    table = pa.Table.from_pylist(
        nodes, pa.schema([("id", text), ("label", text), ("kind", text), ("downloads", number)])
    )
    between = pa.Table.from_pylist(links, pa.schema([("source", text), ("target", text), ("downloads", number)]))
    asked = {key: list(value) if isinstance(value, tuple) else value for key, value in options.items()}
    return GraphFile(
        "overview", f"The models of {found.header['name']}", found.header, asked | dict(found.words), (lede(found),),
        rows(table), rows(between), lambda: _sketch(found, nodes, links), top,
    )  # fmt: skip


def _sketch(found: Overview, nodes: list[dict[str, Any]], links: list[dict[str, Any]]) -> Sketch:
    """The snapshot and its publishers; the smaller of them as one sign, so that nothing is left out."""
    top = [node for node in nodes if node["kind"] == "snapshot"]
    first = {link["source"] for link in links if link["target"] == top[0]["id"]}
    below = [node for node in nodes if node["id"] in first]
    named = [node for node in below if node["kind"] == "publisher"][:_DRAWN]
    rest = found.whole - sum(node["downloads"] for node in named)
    drawn = top + named
    if rest or len(below) > len(named):
        drawn.append({"id": "rest", "label": "all others", "kind": "others", "downloads": rest})
    shapes = {"publisher": "publisher", "others": "badge"}
    signs = [
        {"label": wording.clean(node["label"]),
         "small": f"{wording.short(node['downloads'])} · {wording.share(node['downloads'], found.whole)}",
         "relation": "" if node["kind"] == "snapshot" else "unlabelled", "shape": shapes.get(node["kind"], "node"),
         "tip": wording.clean(f"{node['label']}: {node['downloads']:,} downloads"),
         "href": wording.address(node["label"]) if node["kind"] == "publisher" else None}
        for node in drawn
    ]  # fmt: skip
    lines = [
        {"child": row, "base": 0, "relation": "unlabelled", "known": "declared", "first": True, "type": "DERIVED_FROM"}
        for row in range(1, len(drawn))
    ]
    day = wording.day(found.header["taken_at"])
    words = found.words
    said = f"frame {words['frame']}, {wording.window(words['window'])}, basis {words['basis']}"
    head = (f"The models of {found.header['name']}, {day}", f"Source {found.header['source']} · {said}", lede(found))
    return Sketch(
        wording.clean(f"{head[0]} · {said}"), tuple(wording.clean(line) for line in head),
        pa.Table.from_pylist(signs, NODES), pa.Table.from_pylist(lines, LINKS),
    )  # fmt: skip
