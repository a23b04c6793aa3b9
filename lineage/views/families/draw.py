"""A planted and folded family → `Picture`: places, labels, legends, sentences. Pure; no markup."""

from collections.abc import Sequence
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from lineage.metrics.graph import Ints, spread
from lineage.views import wording
from lineage.views.families import captions
from lineage.views.families.cuts import cuts
from lineage.views.families.fold import Drawn, Folded
from lineage.views.families.tree import Tree
from lineage.views.pictures import palette
from lineage.views.pictures.layout import tidy
from lineage.views.pictures.picture import Fact, Link, Node, Picture

if TYPE_CHECKING:
    from lineage.answers.family import Family

#: So many further bases of a model are named when it is pointed at.
TOLD = 40

#: Radii of the largest and the smallest sign; the room of two lines of text, and of two with a line between.
LARGEST, SMALLEST, LINES, BUILT_ON = 26.0, 7.5, 31.0, 40.0
#: How far a diamond reaches that has the area of a circle of radius 1.
DIAMOND = 1.25
#: The room beside the details; columns share it, within what a label needs and what a line can be read at.
PAGE, NARROW, WIDE = 880.0, 212.0, 400.0
#: Where the base stands, and what the lines to a derivative's sign need to turn.
EDGE, BEND = LARGEST + 4, 40.0


def draw(family: "Family", folded: Folded, header: tuple[Fact, ...]) -> Picture:
    """The picture of a folded family. `header` holds the facts that go above it."""
    tree = folded.tree
    deep = [0] * len(folded.drawn)
    built_on = [False] * len(folded.drawn)
    for place, one in enumerate(folded.drawn[1:], 1):
        deep[place] = deep[one.parent] + 1
        built_on[one.parent] = True
    # The base stands above all others and not in a column of its own, which would stay empty below it.
    first = round(EDGE + BEND, 1)
    column = min(max(NARROW, (PAGE - first) / max(1, *deep)), WIDE)
    xs = [EDGE if not depth else round(first + (depth - 1) * column, 1) for depth in deep]
    measures = _measures(folded)
    sizes = [radius(value, measures["downloads"]) for value in measures["downloads"]]
    # A reader may have the signs stand for something else: the room is that of the largest.
    broad = [max(radius(each[place], each) for each in measures.values()) for place in range(len(deep))]
    reach = [
        size * DIAMOND if one.kind == "model" and tree.columns["kind"][one.heads[0]] == "intermediary" else size
        for size, one in zip(broad, folded.drawn, strict=True)
    ]
    extents = [max(2 * size + 6, BUILT_ON if on else LINES) for size, on in zip(reach, built_on, strict=True)]
    places = tidy([one.parent for one in folded.drawn], extents, gap=2.0, lean=0.0)
    highest = min((place - room / 2 for place, room in zip(places[1:], extents[1:], strict=True)), default=0.0)
    down = places[0] + extents[0] / 2 - highest
    ys = [place + (down if index else 0.0) for index, place in enumerate(places)]
    right = EDGE + PAGE if max(deep) == 0 else first + max(deep) * column
    rooms = [
        (xs[index] + column - BEND if built_on[index] or deep[index] < max(deep) else right)
        - xs[index]
        - broad[index]
        - 10
        for index in range(len(xs))
    ]
    rooms[0] = max(right - EDGE - broad[0] - 10, NARROW * 2)
    named = pa.array(tree.columns["id"][one.heads[0]] for one in folded.drawn if one.kind == "model")
    known = family.links.filter(pc.is_in(family.links["child"], value_set=named))
    bases = _bases(known)
    listed = _sums(folded, pc.equal(tree.table["kind"], "intermediary").to_numpy().astype(np.int64))
    nodes = tuple(
        replace(
            _node(tree, bases, one, listed[index]),
            x=xs[index],
            y=round(ys[index], 1),
            size=sizes[index],
            room=round(rooms[index], 1),
            full=measures["downstream"][index],
            children=measures["children"][index],
        )
        for index, one in enumerate(folded.drawn)
    )
    legends = tuple(cut.legend for cut in cuts(tree))
    links = _links(known, folded)
    bottom = max(node.y + max(size, LINES / 2) for node, size in zip(nodes, reach, strict=True))
    return Picture(
        title=family.model,
        header=header,
        drawn=captions.drawn(folded),
        nodes=nodes,
        links=links,
        legends=legends,
        marks=captions.marks(nodes, links),
        notes=(*family.notes, *captions.notes(tree)),
        words=captions.words(folded, legends),
        models=tree.listed,
        downloads=tree.downloads[0],
        width=round(max(right, EDGE + broad[0] + 10 + rooms[0]) + 14, 1),
        height=round(bottom + 2, 1),
        bend=BEND,
    )


def places(folded: Folded) -> Ints:
    """For every row of the tree the drawn thing that it is or stands in."""
    found = np.zeros(len(folded.tree), np.int64)
    models = np.asarray(folded.tree.models, np.int64)
    for place, one in enumerate(folded.drawn):
        heads = np.asarray(one.heads, np.int64)
        found[spread(heads, models[heads]) if one.kind == "branches" else heads] = place
    return found


def radius(value: int, values: Sequence[int]) -> float:
    """The radius of a sign whose area goes with `value`, the largest of `values` having the largest."""
    return round(max(SMALLEST, LARGEST * (value / (max(values) or 1)) ** 0.5), 1)


def _sums(folded: Folded, values: Ints) -> list[int]:
    """What `values`, one a tree row, add up to in each drawn thing."""
    sums = np.zeros(len(folded.drawn), np.int64)
    np.add.at(sums, places(folded), values)
    found: list[int] = sums.tolist()
    return found


def _measures(folded: Folded) -> dict[str, list[int]]:
    """What the size of signs can stand for. In a badge each model counts once, so nothing overlaps."""
    table = folded.tree.table
    full = table["full"].fill_null(0)
    return {
        "downloads": [one.downloads for one in folded.drawn],
        "downstream": [
            full[int(one.heads[0])].as_py() if one.kind == "model" else one.downloads for one in folded.drawn
        ],
        "children": _sums(folded, table["children"].fill_null(0).to_numpy().astype(np.int64)),
    }


def _node(tree: Tree, bases: dict[str, list[str]], one: Drawn, listed: int) -> Node:
    """What is drawn, without its place and size."""
    row = one.heads[0]
    downloads: int | None
    if one.kind == "model":
        get = tree.facts(row)
        marks = [f"{get['bases']} bases"] if (get["bases"] or 0) > 1 else []
        marks += ["not in the snapshot"] if get["stub"] else []
        marks += ["in a cycle"] if get["cycle"] else []
        account, label = wording.split(get["id"])
        if not row:
            account, label = "", get["id"]
        id, host, facts, downloads = (
            get["id"],
            get["kind"],
            _facts(tree, row, get, bases.get(get["id"], [])),
            get["downloads"],
        )
    else:
        look = palette.look(one.relation)
        heads = len(one.heads)
        if one.kind == "leaves":
            label = wording.count(heads, look.one, look.many)
        else:
            label = wording.count(heads, "smaller branch", "smaller branches")
        marks = [wording.count(one.models, "model")] if one.kind == "branches" else []
        account = id = host = ""
        downloads = one.downloads
        row = tree.parent[row]
        facts = (
            Fact("Models", wording.exact(one.models)),
            Fact("Downloads", wording.exact(one.downloads)),
            Fact("By listed intermediaries", wording.exact(listed)),
            Fact("Made from", tree.columns["id"][row]),
        )
    return Node(
        kind=one.kind,
        id=id,
        label=label,
        account=account,
        host=host,
        relation=one.relation,
        marks=tuple(marks),
        facts=facts,
        x=0.0,
        y=0.0,
        size=0.0,
        room=0.0,
        models=one.models,
        listed=listed,
        downloads=downloads,
        row=row,
    )


def _bases(links: pa.Table) -> dict[str, list[str]]:
    """All bases of the models that have several, inside the family and outside, A–Z."""
    bases: dict[str, list[str]] = {}
    for child, base in sorted(zip(*(links[name].to_pylist() for name in ("child", "base")), strict=True)):
        bases.setdefault(child, []).append(base)
    return {child: found for child, found in bases.items() if len(found) > 1}


def _facts(tree: Tree, row: int, get: dict[str, Any], bases: list[str]) -> tuple[Fact, ...]:
    """What hovering over a model says."""
    facts = [
        Fact("Published by", f"{get['publisher'] or 'nobody named'} ({palette.host(get['kind']).word})"),
        Fact("Downloads", "unknown" if get["downloads"] is None else wording.exact(get["downloads"])),
        Fact("With everything derived", wording.exact(get["full"])),
        Fact("Models derived", wording.exact(get["descendants"])),
    ]
    if row:
        base = tree.columns["id"][tree.parent[row]]
        facts.insert(0, Fact("Made", f"{palette.look(tree.relation[row]).one} of {base} ({tree.link[row]})"))
        if len(bases) > 1:
            others = [other for other in bases if other != base]
            rest = f" and {len(others) - TOLD:,} more" if len(others) > TOLD else ""
            facts.insert(1, Fact("Further bases", ", ".join(others[:TOLD]) + rest))
    if get["licences"]:
        facts.append(Fact("Licence", ", ".join(get["licences"])))
    return tuple(facts)


def _links(links: pa.Table, folded: Folded) -> tuple[Link, ...]:
    tree, total = folded.tree, folded.tree.downloads[0]
    made, drawn = [], {}
    for place, one in enumerate(folded.drawn):
        if one.kind == "model":
            drawn[tree.columns["id"][one.heads[0]]] = place
        if place:
            branch = tree.downloads[one.heads[0]] if one.kind == "model" else one.downloads
            known = {tree.link[head] for head in one.heads}
            made.append(
                Link(
                    place, one.parent, one.relation,
                    next(word for word in ("declared", "dangling", "stated", "inferred") if word in known), True,
                    round(branch / total, 4) if total else 0.0,
                )
            )  # fmt: skip
    pairs = {(link.child, link.base) for link in made}
    names = ("child", "base", "relation", "basis")
    for child, base, relation, basis in zip(*(links[name].to_pylist() for name in names), strict=True):
        pair = (drawn.get(child, 0), drawn.get(base, 0))
        if child in drawn and base in drawn and pair[0] and pair not in pairs:
            pairs.add(pair)
            made.append(Link(*pair, relation or "unlabelled", basis, False, 0.0))
    return tuple(sorted(made, key=lambda link: (not link.first, link.child, link.base)))
