"""What the snapshot holds, what was rejected and corrected, and how often the rules on prose and names are right."""

from lineage.reporting.asking import Asking
from lineage.views.reports.document import Column, Part, Prose, Section, Table, lacks

#: Models up to which the rules are checked for a report: it takes a step for each claim.
QUICK = 500_000

#: A field of `info`, and what it counts.
HOLDS = (
    ("models", "models in the snapshot"),
    ("stubs", "named as a base, and not in the snapshot"),
    ("publishers", "accounts that publish them"),
    ("edges", "links from a model to a base, as declared"),
    ("finetune", "of these, labelled finetune"),
    ("adapter", "… adapter"),
    ("quantized", "… quantized"),
    ("merge", "… merge"),
    ("unlabelled", "… without a label"),
    ("edges_stated", "links where prose is believed too"),
    ("edges_inferred", "links where names are believed too"),
    ("families", "models without a base from which others derive"),
    ("downloads", "downloads in the last 30 days"),
    ("with_lineage", "of these, of models that name a base"),
)
CARE = (
    ("rejected", "rows of the source that were not taken, duplicates included"),
    ("rejected_claims", "claims of a base that name none: local paths, placeholders, junk"),
    ("conflicts", "links whose sources give different labels"),
    ("corrected", "links whose label the model’s own metadata denies"),
    ("self_loops", "models that name themselves as a base; no link is made"),
    ("multi_parent", "models with several bases"),
    ("cycles", "groups of models that lead back to themselves"),
    ("older_than_base", "links whose model is older than its base"),
    ("edges_to_stubs", "links to a base that is not in the snapshot"),
    ("undated", "models without a date of creation"),
    ("cards_unread", "models whose card could not be read"),
    ("deep", "models with so many ancestors that not every pair is stored"),
)


def section(asking: Asking) -> Section:
    """The row of `info` in two tables, the columns that are not there, and the rules."""
    asking.say("data quality")
    found = asking.ask("info")
    parts: list[Part] = [
        Prose(("Numbers about the data themselves: read them before you trust the others.",), "lead"),
    ]
    if found.problem:
        parts.append(lacks(found.problem))
    for name, title, fields in (
        ("table-holds", "What the snapshot holds", HOLDS),
        ("table-care", "What calls for care", CARE),
    ):
        if found.problem:
            break
        row = found.rows[0]
        lines = tuple({"field": field, "count": row.get(field), "what": what} for field, what in fields)
        columns = (Column("count", "Count", "count"), Column("what", "What it counts"), Column("field", "Field"))
        parts.append(Table(name, title, columns, lines, (found.command,)))
    lacking = _lacking(asking)
    if lacking:
        said = (
            "Columns that the source does not have, so that what stands on them is unknown: " + ", ".join(lacking) + "."
        )
        parts.append(lacks(said))
    parts += _rules(asking)
    return Section("quality", "Data quality", tuple(parts))


def _lacking(asking: Asking) -> list[str]:
    wanted = ("downloads", "downloads_all_time", "created_at", "tags", "card", "pipeline_tag", "library_name")
    return [column for column in wanted if column not in asking.snapshot.columns]


def _rules(asking: Asking) -> list[Part]:
    if asking.snapshot.counts["models"] > QUICK:
        command = asking.command("check-rules")
        return [lacks(f"How often the rules on prose and names are right takes a while on so many models: {command}")]
    found = asking.ask("check-rules")
    rows = [row for row in found.rows if row["on"] and row["hits"]]
    if not found.problem and not rows:
        return [lacks("No rule on prose or names says anything of these models.")]
    columns = (
        Column("kind", "On"),
        Column("rule", "Rule"),
        Column("hits", "Says something of", "count"),
        Column("judged", "of these with a declared base", "count"),
        Column("right", "right", "count"),
        Column("nearer", "nearer", "count"),
        Column("wrong", "wrong", "count"),
        Column("precision", "Precision", "share"),
        Column("used", "Links made", "count"),
    )
    return [
        found.table(
            "table-check-rules", "How often the rules on prose and names are right", columns, rows=rows,
            note="Judged where models declare their base: it is hidden and predicted. “Nearer” found what itself "
            "derives from "
            "the declared base; precision leaves these out. Rules that are off, or say nothing here, are not listed.",
        )
    ]  # fmt: skip
