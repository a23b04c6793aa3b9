"""A block of YAML becomes a JSON value by way of its events, with every limit checked on the way.

Nothing here builds what a hostile block asks for: nesting and aliases are counted before they cost anything.
Plain scalars are typed by the YAML 1.2 core schema, for the Hub reads cards with a parser of that version.
"""

import json
import re
from dataclasses import dataclass
from typing import Any

import yaml

#: Characters of a block.
BLOCK_LIMIT = 256 * 1024
DEPTH_LIMIT = 50
EVENT_LIMIT = 20_000
ALIAS_LIMIT = 100
DIRECTIVE_LIMIT = 100
#: Nodes, and characters of their texts, of the value with its aliases written out.
NODE_LIMIT = 50_000
TEXT_LIMIT = 1024 * 1024

#: What no YAML may hold; the lone halves of surrogate pairs are in no valid text at all.
REFUSED = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x84\x86-\x9f\ud800-\udfff\ufffe\uffff]")
# Line breaks to YAML 1.1, and so to libyaml; mere characters to YAML 1.2.
_UNICODE_BREAK = re.compile("[\x85\u2028\u2029]")
# One character as JSON escapes it, which JavaScript reads and libyaml refuses.
_PAIR = re.compile(r"(?<!\\)\\u[dD][89abAB][0-9a-fA-F]{2}\\u[dD][c-fC-F][0-9a-fA-F]{2}")

_WORDS: dict[str, bool | None] = (
    dict.fromkeys(("", "~", "null", "Null", "NULL"))
    | dict.fromkeys(("true", "True", "TRUE"), True)
    | dict.fromkeys(("false", "False", "FALSE"), False)
)
_INTEGER = re.compile(r"[-+]?[0-9]{1,18}|0o[0-7]{1,18}|0x[0-9a-fA-F]{1,18}")
_FLOAT = re.compile(r"[-+]?(?:\.[0-9]+|[0-9]+(?:\.[0-9]*)?)(?:[eE][-+]?[0-9]+)?")

_OWN = "tag:yaml.org,2002:"
_TEXT_TAGS = ("!", _OWN + "str")
_KNOWN_TAGS = re.compile(_OWN + "(?:str|int|float|bool|null|map|seq|timestamp|merge|binary|omap|pairs|set)|!")
#: What JavaScript makes of an object that is to be a key.
COMPLEX_KEY = "[object Object]"

_HUB_REFUSES = frozenset(("control-characters", "duplicate-key", "second-document", "unknown-tag"))


@dataclass(frozen=True, slots=True)
class Block:
    """What a block of YAML says."""

    value: Any
    """A JSON value; None where the block is empty or could not be read."""
    problem: str | None
    """Why it could not be read."""
    oddities: frozenset[str]
    """What was tolerated in it."""
    hub_takes: bool
    """Whether a strict YAML 1.2 parser like the Hub's would take it."""


class _Refused(Exception):  # noqa: N818 - it carries a reason, and is none of the caller's business
    """The walk stops here; the first argument is the reason code."""


def plain(text: str) -> Any:
    """The JSON value of an unquoted scalar: null, truth value, number of at most 18 digits, else the text itself."""
    if text in _WORDS:
        return _WORDS[text]
    if text[0] not in "+-.0123456789":
        return text
    if _INTEGER.fullmatch(text):
        number = int(text, {"0o": 8, "0x": 16}.get(text[:2], 10))
        return number if abs(number) < 10**18 else text
    if _FLOAT.fullmatch(text) and not text.lstrip("+-").isdecimal():
        real = float(text)
        return real if abs(real) < float("inf") else text
    return text


@dataclass(slots=True)
class _Node:
    """A collection that is being filled, or anything that an anchor names."""

    value: Any
    text: str | None
    """How it reads as a key; None for collections."""
    nodes: int
    chars: int
    """Until it is complete: how many came before it. From then on: its own size, aliases written out."""
    height: int
    complete: bool
    key: str | None = None


class _Walk:
    """The value so far, and what it has cost."""

    def __init__(self) -> None:
        self.root: Any = None
        self.oddities: set[str] = set()
        self._stack: list[_Node] = []
        self._anchors: dict[str, _Node] = {}
        self._nodes = self._chars = self._aliases = 0

    def scalar(self, event: yaml.ScalarEvent) -> None:
        """Take a scalar: quoted and block scalars are text, plain ones what they look like."""
        text: str = event.value
        if event.style == '"' and REFUSED.search(text):
            # Escapes may spell what the block itself may not hold.
            text = REFUSED.sub("\ufffd", text)
            self.oddities.add("escaped-control")
        if event.tag is not None:
            self._check_tag(event.tag)
        is_plain = not event.style and event.tag not in _TEXT_TAGS
        value = plain(text) if is_plain else text
        self._spend(1, len(text))
        if event.anchor is not None:
            self._anchors[event.anchor] = _Node(value, text, 1, len(text), 0, True)
        if is_plain and text == "<<" and self._awaits_key():
            self.oddities.add("merge-key")
        self._put(value, text)

    def start(self, event: yaml.CollectionStartEvent, value: Any) -> None:
        """Open a list or mapping."""
        if event.tag is not None:
            self._check_tag(event.tag)
        node = _Node(value, None, self._nodes, self._chars, 1, False)
        self._spend(1, 0)
        if event.anchor is not None:
            self._anchors[event.anchor] = node
        self._stack.append(node)
        if len(self._stack) > DEPTH_LIMIT:
            raise _Refused("too-deep")

    def end(self) -> None:
        """Close the innermost list or mapping."""
        node = self._stack.pop()
        node.nodes = self._nodes - node.nodes
        node.chars = self._chars - node.chars
        node.complete = True
        self._grow(node)
        self._put(node.value, None)

    def alias(self, event: yaml.AliasEvent) -> None:
        """Put what an anchor names a second time, and pay for it as if it were written out."""
        self._aliases += 1
        if self._aliases > ALIAS_LIMIT:
            raise _Refused("too-many-aliases")
        node = self._anchors.get(event.anchor or "")
        if node is None:
            raise _Refused("yaml-error")
        if not node.complete:
            raise _Refused("recursive-alias")
        if len(self._stack) + node.height > DEPTH_LIMIT:
            raise _Refused("too-deep")
        self._spend(node.nodes, node.chars)
        self._grow(node)
        self._put(node.value, node.text)

    def _awaits_key(self) -> bool:
        return bool(self._stack) and type(self._stack[-1].value) is dict and self._stack[-1].key is None

    def _check_tag(self, tag: str) -> None:
        if not _KNOWN_TAGS.fullmatch(tag):
            self.oddities.add("unknown-tag")

    def _grow(self, node: _Node) -> None:
        if self._stack:
            self._stack[-1].height = max(self._stack[-1].height, node.height + 1)

    def _spend(self, nodes: int, chars: int) -> None:
        self._nodes += nodes
        self._chars += chars
        if self._nodes > NODE_LIMIT:
            raise _Refused("too-many-nodes")
        if self._chars > TEXT_LIMIT:
            raise _Refused("too-large")

    def _put(self, value: Any, text: str | None) -> None:
        """Put `value` where it belongs; `text` is how it reads as a key, None for collections."""
        if not self._stack:
            self.root = value
            return
        top = self._stack[-1]
        if type(top.value) is list:
            top.value.append(value)
        elif top.key is None:
            if text is None:
                self.oddities.add("complex-key")
                text = COMPLEX_KEY
            if text in top.value:
                self.oddities.add("duplicate-key")
            top.key = text
        else:
            top.value[top.key] = value
            top.key = None


def _first_document(text: str, walk: _Walk) -> None:
    """Walk the events of the first document. Raises _Refused, and what the parser raises."""
    events: Any = yaml.parse(text, Loader=getattr(yaml, "CSafeLoader", yaml.SafeLoader))
    try:
        for count, event in enumerate(events):
            kind = type(event)
            if count >= EVENT_LIMIT:
                raise _Refused("too-many-nodes")
            if kind is yaml.ScalarEvent:
                walk.scalar(event)
            elif kind is yaml.MappingStartEvent:
                walk.start(event, {})
            elif kind is yaml.SequenceStartEvent:
                walk.start(event, [])
            elif kind in (yaml.MappingEndEvent, yaml.SequenceEndEvent):
                walk.end()
            elif kind is yaml.AliasEvent:
                walk.alias(event)
            elif kind is yaml.DocumentEndEvent:
                _look_behind(event, events, walk)
                return
    finally:
        events.close()


def _look_behind(end: yaml.DocumentEndEvent, events: Any, walk: _Walk) -> None:
    """What follows the first document: nothing, a second one, or, where no mark ended the first, an error in it."""
    try:
        if type(next(events, None)) is yaml.DocumentStartEvent:
            walk.oddities.add("second-document")
    except yaml.YAMLError:
        if not end.explicit:
            raise
        walk.oddities.add("second-document")


def read_block(block: str) -> Block:
    """Read the first document of a block of YAML with line breaks LF.

    Problems: `too-large`, `too-deep`, `too-many-nodes`, `too-many-aliases`, `recursive-alias`, `yaml-error`.
    """
    walk = _Walk()
    if len(block) > BLOCK_LIMIT:
        return Block(None, "too-large", frozenset(), False)
    # libyaml compares each %TAG with all before it.
    if block.count("\n%") + block.startswith("%") > DIRECTIVE_LIMIT:
        return Block(None, "too-many-nodes", frozenset(), False)
    if REFUSED.search(block):
        block = REFUSED.sub("\ufffd", block)
        walk.oddities.add("control-characters")
    if _UNICODE_BREAK.search(block):
        block = _UNICODE_BREAK.sub(" ", block)
        walk.oddities.add("unicode-line-break")
    if _PAIR.search(block):
        block = _PAIR.sub(lambda pair: json.loads(f'"{pair[0]}"'), block)
        walk.oddities.add("surrogate-pair")
    problem = None
    try:
        _first_document(block, walk)
    except _Refused as refused:
        problem = str(refused)
    except (yaml.YAMLError, ValueError):
        problem = "yaml-error"
    hub_takes = problem is None and not walk.oddities & _HUB_REFUSES
    return Block(walk.root if problem is None else None, problem, frozenset(walk.oddities), hub_takes)
