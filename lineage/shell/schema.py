"""What the graph holds, for `:schema` and for completion: labels, types and properties."""

from functools import cache
from typing import Any

import pyarrow as pa

from lineage.errors import LineageError
from lineage.stores.ask import Asker

#: Names of properties that are words of the language as well, and are written in backticks.
_WORDS = frozenset({"full", "split", "primary"})


@cache
def held() -> dict[str, tuple[str, str, tuple[str, ...]]]:
    """By the name of each label and type: `label` or `type`, what a type joins (`Model to Model`), and the
    properties, spelled as a statement has to."""
    from lineage.stores.layout import KINDS

    found = {}
    for each in KINDS:
        names = tuple(f"`{c}`" if c in _WORDS else c for c in each.columns)
        found[each.name] = ("type" if each.ends else "label", " to ".join(each.ends or ()), names)
    return dict(sorted(found.items(), key=lambda item: (item[1][0], item[0])))


def schema_rows(session: Any, on: str | None, insecure: bool) -> pa.Table:
    """One row a label or type: kind, name, joins, properties (strings), count (int64), as the graph has them now: of
    the session's embedded graph, or of the one at `on`. `lineage schema` in short."""
    rows: list[dict[str, Any]] = []
    for row in session.table("schema", on=on, insecure=insecure).to_pylist():
        if row["property"] is None:
            joins = row["type"] if row["kind"] == "link" else None
            rows.append(
                {"kind": row["kind"], "name": row["name"], "joins": joins, "count": row["count"], "properties": ""}
            )
        else:
            rows[-1]["properties"] += f"{', ' if rows[-1]['properties'] else ''}{row['property']}"
    return pa.Table.from_pylist(rows)


def also_there(on: str | None, asker: Asker) -> tuple[tuple[str, ...], tuple[str, ...], tuple[str, ...]]:
    """Labels, types and properties of a server beyond what we load there; nothing where it is not to be asked."""
    if on is None:
        return (), (), ()
    asked = (("db.labels", "label"), ("db.relationshipTypes", "relationshipType"), ("db.propertyKeys", "propertyKey"))
    found = []
    for procedure, column in asked:
        try:
            names = asker.run(f"CALL {procedure}() YIELD {column} RETURN {column}", {}, timeout=5.0).column(column)
        except LineageError:  # completion is a help, and says nothing of its own troubles
            return (), (), ()
        found.append(tuple(sorted(str(n) for n in names.to_pylist())))
    return found[0], found[1], found[2]
