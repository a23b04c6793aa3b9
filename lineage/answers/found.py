"""The graph in an answer: its nodes and links, from every column and path, each once and the same from any engine."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

Key = tuple[str, str]


@dataclass(frozen=True, slots=True)
class Node:
    """A node: its label, its id, and its properties without nulls; None where only a link to it is in the answer."""

    label: str
    id: str
    properties: Mapping[str, Any] | None

    @property
    def key(self) -> Key:
        """What tells it from others: label and id."""
        return self.label, self.id


@dataclass(frozen=True, slots=True)
class Link:
    """A link of a type, from the node `child` to the node `base` (label and id of each), with its properties."""

    type: str
    child: Key
    base: Key
    properties: Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Graph:
    """Nodes by label and id A–Z, links by type and ends A–Z; every end of a link is among the nodes."""

    nodes: tuple[Node, ...]
    links: tuple[Link, ...]
    rows: int
    """Of the answer."""
    cut: bool = False
    """Whether the answer has more rows, of which nothing is here."""


@dataclass(slots=True)
class Found:
    """What an engine has met in an answer so far, under names of its own for nodes and links.

    A store calls `node` and `link` for each it meets, looks up the `missing`, and takes the `graph`.
    """

    nodes: dict[Any, Node] = field(default_factory=dict)
    links: dict[Any, tuple[str, Any, Any, dict[str, Any]]] = field(default_factory=dict)

    def node(self, name: Any, label: str, properties: Mapping[str, Any]) -> None:
        """A node that the answer holds with its properties."""
        held = {key: value for key, value in properties.items() if value is not None}
        self.nodes[name] = Node(label, str(held.get("id", name)), held)

    def end(self, name: Any, label: str, id: str) -> None:
        """A node of which only a link is in the answer."""
        self.nodes.setdefault(name, Node(label, id, None))

    def link(self, name: Any, type: str, child: Any, base: Any, properties: Mapping[str, Any]) -> None:
        """A link, by the engine's names of its ends."""
        held = {key: value for key, value in properties.items() if value is not None}
        self.links[name] = (type, child, base, held)

    def missing(self) -> dict[Any, tuple[str, int]]:
        """Ends of links that have not been met themselves: of each, the type of a link and which end of it (0, 1)."""
        return {
            end: (type, place)
            for type, *ends, _ in self.links.values()
            for place, end in enumerate(ends)
            if end not in self.nodes
        }

    def graph(self, rows: int) -> Graph:
        """Everything met, in one order whatever the rows' was. Raises KeyError while ends are missing."""
        links = [
            Link(type, self.nodes[child].key, self.nodes[base].key, held)
            for type, child, base, held in self.links.values()
        ]
        return Graph(
            tuple(sorted(self.nodes.values(), key=lambda node: node.key)),
            tuple(sorted(links, key=lambda link: (link.type, link.child, link.base))),
            rows,
        )
