"""Arming and disarming through a relay that loses frames at random, each way alike: is 'done' done?

A clean connection beside the relay tells what the vehicle really did within two seconds of the client's word:
`right` are commands called done that were; F are those called done that were not. Motors turn on the ground.

Usage: python benchmarks/commands_lossy.py [--pairs 50 --clients skyshade,mavsdk,dronekit,pymavlink]
"""

import argparse
import json
import socket
import statistics
import subprocess
import tempfile
import time
from collections.abc import Callable
from contextlib import ExitStack, closing
from dataclasses import dataclass
from pathlib import Path

from lossy_relay import Relay, Weather

from core.clock import RealClock
from core.errors import SkyshadeError
from core.geo import LonLat
from flight.link import open_link
from flight.locations import Start
from flight.params import set_parameter
from flight.sitl import start_vehicle
from flight.vehicle import Vehicle

HERE = Path(__file__).resolve().parent
PYTHON = HERE.parent / ".venv-bench" / "bin" / "python"
HOME = Start(LonLat(127.11, 37.37), 40.0)
LOSSES = (0.0, 0.1, 0.2)
SEEN_S = 2.0
SETTLE_S = 0.3
HEARD_S = 3.0  # so that the client, too, hears how things stand now
HEARTBEATS = {0: 10.0}  # of the clean connection
CLOCK = RealClock()

Do = Callable[[str], tuple[bool, float]]


@dataclass(frozen=True, slots=True)
class Run:
    """One command: did its client call it done, was it, and the seconds until the client's word."""

    claimed: bool
    true: bool
    seconds: float


def ours(address: str, stack: ExitStack) -> Do:
    vehicle = stack.enter_context(Vehicle(open_link(address, CLOCK), CLOCK))
    vehicle.connect()

    def do(word: str) -> tuple[bool, float]:
        began_s = time.monotonic()
        try:
            vehicle.wait(lambda s: s.landed_state is not None, timeout_s=10.0, what="say that it stands")
            (vehicle.arm if word == "arm" else vehicle.disarm)()
        except SkyshadeError:
            return False, time.monotonic() - began_s
        return True, time.monotonic() - began_s

    return do


def peer(name: str, port: int, stack: ExitStack) -> Do:
    command = [str(PYTHON), str(HERE / "peers" / "command_peer.py"), name, str(port)]
    process = stack.enter_context(
        subprocess.Popen(
            command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True
        )
    )
    stack.callback(process.kill)
    answers, asks = process.stdout, process.stdin
    assert answers is not None
    assert asks is not None
    answers.readline()

    def do(word: str) -> tuple[bool, float]:
        asks.write(word + "\n")
        asks.flush()
        said = json.loads(answers.readline() or '{"claimed": false, "seconds": 0}')
        return bool(said["claimed"]), float(said["seconds"])

    return do


def measure(client: str, relay: Relay, side: Vehicle, weather: Weather, pairs: int) -> list[Run]:
    with ExitStack() as stack:
        if client == "skyshade":
            relay.set(Weather(seed=weather.seed))
            do = ours(relay.address, stack)
        else:
            with closing(socket.socket(socket.AF_INET, socket.SOCK_DGRAM)) as probe:
                probe.bind(("127.0.0.1", 0))
                port = probe.getsockname()[1]
            relay.set(Weather(seed=weather.seed), port)
            do = peer(client, port, stack)
        relay.weather = weather
        return [_one(do, word, side) for _ in range(pairs) for word in ("arm", "disarm")]


def _one(do: Do, word: str, side: Vehicle) -> Run:
    claimed, seconds = do(word)
    wanted, until_s = word == "arm", time.monotonic() + SEEN_S
    side.pump(SETTLE_S)  # what it was before the command is not taken for what came of it
    while time.monotonic() < until_s and side.state.armed is not wanted:
        side.receive(0.05)
    true = side.state.armed is wanted
    _put(side, armed=wanted)
    return Run(claimed, true, seconds)


def _put(side: Vehicle, *, armed: bool) -> None:
    """Whatever a client left, the next command begins where it should."""
    if side.state.armed is not armed:
        (side.arm if armed else side.disarm)()
        until_s = time.monotonic() + HEARD_S
        while time.monotonic() < until_s:
            side.pump(0.05)


def row(client: str, loss: float, runs: list[Run]) -> str:
    right = [run for run in runs if run.claimed and run.true]
    false = sum(run.claimed and not run.true for run in runs)
    unsaid = sum(not run.claimed and run.true for run in runs)
    times = [run.seconds for run in right] or [float("nan")]
    cells = [client, f"{loss:.0%}", f"{len(right)}/{len(runs)}", str(false), str(unsaid)]
    cells += [f"{statistics.median(times):.2f}", f"{max(times):.1f}"]
    return f"| {' | '.join(cells)} |"


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("--pairs", type=int, default=50)
    parser.add_argument("--clients", default="skyshade,mavsdk,dronekit,pymavlink")
    parser.add_argument("--instance", type=int, default=45)
    args = parser.parse_args()
    print("| client | loss each way | right | F | done but not said | median s | longest s |")
    print("|---|---|---|---|---|---|---|")
    with ExitStack() as stack:
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory()))
        running = stack.enter_context(
            start_vehicle("ardupilot", home=HOME, instance=args.instance, work_dir=folder)
        )
        relay = stack.enter_context(Relay(int(running.address.rpartition(":")[2])))
        side_link = open_link(running.side_address, CLOCK, patience_s=5.0)
        side = stack.enter_context(Vehicle(side_link, CLOCK))
        _make_ready(side)
        for client in args.clients.split(","):
            for loss in LOSSES:
                weather = Weather(loss=loss, seed=round(loss * 100) + 1)
                print(row(client, loss, measure(client, relay, side, weather, args.pairs)), flush=True)


def _make_ready(side: Vehicle) -> None:
    side.connect()
    side.link.want(HEARTBEATS)
    set_parameter(side, "DISARM_DELAY", 0)
    set_parameter(side, "ARMING_CHECK", 0)
    side.wait(lambda s: bool(s.position_ready and s.on_ground), timeout_s=120.0, what="be ready")
    side.set_mode("GUIDED")


if __name__ == "__main__":
    main()
