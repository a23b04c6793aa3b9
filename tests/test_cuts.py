"""The cuts of a family: each model one key, every legend adds up, and what the page gets of unlisted models is exact."""

from collections import Counter, defaultdict
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from lineage.views.families.cuts import KEYS, OTHERS, UNKNOWN, Cut, created, cuts, hosts, licences, relations
from lineage.views.families.draw import places
from lineage.views.families.fold import fold
from lineage.views.families.particulars import NAMED, _cells, largest
from lineage.views.families.tree import Tree, plant
from tests.families import Family, Row, drawn, families, family, large, row, shuffled, star


def said(name: str) -> str:
    """How a licence is called: apart from what stands for none."""
    return f"“{name}”" if name in (UNKNOWN, OTHERS) else name


def counted(cut: Cut) -> dict[str, tuple[int, int]]:
    return {entry.key: (entry.models, entry.downloads) for entry in cut.legend.entries}


def keys(cut: Cut) -> list[str | None]:
    """The key of every tree row."""
    return [None if code < 0 else cut.legend.entries[code].key for code in cut.codes.tolist()]


def slow(tree: Tree, key: Any) -> dict[str, tuple[int, int]]:
    """Counts model by model."""
    found: dict[str, list[int]] = defaultdict(lambda: [0, 0])
    for place, member in enumerate(tree.table.to_pylist()):
        if not member["stub"]:
            found[key(place, member)][0] += 1
            found[key(place, member)][1] += member["downloads"] or 0
    return {name: (models, downloads) for name, (models, downloads) in found.items()}


def dressed(one: Family, seed: int) -> Family:
    """The same family with licences and dates of all kinds."""
    words = ["mit", "apache-2.0", "unknown", "(unknown)", "other", "llama3", "gemma", "cc-by-4.0", "bsd", "Zed", "é"]
    days = [
        None,
        datetime(2022, 3, 2, tzinfo=UTC),
        datetime(2024, 12, 31, 23, 59, tzinfo=UTC),
        datetime(2025, 1, 1, tzinfo=UTC),
    ]
    n = one.members.num_rows
    told = [[words[(seed * place + each) % len(words)] for each in range((seed + place) % 3)] for place in range(n)]
    when = [days[(seed + place * place) % (1 + seed % len(days))] for place in range(n)]
    table = one.members
    for name, values in (("licences", told), ("created_at", when)):
        place = table.column_names.index(name)
        table = table.set_column(place, table.schema.field(name), pa.array(values, table.schema.field(name).type))
    return replace(one, members=table)


@settings(max_examples=60, deadline=None)
@given(families(), st.integers(0, 40))
def test_every_cut_counts_every_model_once(one, seed):
    tree = plant(dressed(one, seed))
    for cut in cuts(tree):
        assert sum(entry.models for entry in cut.legend.entries) == tree.listed
        assert sum(entry.downloads for entry in cut.legend.entries) == tree.downloads[0]
        names = [entry.key for entry in cut.legend.entries]
        assert len(set(names)) == len(names)
        assert all(entry.letter or entry.key == "" for entry in cut.legend.entries)
        assert counted(cut).items() >= slow(tree, lambda place, _, cut=cut: keys(cut)[place]).items()
    relation = slow(tree, lambda place, member: (member["relation"] or "unlabelled") if place else "")
    assert counted(relations(tree)) == relation
    host = slow(tree, lambda _, member: member["kind"])
    assert {key: value for key, value in counted(hosts(tree)).items() if value[0]} == host


@settings(max_examples=60, deadline=None)
@given(families(most=40), st.integers(0, 40))
def test_licences_by_the_first_that_is_named(one, seed):
    tree = plant(dressed(one, seed))
    first = slow(tree, lambda _, member: ("x" + said(member["licences"][0])) if member["licences"] else "")
    missing = first.pop("", None)
    ranked = sorted(first, key=lambda name: (-first[name][0], name))
    wanted = {name[1:]: first[name] for name in ranked[:KEYS]}
    cut = licences(tree)
    found = [(entry.key, (entry.models, entry.downloads)) for entry in cut.legend.entries]
    assert found[: len(wanted)] == list(wanted.items())
    rest = dict(found[len(wanted) :])
    left = [first[name] for name in ranked[KEYS:]]
    assert rest.get(OTHERS) == ((sum(a for a, _ in left), sum(b for _, b in left)) if left else None)
    assert rest.get(UNKNOWN) == missing


@settings(max_examples=30, deadline=None)
@given(families(most=40), st.integers(0, 40), st.integers(0, 9))
def test_the_order_of_rows_does_not_show(one, seed, shuffle):
    family = dressed(one, seed)
    assert [cut.legend for cut in cuts(plant(family))] == [cut.legend for cut in cuts(plant(shuffled(family, shuffle)))]


def on(*days: str | None) -> Tree:
    rows = [Row("a/0", created_at=days[0] and datetime.fromisoformat(days[0]).replace(tzinfo=UTC))]
    for place, day in enumerate(days[1:], 1):
        made = row(f"a/{place}", "a/0", "finetune", place)
        made.created_at = day and datetime.fromisoformat(day).replace(tzinfo=UTC)
        rows.append(made)
    return plant(family(rows))


@pytest.mark.parametrize(
    ("days", "words"),
    [
        (["2024-01-31", "2024-02-01"], ["January 2024", "February 2024"]),
        (["2024-01-01", "2024-07-31", None], ["January 2024", "July 2024", UNKNOWN]),
        (["2024-01-01", "2024-08-01"], ["2024, first quarter", "2024, third quarter"]),
        (["2023-12-31", "2025-09-30"], ["2023, second half", "2025, second half"]),
        (["2019-06-01", "2025-01-01"], ["2019", "2025"]),
        (["2018-06-01", "2019-06-01", "2025-01-01"], ["2019 and before", "2025"]),
        (["1969-12-31", "1970-01-01"], ["December 1969", "January 1970"]),
        ([None, None], [UNKNOWN]),
    ],
)
def test_periods(days, words):
    cut = created(on(*days))
    assert [entry.word for entry in cut.legend.entries] == words
    starts = list(cut.starts)
    assert starts == sorted(starts)
    assert len(starts) == len([word for word in words if word != UNKNOWN])


@settings(max_examples=60, deadline=None)
@given(
    st.lists(
        st.none() | st.dates(min_value=datetime(2017, 1, 1).date(), max_value=datetime(2027, 1, 1).date()),
        min_size=1,
        max_size=12,
    )
)
def test_a_day_finds_its_period_from_the_starts_alone(days):
    """As the page does it: the last period that starts on the day or before, else the first."""
    tree = on(*(day and day.isoformat() for day in days))
    cut = created(tree)
    for key, member in zip(keys(cut), tree.table.to_pylist(), strict=True):
        if member["created_at"] is None:
            assert key == UNKNOWN
            continue
        day = (member["created_at"].date() - datetime(1970, 1, 1).date()).days
        before = [place for place, start in enumerate(cut.starts) if start <= day]
        assert key == cut.legend.entries[before[-1] if before else 0].key
    assert len(cut.starts) <= KEYS


def test_a_base_that_is_not_in_the_snapshot_has_no_key():
    tree = plant(family([Row("far/away", [], None, stub=True), row("ann/tuned", "far/away", "finetune", 5)]))
    for cut in cuts(tree):
        assert cut.codes.tolist()[0] == -1
        assert sum(entry.models for entry in cut.legend.entries) == 1


@settings(max_examples=60, deadline=None)
@given(families(), st.integers(0, 40), st.sampled_from([1, 8, 60]), st.integers(1, 90))
def test_what_is_not_listed_is_counted_by_sign_and_key(one, seed, nodes, listed):
    tree = plant(dressed(one, seed))
    folded = fold(tree, nodes)
    told = cuts(tree)
    rows = list(range(min(listed, len(tree))))
    at = places(folded)
    assert [sorted(folded.rows(each)) for each in folded.drawn] == [
        [row for row in range(len(tree)) if at[row] == place] for place in range(len(folded.drawn))
    ]
    cells = _cells(folded, told, pa.array(rows, pa.int64()))
    found: Counter[tuple[int, ...]] = Counter()
    for place, pairs in cells["at"].items():
        for key, count in zip(pairs[::2], pairs[1::2], strict=True):
            found[int(place), *cells["keys"][key]] += count
    assert found == Counter(
        (int(at[row]), *(int(cut.codes[row]) for cut in told)) for row in range(len(rows), len(tree))
    )


@pytest.mark.parametrize("one", [drawn(), large(400), star(60, 9), star(0)], ids=["drawn", "large", "star", "alone"])
def test_a_badge_names_its_largest_models_and_what_they_hang_on(one):
    folded = fold(plant(one), 12)
    tree, wanted = folded.tree, set()
    for each in folded.drawn:
        if each.kind != "model":
            best = sorted(folded.rows(each), key=lambda row: (-(tree.columns["downloads"][row] or 0), row))[:NAMED]
            for row in best:
                while row >= 0:
                    wanted.add(row)
                    row = tree.parent[row]
    assert largest(folded) == (wanted, set())
