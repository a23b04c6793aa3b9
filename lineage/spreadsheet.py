"""What a spreadsheet would run, made text; and made again what it was.

A spreadsheet takes a cell for a formula that begins with `= + - @`, some also with their full-width twins, and passes
over blanks and quotes before them. Which cells there are is decided by the program that opens the file: one that parts
cells at `;` or at tabs finds in a file of commas cells that were never written. So a sign that could begin a cell
anywhere in a text, after `, ;` a tab or a line end, gets a `'` before it, and so does a text that begins with `"`,
behind which a program would look for the end of a cell in other rows.

An apostrophe in that place counts as one of those blanks, so a text that has one already gets one more, and no two
texts become the same: `restored` takes away one in each place, and gives back every text.
"""

import re
from typing import Any

#: What begins a formula, and the twins of that which some spreadsheets fold.
SIGNS = "=+\\-@\uff1d\uff0b\uff0d\uff20"

#: What may stand before: blanks, signs that are not seen, and U+FFFD, which stands for controls.
_BLANK = (
    "\x00-\x08\x0b\x0c\x0e-\x20\x7f-\xa0\xad\u061c\u1680\u180e\u2000-\u200f\u2028-\u202f\u205f-\u206f\u3000\ufeff\ufffd"
)

#: What may part two cells.
_BETWEEN = ",;\t\n\r"

_BEGINS = f"[{_BLANK}']*[\"{SIGNS}]"
_GOES_ON = f"[{_BLANK}'\"]*[{SIGNS}]"

#: Where an apostrophe goes, in one look at a column by RE2: between the groups.
PLACES = f"(\\A)({_BEGINS})|([{_BETWEEN}])({_GOES_ON})"
DISARMED = "\\1\\3'\\2\\4"

# The same in two steps, for `re` is several times faster where a pattern has but one beginning.
_BEGINNING, _INNER = re.compile(_BEGINS), re.compile(f"([{_BETWEEN}])({_GOES_ON})")
_MARKED_BEGINNING, _MARKED_INNER = re.compile(f"'{_BEGINS}"), re.compile(f"([{_BETWEEN}])'({_GOES_ON})")

#: Whether there could be a formula in a text.
FORMULA = f"(?:\\A|[{_BETWEEN}])[{_BLANK}'\"]*[{SIGNS}]"


def disarmed(text: str) -> str:
    """`text` with an apostrophe wherever a formula could begin."""
    inner = _INNER.sub("\\1'\\2", text)
    return "'" + inner if _BEGINNING.match(text) else inner


def restored(text: str) -> str:
    """What `disarmed` made its text of."""
    inner = _MARKED_INNER.sub("\\1\\2", text)
    return inner[1:] if _MARKED_BEGINNING.match(text) else inner


def disarmed_within(value: Any) -> Any:
    """A value of lists and maps with every text in it disarmed; numbers are no text and stay."""
    if isinstance(value, str):
        return disarmed(value)
    if isinstance(value, list):
        return [disarmed_within(each) for each in value]
    if isinstance(value, dict):
        return {disarmed(key): disarmed_within(each) for key, each in value.items()}
    return value
