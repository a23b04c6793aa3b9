"""Claims from every field and rule, on drawn tables: what is believed under which basis, and what is said of the rest."""

import json
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from lineage.ids import is_id, named, normalise
from lineage.reading.rows import canonical
from lineage.session import Session
from tests.conftest import Build, built_of

Edge = tuple[str, str, str | None]


def edges(session: Session, basis: str = "declared") -> set[Edge]:
    """The edges under a basis, with their label under it."""
    bases = {
        "declared": ("declared",),
        "stated": ("declared", "stated"),
        "inferred": ("declared", "stated", "inferred"),
    }[basis]
    label = {"declared": "relation", "stated": "relation_stated", "inferred": "relation_inferred"}[basis]
    return {
        (e["child"], e["base"], e[label])
        for e in session.snapshot.table("edges").to_pylist()
        if e["basis"] in bases and not (basis == "inferred" and e["replaced"])
    }


def ordered(session: Session, child: str) -> list[str]:
    found = [e for e in session.snapshot.table("edges").to_pylist() if e["child"] == child]
    return [e["base"] for e in sorted(found, key=lambda e: e["place"])]


def said(session: Session, model: str) -> set[tuple[str, str | None, str, str | None]]:
    """(evidence, rule, outcome, reason) of a model's claims."""
    found = session.snapshot.table("claims").to_pylist()
    return {(c["evidence"], c["rule"], c["outcome"], c["reason"]) for c in found if c["child"] == model}


def row(model: str, card: Any = None, *tags: str, **more: Any) -> dict[str, Any]:
    return {"id": model, "downloads": 1, "tags": list(tags), **({"cardData": card} if card is not None else {}), **more}


def declares(base: str, relation: str = "quantized") -> tuple[str, str]:
    return f"base_model:{base}", f"base_model:{relation}:{base}"


# --- fields of the card -------------------------------------------------------------------------------


#: What `base_model` holds, and the bases that are named so.
HELD: list[tuple[Any, list[str]]] = [
    ("a/x", ["a/x"]),
    (["b/y", "a/x"], ["b/y", "a/x"]),
    ({"id": "a/x", "revision": "main"}, ["a/x"]),
    ([{"name": "a/x"}, {"repo_url": "https://huggingface.co/b/y"}], ["a/x", "b/y"]),
    ("b/y, a/x", ["b/y", "a/x"]),
    ("b/y + a/x", ["b/y", "a/x"]),
    ("b/y and a/x", ["b/y", "a/x"]),
    ("b/y\na/x", ["b/y", "a/x"]),
    (["b/y, c/z", "a/x"], ["b/y", "c/z", "a/x"]),
    ("https://huggingface.co/a/x/tree/main", ["a/x"]),
    (" `a/x`\u200b ", ["a/x"]),
    ("a/x@main", ["a/x"]),
    (["a/x", "a/x", "A/X"], ["a/x"]),
    ("[a/x](https://huggingface.co/a/x)", ["a/x"]),
]

#: What it holds that names none, and why not.
NAMELESS: list[tuple[Any, set[str]]] = [
    ("", {"null-word"}), ([], set()), (None, set()), ([None, ""], {"null-word"}), ("None", {"null-word"}), ("no", {"null-word"}), (7, {"wrong-type"}), (True, {"wrong-type"}), ([3, ["a/x"]], {"wrong-type"}),
    ("/home/me/x", {"path"}), ("./out/x", {"path"}), ("C:\\models\\x", {"path"}), ("https://example.org/a/x", {"url"}), ("datasets/a/x", {"not-a-model"}), ("Llama 2 7B", {"blanks"}),
    ("a/x, Llama 2", {"blanks"}), ("org-only", {"ownerless"}), ("x" * 600, {"too-long"}), ("a/ü", {"syntax"}), ({}, {"wrong-type"}), ({"id": 5}, set()),
]  # fmt: skip


@pytest.fixture(scope="module")
def held(tmp_path_factory: pytest.TempPathFactory) -> Session:
    """A model for each of these, all in one snapshot."""
    rows = [row("a/x"), row("b/y"), row("c/z")]
    rows += [row(f"held/m{n}", {"base_model": value}) for n, (value, _) in enumerate(HELD)]
    rows += [row(f"none/m{n}", {"base_model": value}) for n, (value, _) in enumerate(NAMELESS)]
    return built_of(tmp_path_factory.mktemp("held"), rows)


@pytest.mark.parametrize("number", range(len(HELD)), ids=lambda n: str(HELD[n][0])[:40])
def test_what_base_model_may_hold(held: Session, number: int) -> None:
    assert ordered(held, f"held/m{number}") == HELD[number][1]


@pytest.mark.parametrize("number", range(len(NAMELESS)), ids=lambda n: str(NAMELESS[n][0])[:40])
def test_what_names_no_base_has_a_reason(held: Session, number: int) -> None:
    model, reasons = f"none/m{number}", NAMELESS[number][1]
    assert not [edge for edge in edges(held) if edge[0] == model]
    listed = held.table("rejected").to_pylist()
    if reasons:
        assert {reason for *_, outcome, reason in said(held, model) if outcome == "rejected"} == reasons
        assert {r["reason"] for r in listed if r["what"] == "claim" and r["id"] == model} == reasons
    assert held.snapshot.counts["rejected_claims"] == len(listed)


def test_the_first_field_of_a_card_that_names_a_base_wins(build_rows: Build) -> None:
    s = build_rows(
        [row("m/1", {"base_models": ["a/x", "b/y"], "model_link": "https://huggingface.co/c/z"}),
         row("m/2", {"base_model": "none", "model_link": "https://huggingface.co/c/z"}),
         row("m/3", {"base_model": "a/x", "base_models": [{"name": "b/y"}]}),
         row("m/4", {"base_model_sources": [{"url": "https://huggingface.co/b/y"}]})]
    )  # fmt: skip
    assert edges(s) == {
        ("m/1", "a/x", None),
        ("m/1", "b/y", None),
        ("m/2", "c/z", None),
        ("m/3", "a/x", None),
        ("m/4", "b/y", None),
    }
    assert ("card", "model_link", "dropped", "other-field") in said(s, "m/1")
    assert ("card", None, "rejected", "null-word") in said(s, "m/2")
    assert ("card", "base_models", "dropped", "other-field") in said(s, "m/3")


def test_a_label_in_a_list_of_one(build_rows: Build) -> None:
    s = build_rows(
        [
            row("m/1", {"base_model": "a/x", "base_model_relation": ["quantized"]}),
            row("m/2", {"base_model": "a/x", "base_model_relation": 5}),
        ]
    )
    assert edges(s) == {("m/1", "a/x", "quantized"), ("m/2", "a/x", None)}
    assert s.snapshot.counts["unknown_labels"] == 1


def test_several_ids_in_one_text_only_where_each_is_one() -> None:
    assert [name for name, _ in named("a/b, c/d | e/f; g/h & i/j")] == ["a/b", "c/d", "e/f", "g/h", "i/j"]
    assert named("a/b+c/d") == [("a/b", None), ("c/d", None)]
    for text in ("a/b, gpt2", "fine-tuned from a/b and others", "a/b c/d", ",".join(["a/b"] * 65), "a/b, /home/x"):
        assert len(named(text)) == 1 and named(text)[0][0] is None
    assert named("a/b, a/b") == [("a/b", None)]


DRESSED = st.lists(
    st.sampled_from(
        [
            "a/b",
            "None",
            "gpt2",
            "https://huggingface.co/",
            "hf.co/",
            "www.",
            "models/",
            "/tree/main",
            "@main",
            ":v1",
            "`",
            "[x](",
            ")",
            "datasets/",
            " ",
            "\u200b",
            "/",
            ".",
            "?a=1",
            "#b",
            "hf://",
            "é",
            "\\",
            "~",
            "-",
            "papers/",
            ",",
        ]
    ),
    max_size=7,
).map("".join)


@settings(max_examples=500, deadline=None)
@given(DRESSED | st.text(max_size=80))
def test_the_normaliser_is_total_and_idempotent(text: str) -> None:
    name, reason = normalise(text)
    assert (name is None) != (reason is None)
    if name is not None:
        assert is_id(name) and normalise(name) == (name, None)
    for found, why in named(text):
        assert (found is None) != (why is None)
        assert found is None or named(found) == [(found, None)]


@settings(max_examples=300, deadline=None)
@given(
    st.recursive(
        st.none() | st.booleans() | st.integers() | st.text(max_size=5),
        lambda v: st.lists(v, max_size=4) | st.dictionaries(st.text(max_size=3), v, max_size=4),
        max_leaves=12,
    )
)
def test_canonical_json_is_idempotent_and_blind_to_order(value: Any) -> None:
    def turned(v: Any) -> Any:
        return (
            {k: turned(v[k]) for k in reversed(v)}
            if isinstance(v, dict)
            else [turned(x) for x in v]
            if isinstance(v, list)
            else v
        )

    text = json.dumps(value)
    assert canonical(canonical(text)) == canonical(text) == canonical(json.dumps(turned(value), indent=2))


def test_pages_of_the_hub_are_no_models() -> None:
    for page in ("papers/2401.00001", "docs/x", "datasets/a/b", "collections/a/b"):
        assert normalise(f"https://huggingface.co/{page}") == (None, "not-a-model")
    assert normalise("https://huggingface.co/None") == (None, "null-word")


def test_who_packed_it(build_rows: Build) -> None:
    s = build_rows(
        [
            row("a/1", {"quantized_by": " bartowski "}),
            row("a/2"),
            row("gpt2"),
            row("a/3", {"quantized_by": ["x", "y"]}),
            row("a/4", {"quantized_by": ""}),
        ]
    )
    found = {m["id"]: m["produced_by"] for m in s.snapshot.table("models", ["id", "produced_by"]).to_pylist()}
    assert found == {"a/1": "bartowski", "a/2": "a", "a/3": "x", "a/4": "a", "gpt2": None}


# --- names that changed -------------------------------------------------------------------------------

KEY = "0123456789abcdef01234567"


def test_a_renamed_base_is_known_by_its_hub_id(build_rows: Build) -> None:
    s = build_rows(
        [row("new/name", _id=KEY), row("m/1", {"base_model": "Old/Name"}, baseModels={"relation": "finetune", "models": [{"_id": KEY, "id": "old/name"}]}),
         row("m/2", {"base_model": "old/name"}), row("m/3", None, *declares("old/name"))]
    )  # fmt: skip
    assert {(c, b) for c, b, _ in edges(s)} == {("m/1", "new/name"), ("m/2", "new/name"), ("m/3", "new/name")}
    assert s.snapshot.counts["stubs"] == 0


def test_a_name_that_somebody_else_took_since_is_not_an_old_name(build_rows: Build) -> None:
    hub = {"relation": "finetune", "models": [{"_id": KEY, "id": "old/name"}]}
    s = build_rows(
        [row("new/name", _id=KEY), row("old/name"), row("m/1", baseModels=hub), row("m/2", {"base_model": "old/name"})]
    )
    assert {(c, b) for c, b, _ in edges(s)} == {("m/1", "new/name"), ("m/2", "old/name")}


def test_one_repository_under_two_names_is_one_model(build_rows: Build) -> None:
    rows = [
        row("old/name", _id=KEY, lastModified="2024-01-01T00:00:00Z"),
        row("new/name", _id=KEY, lastModified="2024-02-01T00:00:00Z"),
        row("m/1", {"base_model": "old/name"}),
    ]
    for order in (rows, rows[::-1]):
        s = build_rows(order, name="n", force=True)
        assert s.snapshot.table("rejected", ["id", "reason"]).to_pylist() == [{"id": "old/name", "reason": "renamed"}]
        assert {(c, b) for c, b, _ in edges(s)} == {("m/1", "new/name")}
        assert s.snapshot.counts["models"] == 2


def test_a_column_called_id_of_something_else_is_no_key(build_rows: Build) -> None:
    assert build_rows([row("a/1", _id="1"), row("a/2", _id="1"), row("a/3", _id="")]).snapshot.counts["models"] == 3
