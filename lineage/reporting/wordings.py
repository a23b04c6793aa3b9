"""The words of a report: sentences whose numbers are those of rows, fraction first."""

from collections.abc import Mapping, Sequence
from typing import Any

from lineage.views import wording
from lineage.views.reports.cells import printed

Row = Mapping[str, Any]

#: What a frame holds, for a sentence and for a heading.
FRAMES = {
    "all": "all models",
    "with-lineage": "models that name a base",
    "gguf": "models tagged gguf",
    "text-generation": "models that write text",
}

#: What a rule counts, in a few words; the whole sentence is the definition of its row.
RULES = {
    "R1": "accounts on a list of re-packagers, all they host",
    "R2": "accounts that mostly quantize or copy others, all they host",
    "R3": "accounts that mostly quantize, copy, adapt or merge others, all they host",
    "R4": "quantizations and copies of others’ models",
    "R5": "quantizations, copies, adapters and merges of others’ models",
    "R6": "every derivative of others’ models",
}

#: By whom a figure is counted.
BY = {"publisher": "who hosts the file", "origin": "whose model it goes back to"}


def frame(name: str) -> str:
    """What a frame holds, or its name where there are no words for it."""
    return FRAMES.get(name, f"models of the frame {name}")


def fraction(row: Row) -> str:
    """`n of d downloads (x %)` of a share row or figure."""
    return (
        f"{wording.exact(int(row['numerator']))} of {wording.exact(row['denominator'])} downloads "
        f"({wording.share(int(row['numerator']), row['denominator'])})"
    )


def counted(row: Row | None) -> bool:
    """Whether a row has a numerator and something to divide by."""
    return bool(row and row.get("numerator") is not None and row.get("denominator"))


def missing(row: Row | None, what: str) -> str:
    """Why there is no number for `what`."""
    if row and row.get("missing"):
        return f"{what} cannot be said: the source lacks {row['missing']}."
    return f"{what} cannot be said: there are no downloads to divide by."


def study(row: Row) -> str:
    """The published value beside a share, as a sentence; empty where there is none."""
    if row.get("published") is None:
        return ""
    return f" The study’s value is {printed(row['published'])} ({row['published_year']}); the two are not comparable."


def spread(rows: Sequence[Row]) -> tuple[Row, Row] | None:
    """The rows with the smallest and the largest share; None where no row has one."""
    known = [row for row in rows if row.get("share") is not None]
    return (min(known, key=lambda r: r["share"]), max(known, key=lambda r: r["share"])) if known else None
