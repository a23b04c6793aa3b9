"""The shell itself: what was typed is run step by step on one open graph, and its answer or its error is said.

Rows go to stdout, everything else to stderr.
"""

import json
import sys
import time
from collections.abc import Callable, Iterator, Mapping
from typing import IO, Any

import pyarrow as pa

from lineage import cypher
from lineage.errors import LineageError, UsageError
from lineage.printing import Output, emit, for_screen
from lineage.screen import complaint, use_colour
from lineage.session import Session
from lineage.shell import colon, statements
from lineage.shell.running import Ended, Leave, interruptible
from lineage.shell.statements import Step
from lineage.stores import ask

#: Rows at a terminal unless asked otherwise: nobody reads more, and they take seconds to draw.
FEW = 1000


class Shell:
    """A graph held open, and what was set for the statements that come."""

    def __init__(
        self,
        session: Session,
        *,
        on: str | None = None,
        insecure: bool = False,
        timeout: float | None = None,
        limit: int | None = None,
        format: str | None = None,
        interactive: bool = False,
    ) -> None:
        self.session, self.on = session, on
        self.timeout = ask.TIMEOUT if timeout is None else timeout
        self.limit = (FEW if interactive else cypher.ROWS) if limit is None else limit
        self.format = format
        """Of the answers: one of `colon.FORMATS`; None: a table on a terminal, else TSV."""
        self.params: dict[str, Any] = {}
        self.last: tuple[str, dict[str, Any]] | None = None
        """The statement that was answered last, and its parameters."""
        self.sources: list[Any] = []
        """The files that are being run, the outermost first."""
        self.interactive = interactive
        self.insecure = insecure
        self.asker = self._new_asker()

    def _new_asker(self) -> ask.Asker:
        root = self.session.catalog.root
        return ask.asker(self.session.snapshot, root, on=self.on, insecure=self.insecure, say=self.remark)

    def close(self) -> None:
        """Let go of the graph."""
        self.asker.close()

    def remark(self, text: str) -> None:
        """Something beside the rows."""
        dim = self.interactive and use_colour(sys.stderr)
        sys.stderr.write(f"\x1b[2m{text}\x1b[0m\n" if dim else f"{text}\n")

    def run(self, text: str) -> None:
        """Everything in a text that is whole, up to the first step that fails. Raises what that raises: a
        LineageError, Ended after Ctrl-C, Leave where somebody wants to go."""
        for step in statements.all_of(text):
            self.step(step)

    def step(self, step: Step) -> None:
        """One step. Raises as `run` does."""
        if step.kind == "colon":
            colon.run(self, step.text)
            return
        if step.kind == "named" and step.text in colon.BARE and step.text not in cypher.queries():
            colon.run(self, f":{step.text}")
            return
        text, params = self.asked(step)
        begin = time.perf_counter()
        table = self.interrupted_by_ctrl_c(
            lambda: ask.answer(self.asker, text, params, timeout=self.timeout, limit=self.limit + 1)
        )
        seconds = time.perf_counter() - begin
        cut = table.num_rows > self.limit
        table = table.slice(0, self.limit)
        self.last = text, params
        self.show(table, params)
        self._sum_up(table.num_rows, cut, seconds)

    def interrupted_by_ctrl_c(self, call: Callable[[], Any]) -> Any:
        """What `call`, which asks the graph, gives; see `running.interruptible`."""
        try:
            return interruptible(call, self.asker.end)
        except Ended as ended:
            if ended.left_behind:
                self.asker = self._new_asker()  # the old one is still at it, and would let nobody else in
            raise

    def asked(self, step: Step) -> tuple[str, dict[str, Any]]:
        """The statement of a step that asks, and its parameters."""
        return self._named(step.text) if step.kind == "named" else (step.text, self._given(step.text))

    def _named(self, text: str) -> tuple[str, dict[str, Any]]:
        """The statement of a named query; its parameters as given with it, else as set, else its own."""
        name, given = statements.named(text)
        of_query = {p.name for p in cypher.query(name).params}
        as_set = {n: v if isinstance(v, str) else json.dumps(v) for n, v in self.params.items() if n in of_query}
        return ask.prepare(name, as_set | given)

    def _given(self, text: str) -> dict[str, Any]:
        """The parameters of a statement, as set. Raises UsageError for one that is not."""
        wanted = ask.parameters(text)
        for name in wanted:
            if name not in self.params:
                raise UsageError(f"The statement has the parameter ${name}. Set it with :param {name} VALUE.")
        return {name: self.params[name] for name in wanted}

    def show(self, table: pa.Table, params: Mapping[str, Any] | None = None) -> None:
        """Rows in the format that is set."""
        if self.format == "table" or (self.format is None and sys.stdout.isatty()):
            text, left_out, cut = for_screen(table, Output())
            sys.stdout.write(text)
            if left_out:
                self.remark(f"too narrow for {', '.join(left_out)}; return fewer columns, or :format tsv")
            if cut:
                self.remark(f"long texts cut in {', '.join(cut)}; :format tsv has them whole")
        else:
            said = {"command": "shell", "snapshot": self.session.header(), "options": {"on": self.on, "params": params}}
            emit(table, Output(self.format, quiet=True, envelope=said))
        sys.stdout.flush()

    def _sum_up(self, rows: int, cut: bool, seconds: float) -> None:
        if self.interactive:
            word = "row" if rows == 1 else "rows"
            there_is_more = "; there are more: LIMIT in the statement, or :limit" if cut else ""
            took = f"{seconds:.3f}" if seconds < 10 else f"{seconds:.1f}"
            self.remark(f"{rows:,} {word} in {took} s{there_is_more}")
        elif cut:
            self.remark(f"cut after {rows:,} rows; add a LIMIT to the statement, or ask for less")


def from_pipe(shell: Shell, lines: IO[str]) -> None:
    """Run what comes from a pipe, each step when it has come. Raises what the first that fails raises."""
    try:
        for step in _steps(lines):
            shell.step(step)
    except Leave:
        return
    except Ended:
        raise KeyboardInterrupt from None


def _steps(lines: IO[str]) -> Iterator[Step]:
    rest = ""
    for number, line in enumerate(lines):
        first = not rest
        rest += line.removeprefix("\ufeff") if not number else line
        if first or ";" in line or "*/" in line:  # nothing else ends what has begun
            steps, rest = statements.split(rest)
            yield from steps
    yield from statements.all_of(rest)


def at_terminal(shell: Shell, read: Callable[[], str]) -> None:
    """Read, run and answer until somebody wants to go: by :exit or Ctrl-D. Whatever fails, it goes on.

    `read` gives what was typed, and raises KeyboardInterrupt for Ctrl-C, EOFError for Ctrl-D.
    """
    while True:
        try:
            if not _turn(shell, read):
                return
        except KeyboardInterrupt:  # while rows were printed, or pressed once more than needed
            shell.remark("\nInterrupted.")


def _turn(shell: Shell, read: Callable[[], str]) -> bool:
    """Read, run and answer once; False where somebody wants to go."""
    try:
        text = read()
    except KeyboardInterrupt:
        return True
    except EOFError:
        return False
    begin = time.perf_counter()
    try:
        shell.run(text)
    except Leave:
        return False
    except Ended as ended:
        what = "does not end and was left behind" if ended.left_behind else "has ended"
        shell.remark(f"Interrupted after {time.perf_counter() - begin:.1f} s; the query {what}.")
    except LineageError as error:
        _say(str(error))
    except OSError as error:
        where = f": {error.filename}" if error.filename else ""
        _say(f"{str(error.strerror or error).rstrip('.')}{where}.")
    except Exception as error:
        _say(f"This should not have happened: {type(error).__name__}: {error}. The shell goes on; report it.")
    return True


def _say(text: str) -> None:
    sys.stderr.write(f"{complaint(text)}\n")
