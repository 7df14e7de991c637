"""Telemetry folds into one value; what was not said stays unknown."""

import pytest

from core.geo import LonLat
from flight.preflight import PreflightParams, Readiness, check, not_ready
from flight.state import VehicleState, fold
from flight.wire import Message
from missions.model import Command, Home, Mission, MissionItem

MISSION = Mission(Home(LonLat(127.11, 37.37)), (MissionItem(Command.NAV_RETURN_TO_LAUNCH),))
READY = VehicleState(
    armed=False, ekf_flags=831, gps_fix=6, prearm_ok=True, battery_left=0.9, position=LonLat(127.11, 37.37)
)


def after(name, **fields):
    return fold(VehicleState(), Message(name, fields, 1.8e9))


def test_position_comes_in_degrees_metres_and_metres_a_second():
    state = after(
        "GLOBAL_POSITION_INT", time_boot_ms=5000, lat=373700000, lon=1271100000, alt=70250,
        relative_alt=30250, vx=100, vy=-200, vz=50, hdg=9000,
    )  # fmt: skip
    assert state.position == LonLat(127.11, 37.37)
    assert (state.altitude_home_m, state.altitude_geoid_m, state.heading_deg) == (30.25, 70.25, 90.0)
    assert state.velocity_enu_ms == (-2.0, 1.0, -0.5)


def test_a_heartbeat_says_mode_and_arming():
    state = after("HEARTBEAT", type=2, custom_mode=6, base_mode=209, system_status=4)
    assert (state.mode, state.armed) == ("RTL", True)


def test_utc_follows_the_vehicles_own_clock():
    state = after("SYSTEM_TIME", time_unix_usec=1_800_000_010_000_000, time_boot_ms=10_000)
    assert state.utc_s == 1_800_000_010.0


@pytest.mark.parametrize(
    ("fields", "volts", "left"),
    [
        ({"voltage_battery": 12600, "battery_remaining": 87}, 12.6, 0.87),
        ({"voltage_battery": 65535, "battery_remaining": -1}, None, None),
    ],
)
def test_a_battery_that_is_not_measured_is_unknown(fields, volts, left):
    state = after("SYS_STATUS", onboard_control_sensors_present=0, onboard_control_sensors_health=0, **fields)
    assert (state.battery_v, state.battery_left, state.prearm_ok) == (volts, left, None)


def test_a_vehicle_that_has_said_nothing_is_unknown_in_every_point_and_never_ready():
    points = check(VehicleState(), MISSION, PreflightParams())
    assert {p.readiness for p in points} == {Readiness.UNKNOWN}
    assert not_ready(points) == points


def test_a_ready_vehicle_is_ready():
    assert not_ready(check(READY, MISSION, PreflightParams())) == ()


@pytest.mark.parametrize(
    ("change", "name"),
    [
        ({"ekf_flags": 167}, "position estimate"),
        ({"gps_fix": 1}, "GPS"),
        ({"prearm_ok": False}, "prearm checks"),
        ({"battery_left": 0.1}, "battery"),
        ({"position": LonLat(127.2, 37.37)}, "take-off place"),
        ({"armed": True}, "motors off"),
    ],
)
def test_what_is_missing_is_named(change, name):
    from dataclasses import replace

    points = check(replace(READY, **change), MISSION, PreflightParams())
    assert [(p.name, p.readiness) for p in not_ready(points)] == [(name, Readiness.MISSING)]
