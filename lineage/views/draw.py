"""A planted and folded family → `Picture`: places, labels, legends, sentences. Pure; no markup."""

from typing import TYPE_CHECKING, Any

import pyarrow as pa
import pyarrow.compute as pc

from lineage.views import captions, palette, wording
from lineage.views.fold import Drawn, Folded
from lineage.views.layout import tidy
from lineage.views.picture import Fact, Link, Node, Picture
from lineage.views.tree import Tree

if TYPE_CHECKING:
    from lineage.answers.family import Family

#: Radii of the largest and the smallest sign; the room of two lines of text, and of two with a line between.
LARGEST, SMALLEST, LINES, BUILT_ON = 26.0, 7.5, 31.0, 40.0
#: A page is about this wide; columns share it, within what a label needs and what a line can be read at.
PAGE, NARROW, WIDE = 1150.0, 228.0, 400.0
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
    most = max(one.downloads for one in folded.drawn) or 1
    sizes = [round(max(SMALLEST, LARGEST * (one.downloads / most) ** 0.5), 1) for one in folded.drawn]
    extents = [max(2 * size + 6, BUILT_ON if on else LINES) for size, on in zip(sizes, built_on, strict=True)]
    places = tidy([one.parent for one in folded.drawn], extents, gap=2.0, lean=0.0)
    highest = min((place - room / 2 for place, room in zip(places[1:], extents[1:], strict=True)), default=0.0)
    down = places[0] + extents[0] / 2 - highest
    ys = [place + (down if index else 0.0) for index, place in enumerate(places)]
    right = EDGE + PAGE if max(deep) == 0 else first + max(deep) * column
    rooms = [
        (xs[index] + column - BEND if built_on[index] or deep[index] < max(deep) else right)
        - xs[index]
        - sizes[index]
        - 10
        for index in range(len(xs))
    ]
    rooms[0] = max(right - EDGE - sizes[0] - 10, NARROW * 2)
    named = pa.array(tree.columns["id"][one.heads[0]] for one in folded.drawn if one.kind == "model")
    known = family.links.filter(pc.is_in(family.links["child"], value_set=named))
    bases = _bases(known)
    nodes = tuple(
        _node(tree, folded, bases, one, sizes[index], xs[index], round(ys[index], 1), round(rooms[index], 1))
        for index, one in enumerate(folded.drawn)
    )
    legends = (captions.relations(tree), captions.hosts(tree))
    links = _links(known, folded)
    bottom = max(node.y + max(node.size, LINES / 2) for node in nodes)
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
        width=round(max(right, EDGE + sizes[0] + 10 + rooms[0]) + 14, 1),
        height=round(bottom + 2, 1),
        bend=BEND,
    )


def _node(
    tree: Tree,
    folded: Folded,
    bases: dict[str, list[str]],
    one: Drawn,
    size: float,
    x: float,
    y: float,
    room: float,
) -> Node:
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
        listed = int(get["kind"] == "intermediary")
        id, host, facts, downloads = (
            get["id"],
            get["kind"],
            _facts(tree, row, get, bases.get(get["id"], [])),
            get["downloads"],
        )
    else:
        rows = folded.rows(one)
        listed = sum(1 for each in rows if tree.columns["kind"][each] == "intermediary")
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
        x=x,
        y=y,
        size=size,
        room=room,
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
            facts.insert(1, Fact("Further bases", ", ".join(other for other in bases if other != base)))
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
