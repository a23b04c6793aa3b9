"""How many parameters: totals, the size in an id, and what quantizations and copies inherit; each with a slow twin."""

import json
import re
from fractions import Fraction
from typing import Any

import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from lineage.reading.parameters import inherit, read_parameters
from tests.test_disclosure import Row, loaded, sample_rows, table_of

#: The regex of the definition, as it is written there.
SIZE = re.compile(r"(?i)(?<![a-z0-9.])(?:(\d+)x)?(\d+(?:\.\d+)?)([bm])(?![a-z0-9])")
Edge = tuple[str, str, str | None, int | None]
Count = tuple[int | None, str | None]


def counts(rows: list[Row], edges: list[Edge] | None = None) -> dict[str, Count]:
    with table_of(rows) as con:
        read_parameters(con)
        if edges is not None:
            columns = {"child": pa.string(), "base": pa.string(), "relation": pa.string(), "position": pa.int32()}
            drawn = pa.table({n: pa.array([e[i] for e in edges], t) for i, (n, t) in enumerate(columns.items())})
            con.register("edge", drawn)
            inherit(con)
        return {i: (n, e) for i, n, e in con.execute("FROM parameters").fetchall()}


# The slow twin.


def plausible(n: Any) -> int | None:
    if isinstance(n, float | str):  # tables that passed through floats, or texts
        try:
            n = int(float(n)) if float(n) == int(float(n)) else None
        except (ValueError, OverflowError):
            return None
    return n if isinstance(n, int) and not isinstance(n, bool) and 1 <= n <= 10**15 else None


def in_name(model: str) -> int | None:
    found = SIZE.search(model)
    if not found:
        return None
    factor, number, unit = found.groups()
    whole, _, fraction = number.partition(".")
    if len((factor or "").lstrip("0")) > 9 or len(whole.lstrip("0")) > 15 or len(fraction.rstrip("0")) > 9:
        return None
    size = Fraction(factor or 1) * Fraction(number) * (10**9 if unit in "bB" else 10**6)
    return plausible(int(size)) if size.denominator == 1 else None


def twin(row: Row) -> Count:
    for column in ("safetensors", "gguf"):
        told = loaded(row.get(column))
        if isinstance(told, dict) and (total := plausible(told.get("total"))):
            return total, column
    named = in_name(row["id"])
    return named, "name" if named else None


def twin_inherits(rows: list[Row], edges: list[Edge]) -> dict[str, Count]:
    counted = {r["id"]: twin(r) for r in rows}
    bases: dict[str, list[Edge]] = {}
    for edge in edges:
        bases.setdefault(edge[0], []).append(edge)
    heirs = {c: es for c, es in bases.items() if c in counted and all(e[2] in ("quantized", "copy") for e in es)}

    def first(model: str) -> str:
        return min(heirs[model], key=lambda e: (2**31 if e[3] is None else e[3], e[1]))[1]

    def own(model: str) -> Count:
        if model not in counted:
            return in_name(model), "name"
        if model in heirs and counted[model][1] == "safetensors" and any(e[2] == "quantized" for e in heirs[model]):
            named = in_name(model)
            return named, "name" if named else None
        return counted[model]

    def above(model: str) -> list[str]:
        """The bases up to the first that is no heir; none where there is no end."""
        chain = [model]
        while chain[-1] in heirs:
            chain.append(first(chain[-1]))
            if chain[-1] in chain[:-1]:
                return []
        return chain[1:]

    inherited = {}
    for model in counted:
        known = [n for n, _ in map(own, above(model)) if n]
        inherited[model] = (known[-1], "base") if model in heirs and known else own(model)
    return inherited


def named(model: str, safetensors: Any = None, gguf: Any = None) -> Row:
    row = {"id": model, "safetensors": safetensors, "gguf": gguf}
    return {k: v if k == "id" or v is None else json.dumps({"total": v}) for k, v in row.items()}


@pytest.mark.parametrize(
    ("model", "size"),
    [
        ("a/anvil-8x7B", 56_000_000_000),
        ("a/anvil-0.5b", 500_000_000),
        ("a/anvil-1.1B-chat", 1_100_000_000),
        ("a/Qwen1.5-7B", 7_000_000_000),
        ("a/anvil-v2.1b", None),
        ("a/anvil-125m", 125_000_000),
        ("a/anvil_7B_q4", 7_000_000_000),
        ("a/anvil-7b-of-13b", 7_000_000_000),
        ("a/anvil-7bit", None),
        ("a/anvil7b", None),
        ("a/anvil-A3B", None),
        ("7b-lab/anvil-13b", 7_000_000_000),
        ("7b", 7_000_000_000),
        ("a/anvil-2x0.5B.gguf", 1_000_000_000),
        ("a/anvil-0.0000001m", None),
        ("a/anvil-1.2345678m", None),
        ("a/anvil-10x1.2345678m", 12_345_678),
        ("a/anvil-0b", None),
        ("a/anvil-0b-7b", None),
        ("a/anvil-1000000b", 10**15),
        ("a/anvil-1000001b", None),
        ("a/anvil-" + "9" * 200 + "b", None),
        ("a/anvil-" + "0" * 200 + "7b", 7_000_000_000),
        ("a/anvil-7." + "0" * 200 + "b", 7_000_000_000),
    ],
)
def test_the_size_in_an_id(model: str, size: int | None) -> None:
    assert in_name(model) == size
    assert counts([named(model)])[model] == (size, "name" if size else None)


def test_totals_before_names_and_only_whole_numbers() -> None:
    rows = [
        named("a/both-7b", 5, 6),
        named("a/gguf-7b", None, 6),
        named("a/float-7b", 7.0, 6),
        named("a/text-7b", "5"),
        named("a/true-7b", True),
        named("a/negative-7b", -5, 0),
        named("a/most-7b", 10**15),
        named("a/more-7b", 10**15 + 1, 10**30),
        {"id": "a/list-7b", "safetensors": "[5]", "gguf": "5"},
        {"id": "a/broken-7b", "safetensors": '{"total": 5', "gguf": ""},
    ]
    assert counts(rows) == {
        "a/both-7b": (5, "safetensors"),
        "a/gguf-7b": (6, "gguf"),
        "a/float-7b": (7, "safetensors"),
        "a/text-7b": (5, "safetensors"),
        "a/true-7b": (7 * 10**9, "name"),
        "a/negative-7b": (7 * 10**9, "name"),
        "a/most-7b": (10**15, "safetensors"),
        "a/more-7b": (7 * 10**9, "name"),
        "a/list-7b": (7 * 10**9, "name"),
        "a/broken-7b": (7 * 10**9, "name"),
    }


@pytest.mark.parametrize(("sample", "known"), [("sample", 3734), ("sample-gguf", 2523)])
def test_both_samples_as_the_twin_reads_them(sample: str, known: int) -> None:
    rows = sample_rows(sample)
    found = counts(rows)
    assert found == {r["id"]: twin(r) for r in rows}
    assert sum(n is not None for n, _ in found.values()) == known


sizes = st.lists(
    st.sampled_from(["0", "1", "5", "7", "8", "13", "70", ".", "x", "X", "b", "B", "m", "M", "-", "_", "/", "a", "v", "bit", "it", "GGUF", "000000000", "999999999"]), min_size=1, max_size=12
).map("".join)  # fmt: skip


@settings(max_examples=20, deadline=None)
@given(st.lists(sizes | st.from_regex(r"[A-Za-z0-9._/-]{1,40}", fullmatch=True), min_size=1, max_size=200, unique=True))
def test_any_id_as_the_definition_reads_it(ids: list[str]) -> None:
    assert counts([{"id": i} for i in ids]) == {i: twin({"id": i}) for i in ids}


whatever = st.recursive(
    st.none()
    | st.booleans()
    | st.integers()
    | st.integers(-2, 10**16)
    | st.floats(allow_nan=False)
    | st.text(max_size=3),
    lambda c: st.lists(c, max_size=2) | st.dictionaries(st.sampled_from(["total", "parameters", ""]), c, max_size=3),
    max_leaves=5,
)
texts = st.none() | st.sampled_from(["", "{", '{"total": 1e999}', "[" * 3000]) | whatever.map(json.dumps)


@settings(max_examples=15, deadline=None)
@given(st.lists(st.tuples(texts, texts), max_size=50))
def test_whatever_a_total_is(drawn: list[tuple[str | None, str | None]]) -> None:
    rows = [{"id": f"a/m{i}-7b", "safetensors": s, "gguf": g} for i, (s, g) in enumerate(drawn)]
    assert counts(rows) == {r["id"]: twin(r) for r in rows}


def test_a_quantization_has_the_count_of_its_base() -> None:
    rows = [
        named("a/base", 8000),
        named("b/packed-7b-AWQ", 1000),
        named("b/gguf", None, 7999),
        named("b/copy", 8001),
        named("b/tuned", 8002),
        named("b/again", 900),
        named("b/unnamed", 900),
    ]
    edges: list[Edge] = [
        ("b/packed-7b-AWQ", "a/base", "quantized", None),
        ("b/gguf", "a/base", "quantized", None),
        ("b/copy", "a/base", "copy", None),
        ("b/tuned", "a/base", "finetune", None),
        ("b/again", "b/packed-7b-AWQ", "quantized", None),
        ("b/unnamed", "a/base", None, None),
    ]
    assert counts(rows, edges) == {
        "a/base": (8000, "safetensors"),
        "b/packed-7b-AWQ": (8000, "base"),
        "b/gguf": (8000, "base"),
        "b/copy": (8000, "base"),
        "b/tuned": (8002, "safetensors"),
        "b/again": (8000, "base"),
        "b/unnamed": (900, "safetensors"),
    }


def test_where_the_base_is_not_known() -> None:
    rows = [
        named("b/packed-7b-AWQ", 1000),
        named("b/packed-AWQ", 1000),
        named("b/gguf", None, 7999),
        named("b/copy", 8001),
        named("b/of-a-stub", 1000),
        named("b/below", 500),
    ]
    edges: list[Edge] = [
        ("b/packed-7b-AWQ", "a/stub", "quantized", None),
        ("b/packed-AWQ", "a/stub", "quantized", None),
        ("b/gguf", "a/stub", "quantized", None),
        ("b/copy", "a/stub", "copy", None),
        ("b/of-a-stub", "a/stub-13b", "quantized", None),
        ("b/below", "b/packed-7b-AWQ", "quantized", None),
    ]
    assert counts(rows, edges) == {
        "b/packed-7b-AWQ": (7 * 10**9, "name"),
        "b/packed-AWQ": (None, None),
        "b/gguf": (7999, "gguf"),
        "b/copy": (8001, "safetensors"),
        "b/of-a-stub": (13 * 10**9, "base"),
        "b/below": (7 * 10**9, "base"),
    }


def test_the_first_base_counts_and_all_edges_must_agree() -> None:
    rows = [named("a/one", 1), named("a/two", 2), named("b/ordered"), named("b/not"), named("b/mixed", 9)]
    edges: list[Edge] = [
        ("b/ordered", "a/one", "quantized", 1),
        ("b/ordered", "a/two", "copy", 0),
        ("b/not", "a/two", "quantized", None),
        ("b/not", "a/one", "quantized", None),
        ("b/mixed", "a/one", "quantized", 0),
        ("b/mixed", "a/two", "merge", 1),
    ]
    found = counts(rows, edges)
    assert [found[m] for m in ("b/ordered", "b/not", "b/mixed")] == [(2, "base"), (1, "base"), (9, "safetensors")]


def test_in_a_cycle_and_below_it_nobody_inherits() -> None:
    rows = [named("a/x", None, 1), named("a/y", None, 2), named("a/below", None, 3), named("a/self", None, 4)]
    ends = [("a/x", "a/y"), ("a/y", "a/x"), ("a/below", "a/x"), ("a/self", "a/self")]
    found = counts(rows, [(c, b, "quantized", None) for c, b in ends])
    assert found == {"a/x": (1, "gguf"), "a/y": (2, "gguf"), "a/below": (3, "gguf"), "a/self": (4, "gguf")}


def test_a_long_chain() -> None:
    length = 20_000
    rows = [named("a/m0", 77), *({"id": f"a/m{i}"} for i in range(1, length))]
    found = counts(rows, [(f"a/m{i}", f"a/m{i - 1}", "quantized", None) for i in range(1, length)])
    assert found[f"a/m{length - 1}"] == (77, "base") and sum(n == 77 for n, _ in found.values()) == length


ids = [f"a/m{i}" for i in range(8)] + ["a/m-7b", "a/n-13b", "a/o-1m"]
models = st.fixed_dictionaries({i: st.tuples(*[st.none() | st.integers(1, 50)] * 2) for i in ids[:-1]})
links = st.lists(
    st.tuples(st.sampled_from(ids), st.sampled_from(ids), st.sampled_from(["quantized", "quantized", "copy", "finetune", None]), st.none() | st.integers(0, 2)),
    max_size=14,
    unique_by=lambda e: e[:2],
)  # fmt: skip


@settings(max_examples=50, deadline=None)
@given(models, links)
def test_any_graph_as_the_twin_inherits(drawn: dict[str, tuple[int | None, int | None]], edges: list[Edge]) -> None:
    rows = [named(i, *totals) for i, totals in drawn.items()]
    assert counts(rows, edges) == twin_inherits(rows, edges)
