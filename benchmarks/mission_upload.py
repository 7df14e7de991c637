"""Uploads through a link that loses packets: a seeded relay drops whole MAVLink frames, each way alike.

An upload counts as good when a second, clean connection reads back what was sent. Seconds are the whole
upload as users wait for it, our own reading back through the lossy link included; in brackets until the
vehicle had every item. Flies nothing. The embedded copter, and ArduPilot where SKYSHADE_ARDUCOPTER names it.

Usage: python benchmarks/mission_upload.py [RUNS]
"""

import contextlib
import os
import random
import socket
import statistics
import sys
import threading
from collections.abc import Iterator
from dataclasses import dataclass, field

from core.clock import RealClock
from core.errors import SkyshadeError
from core.geo import Altitude, Datum, LocalFrame, LonLat
from flight.exchange import download, upload
from flight.link import open_link
from flight.locations import Start
from flight.readback import compare
from flight.sitl import RunningVehicle, VehicleKind, start_vehicle
from flight.wire import Kind, mission_to_wire
from missions.model import Command, Home, Mission, MissionItem

HOME = LonLat(127.11, 37.37)
ITEMS = 200  # home counts
LOSSES = (0.0, 0.05, 0.1, 0.2)
CAP_S = 60.0
CLOCK = RealClock()


@dataclass(slots=True)
class Frames:
    """Cuts a byte stream into MAVLink frames (version 1 and 2)."""

    rest: bytearray = field(default_factory=bytearray)

    def cut(self, data: bytes) -> Iterator[bytes]:
        self.rest += data
        while len(self.rest) >= 3:
            if self.rest[0] not in (0xFD, 0xFE):
                del self.rest[0]
                continue
            signed = 13 if self.rest[0] == 0xFD and self.rest[2] & 1 else 0
            length = self.rest[1] + (12 if self.rest[0] == 0xFD else 8) + signed
            if len(self.rest) < length:
                return
            yield bytes(self.rest[:length])
            del self.rest[:length]


class Relay:
    """Listens on a free port of 127.0.0.1 and passes frames on to `port`, but for those it loses."""

    def __init__(self, port: int, loss: float, seed: int) -> None:
        self.loss, self.to_port, self.seed = loss, port, seed
        self.listening = socket.create_server(("127.0.0.1", 0))
        self.ends: list[socket.socket] = []
        threading.Thread(target=self._serve, daemon=True).start()

    def __enter__(self) -> str:
        return f"tcp:127.0.0.1:{self.listening.getsockname()[1]}"

    def __exit__(self, *_: object) -> None:
        for end in (*self.ends, self.listening):
            with contextlib.suppress(OSError):
                end.shutdown(socket.SHUT_RDWR)
            end.close()

    def _serve(self) -> None:
        with contextlib.suppress(OSError):
            near, _ = self.listening.accept()
            far = socket.create_connection(("127.0.0.1", self.to_port))
            self.ends += [near, far]
            for end in self.ends:
                end.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            for way, (source, sink) in enumerate(((near, far), (far, near))):
                rng = random.Random(2 * self.seed + way)
                threading.Thread(target=self._pass, args=(source, sink, rng), daemon=True).start()

    def _pass(self, source: socket.socket, sink: socket.socket, rng: random.Random) -> None:
        frames = Frames()
        with contextlib.suppress(OSError):
            while data := source.recv(65536):
                for frame in frames.cut(data):
                    if rng.random() >= self.loss:
                        sink.sendall(frame)


def mission(seed: int) -> Mission:
    """A mission that no other seed has, so that what an earlier run left is never taken for this one's."""
    frame, rng = LocalFrame(HOME), random.Random(seed)
    places = [frame.place(rng.uniform(-400, 400), rng.uniform(-400, 400)) for _ in range(ITEMS - 2)]
    legs = [MissionItem(Command.NAV_WAYPOINT, (0.0,) * 4, p, Altitude(30, Datum.HOME)) for p in places]
    takeoff = MissionItem(Command.NAV_TAKEOFF, altitude=Altitude(30, Datum.HOME))
    return Mission(Home(HOME, 40.0), (takeoff, *legs))


@dataclass(frozen=True, slots=True)
class Run:
    """`claimed` by our upload, `right` as the clean connection reads it; wall seconds."""

    claimed: bool
    right: bool
    whole_s: float
    sent_s: float


def one_upload(vehicle: RunningVehicle, loss: float, seed: int) -> Run:
    """Upload through the relay, then look through the side door."""
    items = mission_to_wire(mission(seed))
    port = int(vehicle.address.rpartition(":")[2])
    with Relay(port, loss, seed) as address, open_link(address, CLOCK) as link:
        link.wait_vehicle(30.0)
        began_s = last_s = CLOCK.monotonic_s()

        def told(_done: int, _total: int) -> None:
            nonlocal last_s
            last_s = CLOCK.monotonic_s()

        try:
            upload(link, Kind.MISSION, items, CLOCK, on_progress=told)
            claimed = True
        except SkyshadeError as error:
            print(f"loss {loss:.0%}, seed {seed}: {error}", file=sys.stderr)
            claimed = False
        ended_s = CLOCK.monotonic_s()
    with open_link(vehicle.side_address, CLOCK) as side:
        side.wait_vehicle(30.0)
        held = download(side, Kind.MISSION, CLOCK)
    return Run(claimed, compare(items, held).same, ended_s - began_s, last_s - began_s)


def cell(runs: list[Run]) -> str:
    """Good of all, median and greatest seconds; F = said to be good and was not."""
    good = [r for r in runs if r.claimed and r.right and r.whole_s <= CAP_S]
    wrong = sum(r.claimed and not r.right for r in runs)
    text = f"{len(good)}/{len(runs)}" + (f" F{wrong}" if wrong else "")
    if not good:
        return text
    whole, sent = [r.whole_s for r in good], [r.sent_s for r in good]
    return f"{text} {statistics.median(whole):.1f} s, most {max(whole):.1f} ({statistics.median(sent):.1f})"


def main() -> None:
    runs = int(sys.argv[1]) if len(sys.argv) > 1 else 8
    kinds: list[VehicleKind] = ["embedded"]
    if os.environ.get("SKYSHADE_ARDUCOPTER"):
        kinds.append("ardupilot")
    print(f"{ITEMS} items, {runs} runs a cell, loss each way\n")
    print(f"| vehicle | {' | '.join(f'{loss:.0%}' for loss in LOSSES)} |\n|{'---|' * (len(LOSSES) + 1)}")
    for kind in kinds:
        cells = []
        for loss in LOSSES:
            with start_vehicle(kind, home=Start(HOME, 40.0), instance=60) as vehicle:
                cells.append(cell([one_upload(vehicle, loss, seed) for seed in range(1, runs + 1)]))
        print(f"| {kind} | {' | '.join(cells)} |", flush=True)


if __name__ == "__main__":
    main()
