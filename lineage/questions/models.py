"""Questions about single models: what they came to, what they were made from and what was made from them."""

from collections.abc import Sequence

import pyarrow as pa

from lineage.questions import Note, select, several, silent
from lineage.snapshot import Catalog, Snapshot


def rollup(
    snapshot: Snapshot,
    catalog: Catalog,
    models: str | Sequence[str] = (),
    *,
    frame: str | Sequence[str] | None = None,
    window: str = "30d",
    basis: str = "declared",
    top: int | None = None,
    note: Note = silent,
) -> pa.Table:
    """Downloads with everything derived."""
    from lineage.answers.rollups import rollups

    return rollups(select(snapshot, frame, window, basis, note=note), several(models), top)


def tree(
    snapshot: Snapshot,
    catalog: Catalog,
    model: str,
    *,
    depth: int | None = None,
    relation: str | Sequence[str] = (),
    up: bool = True,
    down: bool = True,
    width: int | None = 10,
    window: str = "30d",
    basis: str = "declared",
    owner: str = "group",
    note: Note = silent,
) -> pa.Table:
    """The family as rows of a tree."""
    from lineage.answers.family import family
    from lineage.answers.tree import tree as answer

    found = family(select(snapshot, None, window, basis, uncounted=True), model, owner)
    table = answer(found, depth=depth, relations=several(relation), up=up, down=down, width=width)
    for remark in found.notes[:-1] if down else ():
        note(remark)
    folded = sum(table.column("folded").to_pylist())
    if folded:
        note(f"{folded:,} models are folded into lines; --all and --depth show more")
    return table


def explain(
    snapshot: Snapshot, catalog: Catalog, model: str, base: str | None = None, *, note: Note = silent
) -> pa.Table:
    """Every claim of a model, its evidence, what was made of it and why."""
    from lineage.answers import explain as answer

    for remark in answer.remarks(snapshot, model):
        note(remark)
    return answer.explain(snapshot, model, base)
