"""Cutting a live byte stream into MAVLink frames (versions 1 and 2), checksums checked.

Garbage is stepped over in linear time: at most one frame's bytes are ever kept back, and no byte is summed
more often than once for each place where a frame could begin.
"""

import re
from binascii import crc_hqx
from collections.abc import Mapping
from typing import Final, NamedTuple

V1: Final = 0xFE
V2: Final = 0xFD
SIGNED: Final = 0x01
V1_HEADER: Final = 6
V2_HEADER: Final = 10
CHECKSUM: Final = 2
SIGNATURE: Final = 13

_START = re.compile(b"[\xfd\xfe]")
_MIRRORED = bytes(int(f"{byte:08b}"[::-1], 2) for byte in range(256))


class Frame(NamedTuple):
    """One frame: who sent it, its sequence number, its payload's place in `data`.

    `checked` is False for a message id that is not in our dialect: its checksum cannot be judged.
    """

    message_id: int
    system: int
    component: int
    sequence: int
    data: bytes
    payload_at: int
    payload_end: int
    checked: bool


def checksum(data: bytes, extra: int) -> int:
    """CRC-16/MCRF4XX over `data` and the message's extra byte.

    The reflected form of the CRC that the standard library has compiled: bits mirrored before and after.
    """
    mirrored = crc_hqx((data + extra.to_bytes(1, "little")).translate(_MIRRORED), 0xFFFF)
    return _MIRRORED[mirrored & 0xFF] << 8 | _MIRRORED[mirrored >> 8]


class Cutter:
    """Takes bytes as they come, gives whole frames; `bad_bytes` counts what was no frame."""

    def __init__(self, extras: Mapping[int, int]) -> None:
        self._extras = extras  # by message id, the byte that closes its checksum
        self._rest = b""
        self.bad_bytes = 0

    def forget(self) -> None:
        """Drop a frame that has begun: the connection was made anew."""
        self.bad_bytes += len(self._rest)
        self._rest = b""

    def cut(self, data: bytes) -> list[Frame]:
        """The frames that `data` completes."""
        if self._rest:
            data = self._rest + data
        found: list[Frame] = []
        at, end = 0, len(data)
        while at < end:
            if data[at] not in (V1, V2):
                at = self._skip(data, at)
                continue
            length = frame_length(data, at)
            if length is None or at + length > end:
                break
            frame = self._frame(data, at, at + length) if length else None
            if frame is None:
                at = self._skip(data, at + 1, at)
                continue
            found.append(frame)
            at += length
        self._rest = data[at:]
        return found

    def idle(self) -> list[Frame]:
        """Whole frames behind a beginning whose end does not come: that beginning was noise."""
        for start in _START.finditer(self._rest, 1):
            at = start.start()
            length = frame_length(self._rest, at)
            if not length or at + length > len(self._rest):
                continue
            frame = self._frame(self._rest, at, at + length)
            if frame is not None and frame.checked:
                self.bad_bytes += at
                rest, self._rest = self._rest[at:], b""
                return self.cut(rest)
        return []

    def _skip(self, data: bytes, search_at: int, from_at: int | None = None) -> int:
        start = _START.search(data, search_at)
        to = len(data) if start is None else start.start()
        self.bad_bytes += to - (search_at if from_at is None else from_at)
        return to

    def _frame(self, data: bytes, at: int, end: int) -> Frame | None:
        second = data[at] == V2
        header_end = at + (V2_HEADER if second else V1_HEADER)
        payload_end = header_end + data[at + 1]
        if second:
            message_id = data[at + 7] | data[at + 8] << 8 | data[at + 9] << 16
            sequence, system, component = data[at + 4], data[at + 5], data[at + 6]
        else:
            sequence, system, component, message_id = data[at + 2], data[at + 3], data[at + 4], data[at + 5]
        extra = self._extras.get(message_id)
        if extra is None:
            if end < len(data) and data[end] not in (V1, V2):
                return None
        elif checksum(data[at + 1 : payload_end], extra) != data[payload_end] | data[payload_end + 1] << 8:
            return None
        return Frame(
            message_id,
            system,
            component,
            sequence,
            data[at:end],
            header_end - at,
            payload_end - at,
            extra is not None,
        )


def frame_length(data: bytes, at: int) -> int | None:
    """Bytes of the frame that begins at `at`; 0 = none can begin here, None = its header is not whole."""
    if len(data) - at < 3:
        return None
    if data[at] == V1:
        return V1_HEADER + data[at + 1] + CHECKSUM
    flags = data[at + 2]
    if flags & ~SIGNED:  # MAVLink 2: a frame with flags one does not know must be dropped
        return 0
    if len(data) - at < V2_HEADER:
        return None
    return V2_HEADER + data[at + 1] + CHECKSUM + (SIGNATURE if flags else 0)
