"""Numbers that are added up from fractions, to as many digits as they can be trusted.

The last bit of such a sum hangs on the order of what was added: 29/6 comes out as 4.833333333333333 or as
4.833333333333334. Equal ranks must compare as equal, here and in every engine that reads them, else they stand in
another order than A–Z.
"""

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]

#: Significant digits of a rank: a double has 15, and what is lost in adding up is mostly far below the thirteenth.
DIGITS = 13

#: Values beyond have a power of ten that no float holds, and stay as they are.
_LEAST, _MOST = 1e-290, 1e290

_TENS = np.array([float(f"1e{power}") for power in range(-300, 305)])


def rounded(values: Floats) -> Floats:
    """float64[n]: each of `values` float64[n], none below 0, to `DIGITS` significant digits; NaN stays NaN."""
    usual = np.flatnonzero((values > _LEAST) & (values < _MOST))
    held = values[usual]
    # The power of ten from that of two, which is there: one too small at most.
    power = np.floor((np.frexp(held)[1] - 1) * np.log10(2.0)).astype(np.int64)
    power += held >= _TENS[power + 301]
    scale = _TENS[DIGITS - 1 - power + 300]
    found = values.copy()
    found[usual] = np.rint(held * scale) / scale
    return found
