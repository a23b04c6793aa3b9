"""`Picture` → HTML by pyvis, with what makes such a page slow, unsafe and dependent on others taken out.

The only file that imports pyvis. Of what pyvis writes, only its inline styles and scripts are kept and set into
`pyvis.html`: no foreign address, no menu, no heading, no hover text as markup; and a policy
by hash over the rest.
Places come from the picture, so nothing is simulated and the page is ready at once.
"""

import re
from importlib.metadata import version

from lineage.errors import RefusedError
from lineage.views import wording
from lineage.views.page import common, page, part, parts
from lineage.views.pictures import palette
from lineage.views.pictures.picture import Node, Picture

#: What was read and tested line by line. Another version may escape less.
TESTED = "0.3.2"

_INLINE = re.compile(r"<(?P<tag>script|style)(?P<rest>[^>]*)>(?P<text>.*?)</(?P=tag)>", re.DOTALL)
_SHAPES = {"circle": "dot", "diamond": "diamond"}
_OPTIONS = {
    "physics": {"enabled": False},
    "layout": {"improvedLayout": False},
    "nodes": {
        "font": {"size": 13, "face": "system-ui, sans-serif", "color": "#1a2027", "strokeWidth": 4},
        "borderWidth": 1,
    },
    "edges": {"smooth": False, "arrows": {"to": {"enabled": True, "scaleFactor": 0.4}}},
    "interaction": {
        "hideEdgesOnDrag": True,
        "hideEdgesOnZoom": True,
        "hover": True,
        "tooltipDelay": 120,
        "keyboard": {"enabled": True, "bindToWindow": False},
    },
}
#: vis writes a label under its sign, in the middle: signs stand further apart than in our own picture.
_DOWN, _ASIDE = 1.9, 220
#: vis does not keep labels apart: where signs stand close, at most so many are written, each with this room around the
#: middle of its sign; the others are said on pointing. And further bases of merges would cover all, were they not pale.
_LABELLED, _WIDE, _HIGH, _PALE = 40, 190.0, 60.0, 0.22


def write(picture: Picture, kicker: str = "Model family", *, spread: bool = True) -> str:
    """The picture as one HTML file by pyvis. Raises RefusedError for a pyvis that has not been checked.

    `kicker`: what kind of page. `spread`: whether signs are moved apart for the labels under them; else they stand
    where the picture says, and only the `_LABELLED` of most downloads have a label.
    """
    if version("pyvis") != TESTED:
        raise RefusedError(
            f"pyvis {version('pyvis')} has not been checked for what it lets through; install pyvis=={TESTED}, "
            "or leave out --writer pyvis."
        )
    from pyvis.network import Network

    network = Network(cdn_resources="in_line", directed=True, height="78vh", width="100%")
    network.options = _OPTIONS
    # Filled directly: add_node and add_edge look every end up in a list.
    network.nodes = [_node(place, node) for place, node in enumerate(picture.nodes)]
    if not spread:
        _crowd(network.nodes, picture)
    network.edges = [
        {
            "from": link.child,
            "to": link.base,
            "color": {
                "color": palette.look(link.relation or "unlabelled").colour,
                "opacity": 1 if spread or link.first else _PALE,
            },
            "width": round(1 + 5 * link.weight, 1) if link.first else 1,
            "dashes": link.known != "declared" or not link.first,
        }
        for link in picture.links
    ]
    return _harden(network.generate_html(), picture, kicker)


def _node(place: int, node: Node) -> dict[str, str | int | float]:
    amount = "unknown" if node.downloads is None else wording.short(node.downloads)
    host = palette.host(node.host)
    relation = palette.look(node.relation).one if node.relation and node.kind == "model" else ""
    words = [relation, node.account, host.word if node.host == "intermediary" else "", amount, *node.marks]
    words += [f"{node.listed:,} by intermediaries"] if node.kind != "model" and node.listed else []
    facts = "".join(f"\n{fact.name}: {fact.value}" for fact in node.facts)
    label = node.label if len(node.label) <= 40 else node.label[:24] + "…" + node.label[-15:]
    return {
        "id": place,
        "label": inert(label) + "\n" + inert(" · ".join(word for word in words if word)),
        "title": "\n".join(inert(line) for line in ((node.id or node.label) + facts).split("\n")),
        "shape": _SHAPES[host.shape] if node.kind == "model" else "square",
        "size": node.size,
        "color": palette.look(node.relation if node.relation or not place else "unlabelled").colour,
        "x": node.x + (_ASIDE if place else 0),
        "y": round(node.y * _DOWN, 1),
    }


def _crowd(written: list[dict[str, str | int | float]], picture: Picture) -> None:
    """Signs at their own places and, but for a few, without labels."""
    ranked = sorted(range(len(written)), key=lambda place: (-(picture.nodes[place].downloads or 0), place))
    for place in ranked:
        written[place] |= {"x": picture.nodes[place].x, "y": picture.nodes[place].y}
    labelled: list[Node] = []
    for place in ranked:
        node = picture.nodes[place]
        free = all(abs(node.x - other.x) > _WIDE or abs(node.y - other.y) > _HIGH for other in labelled)
        if free and len(labelled) < _LABELLED:
            labelled.append(node)
        else:
            written[place]["label"] = " "


def inert(text: str) -> str:
    """`text` for pyvis: what hides is shown, and the word that turns hover texts into markup is broken."""
    return re.sub("(?i)(h)(ref)", r"\1·\2", wording.clean(text))


def _harden(written: str, picture: Picture, kicker: str) -> str:
    """The inline parts of a pyvis page inside a page of ours."""
    found: dict[str, list[str]] = {"script": [], "style": []}
    for match in _INLINE.finditer(written):
        if "src" not in match["rest"]:
            found[match["tag"]].append(match["text"])
    values = {**common(picture), "kicker": kicker, "lede": picture.drawn}
    scripts = [*found["script"], part("pyvis.js")]
    return page("pyvis.html", values, scripts, [*found["style"], *parts("page.css", "picture.css")], light=True)
