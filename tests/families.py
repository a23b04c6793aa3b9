"""Families to draw: a drawn one, shapes from real life, hostile ones, random ones for Hypothesis.

`family(rows)` makes what `lineage view family` gets, from rows that a person can read. The views only
look at attributes, so the record is defined here a second time and the tests need no snapshot.
"""

import random
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta

import pyarrow as pa
from hypothesis import strategies as st

MEMBERS = pa.schema(
    [
        ("id", pa.string()),
        ("publisher", pa.string()),
        ("owner", pa.string()),
        ("kind", pa.string()),
        ("stub", pa.bool_()),
        ("relation", pa.string()),
        ("parent", pa.string()),
        ("bases", pa.int32()),
        ("downloads", pa.int64()),
        ("full", pa.int64()),
        ("descendants", pa.int32()),
        ("children", pa.int32()),
        ("licences", pa.list_(pa.string())),
        ("pipeline_tag", pa.string()),
        ("library", pa.string()),
        ("created_at", pa.timestamp("us", tz="UTC")),
        ("cycle", pa.string()),
    ]
)
LINKS = pa.schema(
    [
        ("child", pa.string()),
        ("base", pa.string()),
        ("relation", pa.string()),
        ("evidence", pa.string()),
        ("basis", pa.string()),
        ("first", pa.bool_()),
        ("inside", pa.bool_()),
        ("dangling", pa.bool_()),
    ]
)

#: Names that a card can hold although no repository can be called so. Each is an attack on one writer.
HOSTILE = (
    "evil/</script><script>window.pwned=1</script>",
    "evil/<img src=x onerror=alert(1)>",
    "evil/\"'><svg onload=alert(2)>",
    "evil/quote\"'`back",
    "evil/{{7*7}}${7*7}<%= 7 %>{% raw %}",
    "evil/\u202egpj.exe\u200b\u0007\x1b[31m",
    "evil/--><!-- <style>*{display:none}</style>",
    "evil/href=javascript:alert(3)",
    "javascript:alert(4)",
    "https://example.org/<a href=//example.org>",
    "evil/\u2028\u2029]]>&lt;b&gt;\\u003cscript\\u003e",
    "evil/\ufeff\u00ad\u3164\U000e0041name",
)


@dataclass(frozen=True)
class Family:
    """What the answer `family` gives: see the columns above."""

    model: str
    members: pa.Table
    links: pa.Table
    ancestors: list[tuple[str, str | None]] = field(default_factory=list)
    taken_at: str = "2024-09-20T00:00:00Z"
    snapshot: str = "sample"
    source: str = "hf_models.csv.gz"
    basis: str = "declared"
    window: str = "30d"
    notes: list[str] = field(default_factory=list)


@dataclass
class Row:
    """One model of a family, as a test writes it. `bases` are (id, relation, evidence), first base first."""

    id: str
    bases: list[tuple[str, str | None, str]] = field(default_factory=list)
    downloads: int | None = 0
    licences: list[str] = field(default_factory=list)
    pipeline_tag: str | None = None
    library: str | None = None
    created_at: datetime | None = None
    stub: bool = False
    owner: str | None = None
    publisher: str | None = None
    cycle: str | None = None


def row(id: str, base: str | None = None, relation: str | None = "finetune", downloads: int | None = 0) -> Row:
    """A model with at most one base, the usual case."""
    return Row(id, [] if base is None else [(base, relation, "tag")], downloads)


def family(rows: Sequence[Row], *, intermediaries: Iterable[str] = (), model: str | None = None) -> Family:
    """The family of `model` (by default the first row's id) made of `rows`, roll-ups computed here."""
    top = model or rows[0].id
    known = {one.id for one in rows}
    listed = set(intermediaries)
    below, reach = _reach(rows, known)
    amounts = {one.id: one.downloads or 0 for one in rows}
    own = next(one for one in rows if one.id == top)
    account = own.publisher or top.split("/")[0]
    records, links = [], []
    for one in rows:
        publisher = one.publisher if one.publisher is not None else one.id.split("/")[0]
        inside = [base for base, _, _ in one.bases if base in known]
        labels = {relation for _, relation, _ in one.bases}
        kind = "own" if publisher == account else "intermediary" if publisher in listed else "other"
        records.append(
            {
                "id": one.id, "publisher": publisher, "owner": one.owner or publisher, "kind": kind,
                "stub": one.stub, "parent": None if one.id == top else inside[0] if inside else None,
                "relation": "mixed" if len(labels) > 1 else next(iter(labels), None),
                "bases": len(one.bases), "downloads": one.downloads,
                "full": reach[one.id] if isinstance(reach[one.id], int) else
                sum(amounts[each] for each in reach[one.id] | {one.id}),
                "descendants": below[one.id], "licences": one.licences,
                "children": sum(1 for each in rows if any(base == one.id for base, _, _ in each.bases))
                if len(rows) < 200 else 0,
                "pipeline_tag": one.pipeline_tag, "library": one.library, "created_at": one.created_at,
                "cycle": one.cycle,
            }
        )  # fmt: skip
        for place, (base, relation, evidence) in enumerate(one.bases):
            if one.id == top and base not in known:
                continue
            links.append(
                {"child": one.id, "base": base, "relation": relation, "evidence": evidence,
                 "basis": {"text": "stated", "name": "inferred"}.get(evidence, "declared"),
                 "first": place == 0, "inside": base in known,
                 "dangling": any(each.stub for each in rows if each.id == base) if len(rows) < 200 else False}
            )  # fmt: skip
    records.sort(key=lambda record: record["id"])
    links.sort(key=lambda link: (link["child"], link["base"]))
    return Family(top, pa.Table.from_pylist(records, MEMBERS), pa.Table.from_pylist(links, LINKS))


def _reach(rows: Sequence[Row], known: set[str]) -> tuple[dict, dict]:
    """Descendants of each: (how many, their ids or, in a plain tree, `full` itself)."""
    children: dict[str, list[str]] = {one.id: [] for one in rows}
    for one in rows:
        for base in {base for base, _, _ in one.bases if base in known}:
            children[base].append(one.id)
    if all(len([1 for base, _, _ in one.bases if base in known]) <= 1 for one in rows):
        order, stack = [], [one.id for one in rows if not any(base in known for base, _, _ in one.bases)]
        while stack:
            order.append(stack.pop())
            stack.extend(children[order[-1]])
        if len(order) == len(rows):
            amounts = {one.id: one.downloads or 0 for one in rows}
            count = dict.fromkeys(amounts, 0)
            for each in reversed(order):
                for child in children[each]:
                    amounts[each] += amounts[child]
                    count[each] += count[child] + 1
            return count, amounts
    found: dict[str, set[str]] = {}
    for one in rows:
        seen: set[str] = set()
        stack = list(children[one.id])
        while stack:
            each = stack.pop()
            if each not in seen:
                seen.add(each)
                stack.extend(children[each])
        found[one.id] = seen - {one.id}
    return {id: len(seen) for id, seen in found.items()}, found


def shuffled(one: Family, seed: int) -> Family:
    """The same family with the rows of both tables in another order."""
    rng = random.Random(seed)

    def mix(table: pa.Table) -> pa.Table:
        return table.take(pa.array(rng.sample(range(table.num_rows), table.num_rows), pa.int64()))

    return replace(one, members=mix(one.members), links=mix(one.links))


def drawn() -> Family:
    """A family drawn by hand.

    maker/base ── maker/base-instruct (finetune) ─┬─ quanto/base-instruct-GGUF (quantized, intermediary)
               │                                  ├─ quanto/base-instruct-AWQ  (quantized, intermediary)
               │                                  └─ ann/mix (merge of base-instruct and bob/tuned)
               ├─ bob/tuned (finetune, by name only) ── bob/tuned-lora (adapter)
               └─ carl/thing (no label, downloads unknown)
    """
    rows = [
        Row("maker/base", [], 5000, ["apache-2.0"], "text-generation", "transformers",
            datetime(2024, 4, 17, tzinfo=UTC), owner="Maker Inc."),
        Row("maker/base-instruct", [("maker/base", "finetune", "tag")], 9000, ["apache-2.0"]),
        Row("quanto/base-instruct-GGUF", [("maker/base-instruct", "quantized", "tag")], 3000, ["other"]),
        Row("quanto/base-instruct-AWQ", [("maker/base-instruct", "quantized", "tag")], 500),
        Row("ann/mix", [("maker/base-instruct", "merge", "card"), ("bob/tuned", "merge", "card"),
                        ("far/away", "merge", "card")], 70, ["mit", "other"]),
        Row("bob/tuned", [("maker/base", "finetune", "name")], 400),
        Row("bob/tuned-lora", [("bob/tuned", "adapter", "config")], 10),
        Row("carl/thing", [("maker/base", None, "tag")], None),
    ]  # fmt: skip
    return family(rows, intermediaries=["quanto"])


def star(children: int, downloads: int = 0) -> Family:
    """One base with many children and nothing below them."""
    rows = [row("maker/base", None, None, 10)]
    words = ("quantized", "finetune", "adapter", "merge", None)
    rows += [
        row(f"user{place % 97}/made-{place:05d}", "maker/base", words[place % 5], downloads and place % downloads)
        for place in range(children)
    ]
    return family(rows, intermediaries=["user3", "user5"])


def chain(length: int) -> Family:
    """Each model made from the one before."""
    rows = [row("maker/step-00000", None, None, 1)]
    rows += [row(f"maker/step-{place:05d}", f"maker/step-{place - 1:05d}", "finetune", 1) for place in range(1, length)]
    return family(rows)


def cyclic() -> Family:
    """Two models below the top that name each other first, as careless cards do."""
    return family(
        [
            row("maker/base", None, None, 100),
            Row("ann/one", [("ann/two", "merge", "card"), ("maker/base", "merge", "card")], 5, cycle="ann/one"),
            Row("ann/two", [("ann/one", "merge", "card")], 6, cycle="ann/one"),
            row("bob/below", "ann/two", "quantized", 7),
        ]
    )


def hostile() -> Family:
    """Hostile text wherever a card can put text: id, publisher, owner, licence, tag, library, relation."""
    top = HOSTILE[0]
    rows = [Row(top, [], 50, [HOSTILE[1]], HOSTILE[2], HOSTILE[3], owner=HOSTILE[4])]
    for place, name in enumerate(HOSTILE[1:]):
        base = top if place % 3 else rows[place // 3].id
        relation = ("quantized", None, HOSTILE[place % len(HOSTILE)])[place % 3]
        rows.append(
            Row(name, [(base, relation, "card")], place, [HOSTILE[place]], name, name, publisher=name, owner=name)
        )
    made = family(rows, intermediaries=[HOSTILE[2]])
    words = ["snapshot", "source", "basis", "window", "taken_at"]
    return replace(
        made,
        ancestors=[(HOSTILE[2], HOSTILE[0]), (HOSTILE[5], None)],
        notes=list(HOSTILE),
        **{word: f"{word} {HOSTILE[place]}" for place, word in enumerate(words)},
    )


def large(models: int = 2300, widest: int = 700, seed: int = 8) -> Family:
    """A family shaped like the largest real ones: 9 % are built upon, one model has 700 children."""
    rng = random.Random(seed)
    start = datetime(2024, 7, 23, tzinfo=UTC)
    accounts = ["unsloth", "bartowski", "mradermacher", "TheBloke", "lmstudio-community", "QuantFactory"]
    people = [f"{word}{number}" for word in ("lab", "ai-", "user", "team-") for number in range(150)]
    rows = [Row("meta-llama/Llama-3.1-8B", [], 1_200_345, ["llama3.1"], "text-generation", "transformers", start)]
    stems = [0]
    words = ("quantized", "finetune", "adapter", "merge", None)
    weights = {"quantized": 45, "finetune": 30, "adapter": 18, "merge": 6, None: 1}
    while len(rows) < models:
        place = len(rows)
        base = stems[1] if len(stems) > 1 and place < widest + 3 else stems[int(len(stems) * rng.random() ** 2)]
        relation = rng.choices(words, list(weights.values()))[0]
        if place <= 2:
            base, relation = 0, "finetune"
        account = rng.choice(accounts) if relation == "quantized" and rng.random() < 0.6 else rng.choice(people)
        stem = rows[base].id.split("/")[1][:44]
        ending = {"quantized": "GGUF", "finetune": "ft", "adapter": "lora", "merge": "merged", None: "x"}[relation]
        account = "meta-llama" if place == 1 else account
        made = Row(
            f"{account}/{stem}-{ending}-{place}",
            [(rows[base].id, relation, "name" if rng.random() < 0.03 else "tag")],
            None if rng.random() < 0.01 else int(2_500_000 / (1 + place) ** rng.uniform(0.6, 1.6)),
            rng.choice([["llama3.1"], ["apache-2.0"], ["other"], []]),
            "text-generation",
            rng.choice(["transformers", "gguf", "peft"]),
            start + timedelta(days=rng.randrange(500)),
        )
        if relation == "merge" and place > 20:
            made.bases.append((rows[stems[int(len(stems) * rng.random())]].id, "merge", "tag"))
            made.bases = list({base: (base, *rest) for base, *rest in made.bases}.values())
        rows.append(made)
        if place <= 2 or (relation != "quantized" and rng.random() < 0.14):
            stems.append(place)
    return family(rows, intermediaries=accounts)


@st.composite
def families(draw: st.DrawFn, most: int = 90) -> Family:
    """Random families: trees with merges, unknown downloads, ties, names that sort oddly."""
    count = draw(st.integers(1, most))
    rng = random.Random(draw(st.integers(0, 2**32)))
    amounts = draw(st.sampled_from([(0,), (0, 1), (0, 1, 5, 1000, 10**12), tuple(range(50))]))
    width = draw(st.sampled_from([1, 3, 10**6]))
    rows = [Row("top/model", [], rng.choice(amounts))]
    for place in range(1, count):
        first = rng.randrange(max(0, place - width), place)
        bases = [first, *(rng.randrange(place) for _ in range(rng.choice((0, 0, 0, 1, 3))))]
        label = rng.choice(("finetune", "adapter", "quantized", "merge", None))
        rows.append(
            Row(
                f"{rng.choice(('ann', 'Bob', 'zoé', 'quanto'))}/m{rng.randrange(10**6)}-{place}",
                [(rows[base].id, label, rng.choice(("tag", "name", "hub"))) for base in dict.fromkeys(bases)],
                rng.choice((*amounts, None)),
            )
        )
    return family(rows, intermediaries=["quanto"])
