import itertools
import math

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


def test_a_way_between_sixty_obstacles_is_found_and_keeps_clear():
    rng = np.random.default_rng(3)
    centres = rng.uniform((100, -900), (1900, 900), (60, 2))
    zones = [shapely.Point(c).buffer(40, quad_segs=2) for c in centres]
    route = find_route(START, FRAME.place(2000, 0), [lonlat(z) for z in zones], margin_m=5.0)
    line = shapely.LineString([FRAME.point(p) for p in route.places])
    assert route.length_m < 2300
    assert min(line.distance(z) for z in zones) >= 4.99


def star(rng, centre, corners, radius):
    """A random star-shaped polygon."""
    angles = np.sort(rng.uniform(0, 2 * np.pi, corners))
    radii = radius * rng.uniform(0.3, 1.0, corners)
    return Polygon(np.column_stack([np.cos(angles), np.sin(angles)]) * radii[:, None] + centre).buffer(0)


@pytest.mark.parametrize("seed", range(12))
def test_ways_round_ragged_obstacles_equal_brute_force(seed):
    rng = np.random.default_rng(seed)
    blocked = shapely.union_all([star(rng, rng.uniform(60, 440, 2), 7, 70) for _ in range(6)])
    free = box(0, 0, 500, 500).difference(blocked)
    places = [tuple(p) for p in rng.uniform(0, 500, (8, 2)) if free.contains(shapely.Point(p))]
    navigator = Navigator(free, inset_m=0.0)
    for start, goal in itertools.pairwise(places):
        expected = brute_force(free, start, goal)
        way = navigator.way(start, goal)
        if way is None:
            assert not np.isfinite(expected)
        else:
            assert way_length(way) == pytest.approx(expected, abs=0.01)
            assert free.buffer(1e-3).covers(shapely.LineString(way))


def test_ways_along_walls_through_doors_and_over_touching_corners_are_found():
    """Legs that slide along edges, pass corners in line, and doors whose posts stand in line."""
    walls = [box(100, -200, 120, -5), box(100, 5, 120, 200), box(200, -200, 220, -5), box(200, 5, 220, 200)]
    free = box(0, -200, 400, 200).difference(shapely.union_all(walls))
    navigator = Navigator(free, inset_m=0.0)
    assert navigator.way((50, 5), (300, 5)) == [(50, 5), (300, 5)]
    way = navigator.way((100, 100 - 1e-9), (300, 100))
    assert way is not None
    assert way_length(way) == pytest.approx(brute_force(free, (99.999, 100), (300, 100)), abs=0.01)
    touching = box(0, 0, 400, 400).difference(
        shapely.union_all([box(100, 100, 200, 200), box(200, 200, 300, 300)])
    )
    way = Navigator(touching).way((150, 250), (250, 150))
    assert way is not None
    assert way_length(way) > 200  # round both, not through the point where they meet


def test_ways_into_sharp_tips_and_through_narrow_gaps_are_found():
    """A tip much sharper than the distance kept from edges, and two rooms joined by a gap of 4 cm."""
    tip = Polygon([(0, 0), (100, -0.4), (100, -40), (104, 0), (100, 40), (100, 0.4)])
    way = Navigator(tip).way((0.5, 0.0), (101, 20))
    assert way is not None
    assert (way[0], way[-1]) == ((0.5, 0.0), (101, 20))
    rooms = shapely.union_all([box(0, 0, 50, 50), box(49, 20, 71, 20.04), box(70, -30, 120, 40)])
    across = Navigator(rooms).way((5, 45), (115, -25))
    assert across is not None
    assert rooms.buffer(1e-3).covers(shapely.LineString(across))
    assert Navigator(rooms).way((5, 45), (60, 45)) is None


@pytest.mark.parametrize("aside_m", [0.0, 1e-9, 1e-6, 1e-3])
def test_two_places_almost_due_north_of_each_other_have_a_way(aside_m):
    start = LonLat(127.109, 37.352)
    goal = LocalFrame(start).place(aside_m, 4500.0)
    assert find_route(start, goal, [], margin_m=20.0).length_m == pytest.approx(4500.0, abs=1.0)
