"""One transaction after the other into Neo4j, each retried until it is in, exactly once in effect.

The note of how far a load has come is written in the transaction of the batch it counts, so there is
no second truth: after any kill the run node says which batches are in (`runs.py`).
"""

import contextlib
import functools
import logging
import time
from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING, Any

from lineage import cypher
from lineage.errors import StoreError
from lineage.stores.address import Target
from lineage.stores.jars import Progress
from lineage.stores.neo4j import neo4j_module

if TYPE_CHECKING:
    import neo4j

    from lineage.stores.runs import Run

#: `note(name, **params)`: the one row of the statement `neo4j/<name>`, within a transaction.
Note = Callable[..., dict[str, Any]]

#: Seconds to wait for a server that is away (a restart repairs its store first), for one transaction (which may
#: wait for another one's locks), and for indexes.
AWAY_CAP = 300.0
BATCH_CAP = 300.0
INDEX_CAP = 300

#: The server's own counters that a load adds up.
COUNTERS = {
    "nodes_created": "nodes_created",
    "edges_created": "relationships_created",
    "properties_set": "properties_set",
    "nodes_deleted": "nodes_deleted",
    "edges_deleted": "relationships_deleted",
}


log = logging.getLogger(__name__)


class Writer:
    """A database, what was written to it, and every wait with its cap."""

    def __init__(self, driver: "neo4j.Driver", where: Target, tell: Progress) -> None:
        self.driver = driver
        self.where = where
        self.tell = tell
        self.counted = dict.fromkeys(COUNTERS, 0)
        self.batches = 0

    def read(self, name: str, **params: Any) -> dict[str, Any]:
        """The one row of a reading statement, empty where it gives none."""

        log.debug("reading %s", name)

        def attempt() -> dict[str, Any]:
            with (
                self.driver.session(database=self.where.database, default_access_mode="READ") as session,
                session.begin_transaction(timeout=BATCH_CAP) as tx,
            ):
                return _one(tx, name, params)

        return dict(self._patiently(attempt))

    def pages(self, name: str, rows: int) -> Iterator[list[list[Any]]]:
        """The rows of a statement that gives them in pages, in order of id: lists, for one record a row is slow."""
        after = ""
        while True:
            page = self.read(name, after=after, rows=rows)
            if page["last"] is None:
                return
            yield page["rows"]
            after = page["last"]

    def notes(self, work: Callable[[Note], Any]) -> Any:
        """Statements about the run itself, in one transaction; their counters are not the load's. It stands where
        `work` gives something, and is undone where it gives nothing."""
        return self._surely(lambda tx: work(lambda name, **params: _one(tx, name, params)))

    def once(self, name: str, **params: Any) -> None:
        """A statement that is tried once, and whose failure nobody need know."""
        exceptions = neo4j_module().exceptions
        with (
            contextlib.suppress(exceptions.DriverError, exceptions.Neo4jError),
            self.driver.session(database=self.where.database) as session,
            session.begin_transaction(timeout=1) as tx,
        ):
            _one(tx, name, params)
            tx.commit()

    def schema(self) -> None:
        """The constraints, each once, and the indexes behind them ready."""
        exceptions = neo4j_module().exceptions
        for name in ("constraint_model", "constraint_publisher", "constraint_run"):
            try:
                self._surely(functools.partial(_run, name=name, params={}))
            except exceptions.ClientError as error:
                # Two loaders that begin at once both find it missing.
                if not str(error.code).endswith("EquivalentSchemaRuleAlreadyExists"):
                    raise
        self._surely(functools.partial(_run, name="await_indexes", params={"seconds": INDEX_CAP}))

    def batch(self, run: "Run", statement: str, rows: list[tuple[Any, ...]], done: int) -> None:
        """Write one batch, and that `done` are in. Raises StoreError when another loader holds the run."""

        def work(tx: Any) -> dict[str, int]:
            if not _one(tx, "checkpoint", {"id": run.id, "holder": run.holder, "batches_done": done}):
                raise StoreError(run.taken_over())
            counters = tx.run(statement, rows=rows).consume().counters
            return {ours: getattr(counters, theirs) for ours, theirs in COUNTERS.items()}

        def is_in() -> bool:
            return self.read("run_progress", id=run.id).get("batches_done", -1) >= done

        began = time.monotonic()
        counted = self._surely(work, is_in)
        for name, count in counted.items():
            self.counted[name] += count
        self.batches += 1
        of = {"batch": done, "rows": len(rows), "seconds": round(time.monotonic() - began, 3), **counted}
        log.info("batch", extra={"fields": of})
        log.debug("statement of batch %d: %s", done, " ".join(statement.split()))

    def _surely(self, work: Callable[[Any], Any], is_in: Callable[[], bool] | None = None) -> Any:
        """What `work` returns, done in one transaction that is tried again while the server is away.

        A connection that is lost in the middle of a commit leaves open whether it happened: `is_in`
        tells. Without it the work is simply done again, which changes nothing the second time.
        """
        in_doubt: Any = None

        def attempt() -> Any:
            nonlocal in_doubt
            if in_doubt is not None and is_in is not None and is_in():
                return in_doubt
            in_doubt = None
            with (
                self.driver.session(database=self.where.database) as session,
                session.begin_transaction(timeout=BATCH_CAP) as tx,
            ):
                result = work(tx)
                if not result:
                    return result  # the transaction is rolled back
                try:
                    tx.commit()
                except neo4j_module().exceptions.IncompleteCommit:
                    in_doubt = result
                    raise
                return result

        return self._patiently(attempt)

    def _patiently(self, attempt: Callable[[], Any]) -> Any:
        """What `attempt` returns once it gets through: tried again while the server is away, up to the cap."""
        exceptions = neo4j_module().exceptions
        began: float | None = None
        pause = 0.1
        while True:
            try:
                return attempt()
            except (exceptions.DriverError, exceptions.Neo4jError) as error:
                if not (error.is_retryable() or isinstance(error, exceptions.IncompleteCommit)):
                    raise
                now = time.monotonic()
                began = began or now
                if now - began > AWAY_CAP:
                    raise StoreError(
                        f"{self.where.uri} has not taken a batch for {AWAY_CAP:.0f} s. All before it are in: "
                        "see that the server runs, then load again, and it goes on from there."
                    ) from error
                log.info("the server is away", extra={"fields": {"error": type(error).__name__}})
                self.tell("waiting for the server", int(now - began), int(AWAY_CAP))
                time.sleep(pause)
                pause = min(2 * pause, 2.0)


def _one(tx: Any, name: str, params: dict[str, Any]) -> dict[str, Any]:
    record = tx.run(cypher.statement(f"neo4j/{name}"), params).single()
    return dict(record) if record else {}


def _run(tx: Any, name: str, params: dict[str, Any]) -> bool:
    tx.run(cypher.statement(f"neo4j/{name}"), params).consume()
    return True
