"""The tree of a family as numbers: who hangs under whom, what has a line of its own, and what is folded into one."""

from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property
from typing import NamedTuple

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from lineage.metrics.graph import Ints, runs, spread
from lineage.metrics.pairs import each_once


class Line(NamedTuple):
    """A line below the model: a model by its `row`, else -1 and the `words` for several, with what they have together.

    `depth`: steps from the model. `last`: no line of the same parent follows. `folded`: models in the line.
    """

    row: int
    depth: int
    last: bool
    folded: int = 0
    words: str = ""
    relation: str | None = None
    downloads: int | None = None


@dataclass(frozen=True)
class Branches:
    """`members`: the models of a family as `Family` has them. `parent` int64[n]: the row above each, -1 for the top."""

    members: pa.Table
    parent: Ints

    def leading_to(self, relations: tuple[str, ...]) -> "Branches":
        """Only the models of these relations and those on the way to them, and the top."""
        kept = pc.is_in(self.members.column("relation"), value_set=pa.array(relations)).to_numpy() | (self.parent < 0)
        level = np.flatnonzero(kept & (self.parent >= 0))
        while len(level):
            above = each_once(self.parent[level])
            level = above[~kept[above]]
            kept[level] = True
        number = np.cumsum(kept) - 1
        parent = self.parent[kept]
        return Branches(self.members.filter(pa.array(kept)), np.where(parent < 0, -1, number[parent]))

    @cached_property
    def _children(self) -> tuple[Ints, Ints, Ints]:
        """(rows, start, count): the children of row v are rows[start[v] : start[v] + count[v]], the largest `full`
        first, then A–Z."""
        below = np.flatnonzero(self.parent >= 0)
        full = self.members.column("full").fill_null(0).to_numpy()
        order = below[np.lexsort((below, -full[below], self.parent[below]))]  # rows are A–Z
        count = np.bincount(self.parent[below], minlength=len(self.parent))
        return order, np.cumsum(count) - count, count

    @cached_property
    def _under(self) -> Ints:
        """int64[n]: how many models hang below each row, however deep."""
        depth = np.full(len(self.parent), -1)
        rows, start, count = self._children
        level, steps = np.flatnonzero(self.parent < 0), 0
        while len(level):
            depth[level] = steps
            level, steps = rows[spread(start[level], count[level])], steps + 1
        under = np.zeros(len(self.parent), np.int64)
        order = np.argsort(-depth, kind="stable")
        for begin, end in runs(depth[order]):
            here = order[begin:end]
            here = here[self.parent[here] >= 0]
            np.add.at(under, self.parent[here], under[here] + 1)
        return under

    def lines(self, top: int, depth: int | None, width: int | None) -> Iterator[Line]:
        """The lines below row `top` in the order in which they are printed.

        Deeper than `depth` steps one line stands for all; of more than `width` children and one the rest is one line
        for each relation. A stack instead of recursion: a chain of ten thousand fine-tunes is a tree too.
        """
        many = self._children[2].tolist()
        stack = [iter(self._of(top, 1, depth, width))] if many[top] else []
        while stack:
            line = next(stack[-1], None)
            if line is None:
                stack.pop()
                continue
            yield line
            if line.row >= 0 and many[line.row]:
                stack.append(iter(self._of(line.row, line.depth + 1, depth, width)))

    def _of(self, row: int, level: int, depth: int | None, width: int | None) -> Iterator[Line]:
        """The lines for the children of one row."""
        order, start, count = self._children
        found = order[start[row] : start[row] + count[row]]
        if depth is not None and level > depth:
            under = int(self._under[row])
            yield Line(-1, level, True, under, f"{under:,} below, beyond --depth {depth}")
            return
        shown = found if width is None or len(found) <= width + 1 else found[:width]
        rest = found[len(shown) :]
        names = shown.tolist()
        for place, child in enumerate(names):
            yield Line(child, level, place == len(names) - 1 and not len(rest))
        if len(rest):
            yield from self._folded(rest, level)

    def _folded(self, rest: Ints, level: int) -> Iterator[Line]:
        """One line for each relation of the rows, that of most models first."""
        some = self.members.select(["relation", "downloads"]).take(pa.array(rest))
        some = some.append_column("under", pa.array(self._under[rest]))
        sums = [("downloads", "sum"), ("under", "sum"), ([], "count_all")]
        groups = some.group_by("relation").aggregate(sums).to_pylist()
        groups.sort(key=lambda group: (-group["count_all"], group["relation"] or "~"))
        for place, group in enumerate(groups):
            models, under = group["count_all"], group["under_sum"]
            words = f"{models:,} more {group['relation'] or 'unlabelled'}" + (
                f", {under:,} below them" if under else ""
            )
            last = place == len(groups) - 1
            yield Line(-1, level, last, models + under, words, group["relation"], group["downloads_sum"] or 0)
