"""One part of the input, from `spelled` to what is kept of it."""

import hashlib
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING

from lineage import ids, reference
from lineage.reading import rows
from lineage.reading.cards import name_cards, read_cards
from lineage.reading.claims import read_claims
from lineage.reading.disclosure import read_disclosure
from lineage.reading.parameters import read_parameters
from lineage.reading.tags import Tags
from lineage.reading.weights import read_weights

if TYPE_CHECKING:
    from duckdb import DuckDBPyConnection

Say = Callable[[str], None]


def read_part(con: "DuckDBPyConnection", tags: Tags, say: Say = lambda text: None) -> None:
    """Take `spelled`, the part that was numbered last, into `model`, `claim`, `contender`, `refused` and `tags`."""
    name_cards(con)
    read_cards(con, say)
    rows.read_rows(con)
    take_rows(con, tags)


def take_rows(con: "DuckDBPyConnection", tags: Tags) -> None:
    """Take `rows`, which are one an id, into `model`, `claim` and `tags`."""
    read_claims(con)
    read_weights(con, reference.formats())
    read_parameters(con)
    read_disclosure(con, reference.languages())
    rows.take(con, reference.libraries())
    tags.take(con)


def version() -> str:
    """What was made by another version of this code, or of what it knows, has to be made again."""
    import duckdb

    digest = hashlib.sha256(duckdb.__version__.encode())
    for path in sorted(Path(__file__).parent.iterdir()):
        if path.suffix in (".py", ".sql"):
            digest.update(path.read_bytes())
    for path in (Path(ids.__file__), reference.DATA / "phrases.csv"):
        digest.update(path.read_bytes())
    for known in (reference.formats(), sorted(reference.languages()), sorted(reference.libraries())):
        digest.update(repr(known).encode())
    return digest.hexdigest()
