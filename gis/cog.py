"""Cloud-optimised GeoTIFFs put together from compressed blocks, whoever compressed them and whenever.

The layout is GDAL's: directories first, then overviews from the smallest, then the full image, blocks row by
row, each led by its size and trailed by its last four bytes. Blocks are float32, 512 x 512 pixels of all
bands, ZSTD with predictor 3; blocks without data are left out.
"""

import io
import os
import struct
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO

import numpy as np
from affine import Affine
from numpy.typing import NDArray

from core.files import written_beside
from gis.grid import GeoGrid
from gis.tiffblocks import LENGTH, SUBFILE, TILE_COUNTS, TILE_OFFSETS, WIDTH, Tag, read_levels

BLOCK_PX = 512
Bands = Sequence[tuple[str, str]]
BlockArray = NDArray[np.float32]
_OVERVIEW_TAGS = (256, 257, 258, 259, 262, 277, 284, 317, 322, 323, 338, 339, 42113)
_GHOST = (
    "LAYOUT=IFDS_BEFORE_DATA\nBLOCK_ORDER=ROW_MAJOR\nBLOCK_LEADER=SIZE_AS_UINT4\n"
    "BLOCK_TRAILER=LAST_4_BYTES_REPEATED\nKNOWN_INCOMPATIBLE_EDITION=NO\n "
)
_ANYWHERE = Affine(1.0, 0.0, 1.0, 0.0, -1.0, 1.0)  # files without a place make rasterio warn


@dataclass(frozen=True, slots=True, order=True)
class BlockKey:
    """A block's place: `level` 0 is the full image, each further one half as wide; block row and column."""

    level: int
    row: int
    col: int


@dataclass(frozen=True, slots=True)
class CogPlan:
    """What a COG is to be: its grid, its bands (name, unit) and its tags."""

    grid: GeoGrid
    bands: tuple[tuple[str, str], ...]
    tags: Mapping[str, str]

    @property
    def levels(self) -> int:
        """How many images it holds: halved until one block takes all."""
        count, longest = 1, max(self.grid.shape)
        while longest > BLOCK_PX:
            count, longest = count + 1, -(-longest // 2)
        return count

    def size_px(self, level: int) -> tuple[int, int]:
        """(rows, columns) of a level's pixels."""
        rows, cols = self.grid.shape
        return -(-rows // 2**level), -(-cols // 2**level)

    def blocks(self, level: int) -> Iterator[BlockKey]:
        """The level's blocks, row by row."""
        rows, cols = (-(-size // BLOCK_PX) for size in self.size_px(level))
        return (BlockKey(level, r, c) for r in range(rows) for c in range(cols))


def encode_blocks(values: BlockArray) -> list[list[bytes]]:
    """Compress (bands, rows, columns), sizes multiples of 512, into blocks by row; empty where all is NaN."""
    with io.BytesIO(_tiff(values)) as file:
        (level,) = read_levels(file)
        rows, cols = level.offsets.shape
        return [
            [level.block(file, r, c) if _any(values, r, c) else b"" for c in range(cols)] for r in range(rows)
        ]


def _any(values: BlockArray, row: int, col: int) -> bool:
    at = np.s_[:, row * BLOCK_PX : (row + 1) * BLOCK_PX, col * BLOCK_PX : (col + 1) * BLOCK_PX]
    return bool(np.isfinite(values[at]).any())


def _profile(bands: int, shape: tuple[int, int]) -> dict[str, object]:
    return {
        "driver": "GTiff", "dtype": "float32", "count": bands, "height": shape[0], "width": shape[1],
        "nodata": float("nan"), "tiled": True, "transform": _ANYWHERE,
        "blockxsize": BLOCK_PX, "blockysize": BLOCK_PX,
        "interleave": "pixel", "compress": "ZSTD", "predictor": 3, "zstd_level": 1, "sparse_ok": True,
    }  # fmt: skip


def _tiff(values: BlockArray) -> bytes:
    import rasterio

    with rasterio.MemoryFile() as memory:
        with memory.open(**_profile(values.shape[0], (values.shape[1], values.shape[2]))) as dataset:
            dataset.write(values)
        return bytes(memory.read())


def decode_block(block: bytes, bands: int) -> BlockArray:
    """The pixels (bands, 512, 512) of a compressed block."""
    import rasterio

    if not block:
        return np.full((bands, BLOCK_PX, BLOCK_PX), np.nan, np.float32)
    (level,) = read_levels(io.BytesIO(_empty(bands)))
    tags = _as_tags(level.tags)
    file = io.BytesIO()
    _write(file, [(tags, {BlockKey(0, 0, 0): len(block)}, [BlockKey(0, 0, 0)])], lambda _: block)
    with rasterio.MemoryFile(file.getvalue()) as memory, memory.open() as dataset:
        values: BlockArray = dataset.read()
        return values


def _empty(bands: int) -> bytes:
    import rasterio

    with rasterio.MemoryFile() as memory:
        with memory.open(**_profile(bands, (BLOCK_PX, BLOCK_PX))):
            pass
        return bytes(memory.read())


def write_cog(
    path: Path, plan: CogPlan, sizes: Mapping[BlockKey, int], block: Callable[[BlockKey], bytes]
) -> None:
    """Write the COG at `path`, whole or not at all; memory holds one block at a time.

    `sizes` gives the length of every block that there is, `block` its bytes.
    """
    images = []
    for level, tags in enumerate(_directories(plan)):
        keys = list(plan.blocks(level))
        images.append((tags, {k: sizes.get(k, 0) for k in keys}, keys))
    with written_beside(path) as target, target.open("wb") as file:
        _write(file, images, block)
        file.flush()
        os.fsync(file.fileno())  # a power cut must not leave the new name on an empty file


def _directories(plan: CogPlan) -> list[dict[int, Tag]]:
    """The tags of each level without its blocks, made by GDAL from an empty file of this place and size."""
    import rasterio

    profile = _profile(len(plan.bands), plan.grid.shape)
    profile |= {"crs": plan.grid.crs, "transform": plan.grid.transform}
    with rasterio.MemoryFile() as memory:
        with memory.open(**profile) as dataset:
            for index, (name, unit) in enumerate(plan.bands, start=1):
                dataset.set_band_description(index, name)
                dataset.set_band_unit(index, unit)
            dataset.update_tags(**plan.tags)
        (full,) = read_levels(io.BytesIO(memory.read()))
    first = _as_tags(full.tags)
    out = [first]
    for level in range(1, plan.levels):
        rows, cols = plan.size_px(level)
        tags = {t: first[t] for t in _OVERVIEW_TAGS if t in first}
        sizes = {WIDTH: _long(cols), LENGTH: _long(rows), SUBFILE: _long(1)}
        out.append({**tags, **sizes})
    return out


def _as_tags(tags: Mapping[int, Tag]) -> dict[int, Tag]:
    return {t: tag for t, tag in tags.items() if t not in {TILE_OFFSETS, TILE_COUNTS}}


def _long(value: int) -> Tag:
    return Tag(4, 1, struct.pack("<I", value))


_Image = tuple[dict[int, Tag], Mapping[BlockKey, int], list[BlockKey]]


def _write(file: BinaryIO, images: Sequence[_Image], block: Callable[[BlockKey], bytes]) -> None:
    """Lay the file out, then pour the blocks in."""
    data = sum(size + 8 for _, sizes, _ in images for size in sizes.values() if size)
    slots = sum(len(keys) for _, _, keys in images)
    big = data + 32 * slots + 1_000_000 > 4_000_000_000
    header = _header(big=big)
    heads = _head_sizes(images, big=big)
    at, places = len(header) + sum(heads), []
    for _, sizes, keys in reversed(images):
        offsets = np.zeros(len(keys), np.uint64)
        for k, key in enumerate(keys):
            if sizes[key]:
                offsets[k] = at + 4
                at += sizes[key] + 8
        places.append(offsets)
    file.write(header)
    start = len(header)
    for k, ((tags, sizes, keys), offsets) in enumerate(zip(images, reversed(places), strict=True)):
        counts = np.array([sizes[key] for key in keys], np.uint64)
        whole = {**tags, TILE_OFFSETS: _slots(offsets, big=big), TILE_COUNTS: _slots(counts, big=big)}
        last = k == len(images) - 1
        file.write(_packed(whole, start, last=last, big=big))
        start += heads[k]
    _pour(file, images, block)


def _pour(file: BinaryIO, images: Sequence[_Image], block: Callable[[BlockKey], bytes]) -> None:
    for _, sizes, keys in reversed(images):
        for key in keys:
            if not sizes[key]:
                continue
            data = block(key)
            if len(data) != sizes[key]:
                raise ValueError(f"block {key} has {len(data)} bytes, {sizes[key]} were told")
            file.write(struct.pack("<I", len(data)) + data + data[-4:])


def _slots(values: NDArray[np.uint64], *, big: bool) -> Tag:
    return Tag(16 if big else 4, len(values), values.astype("<u8" if big else "<u4").tobytes())


def _header(*, big: bool) -> bytes:
    ghost = f"GDAL_STRUCTURAL_METADATA_SIZE={len(_GHOST):06d} bytes\n{_GHOST}".encode()
    ghost += b"\0" * (-len(ghost) % 8)
    if big:
        return struct.pack("<2sHHHQ", b"II", 43, 8, 0, 16 + len(ghost)) + ghost
    return struct.pack("<2sHI", b"II", 42, 8 + len(ghost)) + ghost


def _head_sizes(images: Sequence[_Image], *, big: bool) -> list[int]:
    out = []
    for tags, _, keys in images:
        empty = _slots(np.zeros(len(keys), np.uint64), big=big)
        whole = {**tags, TILE_OFFSETS: empty, TILE_COUNTS: empty}
        out.append(len(_packed(whole, 0, last=True, big=big)))
    return out


def _packed(tags: Mapping[int, Tag], start: int, *, last: bool, big: bool) -> bytes:
    """A directory and its values as they lie from `start` on; the next one follows right behind."""
    word, number = (8, "<Q") if big else (4, "<I")
    count = struct.pack("<Q" if big else "<H", len(tags))
    values_at = start + len(count) + len(tags) * (4 + 2 * word) + word
    entries, values = b"", b""
    for tag, value in sorted(tags.items()):
        data = value.data
        if len(data) > word:
            where = values_at + len(values)
            values += data + b"\0" * (-len(data) % 8)
            data = struct.pack(number, where)
        entries += struct.pack("<HH", tag, value.kind) + struct.pack(number, value.count)
        entries += data.ljust(word, b"\0")
    values += b"\0" * (-(values_at + len(values)) % 8)
    following = 0 if last else values_at + len(values)
    return count + entries + struct.pack(number, following) + values
