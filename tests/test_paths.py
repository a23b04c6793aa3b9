"""S6: no name that is given or found is a path: nothing is made, changed or removed but in the home and where output goes."""

import hashlib
import json
import os
import re
import subprocess
import sys
import tempfile
import unicodedata
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from lineage.catalog import Catalog
from lineage.errors import NotFound, RefusedError, UsageError
from lineage.schema import TABLES
from lineage.sources.crawls import Wanted
from lineage.stores import server
from tests.conftest import Build
from tests.hostile_names import NAMES, PLACES
from tests.watched import listing

#: Of files that must stay: whatever a name could lead to, one is there.
_BAIT = "bait of nobody\n"


@dataclass
class World:
    """A folder with all there is in it: somebody's files, a home, and a folder to work in."""

    root: Path

    def __post_init__(self) -> None:
        self.home, self.work, self.tmp = (
            self.root / "user" / "home",
            self.root / "user" / "deep" / "work",
            self.root / "tmp",
        )
        for folder in (self.home, self.work, self.tmp):
            folder.mkdir(parents=True)
        self.source = self.root / "models.jsonl"
        rows = [
            {"id": "a/base", "downloads": 5, "tags": ["x"]},
            {"id": "b/made", "downloads": 3, "tags": ["base_model:a/base", "base_model:quantized:a/base"]},
        ]
        self.source.write_text("".join(json.dumps(row) + "\n" for row in rows), "utf-8")
        for folder in (self.root, self.root / "user", self.root / "user" / "deep", self.work):
            for name in ("x", "victim/server.json", "victim/manifest.json"):
                (folder / name).parent.mkdir(exist_ok=True)
                (folder / name).write_text(_BAIT)

    def run(self, lines: list[list[str]]) -> tuple[list[dict[str, Any]], int]:
        """Run lines in one process, in the folder to work in; what it noted, and its peak in MB."""
        with tempfile.TemporaryDirectory() as folder:
            given, notes = Path(folder) / "lines.json", Path(folder) / "notes.json"
            given.write_text(json.dumps(lines), "utf-8")
            where = {key: value for key, value in os.environ.items() if not key.startswith(("LINEAGE_", "XDG_"))}
            where |= {
                "LINEAGE_HOME": str(self.home),
                "HOME": str(self.root / "user"),
                "TMPDIR": str(self.tmp),
                "PYTHONDONTWRITEBYTECODE": "1",
                "PYTHONPATH": str(Path(__file__).parents[1]),
                "PYTHONUTF8": "1",
            }
            running = subprocess.Popen(
                [sys.executable, "-m", "tests.watched", str(given), str(notes)], cwd=self.work, env=where
            )
            _, status, used = os.wait4(running.pid, 0)
            running.returncode = os.waitstatus_to_exitcode(status)
            assert running.returncode == 0
            return list(json.loads(notes.read_text("utf-8"))), used.ru_maxrss >> 10

    def outside(self) -> dict[str, str]:
        """What lies in the world but in the home and the folder for temporary files."""
        return {name: held for name, held in listing(self.root).items() if not name.startswith(("user/home", "tmp"))}


@pytest.fixture
def world(tmp_path: Path) -> World:
    return World(tmp_path / "world")


def lines(world: World, some: int) -> Iterator[list[str]]:
    """Every place, each with every `some`th name."""
    for place, words in enumerate(PLACES.values()):
        step = some * 12 if words[0] == "build" and some > 1 else some  # a build takes a second
        for name in NAMES[place % step :: step]:
            yield [word.replace("{name}", name).replace("{source}", str(world.source)) for word in words]


def go(world: World, some: int) -> tuple[int, int]:
    """How many names were tried, and the peak of the process in MB."""
    world.run([["build", str(world.source), "--name", "sample", "--taken-at", "2024-09-20", "-q"]])
    before = world.outside()
    told, peak = world.run(list(lines(world, some)))
    assert world.outside() == before
    allowed = (str(world.home), str(world.tmp), os.devnull)
    for one in told:
        assert one["code"] in (0, 1, 2, 3), one
        assert "should not have happened" not in one["said"] and "Traceback" not in one["said"], one
        strange = [path for path in one["written"] if not path.startswith(allowed)]
        assert strange == [], one
    # and what there is in the home is what a home has
    assert {path.name for path in world.home.iterdir()} <= {
        "snapshots",
        "catalog.json",
        ".catalog.lock",
        "cache",
        "crawls",
        "neo4j",
    }
    snapshots = Catalog(world.home).read()["snapshots"]
    assert all(
        path.parent == world.home / "snapshots" and (path / "manifest.json").is_file()
        for path in (world.home / "snapshots" / one for one in snapshots.values())
    )
    return len(told), peak


def test_what_is_written_elsewhere_is_seen(world: World) -> None:
    """A file that was asked for, outside: both the hook and the listing know of it."""
    world.run([["build", str(world.source), "--name", "sample", "--taken-at", "2024-09-20", "-q"]])
    before = world.outside()
    (told,), _ = world.run([["info", "-o", "../y.csv"]])
    assert str(world.work.parent / "y.csv") in told["written"]
    assert {*world.outside().items()} - {*before.items()} == {
        ("user/deep/y.csv", hashlib.sha256((world.work.parent / "y.csv").read_bytes()).hexdigest())
    }


def test_a_name_leads_nowhere(world: World) -> None:
    go(world, 10)


@pytest.mark.soak
def test_no_name_leads_anywhere(world: World) -> None:
    tried, peak = go(world, 1)
    print(f"S6: {tried:,} names in {len(PLACES)} places, 0 files touched outside; {peak} MB at most")


# --- names of folders ---------------------------------------------------------------------------------


def folded(name: str) -> str:
    return unicodedata.normalize("NFC", unicodedata.normalize("NFD", name).casefold())


def test_every_snapshot_has_a_folder_of_its_own_whatever_it_is_called(build_rows: Build) -> None:
    session = build_rows([{"id": "a/b", "downloads": 1}], name="drawn")
    catalog, tables = session.catalog, {name: session.snapshot.table(name) for name in TABLES}
    twins = ("é", "e\u0301", "Org/Model", "org/model", "con", "CON", "x.", "x ")
    names = [*dict.fromkeys(filter(None, [*NAMES[::3], *twins]))]
    for place, name in enumerate(names):  # each of another day, so that no two hold the same
        day = f"2024-{1 + place % 12:02}-{1 + place % 28:02}"
        catalog.publish(name, tables, session.snapshot.manifest | {"taken_at": day, "seconds": place}, force=False)
    folders = catalog.read()["snapshots"]
    assert {*names} <= folders.keys()
    assert len({folded(folder) for folder in folders.values()}) == len(folders)
    assert {path.name for path in catalog.folder.iterdir()} == {*folders.values()}
    # a digest ends each, so none is a device, or ends in a dot or a blank
    assert all(re.fullmatch(r"[A-Za-z0-9][A-Za-z0-9._-]*-[0-9a-f]{12}", folder) for folder in folders.values())
    for place, name in enumerate(names):
        found = catalog.open(name)
        assert (found.name, found.manifest["seconds"]) == (name, place)
        catalog.remove(name)
        with pytest.raises(RefusedError if name == "drawn" else NotFound):
            catalog.remove(name)
    assert {path.name for path in catalog.folder.iterdir()} == {folders["drawn"]}


def test_a_crawl_is_a_folder_among_crawls_or_refused(tmp_path: Path) -> None:
    taken = set()
    for name in (*NAMES, "hub-2024-09-20", "x.y", "A" * 100):
        try:
            Wanted(name=name).check()
        except UsageError:
            continue
        assert (tmp_path / name).resolve().parent == tmp_path.resolve()
        (tmp_path / name).mkdir()
        taken.add(name)
    assert taken == {"manifest.json", "catalog.json", "snapshots", "hub-2024-09-20", "x.y", "A" * 100}


@pytest.mark.parametrize("name", NAMES)
def test_what_is_no_version_is_no_folder(name: str, tmp_path: Path) -> None:
    with pytest.raises(UsageError):
        server.check_version(name)
