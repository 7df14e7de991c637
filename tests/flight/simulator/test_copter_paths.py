"""Splines, eased motion and the target's ways, against geometry and calculus."""

import itertools
import math
import random

import pytest
import shapely
from fakes.copter_bench import AUTO, GUIDED, do, rtl, takeoff, waypoint
from hypothesis import given, settings
from hypothesis import strategies as st

from flight.simulator.legs import Point
from flight.simulator.shaping import Drift, Reach, Rise, closing_speed, stopping_distance_m
from flight.simulator.spline import Kinematics, SplineLeg, Vector
from flight.simulator.trail import straightened, without_loops

LIMITS = Kinematics(10.0, 2.5, 1.5, 2.5, 1.0)
STEP_S = 0.02
SMART_RTL = 21


def flown(leg, most=20_000):
    places = []
    while not leg.done and len(places) < most:
        places.append(leg.advance(STEP_S))
    return places


@pytest.mark.parametrize(
    ("end", "leave"), [((60, 40, 30), (0, 50)), ((80, -20, 45), (40, -20)), ((50, 0, 20), (0, 0))]
)
def test_a_spline_ends_at_its_point_and_keeps_speed_and_bends_within_limits(end, leave):
    goal = Point(complex(*end[:2]), end[2])
    leg = SplineLeg(Point(0j, 30.0), goal, Vector(20 + 30j), Vector(complex(*leave)), LIMITS)
    places = flown(leg, most=4000)
    assert leg.done
    assert abs(places[-1].place - goal.place) < 0.5
    assert all(abs(m.velocity) <= 10.0 + 1e-6 and -1.5001 <= m.climb_ms <= 2.5001 for m in places)
    for a, b in itertools.pairwise(places[50:-50]):
        assert abs(b.velocity - a.velocity) / STEP_S < 2.6


def test_a_spline_between_collinear_points_is_the_straight_line():
    leg = SplineLeg(Point(0j, 20.0), Point(60 + 0j, 20.0), Vector(60 + 0j), Vector(60 + 0j), LIMITS, 5.0)
    assert all(abs(m.place.imag) < 1e-9 and m.height_m == pytest.approx(20.0) for m in flown(leg))


@pytest.mark.parametrize(("error", "slope"), [(0.5, 1.0), (3.0, 1.0), (40.0, 2.5)])
def test_the_stopping_distance_is_that_of_the_closing_speed(error, slope):
    assert stopping_distance_m(closing_speed(error, 1.0, slope), 1.0, slope) == pytest.approx(error)


@settings(max_examples=15, deadline=None)
@given(st.floats(-60, 60), st.floats(-2, 2))
def test_a_height_is_reached_within_speed_acceleration_and_jerk(goal_m, climb_ms):
    rise, reach = Rise(0.0, climb_ms, 0.0), Reach(math.inf, 1.0, 5.0)
    before = rise.climb_mss
    for _ in range(3500):
        rise.towards(STEP_S, goal_m, 1.5, 2.5, reach)
        assert abs(rise.climb_mss - before) <= 5.0 * STEP_S + 1e-9
        assert abs(rise.climb_mss) <= 1.0 + 1e-9
        before = rise.climb_mss
    assert rise.height_m == pytest.approx(goal_m, abs=0.01)


def test_a_place_is_reached_and_not_overshot():
    drift, reach, farthest = Drift(0j, 3 + 0j, 0j), Reach(8.0, 2.5, 5.0), 0.0
    for _ in range(2000):
        drift.project(STEP_S, 0j, 0j, 0j)
        drift.towards(STEP_S, 50 + 30j, reach)
        farthest = max(farthest, drift.place.real)
        assert abs(drift.velocity) <= 8.0 + 0.1
    assert abs(drift.place - (50 + 30j)) < 0.01
    assert farthest < 50.2


def test_a_vehicle_at_its_limit_does_not_lose_the_target():
    drift = Drift(10 + 0j, 5 + 0j, 0j)
    drift.project(STEP_S, 1 + 0j, 3 + 0j, 1 + 0j)
    assert drift.place == 10
    drift.project(STEP_S, -1 + 0j, 3 + 0j, 1 + 0j)
    assert drift.place.real == pytest.approx(10.1)


def test_spline_waypoints_bend_the_way_and_are_not_stopped_at(bench):
    corners = [(40, 0), (60, 40), (20, 70)]
    bench.start([takeoff(), *(waypoint(n, e, 20, command=82) for n, e in corners), rtl()])
    slowest, widest = 99.0, 0.0
    bench.run(60.0, until=lambda: bench.vehicle.air.position.real > 20)
    while 2 not in bench.reached() or 3 not in bench.reached():
        bench.run(0.2)
        slowest = min(slowest, abs(bench.vehicle.air.velocity))
        widest = max(widest, bench.vehicle.air.position.real)
    assert slowest > 2.0
    assert 62.0 < widest < 75.0
    bench.run(120.0, until=lambda: not bench.vehicle.armed)
    assert bench.reached() == [1, 2, 3, 4, 5]


def test_a_turn_round_a_circle_takes_the_time_its_acceleration_allows(bench):
    x, y = waypoint(60, 0, 0)[3:5]
    bench.start([takeoff(), waypoint(20, 0, 20), (6, 18, (1, 0, 15, 0), x, y, 20.0), do(93, 1), rtl()])
    bench.run(120.0, until=lambda: 3 in bench.reached())
    times = [t for t, m in bench.log if m.get_type() == "MISSION_ITEM_REACHED"]
    round_s = 2 * math.pi / math.sqrt(0.5 * 2.5 / 15)
    assert times[2] - times[1] == pytest.approx(round_s + 9.0, abs=4.0)
    assert abs(abs(bench.vehicle.air.position - 60) - 15) < 1.5


def test_a_trail_is_straightened_as_shapely_does_it():
    rng = random.Random(5)
    points, here = [], 0j
    for _ in range(60):
        here += complex(rng.uniform(-1, 4), rng.uniform(-2, 2))
        points.append(Point(here, 20.0))
    line = shapely.LineString([(p.place.real, p.place.imag) for p in points])
    theirs = list(line.simplify(1.0, preserve_topology=False).coords)
    assert [(p.place.real, p.place.imag) for p in straightened(points, 1.0)] == theirs


def test_a_loop_is_cut_off_a_trail():
    way = [0j, 40 + 0j, 40 + 40j, 0 + 40j, 1 + 0.5j, -30 + 0j]
    left = without_loops([Point(place, 20.0) for place in way], 2.0)
    assert [p.place for p in left] == [0j, 1 + 0.5j, -30 + 0j]


def test_smart_rtl_comes_home_the_way_it_went(bench):
    bench.start([takeoff(), waypoint(50, 0, 20), waypoint(50, 60, 20), waypoint(50, 61, 20)])
    bench.run(80.0, until=lambda: 3 in bench.reached())
    assert bench.mode(SMART_RTL)[0] == 0
    corner, low = 99.0, 99.0
    while bench.vehicle.armed:
        bench.run(0.2)
        air = bench.vehicle.air
        corner = min(corner, abs(air.position - 50))
        low = min(low, air.height_m) if abs(air.position) > 10.0 else low
    assert corner < 3.0
    assert low > 15.0
    assert abs(bench.vehicle.air.position) < 1.0


def test_smart_rtl_is_refused_when_the_way_back_was_too_long(make):
    bench = make(SRTL_POINTS=1)
    bench.in_the_air(20.0)
    assert bench.mode(SMART_RTL) == (4, ["Mode change to SMART_RTL failed: init failed"])


def test_auto_is_refused_on_the_ground_when_the_mission_does_not_take_off(bench):
    bench.upload([waypoint(0, 0, 30.0, frame=0), waypoint(20, 0, 10), rtl()])
    bench.mode(GUIDED)
    assert bench.command(400, 1)[0] == 0
    answer, texts = bench.mode(AUTO)
    assert answer == 4
    assert texts[0] == "Auto: Missing Takeoff Cmd"
