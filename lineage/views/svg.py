"""`Picture` → SVG text. Built as an element tree, so that escaping is never ours to forget.

Colours of relations are attributes; ink, paper and fonts are classes of `page.css`, which knows light and dark.
"""

from xml.etree import ElementTree as xml

from lineage.views import palette, wording
from lineage.views.draw import BEND
from lineage.views.picture import Link, Node, Picture

#: Widths of characters in parts of the font size, wide enough for the fonts that `page.css` asks for.
_NARROW, _BROAD = frozenset("iljtfrI.,:;|'!()[]-/ "), frozenset("mwMW@%")
_DASHES = {"inferred": "7 4", "dangling": "1.5 4"}


def svg(picture: Picture) -> str:
    """The picture as one `<svg>` element, to stand in a page."""
    root = xml.Element(
        "svg",
        {
            "class": "picture",
            "xmlns": "http://www.w3.org/2000/svg",
            "viewBox": f"0 0 {picture.width:g} {picture.height:g}",
            "width": f"{picture.width:g}",
            "height": f"{picture.height:g}",
            "role": "img",
            "aria-labelledby": "picture-title",
            "aria-describedby": "picture-drawn",
        },
    )
    xml.SubElement(root, "title", {"id": "picture-title"}).text = f"Family tree of {wording.clean(picture.title)}"
    lines = xml.SubElement(root, "g", {"fill": "none"})
    stems = {link.base for link in picture.links if link.first}
    column = min((node.x for node in picture.nodes[1:]), default=0) - picture.nodes[0].x
    for place in sorted(stems):
        node = picture.nodes[place]
        end = node.x + column - BEND
        xml.SubElement(lines, "path", {"class": "stem", "d": f"M{node.x:g} {node.y:g}H{end:g}"})
    for link in sorted(picture.links, key=lambda link: -link.weight):
        _link(lines, link, picture, column)
    for place, node in enumerate(picture.nodes):
        _node(root, node, place in stems)
    return xml.tostring(root, encoding="unicode")


def _link(parent: xml.Element, link: Link, picture: Picture, column: float) -> None:
    base, child = picture.nodes[link.base], picture.nodes[link.child]
    if link.first:
        start, turn = base.x + column - BEND, base.x + column - BEND / 2
        path = f"M{start:g} {base.y:g}C{turn:g} {base.y:g} {turn:g} {child.y:g} {child.x:g} {child.y:g}"
        line = {"class": "link", "stroke": palette.look(link.relation).colour, "stroke-width": f"{_width(link):g}"}
        if not link.relation:
            line["stroke"] = palette.look("unlabelled").colour
        if link.known in _DASHES:
            line["stroke-dasharray"] = _DASHES[link.known]
    else:  # a further base of a merge: a faint line from the base's sign, behind everything
        middle = (base.x + child.x) / 2 - 40
        path = f"M{base.x:g} {base.y:g}C{middle:g} {base.y:g} {middle:g} {child.y:g} {child.x:g} {child.y:g}"
        line = {"class": "further"}
    xml.SubElement(parent, "path", {**line, "d": path})


def _width(link: Link) -> float:
    return round(1.4 + 6.6 * link.weight, 1)


def _node(parent: xml.Element, node: Node, built_on: bool) -> None:
    group = xml.SubElement(parent, "g", {"class": f"node {node.kind}", "data-row": str(node.row)})
    title = wording.clean(node.id or node.label)
    facts = "".join(f"\n{wording.clean(fact.name)}: {wording.clean(fact.value)}" for fact in node.facts)
    xml.SubElement(group, "title").text = title + facts
    _sign(group, node)
    look = palette.look(node.relation)
    if look.letter and node.kind != "branches":
        letter = xml.SubElement(
            group, "text", {"class": "letter", "x": f"{node.x:g}", "y": f"{node.y + 3.4:g}", "fill": look.ink}
        )
        letter.text = look.letter
    left = round(node.x + node.size + 7, 1)
    lift = 7 if built_on else 3
    first = {"class": "name", "x": f"{left:g}", "y": f"{node.y - lift:g}"}
    xml.SubElement(group, "text", first).text = fit(wording.clean(node.label), node.room, 12.5)
    second = xml.SubElement(group, "text", {"class": "facts", "x": f"{left:g}", "y": f"{node.y + lift + 8:g}"})
    amount = "unknown" if node.downloads is None else wording.short(node.downloads)
    rest = " · ".join([amount, *node.marks])
    listed = "intermediary " if node.host == "intermediary" else ""
    account = fit(wording.clean(node.account), node.room - width(listed + " · " + rest, 11), 11)
    if listed:
        xml.SubElement(second, "tspan", {"class": "listed"}).text = listed
    tail = xml.SubElement(second, "tspan")
    tail.text = " · ".join(part for part in (account, rest) if part)


def _sign(parent: xml.Element, node: Node) -> None:
    """A circle; a diamond for an intermediary; a stack for a badge; hollow where it is not in the snapshot."""
    colour = palette.look(node.relation).colour if node.relation else ""
    look = {"class": "sign top" if not node.relation else "sign", **({"fill": colour} if colour else {})}
    if node.kind == "branches":
        look["class"] = "sign branches"
    if "not in the snapshot" in node.marks:
        look["class"] += " stub"
    if node.kind != "model":
        step = max(3.0, node.size * 0.22)
        for shift in (2 * step, step):
            behind = {"cx": f"{node.x - shift:g}", "cy": f"{node.y:g}", "r": f"{node.size:g}"}
            xml.SubElement(parent, "circle", {**look, "class": look["class"] + " behind", **behind})
    if node.host == "intermediary":
        reach = node.size * 1.25  # a square on its corner with the area of the circle
        points = ((0, -reach), (reach, 0), (0, reach), (-reach, 0))
        corners = " ".join(f"{node.x + dx:g},{node.y + dy:g}" for dx, dy in points)
        xml.SubElement(parent, "polygon", {**look, "points": corners})
    else:
        middle = {"cx": f"{node.x:g}", "cy": f"{node.y:g}", "r": f"{node.size:g}"}
        xml.SubElement(parent, "circle", {**look, **middle})


def width(text: str, size: float) -> float:
    """About how wide a text is set; rather too wide than too narrow."""
    total = 0.0
    for char in text:
        if char in _NARROW:
            total += 0.36
        elif char in _BROAD:
            total += 0.92
        elif char.isupper():
            total += 0.7
        else:
            total += 0.58 if char.isascii() else 1.05
    return total * size


def fit(text: str, room: float, size: float) -> str:
    """`text`, or its beginning and end around an ellipsis: what sets quantizations apart is at the end."""
    if width(text, size) <= room:
        return text
    for length in range(min(len(text) - 1, 90), 1, -1):
        head = (length * 3 + 4) // 5
        short = text[:head] + "…" + text[len(text) - (length - head):]
        if width(short, size) <= room:
            return short
    return "…"
