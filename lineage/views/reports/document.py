"""A report before it is written: sections of sentences, tables with typed cells and charts, in neutral records.

`page`, `markdown` and `reportjson` write it. None of them computes: what they show is in the rows.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

#: What the cells of a column are; `views/cells.py` says how each is shown.
KINDS = ("text", "aside", "name", "id", "account", "list", "count", "share", "published", "index", "parameters")


@dataclass(frozen=True, slots=True)
class Column:
    """One column of a table: the field of its rows, the words above it, and what its cells are (one of `KINDS`)."""

    name: str
    head: str
    kind: str = "text"


@dataclass(frozen=True, slots=True)
class Mark:
    """A small drawing at the end of every row, on one scale from 0 to `top`; the numbers it shows stand beside it.

    `scale`: the field that has a row's own right end instead, the same within a group, whose heading says it.

    `kind`: `bar`, the first of `of`; `range`, (low, value, high), and `beside` as one more mark; `dots`, each of `of`.
    """

    kind: str
    head: str
    of: tuple[str, ...]
    top: float
    beside: str | None = None
    scale: str | None = None


@dataclass(frozen=True, slots=True)
class Table:
    """Rows of a command: `rows` have at least the fields of `columns`; a missing value is None.

    `name`: where links lead to. `commands`: lines that give these rows again. `group`: the field whose value heads the
    rows below it, said once. `note`: what a reader should know. `folded` as for `Terms`. `number` is given by
    `Report.numbered`.
    """

    name: str
    title: str
    columns: tuple[Column, ...]
    rows: tuple[Mapping[str, Any], ...]
    commands: tuple[str, ...] = ()
    group: str | None = None
    mark: Mark | None = None
    note: str = ""
    folded: str = ""
    number: int = 0


@dataclass(frozen=True, slots=True)
class Chart:
    """A picture of rows; the table that follows it has their numbers, so writers that cannot draw leave it away.

    `kind` is `lines`: `fields` are (x, an ISO date; the line's name; y), `values` what y is, one of `KINDS`. Or
    `ranks`: `fields` are (the line's name, so many of the largest, what they hold together, what all hold). Or
    `flows`: `fields` are one for each column of the picture, then the amount, then the tone; `heads` stand above the
    columns and `whole` is what all amounts are parts of. `number` is given by `Report.numbered`.
    """

    name: str
    kind: str
    title: str
    about: str
    rows: tuple[Mapping[str, Any], ...]
    fields: tuple[str, ...]
    heads: tuple[str, ...] = ()
    values: str = "share"
    whole: int = 0
    number: int = 0


@dataclass(frozen=True, slots=True)
class Prose:
    """Sentences that belong together. `kind`: `plain`, `lead` (what the section says), `lacks` (what is not there)
    or `cite` (to be copied)."""

    sentences: tuple[str, ...]
    kind: str = "plain"


@dataclass(frozen=True, slots=True)
class Terms:
    """Words and what they mean, or facts and their values. `folded`: the words that open them on a page, where they are
    longer than what a first reader needs."""

    lines: tuple[tuple[str, str], ...]
    folded: str = ""


@dataclass(frozen=True, slots=True)
class Commands:
    """Lines to be run, in order. `folded` as for `Terms`."""

    lines: tuple[str, ...]
    folded: str = ""


@dataclass(frozen=True, slots=True)
class Heading:
    """Begins a part of a section."""

    name: str
    title: str


Part = Prose | Table | Chart | Terms | Commands | Heading


@dataclass(frozen=True, slots=True)
class Section:
    """A chapter: `name` is where links lead to."""

    name: str
    title: str
    parts: tuple[Part, ...]


@dataclass(frozen=True, slots=True)
class Report:
    """All of it. `snapshot`: the header of the snapshot, or a list of them by date; `options`: what was asked for."""

    title: str
    lede: str
    facts: tuple[tuple[str, str], ...]
    summary: tuple[str, ...]
    sections: tuple[Section, ...]
    snapshot: Any = None
    options: Mapping[str, Any] = field(default_factory=dict)

    def numbered(self) -> "Report":
        """The same, its tables and charts numbered from 1 in the order in which they come."""
        count = {Table: 0, Chart: 0}

        def one(part: Part) -> Part:
            if isinstance(part, Table | Chart):
                count[type(part)] += 1
                return replace(part, number=count[type(part)])
            return part

        return replace(self, sections=tuple(replace(s, parts=tuple(map(one, s.parts))) for s in self.sections))

    def tables(self) -> Iterator[Table]:
        """Its tables, in order."""
        return (part for section in self.sections for part in section.parts if isinstance(part, Table))


def lacks(*sentences: str) -> Prose:
    """What stands in the place of something that the snapshot cannot give."""
    return Prose(sentences, "lacks")


def scaled(top: float) -> str:
    """The words of a scale: 0 to 5 %."""
    return f"0 to {top * 100:g}\u00a0%"


def top_of(rows: Sequence[Mapping[str, Any]], *names: str) -> float:
    """The right end of a scale on which the values `names` of all rows fit: one of 1, 2 or 5 times a power of ten."""
    most = max((row[name] for row in rows for name in names if row.get(name) is not None), default=0)
    step = 1e-9
    while most > 0:
        for factor in (1, 2, 5):
            if most <= step * factor * 1.000001:
                return float(f"{step * factor:.0e}")
        step *= 10
    return 1.0
