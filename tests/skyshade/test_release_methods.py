"""Each way to hand goods over, flown: gripper, winch, landing; and each way in which it does not come off."""

import signal
from dataclasses import replace

import pytest
from fakes.flying import HOME, KINDS, connected, place, simulated

from core.geo import Altitude, Datum, LonLat, distance_m
from delivery.flightplan import LaneParams, plan_delivery
from delivery.model import Place, Release
from flight.fly import OnInterrupt
from flight.params import set_parameter
from missions.aircraft import load_aircraft
from missions.model import RallyPoint
from skyshade.flier import FlightRoom

DEPOT = Place("depot", "거점", HOME, kind="depot", elevation_m=40.0)
POINT = Place("p", "잔디밭", place(90.0, 60.0), elevation_m=41.0)
WINCH = replace(POINT, release=Release.WINCH, release_height_m=8.0)
LANDING = replace(POINT, release=Release.LANDING)
HEXA = load_aircraft("hexa-delivery")
LOW = LaneParams(lane_m=20.0, lane_step_m=5.0)
LINE_M = 7.5
# In LOITER or ALT_HOLD the throttle stick counts, and one that nobody holds lets the vehicle sink.
STICKLESS = {"GUIDED", "AUTO", "RTL", "LAND", "BRAKE"}


def flown(kind, folder, point, *, instance=40, room=None, params="", before=None, rally=()):
    """The outcome, the room, and how often it was told that the goods came off."""
    plan = plan_delivery(DEPOT, point, HEXA, payload_kg=1.0, params=LOW)
    mission = replace(plan.mission, rally=rally)
    told = []
    with simulated(kind, folder / "기체", instance=instance, params=params) as running:
        room = room or FlightRoom()
        room.vehicle, room.confirm_real = running.address, True
        if before is not None:
            before(running, room)
        outcome = room.fly(mission, folder / "비행", told.append)
    return outcome, room, told


def texts(room, kind="payload"):
    return [e.text for e in room.record.events if e.kind == kind]


@pytest.mark.parametrize(
    ("point", "most_m"), [(POINT, 5.0), (WINCH, 10.0), (LANDING, 2.0)], ids=["gripper", "winch", "landing"]
)
@pytest.mark.parametrize("kind", KINDS)
def test_goods_are_handed_over_at_the_point_and_the_vehicle_comes_home(kind, point, most_m, tmp_path):
    outcome, room, told = flown(kind, tmp_path, point)
    assert outcome.completed, outcome.problem
    assert (outcome.problem, outcome.aboard) == (None, None)
    assert len(told) == len(room.record.releases) == 1
    assert distance_m(outcome.release.lonlat, POINT.position) < 3.0
    assert -0.5 <= outcome.release.height_m <= most_m
    if point is WINCH:
        lowered = texts(room).index(f"Winch: lowering {LINE_M:4.1f}m to {LINE_M:4.1f}m")
        raised = next(n for n, t in enumerate(texts(room)) if t.startswith("Winch: raising"))
        assert lowered < texts(room).index("Gripper load released") < raised


@pytest.mark.parametrize("kind", KINDS)
def test_a_line_that_does_not_run_out_lets_nothing_go_and_the_goods_come_home(kind, tmp_path):
    outcome, room, told = flown(kind, tmp_path, WINCH, params="WINCH_RATE_MAX 0.05\n")
    assert (told, outcome.release, outcome.completed) == ([], None, False)
    assert outcome.aboard is True
    assert outcome.problem.startswith(f"{LINE_M} m of line were to be out and ")
    assert "Gripper load releasing" not in texts(room)
    assert room.record.events[-1].text == "motors off"


def without_servo(running, room):
    """The gripper's servo output is taken away on the way: the vehicle opens it and never sees it open."""

    def progress(what, done, _total):
        if what == "flying" and done >= 3 and not cut:
            cut.append(done)
            with connected(running.side_address) as vehicle:
                set_parameter(vehicle, "SERVO9_FUNCTION", 0)

    cut, room.on_progress = [], progress


@pytest.mark.parametrize("kind", KINDS)
def test_a_gripper_that_never_confirms_is_unknown_and_not_delivered(kind, tmp_path):
    outcome, room, told = flown(kind, tmp_path, POINT, before=without_servo)
    assert (told, outcome.release, outcome.aboard) == ([], None, None)
    assert "Gripper load releasing" in texts(room)
    assert room.record.events[-1].text == "motors off"


def test_a_placing_whose_release_is_not_confirmed_ends_in_time(tmp_path):
    """It would stand there with turning propellers for ever."""
    outcome, room, told = flown("embedded", tmp_path, LANDING, before=without_servo)
    assert (told, outcome.release, outcome.aboard) == ([], None, None)
    assert outcome.problem == "the release was not confirmed within 15 s"
    assert "PayloadPlace: Releasing the gripper" in texts(room)
    assert room.record.events[-1].text == "motors off"


@pytest.mark.parametrize("kind", KINDS)
def test_called_back_on_the_way_the_vehicle_comes_home_with_the_goods(kind, tmp_path):
    calls = []

    def recall():
        calls.append(1)
        return "the point is closed" if len(calls) > 12 else None

    outcome, room, told = flown(kind, tmp_path, POINT, room=FlightRoom(recall=recall))
    assert (told, outcome.release, outcome.completed) == ([], None, False)
    assert outcome.problem == "called back: the point is closed"
    assert outcome.aboard is True
    assert "RTL" in texts(room, "mode")
    assert set(texts(room, "mode")) <= STICKLESS


def test_once_the_goods_are_off_nobody_calls_it_back(tmp_path):
    done = []
    room = FlightRoom(recall=lambda: "the point is closed" if done else None)
    room.on_progress = lambda what, reached, _: done.append(1) if what == "flying" and reached >= 7 else None
    outcome, room, told = flown("embedded", tmp_path, POINT, room=room)
    assert outcome.completed, outcome.problem
    assert len(told) == 1


@pytest.mark.parametrize("kind", KINDS)
def test_diverted_by_its_operator_it_lands_with_the_goods_at_a_rally_point(kind, tmp_path):
    def press(what, done, _total):
        if what == "flying" and done >= 4 and not pressed:
            pressed.append(1)
            signal.raise_signal(signal.SIGINT)

    pressed = []
    room = FlightRoom(on_progress=press, on_interrupt=lambda _: OnInterrupt.DIVERT)
    beside = RallyPoint(place(40.0, 60.0), Altitude(30.0, Datum.HOME))
    outcome, room, told = flown(kind, tmp_path, POINT, room=room, rally=(beside,))
    assert (told, outcome.release, outcome.aboard) == ([], None, None)
    assert outcome.problem == "interrupted by the user (divert)"
    assert room.record.events[-1].text == "motors off"
    assert set(texts(room, "mode")) <= STICKLESS
    lon, lat = room.record.track[-1, 1:3]
    assert distance_m(LonLat(lon, lat), beside.position) < 3.0
