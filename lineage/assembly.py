"""What the stages made becomes the tables of a snapshot: columns in the order of the ids, metrics beside them.

Rows are sorted by taking them out in order, a column at a time: a sort of whole rows would hold all of them twice.
What is finished is put aside until it is written.
"""

from collections.abc import Iterable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

from lineage.aside import Aside, in_blocks
from lineage.errors import SourceError
from lineage.metrics import ancestry, centrality, graph, publishers, rollup
from lineage.parquet import BLOCK
from lineage.reading.numbers import places
from lineage.reading.tags import Tags
from lineage.schema import MODEL_RELATIONS

#: More downloads than this in one table would not fit the sums. The Hub has some 10^10.
_MOST_DOWNLOADS = 2**62

#: Columns of `models` that stand in `model` as they are.
_OF_MODEL = (
    "hub_id", "seen_at", "created_at", "last_modified", "downloads", "downloads_all_time", "likes", "pipeline_tag",
    "library", "licences", "gguf", "quantized_by", "format", "format_evidence", "bits", "parameters",
    "parameters_evidence", "disclosed", "card_problem", "card_oddities",
)  # fmt: skip

#: Of those, the ones that are one of a few words.
_WORDS = frozenset({"pipeline_tag", "library", "format", "format_evidence", "parameters_evidence", "disclosed"})

_CLAIMS = """SELECT * FROM claims ORDER BY
    child, evidence, rule NULLS FIRST, position NULLS LAST, base_as_written, relation_as_written NULLS LAST, base"""


def _column(con: Any, name: str, table: str) -> Any:
    return con.sql(f"SELECT {name} FROM {table}").to_arrow_table().column(0).combine_chunks()


@dataclass(frozen=True)
class Fetched:
    """The tables of the stages as Arrow, each in its order. Those of the finished ones come in blocks."""

    nodes: pa.Table
    """Of `models` what the metrics are made from: id, stub, basis, relation, bases, publisher_row, downloads."""
    models: Aside
    """The columns of the input and of its edges."""
    edges: pa.Table
    tags: Iterable[pa.Table]
    claims: Iterable[pa.Table]
    publishers: pa.Table
    rejected: pa.Table


def fetch(con: Any, tags: Tags, taken_at: str, work: Path) -> Fetched:
    """Take the tables of the stages out of `con`, which are used up.

    `taken_at`: what was seen at no time of its own was seen then. `work`: an existing folder.
    """
    ids = _column(con, "id", "numbered ORDER BY number")
    node = con.sql("SELECT * EXCLUDE (id) FROM node ORDER BY row").to_arrow_table().combine_chunks()
    con.execute("DROP TABLE node")
    numbers = node.column("nr").fill_null(-1).to_numpy()
    names = ids.take(node.column("number").combine_chunks())
    with ThreadPoolExecutor(1) as beside:
        tag_table = beside.submit(tags.table, numbers, names)
        at = places(_column(con, "nr", "model").to_numpy(), numbers)
        models = Aside(work / "models")
        downloads = _put_models(models, con, node, names, pa.array(at, mask=at < 0), taken_at)
        con.execute("DROP TABLE model")
        columns = ["stub", "basis", "relation", "bases", "publisher_row"]
        nodes = node.select(columns).append_column("id", names).append_column("downloads", downloads)
        del node, numbers, at
        edges = con.sql("SELECT * FROM link ORDER BY child_row, place").to_arrow_table().combine_chunks()
        for name in ("child", "base"):
            edges = edges.append_column(name, names.take(edges.column(f"{name}_row").combine_chunks()))
        claims = Aside(work / "claims")
        found = con.sql(_CLAIMS).to_arrow_reader(BLOCK)
        claims.put_blocks(_named(block, ids) for block in in_blocks(found, found.schema))
        found_tags = tag_table.result()
    publishers = con.sql("SELECT * FROM publisher ORDER BY publisher").to_arrow_table()
    rejected = con.sql("SELECT * FROM rejected").to_arrow_table()
    return Fetched(nodes, models, edges, found_tags, claims, publishers, rejected)


def _named(claims: pa.Table, ids: pa.Array) -> pa.Table:
    """Claims with ids in place of the numbers of ids."""
    for place, name in ((0, "child"), (6, "base")):
        claims = claims.set_column(place, name, ids.take(claims.column(name).combine_chunks()))
    return claims


def _put_models(models: Aside, con: Any, node: pa.Table, names: pa.Array, place: pa.Array, taken_at: str) -> pa.Array:
    """Put the columns of `models` but for its metrics aside; returns `downloads`.

    `place`: where each model stands in `model`, null for a stub.
    """
    stub, publisher = node.column("stub"), node.column("publisher")
    models.put(pa.table({"id": names}))
    models.put(node.select(["publisher", "publisher_row", "stub", "basis"]))
    when = datetime.fromisoformat(taken_at)
    when = when.replace(tzinfo=UTC) if when.tzinfo is None else when
    downloads = None
    for name in _OF_MODEL:
        column = _column(con, name, "model")
        con.execute(f"ALTER TABLE model DROP COLUMN {name}")
        # A word that stands in millions of rows is kept once; the file has it as text.
        column = (column.dictionary_encode() if name in _WORDS else column).take(place)
        if name == "seen_at":
            seen = column.fill_null(pa.scalar(when, pa.timestamp("us", tz="UTC")))
            column = pc.if_else(stub, pa.scalar(None, seen.type), seen)
        elif name == "quantized_by":
            name = "produced_by"
            column = pc.if_else(stub, pa.scalar(None, pa.string()), pc.coalesce(column, publisher))
        elif name == "downloads":
            downloads = column
        models.put(pa.table({name: column}))
    base = names.take(node.column("base_row").combine_chunks())
    models.put(pa.table({"relation": node.column("relation"), "base": base, "bases": node.column("bases")}))
    return downloads


def tables(fetched: Fetched, counts: dict[str, int], has_downloads: bool) -> dict[str, Any]:
    """The tables of a snapshot, metrics included; adds to `counts`. `deep` names the deep models.

    `models`, `tags` and `claims` come in blocks. Raises SourceError where the downloads add up beyond belief.
    """
    node, link = fetched.nodes, fetched.edges
    own = node.column("downloads").fill_null(0).to_numpy()
    # In two halves, neither of which can overflow.
    if (int((own >> 32).sum()) << 32) + int((own & 0xFFFFFFFF).sum()) > _MOST_DOWNLOADS:
        raise SourceError("The downloads of this table add up to more than 2^62: some of them cannot be true.")
    declared = link.filter(pc.equal(link.column("basis"), "declared"))
    position = declared.column("position").cast(pa.int64()).fill_null(graph.NO_POSITION).to_numpy()
    built = graph.build(
        node.num_rows, declared.column("child_row").to_numpy(), declared.column("base_row").to_numpy(), position
    )
    closure = ancestry.closure(built)
    model_ids = node.column("id").combine_chunks()
    # A stub that only prose names is a row of `models` and no part of the declared graph, where it stands alone.
    apart = pc.not_equal(node.column("basis"), "declared").fill_null(False).to_numpy()
    descendants = _put_rollups(fetched.models, node, built, closure, own, has_downloads, apart)
    is_root = built.is_root & ~apart
    counts |= {
        "stubs": int(np.count_nonzero(node.column("stub").to_numpy() & ~apart)),
        "edges": declared.num_rows,
        "roots": int(is_root.sum()),
        "families": int((is_root & (descendants > 0)).sum()),
        "components": built.components() - int(apart.sum()),
        "cycles": int((built.size > 1).sum()),
        "multi_parent": int(np.count_nonzero(node.column("bases").to_numpy() > 1)),
        "conflicts": int(np.count_nonzero(declared.column("conflict").to_numpy())),
        "ancestry_pairs": len(closure.model),
        "ancestry_bound": closure.bound,
        "publishers": pc.sum(pc.greater(fetched.publishers.column("models"), 0)).as_py() or 0,
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
        "models": fetched.models,
        "edges": link,
        "tags": fetched.tags,
        "claims": fetched.claims,
        "publishers": _with_ranks(fetched.publishers, node, built, own, has_downloads),
        "rejected": fetched.rejected,
        "ancestry": pairs,
        "deep": model_ids.take(pa.array(np.flatnonzero(closure.deep))).to_pylist(),
    }


def _with_ranks(accounts: pa.Table, node: pa.Table, g: graph.Graph, own: Any, has_downloads: bool) -> pa.Table:
    """The table `publishers` with its place in the publisher graph of design §5; flows are null without downloads."""
    n = accounts.num_rows
    host = node.column("publisher_row").cast(pa.int64()).fill_null(n).to_numpy()
    between = publishers.build(host, g.child, g.base, own, n)
    made = {"in_degree": pa.array(publishers.in_degree(between))}
    for name, flow in (("flow_in", between.flow_in), ("flow_out", between.flow_out)):
        made[name] = pa.array(flow) if has_downloads else pa.nulls(n, pa.int64())
    made["pagerank"] = pa.array(publishers.pagerank(between), mask=~between.touched)
    for name, column in made.items():
        accounts = accounts.append_column(name, column)
    return accounts


def _put_rollups(
    models: Aside,
    node: pa.Table,
    g: graph.Graph,
    closure: ancestry.Ancestry,
    own: Any,
    has_downloads: bool,
    apart: NDArray[np.bool_],
) -> Any:
    """Put generation, cycle, the roll-up columns and the centrality of design §4 and §5 aside; returns `descendants`.

    int32[n]. What counts downloads is null without them. `apart` bool[n]: stubs of another basis, which have no rank.
    """
    ids_ = node.column("id").combine_chunks()
    in_cycle = (g.size > 1)[g.group]
    cycle = pa.array(np.where(in_cycle, g.group, 0), mask=~in_cycle)
    models.put(pa.table({"generation": g.generation, "cycle": ids_.take(cycle)}))

    def put(name: str, values: Any) -> None:
        unknown = not has_downloads and (name in ("own", "full", "split", "primary") or name.startswith("downloads_"))
        models.put(pa.table({name: pa.nulls(g.n, pa.int64()) if unknown else pa.array(values)}))

    put("own", own)
    put("full", rollup.full(g, closure, own))
    put("split", rollup.split(g, own))
    put("primary", rollup.primary(g, own))
    put("children", centrality.in_degree(g).astype(np.int32))
    codes = {r: i for i, r in enumerate(MODEL_RELATIONS)}
    found = pc.index_in(node.column("relation"), pa.array(list(codes)))
    relation = found.cast(pa.int64()).fill_null(-1).to_numpy()
    downloads = rollup.by_relation(g, closure, own, relation, len(codes))
    for name, code in codes.items():
        put(f"downloads_{name}", downloads[:, code])
    del downloads
    count = rollup.by_relation(g, closure, np.ones(g.n, np.int64), relation, len(codes))
    for name, code in codes.items():
        put(f"count_{name}", count[:, code].astype(np.int32))
    descendants = count.sum(axis=1, dtype=np.int32)
    put("descendants", descendants)
    del count
    harmonic, unknown = centrality.harmonic(g, closure)
    models.put(pa.table({"harmonic": pa.array(harmonic, mask=unknown)}))
    rank = centrality.pagerank(g, centrality.equal(g), ~apart)
    models.put(pa.table({"pagerank": pa.array(rank, mask=apart)}))
    return descendants
