"""Odd commands and mission transfers at real ArduPilot and at the embedded copter: how many answers differ.

Usage: SKYSHADE_ARDUCOPTER=... python benchmarks/embedded_against.py [COMMANDS] [TRANSFERS] [SEED] [INSTANCE].
The same seeded messages go to both, one after another; a TIMESYNC tells when the real one has answered.
Left out are commands that stop, arm or recalibrate a vehicle, and what ArduPilot's answer leaves to chance.
"""

import math
import random
import socket
import sys
import tempfile
import time
from collections import Counter
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from odd_messages import Odd

ROOT = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(ROOT))

from core.geo import LonLat  # noqa: E402 - the path comes first
from flight.locations import Start  # noqa: E402 - the path comes first
from flight.simulator.copter import STEP_S, Copter  # noqa: E402 - the path comes first
from flight.simulator.messages import mavlink  # noqa: E402 - the path comes first
from flight.simulator.params import default_params, load_params  # noqa: E402 - the path comes first
from flight.simulator.vehicle import Setup  # noqa: E402 - the path comes first
from flight.sitl import start_vehicle  # noqa: E402 - the path comes first

HOME = Start(LonLat(127.1165, 37.3838), 30.0, 0.0)
AIRFRAME = ROOT / "sitl_configs" / "skyshade-copter.parm"
NO_TRAP = "SIM_FLOAT_EXCEPT 0\n"  # else the simulator ends itself at a number it cannot convert
LEFT_OUT = {
    176, 185, 209, 218, 241, 245, 246, 400, 510, 2600, 42002, 42003, 42006, 42007, 42424, 42425, 42426, 42651,
    42701, 43004, 32000,
}  # fmt: skip
COMPARED = (
    "COMMAND_ACK",
    "MISSION_ACK",
    "MISSION_REQUEST",
    "MISSION_COUNT",
    "MISSION_ITEM_INT",
    "MISSION_ITEM",
)
READY = 831


@dataclass
class Real:
    """A station at real ArduPilot."""

    address: str
    log: list[Any] = field(default_factory=list)
    mark: int = 1000

    def __post_init__(self) -> None:
        _, host, port = self.address.split(":")
        self.socket = socket.create_connection((host, int(port)), timeout=20)
        self.link = mavlink.MAVLink(None, srcSystem=255, srcComponent=190)
        self.link.robust_parsing = True
        self._until(lambda m: m.get_type() == "HEARTBEAT")
        for _ in range(3):
            self.send(mavlink.MAVLink_command_long_message(1, 1, 511, 0, 193, 2e5, *[0.0] * 5))
        self._until(lambda m: m.get_type() == "EKF_STATUS_REPORT" and m.flags == READY)

    def send(self, message: Any) -> None:
        self.socket.sendall(message.pack(self.link))

    def _until(self, wanted: Any, within_s: float = 120.0) -> None:
        end = time.monotonic() + within_s
        while time.monotonic() < end:
            for message in self.link.parse_buffer(self.socket.recv(1 << 18)) or ():
                self.log.append(message)
                if wanted(message):
                    return
        raise TimeoutError("ArduPilot does not answer")

    def ask(self, message: Any) -> list[Any]:
        """What it answers; twice a round trip, since requests of an upload wait for the next turn."""
        self.log.clear()
        self.send(message)
        for _ in range(2):
            self.mark += 1
            self.send(mavlink.MAVLink_timesync_message(0, self.mark))
            self._until(lambda m: m.get_type() == "TIMESYNC" and m.ts1 == self.mark)
        return list(self.log)


class Ours:
    """The embedded copter, ready and in lock-step."""

    def __init__(self) -> None:
        params = default_params()
        load_params(AIRFRAME, params)
        self.copter = Copter(Setup(37.3838, 127.1165, 30.0, ready_s=0.0), params)
        self.copter.join(0)
        for _ in range(round(60 / STEP_S)):
            self.copter.step()

    def ask(self, message: Any) -> list[Any]:
        self.copter.take()
        decoded = (mavlink.MAVLink(None).parse_buffer(message.pack(station())) or [None])[0]
        self.copter.handle(decoded)
        answers = [outgoing.message for outgoing in self.copter.take()]
        for _ in range(3):
            self.copter.step()
        return answers


def station() -> Any:
    return mavlink.MAVLink(None, srcSystem=255, srcComponent=190)


@dataclass
class Duel:
    """Both vehicles, and what was different."""

    real: Real
    ours: Ours
    asked: Counter[str] = field(default_factory=Counter)
    different: Counter[str] = field(default_factory=Counter)

    def ask(self, what: str, message: Any, *, compared: bool = True) -> list[Any]:
        kind = getattr(message, "mission_type", 0)
        there = [m for m in self.real.ask(message) if getattr(m, "mission_type", kind) == kind]
        seen = [short(m) for m in there if m.get_type() in COMPARED]
        here = [short(m) for m in self.ours.ask(message) if m.get_type() in COMPARED]
        self.asked[what] += 1
        if compared and seen != here:
            self.different[what] += 1
            print(f"{short(message)}\n  real {seen}\n  ours {here}", file=sys.stderr)
        return there


def short(message: Any) -> str:
    """A message as text, numbers as a float32 tells them apart."""
    fields = message.to_dict()
    del fields["mavpackettype"]
    shown = (f"{v:.6g}" if isinstance(v, float) and math.isfinite(v) else str(v) for v in fields.values())
    return f"{message.get_type()} {' '.join(shown)}"


def main() -> int:
    commands, transfers, seed, instance = (
        int(text) for text in (*sys.argv[1:], *("2000", "150", "1", "70")[len(sys.argv) - 1 :])
    )
    with tempfile.TemporaryDirectory() as folder:
        more = Path(folder) / "more.parm"
        more.write_text(NO_TRAP, encoding="ascii")
        with start_vehicle("ardupilot", home=HOME, speedup=10, params=[more], instance=instance) as vehicle:
            duel = Duel(Real(vehicle.address), Ours())
            odd_commands(duel, seed, commands)
            odd_transfers(duel, seed, transfers)
    print("| messages | asked | answered otherwise | % alike |\n|---|---|---|---|")
    for what, count in duel.asked.items():
        other = duel.different[what]
        print(f"| {what} | {count} | {other} | {100 * (1 - other / count):.2f} |")
    return 0


def odd_commands(duel: Duel, seed: int, count: int) -> None:
    table = (number for number in duel.ours.copter.commands.table if number not in LEFT_OUT)
    odd = Odd(seed, tuple(table))
    while duel.asked["commands"] < count:
        message = odd.long() if odd.rng.random() < 0.5 else odd.whole_command()
        if message.command not in LEFT_OUT:
            duel.ask("commands", message)


def odd_transfers(duel: Duel, seed: int, count: int) -> None:
    odd = Odd(seed)
    for _ in range(count):
        kind, items = odd.rng.choice((0, 0, 0, 1, 2)), odd.rng.choice((1, 2, 3, 4, 6))
        answers = duel.ask("counts", mavlink.MAVLink_mission_count_message(1, 1, items, kind))
        upload(duel, odd, kind, answers)
        duel.ask("lists", mavlink.MAVLink_mission_request_list_message(1, 1, kind))
        for seq in range(items + 1):
            make = odd.rng.choice((mavlink.MAVLink_mission_request_int_message,) * 3 + OLD)
            duel.ask("reads", make(1, 1, seq, kind), compared=seq > 0)
        if odd.rng.random() < 0.3:
            duel.ask("clearings", mavlink.MAVLink_mission_clear_all_message(1, 1, odd.rng.randrange(4)))


OLD = (mavlink.MAVLink_mission_request_message,)


def upload(duel: Duel, odd: Odd, kind: int, answers: list[Any]) -> None:
    """Send what is asked for, odd as it is, until nothing more is asked."""
    rng: random.Random = odd.rng
    for _ in range(12):
        asked = [m.seq for m in answers if m.get_type() == "MISSION_REQUEST"]
        if not asked:
            return
        for _ in range(3):
            make = odd.item if rng.random() < 0.85 else odd.old_item
            answers = duel.ask("items", make(asked[-1], kind))
            if any(m.get_type() == "MISSION_REQUEST" or getattr(m, "type", 13) != 13 for m in answers):
                break


if __name__ == "__main__":
    sys.exit(main())
