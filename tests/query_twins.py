"""Slow twins of the named queries: plain loops over the tables of a snapshot."""

from collections import defaultdict
from collections.abc import Callable
from functools import cached_property
from typing import Any

from lineage.session import Session

Rows = set[tuple[Any, ...]]


class Graph:
    """What a snapshot holds, as dictionaries."""

    def __init__(self, session: Session) -> None:
        table = session.snapshot.table
        self.models = {m["id"]: m for m in table("models").to_pylist()}
        self.edges = [e for e in table("edges").to_pylist() if e["basis"] == "declared"]
        self.derived = {e["child"] for e in self.edges}
        self.bases = defaultdict(list)
        for edge in self.edges:
            self.bases[edge["child"]].append(edge["base"])
        self.publishers = {p["publisher"]: p for p in table("publishers").to_pylist() if p["touched"]}

    @cached_property
    def above(self) -> dict[str, dict[str, int]]:
        """For each model everything that it goes back to, with the fewest steps; nothing of its own cycle."""
        return {m: self._above(m) for m in self.models}

    def _reach(self, start: str) -> set[str]:
        found: set[str] = set()
        level = {start}
        while level:
            level = {b for m in level for b in self.bases[m]} - found
            found |= level
        return found

    def group(self, model: str) -> set[str]:
        """The cycle that a model is in, or the model alone."""
        return {model} | {m for m in self._reach(model) if model in self._reach(m)}

    def _above(self, start: str) -> dict[str, int]:
        found: dict[str, int] = {}
        level, seen, steps = self.group(start), self.group(start), 0
        while level:
            steps += 1
            level = {x for m in level for b in self.bases[m] if b not in seen for x in self.group(b)}
            seen |= level
            found |= dict.fromkeys(level, steps)
        return found

    def quantized_below(self, base: str) -> set[str]:
        """Everything that goes back to a model by quantized edges alone."""
        found: set[str] = set()
        level = {base}
        while level:
            level = {e["child"] for e in self.edges if e["base"] in level and e["relation"] == "quantized"} - found
            found |= level
        return found - {base}

    def of(self, model: str) -> dict[str, Any]:
        return self.publishers[self.models[model]["publisher"]]

    def hosted(self, model: str) -> bool:
        return self.models[model]["publisher"] in self.publishers

    def downloads(self, models: set[str]) -> int:
        return sum(self.models[m]["downloads"] or 0 for m in models)


def listed(value: list[str] | None) -> tuple[str, ...] | None:
    return None if value is None else tuple(value)


def servers(g: Graph, id: str) -> Rows:
    by = defaultdict(set)
    for m in g.quantized_below(id):
        by[g.models[m]["publisher"] or ""].add(m)
    return {(p, len(ms), len({g.models[m]["format"] for m in ms} - {None}), g.downloads(ms)) for p, ms in by.items()}


def formats(g: Graph, id: str) -> Rows:
    by = defaultdict(set)
    for m in g.quantized_below(id):
        by[g.models[m]["format"] or "(unknown)", g.models[m]["bits"]].add(m)
    return {(*key, len(ms), len({g.models[m]["publisher"] for m in ms}), g.downloads(ms)) for key, ms in by.items()}


def rivals(g: Graph, publisher: str) -> Rows:
    mine = {e["base"] for e in g.edges if g.models[e["child"]]["publisher"] == publisher and e["relation"] == "quantized"}  # fmt: skip
    by = defaultdict(set)
    for e in g.edges:
        other = g.models[e["child"]]["publisher"]
        if e["base"] in mine and e["relation"] == "quantized" and other not in (publisher, None):
            by[other].add((e["base"], e["child"]))
    return {(p, len({b for b, _ in pairs}), len({m for _, m in pairs})) for p, pairs in by.items()}


def served_bases(g: Graph, publisher: str) -> Rows:
    by = defaultdict(set)
    for e in g.edges:
        if e["relation"] == "quantized" and g.models[e["child"]]["publisher"] == publisher != g.models[e["base"]]["publisher"]:  # fmt: skip
            by[e["base"], g.models[e["child"]]["format"] or "(unknown)"].add(e["child"])
    return {(*key, len(ms), g.downloads(ms)) for key, ms in by.items()}


def repackaged(g: Graph, publisher: str) -> Rows:
    rows = set()
    for id, model in g.models.items():
        if model["publisher"] == publisher:
            below = {m for m in g.models if id in g.above[m] and g.models[m]["publisher"] not in (publisher, None)}
            quantized = {m for m in below if g.models[m]["relation"] == "quantized"}
            if below:
                rows.add((id, model["own"], len(quantized), g.downloads(quantized), len(below), g.downloads(below)))
    return rows


def common_ancestors(g: Graph, a: str, b: str) -> Rows:
    shared = g.above[a].keys() & g.above[b].keys()
    return {(c, g.above[a][c], g.above[b][c], g.models[c]["stub"], listed(g.models[c]["licences"])) for c in shared}


def steps_up(g: Graph, id: str) -> Rows:
    from_here = {id: 0} | g.above[id]
    return {
        (from_here[e["child"]] + 1, e["child"], listed(g.models[e["child"]]["licences"]), e["relation"], e["evidence"],
         e["base"], listed(g.models[e["base"]]["licences"]))
        for e in g.edges if e["child"] in from_here
    }  # fmt: skip


def licences_below(g: Graph, id: str) -> Rows:
    by = defaultdict(set)
    for m in g.models:
        if id in g.above[m]:
            for licence in ["(none)"] if g.models[m]["licences"] is None else g.models[m]["licences"]:
                by[licence].add(m)
    of_base = g.models[id]["licences"] if id in g.models else None
    return {(li, len(ms), g.downloads(ms), None if of_base is None else li in of_base) for li, ms in by.items()}


def missing_licences(g: Graph) -> Rows:
    return {
        (m, g.models[m]["downloads"], steps, b, listed(g.models[b]["licences"]))
        for m in g.models if g.models[m]["licences"] is None
        for b, steps in g.above[m].items() if g.models[b]["licences"] is not None
    }  # fmt: skip


def widest_bases(g: Graph) -> Rows:
    by = defaultdict(set)
    for e in g.edges:
        if g.hosted(e["child"]) and g.hosted(e["base"]):
            p, q = g.of(e["child"])["owner"], g.of(e["base"])["owner"]
            if p != q:
                by[e["base"], q].add((p, e["child"]))
    return {(*key, len({p for p, _ in pairs}), len(pairs)) for key, pairs in by.items()}


def first_party(g: Graph) -> Rows:
    by = defaultdict(set)
    for e in g.edges:
        if e["relation"] == "quantized" and g.hosted(e["child"]) and g.hosted(e["base"]):
            p, q = g.of(e["child"])["owner"], g.of(e["base"])["owner"]
            if p == q:
                by[p].add(e["child"])
    return {(p, len(ms), g.downloads(ms)) for p, ms in by.items()}


def relations(g: Graph) -> Rows:
    by = defaultdict(list)
    for e in g.edges:
        by[e["relation"] or "(unknown)"].append(e["child"])
    return {(relation, len(ms), len(set(ms)), g.downloads(set(ms))) for relation, ms in by.items()}


def relays(g: Graph) -> Rows:
    rows = set()
    for d in g.edges:
        for e in g.edges if d["relation"] == "quantized" else []:
            if d["base"] == e["child"] and e["relation"] == "finetune":
                q, f, b = (g.models[m]["publisher"] for m in (d["child"], d["base"], e["base"]))
                if None not in (q, f, b) and q != f != b:
                    rows.add((d["child"], q, d["base"], f, e["base"], g.models[d["child"]]["downloads"]))
    return rows


def requantized(g: Graph) -> Rows:
    return {
        (d["child"], g.models[d["child"]]["downloads"], d["base"], g.models[d["base"]]["format"], e["base"])
        for d in g.edges if d["relation"] == "quantized"
        for e in g.edges if e["relation"] == "quantized" and d["base"] == e["child"]
    }  # fmt: skip


def outgrown(g: Graph) -> Rows:
    rows = set()
    for e in g.edges:
        m, b = g.models[e["child"]], g.models[e["base"]]
        known = None not in (m["downloads"], b["downloads"], m["publisher"], b["publisher"])
        if known and m["downloads"] > b["downloads"] and m["publisher"] != b["publisher"]:
            rows.add((m["id"], m["downloads"], e["relation"], b["id"], b["downloads"]))
    return rows


def publisher_flows(g: Graph) -> Rows:
    by = defaultdict(set)
    for e in g.edges:
        p, q = g.models[e["child"]]["publisher"], g.models[e["base"]]["publisher"]
        if p in g.publishers and q in g.publishers and p != q:
            by[p, q].add(e["child"])
    return {(*key, len(ms), g.downloads(ms)) for key, ms in by.items()}


def upstream_accounts(g: Graph) -> Rows:
    by = defaultdict(set)
    for m in g.models:
        for b in g.above[m]:
            p = g.models[b]["publisher"]
            if p in g.publishers and g.models[m]["publisher"] not in (p, None):
                by[p].add(m)
    return {(p, g.publishers[p]["downloads"], len(ms), g.downloads(ms)) for p, ms in by.items()}


def country_bases(g: Graph, country: str) -> Rows:
    below = defaultdict(set)
    for m in g.models:
        for b in g.above[m]:
            below[b].add(m)
    return {
        (b, g.models[b]["own"], len(ms), g.downloads(ms | g.group(b)))
        for b, ms in below.items() if g.hosted(b) and country in (g.of(b)["countries"] or [])
    }  # fmt: skip


def country_flows(g: Graph) -> Rows:
    by = defaultdict(set)
    for e in g.edges:
        if g.hosted(e["child"]) and g.hosted(e["base"]):
            for p in g.of(e["child"])["countries"] or []:
                for q in g.of(e["base"])["countries"] or []:
                    by[p, q].add(e["child"])
    return {(*key, len(ms), g.downloads(ms)) for key, ms in by.items()}


def most_quantized(g: Graph) -> Rows:
    by = defaultdict(set)
    for e in g.edges:
        p, q = g.models[e["child"]]["publisher"], g.models[e["base"]]["publisher"]
        if e["relation"] == "quantized" and None not in (p, q) and p != q:
            by[e["base"]].add(e["child"])
    return {(b, g.models[b]["stub"], len({g.models[m]["publisher"] for m in ms}), len(ms), g.downloads(ms))
            for b, ms in by.items()}  # fmt: skip


def unlicensed_bases(g: Graph) -> Rows:
    rows = set()
    for b in (m for m in g.models.values() if not m["stub"] and m["licences"] is None):
        below = {m for m in g.models if b["id"] in g.above[m]}
        if below:
            rows.add((b["id"], b["own"], len(below), g.downloads(below | g.group(b["id"]))))
    return rows


def account_relations(g: Graph, publisher: str) -> Rows:
    by = defaultdict(set)
    for m in g.models.values():
        if m["publisher"] == publisher and publisher in g.publishers and not m["stub"]:
            by[m["relation"] if m["id"] in g.derived else "(none)"].add(m["id"])
    return {(relation, len(ms), g.downloads(ms)) for relation, ms in by.items()}


def gone_bases(g: Graph) -> Rows:
    rows = set()
    for b in (m for m in g.models.values() if m["stub"]):
        below = {m for m in g.models if b["id"] in g.above[m]}
        rows.add((b["id"], sum(e["base"] == b["id"] for e in g.edges), len(below), g.downloads(below)))
    return rows


TWINS: dict[str, Callable[..., Rows]] = {
    f.__name__: f
    for f in (
        servers, formats, rivals, served_bases, repackaged, common_ancestors, steps_up, licences_below, missing_licences,
        widest_bases, first_party, relays, requantized, outgrown, publisher_flows, upstream_accounts, country_bases,
        country_flows, most_quantized, account_relations, gone_bases, unlicensed_bases, relations,
    )
}  # fmt: skip
