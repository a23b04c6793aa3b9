"""Records as the Hub sends them, as many as it has, around a synthetic graph: what a build is measured on.

    python benchmarks/hub_records.py GRAPH_FOLDER OUT [--form parquet|pages|jsonl] [--rows N]

GRAPH_FOLDER holds models.parquet (idx from 0, id, author, relation, downloads, likes, created_at, task,
library; a base is nearly always older than what was made from it) and edges.parquet (child, parent: idx).
OUT is a Parquet file with the columns of the public daily tables of the Hub, or a folder of pages of
1,000 records (NNNNNN.json.zst), or JSON lines (zstd). Beside it goes OUT.truth.parquet: child, base,
relation, places (list of text: where the record says it; empty where nothing does).

About one record in a hundred is odd, and one base in a hundred is written as people write them. The same
graph gives the same records in every form and on every run; typed columns just cannot hold every oddity.
"""

import argparse
import time
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pyarrow as pa
import pyarrow.parquet as pq

if TYPE_CHECKING:
    from duckdb import DuckDBPyConnection

#: Rows of the graph made at once; also a row group.
_CHUNK = 100_000

#: Records of a page, as the Hub serves them.
_PAGE = 1_000

#: What helps to order and to explain a record, and is no part of it.
_OURS = ("nr", "odd", "copy")


def truth_of(source: Path) -> Path:
    """Where the truth about the records in `source` lies."""
    return source.with_name(f"{source.name}.truth.parquet")


def prepare(con: "DuckDBPyConnection", graph: Path, rows: int | None) -> int:
    """Make the views of `hub_records.sql` over the first `rows` models of a graph; returns how many there are."""
    most = 2**62 if rows is None else rows
    for name, condition in (("model", f"idx < {most}"), ("edge", f"child < {most} AND parent < {most}")):
        path = str(graph / f"{name}s.parquet").replace("'", "''")
        con.execute(f"CREATE OR REPLACE VIEW graph_{name} AS SELECT * FROM read_parquet('{path}') WHERE {condition}")
    con.execute(Path(__file__).with_suffix(".sql").read_text(encoding="utf-8"))
    (found,) = con.execute("SELECT count(*) FROM model").fetchall()[0]
    return int(found)


def chunks(con: "DuckDBPyConnection", view: str, columns: str, rows: int) -> Iterator[pa.Table]:
    """The view in order, `_CHUNK` rows of the graph at a time."""
    for first in range(0, rows, _CHUNK):
        con.execute(f"SET VARIABLE first = {first}")
        con.execute(f"SET VARIABLE last = {min(first + _CHUNK, rows)}")
        yield con.sql(f"SELECT {columns} FROM {view} ORDER BY ALL").to_arrow_table()


def write_parquet(tables: Iterator[pa.Table], out: Path) -> int:
    """One Parquet file, a row group for each table; returns its rows."""
    written, writer = 0, None
    for table in tables:
        table = table.select([c for c in table.column_names if c not in _OURS])
        writer = writer or pq.ParquetWriter(out, table.schema, compression="zstd")
        writer.write_table(table, row_group_size=2 * _CHUNK)
        written += table.num_rows
    if writer:
        writer.close()
    return written


def write_lines(tables: Iterator[pa.Table], out: Path) -> int:
    """One compressed file of JSON lines; returns its lines."""
    written = 0
    with pa.output_stream(str(out), compression="zstd") as stream:
        for table in tables:
            stream.write("".join(f"{line}\n" for line in table.column("record").to_pylist()).encode())
            written += table.num_rows
    return written


def write_pages(tables: Iterator[pa.Table], out: Path) -> int:
    """A folder of pages, each a JSON list of `_PAGE` records, numbered from 0; returns the records."""
    out.mkdir(parents=True, exist_ok=True)
    waiting: list[str] = []
    written = page = 0

    def turn(records: list[str]) -> None:
        with pa.output_stream(str(out / f"{page:06d}.json.zst"), compression="zstd") as stream:
            stream.write(f"[{','.join(records)}]".encode())

    for table in tables:
        waiting += table.column("record").to_pylist()
        written += table.num_rows
        while len(waiting) >= _PAGE:
            turn(waiting[:_PAGE])
            waiting, page = waiting[_PAGE:], page + 1
    if waiting:
        turn(waiting)
    return written


#: A form, the view it takes, and the columns that put a chunk in order: those come first.
_FORMS: dict[str, tuple[Any, str, str]] = {
    "parquet": (write_parquet, "typed", "nr, copy, * EXCLUDE (nr, copy)"),
    "jsonl": (write_lines, "line", "nr, copy, record"),
    "pages": (write_pages, "line", "nr, copy, record"),
}


def main() -> None:
    parser = argparse.ArgumentParser(description="Hub-shaped records around a synthetic graph.")
    parser.add_argument("graph", type=Path)
    parser.add_argument("out", type=Path)
    parser.add_argument("--form", choices=sorted(_FORMS), default="parquet")
    parser.add_argument("--rows", type=int)
    given = parser.parse_args()
    import duckdb

    began = time.perf_counter()
    given.out.parent.mkdir(parents=True, exist_ok=True)
    write, view, columns = _FORMS[given.form]
    with duckdb.connect() as con:
        rows = prepare(con, given.graph, given.rows)
        written = write(chunks(con, view, columns, rows), given.out)
        con.execute(f"SET VARIABLE first = 0; SET VARIABLE last = {rows}")
        truth = con.sql("SELECT * FROM truth ORDER BY child, base").to_arrow_table()
        pq.write_table(truth, truth_of(given.out), compression="zstd")
        said = sum(map(bool, truth.column("places").to_pylist()))
    print(
        f"{written:,} records of {rows:,} models in {time.perf_counter() - began:.1f} s; "
        f"{truth.num_rows:,} edges, {said:,} of them said somewhere"
    )


if __name__ == "__main__":
    main()
