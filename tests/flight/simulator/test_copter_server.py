"""The embedded copter as a process, over a real socket."""

import contextlib
import json
import os
import signal
import socket
import subprocess
import sys
import threading
import time
from dataclasses import dataclass

import pytest
from fakes.copter_bench import HOME, do, rtl, takeoff, waypoint

from flight.simulator.connections import listen
from flight.simulator.copter import Copter
from flight.simulator.messages import mavlink
from flight.simulator.params import default_params
from flight.simulator.server import Server
from flight.simulator.vehicle import Setup

ARGUMENTS = [sys.executable, "-m", "flight.simulator", "--home", f"{HOME[0]},{HOME[1]},30,90"]


def start(*more, **popen):
    """A running copter and what it printed; the caller ends it."""
    process = subprocess.Popen(
        [*ARGUMENTS, *more], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, **popen
    )
    return process, json.loads(process.stdout.readline())


@pytest.fixture(name="copter")
def running_copter(tmp_path):
    params = tmp_path / "카메라 1.parm"
    params.write_text("# a camera\nCAM1_TYPE,1\n", encoding="utf-8")
    more = ("--params", str(params), "--parent-pid", str(os.getpid()), "--ready-after", "5")
    process, said = start("--speedup", "30", *more)
    yield process, said
    process.kill()
    process.communicate()


class Client:
    """A station: pymavlink's packing on a plain socket."""

    def __init__(self, address):
        _, host, port = address.split(":")
        self.socket = socket.create_connection((host, int(port)), timeout=10)
        self.mav = mavlink.MAVLink(self, srcSystem=255, srcComponent=190)
        self.waiting = []
        self.mav.request_data_stream_send(1, 1, 0, 4, 1)

    def write(self, data):
        self.socket.sendall(data)

    def next(self, *names, within_s=30.0):
        until = time.monotonic() + within_s
        while time.monotonic() < until:
            while self.waiting:
                message = self.waiting.pop(0)
                if message.get_type() in names:
                    return message
            data = self.socket.recv(65536)
            assert data, "the copter hung up"
            self.waiting += self.mav.parse_buffer(data) or []
        raise AssertionError(f"no {names}")

    def command(self, number, *params):
        values = [*map(float, params), *[0.0] * (7 - len(params))]
        self.mav.command_long_send(1, 1, number, 0, *values)
        while (ack := self.next("COMMAND_ACK")).command != number:
            pass
        return ack.result

    def upload(self, items):
        sent = set()
        self.mav.mission_count_send(1, 1, len(items), 0)
        while (asked := self.next("MISSION_REQUEST", "MISSION_ACK")).get_type() == "MISSION_REQUEST":
            if asked.seq in sent:
                continue  # asked again because this machine is slow
            sent.add(asked.seq)
            frame, command, params, x, y, z = items[asked.seq]
            params = [float(p) for p in params]
            self.mav.mission_item_int_send(1, 1, asked.seq, frame, command, 0, 1, *params, x, y, z, 0)
        return asked.type


def test_a_client_flies_a_mission_with_camera_at_thirty_times_real_time(copter):
    process, said = copter
    assert said["pid"] == process.pid
    assert "4.6.2" in said["version"]
    client = Client(said["address"])
    while client.next("EKF_STATUS_REPORT").flags != 831:
        pass
    survey = [do(206, 10, 0, 1), waypoint(60, 0, 20), waypoint(60, 20, 20), waypoint(0, 20, 20), do(206, 0)]
    assert client.upload([waypoint(0, 0, 30, frame=0), takeoff(), *survey, rtl()]) == 0
    assert [client.command(*c) for c in ((176, 1, 4), (400, 1), (176, 1, 3), (300,))] == [0] * 4
    reached, shots = [], 0
    while True:
        message = client.next("MISSION_ITEM_REACHED", "CAMERA_FEEDBACK", "MISSION_CURRENT")
        if message.get_type() == "CAMERA_FEEDBACK":
            shots += 1
        elif message.get_type() == "MISSION_ITEM_REACHED":
            reached.append(message.seq)
        elif message.mission_state == 5:
            break
    assert reached == [1, 3, 4, 5, 7]
    assert 13 <= shots <= 15


def test_a_client_may_go_and_come_back_and_two_may_listen(copter):
    _, said = copter
    first = Client(said["address"])
    first.next("HEARTBEAT")
    first.socket.close()
    second, third = Client(said["address"]), Client(said["address"])
    for client in (second, third):
        assert client.next("HEARTBEAT").autopilot == 3
    third.command(511, 33, -1)
    assert second.next("GLOBAL_POSITION_INT").lat == pytest.approx(373838000, abs=20)


@dataclass
class Ticking:
    """A clock that goes on by a hundredth at each look, and ends the server after two seconds."""

    stop: threading.Event
    now_s: float = 0.0

    def monotonic_s(self):
        self.now_s += 0.01
        if self.now_s >= 2.0:
            self.stop.set()
        return self.now_s


def test_time_runs_at_the_speedup_asked_for():
    params, stop = default_params(), threading.Event()
    params.set("SIM_SPEEDUP", 30.0)
    copter = Copter(Setup(*HOME, 30.0), params)
    Server(copter, [listen(0)], stop, clock=Ticking(stop)).run()
    assert copter.vehicle.time_s == pytest.approx(60.0, abs=2.0)


def test_a_reboot_closes_the_connection_and_another_finds_the_copter_started_anew(copter):
    first = Client(copter[1]["address"])
    first.next("SYSTEM_TIME")
    assert first.command(246, 1) == 0
    with contextlib.suppress(ConnectionResetError):
        while first.socket.recv(65536):
            pass
    assert Client(copter[1]["address"]).next("HEARTBEAT").autopilot == 3


def test_garbage_on_the_wire_is_passed_over(copter):
    client = Client(copter[1]["address"])
    client.write(bytes(range(256)) * 4 + bytes(300))
    assert client.command(512, 148) == 0


def hears(link, receive, names, within_s=20.0):
    """The next message of some names; None when none comes."""
    until = time.monotonic() + within_s
    while time.monotonic() < until:
        try:
            data = receive()
        except TimeoutError:
            return None
        for message in link.parse_buffer(data) or []:
            if message.get_type() in names:
                return message
    return None


def test_datagrams_are_answered_to_where_they_came_from():
    process, said = start("--udp-port", "0", "--speedup", "5")
    try:
        link = mavlink.MAVLink(None, srcSystem=255, srcComponent=190)
        with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as station:
            station.settimeout(10)
            port = int(said["udp"].rpartition(":")[2])
            ask = mavlink.MAVLink_command_long_message(1, 1, 512, 0, 148, *[0.0] * 6)
            station.sendto(ask.pack(link), ("127.0.0.1", port))
            version = hears(link, lambda: station.recv(65536), ["AUTOPILOT_VERSION"])
            assert version.flight_sw_version >> 8 == 0x040602
    finally:
        process.kill()
        process.communicate()


def test_the_second_port_drops_what_is_not_signed_and_the_first_does_not():
    process, said = start("--speedup", "5")
    try:
        first, second = Client(said["address"]), Client(said["second"])
        key = bytes(range(32))
        first.mav.setup_signing_send(1, 1, key, 1)
        assert first.command(512, 148) == 0
        second.mav.command_long_send(1, 1, 512, 0, 148, *[0.0] * 6)
        second.socket.settimeout(1)
        asked = hears(second.mav, lambda: second.socket.recv(65536), ["COMMAND_ACK"], within_s=1.5)
        assert asked is None
        second.mav.signing.secret_key, second.mav.signing.sign_outgoing = key, True
        second.mav.signing.timestamp = 10**12
        second.socket.settimeout(10)
        assert second.command(512, 148) == 0
    finally:
        process.kill()
        process.communicate()


def test_a_client_that_does_not_read_does_not_hold_up_the_others(copter):
    deaf, client = Client(copter[1]["address"]), Client(copter[1]["address"])
    for number in (30, 33, 24, 32, 36, 74):
        deaf.command(511, number, 20_000)
    first = client.next("SYSTEM_TIME").time_boot_ms
    while client.next("SYSTEM_TIME").time_boot_ms < first + 60_000:
        pass
    assert client.command(512, 148) == 0


def test_a_port_in_use_gives_one_line_and_status_one():
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = str(taken.getsockname()[1])
        done = subprocess.run([*ARGUMENTS, "--port", port], capture_output=True, text=True, check=False)
    assert (done.returncode, done.stdout) == (1, "")
    assert (
        done.stderr.strip() == f"simulator: port {port} is in use; give another --port, or 0 for a free one"
    )


@pytest.mark.parametrize(
    ("more", "status", "text"),
    [
        (("--params", "없음.parm"), 1, "없음.parm: cannot be read"),
        (("--home", "a,b"), 2, "must be LAT,LON,ALT,HDG"),
        (("--home", "95,127,0,0"), 1, "home must be LAT,LON in degrees, got 95.0,127.0"),
        (("--wind", "fast"), 2, "must be SPEED,FROM_DEG"),
    ],
)
def test_wrong_arguments_give_one_clear_line(more, status, text):
    done = subprocess.run([*ARGUMENTS, *more], capture_output=True, text=True, check=False, encoding="utf-8")
    assert done.returncode == status
    assert text in done.stderr
    assert "Traceback" not in done.stderr


def test_a_broken_parameter_file_is_named_with_its_line(tmp_path):
    broken = tmp_path / "broken.parm"
    broken.write_text("CAM1_TYPE,1\nWPNAV_SPEED\n")
    done = subprocess.run([*ARGUMENTS, "--params", str(broken)], capture_output=True, text=True, check=False)
    assert done.returncode == 1
    assert f"{broken}: line 2 is not NAME,VALUE: 'WPNAV_SPEED'" in done.stderr


@pytest.mark.skipif(os.name == "nt", reason="Windows has no SIGTERM to catch")
def test_it_ends_when_told():
    process, _ = start()
    process.send_signal(signal.SIGTERM)
    assert process.wait(10) == 0
    process.communicate()


def test_it_ends_with_its_parent():
    parent = subprocess.Popen([sys.executable, "-c", "input()"], stdin=subprocess.PIPE)
    process, _ = start("--parent-pid", str(parent.pid))
    assert process.poll() is None
    parent.communicate(b"\n")
    assert process.wait(10) == 0
    process.communicate()
