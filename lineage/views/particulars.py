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

from lineage.metrics.graph import Ints
from lineage.schema import BASES
from lineage.views import palette, wording
from lineage.views.cuts import Cut
from lineage.views.draw import places
from lineage.views.fold import Folded
from lineage.views.picture import Picture

if TYPE_CHECKING:
    from lineage.answers.family import Family

#: So many of its models a badge names, the most downloaded ones.
NAMED = 5


def particulars(
    family: "Family", folded: Folded, picture: Picture, cuts: Sequence[Cut], rows: Sequence[int]
) -> dict[str, Any]:
    """The further data of the page; `rows` are those that the outline lists, in their order."""
    tree = folded.tree
    listed = pa.array(rows, pa.int64())
    number = {row: place for place, row in enumerate(rows)}
    starts = next(cut.starts for cut in cuts if cut.legend.by == "created")
    children = tree.table["children"].take(listed).to_pylist()
    return {
        "title": family.model,
        "total": [tree.listed, int(tree.downloads[0])],
        "rows_all": len(tree),
        "window": wording.window(family.window),
        "imprint": [f"{fact.name}: {fact.value}" for fact in picture.header],
        "hosts": [host.word for host in palette.HOSTS.values()],
        "above": [[base, palette.look(relation or "unlabelled").one] for base, relation in family.ancestors],
        "cuts": [_cut(cut) for cut in cuts],
        "licence_keys": _licence_keys(folded, cuts, listed),
        "starts": list(starts),
        "children": {str(place): value for place, value in enumerate(children) if value},
        "drawn": [
            [
                node.kind, number[folded.drawn[place].heads[0]] if node.kind == "model" else -1,
                node.relation, folded.drawn[place].parent, node.models, node.downloads or 0, node.full, node.children,
                node.listed, *([] if node.kind == "model" else [node.label]),
            ]
            for place, node in enumerate(picture.nodes)
        ],
        "further": _bases(family, folded, number),
        "cells": _cells(folded, cuts, listed),
    }  # fmt: skip


def largest(folded: Folded) -> set[int]:
    """The tree rows that badges name, with all that they hang on: the `NAMED` most downloaded of each, ties A–Z."""
    at = places(folded)
    amounts = folded.tree.table["downloads"].fill_null(0).to_numpy()
    badges = np.array([one.kind != "model" for one in folded.drawn])
    rows = np.flatnonzero(badges[at])
    ranked = rows[np.lexsort((rows, -amounts[rows], at[rows]))]
    start = np.flatnonzero(np.r_[True, np.diff(at[ranked]) != 0]) if len(ranked) else ranked
    order = np.arange(len(ranked)) - np.repeat(start, np.diff(np.r_[start, len(ranked)]))
    found = set()
    for row in ranked[order < NAMED].tolist():
        while row >= 0 and row not in found:
            found.add(row)
            row = int(folded.tree.parent[row])
    return found


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


def _bases(family: "Family", folded: Folded, number: Mapping[int, int]) -> dict[str, list[list[Any]]]:
    """By listed row, where there is more to say than the outline does: every base (its row, or its id), the relation,
    and how the link is known. The drawn one comes first, the others A–Z."""
    links, ids = family.links, folded.tree.table["id"]
    counted = pc.value_counts(links["child"])
    several = counted.field("values").filter(pc.greater(counted.field("counts"), 1))
    wanted = pc.or_(pc.is_in(links["child"], value_set=several), pc.equal(links["child"], family.model))
    mine = links.filter(wanted).sort_by([("child", "ascending"), ("first", "descending"), ("base", "ascending")])
    rows = {name: pc.index_in(mine[name], value_set=ids.combine_chunks()).to_pylist() for name in ("child", "base")}
    found: dict[str, list[list[Any]]] = {}
    for child, base, link in zip(rows["child"], rows["base"], mine.to_pylist(), strict=True):
        if child not in number:
            continue
        known = link["basis"] if link["basis"] in BASES[1:] else "dangling" if link["stub"] else "declared"
        place = number.get(base, link["base"])
        relation = palette.look(link["relation"] or "unlabelled").one
        found.setdefault(str(number[child]), []).append([place, relation, known])
    return found


def _cells(folded: Folded, cuts: Sequence[Cut], listed: pa.Array) -> dict[str, Any]:
    """The models that are not listed: how many stand in each sign, by key of all cuts at once.

    `keys`: what combinations there are, each a number for every cut; `at`: by sign the combination, how many, … .
    """
    left = np.ones(len(folded.tree), bool)
    left[listed.to_numpy()] = False
    rows: Ints = np.flatnonzero(left)
    if not len(rows):
        return {"keys": [], "at": {}}
    table = np.stack([cut.codes[rows] for cut in cuts], axis=1)
    keys, which = np.unique(table, axis=0, return_inverse=True)
    pairs, counts = np.unique(np.stack([places(folded)[rows], which.reshape(-1)], axis=1), axis=0, return_counts=True)
    at: dict[str, list[int]] = {}
    for (place, combination), count in zip(pairs.tolist(), counts.tolist(), strict=True):
        at.setdefault(str(place), []).extend((combination, count))
    return {"keys": keys.tolist(), "at": at}
