"""What a snapshot holds, in one row."""

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from lineage.answers.basis import edges_under
from lineage.schema import BASES, RELATIONS
from lineage.snapshot import Snapshot


def info(snapshot: Snapshot) -> pa.Table:
    """One row of int64 counts, those of the basis declared: models, stubs, edges, those by relation, and more.

    `corrected`: edges whose label the model's own metadata denies. `edges_stated`, `edges_inferred`: edges
    under those bases; null where the snapshot does not hold them. `older_than_base`: edges whose child is
    the older one. `cards_unread`: models whose card could not be read. `downloads` and `with_lineage`
    (downloads of models with a base) are null where the input has no downloads; `deep` counts models whose
    ancestry is too large to store, `derived` those with a base.
    """
    counts = snapshot.counts
    edges = edges_under(snapshot, "declared", ["relation", "base_row", "corrected", "older_than_base"])
    relation, base_row = edges.column("relation"), edges.column("base_row").to_numpy()
    models = snapshot.table("models", ["stub", "downloads", "bases", "created_at", "card_problem"])
    stub = models.column("stub").to_numpy()
    derived = models.column("bases").to_numpy() > 0
    downloads = models.column("downloads").fill_null(0).to_numpy()
    has_downloads = "downloads" in snapshot.columns
    undated = models.column("created_at").is_null().to_numpy() & ~stub
    row = {
        "models": counts["models"],
        "stubs": counts["stubs"],
        "edges": counts["edges"],
        **{name: pc.sum(pc.equal(relation, name)).as_py() or 0 for name in RELATIONS},
        "unlabelled": relation.null_count,
        "corrected": _true(edges.column("corrected")),
        "publishers": counts["publishers"],
        "roots": counts["roots"],
        "families": counts["families"],
        "components": counts["components"],
        "multi_parent": counts["multi_parent"],
        "cycles": counts["cycles"],
        "self_loops": counts["self_loops"],
        "rejected": counts["rejected"],
        "rejected_claims": counts["rejected_claims"],
        "conflicts": counts["conflicts"],
        "downloads": int(downloads.sum()) if has_downloads else None,
        "with_lineage": int(downloads[derived].sum()) if has_downloads else None,
        "undated": int(np.count_nonzero(undated)),
        "ancestry_pairs": counts["ancestry_pairs"],
        "deep": len(snapshot.manifest["deep"]),
        "claims": counts["claims"],
        "derived": int(np.count_nonzero(derived)),
        "edges_to_stubs": int(np.count_nonzero(stub[base_row])),
        **{f"edges_{basis}": _edges(snapshot, basis) for basis in BASES[1:]},
        "older_than_base": _true(edges.column("older_than_base")),
        "cards_unread": models.num_rows - models.column("card_problem").null_count,
    }
    return pa.table({name: pa.array([value], pa.int64()) for name, value in row.items()})


def _true(column: pa.ChunkedArray) -> int:
    return pc.sum(column).as_py() or 0


def _edges(snapshot: Snapshot, basis: str) -> int | None:
    return edges_under(snapshot, basis, ["child_row"]).num_rows if basis in snapshot.manifest["basis"] else None
