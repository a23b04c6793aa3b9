"""The whole path in order: source → rows → claims → edges → metrics → a published snapshot.

Each stage is a function from tables to tables; this file is the only one that knows all of them.
"""

import errno
import os
import re
import tempfile
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from lineage import __version__, reference
from lineage.errors import SourceError, UsageError
from lineage.metrics import ancestry, graph, rollup
from lineage.reading.cards import name_cards, read_cards
from lineage.reading.claims import read_claims
from lineage.reading.columns import Recognised
from lineage.reading.disclosure import read_disclosure
from lineage.reading.parameters import inherit, read_parameters
from lineage.reading.rows import read_rows
from lineage.reading.weights import read_weights
from lineage.resolve.bases import resolve_claims
from lineage.resolve.names import infer_from_names
from lineage.resolve.nodes import number_nodes
from lineage.resolve.relations import correct_relations
from lineage.schema import BASES, INPUT_COLUMNS, MODEL_RELATIONS
from lineage.snapshot import Catalog, Snapshot, sha256_of
from lineage.sources import sample
from lineage.sources.source import Came, read_source

#: What the tables of a build may take before they are written to disk.
_MEMORY = "2500MiB"

#: More downloads than this in one table would not fit the sums. The Hub has some 10^10.
_MOST_DOWNLOADS = 2**62

Say = Callable[[str], None]


@dataclass(frozen=True, slots=True)
class Built:
    """A finished build: the snapshot, and what a person is told about it."""

    snapshot: Snapshot
    recognised: Recognised
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
) -> Built:
    """Build a snapshot from `source` (`sample`, `sample-gguf`, a file or a folder) and make it the current one.

    `taken_at` is an ISO date or time; without it the sample's own, or the newest date in the data.
    `limit` reads the first rows only. `publishers` replaces the shipped table of accounts.
    Raises SourceError, UsageError or RefusedError with a sentence; then nothing has been written.
    """
    import duckdb

    catalog = catalog or Catalog()
    origin = sample.find(source) or sample.of_file(Path(source))
    name = name or origin.name
    if force:
        catalog.read()  # a damaged catalog is said now, not after the build
    else:
        catalog.refuse_existing(name)
    taken_at = read_time(taken_at) if taken_at else origin.taken_at
    with tempfile.TemporaryDirectory(prefix="lineage-") as folder:
        work = Path(folder)
        try:
            with duckdb.connect() as con:
                con.execute("SET TimeZone = 'UTC'")
                # What does not fit into memory goes to `work`: the whole Hub is built beside other programs.
                con.execute("SET temp_directory = '" + folder.replace("'", "''") + "'")
                con.execute(f"SET memory_limit = '{_MEMORY}'")
                say(f"Reading {origin.path.name}")
                came = read_source(con, origin.path, work, limit, say)
                made, manifest, told = _stages(con, came, origin, taken_at, publishers, say)
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
    manifest["options"]["limit"] = limit
    say("Writing the snapshot")
    snapshot = catalog.publish(name, made, manifest, force)
    return Built(snapshot, came.recognised, came.files, came.ignored_files, *told)


def _stages(
    con: Any, came: Came, origin: sample.Origin, taken_at: str | None, publishers: Path | None, say: Say
) -> tuple[dict[str, Any], dict[str, Any], list[dict[str, int]]]:
    """`spelled` → tables and manifest, and the counts by reason that a person is told."""
    recognised = came.recognised
    if "readme" in recognised.columns:
        say("Reading cards")
    name_cards(con)
    read_cards(con, recognised, say)
    counts = read_rows(con, recognised) | came.counts
    if not counts["models"]:
        raise SourceError(
            f"{origin.path.name} has no row that names a model: {counts['rows_in']} rows were read "
            f"and {counts['rejected']} rejected."
        )
    inferred = taken_at is None
    taken_at = taken_at or _newest_date(con, origin.path.name)
    say("Reading claims and finding bases")
    counts["claims"] = read_claims(con)
    counts |= resolve_claims(con, reference.legacy_ids(), reference.rules_on())
    read_weights(con, reference.formats())
    correct_relations(con)
    counts["name_claims"] = infer_from_names(con)
    read_parameters(con)
    inherit(con)
    read_disclosure(con, reference.languages())
    known = reference.publishers(publishers, taken_at[:10])
    number_nodes(con, reference.libraries(), _account_table(known))
    say("Computing ancestry and roll-ups")
    told = [
        dict(con.execute(f"SELECT reason, count(*) FROM {what} GROUP BY 1 ORDER BY 1").fetchall())
        for what in (
            "rejected",
            "claims WHERE outcome = 'rejected'",
            "(SELECT card_problem AS reason FROM rows) WHERE reason IS NOT NULL",
        )
    ]
    fetched = _fetch(con)
    con.close()  # from here on arrays need the memory
    made = _tables(fetched, counts, "downloads" in recognised.has)
    manifest = {
        "taken_at": taken_at,
        "taken_at_inferred": inferred,
        "source": {"name": origin.path.resolve().name, "sha256": came.sha256, "licence": origin.licence},
        "columns": [c for c in INPUT_COLUMNS if c in recognised.has],
        "basis": list(BASES),
        "counts": counts,
        "deep": made.pop("deep"),
        "options": {
            "publishers": {"name": publishers.name, "sha256": sha256_of(publishers)} if publishers else None,
        },
        "versions": {"lineage": __version__, **reference.versions()},
    }
    return made, manifest, told


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
        "SELECT strftime(max(greatest(created_at, last_modified)), '%Y-%m-%d') FROM rows"
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


def _fetch(con: Any) -> dict[str, pa.Table]:
    """What the stages made, in the order of the snapshot's tables; `tags` one row a model, with a list."""
    wanted = {
        "models": "SELECT * EXCLUDE (number) FROM node ORDER BY number",
        "edges": "SELECT * FROM link ORDER BY child, place",
        "tags": "SELECT id, list_sort(list_distinct(tags)) AS tags FROM rows WHERE len(tags) > 0 ORDER BY id",
        "claims": "SELECT * FROM claims",
        "publishers": "SELECT * FROM publisher ORDER BY publisher",
        "rejected": "SELECT * FROM rejected",
    }
    return {name: con.sql(text).to_arrow_table() for name, text in wanted.items()}


def _one_each(tags: pa.Table) -> pa.Table:
    """One row for each model and tag, of one row a model with a list."""
    lists = tags.column("tags").combine_chunks()
    return pa.table(
        {"id": tags.column("id").combine_chunks().take(lists.value_parent_indices()), "tag": lists.flatten()}
    )


def _tables(fetched: dict[str, pa.Table], counts: dict[str, int], has_downloads: bool) -> dict[str, Any]:
    """The tables of a snapshot, metrics included; adds to `counts`. `deep` names the deep models."""
    node, link = fetched["models"], fetched["edges"]
    own = node.column("downloads").fill_null(0).to_numpy()
    if int(own.astype(object).sum()) > _MOST_DOWNLOADS:
        raise SourceError("The downloads of this table add up to more than 2^62: some of them cannot be true.")
    declared = link.filter(pc.equal(link.column("basis"), "declared"))
    position = declared.column("position").cast(pa.int64()).fill_null(graph.NO_POSITION).to_numpy()
    built = graph.build(
        node.num_rows, declared.column("child_row").to_numpy(), declared.column("base_row").to_numpy(), position
    )
    closure = ancestry.closure(built)
    model_ids = node.column("id").combine_chunks()
    models = _add_rollups(node, built, closure, own, has_downloads)
    # A stub that only prose names is a row of `models` and no part of the declared graph, where it stands alone.
    apart = pc.not_equal(node.column("basis"), "declared").fill_null(False).to_numpy()
    is_root = built.is_root & ~apart
    counts |= {
        "stubs": int(np.count_nonzero(node.column("stub").to_numpy() & ~apart)),
        "edges": declared.num_rows,
        "roots": int(is_root.sum()),
        "families": int((is_root & (models.column("descendants").to_numpy() > 0)).sum()),
        "components": built.components() - int(apart.sum()),
        "cycles": int((built.size > 1).sum()),
        "multi_parent": int(np.count_nonzero(node.column("bases").to_numpy() > 1)),
        "conflicts": int(np.count_nonzero(declared.column("conflict").to_numpy())),
        "ancestry_pairs": len(closure.model),
        "ancestry_bound": closure.bound,
        "publishers": pc.sum(pc.greater(fetched["publishers"].column("models"), 0)).as_py() or 0,
    }
    pairs = pa.table(
        {
            "model": model_ids.take(pa.array(closure.model)),
            "ancestor": model_ids.take(pa.array(closure.ancestor)),
            "distance": closure.distance,
            "model_row": closure.model,
            "ancestor_row": closure.ancestor,
        }
    )
    return {
        **fetched,
        "models": models,
        "ancestry": pairs,
        "tags": _one_each(fetched["tags"]),
        "deep": model_ids.take(pa.array(np.flatnonzero(closure.deep))).to_pylist(),
    }


def _add_rollups(node: pa.Table, g: graph.Graph, closure: ancestry.Ancestry, own: Any, has_downloads: bool) -> pa.Table:
    """`node` with generation, cycle and the roll-up columns of design §4; null without downloads."""
    ids_ = node.column("id").combine_chunks()
    in_cycle = (g.size > 1)[g.group]
    cycle = pa.array(np.where(in_cycle, g.group, 0), mask=~in_cycle)
    codes = {r: i for i, r in enumerate(MODEL_RELATIONS)}
    found = pc.index_in(node.column("relation"), pa.array(list(codes)))
    relation = found.cast(pa.int64()).fill_null(-1).to_numpy()
    count = rollup.by_relation(g, closure, np.ones(g.n, np.int64), relation, len(codes))
    columns: dict[str, Any] = {
        "generation": g.generation,
        "cycle": ids_.take(cycle),
        "own": own,
        "full": rollup.full(g, closure, own),
        "split": rollup.split(g, own),
        "primary": rollup.primary(g, own),
        "children": rollup.children(g),
        "descendants": count.sum(axis=1),
    }
    downloads = rollup.by_relation(g, closure, own, relation, len(codes))
    for name, code in codes.items():
        columns[f"downloads_{name}"] = downloads[:, code]
        columns[f"count_{name}"] = count[:, code]
    for name, values in columns.items():
        unknown = not has_downloads and (name in ("own", "full", "split", "primary") or name.startswith("downloads_"))
        node = node.append_column(name, pa.nulls(g.n, pa.int64()) if unknown else pa.array(values))
    return node
