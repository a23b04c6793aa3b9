"""Figures: the samples against published values and the slow twin, drawn tables against answers by hand."""

import random
from typing import Any

import networkx as nx
import pytest

from lineage import reference
from lineage.errors import UsageError
from lineage.schema import EVIDENCE, MODEL_RELATIONS, OUTCOMES, RELATIONS, RULES
from lineage.session import Session
from tests.conftest import Build
from tests.slow import Hub

FRAMES = ("all", "with-lineage", "gguf", "text-generation")
CUTS = ("publisher", "origin", "family", "relation", "task", "licence", "library", "type")


def rows(session: Session, name: str, **options: Any) -> list[dict[str, Any]]:
    return session.table(name, **options).to_pylist()


# --- the sample: values published with it, digit for digit ------------------------------------------


def test_info_of_the_sample(sample: Session) -> None:
    expected = {"models": 9715, "stubs": 298, "edges": 1799, "finetune": 648, "adapter": 233, "quantized": 670, "merge": 248,
                "copy": 0, "unlabelled": 0, "corrected": 26, "multi_parent": 102, "cycles": 0, "self_loops": 5,
                "rejected": 0, "rejected_claims": 0, "downloads": 1_368_390_199, "ancestry_pairs": 2210,
                "claims": 1804, "derived": 1653, "edges_to_stubs": 381}  # fmt: skip
    info = rows(sample, "info")[0]
    assert {k: info[k] for k in expected} == expected


@pytest.mark.parametrize(
    ("frame", "numerator", "denominator", "percent"),
    [
        ("all", 8_244_786, 1_368_390_199, 0.603),
        ("text-generation", 7_370_957, 101_472_768, 7.264),
        ("gguf", 3_977_790, 29_208_882, 13.618),
    ],
)
def test_the_ten_accounts(sample: Session, frame: str, numerator: int, denominator: int, percent: float) -> None:
    (row,) = rows(sample, "intermediaries", rule="R1", frame=frame, list="ten-accounts-2024")
    assert (row["numerator"], row["denominator"], round(row["share"] * 100, 3)) == (numerator, denominator, percent)


def test_each_of_the_ten_accounts(sample: Session) -> None:
    expected = {"TheBloke": 0.193, "unsloth": 0.180, "bartowski": 0.106, "MaziyarPanahi": 0.056, "lmstudio-community": 0.020,
                "mradermacher": 0.019, "QuantFactory": 0.013, "second-state": 0.010, "RichardErkhov": 0.003,
                "mlx-community": 0.001}  # fmt: skip
    found = rows(sample, "shares", by="publisher", key=list(expected))
    assert {r["key"]: round(r["share"] * 100, 3) for r in found if r["key"] in expected} == expected
    assert sum(r["numerator"] for r in found) == 1_368_390_199


def test_tasks_and_frames_of_the_sample(sample: Session) -> None:
    by_task = {r["key"]: r for r in rows(sample, "shares", by="task")}
    assert (by_task["text-generation"]["models"], by_task["text-generation"]["numerator"]) == (3856, 101_472_768)
    assert int(sample.select("gguf").inside.sum()) == 902


def test_the_gguf_sample(sample_gguf: Session) -> None:
    info = rows(sample_gguf, "info")[0]
    assert (info["models"], info["downloads"], info["undated"]) == (3805, 19_113_097, 0)


# --- laws, on both samples ---------------------------------------------------------------------------


@pytest.fixture(params=["sample", "sample_gguf"])
def session(request: pytest.FixtureRequest) -> Session:
    return request.getfixturevalue(request.param)


def frames_of(session: Session) -> tuple[str, ...]:
    return FRAMES if "pipeline_tag" in session.snapshot.columns else FRAMES[:3]


def test_every_cut_adds_up_to_its_denominator(session: Session) -> None:
    for frame in frames_of(session):
        for by in CUTS:
            if by == "task" and "pipeline_tag" not in session.snapshot.columns:
                continue
            for limit in (None, 3):
                found = rows(session, "shares", by=by, frame=frame, limit=limit)
                assert sum(r["numerator"] for r in found) == found[0]["denominator"], (frame, by, limit)
                inside = [r for r in found if r["key"] not in ("(others)", "(unknown)")]
                assert inside == sorted(inside, key=lambda r: (-r["numerator"], r["key"]))


def test_members_add_up_to_each_numerator(session: Session) -> None:
    for by in CUTS:
        if by == "task" and "pipeline_tag" not in session.snapshot.columns:
            continue
        numerator = {r["key"]: (r["numerator"], r["models"]) for r in rows(session, "shares", by=by)}
        counted: dict[str, list[int | None]] = {}
        for m in rows(session, "shares", by=by, members=True):
            counted.setdefault(m["key"], []).append(m["counted"])
        if by in ("origin", "family"):
            assert {k: len(c) for k, c in counted.items()} == {k: n for k, (_, n) in numerator.items() if n}
            assert all(c is None for found in counted.values() for c in found)
        else:
            assert {k: (sum(c), len(c)) for k, c in counted.items()} == numerator  # type: ignore[arg-type]


def test_rules_grow_and_their_members_add_up(session: Session) -> None:
    for frame in frames_of(session):
        found = {r["rule"]: r for r in rows(session, "intermediaries", frame=frame)}
        assert list(found) == list(RULES)
        assert found["R4"]["numerator"] <= found["R5"]["numerator"] <= found["R6"]["numerator"]
        assert found["R2"]["numerator"] <= found["R3"]["numerator"]
        members = rows(session, "intermediaries", frame=frame, members=True)
        for rule, row in found.items():
            mine = [m for m in members if m["rule"] == rule]
            assert (sum(m["counted"] for m in mine), len(mine)) == (row["numerator"], row["models"])


def test_what_the_accounts_of_a_rule_have_in_it_adds_up_to_it(session: Session) -> None:
    for rule in RULES:
        (whole,) = rows(session, "intermediaries", rule=rule)
        accounts = rows(session, "intermediaries", rule=rule, accounts=True)
        assert sum(a["counted"] for a in accounts) == whole["numerator"]
        assert all(a["counted"] <= a["downloads"] for a in accounts)
        assert whole["definition"].startswith("Downloads of ") and "share_high" not in whole["definition"]


def test_split_and_primary_over_roots_are_the_total(session: Session) -> None:
    models = session.snapshot.table("models").to_pylist()
    roots = [m for m in models if m["bases"] == 0]
    total = sum(m["own"] for m in models)
    assert (
        sum(m["split"] for m in roots)
        == sum(m["primary"] for m in roots)
        == total
        == rows(session, "info")[0]["downloads"]
    )


def test_full_equals_networkx_on_the_samples(session: Session) -> None:
    edges = [e for e in session.snapshot.table("edges").to_pylist() if e["basis"] == "declared"]
    models = {m["id"]: m for m in session.snapshot.table("models").to_pylist()}
    graph = nx.DiGraph([(e["child"], e["base"]) for e in edges])
    graph.add_nodes_from(models)
    assert nx.is_directed_acyclic_graph(graph)
    pairs = set()
    for name, model in models.items():
        below = nx.single_source_shortest_path_length(graph.reverse(copy=False), name)
        assert model["full"] == sum(models[d]["own"] for d in below)
        assert model["descendants"] == len(below) - 1
        pairs |= {(d, name, steps) for d, steps in below.items() if d != name}
    stored = session.snapshot.table("ancestry", ["model", "ancestor", "distance"]).to_pylist()
    assert {(p["model"], p["ancestor"], p["distance"]) for p in stored} == pairs


def test_every_model_stands_under_its_publishers_row(session: Session) -> None:
    accounts = session.snapshot.table("publishers").column("publisher").to_pylist()
    assert accounts == sorted(set(accounts))
    for model in session.snapshot.table("models").to_pylist():
        row = model["publisher_row"]
        assert (accounts[row] if row is not None else None) == model["publisher"]


def test_every_word_in_the_tables_is_in_the_vocabulary(session: Session) -> None:
    claims, edges = session.snapshot.table("claims"), session.snapshot.table("edges")
    assert set(claims.column("evidence").to_pylist()) | set(edges.column("evidence").to_pylist()) <= set(EVIDENCE)
    assert set(claims.column("outcome").to_pylist()) <= set(OUTCOMES)
    assert set(edges.column("relation").to_pylist()) <= {*RELATIONS, None}
    assert set(session.snapshot.table("models", ["relation"]).column(0).to_pylist()) <= {*MODEL_RELATIONS, None}


def owners(session: Session) -> dict[str, str]:
    known = reference.publishers(None, session.snapshot.taken_at)
    return {account: "group " + p.owner_group for account, p in known.items() if p.owner_group}


def raw_rows(session: Session) -> list[dict[str, Any]]:
    """The sample's own table, read without the program."""
    import pyarrow.parquet as pq

    from lineage.sources.sample import SAMPLES

    return pq.read_table(SAMPLES[session.snapshot.name].path).to_pylist()


def test_the_rules_equal_the_slow_twin_on_the_samples(session: Session) -> None:
    raw = raw_rows(session)
    hub = Hub(raw, reference.legacy_ids())
    strict = {a.casefold() for a in reference.intermediaries("strict")}
    in_frame = {
        "all": set(hub.rows),
        "with-lineage": {c for c, _ in hub.edges},
        "gguf": {r["id"] for r in raw if "gguf" in r["tags"]},
        "text-generation": {r["id"] for r in raw if r.get("pipeline_tag") == "text-generation"},
    }
    for owner, groups in (("group", owners(session)), ("account", {})):
        for frame in frames_of(session):
            got = {r["rule"]: r["numerator"] for r in rows(session, "intermediaries", frame=frame, owner=owner)}
            assert got == {rule: hub.rule(rule, groups, strict, "0.8", in_frame[frame]) for rule in RULES}, (
                owner,
                frame,
            )


def test_families_equal_the_slow_twin_on_the_samples(session: Session) -> None:
    raw = raw_rows(session)
    hub = Hub(raw, reference.legacy_ids())
    for frame in ("all", "gguf"):
        value = {r["id"]: r["downloads"] for r in raw if frame == "all" or "gguf" in r["tags"]}
        expected = hub.split(value)
        got = {r["key"]: r["numerator"] for r in rows(session, "shares", by="family", frame=frame)}
        assert {k: v for k, v in expected.items() if v} == {k: v for k, v in got.items() if v}
        assert set(got) <= set(expected)


# --- drawn: answers worked out by hand ---------------------------------------------------------------


def drawn(model: str, downloads: int, *bases: str, relation: str = "quantized", **more: Any) -> dict[str, Any]:
    tags = [t for b in bases for t in (f"base_model:{b}", f"base_model:{relation}:{b}")]
    return {"id": model, "downloads": downloads, "tags": tags, **more}


def test_what_counts_as_repackaged(build_rows: Build) -> None:
    s = build_rows([
        drawn("meta-llama/base", 100),
        drawn("maker/base", 50),
        drawn("bartowski/base-GGUF", 10, "meta-llama/base"),             # somebody else's: R4
        drawn("bartowski/base-Q4", 5, "bartowski/base-GGUF"),           # its own second step: R4
        drawn("maker/base-GGUF", 7, "maker/base"),                      # first-party: none
        drawn("maker/tuned", 3, "meta-llama/base", relation="finetune"),  # R6
        drawn("maker/tuned-GGUF", 2, "maker/tuned"),                    # its own fine-tune quantized: none
        drawn("facebook/mirror", 4, "meta-llama/base"),                 # the same house: none by group, R4 by account
        drawn("maker/assembly", 6, "maker/base", "meta-llama/base", relation="merge"),  # around a part of its own: none
        drawn("other/lora", 1, "maker/base", relation="adapter"),       # R5
        {"id": "other/plain", "downloads": 20, "tags": ["base_model:maker/base"]},  # no label: R6 only
    ])  # fmt: skip
    got = {r["rule"]: r["numerator"] for r in rows(s, "intermediaries", owner="group")}
    assert (got["R4"], got["R5"], got["R6"]) == (15, 16, 16 + 3 + 20)
    by_account = {r["rule"]: r["numerator"] for r in rows(s, "intermediaries", owner="account")}
    assert (by_account["R4"], by_account["R5"], by_account["R6"]) == (19, 20, 20 + 3 + 20)
    assert got["R1"] == 15
    # R2: bartowski has 15 of 15; facebook 0 by group; other 0 of 21.
    assert got["R2"] == 15 and by_account["R2"] == 15 + 4


def test_the_threshold_is_exact(build_rows: Build) -> None:
    s = build_rows([drawn("a/base", 1), drawn("q/1", 8, "a/base"), drawn("q/own", 2), drawn("zero/1", 0, "a/base")])
    got = {
        r["threshold"]: r["numerator"]
        for r in rows(s, "intermediaries", rule="R2", threshold=["0.79", "0.8", "0.81", "0"])
    }
    assert got == {"0.79": 10, "0.8": 10, "0.81": 0, "0": 11}  # no downloads at all: never


def test_accounts_are_compared_without_case_and_ownerless_ids_are_one(build_rows: Build) -> None:
    s = build_rows(
        [drawn("Bartowski/x", 5), drawn("gpt-old", 7), drawn("gpt-old-q", 3, "gpt-old"), drawn("a/q", 2, "gpt-old")]
    )
    got = {r["rule"]: r["numerator"] for r in rows(s, "intermediaries")}
    assert (got["R1"], got["R2"], got["R4"], got["R6"]) == (5, 2, 2, 2)
    shares = {r["key"]: (r["numerator"], r["publishers"]) for r in rows(s, "shares", by="publisher")}
    assert shares == {"Bartowski": (5, 1), "a": (2, 1), "(unknown)": (10, 0)}


def test_ids_without_an_account_are_never_an_intermediary_and_large_numbers_are_exact(build_rows: Build) -> None:
    s = build_rows([drawn("x/base", 1), drawn("old-q", 9, "x/base"), drawn("big/q", 8 * 10**17, "x/base"),
                    drawn("big/own", 2 * 10**17)])  # fmt: skip
    got = {
        r["threshold"]: r["numerator"]
        for r in rows(s, "intermediaries", rule="R2", threshold=["0.8", "0.800000000000000000000000000001"])
    }
    assert got == {"0.8": 10**18, "0.800000000000000000000000000001": 0}


def test_what_a_rule_cannot_judge_is_no_part_of_what_it_counts(build_rows: Build) -> None:
    both = {"tags": ["base_model:x/a", "base_model:quantized:x/a", "base_model:x/b"]}
    s = build_rows([drawn("x/a", 1), drawn("x/b", 2), {"id": "q/1", "downloads": 40, **both}])
    (r4,) = (r for r in rows(s, "figures", figure="intermediary_share") if r["rule"] == "R4")
    assert (int(r4["numerator"]), r4["share_high"], r4["coverage"]) == (40, 1.0, round(40 / 43, 12))


def test_a_second_step_inside_a_cycle_is_never_one(build_rows: Build) -> None:
    s = build_rows([drawn("x/base", 1), drawn("q/1", 4, "q/2", "x/base"), drawn("q/2", 2, "q/1", "x/base")])
    assert {r["rule"]: r["numerator"] for r in rows(s, "intermediaries")}["R4"] == 0


def test_split_gives_the_rest_to_the_first_bases(build_rows: Build) -> None:
    card = {"base_model": ["z/1", "a/1", "m/1"]}
    s = build_rows(
        [{"id": "k/merge", "downloads": 11, "cardData": card}, drawn("z/1", 1), drawn("a/1", 1), drawn("m/1", 1)]
    )
    split = {r["id"]: (r["split"], r["primary"], r["full"]) for r in rows(s, "rollup")}
    assert split == {"k/merge": (11, 11, 11), "z/1": (5, 12, 12), "a/1": (5, 1, 12), "m/1": (4, 1, 12)}


def test_a_cycle_is_one_root_and_shows_its_values_on_each_member(build_rows: Build) -> None:
    s = build_rows([drawn("b/2", 10, "a/1"), drawn("a/1", 5, "b/2"), drawn("c/3", 1, "b/2"), drawn("d/4", 2, "c/3")])
    info = rows(s, "info")[0]
    assert (info["cycles"], info["roots"], info["families"], info["components"], info["ancestry_pairs"]) == (
        1,
        1,
        1,
        1,
        5,
    )
    rolled = {r["id"]: (r["own"], r["full"], r["split"], r["descendants"], r["children"]) for r in rows(s, "rollup")}
    assert rolled["a/1"] == (5, 18, 18, 2, 1) and rolled["b/2"] == (10, 18, 18, 2, 2)
    assert {r["key"]: r["numerator"] for r in rows(s, "shares", by="family")} == {"a/1": 18}
    tree = rows(s, "tree", model="b/2")
    assert [(r["direction"], r["id"]) for r in tree] == [
        ("above", "a/1"),
        ("self", "b/2"),
        ("below", "a/1"),
        ("below", "c/3"),
        ("below", "d/4"),
    ]


def test_windows_and_undated_models(build_rows: Build) -> None:
    def dated(model: str, created: str | None, all_time: int) -> dict[str, Any]:
        return {"id": model, "downloads": 1, "downloadsAllTime": all_time, "createdAt": created}

    s = build_rows([dated("a/1", "2023-09-21T00:00:00Z", 10), dated("a/2", "2023-09-20T23:59:59Z", 100),
                    dated("a/3", "2024-09-20T23:59:59Z", 1000), dated("a/4", "2024-09-21T00:00:00Z", 10_000),
                    dated("a/5", None, 100_000)], taken_at="2024-09-20")  # fmt: skip
    # 2024-09-20 less 365 days is 2023-09-21: leap years have 366.
    assert s.select(window="under_1y").denominator == 10 + 1000
    assert s.select(window="under_1y").undated == 1
    assert s.select(window="all_time").denominator == 111_110 and s.select().denominator == 5


def test_licences_divide_downloads_in_whole_numbers(build_rows: Build) -> None:
    s = build_rows([{"id": "a/1", "downloads": 10, "cardData": {"license": ["mit", "apache-2.0", "gpl-3.0"]}},
                    {"id": "a/2", "downloads": 5, "tags": ["license:mit", "license:bsd"]},
                    {"id": "a/3", "downloads": 7, "tags": ["license:unknown"]}, {"id": "a/4", "downloads": 2}])  # fmt: skip
    got = {r["key"]: r["numerator"] for r in rows(s, "shares", by="licence")}
    assert got == {"mit": 4 + 2, "apache-2.0": 3, "gpl-3.0": 3, "bsd": 3, "unknown": 7, "(unknown)": 2}


def test_relations_of_models_without_a_base_or_a_label(build_rows: Build) -> None:
    s = build_rows([drawn("a/1", 8), drawn("b/1", 4, "a/1"), {"id": "b/2", "downloads": 2, "tags": ["base_model:a/1"]}])
    got = {r["key"]: (r["numerator"], r["models"]) for r in rows(s, "shares", by="relation")}
    assert got == {"(none)": (8, 1), "quantized": (4, 1), "(unknown)": (2, 1)}


def test_frames_intersect_and_an_empty_one_has_no_share(sample: Session) -> None:
    both = rows(sample, "intermediaries", rule="R4", frame=["gguf", "text-generation"])[0]
    assert both["frame"] == "gguf & text-generation"
    assert both["denominator"] < rows(sample, "intermediaries", rule="R4", frame="gguf")[0]["denominator"]
    empty = rows(sample, "intermediaries", rule="R4", frame="task:nothing-of-the-kind")[0]
    assert (empty["numerator"], empty["denominator"], empty["share"]) == (0, 0, None)


@pytest.mark.parametrize(
    ("name", "options", "said"),
    [
        ("intermediaries", {"frame": "nope"}, "with-lineage, gguf"),
        ("intermediaries", {"frame": "task:"}, "task:NAME"),
        ("intermediaries", {"window": "all_time"}, "downloads_all_time"),
        ("intermediaries", {"window": "nope"}, "30d, all_time, under_1y"),
        ("intermediaries", {"basis": "nope"}, "declared, stated, inferred"),
        ("intermediaries", {"rule": "R7"}, "R1, R2, R3"),
        ("intermediaries", {"threshold": "1.5"}, "from 0 to 1"),
        ("intermediaries", {"owner": "nope"}, "group, account"),
        ("intermediaries", {"list": "nope"}, "ten-accounts-2024"),
        ("shares", {"by": "nope"}, "publisher, origin"),
        ("tree", {"model": "a/b", "relation": "nope"}, ""),
    ],
)
def test_what_cannot_be_asked_says_what_can(sample: Session, name: str, options: dict[str, Any], said: str) -> None:
    if name == "tree":
        options = {**options, "model": "google-bert/bert-base-uncased"}
        said = "finetune, adapter"
    with pytest.raises(UsageError, match=said.replace("(", r"\(")):
        sample.table(name, **options)


def test_trees_show_every_model_once_or_count_it(sample: Session) -> None:
    ids = [i for i, d in zip(sample.models.id, sample.models.descendants, strict=True) if d > 0]
    for model in random.Random(7).sample(ids, 40):
        family = sample.family_of(model)
        for options in ({"width": None}, {"width": 3}, {"width": 2, "depth": 1}):
            tree = rows(sample, "tree", model=model, up=False, **options)
            shown = [r["id"] for r in tree if r["id"]]
            assert len(shown) == len(set(shown))
            assert len(shown) + sum(r["folded"] for r in tree) == family.members.num_rows
        assert set(family.members.column("id").to_pylist()) == nx.ancestors(sample.to_networkx(model), model) | {model}
