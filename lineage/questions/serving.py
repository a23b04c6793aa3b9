"""Questions about who offers a model, and what an account offers."""

import pyarrow as pa

from lineage.catalog import Catalog
from lineage.questions import Note, select, silent
from lineage.snapshot import Snapshot


def servers(
    snapshot: Snapshot,
    catalog: Catalog,
    model: str,
    *,
    window: str = "30d",
    basis: str = "declared",
    owner: str = "group",
    list: str = "strict",
    limit: int | None = None,
    members: bool = False,
    note: Note = silent,
) -> pa.Table:
    """The accounts that host a model or what was quantized or copied from it, or their models."""
    from lineage.answers.lookup import model_row
    from lineage.answers.serving import Serving

    selection = select(snapshot, None, window, basis, note=note)
    serving = Serving(selection, model_row(snapshot, model, selection.lineage), owner, list)
    table = serving.members() if members else serving.table(limit)
    for remark in serving.remarks("servers"):
        note(remark)
    return table


def variants(
    snapshot: Snapshot,
    catalog: Catalog,
    model: str,
    *,
    window: str = "30d",
    basis: str = "declared",
    owner: str = "group",
    note: Note = silent,
) -> pa.Table:
    """The repositories from which one can have a model."""
    from lineage.answers import variants as answer
    from lineage.answers.lookup import model_row
    from lineage.answers.serving import Serving

    selection = select(snapshot, None, window, basis, uncounted=True, note=note)
    serving = Serving(selection, model_row(snapshot, model, selection.lineage), owner)
    said = serving.remarks("variants")  # first, for it goes through all ids, and then they are there
    table = answer.variants(selection, serving.part, owner)
    for remark in [*said, *answer.remarks(table)]:
        note(remark)
    return table


def publisher(
    snapshot: Snapshot,
    catalog: Catalog,
    name: str,
    *,
    window: str = "30d",
    basis: str = "declared",
    owner: str = "group",
    limit: int | None = None,
    note: Note = silent,
) -> pa.Table:
    """What an account hosts, by what it was made from, and how much of each base goes through it."""
    from lineage.answers.lookup import account
    from lineage.answers.publisher import publisher as answer
    from lineage.answers.publisher_facts import remarks

    selection = select(snapshot, None, window, basis, note=note)
    found = account(snapshot, name)
    for remark in remarks(selection, found, owner):
        note(remark)
    return answer(selection, found, owner, limit)
