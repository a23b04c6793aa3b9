"""A snapshot straight into the files of a local server that holds nothing yet: several times faster than over Bolt.

The server is stopped, Neo4j's own import writes its store, the server is started again, the constraints and
the note of the load are made. A mark in the server's folder says that an import is under way; where it is
cut short, the next start of the server, or the next load, removes the half of a store.
"""

import contextlib
import re
import subprocess
import tempfile
import time
from pathlib import Path
from typing import Any

from lineage.errors import RefusedError, StoreError, UsageError
from lineage.stores import address, importfiles, load, neo4j, process, runs, server
from lineage.stores.jars import Progress
from lineage.stores.writer import COUNTERS, Writer

#: Seconds for the whole import. Three million models take about half a minute.
IMPORT_CAP = 3600.0

_IMPORTED = re.compile(r"^\s*(\d+) (nodes|relationships|properties)\s*$", re.MULTILINE)


def load_offline(
    snapshot: load.Source,
    uri: str,
    local_home: Path,
    *,
    force: bool = False,
    on_progress: Progress | None = None,
) -> dict[str, Any]:
    """Load a snapshot into the local server at `uri` and return the row that `load.load` returns, batches 0.

    There need not be a server yet: it is made. Raises UsageError for an address that is not this machine's,
    RefusedError where the server holds nodes already, StoreError where the server or the import fails; then
    the database is as empty as before.
    """
    began = time.monotonic()
    tell = on_progress or (lambda what, done, total: None)
    home, status = _server(uri, local_home)
    where = address.target(uri, local_home)
    version = status.version
    http_port = int(status.browser.rsplit(":", 1)[1].split("/")[0]) if status.browser else 0
    if status.state != "running" and server.has_database(home):
        status = server.start(home, version=version, port=where.port, http_port=http_port, on_progress=tell)
    if status.state == "running":
        if _holds(uri, local_home, snapshot, tell):
            return dict.fromkeys((*COUNTERS, "batches"), 0) | {"seconds": round(time.monotonic() - began, 3)}
        server.stop(home)
    stages = load.stages(snapshot)
    home.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=home, prefix=".import-") as work:
        files = importfiles.write(stages, Path(work), tell)
        del stages
        properties = _import(home, version, Path(work), files, tell)
    server.start(home, version=version, port=where.port, http_port=http_port, on_progress=tell)
    with neo4j.connected(uri, local_home=local_home) as (driver, target):
        writer = Writer(driver, target, tell)
        writer.schema()
        run = runs.Run(writer, {})
        run.begin(snapshot, load.layout(), load.batch_size(), 0, False)
        run.finish()
    counted = dict.fromkeys(COUNTERS, 0)
    counted |= {"nodes_created": files.nodes, "edges_created": files.edges, "properties_set": properties}
    return {**counted, "batches": 0, "seconds": round(time.monotonic() - began, 3)}


def _server(uri: str, local_home: Path) -> tuple[Path, server.Status]:
    """The folder of the local server that `uri` means, and what it does; of the default version where none runs."""
    where = address.target(uri, local_home)
    if not where.local:
        raise UsageError(
            f"--offline writes the files of a server on this machine, and {where.host} is another one. Load "
            "without it, or write the files for its neo4j-admin: lineage export DIR --as neo4j-admin."
        )
    found = server.find(local_home, where.host, where.port)
    if found:
        return Path(found.home), found
    home = local_home / server.VERSION
    status = server.status(home)
    if status.state == "running":
        raise UsageError(f"The local server answers at {status.uri}, not at {where.uri}. Load into that one.")
    if process.answers_bolt(where.port):
        raise UsageError(
            f"The server at {where.uri} was not started by `lineage neo4j start`, so its files are not "
            "known. Load without --offline, or into another port."
        )
    return home, status


def _holds(uri: str, local_home: Path, snapshot: load.Source, tell: Progress) -> bool:
    """Whether the server holds the snapshot already. Raises RefusedError where it holds something else."""
    with neo4j.connected(uri, local_home=local_home) as (driver, where):
        writer = Writer(driver, where, tell)
        if load.is_loaded(writer, writer.read("last_run"), snapshot):
            return True
        nodes = writer.read("all_nodes")["nodes"]
    if nodes:
        raise RefusedError(
            f"{where.uri} holds {nodes:,} nodes already, and --offline is for an empty database. Load without "
            "it: only what has changed is written."
        )
    return False


def _import(home: Path, version: str, folder: Path, files: importfiles.Files, tell: Progress) -> int:
    """Run Neo4j's import and return how many properties it wrote."""
    into = ["database", "import", "full", "neo4j", "--overwrite-destination=true"]
    arguments = [*into, f"--report-file={folder / 'report'}", "--max-off-heap-memory=50%", *files.arguments]
    began = time.monotonic()
    log = home / "logs" / "import.log"
    with server.importing(home, version, arguments, folder) as tool:
        while tool.poll() is None:
            tell("importing", int(time.monotonic() - began), 0)
            if time.monotonic() - began > IMPORT_CAP:
                raise StoreError(f"The import has not ended after {IMPORT_CAP:.0f} s and was given up.")
            with contextlib.suppress(subprocess.TimeoutExpired):
                tool.wait(1)
        said = log.read_text(encoding="utf-8", errors="replace")
        counted = {what: int(number) for number, what in _IMPORTED.findall(said)}
        if tool.returncode or (counted.get("nodes"), counted.get("relationships")) != (files.nodes, files.edges):
            raise StoreError(
                f"Neo4j's import failed: {process.last_words(said)} The database is empty as before; load without "
                f"--offline. All it said is in {log}."
            )
    return counted.get("properties", 0)
