"""Read in parts, whatever the parts: the same tables as in one, and of rows that share an id the right one stays."""

import csv
import json
import random
from collections import Counter
from collections.abc import Sequence
from datetime import date, datetime
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from lineage import pipeline
from lineage.catalog import Catalog
from lineage.reading.numbers import places
from lineage.reading.tags import Tags
from lineage.session import Session
from lineage.sources import columns, pages, source
from lineage.sources.sample import SAMPLES
from tests.readings import BEGAN, crawled, taken

# --- the sample, in every form -------------------------------------------------------------------------


def _as_csv(rows: list[dict[str, Any]], path: Path) -> Path:
    with (file := path / "s.csv").open("w", newline="", encoding="utf-8") as out:
        writer = csv.DictWriter(out, list(rows[0]))
        writer.writeheader()
        for row in rows:
            writer.writerow({k: json.dumps(v) if isinstance(v, list | dict) else v for k, v in row.items()})
    return file


def _as_lines(rows: list[dict[str, Any]], path: Path) -> Path:
    (file := path / "s.jsonl").write_text("".join(json.dumps(row) + "\n" for row in rows), encoding="utf-8")
    return file


def _as_parquet(rows: list[dict[str, Any]], path: Path) -> Path:
    pq.write_table(pa.Table.from_pylist(rows), path / "s.parquet", row_group_size=1_500)
    return path / "s.parquet"


def _as_pages(rows: list[dict[str, Any]], path: Path) -> Path:
    for begin in range(0, len(rows), 500):
        (path / f"{begin:06}.json").write_text(json.dumps(rows[begin : begin + 500]), encoding="utf-8")
    return path


@pytest.mark.parametrize(
    ("form", "part", "together"),
    [
        pytest.param(_as_csv, 4_999, 250, marks=pytest.mark.soak),
        (_as_lines, 3_999, 250),
        (_as_parquet, 3_000, 250),
        (_as_pages, 2_600, 3),
    ],
    ids=["csv", "jsonl", "parquet", "pages"],
)
def test_the_sample_in_parts_is_the_sample(
    sample: Session, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, form: Any, part: int, together: int
) -> None:
    rows = pq.read_table(SAMPLES["sample"].path).to_pylist()
    for row in rows:
        row |= {name: value.isoformat() for name, value in row.items() if isinstance(value, date)}
    random.Random(part).shuffle(rows)
    (tmp_path / "s").mkdir()
    path = form(rows, tmp_path / "s")
    monkeypatch.setattr(source, "PART", part)
    monkeypatch.setattr(pages, "MOST_FILES", together)
    parts: list[int] = []
    monkeypatch.setattr(pipeline, "read_part", lambda *given, real=pipeline.read_part: (parts.append(1), real(*given)))
    made = pipeline.build(str(path), taken_at="2024-09-20", catalog=Catalog(tmp_path / "home"))
    assert made.snapshot.manifest["tables"] == sample.snapshot.manifest["tables"]
    assert made.snapshot.counts == sample.snapshot.counts
    assert len(parts) == {4_999: 2, 3_999: 3, 3_000: 4, 2_600: 4}[part]


# --- rows that share an id, or the Hub's key -----------------------------------------------------------

#: When a page was seen; what has no time of its own is of this crawl.
DAYS = ("2026-09-01T00:00:00Z", "2026-09-11T00:00:00Z", BEGAN)
PAGES = 3

Row = dict[str, Any]

_ROW = st.fixed_dictionaries(
    {
        "name": st.integers(0, 2),
        "key": st.sampled_from([0, 1, 2, None, "junk"]),
        "lastModified": st.sampled_from([None, "2026-01-01", "2026-01-02"]),
        "downloads": st.sampled_from([None, 7, 8]),
        "likes": st.integers(0, 1),
        "page": st.integers(0, PAGES - 1),
    }
)
_GROUPS = st.lists(st.lists(_ROW, min_size=2, max_size=5), min_size=30, max_size=60)


def drawn(groups: Sequence[Sequence[Row]]) -> list[list[Row]]:
    """Pages of records; rows of two groups share nothing. The tag of each row is its own."""
    made: list[list[Row]] = [[{"id": f"alone/on-{page}"}] for page in range(PAGES)]
    number = 0
    for group, rows in enumerate(groups):
        for row in rows:
            number += 1
            key = row["key"]
            record = {
                "_id": f"{group * 3 + key:024x}" if isinstance(key, int) else key,
                "id": f"g{group}/name-{row['name']}",
                "downloads": row["downloads"],
                "lastModified": row["lastModified"],
                "likes": row["likes"],
                "tags": [f"base_model:from/row-{number}"],
            }
            made[row["page"]].append({k: v for k, v in record.items() if v is not None})
    return made


def slow_twin(made: list[list[Row]], seen: Sequence[str]) -> dict[str, Any]:
    """Design §4, "Duplicate ids", and what was seen later before all: the row that stays, by id, and what went."""
    rows = [row | {"seen": seen[page]} for page, some in enumerate(made) for row in some]

    def rank(row: Row) -> tuple[Any, ...]:
        changed = row.get("lastModified")
        said = {
            "downloads": None if row.get("downloads") is None else str(row["downloads"]),
            "hub_id": row.get("_id"), "id": row["id"], "last_modified": changed and f"{changed} 00:00:00+00",
            "likes": None if row.get("likes") is None else str(row["likes"]), "tags": row.get("tags"),
        }  # fmt: skip
        text = json.dumps(said, sort_keys=True, separators=(",", ":"))
        return (row["seen"], changed or "", row.get("downloads", -1), text)

    best: dict[str, Row] = {}
    for row in sorted(rows, key=rank):
        best[row["id"]] = row
    gone = Counter((row["id"], "duplicate") for row in rows if row is not best[row["id"]])
    today: dict[str, Row] = {}
    for row in sorted(best.values(), key=rank):
        if len(row.get("_id", "")) == 24:
            today[row["_id"]] = row
    renamed = {
        (row["id"], today[row["_id"]]["id"])
        for row in best.values()
        if row.get("_id") in today and row is not today[row["_id"]]
    }
    gone.update((old, "renamed") for old, _ in renamed)
    stay = {id: row for id, row in best.items() if id not in {old for old, _ in renamed}}
    return {"stay": stay, "gone": gone, "renamed": renamed}


def _written(seen_at: datetime | None) -> str:
    return BEGAN if seen_at is None else seen_at.strftime("%Y-%m-%dT%H:%M:%SZ")


def check(found: dict[str, Any], made: list[list[Row]], seen: Sequence[str]) -> None:
    """What was taken is what the slow twin says, claims and tags of the rows that stay included."""
    said = slow_twin(made, seen)
    stay = said["stay"]
    assert {m[0]: (m[1], _written(m[3]), m[6], m[8]) for m in found["models"]} == {
        id: (row.get("_id"), row["seen"], row.get("downloads"), row.get("likes")) for id, row in stay.items()
    }
    assert Counter((id, reason) for id, reason, _ in found["rejected"]) == said["gone"]
    assert set(found["renamed"]) == said["renamed"]
    tags = {(id, tag) for id, row in stay.items() for tag in row.get("tags", ())}
    assert {(t["id"], t["tag"]) for t in found["tags"]} == tags
    assert sorted((c[0], f"base_model:{c[1]}") for c in found["claims"]) == sorted(tags)
    assert found["orphans"] == []
    assert found["counts"]["rows_in"] == sum(map(len, made)) == len(stay) + said["gone"].total()


@settings(max_examples=4, deadline=None)
@given(groups=_GROUPS, part=st.sampled_from([1, 2, 1_000]), order=st.randoms(use_true_random=False))
def test_of_rows_that_share_an_id_or_a_key_the_right_one_stays(
    tmp_path_factory: pytest.TempPathFactory, groups: list[list[Row]], part: int, order: random.Random
) -> None:
    made = drawn(groups)
    for some in made:
        order.shuffle(some)
    folder = tmp_path_factory.mktemp("pages")
    for page, some in enumerate(made):
        (folder / f"{page}.json").write_text(json.dumps(some))
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(pages, "MOST_FILES", 1 if part == 1 else 2)
        patch.setattr(source, "PART", part)
        check(taken(folder), made, [BEGAN] * PAGES)


@settings(max_examples=3, deadline=None)
@given(groups=_GROUPS, days=st.permutations(DAYS), together=st.sampled_from([2, 1]))
def test_what_a_crawl_saw_later_stays(
    tmp_path_factory: pytest.TempPathFactory, groups: list[list[Row]], days: list[str], together: int
) -> None:
    made = drawn(groups)
    folder = crawled(tmp_path_factory.mktemp("crawls") / "c", made, days)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(columns, "TOGETHER", together)
        found = taken(folder)
        check(found, made, days)
        if together < PAGES:
            assert taken(folder) == found  # once more, from what was kept


def test_a_chain_of_names_leads_to_the_last_one(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    key = f"{5:024x}"
    made = [
        [{"_id": key, "id": "a/first", "downloads": 900}, {"id": "x/of-first", "tags": ["base_model:a/first"]}],
        [{"_id": key, "id": "b/second", "downloads": 90}, {"id": "x/of-second", "tags": ["base_model:b/second"]}],
        [{"_id": key, "id": "c/third", "downloads": 9}, {"id": "x/of-third", "tags": ["base_model:c/third"]}],
        [{"_id": f"{6:024x}", "id": "b/second", "downloads": 1}],  # somebody took the name that was free
    ]
    snapshots = []
    for together in (2, 100):
        monkeypatch.setattr(columns, "TOGETHER", together)
        folder = crawled(tmp_path / str(together) / "c", made, [*DAYS, DAYS[2]])
        built = pipeline.build(str(folder), name="c", catalog=Catalog(tmp_path / str(together)))
        snapshots.append(built.snapshot)
    assert len({s.sha256 for s in snapshots}) == 1
    edges = snapshots[0].table("edges", ["child", "base"]).to_pylist()
    assert {(e["child"], e["base"]) for e in edges} == {
        ("x/of-first", "c/third"),
        ("x/of-second", "b/second"),
        ("x/of-third", "c/third"),
    }
    rejected = snapshots[0].table("rejected").to_pylist()
    assert [(r["id"], r["reason"]) for r in rejected] == [("b/second", "duplicate"), ("a/first", "renamed")]


def test_prose_of_cards_is_that_of_the_rows_that_stay(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def card(base: str) -> str:
        return f"# A card\nThis model was converted to GGUF format from [`{base}`](https://huggingface.co/{base}) using llama.cpp\n"

    rows = [
        {"_id": f"{i % 5:024x}", "id": f"q/m{i % 6}", "downloads": i, "readme": card(f"base/b{i}")} for i in range(18)
    ]
    path = tmp_path / "cards.jsonl"
    path.write_text("".join(json.dumps(row) + "\n" for row in rows))
    one = taken(path)
    monkeypatch.setattr(source, "PART", 10)
    assert taken(path) == one
    texts = [(c[0], c[1]) for c in one["claims"] if "text" in c]
    # Of each id the last row; of each key then the last id: 17, 16, 15, 14 and 13 have all five, 12 gives way to 17.
    assert texts == sorted((f"q/m{i % 6}", f"https://huggingface.co/base/b{i}") for i in (13, 14, 15, 16, 17))


# --- numbers and tags ----------------------------------------------------------------------------------

_NUMBERS = st.lists(st.builds(lambda part, row: part << 32 | row, st.integers(0, 5), st.integers(0, 40)), unique=True)


@given(held=_NUMBERS, wanted=st.lists(st.one_of(st.just(-1), st.integers(0, 7 << 32), st.integers(0, 40)), max_size=20))
def test_places_are_those_of_a_dict(held: list[int], wanted: list[int]) -> None:
    asked = [*wanted, *held[::2], *(n + 1 for n in held)]
    known = {number: place for place, number in enumerate(held)}
    found = places(np.array(held, np.int64), np.array(asked, np.int64))
    assert found.tolist() == [known.get(number, -1) for number in asked]


_WORDS = st.lists(
    st.sampled_from(["gguf", "é", "e\u0301", "Z", "a", "\U0001f600", "\uffee", "ｚ", "", "gguf "]), max_size=5
)


@given(
    parts=st.lists(st.dictionaries(st.integers(0, 9), _WORDS, max_size=5), max_size=4),
    chosen=st.lists(st.tuples(st.integers(0, 3), st.integers(0, 9)), unique=True, max_size=12),
)
def test_tags_are_those_of_plain_sets(parts: list[dict[int, list[str]]], chosen: list[tuple[int, int]]) -> None:
    tags = Tags()
    for number, rows in enumerate(parts):
        some = {row: words for row, words in rows.items() if words}
        lists = pa.array(list(some.values()), pa.list_(pa.string()))
        tags.add(pa.table({"nr": pa.array(list(some), pa.int64()), "tags": lists}), number << 32)
    numbers = [part << 32 | row for part, row in chosen] + [-1]
    ids = [f"m{place:02}" for place in range(len(numbers))]
    blocks = list(tags.table(np.array(numbers, np.int64), pa.array(ids)))
    found = [(row["id"], row["tag"]) for block in blocks for row in block.to_pylist()]
    expected = {
        (id, tag)
        for id, (part, row) in zip(ids, chosen, strict=False)
        if part < len(parts)
        for tag in parts[part].get(row, ())
    }
    assert found == sorted(expected, key=lambda pair: (pair[0], pair[1].encode()))
