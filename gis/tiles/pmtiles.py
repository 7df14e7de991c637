"""PMTiles version 3 (github.com/protomaps/PMTiles): one file, a directory of tiles along a Hilbert curve."""

import bisect
import gzip
import struct
import zlib
from dataclasses import dataclass
from pathlib import Path

from core.errors import BadFileError

HEADER = struct.Struct("<7sB11Q6B")
TYPES = {1: "application/x-protobuf", 2: "image/png", 3: "image/jpeg", 4: "image/webp", 5: "image/avif"}
NONE, GZIP = 1, 2
BROKEN = (struct.error, ValueError, zlib.error, OSError, EOFError)
MOST_DEPTH = 4
MOST_DIRECTORY = 64_000_000


@dataclass(frozen=True, slots=True)
class Entry:
    """`run` tiles from `first` share the bytes at `offset`; a run of 0 points to a further directory."""

    first: int
    run: int
    offset: int
    length: int


class PmTiles:
    """A PMTiles file open for reading; see `Archive`."""

    def __init__(self, path: Path) -> None:
        self._path = path
        try:
            self._file = path.open("rb")
        except OSError as error:
            raise BadFileError(path, f"cannot be opened ({error.strerror})") from error
        try:
            self._read_header()
        except BROKEN as error:
            self._file.close()
            raise BadFileError(path, f"is no PMTiles file of version 3 ({error})") from error

    def tile(self, zoom: int, column: int, row: int) -> bytes | None:
        """The tile at `row` from the north; raises `BadFileError` where the file is cut or broken."""
        try:
            return self._tile(zoom, column, row)
        except BROKEN as error:
            raise BadFileError(self._path, f"holds a tile that cannot be read ({error})") from error

    def _tile(self, zoom: int, column: int, row: int) -> bytes | None:
        wanted, directory = tile_number(zoom, column, row), self._root
        for _ in range(MOST_DEPTH):
            entry = _entry_of(directory, wanted)
            if entry is None:
                return None
            if entry.run:
                data = self._bytes(self._data_at + entry.offset, entry.length)
                return gzip.decompress(data) if self._packed else data
            directory = self._directory(self._leaves_at + entry.offset, entry.length)
        return None

    def close(self) -> None:
        """Let go of the file."""
        self._file.close()

    def _read_header(self) -> None:
        sign, version, *numbers = HEADER.unpack(self._bytes(0, HEADER.size))
        if sign != b"PMTiles" or version != 3:
            raise ValueError("another signature or version")
        root_at, root_length, _, _, self._leaves_at, _, self._data_at = numbers[:7]
        _, self._inside, packed, kind, low, high = numbers[11:]
        if kind not in TYPES:
            raise ValueError(f"tiles of unknown type {kind}")
        if self._inside not in {NONE, GZIP} or packed not in {NONE, GZIP}:
            raise ValueError("packed with Brotli or Zstandard; pack it with gzip")
        self.kind, self.zooms, self.attribution = TYPES[kind], (low, high), ""
        self._packed = packed == GZIP
        self._root = self._directory(root_at, root_length)

    def _directory(self, at: int, length: int) -> list[Entry]:
        data = self._bytes(at, length)
        return parse_directory(gzip.decompress(data) if self._inside == GZIP else data)

    def _bytes(self, at: int, length: int) -> bytes:
        if length > MOST_DIRECTORY:
            raise ValueError(f"a part of {length} bytes")
        self._file.seek(at)
        data = self._file.read(length)
        if len(data) != length:
            raise ValueError("it is cut short")
        return data


def _entry_of(directory: list[Entry], wanted: int) -> Entry | None:
    """The entry that holds a tile, or the further directory that may."""
    at = bisect.bisect_right(directory, wanted, key=lambda entry: entry.first) - 1
    if at < 0:
        return None
    entry = directory[at]
    return entry if entry.run == 0 or wanted < entry.first + entry.run else None


def parse_directory(data: bytes) -> list[Entry]:
    """A directory from its bytes: tile numbers as differences, runs, lengths and offsets as columns."""
    numbers = _varints(data)
    count = numbers[0] if numbers else 0
    if len(numbers) < 1 + 4 * count:
        raise ValueError("a directory is cut short")
    steps, runs, lengths, offsets = (numbers[1 + part * count : 1 + (part + 1) * count] for part in range(4))
    out: list[Entry] = []
    first = 0
    for step, run, length, coded in zip(steps, runs, lengths, offsets, strict=True):
        first += step
        follows = coded == 0 and bool(out)
        offset = out[-1].offset + out[-1].length if follows else coded - 1
        out.append(Entry(first, run, offset, length))
    return out


def _varints(data: bytes) -> list[int]:
    """Numbers of seven bits a byte, the lowest first; the top bit says that more follow."""
    out, value, shift = [], 0, 0
    for byte in data:
        value |= (byte & 0x7F) << shift
        shift += 7
        if byte < 0x80:
            out.append(value)
            value, shift = 0, 0
    return out


def tile_number(zoom: int, column: int, row: int) -> int:
    """A tile's number: all tiles of lower zooms, then its place along the Hilbert curve of its own."""
    if not (0 <= column < 1 << zoom and 0 <= row < 1 << zoom):
        raise ValueError(f"no tile {column}, {row} at zoom {zoom}")
    number, x, y = ((1 << 2 * zoom) - 1) // 3, column, row
    half = (1 << zoom) // 2
    while half:
        right, down = int(x & half > 0), int(y & half > 0)
        number += half * half * ((3 * right) ^ down)
        if not down:
            if right:
                x, y = half - 1 - x, half - 1 - y
            x, y = y, x
        half //= 2
    return number
