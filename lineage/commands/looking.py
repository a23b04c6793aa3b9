"""What every view is asked beside its own options: for whom (`--as`), where to (`-o`), and whether to open it.

@view.command()
@click.argument("model")
@looks
def family(model, look, …):
    look.give("family", model, page=lambda: …text of a page…, graph=lambda: …a GraphFile…)
"""

import functools
import sys
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

if TYPE_CHECKING:
    from lineage.views.files.graphfiles import GraphFile

#: The endings of files, and what they hold.
ENDINGS = {
    ".html": "html",
    ".htm": "html",
    ".dot": "dot",
    ".gv": "dot",
    ".graphml": "graphml",
    ".gexf": "gexf",
    ".mmd": "mermaid",
    ".mermaid": "mermaid",
    ".json": "json",
}

FORMS = tuple(dict.fromkeys(ENDINGS.values()))


@dataclass(frozen=True, slots=True)
class Look:
    """What was asked: `form` is one of `FORMS`; `path` None where nobody named a file, `-` for stdout."""

    form: str
    path: Path | None = None
    open_: bool = False

    @property
    def page(self) -> bool:
        """Whether it is a page, and no file for another program."""
        return self.form == "html"

    @property
    def nodes(self) -> int:
        """About how many nodes are drawn where nobody says how many."""
        return 50 if self.form == "mermaid" else 60

    def give(
        self,
        kind: str,
        id: Callable[[], str] | None = None,
        *,
        page: Callable[[], str],
        graph: "Callable[[], GraphFile]",
    ) -> None:
        """Write what was asked whole or not at all, and print its path; a graph file nobody named a file for, itself.

        `kind` and `id`: what the page is of, after which it is named where nobody named it: here, whatever signs the id
        holds (`wording.file_name`), and as the snapshot spells it. Only what was asked is made.
        """
        from lineage.target import write_pieces, write_text
        from lineage.views.wording import file_name

        to_stdout = str(self.path) == "-" or (self.path is None and not self.page)
        if self.page:
            text = page()
            if to_stdout:
                sys.stdout.write(text)
                return
            target = self.path or Path(file_name(kind, id() if id else None, "html"))
            write_text(target, text)
        else:
            from lineage.views.files.graphfiles import chunks

            pieces = chunks(graph(), self.form)
            if to_stdout:
                for piece in pieces:
                    sys.stdout.write(piece.decode())
                return
            assert self.path is not None  # else it went to stdout
            target = self.path
            write_pieces(target, pieces)
        click.echo(str(target))
        if self.open_:
            click.launch(str(target))


def asked(form: str | None, path: Path | None, open_: bool = False, option: str = "-o") -> Look:
    """What `--as`, `-o` and `--open` ask together. Raises UsageError where they do not go together."""
    from lineage.errors import UsageError, near
    from lineage.target import check_target

    to_file = path is not None and str(path) != "-"
    if path is not None and to_file:
        check_target(path)
    if form is not None and form not in FORMS:
        raise UsageError(f"There is no --as {form}.{near(form, FORMS)} There are: {', '.join(FORMS)}.")
    named = None
    if path is not None and to_file:
        named = ENDINGS.get(path.suffix.lower())
        if named is None and form is None:
            known = " ".join(ENDINGS)
            raise UsageError(
                f"A page is HTML: give {option} a name that ends in .html, not {path.name}; for other programs "
                f"in one of {known}, or add --as."
            )
        if named and form and named != form:
            raise UsageError(f"The name {path.name} is that of a file of {named}, and --as says {form}: change one.")
    found = form or named or "html"
    if open_ and found != "html":
        raise UsageError(f"--open shows pages in the browser, and {found} is for other programs: leave one away.")
    return Look(found, path, open_)


def looks(function: Callable[..., Any]) -> Callable[..., Any]:
    """Add `--as`, `-o` and `--open` to a command, which is given a `look` in their place."""

    @click.option(
        "--as", "form", metavar="FORMAT", help=" | ".join(FORMS) + ". [default: by the ending of -o, else html]"
    )
    @click.option(
        "-o",
        "--output",
        "path",
        type=click.Path(path_type=Path),
        metavar="FILE",
        help="Where to write. [default: a page named after what it shows, here; else stdout]",
    )
    @click.option("--open", "open_", is_flag=True, help="Open the page in the browser.")
    @functools.wraps(function)
    def run(form: str | None, path: Path | None, open_: bool, **options: Any) -> Any:
        return function(look=asked(form, path, open_), **options)

    return run
