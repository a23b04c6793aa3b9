"""A table in columns as records of the Hub: every value is rendered as JSON once, records are joined by page."""

import ast
import json
from collections.abc import Sequence
from functools import cached_property
from typing import TYPE_CHECKING, Any

import pyarrow as pa

from tests.hub.names import COLUMNS, COUNTS, IDS, LEFT_OUT_WHEN_NULL, NESTED, ORDER, READMES, SWITCHES, TIMES
from tests.hub.values import sort_value

if TYPE_CHECKING:
    from duckdb import DuckDBPyConnection

#: The fields of a card that people keep as columns of their own.
_CARD_FIELDS = ("base_model", "base_model_relation", "license", "quantized_by")


class Columns:
    """A table of models in columns. Fields that it lacks are never sent.

    No `_id` is made up where the table has none: it is the key by which renames are recognised, and a
    crawl must give the tables that the table itself gives.
    """

    def __init__(self, con: "DuckDBPyConnection") -> None:
        """Render the view `file` of `con`, row by row in its order."""
        con.execute("SET TimeZone = 'UTC'")
        kinds = {name: kind for name, kind, *_ in con.execute("DESCRIBE file").fetchall()}
        chosen = _fields(kinds)
        if "id" not in chosen:
            raise ValueError(f"No column holds model ids; the columns are {', '.join(kinds)}.")
        readme = next((c for c in READMES if c in kinds), None)
        texts = [f"{sql} AS {_quoted(name)}" for name, sql in chosen.items()]
        texts += [f"{_quoted(readme)}::VARCHAR AS readme"] if readme else []
        table = con.sql(f"SELECT {', '.join(texts)} FROM file").to_arrow_table()
        self._readmes = table.column("readme").to_pylist() if readme else None
        self._json: dict[str, Any] = {}
        for name in sorted(chosen, key=ORDER.index):
            column = table.column(name).cast(pa.large_string())
            self._json[name] = _literals(column) if name in ("tags", "cardData") else column
        self._json = {n: c.cast(pa.large_binary()).combine_chunks() for n, c in self._json.items()}
        self._rows: int = table.num_rows

    def __len__(self) -> int:
        return self._rows

    @cached_property
    def ids(self) -> list[Any]:
        """The id of each row."""
        return self.values("id")

    @cached_property
    def hub_ids(self) -> list[Any]:
        """The `_id` of each row, None where it has none."""
        return self.values("_id")

    def values(self, name: str) -> list[Any]:
        """The value of a field for each row, None where it is null or absent."""
        if name not in self._json:
            return [None] * self._rows
        return [None if text is None else json.loads(text) for text in self._json[name].to_pylist()]

    def sort_values(self, name: str) -> list[int | float | None]:
        """What a row is sorted by, see `sort_value`."""
        return [sort_value(name, value) for value in self.values(name)]

    def fills(self, name: str) -> bool:
        """Whether the table has this field."""
        return name in self._json

    def readmes(self) -> dict[str, str]:
        """The text of each card, by id."""
        if self._readmes is None:
            return {}
        return {i: text for i, text in zip(self.ids, self._readmes, strict=True) if text is not None}

    def render(self, rows: Sequence[int], names: frozenset[str] | None) -> list[bytes]:
        """The records of these rows as JSON, with these fields alone."""
        index = pa.array(rows, pa.int64())
        chosen = [n for n in self._json if names is None or n in names]
        keys = [f"{json.dumps(n)}:".encode() for n in chosen]
        columns = [self._json[n].take(index).to_pylist() for n in chosen]
        return [
            b"{" + b",".join([k + v for k, v in zip(keys, row, strict=True) if v is not None]) + b"}"
            for row in zip(*columns, strict=True)
        ]


def _quoted(name: str) -> str:
    return '"' + name.replace('"', '""') + '"'


def _fields(kinds: dict[str, str]) -> dict[str, str]:
    """The Hub's name → SQL of its value as JSON text; null where it is not sent."""
    found: dict[str, str] = {}
    ids = [f"nullif({_quoted(c)}::VARCHAR, '')" for c in IDS if c in kinds]
    if ids:
        found["id"] = found["modelId"] = f"coalesce(to_json(coalesce({', '.join(ids)}))::VARCHAR, 'null')"
    for name, spellings in COLUMNS.items():
        texts = [_as_json(name, _quoted(c), kinds[c]) for c in spellings if c in kinds]
        if name == "cardData" and any(c in kinds for c in _CARD_FIELDS):
            texts.append(_card(kinds))
        if texts:
            last = () if name in LEFT_OUT_WHEN_NULL else ("'null'",)
            found[name] = f"coalesce({', '.join((*texts, *last))})" if len(texts) + len(last) > 1 else texts[0]
    return found


def _as_json(name: str, column: str, kind: str) -> str:
    """SQL for a column as JSON text, null for null."""
    if kind == "BLOB":  # text of writers that do not say that it is text
        column, kind = f"coalesce(TRY(decode({column})), {column}::VARCHAR)", "VARCHAR"
    text = f"to_json({column})::VARCHAR"
    if name in TIMES:
        return _time(column, kind, text)
    if kind in ("DOUBLE", "FLOAT"):
        return f"CASE WHEN isfinite({column}) THEN {text} END"
    if kind != "VARCHAR":
        return text
    if name in NESTED:
        # DuckDB takes more for JSON than JSON is: NaN stays a text, and commas too many are taken out.
        return rf"""CASE
            WHEN lower(trim({column})) IN ('null', '') THEN NULL
            WHEN NOT regexp_matches({column}, '^\s*[\[{{]') OR NOT json_valid({column})
                OR regexp_matches({column}, '(?i)[:\[,]\s*-?(nan|inf(inity)?)\s*[,\]}}]') THEN {text}
            WHEN regexp_matches({column}, ',\s*[\]}}]') THEN json({column})::VARCHAR
            ELSE {column} END"""
    if name in COUNTS:
        return rf"CASE WHEN regexp_full_match({column}, '(0|[1-9]\d*)(\.\d+)?') THEN {column} ELSE {text} END"
    if name in SWITCHES:
        return f"CASE WHEN lower({column}) IN ('true', 'false') THEN lower({column}) ELSE {text} END"
    return text


def _time(column: str, kind: str, text: str) -> str:
    """SQL for a time as the Hub writes it: milliseconds, or microseconds where there are any."""
    if kind.startswith(("TIMESTAMP", "DATE")):
        time = f"{column}::TIMESTAMPTZ"
    elif kind == "VARCHAR":
        time = rf"CASE WHEN regexp_matches({column}, '^\s*\d{{4}}-') THEN try_cast({column} AS TIMESTAMPTZ) END"
    else:
        return text
    return f"""CASE WHEN {time} IS NULL OR NOT isfinite({time}) THEN {text}
        ELSE '"' || strftime({time}, CASE WHEN epoch_us({time}) % 1000 = 0
            THEN '%Y-%m-%dT%H:%M:%S.%gZ' ELSE '%Y-%m-%dT%H:%M:%S.%fZ' END) || '"' END"""


def _card(kinds: dict[str, str]) -> str:
    """SQL for a card made of the columns in which people keep its fields; null where all are null."""
    parts = []
    for name in (c for c in _CARD_FIELDS if c in kinds):
        column = _quoted(name)
        value = _as_json("tags", column, kinds[name])
        if kinds[name] == "VARCHAR":  # a list as Python writes it
            turned = f"replace({column}, chr(39), chr(34))"
            value = f"CASE WHEN {column} LIKE '[%' AND json_valid({turned}) THEN {turned} ELSE {value} END"
        parts.append(f"'\"{name}\":' || {value}")
    return f"CASE WHEN coalesce({', '.join(parts)}) IS NOT NULL THEN '{{' || concat_ws(',', {', '.join(parts)}) || '}}' END"


def _literals(column: Any) -> Any:
    """The column with lists and objects that are written as Python writes them, in JSON."""
    import pyarrow.compute as pc

    odd = pc.match_substring_regex(column, r'^"\s*[\[{]')
    if not pc.any(odd).as_py():
        return column
    return pa.chunked_array([pa.array([_literal(t) for t in column.to_pylist()], pa.large_string())])


def _literal(text: str | None) -> str | None:
    if text is None or not text.startswith('"'):
        return text
    try:
        value = ast.literal_eval(json.loads(text))
        if isinstance(value, list):
            return json.dumps([v for v in value if isinstance(v, str)])
        return json.dumps(value, allow_nan=False) if isinstance(value, dict) else text
    except (ValueError, SyntaxError, TypeError, MemoryError, RecursionError):
        return text
