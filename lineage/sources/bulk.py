"""Tables of models that lie on the Hub as data sets: which files are meant, what they are called, and the way here.

The two that hold the whole Hub are known by name: `hub-stats`, made anew every day, and its weekly copies in dated
folders. Of any other data set the file or folder that is named is taken. What was fetched lies in
`LINEAGE_HOME/bulk/<data set>/<digest>/`, and is not fetched again while the Hub has the same.
"""

import hashlib
import os
import shutil
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

from lineage.errors import NotFound, SourceError, UsageError
from lineage.sources.address import HUB_STATS, Address, date_in, is_known, is_weekly, parse
from lineage.sources.dataset import DataSet, Say
from lineage.sources.parts import SUFFIXES, is_table
from lineage.sources.sample import Origin
from lineage.sources.transfer import Remote, Transfer, size_text

#: Tables of other things on the Hub, which have ids too; `models` beside one of them is the one that is meant.
_OTHER_KINDS = frozenset(
    {"datasets", "spaces", "posts", "papers", "daily_papers", "collections", "users", "organizations", "discussions"}
)


@dataclass(frozen=True, slots=True)
class Bulk:
    """Tables of a data set, found and not yet fetched."""

    origin: Origin
    """As what they are built; the file or folder at its path is there after `fetch`."""
    files: tuple[Remote, ...]
    _data_set: DataSet = field(repr=False)
    _folder: Path = field(repr=False)
    _below: str = field(repr=False)

    def fetch(self, say: Say = lambda text: None, sleep: Callable[[float], None] = time.sleep) -> None:
        """Have all files on the disk, those that are there already included; see `Transfer.fetch`.

        Raises SourceError or Incomplete where one cannot be had, or there is no room for them; what has come stays.
        """
        self._folder.mkdir(parents=True, exist_ok=True)
        missing = [f for f in self.files if not (self._folder / f.oid / f.name).exists()]
        size, free = sum(f.size for f in missing), shutil.disk_usage(self._folder).free
        if size > free:
            raise SourceError(
                f"{len(missing):,} files of {size_text(size)} are to be fetched and the disk has {size_text(free)} "
                "left. Make room, or set LINEAGE_HOME to a folder on another disk."
            )
        if missing:
            what = missing[0].name if len(missing) == 1 else f"{len(missing):,} files"
            say(f"Fetching {what} of {self._data_set.id}, {size_text(size)}")
        transfer = Transfer(self._data_set.host, self._data_set.headers, say, sleep=sleep)
        for file in self.files:
            here = transfer.fetch(file, self._folder / file.oid)
            if here != self.origin.path:
                _link(here, file, self.origin.path / file.path.removeprefix(self._below).lstrip("/"))


def find(
    source: str,
    home: Path,
    taken_at: str | None = None,
    say: Say = lambda text: None,
    sleep: Callable[[float], None] = time.sleep,
) -> Bulk:
    """The tables that an address (`hf://datasets/…`) means; only looked for, not fetched.

    `home`: LINEAGE_HOME. `taken_at`: the ISO date or time that the user gives. Raises UsageError for an address that
    is none of a data set, NotFound for a data set, revision, date or file that is not there, SourceError otherwise.
    """
    address = parse(source)
    if is_known(address.id) and address.path:
        _refuse_others(address)
    found = DataSet(address, say, sleep)
    path = address.path or _models_in(found, address, say)
    file, changed = found.entry(path)
    files = _tables(found, path, file)
    if not file and len(files) == 1:
        path = files[0].path
        file, changed = found.entry(path)
    own = date_in(path)
    date = taken_at or own or changed
    folder = home / "bulk" / found.id.replace("/", "--")
    origin = Origin(
        name=_name(found.id, date),
        path=folder / file.oid / file.name if file else folder / _key(files),
        taken_at=own or changed,
        licence=found.licence,
        source=f"datasets/{found.id}{'/' if path else ''}{path}@{found.commit[:7]}",
        dated=None if own else "the day of the last change to it" if changed else None,
        hub_stats=is_known(found.id) or path.rpartition("/")[2] == "models.parquet",
    )
    return Bulk(origin, tuple(files), found, folder, "" if file else path)


def _models_in(found: DataSet, address: Address, say: Say) -> str:
    """The file or folder of models in a data set of which no path was given; empty: all of it."""
    if is_weekly(address.id):
        dates = [name for name, is_folder in found.entries("models") if is_folder and date_in(name) == name]
        if address.date and address.date not in dates:
            raise _no_date(found, address.date, dates)
        if dates:
            folder = f"models/{address.date or dates[-1]}"
            whole = ("models.parquet", False) in found.entries(folder)
            return f"{folder}/models.parquet" if whole else folder
    entries = found.entries("")
    stems = {name.partition(".")[0]: name for name, _ in entries}
    others = [name for stem, name in sorted(stems.items()) if stem in _OTHER_KINDS]
    if "models" in stems and (others or is_known(address.id)):
        if others:
            say(f"Left out of {found.id}, for it is not about models: {', '.join(others)}")
        return "models.parquet" if ("models.parquet", False) in entries else stems["models"]
    if is_known(address.id):
        listed = ", ".join(name for name, _ in entries[:12])
        raise NotFound(f"{found.id} has no models.parquet and no folder models. There are: {listed or 'no files'}.")
    return ""


def _no_date(found: DataSet, asked: str, dates: list[str]) -> NotFound:
    if not dates:
        return NotFound(f"{found.id} has no dated folders of models today.")
    near = [d for d in dates if d < asked][-1:] + [d for d in dates if d > asked][:1]
    return NotFound(
        f"{found.id} has no models of {asked}. The nearest: {' and '.join(near)}; there are {len(dates):,}, from "
        f"{dates[0]} to {dates[-1]}."
    )


def _refuse_others(address: Address) -> None:
    kind = next((p.partition(".")[0] for p in address.path.split("/") if p.partition(".")[0] in _OTHER_KINDS), None)
    if kind:
        raise UsageError(f"{address.path} of {address.id} holds {kind}, and no models.")


def _tables(found: DataSet, path: str, file: Remote | None) -> list[Remote]:
    """The table at a path, or those below it. Raises SourceError where there is none."""
    known = f"those end in {' '.join(SUFFIXES)}, each also with .gz or .zst"
    if file:
        if not is_table(file.name):
            raise SourceError(f"{path} of {found.id} is no table: {known}.")
        return [file]
    files = found.files(path)
    tables = [f for f in files if is_table(f.path)]
    if not tables:
        raise SourceError(f"{path or found.id} holds {len(files):,} files, none of them a table: {known}.")
    return tables


def _name(id: str, date: str | None) -> str:
    """What a snapshot is called by default."""
    if is_known(id) and date:
        return f"{'hub-stats' if id.casefold() == HUB_STATS else 'hub-weekly'}-{date[:10]}"
    return id.partition("/")[2]


def _key(files: list[Remote]) -> str:
    """What identifies several files together, as an oid does one."""
    lines = [f"{f.path} {f.oid}\n" for f in files]
    return hashlib.sha256("".join(lines).encode("utf-8", "replace")).hexdigest()


def _link(file: Path, remote: Remote, place: Path) -> None:
    """Have a file at another place too, as itself where the disk can do that."""
    if place.exists() and (place.samefile(file) or remote.is_in(place)):
        return
    place.parent.mkdir(parents=True, exist_ok=True)
    new = place.with_name(f".{place.name}.new")
    new.unlink(missing_ok=True)
    try:
        os.link(file, new)
    except OSError:
        shutil.copyfile(file, new)
    os.replace(new, place)
