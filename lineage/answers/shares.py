"""Shares by a cut: who hosts, whose models they go back to, by relation, task, licence …

A cut gives every model of the frame one key, or several with exact integer parts, so that the
numerators of a cut, with `(unknown)` and `(others)`, add up to the denominator.
"""

import difflib
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from lineage.answers.frames import Selection, share_row
from lineage.errors import NotFound, UsageError
from lineage.metrics import rollup
from lineage.metrics.graph import Ints
from lineage.snapshot import Snapshot

UNKNOWN, OTHERS, NONE = "(unknown)", "(others)", "(none)"


@dataclass(frozen=True, slots=True)
class Parts:
    """A cut, in long form: model `row[i]` puts `counted[i]` downloads under `key[i]`.

    `row`, `code`, `counted` int64[k]; `keys`: the text of each code. A model stands once under each
    of its keys. `single`: whether `counted` is that model's own part (by family and origin it is
    the part of the whole tree, which no single model's row can show).
    """

    row: Ints
    code: Ints
    counted: Ints
    keys: list[str]
    single: bool = True


def _by_column(selection: Selection, values: pa.ChunkedArray) -> Parts:
    """One key a model; null is unknown."""
    row = np.flatnonzero(selection.inside)
    encoded = values.take(pa.array(row)).combine_chunks().dictionary_encode()
    keys = [*encoded.dictionary.to_pylist(), UNKNOWN]
    code = encoded.indices.cast(pa.int64()).fill_null(len(keys) - 1).to_numpy()
    return Parts(row, code, selection.value[row], keys)


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
    keys = [*flat.dictionary.to_pylist(), UNKNOWN]
    empty = inside[pc.list_value_length(lists).fill_null(0).to_numpy() == 0]
    code = np.concatenate([flat.indices.to_numpy(), np.full(len(empty), len(keys) - 1)]).astype(np.int64)
    return Parts(np.concatenate([row, empty]), code, np.concatenate([counted, selection.value[empty]]), keys)


def _relation(selection: Selection) -> Parts:
    relation = selection.snapshot.table("models", ["relation"]).column("relation")
    shown = pc.if_else(
        pc.equal(relation, "unlabelled").fill_null(False), pa.scalar(None, pa.string()), relation.fill_null(NONE)
    )
    return _by_column(selection, shown)


def _of_publisher(snapshot: Snapshot, column: str) -> pa.ChunkedArray:
    """A column of the table `publishers`, for each model; null for ownerless ids."""
    publishers = snapshot.table("publishers", ["publisher", column])
    models = snapshot.table("models", ["publisher"]).column("publisher")
    return publishers.column(column).take(pc.index_in(models, value_set=publishers.column("publisher")))


def roots_of(selection: Selection) -> tuple[Ints, Ints]:
    """(root, model) int64[k] for every model of the frame and every root that it goes back to.

    A root is called by its first row; a model without a base, alone or in a cycle, goes back to its
    own group.
    """
    graph = selection.graph
    table = selection.snapshot.table("ancestry", ["model_row", "ancestor_row"])
    model, above = (table.column(c).to_numpy().astype(np.int64) for c in ("model_row", "ancestor_row"))
    keep = graph.is_root[above]
    model, above = model[keep], above[keep]
    if selection.snapshot.manifest["deep"]:
        model, above = _with_deep(selection, model, above)
    inside = selection.inside[model]
    itself = np.flatnonzero(selection.inside & ~graph.has_base)
    return np.concatenate([above[inside], graph.group[itself]]), np.concatenate([model[inside], itself])


def _with_deep(selection: Selection, model: Ints, root: Ints) -> tuple[Ints, Ints]:
    """Add the roots of deep models, whose ancestry is not stored: the union of those of their bases."""
    graph = selection.graph
    ids = selection.snapshot.table("models", ["id"]).column("id")
    deep = pc.is_in(ids, value_set=pa.array(selection.snapshot.manifest["deep"], pa.string())).to_numpy()
    mine = np.flatnonzero(deep[graph.up_child])
    order = mine[np.lexsort((graph.up_child[mine], graph.generation[graph.up_child[mine]]))]
    bases: dict[int, list[int]] = {}
    for child, base in zip(graph.up_child[order].tolist(), graph.up_base[order].tolist(), strict=True):
        bases.setdefault(child, []).append(base)
    shallow = np.isin(model, [b for found in bases.values() for b in found])
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


def _trees(selection: Selection, named: Callable[[Ints], tuple[Ints, list[str]]]) -> Parts:
    """The `split` value of each root under a key made from the root."""
    graph = selection.graph
    split = rollup.split(graph, selection.value)
    roots = np.flatnonzero(graph.is_root)
    root, model = roots_of(selection)
    code_of = np.full(graph.n, -1, np.int64)
    codes, keys = named(roots)
    code_of[roots] = codes
    # A root's whole value hangs on the root itself; its models stand there for the counts, with 0.
    row = np.concatenate([model, roots])
    code = np.concatenate([code_of[root], codes])
    return Parts(row, code, np.concatenate([np.zeros(len(model), np.int64), split[roots]]), keys, single=False)


def _family(selection: Selection) -> Parts:
    ids = selection.snapshot.table("models", ["id"]).column("id")
    return _trees(selection, lambda roots: (np.arange(len(roots)), ids.take(pa.array(roots)).to_pylist()))


def _origin(selection: Selection) -> Parts:
    publisher = selection.snapshot.table("models", ["publisher"]).column("publisher")

    def named(roots: Ints) -> tuple[Ints, list[str]]:
        encoded = publisher.take(pa.array(roots)).combine_chunks().dictionary_encode()
        keys = [*encoded.dictionary.to_pylist(), UNKNOWN]
        return encoded.indices.cast(pa.int64()).fill_null(len(keys) - 1).to_numpy(), keys

    return _trees(selection, named)


def _model_column(name: str) -> Callable[[Selection], Parts]:
    return lambda selection: _by_column(selection, selection.snapshot.table("models", [name]).column(name))


#: The cuts there are: what makes the parts, and the input columns that it needs (any of them).
CUTS: dict[str, tuple[Callable[[Selection], Parts], tuple[str, ...]]] = {
    "publisher": (_model_column("publisher"), ()),
    "origin": (_origin, ()),
    "family": (_family, ()),
    "relation": (_relation, ()),
    "task": (_model_column("pipeline_tag"), ("pipeline_tag",)),
    "licence": (
        lambda selection: _by_list(selection, selection.snapshot.table("models", ["licences"]).column("licences")),
        ("tags", "card"),
    ),
    "library": (_model_column("library"), ("library_name", "tags")),
    "type": (lambda selection: _by_column(selection, _of_publisher(selection.snapshot, "type")), ()),
}


def parts_of(selection: Selection, by: str) -> Parts:
    """The cut `by`. Raises UsageError for one that does not exist or that the snapshot lacks."""
    if by not in CUTS:
        raise UsageError(f"There is no cut {by!r}. There are: {', '.join(CUTS)}.")
    make, needs = CUTS[by]
    if needs and not any(c in selection.snapshot.columns for c in needs):
        raise UsageError(
            f"The cut {by} needs the column {' or '.join(needs)}, which the source of {selection.snapshot.name} lacks."
        )
    return make(selection)


def _ranked(parts: Parts) -> tuple[list[int], Ints]:
    """Codes of known keys, largest first, ties A–Z; and the numerator of every code."""
    total = np.zeros(len(parts.keys), np.int64)
    np.add.at(total, parts.code, parts.counted)
    present = np.zeros(len(parts.keys), bool)
    present[parts.code] = True
    known = [c for c in np.flatnonzero(present).tolist() if parts.keys[c] != UNKNOWN]
    return sorted(known, key=lambda c: (-int(total[c]), parts.keys[c])), total


def _flags(selection: Selection, parts: Parts, codes: list[int]) -> Any:
    chosen = np.zeros(len(parts.keys), bool)
    chosen[codes] = True
    flags = np.zeros(len(selection.inside), bool)
    flags[parts.row[chosen[parts.code]]] = True
    return flags & selection.inside


def shares(selection: Selection, by: str, limit: int | None = None, keys: Sequence[str] = ()) -> pa.Table:
    """Share rows with `key`: the `limit` largest, the rest as `(others)`, unknown as `(unknown)`.

    With `keys` these instead of the largest. Raises NotFound for one that no model of the frame has.

    Columns: key, by, and those of a share row. A key without a model in the frame is not listed.
    """
    parts = parts_of(selection, by)
    order, total = _ranked(parts)
    if not parts.single:
        # A root outside the frame with nothing below it in the frame is nobody's key.
        order = [c for c in order if total[c] or _has_model(selection, parts)[c]]
    shown = order if limit is None else order[:limit]
    if keys:
        shown = _asked(parts, order, keys)
    rows = _rows_of(selection, parts, by, shown, total)
    rest = sorted(set(order) - set(shown))
    if rest:
        lead = {"key": OTHERS, "by": by}
        rows.append(share_row(selection, lead, int(total[rest].sum()), _flags(selection, parts, rest)))
    unknown = [c for c, key in enumerate(parts.keys) if key == UNKNOWN and (parts.code == c).any()]
    if unknown:
        lead = {"key": UNKNOWN, "by": by}
        rows.append(share_row(selection, lead, int(total[unknown].sum()), _flags(selection, parts, unknown)))
    return pa.Table.from_pylist(rows, schema=SCHEMA)


def _asked(parts: Parts, order: list[int], keys: Sequence[str]) -> list[int]:
    """The codes of the keys asked for, largest first; names are compared without case."""
    by_name = {parts.keys[code].casefold(): code for code in reversed(order)}
    keys = [key for key in keys if key != UNKNOWN]  # it has a row of its own in any case
    for key in keys:
        if key.casefold() not in by_name:
            near = difflib.get_close_matches(key.casefold(), by_name, 3, 0.6)
            hint = f" Did you mean {' or '.join(parts.keys[by_name[n]] for n in near)}?" if near else ""
            raise NotFound(f"No model of this frame comes under {key!r}.{hint}")
    asked = {by_name[key.casefold()] for key in keys}
    return [code for code in order if code in asked]


def _has_model(selection: Selection, parts: Parts) -> Any:
    has = np.zeros(len(parts.keys), bool)
    has[parts.code[selection.inside[parts.row]]] = True
    return has


def _rows_of(selection: Selection, parts: Parts, by: str, shown: list[int], total: Ints) -> list[dict[str, Any]]:
    """Share rows of many keys: models and publishers are counted for all of them in one pass."""
    from lineage.answers.owners import publisher_codes

    inside = selection.inside[parts.row]
    pairs = np.unique(np.stack([parts.code[inside], parts.row[inside]]), axis=1)
    models = np.bincount(pairs[0], minlength=len(parts.keys))
    account = publisher_codes(selection.snapshot)
    ownerless = selection.snapshot.table("publishers", ["publisher"]).num_rows
    hosts = np.unique(np.stack([pairs[0], account[pairs[1]]]), axis=1)
    publishers = np.bincount(hosts[0][hosts[1] != ownerless], minlength=len(parts.keys))
    empty = np.zeros(len(selection.inside), bool)
    rows = []
    for code in shown:
        row = share_row(selection, {"key": parts.keys[code], "by": by}, int(total[code]), empty)
        row["models"], row["publishers"] = int(models[code]), int(publishers[code])
        rows.append(row)
    return rows


def members(selection: Selection, by: str, keys: Sequence[str] = ()) -> pa.Table:
    """The models under each key: key, id, publisher, downloads, counted, base, relation, why.

    `counted` is the model's part of the key's numerator; null by family and origin, where no single
    model's part exists.
    """
    parts = parts_of(selection, by)
    rank = {code: i for i, code in enumerate(_ranked(parts)[0])}
    keep = selection.inside[parts.row]
    code, row, counted = parts.code[keep], parts.row[keep], parts.counted[keep]
    if not parts.single:
        pairs = np.unique(np.stack([code, row]), axis=1)
        code, row, counted = pairs[0], pairs[1], np.zeros(pairs.shape[1], np.int64)
    if keys:
        codes = _asked(parts, list(rank), keys)
        chosen = np.isin(code, codes + [c for c, name in enumerate(parts.keys) if name == UNKNOWN and UNKNOWN in keys])
        code, row, counted = code[chosen], row[chosen], counted[chosen]
    place = np.array([rank.get(c, len(rank)) for c in range(len(parts.keys))], np.int64)[code]
    value = selection.value[row]
    order = np.lexsort((row, -value, place))
    code, row, counted, value = code[order], row[order], counted[order], value[order]
    models = selection.snapshot.table("models", ["id", "publisher", "base", "relation"]).take(pa.array(row))
    why = "it goes back to this" if not parts.single else f"its {by} is this"
    return pa.table(
        {
            "key": pa.array(parts.keys, pa.string()).take(pa.array(code)),
            "id": models.column("id"),
            "publisher": models.column("publisher"),
            "downloads": value,
            "counted": counted if parts.single else pa.nulls(len(row), pa.int64()),
            "base": models.column("base"),
            "relation": models.column("relation"),
            "why": pa.array([why] * len(row), pa.string()),
        }
    )


SCHEMA = pa.schema(
    [
        ("key", pa.string()),
        ("by", pa.string()),
        ("frame", pa.string()),
        ("window", pa.string()),
        ("basis", pa.string()),
        ("numerator", pa.int64()),
        ("denominator", pa.int64()),
        ("share", pa.float64()),
        ("models", pa.int64()),
        ("publishers", pa.int64()),
        ("taken_at", pa.string()),
    ]
)
