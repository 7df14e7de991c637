"""Following camera rays down to the made ground: compiled loops, no Python lock held.

Imported where it is used, because it pulls numba in.
"""

import math
from collections.abc import Callable
from typing import Any, TypeVar, cast

import numba
import numpy as np
from numpy.typing import NDArray

_F = TypeVar("_F", bound=Callable[..., Any])


def _compiled(function: _F) -> _F:
    """Compile when first called, and keep the machine code on disk where a place for it can be written."""
    options = {"nogil": True, "fastmath": True}
    try:
        return cast("_F", numba.njit(cache=True, **options)(function))
    except RuntimeError:  # no folder for the cache: compile in every process
        return cast("_F", numba.njit(**options)(function))


FloatGrid = NDArray[np.float32]


@_compiled
def _mirrored(index: int, size: int) -> int:
    """An index folded back into 0..size-1, so that the ground goes on beyond the edge as a mirror image."""
    if 0 <= index < size:
        return index
    if index < 0:
        index = -index - 1
    period = 2 * size
    index %= period
    return index if index < size else period - 1 - index


@_compiled
def _cell(grid: NDArray[Any], row: float, column: float) -> float:
    """The value of the cell that holds a point; whole numbers are cell centres."""
    r = _mirrored(math.floor(row + 0.5), grid.shape[0])
    c = _mirrored(math.floor(column + 0.5), grid.shape[1])
    return float(grid[r, c])


@_compiled
def _blend(grid: FloatGrid, row: float, column: float) -> float:
    """Bilinear value at a point at least one cell inside the grid."""
    r, c = int(row), int(column)
    fr, fc = np.float32(row - r), np.float32(column - c)
    upper = grid[r, c] + fc * (grid[r, c + 1] - grid[r, c])
    lower = grid[r + 1, c] + fc * (grid[r + 1, c + 1] - grid[r + 1, c])
    return float(upper + fr * (lower - upper))


@_compiled
def _drop_to_plain(
    height: FloatGrid, eye: NDArray[np.float64], row_slope: float, column_slope: float, start: float
) -> float:
    """Height at which a ray meets smooth ground: two fixed-point steps, the second one bilinear."""
    fall = eye[2] - start
    row, column = eye[0] + row_slope * fall, eye[1] + column_slope * fall
    z = _cell(height, row, column)
    fall = eye[2] - z
    row, column = eye[0] + row_slope * fall, eye[1] + column_slope * fall
    if 1.0 < row < height.shape[0] - 2.0 and 1.0 < column < height.shape[1] - 2.0:
        return _blend(height, row, column)
    return z


@_compiled
def _march(
    height: FloatGrid,
    bounds: FloatGrid,
    block: int,
    eye: NDArray[np.float64],
    row_slope: float,
    column_slope: float,
    top: float,
) -> tuple[float, float]:
    """(height of the meeting point, how far the surface stands above it): down from `top`, then bisected.

    While the ray is above everything in the blocks around it, it may fall a whole block's width at once.
    """
    slope = max(abs(row_slope), abs(column_slope)) + 1e-6
    fine, coarse = min(0.4, 0.9 / slope), min(8.0, block / slope)
    above, z = top, top
    while True:
        fall = eye[2] - z
        row, column = eye[0] + row_slope * fall, eye[1] + column_slope * fall
        r = _mirrored(math.floor((row + 0.5) / block), bounds.shape[0])
        c = _mirrored(math.floor((column + 0.5) / block), bounds.shape[1])
        if z > bounds[r, c, 0]:
            above, z = z, max(bounds[r, c, 0], z - coarse)
        elif bounds[r, c, 0] - bounds[r, c, 1] < 0.5:
            return _drop_to_plain(height, eye, row_slope, column_slope, z), 0.0
        elif _cell(height, row, column) >= z:
            break
        else:
            above, z = z, z - fine
    below = z
    for _ in range(5):
        z = 0.5 * (above + below)
        fall = eye[2] - z
        if _cell(height, eye[0] + row_slope * fall, eye[1] + column_slope * fall) >= z:
            below = z
        else:
            above = z
    fall = eye[2] - below
    return below, _cell(height, eye[0] + row_slope * fall, eye[1] + column_slope * fall) - below


@_compiled
def _side_C(z: float, wall_C: float) -> float:
    """A wall's temperature: storeys of 3.2 m with a cooler band of windows."""
    return wall_C - 6.0 if 0.9 < z % 3.2 < 2.3 else wall_C


@_compiled
def _soft_sample(
    grid: FloatGrid, row: float, column: float, spread: float, turn: tuple[float, float]
) -> float:
    """Mean of four bilinear samples at the quarter points of a pixel `4 * spread` cells wide."""
    a, b = turn[0] * spread, turn[1] * spread
    if not (8.0 < row < grid.shape[0] - 9.0 and 8.0 < column < grid.shape[1] - 9.0):
        return _cell(grid, row, column)
    return 0.25 * (
        _blend(grid, row + a, column + b)
        + _blend(grid, row - b, column + a)
        + _blend(grid, row - a, column - b)
        + _blend(grid, row + b, column - a)
    )


@_compiled
def look(
    temperature: FloatGrid,
    height: FloatGrid,
    is_roof: NDArray[np.uint8],
    tops: FloatGrid,
    bounds: FloatGrid,
    block: int,
    eye: NDArray[np.float64],
    plane: FloatGrid,
    to_grid: NDArray[np.float64],
    spread: float,
    turn: tuple[float, float],
    wall_C: float,
    out: FloatGrid,
    hits: FloatGrid,
) -> None:
    """Fill `out` (rows, columns) with what each ray sees, and `hits` (rows, columns, 3) with where.

    `eye` is (row, column, height in m) of the camera; `plane` (rows, columns, 2) the ideal image-plane x and
    y of each pixel; `to_grid` 3x3 turns (x, y, 1) into cells of row, cells of column and metres of fall;
    `tops` the highest surface a ray through that block of `block` cells at home's level can have met;
    `bounds` (..., 2) the highest and lowest surface in a block and its neighbours; `spread` a quarter of a
    pixel's width on the ground in cells, `turn` its direction. `hits` is (row, column, height) per ray, or an
    empty array when nobody asks.
    """
    for i in range(out.shape[0]):
        for j in range(out.shape[1]):
            x, y = plane[i, j, 0], plane[i, j, 1]
            per_m = 1.0 / (to_grid[2, 0] * x + to_grid[2, 1] * y + to_grid[2, 2])
            row_slope = (to_grid[0, 0] * x + to_grid[0, 1] * y + to_grid[0, 2]) * per_m
            column_slope = (to_grid[1, 0] * x + to_grid[1, 1] * y + to_grid[1, 2]) * per_m
            row, column = eye[0] + row_slope * eye[2], eye[1] + column_slope * eye[2]
            top = min(_cell(tops, (row + 0.5) / block - 0.5, (column + 0.5) / block - 0.5), eye[2])
            z, step = _march(height, bounds, block, eye, row_slope, column_slope, top)
            fall = eye[2] - z
            row, column = eye[0] + row_slope * fall, eye[1] + column_slope * fall
            if step > 0.5 and _cell(is_roof, row, column) > 0:
                out[i, j] = _side_C(z, wall_C)
            elif step > 0.5:
                out[i, j] = _cell(temperature, row, column)
            else:
                out[i, j] = _soft_sample(temperature, row, column, spread, turn)
            if hits.size > 0:
                hits[i, j, 0], hits[i, j, 1], hits[i, j, 2] = row, column, z
