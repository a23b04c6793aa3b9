"""`lineage query --view`: the nodes and links of an answer → one page, in the signs of the family page.

graph (`answers/found.py`) → what is drawn → picture (`net.py` has the places) → writer (`svg.py`, `page.py`).
"""

from collections import Counter
from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from lineage.answers.found import Graph, Node
from lineage.errors import UsageError
from lineage.views import wording
from lineage.views.page import common, page, parts
from lineage.views.pictures import palette
from lineage.views.pictures.network import draw
from lineage.views.pictures.picture import Fact, Picture
from lineage.views.pictures.svg import svg

#: So many nodes and links can still be told apart; of more, those of most downloads are drawn, and the page says so.
NODES, LINKS = 500, 2000

_EXAMPLE = "lineage query 'MATCH p = (:Model)-[:DERIVED_FROM]->(:Model {id: \"openai-community/gpt2\"}) RETURN p'"


def answer_page(graph: Graph, source: Mapping[str, str], *, nodes: int = NODES) -> str:
    """The graph in an answer as one HTML file that loads and runs nothing.

    `source`: snapshot, taken_at, statement, engine, in words. At most `nodes` nodes are drawn and listed. The same
    graph gives the same text. Raises UsageError where the answer holds no node and no link.
    """
    drawn = chosen(graph, nodes)
    picture = answer_picture(graph, source, nodes=nodes)
    values = {
        **common(picture),
        "kicker": "Answer to a query",
        "lede": picture.drawn,
        "statement": source["statement"],
        "snapshot": _snapshot(source),
        "svg": svg(picture),
        "relations": _relations(picture),
        "types": _types(drawn),
        "nodes": [_node(node) for node in drawn.nodes],
        "has_links": bool(drawn.links),
        "links": [
            {"child": link.child[1], "type": link.type, "base": link.base[1], "said": _said(link.properties)}
            for link in drawn.links
        ],
    }
    return page("answer.html", values, [], parts("page.css", "picture.css"))


def answer_picture(graph: Graph, source: Mapping[str, str], *, nodes: int = NODES) -> Picture:
    """What the page draws. Raises UsageError where the answer holds no node and no link."""
    if not graph.nodes:
        held = f"The answer has {wording.count(graph.rows, 'row')} and" if graph.rows else "The answer has no rows, so"
        raise UsageError(f"{held} no node, link or path to draw. Return some, like {_EXAMPLE} --view FILE.html.")
    drawn = chosen(graph, nodes)
    return draw(drawn, _title(graph), _header(graph, source), _drawn(graph, drawn))


def chosen(graph: Graph, nodes: int = NODES, links: int = LINKS) -> Graph:
    """What is drawn of a graph: at most `nodes` nodes, those of most downloads (ties A–Z), and the links between
    them, at most `links`, those that derive first."""
    ranked = sorted(graph.nodes, key=lambda node: (-amount(node), node.key))[:nodes]
    kept = {node.key for node in ranked}
    between = [link for link in graph.links if link.child in kept and link.base in kept]
    return replace(graph, nodes=tuple(node for node in graph.nodes if node.key in kept), links=tuple(between[:links]))


def amount(node: Node) -> int:
    """Its downloads, -1 where the answer does not know them."""
    found = (node.properties or {}).get("downloads")
    return found if isinstance(found, int) else -1


def _title(graph: Graph) -> str:
    found = Counter(node.label for node in graph.nodes)
    parts = [wording.count(number, label.lower() or "node") for label, number in sorted(found.items())]
    return ", ".join([*parts, wording.count(len(graph.links), "link")])


def _header(graph: Graph, source: Mapping[str, str]) -> tuple[Fact, ...]:
    """What this page stands on: its first line."""
    return (
        Fact("Snapshot", _snapshot(source)),
        Fact("Engine", source["engine"]),
        Fact("Rows", wording.exact(graph.rows) + (", and there are more: the answer was cut" if graph.cut else "")),
        Fact("Nodes", wording.exact(len(graph.nodes))),
        Fact("Links", wording.exact(len(graph.links))),
        Fact("Statement", source["statement"]),
    )


def _snapshot(source: Mapping[str, str]) -> str:
    return ", ".join(filter(None, (source["snapshot"], wording.day(source["taken_at"]))))


def _drawn(graph: Graph, drawn: Graph) -> str:
    """What is and is not shown: nothing is left out silently."""
    if len(drawn.nodes) == len(graph.nodes) and len(drawn.links) == len(graph.links):
        return f"All of it is drawn: {_counts(drawn)}."
    return (
        f"Drawn and listed are {_counts(drawn)} of {_counts(graph)}: those of most downloads, and the links between "
        "them. For fewer add a WHERE or LIMIT to the statement; without --view it prints all rows."
    )


def _counts(graph: Graph) -> str:
    return f"{wording.count(len(graph.nodes), 'node')} and {wording.count(len(graph.links), 'link')}"


def _relations(picture: Picture) -> list[dict[str, str]]:
    """The signs that occur, in the order of the palette, with how many nodes have each."""
    models = Counter(node.relation for node in picture.nodes if node.host != "publisher")
    found = []
    for key, look in palette.RELATIONS.items():
        if models[key]:
            word = look.many if key else "no base"
            hint = f"{look.about[0].upper()}{look.about[1:]}." if key else "The answer names none."
            found.append((f"relation-{key or 'top'}", look.letter, word[0].upper() + word[1:], models[key], hint))
    publishers = sum(node.host == "publisher" for node in picture.nodes)
    if publishers:
        found.append(("publisher", "", "Square", publishers, "A publisher, an account that hosts models."))
    names = ("key", "letter", "word", "count", "hint")
    return [dict(zip(names, map(str, each), strict=True)) for each in found]


def _types(graph: Graph) -> list[dict[str, str]]:
    found = Counter(link.type for link in graph.links)
    order = [*palette.TYPES, *sorted(set(found) - set(palette.TYPES))]
    return [
        {"type": type, "count": wording.count(found[type], "link"), "about": palette.line(type).about,
         "dashes": palette.line(type).dashes}
        for type in order if found[type]
    ]  # fmt: skip


def _node(node: Node) -> dict[str, Any]:
    href = wording.address(node.id) if node.label in ("Model", "Publisher") else None
    known = (node.properties or {}).get("downloads")
    return {
        "label": node.label,
        "id": node.id,
        "linked": [{"href": href}] if href else [],
        "unlinked": not href,
        "downloads": wording.exact(known if isinstance(known, int) else None),
        "said": "only its id, as the end of a link" if node.properties is None else _said(node.properties),
    }


def _said(properties: Mapping[str, Any]) -> str:
    """The properties that people look for first, in their order; the rest are in the rows of the query."""
    said = []
    for name in (
        "relation",
        "distance",
        "evidence",
        "publisher",
        "owner",
        "type",
        "pipeline_tag",
        "licences",
        "format",
    ):
        value = properties.get(name)
        if value not in (None, [], ""):
            text = ", ".join(map(str, value)) if isinstance(value, list) else str(value)
            said.append(f"{name} {text}")
    return " · ".join(said)
