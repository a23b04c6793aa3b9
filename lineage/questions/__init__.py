"""The questions of the program, by name: options in as a person gives them, an Arrow table out.

A question chooses the models (frame, window, basis), has `answers` make the rows, and tells `note` what a reader
should know beside them. Every one takes the snapshot and the catalog that it is in.
"""

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from contextvars import ContextVar
from importlib import import_module
from typing import TYPE_CHECKING, Any

import pyarrow as pa

from lineage.catalog import Catalog
from lineage.errors import NotFound, UsageError
from lineage.snapshot import Snapshot

if TYPE_CHECKING:
    from lineage.answers.frames import Selection

Note = Callable[[str], None]

#: Where each question is asked: a module of this package, in which a function has its name.
QUESTIONS = {
    "info": "whole",
    "rejected": "whole",
    "conflicts": "whole",
    "changes": "whole",
    "check-rules": "whole",
    "intermediaries": "figures",
    "shares": "figures",
    "flows": "figures",
    "figures": "study",
    "disclosure": "study",
    "sizes": "study",
    "concentration": "study",
    "rank": "ranks",
    "rollup": "models",
    "tree": "models",
    "explain": "models",
    "servers": "serving",
    "variants": "serving",
    "publisher": "serving",
    "query": "whole",
    "schema": "whole",
    "diff": "compare",
    "cite": "compare",
}


def ask(name: str, snapshot: Snapshot, catalog: Catalog, /, **options: Any) -> pa.Table:
    """The answer to the question `name`. Raises NotFound for one that there is not, UsageError for a number of rows
    that is none, and what the question raises."""
    if name not in QUESTIONS:
        raise NotFound(f"There is no answer {name!r}. There are: {', '.join(QUESTIONS)}.")
    for option in ("limit", "top"):
        most = options.get(option)
        if most is not None and (not isinstance(most, int) or most < 0):
            raise UsageError(f"{option} is a number of rows, 0 or more; {most!r} is none.")
    module = import_module(f"lineage.questions.{QUESTIONS[name]}")
    table: pa.Table = getattr(module, name.replace("-", "_"))(snapshot, catalog, **options)
    return table


#: Selections that several questions share, while somebody asks them together.
_HELD: ContextVar[dict[tuple[object, ...], "Selection"] | None] = ContextVar("held", default=None)


@contextmanager
def together() -> Iterator[None]:
    """Within the block, questions about the same frame, window and basis share one selection and what it computes."""
    token = _HELD.set({})
    try:
        yield
    finally:
        _HELD.reset(token)


def silent(text: str) -> None:
    """Remarks are for the command line; frames come without."""


def several(value: str | Sequence[str] | None) -> tuple[str, ...]:
    """What may be given once or several times, or not at all."""
    return () if value is None else (value,) if isinstance(value, str) else tuple(value)


def select(
    snapshot: Snapshot,
    frame: str | Sequence[str] | None = None,
    window: str = "30d",
    basis: str = "declared",
    *,
    uncounted: bool = False,
    note: Note = silent,
) -> "Selection":
    """The models of a frame and window; see `lineage.answers.frames`. `note` is told its remarks."""
    from lineage.answers.frames import select as selected

    frames = several(frame) or ("all",)
    held, key = _HELD.get(), (snapshot.sha256, frames, window, basis, uncounted)
    selection = held.get(key) if held is not None else None
    if selection is None:
        other = next((s for s in (held or {}).values() if (s.snapshot, s.basis) == (snapshot, basis)), None)
        lineage = other.lineage if other else None
        selection = selected(snapshot, frames, window, basis, uncounted, lineage)
        if held is not None:
            held[key] = selection
    for remark in selection.remarks():
        note(remark)
    return selection
