"""Questions about single models: what they came to, what they were made from and what was made from them."""

from collections.abc import Sequence
from typing import TYPE_CHECKING

import pyarrow as pa

from lineage.catalog import Catalog
from lineage.errors import UsageError
from lineage.questions import Note, select, several, silent
from lineage.snapshot import Snapshot

if TYPE_CHECKING:
    from lineage.answers.frames import Selection


def rollup(
    snapshot: Snapshot,
    catalog: Catalog,
    models: str | Sequence[str] = (),
    *,
    frame: str | Sequence[str] | None = None,
    window: str = "30d",
    basis: str = "declared",
    top: int | None = None,
    over: str | None = None,
    split_by: str | None = None,
    owner: str = "group",
    list: str = "strict",
    members: bool = False,
    limit: int | None = None,
    sort: str | None = None,
    note: Note = silent,
) -> pa.Table:
    """Downloads with everything derived: of models, over accounts, or split by what it is made of.

    At most `limit` rows; `sort`: the order they are then shown in, as `--sort` takes it, which decides what these are.
    """
    from lineage.answers.rollups import rollups

    if over not in (None, "publisher"):
        raise UsageError(f"Roll-ups are over models, or --over publisher; {over!r} is neither.")
    if over and split_by:
        raise UsageError("--over and --split-by are two questions: ask one at a time.")
    if members and not split_by:
        raise UsageError("--members lists the models of a split: give --split-by too.")
    selection = select(snapshot, frame, window, basis, note=note)
    total = None
    if over:
        from lineage.answers.publisher_rollups import publisher_rollups

        table = publisher_rollups(selection, several(models), top)
    elif split_by is None:
        table, total = rollups(selection, several(models), top, limit, sort)
    else:
        table = _split(selection, several(models), top, split_by, owner, list, members)
    total = table.num_rows if total is None else total
    if limit is not None and limit < total:
        from lineage.printing import LeftOut, Output, arrange

        table = arrange(table, Output(sort=sort, limit=limit))[0]
        note(LeftOut.of(table.num_rows, total))
    return table


def _split(
    selection: "Selection",
    models: tuple[str, ...],
    top: int | None,
    by: str,
    owner: str,
    accounts_list: str,
    members: bool,
) -> pa.Table:
    """`full` of models, or of the `top` largest, split by a cut."""
    from lineage.answers import full_split
    from lineage.answers.lookup import model_rows
    from lineage.answers.rollups import rollups

    full_split.check_cut(by)
    if not models and top is None:
        raise UsageError("--split-by divides what single models came to: name them, or give --top N.")
    asked = models or rollups(selection, (), top)[0].column("id").to_pylist()
    rows = model_rows(selection.snapshot, asked, selection.lineage)
    splits = [full_split.split(selection, row, by, owner, accounts_list) for row in rows]
    return full_split.members(selection, splits, by) if members else full_split.table(selection, splits, by)


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
    from lineage.answers.descent import Descent
    from lineage.answers.tree import licence_conflicts
    from lineage.answers.tree import tree as answer

    found = Descent.of(select(snapshot, None, window, basis, uncounted=True), model)
    table = answer(found, owner=owner, depth=depth, relations=several(relation), up=up, down=down, width=width)
    for remark in found.notes[:-1] if down else ():
        note(remark)
    for remark in licence_conflicts(found, several(relation), up, down):
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
