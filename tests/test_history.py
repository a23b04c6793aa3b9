"""Many snapshots asked as one: against each asked by itself, with workers killed, and on a real Dask cluster."""

import json
import shutil
import sys
import threading
from pathlib import Path
from typing import Any

import pyarrow as pa
import pytest

from lineage import cluster, pipeline
from lineage.catalog import Catalog
from lineage.errors import NotFound, RefusedError, SnapshotError, SourceError, UsageError
from lineage.history import History, over
from lineage.session import Session
from lineage.sources import remote
from lineage.sources.dated import day_in, listings
from tests.days import DAYS, Killer, catalog_of, dask, needs_dask, written

Row = dict[str, Any]


@pytest.fixture(scope="module")
def days(tmp_path_factory: pytest.TempPathFactory) -> Catalog:
    return catalog_of(tmp_path_factory.mktemp("days"))


def by_themselves(catalog: Catalog, names: list[str], question: str, **options: Any) -> list[Row]:
    """The twin: each snapshot asked by itself, in order of its date."""
    found = []
    for name in sorted(names, key=lambda n: (catalog.open(n).taken_at, n)):
        session = Session(catalog.open(name), catalog)
        for row in session.table(question, **options).to_pylist():
            row.pop("taken_at", None)
            found.append({"snapshot": name, "taken_at": session.snapshot.taken_at} | row)
    return found


@pytest.mark.parametrize(
    ("question", "options"),
    [
        ("info", {}),
        ("intermediaries", {"rule": ("R1", "R4"), "frame": "gguf"}),
        ("shares", {"by": "publisher", "limit": 2}),
    ],
)
def test_the_rows_are_those_of_each_snapshot_by_itself(days: Catalog, question: str, options: dict[str, Any]) -> None:
    table = History(days, ["three", "one", "two"]).table(question, **options)
    assert table.column_names[:2] == ["snapshot", "taken_at"]
    assert table.column_names.count("taken_at") == 1
    assert table.to_pylist() == by_themselves(days, ["one", "two", "three"], question, **options)
    assert over(days, question, (), dict(options)).equals(table)


def test_the_library_gives_a_frame_and_the_headers_are_by_date(days: Catalog) -> None:
    frame = Session(days.open(), days).trend("intermediaries", ["two", "one"], rule="R4")
    assert frame.snapshot.tolist() == ["one", "two"]
    assert frame.numerator.tolist() == [30 + 40 + 50 + 60 + 70, 21 + 41 + 51 + 61 + 71]
    history = History(days, ["two", "one"])
    history.table("info")
    assert history.header() == [days.open("one").header(), days.open("two").header()]


def test_snapshots_of_one_day_stand_by_name(days: Catalog, tmp_path: Path) -> None:
    shutil.copytree(days.root, tmp_path / "home")
    catalog = Catalog(tmp_path / "home")
    (source,) = written(tmp_path / "more", 1)
    pipeline.build(str(source), name="a-first", taken_at="2025-08-20T00:00:00Z", catalog=catalog)
    names = History(catalog).table("info").column("snapshot").to_pylist()
    assert names == ["one", "two", "a-first", "three"]


def test_a_column_that_is_null_in_one_snapshot_has_the_type_of_the_others(build_rows: Any) -> None:
    build_rows([{"id": "a/b", "downloads": 3}], name="with", taken_at="2025-01-01")
    session = build_rows([{"id": "a/b"}], name="without", taken_at="2025-01-02")
    table = History(session.catalog).table("info")
    assert table.column("downloads").to_pylist() == [3, None]
    assert pa.types.is_integer(table.schema.field("downloads").type)


def test_what_cannot_be_asked_names_the_snapshot(days: Catalog, build_rows: Any, tmp_path: Path) -> None:
    build_rows([{"id": "a/b", "downloads": 3}], name="bare", taken_at="2025-01-01")
    session = build_rows([{"id": "a/b", "downloads": 3, "downloadsAllTime": 9}], name="rich", taken_at="2025-01-02")
    with pytest.raises(UsageError, match="the source of bare lacks"):
        History(session.catalog).table("intermediaries", window="all_time")
    with pytest.raises(UsageError, match=r"bare: .*R9"):
        History(session.catalog).table("intermediaries", rule=("R9",))
    for given in (["one", "one"], ["one", str(days.open("one").folder)]):
        with pytest.raises(UsageError, match="twice"):
            History(days, given).table("info")
    copy = tmp_path / "copy"
    shutil.copytree(days.open("one").folder, copy)
    with pytest.raises(UsageError, match=r"one and copy: the same snapshot twice|copy and one: the same"):
        History(days, ["one", str(copy)]).table("info")
    with pytest.raises(UsageError, match="there is only one"):
        History(days, ["one"]).table("info")
    with pytest.raises(UsageError, match="there is none"):
        History(Catalog(tmp_path / "nothing")).table("info")
    with pytest.raises(NotFound, match="There are: one, three, two"):
        History(days, ["one", "nope"]).table("info")


# --- listings -------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("name", "day"),
    [
        ("raw.2025-08-10T02.json.gz", "2025-08-10"), ("a_20250810.csv", "2025-08-10"), ("a-2025_08_10.csv", "2025-08-10"),
        ("a.2025-02-30.csv", None), ("a-120250810.csv", None), ("a-2025-0810.csv", None), ("models.csv", None),
        ("from-2025-01-01-to-2025-02-01.csv", "2025-02-01"),
    ],
)  # fmt: skip
def test_the_day_in_a_name(name: str, day: str | None) -> None:
    assert day_in(name) == day


def test_the_listings_of_a_folder(tmp_path: Path) -> None:
    written(tmp_path / "flat")
    found, left_out = listings(str(tmp_path / "flat"))
    assert [(f.name, f.day) for f in found] == [(f"listing.{day}", day) for day in DAYS]
    assert left_out == ["largest.jsonl"]
    for day in DAYS[:2]:
        (tmp_path / "deep" / day).mkdir(parents=True)
        (tmp_path / "deep" / day / "models.csv").write_text("id\na/b\n")
    assert [(f.name, f.day) for f in listings(str(tmp_path / "deep"))[0]] == [(f"{d}-models", d) for d in DAYS[:2]]
    (tmp_path / "bare").mkdir()
    (tmp_path / "bare" / "x.csv").write_text("id\na/b\n")
    assert [(f.name, f.day) for f in listings(str(tmp_path / "bare"))[0]] == [("x", None)]
    with pytest.raises(SourceError, match="no file"):
        listings(str(tmp_path / "nope"))


def test_listings_are_built_once_and_the_current_snapshot_stays(days: Catalog, tmp_path: Path) -> None:
    shutil.copytree(days.root, tmp_path / "home")
    catalog, folder = Catalog(tmp_path / "home"), tmp_path / "new"
    written(folder, 6)
    (folder / "notes.2025-08-11.csv").write_text("what,else\n1,2\n")
    notes: list[str] = []
    table = History(catalog, sources=[str(folder)], note=notes.append).table("intermediaries")
    known = catalog.read()
    assert known["current"] == "three" and len(known["snapshots"]) == 9
    assert sum("left out" in note for note in notes) == 2 and "largest.jsonl" in notes[0]
    assert table.num_rows == 36 and table.column("taken_at").to_pylist()[:7:6] == list(DAYS[:2])
    made = catalog.open("listing.2025-08-10")
    assert made.manifest["taken_at_inferred"] is True
    # As `build` makes it, asked by itself.
    assert table.to_pylist() == by_themselves(
        catalog, [n for n in known["snapshots"] if "listing" in n], "intermediaries"
    )
    before = (catalog.path.read_bytes(), sorted(p.name for p in catalog.folder.iterdir()))
    assert History(catalog, sources=[str(folder)]).table("intermediaries").equals(table)
    assert before == (catalog.path.read_bytes(), sorted(p.name for p in catalog.folder.iterdir()))
    # Something else under the name is refused, unless it is to be built again.
    path = folder / f"listing.{DAYS[0]}.jsonl"
    path.write_text('{"id": "only/one", "downloads": 7}\n')
    with pytest.raises(RefusedError, match=r"listing\.2025-08-10.*--force"):
        History(catalog, ["one"], [str(path)]).table("info")
    rows = History(catalog, ["one"], [str(path)], force=True).table("info").to_pylist()
    assert sorted(row["models"] for row in rows) == [1, 7]


def test_a_listing_that_stands_under_another_day_is_not_the_same(tmp_path: Path) -> None:
    catalog, path = Catalog(tmp_path / "home"), tmp_path / "a-2025-08-10.jsonl"
    path.write_text('{"id": "a/b", "createdAt": "2025-01-01T00:00:00Z"}\n')
    assert pipeline.build(str(path), catalog=catalog).snapshot.taken_at == "2025-01-01"
    (other,) = written(tmp_path / "other", 1)
    with pytest.raises(RefusedError, match="of another day"):
        History(catalog, sources=[str(path), str(other)]).table("info")
    table = History(catalog, sources=[str(path), str(other)], force=True).table("info")
    assert table.column("taken_at").to_pylist() == ["2025-08-10", "2025-08-10"]
    assert catalog.read()["current"] == "a-2025-08-10"


@pytest.mark.soak
def test_builds_beside_each_other_lose_no_entry(tmp_path: Path) -> None:
    catalog = Catalog(tmp_path / "home")
    paths = written(tmp_path / "listings", 8)
    found: list[pa.Table] = []
    halves = [paths[:4], paths[4:]]
    threads = [
        threading.Thread(
            target=lambda half=half: found.append(History(catalog, sources=list(map(str, half))).table("info"))
        )
        for half in halves
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert [table.num_rows for table in found] == [4, 4]
    assert sorted(catalog.read()["snapshots"]) == sorted(p.name.removesuffix(".jsonl") for p in paths)
    assert History(catalog).table("info").num_rows == 8


# --- workers that die -----------------------------------------------------------------------------------


@pytest.fixture
def temporary(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    folder = tmp_path / "temporary"
    folder.mkdir()
    monkeypatch.setenv("TMPDIR", str(folder))
    return folder


def large(folder: Path) -> Path:
    """Two listings that take a second to build."""
    folder.mkdir()
    for day in DAYS[:2]:
        rows = ({"id": f"a/m{i}", "downloads": i, "tags": ["base_model:a/m1"] * (i % 2)} for i in range(30_000))
        (folder / f"large-{day}.jsonl").write_text("".join(json.dumps(row) + "\n" for row in rows))
    return folder


def test_a_worker_that_dies_is_tried_again(tmp_path: Path, temporary: Path) -> None:
    source = large(tmp_path / "listings")
    with Killer(temporary, 1) as killer:
        table = History(Catalog(tmp_path / "home"), sources=[str(source)]).table("intermediaries")
    assert len(killer.killed) == 1
    again = History(Catalog(tmp_path / "other"), sources=[str(source)]).table("intermediaries")
    assert table.num_rows == 12 and table.equals(again)


@pytest.mark.soak
def test_a_worker_that_dies_twice_is_named(tmp_path: Path, temporary: Path) -> None:
    source = large(tmp_path / "listings")
    catalog = Catalog(tmp_path / "home")
    with Killer(temporary, 1_000), pytest.raises(SnapshotError, match=r"worked on large-2025-08-1\d died twice"):
        History(catalog, sources=[str(source)]).table("intermediaries")
    shutil.rmtree(temporary)
    temporary.mkdir()
    assert History(catalog, sources=[str(source)]).table("intermediaries").num_rows == 12


def test_on_dask_the_rows_are_the_same_even_when_a_worker_is_killed(
    days: Catalog, tmp_path: Path, temporary: Path
) -> None:
    with dask() as found:
        address = found.scheduler_address
        table = History(days, scheduler=address).table("intermediaries")
        assert table.equals(History(days).table("intermediaries"))
        with pytest.raises(UsageError, match=r"one: .*R9"):
            History(days, ["one", "two"], scheduler=address).table("intermediaries", rule=("R9",))
        source = large(tmp_path / "listings")
        with Killer(temporary, 1, "spawn_main") as killer:
            got = History(Catalog(tmp_path / "home"), sources=[str(source)], scheduler=address).table("info")
        assert len(killer.killed) == 1
    assert got.equals(History(Catalog(tmp_path / "other"), sources=[str(source)]).table("info"))


def test_a_cluster_without_workers_is_not_waited_for_for_ever() -> None:
    with dask(0) as found, pytest.raises(SourceError, match=r"no worker for 1 seconds.*dask worker tcp://"):
        list(cluster.each(str, [1], found.scheduler_address, wait=1.0))


def test_what_is_wrong_with_a_scheduler_is_said(days: Catalog, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    needs_dask()
    with pytest.raises(UsageError, match="neither an address"):
        History(days, scheduler=str(tmp_path / "nope.json")).table("info")
    with pytest.raises(SourceError, match=r"No Dask scheduler answers at tcp://127\.0\.0\.1:1"):
        list(cluster.each(str, [1], "tcp://127.0.0.1:1", wait=1.0))
    monkeypatch.setitem(sys.modules, "distributed", None)
    with pytest.raises(UsageError, match=r"pip install 'model-lineage\[cluster\]'"):
        History(days, scheduler="tcp://127.0.0.1:1").table("info")


# --- snapshots elsewhere --------------------------------------------------------------------------------


def test_a_snapshot_at_an_address_is_the_same(days: Catalog) -> None:
    import fsspec

    folder = days.open("one").folder
    memory = fsspec.filesystem("memory")
    memory.put(str(folder), "/bucket/one", recursive=True)
    there = Session.open("memory://bucket/one", home=days.root)
    assert there.header() == days.open("one").header() | {"name": "one"}
    assert there.table("shares", by="publisher").equals(Session(days.open("one"), days).table("shares", by="publisher"))
    kept = there.snapshot.folder
    assert kept.exists()
    del there
    assert not kept.exists()
    memory.pipe("/bucket/one/models.parquet", b"something else")
    with pytest.raises(SourceError, match=r"models\.parquet of memory://bucket/one is not what"):
        Session.open("memory://bucket/one", home=days.root)
    memory.rm("/bucket/one/models.parquet")
    with pytest.raises(SourceError, match=r"has lost models\.parquet"):
        Session.open("memory://bucket/one", home=days.root)


def test_addresses_in_a_trend(days: Catalog) -> None:
    addresses = [f"file://{days.open(name).folder}" for name in ("two", "one")]
    table = History(days, addresses).table("intermediaries")
    expected = History(days, ["one", "two"]).table("intermediaries")
    assert table.drop_columns(["snapshot"]).equals(expected.drop_columns(["snapshot"]))
    assert table.column("snapshot").to_pylist()[::6] == [days.open(name).folder.name for name in ("one", "two")]


def test_an_address_without_a_snapshot_gets_a_sentence(tmp_path: Path) -> None:
    with pytest.raises(NotFound, match=r"file:///.*nope is no snapshot"):
        Session.open(f"file://{tmp_path}/nope", home=tmp_path)
    with pytest.raises(SourceError, match="begin with nosuch://"):
        Session.open("nosuch://somewhere/one", home=tmp_path)
    assert remote.shown("s3://key:secret@host/a/b?token=x") == "s3://host/a/b"
    (tmp_path / "bad").mkdir()
    (tmp_path / "bad" / "manifest.json").write_text("{")
    with pytest.raises(SnapshotError, match="damaged"):
        Session.open(f"file://{tmp_path}/bad", home=tmp_path)
