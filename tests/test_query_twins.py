"""The named queries against their slow twins, on the sample, on a drawn graph and on graphs drawn at random."""

import random
from typing import Any

import pytest

from lineage import cypher
from lineage.session import Session
from tests.conftest import Build
from tests.query_twins import TWINS, Graph, Rows, listed

ALL = "1000000"

#: Other values than the defaults, on the sample.
OTHERS = {
    "id": ["openai-community/gpt2", "mistralai/Mistral-7B-v0.1", "TheBloke/Mistral-7B-Instruct-v0.2-GGUF", "a/nobody"],
    "publisher": ["TheBloke", "google", "Qwen", "nobody"],
    "country": ["US", "FR", "XX"],
    "a": ["mistralai/Mistral-7B-Instruct-v0.2"],
}


def answer(session: Session, name: str, given: dict[str, str]) -> Rows:
    limit = {"limit": ALL} if "limit" in {p.name for p in cypher.query(name).params} else {}
    table = session.table("query", text=name, params=given | limit)
    rows = [tuple(listed(v) if isinstance(v, list) else v for v in row.values()) for row in table.to_pylist()]
    assert len(rows) == len(set(rows))
    return set(rows)


@pytest.fixture(scope="module")
def graph(sample: Session) -> Graph:
    return Graph(sample)


@pytest.mark.parametrize("name", sorted(TWINS))
def test_a_query_says_what_its_twin_says_of_the_sample(sample: Session, graph: Graph, name: str) -> None:
    defaults = {p.name: p.default for p in cypher.query(name).params if p.name != "limit"}
    assert TWINS[name](graph, **defaults)
    for given in [defaults, *({**defaults, p: other} for p in defaults for other in OTHERS.get(p, []))]:
        if all(v in graph.models for p, v in given.items() if p in ("a", "b")) and given.get("id") != "a/nobody":
            assert answer(sample, name, given) == TWINS[name](graph, **given)
        else:
            assert answer(sample, name, given) == set()


def test_a_query_says_what_its_twin_says_of_a_graph_with_all_the_odd_shapes(build_rows: Build) -> None:
    def row(id: str, downloads: int, *tags: str) -> dict[str, Any]:
        return {"id": id, "downloads": downloads, "tags": list(tags)}

    def made(relation: str, base: str) -> tuple[str, str]:
        return f"base_model:{base}", f"base_model:{relation}:{base}"

    session = build_rows([
        row("google/base", 10, "license:mit"),
        row("google/base-GGUF", 7, "gguf", *made("quantized", "google/base")),
        row("a/tuned", 30, "license:mit", "license:apache-2.0", *made("finetune", "google/base")),
        row("b/tuned-GGUF", 40, "gguf", *made("quantized", "a/tuned")),
        row("c/tuned-4bit-again", 41, "mlx", *made("quantized", "b/tuned-GGUF"), *made("quantized", "a/tuned")),
        row("a/tuned-GGUF", 2, *made("quantized", "a/tuned")),
        row("x/one", 1, *made("quantized", "x/two")),  # a cycle of quantizations, with something below it
        row("x/two", 2, *made("quantized", "x/one")),
        row("b/of-a-cycle", 5, *made("quantized", "x/one"), *made("finetune", "gone/base")),
        row("d/both", 6, *made("merge", "a/tuned"), *made("merge", "google/base"), *made("merge", "gone/base")),
        row("ownerless", 3, *made("finetune", "google/base")),
        row("Alibaba-NLP/on-google-GGUF", 8, *made("quantized", "Qwen/on-google")),  # two accounts of one owner
        row("a/unlabelled", 4, "base_model:google/base"),
        row("Qwen/on-google", 9, "license:mit", *made("adapter", "google/base")),
    ])  # fmt: skip
    agree(session)


def agree(session: Session) -> None:
    """Hold every query with a twin against it, with every value that its parameters can have on a small graph."""
    graph = Graph(session)
    ids, accounts = sorted(graph.models), sorted({m["publisher"] for m in graph.models.values()} - {None})
    values = {"id": ids, "a": ids, "b": ids[:2], "publisher": accounts, "country": ["US", "CN"]}
    for name, twin in TWINS.items():
        givens: list[dict[str, str]] = [{}]
        for p in cypher.query(name).params:
            if p.name != "limit":
                givens = [{**given, p.name: value} for given in givens for value in values[p.name]]
        for given in givens:
            assert answer(session, name, given) == twin(graph, **given), (name, given)


def drawn(seed: int) -> list[dict[str, Any]]:
    """Thirty models of a few accounts, each made from up to three of those drawn before, a few from later ones."""
    of = random.Random(seed)
    accounts = ["google", "Qwen", "deepseek-ai", "meta-llama", "a", "b", "c"]
    ids = [f"{of.choice(accounts)}/m{i}" for i in range(30)]
    rows = []
    for i, id in enumerate(ids):
        tags = [f"license:{of.choice(['mit', 'apache-2.0'])}"] if of.random() < 0.6 else []
        from_here = ids if of.random() < 0.1 else ids[:i] or ["gone/base"]
        for base in {of.choice([*from_here, "gone/base"]) for _ in range(of.choice([0, 1, 1, 1, 2, 3]))} - {id}:
            relation = of.choice(["quantized", "quantized", "finetune", "adapter", "merge"])
            tags += [f"base_model:{base}", f"base_model:{relation}:{base}"]
        rows.append(
            {"id": id, "downloads": of.randrange(100), "tags": tags + of.choice([[], ["gguf"], ["mlx", "4-bit"]])}
        )
    return rows


def test_a_query_says_what_its_twin_says_of_a_graph_drawn_at_random(build_rows: Build) -> None:
    agree(build_rows(drawn(7)))


@pytest.mark.soak
@pytest.mark.parametrize("seed", [*range(1, 7), *range(8, 32)])
def test_a_query_says_what_its_twin_says_of_many_graphs(build_rows: Build, seed: int) -> None:
    agree(build_rows(drawn(seed)))
