"""Two files for Neo4j Browser: all named queries as favourites, and a style in the colours of our own pages.

Browser makes one favourite of a `.cypher` file, whatever is in it, and as many as there are files of a
`.zip`; so the favourites are a zip. Its styles (GraSS) know labels and types, not properties: a relation
is written on its link, for a colour of its own it cannot have.
"""

import os
import zipfile
from collections.abc import Iterable
from io import BytesIO
from pathlib import Path

from lineage.cypher import Query
from lineage.parquet import naming
from lineage.views import template
from lineage.views.pictures import palette

FAVOURITES = "lineage.zip"
STYLE = "lineage.grass"

_TEMPLATE = Path(__file__).parent / "parts" / STYLE

#: The first moment that a zip can name: the same queries are the same bytes.
_NO_TIME = (1980, 1, 1, 0, 0, 0)


def favourites(queries: Iterable[Query]) -> bytes:
    """A zip with a `.cypher` file for each query, in the order given, as `Query.favourite` has it."""
    made = BytesIO()
    with zipfile.ZipFile(made, "w", zipfile.ZIP_STORED) as archive:
        for query in queries:
            entry = zipfile.ZipInfo(f"{query.name}.cypher", _NO_TIME)
            entry.create_system = 3
            entry.external_attr = 0o644 << 16
            archive.writestr(entry, query.favourite())
    return made.getvalue()


def style() -> str:
    """The GraSS of labels and types, its colours from `palette.RELATIONS`."""
    colours: dict[str, str] = {}
    for relation, look in palette.RELATIONS.items():
        colours |= {relation or "model": look.colour, f"{relation or 'model'}_ink": look.ink}
    return template.fill(_TEMPLATE.read_text(encoding="utf-8"), colours)


def write(folder: Path, queries: Iterable[Query]) -> list[Path]:
    """Write both files into `folder`, made where it is missing, each whole or not at all, and
    return their paths; nothing else is touched.

    Raises OSError where they cannot be written.
    """
    folder.mkdir(parents=True, exist_ok=True)
    paths = [folder / FAVOURITES, folder / STYLE]
    for path, data in zip(paths, (favourites(queries), style().encode()), strict=True):
        new = path.with_name(f".{path.name}.new")
        try:
            with naming(path):
                new.write_bytes(data)
            os.replace(new, path)
        finally:
            new.unlink(missing_ok=True)
    return paths
