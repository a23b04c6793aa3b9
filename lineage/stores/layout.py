"""The labels and types of the graph: which table each is filled from, and what its properties are called there.

`graph.tables` fills a store so; `lineage schema` describes it so.
"""

from collections.abc import Mapping
from dataclasses import dataclass

import pyarrow as pa

from lineage import about, cypher
from lineage.schema import TABLES
from lineage.stores.graph import MODEL_COLUMNS, PUBLISHER_COLUMNS


@dataclass(frozen=True, slots=True)
class Kind:
    """A label of nodes, or a type of links."""

    kind: str
    """`node` or `link`."""
    name: str
    table: str
    """Of the snapshot: where its rows are from, and its properties' sentences."""
    columns: Mapping[str, str]
    """Property → column of that table."""
    ends: tuple[str, str] | None = None
    """Of a link: the labels that it goes from and to."""

    @property
    def about(self) -> str:
        """What it is, in the words of the statement that makes its table."""
        return cypher.remark(f"embedded/create_{self.name.lower()}")

    def type(self, name: str) -> str:
        """The type of a property in Cypher's words. Raises KeyError for a property it has not."""
        return cypher_type(TABLES[self.table].field(self.columns[name]).type)

    def says(self, name: str) -> str:
        """What a property says, from `docs/tables.md`. Raises KeyError for a property it has not."""
        return about.columns(self.table)[self.columns[name]]


def _same(*names: str) -> dict[str, str]:
    return {name: name for name in names}


#: In the order in which they are described.
KINDS = (
    Kind("node", "Model", "models", _same(*MODEL_COLUMNS)),
    Kind("node", "Publisher", "publishers",
         {"id": "publisher", **_same(*PUBLISHER_COLUMNS)}),
    Kind("link", "DERIVED_FROM", "edges", _same("relation", "evidence", "basis", "place"), ("Model", "Model")),
    Kind("link", "DESCENDS_FROM", "ancestry", _same("distance"), ("Model", "Model")),
    Kind("link", "PUBLISHED", "models", {}, ("Publisher", "Model")),
)  # fmt: skip


def cypher_type(kind: pa.DataType) -> str:
    """What Cypher calls a type of Arrow: STRING, INTEGER, FLOAT, BOOLEAN, ZONED DATETIME, LIST<…>."""
    if pa.types.is_list(kind):
        return f"LIST<{cypher_type(kind.value_type)}>"
    if pa.types.is_boolean(kind):
        return "BOOLEAN"
    if pa.types.is_integer(kind):
        return "INTEGER"
    if pa.types.is_floating(kind):
        return "FLOAT"
    return "ZONED DATETIME" if pa.types.is_timestamp(kind) else "STRING"
