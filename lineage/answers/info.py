"""What a snapshot holds, in one row."""

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from lineage.schema import RELATIONS
from lineage.snapshot import Snapshot

#: Counted by issues to come, or only where the input has the column: null until then.
_NULLABLE = ("corrected",)


def info(snapshot: Snapshot) -> pa.Table:
    """One row of int64 counts: models, stubs, edges, those by relation, and what was rejected.

    `downloads` and `with_lineage` (downloads of models with a base) are null where the input has no
    downloads; `deep` counts models whose ancestry is too large to store, `derived` those with a base.
    """
    counts = snapshot.counts
    edges = snapshot.table("edges", ["relation", "base_row"])
    relation, base_row = edges.column("relation"), edges.column("base_row").to_numpy()
    models = snapshot.table("models", ["stub", "downloads", "bases", "created_at"])
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
        **dict.fromkeys(_NULLABLE),
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
    }
    return pa.table({name: pa.array([value], pa.int64()) for name, value in row.items()})
