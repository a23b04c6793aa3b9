"""The family of a model as rows of a tree: what it was made from above, what was made from it below."""

from dataclasses import dataclass, field
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc

from lineage.answers.family import Family
from lineage.answers.licences import conflicts, licence_remarks
from lineage.errors import UsageError, near
from lineage.schema import BASES, RELATIONS, STATED_RELATIONS

#: Models shown under one model before the rest is folded into one line for each relation.
WIDTH = 10


@dataclass
class _Drawing:
    rows: list[dict[str, Any]] = field(default_factory=list)

    def add(self, text: str, direction: str, depth: int, member: dict[str, Any] | None = None, **more: Any) -> None:
        row = {"tree": text, "direction": direction, "depth": depth, "folded": 0} | (member or {}) | more
        self.rows.append({name: row.get(name) for name in SCHEMA.names})


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
    rows, above = compared(family)
    members = {m["id"]: m for m in rows.to_pylist()}
    if relations:
        members = _leading_to(members, relations)
    drawing = _Drawing()
    if up:
        for base in reversed(above.to_pylist()):
            text = base["id"] + _known(base)
            drawing.add(text, "above", -base["distance"], base | {"relation": base["own_relation"]})
    drawing.add(family.model + _known(members[family.model]), "self", 0, members[family.model])
    if down:
        _draw_below(drawing, family.model, members, depth, width)
    return pa.Table.from_pylist(drawing.rows, schema=SCHEMA)


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


def _known(member: dict[str, Any]) -> str:
    """A word where the line to its base is not declared."""
    return f" ({member['known']})" if member["known"] in BASES[1:] else ""


def _leading_to(members: dict[str, dict[str, Any]], relations: tuple[str, ...]) -> dict[str, dict[str, Any]]:
    """The members of these relations and those on the way to them from the top."""
    kept: set[str] = set()
    for name, member in members.items():
        at: str | None = name
        if member["relation"] in relations or member["parent"] is None:
            while at is not None and at not in kept:
                kept.add(at)
                at = members[at]["parent"]
    return {name: member for name, member in members.items() if name in kept}


def _draw_below(
    drawing: _Drawing,
    top: str,
    members: dict[str, Any],
    depth: int | None,
    width: int | None,
) -> None:
    children: dict[str, list[dict[str, Any]]] = {}
    for member in members.values():
        if member["parent"] is not None:
            children.setdefault(member["parent"], []).append(member)
    for found in children.values():
        found.sort(key=lambda m: (-(m["full"] or 0), m["id"]))
    # A stack instead of recursion: a chain of ten thousand fine-tunes is a tree too.
    stack: list[tuple[str, str, int, dict[str, Any] | None, tuple[str | None, list[dict[str, Any]]] | None]] = []

    def push(parent: str, indent: str, level: int) -> None:
        found = children.get(parent, [])
        if not found:
            return
        if depth is not None and level > depth:
            under = len(found) + _count_below(found, children)
            drawing.add(f"{indent}└─ … {under:,} below, beyond --depth {depth}", "below", level, folded=under)
            return
        shown = found if width is None or len(found) <= width + 1 else found[:width]
        rest: dict[str | None, list[dict[str, Any]]] = {}
        for member in found[len(shown) :]:
            rest.setdefault(member["relation"], []).append(member)
        groups = sorted(rest.items(), key=lambda item: (-len(item[1]), item[0] or "~"))
        lines: list[Any] = [(m, None) for m in shown] + [(None, g) for g in groups]
        for place in range(len(lines) - 1, -1, -1):
            branch = "└─ " if place == len(lines) - 1 else "├─ "
            stack.append((indent, branch, level, *lines[place]))

    push(top, "", 1)
    while stack:
        indent, branch, level, member, group = stack.pop()
        if member is not None:
            merged = f" (merge of {member['bases']})" if member["bases"] > 1 else ""
            drawing.add(f"{indent}{branch}{member['id']}{merged}{_known(member)}", "below", level, member)
            push(member["id"], indent + ("   " if branch.startswith("└") else "│  "), level + 1)
        elif group is not None:
            relation, found = group
            under = _count_below(found, children)
            words = f"… {len(found):,} more {relation or 'unlabelled'}" + (f", {under:,} below them" if under else "")
            downloads = sum(m["downloads"] or 0 for m in found)
            drawing.add(
                f"{indent}{branch}{words}",
                "below",
                level,
                None,
                relation=relation,
                downloads=downloads,
                folded=len(found) + under,
            )


def _count_below(found: list[dict[str, Any]], children: dict[str, list[dict[str, Any]]]) -> int:
    total, waiting = 0, [m["id"] for m in found]
    while waiting:
        below = children.get(waiting.pop(), [])
        total += len(below)
        waiting += [m["id"] for m in below]
    return total


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
