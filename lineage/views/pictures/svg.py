"""`Picture` → SVG text. Built as an element tree, so that escaping is never ours to forget.

Colours of relations are attributes, and classes by which `picture.css` can change them; ink, paper and fonts are
classes only. A model's stem runs under its name to a trunk from which its derivatives branch off; stem and trunk are
as wide as what still goes through them.
"""

from collections import defaultdict
from xml.etree.ElementTree import Element, SubElement, tostring

from lineage.views import wording
from lineage.views.families.draw import DIAMOND
from lineage.views.pictures import palette
from lineage.views.pictures.picture import Link, Node, Picture
from lineage.views.pictures.routes import Routes

#: Widths of characters in parts of the font size, for the wider of the fonts that `page.css` asks for.
_NARROW, _BROAD = frozenset("iljtfrI.,:;|'!()[]-/ "), frozenset("mwMW@%")
_DASHES = {"stated": "16 4", "inferred": "7 4", "dangling": "1.5 4"}
#: Signs that stand for several models.
_BADGES = ("leaves", "branches")
#: Radius of the bend from a trunk to a derivative; sizes of a label's first line (for the base, for others) and second.
BEND, TITLE, NAME, SMALL = 9.0, 15.0, 12.5, 11.0


def svg(picture: Picture) -> str:
    """The picture as one `<svg>` element, to stand in a page."""
    root = Element(
        "svg",
        {
            "class": "picture net" if picture.net else "picture",
            "xmlns": "http://www.w3.org/2000/svg",
            "viewBox": f"0 0 {picture.width:g} {picture.height:g}",
            "width": f"{picture.width:g}",
            "height": f"{picture.height:g}",
            "role": "img",
            "aria-labelledby": "picture-title",
            "aria-describedby": "picture-drawn",
        },
    )
    SubElement(root, "title", {"id": "picture-title"}).text = f"{picture.name} {wording.clean(picture.title)}"
    lines = SubElement(root, "g", {"fill": "none"})
    below: dict[int, list[Link]] = defaultdict(list)
    further: dict[int, list[str]] = defaultdict(list)
    across = {link.base for link in picture.links if picture.net}
    routes = Routes(picture.nodes, picture.height)
    for link in picture.links:
        if link.first:
            below[link.base].append(link)
        elif picture.net:
            _across(lines, picture, link, routes)
        else:
            further[link.child].append(_arc(picture.nodes[link.base], picture.nodes[link.child]))
    for base, links in below.items():
        _branches(lines, picture, picture.nodes[base], links)
    for place, node in enumerate(picture.nodes):
        stem = _width(sum(link.weight for link in below[place])) if place and place in below else 0.0
        if place in across:
            stem = max(stem, _width(0.0))
        _node(root, node, stem, further[place])
    return tostring(root, encoding="unicode")


def _branches(parent: Element, picture: Picture, base: Node, links: list[Link]) -> None:
    """Stem, trunk, and a line to each derivative."""
    turn = round(min(picture.nodes[link.child].x for link in links) - picture.bend, 1)
    if turn > base.x:
        _line(parent, f"M{base.x:g} {base.y:g}H{turn:g}", sum(link.weight for link in links))
    for side in (-1, 1):  # above and below the stem; from the far end the trunk grows with each branch
        far = [link for link in links if (picture.nodes[link.child].y - base.y) * side > BEND]
        far.sort(key=lambda link: (picture.nodes[link.child].y * -side, link.child))
        weight = 0.0
        for place, link in enumerate(far):
            weight += link.weight
            y = picture.nodes[link.child].y - side * BEND
            inner = picture.nodes[far[place + 1].child].y - side * BEND if place + 1 < len(far) else base.y
            _line(parent, f"M{turn:g} {y:g}V{inner:g}", weight)
    for link in links:
        child = picture.nodes[link.child]
        side = 1 if child.y > base.y else -1
        if abs(child.y - base.y) > BEND:
            path = f"M{turn:g} {child.y - side * BEND:g}q0 {side * BEND:g} {BEND:g} {side * BEND:g}H{child.x:g}"
        else:
            path = f"M{turn:g} {base.y:g}L{child.x:g} {child.y:g}"
        SubElement(parent, "path", _stroke(link) | {"d": path})


def _stroke(link: Link) -> dict[str, str]:
    """Colour by relation, width by weight, dashes by how it is known or by its type."""
    line = {
        "class": f"link {_class(link.relation)}",
        "data-child": str(link.child),
        "stroke": palette.look(link.relation or "unlabelled").colour,
        "stroke-width": f"{_width(link.weight):g}",
    }
    dashes = _DASHES.get(link.known) or palette.line(link.type).dashes
    if dashes:
        line["stroke-dasharray"] = dashes
    return line


def _across(parent: Element, picture: Picture, link: Link, routes: Routes) -> None:
    """A line that leaves the tree, with an arrow at its base, for where it runs does not tell its direction."""
    base, child = picture.nodes[link.base], picture.nodes[link.child]
    end = round(child.x - child.size, 1)
    if base.x < child.x:  # along its own row to the next column, then over
        start = round(base.x + base.size + 2, 1)
        path, y = f"M{start:g} {base.y:g}", base.y
        for x, level in [*routes.levels(base, child, link.base), (child.x, child.y)]:
            turn, stop = round(x - picture.bend, 1), end if x == child.x else round(x - 4, 1)
            middle = round((turn + stop) / 2, 1)
            path += f"H{turn:g}C{middle:g} {y:g} {middle:g} {level:g} {stop:g} {level:g}"
            y = level
    else:  # in a circle: around the left
        start = round(base.x - base.size - 2, 1)
        middle = round(min(start, end) - picture.bend, 1)
        path = f"M{start:g} {base.y:g}C{middle:g} {base.y:g} {middle:g} {child.y:g} {end:g} {child.y:g}"
    SubElement(parent, "path", _stroke(link) | {"d": path})
    if link.type == "PUBLISHED":
        return  # the signs at its ends tell
    tip = 7 if base.x < child.x else -7
    arrow = f"M{start:g} {base.y:g}l{tip:g} -4v8z"
    SubElement(parent, "path", {"class": f"arrow {_class(link.relation)}", "d": arrow})


def _line(parent: Element, path: str, weight: float) -> None:
    SubElement(parent, "path", {"class": "stem", "d": path, "stroke-width": f"{_width(weight):g}"})


def _width(weight: float) -> float:
    return round(1.2 + 6.8 * min(weight, 1.0), 1)


def _arc(base: Node, child: Node) -> str:
    """A line to a further base of a merge; it shows when the merge is pointed at."""
    middle = min(base.x, child.x) - 60 if abs(base.x - child.x) < 80 else (base.x + child.x) / 2
    return f"M{base.x:g} {base.y:g}C{middle:g} {base.y:g} {middle:g} {child.y:g} {child.x:g} {child.y:g}"


def _class(relation: str) -> str:
    """The class that gives a relation its colour in the reader's theme."""
    return f"relation-{relation if relation in palette.RELATIONS and relation else 'unlabelled'}"


def _node(parent: Element, node: Node, stem: float, further: list[str]) -> None:
    group = SubElement(parent, "g", {"class": f"node {node.kind}", "data-row": str(node.row)})
    title = wording.clean(node.id or node.label)
    facts = "".join(f"\n{wording.clean(fact.name)}: {wording.clean(fact.value)}" for fact in node.facts)
    SubElement(group, "title").text = title + facts
    for path in further:
        SubElement(group, "path", {"class": "further", "d": path, "fill": "none"})
    _sign(group, node)
    look = palette.look(node.relation)
    if look.letter and node.kind != "branches":
        place = {"class": "letter", "x": f"{node.x:g}", "y": f"{round(node.y + 3.4, 1):g}", "fill": look.ink}
        SubElement(group, "text", place).text = look.letter
    left = round(node.x + node.size + 7, 1)
    lift = 6 + stem / 2 if stem else 3  # text stands above and below the stem
    size = NAME if node.relation or node.kind != "model" else TITLE
    first = {"class": "name", "font-size": f"{size:g}", "x": f"{left:g}", "y": f"{round(node.y - lift, 1):g}"}
    SubElement(group, "text", first).text = fit(wording.clean(node.label), node.room, size * 1.14)  # bold
    under = {"class": "facts", "x": f"{left:g}", "y": f"{round(node.y + lift + 8, 1):g}"}
    second = SubElement(group, "text", under)
    absent = "not in the snapshot" in node.marks
    amount = "" if node.kind == "bare" else "unknown" if node.downloads is None else wording.short(node.downloads)
    if absent and node.downloads is None:
        amount = ""  # where it is not there, nobody expects to know
    rest = " · ".join(part for part in (amount, *map(wording.clean, node.marks)) if part)
    before = "intermediary " if node.host == "intermediary" else ""
    after = f"{node.listed:,} by intermediaries" if node.kind in _BADGES and node.listed else ""
    room = node.room - width(before + " · ".join(part for part in ("", rest, after) if part or not rest), SMALL)
    account = fit(wording.clean(node.account), room, SMALL)
    # apart, for a reader may have another amount stand there
    host, marks = account + " · " if account and rest else account, rest[len(amount) :] + (" · " if after else "")
    for text, name in ((before, "listed"), (host, ""), (amount, "amount"), (marks, ""), (after, "listed")):
        if text:
            SubElement(second, "tspan", {"class": name} if name else {}).text = text


def _sign(parent: Element, node: Node) -> None:
    """A circle; a diamond for an intermediary; a square for a publisher; a stack for a badge; hollow where it is not in
    the snapshot, or nothing but its id is known."""
    top = node.kind not in _BADGES and not node.relation
    look = {
        "class": "sign relation-top" if top else f"sign {_class(node.relation)}",
        "fill": palette.look(node.relation if node.relation or top else "unlabelled").colour,
    }
    if "not in the snapshot" in node.marks or node.kind == "bare":
        look["class"] += " stub"
    if node.host == "publisher":
        side = round(node.size * 1.78, 1)  # a square with the area of the circle
        corner = {"x": f"{round(node.x - side / 2, 1):g}", "y": f"{round(node.y - side / 2, 1):g}"}
        SubElement(parent, "rect", {**look, **corner, "width": f"{side:g}", "height": f"{side:g}", "rx": "2"})
        return
    if node.kind in _BADGES:
        step = max(3.0, node.size * 0.22)
        for shift in (2 * step, step):
            back = {"cx": f"{round(node.x - shift, 1):g}", "cy": f"{node.y:g}", "r": f"{node.size:g}"}
            SubElement(parent, "circle", {**look, "class": look["class"] + " behind", **back})
    if node.host == "intermediary":
        reach = node.size * DIAMOND  # a square on its corner with the area of the circle
        points = ((0, -reach), (reach, 0), (0, reach), (-reach, 0))
        corners = " ".join(f"{round(node.x + dx, 1):g},{round(node.y + dy, 1):g}" for dx, dy in points)
        SubElement(parent, "polygon", {**look, "points": corners})
    else:
        middle = {"cx": f"{node.x:g}", "cy": f"{node.y:g}", "r": f"{node.size:g}"}
        SubElement(parent, "circle", {**look, **middle})


def width(text: str, size: float) -> float:
    """About how wide a text is set; rather too wide than too narrow."""
    total = 0.0
    for char in text:
        if char in _NARROW:
            total += 0.34
        elif char in _BROAD:
            total += 0.92
        elif char.isupper():
            total += 0.67
        else:
            total += 0.57 if char.isascii() else 1.05
    return total * size


def fit(text: str, room: float, size: float) -> str:
    """`text`, or its beginning and end around an ellipsis: what sets quantizations apart is at the end."""
    if not text or width(text, size) <= room:
        return text
    for length in range(min(len(text) - 1, 90), 1, -1):
        head = (length * 3 + 4) // 5
        short = text[:head] + "…" + text[len(text) - (length - head) :]
        if width(short, size) <= room:
            return short
    return "…"
