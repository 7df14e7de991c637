import itertools
import math

import numpy as np
import pytest
import shapely
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.sparse import csr_array
from scipy.sparse.csgraph import dijkstra
from shapely.geometry import Polygon, box

from missions.preference import cheapest, weigh, weighted_net
from missions.route import way_length

FIELD = box(0, 0, 1000, 600)
CELL = 25.0


def grid_cost(free, regions, start, goal):
    """Dijkstra's algorithm over a fine grid with 32 directions; the cost of a real way, never too low."""
    xs, ys = np.arange(0, 1000 + CELL, CELL), np.arange(0, 600 + CELL, CELL)
    nodes = np.vstack([np.stack(np.meshgrid(xs, ys), axis=-1).reshape(-1, 2), [start], [goal]])
    across = len(xs)
    moves = [(i, j) for i in range(-3, 4) for j in range(-3, 4) if math.gcd(i, j) == 1 and (j, i) > (0, 0)]
    column, row = np.meshgrid(np.arange(across), np.arange(len(ys)))
    tails, heads = [], []
    for i, j in moves:
        good = (column + i >= 0) & (column + i < across) & (row + j >= 0) & (row + j < len(ys))
        tail = (row * across + column)[good]
        tails.append(tail)
        heads.append(tail + j * across + i)
    for end in (len(nodes) - 2, len(nodes) - 1):
        near = np.flatnonzero(np.hypot(*(nodes[:-2] - nodes[end]).T) < 3.5 * CELL)
        tails.append(np.full(len(near), end))
        heads.append(near)
    tail, head = np.concatenate(tails), np.concatenate(heads)
    lines = shapely.linestrings(np.stack([nodes[tail], nodes[head]], axis=1))
    grown = free.buffer(1e-6)
    shapely.prepare(grown)
    kept = shapely.covers(grown, lines)
    tail, head, lines = tail[kept], head[kept], lines[kept]
    cost, rest = np.zeros(len(lines)), lines
    for area, weight in sorted(regions, key=lambda r: -r[1]):
        cost += weight * shapely.length(shapely.intersection(rest, area))
        rest = shapely.difference(rest, area)
    cost += shapely.length(rest)
    graph = csr_array((np.maximum(cost, 1e-9), (tail, head)), shape=(len(nodes), len(nodes)))
    return float(dijkstra(graph, directed=False, indices=len(nodes) - 2)[len(nodes) - 1])


def test_without_areas_it_is_the_shortest_way():
    net = weighted_net(FIELD.difference(box(400, 100, 600, 400)), [], 20.0)
    way = cheapest(net, (100.0, 200.0), (900.0, 200.0))
    assert way_length(way) == pytest.approx(2 * math.hypot(300, 100) + 200, abs=1e-6)


def test_light_bends_at_an_edge_by_the_law_of_refraction():
    """One straight edge: Snell's law, solved by bisection."""
    net = weighted_net(FIELD, [(box(500, 0, 1000, 600), 3.0)], 25.0)
    way = cheapest(net, (100.0, 100.0), (900.0, 500.0))
    assert len(way) == 3
    a, p, b = way
    sines = [abs(end[1] - p[1]) / math.dist(end, p) for end in (a, b)]
    assert sines[0] / sines[1] == pytest.approx(3.0, rel=1e-4)


def test_a_river_is_followed_and_its_share_told():
    river = Polygon([(0, 250), (1000, 250), (1000, 330), (0, 330)])
    net = weighted_net(FIELD, [(river, 0.4)], 20.0)
    way = cheapest(net, (50.0, 100.0), (950.0, 100.0))
    weighted, sought = weigh(net, way)
    assert sought > 600
    assert weighted < 900.0
    assert weighted == pytest.approx(0.4 * sought + way_length(way) - sought, abs=0.1)


def test_a_shunned_area_is_gone_round_along_its_edge():
    schoolyard = box(300, 150, 700, 450)
    net = weighted_net(FIELD, [(schoolyard, 10.0)], 20.0)
    way = cheapest(net, (100.0, 300.0), (900.0, 200.0))
    assert weigh(net, way)[0] == pytest.approx(way_length(way), abs=0.1)
    assert shapely.LineString(way).intersection(schoolyard.buffer(-0.1)).length == 0


def test_where_areas_overlap_the_greater_weight_counts():
    net = weighted_net(FIELD, [(box(0, 0, 1000, 600), 0.5), (box(400, 0, 600, 600), 2.0)], 20.0)
    assert weigh(net, [(0.0, 300.0), (1000.0, 300.0)]) == (
        pytest.approx(800.0, abs=0.05),
        pytest.approx(800, abs=0.1),
    )


def test_closed_air_has_no_way_however_light():
    wall = box(480, -10, 520, 700)
    net = weighted_net(FIELD.difference(wall), [(box(400, 200, 600, 300), 0.1)], 20.0)
    assert cheapest(net, (100.0, 250.0), (900.0, 250.0)) is None


corner = st.tuples(st.integers(120, 800), st.integers(20, 480), st.integers(40, 300), st.integers(40, 220))


@settings(max_examples=6, deadline=None)
@given(
    st.lists(st.tuples(corner, st.sampled_from([0.3, 0.6, 1.7, 4.0])), min_size=1, max_size=3),
    st.lists(corner, max_size=2),
)
def test_no_grid_way_is_cheaper_by_more_than_the_bound(areas, shut):
    """Against a search over a fine grid, within the bound and within what the grid's directions cost."""
    regions = [(box(x, y, x + w, y + h), weight) for (x, y, w, h), weight in areas]
    closed = shapely.union_all([box(x, y, x + w / 2, y + h / 2) for x, y, w, h in shut])
    free = FIELD.difference(closed)
    start, goal = (40.0, 300.0), (980.0, 310.0)
    if not (free.contains(shapely.Point(start)) and free.contains(shapely.Point(goal))):
        return
    net = weighted_net(free, regions, 20.0)
    way = cheapest(net, start, goal)
    grid = grid_cost(free, regions, start, goal)
    assert (way is None) == (not math.isfinite(grid))
    if way is None:
        return
    cost, _ = weigh(net, way)
    assert cost <= grid + net.bound_m(8)
    assert cost >= grid / 1.02 - 4 * CELL * net.heaviest
    assert all(free.buffer(2e-3).covers(shapely.LineString(leg)) for leg in itertools.pairwise(way))
