"""Finished tiles become one cloud-optimised GeoTIFF: blocks are moved, only the coarsest overviews made."""

from collections.abc import Callable, Iterator, Mapping
from pathlib import Path

import numpy as np

from gis.cog import BLOCK_PX, BlockKey, CogPlan, decode_block, encode_blocks, write_cog
from gis.pyramid import halved
from thermal.work.shelf import ShelvedTile
from thermal.work.unit import TileTask, band_ways


def assemble(path: Path, plan: CogPlan, tiles: Mapping[TileTask, ShelvedTile]) -> None:
    """Write the map of `tiles`, whole or not at all. Memory: the overviews above the tiles' own."""
    where = {key: tile for tile in tiles.values() for key in tile.places}
    sizes = {key: tile.places[key][1] for key, tile in where.items() if key.level < plan.levels}
    own = max((t.levels for t in tiles), default=1)

    def block(key: BlockKey) -> bytes:
        return above[key] if key in above else where[key].block(key)

    above: dict[BlockKey, bytes] = {}
    for level in range(own, plan.levels):
        above.update(_halved_level(plan, level, {**sizes, **_lengths(above)}, block))
    write_cog(path, plan, {**sizes, **_lengths(above)}, block)


def _lengths(blocks: Mapping[BlockKey, bytes]) -> dict[BlockKey, int]:
    return {key: len(data) for key, data in blocks.items()}


def _halved_level(
    plan: CogPlan, level: int, known: Mapping[BlockKey, int], block: Callable[[BlockKey], bytes]
) -> Iterator[tuple[BlockKey, bytes]]:
    """The blocks of a level, each from four of the level below."""
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
        ((data,),) = encode_blocks(halved(four, band_ways()))
        if data:
            yield key, data
