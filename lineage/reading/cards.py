"""Cards as text: front matter and what the prose says of the base, card by card, in worker processes.

Text written by strangers is the one thing here that is not read in columns, and the one thing that can
kill or hang a parser; so it is read where neither takes the build with it (`workers.py`).
"""

import json
import re
from collections.abc import Callable, Iterator
from functools import cache
from itertools import islice
from typing import TYPE_CHECKING, Any

import pyarrow as pa

if TYPE_CHECKING:
    from duckdb import DuckDBPyConnection

#: Fields of the front matter that anything here reads; the rest (widgets, evaluations) can be long.
FIELDS = (
    "base_model",
    "base_model_relation",
    "base_models",
    "base_model_sources",
    "model_link",
    "quantized_by",
    "license",
    "tags",
    "datasets",
    "language",
    "library_name",
    "pipeline_tag",
)

#: Rows written at once.
_CHUNK = 20_000

Read = tuple[str | None, str | None, list[str], list[tuple[str, str, str | None]]]


@cache
def _rules() -> Any:
    from lineage import reference

    return reference.phrases()


def read(item: tuple[str | None, str]) -> Read:
    """One card: `(model id, text)` → its fields as JSON text, a problem, oddities, and what its prose claims.

    A claim is (rule, base as written, relation). Runs in a worker process.
    """
    from lineage.reading.frontmatter import read_card
    from lineage.reading.phrases import find

    model, text = item
    card = read_card(text)
    fields = None
    if card.fields is not None:
        fields = json.dumps({k: v for k, v in card.fields.items() if k in FIELDS}, sort_keys=True, ensure_ascii=False)
    found = find(card.body, model or "", _rules())
    return fields, card.problem, list(card.oddities), [(f.rule, f.base, f.relation) for f in found]


def _parts(path: str) -> list[str]:
    return [p for p in re.split(r"[\\/]+", path.strip()) if p not in ("", ".", "..")]


def id_of_path(path: str, flat: bool = False) -> str | None:
    """The model whose card lies at `path`: `…/account/name/README.md`, a cache of huggingface_hub
    (`models--account--name/snapshots/…`), `account/name.md`, or `account__name` in one part.

    A name may hold two underscores itself, so they part account and name only where there is no folder
    above, in the name of a file, or where all paths of the source are so (`flat`).
    """
    parts = _parts(path)
    for part in parts:
        if part.startswith("models--"):
            return part.removeprefix("models--").replace("--", "/", 1)
    if parts and parts[-1].lower() == "readme.md":
        parts.pop()
    elif parts and parts[-1].lower().endswith(".md"):
        parts[-1] = parts[-1][:-3]
        flat = True
    if parts and parts[0] == "models":
        parts.pop(0)
    if parts and (flat or len(parts) == 1) and "__" in parts[-1].strip("_"):
        return parts[-1].replace("__", "/", 1)
    return "/".join(parts[-2:]) or None


def name_cards(con: "DuckDBPyConnection") -> None:
    """Give the rows of `spelled` that have a path and no id the id that the path says."""
    paths = [
        p for (p,) in con.execute("SELECT DISTINCT path FROM spelled WHERE id IS NULL AND path IS NOT NULL").fetchall()
    ]
    if paths:
        flat = all("__" in "/".join(_parts(p)[-2:-1]) for p in paths)
        named = pa.table({"path": paths, "id": pa.array([id_of_path(p, flat) for p in paths], pa.string())})
        con.register("named_path", named)
        con.execute(
            "UPDATE spelled SET id = n.id FROM named_path AS n WHERE spelled.id IS NULL AND spelled.path = n.path"
        )
        con.unregister("named_path")


def read_cards(con: "DuckDBPyConnection", say: Callable[[str], None] = lambda text: None) -> None:
    """Make `card_read` from the column `readme` of `spelled`, and add to `text_claim`.

    `card_read`: nr (of the row), fields (JSON text, the fields of `FIELDS`), problem (text),
    oddities (list of text). `text_claim`: nr, rule, base, relation (text).
    """
    con.execute("CREATE OR REPLACE TABLE card_read (nr BIGINT, fields VARCHAR, problem VARCHAR, oddities VARCHAR[])")
    if not con.execute("SELECT count(readme) FROM spelled").fetchall()[0][0]:
        return
    say("Reading cards")
    from lineage.reading import workers

    numbers: list[int] = []
    results = workers.each("lineage.reading.cards:read", _cards(con, numbers))
    done = 0
    while chunk := list(islice(results, _CHUNK)):
        _write(con, numbers[done : done + len(chunk)], chunk)
        done += len(chunk)
        if done % 100_000 == 0:
            say(f"{done:,} cards read")


def _cards(con: "DuckDBPyConnection", numbers: list[int]) -> Iterator[tuple[str | None, str]]:
    """The cards, and in `numbers` the row that each stands in."""
    (last,) = con.execute("SELECT coalesce(max(rowid), -1) FROM spelled").fetchall()[0]
    for first in range(0, last + 1, _CHUNK // 10):
        rows = con.execute(
            "SELECT getvariable('first_nr') + rowid, id, readme FROM spelled "
            "WHERE rowid BETWEEN ? AND ? AND readme IS NOT NULL ORDER BY rowid",
            [first, first + _CHUNK // 10 - 1],
        ).fetchall()
        for number, model, text in rows:
            numbers.append(number)
            yield model, text


def _write(con: "DuckDBPyConnection", numbers: list[int], results: list[tuple[Read | None, str | None]]) -> None:
    read = [(nr, found or (None, reason, [], [])) for nr, (found, reason) in zip(numbers, results, strict=True)]
    cards = pa.table(
        {
            "nr": pa.array([nr for nr, _ in read], pa.int64()),
            "fields": pa.array([card[0] for _, card in read], pa.string()),
            "problem": pa.array([card[1] for _, card in read], pa.string()),
            "oddities": pa.array([card[2] or None for _, card in read], pa.list_(pa.string())),
        }
    )
    claims = [(nr, *claim) for nr, card in read for claim in card[3]]
    said = pa.table(
        {
            name: pa.array([claim[i] for claim in claims], pa.int64() if name == "nr" else pa.string())
            for i, name in enumerate(("nr", "rule", "base", "relation"))
        }
    )
    for name, table in (("card_read", cards), ("text_claim", said)):
        con.register("read_cards", table)
        con.execute(f"INSERT INTO {name} SELECT * FROM read_cards")
        con.unregister("read_cards")
