"""The family of a model as rows of a tree: what it was made from above, what was made from it below."""

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from lineage.answers.branches import Branches
from lineage.answers.descent import Descent
from lineage.answers.family import kinds, labelled
from lineage.answers.licences import licence_remarks
from lineage.errors import UsageError, near
from lineage.metrics.graph import Ints
from lineage.schema import BASES, RELATIONS, STATED_RELATIONS

#: Models shown under one model before the rest is folded into one line for each relation.
WIDTH = 10

#: So many steps down a line is indented; deeper ones have their number instead, or a chain of 50,000 would be 4 GB.
DRAWN = 60


def tree(
    descent: Descent,
    *,
    owner: str = "group",
    depth: int | None = None,
    relations: tuple[str, ...] = (),
    up: bool = True,
    down: bool = True,
    width: int | None = WIDTH,
) -> pa.Table:
    """Rows in the order in which they are printed.

    Columns: tree (the drawing), relation (how this model was made from its base), licences, conflict (bool: they differ
    from those of the line that this one hangs under, see `answers/licences.py`; null where either is not known, and on
    folded lines), downloads, full, descendants, bases, kind, direction (above, self, below), depth (steps from the
    model), folded (models in this line, 0 for a model), id (null for a folded line). `relations` keeps models of
    these relations and what leads to them; `width` None folds nothing. Where the line from a model to its
    base is not declared, the drawing says `stated` or `inferred` beside its name.
    """
    basis = descent.selection.basis
    possible = RELATIONS if basis == "inferred" else STATED_RELATIONS
    for relation in relations:
        if relation not in possible:
            raise UsageError(
                f"There is no relation {relation!r}.{near(relation, possible)} There are: {', '.join(possible)}."
            )
    flags, flags_above = descent.conflict
    parts = [_above(descent.above.append_column("conflict", flags_above))] if up else []
    top = np.searchsorted(descent.rows, [descent.top])
    itself = _shown(descent, top, flags, owner)
    text = itself.column("id")[0].as_py() + known_word(itself.column("known")[0].as_py())
    parts.append(_lines(itself, [text], "self", [0], [0]))
    if down:
        parts += _below(descent, flags, relations, depth, width, owner)
    return pa.concat_tables(parts)


def licence_conflicts(descent: Descent, relations: tuple[str, ...], up: bool, down: bool) -> list[str]:
    """A remark that counts the conflicts in what `tree` shows or folds, if there is one."""
    (flags, flags_above), (over, over_above) = descent.conflict, descent.upward
    shown = np.full(len(over), down and not relations)
    shown[np.searchsorted(descent.rows, descent.top)] = True
    if down and relations:
        shown |= pc.is_in(_relations(descent), value_set=pa.array(relations)).to_numpy(zero_copy_only=False)
    flags = flags.filter(pa.array(shown))
    pairs = np.count_nonzero(over[shown] >= 0) + (np.count_nonzero(over_above >= 0) if up else 0)
    return licence_remarks(pa.concat_arrays([flags, *([flags_above] if up else [])]), int(pairs))


def _relations(descent: Descent) -> pa.Array:
    """The relation of each of the rows, null without a label."""
    found = labelled(descent.selection.lineage.models_at(["relation"], descent.rows).column("relation"))
    return found.combine_chunks() if isinstance(found, pa.ChunkedArray) else found


def _shown(descent: Descent, places: Ints, flags: pa.Array, owner: str) -> pa.Table:
    """What a line says of models: `places` of them among the rows."""
    rows, at = descent.rows[places], pa.array(places)
    lineage = descent.selection.lineage
    table = lineage.models_at(["id", "stub", "relation", "bases", "descendants", "licences"], rows)
    return pa.table(
        {
            **{name: table.column(name) for name in ("id", "bases", "descendants", "licences")},
            "relation": labelled(table.column("relation")),
            "downloads": descent.downloads(rows, table.column("stub").to_numpy()),
            "full": descent.full(rows),
            "kind": kinds(descent.selection.snapshot, rows, descent.top, owner)[0],
            "known": descent.known.take(at),
            "conflict": flags.take(at),
        }
    )


def known_word(known: str | None) -> str:
    """A word where the line to its base is not declared."""
    return f" ({known})" if known in BASES[1:] else ""


def _above(above: pa.Table) -> pa.Table:
    """The ancestors, the farthest first."""
    order = np.arange(above.num_rows)[::-1]
    rows = above.drop_columns(["relation"]).take(pa.array(order))
    rows = rows.rename_columns(["relation" if name == "own_relation" else name for name in rows.column_names])
    known = rows.column("known").to_pylist()
    text = [id + known_word(word) for id, word in zip(rows.column("id").to_pylist(), known, strict=True)]
    steps = [-distance for distance in rows.column("distance").to_pylist()]
    return _lines(rows, text, "above", steps, [0] * len(text))


def _lines(rows: pa.Table, text: list[str], direction: str, depth: list[int], folded: list[int]) -> pa.Table:
    """Lines of the tree: `rows` has the other columns, as far as it knows them."""
    said = {"tree": text, "direction": [direction] * len(text), "depth": depth, "folded": folded}
    return pa.table(
        {
            field.name: pa.array(said[field.name], field.type) if field.name in said
            else rows.column(field.name).cast(field.type) if field.name in rows.column_names
            else pa.nulls(len(text), field.type)
            for field in SCHEMA
        },
        SCHEMA,
    )  # fmt: skip


def _below(
    descent: Descent, flags: pa.Array, relations: tuple[str, ...], depth: int | None, width: int | None, owner: str
) -> list[pa.Table]:
    """What hangs below the model, line by line: models by their row, and several in one line by their sums."""
    rows = descent.rows
    parent = np.where(descent.parent < 0, -1, np.searchsorted(rows, descent.parent))
    stub = descent.selection.snapshot.table("models", ["stub"]).column("stub").to_numpy()[rows]
    branches = Branches(
        pa.table(
            {
                "place": np.arange(len(rows)),
                "relation": _relations(descent),
                "full": descent.full(rows),
                "downloads": descent.downloads(rows, stub),
            }
        ),
        parent,
    )
    if relations:
        branches = branches.leading_to(relations)
    lines = list(branches.lines(int(np.flatnonzero(branches.parent < 0)[0]), depth, width))
    models = np.array([line.row for line in lines if line.row >= 0], np.int64)
    shown = _shown(descent, branches.members.column("place").to_numpy()[models], flags, owner)
    said = zip(*(shown.column(name).to_pylist() for name in ("id", "bases", "known")), strict=True)
    text, indents = [], [""]
    for line in lines:
        at = min(line.depth - 1, DRAWN)
        del indents[at + 1 :]
        branch = "└─ " if line.last else "├─ "
        indent = indents[at] + (f"[{line.depth:,} steps down] " if line.depth - 1 > DRAWN else "")
        if line.depth <= DRAWN:
            indents.append(indents[at] + ("   " if line.last else "│  "))
        if line.row >= 0:
            id, bases, known = next(said)
            merged = f" (merge of {bases})" if bases > 1 else ""
            text.append(f"{indent}{branch}{id}{merged}{known_word(known)}")
        else:
            text.append(f"{indent}{branch}… {line.words}")
    is_model = np.array([line.row >= 0 for line in lines], bool)
    drawn = shown.take(pa.array(np.cumsum(is_model) - 1, mask=~is_model))
    for name, kind in (("relation", pa.string()), ("downloads", pa.int64())):
        of_folded = pa.array([getattr(line, name) for line in lines], kind)
        column = pc.if_else(pa.array(is_model), drawn.column(name), of_folded)
        drawn = drawn.set_column(drawn.column_names.index(name), name, column)
    return [_lines(drawn, text, "below", [line.depth for line in lines], [line.folded for line in lines])]


SCHEMA = pa.schema(
    [
        ("tree", pa.string()),
        ("relation", pa.string()),
        ("licences", pa.list_(pa.string())),
        ("conflict", pa.bool_()),
        ("downloads", pa.int64()),
        ("full", pa.int64()),
        ("descendants", pa.int64()),
        ("bases", pa.int64()),
        ("kind", pa.string()),
        ("direction", pa.string()),
        ("depth", pa.int64()),
        ("folded", pa.int64()),
        ("id", pa.string()),
    ]
)
