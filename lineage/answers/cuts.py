"""Cuts: the key, or the keys, under which each model of a frame stands.

Publisher is who hosts it, origin and family whose models it goes back to, produced_by who made the
files; then relation, format, task, licence, library, country, type and year. With several keys a model's downloads are
divided in whole numbers.
"""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

from lineage.answers.frames import Selection
from lineage.answers.owners import publisher_codes
from lineage.errors import UsageError, near
from lineage.metrics import rollup
from lineage.metrics.graph import Ints
from lineage.metrics.pairs import among
from lineage.snapshot import Snapshot

#: Keys for what is not known, and for models without a base.
UNKNOWN, NONE = "(unknown)", "(none)"


@dataclass(frozen=True, slots=True)
class Parts:
    """A cut, in long form: model `row[i]` puts `counted[i]` downloads under `key[i]`.

    `row`, `code`, `counted` int64[k]; `keys` (text): that of each code. A model stands once under each
    of its keys. `single`: whether `counted` is that model's own part (by family and origin it is
    the part of the whole tree, which no single model's row can show).
    """

    row: Ints
    code: Ints
    counted: Ints
    keys: pa.StringArray
    single: bool = True

    @property
    def unknown(self) -> NDArray[np.bool_]:
        """bool[keys]: the key for what is not known."""
        return pc.equal(self.keys, UNKNOWN).to_numpy(zero_copy_only=False)


def _by_column(selection: Selection, values: pa.ChunkedArray) -> Parts:
    """One key a model; null is unknown."""
    row = np.flatnonzero(selection.inside)
    # All rows become numbers before some are taken: texts are slow to move.
    encoded = pa.chunked_array(values).combine_chunks().dictionary_encode()
    keys = _with_unknown(encoded.dictionary)
    code = encoded.indices.cast(pa.int64()).fill_null(len(keys) - 1).to_numpy()
    return Parts(row, code[row], selection.value[row], keys)


def _with_unknown(keys: pa.StringArray) -> pa.StringArray:
    return pa.concat_arrays([keys.cast(pa.string()), pa.array([UNKNOWN])])


def _publisher(selection: Selection) -> Parts:
    row = np.flatnonzero(selection.inside)
    return Parts(row, publisher_codes(selection.snapshot)[row], selection.value[row], _publishers(selection.snapshot))


def _publishers(snapshot: Snapshot) -> pa.StringArray:
    """The accounts, with the codes of `publisher_codes`."""
    return _with_unknown(snapshot.table("publishers", ["publisher"]).column("publisher").combine_chunks())


def divide(rows: Ints, value: Ints, lists: pa.ListArray) -> tuple[Ints, Ints, Ints]:
    """Divide each row's value over the elements of its list: floor to each, the rest to the first ones.

    Returns row, place of the element in the flat list, part; a row with an empty list is left out.
    """
    count = pc.list_value_length(lists).fill_null(0).to_numpy().astype(np.int64)
    row = np.repeat(rows, count)
    start = np.cumsum(count) - count
    place = np.arange(len(row)) - np.repeat(start, count)
    quotient, rest = np.divmod(np.repeat(value, count), np.repeat(count, count))
    return row, np.arange(len(row)), quotient + (place < rest)


def _by_list(selection: Selection, values: pa.ChunkedArray) -> Parts:
    """Several keys a model, downloads divided in whole numbers by position; an empty list is unknown."""
    inside = np.flatnonzero(selection.inside)
    lists = values.take(pa.array(inside)).combine_chunks()
    row, _, counted = divide(inside, selection.value[inside], lists)
    flat = lists.flatten().dictionary_encode()
    keys = _with_unknown(flat.dictionary)
    empty = inside[pc.list_value_length(lists).fill_null(0).to_numpy() == 0]
    code = np.concatenate([flat.indices.to_numpy(), np.full(len(empty), len(keys) - 1)]).astype(np.int64)
    return Parts(np.concatenate([row, empty]), code, np.concatenate([counted, selection.value[empty]]), keys)


def _relation(selection: Selection) -> Parts:
    relation = selection.lineage.models(["relation"]).column("relation")
    shown = pc.if_else(
        pc.equal(relation, "unlabelled").fill_null(False), pa.scalar(None, pa.string()), relation.fill_null(NONE)
    )
    return _by_column(selection, shown)


def of_publisher(snapshot: Snapshot, column: str) -> pa.ChunkedArray:
    """A column of the table `publishers`, for each model; null for ownerless ids."""
    values = snapshot.table("publishers", [column]).column(column)
    return values.take(snapshot.table("models", ["publisher_row"]).column("publisher_row"))


def roots_of(selection: Selection) -> tuple[Ints, Ints]:
    """(root, model) int64[k] for every model of the frame and every root that it goes back to.

    A root is called by its first row; a model without a base, alone or in a cycle, goes back to its
    own group.
    """
    found: tuple[Ints, Ints] = selection.once("roots", _roots_of)
    return found


def _roots_of(selection: Selection) -> tuple[Ints, Ints]:
    lineage = selection.lineage
    model, above, _ = lineage.pairs
    keep = lineage.is_root[above]
    model, above = model[keep], above[keep]
    if selection.lineage.deep.any():
        model, above = _with_deep(selection, model, above)
    inside = selection.inside[model]
    itself = np.flatnonzero(selection.inside & ~lineage.has_base)
    return np.concatenate([above[inside], lineage.group[itself]]), np.concatenate([model[inside], itself])


def _with_deep(selection: Selection, model: Ints, root: Ints) -> tuple[Ints, Ints]:
    """Add the roots of deep models, whose ancestry is not stored: the union of those of their bases."""
    graph, deep = selection.graph, selection.lineage.deep
    mine = np.flatnonzero(deep[graph.up_child])
    order = mine[np.lexsort((graph.up_child[mine], graph.generation[graph.up_child[mine]]))]
    bases: dict[int, list[int]] = {}
    for child, base in zip(graph.up_child[order].tolist(), graph.up_base[order].tolist(), strict=True):
        bases.setdefault(child, []).append(base)
    shallow = among(model, np.array([b for found in bases.values() for b in found], np.int64))
    known: dict[int, frozenset[int]] = {}
    for m, r in zip(model[shallow].tolist(), root[shallow].tolist(), strict=True):
        known[m] = known.get(m, frozenset()) | {r}
    same: dict[frozenset[int], frozenset[int]] = {}
    for child, above in bases.items():
        found = frozenset().union(*(known.get(b, frozenset({b})) for b in above))
        known[child] = same.setdefault(found, found)  # a tower has one set of roots, not one for each model
    members = np.flatnonzero(deep)
    added = [(int(m), r) for m in members.tolist() for r in sorted(known[int(graph.group[m])])]
    more = np.array(added, np.int64).reshape(-1, 2)
    return np.concatenate([model, more[:, 0]]), np.concatenate([root, more[:, 1]])


def _trees(selection: Selection, named: Callable[[Ints], tuple[Ints, pa.StringArray]]) -> Parts:
    """The `split` value of each root under a key made from the root."""
    lineage = selection.lineage
    roots = np.flatnonzero(lineage.is_root & lineage.present)
    root, model = roots_of(selection)
    code_of = np.full(len(lineage.present), -1, np.int64)
    codes, keys = named(roots)
    code_of[roots] = codes
    # A root's whole value hangs on the root itself; its models stand there for the counts, with 0.
    row = np.concatenate([model, roots])
    code = np.concatenate([code_of[root], codes])
    counted = np.concatenate([np.zeros(len(model), np.int64), split_of(selection)[roots]])
    return Parts(row, code, counted, keys, single=False)


def split_of(selection: Selection) -> Ints:
    """int64[n]: `rollup.split` of the selection's downloads; as stored where the build has made it."""
    if selection.lineage.stored and (selection.frame, selection.window) == ("all", "30d"):
        return selection.snapshot.table("models", ["split"]).column("split").to_numpy()
    found: Ints = selection.once("split", lambda held: rollup.split(held.graph, held.value))
    return found


def _family(selection: Selection) -> Parts:
    ids = selection.snapshot.table("models", ["id"]).column("id")
    return _trees(selection, lambda roots: (np.arange(len(roots)), ids.take(pa.array(roots)).combine_chunks()))


def _origin(selection: Selection) -> Parts:
    codes = publisher_codes(selection.snapshot)
    return _trees(selection, lambda roots: (codes[roots], _publishers(selection.snapshot)))


def _model_column(name: str) -> Callable[[Selection], Parts]:
    return lambda selection: _by_column(selection, selection.snapshot.table("models", [name]).column(name))


def _year(selection: Selection) -> Parts:
    """The UTC year of creation."""
    created = selection.snapshot.table("models", ["created_at"]).column("created_at")
    return _by_column(selection, pc.year(created).cast(pa.string()))


#: The cuts there are: what makes the parts, and the input columns that it needs (any of them).
CUTS: dict[str, tuple[Callable[[Selection], Parts], tuple[str, ...]]] = {
    "publisher": (_publisher, ()),
    "origin": (_origin, ()),
    "family": (_family, ()),
    "produced_by": (_model_column("produced_by"), ()),
    "relation": (_relation, ()),
    "format": (_model_column("format"), ()),
    "task": (_model_column("pipeline_tag"), ("pipeline_tag",)),
    "licence": (
        lambda selection: _by_list(selection, selection.snapshot.table("models", ["licences"]).column("licences")),
        ("tags", "card"),
    ),
    "library": (_model_column("library"), ("library_name", "tags")),
    "country": (lambda selection: _by_list(selection, of_publisher(selection.snapshot, "countries")), ()),
    "type": (lambda selection: _by_column(selection, of_publisher(selection.snapshot, "type")), ()),
    "year": (_year, ("created_at",)),
}


def parts_of(selection: Selection, by: str) -> Parts:
    """The cut `by`. Raises UsageError for one that does not exist or that the snapshot lacks."""
    if by not in CUTS:
        raise UsageError(f"There is no cut {by!r}.{near(by, CUTS)} There are: {', '.join(CUTS)}.")
    make, needs = CUTS[by]
    if needs and not any(c in selection.snapshot.columns for c in needs):
        raise UsageError(
            f"The cut {by} needs the column {' or '.join(needs)}, which the source of {selection.snapshot.name} lacks."
        )
    return make(selection)
