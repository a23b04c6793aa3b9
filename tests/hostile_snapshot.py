"""Snapshots full of hostile texts: one as any stranger could make it, one as only a forger could.

`rows` go through the real build. In `built` ids are honest, for the reader lets no other in, and every other field is
hostile; in `forged` the rules on ids are switched off while it is built, so that ids, accounts and bases hold everything
too: a snapshot may be opened from an address, and nobody says that our program has written it.
"""

import json
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

from lineage.catalog import Catalog
from lineage.pipeline import Built, build
from lineage.resolve import bases
from lineage.session import Session
from tests.hostile_texts import TEXTS, Hostile

ROOT = "maker/root"


def _row(id: str, text: str, named: list[str], place: int) -> dict[str, Any]:
    """A model whose every free field is the text."""
    return {
        "id": id,
        "downloads": 1000 - place,
        "downloadsAllTime": 5000 - place,
        "createdAt": "2024-05-01T00:00:00.000Z",
        "pipeline_tag": text,
        "library_name": text,
        "tags": [text, f"license:{text}", f"base_model:{named[0]}", f"base_model:quantized:{named[0]}", "gguf"],
        "cardData": {"license": [text], "base_model": named, "quantized_by": text, "tags": [text], "datasets": [text]},
    }


def honest(one: Hostile) -> str:
    """The id of the model that is hostile in everything but its id."""
    return f"h{one.number}/m{one.number}"


def in_name(one: Hostile) -> str:
    """The id whose name is the text."""
    return f"h{one.number}/{one.text}".strip()


def in_account(one: Hostile) -> str:
    """The id whose account is the text, or begins with it."""
    return f"{one.text}/m{one.number}".strip()


def rows() -> list[dict[str, Any]]:
    """A root, and of each text three models: hostile in all but its id, in its name, in its account."""
    made = [_row(ROOT, "apache-2.0", ["maker/older"], 0)]
    for place, one in enumerate(TEXTS):
        made.append(_row(honest(one), one.text, [ROOT, one.text], place))
        made.append(_row(in_name(one), one.text, [ROOT, f"gone{one.number}/{one.text}"], place))
        made.append(_row(in_account(one), one.text, [in_name(one)], place))
    return made


def write(path: Path) -> Path:
    """The rows as JSON lines; halves of pairs stand as escapes, as a careless writer leaves them."""
    path.write_text("".join(json.dumps(row) + "\n" for row in rows()), "utf-8")
    return path


def built(folder: Path) -> tuple[Session, Built]:
    """The snapshot that anybody can make, and what its build said."""
    catalog = Catalog(folder / "home")
    done = build(str(write(folder / "hostile.jsonl")), catalog=catalog, name="built", taken_at="2024-09-20")
    return Session(done.snapshot, catalog), done


@contextmanager
def _no_rules() -> Iterator[None]:
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("lineage.reading.rows.SYNTAX", "(?s).+")
        patch.setattr(bases, "named", lambda text: [(text, None)])
        yield


def built_without_rules(folder: Path, path: Path, name: str = "forged") -> Session:
    """A snapshot of the rows in a file, whatever their ids are."""
    catalog = Catalog(folder / "home")
    with _no_rules():
        done = build(str(path), catalog=catalog, name=name, taken_at="2024-09-20")
    return Session(done.snapshot, catalog)


def forged(folder: Path) -> Session:
    """The snapshot that holds everything everywhere."""
    return built_without_rules(folder, write(folder / "hostile.jsonl"))
