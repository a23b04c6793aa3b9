"""`lineage view family --all`: every model of a family, drawn on a canvas in the page.

family → tree (`tree.py`) → places (`bubbles.py`) and columns (`outline.py`) → page (`bubbles.html`, `bubbles*.js`).
"""

from collections.abc import Mapping
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import numpy as np

from lineage.errors import UsageError
from lineage.views import wording
from lineage.views.budget import within
from lineage.views.families import captions, outline
from lineage.views.families.bubbles import bubbles, discs
from lineage.views.families.cuts import UNKNOWN, cuts
from lineage.views.families.draw import draw
from lineage.views.families.family import about, header, lede
from lineage.views.families.fold import fold
from lineage.views.families.particulars import particulars
from lineage.views.families.tree import Tree, plant
from lineage.views.page import common, embed, page, parts
from lineage.views.pictures import palette
from lineage.views.pictures.picture import Picture

if TYPE_CHECKING:
    from lineage.answers.family import Family

#: So many models a browser draws while one waits, and so many the second writer does.
MOST, MOST_PYVIS = 20_000, 2_000

#: Radii of the smallest and the largest disc, in units of the picture, and the room kept free around each.
SMALLEST, LARGEST, AROUND = 6, 56, 1.5
#: A square on its corner that has the area of a circle reaches so much further.
CORNER = 1.25

SCRIPTS = ("page.js", "family.js", "outline.js", "bubbles.js", "bubbles_view.js", "bubbles_tools.js")
STYLES = ("page.css", "picture.css", "bubbles.css", "outline.css")


def check(family: "Family", most: int) -> None:
    """Raises UsageError, with what to do instead, where a family has more than `most` models to draw."""
    models = family.members.num_rows
    if models <= most:
        return
    limit, instead = f"--all draws at most {most:,}", "Leave out --all for the folded page, or export it: --as graphml"
    if most == MOST_PYVIS:
        limit += " with --writer pyvis"
        instead = "Leave out --writer pyvis" + (f" (to {MOST:,})" if models <= MOST else "") + ", or --all"
    raise UsageError(f"The family of {family.model} has {models:,} models; {limit}. {instead}.")


def family_canvas(family: "Family") -> str:
    """The family as one HTML file with every model drawn, and the outline of all below.

    The same family gives the same text, in whatever order its rows come. Where names are so long that it would weigh
    more than a page may, they are cut, and it says so. Raises UsageError for more than `MOST` models, ValueError where
    the family does not hold its own top.
    """
    check(family, MOST)
    return within(_page, family)


def _page(family: "Family", said: str) -> str:
    tree = plant(family)
    folded = fold(tree, 60)  # for the words, and for what the scripts of both pages share
    small = draw(family, folded, header(family, tree, f"all {tree.listed:,}, nothing dropped"))
    missing = len(tree) - tree.listed
    base = f", and {wording.count(missing, 'base')} not in the snapshot" if missing else ""
    drawn = f"Drawn: all {wording.count(tree.listed, 'model')}{base}; nothing folded, nothing dropped."
    rows = list(range(len(tree)))
    data = outline.columns(tree, rows) | particulars(family, folded, small, cuts(tree), rows) | columns(tree)
    notes = (*small.notes, said) if said else small.notes
    values = {**_values(family, tree, replace(small, drawn=drawn, notes=notes), data), "data": embed(data)}
    return page("bubbles.html", values, parts(*SCRIPTS), parts(*STYLES))


def family_canvas_pyvis(family: "Family") -> str:
    """The same picture as an HTML file that pyvis wrote. Raises UsageError for more than `MOST_PYVIS` models."""
    check(family, MOST_PYVIS)
    # Imported here: pyvis takes half a second and brings IPython.
    from lineage.views.pictures.pyvis import write

    tree = plant(family)
    folded = fold(tree, 2 * len(tree))
    picture = draw(family, folded, header(family, tree, captions.drawn_briefly(folded)))
    x, y, sizes, _ = places(tree)
    nodes = tuple(
        replace(node, x=float(x[node.row]), y=float(y[node.row]), size=float(sizes[node.row])) for node in picture.nodes
    )
    return write(replace(picture, nodes=nodes), spread=False)


def _values(family: "Family", tree: Tree, picture: Picture, data: Mapping[str, Any]) -> Mapping[str, Any]:
    """Everything that `bubbles.html` names, except style, script and data."""
    top = tree.facts(0)
    account, name = wording.split(top["id"])
    shown = common(picture)
    told = zip(shown["legends"], picture.legends, strict=True)
    return {
        **shown,
        # a cut that knows nothing tells nothing
        "legends": [lines for lines, legend in told if [entry.key for entry in legend.entries] not in ([], [UNKNOWN])],
        "kicker": "Model family, every model",
        "account": account and account + "/",
        "name": name,
        "address": [{"href": href} for href in [wording.address(top["id"])] if href],
        "about": about(top),
        "lede": lede(tree, picture, family.window),
        "stub": bool(top["stub"]),
        "window": wording.window(family.window),
        "has_intermediary": "intermediary" in tree.table["kind"].to_pylist(),
        "has_merge": any(len(each) > 1 for each in data["further"].values()),
        "has_stub": any(tree.table["stub"].to_pylist()),
        **{f"has_{word}": word in tree.link for word in captions.LINES},
        "snapshot": family.snapshot,
        "day": wording.day(family.taken_at),
        "source": family.source,
        "basis": family.basis,
        "basis_about": wording.basis(family.basis),
        "models": wording.count(tree.listed, "model"),
    }


def columns(tree: Tree) -> dict[str, Any]:
    """What the canvas needs beside the data of the folded page, by tree row, lengths in units of the picture.

    `x`, `y`: places. `r`: radius by downloads; `wide`: by those with everything derived, by row, if not `least`.
    """
    x, y, own, full = places(tree)
    return {
        "x": x.tolist(),
        "y": y.tolist(),
        "r": own.tolist(),
        "least": SMALLEST,
        "wide": {str(row): wide for row, wide in enumerate(full.tolist()) if wide > SMALLEST},
    }


def places(tree: Tree) -> tuple[Any, ...]:
    """x, y, radius by downloads and radius by downloads with everything derived, of every row.

    Each model has the room of the larger of its two discs: changing what sizes mean moves nothing.
    """
    own, full = (discs(tree.table[name].to_pylist(), SMALLEST, LARGEST) for name in ("downloads", "full"))
    wide = np.maximum(own, full).astype(float)
    diamond = np.array([palette.host(kind).shape == "diamond" for kind in tree.table["kind"].to_pylist()])
    room = np.maximum(wide + AROUND, np.where(diamond, wide * CORNER, 0.0))
    number = {word: place for place, word in enumerate(palette.RELATIONS)}
    group = [number.get(word, number["unlabelled"]) for word in tree.relation]
    return *bubbles(tree.parent, group, room.tolist()), own, full
