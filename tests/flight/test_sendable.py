"""Items that no vehicle could use are refused before the first byte, each naming its item and the reason."""

import math
from dataclasses import replace

import pytest

from core.geo import Altitude, Datum, LonLat
from flight.exchange import UnsendableError, upload
from flight.sendable import check_heights, check_items
from flight.wire import Frame, Kind, WireItem, mission_to_wire
from missions.model import Command, Home, Mission, MissionItem

GOOD = WireItem(1, Frame.GLOBAL_RELATIVE_ALT_INT, 16, x=373_700_000, y=1_271_000_000, z=30.0)
HOME = replace(GOOD, seq=0, frame=Frame.GLOBAL)


@pytest.mark.parametrize(
    ("changes", "told"),
    [
        ({"params": (math.nan, 0, 0, 0)}, "parameter 1 is nan"),
        ({"params": (0, 0, math.inf, 0)}, "parameter 3 is inf"),
        ({"z": math.nan}, "altitude is nan"),
        ({"z": 90_000.0}, "beyond 83000 m"),
        ({"x": 910_000_000}, "latitude 91.0000000 is outside the world"),
        ({"y": -1_800_000_001}, "longitude -180.0000001 is outside the world"),
        ({"frame": 1}, r"no datum we know \(frame 1\)"),
        ({"frame": Frame.MISSION}, r"no datum we know \(frame 2\)"),
        ({"command": 9999}, "flies that command"),
        ({"command": Command.DO_JUMP, "params": (7.0, 1.0, 0, 0)}, "jumps to item 7; there are items 1 to 1"),
        ({"seq": 5}, "stands at place 1"),
        ({"kind": Kind.RALLY}, "stands at place 1 of a mission"),
    ],
)
def test_an_item_no_vehicle_could_use_is_named_and_nothing_is_sent(wired, changes, told):
    wire = wired()
    with pytest.raises(UnsendableError, match=rf"item {changes.get('seq', 1)} .*{told}") as caught:
        upload(wire, Kind.MISSION, [HOME, replace(GOOD, **changes)], wire.clock)
    assert wire.sent == 0
    assert caught.value.result != 0


def test_ten_thousand_items_are_more_than_any_vehicle_holds():
    items = [replace(GOOD, seq=seq) for seq in range(10_000)]
    with pytest.raises(UnsendableError, match="10000 items are more than any vehicle holds"):
        check_items(Kind.MISSION, items)


def test_a_fence_takes_fence_items_and_a_rally_list_rally_points_only():
    with pytest.raises(UnsendableError, match="no part of a fence"):
        check_items(Kind.FENCE, [replace(HOME, kind=Kind.FENCE)])
    with pytest.raises(UnsendableError, match="no rally point"):
        check_items(Kind.RALLY, [replace(HOME, kind=Kind.RALLY)])


def test_an_open_heading_and_newer_firmwares_commands_may_be_sent():
    check_items(Kind.MISSION, [HOME, replace(GOOD, params=(0, 0, 0, math.nan))])
    check_items(Kind.MISSION, [HOME, replace(GOOD, command=9999)], commands=None)


@pytest.mark.parametrize("command", [Command.NAV_WAYPOINT, Command.NAV_TAKEOFF, Command.NAV_LOITER_TIME])
def test_a_height_that_nobody_stated_is_not_flown(command):
    items = (MissionItem(command, position=LonLat(127, 37)),)
    with pytest.raises(UnsendableError, match=r"item 1 .* no altitude"):
        check_heights(Mission(Home(LonLat(127, 37)), items))


def test_what_our_own_planner_says_is_sendable():
    items = (
        MissionItem(Command.NAV_TAKEOFF, altitude=Altitude(30, Datum.HOME)),
        MissionItem(
            Command.NAV_WAYPOINT, (0.0, 0.0, 0.0, math.nan), LonLat(127, 37), Altitude(30, Datum.GROUND)
        ),
        MissionItem(Command.DO_GRIPPER, (1.0, 0.0, 0.0, 0.0)),
        MissionItem(Command.NAV_RETURN_TO_LAUNCH),
    )  # fmt: skip
    mission = Mission(Home(LonLat(127, 37)), items)
    check_heights(mission)
    check_items(Kind.MISSION, mission_to_wire(mission))
