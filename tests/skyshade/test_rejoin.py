"""A dispatch killed in mid-flight: the flight is found again, nothing is lost and nothing dropped twice."""

import os
import subprocess
import sys
from pathlib import Path

import pytest
from fakes.delivering import DEPOT, NOON
from fakes.dispatching import CONDITIONS

from core.clock import RealClock, ShiftedClock
from delivery.crew import Crew
from delivery.desk import Desk
from delivery.model import OrderState
from delivery.store import open_store
from flight.locations import Start
from flight.sitl import start_vehicle
from skyshade.flier import FlightRoom

TESTS = Path(__file__).parents[1]


def killed_when(folder, address, words):
    """Dispatch one order in a process of its own and kill it once it said `words`."""
    environment = {**os.environ, "PYTHONPATH": os.pathsep.join([str(TESTS.parent), str(TESTS)])}
    command = [sys.executable, str(TESTS / "fakes" / "dispatching.py"), str(folder), address]
    with subprocess.Popen(command, env=environment, text=True, stdout=subprocess.PIPE) as process:
        try:
            for line in process.stdout:
                if line.startswith(words):
                    return
            raise AssertionError(f"it never said {words!r}")
        finally:
            process.kill()


@pytest.mark.parametrize("words", ["flying 1", "flying 8"])
def test_a_flight_whose_program_was_killed_is_found_again_and_its_order_is_closed_once(tmp_path, words):
    with start_vehicle(home=Start(DEPOT.position, 30.0), speedup=20) as running:
        killed_when(tmp_path, running.address, words)
        clock = ShiftedClock(RealClock(), NOON - RealClock().utc_s())
        with open_store(tmp_path / "store.db") as store:
            crew = Crew(Desk(store, lambda: CONDITIONS, clock), tmp_path / "flights")
            (flight,) = crew.lost()
            crew.watch(flight.id, FlightRoom(running.address, confirm_real=True))
            (order,) = store.world().orders.values()
            kinds = [event.kind for event in store.events()]
            assert store.check() == []
            assert crew.lost() == ()
    assert order.state is OrderState.CLOSED
    assert kinds.count("order.released") == 1
    assert order.released_lonlat is not None
