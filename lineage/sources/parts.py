"""What a path holds: one table, a folder of tables, or a folder of model cards."""

import os
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from lineage.errors import SourceError
from lineage.sources.text import suffix_of

#: What a table may be called, and how it is then read.
SUFFIXES = (".parquet", ".jsonl", ".ndjson", ".json", ".csv", ".tsv")

#: The ending of a model card.
CARD = ".md"

#: More tables than this in one folder are not one source.
MOST_TABLES = 20_000

#: More files than this in one folder are looked at no further.
MOST_FILES = 5_000_000

#: Files that other programs lay beside their tables.
_BESIDE = frozenset(
    {"manifest.json", "crawl.json", "catalog.json", "metadata.json", "dataset_infos.json", "state.json"}
)


@dataclass(frozen=True, slots=True)
class Parts:
    """The files of a source, A–Z by their path below `root`: tables, or else cards."""

    root: Path
    tables: tuple[Path, ...]
    cards: tuple[Path, ...]
    ignored: int
    """Files that are neither, or cards beside tables."""

    @property
    def files(self) -> tuple[Path, ...]:
        """All files that are read."""
        return self.tables or self.cards


def is_table(path: str) -> bool:
    """Whether a file below a folder of tables is one of them, by its name."""
    parts = path.split("/")
    hidden = any(part.startswith(".") for part in parts)
    return suffix_of(Path(path))[0] in SUFFIXES and parts[-1] not in _BESIDE and not hidden


def find(path: Path) -> Parts:
    """The parts of the source at `path`.

    Raises SourceError where there is nothing, nothing that can be read, or too much.
    """
    if not path.exists():
        raise SourceError(f"There is no file {path}. Give the path of a table, or `sample` to try the program.")
    known = f"{' '.join(SUFFIXES)}, each also with .gz or .zst, or model cards ({CARD})"
    if not path.is_dir():
        if not path.is_file():
            raise SourceError(f"{path.name} is neither a file nor a folder. Give the path of a table.")
        kind = suffix_of(path)[0]
        if kind == CARD:
            return Parts(path.parent, (), (path,), 0)
        if kind not in SUFFIXES:
            raise SourceError(f"{path.name} has none of the endings that are read: {known}.")
        return Parts(path.parent, (path,), (), 0)
    tables, cards, ignored = [], [], 0
    for count, file in enumerate(_walk(path)):
        if count >= MOST_FILES:
            raise SourceError(
                f"{path.name} holds more than {MOST_FILES:,} files. Give a folder with the tables alone, or pack "
                "the cards into one table with the columns model_id and readme."
            )
        kind = suffix_of(Path(file))[0]
        if kind in SUFFIXES and os.path.basename(file) not in _BESIDE:
            tables.append(file)
            if len(tables) > MOST_TABLES:
                raise SourceError(
                    f"{path.name} holds more than {MOST_TABLES:,} tables. Join them into fewer files, for "
                    "instance one JSON lines file a thousand models."
                )
        elif kind == CARD:
            cards.append(file)
        else:
            ignored += 1
    if not tables and not cards:
        what = f"{ignored:,} files, none of them" if ignored else "nothing, so no"
        raise SourceError(f"The folder {path.name} holds {what} table or card. Those end in {known}.")
    tables.sort()
    cards.sort()
    about = str(path / "README.md")
    if len(cards) > 1 and about in cards:  # it describes the folder, and no model
        cards.remove(about)
        ignored += 1
    if tables:
        return Parts(path, tuple(map(Path, tables)), (), ignored + len(cards))
    return Parts(path, (), tuple(map(Path, cards)), ignored)


def _walk(path: Path) -> Iterator[str]:
    """Every file below `path`; hidden ones and links to folders are left out."""
    waiting = [str(path)]
    while waiting:
        try:
            entries = os.scandir(waiting.pop())
        except OSError as error:
            raise SourceError(f"The folder {error.filename} cannot be read: {error.strerror}.") from None
        with entries:
            for entry in entries:
                if entry.name.startswith("."):
                    continue
                if entry.is_dir(follow_symlinks=False):
                    waiting.append(entry.path)
                elif entry.is_file():
                    yield entry.path
