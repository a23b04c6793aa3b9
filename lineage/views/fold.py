"""Which models of a family are drawn by name, and which stand together in a badge.

A model is drawn where its branch holds a large enough part of the family's downloads, or of all models derived
from the top. What is left hangs on a drawn base: leaves in one badge per base and relation,
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
    derived, total = tree.models[0] - 1, tree.downloads[0]

    def worth(row: int) -> int:
        # the larger of the two shares, over the common denominator derived * total; exact
        below_it = tree.models[row] - 1
        return max(tree.downloads[row] * derived, below_it * total) if total else below_it

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
        floor = Fraction(value, derived * total or derived)
    return Folded(_arrange(tree, kept, below), floor, tree)


def _badge(tree: Tree, row: int) -> tuple[int, str]:
    """The badge in which a row stands when it is not drawn itself."""
    return tree.parent[row], tree.relation[row] if tree.leaf(row) else BRANCHES


def _arrange(tree: Tree, kept: set[int], below: list[list[int]]) -> tuple[Drawn, ...]:
    """Models and badges, bases first; what hangs on one base by the downloads of its branch, most first."""
    out: list[Drawn] = []
    stack = [_drawn(tree, "model", -1, [0])]
    while stack:
        one = stack.pop()
        place, row = len(out), one.heads[0]
        out.append(one)
        if one.kind != "model":
            continue
        below_here: list[Drawn] = []
        folded: dict[str, list[int]] = {}
        for child in below[row]:
            if child in kept:
                below_here.append(_drawn(tree, "model", place, [child]))
            else:
                folded.setdefault(_badge(tree, child)[1], []).append(child)
        for key, heads in folded.items():
            kind = "branches" if key == BRANCHES else "leaves" if len(heads) > 1 else "model"
            below_here.append(_drawn(tree, kind, place, heads))  # a badge for one takes no less room than the one
        below_here.sort(key=lambda each: _rank(tree, each), reverse=True)
        stack.extend(below_here)
    return tuple(out)


def _rank(tree: Tree, one: Drawn) -> tuple[int, int, int, int]:
    downloads = tree.downloads[one.heads[0]] if one.kind == "model" else one.downloads
    return -downloads, ("model", "leaves", "branches").index(one.kind), -one.models, one.heads[0]


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
