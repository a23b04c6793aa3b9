"""A Neo4j server by its address: who we are, reading from it, and its errors as sentences.

The password comes from the environment (`NEO4J_PASSWORD`, or a file named by `NEO4J_PASSWORD_FILE`)
or, for a server that `lineage neo4j start` has started, from its password file; never from a command
line or an address. `NEO4J_USER` and `NEO4J_DATABASE` are honoured.
"""

import contextlib
import datetime
import ipaddress
import os
import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from types import ModuleType
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

from lineage import __version__, pandas_free
from lineage.errors import LineageError, RefusedError, StoreError, UsageError
from lineage.stores import readonly, server

if TYPE_CHECKING:
    import neo4j
    import pyarrow as pa

#: Seconds until a server that does not answer counts as absent.
CONNECT_CAP = 10.0

_SCHEMES = ("bolt", "bolt+s", "bolt+ssc", "neo4j", "neo4j+s", "neo4j+ssc")
_EXPLAIN = "EXPLAIN\n"


@dataclass(frozen=True, slots=True)
class Target:
    """A server and who asks it. Printing one never shows the password."""

    uri: str
    """Scheme, host and port, nothing else: fit for messages."""
    host: str
    port: int
    user: str
    secret: "Secret"
    database: str | None

    @property
    def local(self) -> bool:
        """Whether the address is this machine itself."""
        return _is_loopback(self.host)


@dataclass(frozen=True, slots=True)
class Secret:
    """A password, or None, and where it is from in words."""

    password: str | None
    origin: str

    def __repr__(self) -> str:
        return f"Secret({self.origin!r})"


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
    from lineage.stores import values

    readonly.check(text)
    given = {name: _sendable(name, value) for name, value in (params or {}).items()}
    with connected(uri, insecure=insecure, local_home=local_home, timeout=timeout) as (driver, where):
        driver_module = neo4j_module()
        with driver.session(database=where.database, default_access_mode=driver_module.READ_ACCESS) as session:
            explained = session.run(driver_module.Query(_EXPLAIN + _unprofiled(text), timeout=timeout), given)
            if explained.consume().query_type != "r":
                raise RefusedError("The statement would change the database, or the server itself; queries only read.")
            result = session.run(driver_module.Query(text, timeout=timeout), given)
            names = result.keys()
            rows = [list(record.values()) for record in (result if limit is None else result.fetch(limit))]
            return values.table(names, rows)


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
    where = target(uri, local_home)
    if where.secret.password and not where.local and uri.split(":")[0] in ("bolt", "neo4j") and not insecure:
        raise RefusedError(
            f"The password would travel in the clear to {where.host}. Use an encrypted address "
            f"({uri.split(':')[0]}+s://{where.host}), or say --insecure if the way there is safe."
        )
    module = neo4j_module()
    auth = (where.user, where.secret.password) if where.secret.password else None
    with translated(where, timeout):
        driver = module.GraphDatabase.driver(
            where.uri,
            auth=auth,
            user_agent=f"lineage/{__version__}",
            connection_timeout=CONNECT_CAP,
            connection_acquisition_timeout=2 * CONNECT_CAP,
            notifications_min_severity=notifications,
        )
        with driver:
            driver.verify_connectivity()
            yield driver, where


def neo4j_module() -> ModuleType:
    """The driver, without the pandas it would import for a conversion that we do not use (a second)."""
    with pandas_free.hidden():
        import neo4j
    return neo4j


def target(uri: str, local_home: Path | None = None) -> Target:
    """The server that `uri` means, with credentials from the environment or the local server's file."""
    try:
        parts = urlsplit(uri)
        host, port = parts.hostname, parts.port or 7687
    except ValueError:
        parts, host, port = urlsplit(""), None, 0
    if parts.scheme not in _SCHEMES or not host:
        raise UsageError(
            f"{shown(uri)!r} is no address of a Neo4j server. Write it like "
            "bolt://127.0.0.1:7687 or neo4j+s://graph.example.org."
        )
    if "@" in parts.netloc:
        raise UsageError(
            f"Leave user and password out of the address {shown(uri)}, for others can read it "
            "there. Set NEO4J_USER, and NEO4J_PASSWORD or NEO4J_PASSWORD_FILE."
        )
    spelled = f"[{host}]" if ":" in host else host
    user = os.environ.get("NEO4J_USER") or server.USER
    database = os.environ.get("NEO4J_DATABASE") or None
    return Target(f"{parts.scheme}://{spelled}:{port}", host, port, user, _secret(host, port, local_home), database)


def _secret(host: str, port: int, local_home: Path | None) -> Secret:
    if password := os.environ.get("NEO4J_PASSWORD"):
        return Secret(password, "NEO4J_PASSWORD")
    if named := os.environ.get("NEO4J_PASSWORD_FILE"):
        return Secret(_read_secret(Path(named)), f"the file {named}")
    found = server.find(local_home, host, port) if local_home else None
    if found and found.password_file:
        return Secret(_read_secret(Path(found.password_file)), f"the file {found.password_file}")
    return Secret(None, "nowhere")


def _read_secret(path: Path) -> str:
    try:
        return path.read_text(encoding="utf-8").rstrip("\r\n")
    except (OSError, UnicodeDecodeError) as error:
        said = error.strerror if isinstance(error, OSError) else "it is not text"
        raise StoreError(f"The password file {path} cannot be read ({said}). "
                         "Mend it, or set NEO4J_PASSWORD.") from None  # fmt: skip


def shown(uri: str) -> str:
    """The address for a message: whatever may be a password in it, however it is misspelt, is left out."""
    before, at, after = uri.rpartition("@")
    scheme = re.match(r"[a-z][a-z0-9+]*://", before)
    return re.sub(r"[?#].*", "", f"{scheme[0] if scheme else ''}{after}" if at else uri, flags=re.DOTALL)


def _is_loopback(host: str) -> bool:
    """Whether a host is this machine. Other spellings (127.1, a name that resolves to it) count as elsewhere: asked
    for an encrypted way, nobody loses a password."""
    try:
        address = ipaddress.ip_address(host.partition("%")[0])
    except ValueError:
        return host.lower().removesuffix(".") == "localhost"
    mapped = getattr(address, "ipv4_mapped", None)
    return (mapped or address).is_loopback


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
    if isinstance(value, int) and not -(2**63) <= value < 2**63:
        raise UsageError(f"The parameter {name} is an integer beyond 64 bits, which Neo4j has no form for.")
    if isinstance(value, str) and not _is_unicode(value):
        raise UsageError(f"The parameter {name} is text with half a character in it (a lone surrogate). Mend it.")
    if value is None or isinstance(value, bool | int | float | str | bytes | datetime.date):
        return value
    raise UsageError(f"The parameter {name} is a {type(value).__name__}, which Neo4j has no form for.")


def _is_unicode(text: str) -> bool:
    try:
        text.encode()
    except UnicodeEncodeError:
        return False
    return True


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
