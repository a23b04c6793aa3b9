"""An account → what other programs get of it: a star of accounts, whose models it hosts and who hosts its own."""

from collections import defaultdict
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

import pyarrow as pa

from lineage.views.files.graphfiles import GraphFile, rows
from lineage.views.files.sketch import Sketch, of_tables
from lineage.views.publisher import header

if TYPE_CHECKING:
    from lineage.answers.hosting import Hosting

NODES = pa.schema(
    [
        ("id", pa.string()),
        ("kind", pa.string()),
        ("downloads", pa.int64()),
        ("models", pa.int64()),
        ("relation", pa.string()),
    ]
)
LINKS = pa.schema(
    [("source", pa.string()), ("target", pa.string()), ("downloads", pa.int64()), ("relation", pa.string())]
)


def publisher_graph(
    found: "Hosting", snapshot: Mapping[str, Any], options: Mapping[str, Any], *, nodes: int = 60
) -> GraphFile:
    """The account as a `GraphFile`: the publisher graph around it.

    Nodes: the account (kind `account`), those whose models its repositories are made from (`base`), those that host
    models made from its own (kind owner, intermediary, other), and `(none)` for repositories without a known base;
    `downloads` and `models`: of the account all it hosts, of others those of its models that they host (null for a
    base). Links, from who re-packages to whose models: `downloads` of the account's repositories, divided over several
    bases in whole numbers, so that they add up to its own; of others, each repository once. Bases of its own account
    make no link, as a publisher graph has none to itself; `said` has what they hold. The sketch draws the `nodes`
    largest.
    """
    through: dict[str, int] = defaultdict(int)
    for row in found.through.to_pylist():
        through[row["base_publisher"]] += row["downloads"]
    own = through.pop(found.name, 0)
    whose = sorted(through.items(), key=lambda each: (-each[1], each[0]))
    others = found.others.to_pylist()
    models = found.repositories.num_rows
    all_own = own + sum(through.values())
    itself = {"id": found.name, "kind": "account", "downloads": all_own, "models": models}
    names: dict[str, dict[str, Any]] = {found.name: itself}
    links: list[dict[str, Any]] = []
    for name, amount in whose:
        names[name] = {"id": name, "kind": "base"}
        links.append({"source": found.name, "target": name, "downloads": amount})
    for row in others:
        names[row["publisher"]] = {key: row[key] for key in ("kind", "downloads", "models")} | {"id": row["publisher"]}
        relation = row["relations"][0] if len(row["relations"]) == 1 else "mixed"
        links.append(
            {"source": row["publisher"], "target": found.name, "downloads": row["downloads"], "relation": relation}
        )
    said = (
        "; ".join(f"{fact}: {value}" for fact, value in header(found) if fact != "Drawn") + ".",
        "A link goes from the account that hosts a model to the account whose model it was made from.",
        *((f"{own:,} of its {all_own:,} downloads are on models made from its own.",) if own else ()),
    )
    title = f"What {found.name} hosts, and who hosts its models"
    table, made = pa.Table.from_pylist(list(names.values()), NODES), pa.Table.from_pylist(links, LINKS)

    def sketch() -> Sketch:
        ranked = sorted(links, key=lambda link: (-link["downloads"], link["source"], link["target"]))[: nodes - 1]
        kept = {found.name} | {end for link in ranked for end in (link["source"], link["target"])}
        shown = [{**node, "relation": ""} for name, node in names.items() if name in kept]
        left = len(names) - len(kept)
        rest = (
            f"Drawn are the largest {len(shown):,} of {len(names):,} accounts." if left else "All accounts are drawn."
        )
        return of_tables(
            pa.Table.from_pylist(shown, NODES), pa.Table.from_pylist(ranked, LINKS), (title, *said, rest), found.name
        )

    return GraphFile("publisher", title, snapshot, options, said, rows(table), rows(made), sketch, found.name)
