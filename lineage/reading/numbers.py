"""Numbers of rows of the input: the part in the high 32 bits, the row in it in the low ones."""

import numpy as np
from numpy.typing import NDArray

Ints = NDArray[np.int64]

_LOW = (1 << 32) - 1


def places(held: Ints, wanted: Ints) -> Ints:
    """Where each of the `wanted` numbers stands in `held` (each once there); -1 where it is not, and for -1.

    By a table with a place for every row of every part, which costs no comparison.
    """
    if not len(held):
        return np.full(len(wanted), -1, np.int64)
    room = np.zeros(int(held.max() >> 32) + 2, np.int64)
    np.maximum.at(room, (held >> 32) + 1, (held & _LOW) + 1)
    start = np.cumsum(room)
    table = np.full(int(start[-1]), -1, np.int64)
    table[start[held >> 32] + (held & _LOW)] = np.arange(len(held))
    part, row = wanted >> 32, wanted & _LOW
    known = (wanted >= 0) & (part < len(room) - 1)
    known &= row < room[np.where(known, part + 1, 0)]
    return np.where(known, table[np.where(known, start[np.where(known, part, 0)] + row, 0)], -1)
