"""A family as one tree, each model under its first base, in reading order.

Everything that is drawn or listed starts here. Rows are in preorder (a base before what is made from it),
so the branch of row i is rows i … i + models[i] - 1. Siblings stand by downloads of their branch, then by its
models, then A–Z: the order of the input never shows.
"""

import heapq
from dataclasses import dataclass
from typing import Any, Protocol

import pyarrow as pa

#: Evidence that was read off a repository's text or name; everything else was declared in its fields.
INFERRED = ("text", "name")


class FamilyLike(Protocol):
    """The part of an answer that the views read, see `answers/family.py`."""

    @property
    def model(self) -> str: ...
    @property
    def ancestors(self) -> list[tuple[str, str | None]]: ...
    @property
    def taken_at(self) -> str: ...
    @property
    def snapshot(self) -> str: ...
    @property
    def source(self) -> str: ...
    @property
    def basis(self) -> str: ...
    @property
    def window(self) -> str: ...
    @property
    def notes(self) -> list[str]: ...
    @property
    def members(self) -> pa.Table: ...
    @property
    def links(self) -> pa.Table: ...


@dataclass(frozen=True)
class Tree:
    """One list per column, rows in preorder; `parent` holds rows and is -1 for the top."""

    parent: list[int]
    depth: list[int]
    models: list[int]  # of the branch, itself included
    downloads: list[int]  # of the branch, each model once, unknown ones as 0
    relation: list[str]  # "" for the top, "unlabelled" where none is stated
    link: list[str]  # how the line to the parent is known: declared, inferred, dangling
    moved: int  # models hung under another base because the first ones go in a circle
    columns: dict[str, list[Any]]  # the columns of the family's members

    def __len__(self) -> int:
        return len(self.parent)

    def leaf(self, row: int) -> bool:
        """Whether nothing hangs below this row."""
        return self.models[row] == 1


def plant(family: FamilyLike) -> Tree:
    """The tree of a family. Raises ValueError where the family lacks its own top."""
    members = family.members.sort_by("id")
    ids: list[str] = members["id"].to_pylist()
    place = {id: row for row, id in enumerate(ids)}
    if family.model not in place:
        raise ValueError(f"The family does not hold its own top, {family.model!r}.")
    top = place[family.model]
    links = sorted(zip(*(family.links[name].to_pylist() for name in ("child", "base", "evidence")), strict=True))
    above = [-1 if base is None else place.get(base, -1) for base in members["parent"].to_pylist()]
    above[top] = -1
    order, moved = _reach(above, top, [(place.get(c, -1), place.get(b, -1)) for c, b, _ in links])

    own = [amount or 0 for amount in members["downloads"].to_pylist()]
    models = [1] * len(ids)
    for row in reversed(order[1:]):
        models[above[row]] += models[row]
        own[above[row]] += own[row]
    order = _preorder(above, order, key=lambda row: (-own[row], -models[row], row))

    new = [0] * len(ids)
    for row, old in enumerate(order):
        new[old] = row
    parent = [-1] + [new[above[old]] for old in order[1:]]
    depth = [0] * len(ids)
    for row in range(1, len(ids)):
        depth[row] = depth[parent[row]] + 1
    columns = {name: members[name].take(pa.array(order)).to_pylist() for name in members.column_names}
    relation = [word or "unlabelled" for word in columns["relation"]]
    relation[0] = ""
    guessed = {(child, base) for child, base, evidence in links if evidence in INFERRED}
    link = [
        "dangling" if row and columns["stub"][parent[row]] else
        "inferred" if row and (columns["id"][row], columns["id"][parent[row]]) in guessed else "declared"
        for row in range(len(ids))
    ]  # fmt: skip
    return Tree(
        parent, depth, [models[old] for old in order], [own[old] for old in order], relation, link, moved, columns
    )


def _reach(above: list[int], top: int, links: list[tuple[int, int]]) -> tuple[list[int], int]:
    """All rows, bases first, from the top down; `above` is mended where it goes in a circle.

    First bases of models that name each other can form a ring that hangs on nothing. The ring is opened
    at the member, first A–Z, that also names a base which can be reached; the rest follows it.
    """
    below: list[list[int]] = [[] for _ in above]
    for row, base in enumerate(above):
        if base >= 0:
            below[base].append(row)
    made: list[list[int]] = [[] for _ in above]
    for child, base in links:
        if child >= 0 and base >= 0:
            made[base].append(child)
    order, seen, moved = [top], [False] * len(above), 0
    seen[top] = True
    waiting: list[tuple[int, int]] = []
    done, unseen = 0, 0
    while len(order) < len(above):
        while done < len(order):  # follow first bases as far as they go
            row = order[done]
            done += 1
            for child in below[row]:
                if not seen[child]:
                    seen[child] = True
                    order.append(child)
            for child in made[row]:
                heapq.heappush(waiting, (child, row))
        while waiting and seen[waiting[0][0]]:
            heapq.heappop(waiting)
        if len(order) == len(above):
            break
        while seen[unseen]:
            unseen += 1
        child, base = heapq.heappop(waiting) if waiting else (unseen, top)
        above[child], moved = base, moved + 1
        seen[child] = True
        order.append(child)
    return order, moved


def _preorder(above: list[int], order: list[int], key: Any) -> list[int]:
    """`order` rearranged so that each branch is in one piece, siblings by `key`."""
    below: list[list[int]] = [[] for _ in above]
    for row in order[1:]:
        below[above[row]].append(row)
    out, stack = [], [order[0]]
    while stack:
        row = stack.pop()
        out.append(row)
        stack.extend(sorted(below[row], key=key, reverse=True))
    return out
