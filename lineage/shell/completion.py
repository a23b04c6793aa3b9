"""What could stand where the cursor is: names of the graph, keywords, named queries, ids of models.

Knows text and lists of names only; where they come from, and how they are shown, is said elsewhere.
"""

import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import pairwise

from lineage.shell import statements
from lineage.stores import readonly
from lineage.stores.readonly import Token

OPENING = ("MATCH", "OPTIONAL MATCH", "WITH", "UNWIND", "RETURN", "EXPLAIN")
KEYWORDS = (
    "MATCH", "OPTIONAL MATCH", "WHERE", "WITH", "UNWIND", "RETURN", "DISTINCT", "ORDER BY", "SKIP", "LIMIT", "AS",
    "ASC", "DESC", "AND", "OR", "NOT", "IN", "IS NULL", "IS NOT NULL", "STARTS WITH", "ENDS WITH", "CONTAINS", "CASE",
    "WHEN", "THEN", "ELSE", "END", "EXISTS {", "UNION", "UNION ALL", "TRUE", "FALSE", "NULL",
    "count(", "sum(", "min(", "max(", "avg(", "collect(", "coalesce(", "toLower(", "toUpper(", "length(", "size(",
    "abs(",
)  # fmt: skip

#: Parameters and properties that hold the id of a model, and those that hold the name of an account.
_MODEL, _ACCOUNT = frozenset({"id", "model", "base"}), frozenset({"publisher", "account"})

_GIVING = re.compile(r"(?P<name>\w+)[ \t]*=[ \t]*(?P<value>\"[^\"]*|'[^']*|[^\s\"']*)\Z")
_SETTING = re.compile(r":param[ \t]+(?P<name>\w+)[ \t]+(?P<value>\"[^\"]*|'[^']*|[^\s\"']*)\Z")
_OPENS, _CLOSES = {"(": ")", "[": "]", "{": "}"}, {")": "(", "]": "[", "}": "{"}

Find = Callable[[str], Sequence[str]]


def nothing(prefix: str) -> Sequence[str]:
    """For names that nobody knows."""
    return ()


@dataclass(frozen=True)
class Words:
    """All that can be offered."""

    labels: Mapping[str, Sequence[str]] = field(default_factory=dict)
    """Each with its properties, spelled as a statement has to."""
    types: Mapping[str, Sequence[str]] = field(default_factory=dict)
    properties: Sequence[str] = ()
    """Of other labels, types, or of nobody knows which."""
    queries: Mapping[str, Sequence[str]] = field(default_factory=dict)
    """Each with its parameters."""
    commands: Mapping[str, Sequence[str]] = field(default_factory=dict)
    """Those that begin with `:`, each with what may follow it."""
    params: Sequence[str] = ()
    models: Find = nothing
    accounts: Find = nothing

    def of(self, name: str | None) -> Sequence[str]:
        """The properties of a label or type; of all of them where it is unknown."""
        known = {**self.labels, **self.types}
        if name in known:
            return known[name]
        return [*dict.fromkeys([p for names in known.values() for p in names] + list(self.properties))]

    def valued(self, key: str, label: str | None, prefix: str) -> Sequence[str]:
        """Ids or accounts, by the name of the property or parameter and the label it is of."""
        if key in _ACCOUNT or (key == "id" and label == "Publisher"):
            return self.accounts(prefix)
        return self.models(prefix) if key in _MODEL else ()


def complete(text: str, words: Words) -> tuple[int, list[str]]:
    """What could stand at the end of `text`: how many characters of it are replaced, and by what, best first.

    `text` is what stands before the cursor. Where nothing is known, nothing is offered.
    """
    part = statements.current(text)
    if part.startswith(":"):
        return _command(part, words)
    pieces = list(readonly.scan(part))
    tokens = [Token(str(m.lastgroup), m.group()) for m in pieces if m.lastgroup != "skip"]
    if tokens and tokens[0].value in words.queries and (given := _given(part, tokens[0].value, words)) is not None:
        return given
    if pieces and (pieces[-1].group().startswith("//") or statements.is_open(pieces[-1])):
        return _quoted(tokens, words) if pieces[-1].lastgroup == "text" else (0, [])
    typing = bool(pieces) and pieces[-1].lastgroup == "word"
    prefix = tokens[-1].value if typing else ""
    return len(prefix), _starting(prefix, _names(tokens[:-1] if typing else tokens, words))


def _starting(prefix: str, names: Iterable[str]) -> list[str]:
    wanted = prefix.casefold()
    return [n for n in dict.fromkeys(names) if n.strip("`").casefold().startswith(wanted)]


def _command(part: str, words: Words) -> tuple[int, list[str]]:
    if found := _SETTING.match(part):
        return _value(found["name"], found["value"], words)
    name, blank, rest = part.partition(" ")
    if not blank:
        return len(part), _starting(part, words.commands)
    return len(rest), _starting(rest, words.commands.get(name, ()))


def _given(part: str, query: str, words: Words) -> tuple[int, list[str]] | None:
    """What may follow the name of a query; None where its name may still be typed or it is a statement after all."""
    if part == query:
        return None
    if found := _GIVING.search(part):
        return _value(found["name"], found["value"], words)
    last = re.split(r"\s", part)[-1]
    open_ones = [f"{name}=" for name in words.queries[query] if not re.search(rf"\b{name}\s*=", part)]
    return len(last), _starting(last, open_ones)


def _value(name: str, typed: str, words: Words) -> tuple[int, list[str]]:
    prefix = typed.lstrip("'\"")
    return len(prefix), [*words.valued(name, None, prefix)]


def _quoted(tokens: list[Token], words: Words) -> tuple[int, list[str]]:
    """Inside quotes: ids where they are the value of a property that holds one."""
    prefix, before = tokens[-1].value[1:], tokens[:-1]
    if len(before) < 2 or before[-1].value not in (":", "=") or before[-2].kind != "word":
        return 0, []
    key = before[-2].value
    if before[-1].value == ":":
        place = _innermost(before)
        return len(prefix), [*words.valued(key, _label_at(before, place), prefix)]
    if len(before) < 4 or before[-3].value != ".":
        return 0, []
    return len(prefix), [*words.valued(key, _bound(before).get(before[-4].value), prefix)]


def _names(before: list[Token], words: Words) -> Iterable[str]:
    """The names that may follow these tokens."""
    if not before:
        return [*OPENING, *words.queries]
    last = before[-1].value
    place = _innermost(before)
    inside = before[place].value if place >= 0 else ""
    if last == "$":
        return words.params
    if last == ".":
        return words.of(_bound(before).get(before[-2].value)) if len(before) > 1 else ()
    if last in (":", "|", "&", "!") and inside != "{":
        return words.types if inside == "[" else words.labels
    if last in ("{", ",") and inside == "{" and place and before[place - 1].value.upper() not in ("EXISTS", "COUNT"):
        return words.of(_label_at(before, place))
    variables = _variables(before)
    if last in ("(", "[") and place == len(before) - 1 and (place == 0 or before[place - 1].kind != "word"):
        return variables
    return [*variables, *KEYWORDS]


def _innermost(tokens: list[Token]) -> int:
    """The place of the last bracket that is open, else -1."""
    stack: list[int] = []
    for place, token in enumerate(tokens):
        if token.kind == "sign" and token.value in _OPENS:
            stack.append(place)
        elif stack and token.kind == "sign" and tokens[stack[-1]].value == _CLOSES.get(token.value):
            stack.pop()
    return stack[-1] if stack else -1


def _label_at(tokens: list[Token], place: int) -> str | None:
    """The label or type before the map that opens at `place`: in the same pattern, or bound to its variable."""
    outer = _innermost(tokens[:place])
    head = tokens[outer + 1 : place]
    for colon, name in pairwise(head):
        if colon.value == ":" and name.kind == "word":
            return name.value
    return _bound(tokens).get(head[0].value) if head else None


def _bound(tokens: list[Token]) -> dict[str, str]:
    """The label or type of each variable, where a pattern says it: `(m:Model`, `[d:DERIVED_FROM`."""
    found = {}
    for opens, name, colon, label in zip(tokens, tokens[1:], tokens[2:], tokens[3:], strict=False):
        if opens.value in ("(", "[") and colon.value == ":" and name.kind == label.kind == "word":
            found[name.value] = label.value
    return found


def _variables(tokens: list[Token]) -> list[str]:
    """The variables that patterns and AS have made so far, in order."""
    found = []
    for before, name, after in zip(tokens, tokens[1:], [*tokens[2:], Token("sign", "")], strict=False):
        patterned = before.value in ("(", "[") and after.value in (":", ")", "]", "{", "*")
        if name.kind == "word" and (patterned or before.value.upper() == "AS"):
            found.append(name.value)
    return list(dict.fromkeys(found))
