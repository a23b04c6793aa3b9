"""`lineage info --changes`: what is new, gone, renamed or moved, against a slow twin and as people ask for it."""

import json
import random
import shutil
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner, Result

from lineage import pipeline
from lineage.answers.changes import CHANGES
from lineage.catalog import Catalog
from lineage.commands import main
from lineage.session import Session
from tests.conftest import Build

Row = dict[str, Any]


def slow_twin(before: list[Row], now: list[Row]) -> list[Row]:
    """The same, the obvious way."""

    def key(row: Row) -> str | None:
        text = row.get("_id")
        return text if text and len(text) == 24 else None

    pairs, left = [], list(before)
    for row in now:
        found = next((old for old in left if key(row) and key(old) == key(row)), None)
        if found:
            left.remove(found)
            pairs.append((row, found))
    for row in [r for r in now if not any(r is one for one, _ in pairs)]:
        found = next((old for old in left if old["id"] == row["id"] and not (key(old) and key(row))), None)
        if found:
            left.remove(found)
            pairs.append((row, found))
    rows = []
    for one, two in [
        *pairs,
        *((None, old) for old in left),
        *((r, None) for r in now if not any(r is o for o, _ in pairs)),
    ]:
        if one and two and one["id"] == two["id"]:
            continue
        some = one or two
        assert some
        account = [row["id"].partition("/")[0].lower() if "/" in row["id"] else "" for row in (one, two) if row]
        how = "new" if not two else "gone" if not one else "renamed" if account[0] == account[1] else "moved"
        publisher = some["id"].partition("/")[0] if "/" in some["id"] else ""
        downloads = [row.get("downloads") for row in (one, two) if row and row.get("downloads") is not None]
        hub_id = [row["_id"] for row in (one, two) if row and row.get("_id")]
        rows.append(
            {
                "change": how, "id": one and one["id"], "before": two and two["id"], "hub_id": hub_id[0] if hub_id else None,
                "publisher": publisher, "downloads": downloads[0] if downloads else None,
                "downloads_before": two and two.get("downloads"),
            }
        )  # fmt: skip
    return sorted(
        rows,
        key=lambda r: (-(r["downloads"] if r["downloads"] is not None else -1), r["id"] or r["before"], r["change"]),
    )


def folded(rows: list[Row]) -> list[Row]:
    """With accounts in small letters: their spelling is the one that most of their models use."""
    return [row | {"publisher": (row["publisher"] or "").lower()} for row in rows]


def drawn(chance: random.Random, count: int) -> tuple[list[Row], list[Row]]:
    """Two days: on the second some are gone, renamed, moved, made anew under the same name, or have got an `_id`."""
    before: list[Row] = [
        {
            "_id": f"{i:024x}",
            "id": f"Account-{i % 7}/m{i}" if i % 5 else f"alone-{i}",
            "downloads": chance.randrange(40),
        }
        for i in range(count)
    ]
    now: list[Row] = []
    for i, row in enumerate(before):
        row, what = dict(row), chance.randrange(12)
        if what == 0:
            continue
        if what == 1:
            row["id"] = f"Account-{i % 7}/new-{i}"
        elif what == 2:
            row["id"] = f"other/{i}"
        elif what == 3:
            row["id"] = row["id"].replace("Account", "ACCOUNT")
        elif what == 4:
            row["_id"] = f"{i + 5_000:024x}"  # another one took the name
        elif what == 5:
            del row["_id"]
        elif what == 6:
            before[i].pop("_id")
        elif what == 7:
            before[i]["_id"] = row["_id"] = "junk"
        elif what == 8:
            row["downloads"] = chance.choice([None, 3])
        now.append(row)
    now += [{"_id": f"{i + 9_000:024x}", "id": f"new/{i}", "downloads": i} for i in range(count // 10)]
    # What is a base of somebody and not there itself is no model.
    now.append({"_id": f"{9_999:024x}", "id": "new/child", "tags": ["base_model:new/stub"]})
    return before, now


def test_changes_are_those_of_the_slow_twin(build_rows: Build) -> None:
    before, now = drawn(random.Random(5), 400)
    build_rows(before, name="before", taken_at="2026-09-01")
    session = build_rows(now, name="now", taken_at="2026-09-20")
    notes: list[str] = []
    table = session.table("changes", note=notes.append)
    assert table.schema == CHANGES
    expected = slow_twin(before, now)
    assert folded(table.to_pylist()) == folded(expected)
    assert {row["change"] for row in expected} == {"new", "gone", "renamed", "moved"} and len(expected) > 150
    assert notes == ["now of 2026-09-20, compared with before of 2026-09-01"]
    assert session.changes().equals(session.changes("before"))
    back = Session(session.catalog.open("before"), session.catalog).table("changes", against="now")
    assert folded(back.to_pylist()) == folded(slow_twin(now, before))
    assert session.table("changes", against=str(session.snapshot.folder)).num_rows == 0


def test_without_the_hubs_id_names_alone_are_compared(build_rows: Build) -> None:
    build_rows([{"id": "a/b", "downloads": 3}, {"id": "a/old", "downloads": 2}], name="before", taken_at="2026-09-01")
    session = build_rows(
        [{"_id": f"{1:024x}", "id": "a/b", "downloads": 4}, {"_id": f"{2:024x}", "id": "a/new"}], name="now"
    )
    notes: list[str] = []
    rows = session.table("changes", against="before", note=notes.append).to_pylist()
    assert [(r["change"], r["id"], r["before"]) for r in rows] == [("gone", None, "a/old"), ("new", "a/new", None)]
    assert notes[1:] == [
        "before without the Hub's _id: models are compared by their ids alone, and a renamed one is gone and new"
    ]


def test_a_part_of_a_source_is_said(build_rows: Build) -> None:
    rows = [{"_id": f"{i:024x}", "id": f"a/m{i}"} for i in range(4)]
    build_rows(rows, name="before", taken_at="2026-09-01")
    session = build_rows(rows, name="now", taken_at="2026-09-20", limit=3)
    notes: list[str] = []
    assert session.table("changes", note=notes.append).num_rows == 1
    assert notes[1:] == ["now holds a part of its source only: what it lacks is called gone here"]


@pytest.fixture(scope="module")
def four(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Four snapshots: of three days with `_id`, and the newest but one without."""
    folder = tmp_path_factory.mktemp("four")
    row = {"_id": f"{1:024x}", "id": "a/first", "downloads": 5}
    days = {
        "old": (row, "2026-08-01"),
        "middle": (row | {"id": "a/second"}, "2026-09-01T12:00:00Z"),
        "without": ({"id": "a/third"}, "2026-09-10"),
        "now": (row | {"id": "b/fourth", "downloads": 9}, "2026-09-20"),
    }
    for name, (model, taken_at) in days.items():
        (folder / f"{name}.jsonl").write_text(json.dumps(model) + "\n")
        pipeline.build(str(folder / f"{name}.jsonl"), taken_at=taken_at, catalog=Catalog(folder / "home"))
    return folder / "home"


@pytest.fixture
def home(four: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    shutil.copytree(four, tmp_path / "home")
    monkeypatch.setenv("LINEAGE_HOME", str(tmp_path / "home"))
    return tmp_path / "home"


def lineage(*arguments: str, code: int = 0) -> Result:
    done = CliRunner().invoke(main, arguments)
    assert done.exit_code == code, (arguments, done.output)
    return done


def test_the_command_compares_with_the_newest_earlier_one_that_knows(home: Path) -> None:
    done = lineage("info", "--changes", "--format", "json")
    answer = json.loads(done.stdout)
    assert answer["rows"] == [
        {"change": "moved", "id": "b/fourth", "before": "a/second", "hub_id": f"{1:024x}", "publisher": "b",
         "downloads": 9, "downloads_before": 5}
    ]  # fmt: skip
    assert answer["options"] == {"rejected": False, "conflicts": False, "changes": True, "against": None}
    assert done.stderr == "now of 2026-09-20, compared with middle of 2026-09-01T12:00:00Z\n"
    assert lineage("info", "--changes", "-q").stderr == ""
    assert "b/fourth" in lineage("info", "--changes", "--ids").stdout
    old = lineage("info", "--changes", "--against", "old", "--format", "tsv").stdout.splitlines()
    assert old[0] == "\t".join(CHANGES.names) and old[1].split("\t")[:3] == ["moved", "b/fourth", "a/first"]
    middle = lineage("info", "--changes", "--snapshot", "middle", "--format", "jsonl").stdout
    assert json.loads(middle)["before"] == "a/first"


def test_what_cannot_be_compared_gets_a_sentence(home: Path) -> None:
    done = lineage("info", "--changes", "--snapshot", "old", code=3)
    assert "no snapshot from before 2026-08-01 that has the Hub's _id" in done.stderr and "--against" in done.stderr
    assert "There is no snapshot 'nope'" in lineage("info", "--changes", "--against", "nope", code=3).stderr
    assert "goes with --changes" in lineage("info", "--against", "old", code=2).stderr
    assert "ask for one of them" in lineage("info", "--changes", "--rejected", code=2).stderr


def test_a_damaged_snapshot_is_passed_over(home: Path) -> None:
    catalog = Catalog(home)
    (catalog.open("middle").folder / "manifest.json").write_text("{")
    assert lineage("info", "--changes").stderr.endswith("compared with old of 2026-08-01\n")


def test_every_column_of_the_rows_is_described() -> None:
    text = (Path(__file__).parent.parent / "docs" / "answers.md").read_text(encoding="utf-8")
    section = text.split("`info --changes` lists")[1].split("\n## ")[0]
    assert all(name in section for name in CHANGES.names)
