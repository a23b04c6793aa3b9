"""`full` of a model by what it is made of, and the accounts that the rules count."""

from collections import Counter
from typing import Any

import pytest
from hypothesis import given, settings

from lineage.errors import NotFound, UsageError
from lineage.schema import RULES
from lineage.session import Session
from tests.served import STRICT, Served, graphs, labels, session_of, share, top_bases
from tests.test_commands import Shell
from tests.test_publisher import deepened
from tests.twin import edge, opened

CUTS = ("intermediary", "publisher", "relation", "format")
LLAMA = "meta-llama/Meta-Llama-3.1-8B"


def rows(session: Session, name: str, /, **options: Any) -> list[dict[str, Any]]:
    return session.table(name, **options).to_pylist()


def key(served: Served, model: str, top: str, by: str) -> str:
    account = served.account(model)
    if by == "intermediary":
        if served.owner(model) == served.owner(top):
            return "own"
        return account if account.casefold() in STRICT else "(others)"
    if by == "publisher":
        return account
    return served.relation(model) if by == "relation" else served.models[model]["format"] or "(unknown)"


def check_split(
    session: Session, served: Served, tops: list[str], basis: str, inside: set[str], **options: Any
) -> None:
    full = {r["id"]: r["full"] for r in rows(session, "rollup", models=tops, basis=basis, **options)}
    for by in CUTS:
        downloads, models = Counter[tuple[str, str]](), Counter[tuple[str, str]]()
        for top in tops:
            for m in set(served.below(top)) & inside:
                downloads[top, key(served, m, top, by)] += served.value(m)
                models[top, key(served, m, top, by)] += 1
        got = rows(session, "rollup", models=tops, split_by=by, basis=basis, **options)
        assert {(r["id"], r["key"]): (r["downloads"], r["models"]) for r in got} == {
            at: (downloads[at], models[at]) for at in models
        }
        assert all(r["by"] == by for r in got)
        for top in tops:
            mine = [r for r in got if r["id"] == top]
            assert sum(r["downloads"] for r in mine) == full[top]
            order = [(r["key"] in ("(others)", "(unknown)"), -r["downloads"], r["key"]) for r in mine]
            assert order == sorted(order)
        members = rows(session, "rollup", models=tops, split_by=by, basis=basis, members=True, **options)
        counted = Counter[tuple[str, str]]()
        for m in members:
            counted[m["of"], m["key"]] += m["counted"]
        assert +counted == +downloads
        assert {(m["of"], m["id"]) for m in members} == {(t, m) for t in tops for m in set(served.below(t)) & inside}


def test_by_hand() -> None:
    s = opened(
        {"maker/base": {"downloads": 1}, "maker-labs/q": {"downloads": 2, "format": "gguf"}, "bartowski/q": {"downloads": 4},
         "other/t": {"downloads": 8}, "lone": {"downloads": 16}, "bartowski/z": {"downloads": 0}},
        [edge("maker-labs/q", "maker/base", "quantized"), edge("bartowski/q", "maker/base", "quantized"),
         edge("other/t", "bartowski/q", "finetune"), edge("other/t", "maker/base", "finetune"), edge("lone", "other/t"),
         edge("bartowski/z", "other/t", "quantized")],
        {"maker": "house", "maker-labs": "house"},
    )  # fmt: skip

    def split(by: str, **options: Any) -> list[tuple[str, int, int]]:
        found = rows(s, "rollup", models="maker/base", split_by=by, **options)
        return [(r["key"], r["downloads"], r["models"]) for r in found]

    assert split("intermediary") == [("bartowski", 4, 2), ("own", 3, 2), ("(others)", 24, 2)]
    assert split("intermediary", owner="account") == [("bartowski", 4, 2), ("own", 1, 1), ("(others)", 26, 3)]
    assert split("publisher") == [
        ("other", 8, 1),
        ("bartowski", 4, 2),
        ("maker-labs", 2, 1),
        ("maker", 1, 1),
        ("(unknown)", 16, 1),
    ]
    assert split("relation") == [("finetune", 8, 1), ("quantized", 6, 3), ("(none)", 1, 1), ("(unknown)", 16, 1)]
    assert split("format") == [("gguf", 2, 1), ("(unknown)", 29, 5)]


@settings(max_examples=8, deadline=None)
@given(graphs())
def test_any_graph(graph: Any) -> None:
    session = session_of(graph)
    for basis in ("declared", "inferred"):
        served = Served(session, basis)
        tops = sorted({*graph[0], *(e["base"] for e in graph[1])})
        check_split(session, served, tops, basis, {m for m in served.models if served.there(m)})
    check_split(deepened(graph, 1), Served(session), tops, "declared", set(graph[0]))


@pytest.mark.parametrize("name", ["sample", "sample_gguf"])
def test_the_largest_bases_of_the_samples(name: str, request: pytest.FixtureRequest) -> None:
    session: Session = request.getfixturevalue(name)
    served = Served(session)
    inside = {m for m in served.models if served.there(m)}
    check_split(session, served, top_bases(session), "declared", inside)
    check_split(
        session,
        served,
        top_bases(session, 5),
        "declared",
        {m for m in inside if served.models[m]["gguf"]},
        frame="gguf",
    )


def test_llama(sample: Session) -> None:
    found = rows(sample, "rollup", models=LLAMA, split_by="intermediary")
    assert [(r["key"], r["downloads"]) for r in found[:3]] == [
        ("own", 4_793_095),
        ("unsloth", 321_209),
        ("SanctumAI", 290_474),
    ]
    assert (found[-1]["key"], sum(r["downloads"] for r in found)) == ("(others)", 5_990_072)


def test_what_cannot_be_split(sample: Session, tmp_path: Any) -> None:
    with pytest.raises(UsageError, match="Did you mean publisher"):
        rows(sample, "rollup", models=LLAMA, split_by="publishers")
    with pytest.raises(UsageError, match="--top N"):
        rows(sample, "rollup", split_by="format")
    with pytest.raises(UsageError, match="give --split-by"):
        rows(sample, "rollup", models=LLAMA, members=True)
    with pytest.raises(NotFound, match="Did you mean"):
        rows(sample, "rollup", models=LLAMA + "x", split_by="format")
    assert {r["id"] for r in rows(sample, "rollup", split_by="relation", top=2)} == {
        r["id"] for r in rows(sample, "rollup", top=2)
    }
    done = Shell(sample.catalog.root, tmp_path)("rollup", LLAMA, "--split-by", "licence", "-o", "out.csv", code=2)
    assert done.stderr.startswith("Error: full cannot be split by 'licence'") and not (tmp_path / "out.csv").exists()


# --- intermediaries --accounts ------------------------------------------------------------------------


def check_accounts(session: Session, served: Served, inside: set[str], **options: Any) -> None:
    """Against the members that each rule lists, and the edges."""
    by_rule: dict[str, set[str]] = {}
    again: set[str] = set()
    for m in rows(session, "intermediaries", members=True, **options):
        account = m["publisher"] or "(unknown)"
        by_rule.setdefault(account, set()).add(m["rule"])
        again |= {m["id"]} if m["rule"] == "R6" else set()
    total = sum(map(served.value, inside))
    expected = set()
    for account, rules in by_rule.items():
        mine = {m for m in inside if served.account(m) == account}
        theirs = [(b, r) for m in mine for b, r in served.above[m] if served.owner(b) != served.owner(m)]
        downloads = sum(map(served.value, mine))
        expected.add((account, downloads, share(downloads, total), sum(map(served.value, mine & again)), len(mine),
                      len({b for b, _ in theirs}), len({served.account(b) for b, _ in theirs}),
                      tuple(labels({r for _, r in theirs})), tuple(served.words(mine, "format")),
                      tuple(r for r in RULES if r in rules)))  # fmt: skip
    got = rows(session, "intermediaries", accounts=True, **options)
    columns = ("publisher", "downloads", "share", "repackaged", "models", "bases_served", "publishers_served")
    lists = ("relations", "formats", "rules")
    assert {(*(r[c] for c in columns), *(tuple(r[c]) for c in lists)) for r in got} == expected
    order = [(-r["downloads"], r["publisher"] == "(unknown)", r["publisher"]) for r in got]
    assert order == sorted(order)
    assert all(r["denominator"] == total for r in got)
    counted = Counter[str]()
    members = rows(session, "intermediaries", accounts=True, members=True, **options)
    for m in members:
        counted[m["key"]] += m["counted"]
    assert +counted == +Counter({r["publisher"]: r["downloads"] for r in got})
    assert {m["id"] for m in members} == {m for m in inside if served.account(m) in by_rule}


@settings(max_examples=8, deadline=None)
@given(graphs())
def test_the_accounts_of_any_graph(graph: Any) -> None:
    session = session_of(graph)
    for basis in ("declared", "inferred"):
        check_accounts(session, Served(session, basis), set(graph[0]), basis=basis)


@pytest.mark.parametrize("name", ["sample", "sample_gguf"])
def test_the_accounts_of_the_samples(name: str, request: pytest.FixtureRequest) -> None:
    session: Session = request.getfixturevalue(name)
    served = Served(session)
    inside = {m for m in served.models if served.there(m)}
    check_accounts(session, served, inside)
    check_accounts(session, served, {m for m in inside if served.models[m]["gguf"]}, frame="gguf", list="all")


def test_accounts_of_some_rules(sample: Session) -> None:
    listed = rows(sample, "intermediaries", accounts=True, rule="R1")
    assert {tuple(r["rules"]) for r in listed} == {("R1",)}
    assert {r["publisher"].casefold() for r in listed} <= STRICT
    assert sum(r["downloads"] for r in listed) == rows(sample, "intermediaries", rule="R1")[0]["numerator"]
    with pytest.raises(UsageError, match="not a range"):
        rows(sample, "intermediaries", accounts=True, threshold=["0.5", "0.6"])
    with pytest.raises(UsageError, match="There is no rule"):
        rows(sample, "intermediaries", accounts=True, rule="R9")


def test_only_the_accounts_are_limited(sample: Session, tmp_path: Any) -> None:
    run = Shell(sample.catalog.root, tmp_path)
    assert len(run("intermediaries", "--accounts", "--format", "csv").stdout.splitlines()) == 21
    assert len(run("intermediaries", "--threshold", "0.1:0.9:0.05", "--format", "csv").stdout.splitlines()) == 39
