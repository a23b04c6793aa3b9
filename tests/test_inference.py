"""What prose, metadata and names add to what is declared, and how it is explained and judged."""

import json
import tempfile
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from lineage.catalog import Catalog
from lineage.errors import NotFound
from lineage.pipeline import build
from lineage.schema import BASES
from lineage.session import Session
from tests.conftest import Build, built_of
from tests.slow_names import Believed
from tests.slow_rules import judged_one_by_one
from tests.test_claims import declares, edges, row, said

# --- labels that the metadata deny --------------------------------------------------------------------


#: Of a repository: its name, tags, more fields, the label that it is given, and the one under `stated`.
LABELLED: list[tuple[str, list[str], dict[str, Any], str | None, str | None]] = [
    ("X-4bit", ["mlx", "4-bit"], {}, "finetune", "quantized"),
    ("X-mlx", ["4-bit"], {"library_name": "mlx"}, "finetune", "quantized"),
    ("X-4bit", ["mlx"], {}, "finetune", "quantized"),
    ("X-mlx", ["mlx"], {}, "finetune", "finetune"),
    ("X-GGUF", ["gguf"], {}, "finetune", "quantized"),
    ("X-Q4_K_M-GGUF", [], {"library_name": "gguf"}, None, "quantized"),
    ("X", ["gguf"], {}, "finetune", "finetune"),
    ("X", [], {"config": {"quantization_config": {"quant_method": "awq"}}}, "finetune", "quantized"),
    ("X", [], {"config": {"quantization_config": {"quant_method": ""}}}, "finetune", "finetune"),
    ("X", [], {"config": {"quantization_config": {"quant_method": "gptq"}}}, None, "quantized"),
    ("X", [], {"config": {"quantization_config": {"quant_method": "gptq"}}}, "merge", "merge"),
    ("X", [], {"config": {"quantization_config": {"quant_method": "gptq"}}}, "adapter", "adapter"),
    ("X", ["onnx", "safetensors"], {}, "quantized", "finetune"),
    ("X", ["onnx", "pytorch"], {}, "quantized", "finetune"),
    ("X", ["onnx"], {}, "quantized", "quantized"),
    ("X-GGUF", ["onnx", "safetensors", "gguf"], {}, "quantized", "quantized"),
]


@pytest.fixture(scope="module")
def labelled(tmp_path_factory: pytest.TempPathFactory) -> Session:
    """All of them in one snapshot, each of an account of its own."""
    rows = [row("a/base")]
    for number, (name, tags, more, label, _) in enumerate(LABELLED):
        claims = [f"base_model:{label}:a/base"] if label else []
        rows.append(row(f"b{number}/{name}", None, "base_model:a/base", *claims, *tags, **more))
    return built_of(tmp_path_factory.mktemp("labelled"), rows)


@pytest.mark.parametrize("number", range(len(LABELLED)))
def test_labels_are_corrected_by_metadata_under_stated(labelled: Session, number: int) -> None:
    name, _, _, label, stated = LABELLED[number]
    model = f"b{number}/{name}"
    assert [edge for edge in edges(labelled) if edge[0] == model] == [(model, "a/base", label)]
    assert [edge for edge in edges(labelled, "stated") if edge[0] == model] == [(model, "a/base", stated)]
    corrected = {
        e["child"]: e["corrected"] for e in labelled.snapshot.table("edges", ["child", "corrected"]).to_pylist()
    }
    assert corrected[model] == (label != stated)
    assert labelled.table("info").to_pylist()[0]["corrected"] == sum(corrected.values())


def test_a_label_of_the_card_is_not_taken_for_the_hubs_error(build_rows: Build) -> None:
    card = {"base_model": "a/base", "base_model_relation": "quantized"}
    s = build_rows([row("a/base"), row("b/x", card, "onnx", "safetensors")])
    assert edges(s, "stated") == {("b/x", "a/base", "quantized")}


# --- prose --------------------------------------------------------------------------------------------


def card_row(model: str, body: str, front: str = "license: mit", **more: Any) -> dict[str, Any]:
    return {"id": model, "downloads": 1, "readme": f"---\n{front}\n---\n{body}\n", **more}


def test_prose_names_a_base_under_stated(build_rows: Build) -> None:
    s = build_rows(
        [
            card_row("b/X-GGUF", "Original model: https://huggingface.co/a/X"),
            card_row("c/q", "static quants of https://huggingface.co/gone/Y"),
        ]
    )
    assert not edges(s)
    assert edges(s, "stated") == {("b/X-GGUF", "a/X", "quantized"), ("c/q", "gone/Y", "quantized")}
    counts = s.snapshot.counts
    assert (counts["stubs"], counts["edges"], counts["roots"], counts["components"]) == (0, 0, 2, 2)
    stubs = [
        (m["id"], m["basis"]) for m in s.snapshot.table("models", ["id", "stub", "basis"]).to_pylist() if m["stub"]
    ]
    assert stubs == [("a/X", "stated"), ("gone/Y", "stated")]
    info = s.table("info").to_pylist()[0]
    assert (info["edges"], info["edges_stated"], info["edges_inferred"]) == (0, 2, 2)


def test_prose_beside_a_declared_base_adds_what_it_says(build_rows: Build) -> None:
    s = build_rows([card_row("b/X-GGUF", "Original model: https://huggingface.co/a/X", "base_model: a/grand"),
                    card_row("b/Y-GGUF", "Original model: https://huggingface.co/a/Y", "base_model: a/y")])  # fmt: skip
    assert edges(s) == {("b/X-GGUF", "a/grand", None), ("b/Y-GGUF", "a/y", None)}
    assert {(c, b) for c, b, _ in edges(s, "stated")} == {
        ("b/X-GGUF", "a/grand"),
        ("b/X-GGUF", "a/X"),
        ("b/Y-GGUF", "a/y"),
    }


# --- names --------------------------------------------------------------------------------------------


def test_a_quantizers_suffix_leads_to_the_one_repository_of_that_name(build_rows: Build) -> None:
    s = build_rows(
        [
            row("a/Model-7B"),
            row("b/model-7b-GGUF"),
            row("c/Twice-7B"),
            row("d/Twice-7B"),
            row("b/Twice-7B-GGUF"),
            row("b/Nowhere-GGUF"),
        ]
    )
    assert not edges(s, "stated")
    assert edges(s, "inferred") == {("b/model-7b-GGUF", "a/Model-7B", "quantized")}
    assert said(s, "b/model-7b-GGUF") == {("name", "quantizer-suffix", "edge", None)}
    assert not said(s, "b/Twice-7B-GGUF")


def test_a_base_that_others_name_is_a_name_that_is_there(build_rows: Build) -> None:
    s = build_rows(
        [
            row("b/q", None, *declares("gone/Model-7B")),
            row("c/Model-7B-GGUF"),
            row("d/Alone-GGUF", None, *declares("gone/Alone")),
        ]
    )
    assert ("c/Model-7B-GGUF", "gone/Model-7B", "quantized") in edges(s, "inferred")
    assert ("name", "quantizer-suffix", "dropped", "declared") not in said(s, "d/Alone-GGUF")


def test_an_author_in_the_name(build_rows: Build) -> None:
    s = build_rows(
        [
            row("acme/anvil-7b"),
            row("r/acme_-_anvil-7b-gguf"),
            row("r/acme_-_gone-gguf"),
            row("acme/bolt"),
            row("r/Acme_-_Bolt"),
        ]
    )
    assert edges(s, "inferred") == {
        ("r/acme_-_anvil-7b-gguf", "acme/anvil-7b", "quantized"),
        ("r/Acme_-_Bolt", "acme/bolt", "copy"),
    }


def test_names_are_asked_only_where_nothing_is_declared_and_dates_allow_it(build_rows: Build) -> None:
    s = build_rows(
        [row("a/M-1B", createdAt="2024-05-01"), row("a/N-1B", createdAt="2024-01-01"), row("b/M-1B-GGUF", createdAt="2024-04-01"), row("b/N-1B-GGUF", createdAt="2024-04-01"),
         row("c/N-1B-AWQ", None, *declares("x/other"), createdAt="2024-04-01")]
    )  # fmt: skip
    assert edges(s, "inferred") == {("b/N-1B-GGUF", "a/N-1B", "quantized"), ("c/N-1B-AWQ", "x/other", "quantized")}
    assert ("name", "quantizer-suffix", "dropped", "older-than-base") in said(s, "b/M-1B-GGUF")
    assert ("name", "quantizer-suffix", "dropped", "declared") in said(s, "c/N-1B-AWQ")


def test_a_quantization_of_an_accounts_own_model_hangs_on_that(build_rows: Build) -> None:
    s = build_rows(
        [
            row("g/Grand"),
            row("a/Tune", None, *declares("g/Grand", "finetune")),
            row("a/Tune-GGUF", None, *declares("g/Grand")),
            row("b/Tune-GGUF", None, *declares("g/Grand")),
        ]
    )
    assert ("a/Tune-GGUF", "g/Grand", "quantized") in edges(s, "stated")
    assert edges(s, "inferred") == {
        ("a/Tune", "g/Grand", "finetune"),
        ("a/Tune-GGUF", "a/Tune", "quantized"),
        ("b/Tune-GGUF", "g/Grand", "quantized"),
    }


def test_nearer_needs_that_the_nearer_one_derives_from_the_base(build_rows: Build) -> None:
    s = build_rows([row("g/Grand"), row("a/Tune"), row("a/Tune-GGUF", None, *declares("g/Grand"))])
    assert edges(s, "inferred") == {("a/Tune-GGUF", "g/Grand", "quantized")}
    deep = build_rows(
        [
            row("g/G"),
            row("a/T1", None, *declares("g/G", "finetune")),
            row("a/T2", None, *declares("a/T1", "finetune")),
            row("a/T2-GGUF", None, *declares("g/G", "finetune"), "gguf"),
        ]
    )
    assert ("a/T2-GGUF", "a/T2", "quantized") in edges(deep, "inferred")
    loop = build_rows(
        [row("a/T", None, *declares("a/T-GGUF", "finetune")), row("a/T-GGUF", None, *declares("g/G")), row("g/G")]
    )
    assert ("a/T-GGUF", "g/G", "quantized") in edges(loop, "inferred")


@pytest.mark.parametrize(
    ("label", "inferred"), [("finetune", "copy"), (None, "copy"), ("quantized", "quantized"), ("merge", "merge")]
)
def test_the_same_name_under_another_account_is_a_copy(build_rows: Build, label: str | None, inferred: str) -> None:
    tags = ["base_model:a/Model", *([f"base_model:{label}:a/Model"] if label else [])]
    s = build_rows(
        [row("a/Model"), row("u/model", None, *tags), row("a/model-2", None, *declares("a/Model", "finetune"))]
    )
    assert ("u/model", "a/Model", label) in edges(s, "stated")
    assert ("u/model", "a/Model", inferred) in edges(s, "inferred")
    assert ("a/model-2", "a/Model", "finetune") in edges(s, "inferred")


# --- explained ----------------------------------------------------------------------------------------


def test_explain_says_what_was_made_of_every_claim(build_rows: Build) -> None:
    card = {"base_model": ["a/base", "/home/x"], "model_link": "c/z"}
    s = build_rows(
        [
            row("a/base"),
            row(
                "b/X-GGUF",
                card,
                *declares("a/base", "finetune"),
                "base_model:adapter:a/copied",
                "gguf",
                readme="Original model: https://huggingface.co/a/base",
            ),
        ]
    )
    rows = s.table("explain", model="https://huggingface.co/b/x-gguf").to_pylist()
    by = {(r["evidence"], r["base_as_written"]): r for r in rows}
    assert [r["evidence"] for r in rows] == sorted(
        (r["evidence"] for r in rows), key=["tag", "card", "tag-author", "text", "name"].index
    )
    assert by["tag", "a/base"]["outcome"] == "edge" and by["tag", "a/base"]["relation"] == "finetune"
    assert "its own metadata make quantized of finetune under stated" in by["tag", "a/base"]["why"]
    assert by["card", "/home/x"]["why"].endswith("a path on somebody's disk")
    assert by["card", "c/z"]["why"].endswith("another field of the card, which comes first, names the base")
    assert by["tag-author", "a/copied"]["basis"] is None
    assert "the prose of its card, by the rule original-model" in by["text", "https://huggingface.co/a/base"]["why"]
    only = s.table("explain", model="b/X-GGUF", base="A/BASE").to_pylist()
    assert {r["base"] for r in only} == {"a/base"}
    assert s.table("explain", model="b/X-GGUF", base="/home/x").num_rows == 1
    with pytest.raises(NotFound, match=r"does not name 'x/y' as its base\. It names a/base, a/copied"):
        s.table("explain", model="b/X-GGUF", base="x/y")
    said_: list[str] = []
    assert s.table("explain", model="a/base", note=said_.append).num_rows == 0
    assert said_ == [f"nothing in {s.snapshot.name} says what a/base was made from"]


def test_every_reason_that_occurs_is_explained(build_rows: Build) -> None:
    from lineage.answers.explain import REASONS

    s = build_rows(
        [
            row("a/base", createdAt="2024-05-01"),
            row(
                "m/m",
                {
                    "base_model": [
                        "m/m",
                        "None",
                        "/x",
                        "https://x.org/y",
                        "spaces/a/b",
                        "a b",
                        "a/é",
                        "z" * 600,
                        "gpt9",
                        5,
                    ]
                },
                "base_model:merge:z/z",
            ),
            row("m/base-GGUF", createdAt="2024-01-01"),
        ]
    )
    found = {c["reason"] for c in s.snapshot.table("claims").to_pylist()} - {None}
    assert len(found) > 9 and found <= set(REASONS)


def test_conflicts_are_listed_with_what_each_source_says(build_rows: Build) -> None:
    s = build_rows([row("a/base"), row("b/x", {"base_model": "a/base", "base_model_relation": "merge"}, *declares("a/base"), baseModels={"relation": "finetune", "models": [{"id": "a/base"}]}),
                    row("b/y", None, *declares("a/base"))])  # fmt: skip
    (found,) = s.table("conflicts").to_pylist()
    assert found == {
        "child": "b/x",
        "base": "a/base",
        "relation": "merge",
        "card": "merge",
        "hub": "finetune",
        "tag": "quantized",
        "tag_author": None,
        "downloads": 1,
    }
    assert s.snapshot.counts["conflicts"] == 1


def test_rules_are_judged_against_what_is_declared(build_rows: Build) -> None:
    s = build_rows(
        [row("a/M-1B"), row("a/N-1B"), row("t/N-1B-tune", None, *declares("a/N-1B", "finetune")), row("b/M-1B-GGUF", None, *declares("a/M-1B")), row("b/N-1B-GGUF", None, *declares("a/M-1B")),
         row("b/N-1B-tune-GGUF", None, *declares("a/N-1B")), row("c/M-1B-AWQ")]
    )  # fmt: skip
    rows = {r["rule"]: r for r in s.table("check-rules").to_pylist()}
    got = rows["quantizer-suffix"]
    assert (got["hits"], got["judged"], got["right"], got["nearer"], got["wrong"], got["used"]) == (4, 3, 1, 1, 1, 1)
    assert (got["precision"], got["precision_strict"], got["recall"]) == (0.5, 0.333333333333, 0.25)
    assert rows["(all name)"]["right"] == 1 and rows["copy"]["judged"] is None


# --- the whole against its twin -----------------------------------------------------------------------

NAMES = ["M", "M-GGUF", "m-gguf-AWQ", "N", "N-4bit", "N-AWQ", "a_-_M", "a_-_M-GGUF", "b_-_N-AWQ", "M-AWQ-GGUF"]
ALL_IDS = [f"{account}/{name}" for account in "abc" for name in NAMES]
LABELS = ("finetune", "quantized", "merge", None)
SMALL_HUBS = st.lists(
    st.builds(
        lambda model, base, label, tags, method, created: {
            "id": model,
            "downloads": 1,
            "tags": [
                *tags,
                *([f"base_model:{base}"] if base else []),
                *([f"base_model:{label}:{base}"] if base and label else []),
            ],
            **({"config": {"quantization_config": {"quant_method": method}}} if method else {}),
            **({"createdAt": created} if created else {}),
        },
        st.sampled_from(ALL_IDS),
        st.sampled_from([None, None, *ALL_IDS]),
        st.sampled_from(LABELS),
        st.lists(st.sampled_from(["gguf", "mlx", "4-bit", "onnx", "safetensors", "pytorch"]), unique=True, max_size=3),
        st.sampled_from([None, None, None, "gptq"]),
        st.sampled_from([None, "2024-01-01", "2024-02-01"]),
    ),
    min_size=1,
    max_size=9,
    unique_by=lambda r: r["id"].lower(),
)


def agrees_with_its_twin(rows: list[dict[str, Any]]) -> None:
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "t.jsonl"
        path.write_text("".join(json.dumps(r) + "\n" for r in rows))
        catalog = Catalog(Path(folder))
        session = Session(build(str(path), catalog=catalog, taken_at="2024-01-01").snapshot, catalog)
        believed = Believed(rows)
        for basis in BASES:
            assert edges(session, basis) == getattr(believed, basis), basis
        assert session.table("check-rules").to_pylist() == judged_one_by_one(session.snapshot)


@settings(max_examples=8, deadline=None, suppress_health_check=list(HealthCheck))
@given(SMALL_HUBS)
def test_metadata_and_names_say_what_their_twin_says(rows: list[dict[str, Any]]) -> None:
    agrees_with_its_twin(rows)


@pytest.mark.soak
@settings(max_examples=1500, deadline=None, suppress_health_check=list(HealthCheck))
@given(SMALL_HUBS)
def test_many_more_say_what_their_twin_says(rows: list[dict[str, Any]]) -> None:
    agrees_with_its_twin(rows)
