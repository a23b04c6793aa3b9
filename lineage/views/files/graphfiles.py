"""What a view or an answer gives to other programs, and the one place where it is written.

A view makes a `GraphFile`: tables of nodes and links for those who reckon (GraphML, GEXF, JSON), and a sketch of what
its page draws for those who draw (DOT, Mermaid). A writer a format turns it into bytes, some megabytes at a time.
"""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from importlib import import_module
from typing import TYPE_CHECKING, Any

import pyarrow as pa

from lineage.views.files.lines import ROWS

if TYPE_CHECKING:
    from lineage.views.files.sketch import Sketch

#: The formats, each with the module that writes it.
WRITERS = {"dot": "dot", "graphml": "graphml", "gexf": "gexf", "mermaid": "mermaid", "json": "graphjson"}

#: Those that hold every node and link; the others hold what the page draws.
DATA = ("graphml", "gexf", "json")

#: What GitHub draws of Mermaid, and a person still reads.
MERMAID_NODES = 50


@dataclass(frozen=True, slots=True)
class Rows:
    """A table that may be too large to hold: its columns, and the rows of some of them in blocks, whenever asked."""

    schema: pa.Schema
    blocks: Callable[[list[str]], Iterator[pa.Table]]

    def parts(self) -> Iterator[pa.Table]:
        """The rows, so many at once as become text at once."""
        for block in self.blocks(self.schema.names):
            for begin in range(0, block.num_rows, ROWS):
                yield block.slice(begin, ROWS)


def rows(table: pa.Table) -> Rows:
    """A table that is held."""
    return Rows(table.schema, lambda names: iter([table.select(names)]))


@dataclass(frozen=True, slots=True)
class GraphFile:
    """A graph as a view gives it.

    `nodes`: first column `id` (text, none twice, none null), then facts with their types, null where unknown; coloured
    by a column `relation` and as large as a column `downloads` says, where there are such. `links`: `source` and
    `target` (ids of nodes; from what is derived to its base), then facts; lines by `basis` and `dangling`. `top` is the
    id of the node that the graph is about, "" where it is about none. `said` are sentences for a reader: what is here,
    from where. `sketch` makes what DOT and Mermaid draw.
    """

    view: str
    title: str
    snapshot: Mapping[str, Any]
    options: Mapping[str, Any]
    said: tuple[str, ...]
    nodes: Rows
    links: Rows
    sketch: "Callable[[], Sketch]"
    top: str = ""


def chunks(graph: GraphFile, form: str) -> Iterator[bytes]:
    """The file, piece by piece, in UTF-8; `form` is one of `WRITERS`. The same graph gives the same bytes."""
    found: Iterator[bytes] = import_module(f"lineage.views.files.{WRITERS[form]}").write(graph)
    return found


def text(graph: GraphFile, form: str) -> str:
    """The same as one text."""
    return b"".join(chunks(graph, form)).decode()
