"""A graph → a Mermaid flow chart, which GitHub and many others draw from the text as it is.

Mermaid reads entities, Markdown, icons, formulas and its own settings even inside quotes, so every character but
letters, digits and a few signs is written by its number, and what does not help against by one that looks like it.
"""

import re
from collections.abc import Iterator

from lineage.errors import UsageError
from lineage.views import wording
from lineage.views.files.graphfiles import MERMAID_NODES, GraphFile
from lineage.views.pictures import palette

#: What stands around a label, by sign, and the words for it.
_SHAPES = {
    "model": '["{}"]',
    "listed": '{{{{"{}"}}}}',
    "badge": '[["{}"]]',
    "stub": '["{}"]',
    "outside": '["{}"]',
    "publisher": '(["{}"])',
    "node": '["{}"]',
}

#: What Mermaid acts upon in any spelling (escapes, Markdown, links, icons, formulas, its own form of entities) is shown
#: by a sign that looks like it; no id that the Hub gives holds one of them.
ALIKE = str.maketrans("\\$:*`~[]<>&°¶ﬂ", "∖＄：∗ˋ∼［］‹›＆˚⁋f")

#: Names stand on one line, and signs as close as in our pages.
_CONFIG = ("config:", "  flowchart:", "    wrappingWidth: 420", "    nodeSpacing: 12", "    rankSpacing: 60")

_SIGNS = {
    "listed": "hexagon", "badge": "doubled box", "stub": "dashed box", "outside": "white box",
    "publisher": "rounded box", "node": "grey box",
}  # fmt: skip

_STROKES = {"declared": "", "stated": "stroke-dasharray:8 4", "inferred": "stroke-dasharray:2 4",
            "dangling": "stroke-dasharray:8 3 2 3"}  # fmt: skip
_LINES = {"stated": "dashed", "inferred": "dotted", "dangling": "dashes and dots"}


def write(graph: GraphFile) -> Iterator[bytes]:
    """The file. Raises UsageError for more signs than GitHub draws and a person reads."""
    sketch = graph.sketch()
    if sketch.nodes.num_rows > MERMAID_NODES:
        raise UsageError(
            f"Mermaid is for {MERMAID_NODES} signs at most, and here are {sketch.nodes.num_rows:,}: ask for fewer, "
            "or take --as dot."
        )
    title, said = _plain(sketch.title), (*sketch.head, *sketch.key(_SIGNS, _LINES))
    out = ["---", f'title: "{title}"', *_CONFIG, "---", "flowchart RL"]
    out += [f"  accTitle: {title}", f"  accDescr: {_plain(' '.join(said))}"]
    out += [f"  %% {_plain(line)}" for line in said]
    classes: dict[str, list[str]] = {}
    for place, sign in enumerate(sketch.nodes.to_pylist()):
        label = _label(sign["label"]) + (f"<br>{_label(sign['small'])}" if sign["small"] else "")
        out.append(f"  n{place}{_SHAPES[sign['shape']].format(label)}")
        pale = sign["shape"] if sign["shape"] in ("stub", "outside") else ""
        classes.setdefault(pale or sign["relation"] or "top", []).append(f"n{place}")
    styles: dict[str, list[str]] = {}
    for number, link in enumerate(sketch.links.to_pylist()):
        words = [] if link["known"] == "declared" else [link["known"]]
        words += [] if link["first"] else ["further base"]
        words += [] if link["type"] == "DERIVED_FROM" else [link["type"]]
        arrow = f'-->|"{_label(", ".join(words))}"|' if words else "-->"
        out.append(f"  n{link['child']} {arrow} n{link['base']}")
        style = f"stroke:{palette.look(link['relation']).colour}"
        dashes = _STROKES[link["known"]]
        styles.setdefault(f"{style},{dashes}" if dashes else style, []).append(str(number))
    out += [f"  linkStyle {','.join(numbers)} {style}" for style, numbers in sorted(styles.items())]
    for word, names in sorted(classes.items()):
        look = palette.look("" if word == "top" else word)
        looks = f"fill:{look.colour},color:{look.ink},stroke:#1f2933"
        if word in ("stub", "outside"):
            looks = "fill:#ffffff,color:#1f2933,stroke:#1f2933" + (",stroke-dasharray:4 3" if word == "stub" else "")
        out += [f"  classDef {word} {looks}", f"  class {','.join(names)} {word}"]
    yield ("\n".join(out) + "\n").encode()


def _label(text: str) -> str:
    """`text` between quotes: all but letters, digits and harmless signs by number, and what would begin a list."""
    text = re.sub(r"(?<![A-Za-z0-9])_|_(?![A-Za-z0-9])", "＿", wording.clean(text).translate(ALIKE))
    text = re.sub(r"[^\w\xa0 ,./()·–…’-]|_", lambda found: f"#{ord(found[0])};", text)
    return re.sub(r"^(#?\d+)\.(?=\s)|^-(?=\s)", lambda found: f"{found[1] or ''}#{46 if found[1] else 45};", text)


def _plain(text: str) -> str:
    """`text` in a comment, title or description, where nothing can be escaped: what would mean something is out."""
    return re.sub(r'[#{}"\\<>&`$|]|%(?=%)', "\ufffd", wording.clean(text).replace(";", ","))
