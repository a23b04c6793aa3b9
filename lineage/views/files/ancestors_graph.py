"""What a model goes back to → what other programs get of it: every model and link as tables, and the page's drawing."""

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

import pyarrow as pa
import pyarrow.compute as pc

from lineage.views import wording
from lineage.views.ancestors import ancestors_picture
from lineage.views.files.graphfiles import GraphFile, rows
from lineage.views.files.sketch import of_picture

if TYPE_CHECKING:
    from lineage.answers.ancestors import Ancestors

#: The facts of a model, in the order of the file; `steps` comes after `listed`.
_FACTS = (
    "publisher", "kind", "listed", "relation", "stub", "bases", "downloads", "licences", "pipeline_tag", "format",
    "created_at", "cycle",
)  # fmt: skip


def ancestors_graph(
    found: "Ancestors", snapshot: Mapping[str, Any], options: Mapping[str, Any], *, nodes: int = 60
) -> GraphFile:
    """The ancestors as a `GraphFile`.

    Nodes: the model, then all its ancestors, nearest first, then A–Z; `steps` is the least number of links from the
    model. Links: all of them, with `relation` (null where there is no label), evidence, basis, `dangling` (the base is
    not in the snapshot), `first` (the child's first base) and `licences_differ` (null where one is not known). The
    sketch draws about `nodes` models by name, as the page does. `snapshot` is `Session.header()`.
    """
    members = found.members
    ids = members.column("id")
    models = members.select(["id", *_FACTS])
    models = models.add_column(4, "steps", members.column("distance"))
    links = found.links
    made = pa.table(
        {"source": ids.take(links.column("child")), "target": ids.take(links.column("base"))}
        | {name: links.column(name) for name in ("relation", "evidence", "basis")}
        | {
            "dangling": members.column("stub").take(links.column("base")),
            "first": links.column("first"),
            "licences_differ": links.column("conflict"),
        }
    )
    stubs = pc.sum(members.column("stub")).as_py() or 0
    held = f"Here are {found.model} and all its {wording.count(members.num_rows - 1, 'ancestor')}"
    held += f", {stubs:,} of them not in the snapshot" if stubs else ""
    said = (
        f"Snapshot {found.snapshot}, {wording.day(found.taken_at)}, source {found.source}, basis {found.basis}, "
        f"downloads: {wording.window(found.window)}.",
        f"{held}, and {wording.count(made.num_rows, 'link')}; nothing dropped.",
        "A link goes from what is derived to its base.",
    )
    title = f"Origins of {found.model}"
    return GraphFile(
        "ancestors", title, snapshot, options, said, rows(models), rows(made),
        lambda: of_picture(ancestors_picture(found, nodes=nodes)), found.model,
    )  # fmt: skip
