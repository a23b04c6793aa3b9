"""How good the rules are, claim by claim: the slow twin of `answers/rules.py`."""

from collections import defaultdict
from collections.abc import Iterable
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc

from lineage import reference
from lineage.answers.frames import ratio
from lineage.answers.rules import CORRECTING, SCHEMA
from lineage.snapshot import Snapshot

Row = dict[str, Any]


def judged_one_by_one(snapshot: Snapshot) -> list[Row]:
    """The rows of `check-rules`, from dicts and sets."""
    edges = snapshot.table("edges", ["child", "base", "basis", "rule", "relation_inferred"])
    declared: dict[str, set[str]] = defaultdict(set)
    for edge in edges.filter(pc.equal(edges.column("basis"), "declared")).select(["child", "base"]).to_pylist():
        declared[edge["child"]].add(edge["base"])
    claims = snapshot.table("claims", ["child", "base", "evidence", "rule", "outcome"])
    said: dict[tuple[str, str], dict[str, set[str]]] = defaultdict(lambda: defaultdict(set))
    used: dict[tuple[str, str], set[str]] = defaultdict(set)
    mine = claims.filter(pc.is_in(claims.column("evidence"), value_set=pa.array(["text", "name"])))
    for claim in mine.to_pylist():
        if claim["base"] is None or claim["base"] == claim["child"]:
            continue
        key = (claim["evidence"], claim["rule"])
        said[key][claim["child"]].add(claim["base"])
        if claim["outcome"] == "edge" and claim["base"] not in declared.get(claim["child"], ()):
            used[key].add(claim["child"])
    rows = []
    known = {
        "text": sorted((r.rule, r.on) for r in reference.phrases()),
        "name": sorted((r.rule, r.on) for r in reference.name_rules()),
    }
    for kind, rules in known.items():
        together: dict[str, set[str]] = defaultdict(set)
        for rule, is_on in rules:
            hits = said.get((kind, rule), {})
            row = _judge(hits, declared, judging=rule not in CORRECTING)
            rows.append({"kind": kind, "rule": rule, "on": is_on, "used": len(used[kind, rule]), **row})
            if is_on and rule not in CORRECTING:
                for child, bases in hits.items():
                    together[child] |= bases
        on = set().union(*(used[kind, rule] for rule, is_on in rules if is_on))
        rows.append({"kind": kind, "rule": f"(all {kind})", "on": True, "used": len(on), **_judge(together, declared)})
    return [{field: row.get(field) for field in SCHEMA.names} for row in rows]


def _judge(
    hits: dict[str, set[str]], declared: dict[str, set[str]], judging: bool = True
) -> dict[str, int | float | None]:
    if not judging:
        return {"hits": len(hits)}
    right = nearer = wrong = 0
    for child in hits.keys() & declared.keys():
        if hits[child] <= declared[child]:
            right += 1
        elif all(b in declared[child] or _derives(b, declared[child], declared) for b in hits[child]):
            nearer += 1
        else:
            wrong += 1
    judged = right + nearer + wrong
    return {
        "hits": len(hits),
        "judged": judged,
        "right": right,
        "nearer": nearer,
        "wrong": wrong,
        "precision": ratio(right, right + wrong),
        "precision_strict": ratio(right, judged),
        "recall": ratio(right, len(declared)),
    }


def _derives(model: str, bases: Iterable[str], declared: dict[str, set[str]]) -> bool:
    """Whether one of `bases` is among the declared ancestors of `model`."""
    wanted, seen, waiting = set(bases), {model}, [model]
    while waiting:
        for base in declared.get(waiting.pop(), ()):
            if base in wanted:
                return True
            if base not in seen:
                seen.add(base)
                waiting.append(base)
    return False
