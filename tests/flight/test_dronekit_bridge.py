"""dronekit scripts on our link: state, go-to, missions and guided movement, on both simulated vehicles."""

import math
import os
import struct
import subprocess
import sys
import textwrap
import time
from pathlib import Path

import pytest
from fakes.flying import starter
from hypothesis import given
from hypothesis import strategies as st

from core.clock import RealClock
from core.geo import LocalFrame, LonLat, distance_m
from flight.commanditems import CommandItemError, command_numbers, wire_item
from flight.dronekit import DronekitError, DronekitTimeoutError, connect, dronekit_vehicle, our_address
from flight.exchange import RefusedItemError, download
from flight.link import open_link
from flight.ports import LinkError
from flight.tlog import messages, summarise
from flight.wire import Kind

dronekit = pytest.importorskip("dronekit")
Command, CommandInt, VehicleMode = dronekit.Command, dronekit.CommandInt, dronekit.VehicleMode
HOME = LonLat(127.11, 37.37)
FRAME = LocalFrame(HOME)
KINDS = [
    pytest.param("embedded", id="embedded"),
    pytest.param("ardupilot", id="ardupilot", marks=pytest.mark.ardupilot),
]
REL, LOCAL_NED = 3, 1
WAYPOINT, TAKEOFF, YAW, DIGICAM = 16, 22, 115, 203


@pytest.fixture
def start(tmp_path):
    with starter(tmp_path, instance=50) as begin:
        yield begin


def until(met, what, wall_s=60.0):
    ends = time.monotonic() + wall_s
    while not met():
        assert time.monotonic() < ends, f"{what} did not happen"
        time.sleep(0.02)


def take_off(vehicle, height_m):
    until(lambda: vehicle.ekf_ok and vehicle.is_armable, "ready to arm")
    vehicle.mode = VehicleMode("GUIDED")
    until(lambda: vehicle.mode.name == "GUIDED", "GUIDED")

    def armed():
        vehicle.armed = True
        return vehicle.armed

    until(armed, "armed")
    vehicle.simple_takeoff(height_m)
    until(lambda: vehicle.location.global_relative_frame.alt > height_m * 0.95, "up")


def place_of(vehicle):
    here = vehicle.location.global_frame
    return LonLat(here.lon, here.lat)


def land_at_home(vehicle):
    vehicle.mode = VehicleMode("LAND")
    until(lambda: not vehicle.armed, "landed")


@pytest.mark.parametrize("kind", KINDS)
def test_a_script_reads_the_state_follows_an_attribute_and_sets_a_parameter(start, tmp_path, kind):
    seen = []
    with dronekit_vehicle(start(kind), log_path=tmp_path / "script.tlog") as vehicle:
        vehicle.wait_ready("gps_0", "attitude", "battery", "heading", timeout=20)
        until(lambda: vehicle.gps_0.fix_type >= 3 and vehicle.location.global_frame.lat, "a fix")
        vehicle.add_attribute_listener("attitude", lambda _self, _name, value: seen.append(value))
        until(lambda: len(seen) > 3, "attitudes")
        assert distance_m(place_of(vehicle), HOME) < 5
        assert vehicle.mode.name == "STABILIZE"
        assert vehicle.armed is False
        assert vehicle.battery.voltage == pytest.approx(12.6, abs=0.5)
        assert vehicle.version.major == 4
        assert vehicle.last_heartbeat < 5
        vehicle.parameters["RTL_ALT"] = 1234.0
        assert vehicle.parameters["RTL_ALT"] == 1234.0
    summary = summarise(tmp_path / "script.tlog")
    assert summary.skipped_bytes == 0
    assert {"HEARTBEAT", "PARAM_VALUE", "PARAM_SET", "ATTITUDE"} <= set(summary.types)


@pytest.mark.parametrize("kind", KINDS)
def test_a_script_goes_to_a_place_that_reaches_the_vehicle_exactly(start, tmp_path, kind):
    goal = FRAME.place(31.237, 22.512)
    with dronekit_vehicle(start(kind), log_path=tmp_path / "goto.tlog") as vehicle:
        take_off(vehicle, 8)
        vehicle.simple_goto(dronekit.LocationGlobalRelative(goal.lat, goal.lon, 8), groundspeed=6)
        until(lambda: distance_m(place_of(vehicle), goal) < 1.0, "there")
        assert vehicle.location.global_relative_frame.alt == pytest.approx(8, abs=1)
        land_at_home(vehicle)
    sent = list(messages(tmp_path / "goto.tlog", {"MISSION_ITEM_INT"}, system=255))
    assert [(m.fields["x"], m.fields["y"]) for m in sent] == [(round(goal.lat * 1e7), round(goal.lon * 1e7))]
    assert struct.unpack("f", struct.pack("f", goal.lon))[0] * 1e7 != pytest.approx(
        sent[0].fields["y"], abs=1
    )


def leg(east_m, north_m, up_m=8.0):
    place = FRAME.place(east_m, north_m)
    return Command(0, 0, 0, REL, WAYPOINT, 0, 0, 0, 0, 0, 0, place.lat, place.lon, up_m)


def rise(up_m=8.0):
    return Command(0, 0, 0, REL, TAKEOFF, 0, 0, 0, 0, 0, 0, 0, 0, up_m)


@pytest.mark.parametrize("kind", KINDS)
def test_a_script_uploads_a_square_flies_it_and_skips_a_corner(start, kind):
    with dronekit_vehicle(start(kind)) as vehicle:
        vehicle.commands.clear()
        for command in (rise(), leg(20, 20), leg(-20, 20), leg(-20, -20), leg(-200, -200), leg(0, 0)):
            vehicle.commands.add(command)
        vehicle.commands.upload()
        take_off(vehicle, 8)
        vehicle.mode = VehicleMode("AUTO")
        flown = []
        vehicle.on_message("MISSION_CURRENT")(lambda _self, _name, m: flown.append(m.seq))
        until(lambda: vehicle.commands.next == 4, "third corner")
        until(lambda: distance_m(place_of(vehicle), FRAME.place(-20, -20)) < 8, "near it")
        vehicle.commands.next = 6
        until(lambda: vehicle.commands.next == 6, "skipped")
        until(lambda: distance_m(place_of(vehicle), HOME) < 2, "back")
        assert sorted({2, 3, 4, 6} & set(flown)) == [2, 3, 4, 6]
        land_at_home(vehicle)


@pytest.mark.parametrize("kind", KINDS)
def test_a_script_steers_by_speed_and_yaw_in_guided(start, kind):
    with dronekit_vehicle(start(kind)) as vehicle:
        take_off(vehicle, 8)
        message = vehicle.message_factory.set_position_target_local_ned_encode(
            0, 0, 0, LOCAL_NED, 0b0000111111000111, 0, 0, 0, 0, 4.0, 0, 0, 0, 0, 0, 0
        )

        def east():
            vehicle.send_mavlink(message)
            return vehicle.velocity[1] > 3.5

        until(east, "flying east at 4 m/s")
        assert abs(vehicle.velocity[0]) < 1.0
        yaw = vehicle.message_factory.command_long_encode(0, 0, YAW, 0, 135, 0, 1, 0, 0, 0, 0)
        vehicle.send_mavlink(yaw)
        until(lambda: abs(vehicle.heading - 135) < 5, "heading 135")
        land_at_home(vehicle)


@pytest.mark.parametrize("kind", KINDS)
def test_what_is_uploaded_is_on_the_vehicle_to_the_last_digit(start, kind):
    running = start(kind)
    places = [FRAME.place(7.1 * i, 3.3 * i) for i in range(1, 40)]
    with dronekit_vehicle(running) as vehicle:
        vehicle.commands.clear()
        vehicle.commands.add(rise())
        for place in places:
            vehicle.commands.add(Command(0, 0, 0, REL, WAYPOINT, 0, 1, 0, 0, 0, 0, place.lat, place.lon, 20))
        vehicle.commands.upload()
        vehicle.commands.clear()
        assert len(vehicle.commands) == 0
        vehicle.commands.download()
        vehicle.commands.wait_ready()
        assert vehicle.commands.count == 40
        assert [(c.x, c.y) for c in vehicle.commands[1:]] == [
            pytest.approx(p.xy[::-1], abs=5.1e-8) for p in places
        ]
    with open_link(running.side_address, RealClock()) as side:
        side.wait_vehicle()
        held = download(side, Kind.MISSION, RealClock())
    assert [(i.x, i.y) for i in held[2:]] == [(round(p.lat * 1e7), round(p.lon * 1e7)) for p in places]


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("bad", [1, 2], ids=["in the middle", "at the end"])
def test_a_command_the_vehicle_refuses_raises_with_its_number(start, kind, bad):
    with dronekit_vehicle(start(kind)) as vehicle:
        commands = [rise(), leg(5, 5), leg(9, 9)]
        commands[bad] = Command(0, 0, 0, REL, 9999, 0, 1, 0, 0, 0, 0, 0, 0, 0)
        vehicle.commands.clear()
        for command in commands:
            vehicle.commands.add(command)
        with pytest.raises(RefusedItemError, match=rf"item {bad + 1} \(command 9999\)"):
            vehicle.commands.upload()


def test_an_empty_upload_clears_the_mission(start):
    with dronekit_vehicle(start()) as vehicle:
        for command in (rise(), leg(5, 5)):
            vehicle.commands.add(command)
        vehicle.commands.upload()
        vehicle.commands.clear()
        vehicle.commands.upload()
        vehicle.commands.download()
        assert vehicle.commands.count == 0


@given(lat=st.floats(-90, 90), lon=st.floats(-180, 180), z=st.floats(-500, 5000, width=32))
def test_a_command_and_its_item_say_the_same_place(lat, lon, z):
    item = wire_item(Command(0, 0, 0, REL, WAYPOINT, 0, 1, 1, 2, 3, 4, lat, lon, z), 3)
    assert (item.x, item.y, item.z) == (round(lat * 1e7), round(lon * 1e7), z)
    assert wire_item(Command(*command_numbers(item)), 3) == item
    assert wire_item(CommandInt.from_command(Command(*command_numbers(item))), 3) == item


def test_numbers_that_are_no_place_are_sent_as_they_are():
    assert wire_item(Command(0, 0, 0, 0, DIGICAM, 0, 1, 0, 0, 0, 0, 1, 0, 0), 1).x == 1


@pytest.mark.parametrize("place", [(91, 0), (0, 181), (math.nan, 0), (0, math.inf)])
def test_a_place_outside_the_world_is_refused_when_it_is_added(place):
    with pytest.raises(CommandItemError, match=r"mission command 2: l.* is outside the world"):
        wire_item(Command(0, 0, 0, REL, WAYPOINT, 0, 1, 0, 0, 0, 0, *place, 10), 2)


def test_waiting_for_what_never_comes_ends_with_its_name(start):
    with dronekit_vehicle(start()) as vehicle:
        with pytest.raises(DronekitTimeoutError, match="not told yet: moon") as caught:
            vehicle.wait_ready("mode", "moon", timeout=0.3)
        assert isinstance(caught.value, dronekit.TimeoutError)
        assert vehicle.wait_ready("moon", timeout=0.1, raise_exception=False) is False


def test_a_listener_that_waits_is_told_so_and_others_go_on(start):
    told, beats = [], []
    with dronekit_vehicle(start()) as vehicle:

        def waiting(_self, _name, _message):
            if not told:
                try:
                    vehicle.wait_ready("moon")
                except DronekitError as error:
                    told.append(str(error))
            raise RuntimeError("a script's own mistake")

        vehicle.add_message_listener("HEARTBEAT", waiting)
        vehicle.add_message_listener("HEARTBEAT", lambda *_: beats.append(1))
        until(lambda: len(beats) > 3, "heartbeats")
    assert "a listener cannot wait" in told[0]


def test_a_vehicle_that_dies_ends_the_waiting(start):
    running = start()
    with dronekit_vehicle(running) as vehicle:
        running.stop()
        with pytest.raises((LinkError, DronekitTimeoutError)):
            vehicle.wait_ready("moon", timeout=5)


def test_a_class_of_the_scripts_own_is_used(start):
    class Mine(dronekit.Vehicle):
        def __init__(self, handler):
            super().__init__(handler)
            self.pressures = []
            self.on_message("ATTITUDE")(lambda _self, _name, m: self.pressures.append(m.roll))

    vehicle = connect(start().address, wait_ready=["mode"], vehicle_class=Mine)
    until(lambda: vehicle.pressures, "an attitude")
    assert isinstance(vehicle, Mine)
    vehicle.close()


def test_a_script_runs_as_it_is_with_our_connect(start, tmp_path):
    script = tmp_path / "내 비행.py"
    script.write_text(
        textwrap.dedent("""
            import sys
            from dronekit import connect, VehicleMode
            vehicle = connect(sys.argv[1], wait_ready=True, timeout=30)
            print(vehicle.mode.name, type(vehicle.commands).__name__)
            vehicle.close()
        """),
        encoding="utf-8",
    )
    done = subprocess.run(
        [sys.executable, "-m", "flight.dronekit", str(script), start().address],
        capture_output=True, text=True, encoding="utf-8", timeout=60, check=False,
        cwd=Path(__file__).parents[2], env={**os.environ, "PYTHONUTF8": "1"},
    )  # fmt: skip
    assert (done.returncode, done.stdout.split()) == (0, ["STABILIZE", "MissionCommands"]), done.stderr


def test_a_place_where_nobody_is_ends_in_one_line(tmp_path):
    script = tmp_path / "s.py"
    script.write_text("from dronekit import connect\nconnect('tcp:127.0.0.1:9')\n", encoding="utf-8")
    done = subprocess.run(
        [sys.executable, "-m", "flight.dronekit", str(script)],
        capture_output=True, text=True, timeout=60, check=False, cwd=Path(__file__).parents[2],
    )  # fmt: skip
    assert done.returncode == 1
    assert "nothing listens at tcp:127.0.0.1:9" in done.stderr
    assert "Traceback" not in done.stderr


@pytest.mark.parametrize(
    ("theirs", "ours"),
    [
        ("127.0.0.1:14550", "udpin:127.0.0.1:14550"),
        ("udp:0.0.0.0:14550", "udpin:0.0.0.0:14550"),
        ("udpin:0.0.0.0:14550", "udpin:0.0.0.0:14550"),
        ("udpout:10.0.0.2:14550", "udp:10.0.0.2:14550"),
        ("tcp:10.0.0.2:5760", "tcp:10.0.0.2:5760"),
        ("/dev/ttyUSB0", "/dev/ttyUSB0,115200"),
        ("com14", "COM14,115200"),
    ],
)
def test_dronekits_addresses_in_our_words(theirs, ours):
    assert our_address(theirs) == ours


def test_a_kind_of_connection_we_do_not_have_is_named():
    with pytest.raises(DronekitError, match="tcpin:0"):
        our_address("tcpin:0.0.0.0:5760")
