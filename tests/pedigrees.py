"""What a model goes back to, drawn from pairs of numbers; `answers/ancestors.py` gives the same columns."""

import random
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime

import pyarrow as pa

from lineage.answers.ancestors import Ancestors
from lineage.answers.licences import declared
from tests.families import HOSTILE

__all__ = ["HOSTILE", "made", "tower"]

MEMBERS = pa.schema(
    [
        ("id", pa.string()), ("publisher", pa.string()), ("stub", pa.bool_()), ("relation", pa.string()),
        ("bases", pa.int32()), ("licences", pa.list_(pa.string())), ("pipeline_tag", pa.string()), ("format", pa.string()),
        ("created_at", pa.timestamp("us", tz="UTC")), ("cycle", pa.string()), ("distance", pa.int64()),
        ("downloads", pa.int64()), ("kind", pa.string()), ("listed", pa.bool_()),
    ]
)  # fmt: skip
LINKS = pa.schema(
    [
        ("child", pa.int64()), ("base", pa.int64()), ("relation", pa.string()), ("evidence", pa.string()),
        ("basis", pa.string()), ("known", pa.string()), ("first", pa.bool_()), ("older_than_base", pa.bool_()),
        ("conflict", pa.bool_()),
    ]
)  # fmt: skip


def made(
    pairs: Sequence[tuple[int, int]],
    *,
    names: Mapping[int, str] | None = None,
    licences: Mapping[int, list[str]] | None = None,
    stubs: frozenset[int] | set[int] = frozenset(),
    basis: Mapping[tuple[int, int], str] | None = None,
) -> Ancestors:
    """What number 0 goes back to by `pairs` (child, base); the order of the pairs says nothing."""
    bases: dict[int, list[int]] = {}
    for child, base in sorted(set(pairs)):
        bases.setdefault(child, []).append(base)
    distance, level = {0: 0}, [0]
    while level:
        new = sorted({base for at in level for base in bases.get(at, []) if base not in distance})
        distance |= dict.fromkeys(new, distance[level[0]] + 1)
        level = new
    order = list(distance)
    place = {number: at for at, number in enumerate(order)}
    reach = _reach(bases, order)
    words = licences or {}

    def relation(number: int) -> str | None:
        many = len(bases.get(number, []))
        return None if not many else "merge" if many > 1 else "quantized"

    members = []
    for number in order:
        id = (names or {}).get(number) or f"acc{number % 4}/m{number:02d}"
        circle = (
            [other for other in order if other != number and other in reach[number] and number in reach[other]]
            if len(order) < 50
            else []
        )
        members.append(
            {
                "id": id, "publisher": id.split("/")[0], "stub": number in stubs, "relation": relation(number),
                "bases": len(bases.get(number, [])), "licences": words.get(number), "distance": distance[number],
                "format": "gguf" if number % 3 == 0 else None,
                "created_at": datetime(2024, 1 + number % 12, 1, tzinfo=UTC),
                "cycle": f"circle{min([number, *circle])}" if circle else None,
                "downloads": None if number in stubs else (number * 7919) % 5000,
                "kind": "own" if number % 4 == 0 else "other", "listed": number % 4 == 1,
            }
        )  # fmt: skip
    links = []
    for number in order:
        for at, base in enumerate(bases.get(number, [])):
            ends = declared(words.get(number)), declared(words.get(base))
            believed = (basis or {}).get((number, base), "declared")
            known = "dangling" if base in stubs and believed == "declared" else believed
            links.append(
                {
                    "child": place[number], "base": place[base], "relation": relation(number), "evidence": "tag",
                    "basis": believed, "known": known, "first": not at, "older_than_base": False,
                    "conflict": None if None in ends else ends[0] != ends[1],
                }
            )  # fmt: skip
    return Ancestors(
        model=members[0]["id"],
        taken_at="2024-09-20",
        snapshot="drawn",
        source="drawn.csv",
        basis="declared",
        window="30d",
        members=pa.Table.from_pylist(members, MEMBERS),
        links=pa.Table.from_pylist(links, LINKS),
    )


def _reach(bases: Mapping[int, list[int]], order: list[int]) -> dict[int, set[int]]:
    """What each goes back to, the slow way; of few models only."""
    if len(order) >= 50:
        return {}
    found: dict[int, set[int]] = {}
    for number in order:
        seen, waiting = set(), list(bases.get(number, []))
        while waiting:
            at = waiting.pop()
            if at not in seen:
                seen.add(at)
                waiting += bases.get(at, [])
        found[number] = seen
    return found


def tower(floors: int, wide: int) -> Ancestors:
    """A tower of merges: each floor's models are made of several of the floor before it."""
    chance = random.Random(5)
    pairs = [(0, 1 + n) for n in range(min(4, wide))]
    for floor in range(floors - 1):
        for n in range(wide):
            here = 1 + floor * wide + n
            pairs += [(here, 1 + (floor + 1) * wide + m) for m in chance.sample(range(wide), min(wide, 5))]
    return made(pairs)
