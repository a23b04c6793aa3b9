"""Disclosure of training data and sizes, by the year in which a model was created."""

from lineage.reporting.asking import Asking
from lineage.views.reports.document import Column, Mark, Part, Prose, Section


def section(asking: Asking) -> Section:
    """Two tables, a line a year; without dates the line of all years alone."""
    asking.say("disclosure and sizes")
    disclosure = asking.ask("disclosure", **asking.choices.framed)
    sizes = asking.ask("sizes", **asking.choices.framed)
    parts: list[Part] = [
        Prose(
            (
                "Whether downloaded models name a data set of their training, and how large they are. Years are "
                "those of "
                "creation; one snapshot does not know when a download took place.",
            ),
            "lead",
        )
    ]
    if "created_at" not in asking.snapshot.columns:
        parts.append(Prose(("The source has no dates of creation, so there is one line for all years.",), "lacks"))
    parts.append(
        disclosure.table(
            "table-disclosure", "Downloads of models that name their training data",
            (
                Column("year", "Created in"),
                Column("share", "Share", "share"),
                Column("numerator", "Name data", "count"),
                Column("no", "Name none", "count"),
                Column("unknown", "Not known", "count"),
                Column("denominator", "Downloads", "count"),
                Column("by_ancestor", "An ancestor does", "count"),
            ),
            mark=Mark("range", "0 to 100 %", ("share_low", "share", "share_high"), 1.0),
            note="“An ancestor does”: of models that name none themselves; it stands beside the others and is in "
            "none of them.",
        )
    )  # fmt: skip
    parts.append(
        sizes.table(
            "table-sizes", "Mean size of a downloaded model",
            (
                Column("year", "Created in"),
                Column("mean_parameters", "Parameters", "parameters"),
                Column("denominator", "Downloads of known size", "count"),
                Column("downloads", "All downloads", "count"),
                Column("coverage", "Known", "share"),
                Column("sized_models", "Models of known size", "count"),
                Column("models", "All models", "count"),
            ),
            mark=Mark("bar", "Known, 0 to 100 %", ("coverage",), 1.0),
            note="Weighted by downloads. A quantization has the size of its base.",
        )
    )  # fmt: skip
    return Section("years", "Disclosure and size", tuple(parts))
