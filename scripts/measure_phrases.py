"""How often the rules of `lineage/data/phrases.csv` are right: hide the declared base of each card, predict, compare.

    python scripts/measure_phrases.py cards.jsonl.gz …

Takes tables of cards, JSON lines with or without .gz: `readme`, and `model_id` or `path`. A model that is
there twice counts once, with its first card. `judged` are the cards hit that declare a base. One is right
where all that the rule names is declared, and nearer where it is not, but the model is called as the base
named with a quantizer's suffix: the declared base was copied with the card of what was quantized.
precision = right / (right + wrong), strict = right / judged, recall = right / cards that declare a base.
"""

import argparse
import gzip
import json
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from lineage import reference
from lineage.ids import normalise
from lineage.reading.cards import id_of_path
from lineage.reading.frontmatter import read_card
from lineage.reading.phrases import Found, find, stem

#: Stands for all rules that are on, taken together.
ALL = "(all that are on)"


def cards(tables: list[Path]) -> Iterator[tuple[str, str]]:
    """Model id and text of each model's first card."""
    seen: set[str] = set()
    for table in tables:
        with (gzip.open if table.suffix == ".gz" else open)(table, "rt", encoding="utf-8") as file:
            for row in map(json.loads, file):
                model = row.get("model_id") or id_of_path(row.get("path") or "")
                if model and row.get("readme") and model.casefold() not in seen:
                    seen.add(model.casefold())
                    yield model, row["readme"]


def declared(fields: dict[str, Any] | None) -> set[str]:
    """The ids that `base_model` names, in lower case."""
    value = (fields or {}).get("base_model")
    texts = value if isinstance(value, list) else [value]
    ids = {normalise(text)[0] for text in texts if isinstance(text, str)}
    return {name.casefold() for name in ids if name}


def predicted(found: list[Found], rules: tuple[reference.Phrase, ...]) -> dict[str, set[str]]:
    """Rule → the ids it names, in lower case; `ALL` for the rules that are on together."""
    on = {rule.rule for rule in rules if rule.on}
    ids: dict[str, set[str]] = {}
    for one in found:
        name = normalise(one.base)[0] or ""
        for rule in (one.rule, ALL) if one.rule in on else (one.rule,):
            ids.setdefault(rule, set()).add(name.casefold())
    return ids


def name_of(model: str) -> str:
    return model.casefold().rpartition("/")[2]


def share(part: int, whole: int) -> str:
    return f"{part / whole:.3f}" if whole else "-"


def measure(tables: list[Path]) -> tuple[list[dict[str, Any]], list[tuple[str, ...]]]:
    """A row for each rule, and what was not right: verdict, model, rule, what it named, what is declared."""
    rules = reference.phrases()
    hits: Counter[str] = Counter()
    judged: Counter[str] = Counter()
    right: Counter[str] = Counter()
    nearer: Counter[str] = Counter()
    others: list[tuple[str, ...]] = []
    with_base = 0
    for model, text in cards(tables):
        card = read_card(text)
        bases = declared(card.fields) - {model.casefold()}
        with_base += bool(bases)
        for rule, ids in sorted(predicted(find(card.body, model, rules), rules).items()):
            hits[rule] += 1
            if not bases:
                continue
            judged[rule] += 1
            if ids <= bases:
                right[rule] += 1
                continue
            named_after = all(name_of(base) == stem(name_of(model)) != name_of(model) for base in ids)
            nearer[rule] += named_after
            verdict = "nearer" if named_after else "wrong"
            others.append((verdict, model, rule, " ".join(sorted(ids - bases)), " ".join(sorted(bases))))
    on = {rule.rule: rule.on for rule in rules} | {ALL: True}
    rows = [
        {
            "rule": rule,
            "on": "yes" if on[rule] else "no",
            "hits": hits[rule],
            "judged": judged[rule],
            "right": right[rule],
            "nearer": nearer[rule],
            "precision": share(right[rule], judged[rule] - nearer[rule]),
            "strict": share(right[rule], judged[rule]),
            "recall": share(right[rule], with_base),
        }
        for rule in on
    ]
    return rows, others


def main() -> None:
    parser = argparse.ArgumentParser(description="Measure the rules on the prose of cards.")
    parser.add_argument("tables", nargs="+", type=Path, help="JSON lines: readme, and model_id or path")
    parser.add_argument("--others", action="store_true", help="list what was not right")
    options = parser.parse_args()
    rows, others = measure(options.tables)
    width = max(len(row["rule"]) for row in rows)
    print(f"{'rule':{width}}", *list(rows[0])[1:], sep="  ")
    for row in rows:
        print(f"{row['rule']:{width}}", *(f"{row[name]:>{len(name)}}" for name in list(row)[1:]), sep="  ")
    for line in others if options.others else []:
        print(*line, sep="\t")


if __name__ == "__main__":
    main()
