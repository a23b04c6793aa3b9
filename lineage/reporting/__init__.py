"""The report: the rows of the commands, gathered into one document. What no command prints is not computed here.

report(snapshot, catalog, Choices()) -> lineage.views.reports.document.Report
"""

from collections.abc import Sequence

from lineage import reference
from lineage.answers.basis import check_basis
from lineage.answers.frames import window_lacks
from lineage.answers.owners import check_owner
from lineage.catalog import Catalog
from lineage.errors import UsageError
from lineage.questions import Note, select, silent, together
from lineage.reporting import citing, families, flows, holders, middlemen, quality, study, trends, years
from lineage.reporting.asking import Asking, Choices
from lineage.reporting.wordings import frame
from lineage.snapshot import Snapshot
from lineage.views import wording
from lineage.views.reports.document import Report, Section

__all__ = ["Choices", "report"]


def report(
    snapshot: Snapshot,
    catalog: Catalog,
    choices: Choices | None = None,
    *,
    over: Sequence[str] = (),
    say: Note = silent,
) -> Report:
    """The report of a snapshot. `over`: names of snapshots, for time series; `say` is told what is being done.

    A part that the snapshot cannot give is a sentence in its place. Raises UsageError for a window, basis, owner, list
    or frame that does not exist, or that was chosen and this snapshot lacks.
    """
    choices = choices or Choices()
    _check(snapshot, choices)
    asking = Asking(snapshot, catalog, choices, say)
    with together():
        say("figures")
        figures = study.ask(asking)
        rules = middlemen.ask(asking)
        sections: list[Section] = [
            study.section(asking, figures),
            middlemen.section(asking, rules),
            flows.section(asking),
            families.section(asking),
            holders.concentration(asking),
            holders.cuts(asking),
            years.section(asking),
            quality.section(asking),
            citing.cite(asking),
        ]
    if over:
        sections.insert(1, trends.section(catalog, over, choices, asking.asked, say))
    sections += [citing.again(asking.asked), citing.words()]
    header = snapshot.header()
    counts = f"{wording.count(header['models'], 'model')}, {wording.count(header['edges'], 'link')}"
    return Report(
        title="Open models and their intermediaries",
        lede=f"Who makes, copies and serves the models of the snapshot {header['name']} of "
        f"{wording.day(header['taken_at'])}: {counts}.",
        facts=_facts(snapshot, choices),
        summary=tuple(study.summary(figures, rules.rows)),
        sections=tuple(sections),
        snapshot=trends.headers(catalog, over) if over else header,
        options={"frame": list(choices.frame), **choices.only("window", "basis", "owner", "list")},
    ).numbered()


def _check(snapshot: Snapshot, choices: Choices) -> None:
    """Raise UsageError for what does not exist, or does not in this snapshot."""
    lacks = window_lacks(snapshot, choices.window)
    if lacks and choices.window != "30d":
        raise UsageError(
            f"The window {choices.window} needs the column {lacks[0]}, which the source of {snapshot.name} lacks. "
            "Leave --window away."
        )
    check_basis(snapshot, choices.basis)
    check_owner(choices.owner)
    reference.intermediaries(choices.list)
    select(snapshot, choices.frame, "30d" if lacks else choices.window, choices.basis, uncounted=True)


def _facts(snapshot: Snapshot, choices: Choices) -> tuple[tuple[str, str], ...]:
    """The first line: what everything below stands on."""
    header = snapshot.header()
    inferred = " (newest date in the data)" if snapshot.manifest.get("taken_at_inferred") else ""
    return (
        ("Snapshot", header["name"]),
        ("Taken", f"{wording.day(header['taken_at'])}{inferred}"),
        ("Source", header["source"]),
        ("sha256", header["sha256"][:12]),
        ("Models", wording.exact(header["models"])),
        ("Links", wording.exact(header["edges"])),
        ("Frame", frame(" & ".join(choices.frame) or "all")),
        ("Basis", f"{choices.basis} unless a table says otherwise"),
        ("Downloads", wording.window(choices.window)),
        ("Shown", "largest first; the rest is summed as (others), nothing dropped"),
    )
