"""A canary password and a canary token through every command that takes one: found nowhere that others can read.

The password is a real one, that of the server of this test run, so that the commands get as far as they can. Looked
through: what is printed, every file that is written, the server's own folder and graph, and the command line of
every process on this machine while it goes on.
"""

import base64
import os
import subprocess
import sys
import threading
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from urllib.parse import quote

import pytest

from lineage.errors import LineageError
from lineage.stores import neo4j, server
from tests.conftest import Build
from tests.crawling import rows
from tests.hub import Hub
from tests.servers import Server

ROOT = Path(__file__).parent.parent
TOKEN = "hf_CanaryTokenCanaryTokenCanaryToken42"
WRONG = "Canary-wrong-password-7f3a91"


def spellings(secret: str) -> list[bytes]:
    """A secret as it is, and as careless code would write it."""
    raw = secret.encode()
    return [raw, base64.b64encode(raw).rstrip(b"="), raw.hex().encode(), quote(secret, safe="").encode(), raw[::-1]]


def found_in(data: bytes, secrets: list[str]) -> list[str]:
    return [secret for secret in secrets for spelled in spellings(secret) if spelled in data]


def files_with(folder: Path, secrets: list[str], but: Callable[[Path], bool] = lambda path: False) -> list[Path]:
    """The files below a folder that hold a secret, or are called so."""
    return [path for path in folder.rglob("*") if path.is_file() and not but(path)
            and (found_in(path.read_bytes(), secrets) or found_in(str(path).encode(), secrets))]  # fmt: skip


@dataclass
class Watch:
    """Looks at the command line of every process, again and again, until told to stop."""

    secrets: list[str]
    seen: set[str] = field(default_factory=set)
    rounds: int = 0

    def __enter__(self) -> "Watch":
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._look, daemon=True)
        self._thread.start()
        return self

    def __exit__(self, *error: object) -> None:
        self._stop.set()
        self._thread.join()

    def _look(self) -> None:
        while not self._stop.wait(0.03):
            self.rounds += 1
            for path in Path("/proc").glob("[0-9]*/cmdline"):
                try:
                    line = path.read_bytes()
                except OSError:  # it has ended
                    continue
                if found_in(line, self.secrets):
                    self.seen.add(line.decode(errors="replace"))


@dataclass
class Run:
    """Runs `lineage` with a home, a temporary folder and a working folder of its own, and keeps all it says."""

    folder: Path
    env: dict[str, str]
    secrets: list[str]
    said: list[tuple[tuple[str, ...], str]] = field(default_factory=list)

    def __call__(self, *arguments: str, code: int = 0, program: str | None = None, stdin: str = "", **env: str) -> str:
        """One command, or with `program` the command within a program that breaks something first."""
        line = ["-c", program, *arguments] if program else ["-m", "lineage", *arguments]
        done = subprocess.run([sys.executable, *line], cwd=self.folder / "work", env=self.env | env,
                              input=stdin, capture_output=True, text=True, encoding="utf-8", timeout=120,
                              check=False)  # fmt: skip
        said = done.stdout + done.stderr
        self.said.append((arguments, said))
        assert done.returncode == code, (arguments, done.returncode, said[-2000:])
        return said

    def leaks(self) -> list[object]:
        spoken = [arguments for arguments, said in self.said if found_in(said.encode(), self.secrets)]
        return [*spoken, *files_with(self.folder, self.secrets)]


@pytest.fixture
def run(neo4j_server: Server, build_rows: Build, tmp_path: Path) -> Run:
    snapshot = build_rows(rows(50)).snapshot
    tmp_path = tmp_path / "all"
    for name in ("home", "tmp", "work", "hf"):
        (tmp_path / name).mkdir(parents=True)
    env = {k: v for k, v in os.environ.items() if not k.startswith(("LINEAGE_", "NEO4J_", "HF_TOKEN"))}
    env |= {
        "LINEAGE_HOME": str(tmp_path / "home"), "TMPDIR": str(tmp_path / "tmp"), "HF_HOME": str(tmp_path / "hf"),
        "PYTHONPATH": str(ROOT), "PYTHONDONTWRITEBYTECODE": "1", "LINEAGE_SNAPSHOT": str(snapshot.folder),
        "NEO4J_PASSWORD": neo4j_server.password, "HF_TOKEN": TOKEN,
        # Every command says all that it can say, on stderr and in a file.
        "LINEAGE_VERBOSE": "2", "LINEAGE_LOG_FORMAT": "json", "LINEAGE_LOG_FILE": str(tmp_path / "work" / "run.log"),
    }  # fmt: skip
    return Run(tmp_path, env, [neo4j_server.password, TOKEN, WRONG])


#: What breaks in the middle of a load: the writer, by an error of ours; and a Ctrl-C.
BROKEN = """
import sys
from lineage.stores.writer import Writer
def broken(self, *given):
    secret = self.where.secret
    raise RuntimeError(f"the writer is broken: {self.where!r} {secret!r} {vars(self)}")
Writer.batch = broken
from lineage.commands import main
main(sys.argv[1:])
"""
INTERRUPTED = BROKEN.replace(
    "    secret = self.where.secret\n", "    import os, signal; os.kill(os.getpid(), signal.SIGINT)\n"
)


def test_the_password_is_found_nowhere(run: Run, neo4j_server: Server) -> None:
    neo4j_server.clear()
    uri = neo4j_server.uri
    with Watch(run.secrets) as watch:
        # A load that breaks, with and without its traceback; one that is interrupted; then one that goes through.
        said = run("load", uri, code=1, program=BROKEN)
        assert "the writer is broken" in said
        assert "Traceback" in run("--debug", "load", uri, code=1, program=BROKEN)
        run("--debug", "load", uri, code=130, program=INTERRUPTED)
        run("load", uri, "--dry-run", "--format", "json")
        run("load", uri, "--format", "json")
        run("--debug", "load", uri, "--prune")
        run("query", "top_bases", "--on", uri, "--format", "json", "-p", "limit=3")
        run("--debug", "query", "MATCH (m:Model) RETURN m.nothing AS x LIMIT 1", "--on", uri, "-o", "answer.csv")
        run("query", "MATC (m) RETURN m", "--on", uri, code=2)
        run("query", "top_bases", "--on", uri, "--explain")
        run("query", "MATCH (m:Model) RETURN m LIMIT 2", "--on", uri, "--view", "page.html")
        run("schema", "--on", uri, "--format", "json")
        run("shell", "--on", uri, stdin=":schema\nRETURN 1 AS x;\nRETURN a;\n", code=2)
        run("load", uri, "--offline", code=2)
        for command in ("status", "stop"):
            run("neo4j", command, "--format", "json")
        run("doctor", "--format", "json", "--on", uri)
        run("config", "show", "--origin", "--format", "json")
        run("config", "show", LINEAGE_ON=f"bolt://neo4j:{WRONG}@127.0.0.1")
        run("query", "top_bases", "--on", uri, LINEAGE_LOG_FORMAT="text")
        run("completion", "bash")
        # Refused: a wrong password, with its traceback; a far host in the clear.
        for line in (("load", uri), ("query", "top_bases", "--on", uri)):
            assert "refuses the password" in run(*line, code=1, NEO4J_PASSWORD=WRONG)
            assert "Traceback" in run("--debug", *line, code=1, NEO4J_PASSWORD=WRONG)
        assert "password" in run("shell", "--on", uri, code=1, NEO4J_PASSWORD=WRONG)
        run("query", "top_bases", "--on", "bolt://graph.invalid", code=1)
        run("query", "top_bases", "--on", "bolt://127.0.0.1:1", code=1)
    neo4j_server.forgive()
    assert watch.rounds > 10
    logged = (run.folder / "work" / "run.log").read_text()
    assert all(word in logged for word in ('"message": "batch"', "statement: MATCH", "statement of batch 1"))
    assert watch.seen == set()
    assert run.leaks() == []
    assert files_with(neo4j_server.home, run.secrets, lambda path: path == neo4j_server.home / "password") == []
    graph = neo4j_server.run("MATCH (n:LineageRun) RETURN properties(n) AS p")
    assert graph
    assert found_in(str(graph).encode(), run.secrets) == []
    neo4j_server.clear()


@pytest.mark.soak
def test_a_first_start_hands_its_password_to_nobody(run: Run) -> None:
    """A password file that is there already is kept, so the canary can be known beforehand."""
    home = run.folder / "home" / "neo4j" / server.VERSION
    home.mkdir(parents=True)
    secret = "CanaryOfTheFirstStart42x"
    (home / "password").write_text(secret)
    run.secrets.append(secret)
    del run.env["NEO4J_PASSWORD"]
    try:
        with Watch(run.secrets) as watch:
            run("neo4j", "start", "--port", "0", "--http-port", "0", "--heap", "512m", "--format", "json")
            uri = server.status(home).uri
            assert uri is not None
            run("query", "RETURN 1 AS x", "--on", uri)
    finally:
        run("neo4j", "stop")
    assert watch.seen == set()
    assert run.leaks() == [home / "password"]


def test_a_password_in_an_address_is_not_repeated(run: Run) -> None:
    """Its writer has put it on a command line; nothing of ours carries it further."""
    for address in (
        f"bolt://neo4j:{WRONG}@127.0.0.1:1",
        f"neo4j:{WRONG}@127.0.0.1",
        f"bolt://127.0.0.1:1/?password={WRONG}",
    ):
        for line in (("load", address, "--dry-run"), ("--debug", "query", "top_bases", "--on", address)):
            done = subprocess.run([sys.executable, "-m", "lineage", *line], cwd=run.folder / "work", env=run.env,
                                  capture_output=True, timeout=120, check=False)  # fmt: skip
            assert done.returncode != 0
            assert found_in(done.stdout + done.stderr, run.secrets) == []
    assert run.leaks() == []


def test_the_token_is_found_nowhere(run: Run, hub: Hub) -> None:
    hub.token = TOKEN
    with Watch(run.secrets) as watch:
        assert "with a token" in run("crawl", "--endpoint", hub.url, "--name", "c", "--format", "json")
        run("build", "hub", "--endpoint", hub.url, "--name", "c", "--taken-at", "2026-09-20")
        run("crawl", "--endpoint", hub.url, "--name", "d", "--max-pages", "2", code=4)
        hub.token = "hf_another"
        assert "check HF_TOKEN" in run("crawl", "--endpoint", hub.url, "--name", "e", code=1)
        run("--debug", "crawl", "--endpoint", hub.url, "--name", "f", code=1)
        run("info", "--format", "json", LINEAGE_SNAPSHOT="c")
        run("cite", LINEAGE_SNAPSHOT="c")
        run("doctor", "--format", "json")
        run("config", "show", "--origin")
    assert '"message": "GET http' in (run.folder / "work" / "run.log").read_text()
    assert watch.seen == set()
    assert run.leaks() == []


def test_the_exceptions_hold_none(neo4j_server: Server, monkeypatch: pytest.MonkeyPatch) -> None:
    """Each link of the chain that a crash would print or a logger would keep."""
    monkeypatch.setenv("NEO4J_PASSWORD", WRONG)
    for uri in (neo4j_server.uri, "bolt://127.0.0.1:1", "bolt://graph.invalid", f"bolt://neo4j:{WRONG}@h"):
        with pytest.raises(LineageError) as caught:
            neo4j.run(uri, "RETURN 1 AS x")
        error: BaseException | None = caught.value
        links = 0
        while error is not None:
            assert found_in(f"{error!r} {error} {error.args} {vars(error)}".encode(), [WRONG]) == []
            error = error.__cause__ or error.__context__
            links += 1
        assert links
    assert WRONG not in repr(neo4j.target(neo4j_server.uri))


def test_a_planted_canary_is_found(run: Run) -> None:
    """The control: every way of looking sees what is there."""
    assert run.leaks() == []
    planted = run.folder / "home" / "deep" / "log.txt"
    planted.parent.mkdir()
    for text in (TOKEN, base64.b64encode(f"{TOKEN}".encode()).decode(), TOKEN.encode().hex(), quote(WRONG)):
        planted.write_text(f"before {text} after")
        assert run.leaks() == [planted]
    planted.unlink()
    run(program=f"print({WRONG!r})")
    assert run.leaks() == [()]
    run.said.clear()
    with Watch(run.secrets) as watch:
        subprocess.run([sys.executable, "-c", "import time; time.sleep(0.7)", TOKEN], check=True)
    assert any(TOKEN in line for line in watch.seen)
