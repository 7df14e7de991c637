"""A flight that nobody watched to its end: what became of the goods is read from what the vehicle kept."""

from dataclasses import replace

import pytest
from fakes.flying import HOME, KINDS, place, simulated

from core.geo import distance_m
from delivery.flightplan import LaneParams, plan_delivery
from delivery.model import Place, Release
from flight.gripper import RELEASED
from missions.aircraft import load_aircraft
from skyshade.boardstory import BY_LOG
from skyshade.flier import FlightRoom
from skyshade.rejoin import LANDED, LOOK

DEPOT = Place("depot", "거점", HOME, kind="depot", elevation_m=40.0)
POINT = Place("p", "잔디밭", place(80.0, 50.0), elevation_m=41.0)
WINCH = replace(POINT, release=Release.WINCH, release_height_m=6.0)
LOW = LaneParams(lane_m=20.0, lane_step_m=5.0)
HEXA = load_aircraft("hexa-delivery")


def mission_to(point):
    return plan_delivery(DEPOT, point, HEXA, payload_kg=1.0, params=LOW).mission


def watched_again(room, mission, folder, data):
    """The outcome where the recording ended with `data`."""
    folder.mkdir(parents=True)
    if data:
        (folder / "flight.tlog").write_bytes(data)
    return room.watch(mission, folder / "watch-2", lambda _: None)


@pytest.mark.parametrize("kind", KINDS)
def test_a_release_that_nobody_saw_is_read_from_the_vehicles_own_log(kind, tmp_path):
    mission = mission_to(POINT)
    with simulated(kind, tmp_path / "기체") as running:
        room = FlightRoom(running.address, confirm_real=True)
        truth = room.fly(mission, tmp_path / "비행", lambda _: None).release
        track = room.record.track
        data = (tmp_path / "비행" / "flight.tlog").read_bytes()
        heard = data.index(RELEASED.encode())
        cut = watched_again(room, mission, tmp_path / "잘린 비행", data[: heard - 200])
        whole = room.record
        later = watched_again(room, mission, tmp_path / "들은 비행", data[: heard + 2000])
        nothing = watched_again(room, mission, tmp_path / "빈 비행", b"")
    assert (cut.release.text, cut.aboard, cut.problem) == (BY_LOG, False, LANDED)
    assert cut.release.time_s == pytest.approx(truth.time_s, abs=1.5)
    assert distance_m(cut.release.lonlat, truth.lonlat) < 1.0
    assert cut.release.height_m == pytest.approx(truth.height_m, abs=0.5)
    assert whole.track[0, 0] <= track[0, 0] + 5.0
    assert whole.track[-1, 0] >= track[-1, 0] - 5.0
    assert later.release.text == RELEASED
    assert distance_m(later.release.lonlat, truth.lonlat) < 1.0
    assert (nothing.release, nothing.aboard) == (None, None)
    assert nothing.problem == f"{LANDED}; {LOOK}"


def test_goods_that_came_home_unwatched_are_known_to_be_aboard_by_the_log(tmp_path):
    mission = mission_to(WINCH)
    with simulated("embedded", tmp_path / "기체", params="WINCH_RATE_MAX 0.05\n") as running:
        room = FlightRoom(running.address, confirm_real=True)
        assert room.fly(mission, tmp_path / "비행", lambda _: None).aboard is True
        data = (tmp_path / "비행" / "flight.tlog").read_bytes()
        again = watched_again(room, mission, tmp_path / "잘린 비행", data[: len(data) // 2])
    assert (again.release, again.aboard) == (None, True)
