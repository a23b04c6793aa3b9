"""Building: layouts, determinism, publishing, and every input that is not what it should be."""

import csv
import gzip
import io
import json
import os
import random
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from lineage import parquet, snapshot
from lineage.catalog import Catalog
from lineage.errors import LineageError, NotFound, RefusedError, SnapshotError, SourceError, UsageError
from lineage.pipeline import build, read_time
from lineage.schema import TABLES
from lineage.session import Session
from lineage.sources.sample import SAMPLES
from tests.conftest import Build

ROWS: list[dict[str, Any]] = [
    {"id": "a/base", "downloads": 10, "likes": 1, "tags": ["license:mit", "transformers"], "pipeline_tag": "text-generation",
     "createdAt": "2024-01-01T00:00:00.000Z", "lastModified": "2024-02-01T00:00:00.000Z"},
    {"id": "b/quant", "downloads": 5, "likes": 0, "tags": ["gguf", "base_model:a/base", "base_model:quantized:a/base", "it's"],
     "pipeline_tag": None, "createdAt": "2024-01-02T00:00:00.000Z", "lastModified": "2024-02-02T00:00:00.000Z"},
    {"id": "c/merge", "downloads": 3, "likes": 2, "tags": ["base_model:a/base", "base_model:s/gone"], "pipeline_tag": None,
     "createdAt": "2024-01-03T00:00:00.000Z", "lastModified": "2024-02-03T00:00:00.000Z"},
]  # fmt: skip


def tables_of(session: Session) -> dict[str, str]:
    return session.snapshot.manifest["tables"]


def write(path: Path, rows: list[dict[str, Any]]) -> Path:
    """The same rows in the format that the ending of `path` says."""
    kind = path.name.removesuffix(".gz").removesuffix(".zst").rpartition(".")[2]
    if kind == "parquet":
        pq.write_table(pa.Table.from_pylist(rows), path)
        return path
    if kind == "json":
        text = json.dumps(rows)
    elif kind == "jsonl":
        text = "".join(json.dumps(r) + "\n" for r in rows)
    else:
        delimiter = "," if kind == "csv" else "\t"
        lines = path.with_suffix(".tmp")
        with lines.open("w", newline="") as file:
            writer = csv.DictWriter(file, list(rows[0]), delimiter=delimiter)
            writer.writeheader()
            writer.writerows({k: "" if v is None else v for k, v in r.items()} for r in rows)
        text = lines.read_text()
    if path.suffix == ".gz":
        path.write_bytes(gzip.compress(text.encode()))
    elif path.suffix == ".zst":
        with pa.CompressedOutputStream(str(path), "zstd") as out:
            out.write(text.encode())
    else:
        path.write_text(text)
    return path


@pytest.mark.parametrize(
    "name", ["t.csv", "t.tsv", "t.json", "t.jsonl", "t.parquet", "t.csv.gz", "t.jsonl.zst", "t.json.gz"]
)
def test_the_same_rows_in_every_format_are_the_same_tables(tmp_path: Path, name: str) -> None:
    catalog = Catalog(tmp_path / "home")
    expected = build(str(write(tmp_path / "x.jsonl", ROWS)), catalog=catalog, name="x")
    got = build(str(write(tmp_path / name, ROWS)), catalog=catalog, name="y")
    assert tables_of(Session(got.snapshot, catalog)) == tables_of(Session(expected.snapshot, catalog))
    assert got.snapshot.taken_at == "2024-02-03"
    assert got.snapshot.manifest["taken_at_inferred"]


def test_tags_as_python_literals_and_spellings_of_the_hub(tmp_path: Path) -> None:
    rows = [{"modelId": "b/q", "downloads": "7.0", "downloadsAllTime": 9, "libraryName": "peft",
             "tags": "['base_model:a/b', \"base_model:adapter:a/b\", \"it's\"]", "pipelineTag": "x"}]  # fmt: skip
    built = build(str(write(tmp_path / "t.csv", rows)), catalog=Catalog(tmp_path), taken_at="2024-01-01")
    model = built.snapshot.table("models").to_pylist()[1]
    assert (model["id"], model["downloads"], model["downloads_all_time"], model["library"]) == ("b/q", 7, 9, "peft")
    assert [t["tag"] for t in built.snapshot.table("tags").to_pylist()] == [
        "base_model:a/b",
        "base_model:adapter:a/b",
        "it's",
    ]
    assert built.snapshot.manifest["columns"] == [
        "downloads",
        "downloads_all_time",
        "pipeline_tag",
        "library_name",
        "tags",
    ]


def test_a_column_that_no_row_fills_is_not_there(tmp_path: Path) -> None:
    rows = [{"id": f"a/{i}", "downloads": i, "downloadsAllTime": None, "createdAt": "soon"} for i in range(3)]
    (tmp_path / "t.json").write_text(json.dumps(rows))
    built = build(str(tmp_path / "t.json"), catalog=Catalog(tmp_path), taken_at="2024-01-01")
    assert built.snapshot.manifest["columns"] == ["downloads"]
    assert built.snapshot.manifest["counts"]["unreadable_dates"] == 3  # and what was there is counted
    with pytest.raises(UsageError, match="downloads_all_time"):
        Session(built.snapshot, Catalog(tmp_path)).shares("publisher", window="all_time")


def test_two_builds_and_a_shuffled_one_give_the_same_bytes(tmp_path: Path, sample: Session) -> None:
    rows = pq.read_table(SAMPLES["sample"].path).to_pylist()
    random.Random(3).shuffle(rows)
    pq.write_table(
        pa.Table.from_pylist(rows, schema=pq.read_schema(SAMPLES["sample"].path)), tmp_path / "shuffled.parquet"
    )
    shuffled = build(str(tmp_path / "shuffled.parquet"), catalog=Catalog(tmp_path / "1"), taken_at="2024-09-20")
    again = build("sample", catalog=Catalog(tmp_path / "2"))
    assert again.snapshot.sha256 == sample.snapshot.sha256
    assert (
        shuffled.snapshot.manifest["tables"] == again.snapshot.manifest["tables"] == sample.snapshot.manifest["tables"]
    )
    assert set(again.snapshot.manifest["tables"]) == set(TABLES)
    for name, digest in again.snapshot.manifest["tables"].items():
        assert parquet.sha256_of(again.snapshot.folder / f"{name}.parquet") == digest


def test_of_several_rows_with_one_id_the_newest_counts(build_rows: Build) -> None:
    def row(downloads: int | None, modified: str | None, likes: int = 0) -> dict[str, Any]:
        return {"id": "a/b", "downloads": downloads, "lastModified": modified, "likes": likes}

    rows = [
        row(9, "2024-01-01T00:00:00Z"),
        row(5, "2024-03-01T00:00:00Z"),
        row(5, "2024-03-01T00:00:00Z", 7),
        row(99, None),
    ]
    for order in (rows, rows[::-1]):
        s = build_rows(order, force=True, name="one")
        assert (s.models.downloads.tolist(), s.models.likes.tolist()) == ([5], [7])
        assert s.snapshot.counts["rejected"] == 3
        assert s.snapshot.table("rejected").column("reason").to_pylist() == ["duplicate"] * 3


def test_rows_in_are_models_and_rejected(tmp_path: Path) -> None:
    lines = ['{"id":"a/b","downloads":3}', "nope", "5", "", '{"id":"c/d","tags":["x",null,3],"downloads":"12.0"}', '{"downloads":1}',
             '{"id":"a/b","downloads":4}', '{"id":"  "}', '{"id":"a b/c"}', '{"id":"../x"}', '{"id":"e/f","downloads":-1}',
             '{"id":"e/g","downloads":1e30}', '{"id":"e/h","downloads":"many"}', '{"id":"a/b/c"}', '{"id":"e/i","downloads":null}']  # fmt: skip
    path = tmp_path / "t.jsonl"
    path.write_text("\n".join(lines) + "\n")
    built = build(str(path), catalog=Catalog(tmp_path), taken_at="2024-01-01")
    counts = built.snapshot.counts
    assert counts["rows_in"] == 14 == counts["models"] + counts["rejected"]
    assert built.rejected == {
        "bad-downloads": 3,
        "bad-id": 3,
        "duplicate": 1,
        "malformed": 1,
        "no-id": 2,
        "not-an-object": 1,
    }
    assert set(built.snapshot.table("models").column("id").to_pylist()) == {"a/b", "c/d", "e/i"}


def test_a_table_without_downloads_builds_and_says_what_it_lacks(build_rows: Build) -> None:
    s = build_rows([{"id": "a/b"}, {"id": "c/d", "tags": ["base_model:a/b"]}])
    assert s.table("info").to_pylist()[0]["downloads"] is None
    assert s.models.own.isna().all()
    assert s.models.descendants.tolist() == [1, 0]
    with pytest.raises(UsageError, match="needs the column downloads"):
        s.table("intermediaries")


def test_limit_reads_the_first_rows(build_rows: Build) -> None:
    assert build_rows([{"id": f"a/{i}"} for i in range(9)], limit=4).snapshot.counts["models"] == 4


def test_tables_that_people_have(tmp_path: Path) -> None:
    rows = [["", "id", "downloads", "base_model", "license", "ID"], ["0", "a/base", "2000", "", "mit", "x"],
            ["1", "b/q", "15", "a/base", "['mit', 'bsd']", "x"], ["2", "c/m", "3", '["a/base", "b/q"]', "", "x"]]  # fmt: skip
    edges = {("b/q", "a/base"), ("c/m", "a/base"), ("c/m", "b/q")}
    for name, delimiter, encoding, end in (
        ("a.csv", ",", "utf-8-sig", "\r\n"),
        ("b.csv", ";", "utf-16", "\n"),
        ("c.tsv", "\t", "utf-8", "\r"),
    ):
        out = io.StringIO()
        csv.writer(out, delimiter=delimiter, lineterminator=end).writerows(rows)
        (tmp_path / name).write_bytes(out.getvalue().encode(encoding))
        built = build(str(tmp_path / name), catalog=Catalog(tmp_path / "h"), taken_at="2024-01-01").snapshot
        assert {(e["child"], e["base"]) for e in built.table("edges").to_pylist()} == edges
        assert built.table("models", ["licences"]).column(0).to_pylist() == [["mit"], ["mit", "bsd"], None]


def test_spellings_may_differ_from_row_to_row(build_rows: Build) -> None:
    s = build_rows([{"modelId": "a/b", "createdAt": "2024-01-01"}, {"id": "c/d", "created_at": "2024-01-02"}])
    assert s.models.id.tolist() == ["a/b", "c/d"]
    assert s.models.created_at.notna().all()


def test_ties_are_decided_by_json_with_sorted_keys_all_the_way_down(build_rows: Build) -> None:
    for card in ({"license": "zzz", "a": 2}, {"a": 2, "license": "zzz"}):
        s = build_rows(
            [{"id": "a/b", "cardData": {"license": "mit", "z": 1}}, {"id": "a/b", "cardData": card}],
            name="n",
            force=True,
        )
        assert s.snapshot.table("models", ["licences"]).to_pylist() == [{"licences": ["mit"]}]


def test_what_the_hub_says_of_bases_is_read_or_counted(build_rows: Build) -> None:
    s = build_rows([{"id": "a/1", "baseModels": ["x/y"]}, {"id": "a/2", "baseModels": [{"id": "x/y"}]}, {"id": "a/3", "baseModels": "x/y"},
                    {"id": "a/4", "baseModels": {"models": {"id": "x/y"}}}])  # fmt: skip
    assert s.edges.child.tolist() == ["a/1", "a/2"]
    assert s.snapshot.counts["unreadable_base_models"] == 2


def test_json_and_json_lines_agree_on_odd_records(tmp_path: Path) -> None:
    records = [
        '{"id":"a/b","id":"c/d","downloads":1,"downloads":2}',
        '{"id":"e/f","tags":["\\ud800"]}',
        '{"id":"g/h\u0001"}',
    ]
    (tmp_path / "x.jsonl").write_text("\n".join(records) + "\n")
    (tmp_path / "y.json").write_text("[" + ",".join(records[:2]) + "]")
    one = build(str(tmp_path / "x.jsonl"), catalog=Catalog(tmp_path), taken_at="2024-01-01").snapshot
    two = build(str(tmp_path / "y.json"), catalog=Catalog(tmp_path), taken_at="2024-01-01").snapshot
    assert one.manifest["tables"]["models"] == two.manifest["tables"]["models"]
    assert one.counts["rejected"] == 1


def test_one_long_record_on_one_line_is_a_table(tmp_path: Path) -> None:
    bases = [f"a/m{i}" for i in range(9000)]
    (tmp_path / "long.jsonl").write_text(json.dumps({"id": "m/m", "cardData": {"base_model": bases}}) + "\n")
    made = build(str(tmp_path / "long.jsonl"), catalog=Catalog(tmp_path), taken_at="2024-01-01").snapshot
    assert made.counts["edges"] == 9000


def test_ids_that_look_like_routes_or_end_in_a_dot(build_rows: Build) -> None:
    s = build_rows([{"id": "a/raw"}, {"id": "a/b."}, {"id": "q/x", "cardData": {"base_model": ["a/raw", "a/b."]}}])
    assert s.edges.base.tolist() == ["a/raw", "a/b."]
    assert s.tree("a/raw").id.tolist() == ["a/raw", "q/x"]


# --- what is not as it should be ---------------------------------------------------------------------

BAD: list[tuple[str, bytes, str]] = [
    ("empty.csv", b"", "is empty"),
    ("empty.json", b"[]", "empty list"),
    ("blank.jsonl", b"\n", "no list of models"),
    ("cut.json", b'[{"id": "a/b"},', "cut short"),
    ("cut.jsonl", b'{"id": "a/b"}\n{"id": "c', "middle of a record"),
    ("cut.csv.gz", gzip.compress(b"id,downloads\n" + b"a/b,1\n" * 1000)[:-9], "cut short"),
    ("plain.csv.gz", b"id\na/b\n", "cannot be unpacked"),
    ("cut.jsonl.zst", b"\x28\xb5\x2f\xfd\x04\x00", "cut short"),
    ("text.parquet", b"this is no parquet at all", "Parquet"),
    ("empty.parquet", b"", "is empty"),
    ("noid.csv", b"name,downloads\nx,1\n", "modelId, model_id, id or repo_id"),
    ("noid.json", b'[{"name": "x"}]', "modelId, model_id, id or repo_id"),
    ("error.json", b'{\n"error": "Rate limit"\n}', "Rate limit"),
    ("number.json", b"5", "no list of models"),
    ("twice.csv", b"id,id\na,b\n", "twice"),
    ("quote.csv", b'id,downloads\na/b,1\n"a/c,2\na/d,3\n', "never closed"),
    ("all_bad.jsonl", b'{"id": ""}\n', "gives no model: 1 rows were read and 1 rejected (no-id 1;"),
    ("undated.csv", b"id\na/b\n", "--taken-at"),
    ("models.xlsx", b"PK", "endings"),
    ("deep.json", b"[" * 100_000, ""),
]


def test_links_in_a_circle_are_no_file(tmp_path: Path) -> None:
    (tmp_path / "round.csv").symlink_to("round.csv")
    with pytest.raises(LineageError, match="There is no file"):
        build(str(tmp_path / "round.csv"), catalog=Catalog(tmp_path / "home"))


@pytest.mark.parametrize(("name", "data", "said"), BAD, ids=[name for name, _, _ in BAD])
def test_bad_files_get_a_sentence_and_nothing_is_written(tmp_path: Path, name: str, data: bytes, said: str) -> None:
    (tmp_path / name).write_bytes(data)
    catalog = Catalog(tmp_path / "home")
    with pytest.raises(LineageError) as caught:
        build(str(tmp_path / name), catalog=catalog)
    assert said in str(caught.value)
    assert "\n" not in str(caught.value)
    assert not (tmp_path / "home").exists()


def test_a_parquet_cut_short_is_refused(tmp_path: Path) -> None:
    data = SAMPLES["sample"].path.read_bytes()
    for size in (len(data) // 2, len(data) - 9, 100):
        (tmp_path / "cut.parquet").write_bytes(data[:size])
        with pytest.raises(SourceError, match="Parquet"):
            build(str(tmp_path / "cut.parquet"), catalog=Catalog(tmp_path / "home"))


def test_a_missing_file_and_a_bad_date(tmp_path: Path) -> None:
    with pytest.raises(SourceError, match="There is no file"):
        build(str(tmp_path / "nope.csv"), catalog=Catalog(tmp_path))
    for text in ("yesterday", "2024-13-01", "20240901x"):
        with pytest.raises(UsageError, match="no date"):
            build("sample", taken_at=text, catalog=Catalog(tmp_path))
    assert read_time("2024-09-20T14:00:00+02:00") == "2024-09-20T12:00:00Z"
    assert read_time("2024-09-20") == "2024-09-20"


# --- the catalog --------------------------------------------------------------------------------------


def test_names_are_kept_until_forced(build_rows: Build) -> None:
    first = build_rows([{"id": "a/b"}], name="n")
    with pytest.raises(RefusedError, match="--force"):
        build_rows([{"id": "c/d"}], name="n")
    assert first.catalog.open("n").sha256 == first.snapshot.sha256
    second = build_rows([{"id": "c/d"}], name="n", force=True)
    assert second.catalog.open().sha256 == second.snapshot.sha256
    assert not first.snapshot.folder.exists()


def test_use_remove_and_near_misses(build_rows: Build) -> None:
    s = build_rows([{"id": "a/b"}], name="one")
    build_rows([{"id": "c/d"}], name="two")
    catalog = s.catalog
    assert catalog.open().name == "two"
    catalog.use("one")
    assert catalog.open().name == "one"
    assert catalog.table().column("current").to_pylist() == [True, False]
    catalog.remove("one")
    assert catalog.table().column("name").to_pylist() == ["two"]
    for act in (catalog.open, catalog.use, catalog.remove):
        with pytest.raises(NotFound, match="two"):
            act("one")
    with pytest.raises(NotFound, match="snapshots use NAME"):
        catalog.open()


def test_damage_is_noticed(build_rows: Build) -> None:
    s = build_rows(ROWS, name="n")
    path = s.snapshot.folder / "models.parquet"
    data = bytearray(path.read_bytes())
    data[len(data) // 3] ^= 0xFF
    path.write_bytes(bytes(data))
    assert snapshot.damaged(s.snapshot.folder) == ["models.parquet"]
    with pytest.raises(SnapshotError, match="damaged"):
        s.catalog.open("n").table("models")
    path.unlink()
    with pytest.raises(SnapshotError, match="has lost its table models"):
        s.catalog.open("n").table("models")
    # The same build again mends it.
    assert snapshot.damaged(build_rows(ROWS, name="n", force=True).snapshot.folder) == []


def test_a_newer_format_and_a_broken_manifest_are_refused(build_rows: Build) -> None:
    s = build_rows(ROWS, name="n")
    path = s.snapshot.folder / "manifest.json"
    path.write_text(json.dumps({**json.loads(path.read_text()), "format": 99}))
    with pytest.raises(SnapshotError, match="pip install -U"):
        s.catalog.open("n")
    path.write_text("{")
    with pytest.raises(SnapshotError, match="damaged"):
        s.catalog.open("n")


def test_a_build_that_fails_while_writing_leaves_the_old_state(
    build_rows: Build, monkeypatch: pytest.MonkeyPatch
) -> None:
    old = build_rows(ROWS, name="n")
    real = parquet.write_parquet
    for failing in TABLES:

        def write_or_fail(table: pa.Table, path: Path, failing: str = failing) -> None:
            if path.stem == failing:
                raise OSError(28, "No space left on device", str(path))
            real(table, path)

        monkeypatch.setattr("lineage.catalog.write_parquet", write_or_fail)
        with pytest.raises(OSError, match="No space"):
            build_rows([{"id": "x/y"}], name="n", force=True)
        assert old.catalog.open("n").sha256 == old.snapshot.sha256
        assert [p.name for p in old.catalog.folder.iterdir()] == [old.snapshot.folder.name]


def test_the_manifest_has_no_path_and_no_name(tmp_path: Path, build_rows: Build) -> None:
    s = build_rows(ROWS, name="n")
    text = (s.snapshot.folder / "manifest.json").read_text()
    assert str(tmp_path) not in text
    assert os.path.sep not in s.snapshot.manifest["source"]["name"]
