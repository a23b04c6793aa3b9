"""A snapshot as the files that `neo4j-admin database import full` takes, and the arguments that go with them.

One `.csv` a label and type with a header beside it, in the form and with the values of a load over Bolt:
the graph that comes out is the same. What `lineage load --offline` and `lineage export` write.
"""

import hashlib
import json
import shlex
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc

from lineage.errors import StoreError
from lineage.stores import batches
from lineage.stores.jars import Progress

#: How the tool calls the types of columns.
_TYPES = ((pa.types.is_boolean, "boolean"), (pa.types.is_integer, "long"), (pa.types.is_floating, "double"))

#: What may stand between the values of a list: the first that is in none of them.
_BETWEEN = ("\x1e", "\x1f", "\x1d", "\x1c", "\x02", "\x03")

#: Label or type of a stage, and the label of each key.
NAMES = {
    "models": ("Model", "Model"),
    "publishers": ("Publisher", "Publisher"),
    "derived_from": ("DERIVED_FROM", "Model", "Model"),
    "descends_from": ("DESCENDS_FROM", "Model", "Model"),
    "published": ("PUBLISHED", "Publisher", "Model"),
}

_ROWS = 100_000


@dataclass(frozen=True, slots=True)
class Files:
    """What was written: `arguments` for the tool, with paths relative to the folder, and how much it is."""

    arguments: tuple[str, ...]
    names: tuple[str, ...]
    nodes: int
    edges: int


def write(stages: list[batches.Stage], folder: Path, tell: Progress) -> Files:
    """Write the files into `folder`, which is there. Raises StoreError where a list cannot be written."""
    between = _between(stages)
    arguments = [f"--array-delimiter=U+{ord(between):04X}", "--id-type=string", "--bad-tolerance=0"]
    names: list[str] = []
    total, done, lines = sum(stage.table.num_rows for stage in stages), 0, False
    for stage in stages:
        name, *ends = NAMES[stage.name]
        header, rows = f"{stage.name}.header.csv", f"{stage.name}.csv"
        (folder / header).write_text(_header(stage, ends), encoding="utf-8")
        with (folder / rows).open("wb") as file, ThreadPoolExecutor(2) as threads:
            steps = range(0, stage.table.num_rows, _ROWS)
            for begin, (text, several) in zip(steps, threads.map(partial(_block, stage, between), steps), strict=True):
                file.write(text)
                lines = lines or several
                tell(f"writing {stage.name}", done + min(begin + _ROWS, stage.table.num_rows), total)
        done += stage.table.num_rows
        arguments.append(f"--{'nodes' if stage.keys == 1 else 'relationships'}={name}={header},{rows}")
        names += [header, rows]
    if lines:  # the tool reads a good deal slower so
        arguments.insert(0, "--multiline-fields=true")
    nodes, edges = (sum(s.table.num_rows for s in stages if s.keys == keys) for keys in (1, 2))
    return Files(tuple(arguments), tuple(names), nodes, edges)


def export(stages: list[batches.Stage], folder: Path, snapshot: dict[str, Any], tell: Progress) -> Files:
    """The same, with the command that imports them (`import.sh`) and `manifest.json`, which has their sha256."""
    files = write(stages, folder, tell)
    command = shlex.join(["neo4j-admin", "database", "import", "full", "neo4j", *files.arguments])
    (folder / "import.sh").write_text(
        "#!/bin/sh\n"
        "# Into an empty database of a server that is stopped; afterwards `lineage load` finds nothing to change.\n"
        f'cd "$(dirname "$0")" || exit 1\n{command} "$@"\n',
        encoding="utf-8",
    )
    (folder / "import.sh").chmod(0o755)
    names = (*files.names, "import.sh")
    sums = {name: _sha256(folder / name) for name in names}
    told = {"snapshot": snapshot, "nodes": files.nodes, "edges": files.edges, "files": sums}
    (folder / "manifest.json").write_text(json.dumps(told, indent=1, sort_keys=True) + "\n", encoding="utf-8")
    return Files(files.arguments, (*names, "manifest.json"), files.nodes, files.edges)


def _header(stage: batches.Stage, ends: list[str]) -> str:
    schema = stage.prepared(0, 0).schema
    keys = [f"id:ID({ends[0]})"] if stage.keys == 1 else [f":START_ID({ends[0]})", f":END_ID({ends[1]})"]
    values = [f"{name}:{_kind(stage, schema.field(name))}" for name in stage.columns[stage.keys :]]
    return ",".join(keys + values) + "\n"


def _kind(stage: batches.Stage, field: pa.Field) -> str:
    if pa.types.is_list(field.type):
        return "string[]"
    if field.name in stage.table.column_names and pa.types.is_timestamp(stage.table.schema.field(field.name).type):
        return "datetime"
    return next((kind for fits, kind in _TYPES if fits(field.type)), "string")


def _block(stage: batches.Stage, between: str, begin: int) -> tuple[bytes, bool]:
    """Some rows as CSV, and whether a text of theirs has several lines."""
    block = stage.prepared(begin, min(begin + _ROWS, stage.table.num_rows))
    return _csv(block, between), _has_lines(block)


def _csv(block: pa.Table, between: str) -> bytes:
    """Rows with every text in quotes, so that no text at all is nothing between two commas, and empty text is `""`."""
    from pyarrow import csv

    for place, field in enumerate(block.schema):
        if pa.types.is_list(field.type):
            block = block.set_column(place, field.name, pc.binary_join(block.column(place), between))
    sink = pa.BufferOutputStream()
    csv.write_csv(block, sink, csv.WriteOptions(include_header=False, quoting_style="needed"))
    return bytes(sink.getvalue())


def _between(stages: list[batches.Stage]) -> str:
    lists = [column for stage in stages for column in stage.table.columns if pa.types.is_list(column.type)]
    for sign in _BETWEEN:
        if not any(pc.any(pc.match_substring(pc.list_flatten(column), sign)).as_py() for column in lists):
            return sign
    raise StoreError("A list of the snapshot holds every sign that could stand between its values. Load over Bolt.")


def _has_lines(block: pa.Table) -> bool:
    texts = [column for column in block.columns if pa.types.is_string(column.type)]
    return any(pc.any(pc.match_substring_regex(column, "[\r\n]")).as_py() for column in texts)


def _sha256(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()
