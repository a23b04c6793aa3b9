"""`lineage schema`: what the graph holds, label by label and property by property, from either store.

What the embedded graph holds is what a snapshot's tables give it, so its rows are counted there: a second for the
whole Hub, and no graph need be built. A Neo4j is asked itself.
"""

import datetime
from collections.abc import Callable, Iterable, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pyarrow as pa

from lineage import cypher
from lineage.errors import SnapshotError
from lineage.parquet import sha256_of
from lineage.snapshot import Snapshot
from lineage.stores.layout import KINDS, Kind

if TYPE_CHECKING:
    from duckdb import DuckDBPyConnection

#: Examples are looked for in so many nodes or links, and cut after so many characters.
LOOKED, LONGEST = 500, 60

#: Seconds that a server may take for counting: it has to pass everything it holds.
TIMEOUT = 300.0

#: Properties by which loads tell changed rows; nobody's data.
_OWN = frozenset({"row_hash"})

_SCHEMA = pa.schema(
    [("kind", pa.string()), ("name", pa.string()), ("property", pa.string()), ("type", pa.string()),
     ("count", pa.int64()), ("example", pa.list_(pa.string())), ("about", pa.string())]
)  # fmt: skip

#: The rows at the head of a label or type, or of those of its rows that have a property.
Head = Callable[[str | None], list[Mapping[str, Any]]]


def describe(snapshot: Snapshot) -> pa.Table:
    """One row for each label and type that a store of the snapshot has, and one for each property.

    Columns: kind (node or link), name, property (null: the row of the label or type itself), type (Cypher's word; of a
    type of links the labels it joins), count (int64: nodes or links, or those where the property is not null),
    example (list of string: the first value A–Z by the model's id and the first other one, of the first LOOKED nodes or
    links, or of the first LOOKED that have the property), about. Raises SnapshotError where a table is missing or
    damaged.
    """
    import duckdb

    rows: list[dict[str, Any]] = []
    with duckdb.connect() as database:
        for name, column in _OPENED.items():
            next(snapshot.blocks(name, [column]))
            file = snapshot.folder / f"{name}.parquet"
            # DuckDB looks at no checksum of a page, and nearly all is read: a quarter of a second for the whole Hub.
            if sha256_of(file) != snapshot.manifest["tables"][name]:
                raise SnapshotError(
                    f"The table {name} of the snapshot {snapshot.name} is damaged. Build it again, with --force."
                )
            path = str(file).replace("'", "''")
            database.execute(f"CREATE VIEW {name} AS FROM read_parquet('{path}', file_row_number = true)")
        try:
            for kind in KINDS:
                types = {name: kind.type(name) for name in kind.columns}
                rows += _rows(kind, _counts(database, kind), types, _head(database, kind))
        except duckdb.Error as error:
            raise SnapshotError(
                f"A table of the snapshot {snapshot.name} cannot be read ({str(error).splitlines()[0]}). "
                "`lineage doctor` says which; build it again, with --force."
            ) from None
    return pa.Table.from_pylist(rows, schema=_SCHEMA)


#: The tables it is counted from, each with a small column.
_OPENED = {"models": "stub", "publishers": "touched", "edges": "basis", "ancestry": "distance"}

#: Which rows of its table a label or type is made of: as in `graph.tables`.
_HELD = {
    "Model": "models WHERE (basis IS NULL OR basis = 'declared')",
    "Publisher": "publishers WHERE touched",
    "DERIVED_FROM": "edges WHERE basis = 'declared'",
    "DESCENDS_FROM": "ancestry WHERE true",
    "PUBLISHED": "models SEMI JOIN (SELECT file_row_number AS publisher_row FROM publishers WHERE touched) USING "
    "(publisher_row) WHERE (basis IS NULL OR basis = 'declared')",
}

#: The ids a link joins, as columns.
_ENDS = {
    "DERIVED_FROM": ("child", "base"),
    "DESCENDS_FROM": ("model", "ancestor"),
    "PUBLISHED": ("publisher", "id"),
}


def _counts(database: "DuckDBPyConnection", kind: Kind) -> dict[str | None, int]:
    """How many there are, under None, and how many have each property."""
    columns = "".join(f', count("{column}")' for column in kind.columns.values())
    found = database.execute(f"SELECT count(*){columns} FROM {_HELD[kind.name]}").fetchall()[0]
    return dict(zip([None, *kind.columns], found, strict=True))


def _head(database: "DuckDBPyConnection", kind: Kind) -> Head:
    named = {name: f'"{column}" AS "{name}"' for name, column in kind.columns.items()}
    ends = [f"{column} AS {name}" for name, column in zip(("child_", "base_"), _ENDS.get(kind.name, ()), strict=False)]
    # The files lie in the order that is wanted, so that their first rows are all that is read; a join may lose it.
    order = " ORDER BY file_row_number" if kind.name == "PUBLISHED" else ""

    def head(name: str | None) -> list[Mapping[str, Any]]:
        only = "" if name is None else f' AND "{kind.columns[name]}" IS NOT NULL'
        columns = [*named.values(), *ends] if name is None else [named[name]]
        chosen = f"SELECT {', '.join(columns)} FROM {_HELD[kind.name]}{only}{order} LIMIT {LOOKED if named else 2}"
        rows: list[Mapping[str, Any]] = database.sql(chosen).to_arrow_table().to_pylist()
        return rows

    return head


def describe_server(
    uri: str, *, timeout: float | None = None, insecure: bool = False, local_home: Path | None = None
) -> pa.Table:
    """The rows of `describe`, of what a Neo4j server holds: the same where it holds the snapshot's graph.

    A property of ours that it has nowhere counts 0; labels, types and properties that are not ours come after ours,
    without a sentence. `timeout`: seconds for each statement, else TIMEOUT. Raises as `neo4j.connected` does.
    """
    from lineage.stores import neo4j, values

    timeout = TIMEOUT if timeout is None else timeout
    with neo4j.connected(uri, insecure=insecure, local_home=local_home, timeout=timeout) as (driver, where):
        module = neo4j.neo4j_module()
        with driver.session(database=where.database, default_access_mode=module.READ_ACCESS) as session:

            def read(statement: str, **params: Any) -> list[dict[str, Any]]:
                query = module.Query(cypher.statement(f"neo4j/{statement}"), timeout=timeout)
                return [values.plain(record.data()) for record in session.run(query, params)]

            rows: list[dict[str, Any]] = []
            for of in ("node", "link"):
                found = read(f"schema_{of}s")
                for kind in _kinds(of, found):
                    counts, types = _counted(kind, found)

                    def head(name: str | None, of: str = of, kind: Kind = kind) -> list[Mapping[str, Any]]:
                        by_base = kind.name == "PUBLISHED"
                        asked = read(
                            f"schema_{of}_examples", name=kind.name, property=name, rows=LOOKED, by_base=by_base
                        )
                        return [{**row["row"], "child_": row.get("child"), "base_": row.get("base")} for row in asked]

                    rows += _rows(kind, counts, types, head)
    return pa.Table.from_pylist(rows, schema=_SCHEMA)


def _kinds(of: str, found: Sequence[Mapping[str, Any]]) -> list[Kind]:
    """Our labels or types, then those that only the server has, A–Z."""
    ours = [kind for kind in KINDS if kind.kind == of]
    known = {kind.name for kind in ours}
    own = [row for row in found if row["property"] is None and row["name"] not in known]
    ends = [(row["child"] or "", row["base"] or "") if of == "link" else None for row in own]
    return ours + [Kind(of, row["name"], "", {}, pair) for row, pair in zip(own, ends, strict=True)]


def _counted(kind: Kind, found: Sequence[Mapping[str, Any]]) -> tuple[dict[str | None, int], dict[str, str]]:
    """How many the server has of a label or type and of each property, and what type these are of there."""
    here = {row["property"]: row for row in found if row["name"] == kind.name and row["property"] not in _OWN}
    names = [*kind.columns, *sorted(name for name in here if name is not None and name not in kind.columns)]
    counts: dict[str | None, int] = {name: here[name]["count"] if name in here else 0 for name in (None, *names)}
    types = {
        name: " | ".join(sorted({said.replace(" NOT NULL", "") for said in here[name]["types"]}))
        if name in here
        else kind.type(name)
        for name in names
    }
    return counts, types


def _rows(
    kind: Kind, counts: Mapping[str | None, int], types: Mapping[str, str], head: Head
) -> Iterable[dict[str, Any]]:
    first = head(None) if counts[None] else []
    # Whose nodes have no id are somebody else's, and still counted.
    own = [f"{row['child_']} → {row['base_']}" if kind.ends else row.get("id") for row in first]
    ours = kind in KINDS
    for name, count in counts.items():
        looked = own if name is None else [row.get(name) for row in first]
        if name is not None and count and all(value is None for value in looked):
            looked = [row.get(name) for row in head(name)]
        yield {
            "kind": kind.kind,
            "name": kind.name,
            "property": name,
            "type": types[name] if name is not None else " → ".join(kind.ends) if kind.ends else None,
            "count": count,
            "example": _examples(looked),
            "about": None if not ours or (name is not None and name not in kind.columns)
            else kind.about if name is None else kind.says(name),
        }  # fmt: skip


def _examples(values: Iterable[Any]) -> list[str] | None:
    """The first value and the first other one, as text; None where there is none."""
    found: list[str] = []
    for value in values:
        if value is not None and (text := _text(value)) not in found:
            found.append(text)
        if len(found) == 2:
            break
    return [text if len(text) <= LONGEST else text[: LONGEST - 1] + "…" for text in found] or None


def _text(value: Any) -> str:
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, datetime.datetime):
        return value.astimezone(datetime.UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
    return f"[{', '.join(_text(item) for item in value)}]" if isinstance(value, list) else str(value)
