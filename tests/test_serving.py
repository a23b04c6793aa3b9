"""Who serves a model: drawn answers, laws on random graphs, and the slow twin on both samples."""

from typing import Any

import pytest
from hypothesis import given, settings

from lineage.errors import NotFound, UsageError
from lineage.session import Session
from tests.conftest import Build
from tests.served import STRICT, Served, graphs, labels, session_of, share, top_bases
from tests.test_commands import Shell
from tests.twin import edge, opened

LLAMA = "meta-llama/Meta-Llama-3.1-8B-Instruct"


def servers(session: Session, model: str, **options: Any) -> list[dict[str, Any]]:
    return session.table("servers", model=model, **options).to_pylist()


# --- by hand ------------------------------------------------------------------------------------------

MODELS = {
    "maker/base": {"downloads": 60, "format": "safetensors"},
    "maker-labs/base-GGUF": {"downloads": 10, "format": "gguf"},
    "bartowski/base-GGUF": {"downloads": 20, "format": "gguf"},
    "bartowski/base-GGUF-imat": {"downloads": 5},
    "other/mirror": {"downloads": 3},
    "zero/base-AWQ": {"downloads": 0, "format": "awq"},
    "base-4bit": {"downloads": 2},
    "tuner/tuned": {"downloads": 1000},
    "tuner/tuned-GGUF": {"downloads": 500},
}
EDGES = [
    edge("maker-labs/base-GGUF", "maker/base", "quantized"),
    edge("bartowski/base-GGUF", "maker/base", "quantized"),
    edge("bartowski/base-GGUF-imat", "bartowski/base-GGUF", "quantized"),
    edge("other/mirror", "maker/base", "finetune", inferred="copy"),
    edge("zero/base-AWQ", "maker/base", "quantized"),
    edge("base-4bit", "maker/base", "quantized"),
    edge("tuner/tuned", "maker/base", "finetune"),
    edge("tuner/tuned-GGUF", "tuner/tuned", "quantized"),
]


@pytest.fixture(scope="module")
def drawn() -> Session:
    return opened(MODELS, EDGES, {"maker": "house", "maker-labs": "house"})


def test_each_account_its_kind_and_its_share(drawn: Session) -> None:
    *rows, total = servers(drawn, "maker/base")
    assert [(r["publisher"], r["kind"], r["downloads"], r["models"], r["relations"], r["formats"]) for r in rows] == [
        ("maker", "own", 60, 1, [], ["safetensors"]),
        ("bartowski", "intermediary", 25, 2, ["quantized"], ["gguf", "(unknown)"]),
        ("maker-labs", "owner", 10, 1, ["quantized"], ["gguf"]),
        ("(unknown)", "other", 2, 1, ["quantized"], ["(unknown)"]),
        ("zero", "other", 0, 1, ["quantized"], ["awq"]),
    ]
    assert [r["share"] for r in rows] == [share(n, 97) for n in (60, 25, 10, 2, 0)]
    assert all(
        (r["numerator"], r["denominator"], r["servers"], r["hhi"]) == (r["downloads"], 97, None, None) for r in rows
    )
    assert (total["publisher"], total["downloads"], total["models"], total["servers"]) == ("(total)", 97, 6, 5)
    assert total["hhi"] == share(60**2 + 25**2 + 10**2 + 2**2, 97**2)
    assert (total["numerator"], total["denominator"], total["share"]) == (97, 97, 1.0)
    assert (total["window"], total["basis"], total["taken_at"]) == ("30d", "declared", "2024-09-20")


def test_copies_exist_under_inferred_only_and_owners_can_be_accounts(drawn: Session) -> None:
    inferred = {r["publisher"]: r for r in servers(drawn, "maker/base", basis="inferred")}
    assert (inferred["other"]["downloads"], inferred["other"]["relations"]) == (3, ["copy"])
    assert (inferred["(total)"]["downloads"], inferred["(total)"]["servers"]) == (100, 6)
    by_account = {r["publisher"]: r["kind"] for r in servers(drawn, "maker/base", owner="account")}
    assert (by_account["maker"], by_account["maker-labs"]) == ("own", "other")


def test_the_list_says_who_is_an_intermediary(drawn: Session, tmp_path: Any) -> None:
    (tmp_path / "mine.txt").write_text("ZERO\n", encoding="utf-8")
    kinds = {r["publisher"]: r["kind"] for r in servers(drawn, "maker/base", list=str(tmp_path / "mine.txt"))}
    assert (kinds["zero"], kinds["bartowski"]) == ("intermediary", "other")


def test_what_is_beyond_the_limit_is_one_row(drawn: Session) -> None:
    rows = servers(drawn, "maker/base", limit=1)
    assert [(r["publisher"], r["downloads"], r["models"], r["servers"]) for r in rows] == [
        ("maker", 60, 1, None), ("(others)", 37, 5, 4), ("(total)", 97, 6, 5)]  # fmt: skip
    assert (
        rows[1]["formats"] == ["awq", "gguf", "(unknown)"] and rows[2]["hhi"] == servers(drawn, "maker/base")[-1]["hhi"]
    )
    assert [r["publisher"] for r in servers(drawn, "maker/base", limit=0)] == ["(others)", "(total)"]
    assert [r["publisher"] for r in servers(drawn, "maker/base", limit=5)][-2:] == ["zero", "(total)"]


def test_members_hang_where_the_part_has_them(drawn: Session) -> None:
    found = [
        (m["key"], m["id"], m["counted"], m["base"], m["relation"]) for m in servers(drawn, "maker/base", members=True)
    ]
    assert found == [
        ("maker", "maker/base", 60, None, None),
        ("bartowski", "bartowski/base-GGUF", 20, "maker/base", "quantized"),
        ("bartowski", "bartowski/base-GGUF-imat", 5, "bartowski/base-GGUF", "quantized"),
        ("maker-labs", "maker-labs/base-GGUF", 10, "maker/base", "quantized"),
        ("(unknown)", "base-4bit", 2, "maker/base", "quantized"),
        ("zero", "zero/base-AWQ", 0, "maker/base", "quantized"),
    ]


def test_a_stub_is_served_by_others_and_says_so() -> None:
    s = opened({"q/1": {"downloads": 3}, "q/2": {"downloads": 0}, "t/1": {"downloads": 9}},
               [edge("q/1", "gone/base", "quantized"), edge("t/1", "lost/base", "finetune")])  # fmt: skip
    said: list[str] = []
    rows = servers(s, "gone/base", note=said.append)
    assert [(r["publisher"], r["kind"], r["downloads"]) for r in rows] == [("q", "other", 3), ("(total)", None, 3)]
    assert len(said) == 1 and said[0].startswith("gone/base itself is not in the snapshot")
    (nothing,) = servers(s, "lost/base")
    assert (nothing["servers"], nothing["hhi"], nothing["share"], nothing["downloads"]) == (0, None, None, 0)
    (quiet, total) = servers(s, "q/2")
    assert (quiet["share"], total["servers"], total["hhi"]) == (None, 1, None)


def test_a_repackaging_says_of_what(drawn: Session) -> None:
    said: list[str] = []
    rows = servers(drawn, "bartowski/base-GGUF-imat", note=said.append)
    assert [r["publisher"] for r in rows] == ["bartowski", "(total)"]
    assert said == [
        "bartowski/base-GGUF-imat is itself maker/base, re-packaged; `lineage servers maker/base` has all of that"
    ]


def test_a_window_restricts_who_serves(build_rows: Build) -> None:
    def dated(model: str, created: str, *bases: str) -> dict[str, Any]:
        tags = [t for b in bases for t in (f"base_model:{b}", f"base_model:quantized:{b}")]
        return {"id": model, "downloads": 1, "downloadsAllTime": 10, "createdAt": created, "tags": tags}

    s = build_rows([dated("a/1", "2022-01-01T00:00:00Z"), dated("b/1", "2024-09-01T00:00:00Z", "a/1")])
    assert [(r["publisher"], r["downloads"]) for r in servers(s, "a/1", window="under_1y")] == [
        ("b", 10),
        ("(total)", 10),
    ]
    assert servers(s, "a/1", window="all_time")[-1]["downloads"] == 20


def test_what_cannot_be_asked(sample: Session, tmp_path: Any) -> None:
    with pytest.raises(NotFound, match=f"Did you mean {LLAMA}"):
        servers(sample, "meta-llama/Meta-Llama-3.1-8B-Instrukt")
    for options, said in (
        ({"window": "all_time"}, "downloads_all_time"),
        ({"owner": "nope"}, "group, account"),
        ({"list": "nope"}, "ten-accounts-2024"),
        ({"basis": "nope"}, "declared, stated, inferred"),
    ):
        with pytest.raises(UsageError, match=said):
            servers(sample, LLAMA, **options)
    run = Shell(sample.catalog.root, tmp_path)
    done = run("servers", LLAMA, "--owner", "nope", "-o", "out.csv", code=2)
    assert done.stderr.startswith("Error: There is no owner") and not (tmp_path / "out.csv").exists()
    assert "There is no model" in run("servers", "no/such-model-anywhere", code=3).stderr
    assert "There is no list" in run("servers", LLAMA, "--list", "nope", code=2).stderr


def test_what_has_the_name_and_no_base_is_said() -> None:
    models = {"maker/Big-7B": 9, "q/Big-7B-GGUF": 4, "other/big-7b-awq": 3, "tuned/Big-7B-x": 2, "far/small": 1}
    edges = [edge("q/Big-7B-GGUF", "maker/Big-7B", "quantized"), edge("tuned/Big-7B-x", "far/small", "finetune")]
    said: list[str] = []
    servers(opened({m: {"downloads": d} for m, d in models.items()}, edges), "maker/Big-7B", note=said.append)
    assert len(said) == 1 and said[0].startswith(
        "not counted, as they name no base: 1 repositories with Big-7B in their names, 3 downloads"
    )


# --- the slow twin ------------------------------------------------------------------------------------


def expected(served: Served, model: str) -> tuple[set[Any], tuple[Any, ...]]:
    part = served.part(model)
    hosted = [m for m in part if served.there(m)]
    rows = set()
    total = sum(map(served.value, hosted))
    for account in {served.account(m) for m in hosted}:
        mine = [m for m in hosted if served.account(m) == account]
        made = {e[1] for m in mine if (e := served.edge_within(m, part, model))}
        kind = (
            "own"
            if account == served.account(model)
            else "owner"
            if served.owner(mine[0]) == served.owner(model)
            else "intermediary"
            if account.casefold() in STRICT
            else "other"
        )
        downloads = sum(map(served.value, mine))
        formats = tuple(served.words(mine, "format"))
        rows.add((account, kind, downloads, share(downloads, total), len(mine), tuple(labels(made)), formats))
    hhi = share(sum(r[2] ** 2 for r in rows), total**2)
    return rows, (total, len(hosted), len(rows), hhi)


def check(session: Session, served: Served, model: str, basis: str) -> None:
    *rows, total = servers(session, model, basis=basis)
    columns = ("publisher", "kind", "downloads", "share", "models")
    got = {(*(r[c] for c in columns), tuple(r["relations"]), tuple(r["formats"])) for r in rows}
    whole = (total["downloads"], total["models"], total["servers"], total["hhi"])
    assert (got, whole) == expected(served, model)
    assert [(-r["downloads"], r["publisher"] == "(unknown)", r["publisher"]) for r in rows] == sorted(
        (-r["downloads"], r["publisher"] == "(unknown)", r["publisher"]) for r in rows
    )
    counted: dict[str, int] = {}
    members = servers(session, model, basis=basis, members=True)
    for m in members:
        counted[m["key"]] = counted.get(m["key"], 0) + m["counted"]
    assert counted == {r["publisher"]: r["downloads"] for r in rows} and len(members) == total["models"]
    part = served.part(model)
    edges = {m["id"]: (m["base"], m["relation"]) if m["base"] else None for m in members}
    assert edges == {m: served.edge_within(m, part, model) for m in part if served.there(m)}


@settings(max_examples=10, deadline=None)
@given(graphs())
def test_any_graph(graph: Any) -> None:
    session = session_of(graph)
    for basis in ("declared", "inferred"):
        served = Served(session, basis)
        for model in {*graph[0], *(e["base"] for e in graph[1])}:
            check(session, served, model, basis)


@pytest.mark.parametrize("name", ["sample", "sample_gguf"])
def test_the_largest_bases_of_the_samples(name: str, request: pytest.FixtureRequest) -> None:
    session: Session = request.getfixturevalue(name)
    for basis in ("declared", "inferred"):
        served = Served(session, basis)
        for model in top_bases(session):
            check(session, served, model, basis)


def test_llama(sample: Session) -> None:
    rows = servers(sample, LLAMA)
    assert [(r["publisher"], r["kind"], r["downloads"]) for r in rows[:3]] == [
        ("meta-llama", "own", 4_112_564), ("SanctumAI", "intermediary", 290_474),
        ("lmstudio-community", "intermediary", 128_792)]  # fmt: skip
    assert (rows[-1]["downloads"], rows[-1]["servers"], rows[-1]["hhi"]) == (4_791_896, 14, 0.741804203818)
    assert sample.servers(LLAMA).publisher.tolist() == [r["publisher"] for r in rows]
