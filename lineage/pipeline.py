"""The whole path in order: source → rows → claims → edges → metrics → a published snapshot.

Each stage is a function from tables to tables; this file is the only one that knows all of them.
"""

import errno
import logging
import os
import re
import tempfile
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import pyarrow as pa

from lineage import assembly, logs, reference
from lineage.catalog import Catalog
from lineage.errors import SourceError, UsageError
from lineage.parquet import sha256_of
from lineage.reading import rows
from lineage.reading.cards import name_cards, read_cards
from lineage.reading.columns import HUB_STATS, Recognised
from lineage.reading.part import read_part, take_rows
from lineage.reading.tags import Tags
from lineage.resolve.bases import resolve_claims
from lineage.resolve.names import infer_from_names
from lineage.resolve.nodes import number_nodes
from lineage.resolve.parameters import inherit_parameters
from lineage.resolve.relations import correct_relations
from lineage.schema import BASES, INPUT_COLUMNS
from lineage.snapshot import Snapshot
from lineage.sources import columns, sample
from lineage.sources.address import is_address
from lineage.sources.source import Came, Source
from lineage.unchanged import standing, versions

#: What the tables of a build may take before they are written to disk.
_MEMORY = "1800MiB"

log = logging.getLogger(__name__)

Say = Callable[[str], None]


@dataclass(frozen=True, slots=True)
class Built:
    """A finished build: the snapshot, and what a person is told about it."""

    snapshot: Snapshot
    recognised: Recognised | None
    """None where nothing was read, for the same was there already."""
    files: int = 1
    """How many files were read."""
    ignored_files: int = 0
    """Files of a folder that were not read."""
    rejected: dict[str, int] = field(default_factory=dict)
    """Rows rejected, by reason."""
    rejected_claims: dict[str, int] = field(default_factory=dict)
    """Claims rejected, by reason."""
    card_problems: dict[str, int] = field(default_factory=dict)
    """Cards whose front matter could not be read, by reason."""
    dated: str | None = None
    """Where `taken_at` is inferred: from what, in words."""
    missing: dict[str, str] = field(default_factory=dict)
    """Of the Hub's own table: our columns that it was expected to have and does not, or in no row; what that means."""


def build(
    source: str,
    *,
    name: str | None = None,
    taken_at: str | None = None,
    limit: int | None = None,
    force: bool = False,
    publishers: Path | None = None,
    catalog: Catalog | None = None,
    say: Say = lambda text: None,
    day: str | None = None,
    current: bool = True,
) -> Built:
    """Build a snapshot from `source` and make it the current one.

    `source`: `sample`, `sample-gguf`, a file or a folder, or a data set of the Hub (`hf://datasets/OWNER/NAME`), which
    is fetched into the catalog's home first. `taken_at` is an ISO date or time; without it the source's own, or the
    newest date in the data. `limit` reads the first rows only. `publishers` replaces the shipped table of accounts.
    `day`: an ISO date that the source's name has, for one that does not say itself when it was taken; the manifest
    calls it inferred. Without `current` the current snapshot stays what it is.
    Raises SourceError, UsageError, RefusedError or NotFound with a sentence; then no snapshot has been written.
    """
    import duckdb

    say = stages = logs.Stages(log, say)
    catalog = catalog or Catalog()
    taken_at = read_time(taken_at) if taken_at else None
    remote = None
    if is_address(source):
        from lineage.sources import bulk  # brings the HTTP layer

        remote = bulk.find(source, catalog.root, taken_at, say)
    origin = remote.origin if remote else sample.find(source) or sample.of_file(Path(source))
    if day and not origin.taken_at:
        origin = replace(origin, taken_at=day, dated="the date in its name")
    dated = None if taken_at else origin.dated if origin.taken_at else "the newest date in the data"
    name = name or origin.name
    options = {"limit": limit, "publishers": _given(publishers)}
    taken = name in catalog.read()["snapshots"]  # a damaged catalog is said now, not after the build
    if taken and not force and not origin.path.exists():
        catalog.refuse_existing(name)
    if remote:
        remote.fetch(say)
    with tempfile.TemporaryDirectory(prefix="lineage-") as folder:
        work = Path(folder)
        try:
            with duckdb.connect() as con:
                con.execute("SET TimeZone = 'UTC'")
                # What does not fit into memory goes to `work`: the whole Hub is built beside other programs.
                con.execute("SET temp_directory = '" + folder.replace("'", "''") + "'")
                con.execute(f"SET memory_limit = '{_MEMORY}'")
                # What is freed goes back to the machine at once: arrays need it next.
                con.execute("SET allocator_background_threads = true")
                source_read = Source(con, origin.path, work, limit, say)
                if taken and not force:
                    asked = taken_at or (origin.taken_at if dated is None else None)
                    stands = standing(catalog, name, source_read.fingerprint(), asked, options)
                    if stands is None or (day and stands.taken_at != origin.taken_at):
                        catalog.refuse_existing(name)
                    else:
                        if current:
                            catalog.use(name)
                        return Built(stands, None)
                say(f"Reading {origin.path.name}")
                came, tags = _read(con, source_read, say)
                made, manifest, told = _stages(
                    con, came, tags, origin, taken_at or origin.taken_at, dated is not None, publishers, work, say
                )
        except duckdb.Error as error:
            for number in (errno.ENOSPC, errno.EDQUOT, errno.EFBIG):
                if os.strerror(number) in str(error):
                    raise OSError(number, os.strerror(number), folder) from None
            raise
        except OSError as error:
            if error.filename is None and error.errno in (errno.ENOSPC, errno.EDQUOT, errno.EFBIG):
                raise OSError(
                    error.errno, error.strerror, folder
                ) from None  # a file object that is written has no name
            raise
        manifest |= {"options": options, "complete": came.complete} | ({"asked": came.asked} if came.asked else {})
        say("Writing the snapshot")
        snapshot = catalog.publish(name, made, manifest, force, current)
    stages.end()
    of = {"snapshot": name, "sha256": snapshot.sha256, "folder": str(snapshot.folder)}
    log.info("built", extra={"fields": of | {n: counts for n, counts in snapshot.counts.items() if counts}})
    missing = {
        ours: f"{'in no row: ' if ours in came.recognised.has else ''}{meaning}"
        for ours, meaning in HUB_STATS.items()
        if origin.hub_stats and ours not in came.has
    }
    return Built(snapshot, came.recognised, came.files, came.ignored_files, *told, dated, missing)


def _given(publishers: Path | None) -> dict[str, str] | None:
    return {"name": publishers.name, "sha256": sha256_of(publishers)} if publishers else None


def _read(con: Any, source: Source, say: Say) -> tuple[Came, Tags]:
    """All parts of a source → `model`, `claim`, `renamed`, `rejected`, and the tags."""
    tags = Tags()
    rows.begin(con)
    kept = {}
    for part in source.parts():
        rows.number_part(con, part.number)
        if part.kept is None:
            read_part(con, tags, say)
        else:
            kept[part.number] = part.kept
    columns.load(con, tags, kept)
    came = replace(source.came(), empty=rows.empty(con))
    for number in rows.tied_parts(con, source.cards()):
        rows.number_part(con, number)
        source.again(number)
        name_cards(con)
        rows.keep_tied(con)
        read_cards(con, say)
        rows.read_tied(con)
    rows.settle(con, came.recognised)
    take_rows(con, tags)
    return came, tags


def _stages(
    con: Any,
    came: Came,
    tags: Tags,
    origin: sample.Origin,
    taken_at: str | None,
    inferred: bool,
    publishers: Path | None,
    work: Path,
    say: Say,
) -> tuple[dict[str, Any], dict[str, Any], tuple[dict[str, int], dict[str, int], dict[str, int]]]:
    """What was read → tables and manifest, and the counts by reason that a person is told."""
    counts = rows.count_rows(con) | came.counts
    if not counts["models"]:
        why = con.execute("SELECT reason, count(*) FROM rejected GROUP BY 1 ORDER BY 1").fetchall()
        reasons = ", ".join(f"{reason} {count:,}" for reason, count in why)
        raise SourceError(
            f"{origin.path.name} gives no model: {counts['rows_in']:,} rows were read and {counts['rejected']:,} "
            f"rejected{f' ({reasons}; docs/input.md says what that is)' if reasons else ''}."
        )
    taken_at = taken_at or _newest_date(con, origin.path.name)
    say("Finding bases")
    counts |= resolve_claims(con, reference.legacy_ids(), reference.rules_on())
    correct_relations(con)
    counts["name_claims"] = infer_from_names(con)
    inherit_parameters(con)
    known = reference.publishers(publishers, taken_at[:10])
    number_nodes(con, _account_table(known))
    say("Computing ancestry and roll-ups")
    rejected, rejected_claims, problems = (
        dict(con.execute(f"SELECT reason, count(*) FROM {what} GROUP BY 1 ORDER BY 1").fetchall())
        for what in (
            "rejected",
            "claims WHERE outcome = 'rejected'",
            "(SELECT card_problem AS reason FROM model) WHERE reason IS NOT NULL",
        )
    )
    fetched = assembly.fetch(con, tags, taken_at, work)
    con.close()  # from here on arrays need the memory
    made = assembly.tables(fetched, counts, "downloads" in came.has)
    manifest = {
        "taken_at": taken_at,
        "taken_at_inferred": inferred,
        "source": {
            "name": origin.source or origin.path.resolve().name,
            "sha256": came.sha256,
            "input": came.input_sha256,
            "licence": origin.licence,
        },
        "columns": [c for c in INPUT_COLUMNS if c in came.has],
        "basis": list(BASES),
        "counts": counts,
        "deep": made.pop("deep"),
        "versions": versions(),
    }
    return made, manifest, (rejected, rejected_claims, problems)


def read_time(text: str) -> str:
    """An ISO date, or a time in UTC, as it is written in manifests. Raises UsageError for anything else."""
    from datetime import UTC, datetime

    try:
        if re.fullmatch(r"\d{4}-\d\d-\d\d", text):
            return datetime.strptime(text, "%Y-%m-%d").date().isoformat()
        time = datetime.fromisoformat(text)
    except ValueError:
        raise UsageError(f"{text!r} is no date: write 2024-09-20, or 2024-09-20T12:00:00Z.") from None
    time = time.replace(tzinfo=UTC) if time.tzinfo is None else time.astimezone(UTC)
    return time.strftime("%Y-%m-%dT%H:%M:%SZ")


def _newest_date(con: Any, name: str) -> str:
    (newest,) = con.execute(
        "SELECT strftime(max(greatest(created_at, last_modified)), '%Y-%m-%d') FROM model "
        "WHERE greatest(created_at, last_modified) < '9999-12-31'"
    ).fetchall()[0]
    if newest is None:
        raise UsageError(f"{name} has no date in it, so it does not say when it was taken. Add --taken-at 2024-09-20.")
    return str(newest)


def _account_table(known: Mapping[str, reference.Publisher]) -> pa.Table:
    return pa.table(
        {
            "key": pa.array(list(known), pa.string()),
            "owner_group": pa.array([p.owner_group or None for p in known.values()], pa.string()),
            "type": pa.array([p.type or None for p in known.values()], pa.string()),
            "countries": pa.array([list(p.countries) or None for p in known.values()], pa.list_(pa.string())),
        }
    )
