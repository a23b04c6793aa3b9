"""Intermediaries: six rules, in four frames, on three bases; how far the answer depends on each; the accounts of R1."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from lineage.reporting.asking import Answer, Asking, bars
from lineage.reporting.wordings import Row, frame, spread
from lineage.schema import BASES
from lineage.views import wording
from lineage.views.reports.cells import percent
from lineage.views.reports.document import Column, Heading, Mark, Part, Prose, Section, Table, Terms, lacks, top_of

#: The frames that stand below each other.
FRAMES = ("all", "with-lineage", "text-generation", "gguf")

#: How many accounts are listed.
ACCOUNTS = 20


@dataclass(frozen=True, slots=True)
class Rules:
    """The share rows of every frame and basis, the lines that give them, and what could not be said, with why."""

    rows: Sequence[dict[str, Any]]
    commands: Sequence[str]
    problems: Sequence[tuple[str, str]]


def section(asking: Asking, found: Rules) -> Section:
    """The rules side by side, then the accounts."""
    rows, commands, problems = found.rows, found.commands, found.problems
    parts: list[Part] = [
        Prose(
            (
                "An intermediary takes models that others made and offers them again, most often quantized to run on "
                "smaller "
                "machines. No public rule says who is one, so six stand side by side. Which models are divided by "
                "(the frame) "
                "and how much of what repositories say is believed (the basis) matter as much as the rule does.",
            ),
            "lead",
        )
    ]
    if rows:
        parts.append(Prose(tuple(_dependence(rows))))
        definitions = {row["rule"]: wording.prose(row["definition"]) for row in rows}
        parts.append(Heading("rules", "What each rule counts"))
        parts.append(Terms(tuple(definitions.items())))
        parts.append(Prose(tuple(f"{word.capitalize()}: {wording.BASES[word]}." for word in BASES)))
        parts.append(_side_by_side(rows, commands))
    parts += [lacks(f"{what} {why}") for what, why in problems]
    parts += _accounts(asking)
    return Section("intermediaries", "Intermediaries", tuple(parts))


def ask(asking: Asking) -> Rules:
    """The rows of `intermediaries` in every frame and on every basis."""
    chosen = asking.choices.frame
    frames: list[tuple[str, ...]] = [*([chosen] if chosen else []), *((f,) for f in FRAMES if (f,) != chosen)]
    rows: list[dict[str, Any]] = []
    commands: list[str] = []
    problems: list[tuple[str, str]] = []
    for asked in frames:
        asking.say(f"intermediaries, frame {' & '.join(asked)}")
        for basis in BASES:
            found = asking.ask(
                "intermediaries",
                frame=() if asked == ("all",) else asked,
                window=asking.choices.window,
                basis=basis,
                **asking.choices.only("owner", "list"),
            )
            if found.problem:
                what = f"Frame {' & '.join(asked)}, basis {basis}:"
                if found.problem not in {why for _, why in problems}:
                    problems.append((what, found.problem))
                continue
            commands.append(found.command)
            rows += [{**row, "basis": basis} for row in found.rows]
    return Rules(rows, commands, problems)


def _side_by_side(rows: Sequence[dict[str, Any]], commands: Sequence[str]) -> Part:
    """One line for each frame and rule, the bases side by side: a pivot of the rows, whose numbers stay theirs."""
    lines: dict[tuple[str, str], dict[str, Any]] = {}
    for row in rows:
        line = lines.setdefault(
            (row["frame"], row["rule"]),
            {
                "frame": row["frame"],
                "denominator": row["denominator"],
                "of": f"{_capital(frame(row['frame']))}: {wording.count(row['denominator'], 'download')}",
                "rule": row["rule"],
            },
        )
        line[f"numerator_{row['basis']}"], line[f"share_{row['basis']}"] = row["numerator"], row["share"]
    bases = [basis for basis in BASES if any(row["basis"] == basis for row in rows)]
    columns = [Column("rule", "Rule")]
    for basis in bases:
        columns.append(Column(f"share_{basis}", _capital(basis), "share"))
        columns.append(Column(f"numerator_{basis}", "downloads", "count"))
    shares = tuple(f"share_{basis}" for basis in bases)
    made = [dict.fromkeys(shares) | line for line in lines.values()]
    for line in made:
        line["top"] = top_of([other for other in made if other["frame"] == line["frame"]], *shares)
    mark = Mark("dots", "Scale by frame", shares, 1.0, scale="top")
    return Table(
        "table-rules", "Six rules, in each frame, on each "
        "basis", tuple(columns), tuple(made), tuple(commands), "of", mark,
        "Each share is the downloads beside it, divided by those of the frame in the line above. "
        "● declared, ◆ stated, ○ inferred.",
    )  # fmt: skip


def _dependence(rows: Sequence[dict[str, Any]]) -> list[str]:
    """How far apart the answers are: over everything, over frames, over rules, over bases."""
    said = []
    ends = spread(rows)
    if not ends:
        return ["No frame has downloads to divide by."]
    low, high = ends
    said.append(
        f"Depending on rule, frame and basis, the answer is between {_said(low)} and {_said(high)}. Neither is "
        "wrong; they "
        "are answers to different questions."
    )
    for name, words, fixed in (
        ("frame", "The frame alone", {"rule": "R1", "basis": "declared"}),
        ("rule", "The rule alone", {"frame": "all", "basis": "declared"}),
        ("basis", "The basis alone", {"frame": "all", "rule": "R4"}),
    ):
        mine = [row for row in rows if all(row[key] == value for key, value in fixed.items())]
        both = spread(mine)
        if both and len(mine) > 1:
            held = ", ".join(f"{key} {value}" for key, value in fixed.items())
            low, high = both
            said.append(
                f"{words} ({held}) moves it from {percent(low['share'])} ({low[name]}) to {percent(high['share'])} "
                f"({high[name]})."
            )
    return said


def _said(row: Row) -> str:
    return (
        f"{percent(row['share'])} ({row['rule']} of {frame(row['frame'])}, {row['basis']}: "
        f"{row['numerator']:,} of {row['denominator']:,})"
    )


def _accounts(asking: Asking) -> list[Part]:
    options = {**asking.choices.framed, **asking.choices.only("owner", "list"), "rule": ("R1",), "accounts": True}
    found: Answer = asking.ask("intermediaries", limit=ACCOUNTS, **options)
    heading = Heading("accounts", "The accounts of rule R1")
    if found.problem:
        return [heading, lacks(f"The accounts are not there. {found.problem}")]
    if not found.rows:
        return [heading, lacks(f"No account of the list {asking.choices.list} hosts a model of the frame.")]
    columns = (
        Column("publisher", "Account", "account"),
        Column("downloads", "Downloads", "count"),
        Column("share", "Share", "share"),
        Column("repackaged", "of these re-packaged", "count"),
        Column("models", "Models", "count"),
        Column("bases_served", "Bases served", "count"),
        Column("publishers_served", "of accounts", "count"),
    )
    words = (
        f"Each hosts the downloads beside it; the share is of all {found.rows[0]['denominator']:,} downloads of "
        "the frame."
    )
    return [
        heading,
        Prose((words,)),
        found.table(
            "table-accounts", "Accounts of rule R1, the largest", columns,
            mark=bars,
        ),
    ]  # fmt: skip


def _capital(text: str) -> str:
    return text[:1].upper() + text[1:]
