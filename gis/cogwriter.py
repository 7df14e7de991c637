"""A COG written block by block: blocks are compressed as they come, overviews made when all are there."""

import tempfile
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import BinaryIO

import numpy as np
from numpy.typing import NDArray

from gis.cog import BLOCK_PX, BlockKey, CogPlan, decode_block, encode_blocks, write_cog
from gis.grid import GeoGrid, Window
from gis.pyramid import Halving, halved


class BlockWriter:
    """Takes the float32 blocks (bands, rows, columns) of a map in any order, from one thread at a time."""

    def __init__(self, plan: CogPlan, spill: BinaryIO) -> None:
        self._plan = plan
        self._spill = spill
        self._places: dict[BlockKey, tuple[int, int]] = {}

    @property
    def sizes(self) -> dict[BlockKey, int]:
        """The compressed length of every block there is."""
        return {key: size for key, (_, size) in self._places.items()}

    def write(self, window: Window, block: NDArray[np.float32]) -> None:
        """Put `block` at `window`, one of `grid.windows(512)`; raises ValueError for another."""
        if window.row % BLOCK_PX or window.col % BLOCK_PX or max(block.shape[1:]) > BLOCK_PX:
            raise ValueError(f"blocks lie on multiples of {BLOCK_PX} pixels, got {window}")
        full = np.full((len(self._plan.bands), BLOCK_PX, BLOCK_PX), np.nan, np.float32)
        full[:, : window.height, : window.width] = block
        ((data,),) = encode_blocks(full)
        self.put(BlockKey(0, window.row // BLOCK_PX, window.col // BLOCK_PX), data)

    def put(self, key: BlockKey, data: bytes) -> None:
        """Keep a compressed block; an empty one stands for no data."""
        if data:
            at = self._spill.seek(0, 2)
            self._spill.write(data)
            self._places[key] = (at, len(data))

    def block(self, key: BlockKey) -> bytes:
        """A compressed block."""
        at, size = self._places[key]
        self._spill.seek(at)
        return self._spill.read(size)


@contextmanager
def cog_written(
    path: Path,
    grid: GeoGrid,
    bands: Sequence[tuple[str, str]],
    tags: Mapping[str, str] | None = None,
    ways: Sequence[Halving] | None = None,
) -> Iterator[BlockWriter]:
    """Write a float32 COG at `path`, whole or not at all, when the block ends.

    `bands` are (description, unit); `ways` say how each is halved for overviews (None: means). Compressed
    blocks wait in a file without a name beside the target, so memory stays small.
    """
    plan = CogPlan(grid, tuple(bands), tags or {})
    with tempfile.TemporaryFile(dir=path.parent) as spill:
        writer = BlockWriter(plan, spill)
        yield writer
        each = ways or ["mean"] * len(plan.bands)
        for level in range(1, plan.levels):
            for key, data in halved_level(plan, level, writer.sizes, writer.block, each):
                writer.put(key, data)
        write_cog(path, plan, writer.sizes, writer.block)


def halved_level(
    plan: CogPlan, level: int, known: Mapping[BlockKey, int], block: Callable[[BlockKey], bytes],
    ways: Sequence[Halving],
) -> Iterator[tuple[BlockKey, bytes]]:  # fmt: skip
    """The compressed blocks of a level, each from four of the level below, where any of these is `known`."""
    bands = len(plan.bands)
    for key in plan.blocks(level):
        four = np.full((bands, 2 * BLOCK_PX, 2 * BLOCK_PX), np.nan, np.float32)
        below = [BlockKey(level - 1, 2 * key.row + r, 2 * key.col + c) for r in (0, 1) for c in (0, 1)]
        if not any(b in known for b in below):
            continue
        for b in below:
            if b in known:
                top, left = (b.row % 2) * BLOCK_PX, (b.col % 2) * BLOCK_PX
                four[:, top : top + BLOCK_PX, left : left + BLOCK_PX] = decode_block(block(b), bands)
        ((data,),) = encode_blocks(halved(four, ways))
        if data:
            yield key, data
