"""The ground of one tile: where its pixels lie, and what stands around that may hide them."""

import numpy as np

from core.geo import FloatArray
from gis.grid import Window
from thermal.ground import Ground, RasterGround
from thermal.ortho import Sights, TileGround
from thermal.sightlines import block_tops
from thermal.tiles import IntArray, MapPlace


def tile_ground(
    place: MapPlace, window: Window, ground: Ground, margin_m: float, stride: int = 1
) -> TileGround:
    """The tile's ground; a height model comes with `margin_m` of surroundings to hide behind.

    Only every `stride`th row and column of the map are taken, and `window` counts in those. Every figure
    depends on the pixel's place in the map alone, never on the window it is asked with.
    """
    rows = np.arange(window.row, window.row + window.height) * stride
    cols = np.arange(window.col, window.col + window.width) * stride
    east, north = place.at(rows, cols, place.frame.proj4)
    if ground.top_m is None:
        return TileGround(east, north, ground.heights_m(np.stack([east, north], axis=-1)))
    up = _heights(place, ground, rows, cols)
    return TileGround(east, north, up, _sights(place, ground, rows, cols, margin_m, stride))


def _heights(place: MapPlace, ground: Ground, rows: IntArray, cols: IntArray) -> FloatArray:
    crs = ground.crs or place.frame.proj4
    return ground.heights_at(np.stack(place.at(rows, cols, crs), axis=-1))


def _sights(
    place: MapPlace, ground: Ground, rows: IntArray, cols: IntArray, margin_m: float, stride: int
) -> Sights:
    """The surface round the tile at the height model's own spacing, its nodes at multiples of `step`."""
    step = max(_step(place, ground), stride)
    reach = int(np.ceil(margin_m / place.grid.pixel_m / step))
    node_rows, node_cols = _nodes(rows, reach + 1, step), _nodes(cols, reach + 1, step)
    surface = _heights(place, ground, node_rows, node_cols).astype(np.float32)
    first = (int(node_rows[0]) - int(rows[0])) / stride, (int(node_cols[0]) - int(cols[0])) / stride
    return Sights(surface, block_tops(surface), first, step / stride, reach)


def _nodes(at: IntArray, around: int, step: int) -> IntArray:
    """The multiples of `step` over a side of the tile, `around` more on both sides."""
    return np.arange(at[0] // step - around, at[-1] // step + around + 2) * step


def _step(place: MapPlace, ground: Ground) -> int:
    """Whole map pixels that fit in one of the height model's."""
    if not isinstance(ground, RasterGround):
        return 1
    middle = Window(place.grid.shape[0] // 2, place.grid.shape[1] // 2, 2, 2)
    x, y = place.coordinates(middle, 0, ground.band.grid.crs)
    at = ground.band.grid.row_col(np.stack([x, y], axis=-1))
    across = float(np.hypot(*(at[0, 1] - at[0, 0])))
    return max(int(1.0 / max(across, 1e-6) + 1e-3), 1)
