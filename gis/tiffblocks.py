"""The compressed blocks of a tiled TIFF as they lie in the file, so that they can be moved without decoding.

TIFF 6.0 and BigTIFF, little-endian, as GDAL writes them.
"""

import struct
from collections.abc import Mapping
from dataclasses import dataclass
from typing import BinaryIO

import numpy as np
from numpy.typing import NDArray

SUBFILE, WIDTH, LENGTH, TILE_WIDTH, TILE_OFFSETS, TILE_COUNTS = 254, 256, 257, 322, 324, 325
_SIZE = {1: 1, 2: 1, 3: 2, 4: 4, 5: 8, 6: 1, 7: 1, 8: 2, 9: 4, 10: 8, 11: 4, 12: 8, 16: 8, 17: 8, 18: 8}
_DTYPE = {3: "<u2", 4: "<u4", 16: "<u8"}


@dataclass(frozen=True, slots=True)
class Tag:
    """A tag's type number, how many values it has, and their little-endian bytes."""

    kind: int
    count: int
    data: bytes

    def numbers(self) -> list[int]:
        """The values of an integer tag."""
        return [int(v) for v in np.frombuffer(self.data, _DTYPE[self.kind])]


@dataclass(frozen=True, slots=True, eq=False)
class Level:
    """One image of a TIFF: its tags, and where its blocks lie, uint64 (rows, columns) of blocks; 0 = none."""

    tags: Mapping[int, Tag]
    offsets: NDArray[np.uint64]
    counts: NDArray[np.uint64]

    @property
    def size_px(self) -> tuple[int, int]:
        """(rows, columns)."""
        return self.tags[LENGTH].numbers()[0], self.tags[WIDTH].numbers()[0]

    def block(self, file: BinaryIO, row: int, col: int) -> bytes:
        """The compressed bytes of a block, empty where the file holds none."""
        if not (0 <= row < self.offsets.shape[0] and 0 <= col < self.offsets.shape[1]):
            return b""
        file.seek(int(self.offsets[row, col]))
        return file.read(int(self.counts[row, col]))


def read_levels(file: BinaryIO) -> list[Level]:
    """All images of a tiled TIFF, in the order of the file; raises ValueError when it is none."""
    start = file.read(16).ljust(16, b"\0")
    if start[:4] == b"II*\0":
        at, big = struct.unpack_from("<I", start, 4)[0], False
    elif start[:4] == b"II+\0":
        at, big = struct.unpack_from("<Q", start, 8)[0], True
    else:
        raise ValueError("is no little-endian TIFF")
    if not at:
        raise ValueError("is cut short")
    levels = []
    while at:
        tags, at = _directory(file, at, big=big)
        levels.append(_level(tags))
    return levels


def _directory(file: BinaryIO, at: int, *, big: bool) -> tuple[dict[int, Tag], int]:
    """The tags of the directory at `at`, and where the next one lies (0 = none)."""
    file.seek(at)
    head, entry, word = ("<Q", 20, 8) if big else ("<H", 12, 4)
    (count,) = struct.unpack(head, _read(file, struct.calcsize(head)))
    raw = _read(file, count * entry + word)
    following = int.from_bytes(raw[-word:], "little")
    tags = {}
    for k in range(count):
        one = raw[k * entry : (k + 1) * entry]
        number, kind = struct.unpack_from("<HH", one)
        values = int.from_bytes(one[4 : 4 + word], "little")
        size = values * _SIZE[kind]
        data = one[4 + word :][:size]
        if size > word:
            file.seek(int.from_bytes(one[4 + word :], "little"))
            data = _read(file, size)
        tags[number] = Tag(kind, values, data)
    return tags, following


def _read(file: BinaryIO, size: int) -> bytes:
    data = file.read(size)
    if len(data) != size:
        raise ValueError("is cut short")
    return data


def _level(tags: dict[int, Tag]) -> Level:
    if TILE_OFFSETS not in tags or TILE_WIDTH not in tags:
        raise ValueError("is not written in blocks")
    block = tags[TILE_WIDTH].numbers()[0]
    rows, cols = (-(-tags[t].numbers()[0] // block) for t in (LENGTH, WIDTH))
    offsets, counts = (
        np.array(tags[t].numbers(), np.uint64).reshape(rows, cols) for t in (TILE_OFFSETS, TILE_COUNTS)
    )
    return Level(tags, offsets, counts)
