"""Many snapshots and one question: each snapshot is a task of its own, and their answers stand below each other.

A task opens a snapshot, or builds it, and asks it; what comes back is a small table. Tasks run in worker processes
here, or on a Dask cluster, and the rows are the same, byte for byte.
"""

import contextlib
import re
import tempfile
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from itertools import pairwise
from pathlib import Path
from typing import Any

import pyarrow as pa

from lineage import cluster, errors, pandas_free
from lineage.answers import diff
from lineage.answers.changes import time_of
from lineage.catalog import Catalog
from lineage.errors import LineageError, RefusedError, SnapshotError, SourceError, UnknownLayout, UsageError
from lineage.printing import LeftOut, Output, arrange
from lineage.questions import Note, ask, silent
from lineage.reading import workers
from lineage.snapshot import Snapshot, open_folder
from lineage.sources import remote
from lineage.sources.dated import Listing, listings

#: A question about one snapshot of the whole Hub takes seconds, its build minutes.
_SECONDS = 24 * 3600.0
#: What a task may take beside others is the machine's to say; this is more than any has.
_MEMORY = 1 << 46

Tell = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Place:
    """Where one of the snapshots is, or what it is built from."""

    name: str
    at: str
    """Its folder, or its address."""
    root: str
    """LINEAGE_HOME."""
    listing: Listing | None = None
    force: bool = False


@dataclass(frozen=True, slots=True)
class Task:
    """What a worker is to do: ask each of the places one question, or compare two of them."""

    places: tuple[Place, ...]
    question: str
    options: Tell
    told: tuple[str, ...] = ()
    """Options of the question that take remarks."""
    output: Output = field(default_factory=Output)


@dataclass(frozen=True, slots=True)
class Answer:
    """What a worker gives back: rows as an Arrow stream, or what went wrong."""

    header: Tell = field(default_factory=dict)
    place: Place | None = None
    """Where the snapshot is now."""
    rows: bytes = b""
    total: int = 0
    """Rows before --limit."""
    notes: tuple[str, ...] = ()
    error: tuple[str, str] | None = None
    """Name of the class and sentence."""


class History:
    """Several snapshots, asked as one; a command may be given it in place of a session.

    `snapshots`: names, folders or addresses; without any, and without `sources`, all of the catalog. `sources`: tables
    of a day each, or folders of such, built first unless they stand already. `scheduler`: of a Dask cluster; without,
    worker processes here. `force`: build again what stands under the name of a source.
    """

    def __init__(
        self,
        catalog: Catalog,
        snapshots: Sequence[str] = (),
        sources: Sequence[str] = (),
        *,
        scheduler: str | None = None,
        force: bool = False,
        note: Note = silent,
    ) -> None:
        self.catalog = catalog
        self.note = note
        self.output = Output()
        self.compare = False
        """Whether neighbours are compared, and the changes that trouble a trend are told."""
        self._given, self._sources = tuple(snapshots), tuple(sources)
        self._scheduler, self._force = scheduler, force
        self._answers: list[Answer] = []

    def header(self) -> list[Tell]:
        """What `--format json` says about the snapshots, by date; after `table`."""
        return [answer.header for answer in self._answers]

    def table(self, name: str, /, **options: Any) -> pa.Table:
        """The answers of all snapshots to the question `name`: snapshot, taken_at, then the question's own columns.

        Ordered by taken_at, then name; within a snapshot as the question orders its rows. Raises what the question
        raises, with the name of the snapshot, UsageError for fewer than two snapshots or one that is there twice, and
        SnapshotError where a worker died twice.
        """
        told = tuple(key for key, value in options.items() if callable(value))
        plain = {key: value for key, value in options.items() if key not in told}
        places = self._places()
        tasks = [Task((place,), name, plain, told, self.output) for place in places]
        found = [answer for answer in self._run(tasks) if answer.header]
        found.sort(key=lambda a: (time_of(a.header["taken_at"]), a.header["name"]))
        _enough([a.header["name"] for a in found])
        _refuse_twice([(a.header["sha256"], a.header["name"]) for a in found])
        self._answers = found
        for answer in found:
            for text in answer.notes:
                self.note(f"{answer.header['name']}: {text}")
        tables = [_opened(answer.rows) for answer in found]
        table = pa.concat_tables(tables, promote_options="permissive").combine_chunks()
        total = sum(answer.total for answer in found)
        if table.num_rows < total:
            self.note(f"{LeftOut.of(table.num_rows, total)} of each snapshot")
        if self.compare:
            self._tell_changes(found)
        return table

    def several(self, asked: Sequence[tuple[str, Tell]]) -> list[pa.Table | LineageError]:
        """The answers of all snapshots to several questions, each as `table` has it, or what went wrong with it.

        `asked`: name and options of each question. All tasks share the processes, so this is quicker than one `table`
        after the other. Raises as `table` for snapshots that are not there, too few, or there twice.
        """
        places = self._places()
        tasks = [Task((place,), name, dict(options)) for name, options in asked for place in places]
        given = list(zip(tasks, self._answered(tasks), strict=True))
        found: list[pa.Table | LineageError] = []
        for number in range(len(asked)):
            try:
                mine = given[number * len(places) : (number + 1) * len(places)]
                answers = [answer for task, pair in mine for answer in self._checked(task, *pair) if answer.header]
            except LineageError as error:
                found.append(error)
                continue
            answers.sort(key=lambda a: (time_of(a.header["taken_at"]), a.header["name"]))
            _refuse_twice([(a.header["sha256"], a.header["name"]) for a in answers])
            tables = [_opened(answer.rows) for answer in answers]
            found.append(pa.concat_tables(tables, promote_options="permissive").combine_chunks())
        return found

    def _tell_changes(self, found: list[Answer]) -> None:
        """Say of neighbours what a trend over them does not show: models that went, were renamed, or count less."""
        places = [answer.place for answer in found if answer.place]
        tasks = [Task(pair, "", {}) for pair in pairwise(places)]
        for task, answer in zip(tasks, self._run(tasks), strict=True):
            count = dict(zip(diff.CHANGES, _opened(answer.rows).column("count").to_pylist(), strict=True))
            words = {"went": "went", "renamed": "were renamed", "fell": "fell (all-time)"}
            said = [f"{count[change]:,} {word}" for change, word in words.items() if count[change]]
            for remark in answer.notes[2:]:
                self.note(f"from {answer.notes[0]} to {answer.notes[1]} {remark}")
            if said:
                both = " ".join(shown(place) for place in task.places)
                self.note(f"from {answer.notes[0]} to {answer.notes[1]} {', '.join(said)}: lineage diff {both}")

    def _places(self) -> list[Place]:
        root = str(self.catalog.root)
        places = [self._place(text) for text in self._given]
        for source in self._sources:
            found, left_out = listings(source)
            for listing in found:
                name = listing.name or listing.source
                places.append(Place(name, listing.source, root, listing, self._force))
            if left_out:
                self.note(f"{', '.join(left_out)} left out: no date in the name says which day it is of")
        if not self._given and not self._sources:
            for name in sorted(self.catalog.read()["snapshots"]):
                try:
                    places.append(self._place(name))
                except LineageError as error:
                    self.note(f"{name} left out: {error}")
            self.note(f"over all snapshots there are: {', '.join(p.name for p in places) or 'none'}")
        _refuse_twice([(place.at, place.name) for place in places])
        _refuse_twice([(place.name, place.name) for place in places])
        if not any(place.listing for place in places):
            _enough([place.name for place in places])
        return places

    def _place(self, text: str) -> Place:
        root = str(self.catalog.root)
        if remote.is_remote(text):
            return Place(remote.name_of(text), text, root)
        found = self.catalog.open(text)
        return Place(found.name, str(found.folder.resolve()), root)

    def _run(self, tasks: list[Task]) -> Iterator[Answer]:
        """The answers in the order of the tasks. Raises the first error there is in that order."""
        for task, (answer, reason) in zip(tasks, self._answered(tasks), strict=True):
            yield from self._checked(task, answer, reason)

    def _checked(self, task: Task, answer: Answer | None, reason: str | None) -> Iterator[Answer]:
        """The answer to a task. Raises what went wrong with it, with the name of the snapshot."""
        if answer is None:
            raise SnapshotError(_died(task, reason or "crashed"))
        if answer.error:
            kind, said = answer.error
            if kind == UnknownLayout.__name__ and task.places[0].listing and task.places[0].listing.among_others:
                self.note(f"{Path(task.places[0].at).name} left out: {said}")
                yield Answer()
                return
            names = [place.name for place in task.places]
            named = any(re.search(rf"(?<!\w){re.escape(name)}(?!\w)", said) for name in names)
            raise getattr(errors, kind)(said if named else f"{', '.join(names)}: {said}")
        yield answer

    def _answered(self, tasks: list[Task]) -> Iterator[tuple[Answer | None, str | None]]:
        if self._scheduler:
            yield from cluster.each(answer, tasks, self._scheduler)
            return
        if len(tasks) == 1:
            yield answer(tasks[0]), None
            return
        for task, (given, reason) in zip(tasks, _in_processes(tasks), strict=True):
            if given is None:  # once more, by itself: it may have been the other one's memory
                given, reason = next(_in_processes([task]))
            yield given, reason


def _in_processes(tasks: list[Task]) -> Iterator[tuple[Answer | None, str | None]]:
    with contextlib.closing(
        workers.each("lineage.history:answer_alone", tasks, batch=1, seconds=_SECONDS, memory=_MEMORY)
    ) as answers:
        yield from answers


def _died(task: Task, reason: str) -> str:
    names = " and ".join(place.name for place in task.places)
    how = "took longer than a day" if reason == "timeout" else "died twice"
    return (
        f"The process that worked on {names} {how} ({reason}). There may be too little memory for it: ask for fewer "
        "snapshots, or close other programs, and run it again."
    )


def _enough(names: list[str]) -> None:
    if len(names) < 2:
        there = f"only {names[0]}" if names else "none"
        raise UsageError(
            f"A trend needs two snapshots or more, and there is {there}. Give each with --snapshot, or listings of "
            "several days with --source; `lineage snapshots` lists what there is."
        )


def _refuse_twice(found: list[tuple[str, str]]) -> None:
    seen: dict[str, str] = {}
    for key, name in found:
        if key in seen:
            both = name if seen[key] == name else f"{seen[key]} and {name}"
            raise UsageError(f"{both}: the same snapshot twice, or two of one name. Give each of them once.")
        seen[key] = name


def shown(place: Place) -> str:
    """A snapshot as one gives it to a command: its name, or the address where it lies elsewhere."""
    import shlex

    return shlex.quote(remote.shown(place.at) if remote.is_remote(place.at) else place.name)


# From here on: what happens in a worker.


def answer_alone(task: Task) -> Answer:
    """`answer`, in a process that does nothing else."""
    pandas_free.hide()
    return answer(task)


def answer(task: Task) -> Answer:
    """Open or build the snapshots of a task, and ask. Raises nothing: what went wrong is in the answer."""
    try:
        with tempfile.TemporaryDirectory(prefix="lineage-") as folder:
            return _compared(task, Path(folder)) if len(task.places) == 2 else _asked(task, Path(folder))
    except LineageError as error:
        return Answer(error=(type(error).__name__, str(error)))
    except MemoryError:
        return Answer(error=(SnapshotError.__name__, "There is not enough memory for it. Ask for fewer at once."))
    except OSError as error:
        return Answer(error=(SourceError.__name__, f"{error.strerror or error}: {error.filename or 'a file'}."))


def _asked(task: Task, work: Path) -> Answer:
    place = task.places[0]
    catalog = Catalog(Path(place.root))
    snapshot = _snapshot(place, catalog, work)
    notes: list[str] = []
    telling = dict.fromkeys(task.told, notes.append)
    table = ask(task.question, snapshot, catalog, **task.options, **telling)
    if "taken_at" in table.column_names:
        table = table.drop_columns(["taken_at"])
    for number, (name, text) in enumerate((("snapshot", snapshot.name), ("taken_at", snapshot.taken_at))):
        table = table.add_column(number, name, pa.repeat(pa.scalar(text, pa.string()), table.num_rows))
    table, total = arrange(table, task.output)
    now = place if remote.is_remote(place.at) else Place(snapshot.name, str(snapshot.folder), place.root)
    return Answer(snapshot.header(), now, _packed(table), total, tuple(notes))


def _compared(task: Task, work: Path) -> Answer:
    """How many models came, went, were renamed and fell between two snapshots."""
    found = []
    for number, place in enumerate(task.places):
        (work / str(number)).mkdir()
        found.append(_snapshot(place, Catalog(Path(place.root)), work / str(number), ("models",)))
    counts = diff.counts(diff.diff(*found))
    table = pa.table({"count": pa.array(list(counts.values()), pa.int64())})
    return Answer(
        found[1].header(), None, _packed(table), len(counts), (found[0].name, found[1].name, *diff.unlike(*found))
    )


def _snapshot(place: Place, catalog: Catalog, work: Path, tables: Sequence[str] | None = None) -> Snapshot:
    if place.listing:
        return _built(place, place.listing, catalog)
    if remote.is_remote(place.at):
        return remote.fetch(place.at, work, tables) if tables else remote.fetch(place.at, work)
    return open_folder(Path(place.at), place.name)


def _built(place: Place, listing: Listing, catalog: Catalog) -> Snapshot:
    from lineage.pipeline import build

    try:
        made = build(
            listing.source, name=listing.name, day=listing.day, catalog=catalog, force=place.force, current=False
        )
    except RefusedError as error:
        if listing.name in catalog.read()["snapshots"] and "already" in str(error):
            raise RefusedError(
                f"There is a snapshot {listing.name!r} already, of something else, of another day, or made by another "
                "version. --force builds it again."
            ) from None
        raise
    return made.snapshot


def _packed(table: pa.Table) -> bytes:
    sink = pa.BufferOutputStream()
    with pa.ipc.new_stream(sink, table.schema) as stream:
        stream.write_table(table.combine_chunks())
    return bytes(sink.getvalue().to_pybytes())


def _opened(rows: bytes) -> pa.Table:
    with pa.ipc.open_stream(rows) as stream:
        return stream.read_all()


def over(catalog: Catalog, name: str, snapshots: Sequence[str], options: Tell) -> pa.Table:
    """One question over several snapshots, for the library: `options` are those of `History` and of the question."""
    own = {key: options.pop(key) for key in ("sources", "scheduler", "force") if key in options}
    return History(catalog, snapshots, **own).table(name, **options)
