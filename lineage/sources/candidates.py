"""Whose cards are asked for: models that name no base where the list of models would say it.

They are found in the pages of a crawl, some at a time, by DuckDB; a page that it cannot read goes record by record.
Only ids and downloads are held.
"""

import json
import tempfile
from collections.abc import Iterator
from functools import cache
from itertools import groupby
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pyarrow as pa

from lineage import reference
from lineage.ids import SYNTAX
from lineage.sources.kept import Kept
from lineage.sources.pages import LONGEST
from lineage.sources.tables import pass_full_disk

if TYPE_CHECKING:
    from duckdb import DuckDBPyConnection

#: Pages that are read at once: of the Hub some 60 MB of text.
_AT_ONCE = 50

#: The fields of a record that are looked at.
_FIELDS = (
    "id", "modelId", "_id", "downloads", "lastModified", "tags", "library_name", "cardData", "baseModels", "config",
    "gated", "disabled", "private",
)  # fmt: skip


def candidates(kept: Kept, which: str, most: int, asked: list[Path]) -> tuple[list[str], int]:
    """The ids of `most` models at most whose cards are to be asked for, and of how many they are the first.

    `kept`: a finished crawl. `which`: `all` are the models without a declared base that are not
    gated, disabled or private, `missing` those of them whose name, tags or library say that they derive. `asked`:
    files of cards that are here. By downloads, the largest first; ties A–Z.
    """
    import duckdb

    with tempfile.TemporaryDirectory(prefix="lineage-") as work, duckdb.connect() as con:
        con.execute("SET temp_directory = '" + work.replace("'", "''") + "'")
        _prepare(con, which, asked)
        for files, seen_at, later, most_records in _readings(kept):
            _add(con, files, seen_at, later, most_records)
        con.execute(_sql("candidates_chosen"))
        (count,) = con.execute("SELECT count(*) FROM candidate").fetchall()[0]
        # The collation is binary: by code point.
        first = con.execute("SELECT id FROM candidate ORDER BY downloads DESC, id LIMIT ?", [max(0, most)]).fetchall()
    return [id for (id,) in first], int(count)


@cache
def _sql(name: str) -> str:
    return (Path(__file__).parent / f"{name}.sql").read_text(encoding="utf-8")


@cache
def deriving() -> frozenset[str]:
    """Tags and libraries, in small letters, that say that a model was made from another."""
    formats = (f.pattern.lower() for f in reference.formats() if f.quantized and f.where in ("tag", "library"))
    return reference.derived_tags() | frozenset(formats)


@cache
def quantizer_end() -> str:
    """A regular expression for ids that end in a suffix of quantizers."""
    patterns = "|".join(f.pattern for f in reference.formats() if f.quantized and f.where == "suffix")
    # A name is more than a suffix.
    return f"(?is)[^/](?:{patterns})$"


def _prepare(con: "DuckDBPyConnection", which: str, asked: list[Path]) -> None:
    con.execute("SET VARIABLE id_syntax = ?", [SYNTAX])
    con.execute("SET VARIABLE deriving = ?", [sorted(deriving())])
    con.execute("SET VARIABLE quantizer_end = ?", [quantizer_end()])
    con.execute('SET VARIABLE "all" = ?', [which == "all"])
    con.execute(
        "CREATE TABLE seen (id VARCHAR, hub_id VARCHAR, downloads BIGINT, seen_at VARCHAR, last_modified VARCHAR, "
        "wanted BOOLEAN)"
    )
    con.execute("CREATE TABLE asked (id VARCHAR)")
    if asked:
        reading = "read_json(?, format = 'newline_delimited', columns = {'id': 'VARCHAR'}, maximum_object_size = ?)"
        con.execute(f"INSERT INTO asked SELECT id FROM {reading}", [[str(file) for file in asked], LONGEST])


def _readings(kept: Kept) -> Iterator[tuple[list[Path], str, bool, int | None]]:
    """Pages that are read at once; when they were seen; whether they tell what has changed; how many records count.

    The last page of a crawl with a limit holds more than that: those are not built, so their cards are of no use.
    """
    base = int((kept.head["since"] or {}).get("pages", 0))
    limit = kept.head["limit"]
    read = 0
    whole: list[tuple[Path, str, bool]] = []
    cut: tuple[list[Path], str, bool, int | None] | None = None
    for number, page in enumerate(kept.pages):
        file, seen_at, later = kept.folder / page["file"], str(page["seen_at"]), 0 < base <= number
        if limit is not None and read + page["records"] > limit:
            cut = ([file], seen_at, later, limit - read)
            break
        read += page["records"]
        whole.append((file, seen_at, later))
    for (seen_at, later), run in groupby(whole, key=lambda w: w[1:]):
        files = [file for file, _, _ in run]
        for first in range(0, len(files), _AT_ONCE):
            yield files[first : first + _AT_ONCE], seen_at, later, None
    if cut:
        yield cut


def _add(con: "DuckDBPyConnection", files: list[Path], seen_at: str, later: bool, most: int | None) -> None:
    """Add to `seen` what pages hold, or the first `most` records of one."""
    import duckdb

    if most is not None:
        _add_one(con, files[0], seen_at, later, most)
        return
    columns = ", ".join(f"'{name}': 'VARCHAR'" for name in _FIELDS)
    names = ", ".join("'" + str(file).replace("'", "''") + "'" for file in files)
    reading = f"read_json([{names}], format = 'array', columns = {{{columns}}}, maximum_object_size = {LONGEST})"
    try:
        _take(con, reading, seen_at, later)
    except duckdb.OutOfMemoryException:
        raise
    except duckdb.Error as error:
        pass_full_disk(error)
        if len(files) == 1:
            _add_one(con, files[0], seen_at, later)
            return
        for half in (files[: len(files) // 2], files[len(files) // 2 :]):
            _add(con, half, seen_at, later, None)


def _add_one(con: "DuckDBPyConnection", file: Path, seen_at: str, later: bool, most: int | None = None) -> None:
    """The same record by record, for half a surrogate pair, a record that is no object and the like."""
    with pa.input_stream(str(file), compression="zstd") as text:
        body = text.read()
    # Numbers stay text: nobody counts here, and one of 5,000 digits is no number to Python.
    found = json.loads(body, object_pairs_hook=_first_of_each, parse_int=str, parse_float=str)
    records = [record for record in found[:most] if isinstance(record, dict)]
    table = pa.table({name: pa.array([_text(r.get(name)) for r in records], pa.string()) for name in _FIELDS})
    con.register("page_table", table)
    _take(con, "page_table", seen_at, later)
    con.unregister("page_table")


def _take(con: "DuckDBPyConnection", table: str, seen_at: str, later: bool) -> None:
    shown = "'" + seen_at.replace("'", "''") + "'"
    con.execute(
        f"CREATE OR REPLACE TEMP VIEW page_record AS SELECT *, {shown} AS seen_at, {later} AS later FROM {table}"
    )
    con.execute(_sql("candidates"))


def _first_of_each(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    """An object that has a key twice keeps the first, as DuckDB does."""
    first: dict[str, Any] = {}
    for key, value in pairs:
        first.setdefault(key, value)
    return first


def _text(value: Any) -> str | None:
    """A value as DuckDB reads it into a column of text: texts as they are, all else as JSON."""
    if value is None or isinstance(value, str):
        said = value
    else:
        said = json.dumps(value, ensure_ascii=False)
    return said if said is None else said.encode("utf-8", "replace").decode("utf-8")
