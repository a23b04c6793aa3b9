"""The flows → what other programs get of them: accounts, a link a row of the question, and the page's drawing."""

from collections.abc import Mapping
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc

from lineage.views import wording
from lineage.views.files.graphfiles import GraphFile, rows
from lineage.views.files.sketch import LINKS, NODES, Sketch
from lineage.views.flows import dateline, diagram, drawn_words, lede, stop
from lineage.views.flows_drawn import Drawn, drawn
from lineage.views.pictures import palette


def flows_graph(
    table: pa.Table, header: Mapping[str, Any], options: Mapping[str, Any], shown: Mapping[str, int]
) -> GraphFile:
    """The rows of the question `flows` as a `GraphFile`.

    Nodes: accounts, each once, with `downloads` of what they serve and `made_from`, of what is made from their models
    (both of the frame, models without a base included). Links: one a row, from the account that serves (source) to the
    base's (target), with `relation` or `format`, server_kind, downloads, models; nothing is left out. The sketch draws
    what the page does. `header`: `Session.header()`; `options`: what was asked, the frame as printed.
    """
    found = drawn(table, **shown)
    served = _sums(table, "server", "downloads")
    made = _sums(table, "base_publisher", "made_from")
    nodes = served.join(made, "id", join_type="full outer").sort_by("id")
    nodes = nodes.set_column(1, "downloads", pc.fill_null(nodes.column("downloads"), 0))
    nodes = nodes.set_column(2, "made_from", pc.fill_null(nodes.column("made_from"), 0))
    key = "format" if options["by"] == "format" else "relation"
    links = pa.table(
        {
            "source": table.column("server"),
            "target": table.column("base_publisher"),
            key: table.column("key"),
            **{name: table.column(name) for name in ("server_kind", "downloads", "models")},
        }
    )
    said = (lede(found, options), f"Drawings show {drawn_words(found)}.", "Links hold every row.")
    return GraphFile(
        "flows", "Who serves whose models", header, dict(options) | {"denominator": found.whole}, said, rows(nodes),
        rows(links), lambda: _sketch(found, header, options),
    )  # fmt: skip


def _sums(table: pa.Table, column: str, name: str) -> pa.Table:
    found = table.select([column, "downloads"]).group_by(column).aggregate([("downloads", "sum")])
    return pa.table({"id": found.column(column), name: found.column("downloads_sum")})


def _sketch(found: Drawn, header: Mapping[str, Any], options: Mapping[str, Any]) -> Sketch:
    """The stops and bands of the page's diagram, from who serves to whose models, from the key to who serves."""
    picture = diagram(found, options["by"])
    through: dict[str, int] = {}
    bands: dict[tuple[str, str], int] = {}
    for part in found.parts:
        path = (f"p{part.publisher}", stop(part), f"k{part.key}")
        for key in path:
            through[key] = through.get(key, 0) + part.downloads
        for pair in ((path[1], path[0]), (path[2], path[1])):
            bands[pair] = bands.get(pair, 0) + part.downloads
    stops = [(place, one) for place, (_, column) in enumerate(picture.columns) for one in column if one.key in through]
    number = {one.key: row for row, (_, one) in enumerate(stops)}
    signs = [
        {"label": wording.clean(one.label), "small": f"{wording.short(through[one.key])} downloads",
         "relation": one.label if place == 2 and one.label in palette.RELATIONS else "unlabelled",
         "shape": "publisher" if place == 0 else "listed" if one.tone == "intermediary" else "node",
         "tip": wording.clean(f"{one.label}: {through[one.key]:,} downloads"), "href": None}
        for place, one in stops
    ]  # fmt: skip
    drawn_links = [
        {"child": number[child], "base": number[base], "relation": "unlabelled", "known": "declared", "first": True,
         "type": f"{amount:,}"}
        for (child, base), amount in bands.items()
    ]  # fmt: skip
    said = {"window": wording.window(options["window"]), "list_about": "intermediaries"}
    facts = dateline(found, header, {name: str(options[name]) for name in ("frame", "basis", "list")} | said)
    head = ("Who serves whose models", " · ".join(f"{fact} {value}" for fact, value in facts), lede(found, options))
    return Sketch(
        wording.clean(" · ".join((head[0], facts[0][1], drawn_words(found)))),
        tuple(wording.clean(line) for line in head),
        pa.Table.from_pylist(signs, NODES),
        pa.Table.from_pylist(drawn_links, LINKS),
    )
