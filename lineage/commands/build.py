"""`lineage build` and `lineage load`: make a snapshot, and put it into Neo4j."""

from pathlib import Path
from typing import Any

import click

from lineage.commands.crawl import hub_options, run
from lineage.commands.options import progress


@click.command()
@click.argument("source", default="hub", metavar="[SOURCE]")
@click.option("--name", metavar="NAME", help="Name of the snapshot. [default: that of the source]")
@click.option(
    "--taken-at",
    metavar="DATE",
    help="What day the data stands for. [default: when the crawl began, the date of a data set, else the newest "
    "date in it]",
)
@click.option("--limit", type=click.IntRange(min=1), metavar="N", help="Read the first N rows only.")
@click.option("--force", is_flag=True, help="Replace a snapshot of the same name.")
@click.option(
    "--publishers",
    type=click.Path(path_type=Path),
    metavar="FILE",
    help="A table of accounts (type, country, owner group) over the shipped one.",
)
@hub_options("With hub: ")
@click.option("--graph/--no-graph", default=True, help="Build the embedded graph too. [default: yes]")
@click.option("-q", "--quiet", is_flag=True, help="No progress on stderr.")
def build(
    source: str,
    name: str | None,
    taken_at: str | None,
    limit: int | None,
    force: bool,
    publishers: Path | None,
    graph: bool,
    quiet: bool,
    **of_hub: Any,
) -> None:
    """Build the graph from SOURCE and make it the current snapshot.

    Without SOURCE, or with hub, the whole Hub is crawled first, at the pace that it allows: half an hour or
    more, which can be interrupted and goes on where it was.

    SOURCE is also sample, sample-gguf, or a file or folder: a table of models as the Hub lists them, pages
    of its API, a list of edges (child,base,relation), a table of cards (model_id or path, readme) or the
    cards themselves (.md). Tables are .parquet .jsonl .json .csv .tsv, also with .gz or .zst.

    A table may also lie on the Hub: hf://datasets/OWNER/NAME, with @REVISION and /path/to/file-or-folder where
    wanted. It is fetched first, and again only when it has changed. cfahlgren1/hub-stats is a table of all models
    of the day; hfmlsoc/hub_weekly_snapshots has one a week, @DATE picks it.

    \b
    Examples:
      lineage build sample
      lineage build hub --author google-bert
      lineage build hf://datasets/cfahlgren1/hub-stats
      lineage build hf://datasets/hfmlsoc/hub_weekly_snapshots@2026-09-30
      lineage build models.csv.gz --taken-at 2024-09-20
      lineage build folder-of-cards --taken-at 2025-06-01
    """
    from lineage import pipeline

    if source == "hub":
        source, name, began = _crawled(name, limit, force, publishers, taken_at, quiet, of_hub)
        taken_at = taken_at or began
        if not quiet:
            click.echo(
                f"The pages are in {source}: `lineage build` with that folder builds them without a network.", err=True
            )
    elif given := [f"--{o.replace('_', '-')}" for o, value in of_hub.items() if value]:
        are = "are" if len(given) > 1 else "is"
        raise click.UsageError(f"{' and '.join(given)} {are} for the source hub, and this one is {source}.")
    built = pipeline.build(
        source, name=name, taken_at=taken_at, limit=limit, force=force, publishers=publishers, say=progress(quiet)
    )
    if not quiet:
        for line in report(built):
            click.echo(line)
    if graph:
        _build_graph(built.snapshot, quiet)
    if not built.snapshot.manifest["complete"]:
        click.get_current_context().exit(4)


def _build_graph(snapshot: Any, quiet: bool) -> None:
    """The embedded graph, so that the first question need not wait for it; without it the snapshot is whole too."""
    from lineage.config import home
    from lineage.errors import StoreError
    from lineage.stores import embedded

    try:
        embedded.ensure(snapshot, home(), progress(quiet))
    except StoreError as error:
        click.echo(f"The snapshot is there, its embedded graph is not: {error}", err=True)


def _crawled(
    name: str | None,
    limit: int | None,
    force: bool,
    publishers: Path | None,
    taken_at: str | None,
    quiet: bool,
    of_hub: dict[str, Any],
) -> tuple[str, str, str]:
    """Crawl the Hub, or go on with it. Returns the folder of the pages, the name, and when it began."""
    import time

    from lineage.catalog import Catalog
    from lineage.pipeline import read_time
    from lineage.sources.crawls import Wanted, choose

    wanted = Wanted(name=name, limit=limit, **of_hub)
    choice = choose(wanted, time.time())
    # What would make the build fail is said before an hour is spent on it.
    if not force and not choice.finished:
        Catalog().refuse_existing(choice.name)
    if taken_at:
        read_time(taken_at)
    given = {"--publishers": publishers, "--taken-at": taken_at}
    more = [word for key, value in given.items() if value is not None for word in (key, str(value))]
    crawled = run("lineage build hub", wanted, choice, quiet, (*more, *(["--force"] if force else [])))
    return str(choice.folder), choice.name, str(crawled.kept.head["started"])


#: What a source was recognised as, in words.
LAYOUTS = {
    "models": "a table of models",
    "cards": "model cards",
    "edge list": "a list of edges",
}


def report(built: object) -> list[str]:
    """What came in, what came out, what was rejected and why, and what to try next."""
    from lineage.pipeline import Built
    from lineage.reading.columns import NAMING_A_BASE, SPELLINGS
    from lineage.schema import RELATIONS

    assert isinstance(built, Built)
    made = built.snapshot
    if built.recognised is None:
        return [
            f"Snapshot      {made.name}, taken at {made.taken_at}, was built before from the same input and is whole",
            f"Kept in       {made.folder}; it is the current snapshot. --force builds it again",
        ]
    counts, info = made.counts, _info(made)
    layout = built.recognised.layout
    read = ", ".join(
        ours if spelled == (ours,) else f"{' or '.join(spelled)} as {ours}"
        for ours, spelled in built.recognised.columns.items()
    )
    lines = [
        f"Snapshot      {made.name}, taken at {made.taken_at}" + (f" ({built.dated})" if built.dated else ""),
        f"Layout        {LAYOUTS[layout]}"
        + (f", {built.files:,} files" if built.files > 1 else "")
        + (f"; {built.ignored_files:,} other files are left out" if built.ignored_files else ""),
        f"Columns read  {read}",
    ]
    if built.recognised.ignored:
        lines.append(f"Ignored       {', '.join(built.recognised.ignored[:20])}")
    if built.missing:
        told = (f"{SPELLINGS[ours][0]} ({meaning})" for ours, meaning in built.missing.items())
        lines.append(f"Missing       {'; '.join(told)}")
    if licence := made.manifest["source"]["licence"]:
        lines.append(f"Licence       {licence}")
    edge_rows = counts.get("edge_rows")
    lines += [
        f"In            {counts['rows_in']:,} "
        + ("rows" if edge_rows is None else f"models and bad rows, from {edge_rows:,} rows of edges"),
        f"Out           {counts['models']:,} models of {counts['publishers']:,} publishers, "
        f"{counts['stubs']:,} bases that are not among them (stubs)",
        f"Edges         {counts['edges']:,} declared"
        + (": " if counts["edges"] else "")
        + ", ".join(f"{name} {info[name]:,}" for name in (*RELATIONS, "unlabelled") if info[name]),
        f"              {info['edges_stated']:,} with what cards say in prose, {info['edges_inferred']:,} with what "
        f"names suggest; {info['corrected']:,} labels are denied by metadata (--basis)",
        f"Families      {counts['families']:,}; {counts['multi_parent']:,} models have several bases, "
        f"{counts['cycles']:,} cycles",
    ]
    if info["downloads"] is not None:
        lines.append(f"Downloads     {info['downloads']:,}; {info['with_lineage']:,} of models with a known base")
    lines.append("Rejected      " + _reasons(counts["rejected"], "rows", built.rejected))
    lines.append("              " + _reasons(counts["rejected_claims"], "claims of a base", built.rejected_claims))
    if counts["self_loops"]:
        lines.append(f"              {counts['self_loops']:,} models name themselves as their base; those are no edges")
    for what, name in (
        ("unreadable_tags", "lists of tags"),
        ("unreadable_cards", "cards"),
        ("unreadable_base_models", "fields of the Hub's own bases"),
        ("unreadable_dates", "dates"),
    ):
        if counts[what]:
            lines.append(
                f"              {counts[what]:,} {name} could not be read and count as missing (docs/input.md)"
            )
    if built.card_problems:
        lines.append(
            "              "
            + _reasons(info["cards_unread"], "cards without readable front matter", built.card_problems)
        )
    if counts["unknown_labels"]:
        lines.append(f"              {counts['unknown_labels']:,} relations are none of the four and count as no label")
    if not built.recognised.has & set(NAMING_A_BASE):
        lines.append(
            "Note          No column names a base, so there are no edges. Such columns: tags, cardData, "
            "baseModels, config, base_model, readme (docs/input.md)"
        )
    if not made.manifest["complete"]:
        lines.append(
            "Incomplete    the crawl has not come to its end, so models are missing. Go on with it, then build again "
            "with --force"
        )
    lines.append(f"Kept in       {made.folder}")
    lines.append(
        "Try next      lineage intermediaries   lineage rollup   lineage view family MODEL --open"
        if info["downloads"] is not None
        else "Try next      lineage explain MODEL   lineage tree MODEL   lineage info --rejected"
    )
    return lines


def _info(made: object) -> dict[str, int]:
    from lineage.answers.info import info

    return info(made).to_pylist()[0]  # type: ignore[arg-type]


def _reasons(total: int, what: str, reasons: dict[str, int]) -> str:
    listed = ", ".join(f"{reason} {count:,}" for reason, count in reasons.items())
    return f"{total:,} {what}" + (f": {listed}" if listed else "")


COMMANDS = (build,)
