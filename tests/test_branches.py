"""The lines of a tree beside a recursive twin, on families drawn at random; and chains that no terminal is wide enough for."""

from typing import Any

import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from lineage.answers.branches import Branches
from lineage.answers.tree import DRAWN
from tests.conftest import built_of

RELATIONS = ("quantized", "finetune", None)


@st.composite
def families(draw: st.DrawFn) -> Branches:
    """Row 0 is the top; every other hangs under one before it."""
    n = draw(st.integers(1, 40))
    parent = [-1] + [draw(st.integers(max(0, k - draw(st.sampled_from([3, 40]))), k - 1)) for k in range(1, n)]
    some = st.one_of(st.none(), st.integers(0, 3))
    rows = {
        "id": [f"a/m{k:02}" for k in range(n)],
        "relation": [draw(st.sampled_from(RELATIONS)) for _ in range(n)],
        "full": [draw(some) for _ in range(n)],
        "downloads": [draw(some) for _ in range(n)],
    }
    types = {"id": pa.string(), "relation": pa.string(), "full": pa.int64(), "downloads": pa.int64()}
    table = pa.table({name: pa.array(values, types[name]) for name, values in rows.items()})
    return Branches(table, pa.array(parent).to_numpy())


def twin(branches: Branches, row: int, level: int, depth: int | None, width: int | None) -> list[tuple[Any, ...]]:
    """(row, depth, last, folded, relation, downloads) of each line below a row."""
    members = branches.members.to_pylist()
    parent = branches.parent.tolist()
    children = [k for k in range(len(parent)) if parent[k] == row]
    children.sort(key=lambda k: (-(members[k]["full"] or 0), k))

    def under(k: int) -> int:
        return sum(1 + under(c) for c in range(len(parent)) if parent[c] == k)

    if not children:
        return []
    if depth is not None and level > depth:
        return [(-1, level, True, under(row), None, None)]
    shown = children if width is None or len(children) <= width + 1 else children[:width]
    rest: dict[str | None, list[int]] = {}
    for k in children[len(shown) :]:
        rest.setdefault(members[k]["relation"], []).append(k)
    groups = sorted(rest.items(), key=lambda item: (-len(item[1]), item[0] or "~"))
    found: list[tuple[Any, ...]] = []
    for place, k in enumerate(shown):
        found.append((k, level, place == len(shown) + len(groups) - 1, 0, None, None))
        found += twin(branches, k, level + 1, depth, width)
    for place, (relation, rows) in enumerate(groups):
        downloads = sum(members[k]["downloads"] or 0 for k in rows)
        folded = len(rows) + sum(map(under, rows))
        found.append((-1, level, place == len(groups) - 1, folded, relation, downloads))
    return found


@settings(max_examples=150, deadline=None)
@given(families(), st.one_of(st.none(), st.integers(0, 4)), st.one_of(st.none(), st.integers(0, 3)))
def test_the_lines_are_those_of_a_recursion(branches: Branches, depth: int | None, width: int | None) -> None:
    lines = list(branches.lines(0, depth, width))
    got = [(line.row, line.depth, line.last, line.folded, line.relation, line.downloads) for line in lines]
    assert got == twin(branches, 0, 1, depth, width)


@settings(max_examples=100, deadline=None)
@given(families(), st.sets(st.sampled_from(["quantized", "finetune"]), min_size=1))
def test_what_leads_to_a_relation_is_kept_and_nothing_else(branches: Branches, wanted: set[str]) -> None:
    relation, parent = branches.members.column("relation").to_pylist(), branches.parent.tolist()
    kept = {0}
    for k in range(len(parent)):
        at = k
        while relation[k] in wanted and at >= 0:
            kept.add(at)
            at = parent[at]
    found = branches.leading_to(tuple(sorted(wanted)))
    ids = branches.members.column("id").to_pylist()
    assert found.members.column("id").to_pylist() == [ids[k] for k in sorted(kept)]
    names = found.members.column("id").to_pylist()
    above = {name: names[k] if k >= 0 else None for name, k in zip(names, found.parent.tolist(), strict=True)}
    assert above == {ids[k]: ids[parent[k]] if parent[k] >= 0 else None for k in kept}


@pytest.mark.parametrize("n", [DRAWN + 1, DRAWN + 2, 2_000])
def test_a_chain_is_indented_so_far_and_then_numbered(n: int, tmp_path: Any) -> None:
    rows = [{"id": f"a/m{k}", "downloads": 1, "tags": [f"base_model:a/m{k - 1}"] * (k > 0)} for k in range(n + 1)]
    text = built_of(tmp_path, rows).table("tree", model="a/m0", width=None).column("tree").to_pylist()
    assert len(text) == n + 1
    assert text[DRAWN + 1] == "   " * DRAWN + f"└─ a/m{DRAWN + 1}"
    if n > DRAWN + 1:
        assert text[n] == "   " * DRAWN + f"[{n:,} steps down] └─ a/m{n}"
    assert max(map(len, text)) < 300
