"""The front matter of a model card: found as the Hub finds it, else with tolerance, and read within limits.

`read_card` takes any text or bytes and never raises. What is wrong with a card is a code; `docs/cards.md` lists them.
"""

import codecs
import re
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import chain
from typing import Any

#: Characters of a card that are read at all.
CARD_LIMIT = 2 * 1024 * 1024

# The Hub server's own expression, with white space as JavaScript has it, hence the byte order mark.
_BLANKS = "[\t-\r \xa0\u1680\u2000-\u200a\u2028\u2029\u202f\u205f\u3000\ufeff]*"
_HUB = re.compile(_BLANKS + r"---(?:\r\n|\r|\n)([\S\s]*?)(?:\r\n|\r|\n)---[ \t]*(?:\r\n|\n|\Z)")
# Atomic: a comment ends at its first end, else many comments could be parted in more ways than there is time for.
_OPENING = re.compile(_BLANKS + rf"((?:<!--(?>[\S\s]*?-->){_BLANKS})*+)(-{{3,}})([^\S\n]*)(?:\n|\Z)")
_CLOSING = re.compile(r"^-{3,}[ \t]*$", re.MULTILINE)
_INDENTED_CLOSING = re.compile(r"^[ \t]+-{3,}[ \t]*$", re.MULTILINE)
_YAML_LINE = re.compile(r"""[ \t]|-[ \t]|-$|\#|[\]}]|(["']?)[\w.-]+\1[ \t]*:(?:[ \t]|$)""")
_HEADING = re.compile(r"#{1,6}[ \t]")
_PLAIN_KEY = re.compile(r"[\w.-]+")


@dataclass(frozen=True, slots=True)
class Card:
    """What one card says."""

    fields: dict[str, Any] | None
    """The front matter as JSON values; None where there is none, or none that can be read."""
    problem: str | None
    """Why the front matter cannot be read; None where it can, and where there is none."""
    oddities: tuple[str, ...]
    """What was tolerated, A–Z."""
    hub_reads: bool
    """Whether the Hub's own expression and YAML rules would have taken the front matter."""
    body: str
    """The prose after the front matter; the whole text where there is none."""


# Made ahead: where the stack or memory is at its end, nothing can be made.
_UNREADABLE = Card(None, "unreadable", (), False, "")


@dataclass(frozen=True, slots=True)
class _Span:
    """A block that may be front matter, and where in the text the prose after it begins."""

    block: str
    end: int
    oddities: frozenset[str] = frozenset()
    by_hub: bool = False
    """Found by the Hub's own expression."""
    doubtful: bool = False
    """The fences alone do not show that it is front matter: only a mapping with plain keys does."""


def read_card(data: str | bytes) -> Card:
    """Read a card. Total: whatever it is given, it returns a Card and does not raise."""
    try:
        return _read(data)
    except Exception:  # RecursionError and MemoryError too: one card may not end a run.
        return _UNREADABLE


def _read(data: str | bytes) -> Card:
    from lineage.reading.yaml_events import REFUSED, read_block

    raw, oddities = _decoded(data)
    text = _plain_breaks(raw)
    clean = text
    if REFUSED.search(text):
        oddities.add("control-characters")
        # One for one, so that places in the text stay what they are.
        clean = REFUSED.sub("\ufffd", text)
    problem, found = None, oddities
    tried: set[str] = set()
    for span in chain(_as_the_hub(raw, text, oddities), _tolerated(text)):
        if span.block in tried:
            continue
        tried.add(span.block)
        read = read_block(span.block)
        seen = oddities | span.oddities | read.oddities
        if read.problem is None and _is_front_matter(read.value, span):
            if read.value is None:
                seen.add("empty-block")
            hub_reads = span.by_hub and read.hub_takes
            return Card(read.value or {}, None, tuple(sorted(seen)), hub_reads, clean[span.end :])
        if problem is None and "no-closing-fence" in span.oddities:
            problem = "no-closing-fence"
        elif problem is None and not span.doubtful:
            problem, found = read.problem or "not-a-mapping", seen
    return Card(None, problem, tuple(sorted(found)), False, clean)


def _decoded(data: str | bytes) -> tuple[str, set[str]]:
    """The text, without byte order mark and cut to what is read, and what was odd about it."""
    oddities: set[str] = set()
    if isinstance(data, str):
        text = data
    elif data[:2] in (codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE):
        oddities.add("utf-16")
        # One character more than is read, so that a cut is noticed.
        text = codecs.getincrementaldecoder("utf-16")("replace").decode(data[: 4 * CARD_LIMIT + 6])
    else:
        # The longest character has four bytes; one that this cuts in two is beyond what is read.
        part, is_all = data[: 4 * CARD_LIMIT + 4], len(data) <= 4 * CARD_LIMIT + 4
        try:
            text = codecs.utf_8_decode(part, "strict", is_all)[0]
        except UnicodeDecodeError:
            oddities.add("invalid-utf-8")
            text = codecs.utf_8_decode(part, "replace", is_all)[0]
    if text.startswith("\ufeff"):
        oddities.add("bom")
        text = text.lstrip("\ufeff")
    if len(text) > CARD_LIMIT:
        oddities.add("cut-at-2MiB")
        text = text[:CARD_LIMIT]
    if text.count("\r") > text.count("\r\n"):
        oddities.add("lone-cr" if "\n" in text else "cr-only")
    return text, oddities


def _plain_breaks(text: str) -> str:
    return text.replace("\r\n", "\n").replace("\r", "\n") if "\r" in text else text


def _is_front_matter(value: Any, span: _Span) -> bool:
    if isinstance(value, dict):
        return not span.doubtful or (bool(value) and all(map(_PLAIN_KEY.fullmatch, value)))
    return value is None and not span.doubtful


def _as_the_hub(raw: str, text: str, oddities: set[str]) -> Iterator[_Span]:
    """The block that the Hub's expression finds in `raw`; `text` is the same with plain line breaks."""
    found = _HUB.match(raw)
    if found and "utf-16" not in oddities:
        end = len(text) - len(_plain_breaks(raw[found.end() :]))
        yield _Span(_plain_breaks(found[1]), end, by_hub=True)


def _tolerated(text: str) -> Iterator[_Span]:
    """Blocks that the Hub does not see, the likeliest first."""
    opening = _OPENING.match(text)
    if opening is None:
        return
    is_long = len(opening[2]) > 3
    named = (("comment-first", opening[1]), ("long-fence", is_long), ("blank-after-fence", opening[3]))
    codes = {code for code, there in named if there}
    start = opening.end()
    fence: re.Match[str] | None = None
    for pattern, code in ((_CLOSING, ""), (_INDENTED_CLOSING, "indented-fence")):
        earlier, fence = fence, pattern.search(text, start)
        if fence is None or (earlier and earlier.start() < fence.start()):
            fence = earlier
            continue
        more = {code} if code else set()
        if "----" in fence[0]:
            more.add("long-fence")
        block = text[start : max(start, fence.start() - 1)]
        yield _Span(block, fence.end() + 1, frozenset(codes | more), doubtful=is_long)
    if fence is None and not is_long:
        end = _first_prose(text, start)
        yield _Span(text[start:end], end, frozenset(codes | {"no-closing-fence"}), doubtful=True)


def _first_prose(text: str, start: int) -> int:
    """Where a block without closing fence ends: at the first heading or other line of prose after a blank line.

    What does not end within the length of a block is taken whole, and is then too large.
    """
    from lineage.reading.yaml_events import BLOCK_LIMIT

    after_blank = False
    for line in text[start : start + BLOCK_LIMIT].split("\n"):
        if not line or line.isspace():
            after_blank = True
        elif after_blank and (_HEADING.match(line) or not _YAML_LINE.match(line)):
            return start
        else:
            after_blank = False
        start += len(line) + 1
    return len(text)
