"""Documentation that the code can contradict, held against the code."""

import re
from pathlib import Path

from lineage import cypher
from lineage.commands import main
from lineage.schema import BASES, RULES, TABLES
from lineage.sources import parts, tables, text
from scripts import write_figures

ROOT = Path(__file__).resolve().parent.parent
README = (ROOT / "README.md").read_text(encoding="utf-8")
CONTRIBUTING = (ROOT / "CONTRIBUTING.md").read_text(encoding="utf-8")


def files_named_in(text: str) -> set[str]:
    return set(re.findall(r"`((?:lineage|queries|docs|tests|scripts|docker|benchmarks)/[\w./-]+\.\w+)`", text))


def test_every_file_named_in_contributing_and_readme_exists() -> None:
    missing = [f for f in sorted(files_named_in(CONTRIBUTING) | files_named_in(README)) if not (ROOT / f).is_file()]
    assert missing == []


def test_every_module_has_its_place_in_contributing() -> None:
    named = files_named_in(CONTRIBUTING)
    modules = {
        str(p.relative_to(ROOT))
        for p in (ROOT / "lineage").rglob("*.py")
        if p.name not in ("__init__.py", "__main__.py")
    }
    assert modules - named == set()


def test_every_command_stands_in_the_readme() -> None:
    for name in main.commands:
        assert f"`lineage {name}" in README, name


def test_every_column_is_described() -> None:
    text = (ROOT / "docs" / "tables.md").read_text(encoding="utf-8")
    for table, schema in TABLES.items():
        section = re.split(r"^## ", text.split(f"\n## {table}\n")[1], maxsplit=1, flags=re.MULTILINE)[0]
        for column in schema.names:
            assert re.search(rf"\b{column}\b", section), (table, column)


def test_every_column_of_an_answer_is_described(sample) -> None:  # type: ignore[no-untyped-def]
    text = (ROOT / "docs" / "answers.md").read_text(encoding="utf-8")
    for name, options in (("info", {}), ("intermediaries", {}), ("shares", {"by": "task"}), ("tree", {"model": "google-bert/bert-base-uncased"}),
                          ("intermediaries", {"members": True}), ("intermediaries", {"accounts": True}),
                          ("servers", {"model": "openai-community/gpt2"}), ("servers", {"model": "openai-community/gpt2", "members": True}),
                          ("publisher", {"name": "google"}), ("variants", {"model": "openai-community/gpt2"}),
                          ("rollup", {"models": "openai-community/gpt2", "split_by": "format"}),
                          ("rollup", {"models": "openai-community/gpt2", "split_by": "format", "members": True}),
                          ("figures", {}), ("disclosure", {}), ("sizes", {}), ("concentration", {"over": "country"}),
                          ("figures", {"members": True}), ("flows", {}), ("rank", {"metric": "in_degree"}),
                          ("rank", {"on": "publishers", "metric": "brokerage"}), ("rank", {"on": "publishers", "metric": "betweenness"})):  # fmt: skip
        for column in sample.table(name, **options).column_names:
            assert re.search(rf"\b{column}\b", text), (name, column)


def test_every_make_target_of_the_readme_is_there() -> None:
    makefile = (ROOT / "Makefile").read_text(encoding="utf-8")
    for target in set(re.findall(r"make (\w+) {2,}#", README + CONTRIBUTING)):
        assert re.search(rf"^{target}:.*## ", makefile, re.MULTILINE), target


def test_the_readmes_table_is_what_the_program_says(sample) -> None:  # type: ignore[no-untyped-def]
    for frame, words in (("all", "all models"), ("text-generation", "models that write text"), ("gguf", "tagged gguf")):
        row = sample.table("intermediaries", rule="R1", list="ten-accounts-2024", frame=frame).to_pylist()[0]
        assert f"| {words} | {row['numerator']:,} | {row['denominator']:,} | {row['share'] * 100:.3f} % |" in README


def test_the_readmes_surprise_is_what_the_program_says(sample_gguf) -> None:  # type: ignore[no-untyped-def]
    rows = sample_gguf.table("figures", figure="china_share").to_pylist()
    (hosted, known), (made, traced) = ((f"{r['value'] * 100:.1f}", f"{r['coverage'] * 100:.0f}") for r in rows)
    assert f"accounts in China host {hosted} %; {made} % go back\nto models made there" in README
    assert f"the country of {known} and {traced} % is known" in README


def test_the_figures_of_the_pages_are_what_the_program_says(sample, sample_gguf) -> None:  # type: ignore[no-untyped-def]
    def part(name: str) -> str:
        if name == "words":
            return write_figures.words()
        if name == "queries":
            return write_figures.queries()
        session = {"rules sample": sample, "rules sample-gguf": sample_gguf}[name]
        return write_figures.rules_of(session, RULES, BASES)

    for page in write_figures.PAGES:
        text_ = page.read_text(encoding="utf-8")
        assert "<!-- made: " in text_
        assert write_figures.filled(text_, part) == text_, page.name


def test_the_changelog_counts_the_queries() -> None:
    assert f"{len(cypher.queries())} named queries" in (ROOT / "CHANGELOG.md").read_text(encoding="utf-8")


def test_the_limits_of_sources_are_those_of_the_page() -> None:
    said = (ROOT / "docs" / "input.md").read_text(encoding="utf-8")
    assert f"{text.MOST_GROWTH} times" in said and f"{text.MOST_UNPACKED >> 30} GiB" in said
    assert f"{parts.MOST_FILES:,} files" in said and f"{parts.MOST_TABLES:,} tables" in said
    assert f"{tables.MOST_ROWS:,} rows" in said
