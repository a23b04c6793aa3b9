"""Which models of a family are drawn by name, and which stand together in a badge.

A model is drawn where its branch (itself and everything under it) holds a large enough part of the
family's downloads or of its models. What is left hangs on a drawn base: leaves in one badge per base and relation,
branches that are too small in one more badge per base. Nothing is dropped: `rows` of what is drawn are the family.
"""

from collections import Counter
from dataclasses import dataclass
from fractions import Fraction
from itertools import groupby

from lineage.views.tree import Tree

#: Key of the badge of smaller branches, beside the relations.
BRANCHES = "branches"


@dataclass(frozen=True, slots=True)
class Drawn:
    """One thing in the picture: a model, or a badge. `parent` counts in `Folded.drawn`, -1 for the top.

    `heads` are tree rows: the model itself, or what a badge stands for (for branches, their first rows).
    """

    kind: str  # model, leaves, branches
    parent: int
    relation: str
    heads: tuple[int, ...]
    models: int
    downloads: int


@dataclass(frozen=True, slots=True)
class Folded:
    """What is drawn, bases first, and the least part of a family that a branch needs to be drawn."""

    drawn: tuple[Drawn, ...]
    floor: Fraction
    tree: Tree

    @property
    def named(self) -> int:
        """How many models are drawn by name."""
        return sum(1 for one in self.drawn if one.kind == "model")

    def rows(self, one: Drawn) -> list[int]:
        """Every tree row that a drawn thing stands for."""
        if one.kind == "model":
            return list(one.heads)
        return [row for head in one.heads for row in range(head, head + self.tree.models[head])]


def fold(tree: Tree, nodes: int = 60) -> Folded:
    """The largest picture of at most about `nodes` things in which all branches above one floor are drawn."""
    whole, total = tree.models[0], tree.downloads[0]

    def worth(row: int) -> int:
        # the larger of the two shares, over the common denominator whole * total; exact
        return max(tree.downloads[row] * whole, tree.models[row] * total) if total else tree.models[row]

    below: list[list[int]] = [[] for _ in tree.parent]
    for row in range(1, len(tree)):
        below[tree.parent[row]].append(row)
    kept, left = {0}, Counter(_badge(tree, row) for row in below[0])
    drawn = 1 + len(left)
    floor = Fraction(1)
    # A branch is never worth more than the one it is part of, so going down by worth, and bases first
    # among equals, a model's base is always drawn before it. Equals are drawn all or none: no chance, no favour.
    ranked = sorted(range(1, len(tree)), key=lambda row: (-worth(row), row))
    for value, equals in groupby(ranked, worth):
        group = set()
        for row in equals:
            group.add(row)
            badge = _badge(tree, row)
            left[badge] -= 1
            own = Counter(_badge(tree, child) for child in below[row])
            left.update(own)
            drawn += 1 + len(own) - (left[badge] == 0)
            if drawn > nodes:
                break
        if drawn > nodes:
            break
        kept |= group
        floor = Fraction(value, whole * total or whole)
    return Folded(_arrange(tree, kept, below), floor, tree)


def _badge(tree: Tree, row: int) -> tuple[int, str]:
    """The badge in which a row stands when it is not drawn itself."""
    return tree.parent[row], tree.relation[row] if tree.leaf(row) else BRANCHES


def _arrange(tree: Tree, kept: set[int], below: list[list[int]]) -> tuple[Drawn, ...]:
    """Models and badges, bases first; below each base the models as in the tree, then its badges."""
    out: list[Drawn] = []
    stack: list[tuple[int, Drawn]] = [(0, _drawn(tree, "model", -1, [0]))]
    while stack:
        row, one = stack.pop()
        place = len(out)
        out.append(one)
        if row < 0:
            continue
        named: list[tuple[int, Drawn]] = []
        folded: dict[str, list[int]] = {}
        for child in below[row]:
            if child in kept:
                named.append((child, _drawn(tree, "model", place, [child])))
            else:
                folded.setdefault(_badge(tree, child)[1], []).append(child)
        badges: list[tuple[int, Drawn]] = []
        for key, heads in folded.items():
            if key == BRANCHES:
                badges.append((-1, _drawn(tree, "branches", place, heads)))
            elif len(heads) == 1:  # a badge for one model takes as much room as the model
                named.append((heads[0], _drawn(tree, "model", place, heads)))
            else:
                badges.append((-1, _drawn(tree, "leaves", place, heads)))
        named.sort(key=lambda pair: pair[0])
        badges.sort(key=lambda pair: (pair[1].kind == "branches", -pair[1].downloads, pair[1].heads[0]))
        stack.extend(reversed(named + badges))
    return tuple(out)


def _drawn(tree: Tree, kind: str, parent: int, heads: list[int]) -> Drawn:
    if kind == "model":
        own = tree.columns["downloads"][heads[0]] or 0
        return Drawn(kind, parent, tree.relation[heads[0]], tuple(heads), 1, own)
    return Drawn(
        kind,
        parent,
        tree.relation[heads[0]] if kind == "leaves" else "",
        tuple(heads),
        sum(tree.models[head] for head in heads),
        sum(tree.downloads[head] for head in heads),
    )
