"""What a graph store holds of a snapshot, as tables, and what comes back from one, as plain tables.

It holds the graph of the basis declared: its edges, and the stubs that they name.

(:Model)-[:DERIVED_FROM {relation, evidence, basis, place}]->(:Model)
(:Model)-[:DESCENDS_FROM {distance}]->(:Model)
(:Publisher)-[:PUBLISHED]->(:Model)
"""

import datetime
from collections.abc import Iterator
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc

from lineage.answers.found import Found
from lineage.schema import TABLES
from lineage.snapshot import Snapshot

#: The columns of the table `models` that a store has not: how and when the rest was found, what is wrong with a card.
_NOT_HELD = frozenset(
    {"publisher_row", "basis", "seen_at", "format_evidence", "parameters_evidence", "card_problem", "card_oddities"}
)

#: The properties of a model in a store, in the order of their columns.
MODEL_COLUMNS = tuple(name for name in TABLES["models"].names if name not in _NOT_HELD)

#: The properties of a publisher in a store, beside its id.
PUBLISHER_COLUMNS = (
    "owner", "type", "countries", "models", "downloads", "in_degree", "flow_in", "flow_out", "pagerank",
)  # fmt: skip

#: Fields that an engine adds to nodes and links, and that are nobody's data.
_INTERNAL = frozenset({"_ID", "_SRC", "_DST", "_LABEL"})


def tables(snapshot: Snapshot) -> Iterator[tuple[str, pa.Table]]:
    """The rows of each label and type, nodes first: model, publisher, published, derived_from, descends_from.

    Links begin with the two ids they join. A publisher is a node where an edge touches it. One after the other, and
    none of what is read stays with the snapshot, so that nobody need hold two of them.
    """
    publishers = _read(snapshot, "publishers", ["publisher", "touched", *PUBLISHER_COLUMNS])
    touched = publishers.filter(publishers.column("touched"))
    found = []
    for block in snapshot.blocks("models", [*MODEL_COLUMNS, "basis"]):
        foreign = pc.not_equal(block.column("basis"), "declared").fill_null(False)  # null for models
        models = block.drop_columns(["basis"])
        found.append(models.filter(pc.invert(foreign)) if pc.any(foreign).as_py() else models)
    del block, models
    models = pa.concat_tables(found)
    del found
    hosted = pc.is_in(models.column("publisher"), value_set=touched.column("publisher"))
    published = models.select(["publisher", "id"]).filter(hosted)
    yield "model", models
    del models
    yield (
        "publisher",
        touched.select(["publisher", *PUBLISHER_COLUMNS]).rename_columns(["id", *PUBLISHER_COLUMNS]),
    )
    yield "published", published
    del publishers, touched, hosted, published
    edges = _read(snapshot, "edges", ["child", "base", "relation", "evidence", "basis", "place"])
    declared = edges.filter(pc.equal(edges.column("basis"), "declared"))
    del edges
    yield "derived_from", declared
    del declared
    yield "descends_from", _read(snapshot, "ancestry", ["model", "ancestor", "distance"])


def _read(snapshot: Snapshot, name: str, columns: list[str]) -> pa.Table:
    return pa.concat_tables(snapshot.blocks(name, columns))


def plain(table: pa.Table) -> pa.Table:
    """The same rows in the types that every engine's answers have here.

    Whole numbers become int64 (a sum comes as decimal), times get their zone, and nodes, links and
    paths lose the fields that only their engine knows.
    """
    for place, field in enumerate(table.schema):
        column = table.column(place)
        if pa.types.is_decimal(field.type) and field.type.scale == 0:
            column = column.cast(pa.int64()) if _fits(column) else column
        elif pa.types.is_integer(field.type):
            column = column.cast(pa.int64())
        elif pa.types.is_timestamp(field.type) and field.type.tz is None:
            column = column.cast(pa.timestamp("us", tz="UTC"))
        elif pa.types.is_nested(field.type) and "_ID" in str(field.type):
            column = pa.chunked_array([pa.array([_public(v) for v in column.to_pylist()])])
        elif pa.types.is_list(field.type) and not pa.types.is_nested(field.type.value_type):
            column = column.cast(pa.list_(field.type.value_type))  # the engine calls the element otherwise
        table = table.set_column(place, field.name, column)
    return table


def met(table: pa.Table) -> Found:
    """The nodes and links in the rows of the embedded engine, as it gives them: in columns, lists, maps and paths."""
    met = Found()
    for field, column in zip(table.schema, table.columns, strict=True):
        if pa.types.is_nested(field.type) and "_ID" in str(field.type):
            for value in column.to_pylist():
                _meet(value, met)
    return met


def _meet(value: Any, met: Found) -> None:
    if isinstance(value, list):
        for item in value:
            _meet(item, met)
    elif isinstance(value, dict):
        name = value.get("_ID")
        if not isinstance(name, dict) or not isinstance(value.get("_LABEL"), str):
            for item in value.values():  # a path, or a map that somebody made
                _meet(item, met)
            return
        properties = {k: _zoned(v) for k, v in value.items() if k not in _INTERNAL}
        if "_SRC" in value:
            met.link(_name(name), value["_LABEL"], _name(value["_SRC"]), _name(value["_DST"]), properties)
        else:
            met.node(_name(name), value["_LABEL"], properties)


def _zoned(value: Any) -> Any:
    """A time in UTC, which the engine does not say, but which it is."""
    naive = isinstance(value, datetime.datetime) and value.tzinfo is None
    return value.replace(tzinfo=datetime.UTC) if naive else value


def _name(id: dict[str, int]) -> tuple[int, int]:
    return id["table"], id["offset"]


def _fits(column: pa.ChunkedArray) -> bool:
    top = pc.max(pc.abs(column)).as_py()
    return top is None or top < 2**63


def _public(value: Any) -> Any:
    """Nodes and links as the server gives them too: what they have, by name A–Z, times in UTC."""
    if isinstance(value, dict):
        named = {"_NODES": "nodes", "_RELS": "links"}
        if "_ID" in value:
            return {k: _public(v) for k, v in sorted(value.items()) if k not in _INTERNAL and v is not None}
        return {named.get(k, k): _public(v) for k, v in value.items()}
    if isinstance(value, datetime.datetime) and value.tzinfo is None:
        return value.replace(tzinfo=datetime.UTC)
    return [_public(v) for v in value] if isinstance(value, list) else value
