"""The ground of one tile: where its pixels lie, and what stands around that may hide them."""

import numpy as np

from core.geo import FloatArray
from gis.grid import Window
from thermal.ground import Ground, RasterGround
from thermal.ortho import Sights, TileGround
from thermal.sightlines import block_tops
from thermal.tiles import IntArray, MapPlace


def tile_ground(place: MapPlace, window: Window, ground: Ground, margin_m: float) -> TileGround:
    """The tile's ground; a height model comes with `margin_m` of surroundings to hide behind.

    Every figure depends on the pixel's place in the map alone, never on the window it is asked with.
    """
    east, north = place.east_north(window)
    if ground.top_m is None:
        return TileGround(east, north, ground.heights_m(np.stack([east, north], axis=-1)))
    up = _heights(place, window, ground)
    return TileGround(east, north, up, _sights(place, window, ground, margin_m))


def _heights(place: MapPlace, window: Window, ground: Ground) -> FloatArray:
    crs = ground.crs or place.frame.proj4
    return ground.heights_at(np.stack(place.coordinates(window, 0, crs), axis=-1))


def _sights(place: MapPlace, window: Window, ground: Ground, margin_m: float) -> Sights:
    """The surface round the tile at the height model's own spacing, its nodes at multiples of `step`."""
    step = _step(place, ground)
    reach = int(np.ceil(margin_m / place.grid.pixel_m / step))
    rows = _nodes(window.row, window.height, reach + 1, step)
    cols = _nodes(window.col, window.width, reach + 1, step)
    at = place.at(rows, cols, ground.crs or place.frame.proj4)
    surface = ground.heights_at(np.stack(at, axis=-1)).astype(np.float32)
    first = int(rows[0]) - window.row, int(cols[0]) - window.col
    return Sights(surface, block_tops(surface), first, step, reach)


def _nodes(start: int, size: int, around: int, step: int) -> IntArray:
    """The multiples of `step` over a side of the tile, `around` more on both sides."""
    return np.arange(start // step - around, (start + size - 1) // step + around + 2) * step


def _step(place: MapPlace, ground: Ground) -> int:
    """Whole map pixels that fit in one of the height model's."""
    if not isinstance(ground, RasterGround):
        return 1
    middle = Window(place.grid.shape[0] // 2, place.grid.shape[1] // 2, 2, 2)
    x, y = place.coordinates(middle, 0, ground.band.grid.crs)
    at = ground.band.grid.row_col(np.stack([x, y], axis=-1))
    across = float(np.hypot(*(at[0, 1] - at[0, 0])))
    return max(int(1.0 / max(across, 1e-6) + 1e-3), 1)
