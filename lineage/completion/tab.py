"""One Tab: what the shell's script asks, read from the environment, and what it is told, a line each on stdout.

The first line is `files` where the shell shall offer its own, else `words`; then a value, a tab and a word on it. A
value that holds a sign that a terminal obeys, hides or breaks lines at is never offered.
"""

import json
import os
import sys
import zlib
from typing import Any

from lineage.completion.index import UNREADABLE, Index
from lineage.completion.line import Word, after_break, quoted, words
from lineage.completion.offers import Place, offers

#: So many values at most are offered at a time: nobody reads more.
MOST = 200

#: Where the grammar lies, in the folder of caches.
GRAMMAR = "completion.json"


class NotYet(Exception):  # noqa: N818 - it reads as a sentence where it is raised
    """Something that is needed has to be made first, by what takes longer: its name."""


def asked() -> str:
    """The shell that asks, empty where none does."""
    return os.environ.get("_LINEAGE_COMPLETE", "")


def answer(caches: str, home: str) -> None:
    """Answer from the files in `caches`. Raises NotYet, and has said nothing, where one is missing or another's."""
    grammar = read_grammar(os.path.join(caches, GRAMMAR))
    shell = asked()
    if "_LINEAGE_LINE" in os.environ:
        typed = words(os.environ["_LINEAGE_LINE"])[1:] or [Word("", "", "")]
    else:
        given = os.environ.get("_LINEAGE_WORDS", "")
        given = given.removesuffix("\n") if shell == "fish" else given  # which ends every text it hands on so
        typed = [Word(text, "", text) for text in given.split("\n")[1:]]
        if shell == "fish" and typed:  # the word at the cursor comes as it was typed
            typed[-1] = words(typed[-1].text)[-1]
    *before, last = typed or [Word("", "", "")]
    source = Source(grammar, caches, home)
    files, found = offers([w.text for w in before], last.text, grammar["root"], source.values)
    out = ["files" if files else "words"]
    keep = after_break(last, os.environ.get("_LINEAGE_BREAKS", "")) if shell == "bash" else 0
    for value, about in found:
        spelled = quoted(value[keep:], last.quote) if shell == "bash" else value
        if spelled is not None and value.isprintable():
            out.append(spelled + "\t" + "".join(s if s.isprintable() else " " for s in about))
    sys.stdout.buffer.write(("\n".join(out) + "\n").encode("utf-8", "replace"))
    sys.stdout.flush()


def key() -> str:
    """What the grammar is made of, as it is on this disk: it is made again when one of these files is another."""
    package = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))
    said = [sys.version.split()[0]]
    for folder in ("commands", "queries", "../queries", "data/lists"):
        with_times = []
        try:
            with os.scandir(os.path.join(package, folder)) as entries:
                with_times = sorted((e.name, e.stat().st_mtime_ns) for e in entries if e.name[0] not in "._")
        except OSError:
            continue
        said += [f"{name} {time}" for name, time in with_times]
    return "\n".join([package, *said])


def packed(grammar: dict[str, Any]) -> dict[str, Any]:
    """A grammar as it is kept: a text with its checksum, so that of a damaged one nothing is offered."""
    text = json.dumps(grammar)
    return {"key": grammar["key"], "sum": zlib.crc32(text.encode()), "grammar": text}


def read_grammar(path: str) -> dict[str, Any]:
    """The grammar. Raises NotYet where there is none for this program."""
    try:
        with open(path, encoding="utf-8") as file:
            kept: dict[str, Any] = json.load(file)
        if kept["key"] == key() and kept["sum"] == zlib.crc32(kept["grammar"].encode()):
            found: dict[str, Any] = json.loads(kept["grammar"])
            return found
    except (*UNREADABLE, AttributeError, RecursionError):
        pass
    raise NotYet("grammar")


class Source:
    """Where values come from: the grammar, the catalog, and the index of a snapshot."""

    def __init__(self, grammar: dict[str, Any], caches: str, home: str) -> None:
        self._grammar, self._caches, self._home = grammar, caches, home

    def values(self, kind: str, begun: str, place: Place) -> list[tuple[str, str]]:
        """What may stand there, unsorted things A–Z. Raises NotYet for an index that is to be made."""
        if kind == "snapshot":
            return [(name, "") for name in sorted(catalog(self._home)["snapshots"])]
        if kind == "query":
            return sorted(
                {**{name: q["about"] for name, q in self._grammar["queries"].items()}, **self._theirs()}.items()
            )
        if kind == "param":
            return self._param(begun, place)
        if kind == "command":
            return [(name, "") for name in place.command.get("asks", {})]
        if kind == "frame":
            return [(frame, "") for frame in self._frames(begun, place)]
        if kind in ("model", "publisher"):
            return self._ids(kind, begun, place)
        return []

    def _theirs(self) -> dict[str, str]:
        """The names in a person's own folder of queries."""
        try:
            names = os.listdir(os.environ.get("LINEAGE_QUERIES") or os.devnull)
        except OSError:
            return {}
        return {name[:-8]: "" for name in names if name.endswith(".cypher")}

    def _param(self, begun: str, place: Place) -> list[tuple[str, str]]:
        """`name=` of a named query, then its values where they are ids or accounts."""
        known = self._grammar["queries"].get(place.arguments[0], {"params": {}}) if place.arguments else {"params": {}}
        name, equals, value = begun.partition("=")
        if not equals:
            return [(f"{param}=", about) for param, about in known["params"].items()]
        kind = {"id": "model", "model": "model", "base": "model", "publisher": "publisher", "account": "publisher"}.get(
            name
        )
        if name not in known["params"] or kind is None:
            return []
        return [(f"{name}={each}", about) for each, about in self._ids(kind, value, place)]

    def _frames(self, begun: str, place: Place) -> list[str]:
        plain = [f for f in self._grammar["frames"] if ":" not in f]
        if ":" not in begun:
            return [*plain, *sorted({f.partition(":")[0] + ":" for f in self._grammar["frames"] if ":" in f})]
        return self._sought("frames", begun, place)

    def _ids(self, kind: str, begun: str, place: Place) -> list[tuple[str, str]]:
        if kind == "model" and "/" in begun:
            return [(name, "") for name in self._sought("models", begun, place)]
        names = self._sought("accounts", begun, place)
        return [(n, "") for n in names] if kind == "model" else [(n[:-1], "") for n in names if n.endswith("/")]

    def _sought(self, name: str, begun: str, place: Place) -> list[str]:
        """What a list of the index has. Raises NotYet for an index that is to be made, be it again."""
        snapshot = meant(self._home, place)
        if snapshot is None:
            return []
        digits = snapshot[1].rpartition("-")[2]
        try:
            file = next(n for n in sorted(os.listdir(self._caches)) if n.startswith(digits) and n.endswith(".ids"))
            opened = Index(os.path.join(self._caches, file))
            try:
                if str(opened.head["sha256"]).startswith(digits):
                    return opened.beginning(name, begun, MOST)
            finally:
                opened.close()
        except (*UNREADABLE, StopIteration):
            pass
        raise NotYet(snapshot[0])


def catalog(home: str) -> dict[str, Any]:
    """Which snapshots there are, as `catalog.Catalog.read` has it; of a damaged one nothing."""
    try:
        with open(os.path.join(home, "catalog.json"), encoding="utf-8") as file:
            found = json.load(file)
        return {"current": found["current"], "snapshots": dict(found["snapshots"])}
    except (*UNREADABLE, RecursionError):
        return {"current": None, "snapshots": {}}


def meant(home: str, place: Place) -> tuple[str, str] | None:
    """Name and folder of the snapshot that a line asks; None for one that is elsewhere or not there."""
    known = catalog(home)
    named = [*place.given.get("--snapshot", []), os.environ.get("LINEAGE_SNAPSHOT") or known["current"]][0]
    folder = known["snapshots"].get(named)
    return (named, str(folder)) if folder else None
