"""A model with everything made from it, as a tree that shows each model once."""

from dataclasses import dataclass, field

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from lineage import reference
from lineage.answers.descent import Descent
from lineage.answers.frames import Selection
from lineage.answers.owners import accounts_of, owners_among
from lineage.chosen import chosen, many
from lineage.metrics.graph import Ints
from lineage.metrics.pairs import each_once, left_over
from lineage.snapshot import Snapshot


@dataclass(frozen=True)
class Family:
    """The family of `model`, under `basis`: the model and its descendants.

    `ancestors`: what it was made from, nearest first, each with the relation of the step that leads to it
    (None where it is not labelled). `members`: sorted by id; id, publisher, owner, kind
    (own, intermediary, other), stub, relation, parent (the first base inside the family; null for the
    model itself), base (the first, wherever it is), known (the basis of the edge to that parent, for the model itself
    to its first base),
    bases, downloads, full, descendants, children, licences, pipeline_tag, library,
    created_at, cycle. `links`: child, base, relation, evidence, basis, first (the drawn one), inside,
    dangling (the base is not in the snapshot).
    """

    model: str
    ancestors: list[tuple[str, str | None]]
    taken_at: str
    snapshot: str
    source: str
    basis: str
    window: str
    members: pa.Table
    links: pa.Table
    above: pa.Table
    """The ancestors as rows, nearest first: id, relation (of the step that leads to it), distance, stub, own_relation,
    known (the basis of the edge to its own first base), base (the first), bases, licences, downloads, full,
    descendants."""
    notes: list[str] = field(default_factory=list)


#: The columns of `models` that a family shows.
_SHOWN = (
    "id",
    "publisher",
    "stub",
    "relation",
    "base",
    "bases",
    "downloads",
    "descendants",
    "children",
    "licences",
    "pipeline_tag",
    "library",
    "created_at",
    "cycle",
)


def family(selection: Selection, text: str, owner: str = "group") -> Family:
    """The family of the model that `text` names. Raises NotFound with near misses."""
    snapshot, descent = selection.snapshot, Descent.of(selection, text)
    rows, top = descent.rows, descent.top
    members = selection.lineage.models_at(_SHOWN, rows)
    names = members.column("id")
    links = _named(snapshot, descent.mine, rows, names).append_column("first", pa.array(descent.drawn))
    links = links.append_column("inside", pc.is_in(links.column("base"), value_set=names))
    stubs = snapshot.table("models", ["stub"]).column("stub").take(descent.mine.column("base_row"))
    links = links.append_column("dangling", stubs)
    kind, owner_name = kinds(snapshot, rows, top, owner)
    at = pa.array(np.searchsorted(rows, descent.parent), mask=descent.parent < 0)
    for name, column in (
        ("downloads", descent.downloads(rows, members.column("stub").to_numpy())),
        ("relation", labelled(members.column("relation"))),
    ):
        members = members.set_column(_SHOWN.index(name), name, column)
    members = (
        members.append_column("owner", owner_name)
        .append_column("kind", kind)
        .append_column("parent", names.take(at))
        .append_column("known", descent.known)
        .append_column("full", descent.full(rows))
    )
    above = descent.above.drop_columns(["row"])
    return Family(
        model=names[int(np.searchsorted(rows, top))].as_py(),
        ancestors=list(zip(above.column("id").to_pylist(), above.column("relation").to_pylist(), strict=True)),
        taken_at=snapshot.taken_at,
        snapshot=snapshot.name,
        source=str(snapshot.manifest["source"]["name"]),
        basis=selection.basis,
        window=selection.window,
        members=members,
        links=links,
        above=above,
        notes=descent.notes,
    )


def labelled(relation: pa.ChunkedArray) -> pa.ChunkedArray:
    """The relations of models with null in place of `unlabelled`."""
    return pc.if_else(pc.equal(relation, "unlabelled").fill_null(False), pa.scalar(None, pa.string()), relation)


def _named(snapshot: Snapshot, mine: pa.Table, rows: Ints, names: pa.ChunkedArray) -> pa.Table:
    """child, base, relation, evidence, basis of the edges `mine` of `rows`, which are called `names`."""
    child, base = (mine.column(name).to_numpy().astype(np.int64) for name in ("child_row", "base_row"))
    outside = left_over(base, rows)
    known = np.r_[rows, outside]
    ids = pa.chunked_array([*names.chunks, *chosen(snapshot, "models", ["id"], outside).column("id").chunks])
    ids = ids.combine_chunks().take(pa.array(np.argsort(known)))
    known = np.sort(known)
    found = {
        name: ids.take(pa.array(np.searchsorted(known, ends))) for name, ends in (("child", child), ("base", base))
    }
    return pa.table(found | {name: mine.column(name) for name in ("relation", "evidence", "basis")})


def kinds(snapshot: Snapshot, rows: Ints, top: int, owner: str) -> tuple[pa.Array, pa.ChunkedArray]:
    """For each row: own (of the owner of row `top`), intermediary or other; and the name of its owner."""
    owners = owners_among(snapshot, np.r_[rows, top], owner)
    place, none = accounts_of(snapshot, rows), many(snapshot, "publishers")
    named = each_once(place[place < none])
    at = pa.array(np.searchsorted(named, place), mask=place == none)
    accounts = chosen(snapshot, "publishers", ["publisher", "owner"], named)
    listed = pa.array(sorted(a.casefold() for a in reference.intermediaries("strict")), pa.string())
    on_list = pc.is_in(pc.utf8_lower(accounts.column("publisher")), value_set=listed).take(at).fill_null(False)
    other = pc.if_else(on_list, pa.scalar("intermediary"), pa.scalar("other"))
    return pc.if_else(pa.array(owners[:-1] == owners[-1]), pa.scalar("own"), other), accounts.column("owner").take(at)
