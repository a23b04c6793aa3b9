"""The neutral picture: what is drawn, where, and what it says, before any writer has touched it.

Frozen records without behaviour. A writer (`svg.py`, `pyvis.py`) turns a `Picture` into text and adds no facts of its
own; text in it is raw, so each writer passes it through `wording.clean` and its own escaping.
"""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Fact:
    """A name and a value for a person to read; `href` where the value has a page on the Hub."""

    name: str
    value: str
    href: str = ""


@dataclass(frozen=True, slots=True)
class Node:
    """A model, a badge that stands for several, or in an answer (`answer.py`) also a publisher or a bare id.

    `size` is a radius; its area goes with `downloads` (the model's own, or of all models in the badge).
    `room` is the width that the label may take. `row` is the model's row in the outline, for a badge that of its base.
    """

    kind: str  # model, leaves (a badge of models), branches (a badge of smaller branches); publisher, bare
    id: str  # of a model; empty for a badge
    label: str
    account: str  # who publishes it; empty for a badge
    host: str  # own, intermediary, other; empty for a badge
    relation: str  # "" for the top and for branches
    marks: tuple[str, ...]  # words that must not be missed: "3 bases", "not in the snapshot"
    facts: tuple[Fact, ...]
    x: float
    y: float
    size: float
    room: float
    models: int
    listed: int  # of these, how many listed intermediaries host
    downloads: int | None  # None where they are unknown
    row: int
    full: int = 0  # downloads with everything derived, each model once
    children: int = 0  # models made directly from it, of a badge from any of its models


@dataclass(frozen=True, slots=True)
class Link:
    """From a derivative to its base, both as places in `Picture.nodes`.

    `known` is how: declared, stated, inferred, or dangling (declared, and the base is not in the snapshot). `first`
    is false for a further base of a merge. `weight` is the part of the family's downloads behind it, 0 to 1. `type` is
    that of the graph; what a publisher has PUBLISHED hangs on it, or it on that: `child` is what stands on the right.
    """

    child: int
    base: int
    relation: str
    known: str
    first: bool
    weight: float
    type: str = "DERIVED_FROM"


@dataclass(frozen=True, slots=True)
class Entry:
    """One line of a legend: how many models of the whole family are so, and their downloads."""

    key: str
    word: str
    about: str
    models: int
    downloads: int
    look: str  # the class that gives its sign a colour
    letter: str  # what stands on its sign, so that a colour never tells alone


@dataclass(frozen=True, slots=True)
class Legend:
    """A legend by `relation`, `host`, `licence` or `created`; the entries add up to the family."""

    by: str
    title: str
    entries: tuple[Entry, ...]


@dataclass(frozen=True, slots=True)
class Picture:
    """A picture with everything a reader needs to trust it. `drawn` says what is and is not shown."""

    title: str
    header: tuple[Fact, ...]
    drawn: str
    nodes: tuple[Node, ...]
    links: tuple[Link, ...]
    legends: tuple[Legend, ...]
    marks: tuple[str, ...]  # which special signs occur: intermediary, merge, inferred, dangling, …
    notes: tuple[str, ...]
    words: tuple[str, ...]  # the picture in sentences, for those who do not see it
    models: int  # of the family; a base that is not in the snapshot is drawn, but counted nowhere
    downloads: int
    width: float
    height: float
    bend: float  # what the lines between two columns have to turn in
    net: bool = False  # whether lines that are not `first` show at once, and not when a node is pointed at
    name: str = "Family tree of"  # what kind of picture, before its title
