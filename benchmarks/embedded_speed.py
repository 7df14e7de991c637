"""How fast three minutes of flight are simulated: the embedded copter in lock-step, over TCP, and ArduPilot.

A take-off and a square flown round and round. In lock-step the copter is an object in this process; it
streams position, attitude and state as to a ground station, and each message is packed. Over TCP both are
asked for a hundredfold speed and flown by our own client; clocks are read from the recording.

Usage: python benchmarks/embedded_speed.py [RUNS]
"""

import os
import statistics
import sys
import tempfile
import time
from pathlib import Path

from likeness_missions import HOME, RETURN, at, mission

from flight.fly import fly_mission
from flight.locations import Start
from flight.simulator.copter import STEP_S, Copter
from flight.simulator.messages import mavlink
from flight.simulator.vehicle import Setup
from flight.sitl import VehicleKind, start_vehicle
from flight.tlog import messages
from flight.wire import mission_to_wire
from missions.model import Mission, MissionItem

GOAL_S = 3.0
FLIGHT_S = 180.0
FASTEST = 100.0
STREAMS = {33: 5, 30: 5, 74: 4, 1: 1, 42: 1, 62: 1, 193: 1, 245: 1}  # message id: hertz
STATION = mavlink.MAVLink(None, srcSystem=255, srcComponent=190)


def square() -> Mission:
    """Round and round for as long as is measured."""
    corners: list[MissionItem] = [at(0, 0, 25), at(100, 0, 25), at(100, 100, 30), at(0, 100, 25)]
    return mission(20.0, *corners * 4, RETURN)


def send(copter: Copter, message: mavlink.MAVLink_message) -> None:
    """Hand over a message as if it had come over a wire."""
    for decoded in mavlink.MAVLink(None).parse_buffer(message.pack(STATION)) or ():
        copter.handle(decoded)


def command(copter: Copter, number: int, *params: float) -> None:
    """A COMMAND_LONG."""
    values = [*params, *[0.0] * (7 - len(params))]
    send(copter, mavlink.MAVLink_command_long_message(1, 1, number, 0, *values))


def begin(copter: Copter) -> None:
    """Upload, arm, start."""
    items = mission_to_wire(square())
    send(copter, mavlink.MAVLink_mission_count_message(1, 1, len(items), 0))
    for number, item in enumerate(items):
        place = (item.x, item.y, item.z)
        send(
            copter,
            mavlink.MAVLink_mission_item_int_message(
                1, 1, number, item.frame, item.command, 0, 1, *item.params, *place, 0
            ),
        )
    for number, hertz in STREAMS.items():
        command(copter, 511, number, 1e6 / hertz)
    for number, *params in ((176, 1, 4), (400, 1), (176, 1, 3), (300,)):
        command(copter, number, *params)


def lock_step() -> tuple[float, float]:
    """Simulated and wall seconds."""
    copter = Copter(Setup(HOME.lat, HOME.lon, 40.0, ready_s=0.0))
    copter.join(0)
    for _ in range(50):
        copter.step()
    begin(copter)
    link = mavlink.MAVLink(None, srcSystem=1, srcComponent=1)
    wall_s, cpu_s = time.perf_counter(), time.process_time()
    for _ in range(round(FLIGHT_S / STEP_S)):
        copter.step()
        for outgoing in copter.take():
            outgoing.message.pack(link)
    if not copter.vehicle.flying or copter.auto.sequence.nav_seq < 5:
        raise SystemExit("the copter did not fly its square")
    print(f"lock-step: {time.process_time() - cpu_s:.2f} s of processor time", file=sys.stderr)
    return FLIGHT_S, time.perf_counter() - wall_s


def over_tcp(kind: VehicleKind) -> tuple[float, float]:
    """A vehicle's seconds in the air, and the wall's, as a client that reads everything sees them pass."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        home = Start(HOME, 40.0)
        with start_vehicle(
            kind, home=home, speedup=FASTEST, instance=85, work_dir=folder / "sitl"
        ) as vehicle:
            record = fly_mission(square(), vehicle, folder / "flight")
        rows = [
            (message.fields["time_boot_ms"] / 1000.0, message.utc_s)
            for message in messages(record.log, ("GLOBAL_POSITION_INT",), system=1)
            if message.fields["relative_alt"] > 5000
        ]
    return rows[-1][0] - rows[0][0], rows[-1][1] - rows[0][1]


def row(name: str, runs: list[tuple[float, float]]) -> str:
    """A line of the table."""
    walls = [wall * FLIGHT_S / simulated for simulated, wall in runs]
    median = statistics.median(walls)
    return f"| {name} | {median:.2f} | {min(walls):.2f} - {max(walls):.2f} | {FLIGHT_S / median:.0f} |"


def main() -> None:
    runs = int(sys.argv[1]) if len(sys.argv) > 1 else 5
    print(f"goal: {FLIGHT_S:.0f} s of flight in {GOAL_S:g} s or less; {runs} runs each\n")
    print("| vehicle | median s | least - most s | simulated seconds a second |\n|---|---|---|---|")
    print(row("embedded, lock-step", [lock_step() for _ in range(runs)]), flush=True)
    print(row("embedded, TCP", [over_tcp("embedded") for _ in range(runs)]), flush=True)
    if os.environ.get("SKYSHADE_ARDUCOPTER"):
        print(row("ArduPilot, TCP", [over_tcp("ardupilot") for _ in range(runs)]), flush=True)


if __name__ == "__main__":
    main()
