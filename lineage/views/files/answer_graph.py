"""The graph in an answer → what other programs get of it: nodes and links with all properties, and the drawing."""

import re
from collections import Counter
from collections.abc import Mapping
from datetime import datetime
from typing import Any

import pyarrow as pa

from lineage.answers.found import Graph, Key, Node
from lineage.views.answer import NODES, answer_picture
from lineage.views.files.graphfiles import GraphFile, rows
from lineage.views.files.sketch import of_picture


def answer_graph(
    graph: Graph, source: Mapping[str, str], snapshot: Mapping[str, Any] | None = None, *, nodes: int = NODES
) -> GraphFile:
    """The graph in an answer as a `GraphFile`. Raises UsageError where the answer holds nothing to draw.

    Nodes have `labels` and every property that one of them has; links `label` (their type) and their properties.
    A node is called by its id; where a publisher has the id of a model, by its label and its id. The sketch draws
    what the page does, `nodes` at most. `source` as for `answer_page`; `snapshot` is `Session.header()`.
    """
    picture = answer_picture(graph, source, nodes=nodes)
    names = _names(graph.nodes)
    models = _table(
        [{"id": names[node.key], "labels": node.label, **_held(node.properties or {}, ("id", "labels"))}
         for node in graph.nodes],
        {"id": pa.string(), "labels": pa.string()},
    )  # fmt: skip
    links = _table(
        [{"source": names[link.child], "target": names[link.base], "label": link.type,
          **_held(link.properties, ("source", "target", "label"))}
         for link in graph.links],
        {"source": pa.string(), "target": pa.string(), "label": pa.string()},
    )  # fmt: skip
    said = tuple(f"{fact.name}: {fact.value}." for fact in picture.header)
    about = {name: source[name] for name in ("statement", "engine")}
    header = snapshot if snapshot is not None else {"name": source["snapshot"], "taken_at": source["taken_at"]}
    return GraphFile(
        "query", picture.title, header, about | {"rows": graph.rows, "cut": graph.cut}, said, rows(models), rows(links),
        lambda: of_picture(picture),
    )  # fmt: skip


def _names(nodes: tuple[Node, ...]) -> dict[Key, str]:
    """What each node is called in the file: nothing twice, and a model by its id alone."""
    found = Counter(_text(node.id) for node in nodes)
    names: dict[Key, str] = {}
    taken = {_text(node.id) for node in nodes}
    for node in sorted(nodes, key=lambda node: (node.label != "Model", node.key)):
        name = _text(node.id)
        if found[name] > 1 and node.label != "Model":
            name = f"{_text(node.label)}:{name}"
        while name in names.values() or (name != _text(node.id) and name in taken):
            name += "′"
        names[node.key] = name
    return names


def _held(properties: Mapping[str, Any], own: tuple[str, ...]) -> dict[str, Any]:
    return {(f"{name}_" if name in own else name): value for name, value in properties.items() if name != "id"}


def _table(records: list[dict[str, Any]], first: dict[str, pa.DataType]) -> pa.Table:
    """The records as columns: `first`, then the others A–Z, of the one type that all their values have, else text."""
    others = sorted({name for record in records for name in record} - set(first))
    columns = {name: pa.array([record[name] for record in records], kind) for name, kind in first.items()}
    for name in others:
        columns[name] = _column([record.get(name) for record in records])
    return pa.table(columns)


def _column(values: list[Any]) -> pa.Array:
    there = [value for value in values if value is not None]
    for kind, type_ in ((bool, pa.bool_()), (int, pa.int64()), (float, pa.float64())):
        if all(type(value) is kind for value in there):
            if kind is int and not all(-(2**63) <= value < 2**63 for value in there):
                break
            return pa.array(values, type_)
    if all(isinstance(value, list) for value in there):
        made = [None if value is None else [_text(each) for each in value if each is not None] for value in values]
        return pa.array(made, pa.list_(pa.string()))
    return pa.array([None if value is None else _text(value) for value in values], pa.string())


def _text(value: Any) -> str:
    """A value as text that UTF-8 can hold."""
    if isinstance(value, datetime):
        return value.isoformat().replace("+00:00", "Z")
    text = ("true" if value else "false") if isinstance(value, bool) else str(value)
    return re.sub("[\ud800-\udfff]", "\ufffd", text)
