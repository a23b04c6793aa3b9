"""What was typed, as steps: a statement up to its semicolon, a named query on its line, a command that begins with `:`.

Nothing inside quotes, backticks or comments ends anything.
"""

import re
from typing import NamedTuple

from lineage.stores import readonly

#: A statement may begin with these, so one of them alone on a line is the first line of more. Those that are
#: refused as well: the reason is better than "there is no query CREATE".
OPENING = readonly.REFUSED | {
    "MATCH", "OPTIONAL", "WITH", "UNWIND", "RETURN", "CALL", "EXPLAIN", "PROFILE", "SHOW", "CYPHER",
}  # fmt: skip

_VALUE = r"""(?:"(?:[^"\\\n]|\\.)*"|'(?:[^'\\\n]|\\.)*'|\[[^\]\n]*\]|[^\s;'"\[][^\s;]*)?"""
_NAMED = re.compile(
    rf"(?P<name>[^\W\d]\w*)(?P<given>(?:[ \t]+\w+[ \t]*=[ \t]*{_VALUE})*)[ \t]*(?P<end>;|(?=[ \t]*(?://[^\n]*)?(?:\n|\Z)))"
)
_GIVEN = re.compile(rf"(?P<name>\w+)[ \t]*=[ \t]*(?P<value>{_VALUE})")
_BLANK = re.compile(r"(?:\s|//[^\n]*|/\*.*?\*/)*", re.DOTALL)
_CLOSED = re.compile(
    r"""'(?:[^'\\]|\\.)*'|"(?:[^"\\]|\\.)*"|`(?:[^`]|``)*`|/\*.*?\*/|//[^\n]*|\s+""",
    re.DOTALL,
)
_LINE = re.compile(r":[^\n]*")


class Step(NamedTuple):
    """One thing to do."""

    kind: str
    """`cypher`, `named` (a query by its name) or `colon`."""
    text: str
    """Without the semicolon and what is around it."""


def split(text: str) -> tuple[list[Step], str]:
    """The finished steps of a text, in order, and what is left: the beginning of one more, or nothing but
    blanks and comments, which come back as nothing.

    A command and a named query end with their line, a statement with its semicolon.
    """
    places, rest = _places(text)
    return [step for step, _, _ in places if step.text], text[rest:]


def _places(text: str) -> tuple[list[tuple[Step, int, int]], int]:
    """The finished steps with where each begins and ends, and where what is left begins."""
    places: list[tuple[Step, int, int]] = []
    at = 0
    while True:
        found = _BLANK.match(text, at)
        start = found.end() if found else at
        if start == len(text):
            return places, start
        if command := _LINE.match(text, start):
            step, at = Step("colon", command.group().strip().rstrip(";").rstrip()), command.end()
        elif (named := _NAMED.match(text, start)) and named["name"].upper() not in OPENING:
            step, at = Step("named", f"{named['name']}{named['given']}".rstrip()), named.end()
        elif (end := _semicolon(text, start)) is not None:
            step, at = Step("cypher", text[start:end].strip()), end + 1
        else:
            return places, start
        places.append((step, start, at))


def current(text: str) -> str:
    """The part of a text that is still being typed at its end: also a command or a named query that could be whole.
    Where nothing is, the blanks and comments that stand there."""
    places, rest = _places(text)
    if rest < len(text):
        return text[rest:]
    if not places:
        return text
    step, start, end = places[-1]
    return text[start if step.kind != "cypher" and end == len(text) and not text.endswith(";") else end :]


def _semicolon(text: str, start: int) -> int | None:
    """The place of the first semicolon from `start`, the beginning of a statement, on that ends it."""
    return next((piece.start() for piece in readonly.scan(text, start) if piece.group() == ";"), None)


def all_of(text: str) -> list[Step]:
    """The steps of a text that is whole, as a file is: the last statement needs no semicolon."""
    steps, rest = split(text)
    return [*steps, Step("cypher", rest.strip())] if rest.strip() else steps


def finished(text: str) -> bool:
    """Whether Enter at the end of this text runs it, and does not begin another line.

    It does when every step has ended, and after an empty line also when the last could have: it returns
    something, and no quote, comment or bracket is open.
    """
    _, rest = split(text)
    if not rest:
        return True
    last = text.rsplit("\n", 1)[-1]
    return not last.strip() and "\n" in text and _could_end(rest)


def _could_end(text: str) -> bool:
    pieces = list(readonly.scan(text))
    signs = [p.group() for p in pieces if p.lastgroup == "sign"]
    closed = all(signs.count(a) <= signs.count(b) for a, b in ("()", "[]", "{}")) and not is_open(pieces[-1])
    return closed and any(p.lastgroup == "word" and p.group().upper() in ("RETURN", "CALL") for p in pieces)


def is_open(piece: re.Match[str]) -> bool:
    """Whether the last piece of a text is a quote or a comment that still waits for its end."""
    return piece.lastgroup in ("skip", "text", "quoted") and not _CLOSED.fullmatch(piece.group())


def named(text: str) -> tuple[str, dict[str, str]]:
    """The name of a query and the values given with it, as a person writes them: `top_bases limit=5`."""
    name, _, rest = text.partition(" ")
    return name.strip(), {g["name"]: _unquoted(g["value"] or "") for g in _GIVEN.finditer(rest)}


def _unquoted(value: str) -> str:
    if len(value) > 1 and value[0] == value[-1] and value[0] in "'\"":
        return re.sub(r"\\(.)", r"\1", value[1:-1])
    return value
