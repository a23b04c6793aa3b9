"""Whatever schema the Hub's own table has today: it is read as the same table in plain JSON is, or it is counted."""

import json
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from lineage.catalog import Catalog
from lineage.commands.build import report
from lineage.pipeline import Built, build
from lineage.reading.columns import HUB_STATS, SPELLINGS
from tests.drift import WAYS, Drawn, drawn, models
from tests.hub import Hub

STATS = "cfahlgren1/hub-stats"


def _both(tmp_path: Path, table: Drawn, seed: int) -> tuple[Built, Built]:
    """Built of Parquet, and of JSON lines."""
    folder = tmp_path / f"{seed}"
    folder.mkdir()
    pq.write_table(table.parquet, folder / "models.parquet", row_group_size=5)
    (folder / "models.jsonl").write_text("".join(json.dumps(row) + "\n" for row in table.json), encoding="utf-8")
    catalog = Catalog(folder / "home")
    made = [
        build(str(folder / f"models{ending}"), name=ending, taken_at="2026-10-03", catalog=catalog)
        for ending in (".parquet", ".jsonl")
    ]
    return made[0], made[1]


def _same(one: Built, other: Built) -> None:
    for name in one.snapshot.manifest["tables"]:
        assert one.snapshot.table(name).to_pylist() == other.snapshot.table(name).to_pylist(), name
    assert one.snapshot.manifest["tables"] == other.snapshot.manifest["tables"]
    for what in ("counts", "columns"):
        assert one.snapshot.manifest[what] == other.snapshot.manifest[what]


@pytest.mark.soak
def test_many_drawn_schemas(tmp_path: Path) -> None:
    for seed in range(1, 61):
        _same(*_both(tmp_path, drawn(seed), seed))


def test_each_way_of_each_column_by_itself(tmp_path: Path) -> None:
    """All ways of a column stand in one folder, a file each, with ids of their own."""
    parquet, plain = tmp_path / "parquet", tmp_path / "json"
    parquet.mkdir()
    plain.mkdir()
    count = 0
    for name, ways in WAYS.items():
        if name == "_id":  # a repository that goes by two names was renamed, and is one row
            continue
        for place, way in enumerate(ways):
            rows = models(9)
            ids = [f"of-{name.strip('_').lower()}-{place}/{row['id'].partition('/')[2]}" for row in rows]
            array, values = way(ids if name == "id" else [row[name] for row in rows])
            columns = {"id": pa.array(ids), name: array}
            pq.write_table(pa.table(columns), parquet / f"{count:03}.parquet")
            lines = [{"id": i, name: v} for i, v in zip(ids, values, strict=True)]
            (plain / f"{count:03}.jsonl").write_text("".join(json.dumps(line) + "\n" for line in lines))
            count += 1
    catalog = Catalog(tmp_path / "home")
    made = [build(str(folder), taken_at="2026-10-03", catalog=catalog) for folder in (parquet, plain)]
    _same(*made)
    counts = made[0].snapshot.counts
    assert counts["models"] == 9 * count and counts["rejected"] == 0
    # Only milliseconds cannot be read, in both columns of dates.
    assert counts["unreadable_dates"] == 18
    assert counts["unreadable_tags"] == counts["unreadable_cards"] == counts["unreadable_base_models"] == 0


def test_a_drawn_schema_is_read_as_its_twin_and_what_is_missing_is_said(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    table = drawn(0)
    assert table.absent and table.empty
    served, plain = tmp_path / "set", tmp_path / "plain.jsonl"
    served.mkdir()
    pq.write_table(table.parquet, served / "models.parquet")
    plain.write_text("".join(json.dumps(row) + "\n" for row in table.json), encoding="utf-8")
    catalog = Catalog(tmp_path / "home")
    with Hub([], datasets={STATS: served}) as hub:
        monkeypatch.setenv("HF_ENDPOINT", hub.url)
        made = build(f"hf://datasets/{STATS}", catalog=catalog)
    _same(made, build(str(plain), taken_at=made.snapshot.taken_at, catalog=catalog))
    assert report(made)[0].endswith(" (the day of the last change to it)")
    spelled = {ours: SPELLINGS[ours][0] for ours in HUB_STATS}
    empty = {spelled[ours] for ours, why in made.missing.items() if why.startswith("in no row: ")}
    assert {spelled[ours] for ours in made.missing} - empty == table.absent - {"_id"}
    assert empty == table.empty - {"_id"}
    (line,) = (t for t in report(made) if t.startswith("Missing "))
    assert line.partition(" ")[2].strip() == "; ".join(f"{spelled[o]} ({why})" for o, why in made.missing.items())
