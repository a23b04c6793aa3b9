"""Whatever is served as a table: a file, an Arrow table, or a list of records."""

import io
import json
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any, Protocol, TypeAlias

import pyarrow as pa

from tests.hub.columns import Columns
from tests.hub.lines import Lines, elements

#: A path, an Arrow table, or records: dicts, or the text of one.
Source: TypeAlias = str | Path | pa.Table | Sequence[dict[str, Any] | str]

_LONGEST = 32 * 1024 * 1024


class Table(Protocol):
    """Rows that can be rendered as records of the Hub."""

    @property
    def ids(self) -> list[Any]: ...

    @property
    def hub_ids(self) -> list[Any]: ...

    def __len__(self) -> int: ...

    def values(self, name: str) -> list[Any]: ...

    def sort_values(self, name: str) -> list[int | float | None]: ...

    def fills(self, name: str) -> bool: ...

    def readmes(self) -> dict[str, str]: ...

    def render(self, rows: Sequence[int], names: frozenset[str] | None) -> list[bytes]: ...


def open_table(source: Source) -> Table:
    """Read what is to be served.

    Parquet and CSV are rendered in the Hub's spelling; JSON is passed through as it is. Raises
    ValueError for a file of another kind or without ids, FileNotFoundError where there is none.
    """
    if isinstance(source, pa.Table):
        import duckdb

        with duckdb.connect() as con:
            con.register("file", source)
            return Columns(con)
    if not isinstance(source, str | Path):
        texts = (r if isinstance(r, str) else json.dumps(r, separators=(",", ":")) for r in source)
        return Lines(text.encode("utf-8", "surrogateescape") for text in texts)
    path = Path(source)
    if not path.is_file():
        raise FileNotFoundError(f"There is no file {path}.")
    kind = [s.lower() for s in path.suffixes if s.lower() not in (".gz", ".zst")][-1:]
    if kind == [".parquet"]:
        return _in_columns(f"read_parquet({_literal(path)})")
    if kind in ([".csv"], [".tsv"]):
        delimiter = "\\t" if kind == [".tsv"] else ","
        return _in_columns(
            f"read_csv({_literal(path)}, all_varchar = true, header = true, delim = E'{delimiter}', quote = '\"', "
            f"escape = '\"', max_line_size = {_LONGEST})"
        )
    if kind in ([".jsonl"], [".ndjson"]):
        with _opened(path) as file:
            return Lines(_lines(file))
    if kind == [".json"]:
        with _opened(path) as file:
            return Lines(elements(file.read().decode("utf-8-sig", "surrogateescape")))
    raise ValueError(
        f"{path.name} has none of the endings .parquet .csv .tsv .jsonl .json, with or without .gz or .zst."
    )


def _literal(path: Path) -> str:
    return "'" + str(path).replace("'", "''") + "'"


def _in_columns(read: str) -> Table:
    import duckdb

    with duckdb.connect() as con:
        try:
            con.execute(f"CREATE VIEW file AS SELECT * FROM {read}")
            return Columns(con)
        except duckdb.Error as error:
            raise ValueError(str(error).splitlines()[0]) from None


def _opened(path: Path) -> Any:
    packing = {".gz": "gzip", ".zst": "zstd"}.get(path.suffix.lower())
    return io.BufferedReader(pa.input_stream(str(path), compression=packing), 1 << 20)


def _lines(file: Any) -> Iterator[bytes]:
    for line in file:
        text = line.strip()
        if text:
            yield text
