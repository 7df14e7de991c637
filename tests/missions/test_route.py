import itertools
import math
import time

import numpy as np
import pytest
import shapely
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.sparse.csgraph import dijkstra
from shapely.geometry import Polygon, box

from core.geo import LocalFrame, LonLat, distance_m
from missions.route import Navigator, NoRouteError, find_route, way_length

START = LonLat(127.11, 37.37)
FRAME = LocalFrame(START)


def lonlat(polygon):
    return shapely.transform(polygon, FRAME.to_lonlat)


def brute_force(free, start, goal):
    """Shortest way by testing every pair of corners: slow and plain."""
    nodes = np.vstack([[start], [goal], shapely.get_coordinates(free)])
    grown = free.buffer(1e-3, join_style="mitre")
    graph = np.zeros((len(nodes), len(nodes)))
    for i, j in itertools.combinations(range(len(nodes)), 2):
        if grown.covers(shapely.LineString([nodes[i], nodes[j]])):
            graph[i, j] = max(math.dist(nodes[i], nodes[j]), 1e-9)
    return dijkstra(graph, directed=False, indices=0)[1]


squares = st.lists(
    st.tuples(st.integers(50, 400), st.integers(-150, 150), st.integers(10, 90), st.integers(10, 90)),
    min_size=1,
    max_size=6,
)


@settings(max_examples=40, deadline=None)
@given(squares)
def test_way_is_as_short_as_brute_force_finds_and_stays_free(boxes):
    blocked = shapely.union_all([box(x, y, x + w, y + h) for x, y, w, h in boxes])
    free = box(-50, -400, 600, 400).difference(blocked)
    start, goal = (0.0, 0.0), (550.0, 10.0)
    way = Navigator(free).way(start, goal)
    assert way is not None
    assert way_length(way) == pytest.approx(brute_force(free, start, goal), abs=1.0)
    assert shapely.LineString(way).intersection(blocked.buffer(-0.01)).length == 0.0


def test_open_sky_is_one_leg():
    goal = FRAME.place(800.0, 300.0)
    route = find_route(START, goal)
    assert route.places == (START, goal)
    assert route.length_m == pytest.approx(distance_m(START, goal))


def test_margin_is_kept_all_along():
    school = box(100, -60, 200, 60)
    route = find_route(START, FRAME.place(400, 0), [lonlat(school)], margin_m=20.0)
    line = shapely.LineString([FRAME.point(p) for p in route.places])
    assert line.distance(school) >= 19.99
    assert len(route.places) > 2


def test_area_is_not_left():
    bent = Polygon([(-10, -10), (300, -10), (300, 300), (250, 300), (250, 40), (-10, 40)])
    route = find_route(START, FRAME.place(275, 280), within=lonlat(bent))
    line = shapely.LineString([FRAME.point(p) for p in route.places])
    assert bent.buffer(0.01).covers(line)


def test_closed_ring_has_no_way_and_says_so():
    ring = box(50, -50, 150, 50).difference(box(60, -40, 140, 40))
    with pytest.raises(NoRouteError, match="no way"):
        find_route(START, FRAME.place(100, 0), [lonlat(ring)])


@pytest.mark.parametrize(
    ("zone", "which"), [(box(-10, -10, 10, 10), "start"), (box(90, -10, 110, 10), "goal")]
)
def test_end_inside_a_zone_is_named(zone, which):
    with pytest.raises(NoRouteError, match=f"the {which} lies inside"):
        find_route(START, FRAME.place(100, 0), [lonlat(zone)])


def test_sixty_obstacles_take_well_under_a_second():
    rng = np.random.default_rng(3)
    centres = rng.uniform((100, -900), (1900, 900), (60, 2))
    zones = [lonlat(shapely.Point(c).buffer(40, quad_segs=2)) for c in centres]
    begun = time.process_time()
    route = find_route(START, FRAME.place(2000, 0), zones, margin_m=5.0)
    assert time.process_time() - begun < 3.0
    assert route.length_m < 2300
