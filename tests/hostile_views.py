"""Every way to look at a snapshot, one line each: what it is called, its command line, what it writes.

`{model}` and `{publisher}` are replaced by a hostile one. A new view, or a new format of it, is one line here; a test
sees that no command is missing.
"""

from dataclasses import dataclass

#: What a command writes → how it is looked at, in `tests/test_hostile_views.py`.
KINDS = ("html", "page", "table", "markdown", "csv", "tsv", "json", "jsonl", "dot", "graphml", "gexf", "mermaid")


@dataclass(frozen=True, slots=True)
class View:
    """One way to look. `about`: what the command line names, so what it needs one run for each of."""

    name: str
    line: tuple[str, ...]
    kind: str

    @property
    def about(self) -> str:
        """`model`, `publisher`, or nothing: the whole snapshot in one run."""
        return next((what for what in ("model", "publisher") if f"{{{what}}}" in self.line), "")

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

#: Commands that show nothing of a snapshot's texts, with the reason.
OUTSIDE = {
    ("build",): "writes one; what it says is a test of its own",
    ("crawl",): "talks to the Hub",
}
