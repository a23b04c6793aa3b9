"""A raw table in any known layout becomes `rows` (typed, one per id) and `rejected`.

Rows in = rows + rejected, always: whatever is wrong with a record is a reason beside it.
"""

import ast
import json
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING

from lineage.errors import SourceError
from lineage.ids import SYNTAX

if TYPE_CHECKING:
    from duckdb import DuckDBPyConnection

#: Our column → the spellings that public tables use for it, best first.
SPELLINGS: dict[str, tuple[str, ...]] = {
    "id": ("modelId", "model_id", "id", "repo_id"),
    "hub_id": ("_id", "hub_id"),
    "downloads": ("downloads",),
    "downloads_all_time": ("downloadsAllTime", "downloads_all_time"),
    "likes": ("likes",),
    "created_at": ("createdAt", "created_at"),
    "last_modified": ("lastModified", "last_modified"),
    "pipeline_tag": ("pipeline_tag", "pipelineTag"),
    "library_name": ("library_name", "libraryName"),
    "tags": ("tags",),
    "card": ("cardData", "card_data"),
    "base_models": ("baseModels", "base_models"),
    "config": ("config",),
    "siblings": ("siblings",),
}

#: A Python list literal longer than this is not a list of tags.
_LITERAL_LIMIT = 200_000


@dataclass(frozen=True, slots=True)
class Recognised:
    """What was understood of a table's columns."""

    columns: dict[str, str]
    """Our column → the column of the input."""
    ignored: tuple[str, ...]
    """Columns of the input that nothing here reads, A–Z."""


@cache
def sql(name: str) -> str:
    """The text of a `.sql` file beside this module."""
    return (Path(__file__).parent / f"{name}.sql").read_text(encoding="utf-8")


def recognise(columns: list[str]) -> Recognised:
    """Which of our columns a table with these columns has.

    Raises SourceError when nothing in it can be a model id.
    """
    found = {
        ours: next(s for s in spellings if s in columns)
        for ours, spellings in SPELLINGS.items()
        if any(s in columns for s in spellings)
    }
    if "id" not in found:
        listed = ", ".join(columns[:12]) + (" …" if len(columns) > 12 else "")
        raise SourceError(
            "No column holds model ids: one of modelId, model_id, id or repo_id is needed. "
            f"The columns are: {listed or 'none'}."
        )
    used = set(found.values())
    return Recognised(found, tuple(sorted(c for c in columns if c not in used)))


def _read_literals(con: "DuckDBPyConnection", column: str) -> None:
    """Fill `literal` with the tag lists that are written as Python lists with mixed quotes.

    Plain ones are rewritten in SQL; this is for those that hold both quotes or an escape.
    """
    con.execute("CREATE OR REPLACE TABLE literal (text VARCHAR, list VARCHAR)")
    texts = con.execute(
        f"SELECT DISTINCT {column} FROM raw WHERE NOT json_valid({column}) AND {column} LIKE '[%' "
        f"AND (contains({column}, '\"') OR contains({column}, '\\')) AND length({column}) < {_LITERAL_LIMIT}"
    ).fetchall()
    read = []
    for (text,) in texts:
        try:
            value = ast.literal_eval(text)
        except (ValueError, SyntaxError, MemoryError, RecursionError):
            continue
        if isinstance(value, list):
            read.append((text, json.dumps([v for v in value if isinstance(v, str)])))
    if read:
        con.executemany("INSERT INTO literal VALUES (?, ?)", read)


def read_rows(con: "DuckDBPyConnection", recognised: Recognised) -> dict[str, int]:
    """Make the tables `rows` and `rejected` from `raw`.

    `raw`: the input's own columns as text, nested values as JSON text, and `problem`, `problem_text`
    for records that could not be read at all.
    `rows`: one per id; id, hub_id, downloads, downloads_all_time, likes (int64), created_at,
    last_modified (timestamptz), pipeline_tag, library_name (text), tags (list of text), card,
    base_models, config, siblings (JSON text). `rejected`: id, reason, row.
    Returns counts: `rows_in`, `models`, `rejected`, `unreadable_tags`, `unreadable_cards`,
    `unreadable_dates`.
    """
    quoted = {ours: '"' + theirs.replace('"', '""') + '"' for ours, theirs in recognised.columns.items()}
    select = ", ".join(f"{quoted.get(ours, 'NULL::VARCHAR')} AS {ours}" for ours in SPELLINGS)
    con.execute(f"CREATE OR REPLACE VIEW spelled AS SELECT {select}, problem, problem_text FROM raw")
    _read_literals(con, quoted.get("tags", "NULL::VARCHAR"))
    con.execute("SET VARIABLE id_syntax = ?", [SYNTAX])
    # The JSON of a row, which decides between rows with one id, has sorted keys and only those that exist.
    pairs = ", ".join(f"{ours} := {ours}" for ours in sorted(recognised.columns))
    for statement in sql("rows").replace("/*pairs*/", pairs).split(";\n"):
        if statement.strip():
            con.execute(statement)
    row = con.execute(sql("row_counts")).fetchall()[0]
    names = ("rows_in", "models", "rejected", "unreadable_tags", "unreadable_cards", "unreadable_dates")
    return dict(zip(names, row, strict=True))
