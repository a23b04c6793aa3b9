"""Small snapshots drawn as tables, with edges of every basis, and a slow twin of what follows from them.

The twin is plain Python and networkx over the edges that a basis believes; it also makes the columns that a
build would have stored for `declared`.
"""

import os
from collections import Counter, defaultdict
from functools import cache, cached_property
from pathlib import Path
from typing import Any

import networkx as nx
import pyarrow as pa
from hypothesis import strategies as st

from lineage.catalog import Catalog
from lineage.schema import BASES, MODEL_RELATIONS, RELATIONS, ROLLUP_COLUMNS, TABLES, conform
from lineage.session import Session
from lineage.snapshot import Snapshot
from tests.slow import Hub

Row = dict[str, Any]


def edge(child: str, base: str, label: str | None = None, **more: Any) -> Row:
    """An edge; a declared one with one label under every basis unless `more` says otherwise."""
    basis = more.get("basis", "declared")
    stated = more.pop("stated", None if basis == "inferred" else label)
    found = {
        "child": child,
        "base": base,
        "relation": label if basis == "declared" else None,
        "relation_stated": stated,
    }
    evidence = {"declared": "tag", "stated": "text", "inferred": "name"}[basis]
    return {**found, "relation_inferred": more.pop("inferred", stated or label), "corrected": False, "basis": basis,
            "evidence": evidence, "replaced": False, "conflict": False, **more}  # fmt: skip


def account_of(model: str) -> str | None:
    return model.partition("/")[0] if "/" in model else None


class Twin(Hub):
    """What follows from the edges of one basis, the slow way; `rule` and `split` are those of `tests/slow.py`."""

    def __init__(self, models: dict[str, Row], edges: list[Row], basis: str = "declared") -> None:
        self.rows = {m: {"id": m, **models[m]} for m in sorted(models)}
        label = {"declared": "relation"}.get(basis, f"relation_{basis}")
        believed = BASES[: BASES.index(basis) + 1]
        self.edges = {
            (e["child"], e["base"]): {"relation": e[label], "position": self._order(e), "basis": e["basis"]}
            for e in edges
            if e["basis"] in believed and not (basis == "inferred" and e["replaced"])
        }
        self.whole = self.graph()
        found = list(nx.strongly_connected_components(self.whole))
        self.group = {m: frozenset(c) for c in found for m in c}
        self.relation = cache(self._relation)
        self.generation = cache(self._generation)

    @cached_property
    def below(self) -> dict[str, set[str]]:
        """Everything derived from each, fellow members of its cycle left out."""
        return {m: nx.ancestors(self.whole, m) - self.group[m] for m in self.whole}

    @staticmethod
    def _order(e: Row) -> int:
        """By position; bases without one come after all others, by id."""
        return 2**31 if e["position"] is None else int(e["position"])

    def _relation(self, model: str) -> str | None:
        labels = {self.edges[model, base]["relation"] for base in self.bases(model)}
        return "mixed" if len(labels) > 1 else next(iter(labels), "") or ("unlabelled" if labels else None)

    def passed_up(self, value: dict[str, int], first: bool) -> dict[str, int]:
        """`split`, or with `first` `primary`, of every model."""
        total = Counter({group: sum(value.get(m, 0) for m in group) for group in set(self.group.values())})
        order: dict[frozenset[str], dict[frozenset[str], Any]] = defaultdict(dict)
        for (child, base), e in self.edges.items():
            c, b = self.group[child], self.group[base]
            if c != b:
                order[c][b] = min(order[c].get(b, (e["position"], base)), (e["position"], base))
        contracted = nx.DiGraph([(c, b) for c in order for b in order[c]])
        contracted.add_nodes_from(total)
        for node in nx.topological_sort(contracted):
            targets = sorted(order[node], key=lambda b: order[node][b])[: 1 if first else None]
            for i, base in enumerate(targets):
                share, rest = divmod(total[node], len(targets))
                total[base] += share + (i < rest)
        return {m: total[self.group[m]] for m in self.whole}

    def _generation(self, model: str) -> int:
        """Edges on the longest path from a root, over groups; 0 for what this basis does not know."""
        if model not in self.group:
            return 0
        outside = {b for c, b in self.edges if c in self.group[model] and b not in self.group[model]}
        return max((self.generation(b) + 1 for b in outside), default=0)

    def rollup(self, value: dict[str, int]) -> dict[str, Row]:
        """The roll-up columns of every model and stub."""
        split, primary = self.passed_up(value, False), self.passed_up(value, True)
        found = {}
        for m in sorted(self.whole):
            row = {"own": value.get(m, 0), "split": split[m], "primary": primary[m], "descendants": len(self.below[m]),
                   "full": sum(value.get(d, 0) for d in self.below[m] | self.group[m]),
                   "children": self.whole.in_degree(m)}  # fmt: skip
            for relation in MODEL_RELATIONS:
                mine = [d for d in self.below[m] if self.relation(d) == relation]
                row[f"count_{relation}"] = len(mine)
                row[f"downloads_{relation}"] = sum(value.get(d, 0) for d in mine)
            found[m] = {name: row[name] for name in ROLLUP_COLUMNS}
        return found

    def steps(self) -> dict[tuple[str, str], int]:
        """(model, ancestor) → fewest steps between their groups."""
        groups = nx.DiGraph((self.group[c], self.group[b]) for c, b in self.edges if self.group[c] != self.group[b])
        away = dict(nx.all_pairs_shortest_path_length(groups))
        return {(m, a): d for g in away for h, d in away[g].items() if d for m in g for a in h}


def complete(name: str, rows: list[Row]) -> pa.Table:
    """Rows as the table `name`; what is not given is null."""
    return conform(
        pa.Table.from_pylist([{c: row.get(c) for c in TABLES[name].names} for row in rows], TABLES[name]), name
    )


def draw(
    models: dict[str, Row],
    edges: list[Row],
    owners: dict[str, str] | None = None,
    countries: dict[str, list[str]] | None = None,
) -> tuple[dict[str, pa.Table], Row]:
    """The tables and the manifest of a snapshot; `owners`: account → owner group; without `countries` all have two."""
    edges = sorted(({"position": None, **e} for e in edges), key=lambda e: (
        e["child"], BASES.index(e["basis"]), e["position"] is None, e["position"] or 0, e["base"]))  # fmt: skip
    seen: Counter[str] = Counter()
    for e in edges:
        e["place"] = seen[e["child"]]
        seen[e["child"]] += 1
    names = sorted({*models, *(e["base"] for e in edges)})
    row_of = {name: i for i, name in enumerate(names)}
    edges = [{**e, "child_row": row_of[e["child"]], "base_row": row_of[e["base"]]} for e in edges]
    twin = Twin(models, edges)
    value = {m: row["downloads"] for m, row in models.items()}
    rolled, steps = twin.rollup(value), twin.steps()
    least = {m: min((e["basis"] for e in edges if e["base"] == m), key=BASES.index) for m in names if m not in models}
    declared = nx.DiGraph(list(twin.edges))
    declared.add_nodes_from(m for m in names if m in models or least[m] == "declared")
    ranks = nx.pagerank(declared, tol=1e-15, max_iter=1000) if declared else {}
    rows = []
    for m in names:
        follows = rolled.get(m) or dict.fromkeys(ROLLUP_COLUMNS, 0)
        row = {"id": m, "publisher": account_of(m), "stub": m not in models, "basis": least.get(m), "gguf": False}
        row |= {"produced_by": row["publisher"]} if m in models else {}
        row |= models.get(m, {}) | follows | {"bases": 0, "generation": twin.generation(m)}
        row |= {"harmonic": sum(1 / d for (_, a), d in steps.items() if a == m)}
        if m in twin.group:
            bases = twin.bases(m)
            row |= {"pagerank": ranks[m]}
            row |= {"relation": twin.relation(m), "base": next(iter(bases), None), "bases": len(bases),
                    "cycle": min(twin.group[m]) if len(twin.group[m]) > 1 else None}  # fmt: skip
        rows.append(row)
    known = sorted({account_of(m) for m in names} - {None})  # type: ignore[type-var]
    for row in rows:
        row["publisher_row"] = known.index(row["publisher"]) if row["publisher"] else None
    pairs = [{"model": m, "ancestor": a, "distance": d, "model_row": row_of[m], "ancestor_row": row_of[a]}
             for (m, a), d in sorted(steps.items())]  # fmt: skip
    accounts = [
        {
            "publisher": a,
            "owner": (owners or {}).get(a, a),
            "owner_group": (owners or {}).get(a),
            "touched": True,
            "countries": ["FR", "US"] if countries is None else countries.get(a) or None,
        }
        for a in sorted({account_of(m) for m in names} - {None})
    ]  # type: ignore[type-var]
    counts = dict.fromkeys(("publishers", "roots", "families", "components", "multi_parent", "cycles", "self_loops",
                            "rejected", "rejected_claims", "conflicts", "claims"), 0)  # fmt: skip
    counts |= {"models": len(models), "stubs": sum(b == "declared" for b in least.values()),
               "edges": len(twin.edges), "ancestry_pairs": len(pairs), "ancestry_bound": 1000}  # fmt: skip
    manifest = {"taken_at": "2024-09-20", "source": {"name": "drawn.jsonl"}, "basis": list(BASES), "counts": counts,
                "deep": [], "columns": ["downloads", "tags", "pipeline_tag", "library_name", "card"],
                "options": {}, "versions": {}}  # fmt: skip
    tables = {"models": rows, "edges": edges, "ancestry": pairs, "publishers": accounts}
    return {name: complete(name, tables.get(name, [])) for name in TABLES}, manifest


def opened(
    models: dict[str, Row],
    edges: list[Row],
    owners: dict[str, str] | None = None,
    countries: dict[str, list[str]] | None = None,
) -> Session:
    """A drawn snapshot that lies on no disk, in a home where nothing can be kept: all of them have one sha256."""
    tables, manifest = draw(models, edges, owners, countries)
    nowhere = Path(os.devnull) / "nowhere"
    return Session(Snapshot("drawn", nowhere, manifest, "0" * 64, tables), Catalog(nowhere))


@st.composite
def drawings(pick: st.DrawFn, bases: tuple[str, ...] = BASES) -> tuple[dict[str, Row], list[Row], dict[str, str]]:
    """Small graphs with cycles, stubs, ownerless ids, owner groups, and edges of each of `bases`."""
    labels = st.sampled_from([None, *RELATIONS[:4]])
    names = [f"{a}/m{i}" if a else f"m{i}" for i, a in enumerate(pick(st.lists(
        st.sampled_from(["ann", "bob", "bartowski", ""]), min_size=1, max_size=7)))]  # fmt: skip
    models = {
        n: {"downloads": pick(st.integers(0, 40)), "format": pick(st.sampled_from([None, "gguf"]))} for n in names
    }
    stubs = ["ann/gone", "far/away", "zed/lost"]
    pairs = st.tuples(st.sampled_from(names), st.sampled_from(names + stubs))
    edges = []
    for child, base in pick(st.lists(pairs, max_size=12, unique=True)):
        if child == base:
            continue
        basis, label = pick(st.sampled_from(bases)), pick(labels)
        more: Row = {"basis": basis}
        if basis == "declared":
            more["position"] = pick(st.sampled_from([None, 0, 1, 2]))
        if len(bases) > 1:
            more |= {} if basis == "inferred" else {"stated": pick(labels)}
            more |= {"inferred": pick(st.sampled_from([None, *RELATIONS]))}
            more["replaced"] = basis == "declared" and pick(st.integers(0, 3)) == 0
        edges.append(edge(child, base, label, **more))
    return models, edges, pick(st.sampled_from([{}, {"ann": "house", "bob": "house"}]))
