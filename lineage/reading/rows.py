"""`spelled` (the input's columns as text, under our names) becomes `rows` (typed, one per id), part by part.

A part is as much of the input as fits easily into memory. Each is read by itself, and only what is needed of it is
kept (`model`, `claim`, the tags); rows that share an id wait until all parts are read. Rows in = models + rejected,
always: whatever is wrong with a record is a reason beside it.
"""

import ast
import json
import re
from collections.abc import Iterable, Sequence
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pyarrow as pa

from lineage.ids import SYNTAX
from lineage.reading.columns import SPELLINGS, Recognised

if TYPE_CHECKING:
    from duckdb import DuckDBPyConnection

#: A Python literal longer than this is neither a list of tags nor a card's fields.
_LITERAL_LIMIT = 200_000

#: Columns that hold lists or objects, beside tags and cards.
_NESTED = ("base_models", "config", "siblings", "safetensors", "gguf")

#: A text as Python writes it, and a list of texts as numpy does: blanks and new lines between, and no comma.
_TEXT = re.compile(r"""'(?:[^'\\]|\\.)*'|[\"](?:[^"\\]|\\.)*[\"]""", re.DOTALL)
_ARRAY = re.compile(rf"\[\s*(?:(?:{_TEXT.pattern})\s*)*\]", re.DOTALL)

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
    columns = ", ".join(f"{ours} VARCHAR" for ours in (*SPELLINGS, "listed", "seen_at", "problem", "problem_text"))
    con.execute(f"CREATE OR REPLACE TABLE spelled ({columns})")
    con.execute(
        "CREATE OR REPLACE TABLE edge_row (child VARCHAR, base VARCHAR, relation VARCHAR, undirected BOOLEAN, "
        "problem VARCHAR, problem_text VARCHAR)"
    )


def add_part(
    con: "DuckDBPyConnection",
    recognised: Recognised,
    table: str = "raw",
    seen_at: str | None = None,
    parameters: Sequence[Any] = (),
) -> None:
    """Append some rows of the input to `spelled`: a table of text columns, named as in the input.

    `table` (its name, or a query in brackets) has the columns that were recognised, and `problem` and `problem_text`,
    unless it is a query with `parameters`. `seen_at`: when they were fetched, an ISO time, where it is known.
    """
    chosen = {ours: _expression(recognised.columns[ours]) for ours in recognised.columns if ours in SPELLINGS}
    chosen |= {"seen_at": "?::VARCHAR"} | ({} if parameters else {"problem": "problem", "problem_text": "problem_text"})
    con.execute(
        f"INSERT INTO spelled ({', '.join(chosen)}) SELECT {', '.join(chosen.values())} FROM {table}",
        [seen_at, *parameters],
    )


def add_edges(con: "DuckDBPyConnection", recognised: Recognised, table: str = "raw") -> None:
    """Append some lines of an edge list to `edge_row`; `read_edges` makes rows of it."""
    child, base = (_expression(recognised.columns[c]) for c in ("child", "base"))
    relation = _expression(recognised.columns["relation"]) if "relation" in recognised.columns else "NULL"
    undirected = recognised.columns["child"][0].strip().casefold() == "source"
    con.execute(
        f"INSERT INTO edge_row SELECT {child}, {base}, {relation}, {undirected}, problem, problem_text FROM {table}"
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
    """SQL for the first of the columns that is filled; where none is, for what stands there instead."""
    quoted = ['"' + s.replace('"', '""') + '"' for s in spellings]
    return quoted[0] if len(quoted) == 1 else f"coalesce({', '.join([f'filled({c})' for c in quoted] + quoted)})"


def _read_literals(con: "DuckDBPyConnection") -> None:
    """Fill `literal` with the tag lists and cards that are written as Python writes them; rewrite other such columns.

    Plain lists are rewritten in SQL; this is for those that hold both quotes, an escape or None.
    """
    con.execute("CREATE OR REPLACE TABLE literal (text VARCHAR, json VARCHAR)")
    texts = con.execute(
        "SELECT DISTINCT text FROM (SELECT tags AS text FROM spelled UNION ALL SELECT card FROM spelled) "
        "WHERE text[1] IN ('[', '{') AND NOT json_valid(text) AND NOT json_valid(replace(text, chr(39), chr(34))) "
        f"AND length(text) < {_LITERAL_LIMIT} ORDER BY text"
    ).fetchall()
    read = [(text, _as_json(text, texts_alone=True)) for (text,) in texts]
    _with_literals(con, read, "INSERT INTO literal SELECT text, json FROM read_literal")
    for column in _NESTED:
        texts = con.execute(
            f"SELECT DISTINCT {column} FROM spelled WHERE written_by_python({column}) "
            f"AND length({column}) < {_LITERAL_LIMIT} ORDER BY 1"
        ).fetchall()
        read = [(text, _as_json(text, texts_alone=False)) for (text,) in texts]
        _with_literals(
            con, read, f"UPDATE spelled SET {column} = l.json FROM read_literal AS l WHERE {column} = l.text"
        )


def _with_literals(con: "DuckDBPyConnection", read: list[tuple[str, str | None]], statement: str) -> None:
    """Run a statement on `read_literal` (text, json), the texts that could be read, if there are any."""
    found = [(text, written) for text, written in read if written is not None]
    if found:
        con.register("read_literal", pa.table({"text": [t for t, _ in found], "json": [j for _, j in found]}))
        con.execute(statement)
        con.unregister("read_literal")


def _as_json(text: str, texts_alone: bool) -> str | None:
    """A list or an object that Python, or numpy, wrote, as JSON; None where it is none. `texts_alone`: of a list only
    its texts, for nothing else in it is a tag."""
    try:
        # Python takes texts side by side for one, and numpy puts no comma between them.
        side_by_side = _ARRAY.fullmatch(text)
        value = [ast.literal_eval(one) for one in _TEXT.findall(text)] if side_by_side else ast.literal_eval(text)
        if texts_alone and isinstance(value, list):
            value = [v for v in value if isinstance(v, str)]
        written = json.dumps(value, default=str, ensure_ascii=True)
    except (ValueError, SyntaxError, TypeError, MemoryError, RecursionError):
        return None
    return written if isinstance(value, list | dict) else None


def canonical(text: str) -> str:
    """The same JSON with sorted keys and no blanks, all the way down; anything else as it is. Idempotent."""
    try:
        return json.dumps(json.loads(text), sort_keys=True, separators=(",", ":"), ensure_ascii=False)
    except (ValueError, RecursionError):
        return text


def begin(con: "DuckDBPyConnection") -> None:
    """Say what counts as a value, and make the empty `text_claim`, before the first part is read."""
    con.execute("SET VARIABLE id_syntax = ?", [SYNTAX])
    con.execute("CREATE TABLE text_claim (nr BIGINT, rule VARCHAR, base VARCHAR, relation VARCHAR)")
    con.execute("CREATE TABLE filled (nr BIGINT, name VARCHAR, rows BIGINT)")
    run(con, "values")


def number_part(con: "DuckDBPyConnection", part: int) -> None:
    """Number the rows of the next part (from 0): no part has more than 2^32."""
    con.execute(f"SET VARIABLE first_nr = {part << 32}")


def judge(con: "DuckDBPyConnection") -> None:
    """Make `judged` from `spelled` and `card_read`: typed values, and a reason where a record is no model.

    `judged`: nr (of the row), id, hub_id, hub_key (the Hub's `_id`, null where it is none), downloads,
    downloads_all_time, likes (int64), seen_at, created_at, last_modified (timestamptz), pipeline_tag,
    library_name (text), tags (list of text), card, base_models, config, siblings, safetensors, gguf, listed
    (JSON text), card_problem (text), card_oddities (list of text), reason (null: it is one), unreadable_… (bool).
    """
    _read_literals(con)
    run(con, "rows")


def read_rows(con: "DuckDBPyConnection") -> None:
    """Make `rows` from `spelled`, one part of the input: one row an id, the columns of `judged`.

    Rows with a reason against them go to `refused`, rows that share an id or a key to `contender`; both wait for
    `settle`. `spelled` is gone afterwards.
    """
    judge(con)
    run(con, "set_aside")


def tied_parts(con: "DuckDBPyConnection", cards: pa.Table) -> list[int]:
    """Take back the rows of several parts that share an id or a key; returns the parts that hold them, ascending.

    They are to be read once more, each by `keep_tied` and `read_tied`, and so are those of `cards`: id, readme (text),
    which came after the pages.
    """
    con.register("came_after", cards)
    con.execute("CREATE TABLE card_text AS FROM came_after")
    con.unregister("came_after")
    run(con, "ties")
    return [p for (p,) in con.execute("SELECT DISTINCT nr >> 32 FROM tied ORDER BY 1").fetchall()]


def keep_tied(con: "DuckDBPyConnection") -> None:
    """Of `spelled`, a part that is read once more, keep the rows that were tied, and give them their cards."""
    con.execute("DELETE FROM spelled WHERE getvariable('first_nr') + rowid NOT IN (FROM tied)")
    con.execute(
        "UPDATE spelled SET readme = c.readme FROM card_text AS c "
        "WHERE trim(spelled.id) = c.id AND spelled.readme IS NULL"
    )


def read_tied(con: "DuckDBPyConnection") -> None:
    """Take what is left of `spelled` into `contender`."""
    judge(con)
    con.execute("INSERT INTO contender FROM judged; DROP TABLE judged; DROP TABLE spelled")


def settle(con: "DuckDBPyConnection", recognised: Recognised) -> None:
    """Make `rows` from `contender`: of the rows that share an id or a key, those that stay; with `renamed`, `rejected`.

    `recognised`: what the whole input has. `renamed`: old and new id of one repository, known by its Hub id.
    `rejected`: id, reason, row (as JSON with sorted keys).
    """
    # Of several rows with one id the greatest JSON decides last.
    nested = {"card", "base_models", "config", "siblings", "safetensors", "gguf", "listed"}
    texts = {"downloads", "downloads_all_time", "created_at", "last_modified"}
    kept = {"id", "hub_id", "likes", "pipeline_tag", "library_name", "tags", *nested, *texts}
    has = sorted(recognised.has & kept)
    pairs = ", ".join(
        f"{n} := CASE WHEN json_valid({n}) THEN {n}::JSON END" if n in nested else f"{n} := {n}" for n in has
    )
    written = ", ".join(f"{n} := {n}" for n in sorted(recognised.has & {*kept, "path"}))
    texts_of = con.execute(
        f"SELECT nr, to_json(struct_pack({pairs}))::VARCHAR FROM contender UNION ALL "
        f"SELECT nr, coalesce(problem_text, to_json(struct_pack({written}))::VARCHAR) FROM refused"
    ).fetchall()
    table = pa.table(
        {
            "nr": pa.array([n for n, _ in texts_of], pa.int64()),
            "row": pa.array([canonical(t) for _, t in texts_of], pa.string()),
        }
    )
    con.register("row_text", table)
    run(con, "duplicates")
    con.unregister("row_text")


def take(con: "DuckDBPyConnection", libraries: Iterable[str]) -> None:
    """Take `rows` of one part, with `weights`, `parameters` and `disclosure`, into `model`.

    `libraries`: tags, in small letters, that name a library. `model`: one row a repository, by `nr`, with all that
    it says of itself but its claims and tags.
    """
    con.execute("SET VARIABLE libraries = ?", [sorted(libraries)])
    run(con, "models")


def empty(con: "DuckDBPyConnection") -> frozenset[str]:
    """The columns of `judged` that no row fills with a value that could be read, of those that hold any."""
    return frozenset(n for (n,) in con.execute("SELECT name FROM filled GROUP BY 1 HAVING sum(rows) = 0").fetchall())


def count_rows(con: "DuckDBPyConnection") -> dict[str, int]:
    """`rows_in`, `models`, `rejected`, `unreadable_tags`, `unreadable_cards`, `unreadable_base_models`,
    `unreadable_dates`, when all parts are taken."""
    return dict(zip(_COUNTS, con.execute(sql("row_counts")).fetchall()[0], strict=True))
