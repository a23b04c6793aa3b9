"""The largest families, what was made of them, and who serves the largest."""

from collections.abc import Sequence
from typing import Any

from lineage.reporting.asking import Answer, Asking, bars
from lineage.views import wording
from lineage.views.reports.document import Column, Heading, Mark, Part, Prose, Section, Table, lacks

#: Families that are listed, and those of which the servers are told, with so many lines each.
LISTED, SERVED, LINES = 15, 5, 6

#: Kinds of servers, as the rows have them, and the words for them.
KINDS = {
    "own": "the same account",
    "owner": "another account of its owner",
    "intermediary": "listed intermediary",
    "other": "everyone else",
}


def section(asking: Asking) -> Section:
    """Two tables of the families, one of the servers of the largest."""
    asking.say("families")
    cut = asking.ask("shares", by="family", limit=LISTED, **asking.choices.framed)
    parts: list[Part] = [
        Prose(
            (
                "A family is a model without a known base, the root, and everything derived from it. A model with "
                "several "
                "bases is divided over them, so that the families add up to all downloads exactly. A root that is "
                "only named "
                "as a base, and is not in the snapshot, has no downloads of its own.",
            ),
            "lead",
        ),
        cut.table(
            "table-families", "The largest families",
            (
                Column("key", "Root", "id"),
                Column("numerator", "Downloads", "count"),
                Column("share", "Share of all", "share"),
                Column("models", "Models", "count"),
                Column("publishers", "Publishers", "count"),
            ),
            mark=lambda rows: bars(_named(rows)),
            note=_of(cut),
        ),
    ]  # fmt: skip
    roots = [row["key"] for row in _named(cut.rows)]
    if roots:
        parts += _made_of(asking, roots)
        parts += _servers(asking, list(dict.fromkeys([*roots[:SERVED], *_most_quantized(asking)])))
    return Section("families", "Families, and who serves them", tuple(parts))


def _named(rows: Sequence[dict[str, Any]]) -> list[dict[str, Any]]:
    return [row for row in rows if row["key"] not in ("(others)", "(unknown)")]


def _of(found: Answer) -> str:
    if found.problem or not found.rows:
        return ""
    return f"Shares are of {wording.count(found.rows[0]['denominator'], 'download')}; all lines add up to that."


def _made_of(asking: Asking, roots: Sequence[str]) -> list[Part]:
    found = asking.ask("rollup", *roots, **asking.choices.framed)
    words = {
        "finetune": "Finetunes",
        "adapter": "Adapters",
        "quantized": "Quantizations",
        "merge": "Merges",
        "copy": "Copies",
        "mixed": "Mixed",
        "unlabelled": "Unlabelled",
    }
    there = [word for word in words if any(row[f"downloads_{word}"] for row in found.rows)]
    columns = (
        Column("id", "Root", "id"),
        Column("own", "Its own", "count"),
        Column("full", "With all derived", "count"),
        Column("split", "Divided over bases", "count"),
        Column("descendants", "Derived", "count"),
        *(Column(f"downloads_{word}", words[word], "count") for word in there),
    )
    return [
        found.table(
            "table-rollups", "What the families are made of, in downloads", columns,
            note="“With all derived” counts each derived model once and overlaps between families: do not add it up. "
            "“Divided over bases” adds up. “Derived” counts models.",
        )
    ]  # fmt: skip


def _most_quantized(asking: Asking) -> list[str]:
    """The models whose quantizations are downloaded most."""
    found = asking.ask("rollup", sort="downloads_quantized", limit=SERVED, **asking.choices.framed)
    return [row["id"] for row in found.rows if row["downloads_quantized"]]


def _servers(asking: Asking, roots: Sequence[str]) -> list[Part]:
    asking.say("servers of the largest families")
    options = asking.choices.measure | asking.choices.only("owner", "list")
    lines: list[dict[str, Any]] = []
    kinds: list[dict[str, Any]] = []
    commands: list[str] = []
    several: list[str] = []
    problems: list[str] = []
    remarks: list[str] = []
    for root in roots:
        found = asking.ask("servers", root, whole=True, **options)
        if found.problem:
            problems.append(found.problem)
            continue
        commands.append(found.command)
        kinds.append(_by_kind(root, found.rows))
        if kinds[-1]["servers"] > 1:
            few = [*found.rows[:-1][:LINES], found.rows[-1]]
            lines += [{**row, "model": root, "kind_words": KINDS.get(row["kind"] or "")} for row in few]
            several.append(found.command)
            remarks += found.remarks
    parts: list[Part] = [
        Heading("servers", "Who serves a model"),
        Prose(
            (
                "The roots of the five largest families, and the five models whose quantizations are downloaded "
                "most. Of a model "
                "there is the original, and what was quantized (or, where names are believed, copied) from it. This "
                "says from whose accounts all of these were downloaded. Fine-tunes and merges are other models and "
                "do not count. "
                "The index of concentration (HHI) is the sum of the squares of the accounts’ shares: 1 is a single "
                "server.",
            )
        ),
    ]
    if kinds:
        columns = (
            Column("model", "Model", "id"),
            Column("own", "Same account", "count"),
            Column("owner", "Its owner", "count"),
            Column("intermediary", "Listed intermediaries", "count"),
            Column("other", "Everyone else", "count"),
            Column("denominator", "Together", "count"),
            Column("servers", "Servers", "count"),
            Column("hhi", "HHI", "index"),
        )
        parts.append(
            Table(
                "table-kinds", "Downloads by who serves them", columns, tuple(kinds),
                tuple(commands),
                note="The rows of the commands, added up by their column kind.",
            )
        )  # fmt: skip
    if lines:
        shown = (
            Column("publisher", "Account", "account"),
            Column("kind_words", "Kind"),
            Column("downloads", "Downloads", "count"),
            Column("share", "Share", "share"),
            Column("models", "Models", "count"),
            Column("formats", "Formats", "list"),
        )
        parts.append(
            Table(
                "table-servers", "The largest servers of those that have several", shown, tuple(lines), tuple(several),
                "model", Mark("bar", "0 to 100 %", ("share",), 1.0), f"The {LINES} largest of each, and all together.",
                folded="Account by account",
            )
        )  # fmt: skip
    parts += [lacks(f"Servers: {problem}") for problem in dict.fromkeys(problems)]
    if remarks:
        parts.append(Prose(tuple(f"{remark[:1].upper()}{remark[1:]}." for remark in dict.fromkeys(remarks))))
    return parts


def _by_kind(root: str, rows: Sequence[dict[str, Any]]) -> dict[str, Any]:
    """One line of a model: downloads of its servers by kind, and what the row `(total)` says."""
    total = next(row for row in rows if row["publisher"] == "(total)")
    sums = dict.fromkeys(KINDS, 0)
    for row in rows:
        if row["publisher"] != "(total)":
            sums[row["kind"] or "other"] += row["downloads"]
    return {"model": root, **sums, **{name: total[name] for name in ("denominator", "servers", "hhi")}}
