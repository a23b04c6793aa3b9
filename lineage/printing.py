"""Rows become text: the same table in seven formats, for people, pipes and programs.

Data goes to stdout or a file, everything else to stderr. Names come from strangers: control
characters never reach a terminal, and cells that a spreadsheet would run can be disarmed.
"""

import csv
import io
import json
import math
import re
import shutil
import sys
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from decimal import Decimal
from pathlib import Path
from typing import IO, Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from lineage.errors import UsageError
from lineage.screen import aligned, cell, people, right, spelled, visible
from lineage.spreadsheet import FORMULA
from lineage.target import write_text, write_whole

FORMATS = ("table", "json", "jsonl", "csv", "tsv", "markdown", "parquet")

#: What a file's ending says about the format wanted.
SUFFIXES = {
    ".json": "json",
    ".jsonl": "jsonl",
    ".csv": "csv",
    ".tsv": "tsv",
    ".md": "markdown",
    ".parquet": "parquet",
    ".txt": "table",
}

#: A statement names its own columns, as `m.id` or `count(*)`.
_WHERE = re.compile(r"^\s*([^!=<>~]+?)\s*(!=|>=|<=|=|>|<|~)\s*(.*?)\s*$")


@dataclass(frozen=True, slots=True)
class Output:
    """What a person asked of the rows."""

    format: str | None = None
    path: Path | None = None
    fields: tuple[str, ...] = ()
    sort: str | None = None
    where: tuple[str, ...] = ()
    limit: int | None = None
    ids: bool = False
    quiet: bool = False
    safe_csv: bool = False
    envelope: Mapping[str, Any] = field(default_factory=dict)
    """For `json`: command, snapshot, options."""


class LeftOut(str):
    """The remark that there are more rows than are shown; who tells that otherwise knows it by its type."""

    __slots__ = ()

    @classmethod
    def of(cls, shown: int, total: int) -> "LeftOut":
        """The remark on `shown` rows of `total`."""
        return cls(f"showing {shown:,} of {total:,}; --all shows all, --limit N some")


def arrange(table: pa.Table, output: Output) -> tuple[pa.Table, int]:
    """The rows asked for (where, sort, limit, fields) and how many there were before the limit.

    Raises UsageError for a field that is not there, with those that are.
    """
    for condition in output.where:
        table = table.filter(_condition(table, condition))
    total = table.num_rows
    if output.sort:
        table = _sorted(table, output.sort, output.limit)
    elif output.limit is not None:
        table = table.slice(0, output.limit)
    if output.fields:
        for name in output.fields:
            _known(table, name)
        table = table.select(list(output.fields))
    return table, total


def _known(table: pa.Table, name: str) -> None:
    if name not in table.column_names:
        raise UsageError(f"There is no field {name!r} here. There are: {', '.join(table.column_names)}.")


def _condition(table: pa.Table, text: str) -> pa.ChunkedArray:
    found = _WHERE.match(text)
    if not found:
        raise UsageError(
            f"--where takes a condition like downloads>=1000, relation=quantized or id~llama; {text!r} is none."
        )
    name, sign, wanted = found.groups()
    _known(table, name)
    column = table.column(name)
    if sign == "~":
        return pc.match_substring(pc.cast(column, pa.string()), wanted, ignore_case=True).fill_null(False)
    try:
        value = pa.scalar(wanted).cast(column.type) if not pa.types.is_list(column.type) else None
    except pa.ArrowInvalid:
        value = None
    if value is None:
        raise UsageError(f"{wanted!r} cannot be compared with the field {name}.")
    compare = {
        "=": pc.equal,
        "!=": pc.not_equal,
        ">": pc.greater,
        "<": pc.less,
        ">=": pc.greater_equal,
        "<=": pc.less_equal,
    }
    return compare[sign](column, value).fill_null(False)


def _sorted(table: pa.Table, sort: str, limit: int | None = None) -> pa.Table:
    """The rows in the order of `sort`, or the `limit` first of them."""
    name, _, order = sort.partition(":")
    _known(table, name)
    kind = table.column(name).type
    if pa.types.is_nested(kind):
        raise UsageError(f"The field {name} is a list and has no order.")
    if order not in ("", "asc", "desc"):
        raise UsageError(f"--sort takes a field, and asc or desc after a colon, like {name}:desc.")
    # Numbers largest first, words A–Z, unless said otherwise; equal rows stay in their order.
    down = order == "desc" or (not order and (pa.types.is_integer(kind) or pa.types.is_floating(kind)))
    place = pa.array(np.arange(table.num_rows))
    keyed = pa.table({"key": table.column(name), "place": place})
    keys = [("key", "descending" if down else "ascending"), ("place", "ascending")]
    return table.take(pc.sort_indices(keyed, sort_keys=keys)[:limit])


def emit(table: pa.Table, output: Output) -> None:
    """Print or write the rows. Raises UsageError where the format or a field does not fit."""
    table, total = arrange(table, output)
    path = None if output.path is None or str(output.path) == "-" else output.path
    kind = output.format
    if path is not None and path.is_dir():
        raise UsageError(f"{path} is a folder; -o takes the name of a file.")
    if kind is None and path is not None:
        kind = SUFFIXES.get(path.suffix.lower())
        if kind is None:
            endings = " ".join(SUFFIXES)
            raise UsageError(f"The ending of {path.name} names no format. Known are {endings}; or add --format.")
    if kind is None:
        kind = "table" if path is None and sys.stdout.isatty() else "tsv"
    if output.ids:
        table, kind = _only_ids(table), "tsv"
    if kind == "parquet":
        if path is None:
            raise UsageError("--format parquet needs a file: add -o FILE.parquet.")
        write_whole(path, lambda file: _write_parquet(table, file))
    else:
        if kind == "table":
            text, left_out, cut = for_screen(table, output) if path is None else aligned(table, rows_of(table))
        else:
            text, left_out, cut = render(table, kind, output), [], []
        if left_out and not output.quiet:
            print(f"too narrow for {', '.join(left_out)}; --fields chooses, -o FILE has all", file=sys.stderr)
        if cut and not output.quiet:
            print(f"long texts cut in {', '.join(cut)}; --format tsv has them whole", file=sys.stderr)
        # What goes to a spreadsheet: rows in CSV, and a file of TSV, for in a pipe that is what programs get.
        if kind == "csv" or (kind == "tsv" and path is not None):
            armed = [] if output.safe_csv or output.quiet else formulas(table)
            if armed:
                said = "some look like formulas, which a spreadsheet would run; --safe-csv disarms them"
                print(f"texts in {', '.join(map(visible, armed))}: {said}", file=sys.stderr)
        if path is None:
            sys.stdout.write(text)
        else:
            write_text(path, text)
    if table.num_rows < total and not output.quiet:
        print(LeftOut.of(table.num_rows, total), file=sys.stderr)


def formulas(table: pa.Table) -> list[str]:
    """The columns with a text that a spreadsheet could run."""

    def texts(column: Any) -> Any:
        while pa.types.is_list(column.type):
            column = pc.list_flatten(column)
        return column

    columns = ((name, texts(column)) for name, column in zip(table.column_names, table.columns, strict=True))
    return [
        name
        for name, column in columns
        if pa.types.is_string(column.type) and pc.any(pc.match_substring_regex(column, FORMULA)).as_py()
    ]


def for_screen(table: pa.Table, output: Output) -> tuple[str, list[str], list[str]]:
    """The table for where stdout goes, the columns that do not fit there, and those with texts that are cut."""
    snapshot, asked = output.envelope.get("snapshot"), output.envelope.get("options") or {}
    of = {}
    if isinstance(snapshot, dict):
        of = {"snapshot": snapshot["name"]} | {
            n: asked[n] for n in ("window", "basis") if isinstance(asked.get(n), str)
        }
        of["taken_at"] = snapshot["taken_at"]
    width = shutil.get_terminal_size().columns if sys.stdout.isatty() else None
    return aligned(table, rows_of(table), width, of)


def _only_ids(table: pa.Table) -> pa.Table:
    for name in ("id", "key", "name", "publisher", "rule"):
        if name in table.column_names:
            return table.select([name]).filter(table.column(name).is_valid())
    raise UsageError("These rows have no ids to print; leave --ids away.")


def _write_parquet(table: pa.Table, file: IO[bytes]) -> None:
    import pyarrow.parquet as pq

    pq.write_table(table.combine_chunks(), file, compression="zstd", write_page_checksum=True)


def render(table: pa.Table, kind: str, output: Output) -> str:
    """The rows as text in one of `FORMATS` but parquet."""
    rows = rows_of(table)
    if kind == "json":
        whole = {"schema": 1, **output.envelope, "rows": rows}
        return spelled(json.dumps(whole, ensure_ascii=False, indent=1, allow_nan=False)) + "\n"
    if kind == "jsonl":
        return "".join(spelled(json.dumps(row, ensure_ascii=False)) + "\n" for row in rows)
    if kind == "csv":
        return _csv(table.column_names, rows, output.safe_csv)
    if kind == "tsv":
        body = ([cell(v, output.safe_csv) for v in row.values()] for row in rows)
        # A statement names its own columns, so a head is a text like another.
        head = [cell(name, output.safe_csv) for name in table.column_names]
        lines = (head if not output.ids else None, *body)
        return "".join("\t".join(line) + "\n" for line in lines if line is not None)
    if kind == "markdown":
        return _markdown(table, rows)
    if kind == "table":
        return aligned(table, rows)[0]
    raise UsageError(f"There is no format {kind!r}. There are: {', '.join(FORMATS)}.")


def rows_of(table: pa.Table) -> list[dict[str, Any]]:
    """The rows as `--format json` has them: times as text, whole numbers as integers, no NaN."""
    return [{name: _plain(value) for name, value in row.items()} for row in table.to_pylist()]


def _plain(value: Any) -> Any:
    """A value as JSON has it: times as ISO text in UTC, no NaN."""
    if value is None or type(value) in (str, int):  # nearly all, and there may be a million
        return value
    if isinstance(value, datetime):
        return value.isoformat(timespec="auto").replace("+00:00", "Z")
    if isinstance(value, float) and not math.isfinite(value):
        return None
    if isinstance(value, Decimal):
        return int(value) if value == value.to_integral_value() else float(value)
    if isinstance(value, list):
        return [_plain(v) for v in value]
    if isinstance(value, dict):
        return {k: _plain(v) for k, v in value.items()}
    return value if isinstance(value, str | int | float | bool | None) else str(value)


def _csv(names: list[str], rows: Iterable[Mapping[str, Any]], safe: bool) -> str:
    out = io.StringIO()
    writer = csv.writer(out, lineterminator="\n")
    writer.writerow([cell(name, safe, lines=True) for name in names])
    writer.writerows([cell(v, safe, lines=True) for v in row.values()] for row in rows)
    return out.getvalue()


def _markdown(table: pa.Table, rows: list[dict[str, Any]]) -> str:
    # `&` would begin an entity, `$` a formula; an address becomes a link by itself where its colon is not taken away.
    def escaped(text: str) -> str:
        return re.sub(r"([\\`*_\[\]<>|#~&$]|:(?=//)|(?<=www)\.)", r"\\\1", text)

    heads = [escaped(n) for n in table.column_names]
    rule = ["---:" if right(f.type) else "---" for f in table.schema]
    lines = [heads, rule, *([escaped(people(n, v)) for n, v in row.items()] for row in rows)]
    return "".join("| " + " | ".join(line) + " |\n" for line in lines)
