"""The address of a Neo4j server, and who we are there.

The password comes from the environment (`NEO4J_PASSWORD`, or a file named by `NEO4J_PASSWORD_FILE`)
or, for a server that `lineage neo4j start` has started, from its password file; never from a command
line or an address. `NEO4J_USER` and `NEO4J_DATABASE` are honoured.
"""

import ipaddress
import os
import re
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import urlsplit

from lineage.errors import RefusedError, StoreError, UsageError
from lineage.stores import server

_SCHEMES = ("bolt", "bolt+s", "bolt+ssc", "neo4j", "neo4j+s", "neo4j+ssc")


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


def permitted(uri: str, insecure: bool = False, local_home: Path | None = None) -> Target:
    """The server that `uri` means. Raises UsageError for an address that is none, RefusedError for a password
    that would travel in the clear."""
    where = target(uri, local_home)
    if where.secret.password and not where.local and uri.split(":")[0] in ("bolt", "neo4j") and not insecure:
        raise RefusedError(
            f"The password would travel in the clear to {where.host}. Use an encrypted address "
            f"({uri.split(':')[0]}+s://{where.host}), or say --insecure if the way there is safe."
        )
    return where


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
