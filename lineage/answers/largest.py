"""The largest first, without sorting all: of three million models a person looks at twenty."""

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from lineage.metrics.graph import Ints


def largest(column: pa.ChunkedArray | pa.Array, limit: int | None, among: NDArray[np.bool_] | None = None) -> Ints:
    """int64[k]: the rows of the `limit` largest numbers of `column` (None: all), largest first, equal ones in the order
    of their rows, which are A–Z everywhere; nulls last. `among` bool[n]: only these rows.
    """
    known = (
        column.is_valid().to_numpy(zero_copy_only=False)
        if isinstance(column, pa.Array)
        else column.is_valid().to_numpy()
    )
    there = np.ones(len(column), bool) if among is None else among
    rows = np.flatnonzero(known & there)
    values = column.fill_null(0).to_numpy()[rows]
    if limit is not None and limit < len(rows):
        if limit == 0:
            return rows[:0]
        last = np.partition(values, len(values) - limit)[len(values) - limit]
        above = np.flatnonzero(values > last)
        level = np.flatnonzero(values == last)[: limit - len(above)]
        chosen = np.sort(np.concatenate([above, level]))
        rows, values = rows[chosen], values[chosen]
    rows = rows[np.argsort(-values, kind="stable")]
    unknown = np.flatnonzero(~known & there)
    return np.concatenate([rows, unknown if limit is None else unknown[: limit - len(rows)]])
