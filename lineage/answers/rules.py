"""How good the rules on prose and names are: hide the declared base, predict it, compare.

The truth is what models declare. Quantizers often copy the card of what they quantize, and with it
its base; so a prediction that itself derives from the declared base is `nearer`, and counted apart.
"""

from dataclasses import dataclass

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

from lineage import reference
from lineage.answers.frames import ratio
from lineage.chosen import many
from lineage.metrics.graph import Ints
from lineage.metrics.pairs import among, each_once
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


#: What a rule says of a model: only declared bases, only these and what derives from them, or something else.
_RIGHT, _NEARER, _WRONG = range(3)


def check_rules(snapshot: Snapshot) -> pa.Table:
    """One row a rule, then one for all rules of a kind that are on.

    Columns: kind (`text`, `name`), rule, on, hits (models of which it says something), judged (those with
    a declared base), right (it says the declared base, or one of them), nearer (it says what itself
    derives from the declared base), wrong, precision = right / (right + wrong), precision_strict =
    right / judged, recall = right / models with a declared base, used (models for which it makes an
    edge that nothing declared makes).
    """
    said = _said(snapshot)
    rows = []
    known = {
        "text": sorted((r.rule, r.on) for r in reference.phrases()),
        "name": sorted((r.rule, r.on) for r in reference.name_rules()),
    }
    for kind, rules in known.items():
        on = [rule for rule, is_on in rules if is_on]
        for rule, is_on in rules:
            mine = said.by(kind, [rule])
            row = said.judged(mine) if rule not in CORRECTING else {"hits": len(each_once(said.child[mine]))}
            rows.append({"kind": kind, "rule": rule, "on": is_on, "used": said.used(mine), **row})
        used = said.used(said.by(kind, on))
        all_on = said.judged(said.by(kind, [rule for rule in on if rule not in CORRECTING]))
        rows.append({"kind": kind, "rule": f"(all {kind})", "on": True, "used": used, **all_on})
    return pa.Table.from_pylist(rows, schema=SCHEMA)


@dataclass(frozen=True)
class _Said:
    """What the rules say, an entry for each claim of a base: a number for the model, and how the claim stands.

    `child` int64[k]; `verdict` int64[k]: right, nearer or wrong, -1 where the model declares no base; `made` bool[k]:
    it makes an edge that nothing declared makes. `declaring`: models with a declared base.
    """

    kind: pa.ChunkedArray
    rule: pa.ChunkedArray
    child: Ints
    verdict: Ints
    made: NDArray[np.bool_]
    declaring: int

    def by(self, kind: str, rules: list[str]) -> NDArray[np.bool_]:
        """bool[k]: the claims of some rules."""
        ruled = pc.is_in(self.rule, value_set=pa.array(rules, pa.string()))
        found: NDArray[np.bool_] = pc.and_(pc.equal(self.kind, kind), ruled).to_numpy()
        return found

    def used(self, mine: NDArray[np.bool_]) -> int:
        """How many models have an edge by one of these claims alone."""
        return len(each_once(self.child[mine & self.made]))

    def judged(self, mine: NDArray[np.bool_]) -> dict[str, int | float | None]:
        """The columns of `SCHEMA` that judge these claims; of a model with several the worst counts."""
        models, at = np.unique(self.child[mine], return_inverse=True)
        worst = np.full(len(models), -1, np.int64)
        np.maximum.at(worst, at, self.verdict[mine])
        right, nearer, wrong = (int(np.count_nonzero(worst == each)) for each in (_RIGHT, _NEARER, _WRONG))
        judged = right + nearer + wrong
        return {
            "hits": len(models),
            "judged": judged,
            "right": right,
            "nearer": nearer,
            "wrong": wrong,
            "precision": ratio(right, right + wrong),
            "precision_strict": ratio(right, judged),
            "recall": ratio(right, self.declaring),
        }


def _said(snapshot: Snapshot) -> _Said:
    columns = ["child", "base", "evidence", "rule", "outcome"]
    claims = pa.concat_tables(snapshot.blocks("claims", columns, then=_of_rules))
    edges = snapshot.table("edges", ["child", "base", "child_row", "base_row", "basis"])
    both = pa.chunked_array([*claims.column("child").chunks, *claims.column("base").chunks], pa.string())
    words = both.combine_chunks().dictionary_encode()
    code = words.indices.to_numpy().astype(np.int64)
    # A model by its row where an edge has it; what no edge has neither declares a base nor is one.
    row = np.full(len(words.dictionary), -1, np.int64)
    for end in ("child", "base"):
        named = pc.index_in(edges.column(end), value_set=words.dictionary).fill_null(-1).to_numpy()
        row[named[named >= 0]] = edges.column(f"{end}_row").to_numpy()[named >= 0]
    believed = pc.equal(edges.column("basis"), "declared").to_numpy()
    child, base = (edges.column(name).to_numpy()[believed].astype(np.int64) for name in ("child_row", "base_row"))
    order = np.argsort(child, kind="stable")
    child, base = child[order], base[order]
    n = many(snapshot, "models")
    of, said = row[code[: claims.num_rows]], row[code[claims.num_rows :]]
    declares = np.searchsorted(child, of, "right") > np.searchsorted(child, of)
    declared = among(of * n + said, child * n + base) & (of >= 0) & (said >= 0)
    verdict = np.where(declared, _RIGHT, np.where(declares, _WRONG, -1))
    for at in np.flatnonzero(declares & ~declared & (said >= 0)).tolist():
        if _derives(int(said[at]), int(of[at]), child, base):
            verdict[at] = _NEARER
    made = pc.equal(claims.column("outcome"), "edge").fill_null(False).to_numpy() & ~declared
    kind, rule = claims.column("evidence"), claims.column("rule")
    return _Said(kind, rule, code[: claims.num_rows], verdict, made, len(each_once(child)))


def _of_rules(claims: pa.Table, _: int) -> pa.Table:
    """The claims that rules have made, of a base other than the model itself."""
    by_rule = pc.is_in(claims.column("evidence"), value_set=pa.array(["text", "name"]))
    other = pc.not_equal(claims.column("base"), claims.column("child")).fill_null(False)
    return claims.filter(pc.and_(by_rule, other))


def _derives(model: int, of: int, child: Ints, base: Ints) -> bool:
    """Whether one of the declared bases of `of` is among the declared ancestors of `model`; all are rows.

    `child`, `base`: the declared edges, by child. Few claims are asked about: those that say another base.
    """

    def bases(row: int) -> list[int]:
        begin, end = np.searchsorted(child, [row, row + 1])
        found: list[int] = base[begin:end].tolist()
        return found

    wanted, seen, waiting = set(bases(of)), {model}, [model]
    while waiting:
        for above in bases(waiting.pop()):
            if above in wanted:
                return True
            if above not in seen:
                seen.add(above)
                waiting.append(above)
    return False
