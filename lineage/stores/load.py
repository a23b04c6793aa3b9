"""A snapshot into Neo4j: constraints first, batches in a fixed order, only what has changed.

    (:Model {id, …})-[:DERIVED_FROM {relation, evidence, basis, place}]->(:Model)
    (:Model)-[:DESCENDS_FROM {distance}]->(:Model)
    (:Publisher {id, …})-[:PUBLISHED]->(:Model)
    (:LineageRun {snapshot_sha256, status, batches_done, …})    one a load

Killed anywhere, the next load goes on where the last one stopped; a snapshot that is in already is
not written again, not even a run node. Nothing is deleted unless asked, and then only when the
snapshot is in completely. A row that somebody edited in the database by hand is not noticed; remove
the `LineageRun` nodes and the snapshot's own hash comparison runs again.
"""

import hashlib
import time
from itertools import pairwise
from pathlib import Path
from typing import Any, Protocol

import pyarrow as pa

from lineage import cypher
from lineage.errors import RefusedError
from lineage.stores import batches, compare, graph
from lineage.stores.ahead import ahead
from lineage.stores.jars import Progress
from lineage.stores.neo4j import connected
from lineage.stores.runs import Run
from lineage.stores.writer import Writer

#: More than this share of the nodes, or of the edges, goes only with `force`.
PRUNE_LIMIT = 0.2


class Source(Protocol):
    """What is asked of a snapshot."""

    name: str
    sha256: str

    @property
    def taken_at(self) -> str: ...  # noqa: D102

    @property
    def part(self) -> str | None: ...  # noqa: D102

    def table(self, name: str, columns: list[str] | None = None) -> pa.Table: ...  # noqa: D102


def load(
    snapshot: Source,
    uri: str,
    *,
    prune: bool = False,
    force: bool = False,
    dry_run: bool = False,
    insecure: bool = False,
    local_home: Path | None = None,
    on_progress: Progress | None = None,
) -> dict[str, Any]:
    """Load a snapshot and return one row: nodes_created, edges_created, properties_set, nodes_deleted,
    edges_deleted (the server's own counters), batches, seconds.

    `prune` removes afterwards what earlier loads left and this snapshot does not have, up to a fifth
    of it, with `force` any share; of a snapshot that holds a part of its source only, nothing. `dry_run`
    reads only and says what would be done; its properties_set counts the values in the rows to be written
    (the server also counts a null where nothing was). `on_progress(what, done, total)` counts rows of the
    whole load. Raises RefusedError while another process loads, for a prune above that limit or a password
    in the clear, StoreError and UsageError as `neo4j.connected` does, StoreError when a server stays away.
    """
    began = time.monotonic()
    tell = on_progress or (lambda what, done, total: None)
    prune = prune and snapshot.part is None
    with connected(uri, insecure=insecure, local_home=local_home) as (driver, where):
        writer = Writer(driver, where, tell)
        last = writer.read("last_run")
        loaded = is_loaded(writer, last, snapshot)
        if dry_run:
            _foresee(writer, [] if loaded and not prune else stages(snapshot), loaded, prune)
        elif not loaded or prune:
            run = Run(writer, last)
            run.refuse_if_held()
            every = stages(snapshot)
            try:
                if not loaded:
                    _write(writer, snapshot, every, run)
                if prune:
                    _prune(writer, run, every, force)
            except BaseException:
                run.release()
                raise
            if not prune and snapshot.part is None and last.get("snapshot_sha256") not in (None, snapshot.sha256):
                tell("what earlier loads of other snapshots left is still in the database; --prune removes it", 0, 0)
    return {**writer.counted, "batches": writer.batches, "seconds": round(time.monotonic() - began, 3)}


def layout() -> str:
    """A short name for what a load writes: it changes when a load statement does."""
    texts = [cypher.statement(f"neo4j/load_{name}") for name in _KEYS]
    return hashlib.sha256("\n".join(texts).encode()).hexdigest()[:16]


#: The stages in their order, nodes before the links between them, and what tells their rows apart.
_KEYS = {
    "models": ["id"],
    "publishers": ["id"],
    "derived_from": ["child", "base"],
    "descends_from": ["model", "ancestor"],
    "published": ["publisher", "id"],
}


def stages(snapshot: Source) -> list[batches.Stage]:
    """Every statement with its rows. The tables of a snapshot are sorted, so the order is always the same."""
    tables = dict(graph.tables(snapshot))  # type: ignore[arg-type]
    named = {"models": "model", "publishers": "publisher"}
    return [batches.stage(name, tables[named.get(name, name)], keys) for name, keys in _KEYS.items()]


def batch_size() -> str:
    """How batches are cut: other cuts, other numbers of batches."""
    return f"{batches.BATCH_ROWS} rows, {batches.BATCH_BYTES} bytes"


def is_loaded(writer: Writer, last: dict[str, Any], snapshot: Source) -> bool:
    """Whether the last load was this snapshot's and ended, and the database still holds as much as then."""
    if last.get("snapshot_sha256") != snapshot.sha256 or last.get("layout") != layout():
        return False
    if last["status"] == "pruning":
        return True
    return last["status"] == "complete" and writer.read("counts") == {
        "nodes": last["nodes"],
        "edges": last["edges"],
    }


def _write(writer: Writer, snapshot: Source, every: list[batches.Stage], run: Run) -> None:
    """All batches that are not in yet, and the note that the load is complete.

    Into a database that holds something already only the rows go that it has not, or has otherwise.
    """
    last = run.last
    writer.schema()
    same = last.get("snapshot_sha256") == snapshot.sha256 and last.get("status") == "loading"
    if same and last["layout"] == layout() and last["batch"] == batch_size():
        taken = run.take("loading")
        skip, compared = taken["batches_done"], taken["compared"]
    else:
        skip, compared = 0, any(writer.read("counts").values())
        run.begin(snapshot, layout(), batch_size(), sum(len(stage.cuts) - 1 for stage in every), compared)
    _send(writer, run, every, skip, compared)
    if skip and _falls_short(writer, every):
        # Somebody removed what the part before the interruption had written.
        _send(writer, run, every, 0, True)
    run.finish()


def _send(writer: Writer, run: Run, every: list[batches.Stage], skip: int, compared: bool) -> None:
    """The batches in their order, without the first `skip` of them; with `compared` the changed rows only."""
    before, rows, total = 0, 0, sum(stage.table.num_rows for stage in every)
    for stage in every:
        here = max(0, min(skip - before, len(stage.cuts) - 1))
        if here < len(stage.cuts) - 1:
            changed = compare.changed(stage, _held(writer, stage, run)) if compared else None
            for batch in ahead(stage.batches(here, changed)):
                if batch.rows:
                    writer.batch(run, stage.statement, batch.rows, before + batch.number)
                writer.tell(f"loading {stage.name}", rows + batch.end, total)
        before, rows = before + len(stage.cuts) - 1, rows + stage.table.num_rows


def _held(writer: Writer, stage: batches.Stage, run: Run | None = None) -> pa.Table:
    def tell(rows: int) -> None:
        writer.tell(f"comparing {stage.name}", rows, 0)
        if run:
            run.beat()

    return compare.held(writer, stage, tell)


def _falls_short(writer: Writer, every: list[batches.Stage]) -> bool:
    """Whether the database holds less than the snapshot."""
    there = writer.read("counts")
    nodes, edges = (sum(s.table.num_rows for s in every if s.keys == keys) for keys in (1, 2))
    return there["nodes"] < nodes or there["edges"] < edges


def _prune(writer: Writer, run: Run, every: list[batches.Stage], force: bool) -> None:
    """Remove what is there and not in the snapshot, links before nodes. The load is complete."""
    done = run.take("pruning")["batches_done"]
    there = [_held(writer, stage, run) for stage in every]
    gone = [compare.stale(stage, table) for stage, table in zip(every, there, strict=True)]
    if not force and (refusal := _too_much(every, there, gone)):
        run.finish()
        raise RefusedError(refusal)
    total, removed = sum(table.num_rows for table in gone), 0
    for stage, table in reversed(list(zip(every, gone, strict=True))):
        statement = cypher.statement(f"neo4j/delete_{stage.name}")
        for piece in batches.slices(table, batches.BATCH_ROWS):
            done += 1
            removed += piece.num_rows
            writer.batch(run, statement, batches.batch_rows(piece), done)
            writer.tell(f"removing {stage.name}", removed, total)
    run.finish()


def _too_much(every: list[batches.Stage], there: list[pa.Table], gone: list[pa.Table]) -> str | None:
    """Why so much is not removed without `force`; None where it is little."""
    for kind, keys in (("nodes", 1), ("edges", 2)):
        places = [place for place, stage in enumerate(every) if stage.keys == keys]
        before, going = sum(there[p].num_rows for p in places), sum(gone[p].num_rows for p in places)
        if going > PRUNE_LIMIT * before:
            return (
                f"--prune would remove {going:,} of {before:,} {kind}, more than {PRUNE_LIMIT:.0%}: is this "
                "the snapshot you mean? It is loaded, and nothing was removed; say --force to remove them."
            )
    return None


def _foresee(writer: Writer, every: list[batches.Stage], loaded: bool, prune: bool) -> None:
    """Count on the writer what a load would do, by reading alone."""
    for stage in every:
        there = _held(writer, stage)
        kind = "nodes" if stage.keys == 1 else "edges"
        if not loaded:
            created, properties = compare.foreseen(stage, there)
            writer.counted[f"{kind}_created"] += created
            writer.counted["properties_set"] += properties
            changed = compare.changed(stage, there)
            writer.batches += sum(bool(changed[begin:end].any()) for begin, end in pairwise(stage.cuts))
        if prune:
            gone = compare.stale(stage, there).num_rows
            writer.counted[f"{kind}_deleted"] += gone
            writer.batches += -(-gone // batches.BATCH_ROWS)
