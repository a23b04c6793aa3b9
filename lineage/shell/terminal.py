"""The shell at a terminal: a line that is edited, completed and remembered, and the banner above it."""

import contextlib
import os
import sys
import threading
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import TYPE_CHECKING, Any

from prompt_toolkit import PromptSession
from prompt_toolkit.auto_suggest import AutoSuggestFromHistory
from prompt_toolkit.completion import CompleteEvent, Completer, Completion
from prompt_toolkit.document import Document
from prompt_toolkit.filters import Condition
from prompt_toolkit.history import FileHistory, History, InMemoryHistory
from prompt_toolkit.output import ColorDepth, create_output
from prompt_toolkit.styles import Style

from lineage import cypher
from lineage.errors import LineageError
from lineage.screen import use_colour, visible
from lineage.shell import colon, statements
from lineage.shell.completion import Words, complete
from lineage.shell.ids import Ids
from lineage.shell.schema import also_there, held

if TYPE_CHECKING:
    from lineage.shell.loop import Shell

_STYLE = Style.from_dict({"auto-suggestion": "dim", "prompt": "bold", "more": "dim"})


def reader(shell: "Shell") -> Callable[[], str]:
    """What reads one input after the other. It raises KeyboardInterrupt for Ctrl-C, EOFError for Ctrl-D."""
    name = "neo4j" if shell.on else visible(shell.session.snapshot.name)
    completer = _Completer(shell)
    threading.Thread(target=completer.warm, name="ids", daemon=True).start()
    session: PromptSession[str] = PromptSession(
        [("class:prompt", f"{name}> ")],
        history=_history(shell.session.catalog.root / "shell_history", shell.remark),
        auto_suggest=AutoSuggestFromHistory(),
        completer=completer,
        complete_while_typing=False,
        complete_in_thread=True,
        prompt_continuation=lambda width, number, wrapped: [("class:more", " " * (width - 4) + "..> ")],
        style=_STYLE,
        color_depth=None if use_colour(sys.stdout) else ColorDepth.DEPTH_1_BIT,
        # Rows may go to a file while somebody types. Where both are one terminal it is found by itself, which a
        # terminal that can do nothing (TERM=dumb) needs.
        output=None if sys.stdout.isatty() else create_output(always_prefer_tty=True),
    )
    session.multiline = Condition(lambda: not statements.finished(session.default_buffer.text))
    # Half a character, typed or pasted, has no place in a file or a statement.
    return lambda: _whole(session.prompt())


def _whole(text: str) -> str:
    return text.encode("utf-8", "replace").decode()


class _History(FileHistory):
    """The history in a file, which a full disk or half a character does not stop."""

    def store_string(self, string: str) -> None:
        with contextlib.suppress(OSError):
            super().store_string(_whole(string))


def _history(path: Path, remark: Callable[[str], None]) -> History:
    """What was typed before, in a file that only its owner reads; in memory where it cannot be written."""
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        os.close(os.open(path, os.O_RDWR | os.O_CREAT, 0o600))
        os.chmod(path, 0o600)
    except OSError as error:
        remark(f"What you type is not kept: {path} cannot be written ({error.strerror}).")
        return InMemoryHistory()
    return _History(str(path))


class _Completer(Completer):
    """Offers what `completion.complete` finds in the names of this graph."""

    def __init__(self, shell: "Shell") -> None:
        self._shell = shell
        self._ids = Ids(shell.session.snapshot)
        self._also: tuple[tuple[str, ...], ...] | None = None

    def warm(self) -> None:
        """Read the ids before they are asked for: of the whole Hub they take a second."""
        with contextlib.suppress(LineageError):
            self._ids.models("")

    def words(self) -> Words:
        """The names as they are now."""
        shell = self._shell
        if self._also is None:
            self._also = also_there(shell.on, shell.asker)
        labels, types, properties = self._also
        return Words(
            labels=dict.fromkeys(labels, properties) | _held("label"),
            types=dict.fromkeys(types, properties) | _held("type"),
            properties=properties,
            queries={name: [p.name for p in query.params] for name, query in cypher.queries().items()},
            commands={
                **{f":{name}": () for name in colon.COMMANDS},
                ":format": colon.FORMATS,
                ":help": tuple(cypher.queries()),
                ":params": ("clear",),
            },
            params=sorted(shell.params),
            models=self._ids.models,
            accounts=self._ids.accounts,
        )

    def get_completions(self, document: Document, complete_event: CompleteEvent) -> Iterable[Completion]:
        """What could stand at the cursor."""
        try:
            length, found = complete(document.text_before_cursor, self.words())
        except LineageError:  # of a snapshot that has gone: said when it is asked, not while somebody types
            return
        for text in found:
            yield Completion(text, start_position=-length)


def _held(kind: str) -> dict[str, Any]:
    return {name: properties for name, (of, _, properties) in held().items() if of == kind}


def banner(shell: "Shell") -> str:
    """One line: what is asked and how it is bounded. Opens the graph, and raises as that does."""
    shell.asker.open()
    what = _server(shell) if shell.on else _embedded(shell)
    bounds = f"read only, {shell.timeout:g} s, {shell.limit:,} rows"
    return f"{what} · {bounds} · :help"


def _embedded(shell: "Shell") -> str:
    import ladybug

    head = shell.session.header()
    counts = f"{head['models']:,} models, {head['edges']:,} edges"
    return f"{visible(head['name'])} · {head['taken_at']} · embedded, ladybug {ladybug.__version__} · {counts}"


def _server(shell: "Shell") -> str:
    from lineage.stores.address import shown

    def first(text: str) -> dict[str, Any]:
        rows = shell.asker.run(text, {}, timeout=shell.timeout).to_pylist()
        return dict(rows[0]) if rows else {}

    run = first(cypher.statement("neo4j/loaded"))
    counts = first(cypher.statement("neo4j/models_and_edges"))
    said = f"{run['snapshot']} · {run['taken_at']}" if run else "nothing loaded by lineage"
    if run and run["status"] != "complete":
        said += f" ({run['status']})"
    where = shown(shell.on or "")
    return visible(f"{said} · Neo4j at {where} · {counts['models']:,} models, {counts['edges']:,} edges")
