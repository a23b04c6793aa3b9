"""Every kind of source: folders of parts, pages, lists of edges, cards; and what is refused, with a sentence."""

import gzip
import json
import os
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from lineage.catalog import Catalog
from lineage.errors import LineageError, SourceError
from lineage.pipeline import Built, build
from lineage.reading.cards import id_of_path
from lineage.sources import parts
from lineage.sources import tables as tables_

ROWS: list[dict[str, Any]] = [
    {"id": f"a/m{i}", "downloads": i, "tags": ["base_model:a/m0", "base_model:quantized:a/m0"] if i else []}
    for i in range(9)
]


def built(path: Path, **options: Any) -> Built:
    return build(
        str(path), catalog=Catalog(path.parent / f"home-{path.name}"), **({"taken_at": "2024-09-20"} | options)
    )


def tables(made: Built) -> dict[str, str]:
    return dict(made.snapshot.manifest["tables"])


def edges(made: Built) -> set[tuple[str, str, str | None]]:
    found = made.snapshot.table("edges", ["child", "base", "relation"]).to_pylist()
    return {(e["child"], e["base"], e["relation"]) for e in found}


def models(made: Built) -> set[str]:
    table = made.snapshot.table("models", ["id", "stub"]).to_pylist()
    return {m["id"] for m in table if not m["stub"]}


def lines(rows: list[dict[str, Any]]) -> str:
    return "".join(json.dumps(row) + "\n" for row in rows)


# --- folders ------------------------------------------------------------------------------------------


def test_a_folder_of_parts_is_the_same_as_one_file(tmp_path: Path) -> None:
    (tmp_path / "one.jsonl").write_text(lines(ROWS))
    folder = tmp_path / "parts"
    (folder / "deeper").mkdir(parents=True)
    (folder / "000.jsonl").write_text(lines(ROWS[:2]))
    (folder / "001.json.gz").write_bytes(gzip.compress(json.dumps(ROWS[2:5]).encode()))
    pq.write_table(pa.Table.from_pylist(ROWS[5:7]), folder / "002.parquet")
    (folder / "deeper" / "003.csv").write_text(
        "id,downloads,tags\n" + "".join(f'{r["id"]},{r["downloads"]},"{r["tags"]}"\n' for r in ROWS[7:])
    )
    for beside in ("crawl.json", "notes.txt"):
        (folder / beside).write_text("{}")
    made = built(folder)
    assert tables(made) == tables(built(tmp_path / "one.jsonl"))
    assert (made.files, made.ignored_files) == (4, 2)
    assert built(folder, name="few", limit=3).snapshot.counts["rows_in"] == 3


def test_pages_of_the_hubs_list_are_a_folder_of_lists(tmp_path: Path) -> None:
    folder = tmp_path / "pages"
    folder.mkdir()
    for page in range(3):
        with pa.CompressedOutputStream(str(folder / f"{page:06d}.json.zst"), "zstd") as out:
            out.write(json.dumps(ROWS[page * 3 : page * 3 + 3]).encode())
    (tmp_path / "one.jsonl").write_text(lines(ROWS))
    assert tables(built(folder)) == tables(built(tmp_path / "one.jsonl"))


def test_a_table_of_something_else_is_left_out_of_a_folder_with_a_word(tmp_path: Path) -> None:
    folder = tmp_path / "mixed"
    folder.mkdir()
    (folder / "a.jsonl").write_text(lines(ROWS))
    (folder / "b.csv").write_text("name,size\nx,1\n")
    said: list[str] = []
    made = built(folder, say=said.append)
    assert made.ignored_files == 1 and made.snapshot.counts["models"] == 9
    assert any(s.startswith("b.csv is left out: No column holds model ids") for s in said)


@pytest.mark.parametrize(
    ("files", "said"),
    [
        ({}, "holds nothing, so no table or card"),
        ({"a.txt": "x", "b.bin": "y"}, "holds 2 files, none of them table or card"),
        ({"a.csv": "name\nx\n", "b.csv": "title\ny\n"}, "No column holds model ids"),
        ({"a.jsonl": '{"id":"a/b"}\n', "b.csv": "child,base\na/b,c/d\n"}, "Build them one by one"),
        ({"a.jsonl": '{"id":"a/b"}\n', "b.jsonl": '{"id":"c/d"}\n{"id"'}, "middle of a record"),
    ],
)
def test_folders_that_cannot_be_read_get_a_sentence(tmp_path: Path, files: dict[str, str], said: str) -> None:
    folder = tmp_path / "folder"
    folder.mkdir()
    for name, content in files.items():
        (folder / name).write_text(content)
    with pytest.raises(SourceError, match=said):
        built(folder)
    assert not (tmp_path / "home-folder").exists()


# --- lists of edges -----------------------------------------------------------------------------------

EDGES = {("b/q", "a/x", "quantized"), ("c/m", "a/x", "merge"), ("c/m", "b/q", "merge"), ("d/e", "a/x", None)}


@pytest.mark.parametrize(
    ("header", "order"),
    [
        ("child,base,relation", "cbr"),
        ("Child,Parent,edge_type", "cbr"),
        ("source,target,edge", "bcr"),
        ("source,target,edge", "cbr"),
        ("relation,base,child", "rbc"),
    ],
)
def test_a_list_of_edges_in_either_direction(tmp_path: Path, header: str, order: str) -> None:
    path = tmp_path / "edges.csv"
    rows = [dict(zip("cbr", (c, b, r or ""), strict=True)) for c, b, r in sorted(EDGES, key=str)]
    rows += [{"c": "f/z", "b": "a/x", "r": "adapter"}]  # so that the bases are the fewer
    path.write_text("\n".join([header, *(",".join(row[k] for k in order) for row in rows)]) + "\n")
    made = built(path)
    assert edges(made) == EDGES | {("f/z", "a/x", "adapter")}
    assert models(made) == {"b/q", "c/m", "d/e", "f/z"}
    counts = made.snapshot.counts
    assert (counts["edge_rows"], counts["rows_in"], counts["rejected"]) == (5, 4, 0)
    assert made.recognised.layout == "edge list"


def test_where_source_and_target_do_not_tell_source_is_the_base(tmp_path: Path) -> None:
    (tmp_path / "e.tsv").write_text("source\ttarget\na/x\tb/y\n")
    made = built(tmp_path / "e.tsv")
    assert edges(made) == {("b/y", "a/x", None)} and made.recognised.columns == {
        "child": ("target",),
        "base": ("source",),
    }


def test_bad_rows_of_a_list_of_edges_are_counted(tmp_path: Path) -> None:
    path = tmp_path / "e.jsonl"
    path.write_text(
        lines([{"child": "a/b", "base": "c/d", "relation": "Merge "}, {"child": "", "base": "c/d"}, {"child": "a/b", "base": "/home/x"},
               {"child": "a/b", "base": "c/d", "relation": "Merge "}, {"child": "z/root", "base": None}, {"child": "bad id", "base": "c/d"}])
        + "nonsense\n"
    )  # fmt: skip
    made = built(path)
    counts = made.snapshot.counts
    assert edges(made) == {("a/b", "c/d", "merge")}
    assert counts["rows_in"] == 5 == counts["models"] + counts["rejected"]
    assert made.rejected == {"bad-id": 1, "malformed": 1, "no-id": 1}
    assert made.rejected_claims == {"path": 1}


# --- cards --------------------------------------------------------------------------------------------

CARD = "---\nbase_model: a/base\nlicense: mit\n---\n# A card\n"


def test_a_tree_of_cards(tmp_path: Path) -> None:
    folder = tmp_path / "cards"
    for name in (
        "a/base/README.md",
        "b/quant/README.md",
        "models--c--deep--name/snapshots/1f2e/README.md",
        "gpt2/README.md",
    ):
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_text(CARD if "b/quant" in name or "deep" in name else "# Nothing\n")
    (folder / "README.md").write_text("About these cards.")
    (folder / "d__flat.md").write_text(CARD.replace("a/base", "A/Base"))
    (folder / ".hidden.md").write_text(CARD)
    made = built(folder)
    assert models(made) == {"a/base", "b/quant", "c/deep--name", "gpt2", "d/flat"}
    assert edges(made) == {("b/quant", "a/base", None), ("c/deep--name", "a/base", None), ("d/flat", "a/base", None)}
    assert (made.recognised.layout, made.files) == ("cards", 5)
    licences = {m["id"]: m["licences"] for m in made.snapshot.table("models", ["id", "licences"]).to_pylist()}
    assert licences["b/quant"] == ["mit"]
    assert tables(built(folder, name="again")) == tables(made)


def test_one_card_is_named_by_its_folders(tmp_path: Path) -> None:
    path = tmp_path / "acme" / "anvil" / "README.md"
    path.parent.mkdir(parents=True)
    path.write_text(CARD)
    assert edges(built(path)) == {("acme/anvil", "a/base", None)}


@pytest.mark.parametrize("column", ["path", "model_id"])
def test_a_table_of_cards(tmp_path: Path, column: str) -> None:
    name = {"path": "models/b/quant/README.md", "model_id": "b/quant"}[column]
    (tmp_path / "t.jsonl").write_text(
        lines(
            [
                {column: name, "readme": CARD},
                {column: "models/x/y/README.md" if column == "path" else "x/y", "readme": None},
            ]
        )
    )
    made = built(tmp_path / "t.jsonl")
    assert models(made) == {"b/quant", "x/y"}
    assert edges(made) == {("b/quant", "a/base", None)}


def test_where_a_card_says_who_it_is_about() -> None:
    assert id_of_path("models/a/b/README.md") == "a/b"
    assert id_of_path("x/y/z/a/b/readme.MD") == "a/b"
    assert id_of_path("models/gpt2/README.md") == "gpt2"
    assert id_of_path("C:\\cards\\a\\b\\README.md") == "a/b"
    assert (
        id_of_path("a__b/README.md")
        == id_of_path("cards/a__b.md")
        == id_of_path("x/a__b/README.md", flat=True)
        == "a/b"
    )
    assert id_of_path("models/a/__b__/README.md") == "a/__b__" and id_of_path("models/a/b__c/README.md") == "a/b__c"
    assert id_of_path("/root/.cache/models--a--b--c/snapshots/0/README.md") == "a/b--c"
    assert id_of_path("README.md") is None and id_of_path("") is None


def test_the_hubs_reading_of_a_card_comes_before_ours(tmp_path: Path) -> None:
    (tmp_path / "t.jsonl").write_text(lines([{"id": "b/q", "cardData": {"base_model": "a/hub"}, "readme": CARD}]))
    assert edges(built(tmp_path / "t.jsonl")) == {("b/q", "a/hub", None)}


# --- spellings and types ------------------------------------------------------------------------------


def test_card_data_as_text_of_json_or_of_python(tmp_path: Path) -> None:
    card = {"base_model": ["a/x", "it's/not-an-id"], "license": None, "private": False}
    rows = [{"id": "m/1", "cardData": card}, {"id": "m/2", "cardData": json.dumps(card)}, {"id": "m/3", "cardData": str(card)}, {"id": "m/4", "cardData": "{'base_model': 'a/x'}"},
            {"id": "m/5", "cardData": "license: mit"}]  # fmt: skip
    (tmp_path / "t.jsonl").write_text(lines(rows))
    made = built(tmp_path / "t.jsonl")
    assert edges(made) == {(f"m/{i}", "a/x", None) for i in range(1, 5)}
    assert made.snapshot.counts["unreadable_cards"] == 1


def test_hub_stats_parquet(tmp_path: Path) -> None:
    base = pa.struct(
        [("relation", pa.string()), ("models", pa.list_(pa.struct([("_id", pa.string()), ("id", pa.string())])))]
    )
    table = pa.table(
        {
            "id": ["a/base", "b/q"],
            "createdAt": pa.array(
                [datetime(2024, 1, 1, tzinfo=UTC), datetime(2024, 2, 1, tzinfo=UTC)], pa.timestamp("ms", "UTC")
            ),
            "downloads": pa.array([5, 7], pa.int32()),
            "tags": pa.array([["gguf"], None], pa.list_(pa.string())),
            "cardData": [None, '{"base_model": "a/base", "license": "mit"}'],
            "baseModels": pa.array([None, {"relation": "quantized", "models": [{"_id": "1", "id": "a/base"}]}], base),
            "safetensors": pa.array([{"total": 7_000_000_000}, None], pa.struct([("total", pa.int64())])),
            "gguf": [None, '{"total": 7000000001}'],
            "spaces": [None, "x"],
        }
    )
    pq.write_table(table, tmp_path / "models.parquet")
    made = built(tmp_path / "models.parquet")
    assert edges(made) == {("b/q", "a/base", "quantized")}
    assert made.recognised.ignored == ("spaces",)
    found = {m["id"]: m for m in made.snapshot.table("models").to_pylist()}
    assert found["a/base"]["parameters"] == 7_000_000_000 == found["b/q"]["parameters"]
    assert found["b/q"]["created_at"] == datetime(2024, 2, 1, tzinfo=UTC)


@pytest.mark.parametrize(
    ("column", "values"),
    [
        ("downloads", pa.array([1.0, 2.5, None])),
        ("downloads", pa.array([True, False, None])),
        ("downloads", pa.array(["1", "-1", "9" * 30])),
        ("downloads", pa.array([[1], [], None])),
        ("downloads", pa.array([date(2024, 1, 1), None, None])),
        ("downloads", pa.array([{"a": 1}, {"a": 2}, None])),
        ("downloads", pa.array([-1, 2**62, 0], pa.int64())),
        ("id", pa.array([1, 2, 3])),
        ("id", pa.array([b"a/b", b"\xff\xfe", None], pa.binary())),
        ("id", pa.array([["a/b"], [], None])),
        ("id", pa.array(["a/b\n", "a/\u0007b", "a/b\u202e"])),
        ("tags", pa.array([1, 2, 3])),
        ("tags", pa.array([["base_model:x/y", None], [], None])),
        ("tags", pa.array([{"a": "b"}] * 3)),
        ("tags", pa.array([[["a"]], [], None], pa.list_(pa.list_(pa.string())))),
        ("cardData", pa.array([1, 2, 3])),
        ("cardData", pa.array([[1], [], None])),
        ("baseModels", pa.array([True, False, None])),
        ("config", pa.array([b"\x00\x01", b"{}", None], pa.binary())),
        ("createdAt", pa.array([1, 2**60, -5])),
        ("createdAt", pa.array(["tomorrow", "", "2024-99-99"])),
        ("siblings", pa.array(["x", "[1]", '{"a":'])),
        ("safetensors", pa.array([{"total": "many"}, {"total": None}, None])),
        ("_id", pa.array([1, 1, 1])),
        ("library_name", pa.array([[1], [2], None])),
        ("readme", pa.array([1.5, None, 2.5])),
    ],
    ids=lambda v: str(v.type) if isinstance(v, pa.Array) else v,
)
def test_parquet_with_wrong_types_is_counted_never_a_traceback(tmp_path: Path, column: str, values: pa.Array) -> None:
    columns: dict[str, Any] = {"id": ["a/1", "a/2", "a/3"]} | {column: values}
    if column == "id":
        columns["model_id"] = pa.array(["x/y", None, None])
    pq.write_table(pa.table(columns), tmp_path / "t.parquet")
    counts = built(tmp_path / "t.parquet").snapshot.counts
    assert counts["rows_in"] == 3 == counts["models"] + counts["rejected"]


# --- too much, and too busy ---------------------------------------------------------------------------


@pytest.mark.parametrize("packing", ["gz", "zst"])
def test_an_archive_bomb_is_refused_at_the_limit_that_it_names(tmp_path: Path, packing: str) -> None:
    path = tmp_path / f"bomb.csv.{packing}"
    with gzip.open(path, "wb", 9) if packing == "gz" else pa.CompressedOutputStream(str(path), "zstd") as out:
        out.write(b"id\n")
        for _ in range(600):
            out.write(b"0" * (1 << 20))
    with pytest.raises(SourceError, match="Refused beyond 200 times its size"):
        built(path)


def test_a_small_table_may_be_packed_as_well_as_it_can(tmp_path: Path) -> None:
    path = tmp_path / "same.csv.gz"
    path.write_bytes(gzip.compress(b"id\n" + b"a/b\n" * 200_000))
    assert path.stat().st_size * 200 < 800_000
    assert built(path).snapshot.counts["models"] == 1


def test_a_parquet_that_says_it_holds_too_much(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    pq.write_table(pa.table({"id": ["a/b"] * 1000}), tmp_path / "t.parquet")
    monkeypatch.setattr(tables_, "MOST_ROWS", 999)
    with pytest.raises(SourceError, match=r"1,000 rows .* refused beyond 999 rows"):
        built(tmp_path / "t.parquet")


def test_a_file_that_changes_while_it_is_read_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = tmp_path / "t.jsonl"
    path.write_text(lines(ROWS))
    real = tables_.open_table

    def open_and_append(con: Any, file: Path, *rest: Any) -> Any:
        found = real(con, file, *rest)
        with file.open("a") as out:
            out.write('{"id": "late/comer"}\n')
        return found

    monkeypatch.setattr(tables_, "open_table", open_and_append)
    with pytest.raises(SourceError, match=r"t\.jsonl changed while it was read"):
        built(path)
    assert not (tmp_path / "home-t.jsonl").exists()


def many_files(folder: Path, count: int, ending: str) -> None:
    folder.mkdir()
    for i in range(count):
        os.close(os.open(folder / f"{i:07d}{ending}", os.O_CREAT | os.O_WRONLY))


def test_a_folder_of_too_many_files_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    many_files(tmp_path / "many", 300, ".bin")
    monkeypatch.setattr(parts, "MOST_FILES", 299)
    with pytest.raises(SourceError, match="more than 299 files"):
        built(tmp_path / "many")
    many_files(tmp_path / "tables", 30, ".csv")
    monkeypatch.setattr(parts, "MOST_TABLES", 29)
    with pytest.raises(SourceError, match="more than 29 tables"):
        built(tmp_path / "tables")


@pytest.mark.soak
def test_a_folder_of_a_million_files(tmp_path: Path) -> None:
    many_files(tmp_path / "many", 1_000_000, ".bin")
    with pytest.raises(SourceError, match="holds 1,000,000 files, none of them table or card"):
        built(tmp_path / "many")


def test_links_in_a_circle_and_folders_that_cannot_be_read(tmp_path: Path) -> None:
    folder = tmp_path / "loop"
    folder.mkdir()
    (folder / "again").symlink_to(folder)
    (folder / "gone.csv").symlink_to(tmp_path / "nowhere.csv")
    (folder / "t.csv").write_text("id\na/b\n")
    assert built(folder).snapshot.counts["models"] == 1
    os.mkfifo(tmp_path / "pipe.csv")
    with pytest.raises(LineageError, match="neither a file nor a folder"):
        built(tmp_path / "pipe.csv")
