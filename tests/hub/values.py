"""What a value is sorted by, and how the Hub writes a time."""

import math
import re
from datetime import UTC, datetime, timedelta
from typing import Any

from tests.hub.names import TIMES

_START = datetime(1970, 1, 1, tzinfo=UTC)


def sort_value(name: str, value: Any) -> int | float | None:
    """A value as a number: times in microseconds since 1970, an `_id` as the number that it is in hexadecimal.

    None for whatever is not of its kind; those rows come last in every order.
    """
    if name in TIMES:
        return _microseconds(value)
    if name == "_id":
        return int(value, 16) if isinstance(value, str) and re.fullmatch("[0-9a-f]{24}", value) else None
    if isinstance(value, bool) or not isinstance(value, int | float) or not math.isfinite(value):
        return None
    return value


def _microseconds(value: Any) -> int | None:
    if not isinstance(value, str):
        return None
    try:
        time = datetime.fromisoformat(value)
    except ValueError:
        return None
    time = time.replace(tzinfo=UTC) if time.tzinfo is None else time
    return (time - _START) // timedelta(microseconds=1)


def written(name: str, value: int | float) -> int | float | str:
    """The reverse of `sort_value`: the value as it stands in a cursor."""
    if name == "_id":
        return f"{value:024x}"
    if name not in TIMES:
        return value
    time = _START + timedelta(microseconds=int(value))
    return time.isoformat(timespec="milliseconds" if value % 1000 == 0 else "microseconds").replace("+00:00", "Z")
