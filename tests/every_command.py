"""Every way to ask a snapshot something from the command line, as processes, with what each of them took.

The lines of `tests/hostile_views.py`, about the model that is worst to ask about; every named query, aimed at it; and
what only programs ask for. A test sees that no command is missing.
"""

import os
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

from lineage import cypher
from tests.hostile_views import FILES, PAGES, ROWS, View

#: Commands that have no line here, with the reason.
OUTSIDE = {
    ("build",): "run first, and measured likewise",
    ("crawl",): "asks the Hub, and no snapshot",
    ("load",): "writes into a server, see the small shapes",
    ("snapshots", "use"): "changes a name in a file",
    ("snapshots", "remove"): "removes a folder",
    ("neo4j", "start"): "asks no snapshot",
    ("neo4j", "stop"): "asks no snapshot",
    ("neo4j", "status"): "asks no snapshot",
    ("neo4j", "guide"): "asks no snapshot",
    ("queries",): "asks no snapshot",
}

#: Lines that ask a snapshot and show no text of strangers, or one that another line shows.
_MORE: dict[str, tuple[str, ...]] = {
    "snapshots": ("snapshots",),
    "doctor": ("doctor",),
    "cite": ("cite", "--as", "bibtex"),
    "sizes": ("sizes",),
    "concentration of families": ("concentration", "--over", "family"),
    "disclosure by ancestor": ("disclosure", "--by-ancestor"),
    "rollup": ("rollup", "--top", "50"),
    "all rollups": ("rollup", "--all", "--format", "parquet", "-o", "{file}"),
    "rollup by intermediary": ("rollup", "{top}", "--split-by", "intermediary"),
    "members of rollup": ("rollup", "{top}", "--split-by", "publisher", "--members", "--all"),
    "rollup inferred": ("rollup", "{top}", "{model}", "--basis", "inferred"),
    "rollup of gguf": ("rollup", "--frame", "gguf", "--window", "all_time", "--top", "5"),
    "tree": ("tree", "{top}"),
    "tree of all": ("tree", "{top}", "--all"),
    "tree of quantized": ("tree", "{top}", "--relation", "quantized", "--all"),
    "tree up": ("tree", "{model}", "--up"),
    "tree inferred": ("tree", "{model}", "--basis", "inferred"),
    "shares by family": ("shares", "--by", "family"),
    "shares by origin": ("shares", "--by", "origin"),
    "members of families": ("shares", "--by", "family", "--members", "--limit", "100"),
    "explain": ("explain", "{model}", "{top}"),
    "variants": ("variants", "{top}"),
    "members of servers": ("servers", "{top}", "--members", "--all"),
    "flows inferred": ("flows", "--basis", "inferred"),
    "trend": ("trend", "rollup", "{top}", "--snapshot", "early", "--snapshot", "late"),
    "diff": ("diff", "early", "late"),
    "changes": ("info", "--changes", "--against", "early"),
    "report over two": ("report", "--snapshot", "early", "--snapshot", "late", "-o", "{file}"),
    "export, parquet": ("export", "{folder}", "--as", "parquet", "-q"),
    "export, neo4j-admin": ("export", "{folder}", "--as", "neo4j-admin", "-q"),
    "explain a plan": ("query", "descendants", "-p", "id={top}", "--explain"),
    "all descendants": ("query", "descendants", "-p", "id={top}", "-p", "limit=10000000"),
    "ancestors": ("query", "ancestors", "-p", "id={model}"),
    "family of all, pyvis": ("view", "family", "{top}", "--all", "--writer", "pyvis", "-o", "-"),
    "family of model, all": ("view", "family", "{model}", "--all", "-o", "-"),
    "family inferred": ("view", "family", "{top}", "--basis", "inferred", "-o", "-"),
}

#: What the shell is given, through a pipe.
_SHELL = """:schema
MATCH (m:Model {id: '{model}'})-[d:DESCENDS_FROM]->(b:Model) RETURN count(b) AS above;
MATCH (b:Model {id: '{top}'})<-[:DESCENDS_FROM]-(m:Model) RETURN count(m) AS below;
:queries
"""

#: For a notebook.
_NETWORKX = """import lineage
graph = lineage.open().to_networkx({model!r})
print(graph.number_of_nodes(), graph.number_of_edges())
"""


@dataclass(frozen=True, slots=True)
class Line:
    """What is run: the words after `lineage`, or a script for Python; and what comes through its stdin."""

    name: str
    words: tuple[str, ...]
    stdin: str = ""
    script: str = ""

    @property
    def command(self) -> tuple[str, ...]:
        """The words that name the command."""
        return self.words[:2] if self.words[:1] in (("view",), ("neo4j",)) else self.words[:1]


@dataclass(frozen=True, slots=True)
class Ran:
    """How it ended: CPU in seconds, peak memory in MiB, what it wrote (the file where it wrote one)."""

    line: Line
    code: int
    cpu: float
    peak: float
    text: str
    said: str


def _aimed(view: View) -> Line:
    words = {"maker/root": "{top}", "maker": "{publisher}"}
    return Line(view.name, tuple(words.get(word, word) for word in view.line))


def _queries() -> list[Line]:
    """Every named query about the top and, where it takes a model or an account, about the worst of them."""
    aims = {"id": ("{top}", "{model}"), "a": ("{model}",), "b": ("{top}",), "publisher": ("{publisher}",)}
    lines = []
    for query in cypher.queries().values():
        taken = [p.name for p in query.params]
        for place in range(2 if "id" in taken else 1):
            given = {name: aims[name][place % len(aims[name])] for name in taken if name in aims}
            given |= {"at_least": "0"} if "at_least" in taken else {}
            words = [word for name, value in given.items() for word in ("-p", f"{name}={value}")]
            lines.append(Line(f"query {query.name}{' of the worst' * place}", ("query", query.name, *words)))
    return lines


def lines() -> list[Line]:
    """Every line, each name once."""
    found = [_aimed(view) for view in (*PAGES, *FILES)]
    found += [_aimed(View(name, line, "rows")) for name, line in ROWS.items()]
    found += [Line(name, words) for name, words in _MORE.items()]
    found += _queries()
    found.append(Line("shell", ("shell",), stdin=_SHELL))
    found.append(Line("networkx", (), script=_NETWORKX))
    return list({(line.words, line.script): line for line in found}.values())


def run(line: Line, home: Path, folder: Path, **named: str) -> Ran:
    """Run it in a process of its own, with the snapshots of `home`. `named`: top, model, publisher."""
    made, written, said = folder / "made", folder / "stdout", folder / "stderr"
    file = folder / f"page.{'parquet' if 'parquet' in line.words else _ending(line)}"

    def filled(text: str) -> str:
        for name, value in (named | {"file": str(file), "folder": str(made)}).items():
            text = text.replace("{" + name + "}", value)
        return text

    script = line.script.format(**named) if line.script else ""
    words = ["-c", script] if script else ["-m", "lineage", *map(filled, line.words)]
    return start(line, words, home, written, said, filled(line.stdin), file if "{file}" in line.words else None)


def start(
    line: Line, words: list[str], home: Path, written: Path, said: Path, stdin: str = "", file: Path | None = None
) -> Ran:
    """Run Python with these words, and read how it ended from the operating system."""
    env = os.environ | {"LINEAGE_HOME": str(home), "COLUMNS": "200"}
    given = written.with_name("stdin")
    given.write_text(stdin, "utf-8")
    with given.open("rb") as source, written.open("wb") as out, said.open("wb") as err:
        process = subprocess.Popen([sys.executable, *words], stdin=source, stdout=out, stderr=err, env=env)
        _, status, used = os.wait4(process.pid, 0)
    process.returncode = os.waitstatus_to_exitcode(status)
    path = file if file is not None and file.exists() else written
    return Ran(
        line, process.returncode, used.ru_utime + used.ru_stime, used.ru_maxrss / 1024,
        "" if path.suffix == ".parquet" else path.read_text("utf-8", "replace"), said.read_text("utf-8", "replace"),
    )  # fmt: skip


def _ending(line: Line) -> str:
    """What the name of the file must end in, by what is asked for."""
    asked = line.words[line.words.index("--as") + 1] if "--as" in line.words else "html"
    return {"mermaid": "mmd"}.get(asked, asked)
