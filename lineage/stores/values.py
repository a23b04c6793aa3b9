"""What a Neo4j server returns, as Arrow columns: int64, string, float, bool, dates, lists and maps.

Nodes and relationships become maps of their properties, paths `{nodes, links}`, as with the embedded
engine (`graph.plain`). A column whose values have no type in common becomes text, maps in it as JSON.
"""

import datetime
import json
from collections.abc import Sequence
from typing import Any

import pyarrow as pa

from lineage.answers.found import Found

_SCALARS = (
    (bool, pa.bool_()),
    (int, pa.int64()),
    (float, pa.float64()),
    (str, pa.string()),
    (bytes, pa.binary()),
    (datetime.datetime, pa.timestamp("us", tz="UTC")),
    (datetime.date, pa.date32()),
)

#: Properties that a load keeps for itself.
_BOOKKEEPING = frozenset({"row_hash"})


def table(names: Sequence[str], rows: Sequence[Sequence[Any]]) -> pa.Table:
    """Rows as the driver gives them, as an Arrow table with these column names."""
    columns = [column([plain(row[i]) for row in rows]) for i in range(len(names))]
    return pa.table(columns, names=list(names))


def column(values: list[Any]) -> pa.Array:
    """One column in the narrowest type that holds all values; text where there is none, or no value."""
    kinds = {type(value) for value in values if value is not None}
    if kinds == {int, float}:
        kinds = {float}
    for kind, arrow in _SCALARS:
        if kinds == {kind}:
            return pa.array(values, arrow)
    if kinds and kinds <= {list, dict} and len(kinds) == 1:
        try:
            return pa.array(values)
        except (pa.ArrowInvalid, pa.ArrowTypeError, pa.ArrowNotImplementedError, OverflowError):
            pass  # lists or maps that differ inside: as JSON below
    return pa.array([_text(value) for value in values], pa.string())


def plain(value: Any) -> Any:
    """A value of the driver as plain Python: maps, lists, text, numbers, dates (in UTC) and None."""
    if value is None or isinstance(value, bool | int | float | str | bytes):
        return value
    if isinstance(value, list):
        return [plain(item) for item in value]
    if isinstance(value, dict):
        return {str(key): plain(item) for key, item in value.items()}
    return _graph(value)


def _graph(value: Any) -> Any:
    """The types that only a graph database has, and its dates."""
    from neo4j import graph, spatial, time

    if isinstance(value, graph.Node | graph.Relationship):
        return {name: plain(value[name]) for name in sorted(value.keys()) if name not in _BOOKKEEPING}
    if isinstance(value, graph.Path):
        return {"nodes": [plain(n) for n in value.nodes], "links": [plain(r) for r in value.relationships]}
    if isinstance(value, time.DateTime):
        native = value.to_native()
        if native.tzinfo is None:
            return native.replace(tzinfo=datetime.UTC)
        return native.astimezone(datetime.UTC)
    if isinstance(value, time.Date):
        return value.to_native()
    if isinstance(value, spatial.Point):
        return {"srid": value.srid, "coordinates": [float(x) for x in value]}
    return value.iso_format() if hasattr(value, "iso_format") else str(value)


def met(rows: Sequence[Sequence[Any]]) -> Found:
    """The nodes and links in rows as the driver gives them: in columns, lists, maps and paths."""
    met = Found()
    for row in rows:
        for value in row:
            _meet(value, met)
    return met


def _meet(value: Any, met: Found) -> None:
    from neo4j import graph

    if isinstance(value, list):
        for item in value:
            _meet(item, met)
    elif isinstance(value, dict):
        for item in value.values():
            _meet(item, met)
    elif isinstance(value, graph.Path):
        # Its nodes come whole with it; those that a link alone names come as names.
        _meet([*value.nodes, *value.relationships], met)
    elif isinstance(value, graph.Node):
        met.node(value.element_id, min(value.labels, default=""), _held(value))
    elif isinstance(value, graph.Relationship):
        # Not `if node`: one of which only the name has come has no properties, and counts as false.
        child, base = (node.element_id if node is not None else "" for node in (value.start_node, value.end_node))
        met.link(value.element_id, value.type, child, base, _held(value))


def _held(value: Any) -> dict[str, Any]:
    """Properties but those by which loads tell changed rows."""
    return {name: plain(value[name]) for name in sorted(value.keys()) if name != "row_hash"}


def _text(value: Any) -> str | None:
    if value is None or isinstance(value, str):
        return value
    return json.dumps(value, ensure_ascii=False, default=str)
