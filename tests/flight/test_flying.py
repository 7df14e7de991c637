"""Whole flights over MAVLink, on the embedded copter and on real ArduPilot where it is there."""

import json
import os
import socket
import time
from dataclasses import replace

import numpy as np
import pytest

from core.clock import RealClock
from core.errors import UnknownNameError
from core.geo import Altitude, Datum, LocalFrame, LonLat, distance_m
from flight.faults import fault_text, faults, inject, read_fault
from flight.fly import FlyParams, NotConfirmedError, OnInterrupt, fly_mission
from flight.link import VehicleSilentError, open_link
from flight.locations import Start
from flight.ports import LinkError, open_pipe, parse_address
from flight.record import TRACK_COLUMNS
from flight.sitl import SimulatorError, find_ardupilot, start_vehicle
from flight.tlog import messages, summarise
from flight.vehicle import Vehicle
from missions.model import Command, Fence, FencePolygon, Home, Mission, MissionItem, RallyPoint

HOME = LonLat(127.11, 37.37)
FRAME = LocalFrame(HOME)
QUICK = {"RTL_ALT": 1000.0, "RTL_LOIT_TIME": 0.0, "LAND_SPEED": 150.0}
KINDS = [
    pytest.param("embedded", id="embedded"),
    pytest.param("ardupilot", id="ardupilot", marks=pytest.mark.ardupilot),
]


def waypoint(north_m, east_m, up_m=12.0, delay_s=0.0):
    place = FRAME.place(east_m, north_m)
    return MissionItem(Command.NAV_WAYPOINT, (delay_s, 0, 0, 0), place, Altitude(up_m, Datum.HOME))


def action(command, *params):
    return MissionItem(command, (*params, 0, 0, 0, 0)[:4])


TAKEOFF = MissionItem(Command.NAV_TAKEOFF, altitude=Altitude(12, Datum.HOME))
RETURN = MissionItem(Command.NAV_RETURN_TO_LAUNCH)
SQUARE = FencePolygon(tuple(FRAME.place(e, n) for e, n in [(-60, -60), (60, -60), (60, 60), (-60, 60)]))


def mission(*items, fence=None):
    return Mission(Home(HOME, 40.0), (TAKEOFF, *items), fence or Fence())


@pytest.fixture
def start(request, tmp_path):
    running = []

    def begin(kind="embedded", speedup=30.0, **options):
        if kind == "ardupilot" and (not os.environ.get("SKYSHADE_ARDUCOPTER") or find_ardupilot() is None):
            pytest.skip("SKYSHADE_ARDUCOPTER names no ArduPilot SITL")
        worker = int(os.environ.get("PYTEST_XDIST_WORKER", "gw0").removeprefix("gw"))
        vehicle = start_vehicle(
            kind, home=Start(HOME, 40.0), speedup=min(speedup, 20.0) if kind == "ardupilot" else speedup,
            instance=20 + worker, work_dir=tmp_path / f"vehicle {len(running)}", **options,
        )  # fmt: skip
        running.append(vehicle)
        return vehicle

    yield begin
    for vehicle in running:
        vehicle.stop()


@pytest.mark.parametrize("kind", KINDS)
def test_a_survey_with_a_delivery_is_flown_recorded_and_confirmed_by_the_vehicle(start, tmp_path, kind):
    plan = mission(
        waypoint(10, 0),
        action(Command.DO_SET_CAM_TRIGG_DIST, 5, 0, 1),
        waypoint(40, 0),
        action(Command.DO_SET_CAM_TRIGG_DIST, 0),
        action(Command.DO_GRIPPER, 1, 0),
        action(Command.NAV_DELAY, 2),
        RETURN,
        fence=Fence((SQUARE,)),
    )
    out = tmp_path / "비행 기록"
    record = fly_mission(plan, start(kind), out, settings=QUICK)
    assert record.completed, record.aborted
    assert (record.reached, record.items) == (8, 8)
    assert record.max_deviation_m < 3.0
    assert 30 < record.flown_s < 200
    assert [e.text for e in record.releases] == ["Gripper load released"]
    assert 6 <= len(record.shots) <= 7
    gaps = [distance_m(a.lonlat, b.lonlat) for a, b in zip(record.shots[1:], record.shots[2:], strict=False)]
    assert gaps == pytest.approx([5.0] * len(gaps), abs=0.7)
    assert all(abs(shot.altitude.value_m - 12) < 0.5 and shot.attitude is None for shot in record.shots)
    assert record.track.shape[1] == len(TRACK_COLUMNS)
    assert (np.diff(record.track[:, 0]) >= 0).all()
    assert record.yaw_at(record.shots[-1].time_s) == pytest.approx(0, abs=15) or record.yaw_at(
        record.shots[-1].time_s
    ) == pytest.approx(360, abs=15)
    assert json.loads((out / "flight.json").read_text())["completed"]
    assert len((out / "shots.csv").read_text().splitlines()) == len(record.shots) + 1
    track = json.loads((out / "track.geojson").read_text())
    assert len(track["features"][0]["geometry"]["coordinates"]) == len(record.track)
    summary = summarise(record.log)
    assert summary.types["CAMERA_FEEDBACK"] == len(record.shots)
    assert summary.systems[255] > 30
    assert summary.skipped_bytes == 0
    sent = [m.fields["command"] for m in messages(record.log, {"COMMAND_LONG"}, system=255)]
    assert {400, 300, 207} <= set(sent)


@pytest.mark.parametrize("kind", KINDS)
def test_a_fence_breach_is_told_as_a_failsafe_and_the_flight_is_not_called_complete(start, tmp_path, kind):
    plan = mission(waypoint(30, 0), waypoint(150, 0), RETURN, fence=Fence((SQUARE,)))
    record = fly_mission(plan, start(kind), tmp_path, settings=QUICK)
    assert not record.completed
    assert record.aborted.startswith("failsafe: ")
    assert record.reached < record.items
    assert record.track[:, 2].max() < FRAME.place(0, 110).lat


def at_first_item(deed):
    """A progress that does `deed` once, as soon as the vehicle flies its mission."""
    done = []

    def told(what, reached, _total):
        if what == "flying" and reached >= 1 and not done:
            done.append(what)
            deed()

    return told


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize(
    ("fault", "told", "mode"),
    [
        ("low-battery", "Battery 1 is low 10.20V", "RTL"),
        ("radio-loss", "Radio Failsafe", "RTL"),
        ("gps-loss", "EKF variance", "LAND"),
    ],
)
def test_a_fault_in_the_air_ends_in_the_vehicles_own_failsafe(start, tmp_path, kind, fault, told, mode):
    vehicle = start(kind)
    record = fly_mission(
        mission(waypoint(400, 0), RETURN), vehicle, tmp_path, settings={**QUICK, "BATT_FS_LOW_ACT": 2},
        on_progress=at_first_item(lambda: inject(vehicle, fault)),
    )  # fmt: skip
    assert record.aborted.startswith(f"failsafe: {told}")
    assert mode in [e.text for e in record.events if e.kind == "mode"]
    assert "command" not in [
        e.kind for e in record.events[[e.kind for e in record.events].index("failsafe") :]
    ]
    assert "motors off" in [e.text for e in record.events]


@pytest.mark.parametrize("kind", KINDS)
def test_a_strong_wind_leans_the_vehicle_and_the_mission_is_still_flown(start, tmp_path, kind):
    plan = mission(waypoint(0, 0, delay_s=12), RETURN)
    record = fly_mission(plan, start(kind), tmp_path, settings=QUICK | dict(read_fault("strong-wind")))
    assert record.completed, record.aborted
    still = np.hypot(*record.track[:, [8, 9]].T) < 0.5
    high = record.track[:, TRACK_COLUMNS.index("alt_home_m")] > 11
    tilt = np.hypot(*record.track[still & high][:, [6, 7]].T)
    assert np.median(tilt) > 2.0


def test_each_fault_says_what_it_is_for_and_touches_the_simulator_only():
    assert {"low-battery", "gps-loss", "radio-loss", "strong-wind"} <= set(faults())
    for name in faults():
        assert len(fault_text(name)) > 20
        assert all(parameter.startswith("SIM_") for parameter in read_fault(name))
    with pytest.raises(UnknownNameError, match="gps-lost"):
        read_fault("gps-lost")


@pytest.mark.parametrize("kind", KINDS)
def test_interrupted_in_the_air_it_returns_and_is_watched_until_the_motors_are_off(start, tmp_path, kind):
    pressed = []

    def press(what, done, _total):
        if what == "flying" and done >= 1 and not pressed:
            pressed.append(what)
            raise KeyboardInterrupt

    record = fly_mission(
        mission(waypoint(80, 0), RETURN), start(kind), tmp_path, settings=QUICK, on_progress=press
    )
    assert not record.completed
    assert record.aborted == "interrupted by the user (return)"
    assert record.events[-1].text == "motors off"


@pytest.mark.parametrize("kind", KINDS)
def test_interrupted_in_the_air_it_can_be_diverted_to_a_rally_point(start, tmp_path, kind):
    pressed = []

    def press(what, done, _total):
        if what == "flying" and done >= 1 and not pressed:
            pressed.append(what)
            raise KeyboardInterrupt

    rally = RallyPoint(FRAME.place(25, 5), Altitude(10, Datum.HOME))
    plan = replace(mission(waypoint(80, 0), RETURN), rally=(rally,))
    record = fly_mission(
        plan, start(kind), tmp_path, settings=QUICK, on_progress=press,
        on_interrupt=lambda _: OnInterrupt.DIVERT,
    )  # fmt: skip
    assert record.aborted == "interrupted by the user (divert)"
    assert [e.text for e in record.events if e.kind == "mode"][-2:] == ["GUIDED", "LAND"]
    assert distance_m(LonLat(*record.track[-1, 1:3]), rally.position) < 3.0


@pytest.mark.parametrize("kind", KINDS)
def test_without_a_take_off_it_climbs_in_guided_and_a_landing_ends_the_mission(start, tmp_path, kind):
    plan = Mission(Home(HOME, 40.0), (waypoint(15, 0), MissionItem(Command.NAV_LAND)))
    address = start(kind).address
    record = fly_mission(plan, address, tmp_path, confirm_real=True)
    assert record.completed, record.aborted
    modes = [e.text for e in record.events if e.kind == "mode"]
    assert modes == ["GUIDED", "AUTO"]


def test_a_second_interrupt_leaves_with_a_note(start, tmp_path):
    def press(what, done, _total):
        if what == "flying" and done >= 1:
            raise KeyboardInterrupt

    def press_again(_vehicle):
        raise KeyboardInterrupt

    record = fly_mission(
        mission(waypoint(80, 0), RETURN), start(), tmp_path, on_progress=press, on_interrupt=press_again
    )
    assert record.aborted == f"interrupted by the user ({OnInterrupt.LEAVE.value})"
    assert "left" in record.events[-1].text


@pytest.mark.parametrize("kind", KINDS)
def test_a_pilot_who_takes_over_is_left_in_command(start, tmp_path, kind):
    vehicle = start(kind, speedup=15.0)
    pilot = []

    def take_over(what, done, _total):
        if what == "flying" and done >= 1 and not pilot:
            other = Vehicle(open_link(vehicle.side_address, RealClock()), RealClock())
            pilot.append(other)
            other.link.wait_vehicle(5)
            other.set_mode("LAND")

    record = fly_mission(mission(waypoint(80, 0), RETURN), vehicle, tmp_path, on_progress=take_over)
    pilot[0].link.close()
    assert record.aborted == "the pilot took over (LAND)"
    after = [e.kind for e in record.events[[e.kind for e in record.events].index("takeover") :]]
    assert "command" not in after
    assert record.events[-1].text == "motors off"


@pytest.mark.parametrize("kind", KINDS)
def test_a_pilot_who_takes_over_before_the_mission_begins_is_left_in_command(start, tmp_path, kind):
    vehicle, pilots = start(kind, speedup=10.0), []

    def take_over(event, _place):
        if event.text == "in the air" and not pilots:
            other = Vehicle(open_link(vehicle.side_address, RealClock()), RealClock())
            pilots.append(other)
            other.link.wait_vehicle(5)
            other.set_mode("LAND")

    high = replace(waypoint(15, 0), altitude=Altitude(60, Datum.HOME))
    plan = Mission(Home(HOME, 40.0), (high, RETURN))
    record = fly_mission(plan, vehicle, tmp_path, settings=QUICK, on_event=take_over)
    pilots[0].link.close()
    assert record.aborted.startswith("the vehicle is in LAND and did not ")
    assert not any("commanded:" in e.text for e in record.events)
    assert record.events[-1].text == "motors off"


def test_a_vehicle_that_dies_in_flight_ends_the_flight_with_the_record_written(start, tmp_path):
    vehicle = start()

    def die(what, done, _total):
        if what == "flying" and done >= 1:
            vehicle.stop()

    record = fly_mission(mission(waypoint(80, 0), RETURN), vehicle, tmp_path / "out", on_progress=die)
    assert not record.completed
    assert "tcp:127.0.0.1" in record.aborted
    assert (tmp_path / "out" / "flight.json").exists()


def test_a_vehicle_that_was_not_started_here_is_not_armed_unconfirmed(tmp_path):
    with pytest.raises(NotConfirmedError, match="--confirm-real"):
        fly_mission(mission(RETURN), "tcp:127.0.0.1:9", tmp_path)


def test_parameters_are_never_set_on_a_vehicle_that_was_not_started_here(tmp_path):
    with pytest.raises(NotConfirmedError, match="SIM_WIND_SPD"):
        fly_mission(
            mission(RETURN), "tcp:127.0.0.1:9", tmp_path, confirm_real=True, settings={"SIM_WIND_SPD": 10}
        )


def free_port(kind):
    with socket.socket(socket.AF_INET, kind) as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


def test_a_port_where_nothing_listens_is_one_clear_error():
    with pytest.raises(LinkError, match=r"nothing listens at tcp:127\.0\.0\.1"):
        open_link(f"tcp:127.0.0.1:{free_port(socket.SOCK_STREAM)}", RealClock())


def test_a_port_in_use_is_one_clear_error():
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as taken:
        taken.bind(("127.0.0.1", 0))
        with pytest.raises(LinkError, match="another program uses that port"):
            open_link(f"udpin:127.0.0.1:{taken.getsockname()[1]}", RealClock())


def test_a_silent_vehicle_is_named_with_the_time_waited():
    port = free_port(socket.SOCK_DGRAM)
    silent = pytest.raises(VehicleSilentError, match=r"within 0\.2 s")
    with open_link(f"udpin:127.0.0.1:{port}", RealClock()) as link, silent:
        link.wait_vehicle(0.2)


def test_a_listening_udp_port_answers_whoever_spoke_last():
    port = free_port(socket.SOCK_DGRAM)
    inside = open_pipe(parse_address(f"udpin:127.0.0.1:{port}"), RealClock())
    outside = open_pipe(parse_address(f"udp:127.0.0.1:{port}"), RealClock())
    inside.write(b"to nobody yet")
    outside.write(b"hello")
    assert inside.read(1.0) == b"hello"
    inside.write(b"welcome")
    assert outside.read(1.0) == b"welcome"
    assert outside.read(0.01) == b""
    inside.close()
    outside.close()


@pytest.mark.parametrize("text", ["tcp:host", "udp:host:99999", "ftp:host:1", "nonsense", "tcp::5760"])
def test_what_is_no_address_is_told_with_the_known_forms(text):
    with pytest.raises(LinkError, match="is no vehicle address; use tcp:HOST:PORT"):
        open_link(text, RealClock())


def test_a_simulated_vehicle_ends_with_its_block_and_takes_its_folder_along():
    with start_vehicle(home=Start(HOME, 40.0), speedup=10) as vehicle:
        assert vehicle.running
        assert vehicle.work_dir.is_dir()
    time.sleep(0.05)
    assert not vehicle.running
    assert not vehicle.work_dir.exists()


def test_a_missing_parameter_file_is_named(tmp_path):
    with pytest.raises(SimulatorError, match=r"gone\.parm: no such parameter file"):
        start_vehicle(home=Start(HOME), params=[tmp_path / "gone.parm"])


def test_stalls_bring_the_vehicle_home(start, tmp_path):
    plan = mission(waypoint(20, 0), MissionItem(Command.NAV_LOITER_UNLIM), RETURN)
    record = fly_mission(plan, start(), tmp_path, settings=QUICK, params=FlyParams(stall_abort_s=60))
    assert record.aborted == "no progress at item 3"
    assert "stall" in [e.kind for e in record.events]
    assert record.events[-1].text == "motors off"
