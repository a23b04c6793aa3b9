"""A family as one tree, each model under its first base, in reading order.

Everything that is drawn or listed starts here. Rows are in preorder (a base before what is made from it),
so the branch of row i is rows i … i + models[i] - 1. Siblings stand by downloads of their branch, then by its
models, then A–Z: the order of the input never shows.
"""

import heapq
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import pyarrow as pa
import pyarrow.compute as pc

from lineage.schema import BASES

if TYPE_CHECKING:
    from lineage.answers.family import Family

#: Columns that are wanted of every model; of the others, only what is drawn or listed is looked at.
_ALWAYS = ("id", "publisher", "kind", "stub", "downloads")


@dataclass(frozen=True)
class Tree:
    """One list per column, rows in preorder; `parent` holds rows and is -1 for the top."""

    parent: list[int]
    depth: list[int]
    models: list[int]  # of the branch, itself included
    downloads: list[int]  # of the branch, each model once, unknown ones as 0
    relation: list[str]  # "" for the top, "unlabelled" where none is stated
    link: list[str]  # how the line to the parent is known: stated, inferred, declared, or dangling to a stub
    moved: int  # models hung under another base because the first ones go in a circle
    columns: dict[str, list[Any]]  # id, publisher, kind, stub, downloads of every model
    table: pa.Table  # the family's members, in preorder

    def __len__(self) -> int:
        return len(self.parent)

    @property
    def listed(self) -> int:
        """How many models: a base that is not in the snapshot is in the tree, but in no count."""
        return len(self) - sum(map(bool, self.columns["stub"]))

    def leaf(self, row: int) -> bool:
        """Whether nothing hangs below this row."""
        return self.models[row] == 1

    def facts(self, row: int) -> dict[str, Any]:
        """All columns of one model."""
        found: dict[str, Any] = self.table.slice(row, 1).to_pylist()[0]
        return found


def plant(family: "Family") -> Tree:
    """The tree of a family. Raises ValueError where the family lacks its own top."""
    members = family.members.sort_by("id")
    ids = members["id"].combine_chunks()
    found = pc.index(ids, family.model).as_py()
    if found < 0:
        raise ValueError(f"The family does not hold its own top, {family.model!r}.")
    above = _places(members["parent"], ids)
    above[found] = -1
    order, moved = _reach(above, found, family.links, ids)

    own = members["downloads"].fill_null(0).to_pylist()
    models = [1] * len(order)
    for row in reversed(order[1:]):
        models[above[row]] += models[row]
        own[above[row]] += own[row]
    order = _preorder(above, order[0], sorted(order[1:], key=lambda row: (own[row], models[row], -row)))

    new = [0] * len(order)
    for row, old in enumerate(order):
        new[old] = row
    parent = [-1] + [new[above[old]] for old in order[1:]]
    depth = [0] * len(order)
    for row in range(1, len(order)):
        depth[row] = depth[parent[row]] + 1
    table = members.take(pa.array(order))
    columns = {name: table[name].to_pylist() for name in _ALWAYS}
    relation = table["relation"].fill_null("unlabelled").to_pylist()
    relation[0] = ""
    believed = family.links.filter(pc.is_in(family.links["basis"], value_set=pa.array(BASES[1:])))
    ends = zip(believed["child"].to_pylist(), believed["base"].to_pylist(), strict=True)
    known = dict(zip(ends, believed["basis"].to_pylist(), strict=True))
    stub, names = columns["stub"], columns["id"]
    link = ["declared"] + [
        known.get((names[row], names[base])) or ("dangling" if stub[base] else "declared")
        for row, base in enumerate(parent[1:], 1)
    ]
    return Tree(
        parent,
        depth,
        [models[old] for old in order],
        [own[old] for old in order],
        relation,
        link,
        moved,
        columns,
        table,
    )


def _places(names: pa.ChunkedArray, ids: pa.Array) -> list[int]:
    """The row of every name, -1 where there is none."""
    rows: list[int] = pc.index_in(names, value_set=ids).fill_null(-1).to_pylist()
    return rows


def _reach(above: list[int], top: int, links: pa.Table, ids: pa.Array) -> tuple[list[int], int]:
    """All rows, bases first, from the top down; `above` is mended where it goes in a circle.

    First bases of models that name each other can form a ring that hangs on nothing. The ring is opened
    at the member, first A–Z, that also names a base which can be reached; the rest follows it.
    """
    below: list[list[int]] = [[] for _ in above]
    for row, base in enumerate(above):
        if base >= 0:
            below[base].append(row)
    order, seen = [top], [False] * len(above)
    seen[top] = True

    def follow(done: int) -> None:
        while done < len(order):
            for child in below[order[done]]:
                if not seen[child]:
                    seen[child] = True
                    order.append(child)
            done += 1

    follow(0)
    if len(order) == len(above):
        return order, 0
    made: list[list[int]] = [[] for _ in above]
    for child, base in zip(_places(links["child"], ids), _places(links["base"], ids), strict=True):
        if child >= 0 and base >= 0 and not seen[child]:
            made[base].append(child)
    moved, done, unseen = 0, 0, 0
    waiting: list[tuple[int, int]] = []
    while len(order) < len(above):
        for row in order[done:]:
            for child in made[row]:
                heapq.heappush(waiting, (child, row))
        while waiting and seen[waiting[0][0]]:
            heapq.heappop(waiting)
        while seen[unseen]:
            unseen += 1
        child, base = heapq.heappop(waiting) if waiting else (unseen, top)
        above[child], moved, done = base, moved + 1, len(order)
        seen[child] = True
        order.append(child)
        follow(done)
    return order, moved


def _preorder(above: list[int], top: int, others: list[int]) -> list[int]:
    """All rows so that each branch is in one piece; siblings in the reverse of the order in `others`."""
    below: list[list[int]] = [[] for _ in above]
    for row in others:
        below[above[row]].append(row)
    out, stack = [], [top]
    while stack:
        row = stack.pop()
        out.append(row)
        stack.extend(below[row])
    return out
