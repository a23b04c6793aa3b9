"""`lineage view family`: a family → one page to read, send and cite, or the same picture by pyvis.

family → tree → folded → picture (`tree.py`, `fold.py`, `draw.py`) → writer (`svg.py` and `page.py`, or `pyvis.py`).
"""

from collections.abc import Mapping
from typing import Any

from lineage import __version__
from lineage.views import outline, palette, wording
from lineage.views.draw import MARKS, draw
from lineage.views.fold import Folded, fold
from lineage.views.page import page
from lineage.views.picture import Entry, Fact, Legend, Picture
from lineage.views.svg import svg
from lineage.views.tree import FamilyLike, Tree, plant

#: What a page may weigh. It lists fewer models, and says so, when names are so long that it would weigh more.
BYTES = 1_000_000


def family_page(family: FamilyLike, *, nodes: int = 60) -> str:
    """The family as one HTML file: facts, folded picture, outline. About `nodes` things are drawn.

    The same family gives the same text, in whatever order its rows come. Raises ValueError where the
    family does not hold its own top.
    """
    folded, picture = _picture(family, nodes)
    keep = {one.heads[0] for one in folded.drawn if one.kind == "model"}
    limit = outline.LISTED
    while True:
        rows = outline.listed(folded.tree, keep, limit)
        text = page(_values(family, folded, picture, rows), outline.columns(folded.tree, rows))
        size = len(text.encode())
        if size <= BYTES or len(rows) <= len(keep):
            return text
        limit = min(len(rows) - 1, len(rows) * BYTES // size * 97 // 100)


def family_pyvis(family: FamilyLike, *, nodes: int = 60) -> str:
    """The same folded picture as an HTML file that pyvis wrote, made inert and self-contained."""
    # Imported here: pyvis takes half a second and brings IPython.
    from lineage.views.pyvis import write

    return write(_picture(family, nodes)[1])


def _picture(family: FamilyLike, nodes: int) -> tuple[Folded, Picture]:
    folded = fold(plant(family), nodes)
    return folded, draw(family, folded, _header(family, folded.tree))


def _header(family: FamilyLike, tree: Tree) -> tuple[Fact, ...]:
    """Where the numbers come from: the first line of every page."""
    links, outside = family.links.num_rows, family.links["inside"].to_pylist().count(False)
    beyond = f", {outside:,} of them to bases outside this family" if outside else ""
    return (
        Fact("Snapshot", f"{family.snapshot}, {wording.day(family.taken_at)}"),
        Fact("Source", family.source),
        Fact("Family", f"{wording.count(len(tree), 'model')}, {wording.count(links, 'link')}{beyond}"),
        Fact("Basis", family.basis),
        Fact("Downloads", wording.window(family.window)),
    )


def _values(family: FamilyLike, folded: Folded, picture: Picture, rows: list[int]) -> Mapping[str, Any]:
    """Everything that `page.html` names, except style, script and data."""
    tree = folded.tree
    top = {name: values[0] for name, values in tree.columns.items()}
    account, name = wording.split(top["id"])
    where = {row: number for number, row in enumerate(rows)}
    accounts = len({(one or "").lower() for one in tree.columns["publisher"]})
    return {
        "title": top["id"],
        "account": account and account + "/",
        "name": name,
        "address": [{"href": href} for href in [wording.address(top["id"])] if href],
        "header": [{"fact": fact.name, "value": fact.value} for fact in picture.header],
        "about": _about(top),
        "lede": _lede(tree, picture, family.window),
        "made_from": bool(family.ancestors),
        "ancestors": [
            {"base": base, "relation": palette.look(relation or "unlabelled").one}
            for base, relation in family.ancestors
        ],
        "stub": bool(top["stub"]),
        "several": len(tree) > 1,
        "own": wording.exact(top["downloads"]),
        "full": wording.exact(top["full"]),
        "derived": wording.exact(top["descendants"]),
        "accounts": wording.exact(accounts),
        "window": wording.window(family.window),
        "legends": [_legend(legend, picture) for legend in picture.legends],
        "drawn": picture.drawn,
        "svg": svg(_numbered(picture, where)),
        **{f"has_{mark}": mark in picture.marks for mark in MARKS},
        "words": [{"sentence": sentence} for sentence in picture.words],
        "listed": _listed(tree, rows),
        "notes": [{"note": note} for note in picture.notes],
        "version": __version__,
        "snapshot": family.snapshot,
        "day": wording.day(family.taken_at),
        "taken_at": family.taken_at,
        "source": family.source,
        "basis": family.basis,
        "basis_about": wording.basis(family.basis),
        "models": wording.count(len(tree), "model"),
    }


def _lede(tree: Tree, picture: Picture, window: str) -> str:
    """The one sentence that a reader takes along. Its parts stand in the tables below it."""
    name = tree.columns["id"][0]
    if len(tree) == 1:
        return f"No model in this snapshot is derived from {name}."
    hosts = {entry.key: entry for legend in picture.legends if legend.by == "host" for entry in legend.entries}
    listed, total = hosts["intermediary"], picture.downloads
    own = tree.columns["downloads"][0] or 0
    text = f"{wording.count(len(tree) - 1, 'model stands', 'models stand')} on {name}."
    if not total:
        return text
    text += (
        f" Of the family’s {wording.count(total, 'download')} ({wording.window(window)}), "
        f"{wording.share(own, total)} went to the model itself"
    )
    if not listed.models:
        return text + "; none of it is hosted by a listed intermediary."
    return text + f" and {wording.share(listed.downloads, total)} to what listed intermediaries host."


def _about(top: Mapping[str, Any]) -> list[dict[str, str]]:
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


def _legend(legend: Legend, picture: Picture) -> dict[str, Any]:
    """A legend as a table whose lines add up to the family."""
    total = picture.downloads

    def line(entry: Entry) -> dict[str, Any]:
        part = entry.downloads / total if total else 0.0
        return {
            "key": f"{legend.by}-{entry.key or 'top'}",
            "letter": palette.look(entry.key).letter if legend.by == "relation" else "",
            "word": entry.word[0].upper() + entry.word[1:],
            "hint": entry.about,
            "count": wording.exact(entry.models),
            "downloads": wording.exact(entry.downloads),
            "share": wording.share(entry.downloads, total),
            "bar": f"{100 * part:.2f}",
        }

    return {
        "by": legend.by,
        "heading": legend.title,
        "lines": [line(entry) for entry in legend.entries],
        "all_models": wording.exact(picture.models),
        "all_downloads": wording.exact(total),
    }


def _numbered(picture: Picture, where: Mapping[int, int]) -> Picture:
    """The picture with rows numbered as in the outline, which may list fewer models than the tree has."""
    if len(where) == picture.models:
        return picture
    from dataclasses import replace

    return replace(picture, nodes=tuple(replace(node, row=where[node.row]) for node in picture.nodes))


def _listed(tree: Tree, rows: list[int]) -> str:
    if len(rows) == len(tree):
        return f"All {wording.count(len(tree), 'model')} of the family." if len(tree) > 1 else "The model itself."
    left = len(tree) - len(rows)
    return (
        f"The {len(rows):,} models of most downloads, with the bases they hang on; the other {left:,} are counted "
        "under their bases."
    )
