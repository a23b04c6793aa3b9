"""`lineage view family`: a family → one page to read, send and cite, or the same picture by pyvis.

family → tree → folded → picture (`tree.py`, `fold.py`, `draw.py`) → writer (`svg.py` and `page.py`, or `pyvis.py`).
What the page's scripts read: `outline.py` and `particulars.py`.
"""

from collections.abc import Mapping
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import pyarrow.compute as pc

from lineage.views import wording
from lineage.views.budget import BYTES, within
from lineage.views.families import captions, outline
from lineage.views.families.cuts import UNKNOWN, cuts
from lineage.views.families.draw import draw
from lineage.views.families.fold import Folded, fold
from lineage.views.families.particulars import largest, particulars
from lineage.views.families.tree import Tree, plant
from lineage.views.page import common, embed, page, parts
from lineage.views.pictures import palette
from lineage.views.pictures.picture import Fact, Picture
from lineage.views.pictures.svg import svg

if TYPE_CHECKING:
    from lineage.answers.family import Family

#: What the page runs, and what it looks like: files of `parts`.
SCRIPTS = ("page.js", "family.js", "outline.js", "card.js", "picture.js", "controls.js")
STYLES = ("page.css", "picture.css", "outline.css", "controls.css")


def family_page(family: "Family", *, nodes: int = 60) -> str:
    """The family as one HTML file: facts, folded picture, outline. About `nodes` things are drawn.

    The same family gives the same text, in whatever order its rows come. It lists fewer models, and says so, where
    names are so long that it would weigh more than `BYTES`; where what is drawn weighs more, names are cut. Raises
    ValueError where the family does not hold its own top.
    """
    return within(lambda found, said: _page(found, nodes, said), family)


def _page(family: "Family", nodes: int, said: str) -> str:
    """The page with as many models listed as it can hold, at least those that are drawn."""
    folded, picture = _picture(family, nodes)
    picture = replace(picture, notes=(*picture.notes, said)) if said else picture
    told = cuts(folded.tree)
    of_badges, short = largest(folded)
    keep = {int(one.heads[0]) for one in folded.drawn if one.kind == "model"} | of_badges
    ranked = outline.ranking(folded.tree, keep)
    limit = max(outline.LISTED, len(keep))
    while True:
        rows = sorted(ranked[:limit])
        values = _values(family, folded, picture, rows)
        data = outline.columns(folded.tree, rows) | particulars(family, folded, picture, told, rows)
        values = {**values, "data": embed(data | ({"short": sorted(short)} if short else {}))}
        text = page("family.html", values, parts(*SCRIPTS), parts(*STYLES))
        size = len(text.encode())
        if size <= BYTES or len(rows) <= len(keep):
            return text
        limit = max(len(keep), min(len(rows) - 1, len(rows) * BYTES // size * 99 // 100))


def family_picture(family: "Family", nodes: int = 60) -> Picture:
    """The folded picture alone, for the writers of other formats."""
    return _picture(family, nodes)[1]


def family_pyvis(family: "Family", *, nodes: int = 60) -> str:
    """The same folded picture as an HTML file that pyvis wrote, made inert and self-contained."""
    # Imported here: pyvis takes half a second and brings IPython.
    from lineage.views.pictures.pyvis import write

    return write(_picture(family, nodes)[1])


def _picture(family: "Family", nodes: int) -> tuple[Folded, Picture]:
    folded = fold(plant(family), nodes)
    return folded, draw(family, folded, header(family, folded.tree, captions.drawn_briefly(folded)))


def header(family: "Family", tree: Tree, drawn: str) -> tuple[Fact, ...]:
    """Where the numbers come from: the first line of every page. `drawn`: how much of it is drawn, in words."""
    links, outside = family.links.num_rows, family.links["inside"].to_pylist().count(False)
    beyond = f", {outside:,} of them to bases outside this family" if outside else ""
    return (
        Fact("Snapshot", f"{family.snapshot}, {wording.day(family.taken_at)}"),
        Fact("Source", family.source),
        Fact("Family", f"{wording.count(tree.listed, 'model')}, {wording.count(links, 'link')}{beyond}"),
        Fact("Drawn", drawn),
        Fact("Basis", family.basis),
        Fact("Downloads", wording.window(family.window)),
    )


def _values(family: "Family", folded: Folded, picture: Picture, rows: list[int]) -> Mapping[str, Any]:
    """Everything that `family.html` names, except style, script and data."""
    tree = folded.tree
    top = tree.facts(0)
    account, name = wording.split(top["id"])
    where = {row: number for number, row in enumerate(rows)}
    hosts = tree.table["publisher"].fill_null("").filter(pc.invert(tree.table["stub"]))
    accounts = pc.count_distinct(pc.utf8_lower(hosts)).as_py()
    shown = common(picture)
    told = [
        lines
        for lines, legend in zip(shown["legends"], picture.legends, strict=True)
        if [entry.key for entry in legend.entries] not in ([], [UNKNOWN])
    ]
    return {
        **shown,
        "legends": told,
        "kicker": "Model family",
        "account": account and account + "/",
        "name": name,
        "address": [{"href": href} for href in [wording.address(top["id"])] if href],
        "about": about(top),
        "lede": lede(tree, picture, family.window),
        "made_from": bool(family.ancestors),
        "nearest_first": len(family.ancestors) > 1,
        "ancestors": [
            {"base": base, "relation": palette.look(relation or "unlabelled").one}
            for base, relation in family.ancestors
        ],
        "stub": bool(top["stub"]),
        "several": len(tree) > 1,
        "own": wording.exact(top["downloads"]),
        "full": wording.exact(top["full"]),
        "family_downloads": wording.exact(picture.downloads),
        "derived": wording.exact(top["descendants"]),
        "accounts": wording.exact(accounts),
        "window": wording.window(family.window),
        "svg": svg(_numbered(picture, where, len(tree))),
        **{f"has_{mark}": mark in picture.marks for mark in captions.MARKS},
        "has_lines": any(mark in picture.marks for mark in captions.LINES),
        "listed": _listed(tree, rows),
        "snapshot": family.snapshot,
        "day": wording.day(family.taken_at),
        "source": family.source,
        "basis": family.basis,
        "basis_about": wording.basis(family.basis),
        "models": wording.count(tree.listed, "model"),
    }


def lede(tree: Tree, picture: Picture, window: str) -> str:
    """The one sentence that a reader takes along. Its parts stand in the tables below it."""
    name = tree.columns["id"][0]
    if len(tree) == 1:
        return f"No model in this snapshot is derived from {name}."
    hosts = {entry.key: entry for legend in picture.legends if legend.by == "host" for entry in legend.entries}
    listed, total = hosts["intermediary"], picture.downloads
    own = tree.columns["downloads"][0]
    text = f"{wording.count(len(tree) - 1, 'model stands', 'models stand')} on {name}."
    if not total:
        return text
    text += f" Of the family’s {wording.count(total, 'download')} ({wording.window(window)}), "
    hosted = f"{wording.share(listed.downloads, total)} went to what listed intermediaries host."
    if not listed.models:
        hosted = "none went to listed intermediaries, which host no model of it."
    if own is None:
        return text + hosted
    return f"{text}{wording.share(own, total)} went to the model itself; {hosted}"


def about(top: Mapping[str, Any]) -> list[dict[str, str]]:
    """Who made the model and what it is, as far as the snapshot knows."""
    facts = [("Published by", top["publisher"] or "an account without a name")]
    if top["owner"] and top["owner"] != top["publisher"]:
        facts.append(("Owner", top["owner"]))
    if top["licences"]:
        facts.append(("Licence", ", ".join(top["licences"])))
    facts += [("Task", top["pipeline_tag"]), ("Library", top["library"])]
    if top["created_at"]:
        facts.append(("Created", f"{top['created_at']:%Y-%m-%d}"))
    return [{"fact": fact, "value": value} for fact, value in facts if value]


def _numbered(picture: Picture, where: Mapping[int, int], models: int) -> Picture:
    """The picture with rows numbered as in the outline, which may list fewer models than the tree has."""
    if len(where) == models:
        return picture
    return replace(picture, nodes=tuple(replace(node, row=where[node.row]) for node in picture.nodes))


def _listed(tree: Tree, rows: list[int]) -> str:
    base = " and their base" if tree.listed < len(tree) else ""
    if len(rows) == len(tree):
        return (
            f"All {wording.count(tree.listed, 'model')} of the family{base}." if len(tree) > 1 else "The model itself."
        )
    return (
        f"The {len(rows):,} models of most downloads, with the bases they hang on; the other "
        f"{len(tree) - len(rows):,} are counted under their bases."
    )
