"""Over time: the figures of several snapshots, a point each, through the machinery of `lineage trend`."""

import shlex
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from lineage.answers.changes import time_of
from lineage.answers.concentration import OVER
from lineage.catalog import Catalog
from lineage.errors import LineageError, UsageError
from lineage.history import History
from lineage.printing import rows_of
from lineage.questions import Note, silent
from lineage.reporting.asking import DEFAULTS, Choices
from lineage.reporting.holders import INDICES
from lineage.reporting.study import TITLES
from lineage.reporting.wordings import RULES
from lineage.snapshot import Snapshot
from lineage.views.reports.document import Chart, Column, Heading, Part, Prose, Section, Table, lacks

Rows = Sequence[dict[str, Any]]

#: The rows of a figure that make its line: what they are, and what the line is called.
_LINES = (
    ({"figure": "china_share", "by": "publisher"}, "China"),
    ({"figure": "us_share", "by": "publisher"}, "United States"),
    ({"figure": "deepseek_qwen_share", "by": "publisher", "rule": "group"}, "DeepSeek and Qwen"),
    ({"figure": "intermediary_share", "rule": "R1"}, "Intermediaries, R1"),
    ({"figure": "disclosed_share", "year": "all"}, "Training data named"),
)

_POINT = (Column("snapshot", "Snapshot", "name"), Column("taken_at", "Taken"))


def headers(catalog: Catalog, names: Sequence[str]) -> list[dict[str, Any]]:
    """The headers of the snapshots, ordered by date, then name."""
    found = [catalog.open(name).header() for name in names]
    return sorted(found, key=lambda header: (time_of(header["taken_at"]), header["name"]))


def opened(catalog: Catalog, names: Sequence[str]) -> Snapshot:
    """The latest of several snapshots. Raises UsageError for one that is there twice, NotFound for one that is not."""
    found = [catalog.open(name) for name in names]
    seen: dict[str, str] = {}
    for snapshot in found:
        if snapshot.sha256 in seen:
            raise UsageError(
                f"{seen[snapshot.sha256]} and {snapshot.name} are the same snapshot: give each of them once."
            )
        seen[snapshot.sha256] = snapshot.name
    return max(found, key=lambda snapshot: (time_of(snapshot.taken_at), snapshot.name))


def section(catalog: Catalog, names: Sequence[str], choices: Choices, asked: list[str], say: Note = silent) -> Section:
    """Lines and tables of R1 to R6, of the figures, of concentration. `asked` is given the command lines."""
    say("over time")
    found = _asked(catalog, names, choices)
    asked += [series.command for series in found.values()]
    parts: list[Part] = [
        Prose(
            (
                f"The same questions asked of {len(names)} snapshots, ordered by their dates; the rest of the report "
                "is about the "
                "last of them. Snapshots of different sources hold different models: compare what is divided by first.",
            ),
            "lead",
        )
    ]
    parts += _rules(found["intermediaries"])
    parts += _figures(found["figures"])
    parts += _concentration([found[over] for over in OVER])
    return Section("time", "Over time", tuple(parts))


@dataclass(frozen=True, slots=True)
class _Series:
    """The answer of all snapshots to one question, the line that gives it, and what went wrong."""

    rows: Rows
    command: str
    problem: str | None = None


def _asked(catalog: Catalog, names: Sequence[str], choices: Choices) -> dict[str, _Series]:
    """The questions, all of them asked at once: `intermediaries`, `figures`, and each of `OVER`."""
    listed = choices.framed | choices.only("owner", "list")
    questions: dict[str, tuple[str, dict[str, Any]]] = {
        "intermediaries": ("intermediaries", listed),
        "figures": ("figures", listed),
        **{over: ("concentration", {"over": over, **choices.framed}) for over in OVER},
    }
    answers = History(catalog, names).several(list(questions.values()))
    found = {}
    for (key, (name, options)), answer in zip(questions.items(), answers, strict=True):
        command = _command(name, options, names)
        if isinstance(answer, LineageError):
            found[key] = _Series((), command, str(answer))
        else:
            found[key] = _Series(rows_of(answer), command)
    return found


def _command(name: str, options: dict[str, Any], names: Sequence[str]) -> str:
    words = ["lineage", "trend", name]
    for key, value in options.items():
        if value != DEFAULTS.get(key, ...):
            for each in value if isinstance(value, tuple) else (value,):
                words += [f"--{key}", str(each)]
    return shlex.join([*words, *(word for snapshot in names for word in ("--snapshot", snapshot))])


def _rules(found: _Series) -> list[Part]:
    rows, command, problem = found.rows, found.command, found.problem
    heading = Heading("time-intermediaries", "Intermediaries")
    if problem:
        return [heading, lacks(f"Not there. {problem}")]
    said = [{**row, "counts": RULES[row["rule"]]} for row in rows]
    about = "Each line is a rule; “What each rule counts” says whom."
    return [
        heading,
        *_lines("figure-time-rules", "Share of downloads through intermediaries, by "
        "rule", about, said, "rule", "share"),
        Table(
            "table-time-rules", "Intermediaries over time",
            (
                *_POINT,
                Column("rule", "Rule"),
                Column("share", "Share", "share"),
                Column("numerator", "Downloads", "count"),
                Column("denominator", "of all", "count"),
                Column("models", "Models", "count"),
                Column("publishers", "Publishers", "count"),
            ),
            tuple(sorted(said, key=lambda row: row["rule"])), (command,),
        ),
    ]  # fmt: skip


def _figures(found: _Series) -> list[Part]:
    rows, command, problem = found.rows, found.command, found.problem
    heading = Heading("time-figures", "The figures of the study")
    if problem:
        return [heading, lacks(f"Not there. {problem}")]
    shares = [
        {**row, "line": line} for wanted, line in _LINES for row in rows if all(row[k] == v for k, v in wanted.items())
    ]
    sizes = [row for row in rows if row["figure"] == "mean_parameters" and row["year"] == "all"]
    numbers = (
        Column("numerator", "Numerator", "count"),
        Column("denominator", "Denominator", "count"),
        Column("coverage", "Known", "share"),
        Column("missing", "Lacks"),
    )
    return [
        heading,
        *_lines("figure-time-shares", "Five shares of downloads", "Counted by who hosts.", shares, "line", "value"),
        Table(
            "table-time-shares", "The figures over time, as shares of downloads",
            (*_POINT, Column("line", "Figure"), Column("value", "Share", "share"), *numbers), tuple(shares), (command,),
        ),
        *_lines("figure-time-sizes", "Mean parameters of a downloaded model", "Over downloads of known size.",
                [{**row, "line": TITLES["mean_parameters"]} for row in sizes], "line", "value", "parameters"),
        Table(
            "table-time-sizes", "Mean size over time",
            (*_POINT, Column("value", "Parameters", "parameters"), *numbers), tuple(sizes), (command,),
        ),
    ]  # fmt: skip


def _concentration(found: Sequence[_Series]) -> list[Part]:
    parts: list[Part] = [Heading("time-concentration", "Concentration")]
    all_rows: list[dict[str, Any]] = []
    commands = []
    for over, series in zip(OVER, found, strict=True):
        if series.problem:
            parts.append(lacks(f"Over {over}: not there. {series.problem}"))
            continue
        commands.append(series.command)
        all_rows += series.rows
    if all_rows:
        about = "The part of the downloads that the ten largest hold."
        parts += _lines("figure-time-top10", "Share of the ten largest", about, all_rows, "over", "top10")
        columns = (
            *_POINT,
            Column("over", "Over"),
            *INDICES,
        )
        parts.append(
            Table("table-time-concentration", "Concentration over time", columns, tuple(all_rows), tuple(commands))
        )
    return parts


def _lines(name: str, title: str, about: str, rows: Rows, by: str, y: str, values: str = "share") -> list[Part]:
    """A chart of the rows that have a value; nothing where there are not two days."""
    known = [row for row in rows if row[y] is not None]
    if len({row["taken_at"][:10] for row in known}) < 2:
        return []
    kept = tuple({"taken_at": row["taken_at"], by: row[by], y: row[y]} for row in known)
    return [Chart(name, "lines", title, about, kept, ("taken_at", by, y), values=values)]
