"""Geometry and motion of the embedded copter, against pyproj, calculus and recorded flights."""

import gzip
import itertools
import math
import random
import struct

import pytest
import shapely
from fakes.copter_bench import do, place, rtl, takeoff, waypoint
from hypothesis import given, settings
from hypothesis import strategies as st

from core.geo import LocalFrame, LonLat
from flight.simulator.airframe import Airframe, Demand
from flight.simulator.curve import Curve, Limits
from flight.simulator.fence import Polygon
from flight.simulator.geometry import Ground
from flight.simulator.messages import mavlink

metres = st.floats(-5000, 5000)


@given(st.floats(-70, 70), st.floats(-180, 180), metres, metres)
def test_the_local_plane_agrees_with_pyproj_to_a_centimetre_over_five_kilometres(lat, lon, north, east):
    lat_lon = Ground(lat, lon).to_lat_lon(complex(north, east))
    there = LocalFrame(LonLat(lon, lat)).to_local((lat_lon[1] + 180) % 360 - 180, lat_lon[0])
    assert there == pytest.approx([east, north], abs=0.01)


@given(metres, metres)
def test_there_and_back_is_a_millimetre(north, east):
    ground = Ground(37.37, 127.11)
    back = ground.to_local(*ground.to_lat_lon(complex(north, east)))
    assert abs(back - complex(north, east)) < 1e-3


@st.composite
def curves(draw):
    speed, accel, jerk = draw(st.floats(0.5, 20)), draw(st.floats(0.3, 5)), draw(st.floats(0.3, 5))
    start = draw(st.floats(0, 1)) * speed
    return Curve.plan(draw(st.floats(0.5, 2000)), Limits(speed, accel, jerk), start), speed, accel, jerk


@settings(max_examples=40)
@given(curves())
def test_a_profile_keeps_its_limits_and_its_integrals(case):
    curve, speed, accel, jerk = case
    steps = 200
    dt = curve.duration_s / steps
    motions = [curve.at(i * dt) for i in range(steps + 1)]
    assert all(-1e-6 <= m.speed_ms <= speed + 1e-6 for m in motions)
    assert all(abs(m.accel_mss) <= accel + 1e-6 for m in motions)
    for a, b in itertools.pairwise(motions):
        assert abs(b.accel_mss - a.accel_mss) <= jerk * dt + 1e-6
        travelled = (a.speed_ms + b.speed_ms) / 2 * dt
        assert b.along_m - a.along_m == pytest.approx(travelled, abs=accel * dt**2 + 1e-6)
    assert motions[-1].along_m == pytest.approx(curve.length_m, abs=1e-6)
    assert motions[-1].speed_ms == pytest.approx(0.0, abs=1e-6)


def test_polygon_holds_what_shapely_says():
    rng = random.Random(3)
    corners = [(0, 0), (40, 5), (35, 30), (20, 10), (5, 35)]
    ours = Polygon(tuple(complex(*c) for c in corners), inside=True)
    theirs = shapely.Polygon(corners)
    for _ in range(500):
        spot = rng.uniform(-5, 45), rng.uniform(-5, 45)
        assert ours.holds(complex(*spot)) == theirs.contains(shapely.Point(spot))


@pytest.mark.parametrize(("wind_ms", "roll_deg"), [(8.0, -10.9), (4.0, -4.4)])
def test_wind_from_the_west_leans_the_copter_west(make, wind_ms, roll_deg):
    bench = make(SIM_WIND_SPD=wind_ms, SIM_WIND_DIR=270)
    bench.in_the_air(20.0)
    bench.run(20.0)
    air = bench.vehicle.air
    assert math.degrees(air.attitude_rad[0]) == pytest.approx(roll_deg, abs=0.4)
    assert abs(air.position) < 0.3


def settled(lean_deg, yaw_deg=0.0, wind=0j):
    """The level velocity at which drag holds a lean (forward, to the right), low over the sea."""
    air = Airframe(height_m=20.0, altitude_m=30.0, on_ground=False, yaw_rad=math.radians(yaw_deg))
    pitch, roll = (math.radians(angle) for angle in lean_deg)
    lean = 9.80665 * complex(math.tan(pitch), math.tan(roll) / math.cos(pitch))
    demand = Demand(lean * complex(math.cos(air.yaw_rad), math.sin(air.yaw_rad)), yaw_rad=air.yaw_rad)
    for _ in range(3000):
        air.step(0.02, demand, wind)
    return air.velocity


def test_a_recorded_lean_in_a_crosswind_holds_the_recorded_speed():
    velocity = settled((28.14, -10.93), wind=4.62j)
    assert velocity.real == pytest.approx(9.65, abs=0.15)
    assert velocity.imag == pytest.approx(0.0, abs=0.5)


def test_air_met_at_an_angle_to_the_arms_holds_the_copter_back_less():
    along, between, beside = (abs(settled(lean)) for lean in ((25, 0), (18.25, 17.4), (0, 25)))
    assert between > 1.05 * along
    assert beside == pytest.approx(along, rel=0.01)


def test_a_storm_carries_it_away_as_recorded(make):
    bench = make()
    bench.in_the_air(20.0)
    bench.fault("storm")
    bench.run(20.0)
    assert bench.vehicle.air.velocity.imag == pytest.approx(7.3, abs=0.5)
    assert math.degrees(bench.vehicle.air.attitude_rad[0]) == pytest.approx(-30.0, abs=0.5)


def test_straight_waypoints_are_flown_through_without_slowing(bench):
    bench.start([takeoff(), waypoint(80, 0, 20), waypoint(160, 0, 20), waypoint(240, 0, 20), rtl()])
    bench.run(60.0, until=lambda: bench.vehicle.air.position.real > 70)
    slowest = 99.0
    while bench.vehicle.air.position.real < 170:
        bench.run(0.1)
        slowest = min(slowest, abs(bench.vehicle.air.velocity))
    assert slowest > 9.3


def test_corners_are_cut_inside_the_radius(bench):
    bench.start([takeoff(), waypoint(100, 0, 20), waypoint(100, 100, 20), rtl()])
    nearest = 99.0
    bench.run(60.0, until=lambda: bench.vehicle.air.position.real > 60)
    for _ in range(100):
        bench.run(0.1)
        nearest = min(nearest, abs(bench.vehicle.air.position - complex(100, 0)))
    assert nearest < 2.5


def recorded(path):
    """(seconds since boot, message) of the vehicle's messages in a tlog."""
    raw, parser, at, now = gzip.decompress(path.read_bytes()), mavlink.MAVLink(None), 0, 0.0
    while at + 20 < len(raw):
        signed = 13 if raw[at + 10] & 1 else 0
        end = at + 8 + 12 + raw[at + 9] + signed
        (message,) = parser.parse_buffer(raw[at + 8 : end]) or (None,)
        at = end
        if message is not None and message.get_srcSystem() == 1:
            now = getattr(message, "time_boot_ms", now * 1000) / 1000
            yield now, message
    assert struct.unpack(">Q", raw[:8])[0] > 0


@pytest.mark.shared_data
def test_it_flies_a_mission_in_the_time_arducopter_took(make, shared_data):
    log = recorded(shared_data / "flight/main10.tlog.gz")
    real = [(now, m.seq) for now, m in log if m.get_type() == "MISSION_ITEM_REACHED"]
    bench = make()
    x, y = zip(place(60, 0), place(60, 60), strict=True)
    assert abs(x[0] - 373843390) < 80
    assert abs(y[1] - 1271171783) < 80
    bench.start(
        [takeoff(), waypoint(60, 0, 20), waypoint(60, 60, 25), do(183, 9, 1700), waypoint(0, 60, 20), rtl()]
    )
    bench.run(200.0, until=lambda: not bench.vehicle.armed)
    ours = [(now, m.seq) for now, m in bench.log if m.get_type() == "MISSION_ITEM_REACHED"]
    assert [seq for _, seq in ours] == [seq for _, seq in real]
    started = bench.time_of("Arming motors")
    assert ours[0][0] - started == pytest.approx(real[0][0] - 44.44, rel=0.03)
    assert ours[-1][0] - started == pytest.approx(real[-1][0] - 44.44, rel=0.03)
    for n in range(1, len(real)):
        ours_s, real_s = ours[n][0] - ours[n - 1][0], real[n][0] - real[n - 1][0]
        assert ours_s == pytest.approx(real_s, rel=0.05), f"leg to item {real[n][1]}"
