"""Which models of a family are drawn by name, and which stand together in a badge.

A model is drawn where its branch holds a large enough part of the family's downloads, or of all models derived
from the top. What is left hangs on a drawn base: leaves in one badge per base and relation,
branches that are too small in one more badge per base. Nothing is dropped: `rows` of what is drawn are the family.
"""

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from fractions import Fraction
from itertools import groupby

import numpy as np

from lineage.metrics.graph import Ints
from lineage.metrics.pairs import each_once
from lineage.views.families.tree import Tree

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
    below = _Below(tree)
    derived, total = tree.models[0] - 1, tree.downloads[0]
    worth = _worth(tree)
    kept, left = {0}, Counter(below.badges(0))
    drawn = 1 + len(left)
    floor = Fraction(1)
    # A branch is never worth more than the one it is part of, so going down by worth, and bases first
    # among equals, a model's base is always drawn before it. Equals are drawn all or none: no chance, no favour.
    ranked = np.lexsort((np.arange(1, len(tree)), -worth[1:])) + 1
    for value, equals in groupby(map(int, ranked), lambda row: int(worth[row])):
        group = set()
        for row in equals:
            group.add(row)
            badge = below.badge(row)
            left[badge] -= 1
            own = below.badges(row)
            left.update(own)
            drawn += 1 + len(own) - (left[badge] == 0)
            if drawn > nodes:
                break
        if drawn > nodes:
            break
        kept |= group
        floor = Fraction(value, derived * total or derived)
    return Folded(_arrange(tree, kept, below), floor, tree)


def _worth(tree: Tree) -> Ints:
    """For each row the larger of its branch's two shares, over the common denominator derived * total; exact."""
    derived, total = tree.models[0] - 1, tree.downloads[0]
    # Beyond 64 bits Python's own integers do it, slower.
    kind = np.int64 if derived * total < 2**62 else object
    downloads, models = np.array(tree.downloads, kind), np.array(tree.models, kind)
    return np.maximum(downloads * derived, (models - 1) * total) if total else models - 1


class _Below:
    """What hangs under each row, and in which badges it stands where it is not drawn itself."""

    def __init__(self, tree: Tree) -> None:
        parent = np.array(tree.parent, np.int64)
        self._relations = sorted({*tree.relation, BRANCHES})
        code = {relation: place for place, relation in enumerate(self._relations)}
        own = np.array([code[relation] for relation in tree.relation], np.int64)
        self._key = np.where(np.array(tree.models) == 1, own, code[BRANCHES])
        self._parent = parent
        self._order = np.argsort(parent, kind="stable")
        self._begin = np.searchsorted(parent[self._order], np.arange(len(parent) + 1))

    def rows(self, row: int) -> Ints:
        """What hangs right under it, in order."""
        return self._order[self._begin[row] : self._begin[row + 1]]

    def badge(self, row: int) -> tuple[int, str]:
        """The badge in which a row stands when it is not drawn itself: its base, and a relation or `BRANCHES`."""
        return int(self._parent[row]), self._relations[self._key[row]]

    def badges(self, row: int) -> dict[tuple[int, str], int]:
        """The badges of what hangs right under a row, with how many rows each."""
        keys, counts = np.unique(self._key[self.rows(row)], return_counts=True)
        return {(row, self._relations[key]): count for key, count in zip(keys.tolist(), counts.tolist(), strict=True)}

    def folded(self, rows: Ints) -> Iterator[tuple[str, list[int]]]:
        """Siblings by badge, in order."""
        for key in each_once(self._key[rows]).tolist():
            yield self._relations[key], rows[self._key[rows] == key].tolist()


def _arrange(tree: Tree, kept: set[int], below: _Below) -> tuple[Drawn, ...]:
    """Models and badges, bases first; what hangs on one base by the downloads of its branch, most first."""
    named = np.zeros(len(tree), bool)
    named[list(kept)] = True
    models, downloads = np.array(tree.models, np.int64), np.array(tree.downloads, np.int64)
    out: list[Drawn] = []
    stack = [_model(tree, -1, [0])]
    while stack:
        one = stack.pop()
        place, row = len(out), one.heads[0]
        out.append(one)
        if one.kind != "model":
            continue
        here = below.rows(row)
        below_here = [_model(tree, place, [child]) for child in here[named[here]].tolist()]
        for key, heads in below.folded(here[~named[here]]):
            if key != BRANCHES and len(heads) == 1:  # a badge for one takes no less room than the one
                below_here.append(_model(tree, place, heads))
                continue
            kind, relation = ("branches", "") if key == BRANCHES else ("leaves", key)
            sums = int(models[heads].sum()), int(downloads[heads].sum())
            below_here.append(Drawn(kind, place, relation, tuple(heads), *sums))
        below_here.sort(key=lambda each: _rank(tree, each), reverse=True)
        stack.extend(below_here)
    return tuple(out)


def _rank(tree: Tree, one: Drawn) -> tuple[int, int, int, int]:
    downloads = tree.downloads[one.heads[0]] if one.kind == "model" else one.downloads
    return -downloads, ("model", "leaves", "branches").index(one.kind), -one.models, one.heads[0]


def _model(tree: Tree, parent: int, heads: list[int]) -> Drawn:
    own = tree.columns["downloads"][heads[0]] or 0
    return Drawn("model", parent, tree.relation[heads[0]], tuple(heads), 1, own)
