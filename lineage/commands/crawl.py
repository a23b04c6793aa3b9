"""`lineage crawl`: the list of models of the Hub, page by page, into a folder; and how it is gone on with."""

import shlex
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

import click

from lineage.commands.options import Command, prints

if TYPE_CHECKING:
    from lineage.sources.crawl import Crawled
    from lineage.sources.crawls import Choice, Wanted


def hub_options(of_hub: str = "") -> Callable[[Command], Command]:
    """The options of a crawl that `build` shares; --name and --limit are each command's own.

    `of_hub` stands before their help where other sources have other options.
    """

    def say(text: str) -> str:
        return of_hub + (text[0].lower() + text[1:] if of_hub else text)

    options = (
        click.option(
            "--endpoint",
            metavar="URL",
            help=say("The server to ask. [default: HF_ENDPOINT, else https://huggingface.co]"),
        ),
        click.option("--author", metavar="NAME", help=say("Only the models of one account.")),
        click.option(
            "--max-pages",
            type=click.IntRange(min=1),
            metavar="N",
            help=say("Stop after N pages; the next run goes on."),
        ),
        click.option(
            "--since",
            metavar="SNAPSHOT",
            help=say("Only what changed since the crawl that SNAPSHOT was built from."),
        ),
        click.option(
            "--cards",
            type=click.Choice(["missing", "all"]),
            metavar="missing|all",
            help=say(
                "Then also the READMEs of models that name no base: missing, where name, tags or library say that "
                "they have one; or all of them."
            ),
        ),
        click.option(
            "--most-cards",
            type=click.IntRange(min=1),
            metavar="N",
            help=say("With --cards: N of them at most, the most downloaded first. [default: 20,000]"),
        ),
        click.option("--fresh", is_flag=True, help=say("Begin again, whatever is there.")),
    )

    def apply(function: Command) -> Command:
        for option in reversed(options):
            function = option(function)
        return function

    return apply


@click.command()
@click.option("--name", metavar="NAME", help="Name of the crawl. [default: hub-<date>]")
@click.option("--limit", type=click.IntRange(min=1), metavar="N", help="Stop when N models are there.")
@hub_options()
@prints(one_row=True)
def crawl(name: str | None, limit: int | None, note: Any, quiet: bool, **options: Any) -> Any:
    """Download the Hub's list of models, page by page.

    It keeps to the Hub's quota, can be stopped at any time and goes on where it was. A finished crawl is left
    as it is, but for --cards that it does not have yet. `lineage build hub` does the same and builds a snapshot
    of it.

    \b
    Examples:
      lineage crawl
      lineage crawl --author google-bert
      lineage crawl --since hub-2026-10-03
      lineage crawl --name hub-2026-10-03 --cards missing
    """
    import time

    import pyarrow as pa

    from lineage.sources.crawls import Wanted, choose

    wanted = Wanted(name=name, limit=limit, **options)
    choice = choose(wanted, time.time())
    crawled = run("lineage crawl", wanted, choice, quiet)
    note(f"Try next: lineage build {shlex.quote(str(choice.folder))}")
    return None, pa.Table.from_pylist([crawled.row()]), {"name": choice.name, "limit": limit, **options}


def run(command: str, wanted: "Wanted", choice: "Choice", quiet: bool, more: tuple[str, ...] = ()) -> "Crawled":
    """Crawl, showing how far it is; however it stops, say what is kept and which command goes on.

    `command` and `more` (further options, as words) are what was typed.
    """
    from lineage.commands.progress import watcher
    from lineage.errors import Incomplete, SourceError
    from lineage.sources.crawl import crawl as fetch
    from lineage.sources.outside import Outside

    again = go_on(command, wanted, choice, more)
    try:
        with watcher(quiet) as watch:
            return fetch(wanted, Outside(say=watch.say, tell=watch.tell), choice)
    except Incomplete as error:
        raise Incomplete(f"{error} {_left(choice, again)}") from None
    except SourceError as error:
        if not any(_kept(choice)):
            raise
        raise SourceError(f"{error} {_left(choice, again)}") from None
    except KeyboardInterrupt:
        click.echo(f"Interrupted. {_left(choice, again)}", err=True)
        click.get_current_context().exit(130)


def _kept(choice: "Choice") -> tuple[int, int]:
    """How many pages and cards lie in a crawl's folder."""
    from lineage.errors import SourceError
    from lineage.sources.kept import Kept

    try:
        kept = Kept.read(choice.folder)
    except SourceError:
        return 0, 0
    return (len(kept.pages), (kept.head.get("cards") or {"asked": 0})["asked"]) if kept else (0, 0)


def _left(choice: "Choice", again: str) -> str:
    """What is kept, in a sentence with the command that goes on."""
    pages, cards = _kept(choice)
    if not pages:
        return f"No page is kept yet. To begin again: {again}"
    if cards:
        return f"{pages:,} page{'s' * (pages != 1)} and {cards:,} card{'s' * (cards != 1)} are kept. To go on: {again}"
    return f"{pages:,} page{'s are' if pages != 1 else ' is'} kept. To go on: {again}"


def go_on(command: str, wanted: "Wanted", choice: "Choice", more: tuple[str, ...] = ()) -> str:
    """The command that goes on with a crawl, as it is typed."""
    from lineage.sources.hub import HUB

    options = {
        "--name": choice.name,
        "--endpoint": choice.endpoint if choice.endpoint != HUB else None,
        "--author": wanted.author,
        "--limit": wanted.limit,
        "--since": wanted.since,
        "--cards": wanted.cards,
        "--most-cards": wanted.most_cards,
    }
    words = [word for key, value in options.items() if value is not None for word in (key, str(value))]
    return f"{command} {shlex.join([*words, *more])}"


COMMANDS = (crawl,)
