"""Find and read the Cypher files in `queries/`.

A named query is one file with one portable statement. Its head is made of comments:

    // One sentence that says what it returns.
    // shows: graph                                     where it returns paths, which can be drawn; else left out
    // params:
    //   id: string = "google-bert/bert-base-uncased"   the model asked about
    //   limit: int = 20                                 how many rows

Engine-specific statements (schema, load) lie in `queries/neo4j/` and `queries/embedded/`. A folder of one's own, named
by LINEAGE_QUERIES or the setting `queries`, comes on top: its files are queries like ours, and one with the name of
ours takes its place.
"""

import json
import os
import re
from dataclasses import dataclass
from functools import cache
from itertools import takewhile
from pathlib import Path
from typing import Any

from lineage import config
from lineage.errors import NotFound, UsageError

#: Rows after which an answer is cut unless asked otherwise, and the number that stands for all of them.
ROWS, EVERY = 10_000, 1 << 60

_HERE = Path(__file__).resolve().parent

#: In a wheel the folder lies inside the package; in a checkout, beside it.
FOLDER = next((p for p in (_HERE / "queries", _HERE.parent / "queries") if p.is_dir()), _HERE / "queries")

_PARAM = re.compile(r"^(?P<name>[A-Za-z_]\w*)\s*:\s*(?P<type>string|int|float|bool|list)\s*=\s*(?P<rest>.+)$")
#: A parameter where it is one: not within text, a name in backticks, or a comment, which the other branches take.
_NAMED = re.compile(r"""'(?:[^'\\]|\\.)*'|"(?:[^"\\]|\\.)*"|`[^`]*`|//[^\n]*|/\*.*?\*/|\$(?P<name>\w+)""", re.DOTALL)
_TYPES: dict[str, type | tuple[type, ...]] = {
    "string": str, "int": int, "float": (int, float), "bool": bool, "list": list,
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class Parameter:
    """One parameter of a named query."""

    name: str
    type: str
    """`string`, `int`, `float`, `bool` or `list`."""
    default: Any
    about: str


@dataclass(frozen=True, slots=True)
class Query:
    """A named query: its sentence, its parameters and its one statement."""

    name: str
    about: str
    params: tuple[Parameter, ...]
    text: str
    """The file as it is, head included; it runs unchanged in `cypher-shell`."""
    shows: str = "table"
    """`table`, or `graph` where its rows are paths that can be drawn."""

    @property
    def statement(self) -> str:
        """The one statement, without comment lines and the final semicolon."""
        return _bare(self.text)

    def browser(self) -> str:
        """For Neo4j Browser: a title, a `:param` line for each parameter, a blank line, the statement.

        Browser shows no rows where a `:param` and a statement are run as one: first the one part, then the other.
        """
        given = [f":param {p.name} => {_literal(p.default)};" for p in self.params]
        return "\n".join([self.title, *given, *[""][: len(given)], f"{self.statement};"]) + "\n"

    def favourite(self) -> str:
        """For the favourites of Neo4j Browser: the statement with its defaults written in, to answer at once."""
        said = [f"// {p.name} = {_literal(p.default)}: {p.about}" for p in self.params]
        default = {p.name: p.default for p in self.params}

        def written(found: re.Match[str]) -> str:
            return _literal(default[found["name"]]) if found["name"] in default else found[0]

        return "\n".join([self.title, *said, f"{_NAMED.sub(written, self.statement)};"]) + "\n"

    @property
    def title(self) -> str:
        """The comment line that Neo4j Browser takes for a favourite's name."""
        return f"// {self.name}: {self.about}"

    def bind(self, given: dict[str, str]) -> dict[str, Any]:
        """Values for every parameter: the text in `given`, read by type, else the default.

        Raises UsageError for a name that the query does not have, or a value of the wrong type.
        """
        known = {p.name: p for p in self.params}
        for name in given:
            if name not in known:
                listed = ", ".join(known) or "none"
                raise UsageError(f"The query {self.name} has no parameter {name!r}. It takes: {listed}.")
        return {
            p.name: storable(read_value(given[p.name], p.type, p.name), p.name) if p.name in given else p.default
            for p in self.params
        }


def read_value(text: str, kind: str, name: str) -> Any:
    """The value that `text` stands for, read as a parameter of type `kind`."""
    try:
        if kind == "int":
            return int(text)
        if kind == "float":
            return float(text)
        if kind == "bool":
            return {"true": True, "false": False}[text.strip().lower()]
        if kind == "list":
            value = json.loads(text)
            if not isinstance(value, list):
                raise ValueError
            return value
    except (ValueError, KeyError, RecursionError):
        example = {"int": "20", "float": "0.5", "bool": "true", "list": '["a/b", "c/d"]'}[kind]
        raise UsageError(
            f"The parameter {name} takes a value of type {kind}, like {example}; {text!r} is none."
        ) from None
    return text


def guess_value(text: str, name: str) -> Any:
    """A parameter of an ad hoc statement, which declares no types: JSON where it is JSON, else text.

    Raises UsageError where no engine could take it."""
    try:
        return storable(json.loads(text), name)
    except (ValueError, RecursionError):
        return storable(text, name)


def storable(value: Any, name: str) -> Any:
    """The value of a parameter. Raises UsageError for what no engine has a form for: an integer beyond 64 bits, text
    that is none in UTF-8."""
    for one in value if isinstance(value, list) else [value]:
        if isinstance(one, int) and not -(1 << 63) <= one < 1 << 63:
            raise UsageError(f"The parameter {name} is an integer beyond 64 bits, which the graph has no form for.")
        if isinstance(one, str) and one != one.encode("utf-8", "ignore").decode():
            raise UsageError(f"The parameter {name} is text with half a character in it (a lone surrogate). Mend it.")
    return value


def _literal(value: Any) -> str:
    """A value as Cypher writes it: JSON does, but for maps, which no parameter is."""
    return json.dumps(value, ensure_ascii=False)


@cache
def statement(name: str) -> str:
    """The statement in our `queries/<name>.cypher`, without comment lines and the final semicolon."""
    return _bare((FOLDER / f"{name}.cypher").read_text(encoding="utf-8"))


def _bare(text: str) -> str:
    body = "\n".join(line for line in text.splitlines() if not line.lstrip().startswith("//"))
    return body.strip().rstrip(";").strip()


@cache
def remark(name: str) -> str:
    """The comment at the head of `queries/<name>.cypher`: what its statement is for, as one text."""
    lines = (FOLDER / f"{name}.cypher").read_text(encoding="utf-8").splitlines()
    return " ".join(line[2:].strip() for line in takewhile(lambda line: line.startswith("//"), lines))


def parse(name: str, text: str) -> Query:
    """The named query that a file holds. Raises UsageError where its head is not as described above."""
    head = []
    for line in text.splitlines():
        if not line.startswith("//"):
            break
        head.append(line[2:].strip())
    if not head or not head[0]:
        raise UsageError(f"The query file {name}.cypher must begin with a comment that says what it returns.")
    if not _bare(text):
        raise UsageError(f"The query file {name}.cypher has no statement below its comments. Add one.")
    where = head.index("params:") if "params:" in head else len(head)
    shown = {line.partition(":")[2].strip() for line in head[1:where] if line.startswith("shows:")} or {"table"}
    if not shown < {"table", "graph"}:
        raise UsageError(f"The query file {name}.cypher shows {' and '.join(sorted(shown))}; say table or graph.")
    return Query(name, head[0], tuple(_parameter(name, line) for line in head[where + 1 :]), text, shown.pop())


def _parameter(name: str, line: str) -> Parameter:
    """One parameter line of the query `name`. Raises UsageError where it cannot be read."""
    unreadable = UsageError(f"The query file {name}.cypher has a parameter line that cannot be read: {line!r}.")
    found = _PARAM.match(line)
    if not found:
        raise unreadable
    try:
        # The default is JSON, so it ends where the JSON value ends; the words after it explain.
        default, end = json.JSONDecoder().raw_decode(found["rest"])
    except ValueError:
        raise unreadable from None
    kind = found["type"]
    if not isinstance(default, _TYPES[kind]) or (isinstance(default, bool) and kind != "bool"):
        raise UsageError(f"The query file {name}.cypher has a default that is no {kind}: {line!r}.")
    return Parameter(found["name"], kind, default, found["rest"][end:].strip())


@cache
def _ours() -> dict[str, Query]:
    return {p.stem: parse(p.stem, p.read_text(encoding="utf-8")) for p in sorted(FOLDER.glob("*.cypher"))}


def _theirs() -> tuple[dict[str, Query], dict[str, str]]:
    """The queries of LINEAGE_QUERIES, and by the name of a file or of the folder a sentence on what cannot be read."""
    folder = os.environ.get("LINEAGE_QUERIES") or config.user_value("queries")
    if not folder:
        return {}, {}
    if not Path(folder).is_dir():
        return {}, {folder: f"There is no folder {folder}. Make it, or unset LINEAGE_QUERIES."}
    found, bad = {}, {}
    for path in sorted(Path(folder).glob("*.cypher")):
        try:
            if re.search(r"\s", path.stem):
                raise UsageError("A query's name holds no blank: call the file otherwise.")
            found[path.stem] = parse(path.stem, path.read_text(encoding="utf-8"))
        except (UsageError, OSError, UnicodeDecodeError) as error:
            said = {OSError: getattr(error, "strerror", None), UnicodeDecodeError: "It is not UTF-8"}
            why = next((words for kind, words in said.items() if isinstance(error, kind)), None) or str(error)
            bad[path.stem] = f"{path} cannot be used: {why.rstrip('.')}."
    return found, bad


def shipped() -> dict[str, Query]:
    """The named queries that come with the program, by name."""
    return dict(_ours())


def queries() -> dict[str, Query]:
    """All named queries by name, A–Z: ours, and those of LINEAGE_QUERIES in their place or beside them."""
    return dict(sorted((_ours() | _theirs()[0]).items()))


def unreadable() -> list[str]:
    """A sentence for each thing about LINEAGE_QUERIES that cannot be read; the other queries work all the same."""
    return list(_theirs()[1].values())


def query(name: str) -> Query:
    """The named query. Raises NotFound with the nearest names, UsageError for an unreadable file of one's own."""
    known = queries()
    if name in known:
        return known[name]
    bad = _theirs()[1]
    if name in bad:
        raise UsageError(bad[name])
    import difflib

    near = difflib.get_close_matches(name, known, 3, 0.5)
    hint = f" Did you mean {' or '.join(near)}?" if near else ""
    raise NotFound(
        f"There is no query {name!r}.{hint} `lineage queries` lists all of them; "
        "a statement of your own must begin with MATCH, UNWIND, WITH, OPTIONAL or RETURN."
    )
