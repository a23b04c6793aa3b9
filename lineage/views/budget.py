"""What a page may weigh, and what gives way where names are so long that it would weigh more: the middle of the names.

    within(lambda found, said: page_of(found, said), found)

Names on the Hub have 96 signs at most. Longer ones stand in cards only, as bases that nobody has; and in snapshots that
somebody forged.
"""

from collections.abc import Callable, Iterator
from dataclasses import fields, is_dataclass, replace
from typing import Any, TypeVar

import pyarrow as pa
import pyarrow.compute as pc

T = TypeVar("T")

#: A page, and a report.
BYTES, REPORT_BYTES = 1_000_000, 500_000

#: So many signs a text keeps, one after the other until the page is light enough.
LENGTHS = (200, 96, 48, 24, 12)


def within(
    make: Callable[[T, str], str], found: T, most: int = BYTES, cut: "Callable[[T, int], T] | None" = None
) -> str:
    """The page that `make` gives of `found`; where it weighs more than `most` bytes, of `found` with its longest texts
    cut, and `make` is given a sentence that says so (else an empty one). `cut` works as `shortened`, the default."""
    text = make(found, "")
    for longest in LENGTHS:
        if len(text.encode()) <= most:
            break
        shorter = (cut or shortened)(found, longest)
        if shorter is not found:
            text = make(shorter, said(longest))
    return text


def said(longest: int) -> str:
    """What a reader is told."""
    return (
        f"Names and other texts of more than {longest} signs are shown by their beginning and their end around an "
        "ellipsis: whole, they would make this page too large. As JSON they are whole."
    )


def shortened(found: T, longest: int) -> T:
    """A record of the answers in which no text has more than about `longest` signs; two that differ stay two.

    What is looked at: texts, tables, lists, tuples, mappings and records within it. The same object where nothing is so
    long. Titles of the snapshot and its source are texts as well.
    """
    names = short_names(found, longest)
    return renamed(found, names) if names else found


def short_names(found: object, longest: int) -> dict[str, str]:
    """By text of more than `longest` signs in `found` its short form: beginning, ellipsis, end; with a number where two
    would be alike."""
    texts = sorted(set(_long(found, longest)))
    names: dict[str, str] = {}
    taken: set[str] = set()
    for text in texts:
        # An account stays apart from its name, for pages show the two in two ways.
        account, slash, name = text.partition("/")
        short = f"{_middle(account, longest // 3)}/{_middle(name, longest - longest // 3)}" if slash else ""
        plain = short = short if slash and len(short) < len(text) else _middle(text, longest)
        number = 1
        while short in taken:
            number += 1
            short = f"{plain}…{number}"
        taken.add(short)
        names[text] = short
    return names


def _middle(text: str, longest: int) -> str:
    if len(text) <= longest:
        return text
    head = (longest * 3 + 4) // 5
    return text[:head] + "…" + text[len(text) - max(longest - head - 1, 1) :]


def _long(value: Any, longest: int) -> Iterator[str]:
    """Every text in a value that is longer."""
    if isinstance(value, str):
        if len(value) > longest:
            yield value
    elif isinstance(value, pa.Table):
        for column in value.columns:
            flat = pc.list_flatten(column) if pa.types.is_list(column.type) else column
            if pa.types.is_string(flat.type):
                yield from flat.filter(pc.greater(pc.utf8_length(flat), longest)).to_pylist()
    elif is_dataclass(value):
        for each in fields(value):
            yield from _long(getattr(value, each.name), longest)
    elif isinstance(value, dict):
        for inner in value.values():
            yield from _long(inner, longest)
    elif isinstance(value, list | tuple):
        for inner in value:
            yield from _long(inner, longest)


def renamed(value: T, names: dict[str, str]) -> T:
    """The same value with the short forms."""
    return _replaced(value, names)  # type: ignore[no-any-return]


def _replaced(value: Any, names: dict[str, str]) -> Any:
    if isinstance(value, str):
        return names.get(value, value)
    if isinstance(value, pa.Table):
        return pa.table([_column(column, names) for column in value.columns], schema=value.schema)
    if is_dataclass(value) and not isinstance(value, type):
        return replace(value, **{each.name: _replaced(getattr(value, each.name), names) for each in fields(value)})
    if isinstance(value, dict):
        return {key: _replaced(inner, names) for key, inner in value.items()}
    if isinstance(value, list):
        return [_replaced(inner, names) for inner in value]
    return tuple(_replaced(inner, names) for inner in value) if isinstance(value, tuple) else value


def _column(column: pa.ChunkedArray, names: dict[str, str]) -> pa.Array | pa.ChunkedArray:
    kind = column.type
    if pa.types.is_list(kind) and pa.types.is_string(kind.value_type):
        return pa.array([each and [names.get(text, text) for text in each] for each in column.to_pylist()], kind)
    if not pa.types.is_string(kind):
        return column
    raw, short = pa.array(list(names), pa.string()), pa.array(list(names.values()), pa.string())
    return pc.coalesce(short.take(pc.index_in(column, value_set=raw)), column)
