"""A family → what other programs get of it: every model and link as tables, and the page's drawing."""

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from lineage.metrics.graph import spread
from lineage.metrics.pairs import each_once
from lineage.views import wording
from lineage.views.families.family import family_picture
from lineage.views.files.graphfiles import GraphFile, rows
from lineage.views.files.sketch import Sketch, of_picture, of_tables

if TYPE_CHECKING:
    from lineage.answers.family import Family

#: The facts of a model, in the order of the file; `outside` and `steps` come after `kind`.
_FACTS = (
    "publisher", "owner", "kind", "relation", "stub", "parent", "base", "known", "bases", "downloads", "full",
    "descendants", "children", "licences", "pipeline_tag", "library", "created_at", "cycle",
)  # fmt: skip


def family_graph(
    family: "Family", snapshot: Mapping[str, Any], options: Mapping[str, Any], *, nodes: int = 60, every: bool = False
) -> GraphFile:
    """The family as a `GraphFile`.

    Nodes: all members, and bases outside the family that a link leads to (`outside`, of which little is known beside
    their ids); `steps` is the least number of links to the family's own model, null outside. Links: all of the
    family's, with `relation` (null where there is no label), evidence, basis, `dangling` (the base is not in the
    snapshot), `first` (a tree draws it) and `inside`. The sketch draws about `nodes` things, as the page
    does, or `every` model. `snapshot` is `Session.header()`, `options` what was asked.
    """
    links = _links(family)
    models = _nodes(family, links)
    title = f"Family of {family.model}"
    said = _said(family, models, links)

    def sketch() -> Sketch:
        if every:
            return of_tables(models, links, (title, *said), family.model)
        return of_picture(family_picture(family, nodes))

    return GraphFile("family", title, snapshot, options, said, rows(models), rows(links), sketch, family.model)


def _said(family: "Family", models: pa.Table, links: pa.Table) -> tuple[str, ...]:
    outside = pc.sum(models.column("outside")).as_py() or 0
    held = f"Here are all {wording.count(models.num_rows - outside, 'model')} of the family and "
    held += wording.count(links.num_rows, "link")
    held += f", and {wording.count(outside, 'base', 'bases')} outside it that they name" if outside else ""
    return (
        f"Snapshot {family.snapshot}, {wording.day(family.taken_at)}, source {family.source}, basis {family.basis}, "
        f"downloads: {wording.window(family.window)}.",
        held + "; nothing dropped.",
        "A link goes from what is derived to its base.",
        *family.notes,
    )


def _links(family: "Family") -> pa.Table:
    """source, target, relation, evidence, basis, dangling, first, inside; by ends A–Z."""
    links = family.links.sort_by([("child", "ascending"), ("base", "ascending")])
    names = ("relation", "evidence", "basis", "dangling", "first", "inside")
    ends = {"source": links.column("child"), "target": links.column("base")}
    return pa.table(ends | {name: links.column(name) for name in names})


def _nodes(family: "Family", links: pa.Table) -> pa.Table:
    """id and facts: the members A–Z, then the bases outside A–Z."""
    members = family.members.sort_by("id")
    ids = members.column("id").combine_chunks()
    bases = pc.unique(links.filter(pc.invert(links.column("inside"))).column("target"))
    bases = bases.take(pc.sort_indices(bases))
    facts = [name for name in _FACTS if name in members.column_names]
    steps = _steps(pc.index_in(family.model, value_set=ids).as_py(), ids, links)
    inner = members.select(["id", *facts])
    inner = inner.append_column("steps", pa.array(steps, pa.int64(), mask=steps < 0))
    inner = inner.append_column("outside", pa.array(np.zeros(len(ids), bool)))
    outer = {name: pa.nulls(len(bases), inner.schema.field(name).type) for name in inner.column_names}
    outer |= {"id": bases, "outside": pa.array(np.ones(len(bases), bool))}
    loose = links.filter(links.column("dangling")).column("target")
    outer["stub"] = pc.is_in(bases, value_set=pc.unique(loose))
    outer["publisher"] = pc.struct_field(pc.extract_regex(bases, r"^(?P<account>[^/]*)/"), "account")
    # What the model itself was made from is known better: it stands above the family.
    above = getattr(family, "above", None)
    if above is not None:
        place = pc.index_in(bases, value_set=above.column("id").combine_chunks())
        for name in ("base", "known", "bases", "licences", "downloads", "full", "descendants"):
            if name in facts:
                outer[name] = above.column(name).combine_chunks().cast(inner.schema.field(name).type).take(place)
        outer["relation"] = above.column("own_relation").combine_chunks().take(place)
    order = ["id", "publisher", "owner", "kind", "outside", "steps"]
    order += [name for name in facts if name not in order]
    return pa.concat_tables([inner.select(order), pa.table(outer).select(order).cast(inner.select(order).schema)])


def _steps(top: int, ids: pa.Array, links: pa.Table) -> np.ndarray:
    """int64[n]: the least number of links from each member to the model itself, -1 where none leads there."""
    child, base = (pc.index_in(links.column(name), value_set=ids) for name in ("source", "target"))
    inside = pc.and_(child.is_valid(), base.is_valid())
    child, base = (column.filter(inside).to_numpy().astype(np.int64) for column in (child, base))
    child = child[np.argsort(base, kind="stable")]
    count = np.bincount(base, minlength=len(ids))
    start = np.cumsum(count) - count
    steps = np.full(len(ids), -1, np.int64)
    level, far = np.array([top], np.int64), 0
    while len(level):
        steps[level] = far
        found = each_once(child[spread(start[level], count[level])])
        level, far = found[steps[found] < 0], far + 1
    return steps
