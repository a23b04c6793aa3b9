"""A home with ids for Tab, and what Tab answers in this process."""

import io
import os
import sys
from pathlib import Path
from typing import Any

import pyarrow as pa
import pytest

from lineage import pandas_free
from lineage.catalog import Catalog
from lineage.door import _told
from lineage.schema import TABLES
from lineage.snapshot import Snapshot
from tests.faults import manifest

ROOT = Path(__file__).parent.parent
SCRIPTS = ROOT / "lineage" / "completion" / "scripts"
BREAKS = " \t\n\"'@><=;|&(:"

#: Ids that a shell would run, part, replace or obey where it took them as they are.
HOSTILE = (
    "evil/$(touch RAN)", "evil/`touch RAN`", "evil/a;touch RAN", "evil/a|touch RAN", "evil/a&touch RAN&", "evil/${HOME}",
    "evil/a b", "evil/it's", 'evil/say "x"', "evil/back\\slash", "evil/a*b", "evil/a?b", "evil/a[b]c", "evil/{a,b}",
    "evil/a<b>c", "evil/!x!!", "evil/#x", "evil/~x", "evil/a$b", "evil/a%b^c", "evil/naïve-模型", "evil/(touch RAN)",
    "evil/=ls", "evil/a\u2019b; touch RAN; \u2018", "evil/x:y", "evil/-n",
)  # fmt: skip
#: And those that are never offered: they hold what is not seen, ends a line, or turns one round.
UNSEEN = ("unseen/a\nb", "unseen/a\tb", "unseen/\x1b[31m", "unseen/a\u202eb", "unseen/a\u200bb", "unseen/a\u2028b", "unseen/a\x9bb",
          "unseen/a\u00a0b", "unseen/a\u2800b", "unseen/\ue000")  # fmt: skip


def publish(home: Path, ids: list[str], name: str = "n") -> Snapshot:
    """A snapshot with these ids and nothing more said of them."""
    tables: dict[str, Any] = {table: schema.empty_table() for table, schema in TABLES.items()}
    models = [{"id": i, "publisher": i.partition("/")[0], "stub": False} for i in sorted(ids)]
    full = [{field.name: row.get(field.name) for field in TABLES["models"]} for row in models]
    tables["models"] = pa.Table.from_pylist(full, schema=TABLES["models"])
    return Catalog(home).publish(name, tables, manifest(len(ids)), force=True)


def furnish(place: Path) -> Path:
    """A home with plain ids, hostile ones and many of one account."""
    plain = [f"org-{n:03}/model-{k}" for n in range(300) for k in range(3)]
    publish(
        place,
        [*plain, *HOSTILE, *UNSEEN, "gpt2", "solo/only-one", "many/" + "a", *(f"many/b{n:04}" for n in range(900))],
    )
    return place


def begun_alike(texts: list[str]) -> str:
    """The signs with which all of them begin."""
    if not texts:
        return ""
    first, last = min(texts), max(texts)
    return first[
        : next((n for n, (a, b) in enumerate(zip(first, last, strict=False)) if a != b), min(len(first), len(last)))
    ]


def tab(home: Path, line: str, shell: str = "bash", **env: str) -> tuple[str, list[str]]:
    """What is answered, in this process: the first line, and the values."""
    clean = {k: v for k, v in os.environ.items() if not k.startswith(("LINEAGE_", "_LINEAGE_"))}
    words_ = line.replace(" ", "\n") + "\n" * (shell == "fish")
    said = {"_LINEAGE_LINE": line} if shell in ("bash", "zsh") else {"_LINEAGE_WORDS": words_}
    asked = {
        "_LINEAGE_COMPLETE": shell,
        "_LINEAGE_BREAKS": BREAKS,
        "LINEAGE_HOME": str(home),
        "_LINEAGE_COMPLETE_DEBUG": "1",
    }
    with pytest.MonkeyPatch.context() as patch, pandas_free.shown():
        for name in set(os.environ) - set(clean):
            patch.delenv(name)
        for name, value in (asked | said | env).items():
            patch.setenv(name, value)
        out = io.TextIOWrapper(io.BytesIO(), encoding="utf-8")
        patch.setattr(sys, "stdout", out)
        assert _told()
        out.flush()
        head, *rest = out.buffer.getvalue().decode().splitlines()  # type: ignore[attr-defined]
        pandas_free.show()
    return head, [value.partition("\t")[0] for value in rest]
