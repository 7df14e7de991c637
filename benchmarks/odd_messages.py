"""Odd but well-formed messages, by seed: commands, mission items and whatever else a copter listens to."""

import math
import random
from dataclasses import dataclass, field
from typing import Any

from flight.simulator.messages import mavlink
from flight.simulator.missionitems import FENCE_COMMANDS, RALLY_COMMAND, SPECS

HOME_E7 = (373838000, 1271165000)
NUMBERS = (0.0, 1.0, -1.0, 2.0, 3.0, 0.5, 4.0, 10.0, 255.0, 300.0, 65535.0, 70000.0, 1e9, -1e9, 1e30)
NOT_NUMBERS = (math.nan, math.inf, -math.inf)
WHOLE = (0, 1, 2, -1, 7, 255, 256, 900000000, 900000001, -900000001, 1800000001, 2**31 - 1, -(2**31))
FRAMES = (0, 2, 3, 5, 6, 10, 11, 1, 4, 7, 12, 21, 255)


@dataclass
class Odd:
    """A maker of odd messages; the same seed makes the same ones."""

    seed: int
    commands: tuple[int, ...] = ()
    rng: random.Random = field(init=False)

    def __post_init__(self) -> None:
        self.rng = random.Random(self.seed)

    def number(self, odd: float = 0.06) -> float:
        rng = self.rng
        if rng.random() < odd:
            return rng.choice(NOT_NUMBERS)
        return rng.choice(NUMBERS) if rng.random() < 0.7 else round(rng.uniform(-400.0, 400.0), 3)

    def whole(self) -> int:
        rng = self.rng
        return rng.choice(WHOLE) if rng.random() < 0.4 else rng.randint(-500, 500)

    def place(self) -> tuple[int, int]:
        """1e7 degrees near home, sometimes anything."""
        rng = self.rng
        if rng.random() < 0.2:
            return self.whole(), self.whole()
        return HOME_E7[0] + rng.randint(-20000, 20000), HOME_E7[1] + rng.randint(-20000, 20000)

    def frame(self) -> int:
        return self.rng.choice(FRAMES if self.rng.random() < 0.3 else (0, 3, 6))

    def long(self) -> Any:
        """A COMMAND_LONG."""
        rng = self.rng
        number = rng.choice(self.commands) if rng.random() < 0.95 else rng.randrange(65536)
        params = [self.number() for _ in range(4)]
        if rng.random() < 0.5:
            params += [37.3838 + rng.uniform(-0.002, 0.002), 127.1165 + rng.uniform(-0.002, 0.002)]
        else:
            params += [self.number(), self.number()]
        return mavlink.MAVLink_command_long_message(1, 1, number, 0, *params, self.number())

    def whole_command(self) -> Any:
        """A COMMAND_INT."""
        rng = self.rng
        number = rng.choice(self.commands) if rng.random() < 0.95 else rng.randrange(65536)
        params = [self.number() for _ in range(4)]
        return mavlink.MAVLink_command_int_message(
            1, 1, self.frame(), number, 0, 0, *params, *self.place(), self.number()
        )

    def item(self, seq: int, kind: int) -> Any:
        """A MISSION_ITEM_INT of some list, more often right than not."""
        rng = self.rng
        usual = {0: tuple(SPECS), 1: FENCE_COMMANDS, 2: (RALLY_COMMAND,)}[kind]
        command = rng.choice(usual) if rng.random() < 0.95 else rng.randrange(65536)
        params = [self.number(0.02) for _ in range(4)]
        if kind == 1 and rng.random() < 0.7:
            params[0] = rng.choice((3.0, 4.0))
        x, y = self.place()
        seq = seq if rng.random() < 0.95 else rng.randrange(5)
        z = rng.choice((10.0, 30.0, 12.345, 0.0, self.number(0.05)))
        return mavlink.MAVLink_mission_item_int_message(
            1, 1, seq, self.frame(), command, 0, 1, *params, x, y, z, kind
        )

    def old_item(self, seq: int, kind: int) -> Any:
        """The same as a MISSION_ITEM, with floats for its place."""
        new = self.item(seq, kind)
        x, y = (new.x / 1e7, new.y / 1e7) if self.rng.random() < 0.9 else (self.number(), self.number())
        return mavlink.MAVLink_mission_item_message(
            1, 1, new.seq, new.frame, new.command, 0, 1, new.param1, new.param2, new.param3, new.param4,
            x, y, new.z, kind,
        )  # fmt: skip


def framed(number: int, payload: bytes, *, seq: int = 0, system: int = 255) -> bytes:
    """A MAVLink 2 frame of any payload, with the right checksum."""
    head = bytes((len(payload), 0, 0, seq & 0xFF, system, 190)) + number.to_bytes(3, "little")
    check = mavlink.x25crc(head + payload)
    check.accumulate(bytes((mavlink.mavlink_map[number].crc_extra,)))
    return b"\xfd" + head + payload + check.crc.to_bytes(2, "little")


def mutated(rng: random.Random, frame: bytes) -> bytes:
    """A frame with some bytes of its payload changed, or with less or more of it."""
    payload = bytearray(frame[10 : 10 + frame[1]])
    for _ in range(rng.choice((1, 1, 1, 2, 4, 8))):
        if payload:
            payload[rng.randrange(len(payload))] = rng.choice((0, 1, 127, 128, 255, rng.randrange(256)))
    if rng.random() < 0.05:
        payload = payload[: rng.randrange(len(payload) + 1)]
    if rng.random() < 0.03:
        payload += bytes(rng.randrange(256) for _ in range(rng.randrange(255 - len(payload) + 1)))
    return framed(int.from_bytes(frame[7:10], "little"), bytes(payload), seq=frame[4])
