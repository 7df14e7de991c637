"""What a vehicle is told to do, on the embedded copter and on real ArduPilot: done means that it was done."""

import pytest
from fakes.flying import HOME, KINDS, QUICK, RETURN, TAKEOFF, connected, hover, place, simulated, waypoint

from core.geo import Altitude, Datum, distance_m
from flight.exchange import upload
from flight.guided import NoPlaceError, divert, go_to
from flight.missionrun import ResumeError, go_on, hold, skip_to
from flight.params import set_parameter
from flight.vehicle import CommandRefusedError, InTheAirError
from flight.wire import Kind, mission_to_wire
from missions.model import Command, Home, Mission, MissionItem, RallyPoint


def up(metres):
    return Altitude(metres, Datum.HOME)


@pytest.mark.parametrize("kind", KINDS)
def test_it_goes_where_it_is_sent_and_diverts_to_the_nearest_rally_point(kind, tmp_path):
    far, near = RallyPoint(place(0, 90), up(15)), RallyPoint(place(40, 5), up(9))
    with simulated(kind, tmp_path) as running, connected(running.address) as vehicle:
        vehicle.wait(lambda s: s.landed_state is not None, timeout_s=20, what="say that it stands")
        with pytest.raises(CommandRefusedError, match="take off"):
            vehicle.take_off(8)
        hover(vehicle, 8)
        assert vehicle.state.altitude_home_m > 7
        with pytest.raises(InTheAirError, match="land first"):
            vehicle.disarm()
        assert vehicle.state.armed
        vehicle.change_speed(8)
        go_to(vehicle, place(30, -10), up(12))
        assert distance_m(vehicle.state.position, place(30, -10)) < 2.0
        assert vehicle.state.altitude_home_m == pytest.approx(12, abs=1.5)
        with pytest.raises(NoPlaceError):
            divert(vehicle, [])
        assert divert(vehicle, [far, near]) is near
        assert vehicle.state.armed is False
        assert distance_m(vehicle.state.position, near.position) < 3.0


def patrol():
    speed = MissionItem(Command.DO_CHANGE_SPEED, (1, 6, -1, 0))
    legs = (waypoint(60, 0), speed, waypoint(60, 60), waypoint(0, 60), waypoint(0, 20))
    return Mission(Home(HOME, 40.0), (TAKEOFF, *legs, RETURN))


@pytest.mark.parametrize("kind", KINDS)
def test_a_mission_is_held_gone_on_with_at_its_item_and_moved_on(kind, tmp_path):
    plan = patrol()
    with simulated(kind, tmp_path) as running, connected(running.address) as vehicle:
        for name, value in QUICK.items():
            set_parameter(vehicle, name, value)
        upload(vehicle, Kind.MISSION, mission_to_wire(plan), vehicle.clock)
        vehicle.wait(lambda s: s.position_ready and s.prearm_ok, timeout_s=100, what="be ready")
        vehicle.set_mode("GUIDED")
        vehicle.arm()
        vehicle.start_mission()
        vehicle.wait(lambda s: s.mission_seq == 2 and s.speed_ms > 2, timeout_s=60, what="fly to item 2")
        assert hold(vehicle) == 2
        vehicle.wait(lambda s: s.speed_ms < 0.5, timeout_s=20, what="stand still")
        assert vehicle.state.mode == "AUTO"
        go_on(vehicle)
        vehicle.wait(lambda s: s.mission_seq == 4, timeout_s=60, what="fly to item 4")
        vehicle.set_mode("BRAKE")
        set_parameter(vehicle, "MIS_RESTART", 1)
        with pytest.raises(ResumeError, match="start again at item 1, not go on at item 4"):
            go_on(vehicle)
        set_parameter(vehicle, "MIS_RESTART", 0)
        go_on(vehicle)
        assert vehicle.state.mode == "AUTO"
        assert vehicle.state.mission_seq == 4
        skip_to(vehicle, 6, plan)
        assert vehicle.state.mission_seq == 6
        skip_to(vehicle, 3, plan)
        assert vehicle.state.mission_seq == 4
        with pytest.raises(ValueError, match="items 1 to 7, got 8"):
            skip_to(vehicle, 8, plan)
        vehicle.return_home()
        vehicle.wait_disarmed(200)
