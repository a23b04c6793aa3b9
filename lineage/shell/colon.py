"""The commands of the shell that begin with `:`."""

import json
import re
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

import pyarrow as pa

from lineage import cypher
from lineage.errors import LineageError, SourceError, UsageError, near
from lineage.shell import statements
from lineage.shell.running import Leave
from lineage.shell.schema import schema_rows

if TYPE_CHECKING:
    from lineage.shell.loop import Shell

#: What answers can be shown as; `auto` is a table on a terminal, else TSV.
FORMATS = ("auto", "table", "tsv", "csv", "json", "jsonl", "markdown")

#: Commands that are understood without `:` as well, for it is what people type.
BARE = ("exit", "quit", "help")

_PARAM = re.compile(r"(?P<name>[^\W\d]\w*)\s*(?:=>|[=:]|(?=[\s\"'\[{]))\s*(?P<value>\S.*)", re.DOTALL)

_HOW = """
A statement ends with ; or with an empty line, and may go over many lines. The name of a query runs it:
  top_bases limit=5
Tab completes names, keywords and ids of models; Ctrl-R searches what was typed before.
Ctrl-C ends a query that runs, or clears the line; Ctrl-D leaves.
"""


class Command(NamedTuple):
    """One command: what follows its name, what it does, and the function that does it."""

    takes: str
    about: str
    do: Callable[["Shell", str], None]


def run(shell: "Shell", text: str) -> None:
    """Run a line like `:param limit 5`. Raises UsageError for a command that there is not, and what it raises."""
    name, _, rest = text[1:].strip().partition(" ")
    command = COMMANDS.get(name.lower())
    if command is None:
        hint = near(name, COMMANDS) or " :help lists them."
        raise UsageError(f"There is no command :{name}.{hint}")
    command.do(shell, rest.strip())


def _help(shell: "Shell", rest: str) -> None:
    if rest:
        shell.remark(cypher.query(rest.strip(":;")).text.rstrip())
        return
    rows = [{"command": f":{n} {c.takes}".strip(), "about": c.about} for n, c in COMMANDS.items()]
    shell.show(pa.Table.from_pylist(rows))
    shell.remark(_HOW.strip())


def _schema(shell: "Shell", rest: str) -> None:
    shell.show(
        shell.interrupted_by_ctrl_c(lambda: schema_rows(shell.session, shell.on, shell.insecure)),
    )


def _queries(shell: "Shell", rest: str) -> None:
    rows = [
        {
            "name": query.name,
            "params": " ".join(f"{p.name}={json.dumps(p.default, ensure_ascii=False)}" for p in query.params),
            "about": query.about,
        }
        for query in cypher.queries().values()
    ]
    shell.show(pa.Table.from_pylist(rows))


def _params(shell: "Shell", rest: str) -> None:
    if rest == "clear":
        shell.params.clear()
    elif rest:
        raise UsageError(":params lists what is set, and :params clear forgets it; :param NAME VALUE sets one.")
    if not shell.params:
        shell.remark("No parameter is set. :param NAME VALUE sets one, which statements take as $NAME.")
        return
    rows = [{"name": n, "value": json.dumps(v, ensure_ascii=False)} for n, v in sorted(shell.params.items())]
    shell.show(pa.Table.from_pylist(rows))


def _param(shell: "Shell", rest: str) -> None:
    found = _PARAM.fullmatch(rest)
    if not found:
        raise UsageError(
            ':param takes a name and a value, as JSON or as text: :param id "google-bert/bert-base-uncased"'
        )
    value = shell.params[found["name"]] = cypher.guess_value(found["value"].strip(), found["name"])
    shell.remark(f"${found['name']} = {json.dumps(value, ensure_ascii=False)}")


def _source(shell: "Shell", rest: str) -> None:
    path = _file(":source", rest, "queries.cypher")
    if not path.is_file():
        raise SourceError(f"There is no file {path}.")
    if path.resolve() in shell.sources:
        raise UsageError(f"The file {path} runs itself with :source, and would never end. Take that line out.")
    shell.sources.append(path.resolve())
    try:
        for number, step in enumerate(statements.all_of(path.read_text(encoding="utf-8-sig", errors="replace")), 1):
            try:
                shell.step(step)
            except LineageError as error:
                raise type(error)(f"{path.name}, statement {number}: {error}") from None
    finally:
        shell.sources.pop()


def _view(shell: "Shell", rest: str) -> None:
    path = _file(":view", rest, "answer.html")
    if shell.last is None:
        raise UsageError("There is no answer to view yet. Run a statement that returns nodes, links or paths first.")
    write_view(shell, *shell.last, path)


def write_view(shell: "Shell", text: str, given: dict[str, Any], path: Path) -> None:
    """Draw the answer of a statement as a page. Raises UsageError for an answer that holds nothing to draw."""
    from lineage.stores import ask
    from lineage.target import write_text
    from lineage.views.answer import answer_page

    seconds, rows = shell.timeout, shell.limit
    graph = shell.interrupted_by_ctrl_c(lambda: ask.pictured(shell.asker, text, given, timeout=seconds, limit=rows))
    source = ask.origin(shell.asker, shell.session.snapshot) | {"statement": ask.said(text, given)}
    write_text(path, answer_page(graph, source))
    shell.remark(f"{path}: {len(graph.nodes):,} nodes, {len(graph.links):,} links")


def _explain(shell: "Shell", rest: str) -> None:
    from lineage.stores import plans

    if not rest:
        raise UsageError(":explain takes a statement, or the name of a query with its parameters.")
    text, params = shell.asked(statements.all_of(rest + ";")[0])
    root, snapshot = shell.session.catalog.root, shell.session.snapshot
    shell.show(
        plans.explain(snapshot, root, text, params, on=shell.on, insecure=shell.insecure, say=shell.remark), params
    )


def _timeout(shell: "Shell", rest: str) -> None:
    if rest:
        shell.timeout = _number(":timeout", rest, float, 0.001, 86_400)
    shell.remark(f"A statement is ended after {shell.timeout:g} s.")


def _limit(shell: "Shell", rest: str) -> None:
    if rest:
        shell.limit = _number(":limit", rest.replace(",", ""), int, 1, 10_000_000)
    shell.remark(f"An answer is cut after {shell.limit:,} rows.")


def _format(shell: "Shell", rest: str) -> None:
    if rest and rest not in FORMATS:
        raise UsageError(f"There is no format {rest!r} here.{near(rest, FORMATS)} There are: {', '.join(FORMATS)}.")
    if rest:
        shell.format = None if rest == "auto" else rest
    shell.remark(f"Answers are shown as {shell.format or 'auto: a table on a terminal, else TSV'}.")


def _exit(shell: "Shell", rest: str) -> None:
    raise Leave


def _file(command: str, rest: str, example: str) -> Path:
    if not rest:
        raise UsageError(f"{command} takes the name of a file: {command} {example}")
    quoted = len(rest) > 1 and rest[0] == rest[-1] and rest[0] in "'\""
    return Path(rest[1:-1] if quoted else rest).expanduser()


def _number(command: str, text: str, kind: Callable[[str], Any], least: float, most: float) -> Any:
    try:
        value = kind(text)
    except ValueError:
        value = None
    if value is None or not least <= value <= most:
        raise UsageError(f"{command} takes a number from {least:g} to {most:,.0f}; {text!r} is none.")
    return value


COMMANDS = {
    "help": Command("[QUERY]", "this list, or the text of a named query", _help),
    "schema": Command("", "labels, types and properties, with counts", _schema),
    "queries": Command("", "the named queries", _queries),
    "params": Command("[clear]", "the parameters that are set, or forget them", _params),
    "param": Command("NAME VALUE", "set $NAME for the statements that come; the value as JSON, or text", _param),
    "source": Command("FILE", "run the statements of a file, up to the first that fails", _source),
    "view": Command("FILE", "the last answer as a page, where it holds nodes", _view),
    "explain": Command("STATEMENT", "how it would be done, and what of it is slow", _explain),
    "timeout": Command("[SECONDS]", "when a statement is ended", _timeout),
    "limit": Command("[N]", "after how many rows an answer is cut", _limit),
    "format": Command("[FORMAT]", ", ".join(FORMATS), _format),
    "exit": Command("", "leave, as :quit and Ctrl-D do", _exit),
    "quit": Command("", "leave", _exit),
}
