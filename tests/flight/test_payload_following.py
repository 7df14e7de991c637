"""Following a gripper through words that get lost, and plans that would hold or drop the wrong thing."""

from dataclasses import replace

import pytest

from core.geo import Altitude, Datum, LonLat
from flight.gripper import GRABBED, RELEASED, RELEASING, Gripper
from flight.traps import parameters_wanted, traps, unknown_releases, with_place_delays
from flight.wire import Message
from missions.model import Command, Home, Mission, MissionItem

HERE = LonLat(127.11, 37.37)
CLOSED = Gripper(channel=9, grab_us=1900, release_us=1100, closed=True)


def says(text):
    return Message("STATUSTEXT", {"severity": 6, "text": text})


def output(pulse_us):
    return Message("SERVO_OUTPUT_RAW", {"servo9_raw": pulse_us})


def releases(gripper, *messages):
    count = 0
    for message in messages:
        gripper, let_go = gripper.follow(message)
        count += let_go
    return count


def test_a_release_is_counted_once_whatever_is_lost_of_it():
    told = [says(RELEASING), says(RELEASED), *[output(1100)] * 5, says(RELEASED)]
    assert releases(CLOSED, *told) == 1
    assert releases(CLOSED, says(RELEASED), output(1100)) == 1
    assert releases(CLOSED, *[output(1100)] * 5) == 1
    assert releases(CLOSED, *[output(1100)] * 5, says(RELEASING), says(RELEASED)) == 1


def test_a_gripper_that_was_open_lets_nothing_go():
    assert releases(replace(CLOSED, closed=False), says(RELEASED), *[output(1100)] * 5) == 0
    assert releases(replace(CLOSED, closed=None), says(RELEASED)) == 0


def test_a_servo_on_its_way_is_not_a_release():
    assert releases(CLOSED, output(1500), output(1100), output(1100), output(1900)) == 0


def test_closed_again_it_can_let_go_again():
    assert releases(CLOSED, says(RELEASED), says(GRABBED), output(1900), *[output(1100)] * 3) == 2


def item(command, *params, up_m=None, datum=Datum.HOME):
    altitude = None if up_m is None else Altitude(up_m, datum)
    place = None if up_m is None else HERE
    return MissionItem(command, (*params, 0, 0, 0, 0)[:4], place, altitude)


def plan(*items):
    return Mission(Home(HERE, 40.0), items)


GRIP, PLACE = item(Command.DO_GRIPPER, 1, 0), item(Command.NAV_PAYLOAD_PLACE, 10, up_m=20)


@pytest.mark.parametrize(
    ("items", "parameters", "grave", "words"),
    [
        ([GRIP], {"GRIP_ENABLE": 0.0}, True, "item 1: no gripper is enabled"),
        ([GRIP], {"GRIP_ENABLE": None}, True, "unknown"),
        ([PLACE], {"GRIP_ENABLE": 0.0}, False, "nothing tells whether the load came off"),
        ([item(Command.DO_WINCH, 1, 1, 5)], {"WINCH_TYPE": 0.0}, True, "no winch is fitted"),
        ([item(Command.DO_WINCH, 1, 1, 5)], {"WINCH_TYPE": 1.0}, False, "unknown"),
        ([item(183, 9, 1100)], {}, False, "a servo tells nothing back"),
        ([item(Command.DO_SET_CAM_TRIGG_DIST, 5)], {"CAM1_TYPE": 0.0}, False, "shots are unknown"),
        ([item(Command.DO_DIGICAM_CONTROL)], {"CAM1_TYPE": None}, False, "shots may stay unknown"),
        (
            [item(Command.NAV_WAYPOINT, up_m=20, datum=Datum.GROUND)],
            {"TERRAIN_ENABLE": 0.0}, True, "could fly into the ground",
        ),
        ([PLACE], {"GRIP_ENABLE": 1.0, "MIS_RESTART": 1.0}, False, "starts again at item 1"),
    ],
)  # fmt: skip
def test_each_trap_is_named_with_its_item(items, parameters, grave, words):
    (found,) = traps(plan(*items), parameters)
    assert found.grave == grave
    assert words in str(found)


def test_only_the_parameters_that_matter_are_asked_for():
    assert parameters_wanted(plan(item(Command.NAV_WAYPOINT, up_m=5))) == ("MIS_RESTART",)
    assert "GRIP_ENABLE" in parameters_wanted(plan(PLACE))
    assert "CAM1_TYPE" not in parameters_wanted(plan(item(Command.DO_SET_CAM_TRIGG_DIST, 0)))


@pytest.mark.parametrize(
    ("before", "delay_s"),
    [
        (item(Command.NAV_WAYPOINT, up_m=30), 1.0),
        (item(Command.NAV_WAYPOINT, 4, up_m=30), 4.0),
        (item(Command.NAV_WAYPOINT, up_m=20), 0.0),
        (item(Command.NAV_SPLINE_WAYPOINT, up_m=30), 1.0),
        (item(Command.NAV_LOITER_TIME, up_m=30), 0.0),
    ],
)
def test_a_waypoint_before_a_payload_place_waits_where_it_must(before, delay_s):
    speed = item(Command.DO_CHANGE_SPEED, 1, 5)
    flown, told = with_place_delays(plan(before, speed, PLACE))
    assert flown.items[0].params[0] == delay_s
    assert bool(told) == (delay_s != before.params[0])
    assert flown.items[1:] == (speed, PLACE)


def test_releases_that_nothing_tells_of_are_counted_as_unknown():
    items = [
        item(183, 9, 1100),
        item(Command.DO_WINCH, 1, 1, 5),
        item(Command.DO_WINCH, 1, 1, -5),
        GRIP,
        PLACE,
    ]
    assert unknown_releases(plan(*items), {"GRIP_ENABLE": 1.0}) == 2
    assert unknown_releases(plan(*items), {"GRIP_ENABLE": 0.0}) == 3
