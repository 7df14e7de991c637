"""What watching costs: CPU of the watching process for each vehicle at 50 messages/s, and its stale links.

Every vehicle is a replay of a recording of real ArduCopter (or of frames made here where it is missing), sent
over UDP or TCP by another process at 50 messages/s of wall time, one write a message. Ours does all of it:
socket, cutting, checksum, recording to a .tlog, decoding, state. `link` is one vehicle whose messages are
taken in by a thread of the user's, as in a flight. A link counts as stale that once was silent for 2.5 s.

Usage: python benchmarks/telemetry_load.py [SECONDS] [RECORDING.tlog[.gz]]
"""

import json
import socket
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import Self

from core.clock import RealClock
from flight.fleet import Fleet
from flight.link import open_link
from flight.state import VehicleState, fold

HERE = Path(__file__).resolve().parent
PEERS_PYTHON = HERE.parent / ".venv-bench" / "bin" / "python"
MANY = 30
RATE_HZ = 50.0
GOAL_PERCENT = 0.5
CLOCK = RealClock()


class Source:
    """The replaying process: `addresses` to connect to or to listen on."""

    def __init__(self, vehicles: int, scheme: str, seconds: float, recording: str) -> None:
        command = [sys.executable, str(HERE / "telemetry_source.py"), str(vehicles), scheme, f"{seconds:g}"]
        self.process = subprocess.Popen(
            [*command, str(RATE_HZ), recording], stdout=subprocess.PIPE, stdin=subprocess.PIPE, text=True
        )
        assert self.process.stdout is not None
        self.addresses: list[str] = json.loads(self.process.stdout.readline())

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.process.terminate()
        self.process.wait()


Figures = tuple[float, float, int]
"""CPU percent of a core for each vehicle, messages/s for each, stale links."""


class Spent:
    """CPU and wall seconds from now on."""

    def __init__(self) -> None:
        self.cpu_s, self.wall_s = time.process_time(), time.monotonic()

    @property
    def seconds(self) -> float:
        return time.monotonic() - self.wall_s

    def figures(self, received: int, vehicles: int, stale: int) -> Figures:
        cpu_s, wall_s = time.process_time() - self.cpu_s, self.seconds
        return 100.0 * cpu_s / wall_s / vehicles, received / wall_s / vehicles, stale


def fleet_load(vehicles: int, scheme: str, seconds: float, recording: str) -> Figures:
    """All of them watched by one thread."""
    source = Source(vehicles, scheme, seconds + 4.0, recording)
    with source, tempfile.TemporaryDirectory() as folder, Fleet(CLOCK, rates={}) as fleet:
        for number, address in enumerate(source.addresses):
            fleet.open(address, log_path=Path(folder) / f"{number}.tlog")
        while len(fleet.seen()) < vehicles:
            time.sleep(0.05)
        fleet.take_events()
        before = sum(seen.quality.received for seen in fleet.seen())
        spent, stale = Spent(), set()
        while spent.seconds < seconds:
            time.sleep(0.5)
            events = fleet.take_events()
            stale |= {(address, system) for address, system, event in events if event.kind == "stale"}
        received = sum(seen.quality.received for seen in fleet.seen()) - before
        return spent.figures(received, vehicles, len(stale))


def link_load(scheme: str, seconds: float, recording: str) -> Figures:
    """One link whose user takes in what comes."""
    source, folder = Source(1, scheme, seconds + 4.0, recording), tempfile.TemporaryDirectory()
    with (
        source,
        folder as name,
        open_link(source.addresses[0], CLOCK, log_path=Path(name) / "a.tlog") as link,
    ):
        link.wait_vehicle(10.0)
        state, before, spent, stale = VehicleState(), link.quality.received, Spent(), 0
        while spent.seconds < seconds:
            message = link.receive(0.25)
            if message is not None:
                state = fold(state, message)
            stale += sum(event.kind == "stale" for event in link.take_events())
        return spent.figures(link.quality.received - before, 1, stale)


def bare_load(seconds: float, recording: str) -> Figures:
    """What waiting and receiving alone cost in Python on this machine: nothing is looked at."""
    with Source(1, "udpin", seconds + 4.0, recording) as source, udp_end(source.addresses[0]) as end:
        end.recv(4096)
        spent, count = Spent(), 0
        while spent.seconds < seconds:
            count += bool(end.recv(4096))
        return spent.figures(count, 1, 0)


def udp_end(address: str) -> socket.socket:
    """A plain socket that listens there."""
    end = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
    end.bind(("127.0.0.1", int(address.rpartition(":")[2])))
    end.settimeout(5.0)
    return end


def peer_load(peer: str, vehicles: int, seconds: float, recording: str) -> Figures | None:
    """A peer's figures, measured by itself in its own environment; None where it is not installed."""
    if not PEERS_PYTHON.exists():
        return None
    with Source(vehicles, "udpin", seconds + 30.0, recording) as source:
        script = HERE / "peers" / "watch_telemetry.py"
        command = [str(PEERS_PYTHON), str(script), peer, f"{seconds:g}", *source.addresses]
        try:
            done = subprocess.run(
                command, capture_output=True, text=True, timeout=seconds + 30.0, check=False
            )
        except subprocess.TimeoutExpired:
            print(f"{peer}: no answer", file=sys.stderr)
            return None
    lines = [line for line in done.stdout.splitlines() if line.startswith("[")]
    if not lines:
        print(f"{peer}: {done.stderr.strip().splitlines()[-1:]}", file=sys.stderr)
        return None
    percent, rate, stale = json.loads(lines[-1])
    return percent, rate, stale


def row(name: str, vehicles: int, figures: Figures | None) -> None:
    """One line of the table."""
    if figures is None:
        print(f"| {name} | {vehicles} | - | - | - |", flush=True)
        return
    percent, rate, stale = figures
    print(f"| {name} | {vehicles} | {rate:.1f} | {percent:.2f} % | {stale} |", flush=True)


def main() -> None:
    seconds = float(sys.argv[1]) if len(sys.argv) > 1 else 30.0
    recording = sys.argv[2] if len(sys.argv) > 2 else ""
    print(f"{seconds:g} s each at {RATE_HZ:g} messages/s a vehicle; goal {GOAL_PERCENT} % of a core\n")
    print("| watcher | vehicles | messages/s each | CPU each | stale links |\n|---|---|---|---|---|")
    row("nothing but `recv`", 1, bare_load(seconds, recording))
    for scheme in ("udpin", "tcp"):
        row(f"skyshade link, {scheme}", 1, link_load(scheme, seconds, recording))
        for vehicles in (1, MANY):
            row(f"skyshade fleet, {scheme}", vehicles, fleet_load(vehicles, scheme, seconds, recording))
    for peer in ("pymavlink", "mavsdk"):
        for vehicles in (1, MANY) if peer == "pymavlink" else (1,):
            row(f"{peer}, udpin", vehicles, peer_load(peer, vehicles, seconds, recording))


if __name__ == "__main__":
    main()
