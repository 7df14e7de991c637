"""Simulated vehicles for tests: the embedded copter, and real ArduPilot where the machine has it."""

import contextlib
import itertools
import os
from contextlib import contextmanager

import pytest

from core.clock import RealClock
from core.geo import Altitude, Datum, LocalFrame, LonLat
from flight.link import open_link
from flight.locations import Start
from flight.sitl import find_ardupilot, start_vehicle
from flight.vehicle import Vehicle
from missions.model import Command, MissionItem

HOME = LonLat(127.11, 37.37)
FRAME = LocalFrame(HOME)
QUICK = {"RTL_ALT": 1000.0, "RTL_LOIT_TIME": 0.0, "LAND_SPEED": 150.0}
KINDS = [
    pytest.param("embedded", id="embedded"),
    pytest.param("ardupilot", id="ardupilot", marks=pytest.mark.ardupilot),
]
FASTEST = {"embedded": 60.0, "ardupilot": 15.0}
STEADY = 10.0  # for stations that keep the wall's time


@contextmanager
def simulated(kind, folder, *, speedup=30.0, instance=40, params=""):
    """A running vehicle at HOME; `params` is the text of one more parameter file."""
    if kind == "ardupilot" and (not os.environ.get("SKYSHADE_ARDUCOPTER") or find_ardupilot() is None):
        pytest.skip("SKYSHADE_ARDUCOPTER names no ArduPilot SITL")
    folder.mkdir(parents=True, exist_ok=True)
    files = []
    if params:
        files = [folder / "more.parm"]
        files[0].write_text(params)
    worker = int(os.environ.get("PYTEST_XDIST_WORKER", "gw0").removeprefix("gw"))
    with start_vehicle(
        kind, home=Start(HOME, 40.0), speedup=min(speedup, FASTEST[kind]),
        instance=instance + worker, work_dir=folder, params=files,
    ) as running:  # fmt: skip
        yield running


@contextmanager
def starter(folder, *, instance):
    """A function that starts vehicles, by kind and speed-up; all of them end with the block."""
    numbers = itertools.count()
    with contextlib.ExitStack() as stack:

        def begin(kind="embedded", speedup=20.0):
            speedup = min(speedup, STEADY) if kind == "ardupilot" else speedup
            where = folder / f"vehicle {next(numbers)}"
            return stack.enter_context(simulated(kind, where, speedup=speedup, instance=instance))

        yield begin


@contextmanager
def connected(address):
    """A vehicle on its link, connected."""
    with Vehicle(open_link(address, RealClock(), patience_s=5.0), RealClock()) as vehicle:
        vehicle.connect()
        yield vehicle


def hover(vehicle, height_m=10.0):
    """Wait until it is ready, and take it up in GUIDED."""
    vehicle.wait(lambda s: s.position_ready and s.prearm_ok, timeout_s=100, what="be ready")
    vehicle.set_mode("GUIDED")
    vehicle.arm()
    vehicle.take_off(height_m)


def place(north_m, east_m):
    return FRAME.place(east_m, north_m)


def waypoint(north_m, east_m, up_m=12.0, delay_s=0.0):
    return MissionItem(
        Command.NAV_WAYPOINT, (delay_s, 0, 0, 0), place(north_m, east_m), Altitude(up_m, Datum.HOME)
    )


def action(command, *params):
    return MissionItem(command, (*params, 0, 0, 0, 0)[:4])


TAKEOFF = MissionItem(Command.NAV_TAKEOFF, altitude=Altitude(12, Datum.HOME))
RETURN = MissionItem(Command.NAV_RETURN_TO_LAUNCH)
