"""Flights that go on through a lost link, a restart in the air, and words that never arrive."""

import contextlib
import select
import socket
import threading
import time

import pytest
from fakes.flying import HOME, KINDS, QUICK, RETURN, TAKEOFF, connected, simulated, waypoint

from flight.commands import CommandRefusedError
from flight.fly import fly_mission
from missions.model import Command, Home, Mission, MissionItem

REBOOT, FORCED = 246, 20190226.0


class Relay:
    """A TCP relay to a vehicle that can fall silent both ways; it drains the vehicle meanwhile."""

    def __init__(self, address):
        _, host, port = address.split(":")
        self.silent = False
        self._listener = socket.create_server(("127.0.0.1", 0))
        self._far = (host, int(port))
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._run, daemon=True)
        self._thread.start()

    @property
    def address(self):
        return f"tcp:127.0.0.1:{self._listener.getsockname()[1]}"

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self._stop.set()
        self._thread.join(5)
        self._listener.close()

    def _run(self):
        near, _ = self._listener.accept()
        far = socket.create_connection(self._far, 5.0)
        with near, far, contextlib.suppress(ConnectionError):
            while not self._stop.is_set():
                for side in select.select([near, far], [], [], 0.05)[0]:
                    data = side.recv(65536)
                    if not data:
                        return
                    if not self.silent:
                        (far if side is near else near).sendall(data)


def mission(*items):
    return Mission(Home(HOME, 40.0), (TAKEOFF, *items))


@pytest.mark.parametrize("kind", KINDS)
def test_a_mission_that_goes_on_while_the_link_is_silent_is_still_known_to_be_complete(kind, tmp_path):
    plan = mission(waypoint(15, 0, delay_s=25), waypoint(5, 0), RETURN)
    with simulated(kind, tmp_path / "v", speedup=10) as running, Relay(running.address) as relay:

        def fall_silent(what, reached, _total):
            if what == "flying" and reached >= 1 and not relay.silent and timer == []:
                relay.silent = True
                timer.append(threading.Timer(seconds, speak_again))
                timer[0].start()

        def speak_again():
            relay.silent = False

        timer, seconds = [], 4.0  # forty of the vehicle's
        record = fly_mission(
            plan, relay.address, tmp_path / "out", confirm_real=True, on_progress=fall_silent
        )
    links = [e.text for e in record.events if e.kind == "link"]
    assert record.completed, record.aborted
    assert links[0].startswith("no message for")
    assert "messages arrive again" in links
    assert not [e for e in record.events if e.kind in ("takeover", "stall", "failsafe")]


@pytest.mark.parametrize("kind", KINDS)
def test_a_mission_that_ends_unheard_is_known_to_be_complete(kind, tmp_path):
    plan = mission(waypoint(10, 0), MissionItem(Command.NAV_LAND))
    with simulated(kind, tmp_path / "v", speedup=12) as running, Relay(running.address) as relay:

        def fall_silent(what, reached, _total):
            if what == "flying" and reached >= 1 and not timer:
                relay.silent = True
                timer.append(threading.Timer(6.0, lambda: setattr(relay, "silent", False)))
                timer[0].start()

        timer = []
        record = fly_mission(
            plan, relay.address, tmp_path / "out", confirm_real=True, on_progress=fall_silent
        )
    assert record.completed, record.aborted
    assert record.reached == record.items


@pytest.mark.ardupilot
def test_a_vehicle_that_restarts_in_the_air_is_told_and_its_mission_not_complete(tmp_path):
    plan = mission(waypoint(60, 0), RETURN)
    with simulated("ardupilot", tmp_path / "v", speedup=10) as running:
        done = []

        def restart(what, reached, _total):
            if what == "flying" and reached >= 1 and not done:
                done.append(what)
                with connected(running.side_address) as other:
                    other.link.send(
                        "COMMAND_LONG",
                        {"command": REBOOT, "confirmation": 0, "param1": 1.0, "param6": FORCED}
                        | {f"param{i}": 0.0 for i in (2, 3, 4, 5, 7)},
                    )
                    time.sleep(0.3)

        record = fly_mission(plan, running, tmp_path / "out", settings=QUICK, on_progress=restart)
    assert record.aborted == "the vehicle restarted in flight"
    assert any(e.text.startswith("the vehicle restarted: its clock went from") for e in record.events)


@pytest.mark.parametrize("kind", KINDS)
def test_an_armed_vehicle_is_not_restarted_unforced(kind, tmp_path):
    with simulated(kind, tmp_path / "v") as running, connected(running.address) as vehicle:
        vehicle.wait(lambda s: s.position_ready and s.prearm_ok, timeout_s=100, what="be ready")
        vehicle.set_mode("GUIDED")
        vehicle.arm()
        with pytest.raises(CommandRefusedError, match="does not restart"):
            vehicle.command(REBOOT, (1.0,), what="restart")
        vehicle.disarm()
