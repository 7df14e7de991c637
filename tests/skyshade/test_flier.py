"""Deliveries on the embedded copter that do not go as planned: Ctrl-C, a pilot who takes over."""

import json
import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest
from fakes.delivering import DEPOT
from fakes.dispatching import dispatch_one

from core.clock import RealClock
from delivery.model import OrderState
from delivery.store import open_store
from flight.link import open_link
from flight.locations import Start
from flight.sitl import start_vehicle
from flight.vehicle import Vehicle
from skyshade.flier import FlightRoom

TESTS = Path(__file__).parents[1]
posix = pytest.mark.skipif(os.name != "posix", reason="a terminal's Ctrl-C goes to a process group")


class Interrupted:
    """A program in a process group of its own, as at a terminal; Ctrl-C reaches all of the group."""

    def __init__(self, *words):
        environment = {**os.environ, "PYTHONPATH": os.pathsep.join([str(TESTS.parent), str(TESTS)])}
        self.process = subprocess.Popen(
            [sys.executable, *map(str, words)], env=environment, text=True, start_new_session=True,
            stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
        )  # fmt: skip

    def __enter__(self):
        return self

    def __exit__(self, *_):
        if self.process.poll() is None:
            self.process.kill()
        self.process.communicate()

    def wait_for(self, start):
        for line in self.process.stdout:
            if line.startswith(start):
                return
        raise AssertionError(f"it never said {start!r}")

    def press(self):
        os.killpg(self.process.pid, signal.SIGINT)

    def rest(self):
        return self.process.communicate(timeout=60)[0]


@posix
def test_interrupted_in_the_air_a_delivery_comes_home_and_the_order_fails_with_its_reason(tmp_path):
    with Interrupted(TESTS / "fakes" / "dispatching.py", tmp_path) as program:
        program.wait_for("flying 1")
        program.press()
        said = program.rest()
    assert "interrupted: returning to launch, still watching" in said
    assert "order failed interrupted by the user (return)" in said
    with open_store(tmp_path / "store.db") as store:
        (order,) = store.world().orders.values()
        (flight,) = store.world().flights.values()
        assert store.check() == []
    assert order.state is OrderState.FAILED
    assert order.reasons == ("interrupted by the user (return)",)
    record = json.loads((tmp_path / "flights" / flight.id / "flight.json").read_text())
    assert "RTL" in [e["text"] for e in record["events"] if e["kind"] == "mode"]
    assert record["events"][-1]["text"] == "motors off"


@posix
def test_interrupted_before_it_flies_a_delivery_fails_and_says_so(tmp_path):
    with Interrupted(TESTS / "fakes" / "dispatching.py", tmp_path) as program:
        program.wait_for("preflight")
        program.press()
        said = program.rest()
    assert "order failed interrupted before take-off; the motors were never on" in said


@posix
def test_fly_interrupted_in_the_air_returns_and_writes_its_record(tmp_path):
    plan = tmp_path / "탄천 비행.plan"
    items = [
        {"type": "SimpleItem", "command": command, "frame": 3, "autoContinue": True, "doJumpId": n,
         "params": [0, 0, 0, None, lat, 127.11, 12]}
        for n, (command, lat) in enumerate([(22, 37.37), (16, 37.372), (20, 0)], 1)
    ]  # fmt: skip
    mission = {"version": 2, "firmwareType": 3, "vehicleType": 2, "cruiseSpeed": 10, "hoverSpeed": 5,
               "plannedHomePosition": [37.37, 127.11, 40], "items": items}  # fmt: skip
    parts = {"geoFence": {"version": 2, "polygons": [], "circles": []},
             "rallyPoints": {"version": 2, "points": []}}  # fmt: skip
    whole = {"fileType": "Plan", "version": 1, "groundStation": "test", "mission": mission, **parts}
    plan.write_text(json.dumps(whole), encoding="utf-8")
    words = ("-m", "skyshade", "fly", plan, "--out", tmp_path / "기록", "--speedup", "20")
    with Interrupted(*words) as program:
        program.wait_for("flying")
        program.press()
        said = program.rest()
    assert program.process.returncode == 1
    assert "mission NOT completed: interrupted by the user (return)" in said
    record = json.loads((tmp_path / "기록" / "flight.json").read_text())
    assert record["events"][-1]["text"] == "motors off"


@pytest.mark.parametrize("released", [False, True])
def test_a_pilot_who_takes_over_a_delivery_flies_on_and_the_order_ends_as_the_vehicle_confirmed(
    tmp_path, released
):
    """Before the release the order fails, after it the order is closed; nothing is commanded any more."""
    with start_vehicle(home=Start(DEPOT.position, 30.0), speedup=20) as running:
        room = FlightRoom(running.address, confirm_real=True)

        def goods_gone():
            log = tmp_path / "flights" / "F-00001" / "flight.tlog"
            return b"Gripper load released" in log.read_bytes()

        def take_over(what, done, _total):
            if what == "flying" and done >= 1 and not pilots and (not released or goods_gone()):
                pilots.append(Vehicle(open_link(running.address, RealClock()), RealClock()))
                pilots[0].link.wait_vehicle(5)
                pilots[0].set_mode("LAND")

        pilots, room.on_progress = [], take_over
        order = dispatch_one(tmp_path, room)
        pilots[0].link.close()
    kinds = [e.kind for e in room.record.events]
    assert "command" not in kinds[kinds.index("takeover") :]
    assert room.record.events[-1].text == "motors off"
    assert room.record.aborted == "the pilot took over (LAND)"
    if released:
        assert order.state is OrderState.CLOSED
    else:
        assert (order.state, order.reasons) == (OrderState.FAILED, ("the pilot took over (LAND)",))
