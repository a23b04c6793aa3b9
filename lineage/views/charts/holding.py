"""What the largest holders of downloads hold together: sums of rows of `shares`, for the curve and its table. Pure."""

from collections.abc import Mapping, Sequence
from typing import Any

from lineage.views.charts.bars import kind_of

Row = Mapping[str, Any]

#: So many rows of `shares` are asked for: the largest whose sum is told is the thousandth.
ASKED = 1000


def holdings(rows: Sequence[Row], with_unknown: bool) -> list[int]:
    """What the largest hold, largest first; ids without an account count as one, as in `concentration`."""
    keep = [row["numerator"] for row in rows if not kind_of(row["key"]) or (with_unknown and row["key"] == "(unknown)")]
    return sorted(keep, reverse=True)


def together(rows: Sequence[Row], over: str, n: int, total: int) -> list[tuple[int, int]]:
    """(rank, downloads of so many largest together) at 1, 10, 100, … and at the last.

    `rows`: those of `shares` by publisher or family, at least the largest `ASKED`; `n` and `total`: how many there are
    and what they hold, from `concentration`.
    """
    held = holdings(rows, over == "publisher")
    made = [(10**i, sum(held[: 10**i])) for i in range(7) if 10**i < n and 10**i <= len(held)]
    return [*made, (n, total)] if n else made
