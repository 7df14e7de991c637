"""Vehicles that are not flown here: refused by what they say they are, before anything is sent to them."""

import socket
import threading

import pytest
from fakes.flying import HOME, RETURN, TAKEOFF
from pymavlink.dialects.v20 import ardupilotmega as mavlink  # noqa: TID251  # the other end's codec

from flight.fly import FlyParams, fly_mission
from flight.identity import WrongVehicleError
from flight.preflight import NotReadyError, PreflightParams
from missions.model import Home, Mission

PLAN = Mission(Home(HOME, 40.0), (TAKEOFF, RETURN))
COPTER, PLANE, ROVER = 2, 1, 10


class Stranger:
    """A vehicle on UDP that says what it is, and its version when asked; it keeps what was sent to it."""

    def __init__(self, port, kind, version=(4, 6, 2), autopilot=3):
        self._codec = mavlink.MAVLink(None, 1, 1)
        self._near = ("127.0.0.1", port)
        self._kind, self._autopilot = kind, autopilot
        self._version = version[0] << 24 | version[1] << 16 | version[2] << 8 | 255
        self.heard = []
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._run, daemon=True)

    def __enter__(self):
        self._thread.start()
        return self

    def __exit__(self, *_):
        self._stop.set()
        self._thread.join(5)

    def _run(self):
        reader = mavlink.MAVLink(None, 1, 1)
        with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as wire:
            wire.settimeout(0.05)
            while not self._stop.is_set():
                beat = mavlink.MAVLink_heartbeat_message(self._kind, self._autopilot, 81, 0, 3, 3)
                wire.sendto(beat.pack(self._codec), self._near)
                try:
                    for message in reader.parse_buffer(wire.recv(65536)) or ():
                        self._take(wire, message)
                except TimeoutError:
                    continue

    def _take(self, wire, message):
        self.heard.append(message)
        if message.get_type() == "COMMAND_LONG" and (message.command, message.param1) == (512, 148):
            eight = [0] * 8
            said = mavlink.MAVLink_autopilot_version_message(
                0, self._version, 0, 0, 0, eight, eight, eight, 0, 0, 0
            )
            wire.sendto(said.pack(self._codec), self._near)


@pytest.fixture
def port():
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


@pytest.mark.parametrize(
    ("kind", "version", "autopilot", "words"),
    [
        (PLANE, (4, 6, 2), 3, "is a plane; only copters are flown"),
        (ROVER, (4, 6, 2), 3, "is a rover; only copters are flown"),
        (COPTER, (4, 2, 1), 3, r"runs ArduCopter 4\.2\.1; 4\.3 or newer is needed"),
        (COPTER, (1, 15, 0), 12, "does not run ArduPilot"),
    ],
)
def test_it_is_refused_and_nothing_but_questions_was_sent(port, tmp_path, kind, version, autopilot, words):
    refused = pytest.raises(WrongVehicleError, match=words)
    with Stranger(port, kind, version, autopilot) as stranger, refused:
        fly_mission(PLAN, f"udpin:127.0.0.1:{port}", tmp_path, confirm_real=True)
    asked = {m.get_type() for m in stranger.heard}
    assert asked <= {"HEARTBEAT", "COMMAND_LONG", "TIMESYNC", "SYSTEM_TIME"}
    assert {m.command for m in stranger.heard if m.get_type() == "COMMAND_LONG"} <= {511, 512}


def test_of_firmware_newer_than_what_is_known_it_is_said(port, tmp_path):
    said = []
    params = FlyParams(preflight=PreflightParams(timeout_s=0.5))
    with Stranger(port, COPTER, (4, 9, 0)), pytest.raises(NotReadyError, match="position estimate unknown"):
        fly_mission(
            PLAN, f"udpin:127.0.0.1:{port}", tmp_path, confirm_real=True, params=params,
            on_event=lambda event, _: said.append(event.text),
        )  # fmt: skip
    assert said[0].startswith("ArduCopter 4.9.0 is newer than what is known here")
