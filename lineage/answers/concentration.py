"""How few hold the downloads: over publishers, families or countries.

Design §4, "Concentration": the Herfindahl–Hirschman index on 0–1, HHI = Σ (x / Σx)², and the Gini coefficient of
the population, Σ (2i − n − 1) · x₍ᵢ₎ / (n · Σx) over ascending x; both exact in whole numbers, divided once.
"""

from typing import Any

import numpy as np
import pyarrow as pa

from lineage.answers.cuts import parts_of, roots_of, split_of
from lineage.answers.frames import Selection, ratio
from lineage.answers.pairs import sums
from lineage.errors import UsageError, near
from lineage.metrics.graph import Ints

#: What downloads can be concentrated over.
OVER = ("publisher", "family", "country")

SCHEMA = pa.schema(
    [
        ("over", pa.string()),
        ("hhi", pa.float64()),
        ("gini_population", pa.float64()),
        ("top1", pa.float64()),
        ("top10", pa.float64()),
        ("n", pa.int64()),
        ("total", pa.int64()),
        ("unknown_share", pa.float64()),
        ("frame", pa.string()),
        ("window", pa.string()),
        ("basis", pa.string()),
        ("taken_at", pa.string()),
    ]
)


def measures(holdings: Ints) -> dict[str, Any]:
    """hhi, gini_population, top1, top10 (float or None), n and total of int64[n] holdings, none below 0.

    None where there is nothing to divide by. Closed forms: n equal holdings give hhi 1 / n and gini 0; one
    holder among n gives hhi 1 and gini (n − 1) / n.
    """
    n, total = len(holdings), int(holdings.sum())
    size, count = np.unique(holdings, return_counts=True)
    below = np.cumsum(count) - count
    squares = ranked = 0
    # Equal holdings together: c of them above b others have the ranks b + 1 … b + c, and their Σ (2i − n − 1) is
    # c (2b + c − n).
    for x, c, b in zip(size.tolist(), count.tolist(), below.tolist(), strict=True):
        squares += c * x * x
        ranked += c * (2 * b + c - n) * x
    largest = np.sort(holdings)[::-1]
    return {
        "hhi": ratio(squares, total * total),
        "gini_population": ratio(ranked, n * total),
        "top1": ratio(int(largest[:1].sum()), total),
        "top10": ratio(int(largest[:10].sum()), total),
        "n": n,
        "total": total,
    }


def concentration(selection: Selection, over: str) -> pa.Table:
    """One row: how concentrated the downloads of the selection are over `over`, one of `OVER`.

    Columns: over, hhi, gini_population, top1, top10 (float64: the indices, and the shares of the largest and the ten
    largest), n (int64: those with at least one model of the frame, itself or, of a family, by a descendant; zero
    downloads included), total (int64: the downloads that they share), unknown_share (float64; null but for countries,
    where what is not known is left out of the others), frame, window, basis, taken_at. Ownerless ids share one account
    without a name, which is one publisher. Raises UsageError for another `over`.
    """
    if over not in OVER:
        raise UsageError(f"There is no concentration over {over!r}.{near(over, OVER)} There are: {', '.join(OVER)}.")
    row: dict[str, Any] = {"over": over, "unknown_share": None}
    if over == "family":
        holdings = _families(selection)
    else:
        holdings, unknown = _held(selection, over)
        if over == "country":
            row["unknown_share"] = ratio(unknown or 0, selection.denominator)
        elif unknown is not None:
            holdings = np.append(holdings, unknown)
    row |= measures(holdings) | selection.words()
    return pa.Table.from_pylist([row], schema=SCHEMA)


def _held(selection: Selection, by: str) -> tuple[Ints, int | None]:
    """Downloads of each known key that a model of the frame is under, and of `(unknown)`, None where no model is."""
    parts = parts_of(selection, by)
    held = sums(parts.code, parts.counted, len(parts.keys))
    present = np.zeros(len(parts.keys), bool)
    present[parts.code] = True
    nobodys = int(held[parts.unknown].sum()) if present[parts.unknown].any() else None
    return held[present & ~parts.unknown], nobodys


def _families(selection: Selection) -> Ints:
    """The `split` value of each root that a model of the frame goes back to.

    As the cut `family` has it, without its two million names.
    """
    root, _ = roots_of(selection)
    present = np.zeros(len(selection.inside), bool)
    present[root] = True
    return split_of(selection)[present]
