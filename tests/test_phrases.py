"""lineage/reading/phrases.py and lineage/data/phrases.csv: what prose says of a base, and what it does not say."""

import re
import time
from itertools import chain
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from lineage import reference
from lineage.ids import normalise
from lineage.reading.phrases import LONGEST, MOST, Found, find, plain, relation_of, stem

RULES = reference.phrases()
RULE = {rule.rule: rule for rule in RULES}
NAMES = list(RULE)
RELATIONS = {"quantized", "finetune", "adapter", "merge", "by-suffix", ""}

ANVIL = "acme/Anvil-7B"
URL = f"https://huggingface.co/{ANVIL}"
LINK = f"[Anvil 7B]({URL})"


def ids(body: str, model: str = "me/x", rule: str | None = None) -> list[str]:
    found = find(body, model, (RULE[rule],) if rule else RULES)
    return [str(normalise(one.base)[0]) for one in found]


def test_rules_have_names_of_their_own_in_order() -> None:
    assert sorted(NAMES) == NAMES and len(set(NAMES)) == len(RULES)
    assert all(re.fullmatch(r"[a-z0-9]+(-[a-z0-9]+)*", name) for name in NAMES)
    assert {rule.relation for rule in RULES} <= RELATIONS
    assert reference.rules_on() & set(NAMES) == {rule.rule for rule in RULES if rule.on}


@pytest.mark.parametrize("name", NAMES)
def test_the_example_is_found_by_its_own_rule(name: str) -> None:
    found = find(RULE[name].example, "me/x", (RULE[name],))
    assert found and found[0].rule == name and normalise(found[0].base)[0].startswith("acme/")
    assert found[0].relation == (RULE[name].relation.replace("by-suffix", "") or None)
    assert name in {one.rule for one in find(RULE[name].example, "me/x", RULES)}


def repetitions(tree: Any) -> list[int]:
    """The greatest numbers of all repetitions in a parsed pattern."""
    found = []
    for operator, argument in tree:
        if str(operator) in ("MAX_REPEAT", "MIN_REPEAT", "POSSESSIVE_REPEAT"):
            found.append(int(argument[1]))
        for part in argument if isinstance(argument, tuple | list) else [argument]:
            for branch in part if isinstance(part, list) else [part]:
                if isinstance(branch, re._parser.SubPattern):  # type: ignore[attr-defined]
                    found += repetitions(branch)
    return found


@pytest.mark.parametrize("name", NAMES)
def test_a_pattern_has_one_group_and_bounded_repetitions_and_small_letters(name: str) -> None:
    pattern = RULE[name].pattern
    assert list(pattern.groupindex) == ["base"] and pattern.groups == 1
    parsed = re._parser.parse(pattern.pattern)  # type: ignore[attr-defined]
    assert max(repetitions(parsed), default=0) <= 400
    letters = re.sub(r"\\[a-zA-Z]|\?P<base>", "", pattern.pattern)
    assert letters == letters.lower(), "patterns are for text in lower case"


def test_the_repetitions_of_a_pattern_are_all_seen() -> None:
    parse = re._parser.parse  # type: ignore[attr-defined]
    assert sorted(repetitions(parse(r"a{0,3}(?:b{1,4}|c(?P<base>d{5})?)(?=e{0,6}?)"))) == [1, 3, 4, 5, 6]
    assert max(repetitions(parse(r"(?:x|(a*))"))) > 400


# ------------------------------------------------------------------------------------------------ what a rule takes

TAKES = {
    "abliterated-version": [f"An abliterated version of {URL}"],
    "adapter-for": [
        f"Cup is a LoRA adapter for `{ANVIL}`.",
        f"QLoRA adapter trained on {ANVIL}",
        f"This repo contains a small PEFT adapter fine-tuned from {LINK}.",
    ],
    "auto-round": [f"This model is a mixed int4 model with symmetric quantization of {LINK} made on one card."],
    "base-model-field": [f"| Base model | {LINK} |"],
    "by-fine-tuning": [f"The model was created by further finetuning the {LINK} model."],
    "conversion-of": [f"This repo contains a CTranslate2 conversion of {LINK}."],
    "converted-to-format": [f"These weights have been converted to ONNX format from {URL}."],
    "converted-to-gguf": [f"Converted to GGUF from {LINK}", f"Brought with an imatrix to GGUF format from `{ANVIL}`"],
    "converted-to-mlx": [f"This model was converted to MLX format from [`{ANVIL}`]()."],
    "copy-of": [f"**This model is a copy of [that one]({URL}/)** of spring."],
    "fine-tune-of": [f"This is a small fine-tune of {LINK}"],
    "fine-tuned-from": [f"This model is fine-tuned from the original {LINK} in one night."],
    "fine-tuned-version-of": [f"The model is a fine-tuned version of {LINK}", f"# Finetuned version of {ANVIL}"],
    "finetuned-from-model": [f"- **Finetuned from model [optional]:** {ANVIL}", f"Fine-tuned from: {LINK}"],
    "format-model-files": [
        f"This repo has AWQ model files for {LINK}.",
        f"These are GPTQ 4bit model files for [Acme's Anvil]({URL})",
        f"[me/x](https://huggingface.co/me/x) contains GGUF format model files for [{ANVIL}]({URL}).",
        f"GGUF format model files for [that project]({URL}).",
    ],
    "format-version-of": [f"GGUF version of {ANVIL}", f"It contains the AWQ weights for {LINK}"],
    "heading-id-gguf": [f"# {ANVIL} GGUF Quantizations"],
    "lazymergekit": [
        f"Hammer is a Mixture of Experts (MoE) made with the following models using a notebook:\n\n* {LINK}\n\nEnd"
    ],
    "lora-weights-for": [f"These are LoRA adaptation weights for {ANVIL}."],
    "mergekit-base": [f"Merged using the [TIES](https://arxiv.org/abs/1) merge method using `{ANVIL}` as the base."],
    "mergekit-yaml": [
        f"```yaml\nslices:\n  - sources:\n      - model: {ANVIL}\n        layer_range: [0, 16]\n"
        "merge_method: passthrough\ndtype: bfloat16\n```",
        f"```\nbase_model: '{ANVIL}' # ours\ngate_mode: hidden\nexperts:\n  - source_model: ./mine\n```",
    ],
    "mradermacher-static": [f"## About\n\nstatic quants of {URL}\n\nweighted/imatrix quants are at {URL}-i1-GGUF"],
    "original-model": [
        f"Original model: {URL}",
        f"**Original model**: {LINK}<br>",
        f"<b>Original Model:</b> <a class='x' href=\"{URL}\">Anvil</a>",
        f"- Original model: [{ANVIL}][1]\n\n[1]: {URL}",
        f"| Original model | {LINK} |",
        f"原始模型：[{ANVIL}]({URL})",
    ],
    "original-model-heading": [f"### Original Model\n\n{LINK}\n", f"<h2>Original model</h2><p>{LINK}</p>"],
    "quantfactory-version": [f"# Q\nThis is quanitzed  version of {LINK} made here"],
    "quantized-version-of": [
        f"This is a quantized version of {LINK}.",
        f"- Quantized version of {ANVIL}",
        f"Hello. This repository contains an unofficial AWQ 4-bit quantized version of the original {LINK}",
    ],
    "quants-of": [
        f"## `llama.cpp` imatrix Quantizations of {ANVIL}",
        f"This contains the q4_0 GGML(v3) and GGUFv2 quantization of the model {URL}",
        f"EXL2 quants of {LINK}",
    ],
    "sentence-transformers": [f"This is a [Cross Encoder](https://x.org/a.html) model finetuned from {LINK} for it."],
    "trainer": [
        f"This model is a fine-tuned version of [{ANVIL}]({URL}) on the None dataset.",
        f"Hello. This acoustic model is a multilingual fine-tuned version of {URL}",
    ],
}


@pytest.mark.parametrize(("name", "text"), [(name, text) for name, texts in TAKES.items() for text in texts])
def test_what_a_rule_takes(name: str, text: str) -> None:
    assert ids(text, rule=name) == [ANVIL]
    assert ids(text.replace("\n", "\r\n"), rule=name) == [ANVIL]
    assert ids(f"# Title\n\nSome words.\n\n{text}\n\nMore words.", rule=name) == [ANVIL]
    assert ids(text.upper().replace(ANVIL.upper(), ANVIL).replace("HUGGINGFACE.CO/", "huggingface.co/"), rule=name)


NEAR_MISSES = [
    "It outperforms a fine-tuned version of {base} on every task.",
    "Outperforms a fine-tuned version of {base}.",
    "It beats any quantized version of {base} that we know.",
    "Unlike a quantized version of {base}, this one is whole.",
    "Compared with 4-bit quantizations of {base} it is slow.",
    "Unlike {base} it is small.",
    "Unlike the LoRA adapter for {base}, this is a whole model.",
    "This model is not a LoRA adapter for {base}.",
    "See also {base}.",
    "We compare with {base} and others.",
    "Every fine-tuned version of {base} shares its bias.",
    "This bias will also affect all fine-tuned versions of {base}.",
    "The data were made with {base}.",
    "The tokenizer is just a copy of {base}.",
    "We used {base} as the teacher model.",
    "- [Original model](#original-model)\n- [Quantized version of](#quantized)\n- [Base model](#base-model)",
    "Original model: unknown",
    "Original model: see {base}",
    "Original model: a merge of {base} and more",
    "Original model: Anvil 7B",
    "Finetuned from model: Anvil",
    "Original model: https://github.com/acme/Anvil-7B",
    "Original model: [{base}](https://github.com/acme/Anvil-7B)",
    "Original model: https://huggingface.co/datasets/acme/letters",
    "Original model: [acme/letters](https://huggingface.co/datasets/acme/letters)",
    "Original model: https://huggingface.co/spaces/acme/show",
    "Original model: https://huggingface.co/papers/2401.00001",
    "Original model: https://huggingface.co/collections/acme/anvils-1",
    "Original model: ./models/anvil",
    "Original model: /home/me/anvil",
    "Original model: me/anvil/checkpoint",
    "Finetuned from model: output/anvil",
    "This model is a fine-tuned version of [](https://huggingface.co/) on the None dataset.",
    "This model is a fine-tuned version of [None](https://huggingface.co/None) on letters.",
    "This model is a fine-tuned version of [/home/me/a](https://huggingface.co//home/me/a) on letters.",
    "This model is a fine-tuned version of [out7/checkpoint-20](https://huggingface.co/out7/checkpoint-20) on x.",
    "This model is a fine-tuned version of BERT/RoBERTa.",
    "This model is a fine-tuned version of our older one, which came after {base}.",
    "Static quants of it are at {base} and elsewhere.",
    "weighted/imatrix quants are available at https://huggingface.co/mine/Anvil-7B-i1-GGUF",
    "```yaml\nmodel: {base}\ntemperature: 0.5\n```",
    "```yaml\nmerge_method: ties\nmodels:\n  - model: ./mine\nvalue: [0, 0.5]\ndtype: bfloat16\n```\nmodel: {base}",
    "The following models were included in the merge:\n* ./mine\n* D:/models/mine\n\n* {base}",
    "Convert it to GGUF with a space: https://huggingface.co/spaces/acme/to-gguf",
]


@pytest.mark.parametrize("text", NEAR_MISSES)
@pytest.mark.parametrize("base", [ANVIL, LINK, URL])
def test_near_misses(text: str, base: str) -> None:
    assert find(text.replace("{base}", base), "me/x", RULES) == []


# ------------------------------------------------------------------------------------------------ how a base is written

WAYS = r"""
{id} ¦ `{id}` ¦ **{id}** ¦ _{id}_ ¦ __{id}__ ¦ "{id}" ¦ **`{id}`** ¦ ({id}) ¦ https://huggingface.co/{id} ¦
https://hf.co/{id} ¦ https://www.huggingface.co/{id}/ ¦ http://huggingface.co/{id}. ¦ huggingface.co/{id} ¦
<https://huggingface.co/{id}> ¦ https://huggingface.co/{id}/tree/main ¦
https://huggingface.co/{id}/blob/main/README.md#top ¦ https://huggingface.co/{id}?library=transformers ¦
[other/name](https://huggingface.co/{id}) ¦ [**other**](https://huggingface.co/{id}) ¦
[`other/name`](https://hf.co/{id} 'title') ¦ **[Other 7B](https://huggingface.co/{id})** ¦
[x](<https://huggingface.co/{id}>) ¦ [x]({id}) ¦ [`{id}`]() ¦ [{id}][ref] ¦ [ https://huggingface.co/{id} ] ¦
<a href="https://huggingface.co/{id}" target="_blank">Other</a> ¦
<b><a href='https://huggingface.co/{id}'>Other</a></b> ¦ <i>{id}</i> ¦ the {id} model ¦
the original [x](https://huggingface.co/{id}) ¦ Acme's [x](https://huggingface.co/{id}) ¦
Acme’s pretrained model `{id}` ¦ {id}, which is good. ¦ {id}. ¦ {id}: good
"""
NAME = st.from_regex(r"[A-Za-z0-9][A-Za-z0-9._-]{0,20}[A-Za-z0-9]", fullmatch=True)
MODEL = st.builds("{}/{}-7b".format, NAME, NAME).filter(lambda name: ids(f"Original model: https://hf.co/{name}"))


@pytest.mark.parametrize("way", WAYS.strip().replace("\n", " ").split(" ¦ "))
@given(name=MODEL)
@settings(max_examples=15, deadline=None)
def test_the_ways_to_write_a_base(way: str, name: str) -> None:
    written = way.replace("{id}", name)
    for text in (f"Original model: {written}", f"This model is a fine-tuned version of {written}\n\nEnd"):
        assert ids(text) == [name]


def test_a_base_is_given_as_written() -> None:
    assert find(f"Original model: {LINK}", "me/x", RULES) == [Found("original-model", URL, None)]
    assert find(f"Original model: `{ANVIL}`", "me/x", RULES)[0].base == ANVIL
    assert find("Original model: acme/anvil\\_7b", "me/x", RULES)[0].base == "acme/anvil_7b"
    assert find("This model is a fine-tuned version of `anvil-small`", "me/x", RULES)[0].base == "anvil-small"
    assert ids("İİİ Original model: a\nOriginal model: acme/Anvil-İ\nOriginal model: " + ANVIL) == [ANVIL]


def test_a_model_is_no_base_of_itself_nor_of_its_source() -> None:
    text = f"Original model: {URL}"
    assert ids(text, ANVIL) == ids(text, ANVIL.upper()) == []
    assert ids(text, f"{ANVIL}-GGUF") == ids(text, "other/Anvil-7B") == [ANVIL]
    siblings = ("acme/Anvil-7B-GGUF", "mine/Anvil-7B-i1-GGUF", "mine/anvil-7b-awq")
    for sibling in siblings:
        for model in ("mine/Anvil-7B-4bit", "mine/Anvil-7B-Q4_K_M-GGUF", "acme/anvil-7b"):
            assert ids(f"Original model: {sibling}", model) == [], (sibling, model)
    assert ids("Original model: acme/Anvil-7B-FP8", "mine/Anvil-7B-FP8-GGUF") == ["acme/Anvil-7B-FP8"]
    assert ids("Original model: acme/Hammer-7B-GGUF", "mine/Anvil-7B-GGUF") == ["acme/Hammer-7B-GGUF"]


SUFFIXED = "-GGUF _gguf .gguf -i1-GGUF -AWQ -GPTQ-Int4 -4bit -8-bit -unsloth-bnb-4bit -FP8-dynamic -NVFP4 -w4a16"
SUFFIXED += (
    " -exl2 -6.0bpw -4.25bpw-h6-exl2 -Q4_K_M -Q8_0 -IQ4_XS -Q4_K_M-GGUF -quantized.w8a8 -GPTQ-4bit-128g -IMat-GGUF"
)


@pytest.mark.parametrize("suffix", SUFFIXED.split())
def test_names_that_say_quantized(suffix: str) -> None:
    assert relation_of("by-suffix", f"me/Anvil-7B{suffix}") == "quantized"
    assert stem(f"Anvil-7B{suffix}") == "Anvil-7B"


@pytest.mark.parametrize(
    "name", ["Anvil-7B", "Anvil-4b-it", "Anvil-v2", "report-2024-Q1", "GGUF", "-4bit", "Anvil-GGUF-notes"]
)
def test_names_that_do_not(name: str) -> None:
    assert relation_of("by-suffix", f"me/{name}") is None and stem(name) == name


def test_a_long_name_is_parted_at_once() -> None:
    start = time.monotonic()
    assert stem("a" + "-gguf-fp16" * 60) == "a" and stem("-gguf-fp16" * 60 + "-x") == "-gguf-fp16" * 60 + "-x"
    assert time.monotonic() - start < 15


def test_how_a_packed_model_was_made_is_no_label_of_the_package() -> None:
    for relation in ("finetune", "adapter", "merge"):
        assert relation_of(relation, "me/x") == relation and relation_of(relation, "me/x-GGUF") is None
    assert relation_of("quantized", "me/x") == relation_of("quantized", "me/x-GGUF") == "quantized"
    assert relation_of("", "me/x-GGUF") is None


def test_a_copied_card_below_what_is_packed_is_left_out() -> None:
    made = "This model is a fine-tuned version of acme/Base-7B on letters."
    packed = f"Original model: {URL}"
    assert ids(f"{packed}\n\n{made}") == ids(f"{made}\n\n{packed}") == [ANVIL]
    assert ids(f"Base model: acme/Base-7B\n\n{made}", rule=None) == ["acme/Base-7B"] * 2
    assert ids(f"Original model: unknown\n\n{made}") == ["acme/Base-7B"]


# ------------------------------------------------------------------------------------------------ twin and laws

SENTENCES = {
    "original-model": "Original model: {}",
    "quantized-version-of": "This is a quantized version of {}.",
    "trainer": "This model is a fine-tuned version of {} on letters.",
    "finetuned-from-model": "- **Finetuned from model :** {}",
    "base-model-field": "Base model: {}",
}


@given(st.lists(st.tuples(st.sampled_from([*SENTENCES, "noise"]), st.integers(0, 30)), max_size=60))
@settings(max_examples=60, deadline=None)
def test_order_and_number_as_a_reader_would_have_them(lines: list[tuple[str, int]]) -> None:
    body = "\n\n".join(SENTENCES.get(rule, "See also {}.").format(f"acme/m-{n}") for rule, n in lines)
    expected = [(rule, f"acme/m-{n}") for rule, n in dict.fromkeys(lines) if rule != "noise"]
    if any(rule in ("original-model", "quantized-version-of") for rule, _ in expected):
        expected = [(r, base) for r, base in expected if r not in ("trainer", "finetuned-from-model")]
    # A rule stops at MOST bases of its own, so those of other rules may follow: the first MOST of all are given.
    assert [(one.rule, one.base) for one in find(body, "me/x", RULES)] == expected[:MOST]


def test_lists_give_every_line() -> None:
    bases = [f"acme/m-{n}" for n in range(30)]
    text = "The following models were included in the merge:\n" + "".join(f"* {base}\n" for base in bases)
    assert ids(text) == bases[:MOST]
    config = "```yaml\nmodels:\n" + "".join(f"  - model: {b}\n    parameters:\n      weight: 0.5\n" for b in bases[:5])
    assert ids(config + "merge_method: ties\nbase_model: acme/base-7b\n```") == [*bases[:5], "acme/base-7b"]


TOKENS = list(
    chain(
        *(re.split(r"(?<= )", plain(rule.example).strip("\n")) for rule in RULES),
        *(texts[0].split("\n") for texts in TAKES.values()),
        [
            "\n",
            "\r\n",
            " ",
            "*",
            "[",
            "](",
            ")",
            "`",
            "```",
            "<a href=",
            "<b>",
            "<br>",
            "\x00",
            "İ",
            "\ud800",
            "|",
            "a/b-1",
        ],
    )
)
SOUP = st.one_of(st.text(st.characters(), max_size=300), st.lists(st.sampled_from(TOKENS), max_size=60).map("".join))


@given(SOUP, st.one_of(st.just("acme/Anvil-7B"), st.text(max_size=20)))
@settings(max_examples=300, deadline=None)
def test_find_is_total_and_says_only_what_stands_there(body: str, model: str) -> None:
    found = find(body, model, RULES)
    assert found == find(body, model, tuple(reversed(RULES)))
    assert len(found) <= MOST
    keys = [(one.rule, (normalise(one.base)[0] or "").casefold()) for one in found]
    assert len(set(keys)) == len(keys)
    for one, (_, base) in zip(found, keys, strict=True):
        assert one.base in plain(body) and base and base != model.casefold()
        assert one.relation == relation_of(RULE[one.rule].relation, model)


def test_a_long_card_is_read_up_to_its_limit() -> None:
    sentence = f"\nOriginal model: {URL}\n"
    assert ids("x" * (LONGEST - len(sentence)) + sentence) == [ANVIL]
    assert ids("x" * LONGEST + sentence) == []


def seconds(body: str, rules: tuple[reference.Phrase, ...]) -> float:
    start = time.monotonic()
    find(body, "me/x-GGUF", rules)
    return time.monotonic() - start


@pytest.mark.parametrize("name", NAMES)
def test_no_text_holds_a_rule_up(name: str) -> None:
    example = plain(RULE[name].example).strip("\n")
    match = RULE[name].pattern.search(f"\n{example}\n".lower())
    assert match is not None
    head = example[: max(match.start("base") - 1, 4)]
    for unit in (head, f"{head} the the the the\n", f"{head[: len(head) // 2]} 1a", f"{head}[{'a' * 290}"):
        body = (unit * (LONGEST // len(unit) + 1))[:LONGEST]
        # A tenth of a second; what backtracks would take minutes.
        assert seconds(body, (RULE[name],)) < 15, unit


UNITS = "a¦1¦ ¦\n¦-¦1a ¦\nint4 4bit gguf imatrix ¦[¦[a](¦<¦<a href=¦<b ¦</¦`¦```yaml\n¦| ¦*¦a/¦a/b ¦the  ¦a's ¦this is a ¦\n1) ¦http¦İ"


@pytest.mark.parametrize("unit", UNITS.split("¦"))
def test_no_text_holds_all_rules_up(unit: str) -> None:
    assert seconds((unit * (LONGEST // len(unit) + 1))[:LONGEST], RULES) < 30


@given(st.lists(st.sampled_from(TOKENS), min_size=1, max_size=12).map("".join).filter(bool))
@settings(max_examples=12, deadline=None)
def test_no_repeated_soup_holds_all_rules_up(unit: str) -> None:
    assert seconds((unit * (LONGEST // len(unit) + 1))[:LONGEST], RULES) < 30
