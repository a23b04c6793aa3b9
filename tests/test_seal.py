"""The seal of the embedded graph: a cache that is not as it was made is made again, and that is told."""

import json
import os
import shutil
from pathlib import Path

import pytest

from lineage.catalog import Catalog
from lineage.parquet import sha256_of
from lineage.pipeline import build
from lineage.stores import embedded, seal
from lineage.surroundings import caches
from tests.faults import listing

TEXT = "MATCH (m:Model) RETURN m.id AS id, m.downloads AS downloads ORDER BY downloads DESC"

LONG = "somebody/a-name-that-lies-in-a-page-of-its-own"
RIGHT = {LONG: 77, "c/d": 5, "e/f": 0}


def flip(path: Path, place: int, keep_time: bool = False) -> None:
    stat = path.stat()
    with path.open("r+b") as file:
        file.seek(place)
        (byte,) = file.read(1)
        file.seek(place)
        file.write(bytes([byte ^ 4]))
    if keep_time:
        os.utime(path, ns=(stat.st_atime_ns, stat.st_mtime_ns))


class Asked:
    """A graph of three models, asked again and again: what was answered, and what was told."""

    def __init__(self, root: Path) -> None:
        self.root = root
        self.snapshot = Catalog(root).open()
        self.path = embedded.cache_path(self.snapshot, root)
        self.told: list[str] = []

    def __call__(self) -> dict[str, int]:
        self.told.clear()
        table = embedded.run(self.snapshot, self.root, TEXT, {}, say=self.told.append)
        return {row["id"]: row["downloads"] for row in table.to_pylist()}

    def places(self) -> list[int]:
        """Where in the file the long name lies."""
        data, found = self.path.read_bytes(), -1
        places: list[int] = []
        while (found := data.find(LONG.encode(), found + 1)) >= 0:
            places.append(found)
        assert places
        return places


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Made once; each test has a copy."""
    folder = tmp_path_factory.mktemp("sealed")
    rows = [{"id": LONG, "downloads": 77}, {"id": "c/d", "downloads": 5}, {"id": "e/f", "downloads": 0}]
    (folder / "drawn.jsonl").write_text("".join(json.dumps(row) + "\n" for row in rows))
    build(str(folder / "drawn.jsonl"), name="drawn-1", taken_at="2024-09-20", catalog=Catalog(folder / "home"))
    asked = Asked(folder / "home")
    assert asked() == RIGHT
    assert asked.told == ["Building the embedded graph of drawn-1 (once)"]
    return folder / "home"


@pytest.fixture
def asked(home: Path, tmp_path: Path) -> Asked:
    shutil.copytree(home, tmp_path / "home")
    return Asked(tmp_path / "home")


def test_without_a_seal_a_bit_is_another_answer(asked: Asked, monkeypatch: pytest.MonkeyPatch) -> None:
    """Why there is one: the engine itself checks nothing. Where it does one day, the seal may go."""
    for place in asked.places():
        flip(asked.path, place)
    with monkeypatch.context() as patch:
        patch.setattr(seal, "holds", lambda *_: True)
        assert asked() != RIGHT
    assert asked() == RIGHT


@pytest.mark.parametrize("keep_time", [False, True])
def test_a_flipped_bit_is_told_and_made_again(asked: Asked, keep_time: bool) -> None:
    flip(asked.path, asked.places()[0], keep_time)
    assert asked() == RIGHT
    assert asked.told[0] == "The embedded graph of drawn-1 in the cache is damaged, and made again"
    assert asked() == RIGHT
    assert asked.told == []


@pytest.mark.parametrize(
    "harm", ["no seal", "junk for a seal", "a bit of the seal", "cut", "empty", "junk", "another's"]
)
def test_whatever_is_wrong_is_made_again(asked: Asked, harm: str) -> None:
    own, size = seal.place(asked.path), asked.path.stat().st_size
    if harm == "no seal":
        own.unlink()
    elif harm == "junk for a seal":
        own.write_bytes(b"[" * 100_000)
    elif harm == "a bit of the seal":
        flip(own, own.read_bytes().index(sha256_of(asked.path)[:8].encode()))
    elif harm == "another's":  # a whole graph, of which the seal knows nothing
        asked.path.write_bytes(asked.path.read_bytes() + bytes(4096))
    else:
        asked.path.write_bytes({"cut": asked.path.read_bytes()[: size // 2], "empty": b""}.get(harm, b"junk" * 1000))
    assert asked() == RIGHT
    assert len(asked.told) == 2 and "made again" in asked.told[0]
    assert seal.holds(asked.path)


def test_a_file_of_another_engine_that_is_sealed_is_made_again(asked: Asked) -> None:
    """As one that was renamed: whole, and yet nothing that this engine opens."""
    data = bytearray(asked.path.read_bytes())
    assert data[:4] == b"LBUG"
    data[4] ^= 0xFF  # the version of its format
    asked.path.write_bytes(data)
    seal.put(asked.path, asked.path)
    other = asked.path.with_name(asked.path.name.replace("-0", "-9"))
    other.write_bytes(data)
    assert asked() == RIGHT
    assert asked.told[0] == "The embedded graph of drawn-1 in the cache cannot be opened, and is made again"
    # What is another engine's own is let lie, and the doctor says so.
    assert other.read_bytes() == data
    said = {check: says for check, _, says in caches(asked.path.parent, [asked.snapshot], None)}
    assert "for the engine of version" in said[f"cache {other.name}"]


def test_a_large_one_is_read_whole_only_when_it_was_touched(asked: Asked, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(seal, "_SMALL", 0)
    read: list[Path] = []
    monkeypatch.setattr(seal, "sha256_of", lambda path: read.append(path) or sha256_of(path))
    assert asked() and read == [asked.path]  # a copy
    read.clear()
    assert asked() and asked() and read == []
    os.utime(asked.path, ns=(1, 1))  # copied, for instance: read once, then known
    assert asked() and read == [asked.path]
    assert asked() and read == [asked.path] and asked.told == []
    flip(asked.path, asked.places()[0])
    assert asked() == RIGHT and "damaged" in asked.told[0]
    # A disk that rots touches nothing: the doctor reads all of it, and changes nothing.
    flip(asked.path, asked.places()[0], keep_time=True)
    before = listing(asked.root)
    ((_, state, says),) = [row for row in caches(asked.path.parent, [asked.snapshot], None) if "lbug" in row[0]]
    assert state == "note" and says.startswith("damaged; the next query") is False and "rm " in says
    assert listing(asked.root) == before


def test_a_catalog_with_one_bit_more_leads_to_no_other_snapshot(asked: Asked) -> None:
    """`drawn-1` and `drawn-3` are one bit apart."""
    path, catalog = asked.root / "catalog.json", Catalog(asked.root)
    data = path.read_bytes()
    place = data.index(b'"current": "drawn-1"') + len(b'"current": "drawn-')
    path.write_bytes(data[:place] + b"3" + data[place + 1 :])
    with pytest.raises(Exception, match=r"was changed after it was written\. Delete it and build again"):
        catalog.open()
    # Whoever means it says so.
    path.write_bytes(b"".join(line for line in path.read_bytes().splitlines(True) if b"sha256" not in line))
    with pytest.raises(Exception, match="There is no snapshot 'drawn-3'"):
        catalog.open()
