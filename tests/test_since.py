"""Crawls as sources, from a real server: the tables of the table itself, and one day of the Hub after another."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from lineage import pipeline
from lineage.catalog import Catalog
from lineage.session import Session
from lineage.snapshot import Snapshot
from lineage.sources import columns
from lineage.sources.crawls import Wanted
from lineage.sources.sample import SAMPLES
from tests.crawling import Clock, folder_of, rows, run, state
from tests.hub import Hub

pytestmark = pytest.mark.usefixtures("crawls")

#: Of a manifest: where the rows come from, and when they were taken.
SOURCE_FIELDS = {"source", "taken_at", "taken_at_inferred", "complete"}

DAY = 86_400


def same(crawled: Snapshot, direct: Snapshot, *more: str) -> None:
    """The tables are equal, byte for byte, and all that the manifests say but for the source; `more` may differ."""
    assert crawled.manifest["tables"] == direct.manifest["tables"]
    differ = {k for k in direct.manifest if crawled.manifest[k] != direct.manifest[k]}
    assert differ <= SOURCE_FIELDS | set(more), differ


def crawl(hub: Hub, name: str, days: int = 0, since: str | None = None) -> None:
    run(Wanted(endpoint=hub.url, name=name, since=since), Clock(Clock().now + days * DAY))


def built(name: str) -> Snapshot:
    return pipeline.build(str(folder_of(name)), name=name, force=True).snapshot


# --- a crawl is the table that was crawled -------------------------------------------------------------


def test_the_sample_of_gguf_crawled_is_the_sample(monkeypatch: pytest.MonkeyPatch) -> None:
    # A crawl stands for the time when it began, a sample for its own date: the one field that is given.
    taken_at = SAMPLES["sample-gguf"].taken_at
    with Hub(SAMPLES["sample-gguf"].path, page=200) as hub:
        crawl(hub, "c")
    assert len(state("c")["pages"]) == 20
    monkeypatch.setattr(columns, "TOGETHER", 8)
    crawled = pipeline.build(str(folder_of("c")), taken_at=taken_at).snapshot
    direct = pipeline.build("sample-gguf", name="direct").snapshot
    same(crawled, direct, "columns")
    assert direct.columns - crawled.columns == {"siblings"}  # file names are not asked for
    assert len(list((folder_of("c") / "columns").iterdir())) == 3


def records(path: Path, models: int) -> Path:
    """Generated records of the Hub, odd ones among them, as JSON lines; no two of a time, for that orders a crawl."""
    import duckdb
    import numpy as np

    from benchmarks import hub_records
    from benchmarks.graphs import hub_like

    child, base, downloads, code = hub_like(models)
    number = np.arange(models)
    words = np.array(["finetune", "adapter", "quantized", "merge"])
    ids = [f"account-{n % (models // 20)}/model-{n}" for n in number]
    derived = np.isin(number, child)
    graph = path / "graph"
    graph.mkdir()
    table = {
        "idx": number,
        "id": ids,
        "author": [i.partition("/")[0] for i in ids],
        "relation": pa.array(np.where(derived, words[code], ""), mask=~derived),
        "downloads": downloads,
        "likes": downloads // 50,
        "created_at": pa.array(1_700_000_000_000_000 + number * 1_000_000, pa.timestamp("us", "UTC")),
        "task": ["text-generation"] * models,
        "library": ["transformers"] * models,
    }
    pq.write_table(pa.table(table), graph / "models.parquet")
    pq.write_table(pa.table({"child": child, "parent": base}), graph / "edges.parquet")
    with duckdb.connect() as con:
        count = hub_records.prepare(con, graph, None)
        out = path / "hub.jsonl.zst"
        written = hub_records.write_lines(hub_records.chunks(con, "line", "nr, copy, record", count), out)
    assert written >= models
    return out


def check_generated(path: Path, models: int, page: int) -> None:
    table = records(path, models)
    with Hub(table, page=page) as hub:
        crawl(hub, "c")
    crawled = built("c")
    direct = pipeline.build(str(table), name="direct", taken_at=crawled.taken_at).snapshot
    same(crawled, direct)
    counts = crawled.counts
    assert counts["rows_in"] == state("c")["records"] == counts["models"] + counts["rejected"] >= models
    assert (folder_of("c") / "columns").is_dir()


def test_generated_records_crawled_are_the_table(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(columns, "TOGETHER", 10)
    check_generated(tmp_path, 3_000, 100)


@pytest.mark.soak
def test_a_generated_hub_crawled_is_the_table(tmp_path: Path) -> None:
    check_generated(tmp_path, 200_000, 1_000)


# --- what changed since --------------------------------------------------------------------------------

LATER = "2026-09-22T01:00:00.000Z"
DELETED = {7, 40}


def second_day() -> list[dict[str, Any]]:
    """Of fifty models two are gone, three were changed, two renamed, one of them to another account; three are new."""
    table = rows(50)
    table[20] |= {"lastModified": LATER, "downloads": 1}  # fewer than before
    table[21] |= {"lastModified": LATER, "downloads": 9_000, "tags": ["mlx"]}  # no base any more
    table[30] |= {"lastModified": LATER, "tags": ["base_model:maker-1/model-1"]}  # an old name
    table[1] |= {"lastModified": LATER, "id": "maker-1/renamed", "downloads": 2}
    table[5] |= {"lastModified": LATER, "id": "elsewhere/model-5"}
    new = [
        {"_id": f"f{i:023x}", "id": f"new/model-{i}", "downloads": 100 + i, "createdAt": LATER, "lastModified": LATER, "tags": []}
        for i in range(3)
    ]  # fmt: skip
    return [row for i, row in enumerate(table) if i not in DELETED] + new


@pytest.fixture(scope="module")
def days(tmp_path_factory: pytest.TempPathFactory) -> Iterator[dict[str, Snapshot]]:
    """Snapshots of a crawl `c` of the first day; of the second: `e`, of what changed, and `f`, of all of it.

    Columns are kept of four pages each, so that pages of both days lie in one part of `e`.
    """
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(columns, "TOGETHER", 4)
        patch.setenv("LINEAGE_HOME", str(tmp_path_factory.mktemp("days")))
        with Hub(rows(50), page=5, clock=Clock()) as hub:
            crawl(hub, "c")
            made = {"c": built("c")}
            hub.replace(second_day())
            crawl(hub, "e", 1, "c")
            crawl(hub, "f", 1)
        made |= {name: built(name) for name in ("e", "f")}
        assert all((folder_of(name) / "columns").is_dir() for name in made)
        patch.setattr(columns, "TOGETHER", 100)
        assert built("e").manifest["tables"] == made["e"].manifest["tables"]  # from the pages themselves
        yield made


def models(snapshot: Snapshot, *names: str) -> dict[str, Any]:
    table = snapshot.table("models", ["id", "stub", *names]).to_pylist()
    return {row["id"]: tuple(row[n] for n in names) for row in table if not row["stub"]}


def seen(day: int) -> str:
    return f"2026-09-{20 + day}T14:13:20Z"


def test_changed_rows_win_and_each_knows_when_it_was_seen(days: dict[str, Snapshot]) -> None:
    made = days["e"]
    before, after = {row["id"]: row for row in rows(50)}, {row["id"]: row for row in second_day()}
    # All eight that changed come first, then two pages of five are full of what is the same as before.
    again = {row["id"] for row in sorted(second_day(), key=lambda r: r["lastModified"])[-10:]}
    expected = {id: (seen(1), row["downloads"]) for id, row in before.items()}
    expected |= {id: (seen(2), after[id]["downloads"]) for id in again}
    for old in ("maker-1/model-1", "maker-5/model-5"):
        del expected[old]
    found = {id: (f"{at:%Y-%m-%dT%H:%M:%SZ}", n) for id, (at, n) in models(made, "seen_at", "downloads").items()}
    assert found == expected
    assert {"maker-7/model-7", "maker-4/model-40"} <= found.keys()  # nothing says that they are gone
    rejected = [(r["id"], r["reason"]) for r in made.table("rejected").to_pylist()]
    assert sorted(rejected) == sorted(
        [(id, "duplicate") for id in again & before.keys()]
        + [("maker-1/model-1", "renamed"), ("maker-5/model-5", "renamed")]
    )
    assert made.manifest["complete"] is True and made.taken_at == seen(2)


def test_an_old_name_leads_to_the_new_one(days: dict[str, Snapshot]) -> None:
    edges = {(e["child"], e["base"]) for e in days["e"].table("edges", ["child", "base"]).to_pylist()}
    assert ("maker-3/model-30", "maker-1/renamed") in edges  # changed since, and still under the old name
    assert ("maker-2/model-2", "maker-1/renamed") in edges and ("maker-1/model-10", "elsewhere/model-5") in edges
    assert not {b for _, b in edges} & {"maker-1/model-1", "maker-5/model-5"}
    assert not [edge for edge in edges if edge[0] == "maker-3/model-21"]


def test_a_full_crawl_knows_what_is_gone(days: dict[str, Snapshot]) -> None:
    full, since = models(days["f"], "downloads"), models(days["e"], "downloads")
    assert full == {row["id"]: (row["downloads"],) for row in second_day()}
    assert since.keys() - full.keys() == {f"maker-{i % 9}/model-{i}" for i in DELETED}
    assert {id: since[id] for id in full} == full


def test_changes_of_a_full_crawl_and_of_one_since(days: dict[str, Snapshot]) -> None:
    def listed(name: str, notes: list[str]) -> list[tuple[Any, ...]]:
        catalog = Catalog(days[name].folder.parent.parent)
        table = Session(days[name], catalog).table("changes", against="c", note=notes.append)
        return [tuple(row.values()) for row in table.drop_columns("hub_id").to_pylist()]

    notes: list[str] = []
    gone = [
        ("gone", None, "maker-4/model-40", "maker-4", 280, 280),
        ("gone", None, "maker-7/model-7", "maker-7", 49, 49),
    ]
    others = [
        ("new", "new/model-2", None, "new", 102, None),
        ("new", "new/model-1", None, "new", 101, None),
        ("new", "new/model-0", None, "new", 100, None),
        ("moved", "elsewhere/model-5", "maker-5/model-5", "elsewhere", 35, 35),
        ("renamed", "maker-1/renamed", "maker-1/model-1", "maker-1", 2, 7),
    ]
    assert listed("f", notes) == [gone[0], *others[:3], gone[1], *others[3:]]
    assert notes == [f"f of {seen(2)}, compared with c of {seen(1)}"]
    assert listed("e", notes) == others
    assert (
        notes[-1]
        == "e goes on from an older crawl, so it cannot know which models are gone since 2026-09-21: a full crawl can"
    )
