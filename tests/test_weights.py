"""Format, bits and quantizer suffix of a repository: examples, laws, and a slow twin over both samples."""

import json
import re
from functools import cache
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from lineage import reference
from lineage.reading.weights import read_weights
from lineage.reference import Format
from tests.test_disclosure import Row, loaded, sample_rows, table_of


def weights(rows: list[Row], formats: tuple[Format, ...] | None = None) -> dict[str, Row]:
    with table_of(rows) as con:
        read_weights(con, reference.formats() if formats is None else formats)
        return {r["id"]: r for r in con.sql("FROM weights").to_arrow_table().to_pylist()}


# The slow twin.


@cache
def pattern(joined: str, shape: str) -> re.Pattern[str]:
    return re.compile("(?is)" + shape.replace("ALL", f"(?:{joined})"))


def number(value: Any) -> float | None:
    return float(value) if isinstance(value, (int, float)) and not isinstance(value, bool) else None


def plausible(values: list[float | None]) -> list[float]:
    return sorted({v for v in values if v is not None and 0 < v <= 64})


def tail(name: str, joined: str) -> str:
    """The longest end of a name, but not all of it, that is a row of suffixes."""
    starts = (i for i in range(1, len(name)) if name[i] in "-_.")
    return next((name[i:] for i in starts if joined and pattern(joined, "ALL+").fullmatch(name[i:])), "")


def twin(row: Row, formats: tuple[Format, ...]) -> Row:
    rules = sorted(formats, key=lambda f: f.place)
    suffix_rules = [f for f in rules if f.where == "suffix"]
    joined = "|".join(f.pattern for f in suffix_rules)
    name = row["id"].split("/")[-1]
    words = {t.lower() for t in row.get("tags") or [] if t is not None}
    library = (row.get("library_name") or "").strip(" ").lower()
    config = loaded(row.get("config"))
    found = config.get("quantization_config") if isinstance(config, dict) else None
    quantization = found if isinstance(found, dict) else {}
    method = quantization.get("quant_method")
    method = method.strip(" \t\n\r\f\v").lower()[:64] if isinstance(method, str) else ""
    groups = quantization.get("config_groups")
    stated = [
        number(quantization.get("bits")),
        4.0 if quantization.get("load_in_4bit") is True else None,
        8.0 if quantization.get("load_in_8bit") is True else None,
    ]
    for group in groups.values() if isinstance(groups, dict) else []:
        weight = group.get("weights") if isinstance(group, dict) else None
        stated.append(number(weight.get("num_bits")) if isinstance(weight, dict) else None)

    # (rule, evidence, bits) of all that applies
    applied: list[tuple[Format, str, float | None]] = []
    run = tail(name, joined)
    while run:
        before = pattern(joined, "(ALL*?)ALL").fullmatch(run)[1]  # type: ignore[index]
        suffix, run = run[len(before) :], before
        rule = next(f for f in suffix_rules if re.fullmatch("(?is)" + f.pattern, suffix))
        said = re.fullmatch("(?is)" + rule.pattern, suffix)[1] if rule.bits == "match" else rule.bits  # type: ignore[index]
        bits = float(said.replace("_", ".")) if said and said != "name" else None
        applied.append((rule, f"name:{suffix}", bits))
    for f in rules:
        if f.where == "tag" and f.pattern in words:
            applied.append((f, f"tag:{f.pattern}", float(f.bits) if f.bits and f.bits != "name" else None))
        if f.where == "library" and f.pattern == library:
            applied.append((f, f"library:{library}", None))
        if f.where == "quant_method" and method and f.pattern in (method, "*"):
            applied.append((f, f"quant_method:{method}", None))
    applied = [a for a in applied if not words & set(a[0].unless)]
    name_bits = plausible([bits for f, _, bits in applied if f.where == "suffix"])
    tag_bits = plausible([bits for f, _, bits in applied if f.where == "tag" and not f.format])

    decided = min(((f.place, evidence, f) for f, evidence, _ in applied if f.format), default=None)
    if decided is None:
        listed = loaded(row.get("siblings"))
        files = [s.get("rfilename") for s in listed if isinstance(s, dict)] if isinstance(listed, list) else []
        ends = [
            f for f in rules if f.where == "file" for x in files if isinstance(x, str) and x.lower().endswith(f.pattern)
        ]
        decided = (ends[0].place, f"file:{ends[0].pattern}", ends[0]) if ends else None
    rule_bits = decided[2].bits if decided else ""
    if rule_bits in ("match", "name"):
        numbers = name_bits
    elif rule_bits and not plausible(stated):
        numbers = [float(rule_bits)]
    else:
        numbers = plausible(stated) or name_bits or tag_bits
    quantized = bool(decided and decided[2].quantized) or any(f.quantized for f, _, _ in applied if not f.format)
    gguf_suffix = any(f.format == "gguf" and f.where == "suffix" for f, _, _ in applied)
    suffix = tail(name, "|".join(f.pattern for f in suffix_rules if f.quantized))
    has_mlx, has_gguf = ("mlx" in words or library == "mlx"), ("gguf" in words or library == "gguf")
    return {
        "id": row["id"],
        "format": decided[2].format if decided else None,
        "format_evidence": decided[1] if decided else None,
        "bits": numbers[0] if len(numbers) == 1 else None,
        "quantized_format": quantized,
        "gguf_suffix": gguf_suffix,
        "suffix": suffix or None,
        "stem": name.removesuffix(suffix) if suffix else None,
        "metadata_quantized": bool(method)
        or (has_mlx and any(b < 16 for b in name_bits + tag_bits))
        or (has_gguf and gguf_suffix),
        "metadata_onnx_finetune": "onnx" in words and bool(words & {"safetensors", "pytorch"}) and not quantized,
    }


@pytest.mark.parametrize("name", ["sample", "sample-gguf"])
def test_both_samples_as_the_twin_reads_them(name: str) -> None:
    rows = sample_rows(name)
    found = weights(rows)
    assert len(found) == len(rows)
    differ = [(found[r["id"]], expected) for r in rows if found[r["id"]] != (expected := twin(r, reference.formats()))]
    assert differ == []


@pytest.mark.parametrize("name", ["sample", "sample-gguf"])
def test_name_is_stem_and_suffix(name: str) -> None:
    for model, row in weights(sample_rows(name)).items():
        assert (row["suffix"] is None) == (row["stem"] is None), model
        assert row["stem"] is None or row["stem"] + row["suffix"] == model.split("/")[-1], model
        assert row["stem"] != "", model


def test_the_samples_hold_what_they_held() -> None:
    found = {n: list(weights(sample_rows(n)).values()) for n in ("sample", "sample-gguf")}
    counts = {
        n: {f: sum(r["format"] == f for r in rows) for f in ("gguf", "safetensors", "gptq", "awq", None)}
        for n, rows in found.items()
    }
    assert counts == {
        "sample": {"gguf": 853, "safetensors": 5324, "gptq": 91, "awq": 58, None: 495},
        "sample-gguf": {"gguf": 3570, "safetensors": 217, "gptq": 0, "awq": 0, None: 0},
    }
    assert {n: sum(r["metadata_quantized"] for r in rows) for n, rows in found.items()} == {
        "sample": 818,
        "sample-gguf": 3082,
    }
    assert {n: sum(r["metadata_onnx_finetune"] for r in rows) for n, rows in found.items()} == {
        "sample": 192,
        "sample-gguf": 7,
    }


#: What is taken off `anvil-7B`, and the bits that it says.
SUFFIXES: dict[str, float | None] = {
    "-i1-GGUF": None, ".Q4_K_M.gguf": 4, "-UD-Q6_K_XL": 6, "-IQ2_XS": 2, "-Q4_0_4_8-GGUF": 4, "_q4-k-m-gguf": 4,
    "-GGUF-IQ-Imatrix": None, "-GGUF-IQ1_M": 1, "-BF16-GGUF": 16, "-GGUF-v2": None, "-MXFP4_MOE": 4,
    "-4bit-mlx": 4, "-q4-mlx": 4, "-q6-hi-mlx": 6, "-MLX-8bit": 8, "-4bit-DWQ-2510": 4, "-mlx-fp16": 16,
    "-AWQ-INT4": 4, "-w4-g128-awq": None, "-GPTQ-Int8": 8, "-GPTQ-4bit-128g": 4, "-gptq-g128": None,
    "-unsloth-bnb-4bit": 4, "-BNB-NF4-BF16": 4, "-bnb-4bit-smashed": 4,
    "-4.0bpw-h6-exl2": 4, "-exl2-4_25bpw": 4.25, "-EXL3-3.5bpw": 3.5,
    "-FP8-dynamic": 8, "-quantized.w4a16": 4, "-NVFP4": 4, "-AQLM-2Bit-1x16-hf": 2, "-4bit_g64-HQQ": 4,
    "-int4-AutoRound": 4, "-gguf-q2ks-mixed-AutoRound": 2, "-q4f16_1-MLC": 4, "-q0f16-MLC": None, "-8bit-4bit": None,
}  # fmt: skip

#: Names that end in no quantizer's suffix, and the bits that they say.
WHOLE: dict[str, float | None] = {
    "anvil-7B-Instruct": None, "anvil-7B-chat": None, "anvil-LoRA": None, "anvil-adapter": None, "anvil-ONNX": None,
    "anvil-bf16": None, "anvil-16bit": None, "anvil-unquantized": None, "anvil3.2bit": None, "anvil-Q1": None,
    "onevision-0.5b-ov": None, "-GGUF": None, "GGUF": None, "anvil-int4-ov": 4,
}  # fmt: skip


@pytest.mark.parametrize("account", ["", "me/"])
def test_suffixes(account: str) -> None:
    expected = {f"anvil-7B{suffix}": ("anvil-7B", suffix, bits) for suffix, bits in SUFFIXES.items()}
    expected |= {name: (None, None, bits) for name, bits in WHOLE.items()}
    expected["anvil-onnx-awq"] = ("anvil-onnx", "-awq", None)
    found = weights([{"id": account + name} for name in expected])
    read = {name: found[account + name] for name in expected}
    assert {name: (r["stem"], r["suffix"], r["bits"]) for name, r in read.items()} == expected


#: Name, tags; format, evidence, bits.
SIGNS: list[tuple[str, str, tuple[str | None, str | None, float | None]]] = [
    ("m", "safetensors", ("safetensors", "tag:safetensors", None)),
    ("m", "pytorch safetensors", ("safetensors", "tag:safetensors", None)),
    ("m", "gguf", ("gguf", "tag:gguf", None)),
    ("m", "GGUF", ("gguf", "tag:gguf", None)),
    ("m", "safetensors gguf", ("safetensors", "tag:safetensors", None)),
    ("m", "pytorch gguf", ("pytorch", "tag:pytorch", None)),
    ("m-GGUF", "safetensors gguf", ("gguf", "name:-GGUF", None)),
    ("m", "gguf mxfp4 8-bit", ("gguf", "tag:gguf", None)),
    ("m", "safetensors mxfp4 8-bit", ("mxfp4", "tag:mxfp4", 4)),
    ("m", "safetensors gptq 4-bit", ("gptq", "tag:gptq", 4)),
    ("m", "safetensors gptq 4-bit 8-bit", ("gptq", "tag:gptq", None)),
    ("m-Int8", "safetensors gptq 4-bit", ("gptq", "tag:gptq", 8)),
    ("m-AWQ", "safetensors", ("awq", "name:-AWQ", None)),
    ("m-AWQ", "safetensors 4-bit", ("awq", "name:-AWQ", 4)),
    ("m", "mlx safetensors 4-bit", ("mlx", "tag:mlx", 4)),
    ("m-6bit", "mlx safetensors", ("mlx", "tag:mlx", 6)),
    ("m", "mlx gguf", ("gguf", "tag:gguf", None)),
    ("m-4bit", "safetensors", ("safetensors", "tag:safetensors", 4)),
    ("m", "onnx", ("onnx", "tag:onnx", None)),
    ("m-ONNX", "", ("onnx", "name:-ONNX", None)),
    ("m-int4-ov", "", ("openvino", "name:-int4-ov", 4)),
    ("m", "en license:mit", (None, None, None)),
]


def test_formats() -> None:
    rows = [{"id": f"a{i}/{name}", "tags": tags.split()} for i, (name, tags, _) in enumerate(SIGNS)]
    found = weights(rows)
    read = [(found[r["id"]]["format"], found[r["id"]]["format_evidence"], found[r["id"]]["bits"]) for r in rows]
    assert [(*sign[:2], r) for sign, r in zip(SIGNS, read, strict=True)] == SIGNS


def q(**fields: Any) -> Any:
    return {"architectures": ["X"], "quantization_config": fields}


#: The JSON of `config`; format, evidence, bits.
CONFIGS: list[tuple[Any, tuple[Any, ...]]] = [
    (q(quant_method="awq", bits=4), ("awq", "quant_method:awq", 4)),
    (q(quant_method=" GPTQ ", bits=8), ("gptq", "quant_method:gptq", 8)),
    (q(quant_method="bitsandbytes", load_in_4bit=True, load_in_8bit=False), ("bitsandbytes", "quant_method:bitsandbytes", 4)),
    (q(quant_method="bitsandbytes", load_in_8bit=True), ("bitsandbytes", "quant_method:bitsandbytes", 8)),
    (q(quant_method="exl2", bits=4.25), ("exl2", "quant_method:exl2", 4.25)),
    (q(quant_method="fp8"), ("fp8", "quant_method:fp8", 8)),
    (q(quant_method="compressed-tensors", config_groups={"group_0": {"weights": {"num_bits": 4}}}), ("compressed-tensors", "quant_method:compressed-tensors", 4)),
    (q(quant_method="compressed-tensors", config_groups={"a": {"weights": {"num_bits": 4}}, "b": {"weights": {"num_bits": 8}}}), ("compressed-tensors", "quant_method:compressed-tensors", None)),
    (q(quant_method="new-thing-2027", bits=3), ("other", "quant_method:new-thing-2027", 3)),
    (q(quant_method=""), ("safetensors", "tag:safetensors", None)),
    (q(quant_method=7, bits="4"), ("safetensors", "tag:safetensors", None)),
    (q(bits=4), ("safetensors", "tag:safetensors", 4)),
    ([q(quant_method="awq")], ("safetensors", "tag:safetensors", None)),
    ({"nested": q(quant_method="awq")}, ("safetensors", "tag:safetensors", None)),
]  # fmt: skip


def test_a_quantization_config_beats_the_tag_safetensors() -> None:
    rows = [{"id": f"a{i}/m", "tags": ["safetensors"], "config": json.dumps(c)} for i, (c, _) in enumerate(CONFIGS)]
    found = weights(rows).values()
    read = [(r["format"], r["format_evidence"], r["bits"]) for r in sorted(found, key=lambda r: int(r["id"][1:-2]))]
    assert [(c, r) for (c, _), r in zip(CONFIGS, read, strict=True)] == CONFIGS


def test_files_are_asked_only_where_nothing_else_decides() -> None:
    files = json.dumps([{"rfilename": "a/M-Q4.GGUF"}, {"rfilename": "model.safetensors"}, {"rfilename": 7}, "x", None])
    rows = [
        {"id": "a/silent", "siblings": files},
        {"id": "a/tagged", "tags": ["onnx"], "siblings": files},
        {"id": "a/only-bits", "tags": ["8-bit"], "siblings": json.dumps([{"rfilename": "x.gguf"}])},
        {"id": "a/none", "siblings": "[]"},
        {"id": "a/broken", "siblings": '[{"rfilename": '},
        {"id": "a/object", "siblings": '{"rfilename": "x.gguf"}'},
    ]
    found = weights(rows)
    assert {m: (r["format"], r["format_evidence"]) for m, r in found.items()} == {
        "a/silent": ("safetensors", "file:.safetensors"),
        "a/tagged": ("onnx", "tag:onnx"),
        "a/only-bits": ("gguf", "file:.gguf"),
        "a/none": (None, None),
        "a/broken": (None, None),
        "a/object": (None, None),
    }
    assert found["a/only-bits"]["bits"] is None, "a tag says nothing of the bits of these files"


#: Row; metadata_quantized, metadata_onnx_finetune.
DENIALS: list[tuple[Row, bool, bool]] = [
    ({"id": "a/m", "tags": ["safetensors"], "config": json.dumps(q(quant_method="gptq"))}, True, False),
    ({"id": "b/m", "tags": ["safetensors"], "config": json.dumps(q(bits=4))}, False, False),
    ({"id": "c/m", "tags": ["mlx", "safetensors", "4-bit"]}, True, False),
    ({"id": "d/m-8bit", "tags": ["safetensors"], "library_name": "MLX"}, True, False),
    ({"id": "e/m", "tags": ["mlx", "safetensors"]}, False, False),
    ({"id": "f/m-mlx-bf16", "tags": ["mlx", "safetensors"]}, False, False),
    ({"id": "g/m-GGUF", "tags": ["gguf"]}, True, False),
    ({"id": "h/m-Q4_K_M", "library_name": "gguf"}, True, False),
    ({"id": "i/m", "tags": ["gguf"]}, False, False),
    ({"id": "j/m", "library_name": "gguf"}, False, False),
    ({"id": "k/m-GGUF"}, False, False),
    ({"id": "l/m", "tags": ["onnx", "safetensors"]}, False, True),
    ({"id": "m/m", "tags": ["onnx", "pytorch"]}, False, True),
    ({"id": "n/m", "tags": ["onnx"]}, False, False),
    ({"id": "o/m", "tags": ["onnx", "safetensors", "awq"]}, False, False),
    ({"id": "p/m-int8-static", "tags": ["onnx", "pytorch"]}, False, False),
    ({"id": "q/m", "tags": ["onnx", "pytorch", "8-bit"]}, False, False),
]


def test_what_the_metadata_deny() -> None:
    found = weights([row for row, *_ in DENIALS])
    told = [(r, found[r["id"]]["metadata_quantized"], found[r["id"]]["metadata_onnx_finetune"]) for r, *_ in DENIALS]
    assert told == DENIALS


def test_the_order_of_the_table_decides() -> None:
    tag_first = (Format(1, "one", "tag", "x"), Format(2, "two", "suffix", "-two"), Format(3, "three", "library", "lib"))
    name_first = (
        Format(7, "one", "tag", "x"),
        Format(2, "two", "suffix", "-two"),
        Format(3, "three", "library", "lib"),
    )
    row = {"id": "a/m-TWO", "tags": ["X"], "library_name": "Lib"}
    assert weights([row], tag_first)["a/m-TWO"]["format_evidence"] == "tag:x"
    assert weights([row], name_first)["a/m-TWO"]["format_evidence"] == "name:-TWO"
    assert weights([row], name_first[2:])["a/m-TWO"]["format_evidence"] == "library:lib"
    assert weights([row], (Format(1, "one", "tag", "x", unless=("y",)),))["a/m-TWO"]["format"] == "one"
    assert (
        weights([row | {"tags": ["x", "Y"]}], (Format(1, "one", "tag", "x", unless=("y",)),))["a/m-TWO"]["format"]
        is None
    )


def test_no_rules_and_no_rows() -> None:
    nothing = weights([{"id": "a/m-GGUF", "tags": ["gguf"]}], ())["a/m-GGUF"]
    assert {k for k, v in nothing.items() if v not in (None, False)} == {"id"}
    assert weights([]) == {}


#: JSON of any shape, with the words that are looked for among its keys and values.
words = st.sampled_from(["quantization_config", "quant_method", "bits", "load_in_4bit", "config_groups", "weights", "num_bits", "rfilename", "awq", "x.gguf"])  # fmt: skip
leaves = (
    st.none() | st.booleans() | st.integers(-2, 70) | st.floats(allow_nan=False, width=16) | words | st.text(max_size=3)
)
anything = st.recursive(
    leaves, lambda c: st.lists(c, max_size=3) | st.dictionaries(words, c, max_size=4), max_leaves=12
)
quantization = st.fixed_dictionaries({}, optional={"quantization_config": st.dictionaries(words, anything) | anything})
names = st.lists(st.sampled_from(["m", "anvil", "7B", "-", "_", ".", "-GGUF", "-Q4_K_M", "_q8_0", "-4bit", "-mlx", "-AWQ", "-int8", "-onnx", "-bf16", "-ud", "-iq", "-s", "-i1"]), min_size=1, max_size=6).map("".join)  # fmt: skip
drawn = st.builds(
    lambda n, tags, library, config, siblings: {"name": n, "tags": tags, "library_name": library, "config": config, "siblings": siblings},
    names,
    st.none() | st.lists(st.none() | st.sampled_from(["gguf", "GGUF", "mlx", "safetensors", "pytorch", "onnx", "4-bit", "8-bit", "fp8", "awq", "en"]), max_size=4),
    st.none() | st.sampled_from(["gguf", "MLX", " mlx ", "transformers"]),
    st.none() | st.sampled_from(["", "{", "null", '"quantization_config"', "[" * 3000]) | quantization.map(json.dumps) | anything.map(json.dumps),
    st.none() | st.sampled_from(["", "[", "[[]]", "{}"]) | anything.map(json.dumps),
)  # fmt: skip


@settings(max_examples=30, deadline=None)
@given(st.lists(drawn, max_size=40))
def test_whatever_a_row_holds(rows: list[Row]) -> None:
    rows = [r | {"id": f"a{i}/{r['name']}"} for i, r in enumerate(rows)]
    found = weights(rows)
    assert [found[r["id"]] for r in rows] == [twin(r, reference.formats()) for r in rows]


def test_the_rules_keep_to_their_form() -> None:
    rules = reference.formats()
    assert [f.place for f in rules] == list(range(1, len(rules) + 1))
    assert len({(f.where, f.pattern) for f in rules}) == len(rules)
    for f in rules:
        assert f.where in {"tag", "library", "quant_method", "file", "suffix"}, f
        assert re.fullmatch(r"[a-z0-9_-]*", f.format), f
        assert f.format or f.where in {"tag", "suffix"}, f
        assert re.fullmatch(r"name|match|\d+(\.\d+)?|", f.bits), f
        assert f.bits != "match" or f.where == "suffix", f
        if f.where == "suffix":
            compiled = re.compile(f.pattern)
            assert compiled.groups == (f.bits == "match"), f
            assert not compiled.fullmatch("") and f.pattern.startswith(("[-_.]", "[-_]")), f
            assert "(?=" not in f.pattern and "(?!" not in f.pattern and "(?<" not in f.pattern, f
        else:
            assert f.pattern == f.pattern.lower(), f
    tags = {f.pattern for f in rules if f.where == "tag"}
    assert all(set(f.unless) <= tags for f in rules)
