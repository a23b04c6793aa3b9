"""`spelled` (the input's columns as text, under our names) becomes `rows` (typed, one per id) and `rejected`.

Rows in = rows + rejected, always: whatever is wrong with a record is a reason beside it.
"""

import ast
import json
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING

import pyarrow as pa

from lineage.ids import SYNTAX
from lineage.reading.columns import SPELLINGS, Recognised

if TYPE_CHECKING:
    from duckdb import DuckDBPyConnection

#: A Python literal longer than this is neither a list of tags nor a card's fields.
_LITERAL_LIMIT = 200_000

#: What is counted, in the order of `row_counts.sql`.
_COUNTS = (
    "rows_in",
    "models",
    "rejected",
    "unreadable_tags",
    "unreadable_cards",
    "unreadable_base_models",
    "unreadable_dates",
)


@cache
def sql(name: str) -> str:
    """The text of a `.sql` file beside this module."""
    return (Path(__file__).parent / f"{name}.sql").read_text(encoding="utf-8")


def run(con: "DuckDBPyConnection", name: str) -> None:
    """Run the statements of a `.sql` file beside this module."""
    con.execute(sql(name))


def create_spelled(con: "DuckDBPyConnection") -> None:
    """Make the empty tables `spelled` (our columns as text, `problem` and `problem_text`) and `edge_row`."""
    columns = ", ".join(f"{ours} VARCHAR" for ours in (*SPELLINGS, "listed", "problem", "problem_text"))
    con.execute(f"CREATE OR REPLACE TABLE spelled ({columns})")
    con.execute(
        "CREATE OR REPLACE TABLE edge_row (child VARCHAR, base VARCHAR, relation VARCHAR, undirected BOOLEAN, "
        "problem VARCHAR, problem_text VARCHAR)"
    )


def add_part(con: "DuckDBPyConnection", recognised: Recognised, table: str = "raw", limit: int | None = None) -> None:
    """Append one part of the input to `spelled`: a table of text columns, named as in the input.

    `table` has the columns that were recognised, `problem` and `problem_text`. At most `limit` rows.
    """
    chosen = [ours for ours in recognised.columns if ours in SPELLINGS]
    read = [_expression(recognised.columns[ours]) for ours in chosen]
    most = "" if limit is None else f" LIMIT {int(limit)}"
    con.execute(
        f"INSERT INTO spelled ({', '.join([*chosen, 'problem', 'problem_text'])}) "
        f"SELECT {', '.join([*read, 'problem', 'problem_text'])} FROM {table}{most}"
    )


def add_edges(con: "DuckDBPyConnection", recognised: Recognised, table: str = "raw", limit: int | None = None) -> None:
    """Append one part of an edge list to `edge_row`; `read_edges` makes rows of it."""
    child, base = (_expression(recognised.columns[c]) for c in ("child", "base"))
    relation = _expression(recognised.columns["relation"]) if "relation" in recognised.columns else "NULL"
    undirected = recognised.columns["child"][0].strip().casefold() == "source"
    most = "" if limit is None else f" LIMIT {int(limit)}"
    con.execute(
        f"INSERT INTO edge_row SELECT {child}, {base}, {relation}, {undirected}, problem, problem_text "
        f"FROM {table}{most}"
    )


def read_edges(con: "DuckDBPyConnection") -> tuple[int, bool]:
    """Make rows of `spelled` from `edge_row`, one per child.

    Returns how many edges there were, and whether columns source and target were read as base and child.
    """
    (edges,) = con.execute("SELECT count(*) FROM edge_row").fetchall()[0]
    run(con, "edge_list")
    (turned,) = con.execute(
        "SELECT coalesce(bool_or(undirected AND bases >= children), false) FROM edge_row, sides"
    ).fetchall()[0]
    con.execute("DROP TABLE edge_row")
    return int(edges), bool(turned)


def _expression(spellings: tuple[str, ...]) -> str:
    """SQL for the first of the columns that is filled."""
    quoted = ['"' + s.replace('"', '""') + '"' for s in spellings]
    return quoted[0] if len(quoted) == 1 else f"coalesce({', '.join(quoted)})"


def _read_literals(con: "DuckDBPyConnection") -> None:
    """Fill `literal` with the tag lists and cards that are written as Python writes them.

    Plain lists are rewritten in SQL; this is for those that hold both quotes, an escape or None.
    """
    con.execute("CREATE OR REPLACE TABLE literal (text VARCHAR, json VARCHAR)")
    texts = con.execute(
        "SELECT DISTINCT text FROM (SELECT tags AS text FROM spelled UNION ALL SELECT card FROM spelled) "
        "WHERE text[1] IN ('[', '{') AND NOT json_valid(text) AND NOT json_valid(replace(text, chr(39), chr(34))) "
        f"AND length(text) < {_LITERAL_LIMIT} ORDER BY text"
    ).fetchall()
    read = []
    for (text,) in texts:
        try:
            value = ast.literal_eval(text)
            if isinstance(value, list):
                value = [v for v in value if isinstance(v, str)]
            written = json.dumps(value, default=str, ensure_ascii=True)
        except (ValueError, SyntaxError, TypeError, MemoryError, RecursionError):
            continue
        if isinstance(value, list | dict):
            read.append((text, written))
    if read:
        con.register("read_literal", pa.table({"text": [t for t, _ in read], "json": [j for _, j in read]}))
        con.execute("INSERT INTO literal SELECT text, json FROM read_literal")
        con.unregister("read_literal")


def canonical(text: str) -> str:
    """The same JSON with sorted keys and no blanks, all the way down; anything else as it is. Idempotent."""
    try:
        return json.dumps(json.loads(text), sort_keys=True, separators=(",", ":"), ensure_ascii=False)
    except (ValueError, RecursionError):
        return text


def read_rows(con: "DuckDBPyConnection", recognised: Recognised) -> dict[str, int]:
    """Make the tables `rows`, `renamed` and `rejected` from `spelled` and `card_read`.

    `card_read`: nr (row of `spelled`), fields (a card's front matter as JSON text), problem, oddities.
    `rows`: one per id; id, hub_id, downloads, downloads_all_time, likes (int64), created_at,
    last_modified (timestamptz), pipeline_tag, library_name (text), tags (list of text), card,
    base_models, config, siblings, safetensors, gguf, listed (JSON text), card_problem (text),
    card_oddities (list of text), nr. `renamed`: old and new id of one repository, known by its Hub id.
    `rejected`: id, reason, row.
    Returns counts: `rows_in`, `models`, `rejected`, `unreadable_tags`, `unreadable_cards`,
    `unreadable_base_models`, `unreadable_dates`. `spelled` is gone afterwards.
    """
    _read_literals(con)
    con.execute("SET VARIABLE id_syntax = ?", [SYNTAX])
    run(con, "rows")
    # Of several rows with one id the greatest JSON decides last; a rejected row is kept as it was written,
    # so that the reason can be seen in it. Only those are written as JSON: all would double the time.
    nested = {"card", "base_models", "config", "siblings", "safetensors", "gguf", "listed"}
    texts = {"downloads", "downloads_all_time", "created_at", "last_modified"}
    kept = {"id", "hub_id", "likes", "pipeline_tag", "library_name", "tags", *nested, *texts}
    has = sorted(recognised.has & kept)
    pairs = ", ".join(f"{n} := {n}::JSON" if n in nested else f"{n} := {n}" for n in has)
    written = ", ".join(f"{n} := s.{n}" for n in sorted(recognised.has & {*kept, "readme", "path"} - {"readme"}))
    tied = con.execute(
        f"SELECT nr, to_json(struct_pack({pairs}))::VARCHAR FROM judged WHERE reason IS NULL AND (id IN "
        "(SELECT id FROM judged WHERE reason IS NULL GROUP BY id HAVING count(*) > 1) OR hub_key IN "
        "(SELECT hub_key FROM judged WHERE reason IS NULL AND hub_key IS NOT NULL GROUP BY 1 HAVING count(*) > 1)) "
        f"UNION ALL SELECT j.nr, coalesce(s.problem_text, to_json(struct_pack({written}))::VARCHAR) "
        "FROM judged AS j JOIN spelled AS s ON s.rowid = j.nr WHERE j.reason IS NOT NULL"
    ).fetchall()
    table = pa.table(
        {
            "nr": pa.array([n for n, _ in tied], pa.int64()),
            "row": pa.array([canonical(t) for _, t in tied], pa.string()),
        }
    )
    con.register("row_text", table)
    run(con, "duplicates")
    con.unregister("row_text")
    counts = con.execute(sql("row_counts")).fetchall()[0]
    con.execute("DROP TABLE spelled")
    return dict(zip(_COUNTS, counts, strict=True))
