"""What an account hosts and serves, and its downloads with everything derived: by hand, on random graphs, on the samples."""

from collections import Counter
from pathlib import Path
from typing import Any

import pyarrow as pa
import pytest
from hypothesis import given, settings

from lineage.catalog import Catalog
from lineage.errors import NotFound, UsageError
from lineage.schema import MODEL_RELATIONS
from lineage.session import Session
from lineage.snapshot import Snapshot
from tests.served import OWNERS, Served, graphs, labels, session_of, share
from tests.test_commands import Shell
from tests.twin import Row, draw, edge, opened


def rows(session: Session, name: str, /, **options: Any) -> list[dict[str, Any]]:
    return session.table(name, **options).to_pylist()


# --- publisher ----------------------------------------------------------------------------------------

MODELS: dict[str, Row] = {
    "maker/base": {"downloads": 60, "format": "safetensors"},
    "maker/other": {"downloads": 7},
    "bartowski/base-GGUF": {"downloads": 20, "format": "gguf"},
    "bartowski/base-GGUF-imat": {"downloads": 5, "format": "gguf"},
    "bartowski/merge": {"downloads": 9},
    "bartowski/lone": {"downloads": 100},
    "other/base-GGUF": {"downloads": 15, "format": "gguf"},
}
EDGES = [
    edge("bartowski/base-GGUF", "maker/base", "quantized"),
    edge("bartowski/base-GGUF-imat", "bartowski/base-GGUF", "quantized"),
    edge("bartowski/merge", "maker/other", "merge", position=0),
    edge("bartowski/merge", "maker/base", "merge", position=1),
    edge("other/base-GGUF", "maker/base", "quantized"),
]


def test_what_an_account_serves_of_whom() -> None:
    s = opened(MODELS, EDGES)
    *found, total = rows(s, "publisher", name="Bartowski")
    columns = ("base", "base_publisher", "kind", "relations", "formats", "models", "downloads", "family_downloads",
               "through_it", "share")  # fmt: skip
    assert [tuple(r[c] for c in columns) for r in found] == [
        ("(none)", None, "none", [], ["(unknown)"], 1, 100, None, None, None),
        # 20 and 4 of the merge's 9; its family: 60 + 20 + 5 + 15
        ("maker/base", "maker", "other", ["merge", "quantized"], ["gguf", "(unknown)"], 2, 24, 100, 25, 0.25),
        ("bartowski/base-GGUF", "bartowski", "own", ["quantized"], ["gguf"], 1, 5, 25, 25, 1.0),
        ("maker/other", "maker", "other", ["merge"], ["(unknown)"], 1, 5, 7, 0, 0.0),
    ]
    assert (total["base"], total["models"], total["downloads"]) == ("(total)", 4, 134)
    assert (total["bases_served"], total["publishers_served"]) == (2, 1)
    assert (total["relations"], total["formats"]) == (["merge", "quantized"], ["gguf", "(unknown)"])
    first, rest, whole = rows(s, "publisher", name="bartowski", limit=1)
    assert (first["base"], rest["base"], rest["downloads"], rest["models"]) == ("(none)", "(others)", 34, 3)
    assert whole == total


def test_who_the_account_is_and_which_rules_count_it(sample: Session) -> None:
    said: list[str] = []
    rows(sample, "publisher", name="BARTOWSKI", note=said.append)
    assert said[0].startswith("bartowski: person; country unknown. Source: publishers.csv, as of ")
    assert said[1] == "bartowski is on the lists of intermediaries strict and all"
    mine = Counter[str]()
    for m in rows(sample, "intermediaries", members=True):
        mine[m["rule"]] += m["counted"] if m["publisher"] == "bartowski" else 0
    assert said[2].startswith("Of its 1,455,594 downloads the rules count: ")
    assert all(f"{rule} {mine[rule]:,} (" in said[2] for rule in mine if mine[rule])
    said.clear()
    rows(sample, "publisher", name="meta-llama", note=said.append)
    assert "US; one of the accounts of meta" in said[0]
    assert said[1:] == [
        "meta-llama is on no list of intermediaries (strict, all)",
        "No rule R1–R6 counts it",
        "2 models of it are named as a base and not in the snapshot; they count no downloads here",
    ]


def test_who_it_is_in_a_snapshot_taken_at_a_time() -> None:
    s = opened(MODELS, EDGES)
    s.snapshot.manifest["taken_at"] = "2026-11-01T08:30:00Z"
    said: list[str] = []
    rows(s, "publisher", name="bartowski", note=said.append)
    assert said[0].startswith("bartowski: ")


@pytest.mark.parametrize("owner", ["group", "account"])
def test_the_rules_of_every_account_are_those_of_intermediaries(sample_gguf: Session, owner: str) -> None:
    from lineage.answers.publisher_facts import remarks

    counted: dict[str, Counter[str]] = {}
    for m in rows(sample_gguf, "intermediaries", members=True, owner=owner):
        counted.setdefault(m["publisher"], Counter())[m["rule"]] += m["counted"]
    selection = sample_gguf.select()
    for account in sorted(counted, key=lambda a: -sum(counted[a].values()))[:12]:
        (said,) = [r for r in remarks(selection, account, owner) if "the rules count" in r]
        got = {text.split()[0]: int(text.split()[1].replace(",", "")) for text in
               said.split(": ")[1].split("; not")[0].split("), ")}  # fmt: skip
        assert got == dict(counted[account]), account


@settings(max_examples=40, deadline=None)
@given(graphs())
def test_what_counts_an_account_is_the_same_whether_its_edges_or_all_are_looked_at(graph: Any) -> None:
    from lineage.answers.intermediaries import RELATIONS_OF, Repackaging, repackaged_of

    session = session_of(graph)
    host = session.snapshot.table("models", ["publisher_row"]).column("publisher_row").to_pylist()
    for basis in ("declared", "inferred"):
        selection = session.select(basis=basis)
        for owner in ("group", "account"):
            every = Repackaging(selection, owner)
            for account in {code for code in host if code is not None}:
                found = repackaged_of(selection, account, owner)
                for rule, relations in RELATIONS_OF.items():
                    pairs = zip(found[relations].tolist(), every.repackaged(rule).tolist(), host, strict=True)
                    assert all(one == other for one, other, whose in pairs if whose == account), (basis, owner, rule)


def test_no_such_account(sample: Session, tmp_path: Any) -> None:
    with pytest.raises(NotFound, match="Did you mean bartowski"):
        rows(sample, "publisher", name="bartowskii")
    with pytest.raises(NotFound, match="shares --by publisher"):
        rows(sample, "publisher", name="qqqqqqqqqqqqqq")
    with pytest.raises(NotFound, match="before the slash"):
        rows(sample, "publisher", name="bartowski/gemma-2-27b-it-GGUF")
    run = Shell(sample.catalog.root, tmp_path)
    assert "There is no account" in run("publisher", "bartowskii", "-o", "out.csv", code=3).stderr
    assert run("publisher", "bartowski", "--window", "nope", "-o", "out.csv", code=2).stderr.startswith(
        "Error: There is"
    )
    assert not (tmp_path / "out.csv").exists()
    address = rows(sample, "publisher", name="https://huggingface.co/bartowski/")
    assert address == sample.table("publisher", name="bartowski").to_pylist()


def check_publisher(session: Session, served: Served, account: str, basis: str) -> None:
    hosted = [m for m in served.models if served.there(m) and served.account(m) == account]
    some = next(m for m in served.models if served.account(m) == account)
    lines: dict[str, list[str]] = {}
    downloads, made = Counter[str](), {}
    for m in hosted:
        for base, part in (served.divided(m) or {"(none)": served.value(m)}).items():
            lines.setdefault(base, []).append(m)
            downloads[base] += part
        for base, relation in served.above[m]:
            made.setdefault(base, set()).add(relation)
    expected = set()
    for base, models in lines.items():
        family = through = None
        kind = "none"
        if base != "(none)":
            part = served.part(base)
            family = sum(map(served.value, part))
            through = sum(served.value(m) for m in part if served.account(m) == account)
            kind = "own" if served.owner(base) == served.owner(some) else "other"
        figures = (family, through, share(through or 0, family or 0))
        expected.add((base, kind, tuple(labels(made.get(base, set()))), tuple(served.words(models, "format")), len(models),
                      downloads[base], *figures))  # fmt: skip
    *got, total = rows(session, "publisher", name=account, basis=basis)
    assert {
        (r["base"], r["kind"], tuple(r["relations"]), tuple(r["formats"]), r["models"], r["downloads"],
         r["family_downloads"], r["through_it"], r["share"])
        for r in got
    } == expected  # fmt: skip
    assert got == sorted(got, key=lambda r: (-r["downloads"], r["base"]))
    assert sum(r["downloads"] for r in got) == total["downloads"] == sum(map(served.value, hosted))
    others = {b for b in lines if b != "(none)" and served.owner(b) != served.owner(some)}
    assert (total["models"], total["bases_served"]) == (len(hosted), len(others))
    assert total["publishers_served"] == len({served.account(b) for b in others})


# --- roll-ups over accounts ---------------------------------------------------------------------------


def expected_rollup(served: Served, account: str, inside: set[str]) -> Row:
    mine = {m for m in served.models if served.account(m) == account}
    below = set().union(*(served.below(m) for m in mine))
    derived = {m for m in below if served.account(m) != account}
    found = {
        "models": len(mine & inside),
        "own": sum(served.value(m) for m in mine & inside),
        "full": sum(served.value(m) for m in (mine | derived) & inside),
        "descendants": len(derived),
    }
    for relation in MODEL_RELATIONS:
        word = "(unknown)" if relation == "unlabelled" else relation
        of = {m for m in derived if served.relation(m) == word}
        found |= {f"count_{relation}": len(of), f"downloads_{relation}": sum(served.value(m) for m in of & inside)}
    return found


def check_rollups(session: Session, served: Served, basis: str, accounts: set[str] | None = None) -> None:
    got = rows(session, "rollup", over="publisher", basis=basis)
    inside = {m for m in served.models if served.there(m)}
    there = {served.account(m) for m in served.models}
    assert {r["publisher"] for r in got} == there and len(got) == len(there)
    for r in got:
        if accounts is None or r["publisher"] in accounts:
            assert {k: v for k, v in r.items() if k != "publisher"} == expected_rollup(served, r["publisher"], inside)
    assert sum(r["own"] for r in got) == sum(map(served.value, inside))
    order = [(r["publisher"] == "(unknown)", -r["full"], r["publisher"]) for r in got]
    assert order == sorted(order)


def test_each_derived_model_counts_once_for_an_account() -> None:
    s = opened(
        {"a/1": {"downloads": 1}, "a/2": {"downloads": 2}, "b/merge": {"downloads": 10}, "a/again": {"downloads": 100},
         "c/q": {"downloads": 1000}},
        [edge("b/merge", "a/1", "merge"), edge("b/merge", "a/2", "merge"), edge("a/again", "b/merge", "finetune"),
         edge("c/q", "a/again", "quantized"), edge("c/q", "b/merge", "quantized"), edge("b/merge", "gone/x", "merge")],
    )  # fmt: skip
    columns = ("publisher", "models", "own", "full", "descendants", "count_merge", "downloads_merge", "count_quantized",
               "count_finetune")  # fmt: skip
    got = [tuple(r[c] for c in columns) for r in rows(s, "rollup", over="publisher")]
    assert got == [
        ("a", 3, 103, 1113, 2, 1, 10, 1, 0),
        ("b", 1, 10, 1110, 2, 0, 0, 1, 1),
        ("gone", 0, 0, 1110, 3, 1, 10, 1, 1),  # 10 + 100 + 1000: a stub's account has what is derived from it
        ("c", 1, 1000, 1000, 0, 0, 0, 0, 0),
    ]


def test_members_of_a_cycle_are_derived_from_each_other() -> None:
    graph = ({"a/1": {"downloads": 1}, "b/2": {"downloads": 10}, "c/3": {"downloads": 100}},
             [edge("a/1", "b/2", "finetune"), edge("b/2", "a/1", "merge"), edge("c/3", "b/2", "quantized")])  # fmt: skip
    for session in (opened(*graph), deepened(graph, 1)):
        got = {
            r["publisher"]: (r["own"], r["full"], r["descendants"]) for r in rows(session, "rollup", over="publisher")
        }
        assert got == {"a": (1, 111, 2), "b": (10, 111, 2), "c": (100, 100, 0)}


def test_named_accounts_come_in_their_order(sample: Session) -> None:
    got = rows(sample, "rollup", models=["bartowski", "META-llama", "bartowski"], over="publisher")
    assert [(r["publisher"], r["models"], r["own"], r["full"]) for r in got] == [
        ("bartowski", 150, 1_455_594, 1_455_594), ("meta-llama", 26, 13_774_178, 16_889_417)]  # fmt: skip
    assert len(rows(sample, "rollup", over="publisher", top=3)) == 3
    for options, said in (({"over": "nope"}, "--over publisher"), ({"over": "publisher", "split_by": "format"}, "one at a"),
                          ({"over": "publisher", "members": True}, "--split-by")):  # fmt: skip
        with pytest.raises(UsageError, match=said):
            rows(sample, "rollup", **options)
    with pytest.raises(NotFound, match="Did you mean bartowski"):
        rows(sample, "rollup", models="bartowskii", over="publisher")


def test_a_frame_restricts_what_counts_and_not_what_is_derived(sample: Session) -> None:
    served = Served(sample)
    tagged = {m for m, row in served.models.items() if row["gguf"]}
    got = {r["publisher"]: r for r in rows(sample, "rollup", over="publisher", frame="gguf")}
    for account in ("meta-llama", "google", "bartowski", "mistralai"):
        assert {k: v for k, v in got[account].items() if k != "publisher"} == expected_rollup(served, account, tagged)


def deepened(graph: tuple[dict[str, Row], list[Row]], bound: int) -> Session:
    """The same snapshot as a build with a small bound leaves it: pairs of models with more ancestors are not stored."""
    tables, manifest = draw(*graph, OWNERS)
    pairs = tables["ancestry"]
    many = Counter(pairs.column("model").to_pylist())
    deep = {m for m, n in many.items() if n > bound}
    tables["ancestry"] = pairs.filter(pa.array([m not in deep for m in pairs.column("model").to_pylist()], pa.bool_()))
    manifest |= {"deep": sorted(deep), "counts": manifest["counts"] | {"ancestry_bound": bound}}
    return Session(Snapshot("deep", Path("nowhere"), manifest, "0" * 64, tables), Catalog(Path("nowhere")))


@settings(max_examples=10, deadline=None)
@given(graphs())
def test_any_graph(graph: Any) -> None:
    session = session_of(graph)
    for basis in ("declared", "inferred"):
        served = Served(session, basis)
        for account in {served.account(m) for m in served.models} - {"(unknown)"}:
            check_publisher(session, served, account, basis)
        check_rollups(session, served, basis)
    for bound in (1, 2):
        check_rollups(deepened(graph, bound), served=Served(session), basis="declared")


def test_a_tower_of_merges_is_counted_exactly() -> None:
    names = [f"{'abc'[i % 3]}/m{i:02}" for i in range(40)]
    edges = [edge(names[i], names[j], "merge") for i in range(2, 40) for j in (i - 1, i - 2)]
    graph = ({n: {"downloads": i} for i, n in enumerate(names)}, edges)
    check_rollups(deepened(graph, 5), Served(opened(*graph)), "declared")


@pytest.mark.parametrize("name", ["sample", "sample_gguf"])
def test_the_largest_accounts_of_the_samples(name: str, request: pytest.FixtureRequest) -> None:
    session: Session = request.getfixturevalue(name)
    served = Served(session)
    many = Counter(served.account(m) for m in served.models)
    largest = [a for a, _ in many.most_common(20) if a != "(unknown)"]
    for account in largest:
        check_publisher(session, served, account, "declared")
    check_rollups(session, served, "declared", set(largest))
