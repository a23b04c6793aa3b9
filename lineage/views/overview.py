"""`lineage view overview`: a snapshot on one page, made of the rows of `info`, `shares` and `concentration` alone.

rows → charts (`treemap.py`, `curves.py`, `bars.py`) and the tables of the same numbers → page. Nothing is reckoned
anew; what is summed up here are rows.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from lineage.views import wording
from lineage.views.charts import holding
from lineage.views.charts.bars import Bar, Bars, bars, kind_of
from lineage.views.charts.curves import Curves, Line, Point, curves, parts_axis, ranks_axis
from lineage.views.charts.treemap import Leaf, Tile, Treemap, treemap
from lineage.views.page import page, parts
from lineage.views.reports.cells import index

Row = Mapping[str, Any]

#: The cuts shown as bars, with the words above them and what a key is.
CUTS = {
    "country": ("Where they are hosted", "the country of the account that hosts a model; of several, its parts"),
    "type": ("What kind of account hosts them", "the type of the account that hosts a model"),
    "relation": ("How they were made", "the relation of a model to its bases; (none) names no base"),
    "format": ("In which format", "the file format of a repository, one each"),
    "licence": ("Under which licence", "the licence that a card or a tag states; of several, their parts"),
}
SCRIPTS = ("page.js", "saving.js")
STYLES = ("page.css", "picture.css", "charts.css")
#: Families of a publisher that the map names, if they hold this part of its downloads.
FAMILIES = 8


@dataclass(frozen=True)
class Overview:
    """The rows that the page renders. `info`: the row of that question; `origin`, `publisher`, `family`, `cuts`: rows
    of `shares`, limited; `concentration`: its rows, by `over`; `missing`: why a cut cannot be made."""

    header: Mapping[str, Any]
    info: Row
    origin: Sequence[Row]
    publisher: Sequence[Row]
    family: Sequence[Row]
    concentration: Mapping[str, Row]
    cuts: Mapping[str, Sequence[Row]]
    missing: Mapping[str, str]
    words: Mapping[str, str]

    @property
    def whole(self) -> int:
        """The denominator of every share: downloads of the frame in the window."""
        return int(self.origin[0]["denominator"]) if self.origin else 0


def tiles(found: Overview) -> tuple[Tile, ...]:
    """Publishers by what goes back to their models, and in each its largest families; the rest of both as others."""
    held: dict[str, list[Row]] = {}
    for row in found.family:
        if not kind_of(row["key"]):
            held.setdefault(wording.split(row["key"])[0].lower(), []).append(row)
    made = []
    for row in found.origin:
        kind = kind_of(row["key"])
        if kind:
            made.append(Tile(_rest(row, found) if kind == "others" else row["key"], row["numerator"], (), kind))
            continue
        mine = [each for each in held.get(row["key"].lower(), ()) if each["numerator"]][:FAMILIES]
        leaves = [Leaf(wording.split(each["key"])[1], each["numerator"]) for each in mine]
        rest = row["numerator"] - sum(leaf.value for leaf in leaves)
        if rest:
            leaves.append(Leaf("others", rest, "others"))
        made.append(Tile(row["key"], row["numerator"], tuple(leaves)))
    return tuple(made)


def _rest(row: Row, found: Overview) -> str:
    return f"All other publishers ({row['models']:,} models)"


def overview_page(found: Overview) -> str:
    """The rows as one HTML file; the same rows give the same text."""
    return page("overview.html", _values(found), parts(*SCRIPTS), parts(*STYLES))


def lede(found: Overview) -> str:
    """One sentence to quote, with its denominator."""
    whole = found.whole
    by = found.concentration.get("publisher")
    models = "all models" if found.words["frame"] == "all" else f"models in the frame {found.words['frame']}"
    text = f"Of {wording.count(whole, 'download')} of {models} ({wording.window(found.words['window'])}), "
    first = found.origin[0] if found.origin else None  # none in a frame without a model
    if first is None or kind_of(first["key"]) or not whole:
        return text.rstrip(", ") + "."
    text += (
        f"{first['numerator']:,} ({wording.share(first['numerator'], whole)}) go back to models of {first['key']}, "
        "more than to any other publisher’s"
    )
    if by is None or by["top10"] is None:
        return text + "."
    return f"{text}; ten accounts of {by['n']:,} host {_percent(by['top10'])} of them all."


def _percent(value: float | None) -> str:
    return "–" if value is None else wording.share(round(value * 10**12), 10**12)


def _values(found: Overview) -> dict[str, Any]:
    info, words = found.info, found.words
    shown = tiles(found)
    named = sum(not tile.kind for tile in shown)
    header = [
        ("Snapshot", f"{found.header['name']}, {wording.day(found.header['taken_at'])}"),
        ("Source", found.header["source"]),
        ("Frame", words["frame"]),
        ("Downloads", wording.window(words["window"])),
        ("Basis", words["basis"]),
        ("Drawn", f"{wording.count(named, 'publisher')} by name, the rest as others; nothing dropped"),
    ]
    figures = (
        (info["models"], "models in the snapshot"),
        (found.whole, f"downloads of the frame {words['frame']} ({wording.window(words['window'])})"),
        (info["edges"], "links from a model to a declared base"),
        (info["publishers"], "accounts that publish"),
        (info["families"], "families: a root and what goes back to it"),
    )
    return {
        "kicker": "Overview",
        "title": "Whose models are downloaded",
        "lede": lede(found),
        "header": [{"fact": fact, "value": value} for fact, value in header],
        "figures": [
            {"number": wording.short(n) if n >= 10**6 else wording.exact(n), "what": what,
             "exact": wording.exact(n) if n >= 10**6 else ""}
            for n, what in figures
        ],
        "map": treemap(
            Treemap("map", "Publishers by the downloads that go back to their models, and their largest families",
                    "The table below holds the same numbers.", shown, found.whole)
        ),
        "publishers": [_publisher(tile, row, found.whole) for tile, row in zip(shown, found.origin, strict=True)],
        "curve": curves(_curve(found)),
        "ranks": [_ranks(found, over) for over in ("publisher", "family")],
        "cuts": [_cut(found, by, rows) for by, rows in found.cuts.items()],
        "missing": [{"sentence": sentence} for sentence in found.missing.values()],
        "whole": wording.exact(found.whole),
        "frame": words["frame"],
        "window": wording.window(words["window"]),
        "basis": words["basis"],
        "basis_about": wording.basis(words["basis"]),
        "snapshot": found.header["name"],
        "day": wording.day(found.header["taken_at"]),
        "source": found.header["source"],
    }  # fmt: skip


def _publisher(tile: Tile, row: Row, whole: int) -> dict[str, Any]:
    href = None if tile.kind or "/" in tile.label else wording.address(tile.label)
    inside = ", ".join(f"{leaf.label} {wording.share(leaf.value, whole)}" for leaf in tile.leaves[:3] if not leaf.kind)
    return {
        "linked": [{"href": href}] if href else [], "unlinked": not href, "name": tile.label,
        "downloads": wording.exact(tile.value), "share": wording.share(tile.value, whole),
        "models": wording.exact(row["models"]), "hosts": wording.exact(row["publishers"]), "largest": inside,
    }  # fmt: skip


def together(found: Overview, over: str) -> list[tuple[int, int]]:
    """(rank, downloads of so many largest together) at 1, 10, 100, … and at the last."""
    row = found.concentration[over]
    return holding.together(getattr(found, over), over, row["n"], row["total"])


def _curve(found: Overview) -> Curves:
    made = []
    for over, word in (("publisher", "publishers"), ("family", "families")):
        whole = found.concentration[over]["total"] or 1
        told = [
            Point(rank, sum_ / whole, f"The {rank:,} largest {word}: {sum_:,} of {whole:,} downloads "
                  f"({wording.share(sum_, whole)})")
            for rank, sum_ in together(found, over)
        ]  # fmt: skip
        made.append(Line(word, tuple(told)))
    last = max((point.x for line in made for point in line.points), default=1)
    return Curves(
        "curve", "What the largest publishers and families hold together",
        "The table beside it holds the same numbers.", tuple(made),
        ranks_axis("so many of the largest", round(last)), parts_axis("part of the downloads"),
    )  # fmt: skip


def _ranks(found: Overview, over: str) -> dict[str, Any]:
    row = found.concentration[over]
    word = {"publisher": "Publishers, as hosts", "family": "Families"}[over]
    lines = [
        {"rank": f"The {rank:,} largest" if rank > 1 else "The largest", "sum": wording.exact(sum_),
         "share": wording.share(sum_, row["total"])}
        for rank, sum_ in together(found, over)[:-1]
    ]  # fmt: skip
    return {
        "word": word, "lines": lines, "n": wording.exact(row["n"]), "total": wording.exact(row["total"]),
        "hhi": "–" if row["hhi"] is None else index(row["hhi"]),
        "gini": "–" if row["gini_population"] is None else index(row["gini_population"]),
    }  # fmt: skip


def _cut(found: Overview, by: str, rows: Sequence[Row]) -> dict[str, Any]:
    title, about = CUTS[by]
    whole = rows[0]["denominator"] if rows else 0
    chart = Bars(
        f"cut-{by}", title, "The table beside it holds the same numbers.",
        tuple(Bar(row["key"], row["numerator"], kind_of(row["key"]), "") for row in rows), whole,
    )  # fmt: skip
    return {
        "by": by, "key_head": by.capitalize(), "heading": title, "about": about, "chart": bars(chart),
        "denominator": wording.exact(whole),
        "lines": [
            {"name": row["key"], "downloads": wording.exact(row["numerator"]),
             "share": wording.share(row["numerator"], whole), "models": wording.exact(row["models"]),
             "hosts": wording.exact(row["publishers"])}
            for row in rows
        ],
    }  # fmt: skip
