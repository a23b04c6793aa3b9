"""A snapshot → its whole graph as a `GraphFile`, read and written in blocks, for there are three million models."""

from collections.abc import Iterator

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from lineage.answers.basis import FOLLOWING, lineage_under
from lineage.schema import TABLES
from lineage.snapshot import Snapshot
from lineage.views import wording
from lineage.views.files.graphfiles import GraphFile, Rows, rows
from lineage.views.files.sketch import of_tables

#: The columns of `models` that its nodes have, and those that stand for `declared` alone.
_MODELS = (
    "id", "publisher", "stub", "relation", "base", "bases", "generation", "cycle", "downloads", "downloads_all_time",
    "likes", "full", "split", "descendants", "children", "pipeline_tag", "library", "licences", "format", "bits",
    "parameters", "disclosed", "produced_by", "created_at", "last_modified",
)  # fmt: skip
_DECLARED = ("full", "split")


def whole_graph(snapshot: Snapshot, *, basis: str = "declared", every: bool = False) -> GraphFile:
    """All links of a basis, and the models that one of them touches, or `every` model.

    Nodes have columns of `models`, and `owner`; links relation, evidence, basis, place, conflict, older_than_base,
    `dangling` (the base is not in the snapshot) and `first`. Raises UsageError for a basis that there is not.
    """
    lineage = lineage_under(snapshot, basis)
    stub = snapshot.table("models", ["stub"]).column("stub")
    edges = lineage.edges(
        [
            "child",
            "base",
            "relation",
            "evidence",
            "basis",
            "place",
            "conflict",
            "older_than_base",
            "child_row",
            "base_row",
        ]
    )
    chosen = np.zeros(len(stub), bool)
    for name in ("child_row", "base_row"):
        chosen[edges.column(name).to_numpy()] = True
    if every:
        chosen |= lineage.present
    links = edges.append_column("dangling", stub.take(edges.column("base_row").combine_chunks()))
    links = links.append_column("first", pc.equal(links.column("place"), 0)).drop_columns(["child_row", "base_row"])
    links = links.rename_columns(["source", "target", *links.column_names[2:]])
    names = [name for name in _MODELS if basis == "declared" or name not in _DECLARED]
    owner = snapshot.table("publishers", ["owner"]).column("owner").combine_chunks()
    fields = [TABLES["models"].field(name) for name in names]
    fields.insert(2, pa.field("owner", pa.string()))

    def blocks(wanted: list[str]) -> Iterator[pa.Table]:
        """The chosen models: what a basis changes from its own columns, all else from the file, block by block."""
        own = [name for name in wanted if basis != "declared" and name in FOLLOWING]
        changed = lineage.models(own) if own else None
        read = [name for name in wanted if name not in (*own, "owner")]
        read += ["publisher_row"] if "owner" in wanted else []
        begin = 0
        for block in snapshot.blocks("models", read or ["id"]):
            keep = pa.array(chosen[begin : begin + block.num_rows])
            if "owner" in wanted:
                block = block.append_column("owner", owner.take(block.column("publisher_row").combine_chunks()))
            for name in own:
                assert changed is not None
                block = block.append_column(name, changed.column(name).slice(begin, block.num_rows))
            begin += len(keep)
            yield block.select(wanted).filter(keep)

    count = int(chosen.sum())
    left = int(lineage.present.sum()) - count
    said = (
        f"Snapshot {snapshot.name}, {wording.day(snapshot.taken_at)}, source {snapshot.manifest['source']['name']}, "
        f"basis {basis}.",
        f"Here are {wording.count(count, 'node')} and {wording.count(links.num_rows, 'link')}. "
        + ("Every model of the snapshot is here."
           if every else f"A link touches all of them; the other {left:,} models come with --all."),
        "A link goes from what is derived to its base. Downloads are those of the last 30 days.",
    )  # fmt: skip
    return GraphFile(
        "export",
        f"All of {snapshot.name}",
        snapshot.header(),
        {"basis": basis, "all": every},
        said,
        Rows(pa.schema(fields), blocks),
        rows(links),
        lambda: of_tables(pa.concat_tables(blocks([field.name for field in fields])), links, said),
    )
