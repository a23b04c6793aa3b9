"""Every command of the program, how it is asked of a model and its account, and why some are not."""

import os
import resource
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import click

from lineage.commands.main import main

ROOT = Path(__file__).resolve().parent.parent

#: Arguments by command: {top} the model that all hangs on, {far} one at the end, {account} that of {top}, {out} a folder
#: of its own, {other} another snapshot.
ASKED: dict[str, list[str]] = {
    "info": ["", "--rejected", "--conflicts"],
    "intermediaries": ["", "--rule R5 --members --limit 5", "--rule R6 --accounts", "--threshold 0.1:0.9:0.1"],
    "shares": [f"--by {cut}" for cut in ("publisher", "origin", "family", "relation", "format", "licence", "type")]
    + ["--by family --members --limit 5"],
    "flows": ["", "--by format"],
    "figures": [""],
    "disclosure": [""],
    "sizes": [""],
    "concentration": ["--over publisher", "--over family", "--over country"],
    "rollup": [
        "{top}",
        "{far}",
        "--top 50",
        "--over publisher",
        "{top} --split-by publisher",
        "{top} --split-by relation",
    ],
    "servers": ["{top}", "{far}", "{top} --members --limit 5"],
    "variants": ["{top}", "{far}"],
    "publisher": ["{account}"],
    "tree": ["{top}", "{far}", "{top} --all --format jsonl", "{far} --up --all --format jsonl"],
    "explain": ["{top}", "{far}"],
    "rank": [
        "",
        "--metric betweenness",
        "--metric harmonic",
        "--metric reach",
        "--metric in_degree",
        "--weights discounted",
    ]
    + [
        f"--on publishers --metric {m}"
        for m in ("pagerank", "betweenness", "in_degree", "reach", "harmonic", "flow_in")
    ]
    + [f"--on publishers --metric {m}" for m in ("flow_out", "brokerage", "servers_hhi")],
    "cite": [""],
    "check-rules": [""],
    "schema": [""],
    "queries": [""],
    "diff": ["{other} shape"],
    "trend": ["info --snapshot {other} --snapshot shape", "shares --by relation --snapshot {other} --snapshot shape"],
    "query": [],  # each of them, see `lines`
    "shell": [],  # from a pipe, see `lines`
    "report": ["-o {out}/r.html", "-o {out}/r.md", "-o {out}/r.json"],
    "view family": ["{top} -o {out}/f.html", "{far} -o {out}/f.html", "{top} --writer pyvis -o {out}/f.html"]
    + [f"{{top}} --as {form} -o {{out}}/f.{form}" for form in ("dot", "graphml", "gexf", "mermaid", "json")],
    "view ancestors": ["{far} -o {out}/a.html", "{top} -o {out}/a.html"]
    + [f"{{far}} --as {form} -o {{out}}/a.{form}" for form in ("dot", "graphml", "gexf", "mermaid", "json")],
    "view publisher": ["{account} -o {out}/p.html", "{account} --as gexf -o {out}/p.gexf"],
    "view flows": ["-o {out}/w.html", "--as json -o {out}/w.json"],
    "view overview": ["-o {out}/o.html", "--as graphml -o {out}/o.graphml"],
    "export": [f"{{out}}/{form} --as {form}" for form in ("csv", "parquet", "graphml", "gexf", "neo4j-admin")],
    "snapshots": [""],
    "doctor": [""],
}

NOT_ASKED = {
    "build": "asked first, of every shape",
    "crawl": "reads the Hub and no snapshot",
    "load": "needs a server; tests/test_load.py",
    "neo4j start": "reads no snapshot",
    "neo4j stop": "reads no snapshot",
    "neo4j status": "reads no snapshot",
    "neo4j guide": "reads no snapshot",
    "snapshots use": "reads a manifest only",
    "snapshots remove": "reads no snapshot",
    "config show": "reads no snapshot",
    "config path": "reads no snapshot",
    "completion": "prints a script",
}


def commands(group: click.Group = main, before: str = "") -> Iterator[str]:
    """The full name of every command that does something."""
    for name, command in sorted(group.commands.items()):
        if isinstance(command, click.Group):
            yield from commands(command, f"{before}{name} ")
            if command.invoke_without_command:
                yield before + name
        else:
            yield before + name


@dataclass(frozen=True)
class Ran:
    """One run: seconds of CPU, peak resident memory in bytes, and what it said."""

    line: str
    code: int
    cpu: float
    peak: int
    out: str
    err: str


def run(line: list[str], home: Path, cap: int, stdin: str = "") -> Ran:
    """`lineage LINE` as a process of its own, ended by the system after `cap` seconds of CPU."""
    env = {**os.environ, "LINEAGE_HOME": str(home), "PYTHONPATH": str(ROOT)}

    def limited() -> None:
        resource.setrlimit(resource.RLIMIT_CPU, (cap, cap + 5))

    out, err = home.parent / "out", home.parent / "err"
    with out.open("wb") as to, err.open("wb") as errors:
        process = subprocess.Popen(
            [sys.executable, "-m", "lineage", *line], cwd=home.parent, env=env, stdout=to, stderr=errors,
            stdin=subprocess.PIPE, preexec_fn=limited,
        )  # fmt: skip
        assert process.stdin is not None
        process.stdin.write(stdin.encode())
        process.stdin.close()
        _, status, used = os.wait4(process.pid, 0)
        process.returncode = os.waitstatus_to_exitcode(status)
    unit = 1 if sys.platform == "darwin" else 1024
    return Ran(
        " ".join(line), process.returncode, used.ru_utime + used.ru_stime, used.ru_maxrss * unit,
        out.read_bytes()[:2_000_000].decode("utf-8", "replace"), err.read_text("utf-8", "replace"),
    )  # fmt: skip


def lines(top: str, far: str, out: Path, other: str) -> Iterator[tuple[str, list[str], str]]:
    """(command, arguments, stdin) of everything that is asked of a shape."""
    from lineage import cypher

    account = top.partition("/")[0]
    for command, asked in ASKED.items():
        for text in asked:
            given = text.format(top=top, far=far, account=account, out=out, other=other)
            yield command, [*command.split(), *given.split()], ""
    for name, query in cypher.queries().items():
        for model in (top, far):
            given = [f"{p.name}={model}" for p in query.params if p.name in ("id", "model", "base")]
            given += [f"{p.name}={account}" for p in query.params if p.name in ("publisher", "account")]
            yield "query", ["query", name, *(w for g in given for w in ("-p", g)), "--timeout", "30"], ""
            if not given:
                break
    asking = f"MATCH (m:Model {{id: '{top}'}})<-[:DESCENDS_FROM]-(d:Model) RETURN count(d) AS derived;\n:schema\n"
    yield "shell", ["shell"], asking
