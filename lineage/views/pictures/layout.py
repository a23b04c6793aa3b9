"""Places for a tree that reads from left to right: numbers in, numbers out.

The tidy tree of Wetherell, Shannon, Reingold and Tilford, with one change: a base may stand level with the first of
what is made from it instead of in the middle, so that a page starts with the base at its top left. Branches are pushed
together until their outlines touch. Every branch keeps its outline (the highest and lowest point at each depth) and
only the shorter of two outlines is walked, so the work is linear; no recursion.
"""

from collections.abc import Sequence
from dataclasses import dataclass


@dataclass(slots=True)
class _Outline:
    """The outline of a branch, deepest level first, so that a base is added at the end of the lists.

    What is stored lies `shift` too low: moving a branch changes one number.
    """

    high: list[float]
    low: list[float]
    shift: float


def tidy(parent: Sequence[int], extent: Sequence[float], gap: float, lean: float = 0.5) -> list[float]:
    """The middle of each node across the reading direction, the smallest upper edge being 0.

    `parent[i] < i` names the base of node i, -1 for the one top; children stand in the order of their numbers.
    `extent` is the room a node takes. Nodes of one depth end up at least `gap` apart. With `lean` 0 a base is level
    with the first node made from it, with 1 with the last.
    """
    children: list[list[int]] = [[] for _ in parent]
    for node in range(1, len(parent)):
        children[parent[node]].append(node)
    offset = [0.0] * len(parent)  # from the base
    outlines: list[_Outline | None] = [None] * len(parent)
    for node in range(len(parent) - 1, -1, -1):
        outline = _Outline([], [], 0.0)
        if children[node]:
            outline = _pack(children[node], outlines, offset, gap)
            level = lean * offset[children[node][-1]]  # the first one's is 0
            for child in children[node]:
                offset[child] -= level
            outline.shift -= level
        outline.high.append(-extent[node] / 2 - outline.shift)
        outline.low.append(extent[node] / 2 - outline.shift)
        outlines[node] = outline
    for node in range(1, len(parent)):
        offset[node] += offset[parent[node]]
    least = min((place - room / 2 for place, room in zip(offset, extent, strict=True)), default=0.0)
    return [round(place - least, 1) for place in offset]


def _pack(children: list[int], outlines: list[_Outline | None], offset: list[float], gap: float) -> _Outline:
    """Put branches below each other, as near as their outlines allow; fills their offsets."""
    packed = outlines[children[0]]
    assert packed is not None
    for child in children[1:]:
        branch = outlines[child]
        assert branch is not None
        shared = min(len(packed.low), len(branch.low))
        offset[child] = max(
            packed.low[-level] + packed.shift + gap - branch.high[-level] - branch.shift
            for level in range(1, shared + 1)
        )
        branch.shift += offset[child]
        step = branch.shift - packed.shift
        if len(branch.low) > len(packed.low):
            for level in range(1, shared + 1):
                branch.high[-level] = packed.high[-level] - step
            packed = branch
        else:
            for level in range(1, shared + 1):
                packed.low[-level] = branch.low[-level] + step
        outlines[child] = None  # its lists belong to the packed outline now
    outlines[children[0]] = None
    return packed
