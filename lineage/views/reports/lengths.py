"""A report whose names are so long that it would weigh too much, with the middle of them cut."""

from dataclasses import replace

from lineage.views.budget import renamed, short_names, shortened
from lineage.views.reports.document import Part, Report, Section, Table

#: A sentence or a command may hold several names: it is cut where it is so many times as long as a name may be.
SENTENCE = 5


def shorter(report: Report, longest: int) -> Report:
    """The report in which no cell has more than about `longest` signs, and no sentence or command `SENTENCE` times as
    many; two cells that differ stay two. The same object where nothing is so long."""
    names = short_names([table.rows for table in report.tables()], longest)

    def part(one: Part) -> Part:
        return replace(one, rows=renamed(one.rows, names)) if isinstance(one, Table) else one

    def section(one: Section) -> Section:
        return replace(one, parts=tuple(map(part, one.parts)))

    cells = replace(report, sections=tuple(map(section, report.sections))) if names else report
    return shortened(cells, SENTENCE * longest)
