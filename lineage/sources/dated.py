"""Listings of several days: files that say in their names which day they are of, each a snapshot by itself."""

import re
from collections import Counter
from dataclasses import dataclass
from datetime import date
from pathlib import Path

from lineage.errors import SourceError
from lineage.sources.address import is_address
from lineage.sources.parts import find
from lineage.sources.sample import SAMPLES, of_file

#: 2025-08-10, 2025_08_10 or 20250810, no digit before or after it.
_DATE = re.compile(r"(?<!\d)(20\d\d)([-_]?)(\d\d)\2(\d\d)(?!\d)")


@dataclass(frozen=True, slots=True)
class Listing:
    """One table that is to be a snapshot."""

    source: str
    """As `lineage build` takes it."""
    name: str | None
    """Of the snapshot; None: as the build names it."""
    day: str | None
    """ISO date out of its name."""
    among_others: bool = False
    """Whether it was found in a folder, and not named by itself."""


def day_in(name: str) -> str | None:
    """The last date in a name, ISO, or None."""
    for year, _, month, day in reversed(_DATE.findall(name)):
        try:
            return date(int(year), int(month), int(day)).isoformat()
        except ValueError:
            continue
    return None


def listings(source: str) -> tuple[list[Listing], list[str]]:
    """The listings that a source is, A–Z, and the names of the tables of a folder that are none.

    `source`: what `lineage build` takes, of which a folder is a table a day (that of a crawl is one source). In a
    folder with dates in the names, a table without one is no listing; where none has a date, all are. Raises
    SourceError where there is nothing to read.
    """
    path = Path(source)
    if source in SAMPLES or is_address(source):
        return [Listing(source, None, None)], []
    found = find(path)
    if not path.is_dir() or (path / "crawl.json").is_file():
        return [Listing(source, of_file(path).name, day_in(path.name))], []
    if not found.tables:
        raise SourceError(f"The folder {path.name} holds no table; each of its tables is to be the listing of a day.")
    below = {file: file.relative_to(path).as_posix() for file in found.tables}
    days = {file: day_in(text) for file, text in below.items()}
    dated = [file for file in found.tables if days[file]] or list(found.tables)
    names = {file: of_file(file).name for file in dated}
    often = Counter(names.values())
    for file in dated:
        if often[names[file]] > 1:  # models.parquet in a folder for each day
            names[file] = "-".join((*Path(below[file]).parts[:-1], names[file]))
    left_out = [below[file] for file in found.tables if file not in names]
    return [Listing(str(file), names[file], days[file], True) for file in dated], left_out
