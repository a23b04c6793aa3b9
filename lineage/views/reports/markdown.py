"""A report as GitHub's Markdown: tables for everything; names from outside are code and never acted on."""

import re
from collections.abc import Iterator
from typing import Any

from lineage.views import wording
from lineage.views.reports.cells import NAMES, SPECIAL, right, shown
from lineage.views.reports.document import Chart, Column, Commands, Heading, Part, Prose, Report, Table, Terms

#: What Markdown or the HTML in it would act on, in a sentence.
_SIGNS = re.compile(r"([\\`*_{}\[\]<>#|~&$!@^])")

#: What GitHub makes a link of by itself.
_LINKED = re.compile(r"(?i)(www)\.|\b(https?|ftp|mailto|xmpp):")


def report_markdown(report: Report) -> str:
    """The report as text. Charts are left away, for the tables after them have their numbers."""
    lines = [f"# {_text(report.title)}", "", _text(report.lede), ""]
    lines += [" · ".join(f"**{_text(fact)}** {_text(value)}" for fact, value in report.facts), ""]
    if report.summary:
        lines += ["## In brief", ""]
        lines += [f"{place}. {_text(sentence)}" for place, sentence in enumerate(report.summary, 1)]
        lines.append("")
    lines += ["## Contents", ""]
    lines += [f"- [{_text(section.title)}](#{section.name})" for section in report.sections]
    lines.append("")
    for section in report.sections:
        lines += [_anchor(section.name), "", f"## {_text(section.title)}", ""]
        for part in section.parts:
            lines += _part(part)
    return "\n".join(lines).rstrip("\n") + "\n"


def _part(part: Part) -> Iterator[str]:
    if isinstance(part, Prose):
        mark = "> " if part.kind in ("lacks", "cite") else ""
        for sentence in part.sentences:
            yield from (mark + _text(sentence), "")
    elif isinstance(part, Heading):
        yield from (f"### {_text(part.title)}", "")
    elif isinstance(part, Terms):
        yield from (f"- **{_text(term)}**: {_text(meaning)}" for term, meaning in part.lines)
        yield ""
    elif isinstance(part, Commands):
        yield from (f"- {_code(line)}" for line in part.lines)
        yield ""
    elif isinstance(part, Chart):
        yield from (
            f"*Chart {part.number}. {_text(part.title)}: drawn on the page; its numbers are in the table below.*",
            "",
        )
    else:
        yield from _table(part)


def _table(table: Table) -> Iterator[str]:
    columns = list(table.columns)
    if table.group:
        columns.insert(0, Column(table.group, "", "name"))
    yield from (_anchor(table.name), "", f"**Table {table.number}.** {_text(table.title)}", "")
    yield "| " + " | ".join(_text(column.head) for column in columns) + " |"
    yield "| " + " | ".join("---:" if right(column) else "---" for column in columns) + " |"
    for row in table.rows:
        yield "| " + " | ".join(_cell(column, row.get(column.name)) for column in columns) + " |"
    yield ""
    if table.note:
        yield from (_text(table.note), "")
    if len(table.commands) == 1:
        yield from (_code(table.commands[0]), "")
    elif table.commands:
        yield from (f"- {_code(command)}" for command in table.commands)
        yield ""


def _cell(column: Column, value: Any) -> str:
    text = shown(column, value)
    if column.kind in NAMES and value not in (None, []) and text not in SPECIAL:
        return _code(text).replace("|", "\\|")
    return _text(text)


def _text(text: str) -> str:
    """A sentence in which nothing is acted on."""
    escaped = _SIGNS.sub(r"\\\1", wording.clean(text))
    return _LINKED.sub(lambda found: f"{found[1]}\\." if found[1] else f"{found[2]}\\:", escaped)


def _code(text: str) -> str:
    """A name or a line as code: a fence longer than any within."""
    text = wording.clean(text)
    fence = "`" * (max((len(run) for run in re.findall(r"`+", text)), default=0) + 1)
    edge = " " if text.startswith("`") or text.endswith("`") or not text.strip() else ""
    return f"{fence}{edge}{text}{edge}{fence}"


def _anchor(name: str) -> str:
    """Where links lead to; `name` is of our own words."""
    return f'<a id="{name}"></a>'
