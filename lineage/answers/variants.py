"""The repositories from which one can have a model: in which format, from whom, under which licence."""

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from lineage.answers.frames import Selection
from lineage.answers.licences import conflicts, licence_remarks
from lineage.answers.owners import owners_among
from lineage.answers.part import Part
from lineage.chosen import chosen


def variants(selection: Selection, part: Part, owner: str = "group") -> pa.Table:
    """One row for each model of the part, largest downloads first, then A–Z; a stub is not listed.

    Columns: id, hosted_by, produced_by, relation (of the first edge within the part; null for the model itself), format
    (string), bits (float64), downloads (int64; null outside the window), created_at, licences and licence_of_base
    (list<string>; of the first base within the part), conflict (bool, see `answers/licences.py`), first_party (bool: by
    the owner of the model), older_than_base (bool; null where a date is missing), depth (int64: steps from the model).
    """
    columns = ["id", "publisher", "produced_by", "format", "bits", "created_at", "licences", "stub"]
    models = chosen(selection.snapshot, "models", columns, part.rows)
    stub = models.column("stub").to_numpy()
    value, outside = selection.value[part.rows], ~selection.inside[part.rows]
    order = np.lexsort((part.rows, -value))
    order = order[~stub[order]]
    rows, edge = part.rows[order], part.first[order]
    edges = part.edges.take(pa.array(edge, mask=edge < 0))
    mine = models.take(pa.array(order))
    within = np.searchsorted(part.rows, edges.column("base_row").fill_null(0).to_numpy())
    above = models.column("licences").take(pa.array(within, mask=edge < 0))
    owners = owners_among(selection.snapshot, np.r_[rows, part.top], owner)
    return pa.table(
        {
            "id": mine.column("id"),
            "downloads": pa.array(value[order], mask=outside[order] | (not selection.counted)),
            "format": mine.column("format"),
            "bits": mine.column("bits"),
            "relation": edges.column("relation"),
            "licences": mine.column("licences"),
            "conflict": conflicts(mine.column("licences"), above),
            "licence_of_base": above,
            "hosted_by": mine.column("publisher"),
            "produced_by": mine.column("produced_by"),
            "created_at": mine.column("created_at"),
            "first_party": owners[:-1] == owners[-1],
            "older_than_base": edges.column("older_than_base"),
            "depth": part.depth[order],
        }
    )


def remarks(table: pa.Table) -> list[str]:
    """How many variants declare another licence than what they were made from, and of how many it is not known."""
    return licence_remarks(table.column("conflict"), pc.sum(table.column("relation").is_valid()).as_py() or 0)
