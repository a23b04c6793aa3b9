"""Every way to look at a snapshot, one line each: what it is called, its command line, what it writes.

`{model}` and `{publisher}` are replaced by a hostile one. A new view, or a new format of it, is one line here; a test
sees that no command is missing.
"""

from dataclasses import dataclass
from importlib.util import find_spec

import click

#: What a command writes → how it is looked at, in `tests/test_hostile_views.py`.
KINDS = ("html", "table", "markdown", "csv", "tsv", "json", "jsonl", "text", "dot", "dotfile", "graphml",
         "gexf", "mermaid", "values", "document")  # fmt: skip


@dataclass(frozen=True, slots=True)
class View:
    """One way to look. `about`: what the command line names, so what it needs one run for each of."""

    name: str
    line: tuple[str, ...]
    kind: str
    needs: str = ""
    """The module that brings it, where its command and options were there before."""

    @property
    def about(self) -> str:
        """`model`, `publisher`, or nothing: the whole snapshot in one run."""
        return next((what for what in ("model", "publisher") if any(f"{{{what}}}" in word for word in self.line)), "")

    @property
    def heavy(self) -> bool:
        """Whether it takes long to lay out and to look at."""
        return self.kind in ("table", "markdown") and self.name.rpartition(", ")[0] in HEAVY

    @property
    def command(self) -> tuple[str, ...]:
        """The words that name the command."""
        return self.line[:2] if self.line[0] in ("view", "neo4j", "snapshots", "config") else self.line[:1]


#: Commands that print rows: each in every format of rows.
ROWS: dict[str, tuple[str, ...]] = {
    "info": ("info",),
    "rejected": ("info", "--rejected"),
    "conflicts": ("info", "--conflicts"),
    "intermediaries": ("intermediaries",),
    "members": ("intermediaries", "--members", "--all"),
    "accounts": ("intermediaries", "--accounts", "--all"),
    "licences": ("shares", "--by", "licence", "--all"),
    "libraries": ("shares", "--by", "library", "--all"),
    "tasks": ("shares", "--by", "task", "--all"),
    "publishers": ("shares", "--by", "publisher", "--all"),
    "producers": ("shares", "--by", "produced_by", "--all"),
    "origins": ("shares", "--by", "origin", "--all"),
    "families": ("shares", "--by", "family", "--all"),
    "figures": ("figures",),
    "disclosure": ("disclosure",),
    "concentration": ("concentration", "--over", "publisher"),
    "rollup": ("rollup", "--top", "2000"),
    "over publisher": ("rollup", "--over", "publisher", "--all"),
    "tree": ("tree", "maker/root", "--all"),
    "explain root": ("explain", "maker/root"),
    "servers of root": ("servers", "maker/root"),
    "variants of root": ("variants", "maker/root", "--all"),
    "query": ("query", "MATCH (m:Model) RETURN m.id AS id, m.publisher AS publisher, m.licences AS licences, m AS m"),
    "schema": ("schema",),
    "check-rules": ("check-rules",),
    "model": ("tree", "{model}"),
    "explain": ("explain", "{model}"),
    "servers": ("servers", "{model}"),
    "variants": ("variants", "{model}"),
    "publisher": ("publisher", "{publisher}"),
    "one rollup": ("rollup", "{model}"),
}

#: Of these, whose tables are so long that all their formats are left to `make soak`.
HEAVY = ("members", "accounts", "rollup", "over publisher", "query", "variants of root")

#: Formats of rows by kind.
FORMATS = ("table", "markdown", "csv", "tsv", "json", "jsonl")

PAGES = (
    View("family of root", ("view", "family", "maker/root", "-o", "-"), "html"),
    View("family, 500 signs", ("view", "family", "maker/root", "--nodes", "500", "-o", "-"), "html"),
    View("pyvis of root", ("view", "family", "maker/root", "--writer", "pyvis", "--nodes", "500", "-o", "-"), "html"),
    View("family", ("view", "family", "{model}", "-o", "-"), "html"),
    View("pyvis", ("view", "family", "{model}", "--writer", "pyvis", "-o", "-"), "html"),
    View(
        "answer",
        ("query", "MATCH p = (:Model)-[:DERIVED_FROM]->(:Model) RETURN p LIMIT 400", "--view", "{file}"),
        "html",
    ),
    View(
        "answer about one",
        ("query", "MATCH p = (m:Model {id: $id})--() RETURN p", "-p", "id={model}", "--view", "{file}"),
        "html",
    ),
    View("diagram", ("schema", "--as", "mermaid"), "mermaid"),
    View("citation", ("cite",), "text"),
)

VIEWS = (
    *PAGES,
    *(View(f"{name}, {kind}", (*line, "--format", kind), kind) for name, line in ROWS.items() for kind in FORMATS),
)

_ALL = "MATCH p = (:Model)-[:DERIVED_FROM]->(:Model) RETURN p LIMIT 300"

#: Views of other branches: each counts from the day on which its command, with these options, is there.
COMING = (
    View("dot of root", ("view", "family", "maker/root", "--nodes", "300", "--as", "dot"), "dot"),
    View("dot of all", ("view", "family", "maker/root", "--all", "--as", "dot"), "dotfile"),
    *(
        View(f"{form} of root", ("view", "family", "maker/root", "--as", form), form)
        for form in ("graphml", "gexf", "mermaid")
    ),
    View("json of root", ("view", "family", "maker/root", "--as", "json"), "values"),
    *(
        View(f"{form} of one", ("view", "family", "{model}", "--as", form), form)
        for form in ("dot", "graphml", "gexf", "mermaid")
    ),
    View("answer as dot", ("query", _ALL, "--view", "{file}", "--as", "dot"), "dot"),
    *(
        View(f"answer as {form}", ("query", _ALL, "--view", "{file}", "--as", form), form)
        for form in ("graphml", "gexf")
    ),
    View("canvas of root", ("view", "family", "maker/root", "--all", "-o", "-"), "html", "lineage.views.canvas"),
    View("ancestors", ("view", "ancestors", "{model}", "-o", "-"), "html"),
    View("ancestors, pyvis", ("view", "ancestors", "{model}", "--writer", "pyvis", "-o", "-"), "html"),
    *(
        View(f"ancestors as {form}", ("view", "ancestors", "{model}", "--as", form), form)
        for form in ("dot", "graphml", "gexf", "mermaid")
    ),
    View("publisher page", ("view", "publisher", "{publisher}", "-o", "-"), "html"),
    View("publisher of root", ("view", "publisher", "maker", "-o", "-"), "html"),
    View("flows page", ("view", "flows", "-o", "-"), "html"),
    View("overview", ("view", "overview", "-o", "-"), "html"),
    *(View(f"flows, {kind}", ("flows", "--format", kind), kind) for kind in FORMATS),
    View("report", ("report", "-o", "{file}"), "html"),
    View("report, markdown", ("report", "--format", "markdown", "-o", "-"), "document"),
    View("report, json", ("report", "--format", "json", "-o", "-"), "values"),
)


def there(view: View, commands: click.Command) -> bool:
    """Whether a view's command is there and takes its options."""
    for name in view.command:
        found = commands.commands.get(name) if isinstance(commands, click.Group) else None
        if found is None:
            return False
        commands = found
    known = {option for parameter in commands.params for option in parameter.opts}
    brought = not view.needs or find_spec(view.needs) is not None
    return brought and {word for word in view.line if word.startswith("--")} <= known


#: Commands that have no line here, with the reason.
OUTSIDE = {
    ("build",): "what it says is looked at beside its counts",
    ("crawl",): "asks the Hub and shows counts",
    ("load",): "writes into a server, see test_cypher_injection.py",
    ("trend",): "shows the rows of the commands that are here",
    ("diff",): "takes two snapshots, see test_hostile_views.py",
    ("snapshots", "use"): "shows names of snapshots",
    ("snapshots", "remove"): "shows names of snapshots",
    ("doctor",): "shows counts",
    ("neo4j", "start"): "shows a server",
    ("neo4j", "stop"): "shows a server",
    ("neo4j", "status"): "shows a server",
    ("neo4j", "guide"): "writes our own queries",
    ("queries",): "shows our own queries",
    ("shell",): "shows what `query` shows, see test_shell.py",
    ("sizes",): "shows years",
    ("export",): "writes a folder of tables, and graph files as the views do",
}
