"""Why a model has the bases that it has: every claim, its evidence, what was made of it and why."""

from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from lineage.answers.lookup import model_row
from lineage.chosen import chosen, id_of, where
from lineage.errors import NotFound
from lineage.ids import named
from lineage.reference import rule_texts
from lineage.schema import EVIDENCE
from lineage.snapshot import Snapshot

Claim = dict[str, Any]

#: Where each kind of evidence stands, and the basis from which on it counts.
_WHERE = {
    "hub": ("the Hub's own field baseModels", "declared"),
    "tag": ("a tag of the Hub", "declared"),
    "card": ("the card", "declared"),
    "config": ("the adapter's configuration", "declared"),
    "tag-author": ("a tag that its author wrote", "declared"),
    "text": ("the prose of its card", "stated"),
    "name": ("its name", "inferred"),
}

#: Why a claim makes no edge, by reason code.
REASONS = {
    "self-loop": "it names the model itself",
    "hand-written": "an author's own tag counts only where the Hub, its tags and the card name no base",
    "other-field": "another field of the card, which comes first, names the base",
    "rule-off": "the rule is off: too often wrong where it was measured, or not measured (docs/rules.md)",
    "declared": "a name is only asked where no base is declared",
    "stated": "a name is only asked where the card's prose names no base",
    "older-than-base": "the model is older than what its name suggests",
    "ambiguous": "its name suggests several bases",
    "null-word": "the text says that there is none",
    "path": "the text is a path on somebody's disk",
    "url": "the address does not lead to the Hub",
    "not-a-model": "it names a data set or a space",
    "blanks": "the text is prose, not an id",
    "syntax": "the text cannot be an id",
    "too-long": "the text is too long for an id",
    "ownerless": "an id without an account that is not in the snapshot and was never one of the Hub's",
    "wrong-type": "the field holds no text: a number, a truth value, or a list within a list",
}

SCHEMA = pa.schema(
    [
        ("model", pa.string()),
        ("base", pa.string()),
        ("relation", pa.string()),
        ("evidence", pa.string()),
        ("outcome", pa.string()),
        ("why", pa.string()),
        ("basis", pa.string()),
        ("rule", pa.string()),
        ("base_as_written", pa.string()),
        ("relation_as_written", pa.string()),
        ("position", pa.int32()),
    ]
)


def explain(snapshot: Snapshot, model: str, base: str | None = None) -> pa.Table:
    """Every claim of `model`, the most trusted evidence first, or only those about `base`.

    Columns: model, base (the id that it was taken for; null where rejected), evidence, rule,
    base_as_written, relation_as_written, position, outcome, basis (from which on the edge counts; null
    without an edge), relation (the label of the edge under that basis), why.
    Raises NotFound where the model is not there, or does not name `base`.
    """
    row = model_row(snapshot, model)
    child = id_of(snapshot, row)
    mine = where(snapshot, "claims", "child", child).to_pylist()
    edge_of = {e["base"]: e for e in where(snapshot, "edges", "child", child).to_pylist()}
    if base is not None:
        mine = _about(snapshot, mine, child, base)
    rank = {e: i for i, e in enumerate(EVIDENCE)}
    mine.sort(key=lambda c: rank[c["evidence"]])
    return pa.Table.from_pylist([_row(child, c, edge_of) for c in mine], schema=SCHEMA)


def remarks(snapshot: Snapshot, model: str) -> list[str]:
    """What a person should know who asks about a model of which there is nothing to explain."""
    row = model_row(snapshot, model)
    (found,) = chosen(snapshot, "models", ["id", "stub", "card_problem"], np.array([row])).to_pylist()
    said = []
    if found["stub"]:
        children = len(pc.unique(where(snapshot, "edges", "base", found["id"], ["child"]).column("child")))
        said.append(f"{found['id']} is not in {snapshot.name}: {children:,} of its models name it as their base")
    elif not where(snapshot, "claims", "child", found["id"], ["child"]).num_rows:
        said.append(f"nothing in {snapshot.name} says what {found['id']} was made from")
    if found["card_problem"]:
        said.append(f"the front matter of its card could not be read: {found['card_problem']} (docs/cards.md)")
    return said


def _about(snapshot: Snapshot, claims: list[Claim], child: str, base: str) -> list[Claim]:
    """The claims that name `base`, as it is spelled there or as they spell it."""
    wanted = {name.casefold() for name, _ in named(base) if name} | {base.casefold()}
    meant = None
    try:
        meant = id_of(snapshot, model_row(snapshot, base))
        wanted.add(meant.casefold())
    except NotFound:
        pass  # it may still stand in a claim that was rejected

    def twin(id: str | None) -> bool:
        return meant is not None and id is not None and id != meant and id.casefold() == meant.casefold()

    about = [
        c
        for c in claims
        if not twin(c["base"])
        and (
            (c["base"] or "").casefold() in wanted
            or c["base_as_written"].casefold() in wanted
            or any(name and name.casefold() in wanted for name, _ in named(c["base_as_written"]))
        )
    ]
    if not about:
        others = sorted({c["base"] for c in claims if c["base"]})
        hint = f" It names {', '.join(others[:5])}{' …' if len(others) > 5 else ''}." if others else " It names none."
        raise NotFound(f"{child} does not name {base!r} as its base.{hint}")
    return about


def _row(child: str, claim: Claim, edge_of: dict[str, Claim]) -> Claim:
    edge = edge_of.get(claim["base"]) if claim["outcome"] in ("edge", "alias") else None
    relation = {"declared": "relation", "stated": "relation_stated", "inferred": "relation_inferred"}
    return {
        **claim,
        "model": child,
        "basis": edge and edge["basis"],
        "relation": edge and edge[relation[edge["basis"]]],
        "why": _why(claim, edge),
    }


def _why(claim: Claim, edge: Claim | None) -> str:
    where, basis = _WHERE[claim["evidence"]]
    where = f"{'suggested by' if claim['evidence'] == 'name' else 'named in'} {where}"
    if claim["rule"] and claim["evidence"] in ("text", "name"):
        where += f", by the rule {claim['rule']} ({rule_texts().get(claim['rule'], 'not known to this version')})"
    elif claim["rule"]:
        where += f", {claim['rule']}"
    if claim["outcome"] in ("rejected", "dropped"):
        return f"{where}; no edge: {REASONS.get(claim['reason'], claim['reason'])}"
    said = f"{where}; counts from the basis {basis} on"
    if claim["outcome"] == "alias":
        said += f"; {claim['base_as_written']} is an old name of {claim['base']}"
    if edge is None:
        return said
    if edge["corrected"]:
        was, now = edge["relation"] or "unlabelled", edge["relation_stated"]
        said += f"; its own metadata make {now} of {was} under stated"
    if edge["replaced"]:
        said += "; under inferred a nearer base stands in its place"
    if edge["relation_inferred"] == "copy" and edge["basis"] == "declared":
        said += "; under inferred it is a copy"
    if edge["conflict"]:
        said += "; sources give it different labels"
    if edge["older_than_base"]:
        said += "; the model is older than this base"
    return said
