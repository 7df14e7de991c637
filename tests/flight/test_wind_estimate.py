"""Wind from lean and track: right where drag is as assumed, honest where it is not, silent on the ground."""

import math
import os

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from core.clock import RealClock
from core.geo import LonLat
from core.wind import Wind
from flight.link import open_link
from flight.locations import Start
from flight.sitl import find_ardupilot, start_vehicle
from flight.state import VehicleState, fold
from flight.windestimate import WindEstimate, observe, pull_mss
from flight.wire import Message

G = 9.80665
HOME = LonLat(127.11, 37.37)


def leaning(air_east, air_north, heading_deg, scale=1.0):
    """Roll and pitch (degrees) that hold against a flow of air: turned by angles of the thrust itself."""
    flow = math.hypot(air_east, air_north)
    drag = scale * (0.2 + 0.033 * flow)
    up = [drag * air_east, drag * air_north, G]
    size = math.sqrt(sum(v * v for v in up))
    east, north, above = (v / size for v in up)
    h = math.radians(heading_deg)
    ahead, right = east * math.sin(h) + north * math.cos(h), east * math.cos(h) - north * math.sin(h)
    return math.degrees(math.asin(right)), math.degrees(math.atan2(-ahead, above))


def flown(wind, legs, *, scale=1.0, heading_deg=30.0, leg_s=25.0):
    """The estimate after legs (ground speeds east, north) each flown for some seconds."""
    wind_east, wind_north = wind.east_north_ms
    estimate, boot_s = WindEstimate(), 100.0
    for east, north in legs:
        roll, pitch = leaning(east - wind_east, north - wind_north, heading_deg, scale)
        for _ in range(round(leg_s * 5)):
            boot_s += 0.2
            estimate = observe(estimate, boot_s, (east, north), 0.0, (roll, pitch, heading_deg))
        boot_s += 5.0  # the turn is not seen
    return estimate


def error_ms(estimate, wind):
    east, north = wind.east_north_ms
    return math.hypot(estimate.east_ms - east, estimate.north_ms - north)


SQUARE = [(8.0, 0.0), (0.0, 8.0), (-8.0, 0.0), (0.0, -8.0)]


@given(st.floats(-40, 40), st.floats(-40, 40), st.floats(0, 360))
def test_the_pull_is_the_sideways_part_of_a_thrust_that_carries_the_weight(east, north, heading):
    east, north = east / 10, north / 10
    size = math.sqrt(east**2 + north**2 + G**2)
    h = math.radians(heading)
    ahead, right = east * math.sin(h) + north * math.cos(h), east * math.cos(h) - north * math.sin(h)
    roll = math.degrees(math.asin(right / size))
    pitch = math.degrees(math.atan2(-ahead, G))
    assert pull_mss(roll, pitch, heading) == pytest.approx((east, north), abs=1e-9)


@settings(max_examples=30)
@given(st.floats(0, 14), st.floats(0, 360), st.floats(0, 360))
def test_in_a_hover_with_the_assumed_drag_the_wind_is_found(speed, from_deg, heading):
    wind = Wind(speed, from_deg)
    assert error_ms(flown(wind, [(0.0, 0.0)], heading_deg=heading), wind) < 0.3


@settings(max_examples=20, deadline=None)
@given(st.floats(2, 10), st.floats(0, 360), st.floats(0.7, 1.4))
def test_legs_in_several_directions_teach_the_airframes_own_drag(speed, from_deg, scale):
    wind = Wind(speed, from_deg)
    estimate = flown(wind, SQUARE, scale=scale)
    assert error_ms(estimate, wind) < 0.6
    assert math.exp(estimate.log_scale) == pytest.approx(scale, rel=0.15)


@pytest.mark.parametrize("scale", [0.75, 1.3])
def test_in_a_hover_the_told_error_holds_for_an_airframe_with_other_drag(scale):
    wind = Wind(9.0, 250.0)
    estimate = flown(wind, [(0.0, 0.0)], scale=scale)
    assert error_ms(estimate, wind) < 2.0 * estimate.sigma_ms


def test_calm_air_has_no_direction():
    estimate = flown(Wind(0.0), SQUARE)
    assert estimate.wind.speed_ms < 0.2
    assert estimate.from_sigma_deg == 180.0


def test_a_wind_that_turns_is_followed():
    estimate = flown(Wind(6.0, 0.0), [(0.0, 0.0)])
    wind = Wind(6.0, 90.0)
    roll, pitch = leaning(*(-v for v in wind.east_north_ms), 0.0)
    for i in range(600):
        estimate = observe(estimate, 200.0 + i / 5, (0.0, 0.0), 0.0, (roll, pitch, 0.0))
    assert estimate.wind.from_deg == pytest.approx(90.0, abs=8.0)


def test_climbing_flight_teaches_nothing():
    estimate = flown(Wind(5.0, 90.0), [(0.0, 0.0)])
    climbing = observe(estimate, 200.0, (0.0, 0.0), 3.0, (20.0, 0.0, 0.0))
    for i in range(50):
        climbing = observe(climbing, 200.0 + i / 5, (0.0, 0.0), 3.0, (20.0, 0.0, 0.0))
    assert climbing.wind == estimate.wind


def messages(landed):
    position = {
        "lat": 373700000, "lon": 1271100000, "alt": 0, "relative_alt": 0, "vx": 0, "vy": 0, "vz": 0, "hdg": 0,
    }  # fmt: skip
    yield "HEARTBEAT", {"type": 2, "custom_mode": 4, "base_mode": 209, "system_status": 4}
    yield "EXTENDED_SYS_STATE", {"landed_state": landed}
    for i in range(100):
        yield "ATTITUDE", {"time_boot_ms": 200 * i + 100, "roll": 0.1, "pitch": 0.0, "yaw": 0.0}
        yield "GLOBAL_POSITION_INT", {"time_boot_ms": 200 * i + 150, **position}


@pytest.mark.parametrize(("landed", "known"), [(1, False), (2, True)])
def test_a_vehicle_on_the_ground_knows_nothing_of_the_wind(landed, known):
    state = VehicleState()
    for name, fields in messages(landed):
        state = fold(state, Message(name, fields))
    assert (state.wind is not None) == known
    if known:
        assert state.wind.from_deg == pytest.approx(90.0)  # it leans right, to the east: the wind comes there


numbers = st.floats(allow_nan=True, allow_infinity=True) | st.floats(-50, 50)


@given(st.lists(st.tuples(st.floats(0, 3), numbers, numbers, numbers, numbers), max_size=40))
def test_whatever_the_telemetry_says_the_estimate_stays_a_number(rows):
    estimate, boot_s = WindEstimate(), 0.0
    for step_s, east, north, roll, pitch in rows:
        boot_s += step_s
        speed = [v if abs(v) < 400 else 0.0 for v in (east, north)]  # the wire's int16 in cm/s
        angles = [v if math.isfinite(v) else math.nan for v in (roll, pitch)]
        estimate = observe(estimate, boot_s, tuple(speed), 0.0, (*angles, 0.0))
    assert math.isfinite(estimate.east_ms)
    assert math.isfinite(estimate.north_ms)
    assert estimate.wind is None or math.isfinite(estimate.wind.speed_ms)


@pytest.mark.ardupilot
def test_a_hover_in_the_wind_of_real_ardupilot_is_felt(tmp_path):
    if not os.environ.get("SKYSHADE_ARDUCOPTER") or find_ardupilot() is None:
        pytest.skip("SKYSHADE_ARDUCOPTER names no ArduPilot SITL")
    wind, worker = Wind(7.0, 220.0), int(os.environ.get("PYTEST_XDIST_WORKER", "gw0").removeprefix("gw"))
    running = start_vehicle(
        "ardupilot", home=Start(HOME, 40.0), speedup=10, instance=15 + worker, work_dir=tmp_path
    )
    with running, open_link(running.address, RealClock(), patience_s=5.0) as link:
        link.want({33: 5.0, 30: 10.0, 193: 2.0, 245: 2.0})
        link.wait_vehicle(20.0)
        hovering = Hovering(link)
        hovering.set("SIM_WIND_SPD", wind.speed_ms)
        hovering.set("SIM_WIND_DIR", wind.from_deg)
        hovering.until(lambda s: s.position_ready)
        hovering.until(lambda s: s.mode == "GUIDED", lambda: hovering.order(176, 1, 4))
        hovering.until(lambda s: s.armed, lambda: hovering.order(400, 1))
        hovering.until(
            lambda s: (s.altitude_home_m or 0) > 2, lambda: hovering.order(22, 0, 0, 0, 0, 0, 0, 62)
        )
        hovering.until(lambda s: (s.altitude_home_m or 0) > 61)  # full wind from 60 m on
        begun = hovering.state.boot_s
        hovering.until(lambda s: s.boot_s > begun + 20)
        felt = hovering.state
    assert error_ms(felt.air, wind) < 1.5
    assert felt.wind.from_deg == pytest.approx(wind.from_deg, abs=12)


class Hovering:
    """A few orders to a vehicle, given again until the state shows them."""

    def __init__(self, link):
        self.link = link
        self.state = VehicleState()

    def set(self, name, value):
        for _ in range(3):
            fields = {"param_id": name.encode(), "param_value": value, "param_type": 9}
            self.link.send("PARAM_SET", fields)

    def order(self, command, *params):
        padded = (*params, *[0.0] * 7)[:7]
        fields = {f"param{i}": float(v) for i, v in enumerate(padded, start=1)}
        self.link.send("COMMAND_LONG", {"command": command, "confirmation": 0, **fields})

    def until(self, met, order=lambda: None, timeout_s=150.0):
        ends, again = (self.link.vehicle_s or 0.0) + timeout_s, 0.0
        while not met(self.state):
            now = self.link.vehicle_s or 0.0
            assert now < ends, self.state
            if now >= again:
                again = now + 2.0
                order()
            message = self.link.receive(0.1)
            if message is not None:
                self.state = fold(self.state, message)
