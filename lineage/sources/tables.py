"""Tables of models in files: CSV, TSV, JSON, JSON lines and Parquet, compressed or not.

Whatever the file is, DuckDB holds it as `raw` for a moment: its own columns as text, nested values as
JSON text, and two more, `problem` and `problem_text`, for records that could not be read. From there
it goes into `spelled`, part by part.
"""

import errno
import json
import os
from collections.abc import Iterable
from pathlib import Path
from typing import TYPE_CHECKING

from lineage.errors import SourceError, UnknownLayout
from lineage.reading.columns import SPELLINGS, Recognised, recognise
from lineage.reading.rows import add_edges, add_part
from lineage.sources.text import MOST_UNPACKED, plain_text, suffix_of

if TYPE_CHECKING:
    from duckdb import DuckDBPyConnection

#: The longest record: the cards of some models hold their whole evaluation.
_LONGEST = 32 * 1024 * 1024

#: More rows than this are not a table of models: the Hub has three million.
MOST_ROWS = 100_000_000


def open_table(con: "DuckDBPyConnection", path: Path, work: Path, also: Iterable[str] = ()) -> tuple[Recognised, int]:
    """Make `raw` of the table in a file; returns which of its columns are understood, and the number of its rows.

    `work` is an existing folder for an unpacked copy; `also`: keys that count as those of a record in JSON, whether
    one of this file has them or not. Raises SourceError where the file is missing, empty,
    damaged, cut short, in no known format, or has no column of model ids.
    """
    import duckdb

    close_table(con, work)
    kind = suffix_of(path)[0]
    if kind == ".parquet":
        recognised = _read_parquet(con, path)
    else:
        text = plain_text(path, work)
        if kind in (".csv", ".tsv"):
            recognised = _read_csv(con, text, path.name, "," if kind == ".csv" else "\t")
        else:
            recognised = _read_json(con, text, path.name, work, also)
    try:
        (rows,) = con.execute("SELECT count(*) FROM raw").fetchall()[0]
    except duckdb.Error as error:
        pass_full_disk(error)
        raise _no_parquet(path.name, error) from None
    return recognised, int(rows)


def add_rows(
    con: "DuckDBPyConnection", recognised: Recognised, path: Path, first: int, last: int, seen_at: str | None = None
) -> None:
    """Append the rows `first` to `last` (from 0, without `last`) of `raw`, the open table of a file.

    They go to `spelled`, or to `edge_row`. `seen_at`: when they were fetched, if that is known. Raises SourceError
    where a Parquet file is damaged there.
    """
    import duckdb

    if suffix_of(path)[0] == ".parquet":
        chosen = f"(SELECT * EXCLUDE (place) FROM raw WHERE place >= {first} AND place < {last})"
    else:
        chosen = f"(SELECT * EXCLUDE (place) FROM raw LIMIT {last - first} OFFSET {first})"
    try:
        if recognised.layout == "edge list":
            add_edges(con, recognised, chosen)
        else:
            add_part(con, recognised, chosen, seen_at)
    except duckdb.Error as error:  # the values of a Parquet file are only read here
        pass_full_disk(error)
        raise _no_parquet(path.name, error) from None


def close_table(con: "DuckDBPyConnection", work: Path) -> None:
    """Forget the table of a file that is open, and its unpacked copy."""
    for name in ("lines", "records"):
        con.execute(f"DROP TABLE IF EXISTS {name} CASCADE")
    for name in ("plain.txt", "lines.jsonl"):
        (work / name).unlink(missing_ok=True)


def pass_full_disk(error: Exception) -> None:
    """Raise again what is no fault of the file: the pipeline says where the disk is full."""
    if any(os.strerror(number) in str(error) for number in (errno.ENOSPC, errno.EDQUOT, errno.EFBIG)):
        raise error


def _no_parquet(name: str, error: Exception) -> SourceError:
    return SourceError(
        f"{name} cannot be read as Parquet: it is damaged, cut short, or something else ({str(error).splitlines()[0]})."
    )


def _literal(path: Path) -> str:
    return "'" + str(path).replace("'", "''") + "'"


def _quoted(column: str) -> str:
    return '"' + column.replace('"', '""') + '"'


def _read_parquet(con: "DuckDBPyConnection", path: Path) -> Recognised:
    import duckdb

    if path.stat().st_size == 0:
        raise SourceError(f"{path.name} is empty. A table has at least a header.")
    try:
        ((rows, size),) = con.execute(
            f"SELECT (SELECT coalesce(max(num_rows), 0) FROM parquet_file_metadata({_literal(path)})), "
            f"(SELECT coalesce(sum(total_uncompressed_size), 0) FROM parquet_metadata({_literal(path)}))"
        ).fetchall()
        if rows > MOST_ROWS or size > MOST_UNPACKED:
            raise SourceError(
                f"{path.name} says that it holds {rows:,} rows and {int(size) >> 20:,} MiB: refused beyond "
                f"{MOST_ROWS:,} rows and {MOST_UNPACKED >> 30} GiB."
            )
        file = f"read_parquet({_literal(path)}"
        described = con.execute(f"DESCRIBE SELECT * FROM {file})").fetchall()
        recognised = recognise([row[0] for row in described])
        types = {row[0]: row[1] for row in described}
        columns = [f"{_as_text(_quoted(c), types[c])} AS {_quoted(c)}" for c in recognised.spelled]
        con.execute(
            f"CREATE OR REPLACE VIEW raw AS SELECT {', '.join(columns)}, NULL::VARCHAR AS problem, "
            f"NULL::VARCHAR AS problem_text, file_row_number AS place FROM {file}, file_row_number = true)"
        )
    except duckdb.Error as error:
        pass_full_disk(error)
        raise _no_parquet(path.name, error) from None
    return recognised


def _as_text(column: str, kind: str) -> str:
    """SQL for a column of any type as text, nested values as JSON."""
    if kind == "BLOB[]":
        column = f"list_transform({column}, lambda b: coalesce(TRY(decode(b)), b::VARCHAR))"
    if kind.endswith("[]") or kind.startswith(("STRUCT", "MAP")):
        return f"CASE WHEN {column} IS NULL THEN NULL ELSE to_json({column})::VARCHAR END"
    if kind == "BLOB":  # text of writers that do not say that it is text
        return f"coalesce(TRY(decode({column})), {column}::VARCHAR)"
    return f"{column}::VARCHAR"


def _read_csv(con: "DuckDBPyConnection", text: Path, name: str, delimiter: str) -> Recognised:
    import csv

    import duckdb

    with text.open(encoding="utf-8", newline="") as file:
        first = file.readline()
        if delimiter == "," and first.count(";") > first.count(","):
            delimiter = ";"  # as spreadsheets of half of Europe write it
        file.seek(0)
        header = [c.strip() for c in next(csv.reader(file, delimiter=delimiter), [])]
        file.seek(0)
        quotes = sum(line.count('"') for line in file)
    if quotes % 2:
        # Everything behind it would be one long cell, and its rows gone without a word.
        raise SourceError(
            f"{name} has a quotation mark that is opened and never closed: it was cut short, or one cell "
            'has a lone ". Write a mark inside a cell twice, or save the table as JSON lines.'
        )
    recognised = recognise(header)
    twice = sorted(c for c in recognised.spelled if header.count(c) > 1)
    if twice:
        raise SourceError(f"{name} has the column {twice[0]!r} twice. Rename or drop one of them.")
    # The reader gets names of our own: headers are empty, or differ only in case, more often than one thinks.
    types = ", ".join(f"'c{i}': 'VARCHAR'" for i in range(len(header)))
    try:
        con.execute(f"""CREATE OR REPLACE TABLE lines AS SELECT * FROM read_csv({_literal(text)}, header = true,
            auto_detect = false, columns = {{{types}}}, delim = '{delimiter}', quote = '"', escape = '"',
            strict_mode = true, parallel = false, max_line_size = {_LONGEST}, store_rejects = true)""")
    except duckdb.Error as error:
        pass_full_disk(error)
        raise SourceError(f"{name} cannot be read as a table: {str(error).splitlines()[0]}.") from None
    columns = ", ".join(f"c{header.index(c)} AS {_quoted(c)}" for c in recognised.spelled)
    nulls = ", ".join("NULL" for _ in recognised.spelled)
    con.execute(f"""CREATE OR REPLACE VIEW raw AS
        SELECT {columns}, NULL::VARCHAR AS problem, NULL::VARCHAR AS problem_text, 0 AS place FROM lines
        UNION ALL
        SELECT {nulls}, 'malformed', any_value(csv_line), 0 FROM reject_errors
        WHERE scan_id = (SELECT max(scan_id) FROM reject_scans) GROUP BY line""")
    return recognised


def _read_json(con: "DuckDBPyConnection", text: Path, name: str, work: Path, also: Iterable[str]) -> Recognised:
    import duckdb

    with text.open(encoding="utf-8") as file:
        head = file.read(65_536).lstrip()
    if head.startswith("["):
        lines = _array_to_lines(text, name, work)
    elif head.startswith("{"):
        lines = text
        _refuse_single_object(text, name)
    else:
        raise SourceError(f"{name} is no list of models: JSON begins with [ or {{, this begins with {head[:20]!r}.")
    try:
        con.execute(f"""CREATE OR REPLACE TABLE records AS SELECT line, coalesce(json_valid(line), false) AS valid
            FROM read_csv({_literal(lines)}, columns = {{'line': 'VARCHAR'}}, header = false, auto_detect = false,
                delim = E'\\x01', quote = '', escape = '', parallel = false, max_line_size = {_LONGEST})
            WHERE trim(line) <> ''""")
    except duckdb.Error as error:
        pass_full_disk(error)
        raise SourceError(f"{name} cannot be read line by line: {str(error).splitlines()[0]}.") from None
    _refuse_cut(con, lines, name)
    _salvage(con)
    con.execute("ALTER TABLE records ADD COLUMN object BOOLEAN")
    con.execute("UPDATE records SET object = valid AND json_type(CASE WHEN valid THEN line END) = 'OBJECT'")
    keys = con.execute(
        "SELECT DISTINCT unnest(json_keys(line)) AS key FROM records WHERE object ORDER BY key"
    ).fetchall()
    recognised = recognise(sorted({k for (k,) in keys}.union(also)))
    # Every spelling that we know is a plain word, so a path made of it needs no quoting. All are taken
    # out in one go: each by itself would read the record once more.
    spelled = recognised.spelled
    paths = ", ".join(f"'$.{c}'" for c in spelled)
    columns = ", ".join(f"found[{i}] AS {_quoted(c)}" for i, c in enumerate(spelled, 1))
    con.execute(f"""CREATE OR REPLACE VIEW raw AS
        SELECT {columns}, NULL::VARCHAR AS problem, NULL::VARCHAR AS problem_text, 0 AS place
        FROM (SELECT json_extract_string(line, [{paths}]) AS found FROM records WHERE valid AND object)
        UNION ALL
        SELECT {", ".join("NULL" for _ in spelled)}, CASE WHEN valid THEN 'not-an-object' ELSE 'malformed' END, line, 0
        FROM records WHERE NOT (valid AND object)""")
    return recognised


def _array_to_lines(text: Path, name: str, work: Path) -> Path:
    """One JSON list as one record a line. Raises SourceError where the list is cut or malformed."""
    try:
        with text.open(encoding="utf-8") as file:
            records = json.load(file, object_pairs_hook=_first_of_each)
    except ValueError as error:
        raise SourceError(
            f"{name} is no complete JSON list ({error}): it was cut short or is damaged. "
            "Download it again, or copy it again."
        ) from None
    except RecursionError:
        raise SourceError(f"{name} is nested too deeply to be a list of models.") from None
    lines = work / "lines.jsonl"
    with lines.open("w", encoding="utf-8", newline="") as out:
        for record in records:
            out.write(_one_line(record) + "\n")
    if not records:
        raise SourceError(f"{name} is an empty list: there is no model in it.")
    return lines


def _first_of_each(pairs: list[tuple[str, object]]) -> dict[str, object]:
    """An object that has a key twice keeps the first, as DuckDB does."""
    first: dict[str, object] = {}
    for key, value in pairs:
        first.setdefault(key, value)
    return first


def _one_line(record: object) -> str:
    """A record as one line of text; half a surrogate pair is valid in JSON's escapes and in no text."""
    line = json.dumps(record, ensure_ascii=False).encode("utf-8", "replace").decode("utf-8")
    return line.replace("\x01", "\\u0001")


def _salvage(con: "DuckDBPyConnection") -> None:
    """Read again, one by one, the lines that DuckDB takes for no JSON; what Python can read is kept."""
    bad = con.execute("SELECT DISTINCT line FROM records WHERE NOT valid").fetchall()
    mended = []
    for (line,) in bad:
        try:
            record = json.loads(line, object_pairs_hook=_first_of_each)
        except (ValueError, RecursionError):
            continue
        mended.append((line, _one_line(record)))
    if mended:
        con.execute("CREATE OR REPLACE TEMP TABLE mended (was VARCHAR, line VARCHAR)")
        con.executemany("INSERT INTO mended VALUES (?, ?)", mended)
        con.execute(
            "UPDATE records SET line = m.line, valid = json_valid(m.line) FROM mended AS m "
            "WHERE NOT valid AND records.line = m.was"
        )


def _refuse_single_object(text: Path, name: str) -> None:
    """A file that holds one object over several lines is no table, and often the Hub's refusal."""
    with text.open(encoding="utf-8") as file:
        first = file.readline(_LONGEST)
    try:
        json.loads(first)
        return
    except RecursionError:
        return
    except ValueError:
        pass
    try:
        with text.open(encoding="utf-8") as file:
            single = json.load(file)
    except (ValueError, RecursionError):
        return
    said = f" It says: {str(single['error'])[:200]!r}." if isinstance(single, dict) and "error" in single else ""
    known = ", ".join(sorted(SPELLINGS["id"]))
    raise UnknownLayout(
        f"{name} holds one JSON object and no list of models.{said} A list begins with [, and each "
        f"model in it has one of {known}."
    )


def _refuse_cut(con: "DuckDBPyConnection", lines: Path, name: str) -> None:
    """A last line without an end that is no JSON means that the file was cut, not that a card is bad."""
    with lines.open("rb") as file:
        file.seek(0, 2)
        size = file.tell()
        file.seek(max(0, size - _LONGEST))
        tail = file.read()
    if tail.endswith((b"\n", b"\r")):
        return
    last = tail.splitlines()[-1].decode("utf-8", "replace")
    if last.strip() and not con.execute("SELECT coalesce(json_valid(?), false)", [last]).fetchall()[0][0]:
        raise SourceError(
            f"{name} ends in the middle of a record: it was cut short. Download it again, or copy it again."
        )
