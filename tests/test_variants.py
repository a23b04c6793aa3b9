"""The repositories of a model, and licences along the chain: by hand, on random graphs, and on both samples."""

from typing import Any

import pytest
from hypothesis import given, settings

from lineage.errors import NotFound
from lineage.session import Session
from tests.conftest import Build
from tests.served import Served, graphs, session_of, top_bases
from tests.test_commands import Shell
from tests.twin import edge, opened

LLAMA = "meta-llama/Meta-Llama-3.1-8B-Instruct"


def rows(session: Session, name: str, **options: Any) -> list[dict[str, Any]]:
    return session.table(name, **options).to_pylist()


def differ(mine: list[str | None] | None, above: list[str | None] | None) -> bool | None:
    """What a conflict is, a second time."""
    sets = [{(w or "").strip().lower() for w in words or []} for words in (mine, above)]
    if any(not s or s & {"other", "unknown", ""} for s in sets):
        return None
    return sets[0] != sets[1]


def test_the_files_one_can_choose_from() -> None:
    s = opened(
        {
            "maker/base": {"downloads": 10, "format": "safetensors", "licences": ["llama3"]},
            "maker-labs/base-FP8": {"downloads": 4, "format": "fp8", "bits": 8.0, "licences": ["Llama3"]},
            "bartowski/base-GGUF": {"downloads": 40, "format": "gguf", "licences": ["mit"], "produced_by": "someone"},
            "zoe/again": {"downloads": 40, "licences": ["mit"]},
            "zoe/silent": {"downloads": 1},
            "zoe/tuned": {"downloads": 99, "licences": ["mit"]},
        },
        [
            edge("maker-labs/base-FP8", "maker/base", "quantized", older_than_base=True),
            edge("bartowski/base-GGUF", "maker/base", "quantized", older_than_base=False),
            edge("zoe/again", "bartowski/base-GGUF", "quantized"),
            edge("zoe/silent", "maker/base", "quantized"),
            edge("zoe/tuned", "maker/base", "finetune"),
        ],
        {"maker": "house", "maker-labs": "house"},
    )
    columns = ("id", "hosted_by", "produced_by", "relation", "format", "bits", "downloads", "licence_of_base", "conflict",
               "first_party", "older_than_base", "depth")  # fmt: skip
    said: list[str] = []
    got = [tuple(r[c] for c in columns) for r in rows(s, "variants", model="maker/base", note=said.append)]
    assert got == [
        (
            "bartowski/base-GGUF",
            "bartowski",
            "someone",
            "quantized",
            "gguf",
            None,
            40,
            ["llama3"],
            True,
            False,
            False,
            1,
        ),
        ("zoe/again", "zoe", "zoe", "quantized", None, None, 40, ["mit"], False, False, None, 2),
        ("maker/base", "maker", "maker", None, "safetensors", None, 10, None, None, True, None, 0),
        (
            "maker-labs/base-FP8",
            "maker-labs",
            "maker-labs",
            "quantized",
            "fp8",
            8.0,
            4,
            ["llama3"],
            False,
            True,
            True,
            1,
        ),
        ("zoe/silent", "zoe", "zoe", "quantized", None, None, 1, ["llama3"], None, False, None, 1),
    ]
    assert said[0].startswith("1 of 3 models with known licences declare another one")
    assert said[1:] == ["conflict is empty in 1 of 4 lines: a licence, or that above, is not known"]
    by_account = {r["id"]: r["first_party"] for r in rows(s, "variants", model="maker/base", owner="account")}
    assert not by_account["maker-labs/base-FP8"] and by_account["maker/base"]


def test_a_stub_is_asked_about_and_not_listed() -> None:
    s = opened({"q/1": {"downloads": 3, "licences": ["mit"]}}, [edge("q/1", "gone/base", "quantized")])
    said: list[str] = []
    (row,) = rows(s, "variants", model="gone/base", note=said.append)
    assert (row["id"], row["licence_of_base"], row["conflict"], row["first_party"]) == ("q/1", None, None, False)
    assert said == [
        "gone/base itself is not in the snapshot: it is named as a base, and what others host is counted",
        "conflict is empty in 1 of 1 lines: a licence, or that above, is not known",
    ]


def test_a_repackaging_says_of_what(sample: Session) -> None:
    said: list[str] = []
    rows(sample, "variants", model="bartowski/Meta-Llama-3.1-8B-Instruct-GGUF", note=said.append)
    assert any("is itself meta-llama/Meta-Llama-3.1-8B-Instruct, re-packaged" in text for text in said)
    assert any(f"`lineage variants {LLAMA}`" in text for text in said)


def test_without_downloads_there_are_variants_and_no_zeros(build_rows: Build) -> None:
    tags = ["base_model:a/1", "base_model:quantized:a/1"]
    s = build_rows([{"id": "a/1"}, {"id": "b/1", "tags": tags}])
    assert [(r["id"], r["downloads"]) for r in rows(s, "variants", model="a/1")] == [("a/1", None), ("b/1", None)]


def test_what_is_outside_the_window_is_listed_without_downloads(build_rows: Build) -> None:
    def dated(model: str, created: str, *bases: str) -> dict[str, Any]:
        tags = [t for b in bases for t in (f"base_model:{b}", f"base_model:quantized:{b}")]
        return {"id": model, "downloads": 1, "downloadsAllTime": 10, "createdAt": created, "tags": tags}

    s = build_rows([dated("a/1", "2022-01-01T00:00:00Z"), dated("b/1", "2024-09-01T00:00:00Z", "a/1")])
    found = rows(s, "variants", model="a/1", window="under_1y")
    assert [(r["id"], r["downloads"]) for r in found] == [("b/1", 10), ("a/1", None)]


def test_there_is_no_such_model(sample: Session, tmp_path: Any) -> None:
    with pytest.raises(NotFound, match="Did you mean"):
        rows(sample, "variants", model=LLAMA + "-x")
    done = Shell(sample.catalog.root, tmp_path)("variants", LLAMA, "--basis", "nope", "-o", "out.json", code=2)
    assert done.stderr.startswith("Error: There is no basis") and not (tmp_path / "out.json").exists()


def check_variants(session: Session, served: Served, model: str, basis: str) -> None:
    part = served.part(model)
    expected = set()
    for m in part:
        if not served.there(m):
            continue
        found = served.edge_within(m, part, model)
        licences, above = served.models[m]["licences"], served.models[found[0]]["licences"] if found else None
        first_party = served.owner(m) == served.owner(model)
        older = served.older[m, found[0]] if found else None
        expected.add((m, found and found[1], part[m], differ(licences, above) if found else None, first_party, older,
                      str(licences), str(above), served.models[m]["downloads"]))  # fmt: skip
    got = rows(session, "variants", model=model, basis=basis)
    assert {
        (r["id"], r["relation"], r["depth"], r["conflict"], r["first_party"], r["older_than_base"], str(r["licences"]),
         str(r["licence_of_base"]), r["downloads"])
        for r in got
    } == expected  # fmt: skip
    assert len(got) == len(expected) and got == sorted(got, key=lambda r: (-r["downloads"], r["id"]))


def check_tree(session: Session, served: Served, model: str, basis: str) -> None:
    """Every line against the line above it in the drawing; the model and its ancestors against their first base."""
    said: list[str] = []
    tree = rows(session, "tree", model=model, basis=basis, width=None, note=said.append)
    way: dict[int, str] = {}
    for r in tree:
        if r["direction"] == "below":
            above: str | None = way[r["depth"] - 1]
        else:
            above = served.above[r["id"]][0][0] if served.above[r["id"]] else None
        if r["direction"] != "above":
            way[r["depth"]] = r["id"]
        over = served.models[above]["licences"] if above else None
        assert r["conflict"] == differ(r["licences"], over), (model, r["id"])
    known = [r["conflict"] for r in tree if r["conflict"] is not None]
    counted = [text for text in said if "models with known licences" in text]
    assert [text.split(" models")[0] for text in counted] == ([f"{sum(known)} of {len(known)}"] if any(known) else [])


@settings(max_examples=10, deadline=None)
@given(graphs())
def test_any_graph(graph: Any) -> None:
    session = session_of(graph)
    for basis in ("declared", "inferred"):
        served = Served(session, basis)
        for model in {*graph[0], *(e["base"] for e in graph[1])}:
            check_variants(session, served, model, basis)
            check_tree(session, served, model, basis)


@pytest.mark.parametrize("name", ["sample", "sample_gguf"])
def test_the_largest_bases_of_the_samples(name: str, request: pytest.FixtureRequest) -> None:
    session: Session = request.getfixturevalue(name)
    served = Served(session)
    for model in top_bases(session):
        check_variants(session, served, model, "declared")
        check_tree(session, served, model, "declared")


def test_a_tree_counts_the_conflicts_that_it_shows_or_folds(sample: Session) -> None:
    def said(**options: Any) -> list[str]:
        notes: list[str] = []
        rows(sample, "tree", model="meta-llama/Meta-Llama-3.1-8B", note=notes.append, **options)
        return [n.split(" models")[0] for n in notes if "(conflict)" in n]

    assert said() == said(width=None) == said(width=1) == ["8 of 41"]
    assert said(down=False) == []
    (quantized,) = said(relation="quantized")
    whole = rows(sample, "tree", model="meta-llama/Meta-Llama-3.1-8B", width=None)
    flags = [r["conflict"] for r in whole if r["relation"] == "quantized" and r["conflict"] is not None]
    assert quantized == f"{sum(flags)} of {len(flags)}"


def test_llama(sample: Session) -> None:
    found = {r["id"]: r for r in rows(sample, "variants", model=LLAMA)}
    assert len(found) == 15
    assert [m for m, r in found.items() if r["conflict"]] == [
        "modularai/llama-3.1", "Saxo/Linkbricks-Horizon-AI-Korean-llama-3.1-sft-dpo-8B"]  # fmt: skip
    assert sample.variants(LLAMA).id.tolist() == list(found)
