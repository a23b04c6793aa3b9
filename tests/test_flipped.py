"""One flipped bit in any file of a home: the right answer or a sentence, never another number.

Tables, manifest and catalog alone are in test_doctor.py, a damaged index of completion in test_completion.py, damaged
centralities in test_rank.py; here every file of a home is met by commands, as a person would meet it.
"""

import random
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from lineage import snapshot
from lineage.catalog import Catalog
from lineage.chosen import row_of
from lineage.completion import index
from lineage.errors import SnapshotError
from lineage.stores.described import describe
from tests.breaking import Whole, broke, copied, tab, told, wrong
from tests.warm import Answer, Warm

#: A cheap spread: each table of a snapshot is read by one of them, and each cache.
LINES = (
    "info", "info --rejected", "rollup --top 20", "explain maker-1/model-1", "tree maker-0/model-0 --all --format jsonl",
    "rank --metric betweenness", "publisher maker-1", "schema", "shares --by relation --snapshot other", "servers maker-0/model-0",
    "query top_bases", "query formats --snapshot other", "diff other shape --format tsv",
)  # fmt: skip

#: What tells what there is: their rows change with the harm, which is theirs to say.
TELLING = ("snapshots", "doctor", "config show")

#: Where a bit matters most: words of the head, the magic and the length at the end.
_ENDS = (0, 5, -1, -5, -9)


@pytest.fixture(scope="module")
def home(kept_home: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    return copied(kept_home, tmp_path_factory.mktemp("flipped") / "home")


@pytest.fixture(scope="module")
def ask(home: Path) -> Iterator[Warm]:
    with Warm(home, LINEAGE_CONFIG=str(home / "config.toml")) as asking:
        (home / "config.toml").write_text('color = "never"\n[rollup]\nlimit = 50\n')
        yield asking


def places(data: bytes, chance: random.Random, count: int) -> Iterator[int]:
    """The ends, then anywhere, but where a file is mostly empty as the engine's, every other time at a byte that is not."""
    filled = [place for place in range(len(data)) if data[place]] if len(data) < 1 << 16 else None
    for number in range(count):
        if number < len(_ENDS) and count > len(_ENDS):
            yield _ENDS[number] % len(data)
            continue
        place = chance.randrange(len(data))
        while number % 2 and filled is None and not data[place]:
            place = chance.randrange(len(data))
        yield place


def flip_all(home: Path, ask: Warm, each: int, lines: int) -> tuple[int, list[str]]:
    """Flip `each` bits in every file and ask `lines` lines after each; how many were tried, and what went wrong."""
    whole, chance = Whole(home), random.Random(each)
    asked = [line.split() for line in LINES]
    right: dict[str, Answer] = {" ".join(line): ask(*line) for line in asked}
    assert {done.code for done in right.values()} == {0}
    offered = tab(ask, "lineage tree maker-1/model-1").out
    assert b"maker-1/model-10\t" in offered
    whole.put_back()
    tried, failed = 0, []
    for path, data in whole.files.items():
        for place in places(data, chance, each):
            harmed = bytearray(data)
            harmed[place] ^= 1 << chance.randrange(8)
            path.write_bytes(harmed)
            whole._seen[path] = None
            for line in chance.sample(asked, lines):
                done = ask(*line)
                tried += 1
                own = path.name == "config.toml" and not done.code  # settings are the person's: another value is one
                if said := broke(done) if own else wrong(done, right[" ".join(line)]):
                    failed.append(f"{path.name} at {place}: {' '.join(line)}: {said}")
            for line in TELLING[tried % len(TELLING) :][:1]:
                tried += 1
                if said := broke(done := ask(*line.split())):
                    failed.append(f"{path.name} at {place}: {line}: {said}")
            if path.suffix in (".ids", ".json", ".parquet") and path.name != "catalog.json":
                tried += 1
                done = tab(ask, "lineage tree maker-1/model-1")
                if done.code or done.out not in (offered, b"words\n"):
                    failed.append(f"{path.name} at {place}: Tab: {done.out[:200]!r} {done.err[-200:]}")
            whole.put_back()
    return tried, failed


def test_a_flipped_bit_anywhere_is_no_other_answer(home: Path, ask: Warm) -> None:
    tried, failed = flip_all(home, ask, each=1, lines=1)
    assert not failed, "\n".join(failed)
    assert tried > 40


def test_every_bit_at_the_end_of_an_index(home: Path, tmp_path: Path) -> None:
    """Two numbers there have no checksum: one bit makes of them more bytes than there is memory."""
    path = sorted((home / "cache").glob("*.ids"))[0]
    data = path.read_bytes()
    for place in range(len(data) - 24, len(data)):
        for bit in range(8):
            harmed = bytearray(data)
            harmed[place] ^= 1 << bit
            (tmp_path / "x.ids").write_bytes(harmed)
            with pytest.raises(index.UNREADABLE):
                index.Index(str(tmp_path / "x.ids"))


@pytest.mark.soak
def test_sixty_four_flipped_bits_in_each_file(
    home: Path, ask: Warm, record_property: Callable[[str, object], None]
) -> None:
    began = time.monotonic()
    tried, failed = flip_all(home, ask, each=64, lines=1)
    assert not failed, "\n".join(failed)
    told(record_property, tried, time.monotonic() - began, ask.peak)


@pytest.mark.parametrize("table", ["models", "publishers"])
def test_of_large_tables_counts_and_single_rows_are_right_or_refused(
    home: Path, tmp_path: Path, table: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Beyond some MB a table is not read whole before it is believed: who counts in DuckDB, and who jumps to a row by
    what the footer says, have to look for themselves."""
    monkeypatch.setattr(snapshot, "_SMALL", 0)
    root = copied(home, tmp_path / "home")
    counted = describe(Catalog(root).open("shape"))
    found = [row_of(Catalog(root).open("shape"), "models", "id", f"maker-{i % 9}/model-{i}") for i in (3, 150)]
    path = Catalog(root).open("shape").folder / f"{table}.parquet"
    data, chance, refused = path.read_bytes(), random.Random(table), 0
    for _ in range(8):
        harmed = bytearray(data)
        harmed[chance.randrange(len(data))] ^= 1 << chance.randrange(8)
        path.write_bytes(harmed)
        opened = Catalog(root).open("shape")
        with pytest.raises(SnapshotError, match=r"is damaged.*Build it again"):
            describe(opened)
        try:
            rows = [row_of(opened, "models", "id", f"maker-{i % 9}/model-{i}") for i in (3, 150)]
            assert rows == found or -1 in rows  # then the whole table is read, and the harm is told
            assert opened.table("models", ["id"]).num_rows == 200
        except SnapshotError:
            refused += 1
    assert table != "models" or refused > 2
    path.write_bytes(data)
    assert describe(Catalog(root).open("shape")).equals(counted)
