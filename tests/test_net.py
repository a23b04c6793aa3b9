"""Places of any graph: the laws that make it readable, and a slow twin for the columns."""

from itertools import pairwise

import networkx as nx
from hypothesis import given, settings
from hypothesis import strategies as st

from lineage.views.pictures import net

Pair = tuple[int, int]

graphs = st.integers(1, 14).flatmap(
    lambda count: st.tuples(
        st.just(count), st.lists(st.tuples(st.integers(0, count - 1), st.integers(0, count - 1)), max_size=30)
    )
)


def acyclic(pairs: list[Pair]) -> list[Pair]:
    return [(min(pair), max(pair)) for pair in pairs if pair[0] != pair[1]]


@settings(max_examples=200, deadline=None)
@given(graphs)
def test_without_circles_every_line_goes_right_and_no_further_than_it_must(drawn: tuple[int, list[Pair]]) -> None:
    count, pairs = drawn[0], acyclic(drawn[1])
    column = net.columns(count, pairs)
    graph = nx.DiGraph(pairs)
    graph.add_nodes_from(range(count))
    for node in range(count):
        before, after = list(graph.predecessors(node)), list(graph.successors(node))
        if before:
            longest = max(len(path) - 1 for top in range(count) if not graph.in_degree(top)
                          for path in nx.all_simple_paths(graph, top, node))  # fmt: skip
            assert column[node] == longest
        elif after:
            assert column[node] == min(column[other] for other in after) - 1
        else:
            assert column[node] == 0
    assert all(column[left] < column[right] for left, right in pairs)


@settings(max_examples=200, deadline=None)
@given(graphs)
def test_circles_end_somewhere_and_the_rest_still_goes_right(drawn: tuple[int, list[Pair]]) -> None:
    count, pairs = drawn
    column = net.columns(count, pairs)
    assert min(column) >= 0
    assert max(column) < count
    graph = nx.DiGraph(pairs)
    group = {node: number for number, each in enumerate(nx.strongly_connected_components(graph)) for node in each}
    loose = [(left, right) for left, right in pairs if group[left] != group[right]]
    wrong = [(left, right) for left, right in loose if column[left] >= column[right]]
    assert not wrong or any(len(each) > 1 for each in nx.strongly_connected_components(graph))


def test_a_ring_is_opened_at_its_first() -> None:
    assert net.columns(3, [(0, 1), (1, 2), (2, 0)]) == [0, 1, 2]
    assert net.columns(2, [(1, 1)]) == [0, 0]


@settings(max_examples=200, deadline=None)
@given(graphs, st.lists(st.floats(5, 60), min_size=14, max_size=14))
def test_nothing_is_drawn_over_anything_else(drawn: tuple[int, list[Pair]], extents: list[float]) -> None:
    count, pairs = drawn[0], acyclic(drawn[1])
    column = net.columns(count, pairs)
    hangs = [-1] * count
    for left, right in pairs:
        hangs[right] = left
    ys = net.rows(column, hangs, extents[:count], 2.0)
    boxes = sorted((column[node], ys[node] - extents[node] / 2, ys[node] + extents[node] / 2) for node in range(count))
    for one, other in pairwise(boxes):
        assert one[0] != other[0] or other[1] - one[2] >= 2.0 - 0.2
    assert abs(min(box[1] for box in boxes)) < 0.2
    # The line from a node to what it hangs on runs in the node's own row, past all columns between.
    for node, on in enumerate(hangs):
        if on >= 0:
            for between in range(count):
                if column[on] < column[between] < column[node]:
                    assert abs(ys[between] - ys[node]) >= extents[between] / 2
    assert ys == net.rows(column, hangs, extents[:count], 2.0)


def test_a_chain_of_ten_thousand_is_no_recursion() -> None:
    count = 10_000
    pairs = [(node, node + 1) for node in range(count - 1)]
    column = net.columns(count, pairs)
    assert column == list(range(count))
    assert set(net.rows(column, [-1, *range(count - 1)], [10.0] * count, 2.0)) == {5.0}
