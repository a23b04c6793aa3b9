"""`lineage view`: pages to look at."""

import sys
from pathlib import Path

import click

from lineage.commands.options import measure, open_session, owner, snapshot


@click.group()
def view() -> None:
    """Self-contained HTML pages of the graph."""


@view.command()
@click.argument("model")
@click.option(
    "-o",
    "--output",
    "path",
    type=click.Path(path_type=Path),
    metavar="FILE",
    help="Where to write. [default: family-MODEL.html here]",
)
@click.option("--open", "open_", is_flag=True, help="Open it in the browser.")
@click.option("--writer", default="outline", show_default=True, metavar="WRITER", help="outline or pyvis.")
@click.option(
    "--nodes",
    default=60,
    show_default=True,
    type=click.IntRange(min=5, max=500),
    metavar="N",
    help="About how many models are drawn; the rest is folded and counted.",
)
@measure
@owner
@snapshot
def family(
    model: str,
    path: Path | None,
    open_: bool,
    writer: str,
    nodes: int,
    window: str,
    basis: str,
    owner: str,
    snapshot: str | None,
) -> None:
    """MODEL and everything made from it: an outline to read and a picture, in one file.

    \b
    Examples:
      lineage view family meta-llama/Meta-Llama-3.1-8B --open
      lineage view family stabilityai/stable-diffusion-xl-base-1.0 -o sdxl.html
    """
    from lineage.errors import UsageError

    if path is not None and str(path) != "-" and path.suffix.lower() not in (".html", ".htm"):
        raise UsageError(f"A page is HTML: give -o a name that ends in .html, not {path.name}.")
    session = open_session(snapshot)
    text = session.view_family(model, writer=writer, nodes=nodes, window=window, basis=basis, owner=owner)
    from lineage.printing import write_text

    if path is not None and str(path) == "-":
        sys.stdout.write(text)
        return
    target = path or Path(f"family-{model.rstrip('/').rpartition('/')[2]}.html")
    write_text(target, text)
    click.echo(str(target))
    if open_:
        click.launch(str(target))


COMMANDS = (view,)
