"""Faults and what became of them: a vehicle that restarts in mid-upload, a second station that uploads, 30 s
without a link in AUTO, a million bytes of garbage each way, a vehicle whose clock jumps.

A verdict is `survived` (done, and a clean connection agrees), `told` (given up, and rightly said so) or
`WRONG`. On the embedded copter, and on ArduPilot where SKYSHADE_ARDUCOPTER names it.

Usage: python benchmarks/faults_survived.py [FAULT ...]
"""

import contextlib
import os
import sys
import tempfile
import threading
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

from faulty_relay import FaultyRelay

from core.clock import RealClock
from core.errors import SkyshadeError
from core.geo import Altitude, Datum, LocalFrame, LonLat, distance_m
from flight.exchange import Wire, download, upload
from flight.fly import fly_mission
from flight.link import Link, open_link
from flight.locations import Start
from flight.params import set_parameter
from flight.readback import compare
from flight.record import FlightRecord
from flight.sitl import RunningVehicle, VehicleKind, start_vehicle
from flight.vehicle import Vehicle
from flight.wire import Kind, WireItem, mission_to_wire
from missions.model import Command, Home, Mission, MissionItem

HOME = LonLat(127.11, 37.37)
CLOCK = RealClock()
SPEEDUP = 10.0
ITEMS = 200
LOSS_S = 30.0
SETTLE_S = 5.0
OLD_S = 120.0  # a clock that falls back from here is told from one that ran on
GARBAGE = 1_000_000
JUMPS_S = (3600.0, -50.0)
REBOOT, AUTOPILOT = 246, 1.0
QUICK = {"RTL_ALT": 1000.0, "RTL_LOIT_TIME": 0.0, "LAND_SPEED": 150.0}

Verdict = tuple[str, str]


def mission(count: int, side: int = 1) -> Mission:
    frame = LocalFrame(HOME)
    places = [frame.place(side * 3.0 * (i % 20), 4.0 * (i // 20)) for i in range(count - 1)]
    legs = [MissionItem(Command.NAV_WAYPOINT, (0.0,) * 4, p, Altitude(30, Datum.HOME)) for p in places]
    return Mission(
        Home(HOME, 40.0), (MissionItem(Command.NAV_TAKEOFF, altitude=Altitude(30, Datum.HOME)), *legs)
    )


def square() -> Mission:
    frame, up = LocalFrame(HOME), Altitude(12, Datum.HOME)
    corners = [frame.place(*corner) for corner in ((0, 130), (130, 130), (130, 0), (0, 0), (0, 130), (0, 20))]
    legs = [MissionItem(Command.NAV_WAYPOINT, (0.0,) * 4, corner, up) for corner in corners]
    first, last = MissionItem(Command.NAV_TAKEOFF, altitude=up), MissionItem(Command.NAV_RETURN_TO_LAUNCH)
    return Mission(Home(HOME, 40.0), (first, *legs, last))


def port(vehicle: RunningVehicle) -> int:
    return int(vehicle.address.rpartition(":")[2])


def held(vehicle: RunningVehicle) -> tuple[WireItem, ...]:
    with open_link(vehicle.side_address, CLOCK, patience_s=30) as link:
        link.wait_vehicle(60.0)
        return download(link, Kind.MISSION, CLOCK)


def events(link: Link) -> str:
    return "; ".join(dict.fromkeys(event.text for event in link.take_events()))


# -- the faults


def restart(vehicle: RunningVehicle) -> Verdict:
    """Half the items are there when the vehicle restarts."""
    items, told = mission_to_wire(mission(ITEMS)), []

    def at_half(done: int, total: int) -> None:
        if done > total // 2 and not told:
            told.append(done)
            fields = {f"param{i}": 0.0 for i in range(2, 8)}
            link.send("COMMAND_LONG", {"command": REBOOT, "confirmation": 0, "param1": AUTOPILOT, **fields})

    with open_link(vehicle.address, CLOCK) as link:
        copter = Vehicle(link, CLOCK)
        copter.connect(timeout_s=60.0)
        copter.wait(lambda state: (state.boot_s or 0.0) > OLD_S, timeout_s=2 * OLD_S, what="grow old")
        claimed, said = tried(copter, items, at_half)
        ends_s = CLOCK.monotonic_s() + SETTLE_S
        while CLOCK.monotonic_s() < ends_s:
            copter.pump(0.1)
        heard = events(link)
        right = compare(items, download(copter, Kind.MISSION, CLOCK)).same
    return judged(claimed=claimed, right=right), f"at item {told[0]}: {heard}; {said}"


def tried(wire: Wire, items: tuple[WireItem, ...], told: Callable[[int, int], None]) -> tuple[bool, str]:
    try:
        report = upload(wire, Kind.MISSION, items, CLOCK, on_progress=told)
    except SkyshadeError as error:
        return False, str(error)
    return True, f"verified after {report.attempts} attempts, {report.seconds:.1f} s"


def judged(*, claimed: bool, right: bool) -> str:
    if claimed:
        return "survived" if right else "WRONG"
    return "told"


def second_station(vehicle: RunningVehicle) -> Verdict:
    """Another mission is uploaded at the same moment by another station."""
    missions = [mission_to_wire(mission(ITEMS, side)) for side in (1, -1)]
    outcomes: dict[int, tuple[bool, str]] = {}
    with open_link(vehicle.address, CLOCK) as mine:
        mine.wait_vehicle(60.0)
        with open_link(vehicle.side_address, CLOCK, patience_s=30) as other:
            other.wait_vehicle(60.0)

            def one(number: int, link: Link) -> None:
                outcomes[number] = tried(link, missions[number], lambda *_: None)

            both = [threading.Thread(target=one, args=pair) for pair in ((0, mine), (1, other))]
            for thread in both:
                thread.start()
            for thread in both:
                thread.join()
        now = download(mine, Kind.MISSION, CLOCK)
    whole = [compare(items, now).same for items in missions]
    said = "; ".join(f"{who}: {outcomes[n][1]}" for n, who in enumerate(("ours", "other")))
    claims = [outcomes[n][0] for n in (0, 1)]
    honest = any(whole) and any(claims)
    verdict = "survived" if honest and claims[0] else "told" if honest else "WRONG"
    return verdict, f"on the vehicle: {'ours' if whole[0] else 'other' if whole[1] else 'a mixture'}; {said}"


def flown(
    vehicle: RunningVehicle, faults: Callable[[FaultyRelay], None], *, watched: bool = True
) -> tuple[FlightRecord, float]:
    """The square flown through the relay, `faults` beside it from the first corner on; and, if `watched`, the
    seconds from take-off to motors off as a clean connection saw them.
    """
    watch = truth(vehicle) if watched else contextlib.nullcontext({})
    begun: list[threading.Thread] = []
    with FaultyRelay(port(vehicle)) as relay, tempfile.TemporaryDirectory() as folder, watch as seen:

        def told(what: str, reached: int, _total: int) -> None:
            if what == "flying" and reached >= 2 and not begun:
                begun.append(threading.Thread(target=faults, args=(relay,)))
                begun[0].start()

        record = fly_mission(
            square(), relay.address, Path(folder), own_vehicle=True, settings=QUICK, on_progress=told
        )
        for thread in begun:
            thread.join()
        return record, seen.get("down", 0.0) - seen.get("up", 0.0)


@contextlib.contextmanager
def truth(vehicle: RunningVehicle) -> Iterator[dict[str, float]]:
    """When it took off and when its motors stopped, in its own seconds, by a connection of its own."""
    done, seen = threading.Event(), dict[str, float]()

    def watch() -> None:
        with open_link(vehicle.side_address, CLOCK, patience_s=60) as link:
            copter = Vehicle(link, CLOCK)
            copter.connect(timeout_s=60.0)
            while not done.is_set():
                copter.pump(0.1)
                if copter.airborne:
                    seen.setdefault("up", copter.now_s)
                if copter.state.armed:
                    seen["down"] = copter.now_s

    eyes = threading.Thread(target=watch, daemon=True)
    eyes.start()
    try:
        yield seen
    finally:
        done.set()
        eyes.join()


def link_loss(vehicle: RunningVehicle) -> Verdict:
    """Nothing passes for 30 s of real time, in AUTO, at speed-up 1."""

    def at_pace(pace: float) -> None:
        with open_link(vehicle.side_address, CLOCK) as side:
            side.wait_vehicle(30.0)
            set_parameter(side, "SIM_SPEEDUP", pace)

    def faults(relay: FaultyRelay) -> None:
        at_pace(1.0)
        relay.faults.cut = True
        CLOCK.sleep(LOSS_S)
        relay.faults.cut = False
        CLOCK.sleep(2.0)
        at_pace(SPEEDUP)

    record, _ = flown(vehicle, faults, watched=False)
    return flight_verdict(record)


def flight_verdict(record: FlightRecord, wrong: str = "") -> Verdict:
    usual = ("flight", "mode", "item", "command")
    told = "; ".join(dict.fromkeys(e.text for e in record.events if e.kind not in usual))
    end = f"{record.reached} of {record.items} items, {record.flown_s:.0f} s in the air"
    if wrong:
        return "WRONG", f"{wrong}; {told}; {end}"
    if record.completed:
        return "survived", f"{told}; {end}"
    return "told", f"{record.aborted}; {told}; {end}"


def clock_jump(vehicle: RunningVehicle) -> Verdict:
    """The vehicle's clock goes an hour on, then back to 50 s before where it was."""

    def faults(relay: FaultyRelay) -> None:
        for jump_s in JUMPS_S:
            relay.faults.clock_s = jump_s
            CLOCK.sleep(1.5)

    record, true_s = flown(vehicle, faults)
    off_s = abs(record.flown_s - true_s)
    wrong = f"{record.flown_s:.0f} s said, {true_s:.0f} s flown" if off_s > 5.0 else ""
    return flight_verdict(record, wrong)


def garbage(vehicle: RunningVehicle) -> Verdict:
    """Random and mutated bytes between the frames, each way, while a mission is uploaded."""
    items = mission_to_wire(mission(ITEMS))
    seen = 0
    with FaultyRelay(port(vehicle)) as relay, open_link(relay.address, CLOCK) as link:
        false: list[str] = []

        def tapped(message: Any) -> None:
            nonlocal seen
            seen += 1
            if message.get_type() != "BAD_DATA" and bytes(message.get_msgbuf()) not in relay.clean:
                false.append(message.get_type())

        copter = Vehicle(link, CLOCK)
        copter.connect(timeout_s=60.0)
        copter.pump(1.0)
        link.taps.append(tapped)
        relay.faults.garbage_down = relay.faults.garbage_up = GARBAGE
        claimed, said = tried(link, items, lambda *_: None)
        while relay.faults.garbage_down > 0 or relay.faults.garbage_up > 0:
            copter.pump(0.1)
        copter.pump(1.0)
        same_place = agrees(vehicle, copter)
        added, loss = relay.added, link.quality
        right = compare(items, held(vehicle)).same
    verdict = "WRONG" if false or not same_place else judged(claimed=claimed, right=right)
    text = f"{added} bytes added, {seen} messages taken, {len(false)} false ones; {said}; quality {loss}"
    return verdict, text


def agrees(vehicle: RunningVehicle, copter: Vehicle) -> bool:
    """Whether a clean connection sees the same vehicle."""
    with open_link(vehicle.side_address, CLOCK, patience_s=30) as link:
        other = Vehicle(link, CLOCK)
        other.connect(timeout_s=60.0)
        other.wait(lambda state: state.position is not None, timeout_s=60.0, what="tell its place")
        mine, theirs = copter.state, other.state
    if mine.position is None or theirs.position is None:
        return False
    same = (mine.mode, mine.armed) == (theirs.mode, theirs.armed)
    return same and distance_m(mine.position, theirs.position) < 3.0


FAULTS: dict[str, Callable[[RunningVehicle], Verdict]] = {
    "restart": restart,
    "second-station": second_station,
    "link-loss": link_loss,
    "garbage": garbage,
    "clock-jump": clock_jump,
}


def main() -> None:
    kinds: list[VehicleKind] = ["embedded"]
    if os.environ.get("SKYSHADE_ARDUCOPTER"):
        kinds.append("ardupilot")
    print("| fault | vehicle | verdict | what was said |\n|---|---|---|---|")
    for name in sys.argv[1:] or FAULTS:
        for kind in kinds:
            with start_vehicle(kind, home=Start(HOME, 40.0), speedup=SPEEDUP, instance=58) as vehicle:
                try:
                    verdict, said = FAULTS[name](vehicle)
                except SkyshadeError as error:
                    verdict, said = "told", str(error)
            print(f"| {name} | {kind} | {verdict} | {' '.join(said.split())} |", flush=True)


if __name__ == "__main__":
    main()
