"""Brokerage roles against plain loops over all triples, and answers by hand."""

import random

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from lineage.metrics import brokerage
from lineage.metrics.brokerage import ROLES, roles
from tests.test_publisher_metrics import arrows_only, graph_of, random_hub

Arrows = set[tuple[int, int]]


def twin(n: int, arrows: Arrows, group: list[int]) -> list[list[int]]:
    """Triple by triple."""
    found = [[0] * len(ROLES) for _ in range(n)]
    for a, b in arrows:
        for b_again, c in arrows:
            if b_again != b or a == c or (a, c) in arrows:
                continue
            one, two, three = group[a], group[b], group[c]
            if one == two == three:
                role = "coordinator"
            elif one == three:
                role = "itinerant"
            elif two == three:
                role = "gatekeeper"
            elif one == two:
                role = "representative"
            else:
                role = "liaison"
            found[b][ROLES.index(role)] += 1
    return found


@pytest.mark.parametrize("chunk", [1, 10, brokerage._CHUNK])
def test_roles_are_the_twins(chunk: int, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(brokerage, "_CHUNK", chunk)
    for seed in range(0, 300, 1 if chunk == 10 else 4):
        hub = random_hub(seed)
        g, r = graph_of(hub), random.Random(seed)
        houses = r.choice([1, 2, 3, g.n or 1])
        group = [r.randrange(houses) * 7 for _ in range(g.n)]
        arrows = set(zip(g.child.tolist(), g.base.tolist(), strict=True))
        assert roles(g, np.array(group, np.int64)).tolist() == twin(g.n, arrows, group)


@settings(deadline=None)
@given(st.integers(0, 30), st.integers(0, 30), st.integers(1, 5))
def test_of_a_star_with_arrows_in_and_out(come: int, go: int, houses: int) -> None:
    """The hub stands between all that come and all that go; each of its own group, everybody is a liaison's end."""
    n = 1 + come + go
    arrows = {(1 + i, 0) for i in range(come)} | {(0, 1 + come + i) for i in range(go)}
    alone = roles(arrows_only(n, arrows), np.arange(n))
    assert alone[0].tolist() == [0, 0, 0, 0, come * go] and not alone[1:].any()
    together = roles(arrows_only(n, arrows), np.zeros(n, np.int64))
    assert together[0].tolist() == [come * go, 0, 0, 0, 0]
    some = roles(arrows_only(n, arrows), np.arange(n) % houses)
    assert some.sum() == come * go


def test_a_complete_graph_has_no_broker() -> None:
    arrows = {(a, b) for a in range(12) for b in range(12) if a != b}
    assert not roles(arrows_only(12, arrows), np.arange(12) % 3).any()


def test_each_role_by_hand() -> None:
    # 1 stands between 0 and 2.
    g = arrows_only(3, {(0, 1), (1, 2)})
    by_hand = {
        "coordinator": [5, 5, 5],
        "itinerant": [5, 6, 5],
        "gatekeeper": [5, 6, 6],
        "representative": [5, 5, 6],
        "liaison": [5, 6, 7],
    }
    for place, role in enumerate(ROLES):
        found = roles(g, np.array(by_hand[role], np.int64))
        assert found.tolist() == [[0] * 5, [int(i == place) for i in range(5)], [0] * 5], role
    # Who goes straight, or only to and fro, needs no broker.
    assert not roles(arrows_only(3, {(0, 1), (1, 2), (0, 2)}), np.arange(3)).any()
    assert not roles(arrows_only(2, {(0, 1), (1, 0)}), np.arange(2)).any()


def test_products_of_hubs_are_exact() -> None:
    many = 3_000
    arrows = {(2 + i, 0) for i in range(many)} | {(0, 2 + many + i) for i in range(many)} | {(0, 1)}
    n = 2 + 2 * many
    assert roles(arrows_only(n, arrows), np.arange(n))[0].tolist() == [0, 0, 0, 0, many * (many + 1)]
