"""A report as one JSON object: the same sections, tables with the values of the commands, whole numbers as integers."""

import json
from typing import Any

from lineage.views.reports.document import Chart, Commands, Heading, Part, Prose, Report, Table, Terms


def report_json(report: Report) -> str:
    """`{"schema": 1, "command": "report", "snapshot": …, "options": …, "title", "summary", "facts", "sections": […]}`.

    Each section has name, title and parts; each part a `kind`: prose, heading, terms, commands, table or chart.
    """
    found = {
        "schema": 1,
        "command": "report",
        "snapshot": report.snapshot,
        "options": dict(report.options),
        "title": report.title,
        "lede": report.lede,
        "facts": [{"fact": fact, "value": value} for fact, value in report.facts],
        "summary": list(report.summary),
        "sections": [
            {"name": section.name, "title": section.title, "parts": [_part(part) for part in section.parts]}
            for section in report.sections
        ],
    }
    return json.dumps(found, ensure_ascii=False, indent=1, allow_nan=False) + "\n"


def _part(part: Part) -> dict[str, Any]:
    if isinstance(part, Prose):
        return {"kind": "prose", "is": part.kind, "sentences": list(part.sentences)}
    if isinstance(part, Heading):
        return {"kind": "heading", "name": part.name, "title": part.title}
    if isinstance(part, Terms):
        return {"kind": "terms", "terms": [{"term": term, "meaning": meaning} for term, meaning in part.lines]}
    if isinstance(part, Commands):
        return {"kind": "commands", "commands": list(part.lines)}
    if isinstance(part, Chart):
        return _chart(part)
    return _table(part)


def _table(part: Table) -> dict[str, Any]:
    names = [*([part.group] if part.group else []), *(column.name for column in part.columns)]
    names = list(dict.fromkeys(names))
    return {
        "kind": "table",
        "name": part.name,
        "number": part.number,
        "title": part.title,
        "note": part.note,
        "commands": list(part.commands),
        "columns": [{"name": c.name, "title": c.head, "is": c.kind} for c in part.columns],
        "rows": [{name: row.get(name) for name in names} for row in part.rows],
    }


def _chart(part: Chart) -> dict[str, Any]:
    return {
        "kind": "chart",
        "name": part.name,
        "number": part.number,
        "is": part.kind,
        "title": part.title,
        "about": part.about,
        "fields": list(part.fields),
        "rows": [dict(row) for row in part.rows],
    }
