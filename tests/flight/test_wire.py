"""Missions, fences and rally points survive the wire."""

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.geo import Altitude, Datum, LonLat
from flight.readback import compare
from flight.wire import (
    Frame,
    Kind,
    WireError,
    WireItem,
    fence_to_wire,
    fields_of,
    item_of,
    mission_to_wire,
    rally_to_wire,
    wire_to_fence,
    wire_to_mission,
    wire_to_rally,
)
from missions.model import Command, Fence, FenceCircle, FencePolygon, Home, Mission, MissionItem, RallyPoint

# whole 1e-7 degrees, as the wire has them; never 0, 0, which means "here"
places = st.builds(
    lambda lon, lat: LonLat(lon / 1e7, lat / 1e7),
    st.integers(-1_800_000_000, -1) | st.integers(1, 1_800_000_000),
    st.integers(-900_000_000, -1) | st.integers(1, 900_000_000),
)
altitudes = st.builds(
    Altitude, st.integers(1, 5000).map(float), st.sampled_from([Datum.HOME, Datum.GEOID, Datum.GROUND])
)
waypoints = st.builds(
    lambda place, altitude, delay: MissionItem(
        Command.NAV_WAYPOINT, (float(delay), 0.0, 0.0, 0.0), place, altitude
    ),
    places, altitudes, st.integers(0, 60),
)  # fmt: skip
actions = st.sampled_from([
    MissionItem(Command.DO_GRIPPER, (1.0, 0.0, 0.0, 0.0)),
    MissionItem(Command.DO_CHANGE_SPEED, (1.0, 8.0, -1.0, 0.0)),
    MissionItem(Command.NAV_RETURN_TO_LAUNCH),
    MissionItem(Command.NAV_TAKEOFF, altitude=Altitude(30.0, Datum.HOME)),
])  # fmt: skip
missions = st.builds(
    lambda home, items: Mission(Home(home, 40.0), tuple(items)),
    places, st.lists(waypoints | actions, min_size=1, max_size=12),
)  # fmt: skip
polygons = st.builds(
    lambda corners, inclusion: FencePolygon(tuple(corners), inclusion),
    st.lists(places, min_size=3, max_size=8), st.booleans(),
)  # fmt: skip
circles = st.builds(FenceCircle, places, st.integers(1, 500).map(float), st.booleans())


@given(missions)
def test_a_mission_is_the_same_after_the_wire(mission):
    items = [item_of(fields_of(item)) for item in mission_to_wire(mission)]
    back = wire_to_mission(items)
    assert back.home == mission.home
    assert back.items == mission.items
    assert compare(mission_to_wire(mission), items).same


@given(st.lists(polygons, max_size=3), st.lists(circles, max_size=3))
def test_a_fence_is_the_same_after_the_wire(inside, rounds):
    fence = Fence(tuple(inside), tuple(rounds))
    assert wire_to_fence(fence_to_wire(fence)) == fence


@given(st.lists(st.builds(RallyPoint, places, altitudes), max_size=4))
def test_rally_points_are_the_same_after_the_wire(points):
    assert wire_to_rally(rally_to_wire(points)) == tuple(points)


def test_each_datum_travels_in_its_own_frame():
    def frame(datum):
        item = MissionItem(Command.NAV_WAYPOINT, position=LonLat(127, 37), altitude=Altitude(30, datum))
        return mission_to_wire(Mission(Home(LonLat(127, 37)), (item,)))[1].frame

    assert [frame(d) for d in (Datum.HOME, Datum.GEOID, Datum.GROUND)] == [6, 5, 11]


def test_home_travels_as_item_0_with_its_height_above_sea():
    mission = Mission(Home(LonLat(127.11, 37.37), 42.5), (MissionItem(Command.NAV_RETURN_TO_LAUNCH),))
    home = mission_to_wire(mission)[0]
    assert (home.seq, home.frame, home.x, home.y, home.z) == (0, Frame.GLOBAL, 373700000, 1271100000, 42.5)


def test_what_is_left_to_the_vehicle_travels_as_ardupilots_zero_unless_it_would_hide_a_value():
    unset = (math.nan,) * 4
    items = (MissionItem(Command.NAV_RETURN_TO_LAUNCH, unset), MissionItem(Command.DO_CHANGE_SPEED, unset))
    back, speed = mission_to_wire(Mission(Home(LonLat(127, 37)), items))[1:]
    assert back.params == (0, 0, 0, 0)
    assert math.isnan(speed.params[1])
    assert speed.params[3] == 0


def test_a_fence_polygon_with_a_missing_corner_is_refused():
    items = fence_to_wire(Fence((FencePolygon((LonLat(1, 1), LonLat(2, 1), LonLat(2, 2))),)))[:2]
    with pytest.raises(WireError, match="a polygon of 3 corners has 2"):
        wire_to_fence(items)


def test_an_empty_vehicle_holds_no_mission():
    with pytest.raises(WireError, match="holds no mission"):
        wire_to_mission([WireItem(0, Frame.GLOBAL, 16)])


def held(item, **changes):
    values = fields_of(item) | changes
    return item_of(values)


def test_the_vehicles_own_roundings_are_told_and_not_called_different():
    sent = WireItem(1, 6, Command.NAV_WAYPOINT, (2.5, 3.0, 0.0, 0.0), 373700000, 1271100000, 30.004)
    got = held(sent, param1=2.0, param2=0.0, frame=3, z=30.0)
    found = compare([sent], [got])
    assert found.same
    assert found.adjusted == (
        "item 1: p1 2.5 was sent, 2 is held",
        "item 1: p2 3 was sent, 0 is held",
    )


@pytest.mark.parametrize(
    ("changes", "told"),
    [
        ({"x": 373700001}, "position"),
        ({"z": 30.5}, "altitude 30 m was sent, 30.5 m is held"),
        ({"frame": 0}, "altitude frame 6 was sent, 0 is held"),
        ({"param1": 7.0}, "p1 0 was sent, 7 is held"),
        ({"command": 17}, "command 16 was sent, 17 is held"),
    ],
)
def test_a_difference_that_matters_is_named(changes, told):
    sent = WireItem(1, 6, Command.NAV_WAYPOINT, (0.0, 0.0, 0.0, 0.0), 373700000, 1271100000, 30.0)
    found = compare([sent], [held(sent, **changes)])
    assert told in found.different[0]


def test_a_missing_item_is_a_difference():
    items = [WireItem(seq, 6, 16, kind=Kind.RALLY) for seq in range(3)]
    assert compare(items, items[:2]).different == ("3 items were sent, the vehicle holds 2",)
