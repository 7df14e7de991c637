"""What an aircraft cannot do, legs that only a jump flies, and air that only a return goes through."""

from dataclasses import replace

import numpy as np
import pytest

from core.geo import Altitude, Datum, LocalFrame, LonLat
from core.wind import Wind
from gis.terrain import FlatTerrain
from missions.aircraft import load_aircraft
from missions.checks import check_mission, passed
from missions.finding import Severity, Verdict
from missions.model import Command, Home, Mission, MissionItem
from missions.path import flown_points

FRAME = LocalFrame(LonLat(127.11, 37.37))
QUAD = load_aircraft("quad-4kg")
FLAT = FlatTerrain(40.0)
UP = MissionItem(Command.NAV_TAKEOFF, altitude=Altitude(50.0, Datum.HOME))
BACK = MissionItem(Command.NAV_RETURN_TO_LAUNCH)


def go(east, north=0.0, up=50.0, command=Command.NAV_WAYPOINT, **more):
    return MissionItem(command, position=FRAME.place(east, north), altitude=Altitude(up, Datum.HOME), **more)


def speed(kind, value):
    return MissionItem(Command.DO_CHANGE_SPEED, (kind, value, -1.0, 0.0))


def check(*items, **known):
    made = Mission(Home(FRAME.origin, 40.0), (UP, *items, BACK))
    found = check_mission(made, **({"terrain": FLAT, "aircraft": QUAD, "wind": Wind(0.0, 0.0)} | known))
    return found, [f for f in found if f.verdict is Verdict.FAIL]


def rule(found, name):
    return [f for f in found if f.rule == name]


TWINS = {
    "speed": ([speed(1.0, 40.0), go(100)], [speed(1.0, 8.0), go(100)], 1),
    "climbing speed": ([speed(2.0, 9.0), go(100)], [speed(2.0, 2.0), go(100)], 1),
    "steep climb": ([go(60), go(80, up=130.0)], [go(60), go(600, up=130.0)], 2),
    "steep descent": ([go(60, up=130.0), go(80)], [go(60, up=55.0), go(600)], 2),
    "tight circle": (
        [speed(1.0, 12.0), go(100, command=Command.NAV_LOITER_TURNS, params=(1.0, 0, 5.0, 0))],
        [speed(1.0, 4.0), go(100, command=Command.NAV_LOITER_TURNS, params=(1.0, 0, 60.0, 0))],
        2,
    ),
}  # fmt: skip


@pytest.mark.parametrize("name", TWINS)
def test_what_the_aircraft_cannot_do_is_named_and_its_twin_passes(name):
    unsafe, safe, item = TWINS[name]
    caught = rule(check(*unsafe)[1], "vehicle_limits")
    assert item in [f.item for f in caught]
    assert all(f.value > f.limit and f.cure for f in caught)
    assert [f.verdict for f in rule(check(*safe)[0], "vehicle_limits")] == [Verdict.PASS]


def test_a_load_too_heavy_is_refused():
    found, bad = check(go(100), payload_kg=QUAD.payload_max_kg + 1.0)
    assert rule(bad, "vehicle_limits")[0].limit == QUAD.payload_max_kg
    assert not passed(found)


def test_without_an_aircraft_its_limits_are_unknown():
    found, _ = check(go(100), aircraft=None)
    assert rule(found, "vehicle_limits")[0].verdict is Verdict.UNKNOWN


class Hill:
    """A block of 45 m round (100, 100) on level ground."""

    def heights_m(self, lon, lat):
        xy = FRAME.to_local(lon, lat)
        inside = (np.abs(xy[..., 0] - 100) < 30) & (np.abs(xy[..., 1] - 100) < 30)
        return np.where(inside, 85.0, 40.0)


def test_a_hill_on_the_way_back_of_a_jump_breaks_clearance():
    """The plan goes round the hill; only the jump from its last corner to its first leads over it."""
    straight = [go(200, 0), go(200, 200), go(0, 200)]
    jump = MissionItem(Command.DO_JUMP, (2.0, 2.0, 0.0, 0.0))
    over = check(*straight, jump, go(0, 0), terrain=Hill())[0]
    round_it = check(*straight, go(0, 0), terrain=Hill())[0]
    assert rule(over, "terrain_clearance")[0].verdict is Verdict.FAIL
    assert rule(over, "terrain_clearance")[0].item == 1
    assert rule(round_it, "terrain_clearance")[0].verdict is Verdict.PASS


def test_every_leg_of_jumps_is_looked_at_once_and_ends():
    items = (UP, go(100), go(200), *(MissionItem(Command.DO_JUMP, (2.0, -1.0, 0, 0)) for _ in range(3)), BACK)
    order = [p.item for p in flown_points(Mission(Home(FRAME.origin, 40.0), items))]
    assert order == [-1, 0, *[1, 2] * 4, 6, 6]


@pytest.mark.parametrize(("times", "verdict"), [(3.0, Verdict.PASS), (-1.0, Verdict.UNKNOWN)])
def test_energy_of_jumps_is_bounded_unless_they_have_no_end(times, verdict):
    found, _ = check(go(100), MissionItem(Command.DO_JUMP, (2.0, times, 0, 0)))
    assert rule(found, "energy")[0].verdict is verdict


def test_a_circle_reaches_as_far_as_its_radius():
    ring = go(60, 100, command=Command.NAV_LOITER_TURNS, params=(1.0, 0, 40.0, 0))
    wide = check(go(0, 100), ring, go(0, 100), terrain=Hill())[0]
    small = replace(ring, params=(1.0, 0.0, 5.0, 0.0))
    narrow = check(go(0, 100), small, go(0, 100), terrain=Hill())[0]
    assert rule(wide, "terrain_clearance")[0].verdict is Verdict.FAIL
    assert rule(narrow, "terrain_clearance")[0].verdict is Verdict.PASS


def test_a_descent_on_the_spot_into_the_ground_is_caught_and_one_to_5_m_over_it_is_not():
    for up, verdict in ((30.0, Verdict.FAIL), (50.0, Verdict.PASS)):
        there = go(100, 100, 100.0), go(100, 100, up), go(100, 100, 100.0), go(0, 0, 100.0)
        found = rule(check(go(0, 0, 100.0), *there, terrain=Hill())[0], "terrain_clearance")
        assert found[0].verdict is verdict


def test_a_return_higher_than_allowed_is_a_warning_with_the_height():
    for rtl_alt_m, count in ((170.0, 1), (100.0, 0)):
        bad = rule(check(go(400), rtl_alt_m=rtl_alt_m)[1], "return_height")
        assert [(f.severity, f.value) for f in bad] == [(Severity.WARNING, pytest.approx(170.0))] * count
