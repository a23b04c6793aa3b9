"""The command line as plain data, so that a Tab need not import it; see `lineage.completion.offers`."""

import re
from typing import Any

import click

from lineage.completion.tab import key

#: What arguments and options take, by their names where those say it, else by command.
_KINDS = {
    "model": "model", "models": "model", "base": "model", "author": "publisher", "snapshot": "snapshot",
    "snapshots": "snapshot", "before": "snapshot", "after": "snapshot", "since": "snapshot", "against": "snapshot",
    "query": "query", "param": "param", "frame": "frame", "command": "command", "source": "file", "sources": "file",
}  # fmt: skip
_NAMES = {"publisher": "publisher", "snapshots use": "snapshot", "snapshots remove": "snapshot", "queries": "query",
          "view publisher": "publisher"}  # fmt: skip


def grammar(root: click.Group) -> dict[str, Any]:
    """Every command with its options and what they take, the named queries, the frames; `key` says what it is of."""
    from lineage import cypher
    from lineage.answers.frames import FRAMES

    words = _words()
    made = _command(root, (), words)
    from lineage.questions import QUESTIONS

    asks = {n: c for n, c in made["commands"].items() if n in QUESTIONS and "--snapshot" in c["options"]}
    made["commands"]["trend"]["asks"] = asks
    queries = {
        q.name: {"about": q.about, "params": {p.name: p.about for p in q.params}} for q in cypher.shipped().values()
    }
    return {"key": key(), "root": made, "queries": queries, "frames": list(FRAMES)}


def _words() -> dict[str, list[str]]:
    """The words that an option takes, by its name, or by that of its command and its own."""
    from lineage import reference, schema
    from lineage.answers import concentration, cuts, definitions, full_split, model_ranks, owners, publisher_ranks
    from lineage.commands.looking import FORMS
    from lineage.questions import ranks

    relations = list(schema.RELATIONS)
    metrics = list(dict.fromkeys((*model_ranks.METRICS, *publisher_ranks.METRICS)))
    return {
        "window": list(schema.WINDOWS), "basis": list(schema.BASES), "owner": list(owners.OWNERS),
        "rule": list(schema.RULES), "list_": reference.list_names(), "relation": relations,
        "figure": list(definitions.FIGURES), "split_by": list(full_split.CUTS), "form": list(FORMS),
        "shares by": list(cuts.CUTS), "flows by": ["relation", "format"], "view flows by": ["relation", "format"],
        "rollup over": ["publisher"], "concentration over": list(concentration.OVER), "writer": ["outline", "pyvis"],
        "cite as_": ["bibtex", "text", "cff"], "schema as_": ["mermaid"], "report form": ["html", "markdown", "json"],
        "rank on": list(ranks.ON), "rank metric": metrics, "rank weights": list(model_ranks.WEIGHTS),
    }  # fmt: skip


def _command(command: click.Command, path: tuple[str, ...], words: dict[str, list[str]]) -> dict[str, Any]:
    made: dict[str, Any] = {"help": command.get_short_help_str(60), "options": {}, "arguments": []}
    with click.Context(command, info_name=path[-1] if path else "lineage") as ctx:
        params = command.get_params(ctx)
    for param in params:
        kind = _kind(param, path, words)
        if isinstance(param, click.Option):
            option = {"name": param.opts[-1], "kind": kind, "takes": not (param.is_flag or param.count),
                      "help": _sentence(param.help or "")}  # fmt: skip
            if not param.hidden:
                made["options"].update(dict.fromkeys((*param.opts, *param.secondary_opts), option))
        elif isinstance(param, click.Argument):
            made["arguments"].append(kind)
            if param.nargs == -1:
                made["many"] = True
    if isinstance(command, click.Group):
        made["commands"] = {n: _command(c, (*path, n), words) for n, c in sorted(command.commands.items())}
    return made


def _kind(param: click.Parameter, path: tuple[str, ...], words: dict[str, list[str]]) -> Any:
    if isinstance(param.type, click.Choice):
        return [str(choice) for choice in param.type.choices]
    name, called = str(param.name), " ".join(path)
    if isinstance(param.type, click.Path | click.File):
        return "file"
    if f"{called} {name}" in words or name in words:
        return words.get(f"{called} {name}") or words[name]
    if name == "name" and isinstance(param, click.Argument):
        return _NAMES.get(called)
    return _KINDS.get(name)


def _sentence(text: str) -> str:
    """The first sentence of a help text, short enough to stand beside its option."""
    first = re.split(r"(?<=\w)[.;](?:\s|$)| \[", " ".join(text.split()), maxsplit=1)[0]
    return first if len(first) <= 60 else first[:59].rstrip() + "…"
