"""Ask a question for the report, and say how anybody gets the same rows: the command line, or why there are none."""

import shlex
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import pyarrow as pa

from lineage.catalog import Catalog
from lineage.errors import LineageError
from lineage.printing import LeftOut, Output, arrange, rows_of
from lineage.questions import Note, ask, silent
from lineage.snapshot import Snapshot
from lineage.views.reports.document import Column, Mark, Part, Table, lacks, scaled, top_of

#: What an option is unless a command line says otherwise.
DEFAULTS: Mapping[str, Any] = {
    "frame": (),
    "window": "30d",
    "basis": "declared",
    "owner": "group",
    "list": "strict",
}

#: Questions that are told the limit, and give one more row for what is beyond it.
FOLDS = ("shares", "servers", "publisher")

#: Those that are told the order too, and leave out what is not shown.
SORTS = ("rollup",)

#: Questions that have no remarks.
_SILENT = ("info", "cite", "check-rules")


@dataclass(frozen=True, slots=True)
class Choices:
    """What a person chose for the whole report, as the options of the commands."""

    frame: tuple[str, ...] = ()
    window: str = "30d"
    basis: str = "declared"
    owner: str = "group"
    list: str = "strict"

    def only(self, *names: str) -> dict[str, Any]:
        """The options of these names."""
        return {name: getattr(self, name) for name in names}

    @property
    def measure(self) -> dict[str, Any]:
        """Window and basis."""
        return self.only("window", "basis")

    @property
    def framed(self) -> dict[str, Any]:
        """Frame, window and basis."""
        return self.only("frame", "window", "basis")


@dataclass(frozen=True, slots=True)
class Answer:
    """The rows of a question as JSON has them, the command line that prints them, and what went wrong, if it did."""

    rows: Sequence[dict[str, Any]]
    command: str
    problem: str | None = None
    remarks: tuple[str, ...] = ()

    def first(self, **wanted: Any) -> dict[str, Any] | None:
        """The first row whose fields are these, or None."""
        return next((row for row in self.rows if all(row.get(k) == v for k, v in wanted.items())), None)

    def table(
        self,
        name: str,
        title: str,
        columns: Sequence[Column],
        *,
        rows: Sequence[dict[str, Any]] | None = None,
        **more: Any,
    ) -> Part:
        """Its rows, or `rows` of them, as a table of the report; a sentence where there are none."""
        if self.problem:
            return lacks(f"{title}: not there. {self.problem}")
        chosen = self.rows if rows is None else rows
        if not chosen:
            return lacks(f"{title}: no rows.")
        mark: Callable[[Sequence[dict[str, Any]]], Mark] | Mark | None = more.pop("mark", None)
        drawn = mark(chosen) if callable(mark) else mark
        return Table(name, title, tuple(columns), tuple(chosen), (self.command,), mark=drawn, **more)


def bars(rows: Sequence[Mapping[str, Any]], name: str = "share") -> Mark:
    """Bars of a share, on the smallest round scale on which all of them fit."""
    top = top_of(rows, name)
    return Mark("bar", scaled(top), (name,), top)


@dataclass
class Asking:
    """One snapshot, asked. `say` is told what is being done; `asked` has the command lines so far."""

    snapshot: Snapshot
    catalog: Catalog
    choices: Choices = field(default_factory=Choices)
    say: Note = silent
    asked: list[str] = field(default_factory=list)

    def ask(
        self,
        name: str,
        *arguments: str,
        limit: int | None = None,
        sort: str | None = None,
        where: str | None = None,
        whole: bool = False,
        **options: Any,
    ) -> Answer:
        """The answer to the question `name`; `arguments` are those of its command, `whole` its --all, the
        rest its options.

        An error becomes the `problem` of the answer: the report goes on without it.
        """
        command = self.command(name, *arguments, **options, where=where, sort=sort, limit=limit, all=whole)
        self.asked.append(command)
        remarks: list[str] = []
        folded = limit if name in FOLDS else None
        try:
            sorts = {"limit": limit, "sort": sort} if name in SORTS and not where else {"limit": folded}
            table = self.table(name, *arguments, note=remarks.append, **sorts, **options)
            chosen = Output(sort=sort, where=(where,) if where else (), limit=None if folded else limit)
            rows = rows_of(arrange(table, chosen)[0])
        except LineageError as error:
            return Answer((), command, str(error))
        # How many rows there are beside those shown, a section says in its own words.
        return Answer(rows, command, None, tuple(said for said in remarks if not isinstance(said, LeftOut)))

    def of(self, table: pa.Table, command: str, where: str, limit: int) -> Answer:
        """Rows of a table that was asked for with `table` before; `command` is the line with that where and limit."""
        self.asked.append(command)
        return Answer(rows_of(arrange(table, Output(where=(where,), limit=limit))[0]), command)

    def table(self, name: str, *arguments: str, **options: Any) -> pa.Table:
        """The same as an Arrow table, for what is too long to be rows. Raises what the question raises."""
        given = {key: value for key, value in options.items() if value is not None} | _argument(name, arguments)
        if name in _SILENT:
            del given["note"]
        return ask(name, self.snapshot, self.catalog, **given)

    def command(self, name: str, *arguments: str, **options: Any) -> str:
        """The line that prints the rows: options that are not the default, and the snapshot by name."""
        dashed = any(argument.startswith("-") for argument in arguments)
        words = ["lineage", name, *(() if dashed else arguments)]
        for key, value in options.items():
            if value is None or value is False or value == DEFAULTS.get(key, ...):
                continue
            flag = f"--{key.replace('_', '-')}"
            for each in value if isinstance(value, list | tuple) else (value,):
                words += [flag] if each is True else [flag, str(each)]
        words += ["--snapshot", self.snapshot.name]
        return shlex.join([*words, *(("--", *arguments) if dashed else ())])


def _argument(name: str, arguments: tuple[str, ...]) -> dict[str, Any]:
    """The arguments of a command as options of its question."""
    if not arguments:
        return {}
    return {"models": arguments} if name == "rollup" else {"model": arguments[0]}
