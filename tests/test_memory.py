"""How much memory a local server gets: chosen, given, too little, and in a container."""

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lineage.errors import StoreError, UsageError
from lineage.stores import memory
from tests.servers import Server

GB = 1 << 30
MB = 1 << 20


def mebibytes(size: str) -> int:
    """A slow reader of Java's spelling."""
    return int(size[:-1]) * {"m": 1, "g": 1024}[size[-1]]


def test_a_machine_with_room_gets_what_the_whole_hub_wants() -> None:
    for free in (6 * GB, 20 * GB, 500 * GB):
        assert memory.choose(None, None, 2 * free, free) == memory.Memory("2g", "1g", None)


@pytest.mark.parametrize(("free", "heap", "pagecache"), [
    (4 * GB, "1344m", "704m"), (2 * GB, "640m", "384m"), (1280 * MB, "512m", "128m"),
])  # fmt: skip
def test_a_smaller_one_gets_half_of_what_is_free_and_is_told(free: int, heap: str, pagecache: str) -> None:
    chosen = memory.choose(None, None, 16 * GB, free)
    assert (chosen.heap, chosen.pagecache) == (heap, pagecache)
    assert chosen.remark is not None
    assert f"a heap of {heap} and a page cache of {pagecache}" in chosen.remark
    assert "whole Hub wants 2g and 1g" in chosen.remark


def test_where_the_least_does_not_fit_nothing_is_started() -> None:
    with pytest.raises(StoreError, match=r"wants 1\.2 GB of free memory at least, and 1\.2 GB are free.*--heap"):
        memory.choose(None, None, 16 * GB, 1279 * MB)
    assert memory.choose("256m", "64m", 16 * GB, 100 * MB).heap == "256m", "what is asked for is tried"


@given(st.integers(0, 64 * 1024), st.integers(0, 64 * 1024))
def test_what_is_chosen_is_between_the_least_and_half_of_what_is_free(free: int, other: int) -> None:
    try:
        chosen = memory.choose(None, None, (free + other) * MB, free * MB)
    except StoreError:
        assert free // 2 < sum(memory.LEAST)
        return
    heap, pagecache = mebibytes(chosen.heap), mebibytes(chosen.pagecache)
    assert memory.LEAST[0] <= heap <= memory.WANTED[0]
    assert memory.LEAST[1] <= pagecache <= memory.WANTED[1]
    assert 2 * (heap + pagecache) <= free
    assert (chosen.remark is None) == ((heap, pagecache) == memory.WANTED)
    assert mebibytes(chosen.transaction) == heap // 2


def test_what_is_given_is_kept_and_the_other_chosen() -> None:
    assert memory.choose("4g", None, 32 * GB, 16 * GB) == memory.Memory("4g", "1g", None)
    assert memory.choose("768m", None, 4 * GB, 2 * GB).pagecache == "256m"
    assert memory.choose(None, "512m", 8 * GB, 4 * GB).heap == "1536m"
    assert memory.choose("1g", "3G", 8 * GB, 6 * GB).pagecache == "3G"


def test_more_than_there_is_is_refused_and_more_than_is_free_is_said() -> None:
    with pytest.raises(StoreError, match=r"heap of 999g and a page cache of 128m are more than the 24\.0 GB"):
        memory.choose("999g", None, 24 * GB, 20 * GB)
    remark = memory.choose("4g", "1g", 8 * GB, 3 * GB).remark
    assert remark is not None
    assert "more than the 3.0 GB that are free" in remark


@pytest.mark.parametrize("size", ["", "lots", "2", "0g", "2gb", "-1g", "2 g", "1.5g", "2g -XX:Evil", "9" * 30 + "g"])
def test_sizes_that_are_none(size: str) -> None:
    with pytest.raises(UsageError, match="is no size for --pagecache"):
        memory.check("--pagecache", size)


@pytest.mark.parametrize("size", [None, "2g", "512M", "600000k"])
def test_sizes_that_are_some(size: str | None) -> None:
    memory.check("--heap", size)


def groups(folder: Path, files: dict[str, str]) -> Path:
    for name, text in files.items():
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_text(text)
    return folder


def test_the_limit_of_a_container_counts(tmp_path: Path) -> None:
    own = tmp_path / "own"
    own.write_text("0::/box/me\n")
    new = groups(tmp_path / "new", {
        "box/me/memory.max": "1000\n", "box/me/memory.current": "600\n",
        "box/me/memory.stat": "anon 400\ninactive_file 200\n",
    })  # fmt: skip
    assert memory._limits(own, new) == [(1000, 400)]
    inside = groups(tmp_path / "inside", {"memory.max": "700", "memory.current": "1", "memory.stat": ""})
    assert memory._limits(own, inside) == [(700, 1)]
    open_end = groups(tmp_path / "open", {"memory.max": "max", "memory.current": "1", "memory.stat": ""})
    assert memory._limits(own, open_end) == []


def test_the_older_kind_of_container_too(tmp_path: Path) -> None:
    own = tmp_path / "own"
    own.write_text("9:name=systemd:/x\n4:memory:/api/me\n0::/\n")
    root = groups(tmp_path / "old", {
        "memory/api/me/memory.limit_in_bytes": "5000", "memory/api/me/memory.usage_in_bytes": "3000",
        "memory/api/me/memory.stat": "inactive_file 1\ntotal_inactive_file 500\n",
    })  # fmt: skip
    assert memory._limits(own, root)[0][0] == 5000
    assert memory._limits(tmp_path / "nothing", root) == []


def test_this_machine_has_some() -> None:
    total, free = memory.measure()
    assert 0 < free <= total


def test_the_running_server_has_what_its_status_says(neo4j_server: Server) -> None:
    status = neo4j_server.status
    rows = neo4j_server.run("SHOW SETTINGS YIELD name, value")
    settings = {row["name"]: row["value"] for row in rows}
    assert status.heap == "768m"
    assert settings["db.memory.transaction.max"] == "384.00MiB"
    assert status.pagecache is not None
    assert settings["server.memory.pagecache.size"] in (
        f"{mebibytes(status.pagecache):.2f}MiB", f"{mebibytes(status.pagecache) / 1024:.2f}GiB",
    )  # fmt: skip
    import psutil

    assert "-Xmx768m" in psutil.Process(status.pid).cmdline()
