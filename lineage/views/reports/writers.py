"""The formats of a report, and which of them a file's ending names."""

from lineage.errors import UsageError, near
from lineage.views.reports.document import Report

#: What a report is written as, and the ending of its file.
FORMATS = {"html": ".html", "markdown": ".md", "json": ".json"}

ENDINGS = {".html": "html", ".htm": "html", ".md": "markdown", ".markdown": "markdown", ".json": "json"}


def check_format(name: str) -> None:
    """Raise UsageError for a format that is none."""
    if name not in FORMATS:
        raise UsageError(f"A report has no format {name!r}.{near(name, FORMATS)} There are: {', '.join(FORMATS)}.")


def written(report: Report, form: str) -> str:
    """The report in one of `FORMATS`. Raises UsageError for another one."""
    check_format(form)
    if form == "html":
        from lineage.views.reports.page import report_page

        return report_page(report)
    if form == "json":
        from lineage.views.reports.reportjson import report_json

        return report_json(report)
    from lineage.views.reports.markdown import report_markdown

    return report_markdown(report)
