"""What the page knows beyond its outline: the picture's signs, the legends, every base of a model, what is not listed.

`family.html` holds it as JSON beside the columns of `outline.py`. Models that are listed one by one are counted by the
page itself; of the others it gets numbers for each sign, by all four cuts at once, so that a filter over any of them
is exact for a family of any size.
"""

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from lineage import __version__
from lineage.metrics.graph import Ints
from lineage.schema import BASES
from lineage.views import wording
from lineage.views.families.cuts import Cut
from lineage.views.families.draw import places
from lineage.views.families.fold import Folded
from lineage.views.pictures import palette
from lineage.views.pictures.picture import Picture

if TYPE_CHECKING:
    from lineage.answers.family import Family

#: How a link is known; the page has these words by number.
KNOWN = ("declared", "stated", "inferred", "dangling")

#: So many of its models a badge names, the most downloaded ones.
NAMED = 5

#: So many further bases of a model are told one by one; of a merge of twenty thousand the rest is counted.
TOLD = 500

#: So many rows are listed for the sake of badges: what stands at the end of a chain of 50,000 is named by no badge.
ROOM = 2_000


def particulars(
    family: "Family", folded: Folded, picture: Picture, cuts: Sequence[Cut], rows: Sequence[int]
) -> dict[str, Any]:
    """The further data of the page; `rows` are those that the outline lists, in their order."""
    tree = folded.tree
    listed = pa.array(rows, pa.int64())
    number = {row: place for place, row in enumerate(rows)}
    starts = next(cut.starts for cut in cuts if cut.legend.by == "created")
    further, unsaid = _bases(family, folded, number)
    children, derived = (tree.table[name].take(listed).to_pylist() for name in ("children", "descendants"))
    return {
        "title": family.model,
        "total": [tree.listed, int(tree.downloads[0])],
        "rows_all": len(tree),
        "window": wording.window(family.window),
        "made": f"Made with lineage {__version__}.",
        "imprint": [f"{fact.name}: {fact.value}" for fact in picture.header],
        "hosts": [host.word for host in palette.HOSTS.values()],
        "sure": list(KNOWN),
        "above": [[base, palette.look(relation or "unlabelled").one] for base, relation in family.ancestors],
        "cuts": [_cut(cut) for cut in cuts],
        "licence_keys": _licence_keys(folded, cuts, listed),
        "starts": list(starts),
        # nothing is said of a model from which all that is derived was made directly
        "children": {str(at): each for at, each in enumerate(children) if each is not None and each != derived[at]},
        "drawn": [
            [
                node.kind, number[folded.drawn[place].heads[0]] if node.kind == "model" else -1,
                node.relation, folded.drawn[place].parent, node.models, node.downloads or 0, node.full, node.children,
                node.listed, *([] if node.kind == "model" else [node.label]),
            ]
            for place, node in enumerate(picture.nodes)
        ],
        "further": further,
        **({"unsaid": unsaid} if unsaid else {}),
        "cells": _cells(folded, cuts, listed),
    }  # fmt: skip


def largest(folded: Folded) -> tuple[set[int], set[int]]:
    """The tree rows that badges name, with all that they hang on: the `NAMED` most downloaded of each, ties A–Z.

    And the places in the picture of badges that name others, since what their largest hang on is more than `ROOM`.
    """
    at = places(folded)
    amounts = folded.tree.table["downloads"].fill_null(0).to_numpy()
    badges = np.array([one.kind != "model" for one in folded.drawn])
    rows = np.flatnonzero(badges[at])
    ranked = rows[np.lexsort((rows, -amounts[rows], at[rows]))]
    start = np.flatnonzero(np.r_[True, np.diff(at[ranked]) != 0]) if len(ranked) else ranked
    order = np.arange(len(ranked)) - np.repeat(start, np.diff(np.r_[start, len(ranked)]))
    found: set[int] = set()
    short: set[int] = set()
    for row in ranked[order < NAMED].tolist():
        way: list[int] = []
        above = row
        while above >= 0 and above not in found and len(found) + len(way) <= ROOM:
            way.append(above)
            above = int(folded.tree.parent[above])
        if above >= 0 and above not in found:
            short.add(int(at[row]))
        else:
            found.update(way)
    return found, short


def _cut(cut: Cut) -> dict[str, Any]:
    """A legend as the page makes it."""
    legend = cut.legend
    keys = [
        [entry.key or "top", entry.word, entry.letter, entry.look, entry.about, entry.models, entry.downloads]
        for entry in legend.entries
    ]
    return {"by": legend.by, "option": cut.option, "title": legend.title, "keys": keys}


def _licence_keys(folded: Folded, cuts: Sequence[Cut], listed: pa.Array) -> dict[str, int]:
    """By the licences of a model as the outline says them: the number of their key."""
    codes = next(cut.codes for cut in cuts if cut.legend.by == "licence")[listed.to_numpy()].tolist()
    texts = folded.tree.table["licences"].take(listed).to_pylist()
    return {", ".join(each or []): code for each, code in zip(texts, codes, strict=True) if code >= 0}


def _bases(family: "Family", folded: Folded, number: Mapping[int, int]) -> tuple[dict[str, list[Any]], dict[str, int]]:
    """By listed row, where there is more to say than the outline does: the relation of the link that is drawn (-1 where
    none is), then for each further base A–Z its row or its id, the relation, and how the link is known. And how many
    bases are not among these, where a model has more than `TOLD`."""
    links, ids = family.links, folded.tree.table["id"].combine_chunks()
    child, base = (pc.index_in(links[end], value_set=ids).fill_null(-1).to_numpy() for end in ("child", "base"))
    listed = np.zeros(len(ids), bool)
    listed[list(number)] = True
    several = np.bincount(child[child >= 0], minlength=len(ids)) > 1
    several[0] = True  # what the top was made from is drawn nowhere
    wanted = np.flatnonzero((child >= 0) & (several & listed)[child])
    drawn = base[wanted] == np.asarray(folded.tree.parent, np.int64)[child[wanted]]
    mine = links.take(pa.array(wanted)).append_column("drawn", pa.array(drawn & (base[wanted] >= 0)))
    mine = mine.append_column("to", pa.array(base[wanted])).append_column("from", pa.array(child[wanted]))
    mine = mine.sort_by([("from", "ascending"), ("base", "ascending")])
    relations = list(palette.RELATIONS)
    names = ("from", "to", "base", "relation", "basis", "dangling", "drawn")
    found: dict[str, list[Any]] = {}
    unsaid: dict[str, int] = {}
    for one, to, name, relation, basis, stub, is_drawn in zip(*(mine[each].to_pylist() for each in names), strict=True):
        said = found.setdefault(str(number[one]), [-1])
        code = relations.index(relation if relation in palette.RELATIONS else "unlabelled")
        if is_drawn:
            said[0] = code
            continue
        if len(said) > 3 * TOLD:
            unsaid[str(number[one])] = unsaid.get(str(number[one]), 0) + 1
            continue
        known = basis if basis in BASES[1:] else "dangling" if stub else "declared"
        said += [number.get(to, name), code, KNOWN.index(known)]
    return found, unsaid


def _cells(folded: Folded, cuts: Sequence[Cut], listed: pa.Array) -> dict[str, Any]:
    """The models that are not listed: how many stand in each sign, by key of all cuts at once.

    `keys`: what combinations there are, each a number for every cut; `at`: by sign the combination, how many, … .
    """
    left = np.ones(len(folded.tree), bool)
    left[listed.to_numpy()] = False
    rows: Ints = np.flatnonzero(left)
    if not len(rows):
        return {"keys": [], "at": {}}
    # several columns in one number sort faster than several columns do; what is not in the snapshot has -1
    widths = [len(cut.legend.entries) + 1 for cut in cuts]
    together = np.ravel_multi_index([cut.codes[rows] + 1 for cut in cuts], widths)
    keys, which = np.unique(together, return_inverse=True)
    pairs, counts = np.unique(places(folded)[rows] * len(keys) + which.reshape(-1), return_counts=True)
    at: dict[str, list[int]] = {}
    for pair, count in zip(pairs.tolist(), counts.tolist(), strict=True):
        at.setdefault(str(pair // len(keys)), []).extend((pair % len(keys), count))
    return {"keys": (np.stack(np.unravel_index(keys, widths), axis=1) - 1).tolist(), "at": at}
