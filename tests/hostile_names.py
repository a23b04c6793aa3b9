"""Names that lead out of a folder, that a disk refuses or folds, and that are those of our own files."""

#: Given where a name is wanted: of a snapshot, a list, a query, a version, a model, an account.
NAMES = (
    "../../x", "..", ".", "../x", "a/../../x", "/etc/x", "/dev/null", "C:\\x", "\\\\server\\share", "..\\..\\x", "~", "~root", "~/x", "$HOME",
    "${HOME}/x", "%2e%2e%2fx", "file:///etc/passwd", "x\0y", "x\ny", "x\u202ey", "x.", "x ", " x", "con", "CON", "aux.txt", "nul", "n" * 300,
    "é" * 150, "é", "e\u0301", "Org/Model", "org/model", "manifest.json", "catalog.json", ".lock", ".catalog.lock", "snapshots", "x/y/z",
    "-rf", "*", "?", "", " ", "x|y", "x;y", "`x`", "\udcff",
)  # fmt: skip

#: Lines with a {name} in them, by what the name is of.
PLACES: dict[str, tuple[str, ...]] = {
    "a new snapshot": ("build", "{source}", "--name", "{name}", "--taken-at", "2024-09-20", "-q"),
    "a snapshot again": ("build", "{source}", "--name", "{name}", "--taken-at", "2024-09-20", "--force", "-q"),
    "a snapshot to ask": ("info", "--snapshot", "{name}"),
    "a snapshot to use": ("snapshots", "use", "--", "{name}"),
    "a snapshot to remove": ("snapshots", "remove", "--", "{name}"),
    "snapshots to compare": ("diff", "--", "sample", "{name}"),
    "a snapshot to hold against": ("info", "--changes", "--against", "{name}"),
    "snapshots in a row": ("trend", "info", "--snapshot", "sample", "--snapshot", "{name}"),
    "a snapshot to report": ("report", "--snapshot", "{name}", "-q"),
    "a snapshot to go on from": ("crawl", "--since", "{name}", "--endpoint", "http://127.0.0.1:1"),
    "a source": ("build", "-q", "--", "{name}"),
    "a query": ("query", "--", "{name}"),
    "a query to show": ("queries", "--", "{name}"),
    "a file of a query": ("query", "--file", "{name}"),
    "a parameter": ("query", "ancestors_of", "-p", "id={name}"),
    "a list": ("intermediaries", "--list", "{name}"),
    "a table of publishers": ("build", "{source}", "--name", "p", "--publishers", "{name}", "--taken-at", "2024-09-20", "-q"),
    "a server to stop": ("neo4j", "stop", "--version", "{name}"),
    "a server to look at": ("neo4j", "status", "--version", "{name}"),
    "a server to start": ("neo4j", "start", "--version", "{name}"),
    "a frame": ("shares", "--by", "task", "--frame", "library:{name}"),
    "a model": ("rollup", "--", "{name}"),
    "a model's tree": ("tree", "--", "{name}"),
    "a model and its base": ("explain", "--", "{name}", "{name}"),
    "who serves a model": ("servers", "--", "{name}"),
    "files of a model": ("variants", "--", "{name}"),
    "an account": ("publisher", "--", "{name}"),
    "a family": ("view", "family", "--", "{name}"),
    "ancestors": ("view", "ancestors", "--", "{name}"),
    "an account to look at": ("view", "publisher", "--", "{name}"),
}  # fmt: skip
