"""Write the parts of README.md and two pages of docs/ that come from the samples and from the program's own words.

    python scripts/write_figures.py

A part stands between `<!-- made: NAME -->` and `<!-- end -->`. `tests/test_docs.py` holds the pages to what this makes.
"""

import re
import tempfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parent.parent
PAGES = (ROOT / "README.md", ROOT / "docs" / "definitions.md", ROOT / "docs" / "cypher.md")
FRAMES = ("all", "text-generation", "gguf")
_PART = re.compile(r"(<!-- made: ([\w -]+) -->\n).*?(<!-- end -->)", re.DOTALL)


def words() -> str:
    """The vocabulary of the program, a row each."""
    from lineage import schema
    from lineage.answers import cuts, frames

    of = {
        "relations of an edge": schema.RELATIONS,
        "relation of a model": schema.MODEL_RELATIONS,
        "evidence, most trusted first": schema.EVIDENCE,
        "basis, least first": schema.BASES,
        "windows": schema.WINDOWS,
        "frames": frames.FRAMES,
        "cuts": cuts.CUTS,
        "training data": schema.DISCLOSED,
    }
    return "| of | words |\n|---|---|\n" + "".join(f"| {k} | {', '.join(v)} |\n" for k, v in of.items())


def queries() -> str:
    """The named queries of the program, a row each; those of the person who runs this are left out."""
    from lineage import cypher

    text = "| query | what it answers | parameters |\n|---|---|---|\n"
    for query in (cypher.parse(p.stem, p.read_text(encoding="utf-8")) for p in sorted(cypher.FOLDER.glob("*.cypher"))):
        params = "; ".join(f"`{p.name}`: {p.about}" for p in query.params)
        text += f"| `{query.name}` | {query.about.replace('|', chr(92) + '|')} | {params} |\n"
    return text


def rules(name: str) -> str:
    """R1 to R6 on a sample: a row a rule, a column a frame, in each cell the three bases."""
    from lineage.catalog import Catalog
    from lineage.pipeline import build
    from lineage.schema import BASES, RULES
    from lineage.session import Session

    with tempfile.TemporaryDirectory() as home:
        catalog = Catalog(Path(home))
        return rules_of(Session(build(name, catalog=catalog).snapshot, catalog), RULES, BASES)


def rules_of(session: Any, of: tuple[str, ...], bases: tuple[str, ...]) -> str:
    """The same of a session that is open."""
    has_tasks = "pipeline_tag" in session.snapshot.columns
    frames = [f for f in FRAMES if has_tasks or f != "text-generation"]
    share: dict[tuple[str, str, str], float] = {}
    whole = {}
    for frame in frames:
        for basis in bases:
            for row in session.table("intermediaries", frame=frame, basis=basis).to_pylist():
                share[row["rule"], frame, basis] = row["share"]
                whole[frame] = row["denominator"]
    name = session.snapshot.name
    text = f"| {name} | " + " | ".join(f"{f}, of {whole[f]:,}" for f in frames) + " |\n"
    text += "|---|" + "---:|" * len(frames) + "\n"
    for rule in of:
        cells = (" / ".join(f"{share[rule, frame, basis] * 100:.3f}" for basis in bases) for frame in frames)
        text += f"| {rule} | " + " | ".join(cells) + " |\n"
    return text


def filled(page: str, part: Callable[[str], str]) -> str:
    """The text of a page with every part made anew."""
    return _PART.sub(lambda found: found[1] + part(found[2]) + found[3], page)


def main() -> None:
    made: dict[str, str] = {}

    def part(name: str) -> str:
        if name not in made:
            kind, _, of = name.partition(" ")
            made[name] = {"words": lambda of: words(), "queries": lambda of: queries(), "rules": rules}[kind](of)
        return made[name]

    for page in PAGES:
        page.write_text(filled(page.read_text(encoding="utf-8"), part), encoding="utf-8")


if __name__ == "__main__":
    main()
