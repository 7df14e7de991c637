"""Plans that ArduCopter takes and flies otherwise than drawn: each trap caught, its safe twin passed."""

import math

import pytest

from core.geo import Altitude, Datum, LocalFrame, LonLat
from missions.checks import check_mission
from missions.document.words import RULES_KO
from missions.finding import Severity, Verdict
from missions.model import Command, Home, Mission, MissionItem

FRAME = LocalFrame(LonLat(127.11, 37.37))
UP = MissionItem(Command.NAV_TAKEOFF, altitude=Altitude(50.0, Datum.HOME))
BACK = MissionItem(Command.NAV_RETURN_TO_LAUNCH)


def go(east=100.0, up=50.0, command=Command.NAV_WAYPOINT, datum=Datum.HOME, **more):
    return MissionItem(command, position=FRAME.place(east, 0.0), altitude=Altitude(up, datum), **more)


def do(command, *params):
    return MissionItem(command, (*params, *(0.0,) * (4 - len(params))))


def findings(items):
    found = check_mission(Mission(Home(FRAME.origin, 40.0), tuple(items)))
    return [f for f in found if f.verdict is not Verdict.PASS], {f.rule for f in found}


LAND = go(0.0, 0.0, Command.NAV_LAND)
AGAIN = do(Command.DO_JUMP, 2, 3)
PLACE = go(100.0, 0.0, Command.NAV_PAYLOAD_PLACE, params=(30.0, 0, 0, 0))
WAITED = go(params=(1.0, 0, 0, 0))
TWINS = {
    "never_flown": ([UP, go(), BACK, go(200)], [UP, go(), go(200), BACK], 3),
    "take_off_again": ([UP, go(), UP, BACK], [UP, go(), LAND, UP, BACK], 2),
    "take_off_height": ([MissionItem(Command.NAV_TAKEOFF), go(), BACK], [UP, go(), BACK], 0),
    "speed_order": (
        [UP, do(Command.DO_CHANGE_SPEED, 1, 0), go(), BACK],
        [UP, do(Command.DO_CHANGE_SPEED, 1, 5), do(Command.DO_CHANGE_SPEED, 1, -1), go(), BACK],
        1,
    ),
    "jump_endless": ([UP, go(), do(Command.DO_JUMP, 2, -1), BACK], [UP, go(), AGAIN, BACK], 2),
    "jump_target": ([UP, go(), do(Command.DO_JUMP, 9, 1), BACK], [UP, go(), AGAIN, BACK], 2),
    "wait_endless": (
        [UP, go(command=Command.NAV_LOITER_UNLIM), BACK],
        [UP, go(command=Command.NAV_LOITER_TIME, params=(30.0, 0, 0, 0)), BACK],
        1,
    ),
    "no_place": ([UP, MissionItem(Command.NAV_WAYPOINT), BACK], [UP, go(), BACK], 1),
    "roi_no_place": (
        [UP, MissionItem(Command.DO_SET_ROI_LOCATION), go(), BACK],
        [UP, go(command=Command.DO_SET_ROI_LOCATION), go(), MissionItem(Command.DO_SET_ROI_NONE), BACK],
        1,
    ),
    "place_hovers": ([UP, go(), PLACE, BACK], [UP, WAITED, PLACE, BACK], 2),
    "place_descent": (
        [UP, WAITED, go(100.0, 0.0, Command.NAV_PAYLOAD_PLACE), BACK],
        [UP, WAITED, PLACE, BACK],
        2,
    ),
    "spline_first": (
        [go(command=Command.NAV_SPLINE_WAYPOINT), UP, BACK],
        [UP, go(command=Command.NAV_SPLINE_WAYPOINT), BACK],
        0,
    ),
}  # fmt: skip


@pytest.mark.parametrize("rule", TWINS)
def test_a_trap_is_caught_at_its_item_and_its_safe_twin_passes(rule):
    unsafe, safe, item = TWINS[rule]
    bad, _ = findings(unsafe)
    caught = [f for f in bad if f.rule == rule]
    assert [(f.verdict, f.item) for f in caught] == [(Verdict.FAIL, item)]
    assert caught[0].cure
    assert rule in RULES_KO
    fine, rules = findings(safe)
    assert not [f for f in fine if f.verdict is Verdict.FAIL]
    assert "traps" in rules


@pytest.mark.parametrize(
    "item",
    [
        do(Command.DO_JUMP, math.nan, 1),
        do(Command.DO_JUMP, 1, math.nan),
        do(Command.DO_JUMP, 3, 1),
        do(Command.DO_CHANGE_SPEED, 1, math.nan),
        go(params=(70_000.0, 0, 0, 0)),
        do(Command.NAV_DELAY, -1, 9, 30, 0),
        do(Command.NAV_DELAY, 0, 9, 30, 0),
    ],
)
def test_odd_figures_are_caught_too(item):
    bad, rules = findings([UP, go(), item, BACK])
    assert [f.item for f in bad if f.verdict is Verdict.FAIL] == [2]
    assert "traps" not in rules


def test_a_landing_sequence_behind_a_return_is_reached_by_its_mark():
    bad, _ = findings([UP, go(), BACK, do(189), go(50), LAND])
    assert "never_flown" not in {f.rule for f in bad}


def test_a_height_over_ground_is_unknown_until_the_vehicles_terrain_is_seen():
    bad, _ = findings([UP, go(datum=Datum.GROUND), BACK])
    finding = next(f for f in bad if f.rule == "terrain_frame")
    assert (finding.verdict, finding.severity, finding.item) == (Verdict.UNKNOWN, Severity.WARNING, 1)
    assert "terrain_frame" not in {f.rule for f in findings([UP, go(), BACK])[0]}
