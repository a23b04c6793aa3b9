"""Claims and edges: every rule of design §4 on a drawn table, and the whole against the slow twin."""

import json
import tempfile
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from lineage.catalog import Catalog
from lineage.pipeline import build
from lineage.session import Session
from tests.conftest import Build
from tests.slow import Hub


def edges(session: Session) -> set[tuple[str, str, str | None]]:
    table = session.snapshot.table("edges", ["child", "base", "relation"]).to_pylist()
    return {(e["child"], e["base"], e["relation"]) for e in table}


def claims(session: Session) -> set[tuple[str, str, str, str | None]]:
    table = session.snapshot.table("claims").to_pylist()
    return {(c["base_as_written"], c["evidence"], c["outcome"], c["reason"]) for c in table}


def row(model: str, *tags: str, card: Any = None, hub: Any = None, **more: Any) -> dict[str, Any]:
    made: dict[str, Any] = {"id": model, "downloads": 1, "tags": list(tags), **more}
    if card is not None:
        made["cardData"] = card
    if hub is not None:
        relation, *bases = hub
        made["baseModels"] = {"relation": relation, "models": [{"_id": f"0{i}", "id": b} for i, b in enumerate(bases)]}
    return made


TYPED = ("base_model:a/base", "base_model:quantized:a/base")


def test_a_typed_tag_with_its_twin_is_one_edge(build_rows: Build) -> None:
    s = build_rows([row("a/base"), row("b/q", *TYPED)])
    assert edges(s) == {("b/q", "a/base", "quantized")}
    assert claims(s) == {("a/base", "tag", "edge", None)}


def test_an_untyped_tag_alone_has_no_label(build_rows: Build) -> None:
    s = build_rows([row("a/base"), row("b/q", "base_model:a/base")])
    assert edges(s) == {("b/q", "a/base", None)}


def test_twins_are_compared_without_case(build_rows: Build) -> None:
    s = build_rows([row("a/base"), row("b/q", "base_model:A/Base", "base_model:adapter:a/base")])
    assert edges(s) == {("b/q", "a/base", "adapter")}
    assert {c[1] for c in claims(s)} == {"tag"}


def test_a_hand_written_tag_counts_only_alone(build_rows: Build) -> None:
    s = build_rows([row("a/base"), row("a/grand"), row("b/q", *TYPED, "base_model:quantized:a/grand")])
    assert edges(s) == {("b/q", "a/base", "quantized")}
    assert ("a/grand", "tag-author", "dropped", "hand-written") in claims(s)
    alone = build_rows([row("a/base"), row("b/q", "base_model:quantized:a/base")])
    assert edges(alone) == {("b/q", "a/base", "quantized")}
    assert claims(alone) == {("a/base", "tag-author", "edge", None)}


def test_the_cards_label_wins_then_the_hubs_then_the_tags(build_rows: Build) -> None:
    hub = ("finetune", "a/base")
    s = build_rows([row("a/base"), row("b/1", *TYPED, card={"base_model": "a/base", "base_model_relation": " Merge "}, hub=hub),
                    row("b/2", *TYPED, card={"base_model": "a/base"}, hub=hub),
                    row("b/3", *TYPED, card={"base_model": "a/base", "base_model_relation": "distilled"})])  # fmt: skip
    assert edges(s) == {("b/1", "a/base", "merge"), ("b/2", "a/base", "finetune"), ("b/3", "a/base", "quantized")}
    assert s.snapshot.counts["unknown_labels"] == 1 and s.snapshot.counts["conflicts"] == 2


def test_several_labels_in_tags_give_the_first_and_a_conflict(build_rows: Build) -> None:
    s = build_rows([row("a/base"), row("b/q", *TYPED, "base_model:adapter:a/base")])
    assert edges(s) == {("b/q", "a/base", "adapter")}
    assert s.snapshot.counts["conflicts"] == 1


def test_peft_configs_are_adapters(build_rows: Build) -> None:
    config = {"peft": {"base_model_name_or_path": "a/base"}}
    s = build_rows(
        [row("a/base"), row("b/lora", config=config), row("b/x", config={"peft": {"base_model_name_or_path": "/x/y"}})]
    )
    assert edges(s) == {("b/lora", "a/base", "adapter")}
    assert ("/x/y", "config", "rejected", "path") in claims(s)


def test_case_urls_and_revisions(build_rows: Build) -> None:
    written = ["A/BASE", "https://huggingface.co/a/base/tree/main", "a/base@v1", " a/base ", "`a/base`", "a/base/"]
    s = build_rows([row("a/base"), *(row(f"b/{i}", card={"base_model": w}) for i, w in enumerate(written))])
    assert edges(s) == {(f"b/{i}", "a/base", None) for i in range(len(written))}


def test_ids_that_differ_only_in_case_stay_two(build_rows: Build) -> None:
    s = build_rows([row("a/Base"), row("a/base"), row("b/1", card={"base_model": "a/base"}),
                    row("b/2", card={"base_model": "A/BASE"})])  # fmt: skip
    assert edges(s) == {("b/1", "a/base", None), ("b/2", "a/Base", None)}


def test_ownerless_bases_count_only_where_known(build_rows: Build) -> None:
    s = build_rows([row("bert-old"), row("b/1", card={"base_model": "bert-old"}), row("b/2", card={"base_model": "gpt2"}),
                    row("b/3", card={"base_model": "llama"})])  # fmt: skip
    assert edges(s) == {("b/1", "bert-old", None), ("b/2", "openai-community/gpt2", None)}
    assert ("llama", "card", "rejected", "ownerless") in claims(s)


def test_junk_is_rejected_with_a_reason(build_rows: Build) -> None:
    junk = {"none": "null-word", "N/A": "null-word", "/home/x/llama": "path", "./out": "path", "C:\\x": "path",
            "datasets/a/b": "not-a-model", "a/b c/d": "blanks", "https://github.com/a/b": "url", "a/{x}": "syntax"}  # fmt: skip
    rows = [row(f"b/{i}", card={"base_model": text}) for i, text in enumerate(junk)]
    s = build_rows(
        [*rows, row("b/list", card={"base_model": [3, ["a/b"], None, "x/y"]}), row("b/empty", card={"base_model": []})]
    )
    assert {(text, "card", "rejected", reason) for text, reason in junk.items()} <= claims(s)
    assert edges(s) == {("b/list", "x/y", None)}
    assert s.snapshot.counts["rejected_claims"] == len(junk) + 2


def test_a_stub_is_spelled_as_most_models_spell_it(build_rows: Build) -> None:
    s = build_rows([row("b/1", card={"base_model": "X/y"}), row("b/2", card={"base_model": "x/y"}),
                    row("b/3", card={"base_model": "x/y"}), row("b/4", card={"base_model": "Q/z"}),
                    row("b/5", card={"base_model": "q/z"})])  # fmt: skip
    assert {b for _, b, _ in edges(s)} == {"x/y", "Q/z"}
    stubs = s.models[s.models.stub]
    assert set(stubs.id) == {"x/y", "Q/z"} and stubs.downloads.isna().all() and (stubs.own == 0).all()


def test_an_old_name_in_the_card_is_an_alias(build_rows: Build) -> None:
    s = build_rows([row("new/name"), row("b/1", card={"base_model": "old/name"}, hub=("finetune", "new/name"))])
    assert edges(s) == {("b/1", "new/name", "finetune")}
    assert ("old/name", "card", "alias", None) in claims(s)
    tags = ("base_model:new/name", "base_model:finetune:new/name")
    assert edges(build_rows([row("new/name"), row("b/1", *tags, card={"base_model": "old/name"})], name="t")) == edges(
        s
    )


def test_two_bases_that_both_exist_are_two_edges(build_rows: Build) -> None:
    s = build_rows([row("a/1"), row("a/2"), row("b/1", card={"base_model": "a/1"}, hub=("finetune", "a/2"))])
    assert edges(s) == {("b/1", "a/1", None), ("b/1", "a/2", "finetune")}


def test_aliases_go_by_position_where_the_counts_are_equal(build_rows: Build) -> None:
    hub = ("merge", "new/1", "keep/2")
    s = build_rows(
        [
            row("b/1", card={"base_model": ["old/1", "keep/2"]}, hub=hub),
            row("c/1", card={"base_model": ["old/9"]}, hub=hub),
        ]
    )
    assert edges(s) == {("b/1", "new/1", "merge"), ("b/1", "keep/2", "merge"),
                        ("c/1", "old/9", None), ("c/1", "new/1", "merge"), ("c/1", "keep/2", "merge")}  # fmt: skip


def test_self_loops_are_dropped_and_counted_once_a_model(build_rows: Build) -> None:
    s = build_rows([row("a/b", "base_model:a/b", "base_model:finetune:A/B", card={"base_model": ["a/b", "x/y"]})])
    assert edges(s) == {("a/b", "x/y", None)} and s.snapshot.counts["self_loops"] == 1


def test_first_base_is_the_cards_then_the_hubs_then_a_to_z(build_rows: Build) -> None:
    s = build_rows([row("m/card", card={"base_model": ["z/1", "a/1"]}), row("m/hub", hub=("merge", "z/1", "a/1")),
                    row("m/tag", "base_model:z/1", "base_model:a/1"),
                    row("m/both", card={"base_model": ["z/1"]}, hub=("merge", "a/1", "z/1"))])  # fmt: skip
    first = dict(zip(s.models.id, s.models.base, strict=True))
    assert (first["m/card"], first["m/hub"], first["m/tag"], first["m/both"]) == ("z/1", "z/1", "a/1", "z/1")


def test_a_model_whose_edges_differ_is_mixed(build_rows: Build) -> None:
    s = build_rows([row("m/1", "base_model:a/1", "base_model:merge:a/1", "base_model:a/2"), row("m/2", "base_model:a/2"),
                    row("m/3")])  # fmt: skip
    relation = {m["id"]: m["relation"] for m in s.snapshot.table("models", ["id", "relation"]).to_pylist()}
    assert (relation["m/1"], relation["m/2"], relation["m/3"]) == ("mixed", "unlabelled", None)


def test_a_child_older_than_its_base_is_flagged(build_rows: Build) -> None:
    s = build_rows(
        [
            row("a/b", createdAt="2024-05-01T00:00:00.000Z"),
            row("c/d", "base_model:a/b", createdAt="2024-01-01T00:00:00.000Z"),
        ]
    )
    assert s.edges.older_than_base.tolist() == [True]


IDS = ["a/x", "a/y", "A/x", "b/q", "b/r", "c/m", "c/n", "old", "gpt2"]
TEXTS = [*IDS, "a/X", "s/t", "S/t", "S/T", "none", "/tmp/x", "https://huggingface.co/a/x", "unknown-name", "n/1", "n/2"]
TAGS = st.lists(
    st.one_of(
        st.sampled_from([f"base_model:{t}" for t in TEXTS if not t.startswith("http")]),
        st.sampled_from([f"base_model:{r}:{t}" for t in TEXTS for r in ("quantized", "merge", "adapter")]),
    ),
    max_size=4,
)
ROWS = st.lists(
    st.fixed_dictionaries(
        {"id": st.sampled_from(IDS), "downloads": st.integers(0, 1000), "tags": TAGS},
        optional={
            "cardData": st.fixed_dictionaries(
                {"base_model": st.one_of(st.sampled_from(TEXTS), st.lists(st.sampled_from(TEXTS), max_size=3))},
                optional={"base_model_relation": st.sampled_from(["merge", "Quantized", "other"])},
            ),
            "baseModels": st.fixed_dictionaries(
                {
                    "relation": st.sampled_from(["finetune", "quantized"]),
                    "models": st.lists(st.sampled_from(["a/x", "n/1", "n/2", "b/q"]).map(lambda i: {"id": i}), max_size=2,
                                       unique_by=lambda m: m["id"]),
                }
            ),
        },
    ),
    min_size=1, max_size=8, unique_by=lambda r: r["id"],
)  # fmt: skip


def agrees_with_the_slow_twin(rows: list[dict[str, Any]]) -> None:
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "t.jsonl"
        path.write_text("".join(json.dumps(r) + "\n" for r in rows))
        catalog = Catalog(Path(folder))
        session = Session(build(str(path), catalog=catalog, taken_at="2024-01-01").snapshot, catalog)
        hub = Hub(rows, {"gpt2": "openai-community/gpt2"})
        table = session.snapshot.table("edges").to_pylist()
        got = {(e["child"], e["base"], e["relation"], e["conflict"]) for e in table}
        assert got == {(c, b, e["relation"], e["conflict"]) for (c, b), e in hub.edges.items()}
        assert {m["id"] for m in session.snapshot.table("models").to_pylist() if m["stub"]} == hub.stubs
        assert session.snapshot.counts["self_loops"] == len(hub.self_loops)
        assert session.snapshot.counts["rejected_claims"] == hub.rejected_claims
        for model in hub.rows:
            assert [e["base"] for e in table if e["child"] == model] == hub.bases(model)
        for m in session.snapshot.table("models").to_pylist():
            assert m["full"] == hub.full(m["id"])


SLOW = [HealthCheck.too_slow, HealthCheck.data_too_large]


@settings(max_examples=4, deadline=None, suppress_health_check=SLOW)
@given(ROWS, st.randoms(use_true_random=False))
def test_order_and_doubled_tags_change_nothing(rows: list[dict[str, Any]], random: Any) -> None:
    other = [{**r, "tags": [*r["tags"], *random.sample(r["tags"], len(r["tags"]))]} for r in rows]
    random.shuffle(other)
    with tempfile.TemporaryDirectory() as folder:
        made = []
        for name, table in (("one", rows), ("two", other)):
            path = Path(folder) / f"{name}.jsonl"
            path.write_text("".join(json.dumps(r) + "\n" for r in table))
            made.append(build(str(path), catalog=Catalog(Path(folder)), taken_at="2024-01-01").snapshot)
        assert made[0].manifest["tables"] == made[1].manifest["tables"]
        assert made[0].counts == made[1].counts


@settings(max_examples=8, deadline=None, suppress_health_check=SLOW)
@given(ROWS)
def test_the_program_resolves_like_the_slow_twin(rows: list[dict[str, Any]]) -> None:
    agrees_with_the_slow_twin(rows)


@pytest.mark.soak
@settings(max_examples=1500, deadline=None, suppress_health_check=SLOW)
@given(ROWS)
def test_many_more_resolve_like_the_slow_twin(rows: list[dict[str, Any]]) -> None:
    agrees_with_the_slow_twin(rows)
