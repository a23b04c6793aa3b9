"""A Neo4j server by its address: reading from it, and its errors as sentences."""

import contextlib
import datetime
import logging
import re
import uuid
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from types import ModuleType
from typing import TYPE_CHECKING, Any

from lineage import __version__, cypher, pandas_free
from lineage.answers.found import Graph
from lineage.errors import LineageError, RefusedError, StoreError, UsageError
from lineage.stores import readonly
from lineage.stores.address import Target, permitted, target

if TYPE_CHECKING:
    import neo4j
    import pyarrow as pa

#: Seconds until a server that does not answer counts as absent.
CONNECT_CAP = 10.0

#: Seconds after which a connection that nobody has used is tried before it is used again.
_LIVELY = 1.0

log = logging.getLogger(__name__)

_EXPLAIN = "EXPLAIN\n"


class Asker:
    """Asks the graph on a server, with one driver for all statements; made by the first of them, or by `open`.

    A connection that the server has let go of meanwhile is made again.
    """

    def __init__(
        self, uri: str, *, insecure: bool = False, local_home: Path | None = None, notifications: str = "OFF"
    ) -> None:
        self._uri, self._insecure, self._local_home = uri, insecure, local_home
        self._notifications = notifications
        self._where: Target | None = None
        self._driver: Any = None
        # Of the transactions on a server, ours are those with this word.
        self._mark = uuid.uuid4().hex

    @property
    def uri(self) -> str:
        """The server's address, fit for messages."""
        return target(self._uri, self._local_home).uri

    def open(self) -> None:
        """Connect and see that the server answers; nothing where that is done. Raises as `connected` does."""
        if self._driver is not None:
            return
        where = self._where = permitted(self._uri, self._insecure, self._local_home)
        with translated(where):
            driver = driver_for(where, liveness_check_timeout=_LIVELY, notifications_min_severity=self._notifications)
            try:
                driver.verify_connectivity()
            except BaseException:
                driver.close()
                raise
            self._driver = driver

    def run(
        self, text: str, params: Mapping[str, Any], *, timeout: float | None, limit: int | None = None
    ) -> "pa.Table":
        """The rows of a reading statement; see `run` of this module."""
        from lineage.stores import values

        with self.reading(text, params, timeout) as asked:
            return values.table(*asked.rows(limit))

    def found(self, text: str, params: Mapping[str, Any], *, timeout: float | None, limit: int | None = None) -> Graph:
        """The nodes and links in the rows that `run` would give. Raises as it does."""
        from lineage.stores import values

        with self.reading(text, params, timeout) as asked:
            _, rows = asked.rows(limit)
            met = values.met(rows)
            for record in asked.session.run(cypher.statement("neo4j/ids"), names=sorted(met.missing())):
                met.end(record["name"], record["label"] or "", str(record["id"] or record["name"]))
            return met.graph(len(rows))

    def loaded(self) -> dict[str, Any]:
        """The note of the last load there: snapshot, taken_at, status; {} where there is none."""
        self.open()
        assert self._where is not None
        with translated(self._where), self._session() as session:
            last = session.run(cypher.statement("neo4j/loaded")).single()
            return dict(last) if last else {}

    @contextlib.contextmanager
    def reading(self, text: str, params: Mapping[str, Any], timeout: float | None) -> Iterator["Reading"]:
        """A statement ready to be run, not yet run. Raises as `run` does."""
        log.debug("statement: %s", " ".join(text.split()))
        readonly.check(text)
        given = {name: _sendable(name, value) for name, value in params.items()}
        self.open()
        assert self._where is not None
        module = neo4j_module()
        marked = {"timeout": timeout, "metadata": {"lineage": self._mark}}
        with translated(self._where, timeout), self._session() as session:
            plan = session.run(module.Query(_EXPLAIN + _unprofiled(text), **marked), given).consume()
            if plan.query_type != "r":
                raise RefusedError("The statement would change the database, or the server itself; queries only read.")
            yield Reading(session, module.Query(text, **marked), given, plan)

    def end(self) -> None:
        """End, on the server as well, the statement that another thread runs, if one does.

        One that has not begun there goes on, so ask again until it has ended. Where the server does not
        answer, nothing runs there.
        """
        if self._driver is None or self._where is None:
            return
        with contextlib.suppress(LineageError), translated(self._where), self._session() as session:
            module = neo4j_module()
            text = cypher.statement("neo4j/end_statements")
            session.run(module.Query(text, timeout=CONNECT_CAP), {"mark": self._mark}).consume()

    def close(self) -> None:
        """Let go of the server."""
        if self._driver is not None:
            self._driver.close()
            self._driver = None

    def _session(self) -> Any:
        assert self._where is not None
        return self._driver.session(database=self._where.database, default_access_mode=neo4j_module().READ_ACCESS)


@dataclass(frozen=True, slots=True)
class Reading:
    """A session that reads, and a statement that its server has explained and found to be a read."""

    session: "neo4j.Session"
    query: "neo4j.Query"
    given: dict[str, Any]
    plan: "neo4j.ResultSummary"
    """Of the explanation: plan and notifications."""

    def rows(self, limit: int | None) -> tuple[list[str], list[list[Any]]]:
        """Run it: the names of the columns, and at most `limit` rows as the driver gives them."""
        result = self.session.run(self.query, self.given)
        names = list(result.keys())
        return names, [list(record.values()) for record in (result if limit is None else result.fetch(limit))]


def run(
    uri: str,
    text: str,
    params: dict[str, Any] | None = None,
    *,
    timeout: float | None = 30.0,
    limit: int | None = None,
    insecure: bool = False,
    local_home: Path | None = None,
) -> "pa.Table":
    """The rows of one reading statement as an Arrow table, at most `limit` of them.

    `timeout` is in seconds and kept by the server; None waits. To learn whether there are more rows,
    ask for one more than is shown. `local_home` is where local servers lie ($LINEAGE_HOME/neo4j, or
    one version's folder in it). Raises RefusedError for anything that is no read, UsageError for an
    address or parameter that cannot be, StoreError where the server or the statement fails.
    """
    with contextlib.closing(Asker(uri, insecure=insecure, local_home=local_home)) as asker:
        return asker.run(text, params or {}, timeout=timeout, limit=limit)


@contextlib.contextmanager
def connected(
    uri: str,
    *,
    insecure: bool = False,
    local_home: Path | None = None,
    timeout: float | None = None,
    notifications: str = "OFF",
) -> Iterator[tuple["neo4j.Driver", Target]]:
    """A driver for that address, checked to answer; the server's errors inside the block become sentences.

    Raises UsageError for an address that is none, RefusedError for a password that would travel in
    the clear, StoreError where the server does not answer or refuses the password.
    """
    where = permitted(uri, insecure, local_home)
    with translated(where, timeout), driver_for(where, notifications_min_severity=notifications) as driver:
        driver.verify_connectivity()
        yield driver, where


def driver_for(where: Target, **options: Any) -> "neo4j.Driver":
    """A driver for that server, which nobody has asked yet; `options` of the driver besides ours."""
    return neo4j_module().GraphDatabase.driver(
        where.uri,
        auth=(where.user, where.secret.password) if where.secret.password else None,
        user_agent=f"lineage/{__version__}",
        connection_timeout=CONNECT_CAP,
        connection_acquisition_timeout=2 * CONNECT_CAP,
        **{"notifications_min_severity": "OFF"} | options,
    )


def neo4j_module() -> ModuleType:
    """The driver, without the pandas it would import for a conversion that we do not use (a second)."""
    with pandas_free.hidden():
        import neo4j
    return neo4j


def _sendable(name: str, value: Any) -> Any:
    """The value of a parameter as Bolt can carry it; a date and time without zone means UTC, as everywhere.

    Raises UsageError, which names the parameter, for what has no form there.
    """
    if isinstance(value, list | tuple):
        return [_sendable(name, item) for item in value]
    if isinstance(value, dict):
        return {str(key): _sendable(name, item) for key, item in value.items()}
    if isinstance(value, datetime.datetime) and value.tzinfo is None:
        return value.replace(tzinfo=datetime.UTC)
    if value is None or isinstance(value, bool | int | float | str | bytes | datetime.date):
        return cypher.storable(value, name)
    raise UsageError(f"The parameter {name} is a {type(value).__name__}, which Neo4j has no form for.")


def _unprofiled(text: str) -> str:
    """The statement without a leading PROFILE, which cannot be explained as well."""
    return re.sub(r"^\s*PROFILE\b", "", text, flags=re.IGNORECASE)


@contextlib.contextmanager
def translated(where: Target, timeout: float | None = None) -> Iterator[None]:
    """Errors of the driver and the server, raised inside, leave as one sentence with the next step."""
    module = neo4j_module()
    try:
        yield
    except (module.exceptions.DriverError, module.exceptions.Neo4jError) as error:
        raise _sentence(error, where, timeout) from error


def _sentence(error: Any, where: Target, timeout: float | None) -> LineageError:
    exceptions = neo4j_module().exceptions
    code = str(getattr(error, "code", "") or "")
    said = _first_line(getattr(error, "message", None) or str(error))
    if isinstance(error, exceptions.AuthError) or "Security" in code:
        if "RateLimit" in code:
            return StoreError(f"{where.uri} has seen too many wrong passwords. Wait five seconds, then try again.")
        if where.secret.password is None:
            return StoreError(f"{where.uri} asks for a password. Set NEO4J_PASSWORD or NEO4J_PASSWORD_FILE.")
        if code.endswith(("Unauthorized", "TokenExpired")):
            return StoreError(f"{where.uri} refuses the password of {where.user} from {where.secret.origin}. "
                              "Set NEO4J_USER and NEO4J_PASSWORD to what that server knows.")  # fmt: skip
        return StoreError(f"{where.uri} does not let {where.user} do this: {said}")
    if "TransactionTimedOut" in code or "LockClientStopped" in code or code.endswith(".Terminated"):
        limit = f"after {timeout:g} s " if timeout else ""
        return StoreError(
            f"The statement was ended {limit}by {where.uri}. Ask for less, or give it longer with --timeout."
        )
    if code.endswith("OutOfMemoryError"):
        more = ", or start it with a larger --heap" if where.local else ""
        return StoreError(
            f"The statement was ended by {where.uri}: it wants more memory than one may have there. "
            f"Ask for less (a LIMIT, fewer rows to collect){more}."
        )
    if code.endswith("AccessMode"):
        return RefusedError("The statement would change the database; queries only read.")
    if code.endswith("ParameterMissing"):
        return UsageError(f"{said} Give it with -p name=value.")
    if code.startswith("Neo.ClientError.Statement"):
        return UsageError(f"Neo4j cannot run this statement: {said}")
    if isinstance(error, exceptions.ServiceUnavailable | exceptions.SessionExpired):
        start = " Start a local one with `lineage neo4j start`." if where.local else ""
        return StoreError(
            f"No Neo4j server answers at {where.uri}. See that it runs and that the address is right.{start}"
        )
    if code.endswith("DatabaseNotFound"):
        return StoreError(f"{where.uri} has no database {where.database!r}. Set NEO4J_DATABASE, or unset it.")
    return StoreError(f"{where.uri} could not do it: {said}")


def _first_line(message: str) -> str:
    """The first line of a server's message, short; positions are counted without the EXPLAIN line."""

    def moved(found: re.Match[str]) -> str:
        return f"(line {max(int(found[1]) - 1, 1)}, column {found[2]})"

    line = message.strip().splitlines()[0] if message.strip() else "no reason given"
    line = re.sub(r"\(line (\d+), column (\d+)(?: \(offset: \d+\))?\)", moved, line)
    # Of what the parser would have liked instead there can be a screenful.
    line = re.sub(r": expected .{80,}(?= \(line)", "", line)
    return line.rstrip(".") + "."
