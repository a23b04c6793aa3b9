"""The embedded Cypher engine: a cache of a snapshot, made when it is first asked and never changed.

The engine's files are no part of a snapshot: they are not byte-stable and belong to one version of
it. Deleting `cache/` costs the time to build it again.
"""

import contextlib
import logging
import os
import shutil
import tempfile
import time
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc

from lineage import cypher, pandas_free
from lineage.answers.found import Graph
from lineage.errors import StoreError, UsageError
from lineage.snapshot import Snapshot
from lineage.stores import graph, layout, readonly, seal
from lineage.stores.sound import sound

#: Virtual memory that the engine may map; its default of 8 TB fails on small machines.
_ADDRESS_SPACE = 1 << 36
_BUFFER = 2 << 30

#: The same while a graph is made: with half of that the whole Hub's takes no longer, and some 80 MB less.
_FILLING = 1 << 30

_EXPLAIN = "EXPLAIN "

#: What the engine says, in the midst of other words, when a disk takes no more.
_UNWRITTEN = ("IO exception", "Cannot write to file", "Cannot truncate", "No space left")

log = logging.getLogger(__name__)

Say = Callable[[str], None]


class NoPlaceError(StoreError):
    """The folder of caches cannot be written."""


def cache_path(snapshot: Snapshot, root: Path) -> Path:
    """Where the graph of a snapshot is kept: one file for each content and version of the engine."""
    import ladybug

    return root / "cache" / f"{snapshot.sha256[:32]}-{ladybug.__version__}.lbug"


def _build(snapshot: Snapshot, path: Path) -> None:
    """Make the graph in a file. Raises NoPlaceError where the engine cannot write it."""
    try:
        _fill(snapshot, path)
    except RuntimeError as error:
        if not any(word in str(error) for word in _UNWRITTEN):
            raise
        # The engine writes its log once more when it is let go of, and ends the process where that fails: give it room.
        for part in path.parent.glob(f"{path.name}*"):
            os.truncate(part, 0)
        raise NoPlaceError(
            f"The embedded graph could not all be written to {path.parent.parent}. Make room there, or set "
            "LINEAGE_HOME, or TMPDIR, to a folder with more, and run it again."
        ) from error


def _fill(snapshot: Snapshot, path: Path) -> None:
    import ladybug

    database = ladybug.Database(str(path), max_db_size=_ADDRESS_SPACE, buffer_pool_size=_FILLING)
    with ladybug.Connection(database) as connection:
        connection.execute(cypher.statement("embedded/close_without_checkpoint"))
    with pandas_free.shown():  # the engine asks whether a table is a frame, and fails without an answer
        # A table is filled at once: the engine takes twice as long for one that holds rows already.
        for name, table in graph.tables(snapshot):
            # What came before, and the build that has ended just now, is let go of: the engine needs the room.
            pa.default_memory_pool().release_unused()
            # A connection holds what it has copied until it is closed.
            with ladybug.Connection(database) as connection:
                connection.execute(cypher.statement(f"embedded/create_{name}"))
                _copy(connection, name, table)
            del table
    with ladybug.Connection(database) as connection:
        connection.execute("CHECKPOINT")
    database.close()


def _copy(connection: Any, name: str, table: pa.Table) -> None:
    """Fill one table. The engine finds an Arrow table by the name of a variable in the calling frame."""
    text = cypher.statement(f"embedded/copy_{name}")
    scope: dict[str, Any] = {name: table, "connection": connection, "text": text}
    exec("connection.execute(text)", scope, scope)


def ensure(snapshot: Snapshot, root: Path, say: Say = lambda text: None) -> Path:
    """The file of the snapshot's graph, built first where it is missing or is not as it was made. Raises StoreError."""
    from filelock import FileLock, Timeout

    path = cache_path(snapshot, root)
    try:
        if path.is_file() and seal.holds(path):
            log.info("the graph in the cache is used", extra={"fields": {"file": str(path)}})
            return path
        path.parent.mkdir(parents=True, exist_ok=True)
        with FileLock(path.with_suffix(".lock"), timeout=600):
            if path.is_file():
                if seal.holds(path):  # by another process, while this one waited
                    return path
                say(f"The embedded graph of {snapshot.name} in the cache is damaged, and made again")
            _make(snapshot, path, say)
    except Timeout:
        raise StoreError(
            f"Another lineage has been building {path.name} for ten minutes. Wait for it, or delete "
            f"{path.with_suffix('.lock')} if it is gone."
        ) from None
    except OSError as error:
        raise NoPlaceError(
            f"The embedded graph cannot be written to {path.parent}: {error.strerror}. "
            "Make room or set LINEAGE_HOME to a folder that can be written."
        ) from None
    return path


def _make(snapshot: Snapshot, path: Path, say: Say) -> None:
    """Build the graph and put it in its place, sealed; the lock is ours."""
    began = time.monotonic()
    say(f"Building the embedded graph of {snapshot.name} (once)")
    for stale in path.parent.glob(f".building-{path.stem}-*"):  # of a run that was killed
        shutil.rmtree(stale) if stale.is_dir() else stale.unlink(missing_ok=True)
    with tempfile.TemporaryDirectory(dir=path.parent, prefix=f".building-{path.stem}-") as work:
        made = Path(work) / "graph.lbug"
        _build(snapshot, made)
        seal.put(path, made)
        os.replace(made, path)
    of = {"file": str(path), "bytes": path.stat().st_size, "seconds": round(time.monotonic() - began, 3)}
    log.info("the graph was made for the cache", extra={"fields": of})


class Asker:
    """Asks the graph of a snapshot, which it holds open, so that only the first statement waits for it."""

    def __init__(self, snapshot: Snapshot, root: Path, say: Say = lambda text: None) -> None:
        self._snapshot, self._root, self._say = snapshot, root, say
        self._database: Any = None
        self._connection: Any = None
        self._own: tempfile.TemporaryDirectory[str] | None = None

    def open(self) -> None:
        """Open the file, built first where it is missing; nothing where it is open. Raises StoreError."""
        import ladybug

        if self._connection is not None:
            return
        path = self._found()
        try:
            self._database = _reading(path)
        except RuntimeError:
            # Whatever is wrong with a cache, it can be made again.
            log.info(
                "the graph in the cache is of another engine and made again", extra={"fields": {"file": str(path)}}
            )
            self._say(f"The embedded graph of {self._snapshot.name} in the cache cannot be opened, and is made again")
            try:
                path.unlink(missing_ok=True)
                self._database = _reading(self._found())
            except OSError:
                self._database = _reading(self._for_once())
        self._connection = ladybug.Connection(self._database)
        self._connection.execute(cypher.statement("embedded/allow_long_patterns"))

    def _found(self) -> Path:
        """The file of the cache; where that cannot be written, one that goes with this process."""
        try:
            return ensure(self._snapshot, self._root, self._say)
        except NoPlaceError as error:
            self._say(f"{error} For this once it is made in {tempfile.gettempdir()}")
            return self._for_once()

    def _for_once(self) -> Path:
        self._own = tempfile.TemporaryDirectory(prefix="lineage-", ignore_cleanup_errors=True)
        path = Path(self._own.name) / "graph.lbug"
        _build(self._snapshot, path)
        return path

    def run(self, text: str, params: Mapping[str, Any], *, timeout: float, limit: int | None = None) -> pa.Table:
        """The rows of a read-only statement; see `run` of this module."""
        with self._asked(text, timeout) as connection:
            return graph.plain(_answer(connection, sound(text), params, limit))

    def found(self, text: str, params: Mapping[str, Any], *, timeout: float, limit: int | None = None) -> Graph:
        """The nodes and links in the rows that `run` would give. Raises as it does."""
        with self._asked(text, timeout) as connection:
            table = _answer(connection, sound(text), params, limit)
            met = graph.met(table)
            ends = {kind.name: kind.ends for kind in layout.KINDS if kind.ends}
            numbers: dict[str, dict[int, Any]] = {}
            for name, (type, place) in met.missing().items():
                numbers.setdefault(ends[type][place], {})[name[1]] = name
            for label, names in sorted(numbers.items()):
                ids = connection.execute(
                    cypher.statement(f"embedded/ids_{label.lower()}"), {"low": min(names), "high": max(names)}
                ).get_as_arrow()
                wanted = pc.is_in(ids.column("number"), value_set=pa.array(names, ids.column("number").type))
                for row in ids.filter(wanted).to_pylist():
                    met.end(names[row["number"]], label, row["id"])
            return met.graph(table.num_rows)

    def explained(self, text: str, params: Mapping[str, Any], *, timeout: float) -> str:
        """The engine's plan of a statement, drawn in boxes; nothing is run. Raises as `run` does."""
        with self._asked(text, timeout) as connection:
            return str(connection.execute(_EXPLAIN + sound(text), dict(params)).get_as_arrow().column(0)[0].as_py())

    @contextlib.contextmanager
    def _asked(self, text: str, timeout: float) -> Iterator[Any]:
        """The connection, for a statement that only reads; the engine's errors inside the block become sentences."""
        readonly.check(text)
        log.debug("statement: %s", " ".join(text.split()))
        self.open()
        try:
            self._connection.set_query_timeout(int(timeout * 1000))
            yield self._connection
        except RuntimeError as error:
            raise _sentence(error, timeout) from None

    def end(self) -> None:
        """End the statement that another thread runs, if one does. One that is still being read by the engine
        goes on, so ask again until it has ended."""
        if self._connection is not None:
            with contextlib.suppress(RuntimeError):
                self._connection.interrupt()

    def close(self) -> None:
        """Let go of the file."""
        if self._connection is not None:
            self._connection.close()
            self._database.close()
            self._connection = self._database = None
        if self._own is not None:
            self._own.cleanup()
            self._own = None


def _reading(path: Path) -> Any:
    import ladybug

    return ladybug.Database(str(path), read_only=True, max_db_size=_ADDRESS_SPACE, buffer_pool_size=_BUFFER)


def run(
    snapshot: Snapshot,
    root: Path,
    text: str,
    params: Mapping[str, Any],
    *,
    timeout: float = 30.0,
    limit: int | None = None,
    say: Say = lambda text: None,
) -> pa.Table:
    """The rows of a read-only statement; `limit` cuts them off.

    Integers come as int64, times as timestamp in UTC, nodes and links as structs without the engine's
    own fields. Raises RefusedError for a write, UsageError for a statement that cannot be run,
    StoreError when it takes longer than `timeout` seconds.
    """
    with contextlib.closing(Asker(snapshot, root, say)) as asker:
        return asker.run(text, params, timeout=timeout, limit=limit)


def _answer(connection: Any, text: str, params: Mapping[str, Any], limit: int | None) -> pa.Table:
    """The rows as the engine gives them, at most `limit`."""
    result = connection.execute(text if limit is None else readonly.bounded(text, limit), dict(params))
    last = result[-1] if isinstance(result, list) else result
    table = last.get_as_arrow()
    # The connection keeps an answer until it is told that nobody needs it.
    last.close()
    return table if limit is None else table.slice(0, limit)


def _sentence(error: RuntimeError, timeout: float) -> Exception:
    """The engine's message as one sentence."""
    lines = str(error).splitlines()
    if "nterrupted" in lines[0]:
        return StoreError(f"The query was ended after {timeout:g} s. Ask for less, or give it more: --timeout 120.")
    message = lines[0].replace("oC_", "").removesuffix(".")
    return UsageError(
        f"The embedded engine cannot run this statement: {message}. "
        "docs/cypher.md says which Cypher runs on both engines."
    )
