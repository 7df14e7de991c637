import math
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.geo import Altitude, Datum, LocalFrame, LonLat
from core.wind import Wind
from missions.aircraft import load_aircraft
from missions.energy import PathPoint, leg_costs, path_cost
from missions.flightpath import Autopilot, flight_path
from missions.model import Command, Home, Mission, MissionItem
from missions.windprofile import WindProfile

HOME = LonLat(127.11, 37.37)
FRAME = LocalFrame(HOME)
CRAFT = load_aircraft("sitl-quad")
RETURN = MissionItem(Command.NAV_RETURN_TO_LAUNCH)


def at(east, north, up, *params, command=Command.NAV_WAYPOINT):
    params = (*params, 0.0, 0.0, 0.0, 0.0)[:4]
    return MissionItem(command, params, FRAME.place(east, north), Altitude(up, Datum.HOME))


def do(command, *params):
    return MissionItem(command, (*params, 0.0, 0.0, 0.0, 0.0)[:4])


def flown(*items, height=20.0, **autopilot):
    takeoff = MissionItem(Command.NAV_TAKEOFF, altitude=Altitude(height, Datum.HOME))
    mission = Mission(Home(HOME, 40.0), (takeoff, *items))
    return flight_path(mission, CRAFT, None, Autopilot(**autopilot))


def seconds(path):
    return path_cost(path.points, CRAFT).duration_s


def test_a_jump_is_flown_as_often_as_it_says():
    once = flown(at(50, 0, 20), at(0, 50, 20), RETURN)
    thrice = flown(at(50, 0, 20), at(0, 50, 20), do(Command.DO_JUMP, 2, 2), RETURN)
    assert thrice.items.count(1) == 3 * once.items.count(1)
    assert thrice.bounded


@pytest.mark.parametrize("item", [do(Command.DO_JUMP, 2, -1), at(0, 0, 20, command=Command.NAV_LOITER_UNLIM)])
def test_what_never_ends_says_so(item):
    assert not flown(at(50, 0, 20), item, RETURN).bounded


def test_a_jump_to_nowhere_or_many_times_does_not_hang():
    assert flown(do(Command.DO_JUMP, 900, 3), RETURN).bounded
    assert not flown(at(50, 0, 20), do(Command.DO_JUMP, 2, 1e9), RETURN).bounded
    assert flown(do(Command.DO_JUMP, math.nan, math.nan), RETURN).bounded


def test_a_return_climbs_to_its_height_and_waits():
    low, high = (flown(at(100, 0, 20), RETURN, rtl_alt_m=alt) for alt in (15.0, 50.0))
    assert max(p.up_m for p in low.points) == 20.0
    assert max(p.up_m for p in high.points) == 50.0
    assert seconds(high) - seconds(low) > 30 / CRAFT.climb_ms + 30 / CRAFT.descent_ms


def test_a_return_from_near_home_climbs_no_higher_than_its_cone():
    assert max(p.up_m for p in flown(at(8, 0, 20), RETURN, rtl_alt_m=50.0).points) == pytest.approx(24.0)


def test_a_wait_costs_its_seconds_and_the_stop():
    through = flown(at(100, 0, 20), at(200, 0, 20), RETURN)
    waiting = flown(at(100, 0, 20, 30), at(200, 0, 20), RETURN)
    assert 30 < seconds(waiting) - seconds(through) < 40


def test_a_circle_is_as_long_as_its_turns():
    path = flown(at(0, 100, 20, 2, 0, 15, command=Command.NAV_LOITER_TURNS), RETURN)
    curve = [
        leg for leg, p in zip(pairwise(path.points), path.points[1:], strict=True) if p.smooth and p.up_m > 1
    ]
    length = sum(math.hypot(b.east_m - a.east_m, b.north_m - a.north_m) for a, b in curve)
    assert length == pytest.approx(2 * 2 * math.pi * 15, rel=0.01)
    assert all(math.hypot(b.east_m, b.north_m - 100) == pytest.approx(15, abs=1e-3) for _, b in curve)


@given(st.lists(st.tuples(st.floats(-300, 300), st.floats(-300, 300)), min_size=2, max_size=4))
def test_a_spline_meets_its_points_and_is_no_shorter_than_the_straight_way(places):
    path = flown(*(at(e, n, 20, command=Command.NAV_SPLINE_WAYPOINT) for e, n in places), RETURN)
    xy = [(p.east_m, p.north_m) for p in path.points]
    for east, north in places:
        assert min(math.dist((east, north), p) for p in xy) < 0.01
    straight = sum(math.dist(a, b) for a, b in pairwise([(0, 0), *places, (0, 0)]))
    assert sum(math.dist(a, b) for a, b in pairwise(xy)) >= straight - 0.1


def test_a_load_is_carried_to_its_release_and_no_further():
    path = flown(at(100, 0, 20), do(Command.DO_GRIPPER, 1, 0), at(200, 0, 20), RETURN)
    loads = dict(zip(path.items[1:], path.loads_kg(0.4), strict=True))
    assert loads[1] == 0.4
    assert loads[3] == 0.0
    light, heavy, dropped = (
        path_cost(path.points, CRAFT, payload_kg=load).energy_Wh for load in (0.0, 0.4, path.loads_kg(0.4))
    )
    assert light < dropped < heavy


def test_a_load_put_down_is_left_there():
    path = flown(at(100, 0, 20, command=Command.NAV_PAYLOAD_PLACE), RETURN)
    assert path.loads_kg(0.4)[-1] == 0.0
    assert min(p.up_m for i, p in zip(path.items, path.points, strict=True) if i == 1) == 0.0


def test_parameters_left_to_the_vehicle_are_no_trouble():
    wild = [
        at(50, 0, 20, math.nan), at(0, 50, 20, math.nan, 0, math.nan, command=Command.NAV_LOITER_TURNS),
        at(0, 0, 30, 1e9, 0, 1, command=Command.NAV_LOITER_TURNS),
        do(Command.DO_CHANGE_SPEED, math.nan, math.nan),
    ]  # fmt: skip
    assert math.isfinite(seconds(flown(*wild, RETURN)))


def test_wind_that_falls_off_near_the_ground_holds_up_a_low_flight_less():
    points = [PathPoint(0, 0, 10, 10), PathPoint(0, 500, 10, 10)]
    wind = Wind(8, 0)
    costs = [path_cost(points, CRAFT, w).duration_s for w in (Wind(), WindProfile(wind, 60, 0.5), wind)]
    assert costs == sorted(costs)
    assert costs[0] < costs[2]
    assert WindProfile(wind, 60, 0.5).at(15.0).speed_ms == pytest.approx(4.0)
    assert WindProfile(wind, 60, 0.5).at(200.0) == wind


def test_a_smooth_piece_takes_its_length_over_its_speed():
    points = [PathPoint(0, 0, 10, 5), PathPoint(50, 0, 10, 5, smooth=True)]
    assert leg_costs(points, CRAFT)[0].duration_s == pytest.approx(10.0)
