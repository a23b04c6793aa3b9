"""A statement in the form in which the embedded engine answers it rightly.

ladybug 0.21 and 0.22 give wrong rows, and say nothing, where a part of a statement (up to the next WITH) follows
two links or more and filters one of them by a property. 200 graphs of twelve nodes drawn at random: wrong in 197.
The same filter behind a `WITH *` is right in all, and means the same: so it is moved there. What cannot be moved is
refused, with what to write. Older engines have other faults; a test tells when this one is gone.
"""

import re
from dataclasses import dataclass, field

from lineage.errors import UsageError
from lineage.stores import readonly

_OPENS, _CLOSES = "([{", ")]}"

#: Words that end a part, and those that end a condition.
_NEW_PART = frozenset({"WITH", "RETURN", "UNION", "UNWIND", "CALL"})
_AFTER_WHERE = frozenset({"MATCH", "OPTIONAL", "ORDER", "SKIP", "LIMIT", *_NEW_PART})


@dataclass(slots=True)
class _Piece:
    value: str
    upper: str
    """The word in capitals; of anything that is no word, and of a name, empty."""
    begin: int
    end: int
    depth: int


@dataclass(slots=True)
class _Part:
    """What stands between two WITH: its links, and the conditions of its patterns."""

    links: int = 0
    names: set[str] = field(default_factory=set)
    inline: bool = False
    """Whether a link of one step has a condition in its own brackets."""
    conditions: list[tuple[int, int, bool]] = field(default_factory=list)
    """Of each WHERE: its own place, the place after its last piece, whether it belongs to an OPTIONAL MATCH."""


def sound(text: str) -> str:
    """The statement, with conditions on links moved behind a WITH where the engine would go wrong.

    Raises UsageError where they cannot be moved.
    """
    pieces = _pieces(text)
    moved: list[tuple[int, int, str]] = []
    for part in _parts(pieces):
        if part.links < 2:
            continue
        if part.inline:
            raise UsageError(
                "The embedded engine goes wrong where one of several links has its condition in brackets. Name the "
                "link and write the condition behind the pattern: -[d:DERIVED_FROM]-> … WHERE d.relation = 'quantized'."
            )
        for where, after, optional in part.conditions:
            kept, linked = _split(pieces[where + 1 : after], part.names, text)
            if not linked:
                continue
            if optional:
                raise UsageError(
                    "The embedded engine goes wrong where an OPTIONAL MATCH beside other links has a condition on a "
                    "link. Put a WITH before it, so that the link stands alone."
                )
            instead = f"{'WHERE ' + ' AND '.join(kept) + ' ' if kept else ''}WITH * WHERE {' AND '.join(linked)}"
            moved.append((pieces[where].begin, pieces[after - 1].end, instead))
    for begin, end, instead in sorted(moved, reverse=True):
        text = text[:begin] + instead + text[end:]
    return text


def _pieces(text: str) -> list[_Piece]:
    """All pieces but blanks and comments, each with how many brackets are open around it."""
    found: list[_Piece] = []
    depth = 0
    for match in readonly.scan(text):
        if match.lastgroup == "skip":
            continue
        value = match.group()
        depth -= value in _CLOSES and match.lastgroup == "sign"
        named = found and found[-1].value in (".", ":", "$")
        upper = value.upper() if match.lastgroup == "word" and not named else ""
        found.append(_Piece(value, upper, match.start(), match.end(), depth))
        depth += value in _OPENS and match.lastgroup == "sign"
    return found


def _parts(pieces: list[_Piece]) -> list[_Part]:
    parts = [_Part()]
    pattern = optional = False
    place = 0
    while place < len(pieces):
        piece = pieces[place]
        if piece.depth == 0 and piece.upper in _NEW_PART:
            parts.append(_Part())
            pattern = optional = False
        elif piece.depth == 0 and piece.upper == "MATCH":
            pattern, optional = True, place > 0 and pieces[place - 1].upper == "OPTIONAL"
        elif piece.depth == 0 and piece.upper == "WHERE" and pattern:
            after = next(
                (i for i in range(place + 1, len(pieces)) if pieces[i].depth == 0 and _ends(pieces, i)), len(pieces)
            )
            parts[-1].conditions.append((place, after, optional))
            pattern = False
            place = after
            continue
        elif pattern and piece.depth == 0 and piece.value == "[" and pieces[place - 1].value == "-":
            _read_link(pieces, place, parts[-1])
        elif pattern and piece.depth == 0 and piece.value == "-" and pieces[place - 1].value == "-":
            parts[-1].links += 1  # --> without brackets
        place += 1
    return parts


def _ends(pieces: list[_Piece], place: int) -> bool:
    """Whether a condition ends before this piece; `STARTS WITH` and `ENDS WITH` go on."""
    goes_on = pieces[place].upper == "WITH" and pieces[place - 1].upper in ("STARTS", "ENDS")
    return pieces[place].value == ";" or (pieces[place].upper in _AFTER_WHERE and not goes_on)


def _read_link(pieces: list[_Piece], place: int, part: _Part) -> None:
    inside = []
    for piece in pieces[place + 1 :]:
        if piece.depth == pieces[place].depth:
            break
        inside.append(piece)
    part.links += 1
    if inside and re.match(r"[^\W\d]|`", inside[0].value):
        part.names.add(inside[0].value.strip("`"))
    if any(p.value == "{" for p in inside) and not any(p.value == "*" for p in inside):
        part.inline = True


def _split(pieces: list[_Piece], names: set[str], text: str) -> tuple[list[str], list[str]]:
    """The members of a condition that is joined by AND: those that name no link, and those that do."""
    if any(p.depth == 0 and p.upper in ("OR", "XOR") for p in pieces):
        members = [pieces]
    else:
        members = [[]]
        for piece in pieces:
            if piece.depth == 0 and piece.upper == "AND":
                members.append([])
            else:
                members[-1].append(piece)
    said: tuple[list[str], list[str]] = ([], [])
    for member in members:
        if member:
            before = ["", *(p.value for p in member)]
            linked = any(p.value.strip("`") in names and b != "." for p, b in zip(member, before, strict=False))
            said[linked].append(text[member[0].begin : member[-1].end])
    return said
