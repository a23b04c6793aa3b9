"""Questions about a snapshot beside another one, and how to point at it."""

import pyarrow as pa

from lineage.catalog import Catalog
from lineage.questions import Note, silent
from lineage.snapshot import Snapshot


def diff(snapshot: Snapshot, catalog: Catalog, other: Snapshot, *, note: Note = silent) -> pa.Table:
    """Models that came, went, were renamed or count less, from the earlier of two snapshots to the later one.

    `other` may be the earlier one or the later one. `note` is told what was compared, and what it adds up to.
    """
    from lineage.answers import diff as answer

    before, after = answer.in_order(other, snapshot)
    table = answer.diff(before, after)
    for remark in answer.remarks(before, after, table):
        note(remark)
    return table


def cite(snapshot: Snapshot, catalog: Catalog) -> pa.Table:
    """What a citation has to name, as rows field and value."""
    from lineage.answers.citation import citation

    return citation(snapshot)
