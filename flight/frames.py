"""Cutting a recording into frames and copying their payloads, compiled: the loops that read a .tlog quickly.

Imported where it is used, because it pulls numba in. A frame counts when its checksum (CRC-16/MCRF4XX over
everything after the first byte, then the message's extra byte) is right; one of a type that the layouts do
not hold counts when it ends where the recording ends or another record begins.
"""

from collections.abc import Callable
from typing import Any, TypeVar, cast

import numba
import numpy as np
from numpy.typing import NDArray

F = TypeVar("F", bound=Callable[..., Any])

Bytes = NDArray[np.uint8]
Ints = NDArray[np.int64]

STAMP = 8  # bytes of time before each frame
V1, V2 = 0xFE, 0xFD
V1_HEADER, V2_HEADER, CHECKSUM, SIGNATURE = 6, 10, 2, 13
SIGNED = 0x01
SHORTEST = STAMP + V1_HEADER + CHECKSUM
LATEST_US = 4_102_444_800_000_000  # the year 2100
UNKNOWN = -1

START, KIND, MESSAGE, LENGTH = range(4)  # columns of what `scan` finds


def _compiled(function: F) -> F:
    """Compile when first called, and keep the machine code on disk where a place for it can be written."""
    try:
        return cast("F", numba.njit(cache=True, nogil=True)(function))
    except RuntimeError:  # no folder for the cache: compile in every process
        return cast("F", numba.njit(nogil=True)(function))


def crc_table() -> NDArray[np.uint16]:
    """The 256 steps of CRC-16/MCRF4XX (reflected polynomial 0x8408), uint16 (256,)."""
    table = np.arange(256, dtype=np.uint16)
    for _ in range(8):
        table = np.where(table & 1, (table >> 1) ^ np.uint16(0x8408), table >> 1)
    return table


@_compiled
def _checksum(data: Bytes, first: int, end: int, extra: int, table: NDArray[np.uint16]) -> int:
    crc = np.uint16(0xFFFF)
    for i in range(first, end):
        crc = (crc >> np.uint16(8)) ^ table[(crc ^ data[i]) & np.uint16(0xFF)]
    crc = (crc >> np.uint16(8)) ^ table[(crc ^ np.uint16(extra)) & np.uint16(0xFF)]
    return int(crc)


@_compiled
def _timed(data: Bytes, at: int) -> bool:
    """Whether the eight bytes at `at` may be a time before the year 2100."""
    stamp = np.int64(0)
    if data[at] != 0 or data[at + 1] > 0x0E:
        return False
    for i in range(at, at + STAMP):
        stamp = (stamp << 8) | np.int64(data[i])
    return bool(0 < stamp < LATEST_US)


@_compiled
def _length(data: Bytes, at: int) -> int:
    """Bytes of the frame whose first byte is at `at`, by its header; 0 when there is none."""
    magic, payload = data[at], int(data[at + 1])
    if magic == V1:
        return V1_HEADER + payload + CHECKSUM
    if magic != V2 or at + V2_HEADER > data.size or data[at + 2] & ~SIGNED:
        return 0
    return V2_HEADER + payload + CHECKSUM + (SIGNATURE if data[at + 2] & SIGNED else 0)


@_compiled
def _message_id(data: Bytes, at: int) -> int:
    if data[at] == V1:
        return int(data[at + 5])
    return int(data[at + 7]) | int(data[at + 8]) << 8 | int(data[at + 9]) << 16


@_compiled
def _followed(data: Bytes, at: int) -> bool:
    """Whether the recording ends at `at`, or another record seems to begin there."""
    if at == data.size:
        return True
    if at + SHORTEST > data.size:
        return False
    return _timed(data, at) and _length(data, at + STAMP) > 0


@_compiled
def _right(data: Bytes, at: int, length: int, kind: int, extras: Bytes, table: NDArray[np.uint16]) -> bool:
    """Whether the frame at `at` is whole and right; one of unknown kind is judged by what follows it."""
    if kind == UNKNOWN:
        return _followed(data, at + length)
    signature = SIGNATURE if data[at] == V2 and data[at + 2] & SIGNED else 0
    end = at + length - signature - CHECKSUM
    told = int(data[end]) | int(data[end + 1]) << 8
    return _checksum(data, at + 1, end, extras[kind], table) == told


@_compiled
def scan(
    data: Bytes, at: int, kinds: NDArray[np.int16], extras: Bytes, table: NDArray[np.uint16], found: Ints
) -> tuple[int, int]:
    """Find frames from byte `at` on until `found` is full; returns (frames found, byte to go on from).

    `kinds` maps message ids to places in the layouts (UNKNOWN where there is none), `extras` holds each
    layout's extra checksum byte. A row of `found` (int64, (n, 4)) is START of the frame in `data`, KIND,
    MESSAGE id, LENGTH of the frame in bytes. Bytes that are no frame are stepped over.
    """
    count, size = 0, data.size
    while count < found.shape[0] and at + SHORTEST <= size:
        start = at + STAMP
        length = _length(data, start)
        if length == 0 or start + length > size or not _timed(data, at):
            at += 1
            continue
        message = _message_id(data, start)
        kind = int(kinds[message]) if message < kinds.size else UNKNOWN
        if not _right(data, start, length, kind, extras, table):
            at += 1
            continue
        found[count, START], found[count, KIND] = start, kind
        found[count, MESSAGE], found[count, LENGTH] = message, length
        count += 1
        at = start + length
    return count, at if count == found.shape[0] else size


@_compiled
def headers(data: Bytes, found: Ints) -> tuple[Ints, Bytes, Bytes, Bytes]:
    """Each found frame's microseconds since 1970 (int64), system, component and sequence number (uint8)."""
    n = found.shape[0]
    stamps, system = np.empty(n, np.int64), np.empty(n, np.uint8)
    component, sequence = np.empty(n, np.uint8), np.empty(n, np.uint8)
    for i in range(n):
        start = found[i, START]
        stamp = np.int64(0)
        for j in range(start - STAMP, start):
            stamp = (stamp << 8) | np.int64(data[j])
        stamps[i] = stamp
        first = start + (2 if data[start] == V1 else 4)
        sequence[i], system[i], component[i] = data[first], data[first + 1], data[first + 2]
    return stamps, system, component, sequence


@_compiled
def gather(data: Bytes, found: Ints, sizes: Ints, starts: Ints, counts: Ints, payloads: Bytes) -> Ints:
    """Copy payloads into rows of their layout's size, a layout's rows one behind the other in `payloads`.

    `sizes` is each layout's payload in bytes, `starts` where its rows begin in `payloads` (negative: not
    wanted), `counts` where its places begin in the returned int64 array, which says which found frame each
    row came from. `payloads` must be zero: what a frame leaves out at its end stays so.
    """
    rows = np.zeros(sizes.size, np.int64)
    places = np.empty(found.shape[0], np.int64)
    for i in range(found.shape[0]):
        kind = found[i, KIND]
        if kind < 0 or starts[kind] < 0:
            continue
        start, row, size = found[i, START], rows[kind], sizes[kind]
        first = start + (V1_HEADER if data[start] == V1 else V2_HEADER)
        to = starts[kind] + row * size
        for j in range(min(size, np.int64(data[start + 1]))):
            payloads[to + j] = data[first + j]
        places[counts[kind] + row] = i
        rows[kind] = row + 1
    return places


@_compiled
def lost(system: Bytes, component: Bytes, sequence: Bytes) -> tuple[Ints, Ints]:
    """Per sender (system * 256 + component): frames heard, and how many sequence numbers are missing, int64.

    A gap of half the numbers or more is a restart or a second stream, not a loss.
    """
    heard, missing = np.zeros(65536, np.int64), np.zeros(65536, np.int64)
    last = np.full(65536, -1, np.int64)
    for i in range(system.size):
        sender = np.int64(system[i]) << 8 | np.int64(component[i])
        if last[sender] >= 0:
            gap = (np.int64(sequence[i]) - last[sender] - 1) & 0xFF
            missing[sender] += gap if gap < 128 else 0
        last[sender] = sequence[i]
        heard[sender] += 1
    return heard, missing
