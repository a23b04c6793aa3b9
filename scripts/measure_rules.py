"""Measure the rules on prose and names, and write what comes out into `docs/rules.md`.

    python scripts/measure_rules.py [SOURCE …]

Each source (a file or folder that `lineage build` takes) is built in a home of its own and asked what
`lineage check-rules` says; the two samples are always measured. Figures only: no text of any card.
"""

import sys
import tempfile
from fractions import Fraction
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parent.parent
PAGE = ROOT / "docs" / "rules.md"
BEGIN, END = "<!-- figures: begin -->\n", "<!-- figures: end -->\n"
BASES = ("declared", "stated", "inferred")
SUMS = ("hits", "judged", "right", "nearer", "wrong", "used")
#: Sources without a date in them need one; no figure here depends on it.
TAKEN_AT = "2026-11-22"


def measured(source: str) -> tuple[str, dict[str, int], list[dict[str, Any]], str]:
    """(name, counts, rows of check-rules, what the bases do to R1 to R6) of one source."""
    from lineage.catalog import Catalog
    from lineage.pipeline import build
    from lineage.session import Session

    with tempfile.TemporaryDirectory() as home:
        catalog = Catalog(Path(home))
        sample = source.startswith("sample")
        path = source if sample else str(Path(source).resolve())
        built = build(path, catalog=catalog, taken_at=None if sample else TAKEN_AT)
        session = Session(built.snapshot, catalog)
        name = source if sample else f"{Path(path).parent.name}/{Path(path).name}"
        info = session.table("info").to_pylist()[0]
        return name, info, session.table("check-rules").to_pylist(), shares(session) if sample else ""


def percent(part: int | None, whole: int | None) -> str:
    """A percentage to one place, cut and not rounded up; a dash where nothing can be said."""
    return f"{float(Fraction(part * 1000, whole) // 1) / 10} %" if part is not None and whole else "–"


def line(*cells: object) -> str:
    return "| " + " | ".join("–" if c is None else f"{c:,}" if isinstance(c, int) else str(c) for c in cells) + " |\n"


def table(rows: list[dict[str, Any]]) -> str:
    """One Markdown table: what each rule with at least one hit came to."""
    head = ("rule", "kind", "on", "hits", "judged", "right", "nearer", "wrong", "precision", "strict", "used")
    text = line(*head) + "|" + "---|" * len(head) + "\n"
    for row in rows:
        if not row["hits"]:
            continue
        right, judged = row["right"], row["judged"]
        told = judged and row["right"] + row["wrong"]
        state = "yes" if row["on"] else "no"
        counts = (row[name] for name in ("hits", "judged", "right", "nearer", "wrong"))
        text += line(
            row["rule"], row["kind"], state, *counts, percent(right, told), percent(right, judged), row["used"]
        )
    return text


def shares(session: Any) -> str:
    """One Markdown table: R1 to R6 of a sample under each basis, in per cent of the downloads of a frame."""
    head = ("frame", "rule", *BASES, "unlabelled")
    text = "\n" + line(*head) + "|" + "---|" * len(head) + "\n"
    for frame in ("all", "gguf"):
        found = [session.table("intermediaries", frame=frame, basis=basis).to_pylist() for basis in BASES]
        for row in zip(*found, strict=True):
            told = [f"{r['numerator']:,} ({r['share'] * 100:.3f} %)" for r in row]
            text += line(frame, row[0]["rule"], *told, ", ".join(f"{r['unlabelled']:,}" for r in row))
    return text


def together(sources: list[list[dict[str, Any]]]) -> list[dict[str, Any]]:
    """The rows of several sources added up, rule by rule."""
    total: dict[tuple[str, str], dict[str, Any]] = {}
    for rows in sources:
        for row in rows:
            sum_ = total.setdefault((row["kind"], row["rule"]), {**row, **dict.fromkeys(SUMS)})
            for name in SUMS:
                if row[name] is not None:
                    sum_[name] = (sum_[name] or 0) + row[name]
    return list(total.values())


def page(sources: list[str]) -> str:
    """The generated part of the page."""
    found = [measured(source) for source in sources]
    text = "## All sources together\n\n" + table(together([rows for _, _, rows, _ in found]))
    for name, info, rows, shared in found:
        text += (
            f"\n## {name}\n\n{info['models']:,} models, {info['derived']:,} of them with a declared base. Edges: "
            f"{info['edges']:,} declared, {info['edges_stated']:,} stated, {info['edges_inferred']:,} inferred; "
            f"{info['corrected']:,} labels corrected.\n\n" + table(rows) + shared
        )
    return text


if __name__ == "__main__":
    sys.path.insert(0, str(ROOT))
    old = PAGE.read_text(encoding="utf-8")
    before, after = old.split(BEGIN)[0], old.split(END)[1]
    PAGE.write_text(
        before + BEGIN + "\n" + page(["sample", "sample-gguf", *sys.argv[1:]]) + "\n" + END + after, encoding="utf-8"
    )
    print(f"{PAGE.name} is written")
