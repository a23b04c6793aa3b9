"""A snapshot → a folder of files that other programs read: tables as CSV or Parquet, the graph as GraphML or GEXF.

The folder appears whole or not at all, and says in `manifest.json` and `README.txt` what it holds and from where.
"""

import contextlib
import json
import os
import shutil
import tempfile
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc

from lineage import about, spreadsheet
from lineage.errors import RefusedError, SnapshotError
from lineage.parquet import as_json, keep, naming, sha256_of
from lineage.schema import TABLES
from lineage.snapshot import Snapshot
from lineage.views.files import lines
from lineage.views.files.graphfiles import GraphFile, chunks
from lineage.views.page import part
from lineage.views.template import fill
from lineage.views.wording import clean

Tell = Callable[[str, int, int], None]

MANIFEST, README = "manifest.json", "README.txt"

#: What no cell needs; as in `screen.cell`.
_CONTROL = r"[\x{0}-\x{8}\x{b}-\x{1f}\x{7f}-\x{9f}]"


@contextlib.contextmanager
def whole(folder: Path, force: bool = False) -> Iterator[Path]:
    """An empty folder to write into, which becomes `folder` when all is done, and is gone when something fails.

    Raises RefusedError where `folder` holds something: with `force` only where that is no export of ours.
    """
    _refuse(folder, force)
    folder.parent.mkdir(parents=True, exist_ok=True)
    made = Path(tempfile.mkdtemp(dir=folder.parent, prefix=".lineage-export-"))
    old = made.with_name(made.name + "-old")
    try:
        made.chmod(0o755)
        with naming(folder):  # whoever writes a part of it
            yield made
        for path in sorted(made.iterdir()):
            keep(path)
        keep(made)
        _refuse(folder, force)  # it may have come meanwhile
        if folder.exists():
            os.rename(folder, old)
        try:
            os.rename(made, folder)
        except OSError:
            if old.exists():
                os.rename(old, folder)
            raise
    finally:
        shutil.rmtree(made, ignore_errors=True)
        shutil.rmtree(old, ignore_errors=True)


def _refuse(folder: Path, force: bool) -> None:
    if folder.is_symlink() or (folder.exists() and not folder.is_dir()):
        raise RefusedError(f"{folder} is no folder of its own. Give the name of a new one.")
    if not folder.exists() or not (held := {path.name for path in folder.iterdir()}):
        return
    if not force:
        raise RefusedError(f"{folder} is not empty. Give a new folder, or --force to replace an earlier export.")
    strange = sorted(held - _ours(folder))
    if strange:
        raise RefusedError(
            f"{folder} holds {strange[0]}, which no export wrote, so --force would delete what is not ours. "
            "Give a new folder."
        )


def _ours(folder: Path) -> set[str]:
    """The names that the manifest of an export knows."""
    try:
        told = json.loads((folder / MANIFEST).read_bytes())
        names = {*told["files"]} if "files" in told else {f"{name}.parquet" for name in told["tables"]}
    except (OSError, ValueError, KeyError, TypeError):
        return set()
    return names | {MANIFEST, README}


def as_csv(snapshot: Snapshot, folder: Path, *, safe: bool, tell: Tell) -> list[str]:
    """Every table as a CSV file: text in quotes, so that no text is nothing and empty text `""`; lists as JSON; times
    as ISO text in UTC; control characters as U+FFFD. `safe`: a spreadsheet runs no text of it, see `spreadsheet.py`."""
    from pyarrow import csv

    options = csv.WriteOptions(quoting_style="needed")
    for place, (name, schema) in enumerate(TABLES.items()):
        tell(f"writing {name}.csv", place, len(TABLES))
        path = folder / f"{name}.csv"
        flat = pa.schema([(field.name, _flat(field.type)) for field in schema])
        with naming(path), csv.CSVWriter(path, flat, write_options=options) as file:
            for block in snapshot.blocks(name, schema.names):
                for begin in range(0, block.num_rows, 4 * lines.ROWS):
                    some = block.slice(begin, 4 * lines.ROWS)
                    file.write_table(pa.table([_cells(column, safe) for column in some.columns], flat))
    columns = {f"{name}.csv": _about(name) for name in TABLES}
    return _finish(snapshot, folder, "csv", {"safe_csv": safe}, columns, (
        "One file a table, UTF-8, a head of column names. Nothing between two commas is a missing value. Columns of "
        "lists hold JSON, times are ISO 8601 in UTC. " + (
            "So that no spreadsheet runs a text, one has a ' wherever a formula could begin: before = + - @ at its "
            "beginning and after each , ; tab or line end, blanks and quotes passed over, and before a \" at its "
            "beginning. In a list each text is treated so. Numbers are as they are. To have the texts as they were, "
            "take one ' away in each of these places (docs/files.md), or export again with --no-safe-csv."
            if safe
            else "Texts are as they are, also those that a spreadsheet would run as a formula."
        ),
    ))  # fmt: skip


def _flat(kind: pa.DataType) -> pa.DataType:
    return pa.string() if pa.types.is_list(kind) or pa.types.is_timestamp(kind) else kind


def _cells(column: pa.ChunkedArray, safe: bool) -> lines.Column:
    if pa.types.is_list(column.type):
        if safe:
            column = lines.mapped(column, _disarmed)
        return pc.if_else(column.is_valid(), lines.json(column), pa.scalar(None, pa.string()))
    if not (pa.types.is_string(column.type) or pa.types.is_timestamp(column.type)):
        return column
    column = pc.replace_substring_regex(lines.text(column), _CONTROL, "\ufffd")
    return _disarmed(column) if safe else column


def _disarmed(column: lines.Column) -> lines.Column:
    """Each text as `spreadsheet.disarmed` makes it."""
    return pc.replace_substring_regex(column, spreadsheet.PLACES, spreadsheet.DISARMED)


def as_parquet(snapshot: Snapshot, folder: Path, *, tell: Tell) -> list[str]:
    """The tables and the manifest as they are: the folder is a snapshot, also for `--snapshot`."""
    for place, name in enumerate(TABLES):
        tell(f"copying {name}.parquet", place, len(TABLES))
        path = folder / f"{name}.parquet"
        try:
            with naming(path):
                shutil.copyfile(snapshot.folder / path.name, path)
        except FileNotFoundError:
            raise SnapshotError(f"The snapshot {snapshot.name} has lost its table {name}. Build it again.") from None
        except OSError as error:
            # It names the file that was read first, which has room enough.
            raise OSError(error.errno, os.strerror(error.errno or 0), str(path)) from error
        if sha256_of(path) != snapshot.manifest["tables"][name]:
            raise SnapshotError(f"The table {name} of the snapshot {snapshot.name} is damaged. Build it again.")
    (folder / MANIFEST).write_bytes((snapshot.folder / MANIFEST).read_bytes())
    said = ("The tables of the snapshot as they are, and its manifest: `lineage --snapshot` takes this folder too.",)
    columns = {f"{name}.parquet": _about(name) for name in TABLES}
    _readme(snapshot, folder, columns, said)
    return [*(f"{name}.parquet" for name in TABLES), MANIFEST, README]


def as_graph(snapshot: Snapshot, folder: Path, form: str, graph: GraphFile, *, tell: Tell) -> list[str]:
    """A graph as one file, `graph.graphml` or `graph.gexf`."""
    path = folder / f"graph.{form}"
    size = 0
    with naming(path), path.open("wb") as file:
        for piece in chunks(graph, form):
            file.write(piece)
            size += len(piece)
            tell(f"writing {path.name} (MB)", size >> 20, 0)
    columns = {
        path.name: [
            {"name": f"{what}.{field.name}", "type": str(field.type), "about": _said(what, field.name)}
            for what, rows in (("node", graph.nodes), ("edge", graph.links)) for field in rows.schema
        ]
    }  # fmt: skip
    return _finish(snapshot, folder, form, dict(graph.options), columns, graph.said)


def _said(what: str, name: str) -> str:
    own = {
        "source": "id of what was derived",
        "target": "id of its base",
        "owner": about.columns("publishers")["owner"],
        "dangling": "the base is not in the snapshot",
        "first": "the base is the model's first",
    }
    return own.get(name) or about.columns("models" if what == "node" else "edges").get(name, "")


def _about(table: str) -> list[dict[str, str]]:
    said = about.columns(table)
    return [{"name": field.name, "type": str(field.type), "about": said.get(field.name, "")} for field in TABLES[table]]


def _finish(
    snapshot: Snapshot,
    folder: Path,
    form: str,
    options: dict[str, Any],
    columns: dict[str, list[dict[str, str]]],
    said: Iterable[str],
) -> list[str]:
    """Write the manifest and the README; gives the names of all files."""
    _readme(snapshot, folder, columns, said)
    files = sorted(path.name for path in folder.iterdir())
    told = {
        "schema": 1,
        "command": "export",
        "as": form,
        "snapshot": snapshot.header(),
        "options": options,
        "columns": columns,
        "files": {name: sha256_of(folder / name) for name in files},
    }
    (folder / MANIFEST).write_bytes(as_json(told))
    return [*files, MANIFEST]


def _readme(snapshot: Snapshot, folder: Path, columns: dict[str, list[dict[str, str]]], said: Iterable[str]) -> None:
    head = snapshot.header()
    values = {name: clean(str(head[name])) for name in ("name", "taken_at", "source", "sha256")}
    values |= {name: f"{head[name]:,}" for name in ("models", "edges")}
    files = [
        {"file": file, "columns": [{key: clean(value) for key, value in column.items()} for column in held]}
        for file, held in columns.items()
    ]
    text = fill(part("export.txt"), {**values, "said": [{"sentence": clean(each)} for each in said], "files": files})
    (folder / README).write_text(text, encoding="utf-8")
