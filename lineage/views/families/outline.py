"""A tree → the columns that the outline in the page reads.

Plain lists, one entry a row in preorder, with a depth that says what hangs on what; what most rows lack is kept
beside them by row number. Repeated text stands once, and a name says how much of the row before it repeats:
derivatives are named after their base. So 15,000 models fit into a page of 1 MB.
"""

from collections.abc import Sequence
from typing import Any

import numpy as np
import pyarrow as pa

from lineage.schema import BASES
from lineage.views import wording
from lineage.views.families.tree import Tree
from lineage.views.pictures import palette

#: So many models are listed one by one; of larger families the rest is counted under its base.
LISTED = 15_000


def ranking(tree: Tree, keep: set[int]) -> list[int]:
    """All rows, those to list first: `keep`, then by downloads; a base always before what hangs on it."""
    # A base counts as much as the most downloaded model of its branch, so it comes before it.
    best = tree.table["downloads"].fill_null(0).to_numpy().copy()
    depth, parent = np.array(tree.depth), np.array(tree.parent)
    by_depth = np.argsort(depth, kind="stable")
    ends = np.searchsorted(depth[by_depth], np.arange(depth.max() + 2))
    for steps in range(len(ends) - 2, 0, -1):
        level = by_depth[ends[steps] : ends[steps + 1]]
        np.maximum.at(best, parent[level], best[level])
    # `keep` is closed upward as well: what is drawn has a drawn base.
    later = np.ones(len(best), bool)
    later[list(keep)] = False
    found: list[int] = np.lexsort((np.arange(len(best)), -best, later)).tolist()
    return found


def columns(tree: Tree, rows: list[int]) -> dict[str, Any]:
    """The data of the page for the given rows, in their order; the base of a row is among them."""
    table = tree.table.take(pa.array(rows))
    days = table["created_at"].cast(pa.date32()).cast(pa.int32()).to_pylist()
    get = {name: table[name].to_pylist() for name in table.column_names if name != "created_at"}
    accounts, names = zip(*(wording.split(id) for id in get["id"]), strict=True)
    same, ends = _fronts(names)
    first = min((day for day in days if day is not None), default=0)
    data: dict[str, Any] = {
        "version": 1,
        "relations": [[key, look.letter, look.one] for key, look in palette.RELATIONS.items()],
        "kinds": list(palette.HOSTS),
        "depth": [tree.depth[row] for row in rows],
        "same": same,
        "name": ends,
        "own": get["downloads"],
        # a leaf's own and full are the same number: said once
        "full": _some(None if own == full else full for own, full in zip(get["downloads"], get["full"], strict=True)),
        "derived": _some(number or None for number in get["descendants"]),
        "bases": _some(number if number and number > 1 else None for number in get["bases"]),
        "stub": _some(1 if stub else None for stub in get["stub"]),
        "cycle": _some(get["cycle"]),
        "known": _some(tree.link[row] if tree.link[row] in BASES[1:] else None for row in rows),
        "first_day": first,
        "created": [None if day is None else day - first for day in days]
        if any(day is not None for day in days)
        else [],
        "rest": _rest(tree, rows),
    }
    relations, hosts = list(palette.RELATIONS), list(palette.HOSTS)
    words = [tree.relation[row] for row in rows]
    data["relation"] = "".join(
        str(relations.index(word if word in palette.RELATIONS else "unlabelled")) for word in words
    )
    data["kind"] = "".join(str(hosts.index(kind if kind in palette.HOSTS else "other")) for kind in get["kind"])
    # a relation that is none of the known words: the raw word is kept
    data["odd"] = _some(None if word in palette.RELATIONS else word for word in words)
    for name, values in (
        ("account", accounts),
        ("licence", [", ".join(each) if each else None for each in get["licences"]]),
        ("task", get["pipeline_tag"]),
        ("library", get["library"]),
    ):
        data[name], data[name + "s"] = _once(values)
    return data


def _fronts(names: Sequence[str]) -> tuple[list[int], list[str]]:
    """How many characters each name shares with the one before it, as a browser counts them, and the rest."""
    same, ends, before = [], [], ""
    for name in names:
        shared = next(
            (i for i, (a, b) in enumerate(zip(before, name, strict=False)) if a != b), min(len(before), len(name))
        )
        same.append(len(name[:shared].encode("utf-16-le")) // 2)
        ends.append(name[shared:])
        before = name
    return same, ends


def _some(values: Any) -> dict[str, Any]:
    """What is there, by row number."""
    return {str(row): value for row, value in enumerate(values) if value is not None}


def _once(values: Any) -> tuple[list[int | None], list[str]]:
    """Each text once, the most frequent first, and its number in every row."""
    count: dict[str, int] = {}
    for value in values:
        if value is not None:
            count[value] = count.get(value, 0) + 1
    texts = sorted(count, key=lambda text: (-count[text], text))
    place = {text: number for number, text in enumerate(texts)}
    return [None if value is None else place[value] for value in values], texts


def _rest(tree: Tree, rows: list[int]) -> dict[str, list[int]]:
    """By listed row: how many models right under it and below those are not listed, and their downloads."""
    if len(rows) == len(tree):
        return {}
    place = np.full(len(tree), -1, np.int64)
    place[rows] = np.arange(len(rows))
    parent = np.array(tree.parent)
    left = np.flatnonzero((place < 0) & (place[parent] >= 0))  # the top is always listed
    sums = np.zeros((2, len(rows)), np.int64)
    for each, values in zip(sums, (tree.models, tree.downloads), strict=True):
        np.add.at(each, place[parent[left]], np.array(values, np.int64)[left])
    return {str(row): sums[:, row].tolist() for row in np.flatnonzero(sums[0]).tolist()}
