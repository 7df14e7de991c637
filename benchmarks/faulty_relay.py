"""The lossy relay with more faults: it can be cut, adds garbage, and moves the vehicle's clock."""

import random
import struct
from dataclasses import dataclass

from lossy_relay import Relay

SEED_AND_PLACE = {2: (137, 8), 30: (39, 0), 32: (185, 0), 33: (104, 0)}  # CRC seed, where time_boot_ms stands
HEADER = 10


@dataclass(slots=True)
class Faults:
    """What goes wrong now: nothing passes, garbage bytes still to add each way, seconds on its clock."""

    cut: bool = False
    garbage_down: int = 0
    garbage_up: int = 0
    clock_s: float = 0.0


class FaultyRelay(Relay):
    """Between the vehicle's TCP port and a UDP client; `clean` are the frames that really came down."""

    def __init__(self, vehicle_port: int, seed: int = 1) -> None:
        self.faults = Faults()
        self.clean: set[bytes] = set()
        self.added = 0
        self._rng = random.Random(seed)
        super().__init__(vehicle_port)

    def _throw(self, frame: bytes, order: int, *, up: bool) -> None:
        faults = self.faults
        if faults.cut:
            return
        if not up:
            frame = shifted(frame, round(faults.clock_s * 1000)) if faults.clock_s else frame
            self.clean.add(frame)
        super()._throw(frame, order, up=up)
        if not up and faults.garbage_down > 0:
            faults.garbage_down -= self._add(self._rubbish(frame), order, up=False)
        if not up and faults.garbage_up > 0:
            faults.garbage_up -= self._add(self._rubbish(frame), order, up=True)

    def _add(self, rubbish: bytes, order: int, *, up: bool) -> int:
        super()._throw(rubbish, order, up=up)
        self.added += len(rubbish)
        return len(rubbish)

    def _rubbish(self, frame: bytes) -> bytes:
        """Random bytes, or the frame with one bit turned over (which its checksum always tells)."""
        if self._rng.random() < 0.5:
            return self._rng.randbytes(self._rng.randint(1, 300))
        turned = bytearray(frame)
        turned[self._rng.randrange(len(turned))] ^= 1 << self._rng.randrange(8)
        return bytes(turned)


def shifted(frame: bytes, by_ms: int) -> bytes:
    """The same MAVLink 2 frame from a vehicle whose clock is elsewhere; others pass as they are."""
    number = int.from_bytes(frame[7:10], "little")
    if frame[0] != 0xFD or number not in SEED_AND_PLACE or frame[2] & 1:
        return frame
    seed, place = SEED_AND_PLACE[number]
    payload = bytearray(frame[HEADER:-2])
    payload += bytes(max(0, place + 4 - len(payload)))
    (boot_ms,) = struct.unpack_from("<I", payload, place)
    struct.pack_into("<I", payload, place, (boot_ms + by_ms) % (1 << 32))
    body = bytes([len(payload)]) + frame[2:HEADER] + bytes(payload)
    return b"\xfd" + body + struct.pack("<H", checksum(body + bytes([seed])))


def checksum(data: bytes) -> int:
    """CRC-16/MCRF4XX, as MAVLink uses it."""
    crc = 0xFFFF
    for byte in data:
        low = (byte ^ crc) & 0xFF
        low = (low ^ (low << 4)) & 0xFF
        crc = (crc >> 8) ^ (low << 8) ^ (low << 3) ^ (low >> 4)
    return crc
