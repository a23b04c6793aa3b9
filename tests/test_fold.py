"""Folding: what is drawn and what stands in badges is the family, exactly."""

from collections import Counter
from fractions import Fraction

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from lineage.views.families.fold import BRANCHES, Folded, fold
from lineage.views.families.tree import plant
from tests.families import chain, cyclic, drawn, families, large, shuffled, star


def check(folded: Folded, nodes: int) -> None:
    """The laws of a folded family."""
    tree = folded.tree
    rows = [row for one in folded.drawn for row in folded.rows(one)]
    assert sorted(rows) == list(range(len(tree)))  # each model once, none left out
    assert sum(one.models for one in folded.drawn) == len(tree)
    assert sum(one.downloads for one in folded.drawn) == tree.downloads[0]
    badges = Counter((one.parent, one.kind, one.relation) for one in folded.drawn if one.kind != "model")
    assert set(badges.values()) <= {1}  # one badge per base and relation
    least = 1 + len({(one.parent, one.kind, one.relation) for one in fold(tree, 1).drawn[1:]})
    assert len(folded.drawn) <= max(nodes, least)
    for place, one in enumerate(folded.drawn):
        assert one.parent < place
        base = folded.drawn[one.parent]
        if place:
            assert base.kind == "model"
            assert {tree.parent[head] for head in one.heads} == {base.heads[0]}
        assert one.kind != "leaves" or len(one.heads) > 1
        assert all(tree.leaf(head) == (one.kind == "leaves") for head in one.heads if one.kind != "model")


def share(folded: Folded, row: int) -> Fraction:
    """The larger of a branch's two shares, the slow way."""
    tree = folded.tree
    derived = Fraction(tree.models[row] - 1, len(tree) - 1)
    return max(derived, Fraction(tree.downloads[row], tree.downloads[0])) if tree.downloads[0] else derived


@settings(max_examples=120, deadline=None)
@given(families(), st.sampled_from([1, 5, 12, 30, 60]))
def test_drawn_and_folded_are_the_family(family, nodes):
    folded = fold(plant(family), nodes)
    check(folded, nodes)
    named = {one.heads[0] for one in folded.drawn if one.kind == "model"}
    if folded.floor < 1:
        assert {row for row in range(1, len(folded.tree)) if share(folded, row) >= folded.floor} <= named


@settings(max_examples=30, deadline=None)
@given(families(most=40), st.integers(0, 9))
def test_the_order_of_rows_does_not_show(family, seed):
    one, other = fold(plant(family), 12), fold(plant(shuffled(family, seed)), 12)
    assert (one.drawn, one.floor, one.tree.columns["id"]) == (other.drawn, other.floor, other.tree.columns["id"])


def test_a_small_family_is_drawn_whole():
    folded = fold(plant(drawn()))
    assert [one.kind for one in folded.drawn] == ["model"] * 8
    assert folded.named == 8


def test_a_family_that_fits_just_so_is_drawn_whole():
    assert fold(plant(star(59, 7))).named == 60
    assert fold(plant(star(60, 7))).named < 61


def test_leaves_fold_by_relation():
    folded = fold(plant(star(700)))
    relations = ("adapter", "finetune", "merge", "quantized", "unlabelled")
    badges = sorted((one.kind, one.relation, one.models) for one in folded.drawn[1:])
    assert badges == [("leaves", relation, 140) for relation in relations]


def test_the_large_shape():
    folded = fold(plant(large()))
    check(folded, 60)
    assert len(folded.tree) == 2300
    assert 45 <= len(folded.drawn) <= 60
    assert max(len(one.heads) for one in folded.drawn) > 300
    assert any(one.relation == "" and one.kind == BRANCHES for one in folded.drawn)


def test_a_chain_of_ten_thousand():
    folded = fold(plant(chain(10_000)))
    check(folded, 60)
    assert folded.tree.depth[-1] == 9_999
    assert (folded.named, folded.drawn[-1].kind, folded.drawn[-1].models) == (59, "branches", 9_941)


def test_a_ring_of_first_bases_is_opened():
    tree = plant(cyclic())
    assert tree.moved == 1
    assert dict(zip(tree.columns["id"], tree.depth, strict=True)) == {
        "maker/base": 0, "ann/one": 1, "ann/two": 2, "bob/below": 3,
    }  # fmt: skip
    check(fold(tree), 60)


def test_a_family_without_its_top_is_refused():
    family = drawn()
    with pytest.raises(ValueError, match="own top"):
        plant(type(family)("no/such", family.members, family.links))
