"""How far the answers of two tools are the same."""

import numpy as np

from benchmarks.beside import Answer


def agreement(ours: Answer, theirs: Answer) -> tuple[str, float]:
    """In words, and the largest relative difference: 0 where all is equal, without end where whole numbers differ.

    Compared is what both have. `comparable` bool[n] of ours: the rows where both mean the same.
    """
    rows = ours.get("comparable")
    said, most = ["equal"], 0.0
    for name in sorted(ours.keys() & theirs.keys()):
        mine, other = ours[name], theirs[name]
        if mine.shape != other.shape:
            return f"{name} has {len(other):,} rows, not {len(mine):,}", np.inf
        if rows is not None:
            mine, other = mine[rows], other[rows]
        if np.issubdtype(mine.dtype, np.integer):
            differs = int((mine != other).sum())
            if differs:
                return f"{differs:,} of {mine.size:,} differ in {name}", np.inf
        elif mine.size:
            scale = np.maximum(np.abs(mine), np.abs(other))
            gap = np.abs(mine - other) / np.where(scale > 0, scale, 1)
            most = max(most, float(gap.max()) if not np.isnan(gap).any() else np.inf)
            said = [f"to {most:.1e}" if most else "equal"]
    if rows is not None and not rows.all():
        said.append(f"outside cycles, {int((~rows).sum()):,} rows")
    return "; ".join(said), most
