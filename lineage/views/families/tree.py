"""A family as one tree, each model under its first base, in reading order.

Everything that is drawn or listed starts here. Rows are in preorder (a base before what is made from it),
so the branch of row i is rows i … i + models[i] - 1. Siblings stand by downloads of their branch, then by its
models, then A–Z: the order of the input never shows.
"""

import heapq
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from lineage.metrics.graph import Ints, spread
from lineage.schema import BASES

if TYPE_CHECKING:
    from lineage.answers.family import Family

#: Columns of which every row is looked at, as lists; of the others, only what is drawn or listed.
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
    top = pc.index(ids, family.model).as_py()
    if top < 0:
        raise ValueError(f"The family does not hold its own top, {family.model!r}.")
    above = _places(members["parent"], ids)
    above[top] = -1
    levels, moved = _levels(above, top), 0
    if sum(map(len, levels)) < len(above):
        moved = _mend(above, top, family.links, ids)
        levels = _levels(above, top)
    own = members["downloads"].fill_null(0).to_numpy().astype(np.int64)
    models, downloads = np.ones(len(above), np.int64), own.copy()
    for level in reversed(levels[1:]):
        np.add.at(models, above[level], models[level])
        np.add.at(downloads, above[level], downloads[level])
    new, depth = _preorder(above, levels, downloads, models)
    order = np.argsort(new)
    parent = np.where(above[order] < 0, -1, new[above[order]])
    table = members.take(pa.array(order))
    relation = table["relation"].fill_null("unlabelled").to_pylist()
    relation[0] = ""
    return Tree(
        parent.tolist(),
        depth[order].tolist(),
        models[order].tolist(),
        downloads[order].tolist(),
        relation,
        _links(family.links, table, parent),
        moved,
        {name: table[name].to_pylist() for name in _ALWAYS},
        table,
    )


def _links(links: pa.Table, table: pa.Table, parent: Ints) -> list[str]:
    """How the line from each row to its parent is known."""
    stub = table["stub"].to_numpy()
    found = np.where(np.r_[False, stub[parent[1:]]], "dangling", "declared").astype(object)
    believed = links.filter(pc.is_in(links["basis"], value_set=pa.array(BASES[1:])))
    if believed.num_rows:
        ids = table["id"].combine_chunks()
        child, base = _places(believed["child"], ids), _places(believed["base"], ids)
        drawn = np.flatnonzero((child > 0) & (base >= 0) & (parent[child] == base))
        found[child[drawn]] = believed["basis"].take(pa.array(drawn)).to_numpy(zero_copy_only=False)
    result: list[str] = found.tolist()
    return result


def _places(names: pa.ChunkedArray, ids: pa.Array) -> Ints:
    """The row of every name, -1 where there is none."""
    return pc.index_in(names, value_set=ids).cast(pa.int64()).fill_null(-1).to_numpy().copy()


def _levels(above: Ints, top: int) -> list[Ints]:
    """The rows that can be reached from the top, by their steps from it; those of a level by their base, then A–Z."""
    order = np.argsort(above, kind="stable")
    begin = np.searchsorted(above[order], np.arange(len(above)))
    count = np.bincount(above[above >= 0], minlength=len(above))
    levels = [np.array([top], np.int64)]
    while len(level := order[spread(begin[levels[-1]], count[levels[-1]])]):
        levels.append(level)
    return levels


def _mend(above: Ints, top: int, links: pa.Table, ids: pa.Array) -> int:
    """Hang what cannot be reached from the top under what can; `above` is changed. How many were hung anew.

    First bases of models that name each other can form a ring that hangs on nothing. The ring is opened
    at the member, first A–Z, that also names a base which can be reached; the rest follows it.
    """
    below: list[list[int]] = [[] for _ in above]
    for row, base in enumerate(above.tolist()):
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
    made: list[list[int]] = [[] for _ in above]
    ends = zip(_places(links["child"], ids).tolist(), _places(links["base"], ids).tolist(), strict=True)
    for child, base in ends:
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
    return moved


def _preorder(above: Ints, levels: list[Ints], downloads: Ints, models: Ints) -> tuple[Ints, Ints]:
    """For every row its place where each branch is in one piece, and its depth; siblings by downloads, models, A–Z."""
    place, depth = np.zeros(len(above), np.int64), np.zeros(len(above), np.int64)
    for steps, level in enumerate(levels[1:], 1):
        level = level[np.lexsort((level, -models[level], -downloads[level], above[level]))]
        base = above[level]
        before = np.cumsum(models[level]) - models[level]  # what stands before it in this level,
        first = np.searchsorted(base, base)  # less what stands before its first sibling
        place[level] = place[base] + 1 + before - before[first]
        depth[level] = steps
    return place, depth
