"""What stands around a picture: which signs it needs explained, sentences, notes. Pure."""

import pyarrow.compute as pc

from lineage.views import wording
from lineage.views.families.cuts import UNKNOWN
from lineage.views.families.fold import Drawn, Folded
from lineage.views.families.tree import Tree
from lineage.views.pictures import palette
from lineage.views.pictures.picture import Legend, Link, Node

#: How a line is drawn that is not a plain one.
LINES = ("stated", "inferred", "dangling")

#: Signs that a page has to explain where they occur.
MARKS = ("intermediary", "badge", "merge", *LINES)


def marks(nodes: tuple[Node, ...], links: tuple[Link, ...]) -> tuple[str, ...]:
    """The signs that occur, in the order in which the legend explains them."""
    found = {
        "intermediary": any(node.host == "intermediary" for node in nodes),
        "badge": any(node.kind != "model" for node in nodes),
        "merge": any(mark.endswith(" bases") for node in nodes for mark in node.marks),
        **{word: any(link.first and link.known == word for link in links) for word in LINES},
    }
    return tuple(word for word in MARKS if found[word])


def drawn(folded: Folded) -> str:
    """What is drawn by name and what is folded, and by which rule."""
    whole, named, base = _count(folded)
    if named == whole:
        return f"Drawn: all {wording.count(whole, 'model')}{base}; nothing dropped."
    percent, digits = folded.floor * 100, 1
    while percent and percent * 10**digits < 1 and digits < 12:
        digits += 1
    # cut, not rounded: a branch that is said to be drawn must be
    cut = percent.numerator * 10**digits // percent.denominator
    least = f"{cut // 10**digits}.{cut % 10**digits:0{digits}d}\u00a0%"
    which = f" (every branch that holds at least {least} of the family’s downloads or of its derived models)"
    return (
        f"Drawn by name: {named:,} of {wording.count(whole, 'model')}{base}{which if folded.floor < 1 else ''}. "
        f"The other {whole - named:,} are folded into {_badges(folded)}; nothing dropped."
    )


def drawn_briefly(folded: Folded) -> str:
    """The same for a line that has little room."""
    whole, named, _ = _count(folded)
    if named == whole:
        return f"all {whole:,}, nothing dropped" if whole > 1 else "the model itself"
    return f"{named:,} of {whole:,} by name, the rest in {_badges(folded)}, nothing dropped"


def _count(folded: Folded) -> tuple[int, int, str]:
    """Models in all, models drawn by name, and words for a base that is drawn but not in the snapshot."""
    whole = folded.tree.listed
    missing = len(folded.tree) - whole
    return whole, folded.named - missing, ", and the base that is not in the snapshot" if missing else ""


def _badges(folded: Folded) -> str:
    return wording.count(len(folded.drawn) - folded.named, "badge")


def notes(tree: Tree) -> tuple[str, ...]:
    """What a reader must know about this tree in particular."""
    found = []
    known = pc.or_(pc.is_valid(tree.table["downloads"]), tree.table["stub"])
    unknown = len(tree) - (pc.sum(known).as_py() or 0)
    if unknown:
        found.append(f"The downloads of {wording.count(unknown, 'model are', 'models are')} unknown and count as 0.")
    if tree.moved:
        found.append(
            f"{wording.count(tree.moved, 'model names', 'models name')} a first base that leads in a circle "
            "and stands under another of its bases."
        )
    return tuple(found)


def words(folded: Folded, legends: tuple[Legend, ...]) -> tuple[str, ...]:
    """The picture in sentences."""
    tree = folded.tree
    found = []
    for legend in legends:
        if [entry.key for entry in legend.entries] == [UNKNOWN]:
            continue
        parts = [
            f"{entry.word} {wording.count(entry.models, 'model')} with {wording.count(entry.downloads, 'download')}"
            for entry in legend.entries
            if entry.models
        ]
        found.append(f"{legend.title}: " + "; ".join(parts) + ".")
    for place, one in enumerate(folded.drawn):
        below = [each for each in folded.drawn if each.parent == place]
        if below:
            found.append(
                f"From {tree.columns['id'][one.heads[0]]}: " + "; ".join(_item(tree, each) for each in below) + "."
            )
    return tuple(found)


def _item(tree: Tree, one: Drawn) -> str:
    amount = wording.count(one.downloads, "download")
    if one.kind == "leaves":
        look = palette.look(one.relation)
        return f"{wording.count(one.models, look.one, look.many)} ({amount})"
    if one.kind == "branches":
        heads = wording.count(len(one.heads), "smaller branch", "smaller branches")
        return f"{heads} ({wording.count(one.models, 'model')}, {amount})"
    host = tree.columns["kind"][one.heads[0]]
    listed = ", intermediary" if host == "intermediary" else ""
    return f"{tree.columns['id'][one.heads[0]]} ({palette.look(one.relation).one}{listed}, {amount})"
