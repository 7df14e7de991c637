"""The watch over a flight, fed with messages by hand."""

import math
from dataclasses import replace

import pytest

from core.geo import Altitude, Datum, LocalFrame, LonLat
from flight.gripper import Gripper
from flight.state import VehicleState, fold
from flight.watch import observe as observe_watch
from flight.watch import start_watch
from flight.wire import Message
from missions.model import Command, Home, Mission, MissionItem, RallyPoint

HOME = LonLat(127.11, 37.37)
FRAME = LocalFrame(HOME)
AUTO, LOITER, RTL = 3, 5, 6


def waypoint(north_m, east_m, command=Command.NAV_WAYPOINT, p1=0.0):
    return MissionItem(command, (p1, 0, 0, 0), FRAME.place(east_m, north_m), Altitude(30, Datum.HOME))


MISSION = Mission(
    Home(HOME, 40.0),
    (
        MissionItem(Command.NAV_TAKEOFF, altitude=Altitude(30, Datum.HOME)),
        waypoint(100, 0),
        MissionItem(Command.DO_CHANGE_SPEED, (1, 5, -1, 0)),
        waypoint(100, 100, p1=10.0),
        MissionItem(Command.NAV_RETURN_TO_LAUNCH),
    ),
    rally=(RallyPoint(FRAME.place(100, -50), Altitude(30, Datum.HOME)),),
)


class Flight:
    """Feeds messages into state and watch."""

    def __init__(self, mission=MISSION):
        self.watch, self.state, self.events = start_watch(mission), VehicleState(), []
        self.boot_s = 100.0

    def hear(self, name, commanded=("AUTO",), utc_s=None, **fields):
        message = Message(name, fields, 1.8e9 + self.boot_s if utc_s is None else utc_s)
        self.state = fold(self.state, message)
        self.watch, events = observe_watch(self.watch, message, self.state, commanded)
        self.events += [(e.kind, e.text) for e in events]

    def mode(self, number=AUTO, armed=True, commanded=("AUTO",)):
        self.hear("HEARTBEAT", commanded, type=2, custom_mode=number, base_mode=128 * armed, system_status=4)

    def current(self, seq, state=3):
        self.hear("MISSION_CURRENT", seq=seq, total=5, mission_state=state)

    def at(self, north_m, east_m, up_m=30.0, seconds=1.0, utc_s=None):
        self.boot_s += seconds
        place = FRAME.place(east_m, north_m)
        self.hear(
            "GLOBAL_POSITION_INT", utc_s=utc_s, time_boot_ms=round(self.boot_s * 1000),
            lat=round(place.lat * 1e7),
            lon=round(place.lon * 1e7), alt=70000, relative_alt=round(up_m * 1000), vx=0, vy=0, vz=0, hdg=0,
        )  # fmt: skip

    def hear_at(self, jump_s, north_m, east_m):
        """The vehicle's clock jumps; ours goes on."""
        real_s = self.boot_s + 1.0
        self.boot_s += jump_s
        self.at(north_m, east_m, utc_s=1.8e9 + real_s)

    def say(self, text, severity=6):
        self.hear("STATUSTEXT", severity=severity, text=text)

    def fly_to(self, seq):
        self.mode()
        self.hear("EXTENDED_SYS_STATE", landed_state=2)
        self.current(1)
        if seq > 1:
            self.current(seq)
        return self


def test_progress_follows_the_current_item_and_needs_no_reached_messages():
    flight = Flight().fly_to(2)
    flight.current(4)
    assert flight.watch.reached == 3
    flight.current(0, state=5)
    assert flight.watch.complete
    assert flight.watch.reached == 5


@pytest.mark.parametrize("reset_first", [True, False])
def test_a_mission_that_ends_in_a_landing_is_complete_though_the_vehicle_starts_it_over(reset_first):
    land = MissionItem(Command.NAV_LAND)
    flight = Flight(Mission(Home(HOME), (waypoint(50, 0), land))).fly_to(2)
    flight.hear("EXTENDED_SYS_STATE", landed_state=1)
    if reset_first:
        flight.current(1)
    flight.mode(armed=False)
    assert flight.watch.complete
    assert flight.watch.reached == 2


def test_a_reached_message_that_counts_one_too_far_is_not_believed():
    flight = Flight().fly_to(2)
    flight.hear("MISSION_ITEM_REACHED", seq=3)
    assert flight.watch.reached == 2


def test_a_mission_completed_by_an_earlier_flight_is_not_taken_for_this_one():
    flight = Flight()
    flight.mode()
    flight.current(0, state=5)
    assert not flight.watch.complete


@pytest.mark.parametrize(("north_m", "east_m", "off_m"), [(50, 3, 3), (100, 50, 0), (120, 0, 20), (50, 0, 0)])
def test_deviation_is_the_distance_to_the_legs_round_the_current_item(north_m, east_m, off_m):
    flight = Flight().fly_to(2)
    flight.at(north_m, east_m)
    assert flight.watch.max_deviation_m == pytest.approx(off_m, abs=0.02)


@pytest.mark.parametrize(("north_m", "east_m"), [(50, 50), (25, 100)])
def test_a_return_may_lead_home_or_to_a_rally_point(north_m, east_m):
    flight = Flight().fly_to(5)
    flight.at(north_m, east_m)
    assert flight.watch.deviation_m < 0.02


def test_a_vehicle_that_stands_still_is_reported_once_after_the_items_own_wait():
    flight = Flight().fly_to(4)
    for _ in range(54):
        flight.at(100, 100)
    assert flight.events == []
    for _ in range(30):
        flight.at(100, 100)
    assert [kind for kind, _ in flight.events] == ["stall"]
    assert flight.watch.stalled


def test_a_mode_that_nobody_here_commanded_is_a_pilot_takeover():
    flight = Flight().fly_to(2)
    flight.mode(LOITER)
    for _ in range(4):
        flight.at(50, 0)
        flight.mode(LOITER)
    assert flight.watch.taken_over == "LOITER"
    assert [kind for kind, _ in flight.events] == ["mode", "takeover"]
    flight.mode(AUTO)
    assert flight.watch.taken_over is None


@pytest.mark.parametrize("text_first", [True, False])
def test_a_failsafe_is_no_takeover_whether_its_text_comes_before_or_after(text_first):
    flight = Flight().fly_to(2)
    flight.at(50, 0)
    if text_first:
        flight.say("Polygon fence breached", 2)
    flight.mode(RTL)
    flight.at(50, 0)
    if not text_first:
        flight.say("GCS Failsafe", 4)
    for _ in range(5):
        flight.at(50, 0)
        flight.mode(RTL)
    assert flight.watch.taken_over is None
    assert flight.watch.failsafe


def test_a_mode_that_was_commanded_here_is_neither():
    flight = Flight().fly_to(2)
    for _ in range(6):
        flight.at(50, 0)
        flight.mode(RTL, commanded=("RTL",))
    assert flight.events == []


@pytest.mark.parametrize(
    ("text", "kind"),
    [
        ("Gripper load released", "payload"),
        ("PayloadPlace: Releasing the gripper", "payload"),
        ("Winch: lowering  5.0m to  5.0m", "payload"),
        ("Gripper Released", None),
        ("Battery 1 is low 10.20V used 10 mAh", "failsafe"),
        ("GCS Failsafe Cleared", None),
    ],
)
def test_only_what_the_payload_itself_confirms_is_a_payload_event(text, kind):
    flight = Flight().fly_to(2)
    flight.say(text)
    assert [k for k, _ in flight.events] == ([] if kind is None else [kind])


def test_a_landing_that_nobody_heard_of_is_known_by_where_the_vehicle_stands():
    flight = Flight(Mission(Home(HOME), (waypoint(50, 0), waypoint(80, 0), MissionItem(Command.NAV_LAND))))
    flight.fly_to(1).at(20, 0)
    flight.hear("EXTENDED_SYS_STATE", landed_state=1)
    flight.at(79, 1, up_m=0.0, seconds=60.0)
    flight.mode(armed=False)
    assert flight.watch.complete


@pytest.mark.parametrize(("north_m", "flown"), [(30, True), (80, False)])
def test_a_vehicle_that_stands_elsewhere_or_never_flew_has_not_landed_its_mission(north_m, flown):
    flight = Flight(Mission(Home(HOME), (waypoint(50, 0), waypoint(80, 0), MissionItem(Command.NAV_LAND))))
    flight.fly_to(1)
    if flown:
        flight.at(20, 0)
    flight.hear("EXTENDED_SYS_STATE", landed_state=1)
    flight.at(north_m, 0, up_m=0.0)
    flight.mode(armed=False)
    assert not flight.watch.complete


@pytest.mark.parametrize("jump_s", [3600.0, -50.0])
def test_a_clock_that_jumps_is_told_and_makes_neither_stall_nor_takeover(jump_s):
    flight = Flight().fly_to(2)
    flight.at(20, 0)
    flight.hear_at(jump_s, 20, 0)
    flight.mode(LOITER)
    assert [kind for kind, _ in flight.events] == ["warning", "mode"]
    assert f"jumped by {jump_s + 1:+.0f} s" in flight.events[0][1]
    assert not flight.watch.stalled
    for _ in range(10):
        flight.at(20, 0)
    assert flight.watch.stalled_for_s < 15


def test_a_clock_that_begins_anew_is_a_restart_of_the_vehicle():
    flight = Flight().fly_to(2)
    flight.at(20, 0)
    flight.hear_at(-97.0, 20, 0)
    assert flight.watch.restarted
    assert flight.events == [("failsafe", "the vehicle restarted: its clock went from 101 s back to 5 s")]


def test_a_release_whose_word_is_lost_is_known_by_the_servo():
    flight = Flight()
    flight.watch = replace(flight.watch, gripper=Gripper(9, 1900, 1100, closed=True))
    flight.fly_to(2)
    for _ in range(4):
        flight.hear("SERVO_OUTPUT_RAW", servo9_raw=1100)
    flight.say("Gripper load released")
    assert flight.events == [("payload", "Gripper load released")]


def test_a_spline_or_a_circle_may_leave_the_straight_line():
    circle = replace(waypoint(50, 0, Command.NAV_LOITER_TURNS), params=(2, 0, 20, 0))
    flight = Flight(Mission(Home(HOME), (circle, waypoint(90, 0)))).fly_to(1)
    flight.at(50, 20)
    assert flight.watch.max_deviation_m == pytest.approx(0, abs=0.02)
    flight.at(50, 25)
    assert math.isclose(flight.watch.max_deviation_m, 5, abs_tol=0.02)
