"""A citation as text that is ready to be pasted: BibTeX, a paragraph, or a CITATION.cff."""

import json
import re
from pathlib import Path
from string import Template

import pyarrow as pa

from lineage.errors import UsageError, near

#: The template of each kind, in `parts`.
KINDS = {"bibtex": "citation.bib", "text": "citation.txt", "cff": "citation.cff"}


def text_of(rows: pa.Table, kind: str) -> str:
    """The rows of `lineage.answers.citation` as text of a kind of `KINDS`. Raises UsageError for another one."""
    if kind not in KINDS:
        raise UsageError(f"There is no citation as {kind!r}.{near(kind, KINDS)} There are: {', '.join(KINDS)}.")
    template = Template((Path(__file__).parent / "parts" / KINDS[kind]).read_text(encoding="utf-8"))
    words = dict(zip(rows.column("field").to_pylist(), rows.column("value").to_pylist(), strict=True))
    words |= {"day": words["taken_at"][:10], "year": words["taken_at"][:4], "licence": words["licence"] or "not stated"}
    words["source_sha256"] = words["source_sha256"] or "not stated"
    words["taken"] = words["taken_at"] + (" (inferred)" if words["taken_at_inferred"] == "yes" else "")
    words["key"] = re.sub(r"[^A-Za-z0-9]+", "-", f"lineage-{words['snapshot']}").strip("-")
    return template.substitute({name: _escaped(value or "", kind) for name, value in words.items() if ":" not in name})


def _escaped(value: str, kind: str) -> str:
    """A value so that it stays text where it is put: names come from strangers."""
    value = " ".join(value.split())
    if kind == "cff":
        return json.dumps(value, ensure_ascii=False)[1:-1]
    if kind == "bibtex":
        value = value.replace("\\", " ")
        return re.sub(r"[{}]", "", re.sub(r"([#$%&_])", r"\\\1", value))
    return value
