"""How concentrated downloads are, and how they divide over formats, licences, countries and kinds of publisher."""

from collections.abc import Sequence
from typing import Any

from lineage.answers.concentration import OVER
from lineage.reporting.asking import Asking, bars
from lineage.views import wording
from lineage.views.charts import holding
from lineage.views.reports.cells import percent
from lineage.views.reports.document import Chart, Column, Part, Prose, Section, Table, lacks

#: Each cut, what it is called, and how many lines of it are shown.
CUTS = (
    ("format", "File format", 12),
    ("licence", "Licence", 12),
    ("country", "Country of the publisher", 12),
    ("type", "Kind of publisher", 12),
    ("relation", "How the model was made from its base", 12),
)

#: Largest publishers that are listed, by who hosts and by whose models.
LARGEST = 10

_WORDS = {"publisher": "publishers", "family": "families", "country": "countries"}

#: How concentrated something is, as a table shows it; over many snapshots too (`trends.py`).
INDICES = (
    Column("n", "How many", "count"),
    Column("hhi", "HHI", "index"),
    Column("gini_population", "Gini", "index"),
    Column("top1", "Largest", "share"),
    Column("top10", "Ten largest", "share"),
    Column("total", "Of downloads", "count"),
)


def concentration(asking: Asking) -> Section:
    """One line each over publishers, families, countries, then the largest publishers in two ways of counting."""
    asking.say("concentration")
    rows: list[dict[str, Any]] = []
    commands: list[str] = []
    parts: list[Part] = [
        Prose(
            (
                "How few hold the downloads. The Herfindahl–Hirschman index (HHI) is the sum of the squares of all "
                "shares, 1 "
                "where one holds everything; the Gini coefficient is 0 where all hold the same and near 1 where few "
                "hold nearly "
                "all. Holders without a single download are counted.",
            ),
            "lead",
        )
    ]
    for over in OVER:
        found = asking.ask("concentration", over=over, **asking.choices.framed)
        if found.problem:
            parts.append(lacks(f"Over {_WORDS[over]}: {found.problem}"))
            continue
        commands.append(found.command)
        rows += [{**row, "over_words": _WORDS[over].capitalize()} for row in found.rows]
    if rows:
        columns = (
            Column("over_words", "Over"),
            *INDICES,
            Column("unknown_share", "Unknown, left out", "share"),
        )
        parts.append(Table("table-concentration", "Concentration of downloads", columns, tuple(rows), tuple(commands)))
    parts += _together(asking, rows)
    for by, title in (
        ("publisher", "The largest by what they host"),
        ("origin", "The largest by whose models are used"),
    ):
        parts.append(_cut(asking, by, title, LARGEST, "account"))
    return Section("concentration", "Concentration", tuple(parts))


def _together(asking: Asking, concentrated: Sequence[dict[str, Any]]) -> list[Part]:
    """The curve of what the largest publishers and families hold together, and its table.

    `concentrated`: rows of `concentration`, which say how many there are and what all hold.
    """
    rows: list[dict[str, Any]] = []
    commands: list[str] = []
    for one in concentrated:
        if one["over"] not in ("publisher", "family") or not one["total"]:
            continue
        found = asking.ask("shares", by=one["over"], limit=holding.ASKED, **asking.choices.framed)
        if found.problem:
            continue
        commands.append(found.command)
        rows += [
            {"over_words": one["over_words"], "rank": rank, "held": held, "total": one["total"],
             "share": held / one["total"]}
            for rank, held in holding.together(found.rows, one["over"], one["n"], one["total"])
        ]  # fmt: skip
    if not rows:
        return []
    title = "What the largest hold together"
    columns = (
        Column("rank", "So many of the largest", "count"),
        Column("held", "Downloads", "count"),
        Column("total", "Of downloads", "count"),
        Column("share", "Share", "share"),
    )
    return [
        Chart(
            "figure-together", "ranks", title,
            "Publishers by what they host, families by what goes back to their root. The last point is all of them; "
            "lines only join the points. The table below has the numbers.",
            tuple(rows), ("over_words", "rank", "held", "total"),
        ),
        Table(
            "table-together", title, columns, tuple(rows), tuple(commands), "over_words",
            note="Sums of the rows of these commands; the last line of each is all of them.",
        ),
    ]  # fmt: skip


def cuts(asking: Asking) -> Section:
    """A table for each of `CUTS`."""
    parts: list[Part] = [
        Prose(
            (
                "Downloads divided by what repositories say of themselves, and by what is known of their publishers. "
                "Lines of a "
                "table add up to all downloads; what is not said or not known is a line of its own.",
            ),
            "lead",
        )
    ]
    for by, title, limit in CUTS:
        asking.say(f"shares by {by}")
        parts.append(_cut(asking, by, title, limit, "name"))
    return Section("shares", "Formats, licences, countries", tuple(parts))


def _cut(asking: Asking, by: str, title: str, limit: int, kind: str) -> Part:
    found = asking.ask("shares", by=by, limit=limit, **asking.choices.framed)
    columns: tuple[Column, ...] = (
        Column("key", title if kind == "name" else "Account", kind),
        Column("numerator", "Downloads", "count"),
        Column("share", "Share", "share"),
        Column("models", "Models", "count"),
        Column("publishers", "Publishers", "count"),
    )
    if by == "publisher":
        columns = columns[:-1]
    return found.table(
        f"table-by-{by}", title, columns, mark=bars,
        note="" if found.problem else _note(found.rows),
    )  # fmt: skip


def _note(rows: Sequence[dict[str, Any]]) -> str:
    if not rows:
        return ""
    unknown = next((row for row in rows if row["key"] == "(unknown)"), None)
    said = f"Of {wording.count(rows[0]['denominator'], 'download')}."
    if unknown and unknown["share"] is not None:
        said += f" {percent(unknown['share'])} is not known."
    return said
