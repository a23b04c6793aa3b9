"""The rules on prose and names: what is on has earned it, and the page says what the program measures."""

import re
from pathlib import Path

import pytest

from lineage import reference
from lineage.session import Session
from scripts.measure_rules import shares, table
from tests.slow_rules import judged_one_by_one

PAGE = (Path(__file__).resolve().parent.parent / "docs" / "rules.md").read_text(encoding="utf-8")


def section(title: str) -> str:
    return PAGE.split(f"\n## {title}\n")[1].split("\n## ")[0].split("<!--")[0]


@pytest.mark.parametrize("name", ["sample", "sample_gguf"])
def test_the_page_has_the_figures_of_the_samples(name: str, request: pytest.FixtureRequest) -> None:
    session: Session = request.getfixturevalue(name)
    measured = table(session.table("check-rules").to_pylist()) + shares(session)
    assert measured.strip() == section(session.snapshot.name).strip().partition("\n\n")[2].strip()


@pytest.mark.parametrize("name", ["sample", "sample_gguf"])
def test_the_samples_are_judged_as_by_the_twin(name: str, request: pytest.FixtureRequest) -> None:
    session: Session = request.getfixturevalue(name)
    assert session.table("check-rules").to_pylist() == judged_one_by_one(session.snapshot)


def test_no_rule_below_ninety_percent_is_on_and_no_rule_is_missing() -> None:
    measured = {}
    for line in section("All sources together").splitlines():
        cells = [c.strip() for c in line.strip("|").split("|")]
        if len(cells) == 11 and cells[3].replace(",", "").isdigit():
            measured[cells[0]] = cells
    on = {p.rule: p.on for p in reference.phrases()} | {r.rule: r.on for r in reference.name_rules()}
    assert {rule for rule in measured if not rule.startswith("(")} <= set(on)
    for rule, cells in measured.items():
        if rule in on:
            assert cells[2] == ("yes" if on[rule] else "no"), rule
            if on[rule] and cells[4] not in ("0", "–"):
                assert float(cells[9].removesuffix(" %")) >= 90, (rule, "strict precision")


def test_every_rule_that_makes_an_edge_is_known(sample: Session, sample_gguf: Session) -> None:
    known = set(reference.rule_texts()) | {"edge-list", "base_models", "base_model_sources", "model_link"}
    for session in (sample, sample_gguf):
        rules = set(session.snapshot.table("claims", ["rule"]).column("rule").to_pylist()) - {None}
        assert rules <= known
        assert set(session.snapshot.table("edges", ["rule"]).column("rule").to_pylist()) - {None} <= known


def test_the_page_and_the_table_of_rules_agree_on_the_threshold() -> None:
    assert re.search(r"90 %", PAGE) and "strict" in PAGE
