"""The shell at a real pseudo-terminal: keys go in, and what a person would see comes out."""

import contextlib
import os
import re
import socket
import stat
import sys
import threading
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pexpect
import psutil
import pytest

from lineage.session import Session
from tests.servers import Server
from tests.test_shell_steps import LONG

ROOT = Path(__file__).resolve().parent.parent

UP, CTRL_C, CTRL_D, CTRL_R = "\x1b[A", "\x03", "\x04", "\x12"
#: Waits for the cursor behind a prompt, which is when keys are read.
PROMPT = r"(?:sample|neo4j)>.*?\x1b\[\?25h"
DONE = r"rows? in [\d.]+ s"


class Terminal:
    """A shell and the keyboard and screen in front of it."""

    def __init__(self, home: Path, *arguments: str, cwd: Path, prompt: str = PROMPT, **env: str) -> None:
        given = {k: v for k, v in os.environ.items() if not k.startswith("LINEAGE_") and k != "NO_COLOR"}
        # Nobody here answers the question where the cursor is.
        given |= {"LINEAGE_HOME": str(home), "PYTHONPATH": str(ROOT), "TERM": "xterm", "PROMPT_TOOLKIT_NO_CPR": "1"}
        self.prompt = prompt
        self.screen = pexpect.spawn(
            sys.executable, ["-m", "lineage", "shell", *arguments], cwd=str(cwd), env=given | env, encoding="utf-8",
            timeout=20, dimensions=(40, 150),
        )  # fmt: skip
        self.screen.delaybeforesend = None
        self.banner = self.see(prompt)

    def see(self, pattern: str) -> str:
        """Everything up to `pattern`, without colours and movements."""
        self.screen.expect(pattern)
        return re.sub(r"\x1b\[[0-9;?]*[A-Za-z]", "", self.screen.before + self.screen.after)

    def keys(self, keys: str, pattern: str) -> str:
        """Press keys, and look until `pattern` is there."""
        self.screen.send(keys)
        return self.see(pattern)

    def run(self, text: str, end: str = DONE) -> str:
        """Type a statement and Enter; what is seen up to the prompt after its answer."""
        return self.keys(f"{text}\r", end) + self.see(self.prompt)

    def ask_something_long(self) -> None:
        """Type a statement that does not end by itself, and wait until the engine works at it: until then Ctrl-C
        may still find the prompt, and clears it."""
        self.screen.send(f"{LONG};\r")
        self.see(r"\x1b\[\?2004l")
        times = psutil.Process(self.screen.pid).cpu_times
        begin = times().user
        while times().user < begin + 0.5:
            time.sleep(0.02)

    def ends(self) -> int:
        """The exit code, once it has ended."""
        self.screen.expect(pexpect.EOF)
        self.screen.close()
        return int(self.screen.exitstatus)


@pytest.fixture(scope="module")
def home(sample: Session) -> Path:
    sample.table("query", text="top_bases")  # the graph is there
    return sample.catalog.root


@pytest.fixture(scope="module")
def terminal(home: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Terminal]:
    """One for the tests that leave it as they find it."""
    made = Terminal(home, cwd=tmp_path_factory.mktemp("shell"))
    yield made
    made.screen.close(force=True)


def test_the_banner_says_what_is_asked_and_how_far(terminal: Terminal) -> None:
    line = terminal.banner.splitlines()[0]
    assert re.fullmatch(
        r"sample · 2024-09-20 · embedded, ladybug [\d.]+ · 9,715 models, 1,799 edges · read only, 30 s, 1,000 rows · :help",
        line,
    )


def test_many_lines_make_a_statement(terminal: Terminal) -> None:
    terminal.keys("MATCH (m:Model)\r", r"[.][.]>")
    terminal.keys("WHERE m.library <> ';'\r", r"[.][.]>")
    seen = terminal.run("RETURN count(*) AS lots;")
    assert "lots" in seen
    assert re.search(r"\b[\d,]{5}\r", seen)
    terminal.keys("RETURN 41 + 1 AS answer\r", r"[.][.]>")
    assert "42" in terminal.keys("\r", DONE)  # an empty line ends one that could end
    terminal.see(PROMPT)


def test_a_name_runs_a_query(terminal: Terminal) -> None:
    seen = terminal.run("top_bases limit=2")
    assert "black-forest-labs/FLUX.1-dev" in seen
    assert "2 rows in" in seen


@pytest.mark.parametrize(("typed", "tabbed", "rest", "answer"), [
    ("MATCH (x:Pub", "lisher", ") RETURN count(*) > 500 AS yes;", "true"),
    ("MATCH ()-[x:DES", "CENDS_FROM", "]->() RETURN count(*) AS n;", "2,210"),
    ("MATCH (x:Model) RETURN max(x.downloads_all", "_time", ") IS NULL AS yes;", "true"),
    ("MATCH (x:Model {id: 'google-bert/bert-base-unc", "ased", "'}) RETURN x.downloads > 1000 AS yes;", "true"),
    ("ancestors id=lmstudio-community/Meta-Llama-3.1-8B-In", "struct-GGUF", "", "meta-llama/Meta-Llama-3.1-8B"),
    # A name that no test has asked before: what is in the history stands on the screen before Tab has done anything.
    ("merge_sou", "rces", " limit=1", "InternViT-300M-448px"),
])  # fmt: skip
def test_tab_completes(terminal: Terminal, typed: str, tabbed: str, rest: str, answer: str) -> None:
    terminal.keys(typed + "\t", re.escape(tabbed))
    assert answer in terminal.run(rest)


def test_a_statement_that_fails_is_a_sentence_and_it_goes_on(terminal: Terminal) -> None:
    seen = terminal.run("MATCH (m:Model) RETRUN m;", r"both engines\.")
    assert "Error: The embedded engine cannot run this statement" in seen
    assert "is refused: queries only read" in terminal.run("MATCH (m) DELETE m;", "alone")
    assert "Did you mean top_bases" in terminal.run("top_base", "RETURN")
    assert "Traceback" not in seen
    terminal.run("RETURN 1 AS x;")


def test_ctrl_c_at_the_prompt_clears_the_line(terminal: Terminal) -> None:
    terminal.keys("RETURN 'never'\r", r"[.][.]>")
    terminal.keys(CTRL_C, PROMPT)
    seen = terminal.run("RETURN 7 AS seven;")
    assert "never" not in seen.split("seven", 1)[1]


def test_ctrl_c_ends_the_query_and_not_the_shell(terminal: Terminal) -> None:
    terminal.ask_something_long()
    seen = terminal.keys(CTRL_C, "the query has ended")
    assert re.search(r"Interrupted after [\d.]+ s", seen)
    terminal.see(PROMPT)
    assert "8" in terminal.run("RETURN 8 AS eight;")


def test_an_impatient_person_stays_in_the_shell(terminal: Terminal) -> None:
    terminal.ask_something_long()
    for _ in range(15):
        terminal.screen.send(CTRL_C)
        time.sleep(0.02)
    terminal.see("Interrupted")  # "the query has ended" is cut short where a press falls into it
    terminal.see(PROMPT)
    assert "9" in terminal.run("RETURN 9 AS nine;")


def test_several_statements_are_pasted(terminal: Terminal) -> None:
    pasted = "\x1b[200~RETURN 'first' AS a;\n\nRETURN\n\n'second' AS b;\x1b[201~"
    terminal.keys(pasted, "b;")
    seen = terminal.keys("\r", DONE) + terminal.see(DONE)
    assert re.search(r"─\s+first\s.*─\s+second\s", seen, re.DOTALL)
    terminal.see(PROMPT)


def test_a_file_and_parameters(terminal: Terminal, tmp_path: Path) -> None:
    (tmp_path / "q.cypher").write_text("RETURN $word AS first;\nRETURN 1 +;\nRETURN 'never' AS third;\n")
    terminal.run(":param word wanted", "")
    seen = terminal.run(f":source {tmp_path / 'q.cypher'}", r"both engines\.")
    assert "wanted" in seen.split("first", 1)[1]
    assert "q.cypher, statement 2: " in seen
    assert "never" not in seen
    assert '"wanted"' in terminal.run(":params", '"wanted"')
    terminal.run(":params clear", "No parameter is set")


def test_rows_in_another_format_and_cut(terminal: Terminal) -> None:
    terminal.run(":format jsonl", "shown as jsonl")
    assert '{"x": "a"}' in terminal.run("RETURN 'a' AS x;")
    terminal.run(":format auto", "shown as auto")
    terminal.run(":limit 2", "after 2 rows")
    assert "2 rows in" in terminal.run("UNWIND [1, 2, 3] AS x RETURN x;", "there are more")
    terminal.run(":limit 10000", "after 10,000 rows")


def test_what_was_typed_is_there_the_next_time_and_private(home: Path, tmp_path: Path) -> None:
    kept = home / "shell_history"
    kept.unlink(missing_ok=True)
    first = Terminal(home, cwd=tmp_path)
    first.run("RETURN 'remembered' AS word;")
    first.screen.send(":exit\r")
    assert first.ends() == 0
    assert stat.S_IMODE(kept.stat().st_mode) == 0o600
    kept.chmod(0o644)  # as somebody else's umask would have it
    second = Terminal(home, cwd=tmp_path)
    assert stat.S_IMODE(kept.stat().st_mode) == 0o600
    second.keys(UP + UP, "remembered")
    assert "remembered" in second.run("").split("word", 1)[1]
    second.keys(CTRL_R + "remem", "search.*bered")
    assert "remembered" in second.keys("\r\r", DONE).split("word", 1)[1]
    second.see(PROMPT)
    second.screen.send(CTRL_D)
    assert second.ends() == 0


def test_a_terminal_that_can_do_nothing(home: Path, tmp_path: Path) -> None:
    dumb = Terminal(home, cwd=tmp_path, prompt="sample> ", TERM="dumb")
    dumb.screen.send("RETURN 6 * 7 AS x;\r")
    dumb.screen.expect(DONE)
    seen = dumb.banner + dumb.screen.before
    assert "42" in seen
    assert "\x1b" not in seen.replace("\x1b[?2004h", "").replace("\x1b[?2004l", "")
    dumb.see("sample> ")
    dumb.screen.send("exit\r")
    assert dumb.ends() == 0


def test_no_colour_where_it_is_not_wanted(home: Path, tmp_path: Path) -> None:
    plain = Terminal(home, cwd=tmp_path, NO_COLOR="1")
    plain.screen.send("RETRUN 1 +;\r")
    plain.screen.expect("ncannot|cannot")
    assert not re.search(r"\x1b\[[0-9;]*3\d", plain.screen.before)
    plain.screen.close(force=True)


# --- on a server ------------------------------------------------------------------------------------


class Door:
    """A port that leads to a server, and can be shut: then nobody answers, and who was inside is out."""

    def __init__(self, port: int) -> None:
        self.inside = port
        self.port = 0
        self.open()

    def open(self) -> None:
        self.listener = socket.create_server(("127.0.0.1", self.port))
        self.port = self.listener.getsockname()[1]
        self.guests: list[socket.socket] = []
        threading.Thread(target=self._serve, args=(self.listener, self.guests), daemon=True).start()

    def shut(self) -> None:
        for one in (self.listener, *self.guests):
            with contextlib.suppress(OSError):
                one.shutdown(socket.SHUT_RDWR)
            one.close()

    def _serve(self, listener: socket.socket, guests: list[socket.socket]) -> None:
        with contextlib.suppress(OSError):
            while True:
                guest = listener.accept()[0]
                host = socket.create_connection(("127.0.0.1", self.inside))
                guests += [guest, host]
                for pair in ((guest, host), (host, guest)):
                    threading.Thread(target=self._carry, args=pair, daemon=True).start()

    def _carry(self, from_: socket.socket, to: socket.socket) -> None:
        with contextlib.suppress(OSError):
            while data := from_.recv(65536):
                to.sendall(data)


@pytest.fixture(scope="module")
def door(neo4j_sample: Server) -> Iterator[Door]:
    made = Door(neo4j_sample.ports[0])
    yield made
    made.shut()


@pytest.fixture(scope="module")
def on_server(home: Path, door: Door, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Terminal]:
    made = Terminal(home, "--on", f"bolt://127.0.0.1:{door.port}", cwd=tmp_path_factory.mktemp("shell"))
    yield made
    made.screen.close(force=True)


def test_the_same_on_neo4j(on_server: Terminal, door: Door) -> None:
    assert (
        f"sample · 2024-09-20 · Neo4j at bolt://127.0.0.1:{door.port} · 9,715 models, 1,799 edges" in on_server.banner
    )
    assert "black-forest-labs/FLUX.1-dev" in on_server.run("top_bases limit=2")
    assert "Error: Neo4j cannot run this statement" in on_server.run("RETRUN 1;", "line 1")
    assert re.search(r"DERIVED_FROM +Model → Model +1,799", on_server.run(":schema", "PUBLISHED"))
    on_server.keys("MATCH (x:Linea", "Linea")
    on_server.keys("\t", "geRun")  # a label that is none of ours, asked of the server
    assert "1" in on_server.run(") RETURN count(*) AS n;")


def running_there(server: Server) -> list[dict[str, Any]]:
    return server.run(
        "SHOW TRANSACTIONS YIELD currentQuery AS text, metaData WHERE metaData.lineage IS NOT NULL RETURN text"
    )


def test_ctrl_c_ends_it_on_the_server_too(on_server: Terminal, neo4j_sample: Server) -> None:
    on_server.screen.send("UNWIND range(1, 100000000) AS x UNWIND range(1, 1000) AS y RETURN sum(x * y) AS z;\r")
    until = time.monotonic() + 20
    while not any("sum(x * y)" in t["text"] for t in running_there(neo4j_sample)) and time.monotonic() < until:
        time.sleep(0.05)
    on_server.keys(CTRL_C, "the query has ended")
    assert running_there(neo4j_sample) == []
    on_server.see(PROMPT)
    on_server.run("RETURN 1 AS x;")


def test_a_server_that_goes_and_comes_back(on_server: Terminal, door: Door) -> None:
    door.shut()
    seen = on_server.run("RETURN 1 AS x;", "neo4j start")
    assert f"No Neo4j server answers at bolt://127.0.0.1:{door.port}" in seen
    door.open()
    assert "1 row in" in on_server.run("RETURN 1 AS x;")
    door.shut()
    door.open()  # it was away for a while, and nobody noticed
    time.sleep(1.1)
    assert "1 row in" in on_server.run("RETURN 1 AS x;")
