"""A report as one HTML file that needs no script: contents, sections, tables, small drawings; prints well."""

from collections.abc import Mapping
from typing import Any

from lineage.views import wording
from lineage.views.budget import REPORT_BYTES, within
from lineage.views.charts.marks import drawing
from lineage.views.page import page, parts
from lineage.views.reports import drawings
from lineage.views.reports.cells import NAMES, SPECIAL, address, right, shown
from lineage.views.reports.document import (
    Chart,
    Column,
    Commands,
    Heading,
    Part,
    Prose,
    Report,
    Section,
    Table,
    Terms,
    scaled,
)
from lineage.views.reports.lengths import shorter

STYLES = ("page.css", "charts.css", "report.css")

#: What a part of the template needs, empty: a part fills in its own.
_NONE: dict[str, Any] = {
    "plain": [], "lead": [], "lacks": [], "cite": [], "headings": [], "terms": [], "tables": [], "commands": [],
    "charts": [], "folded": [], "unfolded": [],
}  # fmt: skip


def report_page(report: Report) -> str:
    """The report as a page. The same report gives the same text. Where names are so long that it would weigh more than
    a report may, they are cut, and it says so."""
    return within(_page, report, REPORT_BYTES, shorter)


def _page(report: Report, said: str) -> str:
    sections = [_section(section) for section in report.sections]
    values = {
        "kicker": "Report",
        "title": report.title,
        "lede": report.lede,
        "header": [
            {"fact": fact, "value": value} for fact, value in report.facts + ((("Names", said),) if said else ())
        ],
        "summary": [{"sentence": sentence} for sentence in report.summary],
        "has_summary": bool(report.summary),
        "sections": sections,
        "listing": [
            {"number": table.number, "anchor": table.name, "table_title": table.title} for table in report.tables()
        ],
    }
    return page("report.html", values, [], parts(*STYLES))


def _section(section: Section) -> dict[str, Any]:
    return {"anchor": section.name, "heading": section.title, "pieces": [_piece(part) for part in section.parts]}


def _piece(part: Part) -> dict[str, Any]:
    """One part, under the name of its kind."""
    filled = dict(_NONE)
    if isinstance(part, Prose):
        filled[part.kind] = [{"sentence": sentence} for sentence in part.sentences]
    elif isinstance(part, Heading):
        filled["headings"] = [{"anchor": part.name, "heading": part.title}]
    elif isinstance(part, Terms):
        filled["terms"] = [{"lines": [{"term": term, "meaning": meaning} for term, meaning in part.lines]}]
    elif isinstance(part, Commands):
        filled["commands"] = [{"lines": [{"line": line} for line in part.lines]}]
    elif isinstance(part, Table):
        filled["tables"] = [_table(part)]
    elif isinstance(part, Chart):
        filled["charts"] = [
            {
                "anchor": part.name,
                "number": part.number,
                "caption": part.title,
                "about": part.about,
                "svg": drawings.drawing(part),
            }
        ]
    words = getattr(part, "folded", "")
    filled["folded"] = [{"fold": words}] if words else []
    filled["unfolded"] = [{}] if words else []
    return filled


def _table(table: Table) -> dict[str, Any]:
    heads = [{"head": c.head, "side": "number" if right(c) else c.kind} for c in table.columns]
    mine = bool(table.mark and not table.mark.scale)
    groups: list[dict[str, Any]] = []
    for row in table.rows:
        group = row[table.group] if table.group else ""
        if not groups or groups[-1]["group"] != group:
            scale = row[table.mark.scale] if table.mark and table.mark.scale else None
            groups.append({"group": group, "rows": [], "scales": [{"scale": scaled(scale)}] if scale else []})
        groups[-1]["rows"].append(_row(table, row))
    several = len(table.commands) > 1
    return {
        "anchor": table.name,
        "number": table.number,
        "caption": table.title,
        "heads": heads,
        "drawn": [{"mark_head": table.mark.head}] if table.mark else [],
        "groups": [
            {**each, "grouped": bool(table.group), "span": len(heads) + mine} for each in groups
        ],
        "note": table.note,
        "has_note": bool(table.note),
        "study": bool(table.mark and table.mark.beside and any(row.get(table.mark.beside) for row in table.rows)),
        "single": [{"line": table.commands[0]}] if table.commands and not several else [],
        "several": [{"how_many": len(table.commands), "lines": [{"line": c} for c in table.commands]}] * several,
    }  # fmt: skip


def _row(table: Table, row: Mapping[str, Any]) -> dict[str, Any]:
    cells = [_cell(column, row.get(column.name)) for column in table.columns]
    first = cells.pop(0)
    mark = [{"drawing": drawing(table.mark, row)}] if table.mark else []
    return {"first": [first], "cells": cells, "mark": mark}


def _cell(column: Column, value: Any) -> dict[str, Any]:
    """A cell: its text, what it is, and for shares and indices the value with all its places, for programs."""
    text = shown(column, value)
    link = address(column, value)
    special = isinstance(value, str) and value in SPECIAL
    exact = column.kind in ("share", "published", "index", "parameters") and value is not None
    return {
        "text": text,
        "sort": "number" if right(column) else "special" if special else column.kind,
        "linked": [{"href": link}] if link and not special else [],
        "valued": [{"exact": repr(value)}] if exact else [],
        "named": not exact and column.kind in NAMES and (special or not link),
        "bare": not exact and column.kind not in NAMES,
    }


def label(table: Table) -> str:
    """How a table is spoken of."""
    return f"Table {table.number}. {wording.clean(table.title)}"
