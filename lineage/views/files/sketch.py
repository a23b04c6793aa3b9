"""What DOT and Mermaid draw: signs and lines as two tables, taken from a `Picture` or from the tables of a graph.

Both draw the same with their own means, so that a model, a badge or a link that is inferred looks alike everywhere.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

import pyarrow as pa
import pyarrow.compute as pc

from lineage.views import wording
from lineage.views.files import lines
from lineage.views.pictures import palette
from lineage.views.pictures.picture import Node, Picture

NODES = pa.schema(
    [
        ("label", pa.string()),  # the name, and a letter for the relation before it
        ("small", pa.string()),  # account, downloads and what must not be missed
        ("relation", pa.string()),  # a key of the palette
        ("shape", pa.string()),  # one of SHAPES
        ("tip", pa.string()),  # the whole id, or what a badge stands for
        ("href", pa.string()),  # its page on the Hub
    ]
)
LINKS = pa.schema(
    [
        ("child", pa.int64()),  # rows of the signs
        ("base", pa.int64()),
        ("relation", pa.string()),
        ("known", pa.string()),  # declared, stated, inferred, dangling
        ("first", pa.bool_()),  # not a further base of a merge
        ("type", pa.string()),  # what kind of link, where it is not DERIVED_FROM
    ]
)

#: What a sign can be, with the words of the key.
SHAPES = {
    "model": "a model",
    "listed": "a model that a listed intermediary hosts",
    "badge": "a badge that stands for several models",
    "stub": "named as a base, not in the snapshot",
    "outside": "a base outside this family",
    "publisher": "a publisher",
    "node": "another node",
}

#: How a link is known, with the words of the key.
KNOWN = {
    "declared": "declared",
    "stated": "stated in text or metadata",
    "inferred": "inferred from names",
    "dangling": "to a base that is not in the snapshot",
}


@dataclass(frozen=True, slots=True)
class Sketch:
    """A drawing without places: the program that reads it makes those.

    `head` is what stands above it, a line each; `title` is all of that for who has one short line.
    """

    title: str
    head: tuple[str, ...]
    nodes: pa.Table
    links: pa.Table

    def key(self, signs: Mapping[str, str], strokes: Mapping[str, str]) -> tuple[str, ...]:
        """What the colours, signs and lines that occur mean, a line each; given what each looks like, in words."""
        relations = _those(palette.RELATIONS, self.nodes.column("relation"))
        made = ", ".join(f"{palette.look(word).letter} {palette.look(word).one}" for word in relations if word)
        shapes = [word for word in _those(SHAPES, self.nodes.column("shape")) if word != "model"]
        known = [word for word in _those(KNOWN, self.links.column("known")) if word != "declared"]
        found = [f"How made: {made}." if made else ""]
        found += ["Signs: " + "; ".join(f"{signs[word]}: {SHAPES[word]}" for word in shapes) + "." if shapes else ""]
        found += ["Lines: " + "; ".join(f"{strokes[word]}: {KNOWN[word]}" for word in known) + "." if known else ""]
        return tuple(line for line in found if line)


def _those(words: Iterable[str], column: pa.ChunkedArray) -> list[str]:
    found = set(pc.unique(column).to_pylist())
    return [word for word in words if word in found]


def of_picture(picture: Picture) -> Sketch:
    """What a page draws: the same signs, badges with their counts, and links."""
    signs = [_sign(node, place, picture) for place, node in enumerate(picture.nodes)]
    drawn = [
        {"child": link.child, "base": link.base, "relation": link.relation or "unlabelled", "known": link.known,
         "first": link.first or picture.net, "type": link.type}
        for link in picture.links
    ]  # fmt: skip
    head = (
        f"{picture.name} {picture.title}",
        " · ".join(f"{fact.name} {fact.value}" for fact in picture.header if fact.name != "Drawn"),
        picture.drawn,
        *picture.notes,
    )
    clean = [{key: value and wording.clean(value) for key, value in sign.items()} for sign in signs]
    known = {fact.name: fact.value for fact in picture.header}
    title = " · ".join([head[0], *(known[name] for name in ("Snapshot", "Drawn") if name in known)])
    return Sketch(
        wording.clean(title),
        tuple(wording.clean(line) for line in head),
        pa.Table.from_pylist(clean, NODES),
        pa.Table.from_pylist(drawn, LINKS),
    )


def _sign(node: Node, place: int, picture: Picture) -> dict[str, str | None]:
    relation = node.relation or ("unlabelled" if node.kind in ("leaves", "branches") else "")
    letter = palette.look(relation).letter if node.kind in ("model", "leaves") and node.relation else ""
    account = node.account if node.account and node.id != node.label else ""
    amount = "" if node.downloads is None and node.kind != "model" else wording.short(node.downloads)
    small = [account, "intermediary" if node.host == "intermediary" else "", amount, *node.marks]
    small += [f"{node.listed:,} by intermediaries"] if node.kind != "model" and node.listed else []
    shape = {"leaves": "badge", "branches": "badge", "publisher": "publisher", "bare": "node"}.get(node.kind, "model")
    if node.host == "publisher":
        shape = "publisher"
    if shape == "model" and node.host == "intermediary":
        shape = "listed"
    if "not in the snapshot" in node.marks:
        shape = "stub"
    made = "; ".join(f"{fact.name}: {fact.value}" for fact in node.facts)
    return {
        "label": f"{letter}\u00a0\u00a0{node.label}" if letter else node.label,
        "small": " · ".join(each for each in small if each),
        "relation": relation if relation in palette.RELATIONS else "unlabelled",
        "shape": shape,
        "tip": f"{node.id or node.label}{'; ' if made else ''}{made}",
        "href": wording.address(node.id) if node.id and node.kind == "model" else None,
    }


def of_tables(nodes: pa.Table, links: pa.Table, head: tuple[str, ...], top: str = "") -> Sketch:
    """Every node and link of a graph, in columns: nothing is folded, and no step is taken per model.

    `nodes` and `links` as in `graphfiles.GraphFile`; of the facts `relation`, `downloads`, `kind`, `stub`, `outside`
    and `basis`, `dangling`, `first` are looked at where they are there.
    """
    none = pa.scalar(None, pa.string())
    id, words = nodes.column("id").combine_chunks(), pa.array(list(palette.RELATIONS))
    letters = pa.array([f"{look.letter}\u00a0\u00a0" if look.letter else "" for look in palette.RELATIONS.values()])
    stub, outside = (_column(nodes, name, False) for name in ("stub", "outside"))
    relation = _column(nodes, "relation", "unlabelled")
    relation = pc.if_else(pc.is_in(relation, value_set=words), relation, "unlabelled")
    unknown = pc.and_(outside, pc.equal(relation, "unlabelled"))  # nobody asked how it was made
    relation = pc.if_else(pc.equal(id, top), "", relation)
    letter = pc.if_else(unknown, "", letters.take(pc.index_in(relation, value_set=words)))
    listed = pc.if_else(pc.equal(_column(nodes, "kind", ""), "intermediary"), "listed", "model")
    amount = pa.nulls(len(id), pa.string())
    if "downloads" in nodes.column_names:
        amount = lines.around("downloads ", lines.text(nodes.column("downloads").combine_chunks()), "")
    safe = pc.match_substring_regex(id, r"^[A-Za-z0-9][A-Za-z0-9_.-]*(/[A-Za-z0-9_.-]+)?$")  # as `wording.address`
    safe = pc.and_(safe, pc.invert(pc.match_substring(id, "..")))
    signs = {
        "label": pc.binary_join_element_wise(letter, lines.shown(id), ""),
        "small": amount.fill_null(""),
        "relation": relation,
        "shape": pc.if_else(stub, "stub", pc.if_else(outside, "outside", listed)),
        "tip": lines.shown(id),
        "href": pc.if_else(safe, lines.around("https://huggingface.co/", id, ""), none),
    }
    basis = _column(links, "basis", "declared")
    drawn = {
        "child": pc.index_in(links.column("source").combine_chunks(), value_set=id),
        "base": pc.index_in(links.column("target").combine_chunks(), value_set=id),
        "relation": _column(links, "relation", "unlabelled"),
        "known": pc.if_else(_column(links, "dangling", False), "dangling", basis),
        "first": _column(links, "first", True),
        "type": pa.repeat("DERIVED_FROM", links.num_rows),
    }
    clean = tuple(wording.clean(line) for line in head)
    return Sketch(clean[0], clean, pa.table(signs).cast(NODES), pa.table(drawn).cast(LINKS))


def _column(table: pa.Table, name: str, otherwise: bool | str) -> pa.Array:
    """A column, `otherwise` where it is null, and throughout where the table has none."""
    if name not in table.column_names:
        return pa.repeat(otherwise, table.num_rows)
    return table.column(name).fill_null(otherwise).combine_chunks()
