"""What could stand where the cursor is, from the words before it and the grammar of the command line.

The grammar is plain data (`commands/grammar.py` makes it of click's): a command is `{"options": {name: option},
"arguments": [kind], "commands": {name: command}, "help": text}`, an option `{"kind": kind, "takes": bool, "help": text,
"name": the first of its names}`. A kind is a word of `KINDS`, or a list of words.
"""

from collections.abc import Callable, Mapping, Sequence
from typing import Any

#: Kinds of values that are not a list of words: what `values` is asked for.
KINDS = ("model", "publisher", "snapshot", "query", "param", "frame", "command", "file")

#: Asked for what a kind has that begins with a text: values, and a word on each where there is one.
Values = Callable[[str, str, "Place"], list[tuple[str, str]]]

Offer = tuple[str, str]


class Place:
    """Where the cursor is: the command, what was said before it, and what its option or argument takes."""

    def __init__(self, grammar: Mapping[str, Any]) -> None:
        self.command = grammar
        self.path: list[str] = []
        self.options: dict[str, Any] = dict(grammar["options"])
        self.given: dict[str, list[str]] = {}
        self.arguments: list[str] = []
        self.waiting: Mapping[str, Any] | None = None
        self.ended = False
        """`--` was typed: no options come after it."""

    def word(self, text: str) -> None:
        """Go on by one word that is complete."""
        if self.waiting is not None:
            self._give(self.waiting, text)
            self.waiting = None
        elif text == "--" and not self.ended:
            self.ended = True
        elif text.startswith("--") and not self.ended:
            name, equals, value = text.partition("=")
            option = self.options.get(name)
            if option and option["takes"]:
                if equals:
                    self._give(option, value)
                else:
                    self.waiting = option
            elif option:
                self._give(option, "")
        elif text.startswith("-") and len(text) > 1 and not self.ended:
            option = self.options.get(text[:2])
            if option and option["takes"] and len(text) == 2:
                self.waiting = option
            elif option:
                self._give(option, text[2:])
        else:
            self._argument(text)

    def _give(self, option: Mapping[str, Any], value: str) -> None:
        self.given.setdefault(option["name"], []).append(value)

    def _argument(self, text: str) -> None:
        below = self.command.get("commands", {})
        kinds = self.command["arguments"]
        if text in below and not self.arguments:
            self._enter(text, below[text])
        elif len(self.arguments) < len(kinds) and kinds[len(self.arguments)] == "command":
            self.arguments.append(text)
            root = self.command.get("asks", {})
            if text in root:
                self._enter(text, root[text])
        else:
            self.arguments.append(text)

    def _enter(self, name: str, command: Mapping[str, Any]) -> None:
        self.path.append(name)
        # `trend`'s options stay where another command follows it.
        kept = self.options if "asks" in self.command else {}
        self.command, self.arguments = command, []
        self.options = {**kept, **command["options"]}

    def kind(self) -> Any:
        """What an argument here takes, None for nothing."""
        kinds = self.command["arguments"]
        if not kinds:
            return None
        place = min(len(self.arguments), len(kinds) - 1)
        return kinds[place] if place == len(self.arguments) or self.command.get("many") else None


def offers(before: Sequence[str], current: str, grammar: Mapping[str, Any], values: Values) -> tuple[bool, list[Offer]]:
    """Whether the shell's own files are wanted, and what else: whole words, each with a word on it."""
    place = Place(grammar)
    for word in before:
        place.word(word)
    if place.waiting is not None:
        return _values(place.waiting["kind"], current, "", place, values)
    if current.startswith("-") and not place.ended:
        name, equals, begun = current.partition("=")
        if equals:
            option = place.options.get(name)
            known = option is not None and option["takes"] and name.startswith("--")
            return _values(option["kind"], begun, f"{name}=", place, values) if known and option else (False, [])
        found = [(name, option["help"]) for name, option in place.options.items() if name.startswith(current)]
        return False, sorted(o for o in found if o[0].startswith("--") or len(current) < 2 or o[0] == current)
    below = place.command.get("commands", {}) if not place.arguments else {}
    found = [(name, command["help"]) for name, command in below.items() if name.startswith(current)]
    files, more = _values(place.kind(), current, "", place, values)
    return files, [*sorted(found), *more]


def _values(kind: Any, begun: str, before: str, place: Place, values: Values) -> tuple[bool, list[Offer]]:
    if kind == "file" or kind is None:
        return kind == "file", []
    found = [(w, "") for w in kind] if isinstance(kind, list) else values(kind, begun, place)
    return False, [(before + value, help_) for value, help_ in found if value.startswith(begun)]
