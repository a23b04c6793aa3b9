"""How good the rules on prose and names are: hide the declared base, predict it, compare.

The truth is what models declare. Quantizers often copy the card of what they quantize, and with it
its base; so a prediction that itself derives from the declared base is `nearer`, and counted apart.
"""

from collections import defaultdict
from collections.abc import Iterable

import pyarrow as pa
import pyarrow.compute as pc

from lineage import reference
from lineage.answers.frames import ratio
from lineage.snapshot import Snapshot

#: Rules that correct what is declared, so that nothing declared can say whether they are right.
CORRECTING = ("copy", "nearer")

SCHEMA = pa.schema(
    [
        ("kind", pa.string()),
        ("rule", pa.string()),
        ("on", pa.bool_()),
        ("hits", pa.int64()),
        ("judged", pa.int64()),
        ("right", pa.int64()),
        ("nearer", pa.int64()),
        ("wrong", pa.int64()),
        ("precision", pa.float64()),
        ("precision_strict", pa.float64()),
        ("recall", pa.float64()),
        ("used", pa.int64()),
    ]
)


def check_rules(snapshot: Snapshot) -> pa.Table:
    """One row a rule, then one for all rules of a kind that are on.

    Columns: kind (`text`, `name`), rule, on, hits (models of which it says something), judged (those with
    a declared base), right (it says the declared base, or one of them), nearer (it says what itself
    derives from the declared base), wrong, precision = right / (right + wrong), precision_strict =
    right / judged, recall = right / models with a declared base, used (models for which it makes an
    edge that nothing declared makes).
    """
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
    return pa.Table.from_pylist(rows, schema=SCHEMA)


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
