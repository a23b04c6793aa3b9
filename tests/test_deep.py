"""What deep models add to those above them, in shapes that somebody could upload, and in random graphs."""

import random

import networkx as nx
import numpy as np
import pytest

from lineage.metrics import ancestry, deep, graph, rollup
from tests import shapes
from tests.shapes import RELATIONS, Shape

#: Small enough that every way through the program is taken, and that a slow twin could do it.
SMALL = (
    shapes.chain(60),
    shapes.ring(40, 5),
    shapes.star(200),
    shapes.tower(300, 2),
    shapes.tower(300, 16),
    shapes.broom(30, 100),
    shapes.wide(50, 20),
    shapes.knot(100),
)


def built(shape: Shape) -> graph.Graph:
    return graph.build(shape.n, shape.child, shape.base, np.full(len(shape.child), graph.NO_POSITION))


@pytest.fixture(params=[(1 << 28, 1 << 24, 64), (1 << 10, 1 << 6, 2)], ids=["as it is", "in many parts"])
def parts(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> None:
    """The sizes of blocks, as they are and so small that there are many."""
    for name, value in zip(("_HELD", "_GATHERED", "_LOOKED_UP"), request.param, strict=True):
        monkeypatch.setattr(deep, name, value)


@pytest.mark.usefixtures("parts")
@pytest.mark.parametrize("bound", [1000, 7, 0])
@pytest.mark.parametrize("shape", SMALL, ids=lambda shape: shape.name)
def test_full_and_reach_are_the_closed_forms_whatever_the_bound(shape: Shape, bound: int) -> None:
    g = built(shape)
    found = ancestry.closure(g, bound)
    assert found.deep.any() == ((bound < 1000 and shape.name not in ("star", "knot")) or bound == 0)
    assert rollup.full(g, found, shape.downloads).tolist() == shape.full.tolist()
    relation = np.where(g.has_base, shape.relation, -1)
    counts = rollup.by_relation(g, found, np.ones(g.n, np.int64), relation, len(RELATIONS))
    assert counts.sum(axis=1).tolist() == shape.descendants.tolist()


@pytest.mark.usefixtures("parts")
@pytest.mark.parametrize("seed", range(20))
def test_what_lies_below_equals_networkx_on_random_graphs(seed: int) -> None:
    rng = random.Random(seed)
    n = rng.randint(2, 60)
    edges = {(rng.randrange(n), rng.randrange(n)) for _ in range(rng.randint(1, 3 * n))}
    twin = nx.DiGraph()
    twin.add_nodes_from(range(n))
    twin.add_edges_from(edges)
    child, base = np.array(sorted(edges), np.int64).T
    g = graph.build(n, child, base, np.zeros(len(child), np.int64))
    found = ancestry.closure(g, rng.choice([0, 1, 3, 10]))
    values = np.array([[rng.randrange(1 << 40), 1] for _ in range(n)], np.int64)
    fellows = {v: next(c for c in nx.strongly_connected_components(twin) if v in c) for v in range(n)}
    expected = [
        [sum(int(values[d, k]) for d in nx.ancestors(twin, v) - fellows[v] if found.deep[d]) for k in range(2)]
        for v in range(n)
    ]
    assert deep.below(g, found, values).tolist() == expected
