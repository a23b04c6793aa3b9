"""Whatever a source is, its rows go into `spelled`, part by part, and it is known by its bytes."""

import hashlib
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import TYPE_CHECKING

from lineage.errors import SourceError, UnknownLayout
from lineage.reading.columns import Recognised, together
from lineage.reading.rows import create_spelled, read_edges
from lineage.sources import parts
from lineage.sources.folder import CARDS, add_cards
from lineage.sources.tables import add_table

if TYPE_CHECKING:
    from duckdb import DuckDBPyConnection


@dataclass(frozen=True, slots=True)
class Came:
    """What came in from a source."""

    recognised: Recognised
    sha256: str
    """Of the file; of a folder: over the paths and bytes of all its parts."""
    files: int
    ignored_files: int
    """Files of a folder that are no tables, or tables of something else."""
    counts: dict[str, int] = field(default_factory=dict)
    """`edge_rows`, for an edge list."""


def read_source(
    con: "DuckDBPyConnection",
    path: Path,
    work: Path,
    limit: int | None = None,
    say: Callable[[str], None] = lambda text: None,
) -> Came:
    """Make `spelled` from the file or folder at `path`.

    `work` is an existing folder for unpacked copies; `limit`: the first rows only. Raises SourceError
    where there is nothing to read, a part cannot be read, or a file changed meanwhile.
    """
    found = parts.find(path)
    before = {file: _fingerprint(file) for file in found.tables}
    create_spelled(con)
    if found.cards:
        digest = add_cards(con, found.root, found.cards, limit)
        return Came(CARDS, digest, len(found.cards[:limit]), found.ignored)
    recognised: dict[Path, Recognised] = {}
    foreign: list[UnknownLayout] = []
    read = 0
    for number, file in enumerate(found.tables, 1):
        if limit is not None and read >= limit:
            break
        try:
            recognised[file] = add_table(con, file, work, None if limit is None else limit - read)
        except UnknownLayout as error:
            if len(found.tables) == 1:
                raise
            foreign.append(error)
            say(f"{file.name} is left out: {error}")
        read = con.execute("SELECT (SELECT count(*) FROM spelled) + (SELECT count(*) FROM edge_row)").fetchall()[0][0]
        if number % 100 == 0:
            say(f"{number:,} of {len(found.tables):,} files read")
    if not recognised:
        raise foreign[0]
    used = tuple(recognised)
    whole = together(recognised.values())
    _refuse_mixture(path, recognised)
    counts = {}
    if whole.layout == "edge list":
        counts["edge_rows"], turned = read_edges(con)
        if turned:
            both = {"child": whole.columns["base"], "base": whole.columns["child"]}
            whole = replace(whole, columns=whole.columns | both)
    digest = _digest(found.root, used)
    for file in used:
        if _fingerprint(file) != before[file]:
            raise SourceError(f"{file.name} changed while it was read. Run it again when nothing writes to it.")
    return Came(whole, digest, len(used), found.ignored + len(foreign), counts)


def _refuse_mixture(path: Path, recognised: dict[Path, Recognised]) -> None:
    lists = [file.name for file, r in recognised.items() if r.layout == "edge list"]
    others = [file.name for file, r in recognised.items() if r.layout != "edge list"]
    if lists and others:
        raise SourceError(
            f"{path.name} holds lists of edges ({lists[0]}) beside tables of models ({others[0]}). "
            "Build them one by one."
        )


def _fingerprint(file: Path) -> tuple[int, int, int]:
    try:
        stat = file.stat()
    except OSError as error:
        raise SourceError(f"{file.name} cannot be read: {error.strerror}.") from None
    return stat.st_size, stat.st_mtime_ns, stat.st_ino


def _digest(root: Path, files: tuple[Path, ...]) -> str:
    """sha256 of one file; of several: over their paths below `root` and the sha256 of each."""
    digests = []
    for file in files:
        with file.open("rb") as opened:
            digests.append(hashlib.file_digest(opened, "sha256").hexdigest())
    if len(files) == 1:
        return digests[0]
    lines = [f"{file.relative_to(root).as_posix()} {d}\n" for file, d in zip(files, digests, strict=True)]
    return hashlib.sha256("".join(lines).encode("utf-8", "replace")).hexdigest()
