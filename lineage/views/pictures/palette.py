"""What relations and hosts look like: a colour, and always a letter, a shape or a word as well.

The colours are Okabe and Ito's, which people with any kind of colour vision can tell apart. The scripts get
letters and classes with their data, and `page.css` and `picture.css` name the same colours.
"""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Look:
    """How one relation is shown. `ink` is readable on `colour`; `about` says what it means."""

    colour: str
    ink: str
    letter: str
    one: str
    many: str
    about: str


#: By a model's relation, in the order of the legend. "" is the model that the page is about.
RELATIONS: dict[str, Look] = {
    "": Look("#1f2933", "#ffffff", "", "the model itself", "the model itself", "what all others stand on"),
    "finetune": Look("#0072b2", "#ffffff", "F", "finetune", "finetunes", "trained further on other data"),
    "adapter": Look("#e69f00", "#1f2933", "A", "adapter", "adapters", "a small add-on to the weights"),
    "quantized": Look("#009e73", "#0b1f18", "Q", "quantization", "quantizations", "a smaller, coarser copy"),
    "merge": Look("#cc79a7", "#2b0f1f", "M", "merge", "merges", "made of several models"),
    "copy": Look("#56b4e9", "#0b2233", "C", "copy", "copies", "the same model under another name, inferred"),
    "mixed": Look("#f0e442", "#333000", "X", "mixed", "mixed", "different relations to several bases"),
    "unlabelled": Look("#8a929b", "#101418", "U", "unlabelled", "unlabelled", "names a base, not how it was made"),
}


@dataclass(frozen=True, slots=True)
class Host:
    """How a kind of account is shown; `shape` is that of its models in the picture."""

    shape: str
    word: str
    many: str
    letter: str


#: By `kind` of the family's members, in the order of the legend.
HOSTS: dict[str, Host] = {
    "own": Host("circle", "same account or owner", "The same account or owner", "S"),
    "intermediary": Host("diamond", "intermediary", "Listed intermediaries", "I"),
    "other": Host("circle", "other account", "Everyone else", "E"),
}


@dataclass(frozen=True, slots=True)
class Line:
    """How a type of links is drawn; `about` says what it means."""

    dashes: str
    about: str


#: By type of the graph, in the order of the legend; any other type looks like the last.
TYPES: dict[str, Line] = {
    "DERIVED_FROM": Line("", "from a model on the right to its base on the left"),
    "DESCENDS_FROM": Line("2 4", "from a model on the right to what it goes back to, over any number of steps"),
    "PUBLISHED": Line("10 4", "between a publisher and what it hosts"),
    "": Line("10 3 2 3", "some other link"),
}


def line(type: str) -> Line:
    """How a type of links is drawn."""
    return TYPES.get(type, TYPES[""])


def look(relation: str) -> Look:
    """The look of a relation; a word that nobody knows looks unlabelled."""
    return RELATIONS.get(relation, RELATIONS["unlabelled"])


def host(kind: str) -> Host:
    """The look of a kind of host; an unknown one is "other"."""
    return HOSTS.get(kind, HOSTS["other"])
