"""Charts as SVG: areas and lengths go with the numbers, nothing is cut, nothing from outside is markup."""

import re
from fractions import Fraction
from itertools import pairwise
from xml.etree import ElementTree

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from lineage.views.charts.bars import Bar, Bars, bars
from lineage.views.charts.curves import Curves, Line, Point, amounts_axis, curves, days_axis, parts_axis, ranks_axis
from lineage.views.charts.sankey import Flow, Sankey, Stop, sankey
from lineage.views.charts.strip import Piece, Strip, strip
from lineage.views.charts.treemap import Leaf, Tile, Treemap, squarify, treemap
from lineage.views.pictures.svg import width
from tests.families import HOSTILE

SVG = "{http://www.w3.org/2000/svg}"
AMOUNTS = st.lists(st.integers(1, 10**9), min_size=1, max_size=30)


def shapes(text: str) -> list[dict[str, str]]:
    return [e.attrib for e in ElementTree.fromstring(text).iter(f"{SVG}rect") if "shape" in e.attrib.get("class", "")]


@settings(max_examples=60, deadline=None)
@given(AMOUNTS, st.integers(50, 1200), st.integers(50, 900))
def test_tiles_fill_the_map_and_go_with_the_values(values: list[int], wide: int, high: int) -> None:
    values = sorted(values, reverse=True)
    found = squarify(values, (0.0, 0.0, float(wide), float(high)))
    assert len(found) == len(values)
    for value, (x, y, w, h) in zip(values, found, strict=True):
        assert w * h == pytest.approx(value / sum(values) * wide * high, rel=1e-6)
        assert min(x, y) >= -1e-6 and x + w <= wide + 1e-6 and y + h <= high + 1e-6
    for place, (x, y, w, h) in enumerate(found):
        for x2, y2, w2, h2 in found[:place]:
            across = min(x + w, x2 + w2) - max(x, x2)
            down = min(y + h, y2 + h2) - max(y, y2)
            assert across < 1e-6 or down < 1e-6


def test_squares_where_squares_are_possible() -> None:
    # The example of the paper: 6, 6, 4, 3, 2, 2, 1 in 6 × 4.
    found = squarify([6, 6, 4, 3, 2, 2, 1], (0.0, 0.0, 6.0, 4.0))
    assert found[:2] == [(0.0, 0.0, 3.0, 2.0), (0.0, 2.0, 3.0, 2.0)]
    assert max(max(w / h, h / w) for _, _, w, h in found) < 3.2


def test_what_is_inside_a_tile_stays_inside_and_below_its_heading() -> None:
    tile = Tile("publisher", 100, (Leaf("a", 60), Leaf("b", 30), Leaf("others", 10, "others")))
    text = treemap(Treemap("map", "t", "d", (tile, Tile("(unknown)", 50, (), "unknown")), 150), 600, 300)
    outer, *inner, unknown = shapes(text)
    assert [i["class"] for i in inner] == ["shape", "shape", "shape others"] and unknown["class"] == "shape unknown"
    top = float(outer["y"]) + 19
    for each in inner:
        x, y, w, h = (float(each[k]) for k in ("x", "y", "width", "height"))
        assert y >= top and x + w <= float(outer["x"]) + float(outer["width"]) and y + h <= 300
    with pytest.raises(ValueError, match="does not add up"):
        treemap(Treemap("map", "t", "d", (Tile("p", 3, (Leaf("a", 1),)),), 3))


@given(AMOUNTS)
@settings(max_examples=30, deadline=None)
def test_bars_are_as_long_as_their_values(values: list[int]) -> None:
    text = bars(Bars("b", "t", "d", tuple(Bar(f"k{i}", v) for i, v in enumerate(values)), sum(values)), 400)
    for value, shape in zip(values, shapes(text), strict=True):
        length = max(Fraction(value, sum(values)) * 400, Fraction(3, 2))
        assert abs(float(shape["width"]) - float(length)) < 0.11


def test_bars_of_nothing() -> None:
    assert shapes(bars(Bars("b", "t", "d", (Bar("a", 0), Bar("(unknown)", 0, "unknown")), 0))) == []
    assert "<svg" in bars(Bars("b", "t", "d", (), 0))


FLOWS = st.lists(
    st.tuples(st.integers(0, 4), st.integers(0, 5), st.integers(0, 3), st.integers(0, 10**8)), min_size=1, max_size=40
)


def diagram(flows: list[tuple[int, int, int, int]], name: str = "n") -> Sankey:
    columns = tuple((f"c{c}", tuple(Stop(f"{c}{i}", f"{name}{c}{i}") for i in range(6))) for c in range(3))
    made = tuple(Flow((f"0{a}", f"1{b}", f"2{c}"), v) for a, b, c, v in flows)
    return Sankey("s", "t", "d", columns, made, sum(f[3] for f in flows))


@given(FLOWS)
@settings(max_examples=40, deadline=None)
def test_bands_add_up_to_their_stops(flows: list[tuple[int, int, int, int]]) -> None:
    text = sankey(diagram(flows), 1000, 400)
    whole = max(sum(f[3] for f in flows), 1)
    by_title: dict[str, int] = {}
    root = ElementTree.fromstring(text)
    for band in root.iter(f"{SVG}path"):
        if "band" in band.attrib.get("class", ""):
            said = band.find(f"{SVG}title").text  # type: ignore[union-attr]
            left, value = re.match(r"(.+?) → .+?: ([\d,]+) of", said).groups()  # type: ignore[union-attr]
            by_title[left] = by_title.get(left, 0) + int(value.replace(",", ""))
    for column in (0, 1):
        for i in range(6):
            through = sum(f[3] for f in flows if f[column] == i)
            assert by_title.get(f"n{column}{i}", 0) == through
    heights = [float(s["height"]) for s in shapes(text)]
    passed = [
        sum(f[3] for f in flows if f[c] == i) for c in range(3) for i in range(6) if any(f[c] == i for f in flows)
    ]
    assert heights == pytest.approx([max(v / whole * 400, 1.0) for v in passed], abs=0.06)


@pytest.mark.parametrize("name", ["i", "a-rather-long-name-of-a-publisher-that-goes-on-and-on", "W" * 60])
def test_no_label_of_a_sankey_is_cut_by_the_edge(name: str) -> None:
    text = sankey(diagram([(0, 0, 0, 5), (1, 1, 1, 7_000_000)], name), 1000)
    for line in ElementTree.fromstring(text).iter(f"{SVG}text"):
        long = width("".join(line.itertext()), 12.5)
        x = float(line.attrib["x"])
        if line.attrib.get("text-anchor") == "end":
            assert x - long >= 0
        elif not line.attrib.get("text-anchor"):
            assert x + long <= 1000


def test_stops_do_not_touch() -> None:
    text = sankey(diagram([(i % 5, i % 6, i % 4, 10**8 if i == 0 else 1) for i in range(60)]), 1000)
    at: dict[str, list[tuple[float, float]]] = {}
    for shape in shapes(text):
        at.setdefault(shape["x"], []).append((float(shape["y"]), float(shape["height"])))
    for column in at.values():
        middles = [y + h / 2 for y, h in column]
        assert all(b - a >= 16 for a, b in pairwise(middles))


def test_a_flow_through_nothing_is_told() -> None:
    one = Sankey("s", "t", "d", (("a", (Stop("a", "a"),)), ("b", (Stop("b", "b"),))), (Flow(("a", "x"), 1),), 1)
    with pytest.raises(KeyError, match="no column"):
        sankey(one)


def test_lines_go_through_their_points() -> None:
    chart = Curves(
        "c",
        "t",
        "d",
        (Line("x", (Point(1, 0.0), Point(10, 0.5), Point(100, 1.0))),),
        ranks_axis("r", 100),
        parts_axis("p"),
    )
    path = next(
        e.attrib["d"]
        for e in ElementTree.fromstring(curves(chart)).iter(f"{SVG}path")
        if e.attrib.get("class") == "stroke"
    )
    (x1, y1), (x2, y2), (x3, y3) = [tuple(map(float, p.split())) for p in path[1:].split("L")]
    assert x2 - x1 == pytest.approx(x3 - x2, abs=0.2) and y1 - y2 == pytest.approx(y2 - y3, abs=0.2)
    assert y1 > y2 > y3


@given(st.integers(0, 10**13))
def test_axes_reach_what_they_must(high: int) -> None:
    axis = amounts_axis("a", high)
    assert axis.high >= high and 2 <= len(axis.ticks) <= 7 and axis.ticks[-1][0] == axis.high
    assert all(b[0] > a[0] for a, b in pairwise(axis.ticks))


def test_axes_of_days_and_parts() -> None:
    axis = days_axis("d", ["2024-06-01", "2024-01-01", "2024-06-02T10:00:00Z"])
    assert [text for _, text in axis.ticks] == ["2024-01-01", "2024-06-02"]
    assert days_axis("d", ["2024-01-01"]).at(738886.0) == 0.5
    assert parts_axis("p", 0.03).high == 0.05 and parts_axis("p", 0.3).high == 0.3 and parts_axis("p", 2).high == 1


def test_the_pieces_of_a_strip_are_the_whole() -> None:
    pieces = (Piece("a", 30, "", "own"), Piece("b", 0), Piece("c", 70, "none"))
    found = shapes(strip(Strip("s", "t", "d", pieces), 1000))
    assert [round(float(s["width"])) for s in found] == [300, 699]


def test_names_from_outside_are_text() -> None:
    """Six ways to break out of markup, and characters that hide: none of it is an element or an attribute."""
    flows = [(i % 5, i % 6, i % 4, 100 + i) for i in range(20)]
    for name in HOSTILE:
        tile = Tile(name, 3, (Leaf(name, 2), Leaf(name, 1, "others")))
        made = [
            bars(Bars("b", name, name, (Bar(name, 1, hint=name),), 1, name)),
            curves(Curves("c", name, name, (Line(name, (Point(1, 1, name),)),), ranks_axis(name, 5), parts_axis(name))),
            sankey(diagram(flows, name)),
            treemap(Treemap("t", name, name, (tile,), 3)),
            strip(Strip("p", name, name, (Piece(name, 1),))),
        ]
        for text in made:
            assert not re.search("[\u202e\u200b\u0007\x1b\u2028\ufeff]", text)
            for element in ElementTree.fromstring(text).iter():
                assert element.tag.removeprefix(SVG) in {
                    "svg", "title", "desc", "defs", "pattern", "path", "g", "rect", "text", "tspan", "line"
                }  # fmt: skip
                assert not any(a.startswith("on") or a in ("href", "style") for a in element.attrib)


def test_bands_lie_beside_each_other_at_both_ends() -> None:
    flows = [(a, b, (a + b) % 4, 1000 + 97 * a + 31 * b) for a in range(5) for b in range(6)]
    root = ElementTree.fromstring(sankey(diagram(flows), 1000, 400))
    ends: dict[tuple[str, str], list[tuple[float, float]]] = {}
    for band in root.iter(f"{SVG}path"):
        if "band" not in band.attrib.get("class", ""):
            continue
        n = [float(v) for v in re.findall(r"-?[\d.]+", band.attrib["d"])]
        # M x0 a C m a m b x1 b V c C m c m d x0 d Z
        said = str(band.find(f"{SVG}title").text)  # type: ignore[union-attr]
        left, right = re.match(r"(.+?) → (.+?): ", said).groups()  # type: ignore[union-attr]
        ends.setdefault(("from", left), []).append((n[1], n[-1]))
        ends.setdefault(("to", right), []).append((n[7], n[8]))
    assert len(ends) == 5 + 6 + 6 + 4
    for found in ends.values():
        for (_, above), (below, _) in pairwise(sorted(found)):
            assert above == pytest.approx(below, abs=0.11)
