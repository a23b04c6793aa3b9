"""Columns → lines of text, many rows at once: what every writer of graph files puts its rows together with.

A part of a line is a text of ours or a column; a null in a column is nothing at all, with what stands around it.
So a file of three million models is written without a step per model.
"""

from collections.abc import Callable, Sequence
from typing import TypeAlias

import pyarrow as pa
import pyarrow.compute as pc

from lineage.screen import referenced, spelled

#: Rows that become text at once: some megabytes.
ROWS = 50_000

Column: TypeAlias = pa.Array | pa.ChunkedArray

#: What hides or reorders others (see `wording.clean`) as RE2 spells it; halves of pairs cannot be in a column.
HIDDEN = r"[\p{Cc}\p{Cf}\p{Zl}\p{Zp}\p{Co}\x{034f}\x{115f}\x{1160}\x{17b4}\x{17b5}\x{2800}\x{3164}\x{ffa0}]"

#: What XML has no form for.
ILLEGAL = r"[\x{0}-\x{8}\x{b}\x{c}\x{e}-\x{1f}\x{fffe}\x{ffff}]"

_XML = (("&", "&amp;"), ("<", "&lt;"), (">", "&gt;"), ('"', "&quot;"), ("\t", "&#9;"), ("\n", "&#10;"), ("\r", "&#13;"))
_JSON = (("\\", "\\\\"), ('"', '\\"'))
_XML_SIGNS = r'[&<>"\x{fffe}\x{ffff}' + HIDDEN[1:]
_JSON_SIGNS = r'["\\' + HIDDEN[1:]


def lines(*parts: str | Column) -> bytes:
    """One line a row, each the parts in their order; at least one part is a column. UTF-8, no line end of its own."""
    joined = pc.binary_join_element_wise(*parts, "", null_handling="replace", null_replacement="")
    if isinstance(joined, pa.ChunkedArray):
        joined = joined.combine_chunks()
    whole = pa.ListArray.from_arrays(pa.array([0, len(joined)], pa.int32()), joined)
    return bytes(pc.binary_join(whole, "")[0].as_buffer())


def around(before: str, column: Column, after: str) -> Column:
    """Each value between two texts; where there is none, null."""
    return pc.binary_join_element_wise(before, column, after, "", null_handling="emit_null")


def shown(column: Column) -> Column:
    """A column of text for showing, as `wording.clean` makes one."""
    return pc.replace_substring_regex(column, HIDDEN, "\ufffd") if _any(column, HIDDEN) else column


def text(column: Column, joined: str = ";") -> Column:
    """Any column as text: numbers as digits, times in ISO form in UTC, lists joined, what is not finite null."""
    kind = column.type
    if pa.types.is_string(kind):
        return column
    if pa.types.is_list(kind):
        return pc.binary_join(column, joined)
    if pa.types.is_timestamp(kind):
        whole = pc.strftime(column.cast(pa.timestamp("us", tz="UTC")), format="%Y-%m-%dT%H:%M:%SZ")
        return pc.replace_substring(whole, ".000000Z", "Z")
    if pa.types.is_floating(kind):
        column = pc.if_else(pc.is_finite(column), column, pa.scalar(None, kind))
    return column.cast(pa.string())


def xml(column: Column) -> Column:
    """A column of any type for XML, in an attribute or between tags; what XML cannot hold becomes U+FFFD."""
    if pa.types.is_integer(column.type) or pa.types.is_boolean(column.type):
        return text(column)
    column = text(column)
    if not _any(column, _XML_SIGNS):  # as in most columns: one look, and no copy
        return column
    column = _replaced(pc.replace_substring_regex(column, ILLEGAL, "\ufffd"), _XML)
    return _spelled(column, referenced)


def json(column: Column) -> Column:
    """A column of any type as JSON; a missing value is `null`."""
    kind = column.type
    if pa.types.is_list(kind):
        inner = pc.binary_join(mapped(column, _json_text), ",")
        return around("[", inner, "]").fill_null("null")
    if pa.types.is_string(kind) or pa.types.is_timestamp(kind):
        return _json_text(text(column)).fill_null("null")
    return text(column).fill_null("null")


def _json_text(column: Column) -> Column:
    if _any(column, _JSON_SIGNS):
        column = _replaced(column, _JSON)
        column = _replaced(column, tuple((chr(code), f"\\u{code:04x}") for code in range(32)))
        column = _spelled(column, spelled)
    return around('"', column, '"')


def mapped(column: Column, change: Callable[[Column], Column]) -> Column:
    """A column of lists with every value changed."""
    if isinstance(column, pa.ChunkedArray):
        column = column.combine_chunks()
    offsets = pa.concat_arrays(
        [pa.array([0], pa.int32()), pc.cumulative_sum(pc.list_value_length(column).fill_null(0))]
    )
    made = pa.ListArray.from_arrays(offsets.cast(pa.int32()), change(column.flatten()))
    return pc.if_else(column.is_valid(), made, pa.scalar(None, made.type))


def _replaced(column: Column, pairs: Sequence[tuple[str, str]]) -> Column:
    for sign, instead in pairs:
        column = pc.replace_substring(column, sign, instead)
    return column


def _spelled(column: Column, spell: Callable[[str], str]) -> Column:
    """What a terminal would obey, and what is not seen, spelled out: one step a text, for few hold such a sign."""
    if not _any(column, HIDDEN):
        return column
    if isinstance(column, pa.ChunkedArray):
        column = column.combine_chunks()
    odd = pc.match_substring_regex(column, HIDDEN).fill_null(False)
    return pc.replace_with_mask(
        column, odd, pa.array([spell(text) for text in column.filter(odd).to_pylist()], column.type)
    )


def cut(column: Column, longest: int) -> Column:
    """A column of text in which what is longer than `longest` signs ends in an ellipsis there."""
    return pc.if_else(
        pc.greater(pc.utf8_length(column), longest),
        pc.binary_join_element_wise(pc.utf8_slice_codeunits(column, 0, longest - 1), "…", ""),
        column,
    )


def _any(column: Column, signs: str) -> bool:
    """Whether a text holds one of these."""
    return bool(pc.any(pc.match_substring_regex(column, signs)).as_py())
