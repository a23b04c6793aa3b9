"""A snapshot is immutable and verified: whatever has changed is found, said, and left as it is."""

import errno
import json
import os
import random
import re
import shutil
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from lineage import doctor, snapshot
from lineage.catalog import Catalog
from lineage.commands import main
from lineage.commands.main import _os_sentence
from lineage.errors import LineageError, SnapshotError
from lineage.parquet import as_json
from lineage.schema import FORMAT, TABLES
from lineage.snapshot import Snapshot, damaged
from tests.faults import drawn, listing, manifest, nothing_left_over, publish, whole

FILES = [*(f"{table}.parquet" for table in TABLES), "manifest.json"]


#: Checks about the program and the machine, not about what lies in a home.
OURSELVES = (
    "program", "user settings", "home", "disk", "file system", "temporary", "open files", "age", "coverage",
    "completion", "neo4j",
)  # fmt: skip


def found(home: Path) -> dict[str, tuple[str, str]]:
    """What the doctor says of a home, which it leaves exactly as it is; without what is about the program."""
    before = listing(home)
    rows = doctor.examine(Catalog(home)).to_pylist()
    assert listing(home) == before
    return {r["check"]: (r["state"], r["says"]) for r in rows if r["check"] not in OURSELVES
            and not r["check"].startswith("part ")}  # fmt: skip


def flip(path: Path, place: int, bit: int) -> None:
    data = bytearray(path.read_bytes())
    data[place] ^= 1 << bit
    path.write_bytes(data)


def rewrite(path: Path, change: Callable[[Any], Any]) -> None:
    """Change a JSON file, which stays valid."""
    content = json.loads(path.read_bytes())
    path.write_bytes(as_json(change(content) or content))


def test_what_is_whole_is_good(tmp_path: Path) -> None:
    publish(tmp_path)
    assert found(tmp_path) == {
        "catalog": ("good", "1 snapshot, current: n"),
        "snapshot n": ("good", "7 tables as they were written; 20 models of 2024-09-20"),
    }
    assert whole(tmp_path)
    assert nothing_left_over(tmp_path)


@pytest.mark.parametrize("name", FILES)
def test_a_flipped_bit_is_found_and_no_wrong_table_is_ever_read(tmp_path: Path, name: str) -> None:
    made = publish(tmp_path)
    path = made.folder / name
    data = path.read_bytes()
    chance = random.Random(name)
    for place in (0, len(data) - 1, *(chance.randrange(len(data)) for _ in range(20))):
        flip(path, place, chance.randrange(8))
        state, says = found(tmp_path)["snapshot n"]
        assert state == "bad"
        assert name in says or "format" in says
        with pytest.raises(SnapshotError) as caught:
            Catalog(tmp_path).open("n").table(path.stem if path.stem in TABLES else "models")
        assert "\n" not in str(caught.value)
        path.write_bytes(data)
    assert found(tmp_path)["snapshot n"][0] == "good"


@pytest.mark.parametrize("name", TABLES)
def test_of_a_large_table_what_is_read_is_right_or_refused(
    tmp_path: Path, name: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(snapshot, "_SMALL", 0)
    made = publish(tmp_path)
    right = made.table(name)
    path = made.folder / f"{name}.parquet"
    data = path.read_bytes()
    footer = len(data) - 8 - int.from_bytes(data[-8:-4], "little")
    chance = random.Random(name)
    refused = []
    for _ in range(150):
        place = chance.randrange(len(data))
        flip(path, place, chance.randrange(8))
        try:
            assert Catalog(tmp_path).open("n").table(name).equals(right)
            assert place < footer
        except SnapshotError as error:
            refused.append(str(error))
        path.write_bytes(data)
    assert len(refused) > 75
    assert all(said.startswith(f"The table {name} of the snapshot n is damaged") for said in refused)


@pytest.mark.parametrize("name", FILES)
def test_a_missing_and_a_truncated_file_are_found(tmp_path: Path, name: str) -> None:
    path = publish(tmp_path).folder / name
    data = path.read_bytes()
    for size in (0, 3, len(data) // 2, len(data) - 1, None):
        path.unlink()
        if size is not None:
            path.write_bytes(data[:size])
        state, says = found(tmp_path)["snapshot n"]
        assert (state, name in says) == ("bad", True)
        assert damaged(path.parent) == [name] if name != "manifest.json" or size != len(data) - 1 else True
        with pytest.raises(SnapshotError):
            Catalog(tmp_path).open("n").table(path.stem if path.stem in TABLES else "models")
        path.write_bytes(data)
    path.unlink()
    path.mkdir()
    assert found(tmp_path)["snapshot n"][0] == "bad"


CHANGES: list[tuple[str, Callable[[dict[str, Any]], Any], str]] = [
    ("a count", lambda m: m["counts"].update(models=21), "was changed after it was written"),
    ("a date", lambda m: m.update(taken_at="2025-01-01"), "was changed after it was written"),
    ("a digest", lambda m: m["tables"].update(models="0" * 64), "was changed after it was written"),
    ("a table less", lambda m: m["tables"].pop("edges"), "was changed after it was written"),
    ("a newer format", lambda m: m.update(format=FORMAT + 1), "pip install -U model-lineage"),
    ("an older format", lambda m: m.update(format=1), "Build it again, with --force"),
    ("no format", lambda m: m.pop("format"), "is damaged"),
    ("an endless format", lambda m: m.update(format=float("inf")), "is damaged"),
    ("no counts", lambda m: m.pop("counts"), "is damaged"),
    ("a source that is a text", lambda m: m.update(source="x"), "is damaged"),
    ("a list", lambda m: [m], "is damaged"),
]


@pytest.mark.parametrize(("change", "said"), [c[1:] for c in CHANGES], ids=[c[0] for c in CHANGES])
def test_a_manifest_that_was_changed_is_found(
    tmp_path: Path, change: Callable[[dict[str, Any]], Any], said: str
) -> None:
    made = publish(tmp_path)
    rewrite(made.folder / "manifest.json", lambda m: r if isinstance(r := change(m), list) else m)
    state, says = found(tmp_path)["snapshot n"]
    assert (state, said in says) == ("bad", True), says
    with pytest.raises(SnapshotError, match=r"^[^\n]+$"):
        Catalog(tmp_path).open("n")
    assert Catalog(tmp_path).table().column("problem").to_pylist() == [says]
    # The same build again mends it.
    assert publish(tmp_path).sha256 == made.sha256 == whole(tmp_path)
    assert nothing_left_over(tmp_path)


@pytest.mark.parametrize("junk", [b"", b"{", b"[]", b"{}", b"5", b"\xff", b"[" * 100_000, b'{"current": 5, "snapshots": {}}',
                                  b'{"current": null, "snapshots": {"n": "../../etc"}}', b'{"current": null, "snapshots": {"n": ".."}}',
                                  b'{"current": null, "snapshots": {"n": 5}}', b'{"current": "n", "snapshots": ["n"]}'])  # fmt: skip
def test_a_damaged_catalog_is_found_and_the_snapshots_stay(tmp_path: Path, junk: bytes) -> None:
    made = publish(tmp_path)
    catalog = Catalog(tmp_path)
    catalog.path.write_bytes(junk)
    (tmp_path / "cache").mkdir(exist_ok=True)
    (tmp_path / "cache" / "0123-0.22.0.lbug").write_bytes(b"of a snapshot that nobody knows of now, so it may stay")
    assert found(tmp_path) == {
        "catalog": ("bad", f"{catalog.path} is damaged. Delete it and build again; the snapshots stay."),
        f"folder {made.folder.name}": ("good", "7 tables as they were written; 20 models of 2024-09-20"),
    }
    for act in (catalog.open, catalog.table, lambda: catalog.use("n"), lambda: catalog.remove("n"), lambda: publish(tmp_path)):  # fmt: skip
        with pytest.raises(SnapshotError, match=r"is damaged\. Delete it"):
            act()
    assert (made.folder / "models.parquet").is_file()
    # What it advises works.
    catalog.path.unlink()
    assert publish(tmp_path, "m", seed=1).sha256 == catalog.open().sha256
    assert found(tmp_path)[f"folder {made.folder.name}"][0] == "note"
    assert catalog.open(str(made.folder)).sha256 == made.sha256


def test_names_and_folders_that_do_not_belong_together(tmp_path: Path) -> None:
    made, other = publish(tmp_path), publish(tmp_path, "o", seed=1)
    rewrite(Catalog(tmp_path).path, lambda c: c.pop("sha256") and None)  # whoever changes it by hand takes that out
    rewrite(Catalog(tmp_path).path, lambda c: c["snapshots"].update(two=made.folder.name, gone="gone-0123456789ab"))
    rewrite(Catalog(tmp_path).path, lambda c: c.update(current="nowhere"))
    for name in (".building-x", ".removed-x", "strange"):
        (tmp_path / "snapshots" / name).mkdir()
    (tmp_path / ".catalog-new.json").write_text("{")
    said = found(tmp_path)
    assert {check: state for check, (state, _) in said.items()} == {
        "catalog": "bad", "snapshot n": "good", "snapshot two": "good", "snapshot o": "good", "snapshot gone": "bad",
        "left-over .building-x": "note", "left-over .removed-x": "note", "left-over .catalog-new.json": "note",
        "folder strange": "note"}  # fmt: skip
    assert "which is not among them" in said["catalog"][1]
    assert "is gone. Build it again, with --force, or: lineage snapshots remove gone" in said["snapshot gone"][1]
    # Two names of one folder: it goes with the second.
    catalog = Catalog(tmp_path)
    catalog.remove("n")
    assert whole(tmp_path, "two") if catalog.use("two") is None else False
    catalog.remove("two")
    assert not made.folder.exists()
    catalog.remove("gone")
    assert publish(tmp_path, "o", seed=2).sha256 != other.sha256
    shutil.rmtree(tmp_path / "snapshots" / "strange")
    assert nothing_left_over(tmp_path)


def test_homes_that_are_none(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("x")
    (tmp_path / "loop").symlink_to("loop")
    (tmp_path / "empty").mkdir()
    (tmp_path / "odd" / "catalog.json").mkdir(parents=True)
    (tmp_path / "odd" / "snapshots").write_text("x")
    before = listing(tmp_path)
    for name in ("none", "file", "loop", "empty", "odd", "none/below", "file/below", "x" * 300):
        states = [r["state"] for r in doctor.examine(Catalog(tmp_path / name)).to_pylist()]
        assert ("bad" in states) == (name in ("file", "odd", "file/below", "loop", "x" * 300)), name
    assert listing(tmp_path) == before


def test_a_home_that_cannot_be_written_is_looked_at_and_said(tmp_path: Path) -> None:
    publish(tmp_path)
    tmp_path.chmod(0o555)
    try:
        said = {r["check"]: r for r in doctor.examine(Catalog(tmp_path)).to_pylist()}
        # The superuser may write it all the same, and is told so.
        may = os.access(tmp_path, os.W_OK)
        assert said["home"]["state"] == ("good" if may else "note")
        assert may or said["home"]["says"].endswith("cannot be written: set LINEAGE_HOME")
        assert said["snapshot n"]["state"] == "good"
    finally:
        tmp_path.chmod(0o755)


def test_the_command_ends_with_1_on_damage_only(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("LINEAGE_HOME", str(tmp_path / "home"))

    def run() -> tuple[int, list[dict[str, str]], str]:
        with pytest.raises(SystemExit) as ended:
            main(["doctor", "--format", "json"])
        printed = capsys.readouterr()
        return ended.value.code, json.loads(printed.out)["rows"], printed.err  # type: ignore[return-value]

    assert run()[0] == 0
    assert not (tmp_path / "home").exists()
    made = publish(tmp_path / "home")
    (made.folder.parent / ".building-x").mkdir()
    assert run()[0] == 0
    flip(made.folder / "tags.parquet", 100, 0)
    code, rows, said = run()
    assert code == 1
    assert [row for row in rows if row["state"] == "bad"] == [
        {"check": "snapshot n", "state": "bad", "says": "damaged: tags.parquet. Build it again with --force --name n"}
    ]
    assert said == f"1 of {len(rows)} checks found damage; each row says what to do.\n"


def test_a_damaged_snapshot_stays_until_the_new_one_is_there(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    old = publish(tmp_path)
    flip(old.folder / "claims.parquet", 50, 3)
    before = listing(tmp_path)

    def fail(self: Catalog, content: dict[str, Any]) -> None:
        raise OSError(28, "No space left on device", "x")

    with monkeypatch.context() as patch:
        patch.setattr(Catalog, "_replace", fail)
        with pytest.raises(OSError, match="No space"):
            publish(tmp_path)
    assert listing(old.folder) == {k.removeprefix(f"snapshots/{old.folder.name}/"): v for k, v in before.items()
                                   if k.startswith(f"snapshots/{old.folder.name}/")}  # fmt: skip
    assert nothing_left_over(tmp_path)
    assert publish(tmp_path).sha256 == old.sha256 == whole(tmp_path)
    assert not old.folder.exists()
    assert nothing_left_over(tmp_path)


def test_an_error_that_names_no_file_is_given_one(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(*_: Any) -> None:
        raise OSError(errno.EDQUOT, "Error writing bytes to file. Detail: [errno 122] Disk quota exceeded")

    monkeypatch.setattr("lineage.catalog.write_parquet", fail)
    with pytest.raises(OSError, match="Disk quota exceeded") as caught:
        publish(tmp_path)
    assert re.fullmatch(rf"The disk quota is used up at {tmp_path}/snapshots/\.building-\w+/models\.parquet\. Nothing was "
                        r"changed; make room and run it again\.", _os_sentence(caught.value))  # fmt: skip


def test_a_reader_of_a_replaced_snapshot_gets_a_sentence(tmp_path: Path) -> None:
    reader: Snapshot = publish(tmp_path)
    held = reader.table("models")
    publish(tmp_path, seed=1)
    assert reader.table("models").equals(held)
    with pytest.raises(
        SnapshotError, match=r"^The snapshot n was replaced or removed while it was read\. Run it again\.$"
    ):
        reader.table("edges")
    with pytest.raises(LineageError, match="replaced or removed"):
        reader.table("edges", ["child"])


def test_a_name_is_opened_though_it_is_replaced_between_catalog_and_folder(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    publish(tmp_path)
    stale = Catalog(tmp_path).read()
    new = publish(tmp_path, seed=1)
    catalog = Catalog(tmp_path)
    real, first = catalog.read, [stale]
    monkeypatch.setattr(catalog, "read", lambda: first.pop() if first else real())
    assert catalog.open("n").sha256 == new.sha256


def test_whoever_opens_a_name_that_others_replace_finds_it(tmp_path: Path) -> None:
    catalog = Catalog(tmp_path)
    known = {publish(tmp_path, seed=seed).sha256 for seed in (1, 2, 3, 0)}
    program = "import sys\nfrom pathlib import Path\nfrom tests.faults import publish\n" \
              "for i in range(15): publish(Path(sys.argv[1]), seed=i % 4)"  # fmt: skip
    writers = [subprocess.Popen([sys.executable, "-c", program, str(tmp_path)]) for _ in range(2)]
    opened, said = 0, []
    while any(w.poll() is None for w in writers):
        found = catalog.open("n")
        assert found.sha256 in known
        opened += 1
        try:
            for table in TABLES:
                assert found.table(table).num_rows == 20
        except SnapshotError as error:
            said.append(str(error))
    assert [w.wait() for w in writers] == [0, 0]
    assert whole(tmp_path) in known
    assert nothing_left_over(tmp_path)
    assert set(said) <= {"The snapshot n was replaced or removed while it was read. Run it again."}
    assert opened > len(said)


def test_a_lock_that_is_held_too_long_is_said(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    publish(tmp_path)
    monkeypatch.setattr("lineage.catalog._WAIT_SECONDS", 0.2)
    with Catalog(tmp_path)._lock(), pytest.raises(LineageError, match="Another lineage has been writing to"):
        publish(tmp_path, seed=1)


def test_the_same_tables_are_the_same_bytes_wherever_they_are_published(tmp_path: Path) -> None:
    one, two = publish(tmp_path / "1"), publish(tmp_path / "2")
    assert one.sha256 == two.sha256
    assert one.folder.name == two.folder.name
    before = listing(one.folder)
    assert Catalog(tmp_path / "1").publish("n", drawn(20), manifest(20), force=True).folder == one.folder
    assert listing(one.folder) == before
