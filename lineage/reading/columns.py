"""Which of our columns a table has, whatever it calls them."""

from collections.abc import Iterable
from dataclasses import dataclass

from lineage.errors import UnknownLayout

#: Our column → the spellings that public tables use for it, best first.
SPELLINGS: dict[str, tuple[str, ...]] = {
    "id": ("modelId", "model_id", "id", "repo_id"),
    "path": ("path",),
    "hub_id": ("_id", "hub_id"),
    "downloads": ("downloads",),
    "downloads_all_time": ("downloadsAllTime", "downloads_all_time"),
    "likes": ("likes",),
    "created_at": ("createdAt", "created_at"),
    "last_modified": ("lastModified", "last_modified"),
    "pipeline_tag": ("pipeline_tag", "pipelineTag"),
    "library_name": ("library_name", "libraryName"),
    "tags": ("tags",),
    "card": ("cardData", "card_data"),
    "base_models": ("baseModels", "base_models"),
    "config": ("config",),
    "siblings": ("siblings",),
    "safetensors": ("safetensors",),
    "gguf": ("gguf",),
    "readme": ("readme", "card_text"),
    "base_model": ("base_model", "baseModel"),
    "base_model_relation": ("base_model_relation",),
    "license": ("license", "licence"),
    "quantized_by": ("quantized_by",),
}

#: Fields of a card that people's own tables have as columns; a row's `cardData`, where it has one, wins.
CARD_FIELDS = ("base_model", "base_model_relation", "license", "quantized_by")

#: Any of these can name a base.
NAMING_A_BASE = ("tags", "card", "base_models", "config", "readme", "listed")

#: What the Hub's own table of models is expected to have, and what stays empty without it.
HUB_STATS = {
    "downloads": "no shares and no roll-ups",
    "downloads_all_time": "no windows all_time and under_1y",
    "likes": "no likes",
    "created_at": "no dates of creation, no window under_1y",
    "last_modified": "no dates of change",
    "pipeline_tag": "no frame task:NAME",
    "library_name": "libraries by tags alone",
    "tags": "no bases that tags name, no frame gguf",
    "card": "no bases that cards name, licences by tags alone",
    "base_models": "no bases by the Hub itself",
    "config": "no bases of adapters by their configuration, fewer formats and bits",
    "siblings": "no formats by file names",
    "safetensors": "no sizes by safetensors files",
    "gguf": "no sizes by GGUF files",
}

#: Columns of an edge list: the derivative, the base, the relation. `source` and `target` come in both
#: directions, see `edge_list.sql`.
_CHILD, _BASE = ("child", "derived", "derivative"), ("base", "parent")
_RELATION = ("relation", "edge", "edge_type", "relationship")


@dataclass(frozen=True, slots=True)
class Recognised:
    """What was understood of a table's columns."""

    columns: dict[str, tuple[str, ...]]
    """Our column → the columns of the input that spell it, best first; a row takes the first that it fills."""
    ignored: tuple[str, ...]
    """Columns of the input that nothing here reads, A–Z."""
    layout: str = "models"
    """`models` (a row a model), `cards` (an id or path, and the text of a card) or `edge list`."""

    @property
    def has(self) -> frozenset[str]:
        """Our columns that the input fills; a card's text and its fields count as the card too."""
        found = {"card" if c in CARD_FIELDS else c for c in self.columns}
        if "readme" in found:
            found |= {"card", "tags"}
        if "child" in found:
            return frozenset({"id", "listed"})
        return frozenset(found | ({"id"} if "path" in found else set()))

    @property
    def spelled(self) -> tuple[str, ...]:
        """All columns of the input that are read."""
        return tuple(dict.fromkeys(c for spellings in self.columns.values() for c in spellings))


def recognise(columns: list[str]) -> Recognised:
    """Which of our columns a table with these columns has.

    Raises UnknownLayout when nothing in it can be a model id.
    """
    found = {
        ours: present
        for ours, spellings in SPELLINGS.items()
        if (present := tuple(s for s in spellings if s in columns))
    }
    if "id" in found or "readme" not in found:
        found.pop("path", None)  # a path says something only beside the text of a card without an id
    if "id" not in found and "path" not in found:
        return _edge_list(columns)
    used = {s for present in found.values() for s in present}
    layout = "cards" if set(found) <= {"id", "path", "readme"} and "readme" in found else "models"
    return Recognised(found, tuple(sorted(c for c in columns if c not in used)), layout)


def _edge_list(columns: list[str]) -> Recognised:
    folded = {c.strip().casefold(): c for c in reversed(columns)}

    def first(names: Iterable[str]) -> str | None:
        return next((folded[n] for n in names if n in folded), None)

    child, base = first(_CHILD), first(_BASE)
    if (child is None or base is None) and "source" in folded and "target" in folded:
        child, base = folded["source"], folded["target"]
    if child is None or base is None:
        listed = ", ".join(columns[:12]) + (" …" if len(columns) > 12 else "")
        raise UnknownLayout(
            "No column holds model ids: one of modelId, model_id, id or repo_id is needed, or child and base "
            f"for a list of edges, or path and readme for cards. The columns are: {listed or 'none'}."
        )
    relation = first(_RELATION)
    columns_read: dict[str, tuple[str, ...]] = {"child": (child,), "base": (base,)}
    if relation:
        columns_read["relation"] = (relation,)
    used = {child, base, relation}
    return Recognised(columns_read, tuple(sorted(c for c in columns if c not in used)), "edge list")


def together(parts: Iterable[Recognised]) -> Recognised:
    """What was recognised in several parts of one source."""
    columns: dict[str, tuple[str, ...]] = {}
    ignored: set[str] = set()
    layouts = []
    for part in parts:
        for ours, spelled in part.columns.items():
            columns[ours] = tuple(dict.fromkeys((*columns.get(ours, ()), *spelled)))
        ignored |= set(part.ignored)
        if part.columns:  # an empty list of records is a part of any table
            layouts.append(part.layout)
    order = {ours: i for i, ours in enumerate(("child", "base", "relation", *SPELLINGS))}
    ordered = {ours: columns[ours] for ours in sorted(columns, key=lambda c: order[c])}
    used = {c for spelled in ordered.values() for c in spelled}
    layout = layouts[0] if len(set(layouts)) == 1 else "models"
    return Recognised(ordered, tuple(sorted(ignored - used)), layout)
