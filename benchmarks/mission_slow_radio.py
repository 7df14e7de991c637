"""Uploads over a radio of 57,600 baud: does sending ahead harm it? Real ArduPilot, its serial line limited.

Our way beside the careful one, which never has more than one item under way. Late telemetry is the longest
time between two attitudes that reached the station during the transfer. Flies nothing.

Usage: python benchmarks/mission_slow_radio.py [RUNS [BAUD]]
"""

import statistics
import sys
import tempfile
from collections.abc import Sequence
from pathlib import Path

from lossy_relay import Relay, Weather
from transfer_runs import mission
from transfer_values import CLOCK, HOME, ITEMS

from flight.exchange import LinkMemory, upload
from flight.link import Link, open_link
from flight.locations import Start
from flight.pace import Pace
from flight.sitl import start_vehicle
from flight.wire import Fields, Kind, Message, mission_to_wire

WAYS = {"skyshade": Pace(), "one at a time": Pace(widest=1)}
LOSSES = (0.0, 0.05)
ATTITUDE_HZ = 10


class Listening:
    """A link that notes the longest time between two attitudes."""

    def __init__(self, link: Link) -> None:
        self.link, self.last_s, self.late_s = link, CLOCK.monotonic_s(), 0.0

    def send(self, name: str, fields: Fields) -> None:
        self.link.send(name, fields)

    def receive(self, timeout_s: float) -> Message | None:
        message = self.link.receive(timeout_s)
        if message is not None and message.name == "ATTITUDE":
            now_s = CLOCK.monotonic_s()
            self.late_s, self.last_s = max(self.late_s, now_s - self.last_s), now_s
        return message


def one(relay: Relay, pace: Pace, loss: float, seed: int) -> tuple[float, int, int, float]:
    """Wall seconds, messages and bytes up, longest time without an attitude."""
    relay.set(Weather(loss, seed=seed))
    with open_link(relay.address, CLOCK) as link:
        link.wait_vehicle(30.0)
        order = {"command": 511, "confirmation": 0, "param1": 30.0, "param2": 1e6 / ATTITUDE_HZ}
        link.send("COMMAND_LONG", {**dict.fromkeys((f"param{n}" for n in range(3, 8)), 0.0), **order})
        CLOCK.sleep(1.0)
        while link.receive(0.0) is not None:
            pass
        frames, size, wire = relay.up.frames, relay.up.size, Listening(link)
        report = upload(
            wire, Kind.MISSION, mission_to_wire(mission(seed)), CLOCK,
            keep_old=False, memory=LinkMemory(pace=pace),
        )  # fmt: skip
        return report.seconds, relay.up.frames - frames, relay.up.size - size, wire.late_s


def row(way: str, loss: float, runs: Sequence[tuple[float, int, int, float]]) -> str:
    seconds, frames, size, late = (statistics.median(column) for column in zip(*runs, strict=True))
    return f"| {way} | {loss:.0%} | {seconds:.1f} | {frames:.0f} | {size / 1000:.1f} | {late:.2f} |"


def main() -> None:
    runs = int(sys.argv[1]) if len(sys.argv) > 1 else 5
    baud = int(sys.argv[2]) if len(sys.argv) > 2 else 57600
    print(f"{ITEMS} items, ArduPilot, {baud} baud, {runs} runs, the read-back included\n")
    print(f"| way | loss | s | messages up | kB up | longest without attitude s |\n|{'---|' * 6}")
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder) / "radio.parm"
        file.write_text(
            f"SIM_BAUDLIMIT_EN 1\nSERIAL0_BAUD {baud // 1000}\nSERIAL1_BAUD 921\n", encoding="utf-8"
        )
        start = start_vehicle("ardupilot", home=Start(HOME, 40.0), instance=26, params=[file])
        with start as vehicle, Relay(int(vehicle.address.rpartition(":")[2])) as relay:
            CLOCK.sleep(8.0)  # until it has looked at its storage
            for loss in LOSSES:
                for way, pace in WAYS.items():
                    done = [one(relay, pace, loss, seed) for seed in range(1, runs + 1)]
                    print(row(way, loss, done), flush=True)


if __name__ == "__main__":
    main()
