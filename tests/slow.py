"""Design §4 a second time, the slow and obvious way: plain Python over a list of rows, no table, no array.

The tests compare the program with this, and both with answers worked out by hand.
"""

from collections import Counter, defaultdict
from decimal import Decimal
from functools import cached_property
from typing import Any

import networkx as nx

from lineage.ids import normalise

Row = dict[str, Any]
FOUR = ("finetune", "adapter", "quantized", "merge")


def label(text: Any) -> str | None:
    return text.strip().lower() if isinstance(text, str) and text.strip().lower() in FOUR else None


def tag_claims(tags: list[str]) -> list[tuple[str, str | None, str]]:
    """(base as written, relation, evidence) of the `base_model:` tags of one model."""
    plain, typed = [], []
    for tag in dict.fromkeys(tags):
        if not tag.startswith("base_model:"):
            continue
        rest = tag.removeprefix("base_model:")
        word, colon, after = rest.partition(":")
        if colon and word.strip().lower() in FOUR:
            typed.append((after, word))
        else:
            plain.append(rest)
    twins = {p.strip().lower() for p in plain}
    claims = [(b, label(w), "tag" if b.strip().lower() in twins else "tag-author") for b, w in typed]
    return claims + [(p, None, "tag") for p in plain if p.strip().lower() not in {b.strip().lower() for b, _ in typed}]


class Hub:
    """A small Hub: rows with id, downloads, tags, cardData, baseModels."""

    def __init__(self, rows: list[Row], legacy: dict[str, str] | None = None) -> None:
        self.rows = {r["id"]: r for r in sorted(rows, key=lambda r: r["id"])}
        self.legacy = legacy or {}
        self.spelling: dict[str, str] = {}
        for model in self.rows:
            self.spelling.setdefault(model.lower(), model)
        self._resolve()

    def _claims(self, row: Row) -> list[dict[str, Any]]:
        found = [
            {"text": t, "label": w, "evidence": e, "position": None} for t, w, e in tag_claims(row.get("tags") or [])
        ]
        card = row.get("cardData") or {}
        bases = card.get("base_model")
        for i, text in enumerate(bases if isinstance(bases, list) else [] if bases is None else [bases]):
            found.append(
                {"text": text, "label": label(card.get("base_model_relation")), "evidence": "card", "position": i}
            )
        hub = row.get("baseModels") or {}
        for i, model in enumerate(hub.get("models", [])):
            found.append({"text": model["id"], "label": label(hub.get("relation")), "evidence": "hub", "position": i})
        return found

    def _meant(self, text: str) -> tuple[str | None, bool]:
        """(id or spelling of a stub, whether it is in the table)."""
        name = normalise(text)[0]
        if name is None:
            return None, False
        if name in self.rows:
            return name, True
        if name.lower() in self.spelling:
            return self.spelling[name.lower()], True
        if "/" not in name:
            name = self.legacy.get(name.lower())
            if name is None:
                return None, False
            if name in self.rows or name.lower() in self.spelling:
                return self.spelling.get(name.lower(), name) if name not in self.rows else name, True
        return name, False

    def _resolve(self) -> None:
        claims = {m: self._claims(r) for m, r in self.rows.items()}
        spelled: dict[str, Counter[str]] = defaultdict(Counter)
        for found in claims.values():
            names = {self._meant(c["text"])[0] for c in found if not self._meant(c["text"])[1]} - {None}
            for name in names:
                spelled[str(name).lower()][str(name)] += 1
        stub = {key: min(c, key=lambda n: (-c[n], n)) for key, c in spelled.items()}
        self.edges: dict[tuple[str, str], dict[str, Any]] = {}
        self.self_loops = set()
        self.rejected_claims = 0
        for child, found in claims.items():
            for c in found:
                name, known = self._meant(c["text"])
                c["base"], c["known"] = (name if known or name is None else stub[name.lower()]), known
                self.rejected_claims += name is None
            found = [c for c in found if c["base"] is not None]
            self._rename(found)
            if any(c["base"] == child for c in found):
                self.self_loops.add(child)
            found = [c for c in found if c["base"] != child]
            better = {c["base"] for c in found if c["evidence"] != "tag-author"}
            if better:
                found = [c for c in found if c["base"] in better]
            for base in {c["base"] for c in found}:
                self.edges[child, base] = self._edge([c for c in found if c["base"] == base])

    @staticmethod
    def _rename(found: list[dict[str, Any]]) -> None:
        """A card's old name of a base that the Hub, or the one tag, gives under its new name."""

        def named(evidence: str) -> list[str]:
            mine = [c for c in found if c["evidence"] == evidence]
            return list(dict.fromkeys(c["base"] for c in sorted(mine, key=lambda c: (c["position"] or 0, c["base"]))))

        card, hub, tag = named("card"), named("hub"), named("tag")
        known = {c["base"] for c in found if c["known"]}
        for place, old in enumerate(card):
            if old in known or old in hub or old in tag:
                continue
            new = hub[place] if len(hub) == len(card) else tag[0] if len(tag) == len(card) == 1 else None
            if new is not None and new not in card:
                for c in found:
                    if c["evidence"] == "card" and c["base"] == old:
                        c["base"] = new

    @staticmethod
    def _edge(claims: list[dict[str, Any]]) -> dict[str, Any]:
        def labels(*evidence: str) -> list[str]:
            return sorted({c["label"] for c in claims if c["evidence"] in evidence and c["label"]})

        relation = next(iter(labels("card") or labels("hub") or labels("tag", "tag-author")), None)
        places = [c["position"] for c in claims if c["evidence"] == "card"]
        hub = [1_000_000 + c["position"] for c in claims if c["evidence"] == "hub"]
        every = {c["label"] for c in claims if c["label"]}
        return {"relation": relation, "position": min(places or hub or [2**31]), "conflict": len(every) > 1}

    # --- figures ----------------------------------------------------------------------------------

    @property
    def stubs(self) -> set[str]:
        return {b for _, b in self.edges} - set(self.rows)

    def graph(self) -> nx.DiGraph:
        g = nx.DiGraph()
        g.add_nodes_from([*self.rows, *self.stubs])
        g.add_edges_from(self.edges)
        return g

    def downloads(self, model: str) -> int:
        return int(self.rows[model].get("downloads") or 0) if model in self.rows else 0

    def bases(self, model: str) -> list[str]:
        return self._bases.get(model, [])

    @cached_property
    def _bases(self) -> dict[str, list[str]]:
        found: dict[str, list[str]] = defaultdict(list)
        for child, base in self.edges:
            found[child].append(base)
        return {c: sorted(b, key=lambda b: (self.edges[c, b]["position"], b)) for c, b in found.items()}

    @cached_property
    def _cycle(self) -> dict[str, frozenset[str]]:
        return {v: frozenset(c) for c in nx.strongly_connected_components(self.graph()) for v in c}

    def full(self, model: str) -> int:
        g = self.graph()
        return self.downloads(model) + sum(self.downloads(d) for d in nx.ancestors(g, model))

    def repackaged(self, owner: dict[str, str], relations: set[str | None]) -> set[str]:
        """The models re-packaged for a set of relations; `owner` by account in small letters."""

        def own(a: str, b: str) -> bool:
            def of(m: str) -> str:
                account = m.partition("/")[0].lower() if "/" in m else ""
                return owner.get(account, "account " + account)

            return of(a) == of(b)

        def is_it(model: str, wanted: set[str | None]) -> bool:
            mine = self.bases(model)
            if not any(self.edges[model, b]["relation"] in wanted for b in mine):
                return False
            return all(
                not own(model, b) or (b not in self._cycle[model] and is_it(b, {"quantized", "copy"})) for b in mine
            )

        return {m for m in self.rows if is_it(m, relations)}

    def rule(self, name: str, owner: dict[str, str], listed: set[str], threshold: str, frame: set[str]) -> int:
        """The numerator of one of R1–R6 over the models in `frame`."""
        sets: dict[str, set[str | None]] = {
            "R2": {"quantized", "copy"}, "R3": {"quantized", "copy", "adapter", "merge"},
            "R4": {"quantized", "copy"}, "R5": {"quantized", "copy", "adapter", "merge"},
            "R6": {"quantized", "copy", "adapter", "merge", "finetune", None},
        }  # fmt: skip

        def account(m: str) -> str:
            return m.partition("/")[0].lower() if "/" in m else ""

        if name == "R1":
            return sum(self.downloads(m) for m in frame if account(m) and account(m) in listed)
        chosen = self.repackaged(owner, sets[name])
        if name in ("R4", "R5", "R6"):
            return sum(self.downloads(m) for m in frame & chosen)
        total, part = Counter[str](), Counter[str]()
        for m in self.rows:
            total[account(m)] += self.downloads(m)
            part[account(m)] += self.downloads(m) if m in chosen else 0
        over = {a for a in total if a and total[a] > 0 and Decimal(part[a]) >= Decimal(threshold) * total[a]}
        return sum(self.downloads(m) for m in frame if account(m) in over)

    def split(self, value: dict[str, int]) -> dict[str, int]:
        """The `split` value of every root: a cycle without outside base is one, called by its first id."""
        g = self.graph()
        group = {v: min(c) for c in nx.strongly_connected_components(g) for v in c}
        total = Counter(dict.fromkeys(group.values(), 0))
        for model, downloads in value.items():
            total[group[model]] += downloads
        order: dict[str, dict[str, tuple[int, str]]] = defaultdict(dict)
        for (child, base), edge in self.edges.items():
            c, b = group[child], group[base]
            if c != b:
                key = (edge["position"], base)
                order[c][b] = min(order[c].get(b, key), key)
        up = nx.DiGraph()
        up.add_nodes_from(total)
        up.add_edges_from((c, b) for c in order for b in order[c])
        for node in nx.topological_sort(up):
            targets = sorted(order.get(node, {}), key=lambda b: order[node][b])
            if targets:
                share, rest = divmod(total[node], len(targets))
                for i, b in enumerate(targets):
                    total[b] += share + (i < rest)
        return {v: total[v] for v in total if not order.get(v)}
