"""What a local server is told before it starts: its configuration, and its password."""

import os
import secrets
import string
import subprocess
from pathlib import Path

from lineage.errors import StoreError
from lineage.stores import memory, process

#: What Browser may load and ask: this machine. Styles within the page are how it is made.
_POLICY = (
    "default-src 'self'; style-src 'self' 'unsafe-inline'; img-src 'self' data:; font-src 'self' data:; "
    "connect-src 'self' ws://127.0.0.1:* ws://localhost:* http://127.0.0.1:* http://localhost:*; "
    "base-uri 'none'; object-src 'none'; frame-ancestors 'none'"
)

#: Seconds for the tool that sets the password.
TOOL_CAP = 60.0


def write_config(home: Path, version: str, port: int, http_port: int, given: memory.Memory) -> None:
    """conf/neo4j.conf for these ports of this machine: closed to the world, and to the files of the machine."""
    host = process.HOST
    lines = [
        "# Written by `lineage neo4j start`; changes are lost at the next start.",
        f"server.bolt.listen_address={host}:{port}",
        f"server.bolt.advertised_address={host}:{port}",
        "server.http.enabled=true",
        f"server.http.listen_address={host}:{http_port}",
        f"server.http.advertised_address={host}:{http_port}",
        "server.https.enabled=false",
        "dbms.security.auth_enabled=true",
        # Without these two any reader may read any file of this machine by LOAD CSV.
        "dbms.security.allow_csv_import_from_file_urls=false",
        "server.directories.import=import",
        # Else the server and its Browser report to their maker.
        "dbms.usage_report.enabled=false",
        "client.allow_telemetry=false",
        # Browser would also fetch a font from a third party; and any page on the web could ask this server.
        f"dbms.security.http_static_content_security_policy_header={_POLICY}",
        f"dbms.security.http_access_control_allow_origin=http://{host}:{http_port}",
        "browser.remote_content_hostname_whitelist=localhost,127.0.0.1",
        f"server.memory.pagecache.size={given.pagecache}",
        # A transaction that collects without end dies of this, with a sentence, and the server lives.
        f"db.memory.transaction.max={given.transaction}",
    ]
    if int(version.split(".")[0]) >= 2025:
        # Newer lines broadcast to the network, report to a console in the cloud, and believe what a caller
        # says of his own address. Not each of them knows every name: an unknown one is to be no error there.
        lines += [
            "server.config.strict_validation.enabled=false",
            "server.fleet_discovery.enabled=false",
            "dbms.fleet_manager.enabled=false",
            "server.http.x_forward.enabled=false",
        ]
    (home / "conf" / "neo4j.conf").write_text("\n".join(lines) + "\n", encoding="utf-8")


def ensure_password(home: Path, java: Path, jars: list[Path]) -> None:
    """Before the first start ever: make a password, keep it in its file, and tell Neo4j. Raises StoreError."""
    path = home / "password"
    if (home / "data" / "databases" / "system").exists():
        if not path.is_file():
            raise StoreError(
                f"The password file {path} is gone, and the database knows the password only as a hash. "
                f"Put it back, or remove {home / 'data'} and load again."
            )
        return
    if not path.is_file():
        _write_secret(path, "".join(secrets.choice(string.ascii_letters + string.digits) for _ in range(24)))
    # The tool takes a password as an argument only, where every user of the machine could read it.
    # But an argument @FILE stands for what the file holds, so the password never leaves its file.
    try:
        with process.admin(home, java, jars, "128m", ["dbms", "set-initial-password", f"@{path}"]) as tool:
            try:
                said, _ = tool.communicate(timeout=TOOL_CAP)
            finally:
                tool.kill()
    except (OSError, subprocess.TimeoutExpired) as error:
        raise StoreError(
            f"The password of the new server in {home} could not be set ({type(error).__name__}). Try again."
        ) from error
    if tool.returncode != 0:
        last = process.last_words(said.decode("utf-8", "replace"))
        raise StoreError(f"The password of the new server in {home} could not be set: {last}")


def _write_secret(path: Path, text: str) -> None:
    """A file that only this user can read, from its first moment on, and whole or not at all."""
    beside = path.with_name(f"{path.name}.{os.getpid()}.part")
    beside.unlink(missing_ok=True)
    with open(os.open(beside, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w", encoding="ascii") as file:
        file.write(text)
    os.replace(beside, path)
