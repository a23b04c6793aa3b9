"""How to cite the report, how to get every table again, and what the words mean."""

from collections.abc import Sequence

from lineage.questions import silent
from lineage.reporting.asking import Asking
from lineage.reporting.glossary import TERMS
from lineage.views.citation import text_of
from lineage.views.reports.document import Column, Commands, Heading, Part, Prose, Section, Terms, lacks


def cite(asking: Asking) -> Section:
    """The citation, what it names, and the lines that give each table."""
    found = asking.ask("cite")
    parts: list[Part] = []
    if found.problem:
        parts.append(lacks(found.problem))
    else:
        parts.append(Prose(tuple(text_of(asking.table("cite", note=silent), "text").strip().splitlines()), "cite"))
        columns = (Column("field", "Field"), Column("value", "Value", "name"))
        parts.append(found.table("table-cite", "What has to be named", columns, folded="Every version and checksum"))
    return Section("cite", "How to cite", tuple(parts))


def again(commands: Sequence[str]) -> Section:
    """Every line, once, in the order of the tables."""
    lines = tuple(dict.fromkeys(commands))
    parts: tuple[Part, ...] = (
        Prose(
            (
                "Under each table stands the line that prints its rows, as a table on a terminal, or with --format "
                "json, csv, "
                "parquet in full. These are all of them. --members, where a command has it, lists the models behind "
                "a number.",
            ),
            "lead",
        ),
        Commands(lines, f"The {len(lines)} lines"),
    )
    return Section("again", "How to get every number again", parts)


def words() -> Section:
    """The glossary."""
    return Section("words", "What the words mean", (Heading("terms", "Terms"), Terms(TERMS)))
