"""Everything that can go wrong in a way the caller should read.

    LineageError                 a sentence: what happened, why, what to do next     exit code 1
    ├── SourceError              the input cannot be read                            1
    │   └── UnknownLayout        it can be read, and is no table of models            1
    ├── SnapshotError            a snapshot is damaged, or of a newer version         1
    ├── StoreError               a database cannot be reached or refused a statement  1
    ├── RefusedError             asked for something that the program will not do     1
    ├── UsageError               an option that does not exist or does not fit        2
    ├── NotFound                 the model, snapshot or query asked for is not there  3
    └── Incomplete               stopped before the end; what was done is kept        4

A bad row or card is never an exception: it is a row in `rejected` or `claims`, with a reason.
"""

from collections.abc import Iterable


def near(word: str, known: Iterable[str]) -> str:
    """` Did you mean …?` for the known words that look like `word`, else nothing."""
    import difflib

    by_text = {k.casefold(): k for k in known}
    found = [by_text[t] for t in difflib.get_close_matches(word.casefold(), by_text, 2, 0.6)]
    return f" Did you mean {' or '.join(found)}?" if found else ""


class LineageError(Exception):
    """One sentence for a person. `exit_code` is what the command line ends with."""

    exit_code = 1


class SourceError(LineageError):
    """The input is missing, empty, damaged, or in no layout that is known."""


class UnknownLayout(SourceError):  # noqa: N818 - it reads as a sentence where it is raised
    """A file that can be read and is no table of models."""


class SnapshotError(LineageError):
    """A snapshot is incomplete, damaged, or was written by a newer version."""


class StoreError(LineageError):
    """A graph database cannot be opened or reached, or refused a statement."""


class RefusedError(LineageError):
    """The request is understood and declined, for instance a write in a read-only query."""


class UsageError(LineageError):
    """An unknown frame, window, field or option value, or one that this snapshot cannot serve."""

    exit_code = 2


class NotFound(LineageError):  # noqa: N818 - it reads as a sentence where it is raised
    """The model, publisher, snapshot or query asked for does not exist."""

    exit_code = 3


class Incomplete(LineageError):  # noqa: N818 - it reads as a sentence where it is raised
    """Stopped before the end. What was done is kept, and the sentence says how to go on."""

    exit_code = 4
