"""`lineage trend`: every command and its options over several snapshots, as people ask for it."""

import json
import shutil
from pathlib import Path

import click
import pytest
from click.testing import CliRunner, Result

from lineage.catalog import Catalog
from lineage.commands import main
from lineage.commands.history import _questions
from tests.days import DAYS, catalog_of, needs_dask, written

#: What a command cannot do without; a new one that needs nothing need not be named.
ARGUMENTS = {
    "shares": ["--by", "publisher"],
    "tree": ["maker/base"],
    "explain": ["bartowski/m6"],
    "query": ["MATCH (m:Model) RETURN count(*) AS models"],
    "servers": ["maker/base"],
    "variants": ["maker/base"],
    "publisher": ["bartowski"],
    "concentration": ["--over", "publisher"],
}


@pytest.fixture(scope="module")
def days(tmp_path_factory: pytest.TempPathFactory) -> Catalog:
    return catalog_of(tmp_path_factory.mktemp("days"))


@pytest.fixture
def home(days: Catalog, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("LINEAGE_HOME", str(days.root))
    return days.root


def lineage(*arguments: str, code: int = 0) -> Result:
    done = CliRunner().invoke(main, arguments)
    assert done.exit_code == code, (arguments, done.output)
    return done


def rows(*arguments: str) -> list[dict[str, object]]:
    return [json.loads(line) for line in lineage(*arguments, "--format", "jsonl").stdout.splitlines()]


def names() -> list[str]:
    return sorted(_questions(click.Context(main)))


@pytest.mark.parametrize("command", names())
def test_every_command_that_asks_one_snapshot_can_be_followed(home: Path, command: str) -> None:
    given = ARGUMENTS.get(command, [])
    got = rows("trend", command, *given, "--snapshot", "two", "--snapshot", "one")
    expected = []
    for name, day in zip(("one", "two"), DAYS, strict=False):
        alone = rows(command, *given, "--snapshot", name)
        expected += [
            {"snapshot": name, "taken_at": day} | {k: v for k, v in r.items() if k != "taken_at"} for r in alone
        ]
    assert got == expected


def test_options_reach_the_command_wherever_they_stand(home: Path) -> None:
    one = lineage(
        "trend", "--snapshot", "one", "intermediaries", "--rule", "R4", "--snapshot=two", "--frame=gguf", "-q"
    )
    two = lineage(
        "trend", "intermediaries", "-q", "--frame", "gguf", "--snapshot", "two", "--rule", "R4", "--snapshot", "one"
    )
    assert one.stdout == two.stdout and one.stdout.count("R4\tgguf") == 2
    assert one.stderr == ""


def test_where_sort_and_limit_are_of_each_snapshot(home: Path) -> None:
    done = lineage("trend", "rollup", "--sort", "id", "--limit", "2", "--fields", "snapshot,id", "--format", "tsv")
    assert done.stdout.splitlines()[1:] == [
        f"{snapshot}\tbartowski/m{i}" for snapshot, two in (("one", "34"), ("two", "24"), ("three", "23")) for i in two
    ]
    assert "showing 6 of 21" in done.stderr and "--limit N some of each snapshot" in done.stderr
    some = rows("trend", "rollup", "--where", "own>=70", "--where", "snapshot!=two")
    assert [(r["snapshot"], r["id"]) for r in some] == [
        (name, model)
        for name, number in (("one", 0), ("three", 2))
        for model in ("maker/base", f"bartowski/m7-{number}")
    ]


def test_the_envelope_lists_the_snapshots(home: Path, days: Catalog) -> None:
    got = json.loads(lineage("trend", "intermediaries", "--rule", "R1", "--format", "json").stdout)
    assert got["command"] == "trend intermediaries"
    assert got["snapshot"] == [days.open(name).header() for name in ("one", "two", "three")]
    assert got["options"]["rule"] == ["R1"] and len(got["rows"]) == 3


def test_what_changed_between_neighbours_is_said_with_the_command_that_lists_it(home: Path) -> None:
    said = lineage("trend", "info").stderr.splitlines()
    assert said == [
        "over all snapshots there are: one, three, two",
        "from one to two 2 went, 1 were renamed, 1 fell (all-time): lineage diff one two",
        "from two to three 2 went, 1 were renamed, 1 fell (all-time): lineage diff two three",
    ]
    changes = {row["change"] for row in rows("diff", "one", "two")}
    assert changes == {"came", "went", "renamed", "fell"}


def test_folders_of_listings_become_a_trend(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("LINEAGE_HOME", str(tmp_path / "home"))
    written(tmp_path / "listings")
    done = lineage("trend", "intermediaries", "--source", str(tmp_path / "listings"), "--format", "tsv")
    lines = [line.split("\t")[:3] for line in done.stdout.splitlines()[1:]]
    assert lines == [[f"listing.{day}", day, f"R{n}"] for day in DAYS for n in range(1, 7)]
    assert "largest.jsonl left out" in done.stderr
    assert Catalog().read()["current"] is None
    assert lineage("trend", "intermediaries", "-q", "--format", "tsv").stdout == done.stdout


@pytest.mark.parametrize(
    ("line", "code", "said"),
    [
        ("intermedaries", 2, "Did you mean intermediaries"),
        ("build", 2, "cannot be followed"),
        ("diff one two", 2, "cannot be followed"),
        ("", 2, "COMMAND"),
        ("info --snapshot one", 2, "there is only one"),
        ("info --snapshot one --snapshot one", 2, "twice"),
        ("info --snapshot one --snapshot nope", 3, "There are: one, three, two"),
        ("shares", 2, "--by"),
        ("shares --by nope", 2, "one: "),
        ("info --nope", 2, "--nope"),
        ("intermediaries --frame nope", 2, "one"),
        ("rollup nobody/nothing", 3, "in the snapshot one"),
        ("info --scheduler nope.json", 2, "neither an address"),
        ("info --source nope.csv", 1, "There is no file"),
        ("info --fields nope", 2, "There are: snapshot, taken_at"),
    ],
)
def test_what_goes_wrong_ends_with_a_sentence_and_writes_nothing(
    home: Path, tmp_path: Path, line: str, code: int, said: str
) -> None:
    if "scheduler" in line:
        needs_dask()
    before = sorted(str(p) for p in home.rglob("*"))
    arguments = line.split()
    out = ["-o", str(tmp_path / "out.csv")] if arguments else []
    done = lineage("trend", *arguments, *out, code=code)
    assert said in done.stderr and "should not have happened" not in done.stderr
    assert done.stdout == "" and not (tmp_path / "out.csv").exists()
    assert sorted(str(p) for p in home.rglob("*")) == before


def test_a_damaged_snapshot_of_the_catalog_is_left_out_and_said(
    home: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    shutil.copytree(home, tmp_path / "home")
    monkeypatch.setenv("LINEAGE_HOME", str(tmp_path / "home"))
    (Catalog().open("two").folder / "manifest.json").write_text("{")
    done = lineage("trend", "info", "--format", "jsonl")
    assert [json.loads(line)["snapshot"] for line in done.stdout.splitlines()] == ["one", "three"]
    assert "two left out: " in done.stderr
    assert "two" in lineage("trend", "info", "--snapshot", "one", "--snapshot", "two", code=1).stderr
