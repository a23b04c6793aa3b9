"""Cells and tables as people read them: thousands apart, shares in percent, nothing cut, nothing acted on."""

import io
import json
import os
import re
import sys
from collections.abc import Mapping
from typing import Any, TextIO

import pyarrow as pa

from lineage.spreadsheet import disarmed, disarmed_within

#: What is the same in every row of a figure: said once above a table, not in a column.
_CAPTION = ("model", "by", "frame", "window", "basis", "owner", "taken_at")

#: Numbers that count nothing.
_NAMES = ("pid", "place", "position", "depth", "published_year")

#: So many signs of a text stand in a table for people; every other format has all of them.
LONGEST = 500

#: A column of words is not made narrower than this.
_NARROWEST = 24

#: What is not seen, or turns the line round, though a text holds it: Unicode's controls, formats, separators of lines
#: and paragraphs, halves of pairs and private signs (Cc, Cf, Zl, Zp, Cs, Co), and letters, marks and symbols that are
#: blank. `views/parts/page.js` has the same list.
_UNSEEN = re.compile(
    "[\x00-\x1f\x7f-\x9f\xad\u034f\u0600-\u0605\u061c\u06dd\u070f\u0890\u0891\u08e2\u115f\u1160\u17b4\u17b5\u180e"
    "\u200b-\u200f\u2028-\u202e\u2060-\u2064\u2066-\u206f\u2800\u3164\ud800-\uf8ff\ufeff\uffa0\ufff9-\ufffb"
    "\U000110bd\U000110cd\U00013430-\U0001343f\U0001bca0-\U0001bca3\U0001d173-\U0001d17a"
    "\U000e0001\U000e0020-\U000e007f\U000f0000-\U000ffffd\U00100000-\U0010fffd]"
)

#: Of these, what no cell of a file needs; line ends and tabs it may have.
_CONTROL = re.compile("[\x00-\x08\x0b-\x1f\x7f-\x9f]")


def visible(text: str) -> str:
    """`text` for showing: each sign that a terminal obeys, or that hides or reorders others, becomes U+FFFD."""
    return _UNSEEN.sub("\ufffd", text)


def spelled(text: str) -> str:
    """JSON in which such signs stand as escapes: the same value, and a terminal that shows it obeys nothing.

    Line ends between values stay, for in a value JSON has no bare ones.
    """
    return _UNSEEN.sub(lambda sign: sign[0] if sign[0] == "\n" else json.dumps(sign[0])[1:-1], text)


def referenced(text: str) -> str:
    """XML in which such signs stand as character references: the same value, and a terminal obeys nothing."""
    return _UNSEEN.sub(lambda sign: sign[0] if sign[0] in "\t\n\r" else f"&#{ord(sign[0])};", text)


def cell(value: Any, safe: bool, lines: bool = False) -> str:
    """A value in a table of text: empty for null, lists joined by `;`; on one line unless `lines`.

    `safe`: so that no spreadsheet runs it, see `spreadsheet.py`; numbers are as they are.
    """
    if value is None:
        return ""
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, list) and all(isinstance(v, str) for v in value):
        value = ";".join(value)
    text = (
        value if isinstance(value, str) else json.dumps(disarmed_within(value) if safe else value, ensure_ascii=False)
    )
    text = _CONTROL.sub("\ufffd", text) if lines else visible(text)
    return disarmed(text) if safe and isinstance(value, str) else text


def people(name: str, value: Any) -> str:
    """A value as people read it: thousands apart, shares in percent."""
    if isinstance(value, bool) or value is None:
        return cell(value, False)
    if isinstance(value, int):
        return str(value) if name in _NAMES else f"{value:,}"
    if isinstance(value, float):
        return f"{value * 100:.3f} %" if name == "share" else f"{value:g}"
    return cell(value, False)


def right(kind: pa.DataType) -> bool:
    """Whether a column of this type stands to the right, as numbers do."""
    return bool(pa.types.is_integer(kind) or pa.types.is_floating(kind) or pa.types.is_decimal(kind))


def _fitting(names: list[str], cells: list[list[str]], numeric: list[bool], width: int) -> list[int]:
    """The columns that fit a terminal of `width`, in their order; the first always does.

    A number that is cut is a wrong number, so a column is shown whole or left out. Words may go over
    several lines, down to `_NARROWEST` a line; the first column, which says what a row is, may not.
    """
    kept: list[int] = []
    used = 0
    for place, name in enumerate(names):
        widest = max([len(name), *(len(row[place]) for row in cells)])
        least = widest if numeric[place] or not place else min(widest, max(_NARROWEST, len(name)))
        if kept and used + least + 3 > width:
            continue
        used += least + 3
        kept.append(place)
    return kept


def aligned(
    table: pa.Table, rows: list[dict[str, Any]], width: int | None = None, of: Mapping[str, Any] | None = None
) -> tuple[str, list[str], list[str]]:
    """An aligned table, the columns that did not fit `width`, and those with a text of more than `LONGEST` signs, which
    ends there in an ellipsis (a table is as wide as its longest line); one row of many columns on its side.

    `of`: what the rows are about, said above them: the snapshot and its day, and the words of the question.
    """
    from rich.box import SIMPLE_HEAD
    from rich.console import Console
    from rich.table import Table
    from rich.text import Text

    if not rows:
        return "no rows\n", [], []
    out = io.StringIO()
    # Cells come from strangers, so they are Text and never markup; a pipe is never cut at 80 columns.
    console = Console(
        file=out,
        force_terminal=use_colour(),
        no_color=not use_colour(),
        width=width or 10_000,
        highlight=False,
        emoji=False,
        markup=False,
    )
    cut: set[str] = set()

    def text(name: str, value: Any) -> str:
        whole = people(name, value)
        if len(whole) <= LONGEST:
            return whole
        cut.add(name)
        return whole[: LONGEST - 1] + "…"

    said = {n: text(n, rows[0][n]) for n in _CAPTION if n in rows[0] and len({str(r[n]) for r in rows}) == 1}
    shown = [f for f in table.schema if f.name not in said]
    # A column in which there is nothing only takes room.
    shown = [f for f in shown if any(r[f.name] is not None for r in rows)] or shown
    said = dict(of or {}) | said
    if said:
        console.print(Text(" · ".join(f"{name} {value}" for name, value in said.items() if value), style="dim"))
    grid = Table(box=SIMPLE_HEAD, pad_edge=False, show_edge=False)
    if len(rows) == 1 and len(shown) > 12:
        grid.add_column("field")
        grid.add_column("value", overflow="fold")
        for column in shown:
            grid.add_row(Text(column.name), Text(text(column.name, rows[0][column.name])))
        kept = list(range(len(shown)))
    else:
        cells = [[text(f.name, row[f.name]) for f in shown] for row in rows]
        numeric = [right(f.type) for f in shown]
        names = [f.name for f in shown]
        kept = _fitting(names, cells, numeric, width) if width else list(range(len(shown)))
        for place in kept:
            whole = numeric[place] or place == kept[0]
            grid.add_column(
                Text(names[place]), justify="right" if numeric[place] else "left", no_wrap=whole, overflow="fold"
            )
        for row in cells:
            grid.add_row(*(Text(row[place]) for place in kept))
    console.print(grid)
    left_out = [f.name for place, f in enumerate(shown) if place not in kept]
    lines = "\n".join(line.rstrip() for line in out.getvalue().splitlines()) + "\n"
    return lines, left_out, [name for name in table.column_names if name in cut and name not in left_out]


def complaint(text: str) -> str:
    """An error as it stands on stderr: one line, its first word red where colour is wanted there."""
    head = "\x1b[31m\x1b[1mError: \x1b[0m" if use_colour(sys.stderr) else "Error: "
    return head + visible(text)


def use_colour(stream: TextIO | None = None) -> bool:
    """--color > NO_COLOR > FORCE_COLOR > whether the stream, stdout unless given, is a terminal."""
    choice = os.environ.get("LINEAGE_COLOR", "auto")
    if choice != "auto":
        return choice == "always"
    if os.environ.get("NO_COLOR") or os.environ.get("TERM") == "dumb":
        return False
    return bool(os.environ.get("FORCE_COLOR")) or (stream or sys.stdout).isatty()
