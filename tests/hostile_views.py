"""Every way to look at a snapshot, one line each: what it is called, its command line, what it writes.

`{model}` and `{publisher}` are replaced by a hostile one. A new view, or a new format of it, is one line here; a test
sees that no command is missing.
"""

from dataclasses import dataclass

#: What a command writes → how it is looked at, in `tests/test_hostile_views.py`.
KINDS = ("html", "table", "markdown", "csv", "tsv", "json", "jsonl", "text", "dot", "dotfile", "graphml",
         "gexf", "mermaid", "values", "document", "tables")  # fmt: skip


@dataclass(frozen=True, slots=True)
class View:
    """One way to look. `about`: what the command line names, so what it needs one run for each of."""

    name: str
    line: tuple[str, ...]
    kind: str

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
    "flows": ("flows",),
    "ranks": ("rank", "--all"),
    "ranks of publishers": ("rank", "--on", "publishers", "--all"),
}

#: Of these, whose tables are so long that all their formats are left to `make soak`.
HEAVY = ("members", "accounts", "rollup", "over publisher", "query", "variants of root")

#: Formats of rows by kind.
FORMATS = ("table", "markdown", "csv", "tsv", "json", "jsonl")

_ALL = "MATCH p = (:Model)-[:DERIVED_FROM]->(:Model) RETURN p LIMIT 300"

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
    View("canvas of root", ("view", "family", "maker/root", "--all", "-o", "-"), "html"),
    View("ancestors", ("view", "ancestors", "{model}", "-o", "-"), "html"),
    View("ancestors, pyvis", ("view", "ancestors", "{model}", "--writer", "pyvis", "-o", "-"), "html"),
    View("publisher page", ("view", "publisher", "{publisher}", "-o", "-"), "html"),
    View("publisher of root", ("view", "publisher", "maker", "-o", "-"), "html"),
    View("flows page", ("view", "flows", "-o", "-"), "html"),
    View("flows page by format", ("view", "flows", "--by", "format", "--publishers", "60", "-o", "-"), "html"),
    View("overview", ("view", "overview", "--publishers", "100", "-o", "-"), "html"),
    View("report", ("report", "-o", "{file}"), "html"),
    View("report, markdown", ("report", "--format", "markdown", "-o", "-"), "document"),
    View("report, json", ("report", "--format", "json", "-o", "-"), "values"),
    View("diagram", ("schema", "--as", "mermaid"), "mermaid"),
    View("citation", ("cite",), "text"),
)

#: Views that are files for other programs as well.
GRAPHS: dict[str, tuple[str, ...]] = {
    "family of root": ("view", "family", "maker/root"),
    "family": ("view", "family", "{model}"),
    "ancestors": ("view", "ancestors", "{model}"),
    "publisher of root": ("view", "publisher", "maker"),
    "publisher": ("view", "publisher", "{publisher}"),
    "flows": ("view", "flows", "--publishers", "40"),
    "overview": ("view", "overview"),
    "answer": ("query", _ALL, "--view", "{file}"),
}

#: How such a file is looked at, by format.
LOOKED = {"dot": "dot", "graphml": "graphml", "gexf": "gexf", "mermaid": "mermaid", "json": "values"}


def _graph(name: str, line: tuple[str, ...], form: str) -> View:
    if form == "mermaid":  # takes fifty signs
        small = {"40": "8", _ALL: _ALL.replace("LIMIT 300", "LIMIT 12")}
        line = tuple(small.get(word, word) for word in line)
        line = (*line, "--publishers", "8") if name == "overview" else line
    return View(f"{name} as {form}", (*line, "--as", form), LOOKED[form])


FILES = (
    View("dot of 300", ("view", "family", "maker/root", "--nodes", "300", "--as", "dot"), "dot"),
    View("dot of all", ("view", "family", "maker/root", "--all", "--as", "dot"), "dotfile"),
    *(_graph(name, line, form) for name, line in GRAPHS.items() for form in LOOKED),
    View("export, csv", ("export", "{folder}", "--as", "csv", "-q"), "tables"),
    *(
        View(f"export, {form}", ("export", "{folder}", "--as", form, "--all", "-q"), form)
        for form in ("graphml", "gexf")
    ),
)

VIEWS = (
    *PAGES,
    *FILES,
    *(View(f"{name}, {kind}", (*line, "--format", kind), kind) for name, line in ROWS.items() for kind in FORMATS),
)

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
    ("config", "show"): "shows a person's own settings",
    ("config", "path"): "shows a person's own files",
    ("completion",): "prints a script of ours; for what Tab offers see test_completion.py",
    ("neo4j", "start"): "shows a server",
    ("neo4j", "stop"): "shows a server",
    ("neo4j", "status"): "shows a server",
    ("neo4j", "guide"): "writes our own queries",
    ("queries",): "shows our own queries",
    ("shell",): "shows what `query` shows, see test_shell.py",
    ("sizes",): "shows years",
}
