"""`lineage diff`: against a slow twin, and as people ask for it."""

import json
from collections import Counter
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner, Result
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from lineage.answers.diff import DIFF, counts, diff, remarks
from lineage.catalog import Catalog
from lineage.commands import main
from lineage.pipeline import build
from lineage.session import Session
from tests.conftest import Build
from tests.days import catalog_of, rows_of

Row = dict[str, Any]


def slow_twin(before: list[Row], after: list[Row]) -> list[tuple[Any, ...]]:
    """The same, model by model; every model has an `_id`."""
    old, new = ({row["_id"]: row for row in rows} for rows in (before, after))
    found = []
    for key in {**old, **new}:
        one, two = old.get(key), new.get(key)
        some = two or one
        assert some
        changes = ["came"] if not one else ["went"] if not two else []
        if one and two:
            changes += ["renamed"] * (one["id"] != two["id"])
            counters = one.get("downloadsAllTime"), two.get("downloadsAllTime")
            changes += ["fell"] * (None not in counters and counters[1] < counters[0])  # type: ignore[operator]
        base = next((t.rpartition(":")[2] for t in some.get("tags", []) if t.startswith("base_model:quantized:")), None)
        for change in changes:
            found.append(
                (change, some["id"], one["id"] if one and change == "renamed" else None,
                 one and one.get("downloads"), two and two.get("downloads"),
                 one and one.get("downloadsAllTime"), two and two.get("downloadsAllTime"), base, some["id"].partition("/")[0])
            )  # fmt: skip
    size = lambda row: row[4] if row[4] is not None else row[3] if row[3] is not None else -1  # noqa: E731
    return sorted(found, key=lambda row: (-size(row), row[1], row[0]))


def lineage(*arguments: str, code: int = 0) -> Result:
    done = CliRunner().invoke(main, arguments)
    assert done.exit_code == code, (arguments, done.output)
    return done


def tuples(table: Any) -> list[tuple[Any, ...]]:
    return [tuple(row.values()) for row in table.to_pylist()]


@pytest.fixture(scope="module")
def days(tmp_path_factory: pytest.TempPathFactory) -> Catalog:
    return catalog_of(tmp_path_factory.mktemp("days"))


def test_the_rows_are_those_of_the_slow_twin(days: Catalog) -> None:
    one, two = days.open("one"), days.open("two")
    table = diff(one, two)
    assert table.schema == DIFF
    assert tuples(table) == slow_twin(rows_of(0), rows_of(1))
    assert counts(table) == {"came": 2, "went": 2, "renamed": 1, "fell": 1}
    assert tuples(diff(two, one)) == slow_twin(rows_of(1), rows_of(0))
    assert diff(one, one).num_rows == 0
    assert Session(two, days).diff("one").id.tolist() == table.column("id").to_pylist()


_day = st.dictionaries(
    st.integers(1, 12),
    st.fixed_dictionaries(
        {
            "name": st.sampled_from("abcd"),
            "downloads": st.none() | st.integers(0, 3),
            "downloadsAllTime": st.none() | st.integers(0, 3),
        }
    ),
    min_size=1,
)


@settings(max_examples=3, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(_day, _day)
def test_what_came_and_went_makes_one_day_of_the_other(
    tmp_path_factory: Any, one: dict[int, Row], two: dict[int, Row]
) -> None:
    folder = tmp_path_factory.mktemp("drawn")
    catalog, drawn = Catalog(folder / "home"), []
    for number, day in enumerate((one, two)):
        rows = [
            {
                "_id": f"{i:024x}",
                "id": f"{row['name']}/m{i}",
                "downloads": row["downloads"],
                "downloadsAllTime": row["downloadsAllTime"],
            }
            for i, row in day.items()
        ]
        (folder / f"{number}.jsonl").write_text("".join(json.dumps(row) + "\n" for row in rows))
        build(str(folder / f"{number}.jsonl"), taken_at=f"2025-01-0{number + 1}", catalog=catalog)
        drawn.append(rows)
    before, after = catalog.open("0"), catalog.open("1")
    table = diff(before, after)
    # The spelling of an account is one, whatever it is: here all are small letters.
    assert tuples(table) == slow_twin(*drawn)
    count = counts(table)
    assert before.counts["models"] + count["came"] - count["went"] == after.counts["models"]
    back = counts(diff(after, before))
    assert (back["came"], back["went"], back["renamed"]) == (count["went"], count["came"], count["renamed"])


def test_what_is_said_beside_the_rows(days: Catalog, build_rows: Build) -> None:
    one, two = days.open("one"), days.open("two")
    assert list(remarks(one, two, diff(one, two))) == [
        "from one of 2025-08-10 to two of 2025-08-12",
        "2 came with 22 downloads, 2 went with 30 downloads, 1 renamed, 1 fell",
    ]
    build_rows([{"id": "a/b", "downloads": 3}], name="before", taken_at="2025-01-01")
    session = build_rows([{"id": "a/b", "downloads": 4}, {"id": "a/c"}], name="after", taken_at="2025-01-02")
    before, after = session.catalog.open("before"), session.snapshot
    assert list(remarks(before, after, diff(before, after)))[1:] == [
        "1 came, 0 went, 0 renamed, 0 fell",
        "before and after without all-time counters: whether one fell cannot be seen",
        "after and before without the Hub's _id: models are compared by their ids alone, and a renamed one is `went` and `came`",
    ]
    said = list(remarks(one, after, diff(one, after)))
    assert any("of different kinds (listing.2025-08-10.jsonl, drawn-2.jsonl)" in text for text in said)


def test_the_command_puts_them_in_order_and_says_so(days: Catalog, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("LINEAGE_HOME", str(days.root))
    there = lineage("diff", "one", "two", "--format", "json")
    back = lineage("diff", "two", "one", "--format", "json")
    one, two = json.loads(there.stdout), json.loads(back.stdout)
    assert one["rows"] == two["rows"] and Counter(r["change"] for r in one["rows"]) == counts(
        diff(days.open("one"), days.open("two"))
    )
    assert one["snapshot"] == two["snapshot"] == [days.open(name).header() for name in ("one", "two")]
    assert "one is the earlier one: the rows go from it to two" in back.stderr and "earlier" not in there.stderr
    folder = f"file://{days.open('one').folder}"
    assert json.loads(lineage("diff", folder, "two", "--format", "json").stdout)["rows"] == one["rows"]
    assert (
        lineage("diff", "one", "two", "--where", "change=renamed", "--format", "tsv", "-q")
        .stdout.splitlines()[1]
        .startswith("renamed\tbartowski/m7-1\tbartowski/m7-0\t70\t71\t500\t501\tmaker/base\tbartowski")
    )
    assert "bartowski/m2" in lineage("diff", "one", "two", "--ids").stdout


@pytest.mark.parametrize(
    ("line", "code", "said"),
    [("one nope", 3, "There are: one"), ("one", 2, "'B'"), ("one two --sort nope", 2, "There are: change")],
)
def test_what_cannot_be_compared_gets_a_sentence(
    days: Catalog, monkeypatch: pytest.MonkeyPatch, line: str, code: int, said: str
) -> None:
    monkeypatch.setenv("LINEAGE_HOME", str(days.root))
    done = lineage("diff", *line.split(), code=code)
    assert said in done.stderr and done.stdout == ""


def test_every_column_is_described() -> None:
    text = (Path(__file__).parent.parent / "docs" / "answers.md").read_text(encoding="utf-8")
    section = text.split("## `diff`")[1].split("\n## ")[0]
    assert all(name in section for name in DIFF.names)
