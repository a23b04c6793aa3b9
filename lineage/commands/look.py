"""`lineage view`: pages to look at, and the same for other programs."""

import click

from lineage.commands.looking import Look, looks
from lineage.commands.options import accounts_list, frame, measure, open_session, owner, snapshot

#: Who writes the page of a picture.
writer = click.option("--writer", default="outline", show_default=True, metavar="WRITER", help="outline or pyvis.")


@click.group()
def view() -> None:
    """Self-contained HTML pages of the graph, or files of it for other programs."""


@view.command()
@click.argument("model")
@looks
@writer
@click.option(
    "--nodes",
    type=click.IntRange(min=5, max=500),
    metavar="N",
    help="About how many models are drawn; the rest is folded and counted. [default: 60; 50 for mermaid]",
)
@click.option(
    "--all", "every", is_flag=True, help="Draw every model, up to 20,000 on a page (2,000 by pyvis); none is folded."
)
@measure
@owner
@snapshot
def family(
    model: str,
    look: Look,
    writer: str,
    nodes: int | None,
    every: bool,
    window: str,
    basis: str,
    owner: str,
    snapshot: str | None,
) -> None:
    """MODEL and everything made from it: an outline to read and a picture, in one file.

    dot and mermaid draw what the page draws; graphml, gexf and json hold every model and every link.

    \b
    Examples:
      lineage view family meta-llama/Meta-Llama-3.1-8B --open
      lineage view family stabilityai/stable-diffusion-xl-base-1.0 -o sdxl.html
      lineage view family mistralai/Mistral-7B-v0.1 --all --basis inferred
      lineage view family google/gemma-2-9b -o gemma.gexf
      lineage view family google/gemma-2-9b --as dot | dot -Tsvg > gemma.svg
    """
    _check(look, writer, nodes, every)
    session = open_session(snapshot)
    asked = {"window": window, "basis": basis, "owner": owner}
    drawn = nodes or look.nodes
    look.give(
        "family",
        lambda: session.spelled(model),
        page=lambda: session.view_family(model, writer=writer, nodes=drawn, all=every, **asked),
        graph=lambda: session.graph_family(model, nodes=drawn, every=every, **asked),
    )


@view.command()
@click.argument("model")
@looks
@writer
@click.option(
    "--nodes",
    type=click.IntRange(min=5, max=500),
    metavar="N",
    help="About how many models are drawn by name; the rest is counted in badges. [default: 60; 50 for mermaid]",
)
@measure
@owner
@snapshot
def ancestors(
    model: str,
    look: Look,
    writer: str,
    nodes: int | None,
    window: str,
    basis: str,
    owner: str,
    snapshot: str | None,
) -> None:
    """What MODEL was made from, up to the roots: every link with who says so, and every licence on the way.

    dot and mermaid draw what the page draws; graphml, gexf and json hold every model and every link.

    \b
    Examples:
      lineage view ancestors bartowski/Starling_Monarch_Westlake_Garten-7B-v0.1-GGUF --open
      lineage view ancestors TheBloke/Llama-2-7B-Chat-GGUF --basis inferred -o origins.html
      lineage view ancestors mlabonne/ChimeraLlama-3-8B-v3 --as mermaid
    """
    _check(look, writer, nodes, False)
    session = open_session(snapshot)
    asked = {"window": window, "basis": basis, "owner": owner}
    drawn = nodes or look.nodes
    look.give(
        "ancestors",
        lambda: session.spelled(model),
        page=lambda: session.view_ancestors(model, writer=writer, nodes=drawn, **asked),
        graph=lambda: session.graph_ancestors(model, nodes=drawn, **asked),
    )


@view.command()
@click.argument("name")
@looks
@measure
@owner
@snapshot
def publisher(name: str, look: Look, window: str, basis: str, owner: str, snapshot: str | None) -> None:
    """What the account NAME hosts and serves: of whom, as what, how much of each base, and who serves its own models.

    With --as the accounts around it: whose models it hosts, and who hosts models made from its own.

    \b
    Examples:
      lineage view publisher TheBloke --open
      lineage view publisher meta-llama -o meta.html
      lineage view publisher unsloth --as gexf -o unsloth.gexf
    """
    session = open_session(snapshot)
    asked = {"window": window, "basis": basis, "owner": owner}
    look.give(
        "publisher",
        lambda: session.spelled_account(name),
        page=lambda: session.view_publisher(name, **asked),
        graph=lambda: session.graph_publisher(name, nodes=look.nodes, **asked),
    )


def _check(look: Look, writer: str, nodes: int | None, every: bool) -> None:
    """Raise UsageError for options that say nothing to what is asked for."""
    from lineage.errors import UsageError
    from lineage.views.files.graphfiles import DATA, MERMAID_NODES

    if not look.page and writer != "outline":
        raise UsageError(f"--writer is for pages, and --as {look.form} has a writer of its own: leave one away.")
    if look.form in DATA and nodes:
        raise UsageError(f"{look.form} holds every model, so there is nothing to fold: leave --nodes away.")
    if look.form == "mermaid" and ((nodes or 0) > MERMAID_NODES or every):
        more = "--all" if every else f"--nodes {nodes}"
        raise UsageError(
            f"{more} is too much for Mermaid, of which GitHub draws small pictures only: give --nodes "
            f"{MERMAID_NODES} or less, or take --as dot."
        )
    if every and nodes:
        raise UsageError("--all draws every model and --nodes about so many: leave one of them away.")


@view.command()
@looks
@click.option(
    "--by", default="relation", show_default=True, metavar="KEY", help="Where the flows end: relation or format."
)
@click.option(
    "--publishers",
    default=12,
    show_default=True,
    type=click.IntRange(min=1, max=60),
    metavar="N",
    help="Base publishers drawn by name; the rest is drawn as others.",
)
@click.option(
    "--intermediaries",
    default=11,
    show_default=True,
    type=click.IntRange(min=1, max=60),
    metavar="N",
    help="Intermediaries drawn by name.",
)
@accounts_list()
@frame
@owner
@snapshot
def flows(
    look: Look,
    by: str,
    publishers: int,
    intermediaries: int,
    list_: str,
    frame: tuple[str, ...],
    window: str,
    basis: str,
    owner: str,
    snapshot: str | None,
) -> None:
    """Whose models downloads stand on, who serves them, and as what: a Sankey diagram with its tables.

    Each model counts for the publishers of its direct bases, divided between them. Nothing is dropped: what is not
    drawn by name is drawn as others. graphml, gexf and json hold every account and every flow.

    \b
    Examples:
      lineage view flows --open
      lineage view flows --frame gguf --by format -o gguf.html
      lineage view flows --frame text-generation --as json
    """
    session = open_session(snapshot)
    asked = {"by": by, "frame": frame, "window": window, "basis": basis, "owner": owner, "list": list_}
    shown = {"publishers": publishers, "intermediaries": intermediaries}
    look.give(
        "flows",
        page=lambda: session.view_flows(**shown, **asked),
        graph=lambda: session.graph_flows(**shown, **asked),
    )


@view.command()
@looks
@click.option(
    "--publishers",
    default=24,
    show_default=True,
    type=click.IntRange(min=1, max=100),
    metavar="N",
    help="Publishers drawn by name; the rest is drawn as others.",
)
@frame
@snapshot
def overview(
    look: Look, publishers: int, frame: tuple[str, ...], window: str, basis: str, snapshot: str | None
) -> None:
    """The snapshot on one page: publishers and families, concentration, and the main cuts of its downloads.

    \b
    Examples:
      lineage view overview --open
      lineage view overview --frame text-generation -o overview.html
    """
    session = open_session(snapshot)
    asked = {"publishers": publishers, "frame": frame, "window": window, "basis": basis}
    look.give("overview", page=lambda: session.view_overview(**asked), graph=lambda: session.graph_overview(**asked))


COMMANDS = (view,)
