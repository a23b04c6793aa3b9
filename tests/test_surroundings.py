"""What the doctor says of what a run stands on, each with what to do."""

import os
import shutil
import tempfile
from datetime import date
from pathlib import Path

import pytest

from lineage import surroundings
from lineage.catalog import Catalog
from lineage.completion import made
from lineage.snapshot import Snapshot
from tests.faults import publish
from tests.servers import Server


def caches(home: Path, *snapshots: Snapshot) -> dict[str, tuple[str, str]]:
    now = snapshots[0] if snapshots else None
    return {check: (state, says) for check, state, says in surroundings.caches(home / "cache", snapshots, now)}


def test_caches_of_snapshots_that_are_gone_and_of_other_engines(tmp_path: Path) -> None:
    snapshot = publish(tmp_path)
    assert caches(tmp_path, snapshot) == {
        "completion": ("good", "no index of n yet; the first Tab makes it, or: lineage completion bash")
    }
    path = made.make(snapshot, tmp_path / "cache")
    digits = path.stem
    other = "0" * 32
    for name in (
        f"{digits}-0.0.1.lbug",
        f"{other}-0.0.1.lbug",
        f"{other}.ids",
        ".building-x-y",
        f"{digits}-0.0.1.lock",
    ):
        (tmp_path / "cache" / name).write_bytes(b"x")
    found = caches(tmp_path, snapshot)
    assert found.keys() == {
        f"cache {n}"
        for n in (path.name, f"{digits}-0.0.1.lbug", f"{other}-0.0.1.lbug", f"{other}.ids", ".building-x-y")
    }
    assert found[f"cache {path.name}"][0] == "good"
    for name, said in ((f"{digits}-0.0.1.lbug", "for the engine of version 0.0.1"), (f"{other}-0.0.1.lbug", "of a snapshot that is gone"),
                       (f"{other}.ids", "of a snapshot that is gone"), (".building-x-y", "of a run that goes on")):  # fmt: skip
        state, says = found[f"cache {name}"]
        assert state == "note" and said in says and says.endswith(f"rm {tmp_path / 'cache' / name}")
    path.write_bytes(path.read_bytes()[:-1])
    assert caches(tmp_path, snapshot)[f"cache {path.name}"][0] == "note"
    Catalog(tmp_path).remove("n")
    assert all(state == "note" for state, _ in caches(tmp_path).values())


def test_how_old_and_how_much(tmp_path: Path, sample: object, build_rows: object) -> None:
    snapshot = sample.snapshot  # type: ignore[attr-defined]
    rows = {check: (state, says) for check, state, says in surroundings.current(snapshot, date(2024, 9, 30))}
    assert rows["age"] == ("good", "sample is of 2024-09-20, 10 days ago")
    assert rows["coverage"][0] == "note"
    assert "created_at" in rows["coverage"][1] and "downloads_all_time" in rows["coverage"][1]
    rows = {check: (state, says) for check, state, says in surroundings.current(snapshot, date(2025, 9, 20))}
    assert rows["age"] == ("note", "sample is of 2024-09-20, 365 days ago; `lineage build` makes one of today")
    part = build_rows([{"id": "a/b", "downloads": 1}, {"id": "a/c", "downloads": 1}], limit=1).snapshot  # type: ignore[operator]
    assert "--limit 1" in {c: says for c, _, says in surroundings.current(part, date(2024, 9, 30))}["coverage"]


def test_the_kind_of_a_file_system(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    mounts = tmp_path / "mounts"
    inner = tmp_path / "a b" / "c"
    inner.mkdir(parents=True)
    text = f"/dev/x / ext4 rw 0 0\nserver:/x {tmp_path} nfs4 rw 0 0\ntmpfs {tmp_path}/a b tmpfs rw 0 0\n"
    mounts.write_text(text.replace("a b", "a\\040b"))
    whole = Path.read_text
    monkeypatch.setattr(
        Path, "read_text", lambda self, **o: whole(mounts if str(self) == "/proc/self/mounts" else self, **o)
    )
    assert surroundings.file_system(Path("/")) == "ext4"
    assert surroundings.file_system(tmp_path) == "nfs4"
    assert surroundings.file_system(inner) == "tmpfs"
    ((check, state, says),) = surroundings.disk(tmp_path)
    assert (check, state) == ("file system", "note") and "LINEAGE_HOME" in says
    assert next(surroundings.disk(Path("/")))[1] == "good"
    monkeypatch.setattr(tempfile, "tempdir", str(inner))
    assert (
        next(surroundings.temporary())[1:] == ("note", next(surroundings.temporary())[2])
        and "TMPDIR" in next(surroundings.temporary())[2]
    )


def test_room_and_open_files(monkeypatch: pytest.MonkeyPatch) -> None:
    import resource

    monkeypatch.setattr(resource, "getrlimit", lambda what: (64, 64))
    assert list(surroundings.limits()) == [
        ("open files", "note", "64 at a time; a load or a crawl may need more: ulimit -n 1024")
    ]
    monkeypatch.setattr(resource, "getrlimit", lambda what: (resource.RLIM_INFINITY, resource.RLIM_INFINITY))
    assert list(surroundings.limits()) == [("open files", "good", "as many as one likes")]
    monkeypatch.setattr(
        shutil, "disk_usage", lambda folder: os.terminal_size((0, 0)) and type("U", (), {"free": 1 << 20})()
    )
    assert next(surroundings.temporary())[1] == "note"


def test_what_is_wrong_with_settings_is_a_finding() -> None:
    assert list(surroundings.settings(["a sentence"]))[-1] == ("settings", "bad", "a sentence")


def test_a_server_that_is_asked_for(neo4j_sample: Server) -> None:
    ((check, state, says),) = surroundings.servers(Path("/nowhere"), neo4j_sample.uri)
    assert (check, state) == (f"neo4j {neo4j_sample.uri}", "good")
    assert "Neo4j Kernel 5." in says and "(community)" in says and "the load of sample is complete" in says
    ((check, state, says),) = surroundings.servers(Path("/nowhere"), "bolt://neo4j:Sesame@127.0.0.1:1")
    assert state == "bad" and "Sesame" not in check + says
    # Without an address only what was started here is looked at, and there nothing was.
    ((check, state, says),) = surroundings.servers(Path("/nowhere"), None)
    assert (check, state) == ("neo4j", "good")
