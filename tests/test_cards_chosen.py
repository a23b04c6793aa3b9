"""Whose cards are asked for: the models that name no base where the list would say it."""

import json
import re
from pathlib import Path
from typing import Any

import pytest

from lineage import reference
from lineage.errors import Incomplete, UsageError
from lineage.sources.candidates import candidates, deriving, quantizer_end
from lineage.sources.crawls import CARDS, Wanted
from lineage.sources.kept import Kept
from tests.crawling import Clock, folder_of, wanted
from tests.hub import Hub
from tests.shelves import paths, run

pytestmark = pytest.mark.usefixtures("crawls")

#: What a record says, and whether its card is asked for: `missing`, `all` (only then) or never.
CASES: dict[str, tuple[dict[str, Any] | str, str]] = {
    "a/plain": ({}, "all"),
    "a/no-lists": ({"tags": None, "cardData": None, "config": None, "library_name": None}, "all"),
    # what says that a model derives
    "a/Anvil-7B-GGUF": ({}, "missing"), "a/anvil.q4_k_m": ({}, "missing"), "a/Anvil-AWQ-INT4": ({}, "missing"),
    "a/anvil-GGUF-notes": ({}, "all"), "a/gguf": ({}, "all"), "gguf-gguf/anvil": ({}, "all"), "-gguf": ({}, "all"),
    "a/Anvil-onnx": ({}, "all"), "a/acme_-_anvil": ({}, "missing"), "x_-_y/anvil": ({}, "all"), "anvil-GGUF": ({}, "missing"),
    "t/1": ({"tags": ["GGUF"]}, "missing"), "t/2": ({"tags": ["en", "mergekit"]}, "missing"), "t/3": ({"tags": ["ggufs", "merge-not"]}, "all"),
    "t/4": ({"library_name": "PEFT"}, "missing"), "t/5": ({"library_name": "mlx"}, "missing"), "t/6": ({"library_name": "transformers"}, "all"),
    "t/7": ({"tags": "lora"}, "all"), "t/8": ({"tags": ["region:us", 5, None, ["lora"]]}, "all"), "t/9": ({"tags": [5, "4-bit"]}, "missing"),
    # a declared base, in every place
    "d/1-GGUF": ({"tags": ["base_model:acme/anvil"]}, "never"), "d/2-GGUF": ({"tags": ["base_model:quantized:acme/anvil"]}, "never"),
    "d/3-GGUF": ({"cardData": {"base_model": "acme/anvil"}}, "never"), "d/4-GGUF": ({"cardData": {"base_model": ["acme/anvil"]}}, "never"),
    "d/5-GGUF": ({"cardData": {"base_models": [{"name": "acme/anvil"}]}}, "never"), "d/6-GGUF": ({"cardData": {"model_link": "https://huggingface.co/acme/anvil"}}, "never"),
    "d/7-GGUF": ({"cardData": {"base_model_sources": ["acme/anvil"]}}, "never"), "d/8-GGUF": ({"baseModels": {"relation": "merge", "models": [{"id": "acme/anvil"}]}}, "never"),
    "d/9-GGUF": ({"baseModels": [{"id": "acme/anvil"}]}, "never"), "d/10-GGUF": ({"config": {"peft": {"base_model_name_or_path": "acme/anvil"}}}, "never"),
    # what looks like one and names nothing
    "e/1-GGUF": ({"cardData": {"base_model": ""}}, "missing"), "e/2-GGUF": ({"cardData": {"base_model": []}}, "missing"), "e/3-GGUF": ({"cardData": {"base_model": [None, " "]}}, "missing"),
    "e/4-GGUF": ({"cardData": {"base_model": None, "base_model_relation": "quantized"}}, "missing"), "e/5-GGUF": ({"cardData": {"base_model": False}}, "missing"),
    "e/6-GGUF": ({"baseModels": {"relation": "merge", "models": []}}, "missing"), "e/7-GGUF": ({"baseModels": []}, "missing"), "e/8-GGUF": ({"baseModels": None}, "missing"),
    "e/9-GGUF": ({"config": {"peft": {"task_type": "X"}}}, "missing"), "e/10-GGUF": ({"config": {"peft": {"base_model_name_or_path": None}}}, "missing"),
    "e/11-GGUF": ({"tags": ["dataset:base_model:x", "base_model"]}, "missing"), "e/12-GGUF": ({"cardData": "base_model: acme/anvil"}, "missing"),
    # doors that are closed
    "g/1-GGUF": ({"gated": "auto"}, "never"), "g/2-GGUF": ({"gated": "manual"}, "never"), "g/3-GGUF": ({"gated": True}, "never"), "g/4-GGUF": ({"gated": False}, "missing"),
    "g/5-GGUF": ({"disabled": True}, "never"), "g/6-GGUF": ({"private": True}, "never"), "g/7-GGUF": ({"private": False, "disabled": False, "gated": None}, "missing"),
    # no ids: none of them must become an address
    "../../api/models-GGUF": ({}, "never"), "a/../b-GGUF": ({}, "never"), "a/b/c-GGUF": ({}, "never"), "a/b-GGUF?x": ({}, "never"), "a/b#-GGUF": ({}, "never"),
    "a/b c-GGUF": ({}, "never"), "": ({}, "never"), "a/%2e%2e-GGUF": ({}, "never"), "a/é-GGUF": ({}, "never"), "//host/a-GGUF": ({}, "never"),
    # counters that no number holds count as none
    "n/1-GGUF": ({"downloads": 1e30}, "missing"), "n/2-GGUF": ({"downloads": None}, "missing"), "n/3-GGUF": ({"downloads": "many"}, "missing"),
}  # fmt: skip

#: What makes DuckDB refuse a whole page.
ODD = ['{"id":"odd/surrogate-GGUF","tags":["\\ud800"]}', "7", "null", '["a/list"]', '{"id":"odd/long-GGUF","downloads":' + "9" * 5000 + "}",
       '{"id":"odd/twice-GGUF","tags":["x"],"tags":["base_model:a/b"]}', '{"id":7}', '{"id":"odd/plain"}']  # fmt: skip
OF_ODD = ["odd/long-GGUF", "odd/surrogate-GGUF", "odd/twice-GGUF"]


def chosen(name: str, which: str = "missing", most: int = 1_000_000) -> list[str]:
    kept = Kept.read(folder_of(name))
    assert kept is not None
    return candidates(kept, which, most, [])[0]


@pytest.mark.parametrize("odd", [[], ODD], ids=["read by DuckDB", "read one by one"])
def test_whose_cards_are_asked_for(odd: list[str]) -> None:
    table = [json.dumps({"downloads": 5} | record | {"id": id}) for id, (record, _) in CASES.items()]  # type: ignore[operator]
    with Hub([*table, *odd], page=1000) as hub:
        run(wanted(hub))
    first = [id for id, (_, when) in CASES.items() if when == "missing" and not id.startswith("n/")]
    last = ["n/1-GGUF", "n/2-GGUF", "n/3-GGUF", *(OF_ODD if odd else [])]
    assert chosen("c") == sorted(first) + sorted(last)
    more = {id for id, (_, when) in CASES.items() if when == "all"} | ({"odd/plain", "7"} if odd else set())
    assert set(chosen("c", "all")) == {*first, *last, *more}


def test_pages_are_read_together_and_a_bad_one_alone(monkeypatch: pytest.MonkeyPatch) -> None:
    table = [json.dumps({"id": f"a/m{i}-GGUF", "downloads": i % 7}) for i in range(40)]
    with Hub([*table[:13], *ODD, *table[13:]], page=4) as hub:
        run(wanted(hub))
    names = [id for _, id in sorted((-(i % 7), f"a/m{i}-GGUF") for i in range(40))]
    zeros = [*(id for id in names if int(id[3:-5]) % 7 == 0), *OF_ODD]
    assert chosen("c") == [id for id in names if id not in zeros] + sorted(zeros)
    kept = Kept.read(folder_of("c"))
    assert kept is not None and candidates(kept, "missing", 3, []) == (names[:3], 43)


def test_every_word_of_the_tables_makes_a_candidate() -> None:
    words = sorted(deriving())
    assert {"gguf", "mlx", "awq", "gptq", "exl2", "4-bit", "merge", "mergekit", "lora", "peft", "adapter"} <= set(words)
    table = [{"id": f"w/t{i}", "tags": [word.upper()]} for i, word in enumerate(words)]
    table += [{"id": f"w/l{i}", "library_name": word} for i, word in enumerate(words)]
    with Hub([*table, {"id": "w/none", "tags": ["transformers"]}]) as hub:
        run(wanted(hub))
    assert chosen("c") == sorted(row["id"] for row in table)  # type: ignore[type-var]


def test_words_are_in_one_table_only() -> None:
    formats = {f.pattern.lower() for f in reference.formats() if f.quantized and f.where in ("tag", "library")}
    assert not formats & reference.derived_tags() and len(reference.derived_tags()) > 30
    assert all(re.search(quantizer_end(), id) for id in ("a/b-GGUF", "a/b-i1-gguf", "b.Q8_0", "a/b_4bit"))
    assert not any(re.search(quantizer_end(), id) for id in ("a/-GGUF", "-gguf", "a/b-ggufx", "a/b-7B"))


# --- a model that is on several pages -----------------------------------------------------------------


def test_a_model_counts_as_it_was_last_seen(crawls: Path) -> None:
    """Since the crawl before, one got a base, one a suffix and another name, one lost its base, one is more downloaded."""
    from lineage import pipeline

    def row(number: int, id: str, day: int, **more: Any) -> dict[str, Any]:
        dates = {"createdAt": f"2026-01-01T00:00:{number:02}.000Z", "lastModified": f"2026-09-{day:02}T00:00:00.000Z"}
        return {"_id": f"{number:024x}", "id": id, "downloads": number, "tags": []} | dates | more

    base = {"tags": ["base_model:a/b"]}
    before = [
        row(1, "a/got-GGUF", 1),
        row(2, "a/old", 1),
        row(3, "a/lost-GGUF", 1, **base),
        row(4, "a/grew-GGUF", 1),
        row(5, "a/same-GGUF", 1),
    ]
    after = [
        row(1, "a/got-GGUF", 25, **base),
        row(2, "a/new-GGUF", 25),
        row(3, "a/lost-GGUF", 25),
        row(4, "a/grew-GGUF", 25, downloads=99),
        before[4],
    ]
    clock = Clock()
    with Hub(before, page=2) as hub:
        run(Wanted(endpoint=hub.url, name="first"), clock)
        pipeline.build(str(folder_of("first")), taken_at="2026-09-21")
        assert chosen("first") == ["a/same-GGUF", "a/grew-GGUF", "a/got-GGUF"]
        assert chosen("first", "all")[2:] == ["a/old", "a/got-GGUF"]
        clock.now += 7 * 86_400
        hub.replace(after)
        run(Wanted(endpoint=hub.url, name="second", since="first"), clock)
        assert chosen("second") == ["a/grew-GGUF", "a/same-GGUF", "a/lost-GGUF", "a/new-GGUF"]
        assert chosen("second", "all") == chosen("second")


def test_of_a_crawl_with_a_limit_only_so_many_models_count(crawls: Path) -> None:
    table = [{"id": f"a/m{i}-GGUF", "downloads": i, "createdAt": f"2026-01-01T00:00:{i:02}.000Z"} for i in range(20)]
    with Hub(table, page=5) as hub:
        run(Wanted(endpoint=hub.url, name="c", limit=7))
        run(Wanted(endpoint=hub.url, name="d", limit=10))
    assert chosen("c") == [f"a/m{i}-GGUF" for i in range(19, 12, -1)]
    assert chosen("d") == [f"a/m{i}-GGUF" for i in range(19, 9, -1)]


def test_the_choices_are_those_of_the_command() -> None:
    from lineage.commands.crawl import crawl

    (option,) = [p for p in crawl.params if p.name == "cards"]
    assert tuple(option.type.choices) == CARDS  # type: ignore[attr-defined]
    with pytest.raises(UsageError, match="--cards takes missing or all"):
        Wanted(cards="some").check()


def test_cards_that_are_here_are_not_asked_for(crawls: Path) -> None:
    table = [{"id": f"a/m{i}-GGUF", "downloads": i} for i in range(9)]
    with Hub(table, clock=Clock()) as hub:
        hub.fail("429-1000000000", path="*/README.md", after=4)
        with pytest.raises(Incomplete):
            run(wanted(hub, cards="missing"))
        # Meanwhile the order is another one: what is here is known by its id.
        hub.calm()
        kept = Kept.read(folder_of("c"))
        assert kept is not None
        ids, count = candidates(kept, "all", 2, [folder_of("c") / "cards" / "000000.jsonl.zst"])
        assert (ids, count) == (["a/m4-GGUF", "a/m3-GGUF"], 5)
        assert paths(hub)[:4] == [f"a/m{i}-GGUF" for i in (8, 7, 6, 5)]
