"""What GraphML and GEXF have in common: heads that a writer of XML makes, names that stay apart, types of columns."""

import io
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from xml.sax.saxutils import XMLGenerator
from xml.sax.xmlreader import AttributesImpl

import pyarrow as pa
import pyarrow.compute as pc

from lineage.screen import referenced
from lineage.views.files import lines
from lineage.views.files.graphfiles import Rows
from lineage.views.files.lines import Column


class Head:
    """The part of a file that is not rows, element by element; `taken` gives the bytes so far."""

    def __init__(self) -> None:
        self._out = io.BytesIO()
        self._xml = XMLGenerator(self._out, "utf-8", short_empty_elements=True)
        self._xml.startDocument()

    @contextmanager
    def element(self, name: str, attributes: Mapping[str, str] | None = None, line: bool = True) -> Iterator[None]:
        """An element around what is made inside."""
        self.open(name, attributes)
        yield
        self.close(name, line)

    def open(self, name: str, attributes: Mapping[str, str] | None = None, line: bool = False) -> None:
        """The beginning of an element."""
        held = {key: legal(value) for key, value in (attributes or {}).items()}
        self._xml.startElement(name, AttributesImpl(held))
        if line:
            self._xml.ignorableWhitespace("\n")

    def close(self, name: str, line: bool = True) -> None:
        """The end of an element."""
        self._xml.endElement(name)
        if line:
            self._xml.ignorableWhitespace("\n")

    def leaf(self, name: str, attributes: Mapping[str, str] | None = None, text: str = "") -> None:
        """An element with nothing but text inside."""
        with self.element(name, attributes):
            if text:
                self._xml.characters(legal(text).replace("\r", "\ufffd"))

    def taken(self) -> bytes:
        """What was made since the last time."""
        made = referenced(self._out.getvalue().decode()).encode()
        self._out.seek(0)
        self._out.truncate()
        return made


def legal(text: str) -> str:
    """`text` with U+FFFD for what XML has no form for."""
    return "".join(
        char if char in "\t\n\r" or ("\x20" <= char <= "\ud7ff") or "\ue000" <= char <= "\ufffd" or char > "\uffff"
        else "\ufffd"
        for char in text
    )  # fmt: skip


def names(nodes: Rows) -> Callable[[Column], Column]:
    """What makes the names of nodes fit for XML: two that differ in what XML cannot hold only stay two."""
    odd: set[str] = set()
    for block in nodes.blocks(["id"]):
        ids = block.column("id")
        odd.update(ids.filter(pc.match_substring_regex(ids, lines.ILLEGAL)).to_pylist())
    if not odd:
        return lines.xml
    wanted = {id: legal(id) for id in sorted(odd)}
    taken: set[str] = set()
    for block in nodes.blocks(["id"]):
        ids = block.column("id")
        taken.update(id for id in ids.to_pylist() if id not in wanted)
    for id, name in wanted.items():
        while name in taken:
            name += "\ufffd"
        wanted[id] = name
        taken.add(name)
    raw, fit = pa.array(list(wanted)), pa.array(list(wanted.values()))

    def named(column: Column) -> Column:
        return lines.xml(pc.coalesce(fit.take(pc.index_in(column, value_set=raw)), column))

    return named


def kind(type_: pa.DataType) -> str:
    """What both formats call the type of a column: text is all that has no name there, lists joined by `;`."""
    if pa.types.is_boolean(type_):
        return "boolean"
    if pa.types.is_integer(type_):
        return "long"
    return "double" if pa.types.is_floating(type_) else "string"
