"""The two samples that come with the program, and what any file is called as a source."""

import json
from dataclasses import dataclass
from pathlib import Path

from lineage.sources.parts import CARD, SUFFIXES

_FOLDER = Path(__file__).resolve().parent.parent / "data" / "samples"


@dataclass(frozen=True, slots=True)
class Origin:
    """Where a table comes from."""

    name: str
    """The name a snapshot of it gets by default."""
    path: Path
    taken_at: str | None
    """ISO date, where it is known."""
    licence: str | None
    source: str | None = None
    """What it is called in the manifest; None: as its file."""
    dated: str | None = None
    """Where `taken_at` is only inferred: from what, in words."""
    hub_stats: bool = False
    """Whether it should have the columns of the Hub's own table of models."""


#: `lineage/data/samples/README.md` says what they are and are not.
SAMPLES = {
    "sample": Origin("sample", _FOLDER / "sample.parquet", "2024-09-20", None),
    "sample-gguf": Origin("sample-gguf", _FOLDER / "sample-gguf.parquet", "2025-08-25", None),
}


def find(source: str) -> Origin | None:
    """The sample of that name, or None."""
    return SAMPLES.get(source)


def of_file(path: Path) -> Origin:
    """A file or folder of the user's: named after it, without its known endings. A crawl knows when it began."""
    try:
        name = path.resolve().name
    except (OSError, RuntimeError, ValueError):  # links in a circle, or no path at all: whoever opens it is told
        name = path.name
    for ending in (".gz", ".zst", *SUFFIXES, CARD):
        if name.lower().endswith(ending) and len(name) > len(ending):
            name = name[: -len(ending)]
    return Origin(name, path, _began(path / "crawl.json"), None)


def _began(state: Path) -> str | None:
    try:
        return str(json.loads(state.read_bytes())["started"])
    except (OSError, ValueError, KeyError, TypeError):
        return None
