"""The figures of the study: each with its variants, bounds, published value, definition, and why they differ."""

from collections.abc import Sequence

from lineage import reference
from lineage.answers.definitions import FIGURES
from lineage.reporting.asking import Answer, Asking
from lineage.reporting.wordings import BY, RULES, Row, counted, fraction, missing, study
from lineage.views import wording
from lineage.views.reports.cells import percent, printed
from lineage.views.reports.document import Column, Heading, Mark, Part, Prose, Section, Terms, lacks

TITLES = {
    "china_share": "Models from China",
    "us_share": "Models from the United States",
    "deepseek_qwen_share": "DeepSeek and Qwen together",
    "intermediary_share": "Intermediaries",
    "disclosed_share": "Training data disclosed",
    "mean_parameters": "Mean size of a downloaded model",
}

CAPTIONS = {
    "china_share": "Share of downloads, China",
    "us_share": "Share of downloads, United States",
    "deepseek_qwen_share": "Share of downloads, DeepSeek and Qwen",
    "intermediary_share": "Share of downloads through intermediaries, by rule",
    "disclosed_share": "Share of downloads of models that name their training data, by year of creation",
    "mean_parameters": "Parameters of a downloaded model on average, by year of creation",
}

#: What tells the rows of a figure apart: a field, the words above it, and what its values are called.
_APART = {
    "by": ("Counted by", BY),
    "rule": ("Rule", {"group": "all accounts of the two owners", "account": "the two accounts alone"}),
    "year": ("Created in", {"all": "all years"}),
}

_NUMBERS = (
    Column("value", "Share", "share"),
    Column("share_low", "at least", "share"),
    Column("share_high", "at most", "share"),
    Column("numerator", "Numerator", "count"),
    Column("denominator", "Denominator", "count"),
    Column("coverage", "Known", "share"),
    Column("published", "Study", "published"),
    Column("published_year", "of year", "text"),
)


def ask(asking: Asking) -> Answer:
    """The rows of `figures`."""
    return asking.ask("figures", **asking.choices.framed, **asking.choices.only("owner", "list"))


def section(asking: Asking, found: Answer) -> Section:
    """One part a figure."""
    parts: list[Part] = []
    if found.problem:
        parts.append(lacks(f"The figures are not there. {found.problem}"))
    else:
        parts.append(
            Prose(
                (
                    "A study by MIT and Hugging Face, “Economies of Open Intelligence” (2025), gives five figures "
                    "for the "
                    "whole Hub. Here is each as far as this snapshot can tell it, with what is divided by what.",
                    "“At least” leaves everything unknown out of the numerator, “at most” puts all of it in; “known” "
                    "is the "
                    "part of the denominator that is not unknown. No row is the study’s figure, and each says why.",
                ),
                "lead",
            )
        )
        for figure in FIGURES:
            rows = [row for row in found.rows if row["figure"] == figure]
            if rows:
                parts += _figure(asking, figure, rows)
    return Section("figures", "The figures of the study", tuple(parts))


def _figure(asking: Asking, figure: str, rows: Sequence[Row]) -> list[Part]:
    parts: list[Part] = [Heading(f"figure-{figure.replace('_', '-')}", TITLES[figure])]
    known = [row for row in rows if row["denominator"] is not None]
    without = sorted({row["missing"] for row in rows if row["missing"]})
    command = asking.command(
        "figures", figure=(figure,), **asking.choices.framed, **asking.choices.only("owner", "list")
    )
    asking.asked.append(command)
    if known:
        parts.append(_table(figure, known, command))
    for column in without:
        years = [row["year"] for row in rows if row["missing"] == column and row["year"]]
        which = f" for the years {', '.join(years)}" if years and known else ""
        parts.append(lacks(f"There is no value{which}: the source lacks the column {column}."))
    why = ([row for row in rows if row["published"] is not None] or list(rows))[0]
    # the rules of intermediaries are told where they stand side by side
    told = [] if figure == "intermediary_share" else _definitions(rows)
    compares = f"{why['comparable'].capitalize()}. {wording.prose(why['why'])}"
    heading = f"{'why it is not' if why['comparable'] == 'no' else 'how it is'} comparable with the study"
    heading = f"What is counted, and {heading}" if told else heading.capitalize()
    parts.append(Terms((*told, ("Comparable with the study", compares), *_notes(figure)), heading))
    return parts


def _definitions(rows: Sequence[Row]) -> list[tuple[str, str]]:
    """What is counted, for each variant once; fields are called as the table's columns are."""
    said: dict[str, str] = {}
    for row in rows:
        words = [_APART[name][1].get(row[name], "") for name in ("by", "rule") if row[name]]
        text = wording.prose(row["definition"]).replace("share_high", "“at most”").replace("coverage", "“known”")
        said.setdefault(text, ", ".join(words) or "What is counted")
    return [(words[:1].upper() + words[1:], text) for text, words in said.items()]


def _notes(figure: str) -> list[tuple[str, str]]:
    """What the shipped table says of each published value."""
    found = [p for p in reference.published().values() if p.figure == figure]
    return [
        (
            f"The study’s value of {p.year}",
            f"{wording.prose(p.note[:1].upper() + p.note[1:])} ({p.source.removeprefix('https://')}).",
        )
        for p in found
    ]


def _table(figure: str, rows: Sequence[Row], command: str) -> Part:
    apart = [name for name in _APART if len({row[name] for row in rows}) > 1 or (name == "year" and rows[0][name])]
    names = {**_APART, "rule": ("Rule", RULES)} if figure == "intermediary_share" else _APART
    columns = [Column(f"{name}_words", names[name][0]) for name in apart]
    said = [{**row, **{f"{n}_words": _word(n, row[n], names) for n in apart}} for row in rows]
    numbers = [c for c in _NUMBERS if any(row[c.name] is not None for row in rows)]
    mark: Mark | None = Mark("range", "0 to 100 %", ("share_low", "value", "share_high"), 1.0, "published")
    if figure == "mean_parameters":
        numbers = [Column(c.name, "Mean", "parameters") if c.name == "value" else c for c in numbers]
        numbers = [Column(c.name, c.head, "parameters") if c.name == "published" else c for c in numbers]
        mark = None
    return Answer(said, command).table(
        f"table-{figure.replace('_', '-')}", CAPTIONS[figure], (*columns, *numbers), mark=mark
    )


def _word(name: str, value: str | None, names: dict[str, tuple[str, dict[str, str]]]) -> str | None:
    words = names[name][1]
    if name == "rule" and value in RULES and words is RULES:
        return f"{value}: {words[value]}"
    return words.get(value or "", value)


def summary(found: Answer, rules: Sequence[Row]) -> list[str]:
    """A sentence for each of the five figures, each with numerator and denominator, or why there is none.

    `rules`: the rows of `intermediaries` in every frame and on every basis.
    """
    if found.problem:
        return [f"The figures are not there. {found.problem}"]
    said = [_through(found.first(figure="intermediary_share", rule="R1"), rules)]
    china, us = (found.first(figure=f"{code}_share", by="publisher") for code in ("china", "us"))
    if china and us and counted(china) and counted(us):
        said.append(
            f"Accounts in China host {fraction(china)}, accounts in the United States {fraction(us)}; the country of "
            f"{percent(china['coverage'] or 0, 1)} is known.{_both(china, us)}"
        )
    else:
        said.append(missing(china, "The share of China and the United States"))
    for what, row, text in (
        ("The share of DeepSeek and Qwen", found.first(figure="deepseek_qwen_share", rule="group", by="publisher"),
         "Accounts of DeepSeek’s and Qwen’s owners host {}."),
        ("The share that discloses training data", found.first(figure="disclosed_share", year="all"),
         "Models that name the data they were trained on have {}."),
    ):  # fmt: skip
        said.append(text.format(fraction(row)) + study(row) if row and counted(row) else missing(row, what))
    size = found.first(figure="mean_parameters", year="all")
    if size and counted(size):
        said.append(
            f"A downloaded model has {wording.short(round(size['value']))} parameters on average, over the "
            f"{wording.exact(size['denominator'])} downloads ({percent(size['coverage'] or 0, 1)}) of models whose "
            "size is known."
        )
    else:
        said.append(missing(size, "The mean size of a downloaded model"))
    return said


def _through(row: Row | None, rules: Sequence[Row]) -> str:
    """Intermediaries by R1, and among the models tagged gguf, where they are at home."""
    if not row or not counted(row):
        return missing(row, "The share of intermediaries")
    said = f"Accounts on a list of re-packagers (rule R1) host {fraction(row)}"
    gguf = next((r for r in rules if (r["rule"], r["frame"], r["basis"]) == ("R1", "gguf", row["basis"])), None)
    if gguf and counted(gguf) and row["frame"] != "gguf" and gguf["denominator"] != row["denominator"]:
        said += f", and {fraction(gguf)} of models tagged gguf"
    return f"{said}.{study(row)}"


def _both(china: Row, us: Row) -> str:
    if china["published"] is None or us["published"] is None:
        return ""
    values = f"{printed(china['published'])} and {printed(us['published'])}"
    return f" The study has {values} ({china['published_year']}); they are not comparable."
