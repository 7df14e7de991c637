"""A service that is ended, or a point that is closed, while an aircraft of the service is in the air."""

import contextlib
import signal
import time
from dataclasses import replace
from types import SimpleNamespace

import pytest
from fakes.delivering import DEPOT, LAWN, NOON
from fakes.serving import running

from core.clock import RealClock, ShiftedClock
from core.geo import LocalFrame
from delivery.flights import FlightState
from delivery.model import Closure, OrderState
from delivery.request import Request
from delivery.service import set_things
from flight.locations import Start
from flight.sitl import start_vehicle
from skyshade.web.flying import Flying, Vehicles

NEAR = replace(LAWN, position=LocalFrame(DEPOT.position).place(60.0, 180.0))
BETWEEN = LocalFrame(DEPOT.position).place(30.0, 90.0)


def until(ready, seconds=120.0):
    end_s = time.monotonic() + seconds
    while not ready():
        assert time.monotonic() < end_s, "it never happened"
        time.sleep(0.05)


@contextlib.contextmanager
def in_the_air(folder, vehicle="own", speedup=30.0):
    """A service with one order on its way, by a copter of its own program or by one that runs beside it."""
    clock = ShiftedClock(RealClock(), NOON - RealClock().utc_s())
    with contextlib.ExitStack() as stack:
        served = stack.enter_context(running(folder, clock, prepare_s=0.0, inside=False))
        set_things(served.desk.store, [NEAR], clock)
        if vehicle == "own":
            flown_by = Vehicles("embedded", speedup=speedup)
        else:
            home = Start(DEPOT.position, 30.0)
            beside = stack.enter_context(start_vehicle(home=home, speedup=speedup, work_dir=folder / "기체"))
            flown_by = Vehicles(beside.address, confirm_real=True)
        desk = served.desk
        flying = Flying(desk, folder / "비행", flown_by)
        flying.start()
        order = desk.order(Request("손님", NEAR.id, (("coffee", 1),))).order.id
        until(lambda: desk.status(order).position is not None)
        yield SimpleNamespace(desk=desk, clock=clock, flying=flying, order=lambda: desk.status(order).order)
        flying.stop()
        until(lambda: not flying.in_the_air())


@pytest.mark.parametrize("vehicle", ["own", "beside"])
def test_whoever_ends_the_service_is_told_what_becomes_of_aircraft_in_the_air(tmp_path, vehicle):
    said = []

    def pressed(line):
        said.append(line)
        if len(said) == 1:
            signal.raise_signal(signal.SIGINT)

    with in_the_air(tmp_path, vehicle) as here:
        here.flying.finish(pressed)
        assert said[0].startswith("in the air: H1 (F-00001); watching until they are down")
        left = {"own": "simulated aircraft end with this program: H1", "beside": "NOT WATCHED ANY MORE: H1"}
        assert said[1].startswith(left[vehicle])
        here.flying.finish(said.append)
        assert said[-1] == "all aircraft are down"
        assert here.order().state is OrderState.CLOSED
        here.flying.finish(said.append)
        assert said[-1] == "all aircraft are down"


def closed_point(here):
    set_things(here.desk.store, [replace(NEAR, closed=True)], here.clock)


def closed_air(here):
    frame = LocalFrame(BETWEEN)
    ring = tuple(frame.place(x, y).xy for x, y in ((-20, -20), (20, -20), (20, 20), (-20, 20)))
    now_s = here.clock.utc_s()
    set_things(here.desk.store, [Closure("c1", "행사", ring, now_s, now_s + 3600.0)], here.clock)


@pytest.mark.parametrize(
    ("close", "why"), [(closed_point, "탄천 잔디밭 is closed"), (closed_air, "행사 is closed")]
)
def test_what_is_closed_on_the_way_brings_the_aircraft_home_with_the_goods(tmp_path, close, why):
    with in_the_air(tmp_path, speedup=8.0) as here:
        close(here)
        until(lambda: not here.flying.in_the_air())
        until(lambda: here.order().state is not OrderState.FLYING)
        (flight, *_) = here.desk.world().flights.values()
        assert (flight.state, flight.completed) == (FlightState.ENDED, False)
        assert flight.problem == f"called back: {why}"
        assert here.order().released_at_s is None
        assert here.order().state in {OrderState.FAILED, OrderState.ACCEPTED}
        assert here.desk.store.check() == []
