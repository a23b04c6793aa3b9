"""A raw table in any known layout becomes `rows` (typed, one per id) and `rejected`.

Rows in = rows + rejected, always: whatever is wrong with a record is a reason beside it.
"""

import ast
import json
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING

import pyarrow as pa

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
    "base_model": ("base_model", "baseModel"),
    "base_model_relation": ("base_model_relation",),
    "license": ("license", "licence"),
}

#: Fields of a card that people's own tables have as columns; a row's `cardData`, where it has one, wins.
CARD_FIELDS = ("base_model", "base_model_relation", "license")

#: Any of these can name a base.
NAMING_A_BASE = ("tags", "card", "base_models", "config")

#: A Python list literal longer than this is not a list of tags.
_LITERAL_LIMIT = 200_000


@dataclass(frozen=True, slots=True)
class Recognised:
    """What was understood of a table's columns."""

    columns: dict[str, tuple[str, ...]]
    """Our column → the columns of the input that spell it, best first; a row takes the first that it fills."""
    ignored: tuple[str, ...]
    """Columns of the input that nothing here reads, A–Z."""

    @property
    def has(self) -> frozenset[str]:
        """Our columns that the input fills; a field of the card counts as the card."""
        return frozenset("card" if c in CARD_FIELDS else c for c in self.columns)

    @property
    def spelled(self) -> tuple[str, ...]:
        """All columns of the input that are read."""
        return tuple(dict.fromkeys(c for spellings in self.columns.values() for c in spellings))


@cache
def sql(name: str) -> str:
    """The text of a `.sql` file beside this module."""
    return (Path(__file__).parent / f"{name}.sql").read_text(encoding="utf-8")


def recognise(columns: list[str]) -> Recognised:
    """Which of our columns a table with these columns has.

    Raises SourceError when nothing in it can be a model id.
    """
    found = {
        ours: present
        for ours, spellings in SPELLINGS.items()
        if (present := tuple(s for s in spellings if s in columns))
    }
    if "id" not in found:
        listed = ", ".join(columns[:12]) + (" …" if len(columns) > 12 else "")
        raise SourceError(
            "No column holds model ids: one of modelId, model_id, id or repo_id is needed. "
            f"The columns are: {listed or 'none'}."
        )
    used = {s for present in found.values() for s in present}
    return Recognised(found, tuple(sorted(c for c in columns if c not in used)))


def _expression(spellings: tuple[str, ...]) -> str:
    """SQL for the first of the columns that is filled."""
    quoted = ['"' + s.replace('"', '""') + '"' for s in spellings]
    return quoted[0] if len(quoted) == 1 else f"coalesce({', '.join(quoted)})"


def _read_literals(con: "DuckDBPyConnection") -> None:
    """Fill `literal` with the tag lists that are written as Python lists with mixed quotes.

    Plain ones are rewritten in SQL; this is for those that hold both quotes, an escape or None.
    """
    con.execute("CREATE OR REPLACE TABLE literal (text VARCHAR, list VARCHAR)")
    texts = con.execute(
        "SELECT DISTINCT tags FROM spelled WHERE NOT json_valid(tags) AND tags LIKE '[%' "
        f"AND NOT json_valid(replace(tags, chr(39), chr(34))) AND length(tags) < {_LITERAL_LIMIT}"
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


def _canonical(text: str) -> str:
    """The same JSON with sorted keys and no blanks, all the way down."""
    try:
        return json.dumps(json.loads(text), sort_keys=True, separators=(",", ":"), ensure_ascii=False)
    except (ValueError, RecursionError):
        return text


def read_rows(con: "DuckDBPyConnection", recognised: Recognised) -> dict[str, int]:
    """Make the tables `rows` and `rejected` from `raw`.

    `raw`: the input's own columns as text, nested values as JSON text, and `problem`, `problem_text`
    for records that could not be read at all.
    `rows`: one per id; id, hub_id, downloads, downloads_all_time, likes (int64), created_at,
    last_modified (timestamptz), pipeline_tag, library_name (text), tags (list of text), card,
    base_models, config, siblings (JSON text). `rejected`: id, reason, row.
    Returns counts: `rows_in`, `models`, `rejected`, `unreadable_tags`, `unreadable_cards`,
    `unreadable_base_models`, `unreadable_dates`.
    """
    read = {ours: _expression(spellings) for ours, spellings in recognised.columns.items()}
    select = ", ".join(f"{read.get(ours, 'NULL::VARCHAR')} AS {ours}" for ours in SPELLINGS)
    con.execute(f"CREATE OR REPLACE VIEW spelled AS SELECT {select}, problem, problem_text FROM raw")
    _read_literals(con)
    con.execute("SET VARIABLE id_syntax = ?", [SYNTAX])
    _run(con, "rows")
    # Of several rows with one id the greatest JSON decides last; a rejected row is kept as it was written,
    # so that the reason can be seen in it. Only those are written as JSON: all would double the time.
    nested = {"card", "base_models", "config", "siblings"}
    texts = {"downloads", "downloads_all_time", "created_at", "last_modified"}
    has = sorted(recognised.has)
    pairs = ", ".join(f"{n} := {n}::JSON" if n in nested else f"{n} := {n}" for n in has)
    written = ", ".join(f"{n} := {n}_text" if n in texts else f"{n} := {n}" for n in has)
    tied = con.execute(
        f"SELECT nr, to_json(struct_pack({pairs}))::VARCHAR FROM judged "
        "WHERE reason IS NULL AND id IN (SELECT id FROM judged WHERE reason IS NULL GROUP BY id HAVING count(*) > 1) "
        f"UNION ALL SELECT nr, coalesce(problem_text, to_json(struct_pack({written}))::VARCHAR) FROM judged "
        "WHERE reason IS NOT NULL"
    ).fetchall()
    table = pa.table(
        {
            "nr": pa.array([n for n, _ in tied], pa.int64()),
            "row": pa.array([_canonical(t) for _, t in tied], pa.string()),
        }
    )
    con.register("row_text", table)
    _run(con, "duplicates")
    con.unregister("row_text")
    counts = con.execute(sql("row_counts")).fetchall()[0]
    names = (
        "rows_in",
        "models",
        "rejected",
        "unreadable_tags",
        "unreadable_cards",
        "unreadable_base_models",
        "unreadable_dates",
    )
    return dict(zip(names, counts, strict=True))


def _run(con: "DuckDBPyConnection", name: str) -> None:
    for statement in sql(name).split(";\n"):
        if statement.strip():
            con.execute(statement)
