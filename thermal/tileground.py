"""The ground of one tile: where its pixels lie, and what stands around that may hide them."""

import numpy as np

from core.geo import FloatArray
from gis.grid import Window
from thermal.compiled import kernel
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
        up = ground.heights_m(np.stack([east, north], axis=-1))
        return TileGround.over(east, north, up)
    up = _heights(place, ground, rows, cols)
    return TileGround.over(east, north, up, _sights(place, ground, rows, cols, margin_m, stride))


def _heights(place: MapPlace, ground: Ground, rows: IntArray, cols: IntArray) -> FloatArray:
    x, y = place.at(rows, cols, ground.crs or place.frame.proj4)
    if not isinstance(ground, RasterGround):
        return ground.heights_at(np.stack([x, y], axis=-1))
    t = ~ground.band.grid.transform
    heights = np.empty(x.shape)
    _between(ground.band.values, x, y, np.array([t.a, t.b, t.c, t.d, t.e, t.f]), ground.shift_m, heights)
    return heights


@kernel()
def _between(
    values: FloatArray, x: FloatArray, y: FloatArray, to_px: FloatArray, shift: float, out: FloatArray
) -> None:
    """Bilinear heights at x and y, NaN outside and beside what is not known, as `Band.sample` gives them."""
    for i in range(out.shape[0]):
        for j in range(out.shape[1]):
            col = to_px[0] * x[i, j] + to_px[1] * y[i, j] + to_px[2] - 0.5
            row = to_px[3] * x[i, j] + to_px[4] * y[i, j] + to_px[5] - 0.5
            if not (0.0 <= row <= values.shape[0] - 1.0 and 0.0 <= col <= values.shape[1] - 1.0):
                out[i, j] = np.nan
                continue
            r, c = min(int(row), values.shape[0] - 2), min(int(col), values.shape[1] - 2)
            a, b = row - r, col - c
            top = values[r, c] * (1.0 - b) + values[r, c + 1] * b
            low = values[r + 1, c] * (1.0 - b) + values[r + 1, c + 1] * b
            out[i, j] = top * (1.0 - a) + low * a + shift


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
