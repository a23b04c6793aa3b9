"""Rules of the house that no linter knows."""

import re
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
SOURCES = [
    p
    for folder in ("lineage", "queries", "tests", "scripts", "benchmarks", "docker")
    for p in (ROOT / folder).rglob("*")
    if p.is_file()
]
TEXT = [p for p in SOURCES if p.suffix in (".py", ".sql", ".cypher", ".html", ".css", ".js", ".md", ".csv", ".yaml")]


def test_no_file_above_400_lines() -> None:
    code = [p for p in TEXT if p.suffix in (".py", ".sql", ".cypher", ".html", ".css", ".js")]
    assert [f"{p.name}: {n}" for p in code if (n := len(p.read_text(encoding="utf-8").splitlines())) > 400] == []


def test_no_utils() -> None:
    names = {p.stem for p in SOURCES}
    assert not names & {"utils", "util", "helpers", "common", "misc", "manager", "base"}


def test_no_page_or_script_inside_python() -> None:
    for path in (ROOT / "lineage").rglob("*.py"):
        text = path.read_text(encoding="utf-8")
        assert not re.search(r"<(?:html|body|script|style|div|table)\b[^>]*>\s*[\w<]", text), path
        blocks = re.findall(r'"""(.*?)"""', text, re.DOTALL)
        sql = [b for b in blocks if re.search(r"^\s*(?:SELECT|CREATE|WITH|INSERT)\b", b)]
        assert all(len(b.splitlines()) <= 7 for b in sql), path


def test_every_module_says_what_it_is() -> None:
    for path in (ROOT / "lineage").rglob("*.py"):
        assert path.read_text(encoding="utf-8").startswith('"""'), path


def test_nothing_speaks_of_a_machine() -> None:
    for path in [*TEXT, *ROOT.glob("*.md"), ROOT / "Makefile", ROOT / "setup.cfg", *(ROOT / "docs").glob("*.md")]:
        if path == Path(__file__):
            continue
        text = path.read_text(encoding="utf-8")
        assert not re.search(r"/(?:work|root|home/\w+)/(?:main|shared)|pypi\.org|repo1?\.maven", text), path
