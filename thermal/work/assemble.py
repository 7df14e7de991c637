"""Finished tiles become one cloud-optimised GeoTIFF: blocks are moved, only the coarsest overviews made."""

from collections.abc import Mapping
from pathlib import Path

from gis.cog import BlockKey, CogPlan, write_cog
from gis.cogwriter import halved_level
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
        known = {**sizes, **_lengths(above)}
        above.update(halved_level(plan, level, known, block, band_ways()))
    write_cog(path, plan, {**sizes, **_lengths(above)}, block)


def _lengths(blocks: Mapping[BlockKey, bytes]) -> dict[BlockKey, int]:
    return {key: len(data) for key, data in blocks.items()}
