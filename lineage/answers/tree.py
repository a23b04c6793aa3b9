"""The family of a model as rows of a tree: what it was made from above, what was made from it below."""

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from lineage.answers.branches import Branches
from lineage.answers.family import Family
from lineage.answers.licences import conflicts, licence_remarks
from lineage.errors import UsageError, near
from lineage.schema import BASES, RELATIONS, STATED_RELATIONS

#: Models shown under one model before the rest is folded into one line for each relation.
WIDTH = 10

#: So many steps down a line is indented; deeper ones have their number instead, or a chain of 50,000 would be 4 GB.
DRAWN = 60


def tree(
    family: Family,
    *,
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
    possible = RELATIONS if family.basis == "inferred" else STATED_RELATIONS
    for relation in relations:
        if relation not in possible:
            raise UsageError(
                f"There is no relation {relation!r}.{near(relation, possible)} There are: {', '.join(possible)}."
            )
    members, above = compared(family)
    parent = pc.index_in(members.column("parent"), value_set=members.column("id"), skip_nulls=True)
    branches = Branches(members, parent.fill_null(-1).to_numpy().astype(np.int64))
    if relations:
        branches = branches.leading_to(relations)
    rows, top = branches.members, int(np.flatnonzero(branches.parent < 0)[0])
    asked = rows.slice(top, 1)
    parts = [_above(above)] if up else []
    parts.append(_lines(asked, [family.model + known_word(asked.column("known")[0].as_py())], "self", [0], [0]))
    if down:
        parts += _below(branches, top, depth, width)
    return pa.concat_tables(parts)


def compared(family: Family) -> tuple[pa.Table, pa.Table]:
    """(members, ancestors) of the family with `conflict`: bool, null where a licence is not known.

    A member is held against the model that it hangs under, the model itself and every ancestor against its first base.
    """
    members, above = family.members, family.above
    ids = pa.concat_arrays([*members.column("id").chunks, *above.column("id").chunks])
    licences = pa.concat_arrays([*members.column("licences").chunks, *above.column("licences").chunks])

    def against(table: pa.Table, bases: pa.ChunkedArray) -> pa.Table:
        over = licences.take(pc.index_in(bases, value_set=ids, skip_nulls=True))
        return table.append_column("conflict", conflicts(table.column("licences"), over))

    upward = pc.coalesce(members.column("parent"), members.column("base"))
    return against(members, upward), against(above, above.column("base"))


def licence_conflicts(family: Family, relations: tuple[str, ...], up: bool, down: bool) -> list[str]:
    """A remark that counts the conflicts in what `tree` shows or folds, if there is one."""
    members, above = compared(family)
    asked = pc.equal(members.column("id"), family.model)
    if down and relations:
        asked = pc.or_(asked, pc.is_in(members.column("relation"), value_set=pa.array(relations)))
    members = members if down and not relations else members.filter(asked)
    shown = [members, *([above] if up else [])]
    flags = pa.chunked_array([chunk for table in shown for chunk in table.column("conflict").chunks], pa.bool_())
    hanging = pc.coalesce(members.column("parent"), members.column("base")).is_valid()
    pairs = (pc.sum(hanging).as_py() or 0) + (pc.sum(above.column("base").is_valid()).as_py() or 0 if up else 0)
    return licence_remarks(flags, pairs)


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


def _below(branches: "Branches", top: int, depth: int | None, width: int | None) -> list[pa.Table]:
    """What hangs below row `top`, line by line: models by their row, and several in one line by their sums."""
    rows = branches.members
    lines = list(branches.lines(top, depth, width))
    ids, bases, known = (rows.column(name).to_pylist() for name in ("id", "bases", "known"))
    text, indents = [], [""]
    for line in lines:
        at = min(line.depth - 1, DRAWN)
        del indents[at + 1 :]
        branch = "└─ " if line.last else "├─ "
        indent = indents[at] + (f"[{line.depth:,} steps down] " if line.depth - 1 > DRAWN else "")
        if line.depth <= DRAWN:
            indents.append(indents[at] + ("   " if line.last else "│  "))
        if line.row >= 0:
            merged = f" (merge of {bases[line.row]})" if bases[line.row] > 1 else ""
            text.append(f"{indent}{branch}{ids[line.row]}{merged}{known_word(known[line.row])}")
        else:
            text.append(f"{indent}{branch}… {line.words}")
    at = pa.array([line.row if line.row >= 0 else None for line in lines], pa.int64())
    drawn = rows.take(at)
    for name, kind in (("relation", pa.string()), ("downloads", pa.int64())):
        of_folded = pa.array([getattr(line, name) for line in lines], kind)
        column = pc.if_else(at.is_valid(), drawn.column(name), of_folded)
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
