"""The front matter of a model card: found the way the Hub finds it, tolerantly where the Hub gives up, and read within limits.

`read_card` takes any text or bytes and never raises; what is wrong with a card is a code. `docs/cards.md` lists them all.
"""

import codecs
import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

#: Characters of a card that are read at all.
CARD_LIMIT = 2 * 1024 * 1024

# The Hub server's own expression, with white space as JavaScript has it, hence the byte order mark.
_HUB = re.compile(
    "[\t-\r \xa0\u1680\u2000-\u200a\u2028\u2029\u202f\u205f\u3000\ufeff]*"
    r"---(?:\r\n|\r|\n)([\S\s]*?)(?:\r\n|\r|\n)---[ \t]*(?:\r\n|\n|\Z)"
)
_SPACE = re.compile(r"[\s\ufeff]*")
_OPENING = re.compile(r"(-{3,})([^\S\n]*)(?:\n|\Z)")
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


@dataclass(frozen=True, slots=True)
class _Span:
    """A block that may be front matter, and where the prose after it begins."""

    block: str
    end: int
    oddities: frozenset[str]


def read_card(data: str | bytes) -> Card:
    """Read a card. Total: whatever it is given, it returns a Card and does not raise."""
    try:
        return _read(data)
    except Exception:  # RecursionError and MemoryError too: one card may not end a run.
        return Card(None, "unreadable", (), False, "")


def _read(data: str | bytes) -> Card:
    from lineage.reading.yaml_events import REFUSED, read_block

    text, oddities = _decoded(data)
    hub = _HUB.match(text) if "utf-16" not in oddities else None
    block = _plain_breaks(hub[1]) if hub else ""
    rest = _plain_breaks(text[hub.end() :]) if hub else ""
    text = _plain_breaks(text)
    if REFUSED.search(text):
        oddities.add("control-characters")
    problem: str | None = None
    spans = [_Span(block, len(text) - len(rest), frozenset())] if hub else []
    tried: list[str] = []
    for place, span in enumerate([*spans, *_tolerated(text)]):
        ...
    return Card(None, problem, tuple(sorted(oddities)), False, text)
