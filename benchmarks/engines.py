"""A question in Cypher, asked a second time in one process: all descendants of the largest model, and one model."""

import contextlib
from pathlib import Path
from typing import Any

from benchmarks.timing import seconds

#: Budgets of the design, in seconds.
DESCENDANTS, LOOK_UP = 0.5, 0.005

ONE = "MATCH (m:Model {id: $id}) RETURN m.id AS id, m.downloads AS downloads"


def largest(found: Any) -> tuple[str, int]:
    """The model of a snapshot with most descendants, and how many these are; not one that is only named by others."""
    import pyarrow.compute as pc

    models = found.table("models", ["id", "descendants", "stub"])
    models = models.filter(pc.invert(models.column("stub")))
    row = pc.index(models.column("descendants"), pc.max(models.column("descendants"))).as_py()
    return models.column("id")[row].as_py(), models.column("descendants")[row].as_py()


def descendants(found: Any, root: Path, id: str, many: int, on: str | None = None) -> tuple[float, Any]:
    """The named query, all rows of it: seconds and rows; of the embedded engine, or of Neo4j at `on`."""
    return _second(found, root, "descendants", {"id": id, "limit": str(many)}, on, many)


def look_up(found: Any, root: Path, id: str, on: str | None = None) -> tuple[float, Any]:
    """One model by its id."""
    return _second(found, root, ONE, {"id": id}, on, 10)


def _second(found: Any, root: Path, text: str, given: dict[str, str], on: str | None, most: int) -> tuple[float, Any]:
    """With the engine open, as a shell and a session have it."""
    from lineage.stores import ask

    statement, params = ask.prepare(text, given)
    with contextlib.closing(ask.asker(found, root, on=on)) as opened:
        rows = ask.answer(opened, statement, params, limit=most)
        return seconds(lambda: ask.answer(opened, statement, params, limit=most)), rows
