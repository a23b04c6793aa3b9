"""Find and read the Cypher files in `queries/`.

A named query is one file with one portable statement. Its head is made of comments:

    // One sentence that says what it returns.
    // params:
    //   id: string = "google-bert/bert-base-uncased"   the model asked about
    //   limit: int = 20                                 how many rows

Engine-specific statements (schema, load) lie in `queries/neo4j/` and `queries/embedded/`.
"""

import json
import re
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

from lineage.errors import NotFound, UsageError

_HERE = Path(__file__).resolve().parent

#: In a wheel the folder lies inside the package; in a checkout, beside it.
FOLDER = next((p for p in (_HERE / "queries", _HERE.parent / "queries") if p.is_dir()), _HERE / "queries")

_PARAM = re.compile(r"^(?P<name>[a-z_]\w*)\s*:\s*(?P<type>string|int|float|bool|list)\s*=\s*(?P<rest>.+)$")


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
            p.name: read_value(given[p.name], p.type, p.name) if p.name in given else p.default for p in self.params
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


def guess_value(text: str) -> Any:
    """A parameter of an ad hoc statement, which declares no types: JSON where it is JSON, else text."""
    try:
        return json.loads(text)
    except (ValueError, RecursionError):
        return text


@cache
def statement(name: str) -> str:
    """The statement in `queries/<name>.cypher`, without comment lines and the final semicolon."""
    lines = (FOLDER / f"{name}.cypher").read_text(encoding="utf-8").splitlines()
    body = "\n".join(line for line in lines if not line.lstrip().startswith("//"))
    return body.strip().rstrip(";").strip()


def parse(name: str, text: str) -> Query:
    """The named query that a file holds. Raises UsageError where its head is not as described above."""
    head = []
    for line in text.splitlines():
        if not line.startswith("//"):
            break
        head.append(line[2:].strip())
    if not head or not head[0]:
        raise UsageError(f"The query file {name}.cypher must begin with a comment that says what it returns.")
    params = []
    for line in head[head.index("params:") + 1 :] if "params:" in head else []:
        found = _PARAM.match(line)
        if not found:
            raise UsageError(f"The query file {name}.cypher has a parameter line that cannot be read: {line!r}.")
        # The default is JSON, so it ends where the JSON value ends; the words after it explain.
        default, end = json.JSONDecoder().raw_decode(found["rest"])
        params.append(Parameter(found["name"], found["type"], default, found["rest"][end:].strip()))
    return Query(name, head[0], tuple(params), text)


@cache
def queries() -> dict[str, Query]:
    """All named queries by name, A–Z."""
    return {p.stem: parse(p.stem, p.read_text(encoding="utf-8")) for p in sorted(FOLDER.glob("*.cypher"))}


def query(name: str) -> Query:
    """The named query, or NotFound with the nearest names."""
    known = queries()
    if name in known:
        return known[name]
    import difflib

    near = difflib.get_close_matches(name, known, 3, 0.5)
    hint = f" Did you mean {' or '.join(near)}?" if near else ""
    raise NotFound(
        f"There is no query {name!r}.{hint} `lineage queries` lists all of them; "
        "a statement of your own must begin with MATCH, UNWIND, WITH, OPTIONAL or RETURN."
    )
