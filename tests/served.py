"""Who serves what, a second time and the slow way: plain Python over the rows of a snapshot's tables.

Own breadth-first searches, no array, nothing of `lineage/answers/` but the words.
"""

from collections import defaultdict
from fractions import Fraction
from typing import Any

from hypothesis import strategies as st

from lineage import reference
from lineage.schema import BASES, RELATIONS
from lineage.session import Session
from tests.twin import Row, edge, opened

STRICT = {a.casefold() for a in reference.intermediaries("strict")}


class Served:
    """A snapshot under a basis, as dictionaries."""

    def __init__(self, session: Session, basis: str = "declared") -> None:
        label = "relation" if basis == "declared" else f"relation_{basis}"
        self.models: dict[str, Row] = {m["id"]: m for m in session.snapshot.table("models").to_pylist()}
        self.group = {p["publisher"]: p["owner_group"] for p in session.snapshot.table("publishers").to_pylist()}
        self.edges: list[tuple[str, str, str | None]] = []
        found = []
        for e in session.snapshot.table("edges").to_pylist():
            if basis == "inferred" and e["replaced"]:
                continue
            if BASES.index(e["basis"]) <= BASES.index(basis):
                position = 2**31 if e["position"] is None else e["position"]
                found.append((e["child"], position, e["base"], e[label], e["older_than_base"]))
        # The bases of a model in order: by position, then A–Z.
        self.older = {(child, base): older for child, _, base, _, older in found}
        self.edges = [(child, base, relation) for child, _, base, relation, _ in sorted(found, key=lambda e: e[:3])]
        self.above: dict[str, list[tuple[str, str | None]]] = defaultdict(list)
        self.under: dict[str, list[tuple[str, str | None]]] = defaultdict(list)
        for child, base, relation in self.edges:
            self.above[child].append((base, relation))
            self.under[base].append((child, relation))

    def value(self, model: str) -> int:
        return 0 if self.models[model]["stub"] else self.models[model]["downloads"] or 0

    def there(self, model: str) -> bool:
        return not self.models[model]["stub"]

    def account(self, model: str) -> str:
        return self.models[model]["publisher"] or "(unknown)"

    def owner(self, model: str) -> tuple[str, str]:
        account = self.account(model)
        group = self.group.get(account)
        return ("group", group.lower()) if group else ("account", account)

    def reach(self, model: str, relations: tuple[str | None, ...]) -> dict[str, int]:
        """Steps to everything below by edges of these relations, the model itself at 0."""
        away, waiting = {model: 0}, [model]
        for at in waiting:
            for child, relation in self.under[at]:
                if relation in relations and child not in away:
                    away[child] = away[at] + 1
                    waiting.append(child)
        return away

    def part(self, model: str) -> dict[str, int]:
        return self.reach(model, ("quantized", "copy"))

    def below(self, model: str) -> dict[str, int]:
        return self.reach(model, (*RELATIONS, None))

    def edge_within(self, model: str, part: dict[str, int], top: str) -> tuple[str, str | None] | None:
        """The first base by `quantized` or `copy` inside the part, with the relation; None for the model itself."""
        mine = [(b, r) for b, r in self.above[model] if r in ("quantized", "copy") and b in part]
        return None if model == top or not mine else mine[0]

    def divided(self, model: str) -> dict[str, int]:
        """The downloads of a model over its bases in whole numbers, the rest to the first ones."""
        bases = [b for b, _ in self.above[model]]
        return {b: self.value(model) // len(bases) + (i < self.value(model) % len(bases)) for i, b in enumerate(bases)}

    def relation(self, model: str) -> str:
        labels = {r for _, r in self.above[model]}
        return "(none)" if not labels else "mixed" if len(labels) > 1 else (labels.pop() or "(unknown)")

    def words(self, models: Any, column: str) -> list[str]:
        """The values of a column, each once, A–Z, `(unknown)` last."""
        found = {self.models[m][column] for m in models}
        return sorted(found - {None}) + ["(unknown)"] * (None in found)


def share(part: int, whole: int) -> float | None:
    return float(round(Fraction(part, whole), 12)) if whole else None


def labels(found: set[str | None]) -> list[str]:
    return sorted(r for r in found if r is not None) + ["(unknown)"] * (None in found)


def top_bases(session: Session, many: int = 20) -> list[str]:
    """The models and stubs with the most made directly from them."""
    rows = session.snapshot.table("models", ["id", "children"]).to_pylist()
    return [r["id"] for r in sorted(rows, key=lambda r: (-r["children"], r["id"]))[:many]]


#: Accounts: two of one house, two that are on the list strict, others, and none at all.
ACCOUNTS = ("maker", "maker-labs", "bartowski", "TheBloke", "other", "zoe", "")
OWNERS = {"maker": "house", "maker-labs": "House"}
_FORMATS = (None, "gguf", "safetensors", "mlx")
_LICENCES = (None, [], ["mit"], ["MIT"], ["apache-2.0"], ["other"], ["apache-2.0", "mit"], ["mit", "apache-2.0"])


@st.composite
def graphs(draw: Any) -> tuple[dict[str, Row], list[Row]]:
    """Models and edges of every shape: merges, cycles, stubs, unlabelled and inferred edges."""
    many = draw(st.integers(2, 9))
    hosts = [draw(st.sampled_from(ACCOUNTS)) for _ in range(many)]
    names = [f"{host}/m{i}" if host else f"m{i}" for i, host in enumerate(hosts)]
    stubs = draw(st.integers(0, 2))
    models = {}
    for name in names[: many - stubs] or names[:1]:
        models[name] = {
            "downloads": draw(st.integers(0, 20)),
            "format": draw(st.sampled_from(_FORMATS)),
            "licences": draw(st.sampled_from(_LICENCES)),
        }
    pairs = st.tuples(st.sampled_from(list(models)), st.sampled_from(names))
    ends = draw(st.lists(pairs, max_size=14, unique=True))
    edges = []
    for child, base in ends:
        if child == base:
            continue
        label = draw(st.sampled_from([None, "quantized", "quantized", "quantized", "finetune", "adapter", "merge"]))
        more: dict[str, Any] = {"position": draw(st.sampled_from([None, 0, 1]))}
        if label == "quantized" and draw(st.integers(0, 3)) == 0:
            more |= {"inferred": "copy"}
        edges.append(edge(child, base, label, **more))
    return models, edges


def session_of(graph: tuple[dict[str, Row], list[Row]]) -> Session:
    return opened(*graph, OWNERS)
