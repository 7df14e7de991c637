"""The unit of work: one output tile, from frames on disk to compressed blocks with their overviews."""

import zlib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from gis.cog import BLOCK_PX, BlockKey, encode_blocks
from gis.grid import GeoGrid, Window
from gis.pyramid import Halving, halved
from thermal.drawing import BANDS, SEAM_BINS, MosaicJob, draw_tile

IntArray = NDArray[np.int64]
WAYS: Mapping[str, Halving] = {"count": "first", "sigma": "rms", "source frame": "first"}
COLDEST_C, WARMTH_STEP_K, WARMTH_BINS = -60.0, 0.1, 3000
USUAL_BLOCKS = 2
"""Tiles of 1024 pixels: the surroundings that choices depend on are drawn with each tile, and cost less of a
larger one; four times as many pixels would want half a gigabyte a worker.
"""


@dataclass(frozen=True, slots=True, order=True)
class TileTask:
    """A square of `blocks` x `blocks` blocks of the map: its row and column among such squares."""

    row: int
    col: int
    blocks: int

    @property
    def levels(self) -> int:
        """The images of the pyramid that this tile fills alone."""
        return self.blocks.bit_length()

    def window(self, grid: GeoGrid) -> Window:
        """The pixels of the tile that lie in the grid."""
        size = self.blocks * BLOCK_PX
        top, left = self.row * size, self.col * size
        return Window(top, left, min(size, grid.shape[0] - top), min(size, grid.shape[1] - left))


@dataclass(frozen=True, slots=True, eq=False)
class TileProduct:
    """A drawn tile: compressed blocks of all its levels, and what the report adds up.

    `seam` (SEAM_BINS,) as in `Tile`; `warmth` (WARMTH_BINS,) pixels by temperature from COLDEST_C in steps
    of WARMTH_STEP_K; both int64.
    """

    task: TileTask
    blocks: Mapping[BlockKey, bytes]
    seam: IntArray
    warmth: IntArray

    @property
    def mark(self) -> int:
        """A check sum of the blocks."""
        total = 0
        for key in sorted(self.blocks):
            total = zlib.crc32(self.blocks[key], total)
        return total


def tasks_of(grid: GeoGrid, blocks: int) -> list[TileTask]:
    """All tiles of a map, rows there and back, so that one tile's frames are still at hand for the next."""
    rows, cols = (-(-size // (blocks * BLOCK_PX)) for size in grid.shape)
    return [TileTask(r, c if r % 2 == 0 else cols - 1 - c, blocks) for r in range(rows) for c in range(cols)]


def make_tile(job: MosaicJob, task: TileTask) -> TileProduct:
    """Draw a tile of a planned job and compress it; pure but for reading the frames."""
    size = task.blocks * BLOCK_PX
    full = np.full((len(BANDS), size, size), np.nan, np.float32)
    seam = np.zeros(SEAM_BINS, np.int64)
    tile = draw_tile(job, task.window(job.place.grid))
    if tile is not None:
        _, height, width = tile.bands.shape
        full[:, :height, :width] = tile.bands
        seam += tile.seam
    return TileProduct(task, dict(_pyramid(task, full)), seam, _warmth(full[0]))


def _pyramid(task: TileTask, full: NDArray[np.float32]) -> Iterator[tuple[BlockKey, bytes]]:
    ways = band_ways()
    for level in range(task.levels):
        if level:
            full = halved(full, ways)
        side = task.blocks >> level
        for r, row in enumerate(encode_blocks(full)):
            for c, data in enumerate(row):
                if data:
                    yield BlockKey(level, task.row * side + r, task.col * side + c), data


def band_ways() -> list[Halving]:
    """How each band is halved for overviews."""
    return [WAYS.get(name, "mean") for name, _ in BANDS]


def _warmth(celsius: NDArray[np.float32]) -> IntArray:
    known = celsius[np.isfinite(celsius)]
    index = np.clip((known - COLDEST_C) / WARMTH_STEP_K, 0, WARMTH_BINS - 1).astype(np.int64)
    return np.bincount(index, minlength=WARMTH_BINS).astype(np.int64)
