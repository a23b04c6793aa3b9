"""The graph of an answer → `Picture`: what stands on the left of what, and what every sign says. Pure; no markup."""

from collections import Counter
from dataclasses import dataclass

from lineage.answers.found import Graph, Link, Node
from lineage.views import wording
from lineage.views.families.draw import BEND, LINES, SMALLEST
from lineage.views.pictures import net, palette, picture
from lineage.views.pictures.picture import Fact, Picture

#: Radius of the largest sign; the width of a column, of what is shown alone too; the page.
LARGEST, COLUMN, PAGE = 20.0, 290.0, 1150.0
#: The room a node takes, and one that others hang on; between parts of the graph that no link joins.
_ALONE, _BUILT_ON, _APART = LINES + 3, 40.0, 14.0


@dataclass(frozen=True, slots=True)
class _Pair:
    """Two places of nodes, left and right, and the link that joins them; a lower `rank` holds faster."""

    left: int
    right: int
    link: Link
    rank: tuple[int, int]


def draw(graph: Graph, title: str, header: tuple[Fact, ...], drawn: str) -> Picture:
    """The picture of all of a graph: bases on the left of what was made from them.

    A publisher stands on the left of models that nothing else in the answer leads to, and on the right of others.
    """
    nodes = sorted(graph.nodes, key=lambda node: (-_downloads(node), node.key))
    pairs = _pairs(graph, nodes)
    column = net.columns(len(nodes), [(pair.left, pair.right) for pair in pairs])
    hangs, first = _hang(len(nodes), pairs, column)
    linked = {end for pair in pairs for end in (pair.left, pair.right)}
    most = max((_downloads(node) for node in nodes), default=0) or 1
    sizes = [round(max(SMALLEST, LARGEST * (max(_downloads(node), 0) / most) ** 0.5), 1) for node in nodes]
    on = {pair.left for pair in pairs}  # a line runs between the two lines of their labels
    room = [max(2 * sizes[place] + 6, _BUILT_ON if place in on else _ALONE) for place in range(len(nodes))]
    xs, ys = _places(column, hangs, room, linked)
    relations = _relations(graph)
    made = tuple(
        _node(node, relations.get(node.key, ""), xs[place], ys[place], sizes[place], place)
        for place, node in enumerate(nodes)
    )
    links = tuple(
        picture.Link(pair.right, pair.left, _colour(pair.link), "declared", number in first, 0.0, pair.link.type)
        for number, pair in enumerate(pairs)
    )
    circles = sum(column[pair.left] >= column[pair.right] for pair in pairs)
    notes = (f"{wording.count(circles, 'line runs', 'lines run')} against the others: these models name each other "
             "in a circle.",) if circles else ()  # fmt: skip
    return Picture(
        title=title,
        header=header,
        drawn=drawn,
        nodes=made,
        links=links,
        legends=(),
        marks=(),
        notes=notes,
        words=(),
        models=len(nodes),
        downloads=0,
        width=round(max(node.x + node.size + 10 + node.room for node in made) + 14, 1),
        height=round(max(node.y + max(node.size, LINES / 2) for node in made) + 4, 1),
        bend=BEND,
        net=True,
        name="Graph of",
    )


def _downloads(node: Node) -> int:
    found = (node.properties or {}).get("downloads")
    return found if isinstance(found, int) else -1


def _pairs(graph: Graph, nodes: list[Node]) -> list[_Pair]:
    """Every link as left and right, those that hold fastest first."""
    where = {node.key: place for place, node in enumerate(nodes)}
    made = {link.child for link in graph.links if link.type != "PUBLISHED"}
    hosted = Counter(link.child for link in graph.links if link.type == "PUBLISHED")
    loose = Counter(link.child for link in graph.links if link.type == "PUBLISHED" and link.base not in made)
    order = {type: number for number, type in enumerate(palette.TYPES)}
    found = []
    for link in graph.links:
        child, base = where[link.child], where[link.base]
        near = link.properties.get("place", link.properties.get("distance", 0))
        rank = (order.get(link.type, len(order)), near if isinstance(near, int) else 0)
        # PUBLISHED goes from the publisher, and is drawn from it where its models begin something.
        left_first = link.type == "PUBLISHED" and 2 * loose[link.child] >= hosted[link.child]
        found.append(_Pair(child, base, link, rank) if left_first else
                     _Pair(where[link.base], where[link.child], link, rank))  # fmt: skip
    return sorted(found, key=lambda pair: (pair.rank, pair.right, pair.left))


def _hang(count: int, pairs: list[_Pair], column: list[int]) -> tuple[list[int], set[int]]:
    """What each node hangs on, -1 for none, and which pairs that makes lines of the tree."""
    hangs, first = [-1] * count, set()
    for number, pair in enumerate(pairs):
        if hangs[pair.right] < 0 and column[pair.left] < column[pair.right]:
            hangs[pair.right] = pair.left
            first.add(number)
    return hangs, first


def _places(
    column: list[int], hangs: list[int], room: list[float], linked: set[int]
) -> tuple[list[float], list[float]]:
    """x and y of every node: the linked ones as a tree, those without a link in rows below them."""
    start = LARGEST + 4
    order = sorted(linked)
    new = {place: number for number, place in enumerate(order)}
    found = net.rows([column[place] for place in order], [new.get(hangs[place], -1) for place in order],
                     [room[place] for place in order], 2.0)  # fmt: skip
    xs, ys = [0.0] * len(column), [0.0] * len(column)
    for place, y in zip(order, found, strict=True):
        xs[place], ys[place] = round(start + column[place] * COLUMN, 1), round(y + 2, 1)
    below = max((ys[place] + room[place] / 2 for place in order), default=-_APART) + _APART
    across = int(PAGE // COLUMN)
    alone = [place for place in range(len(column)) if place not in linked]
    for number, place in enumerate(alone):
        row, at = divmod(number, across)
        high = max(room[each] for each in alone)
        xs[place], ys[place] = round(start + at * COLUMN, 1), round(below + high * (row + 0.5), 1)
    return xs, ys


def _relations(graph: Graph) -> dict[tuple[str, str], str]:
    """How each model was made, as far as the answer says: by its links, else by its own property."""
    found = {
        node.key: str(node.properties["relation"])
        for node in graph.nodes
        if node.label == "Model" and node.properties and node.properties.get("relation")
    }
    by_link: dict[tuple[str, str], set[str]] = {}
    for link in graph.links:
        if link.type == "DERIVED_FROM":
            by_link.setdefault(link.child, set()).add(_colour(link))
    return found | {key: min(said) if len(said) == 1 else "mixed" for key, said in by_link.items()}


def _colour(link: Link) -> str:
    """The relation that gives a line its colour; lines that have none are grey."""
    return str(link.properties.get("relation") or "unlabelled")


def _node(node: Node, relation: str, x: float, y: float, size: float, row: int) -> picture.Node:
    held = node.properties
    publisher = node.label == "Publisher"
    account, label = ("", node.id) if publisher else wording.split(node.id)
    marks = [] if node.label == "Model" else [node.label.lower() or "node"]
    bare = held is None or bool(held.get("stub")) or node.label not in ("Model", "Publisher")
    if held is None:
        marks.append("only its id is in the answer")
    elif held.get("stub"):
        marks.append("not in the snapshot")
    elif publisher and isinstance(held.get("models"), int):
        marks.append(wording.count(held["models"], "model"))
    elif isinstance(held.get("bases"), int) and held["bases"] > 1:
        marks.append(f"{held['bases']} bases")
    downloads = _downloads(node)
    return picture.Node(
        kind="bare" if bare else "publisher" if publisher else "model",
        id=node.id,
        label=label,
        account=account,
        host="publisher" if publisher else "",
        relation=relation,
        marks=tuple(marks),
        facts=_facts(node),
        x=x,
        y=y,
        size=size,
        room=round(COLUMN - size - BEND - 10, 1),
        models=1,
        listed=0,
        downloads=downloads if downloads >= 0 else None,
        row=row,
    )


def _facts(node: Node) -> tuple[Fact, ...]:
    """What hovering says: everything the answer has of it, A–Z."""
    held = node.properties or {}
    return tuple(
        Fact(name, wording.exact(value) if isinstance(value, int) and not isinstance(value, bool) else
             ", ".join(map(str, value)) if isinstance(value, list) else str(value))
        for name, value in sorted(held.items()) if name != "id"
    )  # fmt: skip
