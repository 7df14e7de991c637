"""Plans that a vehicle accepts and then does not fly as meant: refused, changed or said before take-off."""

import socket

import pytest
from fakes.flying import (
    FRAME,
    HOME,
    KINDS,
    QUICK,
    RETURN,
    TAKEOFF,
    action,
    connected,
    place,
    simulated,
    waypoint,
)

from core.geo import Altitude, Datum
from flight.fly import FlyParams, fly_mission
from flight.gripper import RELEASED
from flight.params import get_parameter
from flight.preflight import NotReadyError, PreflightParams
from flight.traps import TrapError
from missions.model import Command, Home, Mission, MissionItem


def mission(*items):
    return Mission(Home(HOME, 40.0), (TAKEOFF, *items))


def place_item(north_m, east_m, up_m):
    return MissionItem(
        Command.NAV_PAYLOAD_PLACE, (0, 0, 0, 0), place(north_m, east_m), Altitude(up_m, Datum.HOME)
    )


def events(record, kind):
    return [e.text for e in record.events if e.kind == kind]


@pytest.mark.parametrize("kind", KINDS)
def test_a_mission_whose_reached_messages_get_lost_is_known_to_be_complete(kind, tmp_path):
    speed, yaw = action(Command.DO_CHANGE_SPEED, 1, 6, -1), action(Command.CONDITION_YAW, 90)
    look = MissionItem(Command.DO_SET_ROI_LOCATION, (0, 0, 0, 0), FRAME.place(5, 5), Altitude(0, Datum.HOME))
    plan = mission(
        waypoint(15, 0), speed, waypoint(15, 15), look, waypoint(0, 15), yaw, waypoint(0, 5), RETURN
    )
    with simulated(kind, tmp_path / "v") as running:
        record = fly_mission(plan, running, tmp_path / "out", settings=QUICK)
    assert record.completed, record.aborted
    assert record.reached == record.items == 9


@pytest.mark.parametrize("kind", KINDS)
def test_a_payload_place_below_its_waypoint_is_flown_with_a_wait_before_it(kind, tmp_path):
    plan = mission(waypoint(20, 0, 14), place_item(20, 10, 9), waypoint(10, 10), RETURN)
    with simulated(kind, tmp_path / "v") as running:
        record = fly_mission(plan, running, tmp_path / "out", settings=QUICK)
    assert record.completed, record.aborted
    assert any(text.startswith("item 2: waits 1 s") for text in events(record, "mission"))
    assert [e.text for e in record.releases] == [RELEASED]


@pytest.mark.parametrize("kind", KINDS)
def test_a_gripper_that_is_not_enabled_is_refused_before_arming(kind, tmp_path):
    plan = mission(waypoint(10, 0), action(Command.DO_GRIPPER, 1, 0), RETURN)
    with simulated(kind, tmp_path / "v", params="GRIP_ENABLE 0\n") as running:
        with pytest.raises(TrapError, match="item 3: no gripper is enabled"):
            fly_mission(plan, running, tmp_path / "out")
        with connected(running.side_address) as vehicle:
            vehicle.wait(lambda s: s.armed is not None, timeout_s=10, what="say whether it is armed")
            assert vehicle.state.armed is False


@pytest.mark.parametrize("kind", KINDS)
def test_an_open_gripper_is_refused_where_the_plan_does_not_close_it(kind, tmp_path):
    drop = mission(waypoint(10, 0), action(Command.DO_GRIPPER, 1, 0), RETURN)
    with simulated(kind, tmp_path / "v") as running:
        with connected(running.address) as vehicle:
            vehicle.command(Command.DO_GRIPPER, (1, 0), what="open its gripper")
            vehicle.pump(0.5)
        with pytest.raises(TrapError, match="item 3: the gripper is open before take-off"):
            fly_mission(drop, running, tmp_path / "out")


@pytest.mark.parametrize("kind", KINDS)
def test_without_a_camera_the_shots_are_said_to_be_unknown_before_take_off(kind, tmp_path):
    plan = mission(action(Command.DO_SET_CAM_TRIGG_DIST, 3, 0, 1), waypoint(15, 0), RETURN)
    with simulated(kind, tmp_path / "v", params="CAM1_TYPE 0\n") as running:
        record = fly_mission(plan, running, tmp_path / "out", settings=QUICK)
    texts = [e.text for e in record.events]
    (said,) = [n for n, t in enumerate(texts) if "CAM1_TYPE is 0" in t]
    assert said < texts.index("armed")
    assert record.completed
    assert record.as_json()["shots_known"] is False


@pytest.mark.parametrize("kind", KINDS)
def test_heights_above_ground_without_terrain_data_do_not_fly(kind, tmp_path):
    low = MissionItem(Command.NAV_WAYPOINT, (0, 0, 0, 0), place(30, 0), Altitude(20, Datum.GROUND))
    with (
        simulated(kind, tmp_path / "v", params="TERRAIN_ENABLE 0\n") as running,
        pytest.raises(TrapError, match="item 2: a height above ground, and its terrain data are switched"),
    ):
        fly_mission(mission(low, RETURN), running, tmp_path / "out")


@pytest.mark.ardupilot
def test_heights_above_ground_wait_for_terrain_data_that_never_come(tmp_path):
    low = MissionItem(Command.NAV_WAYPOINT, (0, 0, 0, 0), place(30, 0), Altitude(20, Datum.GROUND))
    with (
        simulated("ardupilot", tmp_path / "v") as running,
        pytest.raises(TrapError, match="item 2: a height above ground, and the vehicle still lacks terrain"),
    ):
        fly_mission(mission(low, RETURN), running, tmp_path / "out")


@pytest.mark.parametrize("kind", KINDS)
def test_an_idle_second_client_on_the_vehicle_disturbs_no_flight(kind, tmp_path):
    plan = mission(waypoint(15, 0), RETURN)
    idle = []

    def sit_down(what, _done, _total):
        if what == "preflight" and not idle:
            _, host, port = running.side_address.split(":")
            idle.append(socket.create_connection((host, int(port)), 5.0))  # it never reads

    with simulated(kind, tmp_path / "v") as running:
        record = fly_mission(plan, running, tmp_path / "out", settings=QUICK, on_progress=sit_down)
        idle[0].close()
    assert record.completed, record.aborted


@pytest.mark.parametrize("kind", KINDS)
def test_a_mission_that_would_start_over_is_said_before_take_off(kind, tmp_path):
    unready = FlyParams(preflight=PreflightParams(home_offset_max_m=0.0, timeout_s=1.0))
    with simulated(kind, tmp_path / "v") as running:
        said = []
        with pytest.raises(NotReadyError):
            fly_mission(
                mission(RETURN), running, tmp_path / "out", settings={"MIS_RESTART": 1}, params=unready,
                on_event=lambda event, _: said.append(event.text),
            )  # fmt: skip
        assert any("MIS_RESTART is 1" in text for text in said)
        with connected(running.side_address) as vehicle:
            assert get_parameter(vehicle, "MIS_RESTART") == 1
