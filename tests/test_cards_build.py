"""Cards that were fetched after the pages count in a build like a column of cards in a table."""

import json
from pathlib import Path
from typing import Any

import pytest

from lineage.catalog import Catalog
from lineage.errors import RefusedError
from lineage.pipeline import build
from lineage.snapshot import TABLES
from lineage.sources import columns
from tests.crawling import folder_of, run, wanted
from tests.hub import Hub

PHRASE = "This model was converted to GGUF format from [`a/m2`](https://huggingface.co/a/m2) using llama.cpp.\n"


def rows() -> list[dict[str, Any]]:
    day = "2024-01-01T00:00:00.000Z"
    return [
        {"_id": f"{i:024x}", "id": "a/m2-GGUF" if i == 3 else f"a/m{i}", "downloads": i, "createdAt": day,
         "lastModified": day, "tags": ["gguf"] if i % 2 else []}
        for i in range(40)
    ]  # fmt: skip


@pytest.fixture(autouse=True)
def own_home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("LINEAGE_HOME", str(tmp_path / "home"))


def crawled(cards: dict[str, str], which: str | None = "missing") -> Path:
    with Hub(rows(), page=10, readmes=cards) as hub:
        run(wanted(hub, name="x", cards=which))
    return folder_of("x")


def tables_of(folder: Path) -> dict[str, str]:
    return dict(json.loads((folder / "manifest.json").read_bytes())["tables"])


@pytest.mark.parametrize("together", [2, 100], ids=["columns kept", "pages alone"])
def test_cards_of_a_crawl_count_like_a_column_of_cards(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, together: int
) -> None:
    monkeypatch.setattr(columns, "TOGETHER", together)
    card = f"---\nlicense: mit\n---\n{PHRASE}"
    folder = crawled({"a/m2-GGUF": card})
    made = build(str(folder), catalog=Catalog(tmp_path / "crawled"), name="x", taken_at="2026-01-01").snapshot
    (edge,) = made.table("edges").to_pylist()
    assert (edge["child"], edge["base"], edge["basis"], edge["rule"]) == (
        "a/m2-GGUF",
        "a/m2",
        "stated",
        "converted-to-gguf",
    )
    table = tmp_path / "table.jsonl"
    lines = [json.dumps(row | ({"readme": card} if row["id"] == "a/m2-GGUF" else {})) + "\n" for row in rows()]
    table.write_text("".join(lines), encoding="utf-8")
    direct = build(str(table), catalog=Catalog(tmp_path / "direct"), name="x", taken_at="2026-01-01").snapshot
    assert tables_of(made.folder) == tables_of(direct.folder)
    assert set(tables_of(direct.folder)) == set(TABLES)


def test_cards_that_come_later_make_another_snapshot(tmp_path: Path) -> None:
    catalog = Catalog(tmp_path / "home")
    options = {"catalog": catalog, "name": "x", "taken_at": "2026-01-01"}
    with Hub(rows(), page=10, readmes={"a/m2-GGUF": PHRASE}) as hub:
        run(wanted(hub, name="x"))
        without = build(str(folder_of("x")), **options).snapshot
        assert without.table("edges", ["basis"]).column("basis").to_pylist() == ["inferred"]
        run(wanted(hub, name="x", cards="missing"))
    with pytest.raises(RefusedError, match="already"):
        build(str(folder_of("x")), **options)
    with_cards = build(str(folder_of("x")), force=True, **options).snapshot
    assert with_cards.table("edges", ["basis"]).column("basis").to_pylist() == ["stated"]
